"""The picture store: content-addressed, whole or absent, and no way out of it."""

import hashlib
import threading
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
from PIL import Image

from workbench.errors import Misconfigured, NotFound, StorageFailed
from workbench.store.files import Files


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """A picture store on the disk, and one that is reached through fsspec alone."""
    return Files(str(tmp_path / "store") if request.param == "folder" else f"memory://{uuid4().hex}")


def png(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def gradient(width: int, height: int) -> Image.Image:
    return Image.linear_gradient("L").resize((width, height)).convert("RGB")


def test_what_is_put_is_got_back_under_its_hash(store: Files) -> None:
    key = store.put(b"some bytes")
    assert key == hashlib.sha256(b"some bytes").hexdigest()
    assert store.get(key) == b"some bytes"
    assert store.exists(key)
    assert store.put(b"some bytes") == key


def test_what_is_deleted_is_gone_with_its_thumbnail(store: Files, tmp_path: Path) -> None:
    image = gradient(100, 50)
    key = store.put(png(image), image)
    store.delete(key)
    store.delete(key)
    assert not store.exists(key)
    for read in (store.get, store.thumbnail):
        with pytest.raises(NotFound):
            read(key)
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


@pytest.mark.parametrize("given", [True, False])
def test_a_thumbnail_is_small_and_looks_alike(store: Files, given: bool) -> None:
    image = gradient(1200, 800)
    key = store.put(png(image), image if given else None)
    with Image.open(BytesIO(store.thumbnail(key))) as thumbnail:
        assert thumbnail.format == "WEBP"
        assert thumbnail.size == (384, 256)
        top, bottom = thumbnail.convert("L").getpixel((190, 5)), thumbnail.convert("L").getpixel((190, 250))
        assert abs(top - image.getpixel((600, 16))[0]) < 8
        assert abs(bottom - image.getpixel((600, 781))[0]) < 8


def test_a_small_picture_is_not_enlarged(store: Files) -> None:
    key = store.put(png(gradient(40, 30)))
    with Image.open(BytesIO(store.thumbnail(key))) as thumbnail:
        assert thumbnail.size == (40, 30)


def test_a_thumbnail_of_a_transparent_picture_is_transparent(store: Files) -> None:
    image = gradient(800, 800)
    image.putalpha(Image.linear_gradient("L").rotate(90).resize((800, 800)))
    key = store.put(png(image), image)
    with Image.open(BytesIO(store.thumbnail(key))) as thumbnail:
        alpha = thumbnail.convert("RGBA").getchannel("A")
        assert thumbnail.mode == "RGBA"
        assert abs(alpha.getpixel((5, 190)) - alpha.getpixel((378, 190))) > 230


def test_a_thumbnail_leaves_the_picture_as_it_is(store: Files) -> None:
    image = gradient(600, 600)
    store.put(png(image), image)
    assert image.size == (600, 600)


def test_a_damaged_file_is_written_again(tmp_path: Path) -> None:
    store = Files(str(tmp_path))
    key = store.put(b"whole")
    next(each for each in tmp_path.rglob(key)).write_bytes(b"wh")
    store.put(b"whole")
    assert store.get(key) == b"whole"


def test_a_thumbnail_that_a_power_failure_emptied_is_made_again(tmp_path: Path) -> None:
    store = Files(str(tmp_path))
    key = store.put(png(gradient(40, 30)), gradient(40, 30))
    next((tmp_path / "thumbnails").rglob("*.webp")).write_bytes(b"")
    with Image.open(BytesIO(store.thumbnail(key))) as thumbnail:
        assert thumbnail.size == (40, 30)


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(StorageFailed, match="no space"):
        Files(str(tmp_path)).put(b"bytes")
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_readers_see_a_preview_whole_while_it_is_overwritten(tmp_path: Path) -> None:
    store = Files(str(tmp_path))
    frames = [Image.effect_noise((200, 200), sigma).convert("RGB") for sigma in (5, 60)]
    store.put_preview("job", frames[0])
    stop = threading.Event()

    def overwrite() -> None:
        for number in range(60):
            store.put_preview("job", frames[number % 2])
        stop.set()

    thread = threading.Thread(target=overwrite)
    thread.start()
    sizes = set()
    while not stop.is_set():
        with Image.open(BytesIO(store.preview("job") or b"")) as image:
            image.load()
            sizes.add(image.size)
    thread.join()
    assert sizes == {(200, 200)}


def test_a_preview_is_kept_by_job_until_it_is_deleted(store: Files) -> None:
    assert store.preview("job-1") is None
    store.put_preview("job-1", gradient(2000, 1000))
    with Image.open(BytesIO(store.preview("job-1") or b"")) as image:
        assert image.size == (768, 384)
    store.delete_preview("job-1")
    store.delete_preview("job-1")
    assert store.preview("job-1") is None


@pytest.mark.parametrize(
    "key", ["", "a" * 63, "a" * 65, "A" * 64, "../" * 21 + "a", "a" * 61 + "/..", "a" * 63 + "\n", "\0" * 64, "..", "%2e%2e"]
)
def test_what_is_no_key_is_not_found(store: Files, key: str) -> None:
    for read in (store.get, store.thumbnail, store.exists, store.delete):
        with pytest.raises(NotFound):
            read(key)


@pytest.mark.parametrize("job_id", ["", "..", "../previews", "a/b", "a\\b", "a.b", "a" * 65, "job\n", "a\0"])
def test_what_is_no_job_id_has_no_preview(store: Files, job_id: str) -> None:
    assert store.preview(job_id) is None
    with pytest.raises(NotFound):
        store.put_preview(job_id, gradient(10, 10))


def test_a_store_without_a_driver_is_refused() -> None:
    with pytest.raises(Misconfigured, match="can't be opened"):
        Files("nonsense://bucket")
