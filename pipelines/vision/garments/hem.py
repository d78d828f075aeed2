"""The hem of a garment that somebody wore: without what of trousers, hands and folds was cut out with it."""

from collections.abc import Mapping
from dataclasses import dataclass

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
LARGEST_LIFT = 0.05
"""Of the garment's height: by how much each corner of a slanted hem is moved at most."""
MOVED_FROM = 0.68
"""Share of the garment's height from which on it is moved with its hem."""


@dataclass(frozen=True, slots=True)
class _Hem:
    """The lower edge of a cut-out between the corners of its hem."""

    columns: NDArray[np.intp]
    lowest: NDArray[np.float64]
    """Row of the lowest solid pixel in each column."""
    line: NDArray[np.float64]
    """The smooth line through most of that."""
    top: int
    height: float
    """Of the whole garment."""


def with_even_hem(cutout: Cutout, landmarks: Mapping[str, Point]) -> Cutout:
    """What hangs below a smooth line through most of the hem is cut away; nothing is added."""
    hem = _hem_of(cutout, landmarks)
    if hem is None:
        return cutout
    return Cutout(cutout.colour, _cut(cutout.alpha, hem.columns, hem.line, hem.lowest - hem.line < LARGEST_CUT * hem.height))


def with_level_hem(cutout: Cutout, landmarks: Mapping[str, Point]) -> Cutout:
    """The hem turned level by moving what is near it up on one side and down on the other, by at most `LARGEST_LIFT` on each.

    The upper part, where prints are, isn't touched; a hem that sags or is cut round keeps its curve.
    """
    hem = _hem_of(cutout, landmarks)
    if hem is None:
        return cutout
    rows, columns = np.mgrid[: cutout.alpha.shape[0], : cutout.alpha.shape[1]].astype(np.float32)
    slope = float(np.polyfit(hem.columns, hem.line, 1)[0])
    middle = float(hem.columns.mean())
    most = LARGEST_LIFT * hem.height
    lift = np.clip(slope * (np.clip(columns, hem.columns[0], hem.columns[-1]) - middle), -most, most)
    first = hem.top + MOVED_FROM * hem.height
    down = np.clip((rows - first) / max(1.0, float(hem.line.mean()) - first), 0, 1)
    moved = (rows + lift * down * down * (3 - 2 * down)).astype(np.float32)
    colour = cv2.remap(cutout.colour, columns, moved, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(cutout.alpha, columns, moved, cv2.INTER_LINEAR)
    return Cutout(np.clip(colour, 0, 1).astype(np.float32), np.clip(alpha, 0, 1).astype(np.float32))


def _hem_of(cutout: Cutout, landmarks: Mapping[str, Point]) -> _Hem | None:
    """None where the landmarks or the cut-out have no hem to speak of."""
    if "hem_left" not in landmarks or "hem_right" not in landmarks:
        return None
    solid = cutout.alpha > 0.5
    rows = np.flatnonzero(solid.any(axis=1))
    first, last = (int(np.clip(landmarks[f"hem_{side}"].x, 0, solid.shape[1] - 1)) for side in ("left", "right"))
    columns = np.arange(first, last + 1)
    columns = columns[solid[:, columns].any(axis=0)]
    if len(rows) < 40 or len(columns) < 40:
        return None
    height = float(np.ptp(rows))
    lowest = (solid.shape[0] - 1 - solid[::-1, columns].argmax(axis=0)).astype(np.float64)
    return _Hem(columns, lowest, _line(columns, lowest, height), int(rows[0]), height)


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
