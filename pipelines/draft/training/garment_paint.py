"""Sketches of garments made into pictures: cloth, shade, folds, prints, and cut-outs as good and as bad as they come."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.draft.nets.garment import CATEGORIES, MARKS, SHOTS, SLEEVES
from pipelines.draft.training.garment_cuts import Line, Piece, Points, Role, Sketch, at
from pipelines.images import Bytes, Floats

CANVAS = 160
"""Side in pixels of what is kept in the pool."""
_FRACTION = 4
FABRICS = ("cloth", "sleeve")
GARMENT = (*FABRICS, "lining", "trim", "inner", "metal")
_SKINS = ((0.96, 0.83, 0.76), (0.90, 0.74, 0.64), (0.80, 0.62, 0.50), (0.62, 0.44, 0.33), (0.42, 0.28, 0.21), (0.28, 0.19, 0.15))


@dataclass(frozen=True, slots=True)
class Sample:
    """A cut-out of (CANVAS, CANVAS) pixels and what is to be read off it."""

    rgb: Bytes
    alpha: Bytes
    marks: NDArray[np.float32]
    """(marks, 2) x, y; pixel centres are whole numbers."""
    present: NDArray[np.bool_]
    category: int
    sleeves: int
    shot: int
    is_open: bool


def sampled(rgb: Floats, alpha: Floats, sketch: Sketch) -> Sample:
    """A sample of float32 pictures and a sketch whose marks are in their pixels."""
    marks, present = np.zeros((len(MARKS), 2), np.float32), np.zeros(len(MARKS), np.bool_)
    for name, place in sketch.marks.items():
        marks[MARKS.index(name)], present[MARKS.index(name)] = place, True
    return Sample((np.clip(rgb, 0, 1) * 255 + 0.5).astype(np.uint8), (np.clip(alpha, 0, 1) * 255 + 0.5).astype(np.uint8), marks, present,
                  CATEGORIES.index(sketch.category), SLEEVES.index(sketch.sleeves), SHOTS.index(sketch.shot), sketch.is_open)  # fmt: skip


def painted(sketch: Sketch, rng: Generator, isolated: bool = True) -> Sample:
    """The sketch in cloth. What of it isn't garment (skin, hair, other clothes) is cut away where `isolated`."""
    placed = _placed(_wavy(sketch, rng), rng)
    fills = _Fills(rng)
    rgb, alpha = _ground(rng), np.zeros((CANVAS, CANVAS), np.float32)
    depth, folds = float(rng.exponential(0.12)), _folds(rng)
    for piece in placed.pieces:
        mask = _mask(piece.points)
        shaded = (
            fills.of(piece.role) * _shade(mask, rng, depth, folds if piece.role != "skin" else folds * np.float32(0.2))[..., None]
        )
        rgb += (shaded - rgb) * mask[..., None]
        keep = piece.role in GARMENT or not isolated
        alpha = np.maximum(alpha, mask) if keep else alpha * (1 - mask)
    return sampled(_sewn(_printed(rgb, placed, rng), placed, rng), alpha, placed)


class _Fills:
    """What each kind of piece is made of, drawn when it is first asked for."""

    def __init__(self, rng: Generator) -> None:
        self.rng = rng
        self._made: dict[Role, Floats] = {}

    def of(self, role: Role) -> Floats:
        """float32 that broadcasts to (CANVAS, CANVAS, 3)."""
        if role == "sleeve" and "sleeve" not in self._made:
            self._made[role] = self.of("trim" if self.rng.random() < 0.15 else "cloth")
        if role not in self._made:
            self._made[role] = np.asarray(self._new(role), dtype=np.float32)
        return self._made[role]

    def _new(self, role: Role) -> Floats | NDArray[np.float64]:
        rng = self.rng
        if role == "lining":
            return self.of("cloth") * np.float32(rng.uniform(0.3, 0.8))
        if role == "skin":
            return np.array(_SKINS[int(rng.integers(len(_SKINS)))]) * rng.uniform(0.85, 1.08)
        if role == "hair":
            return rng.uniform(0.03, 0.6) * np.array([1, 0.8, 0.65])
        if role == "inner" and rng.random() < 0.5:
            return rng.uniform(0, 1, 3)
        return np.full(3, rng.uniform(0.4, 0.9)) if role == "metal" else cloth(rng)


def _wavy(sketch: Sketch, rng: Generator) -> Sketch:
    """All points moved by smooth waves, so that no edge is a ruler's."""
    amount, waves = rng.uniform(0, 0.022), [(rng.normal(0, 1.6, 2), rng.uniform(0, 6.3), rng.normal(0, 1, 2)) for _ in range(4)]
    lean = np.array([[1, rng.normal(0, 0.03)], [rng.normal(0, 0.03), 1]])

    def moved(points: Points) -> Points:
        way = sum(np.sin(points @ wave + phase)[..., None] * push for wave, phase, push in waves)
        return np.asarray((points + amount * way) @ lean)

    return _mapped(sketch, moved)


