"""Pictures out of videos."""

from io import BytesIO
from itertools import islice
from typing import Any

from PIL import Image

from pipelines.errors import PictureUnreadable


def frames(data: bytes, most: int | None = None) -> list[Image.Image]:
    """The first `most` frames of a video, or all of them, as RGB in sRGB. PictureUnreadable where there is none."""
    import av

    try:
        with av.open(BytesIO(data), "r") as container:
            return [_picture(each) for each in islice(container.decode(video=0), most)]
    except (av.FFmpegError, IndexError) as error:
        raise PictureUnreadable("this video is damaged or cut off") from error


def first_frame(data: bytes) -> Image.Image:
    """The picture that stands for a video."""
    found = frames(data, 1)
    if not found:
        raise PictureUnreadable("this video has no frame")
    return found[0]


def _picture(frame: Any) -> Image.Image:
    return Image.fromarray(frame.reformat(format="rgb24", src_colorspace="ITU709").to_ndarray())
