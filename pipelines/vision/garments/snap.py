"""Landmarks that were read roughly, moved to where the outline turns near them.

A net says which corner is meant, to a few hundredths of the garment; the outline says where that corner is, to a pixel.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.vision.garments.outline import Outline, Points
from pipelines.vision.people.body import Point

Turn = Literal["out", "in", "edge"]
REACH = 0.045
"""How far a landmark may be moved, in diagonals of the garment."""
STEP = 0.022
"""How far along the outline its turn is measured, in diagonals."""
LEAST_TURN = 0.35
"""Radians below which the outline counts as straight."""
PULL = 1.1
"""Radians of turn that outweigh the whole reach."""
_TURNS: Mapping[str, Turn] = {
    "collar": "out", "shoulder": "out", "armpit": "in", "cuff": "out", "hem": "out", "leg": "out", "crotch": "in", "waist": "edge",
}  # fmt: skip
BESIDE = 0.03
"""Where the outline doesn't turn, how near it must run, in diagonals, to take a landmark in."""


def snapped(landmarks: Mapping[str, Point], outline: Outline, is_bottom: bool) -> dict[str, Point]:
    """The landmarks, in pixels of the picture, on the outline where it runs near them; what lies inside stays."""
    contour, diagonal = outline.contour, float(np.hypot(outline.width, outline.height))
    turning = _turning(contour, max(2, round(STEP * diagonal)))
    found = {}
    for name, at in landmarks.items():
        turn = _TURNS.get(name.split("_")[0])
        turn = "out" if is_bottom and turn == "edge" else turn
        if turn is None or name == "collar_bottom":
            found[name] = at
            continue
        place = np.array([at.x * outline.scale + outline.pad - 0.5, at.y * outline.scale + outline.pad - 0.5])
        x, y = _moved(place, contour, turning, turn, diagonal)
        found[name] = Point((x - outline.pad + 0.5) / outline.scale, (y - outline.pad + 0.5) / outline.scale)
    return found


def _turning(contour: Points, step: int) -> NDArray[np.float64]:
    """(n,): by how much the outline turns at each point, in radians; positive where it bulges out."""
    if len(contour) < 4 * step:
        return np.zeros(len(contour))
    smooth = _smoothed(contour, max(1, step // 3))
    before, after = smooth - np.roll(smooth, step, axis=0), np.roll(smooth, -step, axis=0) - smooth
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = np.arctan2(cross, (before * after).sum(axis=1))
    x, y = contour.T
    area = float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
    return np.asarray(turn * np.sign(area))


def _smoothed(contour: Points, reach: int) -> Points:
    kernel = np.ones(2 * reach + 1) / (2 * reach + 1)
    padded = np.concatenate([contour[-reach:], contour, contour[:reach]])
    return np.column_stack([np.convolve(column, kernel, "valid") for column in padded.T])


def _moved(place: Points, contour: Points, turning: NDArray[np.float64], turn: Turn, diagonal: float) -> Points:
    away = np.linalg.norm(contour - place, axis=1) / diagonal
    nearest = int(np.argmin(away))
    if turn != "edge":
        amount = turning if turn == "out" else -turning
        score = np.where((away < REACH) & (amount > LEAST_TURN), amount - PULL * (away / REACH) ** 2, -np.inf)
        if np.isfinite(score.max()):
            return np.asarray(contour[int(np.argmax(score))])
    return np.asarray(contour[nearest] if away[nearest] < BESIDE else place)
