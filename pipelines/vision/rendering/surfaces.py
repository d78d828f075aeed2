"""Surfaces to lay or hang a product on: procedural, seeded, of any size."""

from collections.abc import Callable
from itertools import pairwise
from typing import Literal, cast

import cv2
import numpy as np

from pipelines.images import Floats
from pipelines.sizes import Size

Material = Literal["plain", "marble", "concrete", "wood", "plaster", "linen"]
Colour = tuple[float, float, float]

MATERIALS: dict[Material, Colour] = {
    "plain": (1.0, 1.0, 1.0),
    "marble": (0.93, 0.925, 0.915),
    "concrete": (0.66, 0.655, 0.64),
    "wood": (0.72, 0.54, 0.38),
    "plaster": (0.88, 0.855, 0.82),
    "linen": (0.86, 0.82, 0.75),
}
"""Each material with the sRGB colour that it has by itself."""


def surface(material: Material, size: Size, rng: np.random.Generator, colour: Colour | None = None) -> Floats:
    """float32 (h, w, 3) in sRGB, [0, 1]: `material` in `colour`, or in its own. Plain is exactly its colour everywhere."""
    base = np.array(colour or MATERIALS[material], np.float32)
    if material == "plain":
        return np.broadcast_to(base, (size.height, size.width, 3)).astype(np.float32)
    return np.clip(_DRAWN[material](size, rng, base), 0, 1).astype(np.float32)


def fractal(
    size: Size, rng: np.random.Generator, cells: float, octaves: int = 5, stretch: float = 1.0, gain: float = 0.5
) -> Floats:
    """float32 (h, w) of mean 0 and deviation 1: value noise summed over octaves, `cells` across the shorter side at the first.

    `stretch` above 1 draws it out along x.
    """
    total = np.zeros((size.height, size.width), np.float32)
    unit = min(size.width, size.height) / cells
    for octave in range(octaves):
        columns = max(2, round(size.width / unit / stretch * 2**octave))
        rows = max(2, round(size.height / unit * 2**octave))
        if columns > size.width or rows > size.height:
            break
        grid = rng.normal(0, 1, (rows + 2, columns + 2)).astype(np.float32)
        total += np.float32(gain**octave) * cv2.resize(grid, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    return cast(Floats, (total - total.mean()) / max(float(total.std()), 1e-6))


def _marble(size: Size, rng: np.random.Generator, base: Floats) -> Floats:
    """Veins where a warped field crosses zero: a few broad and many hair-thin."""
    cloud = fractal(size, rng, 1.5, 4)
    veins = np.zeros((size.height, size.width), np.float32)
    for cells, width, depth in ((1.6, 0.05, 0.16), (3.0, 0.025, 0.09), (5.0, 0.018, 0.05)):
        field = fractal(size, rng, cells, 6) + 0.25 * cloud
        presence = np.clip(fractal(size, rng, cells, 2) * 0.5 + 0.35, 0, 1)
        veins += depth * presence * np.exp(-np.abs(field) / width)
    tone = 1 - 0.018 * cloud - np.minimum(veins, 0.3)
    return cast(Floats, base * tone[..., None] + (veins * 0.12)[..., None] * np.array([0.35, 0.38, 0.42], np.float32))


def _concrete(size: Size, rng: np.random.Generator, base: Floats) -> Floats:
    clouds = 0.022 * fractal(size, rng, 2, 4, gain=0.6)
    grain = 0.010 * fractal(size, rng, 90, 4, gain=0.8)
    pits = fractal(size, rng, 60, 2)
    holes = 0.10 * np.clip((pits - 2.7) / 0.3, 0, 1)
    return cast(Floats, base * (1 + clouds + grain - holes)[..., None])


def _wood(size: Size, rng: np.random.Generator, base: Floats) -> Floats:
    """Boards side by side, each with a grain and a tone of its own."""
    boards = 5
    edges = np.linspace(0, size.height, boards + 1).round().astype(int)
    tone = np.empty((size.height, size.width), np.float32)
    for top, bottom in pairwise(edges):
        tone[top:bottom] = _board(Size(size.width, int(bottom - top)), rng)
    warm = np.array([0.8, 1.0, 1.25], np.float32)
    return cast(Floats, base * np.clip(tone, 0.3, 1.2)[..., None] ** warm)


def _board(size: Size, rng: np.random.Generator) -> Floats:
    y = np.linspace(0, 1, size.height, dtype=np.float32)[:, None]
    warp = fractal(size, rng, 1.2, 3, stretch=6)
    rings = np.sin(2 * np.pi * (5 * y + 0.9 * warp + rng.uniform(0, 1)))
    fibre = fractal(size, rng, 40, 3, stretch=30, gain=0.7)
    seam = np.exp(-np.minimum(y, 1 - y) * size.height / max(1.0, size.width / 900))
    return cast(Floats, 1 + 0.05 * rng.normal() + 0.035 * rings + 0.03 * fibre - 0.35 * seam)


def _plaster(size: Size, rng: np.random.Generator, base: Floats) -> Floats:
    """A trowelled height field in light from the upper left."""
    height = fractal(size, rng, 4, 6, stretch=1.6, gain=0.62)
    unit = min(size.width, size.height) / 1000
    relief = cv2.GaussianBlur(height, (0, 0), max(0.6, 1.2 * unit))
    slope = np.gradient(relief, axis=0) + np.gradient(relief, axis=1)
    slope = cv2.GaussianBlur(slope.astype(np.float32), (0, 0), max(0.5, 0.8 * unit))
    return cast(Floats, base * (1 + 0.014 * slope / max(float(slope.std()), 1e-6) + 0.012 * height)[..., None])


def _linen(size: Size, rng: np.random.Generator, base: Floats) -> Floats:
    pitch = max(2.5, min(size.width, size.height) / 330)
    warp, weft = fractal(size, rng, 3, 3), fractal(size, rng, 3, 3)
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    threads = np.sin(2 * np.pi * x / pitch + warp) + np.sin(2 * np.pi * y / pitch + weft)
    slubs = fractal(size, rng, 160, 2, stretch=8) + fractal(size, rng, 160, 2)
    return cast(Floats, base * (1 + 0.026 * threads + 0.012 * slubs + 0.006 * warp)[..., None])


_DRAWN: dict[Material, Callable[[Size, np.random.Generator, Floats], Floats]] = {
    "marble": _marble,
    "concrete": _concrete,
    "wood": _wood,
    "plaster": _plaster,
    "linen": _linen,
}
