"""Maps of shifts: which source pixel each pixel of a hole copies, seams drawn where they cost least, and gradients that match.

Neighbours are drawn to one shift where its seam is cheaper than what it costs in likeness (Kwatra et al. 2003, "Graphcut
Textures", solved by iterated conditional modes, Besag 1986). Copies are joined in the gradient domain (Perez et al. 2003).
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask, resized
from pipelines.sizes import Size
from pipelines.vision import poisson
from pipelines.vision.patches import Field, Indices, Source

SEAM = np.float32(0.5)
"""Cost of a visible seam against unlike patches."""
CONSTANT = np.float32(2e-4)
"""Cost of any seam."""
SIDES = ((0, 1), (1, 0), (0, -1), (-1, 0))


@dataclass(frozen=True, slots=True)
class Shifts:
    """For each pixel of a target (h, w), by how many rows and columns its source lies away; (0, 0) outside the hole."""

    rows: Indices
    columns: Indices

    @classmethod
    def of(cls, field: Field, hole: Mask, source: Source) -> "Shifts":
        """The shifts of a field's matches."""
        rows, columns = np.zeros(hole.shape, np.int64), np.zeros(hole.shape, np.int64)
        inside = hole.ravel()[field.places]
        places, matches = field.places[inside], field.matches[inside]
        rows.ravel()[places] = matches // source.size.width - places // hole.shape[1]
        columns.ravel()[places] = matches % source.size.width - places % hole.shape[1]
        return cls(rows, columns)


def joined(shifts: Shifts, hole: Mask, target: Floats, picture: Floats, source: Source, rounds: int) -> Shifts:
    """Shifts drawn together in `rounds`; `target` and `picture` are float32 (h, w, 3) as of `patches.lab`."""
    labels = _Labels(shifts, hole, target, picture, source)
    for number in range(rounds):
        for row, column in SIDES:
            step = 1 if number % 2 else 3
            labels.draw(row * step, column * step)
    return Shifts(labels.rows, labels.columns)


class _Labels:
    """Shifts of the hole's pixels while they are drawn together; changed in place."""

    def __init__(self, shifts: Shifts, hole: Mask, target: Floats, picture: Floats, source: Source) -> None:
        self.rows, self.columns = shifts.rows.copy(), shifts.columns.copy()
        self.hole, self.picture, self.source = hole, picture.reshape(-1, picture.shape[2]), source
        self.y, self.x = (each.astype(np.int64) for each in np.nonzero(hole))
        self.wanted = source.describe(target, self.y * hole.shape[1] + self.x)
        self.parity = (self.y + self.x) % 2

    def draw(self, row: int, column: int) -> None:
        """Offer each pixel the shift of the one `row` and `column` away, first to the black, then to the white ones."""
        for parity in (0, 1):
            height, width = self.hole.shape
            y, x = self.y + row, self.x + column
            inside = (self.parity == parity) & (y >= 0) & (y < height) & (x >= 0) & (x < width)
            at = np.flatnonzero(inside)
            at = at[self.hole[y[at], x[at]]]
            rows, columns = self.rows[y[at], x[at]], self.columns[y[at], x[at]]
            own = (self.rows[self.y[at], self.x[at]], self.columns[self.y[at], self.x[at]])
            other = (rows != own[0]) | (columns != own[1])
            at, rows, columns = at[other], rows[other], columns[other]
            allowed = self._allowed(at, rows, columns)
            at, rows, columns = at[allowed], rows[allowed], columns[allowed]
            now = self._cost(at, self.rows[self.y[at], self.x[at]], self.columns[self.y[at], self.x[at]])
            taken = self._cost(at, rows, columns) < now
            self.rows[self.y[at[taken]], self.x[at[taken]]] = rows[taken]
            self.columns[self.y[at[taken]], self.x[at[taken]]] = columns[taken]

    def _allowed(self, at: Indices, rows: Indices, columns: Indices) -> Mask:
        y, x, size = self.y[at] + rows, self.x[at] + columns, self.source.size
        inside = (y >= 0) & (y < size.height) & (x >= 0) & (x < size.width)
        return inside & self.source.usable[np.where(inside, y * size.width + x, 0)]

    def _cost(self, at: Indices, rows: Indices, columns: Indices) -> Floats:
        """Of pixels `at` if they had these shifts."""
        width = self.source.size.width
        place = (self.y[at] + rows) * width + self.x[at] + columns
        away = self.source.described[place] - self.wanted[at]
        cost = np.einsum("ij,ij->i", away, away)
        own = self.picture[place]
        for row, column in SIDES:
            y = np.clip(self.y[at] + row, 0, self.hole.shape[0] - 1)
            x = np.clip(self.x[at] + column, 0, self.hole.shape[1] - 1)
            their_rows, their_columns = self.rows[y, x], self.columns[y, x]
            differs = self.hole[y, x] & ((their_rows != rows) | (their_columns != columns))
            theirs = (self.y[at] + their_rows) * width + self.x[at] + their_columns
            seam = ((self.picture[np.clip(theirs, 0, len(self.picture) - 1)] - own) ** 2).sum(axis=1)
            cost += differs * (SEAM * seam + CONSTANT)
        return cast(Floats, cost)


