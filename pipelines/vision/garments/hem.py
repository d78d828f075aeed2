"""The hem of a garment that somebody wore: without what of trousers, hands and folds was cut out with it."""

from collections.abc import Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats
from pipelines.vision.garments.straighten import Cutout
from pipelines.vision.people.body import Point

LARGEST_CUT = 0.09
"""Of the garment's height: what hangs lower than the hem by more is a tail or a tie, and stays."""
NEAR = 0.012
"""Of the garment's height: what lies so near the line belongs to the hem."""
ROUNDS = 6


def with_even_hem(cutout: Cutout, landmarks: Mapping[str, Point]) -> Cutout:
    """What hangs below a smooth line through most of the hem is cut away; nothing is added."""
    if "hem_left" not in landmarks or "hem_right" not in landmarks:
        return cutout
    solid = cutout.alpha > 0.5
    rows = np.flatnonzero(solid.any(axis=1))
    first, last = (int(np.clip(landmarks[f"hem_{side}"].x, 0, solid.shape[1] - 1)) for side in ("left", "right"))
    columns = np.arange(first, last + 1)
    columns = columns[solid[:, columns].any(axis=0)]
    if len(rows) < 40 or len(columns) < 40:
        return cutout
    height = float(np.ptp(rows))
    lowest = (solid.shape[0] - 1 - solid[::-1, columns].argmax(axis=0)).astype(np.float64)
    line = _line(columns, lowest, height)
    return Cutout(cutout.colour, _cut(cutout.alpha, columns, line, lowest - line < LARGEST_CUT * height))


def _line(columns: NDArray[np.intp], lowest: NDArray[np.float64], height: float) -> NDArray[np.float64]:
    """A parabola through the hem: fitted again and again to what lies near it, and from above rather than from below."""
    x = (columns - columns.mean()) / max(1.0, float(np.ptp(columns)))
    level = float(np.percentile(lowest, 40))
    near = np.abs(lowest - level) < 4 * NEAR * height
    line = np.full(len(x), level)
    for each in range(ROUNDS):
        if near.sum() < 0.3 * len(x):
            break
        line = np.polyval(np.polyfit(x[near], lowest[near], 2), x)
        off = (lowest - line) / height
        near = (off < NEAR) & (off > -NEAR * (4 if each < 2 else 2))
    return np.asarray(line + 0.5 * NEAR * height)


def _cut(alpha: Floats, columns: NDArray[np.intp], line: NDArray[np.float64], allowed: NDArray[np.bool_]) -> Floats:
    """The alpha without what lies below the line, with a soft edge of two pixels."""
    down = np.arange(alpha.shape[0])[:, None]
    keep = np.clip((line[None] - down) / 2 + 0.5, 0, 1)
    keep[:, ~allowed] = 1
    whole = np.ones(alpha.shape, np.float32)
    whole[:, columns] = keep
    beside = np.clip(columns[[0, -1]] + [-1, 1], 0, alpha.shape[1] - 1)
    margin = max(1, round(0.03 * len(columns)))
    whole[:, max(0, beside[0] - margin) : beside[0] + 1] = whole[:, columns[0]][:, None]
    whole[:, beside[1] : beside[1] + margin] = whole[:, columns[-1]][:, None]
    return np.minimum(alpha, cv2.GaussianBlur(whole, (0, 0), 0.7)).astype(np.float32)
