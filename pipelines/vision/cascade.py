"""A cascade of local binary patterns over a picture, asked at chosen places of every size at once.

The cascade is the one that scikit-image ships (trained with OpenCV, 24 pixel windows, 20 stages). Liao et al. 2007,
"Learning multi-scale block local binary patterns for face recognition". Evaluating all windows of a stage as arrays, and
only windows whose middle may be skin, is what makes it fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree as ET

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Mask

WINDOW = 24
"""Side in pixels of what the cascade looks at."""
_MIDDLE = slice(5, 19)
_BITS = ((0, 0, 128), (0, 1, 64), (0, 2, 32), (1, 2, 16), (2, 2, 8), (2, 1, 4), (2, 0, 2), (1, 0, 1))
"""Row and column of a block around the central one, and its bit."""
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Hits:
    """Windows that passed, in pixels of their picture: (n,) each."""

    x: NDArray[np.float64]
    """Of the middle."""
    y: NDArray[np.float64]
    side: NDArray[np.float64]
    picture: NDArray[np.int64]
    """Number of the picture that it is in."""

    def of(self, chosen: Mask) -> "Hits":
        """Those that bool (n,) names."""
        return Hits(self.x[chosen], self.y[chosen], self.side[chosen], self.picture[chosen])


@dataclass(frozen=True, slots=True)
class _Feature:
    """A block of (h, w) at (x, y), the upper left of three by three, and what each pattern of them says."""

    x: int
    y: int
    width: int
    height: int
    leaves: Floats
    """float32 (256,)."""


@dataclass(frozen=True, slots=True)
class _Stage:
    threshold: float
    features: tuple[_Feature, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """Which windows are asked."""

    stride: int = 1
    """Pixels of a window, of `WINDOW`, from one to the next."""
    step: float = 1.15
    """Ratio of one size to the next."""
    smallest: float = WINDOW
    """Side in pixels of the picture."""
    largest: float = float("inf")
    share: float = 0.0
    """Least share of a window's middle that has to be possible."""


def hits(pictures: Sequence[Bytes], possible: Sequence[Mask], scan: Scan) -> Hits:
    """Windows that look like a face to all stages, in pictures of one size, uint8 (h, w).

    `possible`, bool (h, w) each, is where skin may be.
    """
    levels = _levels(pictures[0].shape, len(pictures), scan)
    if not levels:
        return Hits(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0, np.int64))
    columns = levels[0].width + 1
    sums = _sums(pictures, levels)
    asked = np.concatenate([_asked(level, possible[level.picture], scan, columns) for level in levels])
    passed = _passed(sums.ravel(), columns, asked)
    row, column = np.divmod(passed, columns)
    which = np.searchsorted([level.row for level in levels], row, side="right") - 1
    of = {name: np.array([getattr(level, name) for level in levels])[which] for name in ("row", "width", "height", "picture")}
    across, down = pictures[0].shape[1] / of["width"], pictures[0].shape[0] / of["height"]
    x, y = (column + WINDOW / 2) * across, (row - of["row"] + WINDOW / 2) * down
    return Hits(x, y, WINDOW * np.sqrt(across * down), of["picture"])


@dataclass(frozen=True, slots=True)
class _Level:
    """One picture at one size, and in which row of the sheet of all it begins."""

    picture: int
    row: int
    width: int
    height: int


def _levels(shape: tuple[int, ...], count: int, scan: Scan) -> list[_Level]:
    levels: list[_Level] = []
    scale, row = max(1.0, scan.smallest / WINDOW), 0
    while scale * WINDOW <= min(*shape, scan.largest):
        height, width = (max(WINDOW, round(length / scale)) for length in shape)
        for picture in range(count):
            levels.append(_Level(picture, row, width, height))
            row += height
        scale *= scan.step
    return levels


def _sums(pictures: Sequence[Bytes], levels: list[_Level]) -> NDArray[np.int32]:
    """The table of sums of a sheet with all sizes below one another: one pass over it asks them all."""
    sheet = np.zeros((levels[-1].row + levels[-1].height, levels[0].width), np.uint8)
    for level in levels:
        small = cv2.resize(pictures[level.picture], (level.width, level.height), interpolation=cv2.INTER_AREA)
        sheet[level.row : level.row + level.height, : level.width] = small
    return np.asarray(cv2.integral(sheet), dtype=np.int32)


def _asked(level: _Level, possible: Mask, scan: Scan, columns: int) -> Places:
    """Places in the table of sums of windows with enough of `possible` in their middle."""
    small = cv2.resize(possible.astype(np.uint8), (level.width, level.height), interpolation=cv2.INTER_NEAREST)
    sums = cv2.integral(small)
    first, last, side = _MIDDLE.start, _MIDDLE.stop, _MIDDLE.stop - _MIDDLE.start
    down, across, stride = level.height - WINDOW + 1, level.width - WINDOW + 1, scan.stride
    top, bottom = sums[first : first + down : stride], sums[last : last + down : stride]
    left, right = slice(first, first + across, stride), slice(last, last + across, stride)
    inside = bottom[:, right] - bottom[:, left] - top[:, right] + top[:, left]
    y, x = np.nonzero(inside >= scan.share * side**2)
    return np.asarray((y * stride + level.row) * columns + x * stride, dtype=np.int64)


def _passed(sums: NDArray[np.int32], columns: int, places: Places) -> Places:
    for stage in _stages():
        if not places.size:
            break
        votes = np.zeros(places.size, np.float32)
        for feature in stage.features:
            votes += feature.leaves[_patterns(sums, columns, places, feature)]
        places = places[votes >= stage.threshold]
    return places


def _patterns(sums: NDArray[np.int32], columns: int, places: Places, feature: _Feature) -> Bytes:
    """uint8 (n,): which of the eight blocks around the middle one are at least as bright."""
    corner = places + (feature.y * columns + feature.x)
    grid = [
        [sums.take(corner + (row * feature.height * columns + column * feature.width), mode="wrap") for column in range(4)]
        for row in range(4)
    ]
    blocks = [[grid[r + 1][c + 1] - grid[r + 1][c] - grid[r][c + 1] + grid[r][c] for c in range(3)] for r in range(3)]
    pattern = np.zeros(places.size, np.uint8)
    for row, column, bit in _BITS:
        pattern |= (blocks[row][column] >= blocks[1][1]).view(np.uint8) * np.uint8(bit)
    return pattern


@cache
def _stages() -> tuple[_Stage, ...]:
    from skimage.data import lbp_frontal_face_cascade_filename

    path = lbp_frontal_face_cascade_filename()  # type: ignore[no-untyped-call]
    root = ET.parse(path).getroot()  # noqa: S314  (a file of an installed package)
    rects = [[int(number) for number in (each.text or "").split()] for each in root.iter("rect")]
    return tuple(
        _Stage(
            float(stage.findtext("stageThreshold", "0")) - 1e-5,
            tuple(_feature(tree, rects) for tree in stage.iterfind("weakClassifiers/_")),
        )
        for stage in root.iterfind("cascade/stages/_")
    )


def _feature(tree: ET.Element, rects: list[list[int]]) -> _Feature:
    _, _, index, *subset = (int(number) for number in tree.findtext("internalNodes", "").split())
    inside, outside = (float(number) for number in tree.findtext("leafValues", "").split())
    words = np.array(subset, np.int64).astype(np.uint32)
    codes = np.arange(256)
    member = (words[codes >> 5] >> (codes & 31).astype(np.uint32)) & 1
    x, y, width, height = rects[index]
    return _Feature(x, y, width, height, leaves=np.where(member, inside, outside).astype(np.float32))