def enlarged(shifts: Shifts, size: Size, scale: float) -> Shifts:
    """For a target of `size` that is `scale` times as large."""
    y = np.minimum(np.arange(size.height) * shifts.rows.shape[0] // size.height, shifts.rows.shape[0] - 1)
    x = np.minimum(np.arange(size.width) * shifts.rows.shape[1] // size.width, shifts.rows.shape[1] - 1)
    at = np.ix_(y, x)
    rows, columns = np.rint(shifts.rows[at] * scale), np.rint(shifts.columns[at] * scale)
    return Shifts(rows.astype(np.int64), columns.astype(np.int64))


@dataclass(frozen=True, slots=True)
class Copy:
    """A target and the picture that its hole copies from."""

    target: Floats
    """float32 (h, w, 3)."""
    hole: Mask
    picture: Floats
    usable: Mask
    shifts: Shifts

    def plain(self) -> Floats:
        """The target with pixels copied into its hole as they are."""
        out = self.target.copy()
        y, x = np.nonzero(self.hole)
        out[y, x] = self._at(y, x, 0, 0)
        return out

    def blended(self, cycles: int, reach: float) -> Floats:
        """The copy with its seams gone: the gradients of what was copied, between the colours around the hole."""
        plain = self.plain()
        return poisson.solve(plain, self.hole, self._divergence(plain), cycles, reach)

    def _at(self, y: NDArray[np.intp], x: NDArray[np.intp], row: int, column: int) -> Floats:
        """What lies `row` and `column` beside the source of each pixel."""
        height, width = self.picture.shape[:2]
        rows = np.clip(y + self.shifts.rows[y, x] + row, 0, height - 1)
        columns = np.clip(x + self.shifts.columns[y, x] + column, 0, width - 1)
        return cast(Floats, self.picture[rows, columns])

    def _divergence(self, plain: Floats) -> Floats:
        """float32 (h, w, 3): sums of the steps to the four neighbours, each the mean of the step in both copies."""
        height, width = self.hole.shape
        y, x = np.nonzero(self.hole)
        total = np.zeros((len(y), 3), np.float32)
        own = plain[y, x]
        for row, column in SIDES:
            there_y, there_x = y + row, x + column
            inside = (there_y >= 0) & (there_y < height) & (there_x >= 0) & (there_x < width)
            there_y, there_x = np.clip(there_y, 0, height - 1), np.clip(there_x, 0, width - 1)
            step = self._at(y, x, row, column) - own
            shared = self.hole[there_y, there_x]
            theirs = plain[there_y, there_x] - self._at(there_y, there_x, -row, -column)
            total += np.where(inside[:, None], np.where(shared[:, None], (step + theirs) / 2, step), 0)
        out = np.zeros_like(plain)
        out[y, x] = total
        return out


def blended(copy: Copy, cycles: int, most: int, reach: float) -> Floats:
    """`copy` with its seams gone, colours moved over `reach` pixels; a box of more than `most` pixels is solved smaller."""
    rows, columns = np.flatnonzero(copy.hole.any(axis=1)), np.flatnonzero(copy.hole.any(axis=0))
    box = float((rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1))
    factor = max(1.0, float(np.sqrt(box / most)))
    if factor < 1.2:
        return copy.blended(cycles, reach)
    small = _smaller(copy, factor)
    correction = small.blended(cycles, reach / factor) - small.plain()
    out = copy.plain()
    out[copy.hole] = np.clip(out + _spread(correction, small, copy), 0, 1)[copy.hole]
    return out


def _smaller(copy: Copy, factor: float) -> Copy:
    size = Size(max(4, round(copy.hole.shape[1] / factor)), max(4, round(copy.hole.shape[0] / factor)))
    other = Size(max(4, round(copy.picture.shape[1] / factor)), max(4, round(copy.picture.shape[0] / factor)))
    hole = cv2.resize(copy.hole.astype(np.uint8), (size.width, size.height), interpolation=cv2.INTER_NEAREST) > 0
    shifts = enlarged(copy.shifts, size, 1 / factor)
    return Copy(resized(copy.plain(), size), hole, resized(copy.picture, other), copy.usable, shifts)


def _spread(correction: Floats, small: Copy, large: Copy) -> Floats:
    """float32 (h, w, 3): a correction enlarged, smooth among pixels of one shift and with its steps where shifts change."""
    height, width = large.hole.shape
    low, wide = small.hole.shape
    y = np.clip((np.arange(height) + 0.5) * low / height - 0.5, 0, low - 1.001)
    x = np.clip((np.arange(width) + 0.5) * wide / width - 0.5, 0, wide - 1.001)
    top, left = y.astype(int), x.astype(int)
    label = small.shifts.rows * 100_003 + small.shifts.columns
    middle = label[np.ix_(np.rint(y).astype(int), np.rint(x).astype(int))]
    total, weight = np.zeros((height, width, 3), np.float32), np.full((height, width, 1), 1e-6, np.float32)
    for row in (0, 1):
        for column in (0, 1):
            at = np.ix_(top + row, left + column)
            share = np.abs(1 - row - (y - top))[:, None] * np.abs(1 - column - (x - left))[None]
            same = (share * np.where((label[at] == middle) & small.hole[at], 1.0, 1e-5)).astype(np.float32)[..., None]
            total += correction[at] * same
            weight += same
    return cast(Floats, total / weight)
