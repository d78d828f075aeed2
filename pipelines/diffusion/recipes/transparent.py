"""Pictures with transparency: models see them on white, outputs get theirs back."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image

from pipelines.diffusion.recipes.finish import enlarged
from pipelines.engine import Progress
from pipelines.images import Bytes, Floats, alpha_of, picture, pixels, to_bytes, to_float
from pipelines.sizes import Mode, Size

BLANK, SOLID = 0.02, 0.10
"""Distance from white, in the channel that has most, up to which a made pixel is still background, and from which it covers it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A picture of (h, w) pixels as it is and as a model sees it."""

    colour: Bytes
    """uint8 (h, w, 3): its own, also where it is transparent."""
    alpha: Floats | None
    shown: Floats
    """float32 (h, w, 3) in [0, 1]: on white."""


def layer(image: Image.Image, size: Size, progress: Progress, mode: Mode) -> Layer:
    """`image` at exactly `size`; at its own size to the byte."""
    grown = enlarged(image, size, progress, mode)
    return Layer(np.asarray(grown.convert("RGB")), alpha_of(grown), to_float(pixels(grown)))


def relaid(before: Layer, made: Floats, mask: Floats, *, grows: bool = True) -> Image.Image:
    """The output of `made`, float32 (h, w, 3) on white, which equals `before.shown` where `mask`, (h, w), is 0.

    There it is `before`, bit for bit. Elsewhere what `made` adds to the background covers it where `grows`, and
    everything else stays as transparent as it was.
    """
    if before.alpha is None:
        return picture(made)
    changed = mask > 0
    alpha = _covered(before.alpha, made, changed) if grows else before.alpha
    solid = np.maximum(alpha, np.float32(BLANK))[..., None]
    own = np.clip((made - (1 - alpha[..., None])) / solid, 0, 1)
    colour = np.where(changed[..., None], to_bytes(cast(Floats, own)), before.colour)
    return picture(colour.astype(np.uint8), alpha)


def _covered(alpha: Floats, made: Floats, changed: np.typing.NDArray[np.bool_]) -> Floats:
    away = 1 - made.min(axis=2)
    cover = np.clip((away - BLANK) / (SOLID - BLANK), 0, 1)
    return np.where(changed, np.maximum(alpha, cover), alpha).astype(np.float32)
