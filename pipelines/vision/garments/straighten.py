"""Upright and cut to its outline: a garment's cut-out made ready to be laid out."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats

LARGEST_TILT = 7.0
"""Degrees; what leans more than that is meant to."""
_SIDE = 160


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
    if abs(lean) < 0.75:
        return cropped(cutout)
    height, width = cutout.alpha.shape
    pad = round(0.08 * max(height, width))
    colour = cv2.copyMakeBorder(cutout.colour, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    alpha = cv2.copyMakeBorder(cutout.alpha, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=0)
    turn = _turn(alpha.shape[1], alpha.shape[0], -lean)
    full = (alpha.shape[1], alpha.shape[0])
    colour = cv2.warpAffine(colour, turn, full, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    alpha = np.clip(cv2.warpAffine(alpha, turn, full, flags=cv2.INTER_LINEAR), 0, 1)
    return cropped(Cutout(np.clip(colour, 0, 1), cast(Floats, alpha)))


def cropped(cutout: Cutout, threshold: float = 0.02) -> Cutout:
    """Without the empty margins."""
    rows = np.flatnonzero((cutout.alpha > threshold).any(axis=1))
    columns = np.flatnonzero((cutout.alpha > threshold).any(axis=0))
    if not len(rows):
        return cutout
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Cutout(cutout.colour[box], cutout.alpha[box])


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
