"""What the page leaves open of Gradio: its own scripts and what its events need, and nothing that reads, writes or watches."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from starlette.routing import Route

from workbench.api import server
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.ui import pages
from workbench.ui.doors import OPEN, OPEN_FOLDERS, Doors, is_open

CLOSED = [
    ("POST", "/gradio_api/upload"),
    ("POST", "/gradio_api/upload/"),
    ("POST", "/gradio_api/process_recording"),
    ("POST", "/gradio_api/queue/join"),
    ("POST", "/gradio_api/call/price"),
    ("POST", "/gradio_api/vibe-edit"),
    ("POST", "/login"),
    ("GET", "/gradio_api/queue/data?session_hash=a"),
    ("GET", "/gradio_api/file=/etc/passwd"),
    ("GET", "/gradio_api/file=http://169.254.169.254/"),
    ("GET", "/gradio_api/file/README.md"),
    ("GET", "/gradio_api/proxy=http://127.0.0.1/"),
    ("GET", "/gradio_api/deep_link?session_hash=a"),
    ("GET", "/gradio_api/dev/reload"),
    ("GET", "/gradio_api/heartbeat/a"),
    ("GET", "/gradio_api/info"),
    ("GET", "/gradio_api/openapi.json"),
    ("GET", "/gradio_api/runs"),
    ("GET", "/gradio_api/startup-events"),
    ("GET", "/gradio_api/stream/a/1/2/playlist.m3u8"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/monitoring"),
    ("GET", "/monitoring/summary"),
    ("GET", "/logout"),
    ("GET", "//gradio_api/info"),
    ("GET", "/api/nowhere"),
    ("GET", "/files/a/b/c"),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with Studio.open(settings, worker=False) as studio:

        async def built() -> FastAPI:
            return server.build(studio, pages.mount)

        app = asyncio.run(built())  # without a running loop, Gradio would open one and leave it open
        with TestClient(app, base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as opened:
            yield opened


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_what_the_page_does_not_need_is_not_found_and_says_so_like_the_api(client: TestClient, method: str, path: str) -> None:
    answer = client.request(
        method, f"http://127.0.0.1:7860{path}", files={"files": ("a.html", b"x")} if method == "POST" else None
    )
    assert (answer.status_code, answer.json()["error"]) == (404, "NotFound")


def test_every_route_of_gradio_is_closed_but_those_that_are_listed(client: TestClient) -> None:
    (doors,) = (each for each in client.app.router.routes if isinstance(each, Doors))  # type: ignore[attr-defined]
    routes = {re.sub(r"\{[^}]*\}", "predict", path) for path in paths(doors.app.routes)}  # type: ignore[attr-defined]
    assert len(routes) > 40
    found = {each.rstrip("/") or "/" for each in routes if is_open(each) and not each.startswith(OPEN_FOLDERS)}
    assert found == OPEN


def paths(routes: object) -> Iterator[str]:
    for each in routes:  # type: ignore[attr-defined]
        if isinstance(each, Route):
            yield each.path
        elif hasattr(each, "original_router"):
            yield from paths(each.original_router.routes)


@pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/gradio_api/app_id"])
def test_the_page_itself_is_open(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", ["/static/../../routes.py", "/assets/..%2f..%2froutes.py", "/svelte/%2e%2e/routes.py"])
def test_open_folders_lead_nowhere_else(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (403, 404)


@pytest.mark.parametrize(("method", "path"), [("PUT", "/api/jobs/edit"), ("DELETE", "/api/jobs"), ("POST", "/api/credits")])
def test_a_wrong_method_is_said_to_be_one_beside_the_page_too(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.json()["error"]) == (405, "MethodNotAllowed")
