"""Cloth by the metre: patterns in the plane, in body heights, so that they scale with the wearer."""

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, linear

Pattern = Literal["plain", "stripes", "check", "dots", "floral", "knit", "print", "denim"]
Colour = tuple[float, float, float]

CELLS = 64
"""Cells of a scattered motif before it repeats."""


@dataclass(frozen=True, slots=True)
class Textile:
    """What a cloth is made of; colours are sRGB in [0, 1]."""

    colour: Colour = (0.22, 0.27, 0.36)
    accent: Colour = (0.93, 0.92, 0.88)
    pattern: Pattern = "plain"
    scale: float = 1.0
    """Size of the motif; 1 is about 5 cm on a person."""
    seed: int = 0
    """Where the motifs of scattered patterns lie."""


@dataclass(frozen=True, slots=True)
class Swatch:
    """A textile over (h, w) pixels."""

    albedo: Floats
    """float32 (h, w, 3), linear."""
    height: Floats
    """float32 (h, w): thickness of the yarn in body heights."""


def swatch(textile: Textile, u: Floats, v: Floats) -> Swatch:
    """The textile at the places (u to the right, v up, both in body heights)."""
    ink, height = _INKS[textile.pattern](textile, u, v)
    base = linear(np.array(textile.colour, np.float32))
    accent = linear(np.array(textile.accent, np.float32))
    albedo = base + (accent - base) * ink[..., None]
    return Swatch(albedo.astype(np.float32), np.broadcast_to(height, u.shape).astype(np.float32))


Ink = tuple[Floats, Floats]
_FLAT = np.zeros((), np.float32)


def _edge(distance: NDArray[np.floating], soft: float = 0.0006) -> Floats:
    """1 where `distance` (body heights) is positive, with a soft edge."""
    return cast(Floats, np.clip(distance / soft + 0.5, 0, 1).astype(np.float32))


def _plain(_: Textile, u: Floats, __: Floats) -> Ink:
    return np.zeros_like(u), _FLAT


def _stripes(textile: Textile, _: Floats, v: Floats) -> Ink:
    period = 0.030 * textile.scale
    return _edge(np.abs((v / period) % 1 - 0.5) * period - 0.30 * period), _FLAT


def _check(textile: Textile, u: Floats, v: Floats) -> Ink:
    period = 0.046 * textile.scale

    def bands(t: Floats) -> Floats:
        place = np.abs((t / period + 0.25) % 1 - 0.5) * period
        return 0.42 * _edge(0.15 * period - place) + 0.30 * _edge(0.018 * period - np.abs(place - 0.36 * period))

    return np.clip(bands(u) + bands(v), 0, 1), _FLAT


def _dots(textile: Textile, u: Floats, v: Floats) -> Ink:
    period = 0.026 * textile.scale
    row = np.floor(v / period)
    du = ((u / period + 0.5 * (row % 2)) % 1 - 0.5) * period
    dv = (v / period - row - 0.5) * period
    return _edge(0.24 * period - np.hypot(du, dv)), _FLAT


def _floral(textile: Textile, u: Floats, v: Floats) -> Ink:
    ink = np.zeros_like(u)
    for layer, (period, strength) in enumerate(((0.044, 1.0), (0.030, 0.55))):
        size = period * textile.scale
        rng = np.random.default_rng([textile.seed, layer])
        jitter, turn, grow = rng.uniform(-0.16, 0.16, (2, CELLS, CELLS)), rng.uniform(0, 6.28, (CELLS, CELLS)), rng.uniform(
            0.55, 1, (CELLS, CELLS))  # fmt: skip
        column, row = np.floor(u / size).astype(int), np.floor(v / size).astype(int)
        cell = (row % CELLS, column % CELLS)
        du = (u / size - column - 0.5 - jitter[0][cell]) * size
        dv = (v / size - row - 0.5 - jitter[1][cell]) * size
        radius, angle = np.hypot(du, dv), np.arctan2(dv, du) + turn[cell]
        petals = 0.33 * size * grow[cell] * (0.62 + 0.38 * np.abs(np.cos(2.5 * angle)))
        bloom = _edge(petals - radius, 0.0012) * (1 - 0.85 * _edge(0.07 * size * grow[cell] - radius, 0.001))
        ink = np.maximum(ink, np.float32(strength) * bloom)
    return ink.astype(np.float32), _FLAT


def _knit(textile: Textile, u: Floats, v: Floats) -> Ink:
    wide, high = 0.0085 * textile.scale, 0.0062 * textile.scale
    across = (u / wide) % 1 - 0.5
    slant = (v / high + 1.6 * np.abs(across)) % 1 - 0.5
    rib = np.cos(across * 2 * np.pi)
    yarn = np.cos(slant * 2 * np.pi) * 0.5 + 0.5
    shade = np.clip(0.10 - 0.10 * rib + 0.08 * yarn, 0, 1)
    return shade.astype(np.float32), (0.0011 * rib + 0.0007 * yarn * (rib > -0.5)).astype(np.float32)


def _print(textile: Textile, u: Floats, v: Floats) -> Ink:
    size = 0.052 * textile.scale
    du, dv = u, v - 0.715
    radius = np.hypot(du, dv)
    disc = _edge(size - radius)
    bars = _edge(np.abs((dv / (0.30 * size)) % 1 - 0.5) * 0.30 * size - 0.055 * size) + _edge(dv)
    caption = _edge(0.10 * size - np.abs(dv + 1.30 * size)) * _edge(0.85 * size - np.abs(du))
    letters = _edge(np.abs((du / (0.19 * size)) % 1 - 0.5) * 0.19 * size - 0.022 * size)
    return np.clip(disc * np.clip(bars, 0, 1) + caption * letters, 0, 1), _FLAT


def _denim(textile: Textile, u: Floats, v: Floats) -> Ink:
    twill = 0.5 + 0.5 * np.sin((u + v * 0.7) * 2600 / textile.scale)
    slub = 0.5 + 0.25 * (np.sin(u * 911 + 3 * np.sin(v * 47)) + np.sin(u * 387 + 2 * np.sin(v * 31)))
    return (0.10 * twill + 0.07 * slub).astype(np.float32), _FLAT


_INKS = {
    "plain": _plain, "stripes": _stripes, "check": _check, "dots": _dots, "floral": _floral, "knit": _knit, "print": _print,
    "denim": _denim,
}  # fmt: skip