def _mapped(sketch: Sketch, moved: Callable[[Points], Points]) -> Sketch:
    return replace(
        sketch,
        pieces=tuple(Piece(moved(each.points), each.role) for each in sketch.pieces),
        lines=tuple(replace(each, points=moved(each.points)) for each in sketch.lines),
        dots=moved(sketch.dots),
        marks={name: moved(place) for name, place in sketch.marks.items()},
    )


def _placed(sketch: Sketch, rng: Generator) -> Sketch:
    """In pixels of the canvas, fabrics and trims fitted into it."""
    points = np.concatenate([each.points for each in sketch.pieces if each.role in GARMENT])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = CANVAS * rng.uniform(0.84, 0.93) / float((high - low).max())
    shift = CANVAS / 2 - scale * (low + high) / 2
    placed = _mapped(sketch, lambda points: np.asarray(points * scale + shift))
    return replace(placed, lines=tuple(replace(each, width=each.width * scale) for each in placed.lines))


def _mask(points: Points) -> Floats:
    canvas = np.zeros((CANVAS, CANVAS), np.uint8)
    cv2.fillPoly(canvas, [np.round(points * 2**_FRACTION).astype(np.int32)], 255, cv2.LINE_AA, _FRACTION)
    return canvas.astype(np.float32) / np.float32(255)


def _colour(rng: Generator) -> NDArray[np.float64]:
    """What cloth is dyed in: much of it white, black, grey or blue."""
    kind = rng.random()
    if kind < 0.2:
        return np.asarray(rng.uniform(0.82, 0.98) + rng.normal(0, 0.02, 3))
    if kind < 0.42:
        return np.asarray(rng.uniform(0.03, 0.25) + rng.normal(0, 0.02, 3))
    if kind < 0.52:
        return np.array([0.2, 0.3, 0.48]) * rng.uniform(0.3, 1.9)
    return np.asarray(np.clip(rng.uniform(0.1, 0.9) + rng.normal(0, 0.25, 3), 0.02, 0.98))


def cloth(rng: Generator) -> Floats:
    """float32 (CANVAS, CANVAS, 3): plain, striped, checked, dotted, flowered, knitted or mottled, at any angle and pitch."""
    base, kind = _colour(rng).astype(np.float32), rng.random()
    if kind < 0.5:
        grain = rng.standard_normal((CANVAS, CANVAS, 1), dtype=np.float32) * np.float32(rng.uniform(0, 0.03))
        return cast(Floats, base + grain)
    wave = _pattern(rng) if kind < 0.88 else _mottled(rng, int(rng.integers(6, 40)))
    ink = np.clip(wave * np.float32(rng.uniform(0.8, 6)) + np.float32(rng.uniform(-0.6, 0.6)), -1, 1) * np.float32(
        0.5
    ) + np.float32(0.5)
    change = (_colour(rng) - base) * rng.uniform(0.1, 1)
    return cast(Floats, base + change.astype(np.float32) * ink[..., None])


