"""A sheet to paint soft flat shapes on, in units of its own; each shape costs only the pixels that it covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats
from pipelines.vision.rendering.palette import Colour
from pipelines.vision.rendering.relief import smooth_path

Points = NDArray[np.float64]
Path = Sequence[Sequence[float]] | Points


@dataclass(frozen=True, slots=True)
class Mask:
    """Coverage in a window of a sheet, nothing outside it."""

    top: int
    left: int
    values: Floats
    """float32 (h, w) in [0, 1]."""

    @property
    def index(self) -> tuple[slice, slice]:
        """Rows and columns of the sheet."""
        height, width = self.values.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)

    def within(self, other: "Mask") -> "Mask":
        """The product of two masks."""
        top, left = max(self.top, other.top), max(self.left, other.left)
        bottom = min(self.top + self.values.shape[0], other.top + other.values.shape[0])
        right = min(self.left + self.values.shape[1], other.left + other.values.shape[1])

        def cut(mask: "Mask") -> Floats:
            return mask.values[top - mask.top : max(top, bottom) - mask.top, left - mask.left : max(left, right) - mask.left]

        return Mask(top, left, cast(Floats, cut(self) * cut(other)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A painting in progress."""

    colour: Floats
    """float32 (h, w, 3), sRGB; painted on in place."""
    unit: float
    """Pixels to one unit of length."""
    left: float
    """x of the left edge."""
    top: float
    """y of the upper edge; y runs up."""

    def filled(self, outline: Path, soft: float = 0.0) -> Mask:
        """Coverage by a closed outline, its edge blurred by `soft`."""
        corners = (np.asarray(outline, np.float64) - (self.left, self.top)) * (self.unit, -self.unit)
        sigma = soft * self.unit
        margin = 2 + 3 * sigma
        frame = self._frame(*(corners.min(axis=0) - margin), *(corners.max(axis=0) + margin))
        mask = np.zeros(frame.values.shape, np.uint8)
        places = np.round((corners - (frame.left, frame.top)) * 16 - 8).astype(np.int32)
        cv2.fillPoly(mask, [places], 255, cv2.LINE_AA, 4)
        values = mask.astype(np.float32) / np.float32(255)
        return Mask(frame.top, frame.left, cast(Floats, cv2.GaussianBlur(values, (0, 0), sigma)) if sigma > 0.3 else values)

    def stroke(self, path: Path, width: float, ends: tuple[float, float] = (0.0, 0.0), soft: float = 0.0) -> Mask:
        """Coverage by a line through the points that swells to `width` in its middle; `ends` are shares of that."""
        line = smooth_path(path, 41)
        share = np.linspace(0, 1, len(line))
        half = width / 2 * np.maximum(np.sin(np.pi * share) ** 0.7, np.interp(share, (0, 1), ends))
        tangent = np.gradient(line, axis=0)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / np.maximum(np.linalg.norm(tangent, axis=1), 1e-9)[:, None]
        edge = normal * half[:, None]
        return self.filled(np.concatenate([line + edge, (line - edge)[::-1]]), soft)

    def glow(self, x: float, y: float, wide: float, high: float, degrees: float = 0.0) -> Mask:
        """A soft ellipse, its upright axis turned clockwise."""
        column, row, reach = (x - self.left) * self.unit, (self.top - y) * self.unit, 3.0 * max(wide, high) * self.unit
        frame = self._frame(column - reach, row - reach, column + reach, row + reach)
        rows, columns = frame.values.shape
        dx = ((np.arange(columns, dtype=np.float32) + np.float32(frame.left + 0.5 - column)) / self.unit)[None, :]
        dy = ((np.float32(row - 0.5 - frame.top) - np.arange(rows, dtype=np.float32)) / self.unit)[:, None]
        turn = np.deg2rad(degrees)
        across, up = dx * np.cos(turn) - dy * np.sin(turn), dy * np.cos(turn) + dx * np.sin(turn)
        values = np.exp(-0.5 * ((across / wide) ** 2 + (up / high) ** 2)) - np.exp(-4.5)
        return Mask(frame.top, frame.left, np.maximum(values, 0).astype(np.float32))

    def lay(self, mask: Mask, colour: Colour, strength: float = 1.0) -> None:
        """Paint a colour through a mask."""
        under = self.colour[mask.index]
        under += (np.asarray(colour, np.float32) - under) * (mask.values * np.float32(strength))[..., None]

    def _frame(self, left: float, top: float, right: float, bottom: float) -> Mask:
        """An empty mask over these pixels, as far as they are on the sheet."""
        height, width = self.colour.shape[:2]
        first_row, first_column = int(np.clip(top, 0, height - 1)), int(np.clip(left, 0, width - 1))
        last_row, last_column = int(np.clip(bottom + 1, first_row + 1, height)), int(np.clip(right + 1, first_column + 1, width))
        return Mask(first_row, first_column, np.zeros((last_row - first_row, last_column - first_column), np.float32))
