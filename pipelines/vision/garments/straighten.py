"""Upright and cut to its outline: a garment's cut-out made ready to be laid out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats
from pipelines.vision.people.body import Point

LARGEST_TILT = 7.0
"""Degrees; what leans more than that is meant to."""
LARGEST_LEAN = 12.0
"""The same of what somebody who leans wears."""
LARGEST_SHIFT = 0.02
"""Of the garment's width: by how much its two sides are evened out at most."""
_SIDE = 160
_STILL = 0.6
"""Share of the half width, from the middle, that is left as it is."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """A cut-out of (h, w) pixels."""

    colour: Floats
    """float32 (h, w, 3), sRGB in [0, 1], free of background."""
    alpha: Floats
    """float32 (h, w) in [0, 1]."""


def tilt(alpha: Floats) -> float:
    """Degrees, clockwise, by which the axis of mirror symmetry leans; 0 where turning makes the outline no more symmetric."""
    scale = _SIDE / max(alpha.shape)
    size = (max(8, round(alpha.shape[1] * scale)), max(8, round(alpha.shape[0] * scale)))
    small = cast(Floats, cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    square = np.zeros((2 * _SIDE, 2 * _SIDE), np.float32)
    square[_SIDE - size[1] // 2 :, _SIDE - size[0] // 2 :][: size[1], : size[0]] = small
    angles = np.arange(-LARGEST_TILT, LARGEST_TILT + 0.01, 0.5)
    scores = np.array([_symmetry(_turned(square, float(angle))) for angle in angles])
    best = int(np.argmax(scores))
    upright = scores[len(angles) // 2]
    inside = 0 < best < len(angles) - 1
    return -float(angles[best]) if inside and scores[best] > upright + 0.012 and scores[best] > 0.8 else 0.0


def straightened(cutout: Cutout) -> Cutout:
    """Turned upright about its middle, by no more than `LARGEST_TILT`, and cropped to what is visible."""
    lean = tilt(cutout.alpha)
    return cropped(cutout) if abs(lean) < 0.75 else turned(cutout, -lean)


def turned(cutout: Cutout, clockwise: float) -> Cutout:
    """Turned about its middle by so many degrees, and cropped to what is visible."""
    height, width = cutout.alpha.shape
    pad = round(0.08 * max(height, width))
    colour = cv2.copyMakeBorder(cutout.colour, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    alpha = cv2.copyMakeBorder(cutout.alpha, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    turn = _turn(alpha.shape[1], alpha.shape[0], clockwise)
    full = (alpha.shape[1], alpha.shape[0])
    colour = cv2.warpAffine(colour, turn, full, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.clip(cv2.warpAffine(alpha, turn, full, flags=cv2.INTER_LINEAR), 0, 1)
    return cropped(Cutout(np.clip(colour, 0, 1), cast(Floats, alpha)))


def lean_of(landmarks: Mapping[str, Point]) -> float:
    """Degrees, clockwise, by which what hangs from shoulders leans: its axis and its shoulder line agree; 0 where they don't."""
    names = [f"{name}_{side}" for name in ("collar", "shoulder", "hem") for side in ("left", "right")]
    if not all(name in landmarks for name in names):
        return 0.0
    points = {name: np.array([landmarks[name].x, landmarks[name].y]) for name in names}
    down = points["hem_left"] + points["hem_right"] - points["collar_left"] - points["collar_right"]
    across = points["shoulder_right"] - points["shoulder_left"]
    axis, line = np.degrees(np.arctan2(-down[0], down[1])), np.degrees(np.arctan2(across[1], across[0]))
    least = min(abs(axis), abs(line)) if axis * line > 0 else 0.0
    return float(np.sign(axis) * min(least, LARGEST_LEAN))


def symmetrised(cutout: Cutout) -> Cutout:
    """With the small differences between its two sides shared out, row by row; the middle, where prints are, isn't touched.

    What differs by more than `LARGEST_SHIFT` of the width is cut that way and stays.
    """
    solid = cutout.alpha > 0.5
    rows = np.flatnonzero(solid.any(axis=1))
    if len(rows) < 20:
        return cutout
    width = float(np.ptp(np.flatnonzero(solid.any(axis=0))))
    left, right = solid[rows].argmax(axis=1), solid.shape[1] - 1 - solid[rows, ::-1].argmax(axis=1)
    middles = (left + right) / 2
    axis = float(np.median(middles))
    off = np.where(np.abs(middles - axis) < LARGEST_SHIFT * width, middles - axis, 0.0).astype(np.float32)
    smooth = cv2.GaussianBlur(
        off[:, None], (0, 0), sigmaX=0.1, sigmaY=max(1.0, 0.02 * len(rows)), borderType=cv2.BORDER_REPLICATE
    )[:, 0]
    shift = np.interp(np.arange(solid.shape[0]), rows, smooth).astype(np.float32)
    half = np.interp(np.arange(solid.shape[0]), rows, np.maximum(8.0, (right - left) / 2)).astype(np.float32)
    columns = np.arange(solid.shape[1], dtype=np.float32)
    outward = np.clip((np.abs(columns[None] - axis) / half[:, None] - _STILL) / (1 - _STILL), 0, 1)
    across = columns[None] + shift[:, None] * (outward * outward * (3 - 2 * outward))
    down = np.broadcast_to(np.arange(solid.shape[0], dtype=np.float32)[:, None], across.shape)
    colour = cv2.remap(cutout.colour, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(cutout.alpha, across, down, cv2.INTER_LINEAR)
    return cropped(Cutout(np.clip(colour, 0, 1), cast(Floats, np.clip(alpha, 0, 1))))


def cropped(cutout: Cutout, threshold: float = 0.02) -> Cutout:
    """Without the empty margins."""
    rows = np.flatnonzero((cutout.alpha > threshold).any(axis=1))
    columns = np.flatnonzero((cutout.alpha > threshold).any(axis=0))
    if not len(rows):
        return cutout
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Cutout(cutout.colour[box], cutout.alpha[box])


def over(front: Cutout, back: Cutout) -> Cutout:
    """One cut-out on another of its size."""
    rest = back.alpha * (1 - front.alpha)
    cover = front.alpha + rest
    mixed = front.colour * front.alpha[..., None] + back.colour * rest[..., None]
    return Cutout((mixed / np.maximum(cover, 1e-4)[..., None]).astype(np.float32), np.clip(cover, 0, 1).astype(np.float32))


def _symmetry(alpha: Floats) -> float:
    """Overlap of the outline with its mirror image about its own middle."""
    weight = alpha.sum(axis=0)
    middle = float((weight * np.arange(len(weight))).sum() / max(float(weight.sum()), 1e-6))
    shift = np.array([[-1, 0, 2 * middle], [0, 1, 0]], np.float32)
    mirrored = cv2.warpAffine(alpha, shift, (alpha.shape[1], alpha.shape[0]))
    return float(np.minimum(alpha, mirrored).sum() / max(float(np.maximum(alpha, mirrored).sum()), 1e-6))


def _turn(width: int, height: int, clockwise: float) -> Floats:
    return cast(Floats, cv2.getRotationMatrix2D((width / 2, height / 2), -clockwise, 1.0).astype(np.float32))


def _turned(alpha: Floats, clockwise: float) -> Floats:
    height, width = alpha.shape
    return cast(Floats, cv2.warpAffine(alpha, _turn(width, height, clockwise), (width, height)))
