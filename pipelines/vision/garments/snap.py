"""Landmarks that were read roughly, moved to where the outline turns near them.

A net says which corner is meant, to a few hundredths of the garment; the outline says where that corner is, to a pixel.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from pipelines.vision.garments.outline import Outline, Points
from pipelines.vision.people.body import Point

STEP = 0.022
"""How far along the outline its turn is measured, in diagonals of the garment."""
PULL = 1.1
"""Radians of turn that outweigh the whole reach."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a landmark looks like on the outline; lengths in diagonals of the garment."""

    sign: int
    """1 for corners that stick out, -1 for notches."""
    least: float
    """Radians by which it turns there at least."""
    reach: float = 0.045
    beside: float = 0.027
    """Where the outline doesn't turn so, how near it must run to take the landmark in."""
    share: float = 1.0
    """How much of the way to that corner it is moved."""


_CORNER, _COLLAR, _EDGE = _Rule(1, 0.35), _Rule(1, 0.35, 0.022, 0.015), _Rule(1, inf)
_NOTCH, _ARMHOLE, _CROTCH = _Rule(-1, 1.6, 0.095, 0.0, 0.5), _Rule(-1, 0.35), _Rule(-1, 0.6, beside=0.0)
"""Between a sleeve and the side the outline nearly turns back, often below the armpit, since there cloth lies on cloth."""


def snapped(landmarks: Mapping[str, Point], outline: Outline, is_bottom: bool) -> dict[str, Point]:
    """The landmarks, in pixels of the picture, on the outline where it runs near them; what lies inside stays."""
    contour, diagonal = outline.contour, float(np.hypot(outline.width, outline.height))
    turning = _turning(contour, max(2, round(STEP * diagonal)))
    sleeved = any(name.startswith("cuff") for name in landmarks)
    found = {}
    for name, at in landmarks.items():
        rule = _rule(name, is_bottom, sleeved)
        place = np.array([at.x * outline.scale + outline.pad - 0.5, at.y * outline.scale + outline.pad - 0.5])
        x, y = place if rule is None else _moved(place, contour, turning, rule, diagonal)
        found[name] = Point(float((x - outline.pad + 0.5) / outline.scale), float((y - outline.pad + 0.5) / outline.scale))
    return found


def _rule(name: str, is_bottom: bool, sleeved: bool) -> _Rule | None:
    """None for what may lie anywhere inside."""
    kind = name.split("_")[0]
    if name == "collar_bottom":
        return None
    if kind == "armpit":
        return _NOTCH if sleeved else _ARMHOLE
    if kind == "waist":
        return _CORNER if is_bottom else _EDGE
    return {"crotch": _CROTCH, "collar": _COLLAR}.get(kind, _CORNER)


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


def _moved(place: Points, contour: Points, turning: NDArray[np.float64], rule: _Rule, diagonal: float) -> Points:
    """The point of the outline within reach that turns most, the nearer the better; else the nearest one beside; else itself."""
    away = np.linalg.norm(contour - place, axis=1) / diagonal
    amount = turning * rule.sign
    score = np.where((away < rule.reach) & (amount > rule.least), amount - PULL * (away / rule.reach) ** 2, -np.inf)
    if np.isfinite(score.max()):
        return np.asarray(place + rule.share * (contour[int(np.argmax(score))] - place))
    nearest = int(np.argmin(away))
    return np.asarray(contour[nearest] if away[nearest] < rule.beside else place)
