"""Displacements on a coarse grid: what moves is smooth, so every few pixels are enough, and a frame's map costs milliseconds."""

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Values
from pipelines.sizes import Size


def fetch(values: Values, places: Floats) -> Values:
    """`values`, uint8 or float32 (h, w, ...), at x and y of `places`, float32 (..., 2); linear, the border goes on."""
    remap: Any = cv2.remap  # its stubs know no pair of coordinates in one map
    return cast(Values, remap(values, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels; right and bottom are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def part(self) -> tuple[slice, slice]:
        """What cuts it out of an array."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


@dataclass(frozen=True, slots=True)
class Grid:
    """Nodes `step` pixels apart over a picture of `size`, and one more beyond each side."""

    size: Size
    step: int

    @classmethod
    def over(cls, size: Size) -> "Grid":
        """One that is about 200 nodes across the short side, at most."""
        return cls(size, max(4, round(min(size.width, size.height) / 180)))

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return -(-self.size.height // self.step) + 2, -(-self.size.width // self.step) + 2

    def places(self) -> Floats:
        """float32 (rows, columns, 2): x and y of each node in pixels of the picture, whose first pixel is at 0, 0."""
        rows, columns = self.shape
        offset = -self.step / 2 - 0.5
        x = np.arange(columns, dtype=np.float32) * self.step + np.float32(offset)
        y = np.arange(rows, dtype=np.float32) * self.step + np.float32(offset)
        return np.stack(np.meshgrid(x, y), axis=-1)

    def sampled(self, values: Floats) -> Floats:
        """float32 (rows, columns): the mean of a picture-sized float32 (h, w) around each node."""
        rows, columns = self.shape
        height, width = values.shape
        down, across = (rows - 2) * self.step - height, (columns - 2) * self.step - width
        padded = cv2.copyMakeBorder(values, 0, down, 0, across, cv2.BORDER_REPLICATE)
        small = cv2.resize(padded, (columns - 2, rows - 2), interpolation=cv2.INTER_AREA)
        return cast(Floats, cv2.copyMakeBorder(small, 1, 1, 1, 1, cv2.BORDER_REPLICATE))

    def box(self, nodes: NDArray[np.bool_]) -> Box | None:
        """The pixels around those nodes; None where there are none."""
        rows, columns = np.flatnonzero(nodes.any(axis=1)), np.flatnonzero(nodes.any(axis=0))
        if not rows.size:
            return None
        step = self.step
        return Box(
            max(0, (int(columns[0]) - 2) * step),
            max(0, (int(rows[0]) - 2) * step),
            min(self.size.width, (int(columns[-1]) + 1) * step),
            min(self.size.height, (int(rows[-1]) + 1) * step),
        )

    def full(self, nodes: Floats, box: Box | None = None) -> Floats:
        """float32 (h, w, 2): `nodes`, (rows, columns, 2), at every pixel of the box, or of the picture; linear between them."""
        step, size = self.step, self.size
        wanted = box or Box(0, 0, size.width, size.height)
        first_row, first_column = wanted.top // step, wanted.left // step
        last_row, last_column = -(-wanted.bottom // step) + 2, -(-wanted.right // step) + 2
        cut = np.ascontiguousarray(nodes[first_row:last_row, first_column:last_column])
        grown = cv2.resize(cut, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)
        top, left = wanted.top - (first_row - 1) * step, wanted.left - (first_column - 1) * step
        return cast(Floats, grown[top : top + wanted.bottom - wanted.top, left : left + wanted.right - wanted.left])


@dataclass(frozen=True, slots=True)
class Motion:
    """How a layer moves: fields of displacement, each times a number that goes its way from frame to frame."""

    fields: Floats
    """float32 (k, rows, columns, 2): where a pixel is fetched from, relative to where it is, in pixels."""
    ways: Floats
    """float32 (n, k)."""

    def at(self, frame: int) -> Floats:
        """float32 (rows, columns, 2): the displacement in a frame; exactly 0 where nothing moves."""
        return np.tensordot(self.ways[frame], self.fields, 1).astype(np.float32)

    def plus(self, other: "Motion") -> "Motion":
        """Both together."""
        return Motion(np.concatenate([self.fields, other.fields]), np.concatenate([self.ways, other.ways], axis=1))

    @classmethod
    def none(cls, grid: Grid, count: int) -> "Motion":
        """Nothing moves."""
        return cls(np.zeros((0, *grid.shape, 2), np.float32), np.zeros((count, 0), np.float32))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A layer's pixels at twice the frame's density, so that fetching them between pixels keeps them sharp."""

    doubled: Bytes
    """uint8 (2h, 2w, 4), colour times alpha; every second pixel is the layer's own."""
    extent: Box
    """Outside of it the layer is transparent."""

    @classmethod
    def of(cls, rgba: Bytes) -> "Sheet":
        """From uint8 (h, w, 4), colour times alpha. What lies between is interpolated with four taps (-1, 9, 9, -1) / 16."""
        tall = _interleaved(rgba, vertical=True)
        return cls(np.ascontiguousarray(_interleaved(tall, vertical=False)), _extent(rgba))

    def covered(self, grid: Grid, displacement: Floats) -> Box | None:
        """Where the displaced layer may be anything but transparent; None where it is nowhere."""
        places, extent, step = grid.places() + displacement, self.extent, grid.step
        x, y = places[..., 0], places[..., 1]
        across = (x > extent.left - step) & (x < extent.right + step)
        return grid.box(across & (y > extent.top - step) & (y < extent.bottom + step))

    def fetched(self, grid: Grid, displacement: Floats, box: Box | None = None) -> Bytes:
        """uint8 (h, w, 4): each pixel of the box from where the displacement says; its own where that is 0."""
        places = (grid.places() + displacement) * np.float32(2)
        return fetch(self.doubled, grid.full(places, box))


def _extent(rgba: Bytes) -> Box:
    solid = rgba[..., 3] > 0
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1) if rows.size else Box(0, 0, 0, 0)


def _interleaved(values: Bytes, *, vertical: bool) -> Bytes:
    """Rows, or columns, with one more behind each."""
    taps = np.array([-1, 9, 9, -1], np.float32) / 16
    one = np.ones(1, np.float32)
    anchor = (0, 1) if vertical else (1, 0)
    kernel_x, kernel_y = (one, taps) if vertical else (taps, one)
    between = cv2.sepFilter2D(values, -1, kernel_x, kernel_y, anchor=anchor, borderType=cv2.BORDER_REPLICATE)
    both = np.stack([values, between], axis=1 if vertical else 2)
    height, width = values.shape[:2]
    return both.reshape((2 * height, width, 4) if vertical else (height, 2 * width, 4))
