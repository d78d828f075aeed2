"""What a packshot takes from a reference picture: colours, light, and its surface out of focus."""

from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, blurred, linear, resized, to_float
from pipelines.sizes import Size
from pipelines.vision.rendering.surfaces import Colour

_SIDE = 512
_ABOVE = 118.0


@dataclass(frozen=True, slots=True)
class Context:
    """A reference picture as far as a packshot follows it."""

    surface: Floats
    """float32 (h, w, 3), sRGB in [0, 1], blurred."""
    colour: Colour
    """The background's dominant colour, sRGB in [0, 1]."""
    light: float
    """Degrees: where the light comes from; 0 is right, 90 above."""

    def backdrop(self, size: Size) -> Floats:
        """float32 (h, w, 3): the blurred surface, cropped to the ratio of `size`."""
        height, width = self.surface.shape[:2]
        scale = min(width / size.width, height / size.height)
        rows, columns = max(1, round(size.height * scale)), max(1, round(size.width * scale))
        top, left = (height - rows) // 2, (width - columns) // 2
        part = np.ascontiguousarray(self.surface[top : top + rows, left : left + columns])
        return np.clip(cast(Floats, cv2.resize(part, (size.width, size.height), interpolation=cv2.INTER_CUBIC)), 0, 1)


def read_context(rgb: Bytes) -> Context:
    """Read uint8 (h, w, 3)."""
    scale = min(1.0, _SIDE / max(rgb.shape[:2]))
    size = Size(max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    small = to_float(resized(rgb, size))
    surface = blurred(small, 0.05 * min(small.shape[:2]))
    return Context(np.clip(surface, 0, 1).astype(np.float32), _dominant(small), _light(small))


def _dominant(image: Floats) -> Colour:
    """Of four clusters of the outer third, the largest."""
    mask = np.ones(image.shape[:2], np.bool_)
    rows, columns = image.shape[0] // 6, image.shape[1] // 6
    mask[rows : -rows or None, columns : -columns or None] = False
    sample = image[mask] if mask.sum() >= 16 else image.reshape(-1, 3)
    sample = np.ascontiguousarray(sample[:: max(1, len(sample) // 4000)])
    cv2.setRNGSeed(0)
    count = min(4, len(sample))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.005)
    _, labels, centres = cv2.kmeans(sample, count, np.empty((0, 0), np.int32), stop, 2, cv2.KMEANS_PP_CENTERS)
    largest = centres[int(np.bincount(labels.ravel(), minlength=count).argmax())]
    return float(largest[0]), float(largest[1]), float(largest[2])


def _light(image: Floats) -> float:
    """The direction in which a plane through the luminance rises; from above where it hardly does."""
    luminance = linear(image) @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    y, x = np.mgrid[-1 : 1 : luminance.shape[0] * 1j, -1 : 1 : luminance.shape[1] * 1j]
    right, down = float((luminance * x).mean() / (x**2).mean()), float((luminance * y).mean() / (y**2).mean())
    if hypot(right, down) < 0.02:
        return _ABOVE
    return float(np.clip(degrees(atan2(max(-down, 0.15 * abs(right)), right)), 35, 145))
