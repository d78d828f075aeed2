"""Videos through the studio: made by a job, with their inputs in the file, served in parts, and no input of anything."""

from functools import cache
from io import BytesIO

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.frames import frames
from pipelines.sizes import Size
from pipelines.vision.motion.encode import encode
from workbench.gallery.assets import Assets
from workbench.gallery.metadata import embed, read_metadata, strip
from workbench.store.database import Database
from workbench.store.files import Files

INPUTS = {"tool": "image-to-video", "seed": 5, "request": {"prompt": "a 🌬 <b> & ünder"}, "notes": ["a"]}


@cache
def clip() -> bytes:
    rng = np.random.default_rng(0)
    pictures = [np.full((48, 32, 4), (40 * n, 90, 200 - 30 * n, 255), np.uint8) for n in range(5)]
    return encode([each + rng.integers(0, 9, each.shape, dtype=np.uint8) for each in pictures], Size(32, 48))


def shown(data: bytes) -> list[bytes]:
    return [each.tobytes() for each in frames(data)]


def kinds(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        found.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def test_the_complete_inputs_are_in_the_file_and_no_frame_changes() -> None:
    written = embed(clip(), INPUTS)
    assert read_metadata(written) == INPUTS
    assert shown(written) == shown(clip())
    assert read_metadata(embed(written, {"seed": 6})) == {"seed": 6}
    assert kinds(written) == [b"ftyp", b"moov", b"mdat"]


def test_other_programs_find_them_as_the_comment() -> None:
    with av.open(BytesIO(embed(clip(), {"seed": 5}))) as container:
        assert container.metadata["comment"] == '{"seed":5}'


def test_stripping_takes_the_inputs_and_leaves_the_frames() -> None:
    bare = strip(embed(clip(), INPUTS))
    assert read_metadata(bare) is None
    assert b"tool" not in bare
    assert shown(bare) == shown(clip())
    assert strip(clip()) == bare


def test_a_file_with_its_index_last_is_read_too() -> None:
    with av.open(file := BytesIO(), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 32, 48, "yuv420p"
        for number in range(3):
            picture = np.full((48, 32, 3), 60 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    data = file.getvalue()
    assert kinds(data)[-1] == b"moov" and b"free" in kinds(data)
    written = embed(data, INPUTS)
    assert read_metadata(written) == INPUTS
    assert shown(written) == shown(strip(written)) == shown(data)


def test_what_is_behind_the_end_goes() -> None:
    assert b"SECRET" not in strip(clip() + b"\0\0\0\x0efreeSECRET")


@given(data=st.binary(max_size=200), at=st.integers(0, 1500))
@settings(max_examples=150, deadline=None)
def test_damaged_files_read_as_nothing_or_as_json(data: bytes, at: int) -> None:
    whole = embed(clip(), {"seed": 1})
    for each in (whole[:at] + data + whole[at + len(data) :], whole[:at], whole[:8] + data):
        found = read_metadata(each)
        assert found is None or isinstance(found, dict)
        try:
            strip(each)
        except ValueError:
            continue


@pytest.mark.parametrize("length", [12, 40, 600])
def test_a_file_that_is_cut_off_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=r"cut off"):
        strip(clip()[:length])


@pytest.fixture
def assets(database: Database, files: Files) -> Assets:
    return Assets(database, files)


def test_a_video_is_stored_with_the_thumbnail_of_its_first_frame(assets: Assets, database: Database, files: Files) -> None:
    poster = Image.new("RGB", (32, 48), (200, 30, 60))
    stored = assets.store_output(poster, INPUTS, clip())
    with database.transaction() as session:
        made = assets.record_output(session, stored, owner="local", tool="image-to-video", job_id="job", index=0)
    assert (made.media_type, made.width, made.height, made.is_video) == ("video/mp4", 32, 48, True)
    data = assets.read("local", made.id)
    assert read_metadata(data) == INPUTS and made.bytes == len(data)
    with Image.open(BytesIO(assets.read("local", made.id, thumbnail=True))) as small:
        assert small.size == (32, 48)
        assert np.abs(np.asarray(small.convert("RGB")).mean(axis=(0, 1)) - (200, 30, 60)).max() < 6
    bare = files.put(clip())
    with Image.open(BytesIO(files.thumbnail(bare))) as small:
        assert small.size == (32, 48)
