"""Shadows that a flat object casts on what is behind or under it."""

from dataclasses import dataclass
from math import cos, radians, sin
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, blurred
from pipelines.sizes import Size


@dataclass(frozen=True, slots=True)
class Shadow:
    """One penumbra: lengths are shares of the picture's shorter side."""

    distance: float
    """How far the shadow is thrown."""
    blur: float
    """Standard deviation of its edge."""
    depth: float
    """0 to 1: share of the light that it takes away in its core."""
    spread: float = 1.0
    """Scale of the shadow's outline against the object's."""


def occlusion(alpha: Floats, shadows: tuple[Shadow, ...], angle: float) -> Floats:
    """float32 (h, w) in (0, 1]: the share of linear light that is left where an object of `alpha` (h, w) is in its way.

    `angle` in degrees says where the light comes from: 0 is right, 90 above; shadows fall the other way.
    """
    unit = min(alpha.shape)
    light = np.ones_like(alpha)
    for each in shadows:
        shift = each.distance * unit
        moved = _moved(alpha, -shift * cos(radians(angle)), shift * sin(radians(angle)), each.spread)
        light *= 1 - np.float32(each.depth) * blurred(moved, each.blur * unit)
    return light


def floor_shadow(alpha: Floats, level: float, depth: float) -> Floats:
    """float32 (h, w): light left on a floor below a floating object; the shadow is its width, squashed, at row `level`."""
    height, width = alpha.shape
    columns = np.flatnonzero((alpha > 0.5).any(axis=0))
    if not len(columns):
        return np.ones_like(alpha)
    middle, half = (columns[0] + columns[-1]) / 2, 0.46 * (columns[-1] - columns[0] + 1)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    radius = np.hypot((x - middle) / half, (y - level) / (0.11 * half))
    core = np.exp(-(radius**2) * 1.1)
    return cast(Floats, 1 - np.float32(depth) * core.astype(np.float32))


def window_light(size: Size, rng: np.random.Generator) -> Floats:
    """float32 (h, w) around 1: slanted panes of sunlight from a window to one side, out of focus."""
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32) / min(size.width, size.height)
    slant = float(rng.choice([-1, 1])) * rng.uniform(0.35, 0.55)
    across = x + slant * y + float(rng.uniform(0, 0.3))
    along = y - 0.25 * slant * x + float(rng.uniform(0, 0.3))
    panes = _panes(across, 0.36, 0.05) * _panes(along, 0.42, 0.04)
    soft = blurred(panes.astype(np.float32), 0.012 * min(size.width, size.height))
    return cast(Floats, 0.84 + 0.2 * soft)


def _panes(position: Floats, period: float, bar: float) -> Floats:
    phase = np.mod(position, period)
    return ((phase > bar) & (phase < period - bar * 0.2)).astype(np.float32)


def _moved(alpha: Floats, x: float, y: float, scale: float) -> Floats:
    height, width = alpha.shape
    matrix = np.array([[scale, 0, x + (1 - scale) * width / 2], [0, scale, y + (1 - scale) * height / 2]], np.float32)
    return cast(Floats, cv2.warpAffine(alpha, matrix, (width, height), flags=cv2.INTER_LINEAR))
