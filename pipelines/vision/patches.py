"""Fields of nearest patches: for each place of one picture the place of another that looks most like it.

Patches are compared by their main components, so that one comparison reads a few numbers that lie side by side. The field is
found by PatchMatch (Barnes et al. 2009, "PatchMatch: A Randomized Correspondence Algorithm"): chance, neighbours, and ever
smaller jumps around the best so far.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.images import Floats, Mask
from pipelines.sizes import Size

RADIUS = 3
"""Patches are squares of 2 * RADIUS + 1 pixels."""
SIDE = 2 * RADIUS + 1
COMPONENTS = 16
_SAMPLE = 3000
_SOFTNESS = 0.7
"""Blur, in pixels, before a patch is described by every second of its pixels."""
_SPREAD = 2.4
"""Standard deviation, in pixels, of the weight of a patch's pixels around its middle."""
Indices = NDArray[np.int64]


def lab(rgb: Floats) -> Floats:
    """float32 (h, w, 3): CIE Lab in units in which a difference of 0.01 is just seen."""
    return cast(Floats, cv2.cvtColor(np.clip(rgb, 0, 1).astype(np.float32), cv2.COLOR_RGB2LAB) / np.float32(100))


def square() -> NDArray[np.uint8]:
    """The footprint of a patch."""
    return np.ones((SIDE, SIDE), np.uint8)


def offsets() -> list[tuple[int, int]]:
    """Rows and columns of a patch's pixels from its middle."""
    reach = range(-RADIUS, RADIUS + 1)
    return [(row, column) for row in reach for column in reach]


def weights() -> Floats:
    """float32 (SIDE ** 2,): how much each pixel of a patch counts, as in `offsets`."""
    return np.array([np.exp(-(r * r + c * c) / (2 * _SPREAD**2)) for r, c in offsets()], np.float32)


def gathered(padded: Floats, places: Indices, width: int) -> Floats:
    """float32 (n, SIDE ** 2 * channels): patches around flat `places` of a picture that is padded by RADIUS on all sides."""
    rows, columns = np.divmod(places, width)
    corner = rows * padded.shape[1] + columns
    shifts = np.array([(r + RADIUS) * padded.shape[1] + c + RADIUS for r, c in offsets()], np.int64)
    flat = padded.reshape(-1, padded.shape[2])
    return cast(Floats, flat[corner[:, None] + shifts[None]].reshape(len(places), -1))


def bordered(values: Floats) -> Floats:
    """Padded by RADIUS, edges repeated."""
    return cast(Floats, cv2.copyMakeBorder(values, RADIUS, RADIUS, RADIUS, RADIUS, cv2.BORDER_REPLICATE))


