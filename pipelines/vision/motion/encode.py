"""Frames into an H.264 file that browsers and phones play from its first bytes: yuv420p, High profile, index before data."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipelines.images import Bytes
from pipelines.sizes import Size
from pipelines.vision.motion.camera import FPS

_BT709 = 1
_TV_RANGE = 1
_OPTIONS = {
    "preset": "veryfast",
    "crf": "17",
    "profile": "high",
    "refs": "2",
    "rc-lookahead": "12",
    "threads": "2",
    "g": str(10 * FPS),  # a second key frame would be seen as a pulse where little moves; a clip is short enough to seek without
    "sc_threshold": "0",
    "x264-params": "no-fast-pskip=1:deadzone-inter=8:deadzone-intra=6",  # motion of a fraction of a pixel must not wait and jump
    "aq-mode": "3",  # dark and plain backgrounds get their share, so that slow gradients don't show bands
}


def encode(frames: Iterable[Bytes], size: Size) -> bytes:
    """An mp4 of uint8 (h, w, 4) sRGB frames, 24 a second, as they come; an exception from `frames` leaves nothing behind.

    Both sides must be even. Colours are tagged and converted as BT.709, limited range. ValueError for an odd side, a frame of
    another size, or no frame.
    """
    if size.width % 2 or size.height % 2:
        raise ValueError(f"H.264 with yuv420p needs even sides; got {size}")
    with TemporaryDirectory(prefix="clip-") as folder:  # the index moves to the front in a second pass over a real file
        path = Path(folder, "clip.mp4")
        _write(path, frames, size)
        return path.read_bytes()


def _write(path: Path, frames: Iterable[Bytes], size: Size) -> None:
    import av

    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = _stream(container, size)
        count = 0
        for count, pixels in enumerate(frames, 1):
            if pixels.shape != (size.height, size.width, 4):
                raise ValueError(f"a frame of shape {pixels.shape} in a clip of {size}")
            container.mux(stream.encode(_frame(pixels, count - 1)))
        if not count:
            raise ValueError("a clip needs at least one frame")
        container.mux(stream.encode())


def _stream(container: Any, size: Size) -> Any:
    stream = container.add_stream("libx264", rate=FPS, options=dict(_OPTIONS))
    stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
    context = stream.codec_context
    context.time_base = Fraction(1, FPS)
    context.color_primaries = context.color_trc = context.colorspace = _BT709
    context.color_range = _TV_RANGE
    return stream


def _frame(pixels: Bytes, number: int) -> Any:
    from av import VideoFrame

    frame = VideoFrame.from_ndarray(pixels, format="rgba").reformat(
        format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG"
    )
    frame.pts, frame.time_base = number, Fraction(1, FPS)
    frame.color_primaries = frame.color_trc = _BT709
    return frame
