"""The studio over HTTP: every route, every refusal in one shape, pictures to their owner only."""

import base64
import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from tests.workbench.studio.conftest import Open
from tests.workbench.studio.fakes import PRICE, FakeEngine, Refused
from workbench.api.server import build
from workbench.errors import OutOfCredits
from workbench.store.models import OrganisationRow, WorkerRow
from workbench.studio import Studio

SKETCH = {"prompt": "a hat", "seed": 7}


@pytest.fixture
def client(studio: Studio) -> Iterator[TestClient]:
    """A browser on the same machine."""
    with TestClient(build(studio), base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as opened:
        yield opened


def submit(client: TestClient, **request: Any) -> Any:
    answer = client.post("/api/jobs/sketch", json={"request": SKETCH | request})
    assert answer.status_code == 202, answer.text
    return answer.json()


def events(client: TestClient, job_id: str) -> list[Any]:
    with client.stream("GET", f"/api/jobs/{job_id}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        return [json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: ")]


def test_a_job_from_upload_to_download(client: TestClient, png: bytes) -> None:
    picture = client.post("/api/pictures", files={"file": ("Ärmel.png", png)}).json()
    assert (picture["name"], picture["width"], picture["kind"]) == ("Ärmel.png", 40, "upload")
    job = submit(client, image=picture["id"], num_images=2)
    seen = events(client, job["id"])
    assert seen[-1]["status"] == "completed" and seen[-1]["credits"] == 2 * PRICE
    output = seen[-1]["outputs"][1]["asset"]
    data = client.get(f"/files/{output['id']}")
    assert data.headers["content-type"] == "image/png"
    assert Image.open(BytesIO(data.content)).size == (32, 32)
    assert client.get(f"/api/jobs/{job['id']}").json() == seen[-1]
    assert [each["id"] for each in client.get("/api/jobs?limit=1").json()] == [job["id"]]
    assert {each["kind"] for each in client.get("/api/assets").json()} == {"upload", "output"}
    assert client.get("/api/credits").json()["balance"]["spent"] == 2 * PRICE


def test_the_landmarks_of_a_garment_are_told_and_nothing_is_charged(client: TestClient) -> None:
    shirt = Path("workbench/ui/samples/garment-oxford-shirt.webp").read_bytes()
    asset = client.post("/api/pictures?name=shirt.webp", content=shirt).json()["id"]
    found = client.post("/api/landmarks", json={"picture": asset}).json()
    assert found["category"] == "top"
    assert {"shoulder_left", "shoulder_right", "hem_left", "hem_right"} <= found["points"].keys()
    assert all(0 <= share <= 1 for point in found["points"].values() for share in point)
    assert found["points"]["shoulder_left"][1] < found["points"]["hem_left"][1]
    assert client.get("/api/credits").json()["balance"]["spent"] == 0


def test_landmarks_of_what_is_no_garment_are_refused_with_advice(client: TestClient, png: bytes) -> None:
    asset = client.post("/api/pictures?name=flat.png", content=png).json()["id"]
    refusal = client.post("/api/landmarks", json={"picture": asset})
    assert (refusal.status_code, refusal.json()["fields"][0]["field"]) == (422, "picture")
    assert client.post("/api/landmarks", json={"picture": "nobody"}).status_code == 404


def test_a_body_of_bytes_is_a_picture_too(client: TestClient, png: bytes) -> None:
    answer = client.post("/api/pictures?name=hat.png", content=png)
    assert (answer.status_code, answer.json()["name"]) == (201, "hat.png")


def test_events_tell_of_progress_until_the_end(client: TestClient, engine: FakeEngine) -> None:
    engine.steps, engine.pause = 40, 0.05
    seen = events(client, submit(client)["id"])
    steps = [each["step"] for each in seen if each["status"] == "running"]
    assert len(steps) >= 4 and steps == sorted(steps)
    assert seen[-1]["status"] == "completed"


def test_tools_say_what_they_take_and_who_can_run_them(client: TestClient) -> None:
    (tool,) = client.get("/api/tools").json()
    assert (tool["name"], tool["required"], tool["images"]) == ("sketch", ["prompt"], ["image", "others"])
    assert tool["fields"]["num_images"]["maximum"] == 4
    assert tool["engines"]["fake"]["quality"] == {"ok": True, "missing": "", "obtainable": False}


