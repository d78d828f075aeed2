"""Masks and drawings as the region where a picture may change."""

import cv2
import numpy as np
from PIL import Image

from pipelines.errors import PictureUnsuitable
from pipelines.images import Floats, Mask, alpha_of, pixels, resized, size_of
from pipelines.sizes import Size
from pipelines.tasks import Edit

_STROKE = 0.012
"""Of the long side: how far a stroke reaches beyond itself, and over which gap a curve still counts as closed."""
_FEATHER = 0.004
_DRAWN = 24
"""Difference, of 255, from which a drawing without transparency differs from the picture."""


def region_of(task: Edit, size: Size) -> Floats | None:
    """float32 (h, w) of `size`: 1 well inside what is marked, soft just inside its edge, exactly 0 outside; None without marks.

    A mask is white where to change. Of a drawing, closed curves and boxes are filled; strokes and arrows count with a little
    room around them. Raises PictureUnsuitable for another size than the picture's, and for a mask without white.
    """
    for field in ("mask", "annotations"):
        image = getattr(task, field)
        if image is not None and image.size != task.image.size:
            raise PictureUnsuitable(
                f"{field} is {size_of(image)} pixels and image {size_of(task.image)}; draw it over the picture itself"
            )
    if task.mask is not None:
        return _soft(_white(task.mask, size))
    if task.annotations is None:
        return None
    strokes = _strokes(task.annotations, task.image)
    if not strokes.any():
        return None
    return _soft(resized(enclosed(strokes).astype(np.float32), size) > 0.5)


def _white(mask: Image.Image, size: Size) -> Mask:
    level = pixels(mask, background=(0, 0, 0)).max(axis=2)
    white: Mask = resized((level > 127).astype(np.float32), size) > 0.5
    if not white.any():
        raise PictureUnsuitable("mask has no white in it, so that nothing would change; paint white where the change belongs")
    return white


def _strokes(drawing: Image.Image, photo: Image.Image) -> Mask:
    """bool (h, w): where something is drawn; in a drawing without transparency, where it differs from the photo."""
    alpha = alpha_of(drawing)
    if alpha is not None:
        return np.asarray(alpha > 0.1)
    away = np.abs(pixels(drawing).astype(np.int16) - pixels(photo).astype(np.int16)).max(axis=2)
    return cv2.morphologyEx((away > _DRAWN).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0


def enclosed(strokes: Mask) -> Mask:
    """What strokes enclose, nearly closed curves counted as closed, and the strokes themselves with a little room."""
    reach = max(2, round(_STROKE * max(strokes.shape)))
    padded = np.pad(strokes.astype(np.uint8), 3 * reach)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    wide = cv2.dilate(padded, disc)
    closed = wide
    for turn in (1, 2):
        closed = cv2.erode(cv2.dilate(wide, disc, iterations=turn), disc, iterations=turn)
    count, labels = cv2.connectedComponents((closed == 0).astype(np.uint8), connectivity=4)
    inside = (labels != labels[0, 0]) & (closed == 0) if count > 2 else np.zeros(closed.shape, np.bool_)
    filled = wide > 0
    if inside.any():
        filled |= inside | ((cv2.dilate(inside.astype(np.uint8), disc, iterations=3) > 0) & (closed > 0))
    cut = 3 * reach
    return filled[cut:-cut, cut:-cut]


def _soft(mask: Mask) -> Floats:
    """Feathered inward, so that nothing outside changes."""
    reach = max(1.5, _FEATHER * max(mask.shape))
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip(depth / reach, 0, 1), np.float32)
