"""What the guard lets through: this machine's own pages, of a bounded size."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient

from workbench.api.guard import Guard, is_loopback, refuse_unless_loopback
from workbench.errors import Misconfigured
from workbench.settings import Settings

LIMIT = 1000


@pytest.fixture
def client() -> TestClient:
    """Of an application that counts what reaches it."""
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
    async def count(request: Request) -> int:
        return len(await request.body())

    settings = Settings(home=Path("unused"), max_upload_bytes=LIMIT, allowed_hosts="studio.example, Other.example")
    app.add_middleware(Guard, settings=settings)
    return TestClient(app, base_url="http://127.0.0.1:7860")


@pytest.mark.parametrize(
    "host", ["127.0.0.1:7860", "localhost", "LOCALHOST:1", "[::1]:7860", "a.localhost", "studio.example", "other.example:80"]
)
def test_known_hosts_pass(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.0.7",
        "10.0.0.1",
        "",
        "[::1",
        "x@localhost@evil",
    ],
)
def test_unknown_hosts_are_refused(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host})
    assert (answer.status_code, answer.json()["error"]) == (400, "UnknownHost")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://127.0.0.1:7860"}, 200),
        ({"origin": "https://studio.example"}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8000"}, 403),
        ({"origin": "http://127.0.0.1:7860.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
    ],
)
def test_only_own_pages_may_change_anything(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/", headers=headers).status_code == status
    assert client.delete("/", headers=headers).status_code == status
    assert client.get("/", headers=headers).status_code == 200


def chunks(count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b"x" * 1024


def test_bodies_are_bounded_whether_they_say_their_length_or_not(client: TestClient) -> None:
    assert client.post("/api/pictures", content=b"x" * LIMIT).json() == LIMIT
    assert client.post("/api/pictures", content=b"x" * 70_000).status_code == 413
    assert client.post("/api/pictures", content=chunks(70)).status_code == 413
    assert client.post("/api/jobs/edit", content=chunks(60)).json() == 60 * 1024
    assert client.post("/api/jobs/edit", content=chunks(80)).status_code == 413
    assert client.post("/api/pictures", content=b"x", headers={"content-length": "-1"}).status_code == 413


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    headers = client.get("/").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "SAMEORIGIN"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    policy = dict(each.split(" ", 1) for each in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'self'"
    assert not any("*" in each or "http" in each for each in policy.values())


def test_no_cache_keeps_what_the_api_tells(client: TestClient) -> None:
    assert client.get("/api/jobs").headers["cache-control"] == "no-store"
    assert "cache-control" not in client.get("/files/a").headers


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_may_be_served(host: str) -> None:
    assert is_loopback(host)
    refuse_unless_loopback(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "studio.example"])  # noqa: S104 - what must be refused
def test_anything_else_is_refused_with_what_to_do(host: str) -> None:
    with pytest.raises(Misconfigured, match=r"--host 127\.0\.0\.1"):
        refuse_unless_loopback(Settings(host=host))