def test_a_quote_costs_nothing(client: TestClient) -> None:
    quote = client.post("/api/quotes/sketch", json={"request": {"num_images": 3}}).json()
    assert (quote["credits"], quote["tariff"]) == (3 * PRICE, "app")
    assert client.get("/api/jobs").json() == []


def test_cancel_and_delete(client: TestClient, open_studio: Open, png: bytes) -> None:
    picture = client.post("/api/pictures", content=png).json()["id"]
    assert client.delete(f"/api/assets/{picture}").status_code == 204
    assert client.delete(f"/api/assets/{picture}").status_code == 404
    job = submit(client)
    assert client.post(f"/api/jobs/{job['id']}/cancel").status_code == 200
    assert events(client, job["id"])[-1]["status"] in ("cancelled", "completed")


REFUSALS: list[tuple[str, str, Any, int, str, list[str]]] = [
    ("POST", "/api/jobs/sketch", {"request": {}}, 422, "InvalidInput", ["prompt"]),
    ("POST", "/api/jobs/sketch", {"request": {"prompt": "x", "num_images": 0}}, 422, "InvalidInput", ["num_images"]),
    ("POST", "/api/jobs/sketch", {"request": {"prompt": "x", "image": "../etc"}}, 422, "InvalidInput", ["image"]),
    ("POST", "/api/jobs/sketch", {"request": {"prompt": "x"}, "engine": "gpu"}, 422, "InvalidInput", ["engine"]),
    ("POST", "/api/jobs/sketch", {"request": {"prompt": "x"}, "speed": 3}, 422, "InvalidInput", ["speed"]),
    ("POST", "/api/jobs/sketch", ["no object"], 422, "InvalidInput", [""]),
    ("POST", "/api/jobs/draw", {"request": {}}, 422, "InvalidInput", ["tool"]),
    ("POST", "/api/jobs/sketch", {"request": {"prompt": "x", "image": "http://10.0.0.1/"}}, 422, "UnsafeAddress", ["image"]),
    ("POST", "/api/quotes/sketch", {"request": {}, "tariff": "free"}, 422, "InvalidInput", ["tariff"]),
    ("POST", "/api/quotes/sketch", {"request": {"image": "nope"}}, 422, "InvalidInput", ["image"]),
    ("POST", "/api/quotes/sketch", {"request": {"image": "data:image/png;base64,AAAA"}}, 422, "InvalidInput", ["image"]),
    ("POST", "/api/quotes/sketch", {"request": {"image": "data:image/png;base64,"}}, 422, "InvalidInput", ["image"]),
    ("POST", "/api/quotes/sketch", {"request": {"others": ["data:text/html,x"]}}, 422, "InvalidInput", ["others"]),
    ("POST", "/api/pictures", {}, 422, "InvalidInput", ["file"]),
    ("GET", "/api/jobs/nope", None, 404, "NotFound", []),
    ("GET", "/api/jobs/nope/events", None, 404, "NotFound", []),
    ("POST", "/api/jobs/nope/cancel", None, 404, "NotFound", []),
    ("GET", "/api/jobs?limit=0", None, 422, "InvalidInput", ["limit"]),
    ("GET", "/api/jobs?before=2026-01-01T00:00:00", None, 422, "InvalidInput", ["before"]),
    ("GET", "/api/jobs?before=9999-12-31T23:59:59-23:00", None, 422, "InvalidInput", ["before"]),
    ("GET", "/api/assets?before=0001-01-01T00:00:00%2B23:00", None, 422, "InvalidInput", ["before"]),
    ("GET", "/files/nope", None, 404, "NotFound", []),
    ("GET", "/files/..%2f..%2fetc%2fpasswd", None, 404, "NotFound", []),
    ("GET", "/files/nope/thumbnail", None, 404, "NotFound", []),
    ("GET", "/files/previews/nope", None, 404, "NotFound", []),
    ("GET", "/nowhere", None, 404, "NotFound", []),
    ("DELETE", "/api/jobs", None, 405, "MethodNotAllowed", []),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "error", "fields"), REFUSALS)
