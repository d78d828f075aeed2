"""A job that makes a video, over HTTP: its file in parts as players ask for them, its poster, and where it can't go."""

from collections.abc import Iterator
from functools import cache
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from pipelines.engine import Output, Progress
from pipelines.sizes import Size
from pipelines.vision.motion.encode import encode
from tests.workbench.studio.conftest import Open
from tests.workbench.studio.fakes import FakeEngine, picture_of
from workbench.api.server import build
from workbench.gallery.metadata import read_metadata
from workbench.studio import Studio
from workbench.ui.history import recent_pictures

SKETCH = {"prompt": "a hat", "seed": 7}


@cache
def clip() -> bytes:
    return encode([np.full((32, 32, 4), (9 * n, 80, 90, 255), np.uint8) for n in range(4)], Size(32, 32))


class FilmEngine(FakeEngine):
    """Makes a video of each sketch."""

    def run(self, task: Any, progress: Progress) -> Output:
        return Output(picture_of(task.seed), ("filmed",), {}, clip())


@pytest.fixture
def engine() -> FakeEngine:
    return FilmEngine()


@pytest.fixture
def client(studio: Studio) -> Iterator[TestClient]:
    with TestClient(build(studio), base_url="http://127.0.0.1:7860", raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def film(studio: Studio) -> str:
    """The id of a finished video."""
    job = studio.wait(studio.submit("sketch", SKETCH).id, timeout=20)
    (output,) = job.outputs
    assert output.asset is not None
    return output.asset.id


def test_a_job_delivers_a_video_and_its_poster(client: TestClient, film: str) -> None:
    answer = client.get(f"/files/{film}")
    assert (answer.status_code, answer.headers["content-type"], answer.headers["accept-ranges"]) == (200, "video/mp4", "bytes")
    assert answer.headers["content-disposition"].split(";")[1].strip().endswith('.mp4"')
    assert "media-src 'self'" in answer.headers["content-security-policy"]
    found = read_metadata(answer.content)
    assert found is not None and found["request"]["prompt"] == "a hat" and found["seed"] == 7
    small = client.get(f"/files/{film}/thumbnail")
    assert (small.headers["content-type"], Image.open(BytesIO(small.content)).format) == ("image/webp", "WEBP")


@pytest.mark.parametrize(
    ("wanted", "first", "last"),
    [("bytes=0-1", 0, 1), ("bytes=10-", 10, -1), ("bytes=-20", -20, -1), ("bytes=5-99999999", 5, -1), ("bytes=-99999999", 0, -1)],
)
def test_a_part_is_answered_as_such(client: TestClient, film: str, wanted: str, first: int, last: int) -> None:
    whole = client.get(f"/files/{film}").content
    first, last = first % len(whole), last % len(whole)
    answer = client.get(f"/files/{film}", headers={"range": wanted})
    assert (answer.status_code, answer.content) == (206, whole[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(whole)}"
    assert answer.headers["content-length"] == str(last - first + 1)
    assert answer.headers["content-type"] == "video/mp4"


@pytest.mark.parametrize("wanted", ["bytes=0-1,4-5", "bytes=-", "bytes=5-2", "bytes=a-b", "pages=1-2", "bytes=0-1; x", ""])
def test_what_is_no_single_range_is_answered_with_the_whole(client: TestClient, film: str, wanted: str) -> None:
    answer = client.get(f"/files/{film}", headers={"range": wanted})
    assert answer.status_code == 200 and len(answer.content) > 500


@pytest.mark.parametrize("wanted", ["bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"])
def test_a_part_beyond_the_end_is_refused_with_the_length(client: TestClient, film: str, wanted: str) -> None:
    size = len(client.get(f"/files/{film}").content)
    answer = client.get(f"/files/{film}", headers={"range": wanted})
    assert (answer.status_code, answer.headers["content-range"], answer.content) == (416, f"bytes */{size}", b"")


def test_a_part_of_something_else_is_the_whole_and_what_is_known_is_not_sent(client: TestClient, film: str) -> None:
    tag = client.get(f"/files/{film}").headers["etag"]
    for other, status in ((tag, 206), ('"other"', 200)):
        assert client.get(f"/files/{film}", headers={"range": "bytes=0-3", "if-range": other}).status_code == status
    assert client.get(f"/files/{film}", headers={"range": "bytes=0-3", "if-none-match": tag}).status_code == 304


def test_a_video_is_no_picture_to_work_on(client: TestClient, studio: Studio, film: str) -> None:
    for path in ("jobs", "quotes"):
        answer = client.post(f"/api/{path}/sketch", json={"request": SKETCH | {"image": film}})
        assert answer.status_code == 422
        (problem,) = answer.json()["fields"]
        assert problem["field"] == "image" and "is a video; choose a picture" in problem["message"]
    assert recent_pictures(studio) == []


def test_a_video_is_refused_as_an_upload_in_words(client: TestClient) -> None:
    answer = client.post("/api/pictures?name=clip.mp4", content=clip())
    assert answer.status_code == 422 and "video" in answer.json()["message"]


def test_deleting_a_video_deletes_its_files(client: TestClient, studio: Studio, film: str, open_studio: Open) -> None:
    assert client.delete(f"/api/assets/{film}").status_code == 204
    assert client.get(f"/files/{film}").status_code == 404
    assert [each for each in (studio.settings.home / "files").rglob("*") if each.is_file()] == []