@dataclass(frozen=True, slots=True)
class Source:
    """Where patches may be taken from, in a picture of (h, w) pixels."""

    size: Size
    described: Floats
    """float32 (h * w, n): each patch by its components, then its row times `upright` and its column times `aside`."""
    usable: Mask
    """bool (h * w,): whether a patch around the pixel is known throughout."""
    places: Indices
    """Flat indices of the usable ones."""
    basis: Floats
    """float32 (27, COMPONENTS)."""
    upright: float
    """What a row of distance costs, in units of the descriptor; keeps the ground below and the sky above."""
    aside: float
    """What a column of distance costs; draws matches near."""

    @classmethod
    def of(cls, picture: Floats, usable: Mask, generator: Generator, upright: float = 0.0, aside: float = 0.0) -> "Source":
        """From `picture`, float32 (h, w, 3) as of `lab`; only pixels that are `usable`, bool (h, w), are shown by patches."""
        height, width = usable.shape
        inner = cv2.erode(usable.astype(np.uint8), square(), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
        places = np.flatnonzero(inner)
        points = _points(picture)
        sample = generator.choice(places, min(_SAMPLE, len(places)), replace=False) if len(places) else places
        basis = _basis(points[sample])
        described = np.concatenate([points @ basis, _place(np.arange(height * width), width, upright, aside)], axis=1)
        return cls(Size(width, height), described.astype(np.float32), inner.ravel(), places, basis, upright, aside)

    def describe(self, picture: Floats, places: Indices) -> Floats:
        """float32 (n, ...): patches of another picture, as this one's are described."""
        place = _place(places, picture.shape[1], self.upright, self.aside)
        return np.concatenate([_points(picture)[places] @ self.basis, place], axis=1).astype(np.float32)


def _place(places: Indices, width: int, upright: float, aside: float) -> Floats:
    rows, columns = np.divmod(places, width)
    return np.stack([rows * upright, columns * aside], axis=1).astype(np.float32)


def _points(picture: Floats) -> Floats:
    """float32 (h * w, 27): every second pixel of the patch around each pixel, those in the middle counting more."""
    height, width = picture.shape[:2]
    soft = cv2.copyMakeBorder(cv2.GaussianBlur(picture, (0, 0), _SOFTNESS), 2, 2, 2, 2, cv2.BORDER_REPLICATE)
    shares = np.sqrt(np.outer((1, 1.5, 1), (1, 1.5, 1)) / 12.25).astype(np.float32)
    parts = [soft[2 * r : 2 * r + height, 2 * c : 2 * c + width] * shares[r, c] for r in range(3) for c in range(3)]
    return np.concatenate(parts, axis=2).reshape(height * width, -1)


def _basis(points: Floats) -> Floats:
    """Main components; the mean is kept in, since the colour of a patch matters most."""
    if len(points) < 2:
        return np.eye(points.shape[1], COMPONENTS, dtype=np.float32)
    _, vectors = np.linalg.eigh((points.T @ points).astype(np.float64))
    return np.ascontiguousarray(vectors[:, ::-1][:, :COMPONENTS], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Field:
    """For each of n target places the source place it is to look like."""

    places: Indices
    """(n,): flat indices into the target, rising."""
    matches: Indices
    """(n,): flat indices into the source."""
    distances: Floats
    """(n,): squared distance of the descriptors; about the mean squared difference of Lab / 100 times 3."""


def nearest(target: Floats, field: Field, source: Source, rounds: int, generator: Generator) -> Field:
    """`field` improved by `rounds` of PatchMatch for the picture `target`, float32 (h, w, 3) as of `lab`."""
    search = _Search(source, source.describe(target, field.places), field.matches.copy())
    search.distances[:] = search.measured(field.matches)
    shifts = _shifts(field.places, Size(target.shape[1], target.shape[0]))
    for number in range(rounds):
        for shift in shifts:
            if shift.step == 1 or shift.step == (4, 2)[number % 2]:
                rows, columns = np.divmod(search.matches[shift.neighbour], source.size.width)
                search.offer(rows - shift.down, columns - shift.right)
        jump = max(source.size.width, source.size.height) / 2
        while jump >= 1:
            search.jump(jump, generator)
            jump *= 0.45
    return Field(field.places, search.matches, search.distances)


class _Search:
    """The best matches so far of n places, changed in place."""

    def __init__(self, source: Source, wanted: Floats, matches: Indices) -> None:
        self.source, self.wanted, self.matches = source, wanted, matches
        self.distances = np.full(len(matches), np.inf, np.float32)

    def measured(self, matches: Indices) -> Floats:
        away = self.source.described[matches]
        away -= self.wanted
        return cast(Floats, np.einsum("ij,ij->i", away, away))

    def offer(self, rows: Indices, columns: Indices) -> None:
        """A candidate for every place; taken where it is usable and nearer."""
        size = self.source.size
        inside = (rows >= 0) & (rows < size.height) & (columns >= 0) & (columns < size.width)
        matches = np.where(inside, rows * size.width + columns, 0)
        worth = np.flatnonzero(inside & self.source.usable[matches] & (matches != self.matches))
        away = self.source.described[matches[worth]]
        away -= self.wanted[worth]
        distances = np.einsum("ij,ij->i", away, away)
        better = distances < self.distances[worth]
        taken = worth[better]
        self.matches[taken] = matches[taken]
        self.distances[taken] = distances[better]

    def jump(self, reach: float, generator: Generator) -> None:
        """Chance around the best, up to `reach` pixels away; far up and down seldom where the source is upright."""
        rows, columns = np.divmod(self.matches, self.source.size.width)
        far = generator.uniform(-reach, reach, (2, len(rows)))
        if self.source.upright > 0:
            far[0] *= 0.25
        self.offer(rows + far[0].astype(np.int64), columns + far[1].astype(np.int64))


@dataclass(frozen=True, slots=True)
class _Shift:
    step: int
    down: int
    right: int
    neighbour: Indices
    """(n,): for each place the number of the place `down` and `right` of it, or its own where there is none."""


def _shifts(places: Indices, size: Size) -> list[_Shift]:
    number = np.full(size.pixels, -1, np.int64)
    number[places] = np.arange(len(places))
    rows, columns = np.divmod(places, size.width)
    out = []
    for step in (4, 2, 1):
        for down, right in ((0, -step), (0, step), (-step, 0), (step, 0)):
            y, x = rows + down, columns + right
            inside = (y >= 0) & (y < size.height) & (x >= 0) & (x < size.width)
            found = np.where(inside, number[np.where(inside, y * size.width + x, 0)], -1)
            out.append(_Shift(step, down, right, np.where(found < 0, np.arange(len(places)), found)))
    return out
