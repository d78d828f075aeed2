"""Enlarging and reducing pictures without learned weights."""

from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, resized
from pipelines.sizes import Size

ITERATIONS, FEW = 6, 1
"""Rounds of back-projection: as a rule, and where little time may be spent."""
_SEEN = 0.04
"""Coverage below which a colour is too coarsely stored to be trusted."""
_SLACK = np.float32(0.012)
_OVERSHOOT = np.float32(0.15)
"""How far beyond its neighbourhood a pixel may go: a constant, and a share of the neighbourhood's range."""


def enlarge(rgb: Floats, size: Size, iterations: int = ITERATIONS) -> Floats:
    """`rgb`, float32 (h, w, 3) or (h, w) in [0, 1], at exactly `size`; clipped to [0, 1].

    Lanczos interpolation, sharpened by iterative back-projection (Irani and Peleg 1991) until its area average is the
    source again, and held close to the range of the source's neighbourhood so that edges get no halos. Where a side
    doesn't grow, the plain area average.
    """
    height, width = rgb.shape[:2]
    if (width, height) == (size.width, size.height):
        return rgb
    if size.width < width or size.height < height:
        return np.clip(resized(rgb, size), 0, 1)
    if rgb.ndim == 2:
        return _plane(rgb, size, iterations)
    out = np.empty((size.height, size.width, rgb.shape[2]), np.float32)
    for channel in range(rgb.shape[2]):  # one at a time: a third of the memory
        out[..., channel] = _plane(np.ascontiguousarray(rgb[..., channel]), size, iterations)
    return out


def _plane(plane: Floats, size: Size, iterations: int) -> Floats:
    """One channel, (h, w)."""
    to, back = (size.width, size.height), (plane.shape[1], plane.shape[0])
    grown = cv2.resize(plane, to, interpolation=cv2.INTER_LANCZOS4)
    for _ in range(iterations):
        missing = plane - cv2.resize(grown, back, interpolation=cv2.INTER_AREA)
        cv2.add(grown, cv2.resize(missing, to, interpolation=cv2.INTER_CUBIC), dst=grown)
    square = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(plane, square), cv2.dilate(plane, square)
    reach = (high - low) * _OVERSHOOT + _SLACK
    floor = cv2.resize(low - reach, to, interpolation=cv2.INTER_LINEAR)
    ceiling = cv2.resize(high + reach, to, interpolation=cv2.INTER_LINEAR)
    return cast(Floats, np.clip(np.clip(grown, floor, ceiling, out=grown), 0, 1, out=grown))


def bleed(rgb: Floats, alpha: Floats) -> Floats:
    """`rgb` with its colours carried on into what is wholly transparent, so that no resampling draws a fringe.

    Normalised averages of ever larger neighbourhoods, coarse to fine (push-pull, Gortler et al. 1996, section 3.4).
    """
    weight = (alpha > _SEEN).astype(np.float32)
    if weight.all() or not weight.any():
        return rgb
    return np.where(weight[..., None] > 0, rgb, _filled(rgb * weight[..., None], weight)).astype(np.float32)


def _filled(colour: Floats, weight: Floats) -> Floats:
    """Mean colour where `weight` is 1, and the colour of the next coarser level elsewhere; `colour` is times `weight`."""
    height, width = weight.shape
    if max(height, width) == 1:
        return cast(Floats, (colour / np.maximum(weight, 1e-6)[..., None]).astype(np.float32))
    half = ((width + 1) // 2, (height + 1) // 2)
    smaller = _averaged(weight, half)
    scale = np.minimum(np.float32(1), 4 * smaller) / np.maximum(smaller, np.float32(1e-6))
    coarse = _filled((_averaged(colour, half) * scale[..., None]).astype(np.float32), (smaller * scale).astype(np.float32))
    rest = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return cast(Floats, colour + rest * (1 - weight)[..., None])


def _averaged(values: Floats, size: tuple[int, int]) -> Floats:
    return cv2.resize(values, size, interpolation=cv2.INTER_AREA).astype(np.float32)
