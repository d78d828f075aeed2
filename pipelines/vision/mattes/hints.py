"""What a person says of a picture: a box around the subject, strokes over what is to stay and what is to go."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from pipelines.images import Bytes, Mask, resized
from pipelines.sizes import Size

_DRAWN = 40
"""Opacity from which on something counts as drawn."""
_VIVID = 80
"""How much a channel leads the others in a stroke on a drawing that isn't transparent."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What a person said of a picture of (h, w) pixels."""

    keep: Mask
    """bool (h, w): surely the subject."""
    drop: Mask
    """bool (h, w): surely not."""
    box: Mask | None = None
    """bool (h, w): the subject is inside."""

    @property
    def said(self) -> bool:
        """Whether anything was said at all."""
        return self.box is not None or bool(self.keep.any() or self.drop.any())

    @property
    def never(self) -> Mask:
        """bool (h, w): what mustn't be left of the picture."""
        return self.drop if self.box is None else self.drop | ~self.box

    def at(self, size: Size) -> "Hints":
        """For the picture at another size; strokes stay seen, however thin."""

        def scaled(mask: Mask, least: float) -> Mask:
            return resized(mask.astype(np.float32), size) > least

        keep, drop = scaled(self.keep, 0.2), scaled(self.drop, 0.2)
        return Hints(keep & ~drop, drop, None if self.box is None else scaled(self.box, 0.5))


def unsaid(size: Size) -> Hints:
    """No hints."""
    nothing = np.zeros((size.height, size.width), np.bool_)
    return Hints(nothing, nothing)


def hints_of(size: Size, box: tuple[float, float, float, float] | None, scribble: Image.Image | None) -> Hints:
    """Hints for a picture of `size`: `box` is left, top, right, bottom from 0 to 1; in `scribble`, which is stretched over the
    picture, red is dropped and any other colour kept. Of a drawing without transparency only vivid red and green count."""
    said = unsaid(size)
    inside = None if box is None else _inside(size, box)
    if scribble is None:
        return Hints(said.keep, said.drop, inside)
    drawing = np.asarray(scribble.convert("RGBA").resize((size.width, size.height), Image.Resampling.BILINEAR))
    red, green, blue = (drawing[..., channel].astype(np.int16) for channel in range(3))
    drawn = _drawn(drawing)
    dropped = drawn & (red > green + 40) & (red > blue + 40)
    return Hints(drawn & ~dropped, dropped, inside)


def _drawn(drawing: Bytes) -> Mask:
    opaque = drawing[..., 3] >= _DRAWN
    if not opaque.all():
        return opaque
    colours = np.sort(drawing[..., :3].astype(np.int16), axis=2)
    return np.asarray((colours[..., 2] - colours[..., 1] > _VIVID) & (drawing[..., 2] < drawing[..., :2].max(axis=2)))


def _inside(size: Size, box: tuple[float, float, float, float]) -> Mask:
    """Pixels whose middle is in the box."""
    x, y = (np.arange(size.width) + 0.5) / size.width, (np.arange(size.height) + 0.5) / size.height
    left, top, right, bottom = box
    return ((y > top) & (y < bottom))[:, None] & ((x > left) & (x < right))[None]
