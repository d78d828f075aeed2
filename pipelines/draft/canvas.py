"""The picture that a tool changes parts of: at the size of the output, with its transparency."""

import numpy as np
from PIL import Image

from pipelines.images import Bytes, Floats, alpha_of, picture, size_of, to_bytes, to_float
from pipelines.sizes import Mode, Size
from pipelines.vision.upsample import FEW, ITERATIONS, bleed, enlarge


def grown(rgb: Floats, size: Size, mode: Mode) -> Floats:
    """`rgb`, float32 (h, w, 3) in [0, 1], at exactly `size`: by interpolation, by the net as far as most of the detail that it
    finds goes, or by the net all the way, as `mode` allows."""
    if mode == Mode.FAST or size.width <= rgb.shape[1]:
        return enlarge(rgb, size, _rounds(mode))
    from pipelines.draft import superres

    return superres.enlarge(rgb, size, views=8) if mode == Mode.QUALITY else superres.enlarge(rgb, size, most=1)


def _rounds(mode: Mode) -> int:
    return FEW if mode == Mode.FAST else ITERATIONS


def canvas(image: Image.Image, size: Size, mode: Mode = Mode.BALANCED) -> Bytes:
    """uint8 (h, w, 3) of `size` that may be written to: the picture's own pixels where it has that size already."""
    rgb = np.array(image.convert("RGBA"))[..., :3] if image.mode == "RGBA" else np.array(image.convert("RGB"))
    if size_of(image) == size:
        return rgb
    values = to_float(rgb)
    alpha = alpha_of(image)
    return to_bytes(enlarge(values if alpha is None else bleed(values, alpha), size, _rounds(mode)))


def finished(rgb: Bytes, image: Image.Image, size: Size) -> Image.Image:
    """uint8 (h, w, 3) as a picture, as transparent as `image`."""
    if alpha_of(image) is None:
        return picture(rgb)
    alpha = np.asarray(image.getchannel("A"))
    if size_of(image) != size:
        alpha = to_bytes(enlarge(to_float(alpha), size))
    return Image.fromarray(np.dstack([rgb, alpha]))