def test_refusals_have_one_shape(
    client: TestClient, method: str, path: str, body: Any, status: int, error: str, fields: list[str]
) -> None:
    answer = client.request(method, path, json=body)
    found = answer.json()
    assert (answer.status_code, found["error"], [each["field"] for each in found["fields"]]) == (status, error, fields)
    assert found["message"] and set(found) == {"error", "message", "fields"}
    assert client.get("/api/jobs").json() == client.get("/api/assets").json() == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", "application/json"), (b"null", "application/json"), (b'{"request": {}}', "text/plain"), (b"x=1", "text/html")],
)
def test_a_body_that_is_no_json_object_is_refused_with_what_to_send(client: TestClient, body: bytes, kind: str) -> None:
    answer = client.post("/api/jobs/sketch", content=body, headers={"content-type": kind})
    (problem,) = answer.json()["fields"]
    assert (answer.status_code, problem["field"]) == (422, "")
    assert problem["message"].startswith("the body ")


def test_no_engine_no_credits_and_failures_have_their_own_status(open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = open_studio(FakeEngine(missing="needs weights"), worker=False)
    client = TestClient(build(studio), base_url="http://localhost", raise_server_exceptions=False)
    assert client.post("/api/jobs/sketch", json={"request": SKETCH}).status_code == 503
    for error, status in ((OutOfCredits("empty"), 402), (ZeroDivisionError("secret"), 500)):
        monkeypatch.setattr(Studio, "submit", lambda *_, error=error, **__: (_ for _ in ()).throw(error))
        answer = client.post("/api/jobs/sketch", json={"request": SKETCH})
        assert answer.status_code == status
        assert "secret" not in answer.text and "Traceback" not in answer.text


def test_a_failed_output_is_an_error_beside_the_others(client: TestClient, engine: FakeEngine) -> None:
    engine.failures = {8: Refused("no person")}
    ended = events(client, submit(client, num_images=2)["id"])[-1]
    assert ended["outputs"][1] | {"seconds": 0} == {
        "index": 1,
        "asset": None,
        "error": {"name": "Refused", "message": "no person"},
        "seconds": 0,
    }


def test_pictures_are_kept_by_browsers_and_run_nowhere(client: TestClient, png: bytes) -> None:
    picture = client.post("/api/pictures", files={"file": ('a"b\u202e\r\nX: y.png', png)}).json()["id"]
    answer = client.get(f"/files/{picture}")
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["content-disposition"].startswith("inline; ")
    assert client.get(f"/files/{picture}?download=1").headers["content-disposition"].startswith("attachment; ")
    again = client.get(f"/files/{picture}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    small = client.get(f"/files/{picture}/thumbnail")
    assert (small.headers["content-type"], Image.open(BytesIO(small.content)).format) == ("image/webp", "WEBP")


def test_other_peoples_pictures_and_jobs_are_not_found(client: TestClient, studio: Studio, png: bytes) -> None:
    with studio._database.transaction() as session:
        session.add(OrganisationRow(id="other", name="Other", plan="local"))
    picture, job = studio.add_picture(png, owner="other").id, studio.submit("sketch", SKETCH, owner="other").id
    studio.wait(job, owner="other", timeout=20)
    for path in (f"/files/{picture}", f"/files/{picture}/thumbnail", f"/files/previews/{job}", f"/api/jobs/{job}"):
        assert client.get(path).status_code == 404
    assert client.delete(f"/api/assets/{picture}").status_code == 404
    assert client.post(f"/api/jobs/{job}/cancel").status_code == 404


def test_a_data_uri_is_taken_in(client: TestClient, png: bytes) -> None:
    job = submit(client, image=f"data:image/png;base64,{base64.b64encode(png).decode()}")
    assert client.get(f"/files/{job['request']['image']}").status_code == 200


def test_every_route_is_described(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert all(each.get("description") for path in paths.values() for each in path.values())
    assert {"/api/jobs/{tool}", "/api/pictures", "/files/{asset_id}"} <= set(paths)


def test_the_studio_is_closed_with_the_server(studio: Studio, engine: FakeEngine) -> None:
    engine.steps, engine.pause = 1000, 0.01
    with TestClient(build(studio), base_url="http://127.0.0.1:7860") as client:
        job = submit(client)
        assert engine.started.wait(10)
    assert studio.job(job["id"]).status == "waiting"
    with studio._database.reading() as session:
        assert session.query(WorkerRow).count() == 0