def _pattern(rng: Generator) -> Floats:
    across = np.arange(CANVAS, dtype=np.float32)
    x, y = across[None], across[:, None]
    angle = float(rng.choice([0, np.pi / 2, np.pi / 4, rng.uniform(0, np.pi)], p=[0.35, 0.35, 0.1, 0.2]))
    pitch = float(np.exp(rng.uniform(np.log(3), np.log(40))))
    bend = cv2.resize(
        rng.normal(0, rng.uniform(0, 0.7), (5, 5)).astype(np.float32), (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC
    )
    turn, tight = np.array([np.cos(angle), np.sin(angle)], np.float32), np.float32(2 * np.pi / pitch)
    u = (x * turn[0] + y * turn[1]) * tight + bend
    kind = int(rng.integers(4))
    if kind == 0:
        return cast(Floats, np.sin(u))
    v = (y * turn[0] - x * turn[1]) * (tight / np.float32(rng.uniform(0.7, 1.5))) + bend
    if kind == 1:
        return cast(Floats, np.sin(u) * np.sin(v))
    return cast(Floats, np.maximum(np.sin(u), np.sin(v)) if kind == 2 else np.sin(u + 2 * np.abs(np.sin(v / 2))))


def _mottled(rng: Generator, cells: int) -> Floats:
    grid = rng.standard_normal((cells, cells), dtype=np.float32)
    return cast(Floats, cv2.resize(grid, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC))


def _folds(rng: Generator) -> Floats:
    """Wrinkles of several directions as a factor around 0."""
    total = np.zeros((CANVAS, CANVAS), np.float32)
    for columns, rows in (
        (3, 3),
        (int(rng.integers(6, 22)), int(rng.integers(2, 6))),
        (int(rng.integers(4, 16)), int(rng.integers(4, 16))),
    ):
        grid = rng.normal(0, 1, (rows, columns)).astype(np.float32)
        total += cv2.resize(grid, (CANVAS, CANVAS), interpolation=cv2.INTER_CUBIC) * np.float32(rng.exponential(0.6))
    if rng.random() < 0.4:
        turn = cv2.getRotationMatrix2D((CANVAS / 2, CANVAS / 2), float(rng.uniform(-70, 70)), 1.3)
        total = cv2.warpAffine(total, turn, (CANVAS, CANVAS), borderMode=cv2.BORDER_REFLECT).astype(np.float32)
    return cast(Floats, np.clip(total, -2.5, 2.5) * np.float32(rng.exponential(0.06)))


def _shade(mask: Floats, rng: Generator, depth: float, folds: Floats) -> Floats:
    """Darker towards the rim and away from the light, with folds."""
    inside = (mask > 0.5).astype(np.uint8)
    away = cv2.distanceTransform(inside, cv2.DIST_L2, 3)
    width = CANVAS * rng.uniform(0.02, 0.16)
    height = np.sqrt(np.clip(away / width, 0, 1))
    slope = cv2.Sobel(cv2.GaussianBlur(height, (0, 0), 2.0), cv2.CV_32F, 1, 0) * 0.3
    return cast(
        Floats, np.clip(1 + folds - depth * (1 - height) + depth * rng.normal(0, 1) * slope, 0.15, 1.6).astype(np.float32)
    )


def _ground(rng: Generator) -> Floats:
    """What is behind: it shows where a cut-out leaks."""
    tone = rng.uniform(0.75, 1) if rng.random() < 0.7 else rng.uniform(0, 1)
    ramp = np.linspace(-1, 1, CANVAS, dtype=np.float32)[:, None, None] * np.float32(rng.normal(0, 0.05))
    flat = (tone + rng.normal(0, 0.03, 3)).astype(np.float32)
    return np.broadcast_to(flat + ramp, (CANVAS, CANVAS, 3)).copy()


def _printed(rgb: Floats, sketch: Sketch, rng: Generator) -> Floats:
    """A word, a number, a disc or a box somewhere on the front, at times."""
    if rng.random() > 0.3 or "armpit_left" not in sketch.marks:
        return rgb
    left, right = sketch.marks["armpit_left"], sketch.marks["armpit_right"]
    wide = max(6.0, float(right[0] - left[0]))
    x, y = (left + right) / 2 + rng.normal(0, 0.12, 2) * wide + at(0, 0.15 * wide)
    ink, canvas = _colour(rng), np.zeros((CANVAS, CANVAS), np.uint8)
    size = wide * rng.uniform(0.15, 0.8)
    kind = int(rng.integers(3))
    if kind == 0:
        text = "".join(chr(int(each)) for each in rng.integers(48, 91, int(rng.integers(1, 8))))
        scale = float(size / (18 * len(text)) * rng.uniform(1, 2.5))
        cv2.putText(
            canvas, text, (int(x - size / 2), int(y)), int(rng.integers(8)), scale, 255, int(rng.integers(1, 4)), cv2.LINE_AA
        )
    elif kind == 1:
        cv2.circle(canvas, (int(x), int(y)), max(2, int(size / 3)), 255, int(rng.choice([-1, 2])), cv2.LINE_AA)
    else:
        cv2.rectangle(canvas, (int(x - size / 2), int(y)), (int(x + size / 2), int(y + size * rng.uniform(0.1, 0.9))), 255, -1)
    rgb += (ink.astype(np.float32) - rgb) * (canvas.astype(np.float32) / np.float32(255))[..., None]
    return rgb


def _sewn(rgb: Floats, sketch: Sketch, rng: Generator) -> Floats:
    strength = rng.uniform(0.02, 0.5)
    dark, light = np.zeros((CANVAS, CANVAS), np.uint8), np.zeros((CANVAS, CANVAS), np.uint8)
    for line in sketch.lines:
        _drawn(light if line.light else dark, line)
    for dot in sketch.dots:
        cv2.circle(
            light if rng.random() < 0.5 else dark,
            [int(each) for each in np.round(dot)],
            int(rng.integers(1, 3)),
            255,
            -1,
            cv2.LINE_AA,
        )
    rgb *= (1 - np.float32(strength / 255) * dark)[..., None]
    rgb += (np.float32(rng.uniform(0.5, 1)) - rgb) * (np.float32(strength / 255) * light)[..., None]
    return rgb


def _drawn(canvas: Bytes, line: Line) -> None:
    points = np.round(line.points * 2**_FRACTION).astype(np.int32)
    cv2.polylines(canvas, [points], False, 255, max(1, round(line.width)), cv2.LINE_AA, _FRACTION)
