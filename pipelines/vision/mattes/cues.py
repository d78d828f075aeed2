"""What the net is shown of a small picture: its colours, how they differ from the backdrop, and what the person said of them."""

from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, resized, to_float
from pipelines.sizes import Size
from pipelines.vision.mattes.background import Backdrop, border_weight, climbed, distance, lab_of, read_backdrop
from pipelines.vision.mattes.hints import Hints

SEEN, SAID = 9, 3
_CLIMB_SIDE = 128
_CLIMB_REACH = 12.0
"""Sum of steps on the way from the border, in Lab units, that counts as far."""


def seen_cues(rgb: Bytes) -> Floats:
    """What the picture alone shows, uint8 (h, w, 3) about 256 pixels long: float32 (h, w, SEEN), mostly within -1 to 1.

    Colour; Lab less the backdrop's in units of its noise, by channel and as a distance; how steep the easiest way from the
    border is; how much of the border the backdrop explains.
    """
    lab = lab_of(rgb)
    backdrop = read_backdrop(lab)
    off = distance(lab, backdrop.surface)
    residual = np.arcsinh((lab - backdrop.surface) / (2 * backdrop.noise)) / np.float32(4)
    known = np.full(off.shape, 2 * backdrop.inliers - 1, np.float32)
    seen = [2 * to_float(rgb) - 1, residual, np.tanh(off / np.float32(25)), climb(lab, backdrop), known]
    return np.dstack(seen).astype(np.float32)


def said_cues(hints: Hints) -> Floats:
    """What hints add, float32 (h, w, SAID): strokes to keep, strokes to drop, 1 inside of a box and -1 outside."""
    box = np.zeros(hints.keep.shape, np.float32) if hints.box is None else np.where(hints.box, 1, -1)
    return np.dstack([hints.keep, hints.drop, box]).astype(np.float32)


def climb(lab: Floats, backdrop: Backdrop) -> Floats:
    """float32 (h, w) in [0, 1): how much colour changes along the smoothest way from the border, which a shadow's soft edge
    lets pass and a contour doesn't."""
    height, width = lab.shape[:2]
    scale = min(1.0, _CLIMB_SIDE / max(height, width))
    size = Size(max(4, round(width * scale)), max(4, round(height * scale)))
    small, surface = resized(lab, size), resized(backdrop.surface, size)
    steps = np.sqrt(sum(_slope(small, row, column) for row, column in ((1, 0), (0, 1))))
    start = border_weight(size.height, size.width) >= 0.5
    near = start & (distance(small, surface) < 3 * backdrop.noise + 3)
    costs = climbed(np.maximum(steps - 0.7, 0) + 0.02, near if near.any() else start)
    far = 1 - np.exp(-costs / np.float32(_CLIMB_REACH))
    return cast(Floats, cv2.resize(far.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR))


def _slope(lab: Floats, across: int, down: int) -> Floats:
    change = cv2.Sobel(lab, cv2.CV_32F, across, down, scale=0.25)
    return cast(Floats, (change**2).sum(axis=2))
