"""Textured backgrounds continued beyond an edge, patch by patch: brick, foliage, streets, boards."""

from typing import cast

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.images import Floats, Mask, blurred, resized
from pipelines.sizes import Size
from pipelines.vision.inpaint import membrane
from pipelines.vision.synthesis import Effort, Materials, Synthesis, synthesise

LONGEST = 1280
"""Long side in pixels up to which pixels are copied; larger pictures get an enlarged strip."""
MISFIT = 0.05
"""Root mean square misfit, in Lab / 100, above which patches are no continuation."""
FAITHFUL, DOUBTFUL = 0.013, 0.018
"""Misfit up to which all stays sharp, as boards, bricks and foliage do, and from which what lies beyond the edge goes fully out of focus."""
_DEFOCUS = 0.035
"""Of the height: the deepest blur."""
_NEAR = 0.28
"""Of the height: how far from the edge that is reached."""
_OVERLAP = 0.22
"""Of the height: how much of the picture beside the edge takes part."""
_DEPTH = 0.9
"""Of the height: how far from the edge patches are taken."""
_FREE = 0.14
"""Of the height: how wide a strip without any of the subject has to be to be the only one that is copied."""
_BEHIND = 0.05
"""Of the height: how far in from the edge the background behind a subject is made up too."""
_LEAST_BACKGROUND = 0.04


def patched(rgb: Floats, hidden: Mask, count: int, upright: bool, effort: Effort, generator: Generator) -> Floats | None:
    """float32 (h, count, 3): `count` columns more on the right of `rgb`, float32 (h, w, 3), copied from its background.

    What is `hidden`, bool (h, w), is neither copied nor continued. `upright`: patches keep to the rows that they come from.
    None where there is too little background, or where patches don't fit.
    """
    height, width = rgb.shape[:2]
    factor = max(1.0, max(height, width + count) / LONGEST)
    size, more = Size(round(width / factor), round(height / factor)), max(1, round(count / factor))
    small, mask = resized(np.ascontiguousarray(rgb), size), resized(np.ascontiguousarray(hidden, np.float32), size) > 0.01
    if (~mask).mean() < _LEAST_BACKGROUND:
        return None
    made = _strip(small, mask, more, 1.0 if upright else 0.5, effort, generator)
    if made.misfit > MISFIT:
        return None
    strip = defocused(
        np.ascontiguousarray(made.rgb[:, -more:]), float(np.clip((made.misfit - FAITHFUL) / (DOUBTFUL - FAITHFUL), 0, 1))
    )
    return cast(Floats, np.clip(cv2.resize(strip, (count, height), interpolation=cv2.INTER_CUBIC), 0, 1))


def defocused(strip: Floats, doubt: float) -> Floats:
    """A strip on the right that goes out of focus with the distance from its left edge; `doubt` of 0 to 1 says how far."""
    height, width = strip.shape[:2]
    sigma = _DEFOCUS * height * doubt
    if sigma < 0.5:
        return strip
    levels = [strip, *(blurred(strip, sigma * share) for share in (0.25, 0.5, 1.0))]
    degree = np.clip(np.arange(width, dtype=np.float32) / (_NEAR * height), 0, 1) * (len(levels) - 1.001)
    lower = degree.astype(int)
    out = np.empty_like(strip)
    for column, (level, part) in enumerate(zip(lower, degree - lower, strict=True)):
        out[:, column] = levels[level][:, column] * (1 - part) + levels[level + 1][:, column] * part
    return out


def _strip(rgb: Floats, hidden: Mask, count: int, upright: float, effort: Effort, generator: Generator) -> Synthesis:
    """The picture's right part, and beside it `count` columns made from all of its background and from its mirror image."""
    height, width = hidden.shape
    wide = min(width, max(16, round(_OVERLAP * height)))
    near = np.ascontiguousarray(rgb[:, -wide:])
    covered = hidden[:, -wide:]
    behind = covered & (np.arange(wide)[None] >= wide - max(4, round(_BEHIND * height)))
    calm = membrane(near, (~covered).astype(np.float32)) if covered.any() else near
    target = np.hstack([calm, np.repeat(calm[:, -1:], count, axis=1)])
    hole = np.hstack([behind, np.ones((height, count), np.bool_)])
    depth = _depth(hidden)
    beside, clear = rgb[:, -depth:], ~hidden[:, -depth:]
    materials = Materials(np.hstack([beside, beside[:, ::-1]]), np.hstack([clear, clear[:, ::-1]]), upright)
    return synthesise(target.astype(np.float32), hole, materials, effort, generator)


def _depth(hidden: Mask) -> int:
    """How many columns from the edge may be copied: those before the subject, whose outline is never sure, where they do."""
    height, width = hidden.shape
    columns = np.flatnonzero(hidden.any(axis=0))
    free: int = width - 1 - int(columns[-1]) if len(columns) else width
    return free if free >= _FREE * height else min(width, round(_DEPTH * height))
