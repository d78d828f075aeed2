"""Holes in plain surfaces: the light of the backdrop runs on, with its grain."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.images import Floats, Mask
from pipelines.vision import poisson
from pipelines.vision.inpaint import grain_of, with_grain

PLAIN = 0.016
"""Deviation of the ring around a hole from a smooth surface, coarser than grain, below which it counts as plain."""
_SAMPLES = 6000


@dataclass(frozen=True, slots=True)
class Ring:
    """What is around a hole, as a smooth surface."""

    surface: Floats
    """float32 (h, w, 3): a cubic through the ring."""
    deviation: float
    """Root mean square of what the surface misses in the ring, in sRGB of [0, 1], without its finest grain."""


def ring_of(rgb: Floats, hole: Mask, usable: Mask) -> Ring:
    """The band around `hole` that is `usable`, bool (h, w), as a surface; least squares, refitted without outliers."""
    reach = max(6, round(0.35 * float(np.sqrt(np.count_nonzero(hole)))))
    near = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=min(reach, 60)) > 0
    band = near & usable & ~hole
    if np.count_nonzero(band) < 40:
        return Ring(rgb, 1.0)
    y, x = np.nonzero(band)
    chosen = np.linspace(0, len(y) - 1, min(_SAMPLES, len(y))).astype(int)
    y, x = y[chosen], x[chosen]
    calm = cv2.GaussianBlur(rgb, (0, 0), 1.5)[y, x]
    shape = hole.shape
    weights = np.ones(len(y))
    for _ in range(3):
        powers = _powers(y, x, shape)
        solution = np.linalg.lstsq(powers * weights[:, None], calm * weights[:, None], rcond=None)[0]
        away = np.abs(powers @ solution - calm).max(axis=1)
        weights = 1 / (1 + (away / (2.5 * np.median(away) + 1e-3)) ** 2)
    missed = powers @ solution - calm
    deviation = float(np.sqrt((np.sort((missed**2).mean(axis=1))[: int(0.94 * len(missed))]).mean()))
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    surface = np.empty_like(rgb)
    for top in range(0, shape[0], 256):
        part = slice(top, top + 256)
        flat = _powers(rows[part].ravel(), columns[part].ravel(), shape) @ solution
        surface[part] = flat.reshape(*rows[part].shape, 3)
    return Ring(surface, deviation)


def filled_smoothly(rgb: Floats, hole: Mask, ring: Ring, generator: Generator, cycles: int = 10) -> Floats:
    """`rgb` with the surface in its hole, bent to meet the hole's edge, and with grain as strong as around it."""
    known = (~hole).astype(np.float32)[..., None]
    weight = cv2.GaussianBlur(known, (0, 0), 2.0)[..., None]
    soft = cv2.GaussianBlur((rgb - ring.surface) * known, (0, 0), 2.0) / np.maximum(weight, 1e-3)
    bent = ring.surface + poisson.membrane(cast(Floats, np.where(hole[..., None], 0, soft).astype(np.float32)), hole, cycles)
    near = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=20) > 0
    grained = with_grain(np.clip(bent, 0, 1).astype(np.float32), grain_of(rgb, near & ~hole), generator)
    return np.where(hole[..., None], grained, rgb).astype(np.float32)


def _powers(y: NDArray[np.intp], x: NDArray[np.intp], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """(n, 10): the terms of a cubic."""
    v, u = 2 * y / shape[0] - 1, 2 * x / shape[1] - 1
    return np.stack([u**i * v**j for i in range(4) for j in range(4 - i)], axis=1)
