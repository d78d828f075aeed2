"""Structural similarity. Wang et al. 2004, Image quality assessment: from error visibility to structural similarity."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Floats, Mask

SIDE, SIGMA = 11, 1.5
"""Of the Gaussian window, in pixels."""
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
GREY = np.float32(128)
"""Taken off before squares are summed, so that float32 keeps its digits; variances don't change by it."""


ROWS = 96
"""Rows at a time, so that what is between stays in the processor's cache."""


@dataclass(frozen=True, slots=True)
class Means:
    """Over all channels and all pixels whose window lies within the picture."""

    similarity: float
    contrast: float
    """Of the similarity without its term of lightness."""


def ssim(shown: Bytes, truth: Bytes, mask: Mask | None = None) -> float:
    """-1 to 1, 1 for equal pictures: mean over the channels of uint8 (h, w, 3), within `mask` (h, w) where one is given.

    Gaussian windows of deviation 1.5 as in the paper; both sides are at least 11 pixels. Windows that leave the picture count
    only with a mask.

    >>> picture = np.random.default_rng(0).integers(0, 255, (16, 16, 3)).astype(np.uint8)
    >>> round(ssim(picture, picture), 6)
    1.0
    """
    if mask is None:
        return ssim_means(shown, truth).similarity
    whole = _maps(_centred(shown), _centred(truth))
    return min(1.0, float((whole.light * whole.contrast)[mask].mean(dtype=np.float64)))


def ssim_means(one: Bytes | Floats, other: Bytes | Floats) -> Means:
    """Of two pictures (h, w, 3) in 0 to 255."""
    sums, edge = np.zeros(2), SIDE - 1
    for start in range(0, one.shape[0] - edge, ROWS):
        rows = slice(start, start + ROWS + edge)
        maps = _maps(_centred(one[rows]), _centred(other[rows]))
        contrast = _inner(maps.contrast)
        sums += np.sum(contrast * _inner(maps.light), dtype=np.float64), np.sum(contrast, dtype=np.float64)
    similarity, contrast_mean = sums / ((one.shape[0] - edge) * (one.shape[1] - edge) * one.shape[2])
    return Means(min(1.0, float(similarity)), min(1.0, float(contrast_mean)))


@dataclass(frozen=True, slots=True)
class _Maps:
    """For each pixel and channel, float32 (h, w, c); their product is the similarity."""

    light: Floats
    contrast: Floats


def ssim_mirrored(one: Bytes | Floats, other: Bytes | Floats) -> float:
    """The mean over all pixels, of pictures mirrored at their edges without the edge itself being repeated."""
    maps = _maps(_centred(one), _centred(other), cv2.BORDER_REFLECT_101)
    return min(1.0, float((maps.light * maps.contrast).mean(dtype=np.float64)))


def _centred(picture: Bytes | Floats) -> Floats:
    return cast(Floats, picture.astype(np.float32) - GREY)


def _maps(one: Floats, other: Floats, border: int = cv2.BORDER_REFLECT) -> _Maps:
    first, second = _windowed(one, border), _windowed(other, border)
    squares = _windowed(one * one + other * other, border) - first * first - second * second
    shared = _windowed(one * other, border) - first * second
    return _Maps(_ratio(first + GREY, second + GREY, C1), (2 * shared + np.float32(C2)) / (squares + np.float32(C2)))


def _ratio(one: Floats, other: Floats, floor: float) -> Floats:
    return cast(Floats, (2 * one * other + np.float32(floor)) / (one * one + other * other + np.float32(floor)))


def _windowed(values: Floats, border: int) -> Floats:
    return cast(Floats, cv2.GaussianBlur(values, (SIDE, SIDE), SIGMA, borderType=border))


def _inner(values: Floats) -> Floats:
    """Pixels whose window lies within the picture."""
    edge = SIDE // 2
    return values[edge:-edge, edge:-edge]


def _measure(sample: Sample) -> float:
    if min(sample.target.shape[:2]) < SIDE:
        raise Unscored(f"the picture has less than {SIDE} pixels on a side")
    return ssim(sample.shown, sample.target)


METRIC = Metric(
    name="ssim",
    title="SSIM",
    group="picture",
    better="higher",
    range=(-1.0, 1.0),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.01,
    source="Wang et al. 2004, Image quality assessment",
    method={
        "window": "Gaussian, 11 pixels, deviation 1.5, inside the picture",
        "colour": "sRGB, 8 bits, mean of the channels",
        "resize": "area, to the truth's frame",
    },
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"blur", "garment"}),
    perfect=1.0,
    symmetric=True,
)
