"""Fronts that can be opened: the line where a jacket, cardigan or shirt closes, and its two panels drawn apart."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats
from pipelines.vision.garments.drape import Frame
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.pattern import SIDES, STATIONS, Piece, torso_piece
from pipelines.vision.garments.warp import Coordinates
from pipelines.vision.people.trunk import cheapest_path

BAND = 0.13
"""Half breadth of the strip around the middle in which a front line is looked for, in widths at the armpits."""
ROWS = 90
"""Rows at which it is looked for."""
STANDS_OUT = {"outerwear": 1.0, "top": 1.35}
"""How much stronger than any line beside it a front line must be, by category."""
LEAST = 2.2
"""CIELAB lightness per step across, below which nothing is a line."""
POINTS = 8
"""Control points along the front edge of a panel."""
GAP_ABOVE, GAP_BELOW = 0.045, 0.165
"""How far each panel is drawn aside at the neckline and at the hem, in shoulder widths."""
MOST_DRAWN = 0.45
"""Of a panel's own breadth: how far it is drawn aside at most."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One half of an open front."""

    piece: Piece
    target: Coordinates


def front_line(garment: Garment) -> Coordinates | None:
    """(POINTS, 2) points down the line where `garment` closes in front; None where no such line is seen.

    The smooth path of the strongest upright edges near the middle, which must stand out from what is found beside it.
    """
    if garment.category not in STANDS_OUT or "collar_bottom" not in garment.landmarks:
        return None
    marks = garment.landmarks
    width = abs(marks["armpit_right"].x - marks["armpit_left"].x)
    top = marks["collar_bottom"]
    bottom = (marks["hem_left"].y + marks["hem_right"].y) / 2
    end = (marks["hem_left"].x + marks["hem_right"].x) / 2
    if bottom - top.y < 0.4 * width:
        return None
    rows = np.linspace(top.y + 0.03 * (bottom - top.y), bottom - 0.05 * (bottom - top.y), ROWS)
    middle = np.interp(rows, [top.y, bottom], [top.x, end])
    paths = [_path(garment, rows, middle + side * width, BAND * width) for side in (0.0, -0.27, 0.27)]
    own, beside = paths[0], max(each.strength for each in paths[1:])
    if own.strength < LEAST or own.strength < STANDS_OUT[garment.category] * beside:
        return None
    ends = np.linspace(top.y, bottom, POINTS)
    return np.column_stack([np.interp(ends, rows, own.columns), ends])


@dataclass(frozen=True, slots=True)
class _Path:
    columns: NDArray[np.float64]
    strength: float


def _path(garment: Garment, rows: NDArray[np.float64], middle: NDArray[np.float64], reach: float) -> _Path:
    """The strongest upright line within `reach` of `middle`, a column for each of the rows."""
    lightness = _lightness(garment)
    step = max(1.0, reach / 40)
    offsets = np.arange(-reach, reach + step / 2, step)
    x = (middle[:, None] + offsets[None]).astype(np.float32)
    y = np.broadcast_to(rows[:, None], x.shape).astype(np.float32)
    strip = cv2.remap(lightness, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    strip = cv2.GaussianBlur(strip, (3, 7), 0)  # along the line, so that a pattern's pieces count less than a seam
    edges = np.abs(cv2.Sobel(strip, cv2.CV_32F, 1, 0, ksize=3)) / 4
    cost = -np.clip(edges / max(LEAST, float(np.percentile(edges, 95))), 0, 1) + 0.25 * (offsets[None] / reach) ** 2
    found = cheapest_path(cost.astype(np.float32), 0.25)
    strength = float(np.percentile(edges[np.arange(len(rows)), found], 35))
    columns = middle + offsets[found]
    smooth = cv2.GaussianBlur(columns.astype(np.float32)[:, None], (1, 9), 2.0, borderType=cv2.BORDER_REPLICATE)
    return _Path(smooth.ravel().astype(np.float64), strength)


def _lightness(garment: Garment) -> Floats:
    lab = cv2.cvtColor(np.ascontiguousarray(garment.colour, dtype=np.float32), cv2.COLOR_RGB2LAB)
    return np.ascontiguousarray(lab[..., 0], dtype=np.float32)


def open_panels(garment: Garment, frame: Frame, target: Coordinates, front: Coordinates) -> tuple[Panel, Panel]:
    """Both panels of a torso whose control points lie at `target` (as of `drape.torso_points`), drawn apart at `front`."""
    whole = torso_piece(garment)
    per_side = len(whole.points[: -1 - 2 - 4]) // 2
    left, right = (_panel(whole, frame, target, front, index, per_side) for index in range(len(SIDES)))
    return left, right


def _panel(whole: Piece, frame: Frame, target: Coordinates, front: Coordinates, index: int, per_side: int) -> Panel:
    sign = (-1, 1)[index]
    own = slice(index * per_side, (index + 1) * per_side)
    rows, columns = np.arange(whole.alpha.shape[0]) + 0.5, np.arange(whole.alpha.shape[1]) + 0.5
    line = np.interp(rows, front[:, 1], front[:, 0])
    kept = np.clip((columns[None] - line[:, None]) * sign + 0.5, 0, 1)
    source = np.vstack([whole.points[own], front])
    edge = _drawn(target, front, index, per_side, frame.width)
    return Panel(Piece((whole.alpha * kept).astype(np.float32), source), np.vstack([target[own], edge]))


def _drawn(target: Coordinates, front: Coordinates, index: int, per_side: int, unit: float) -> Coordinates:
    """Where the front edge of a panel lies on the body."""
    sign = (-1, 1)[index]
    sides = [target[k * per_side : (k + 1) * per_side] for k in (0, 1)]
    bottom, hem = target[-1], (sides[0][-1] + sides[1][-1]) / 2
    share = (front[:, 1] - front[0, 1]) / max(1.0, float(front[-1, 1] - front[0, 1]))
    middle = bottom + share[:, None] * (hem - bottom)
    down = sides[index][-STATIONS:]
    outer = np.interp(middle[:, 1], down[:, 1], down[:, 0])
    gap = np.minimum((GAP_ABOVE + share**0.8 * (GAP_BELOW - GAP_ABOVE)) * unit, MOST_DRAWN * np.abs(outer - middle[:, 0]))
    return np.asarray(middle + np.column_stack([sign * gap, np.zeros_like(gap)]))
