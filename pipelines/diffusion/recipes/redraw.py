"""Redrawing a part of a picture: cut out with what is around it, so that small things are made at the model's native size."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from PIL import Image

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.finish import enlarged
from pipelines.diffusion.recipes.native import fitted, native_size
from pipelines.diffusion.recipes.paste import Kept, kept
from pipelines.diffusion.recipes.references import LEAST_SIDE, MOST_RATIO
from pipelines.engine import Progress
from pipelines.images import Floats, Mask, picture, pixels, resized, to_float
from pipelines.sizes import Mode, Size
from pipelines.vision.content import Box

MASKED_WITH_REFERENCE = ("Flux2Klein",)
"""Inpainting classes that take a reference picture beside the one that they redraw, by the beginning of their names."""
NEARLY_ALL = 0.7
"""Share of a picture from which a cut-out is not worth it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is to be redrawn."""

    source: Floats
    """float32 (h, w, 3), sRGB in [0, 1]: the whole picture."""
    mask: Floats | Mask
    """(h, w): bool, or float32 in [0, 1]; see `paste.kept`."""
    box: Box
    """What the model sees; holds all of the mask."""


def redraws(card: Card, references: int) -> bool:
    """Whether the card redraws a masked part beside that many further references; else it is shown the picture as one."""
    if card.inpaint is None:
        return False
    return references == 0 or (references == 1 and card.inpaint.startswith(MASKED_WITH_REFERENCE))


def around(mask: Floats | Mask, air: float) -> Box:
    """What is shown of a picture to redraw its masked part: the mask with `air` times its longer side around it.

    Never narrower than models take, and all of the picture where it would be most of it.
    """
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    across, down = columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]
    margin = air * max(across, down)
    least = max(LEAST_SIDE, max(across, down) / (MOST_RATIO / 2))
    left, right = _span(columns[0], columns[-1] + 1, max(margin, (least - across) / 2), width)
    top, bottom = _span(rows[0], rows[-1] + 1, max(margin, (least - down) / 2), height)
    box = Box(left, top, right, bottom)
    return Box(0, 0, width, height) if box.size.pixels > NEARLY_ALL * width * height else box


def _span(low: int, high: int, margin: float, limit: int) -> tuple[int, int]:
    """As wide as wanted where the picture is, shifted inwards at its edges."""
    wanted = min(limit, round(high - low + 2 * margin))
    start = min(max(0, round(low - margin)), limit - wanted)
    return start, start + wanted


def asked(
    part: Part, model: Model, prompt: str, seed: int, references: tuple[Image.Image, ...] = (), strength: float = 1.0
) -> Image.Image:
    """The part as the model makes it, RGB at native size: the mask's inside redrawn where it can, else all of it.

    `references` come after the picture itself, which is number 1 either way.
    """
    card, at = model.card, np.s_[part.box.top : part.box.bottom, part.box.left : part.box.right]
    size = native_size(card, part.box.size)
    shown = fitted(picture(np.ascontiguousarray(part.source[at])), size)
    if not redraws(card, len(references)):
        return model.make(Call(prompt=prompt, images=(shown, *references), size=size, seed=seed))
    hole = resized(np.ascontiguousarray(part.mask[at]).astype(np.float32), size) > 1 / 255
    mask = Image.fromarray(hole.astype(np.uint8) * 255)
    return model.make(Call(prompt=prompt, images=references, base=shown, mask=mask, strength=strength, size=size, seed=seed))


def put_back(part: Part, made: Image.Image, progress: Progress, mode: Mode, match: bool = True) -> Kept:
    """The whole picture with the made part in it; outside the mask it is the source, bit for bit. `match` as in `kept`."""
    at = np.s_[part.box.top : part.box.bottom, part.box.left : part.box.right]
    large = to_float(pixels(enlarged(made, part.box.size, progress, mode)))
    inner = kept(
        np.ascontiguousarray(part.source[at]),
        large,
        np.ascontiguousarray(part.mask[at], np.float32 if part.mask.dtype != np.bool_ else np.bool_),
        match=match,
    )
    whole, weight = part.source.copy(), np.zeros(part.mask.shape, np.float32)
    whole[at], weight[at] = inner.picture, inner.mask
    return Kept(whole, weight, float((weight > 0.5).mean()), inner.motion, inner.tint, inner.notes)


def ellipse(size: Size, x: float, y: float, across: float, down: float, tilt: float, soft: float) -> Floats:
    """float32 (h, w): 1 within the ellipse of these half axes, falling to exactly 0 over `soft` of them outside."""
    angle = np.radians(tilt)
    columns, rows = np.arange(size.width, dtype=np.float32) - x, (np.arange(size.height, dtype=np.float32) - y)[:, None]
    u = (columns * np.cos(angle) + rows * np.sin(angle)) / across
    v = (-columns * np.sin(angle) + rows * np.cos(angle)) / down
    level = np.clip((1 + soft - np.sqrt(u * u + v * v)) / soft, 0, 1)
    return cast(Floats, (level * level * (3 - 2 * level)).astype(np.float32))


def drawn(mask: Mask, reach: int) -> Mask:
    """bool (h, w): strokes with what they enclose, `reach` pixels wider."""
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return cv2.dilate(filled, disc) > 0
