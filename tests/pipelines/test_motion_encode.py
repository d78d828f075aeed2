"""The file: what players get, and nothing left behind where it could not be made."""

import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from pipelines.errors import Cancelled, PictureUnreadable
from pipelines.frames import first_frame, frames
from pipelines.images import Bytes
from pipelines.sizes import Size
from pipelines.vision.motion.encode import encode

SIZE = Size(96, 144)


def shown(count: int, size: Size = SIZE) -> Iterator[Bytes]:
    x = np.linspace(0, 255, size.width)
    for number in range(count):
        frame = np.full((size.height, size.width, 4), 255, np.uint8)
        frame[..., 0] = np.roll(x, number)
        frame[: size.height // 2, :, 1] = 128
        yield frame


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_phones_and_browsers_get_what_they_play() -> None:
    data = encode(shown(30), SIZE)
    with av.open(BytesIO(data)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.profile, context.pix_fmt) == ("h264", "High", "yuv420p")
        assert (context.width, context.height, stream.average_rate, stream.frames) == (96, 144, 24, 30)
        assert (context.colorspace, context.color_range) == (1, 1)
        assert context.extradata[3] <= 41
        assert float(stream.duration * stream.time_base) == pytest.approx(30 / 24)
        times = [float(each.pts * each.time_base) for each in container.decode(stream)]
    assert times == pytest.approx([number / 24 for number in range(30)])


def test_the_index_stands_before_the_data() -> None:
    data = encode(shown(5), SIZE)
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("size", [Size(1080, 1920), Size(720, 1280), Size(1920, 1080)])
def test_full_hd_stays_within_the_level_of_phones(size: Size) -> None:
    data = encode(shown(2, size), size)
    with av.open(BytesIO(data)) as container:
        assert container.streams.video[0].codec_context.extradata[3] <= 42


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 30, 60), (20, 90, 220), (236, 234, 230)])
def test_colours_come_back(colour: tuple[int, int, int]) -> None:
    flat = np.full((SIZE.height, SIZE.width, 4), (*colour, 255), np.uint8)
    shown_again = np.asarray(frames(encode([flat] * 3, SIZE))[2])
    assert np.abs(shown_again.astype(int) - colour).max() <= 3


def test_a_still_picture_stays_still() -> None:
    (still,) = shown(1)
    first, *others = (np.asarray(each).astype(int) for each in frames(encode([still] * 24, SIZE)))
    assert max(np.abs(each - first).mean() for each in others) < 1.0


def test_the_same_frames_make_the_same_file() -> None:
    assert encode(shown(12), SIZE) == encode(shown(12), SIZE)


@pytest.mark.parametrize("failure", [Cancelled("no"), RuntimeError("broken"), KeyboardInterrupt()])
def test_whatever_breaks_leaves_nothing_behind(folder: Path, failure: BaseException) -> None:
    def broken() -> Iterator[Bytes]:
        yield from shown(7)
        raise failure

    with pytest.raises(type(failure)):
        encode(broken(), SIZE)
    assert list(folder.iterdir()) == []
    encode(shown(2), SIZE)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(("size", "count", "made"), [(Size(95, 144), 2, SIZE), (SIZE, 0, SIZE), (SIZE, 2, Size(94, 144))])
def test_what_can_be_no_clip_is_refused(size: Size, count: int, made: Size) -> None:
    with pytest.raises(ValueError, match=r"even sides|at least one|a frame of shape"):
        encode(shown(count, made), size)


@pytest.mark.parametrize("data", [b"", b"\0\0\0\x18ftypisom", encode(shown(2), SIZE)[:600]])
def test_a_damaged_video_has_no_frame(data: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        first_frame(data)
