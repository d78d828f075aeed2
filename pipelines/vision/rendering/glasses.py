"""Spectacles: frames before the eyes and bows to the ears, seen from the head's own angle."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask
from pipelines.vision.rendering.likeness import Face
from pipelines.vision.rendering.palette import Colour
from pipelines.vision.rendering.skull import EYE_Y, Seen, Skull, Vector, eye_x

FRAMES: dict[str, Colour] = {"round": (0.36, 0.25, 0.17), "square": (0.10, 0.095, 0.10), "sun": (0.075, 0.07, 0.07)}
LENS: Colour = (0.11, 0.10, 0.105)
_WIDE, _HIGH = 0.112, 0.094
_CURVES = {"round": 2.0, "square": 3.6, "sun": 2.8}
"""Exponents of the lenses' superellipses."""
Curve = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Worn:
    """Coverage by the parts of spectacles, (h, w)."""

    frame: Floats
    lens: Floats


@dataclass(frozen=True, slots=True)
class Rays:
    """Which place of the picture a pixel shows: heads from the middle of the head to pixels."""

    unit: float
    x: float
    """Column of the head's middle."""
    y: float


def spectacles(face: Face, form: Skull, rotation: Vector, seen: Seen, rays: Rays) -> Worn:
    """The glasses of a face where nothing of its head is before them."""
    frame, lens = np.zeros(seen.depth.shape, np.uint8), np.zeros(seen.depth.shape, np.uint8)
    before = np.full(seen.depth.shape, -9, np.float32)
    stand = form.front(0.0, 0.035) + 0.020
    thick = 0.013 if face.glasses == "round" else 0.019
    for side in (-1, 1):
        rim = _placed(_rim(face, side, stand), rotation, rays)
        cv2.fillPoly(lens, [_fixed(rim)], 255, cv2.LINE_AA, 4)
        _drawn(frame, before, rim, thick * rays.unit)
        outer = side * (eye_x(face) + _WIDE)
        bow = np.array([(outer, 0.020, stand - 0.055), (side * 0.342, 0.022, 0.10), (side * 0.352, 0.012, -0.05)], np.float32)
        _drawn(frame, before, _placed(bow, rotation, rays), 0.9 * thick * rays.unit)
    inner = eye_x(face) - _WIDE
    bridge = np.array([(-inner, 0.016, stand - 0.004), (0.0, 0.030, stand + 0.012), (inner, 0.016, stand - 0.004)], np.float32)
    _drawn(frame, before, _placed(bridge, rotation, rays), thick * rays.unit)
    free = before > seen.depth - 0.012
    return Worn(_share(frame, free), _share(lens, np.full_like(free, rotation[2, 2] > 0.25)))


def _rim(face: Face, side: int, stand: float) -> Curve:
    turn = np.linspace(0, 2 * np.pi, 73, dtype=np.float32)
    power = 2 / _CURVES[face.glasses]
    x = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power * _WIDE
    y = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power * _HIGH
    across = side * (eye_x(face) + 0.006) + x
    return np.stack([across, EYE_Y - 0.012 + y, stand - 0.9 * across**2], axis=1).astype(np.float32)


def _placed(path: Curve, rotation: Vector, rays: Rays) -> Curve:
    """(n, 3): column, row and depth in heads."""
    at = path @ rotation.T
    return np.stack([rays.x + at[:, 0] * rays.unit, rays.y - at[:, 1] * rays.unit, at[:, 2]], axis=1).astype(np.float32)


def _fixed(path: Curve) -> NDArray[np.int32]:
    return np.round(path[:, :2] * 16 - 8).astype(np.int32)


def _drawn(mask: NDArray[np.uint8], depth: Floats, path: Curve, width: float) -> None:
    """Draw a line into the mask, and how near it is into the depth around it."""
    corners, thick = _fixed(path), max(1, round(width))
    for start, end, near in zip(corners[:-1], corners[1:], (path[:-1, 2] + path[1:, 2]) / 2, strict=True):
        cv2.line(mask, start.tolist(), end.tolist(), 255, thick, cv2.LINE_AA, 4)
        cv2.line(depth, start.tolist(), end.tolist(), float(near), thick + 4, cv2.LINE_8, 4)


def _share(mask: NDArray[np.uint8], free: Mask) -> Floats:
    return (mask * free / np.float32(255)).astype(np.float32)
