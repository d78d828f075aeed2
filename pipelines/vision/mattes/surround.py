"""The backdrop as far as it is seen, cast shadows on it included: what the border reaches over no sharp edge."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, linear, to_float
from pipelines.vision.mattes.background import Backdrop, border_weight, climbed, connected_to, distance, lab_of, rgb_of

_PASSABLE = 0.6
"""Crossing a step of contrast c costs about 0.14 c^2: a step of 2 in lightness is a wall."""


@dataclass(frozen=True, slots=True)
class Surround:
    """Background in a picture of (h, w) pixels."""

    climb: Floats
    """float32 (h, w): least sum of steps on the way from the border."""

    outside: Mask
    """bool (h, w): backdrop in light or shadow, connected to the border."""
    shadow: Mask
    """bool (h, w): the part of it that is darker than the backdrop."""


def near_threshold(noise: float) -> float:
    """Distance from a surface of this noise within which a colour counts as the backdrop's."""
    return 2.2 * noise + 0.8


def surround(rgb: Bytes, backdrop: Backdrop, before: Surround | None = None) -> Surround:
    """What is background in uint8 (h, w, 3), by colour, chromaticity and connection.

    A pixel is shadow where it is the backdrop times one factor in linear light, so that its chromaticity is unchanged.
    Both shadow and lit backdrop must be reached from the border: the least sum of steps on the way, ramps
    not counted, stays small; `before`, from a first look with another backdrop, saves finding that again. So a white garment on white keeps its inside. A shadow larger than all that is left is none.
    """
    smooth = cast(Bytes, cv2.GaussianBlur(rgb, (0, 0), 1.0))
    off = distance(lab_of(cast(Bytes, cv2.medianBlur(rgb, 3))), backdrop.surface)
    near = off < near_threshold(backdrop.noise)
    start = connected_to(border_weight(*off.shape) > 0, near) & _edge_zone(near)
    if not start.any():
        return Surround(np.zeros_like(off), near & False, near & False)
    climb = climbed(_steps(rgb, start), start) if before is None or not before.outside.any() else before.climb
    shadow = darkened(smooth, backdrop.surface) & (climb < _PASSABLE + 0.01 * off**2) & ~near
    lit = _joined(near & (climb < _PASSABLE), start)
    outside = _joined(lit | _opened(shadow), start)
    outside |= near & (cv2.dilate(outside.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0)
    if np.count_nonzero(outside & ~lit) > np.count_nonzero(~outside):
        return Surround(climb, lit, lit & False)
    return Surround(climb, outside, outside & shadow)


def _joined(region: Mask, start: Mask) -> Mask:
    return connected_to(start, cv2.medianBlur(region.astype(np.uint8), 3) > 0)


def _edge_zone(near: Mask) -> Mask:
    return near & (border_weight(*near.shape) > 0)


def _steps(rgb: Bytes, start: Mask) -> Floats:
    """What it costs to cross each pixel: little on ramps and texture like the backdrop's own, much on a step.

    The fine gradient less the coarse one sees faint steps; the Laplacian of Gaussian, which sees only what is close, keeps
    shut the corners where a faint edge meets a strong one. Strong walls are widened to hold where they are interrupted.
    """
    lab = lab_of(rgb) * np.array([1, 1.5, 1.5], np.float32)
    slope = _above_texture(_squared_gradient(lab, 1.0) - 1.5 * _squared_gradient(lab, 3.0), start)
    bend = (cv2.Laplacian(cv2.GaussianBlur(lab, (0, 0), 1.0), cv2.CV_32F, ksize=1) ** 2).sum(axis=2)
    walls = np.maximum(slope, _above_texture(bend, start))
    linked = cv2.dilate(np.maximum(walls - 1, 0), np.ones((5, 5), np.uint8))
    return cast(Floats, np.maximum(walls, 0.25 * linked) + np.float32(0.0005))


def _above_texture(energy: Floats, start: Mask) -> Floats:
    floor = max(1.5 * float(np.quantile(energy[start], 0.9)), 4 * float(np.median(np.abs(energy))))
    return cast(Floats, np.maximum(energy - floor, 0))


def _squared_gradient(lab: Floats, sigma: float) -> Floats:
    smooth = cv2.GaussianBlur(lab, (0, 0), sigma)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125)
    return cast(Floats, (across**2 + down**2).sum(axis=2))


def darkened(rgb: Bytes, surface: Floats) -> Mask:
    """bool (h, w): pixels of uint8 (h, w, 3) that are the surface, CIE Lab, times one factor below 1 in linear light."""
    light, behind = linear(to_float(rgb)), np.maximum(linear(rgb_of(surface)), 0.003)
    factor = (light * behind).sum(axis=2) / (behind * behind).sum(axis=2)
    rest = np.linalg.norm(light - factor[..., None] * behind, axis=2) / (np.linalg.norm(light, axis=2) + 0.02)
    return cast(Mask, (factor > 0.12) & (factor < 0.985) & (rest < 0.075))


def _opened(mask: Mask) -> Mask:
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
