"""Structural similarity at five scales. Wang, Simoncelli and Bovik 2003, Multiscale structural similarity."""

from typing import cast

import cv2
import numpy as np

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from eval.metrics.ssim import SIDE, ssim_means, ssim_mirrored
from pipelines.images import Bytes, Floats

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Of the scales, from fine to coarse; the paper's."""
LEAST_SIDE = SIDE * 2 ** (len(WEIGHTS) - 1)
"""Pixels below which the coarsest scale has less than a window."""


def ms_ssim(shown: Bytes, truth: Bytes) -> float:
    """0 to 1, 1 for equal pictures, of uint8 (h, w, 3) with sides of at least `LEAST_SIDE` pixels.

    Each scale's mean is taken before its power, a negative mean for 0. The coarsest counts all its pixels, mirrored at the edges,
    the others those whose window lies within the picture: the values are those of torchmetrics.

    >>> picture = np.random.default_rng(0).integers(0, 255, (LEAST_SIDE, LEAST_SIDE, 3)).astype(np.uint8)
    >>> round(ms_ssim(picture, picture), 6)
    1.0
    """
    one, other = shown.astype(np.float32), truth.astype(np.float32)
    product = 1.0
    for level, weight in enumerate(WEIGHTS, 1):
        if level > 1:
            one, other = _halved(one), _halved(other)
        term = ssim_mirrored(one, other) if level == len(WEIGHTS) else ssim_means(one, other).contrast
        product *= max(0.0, term) ** weight
    return product


def _halved(values: Floats) -> Floats:
    """Means of two by two pixels; an odd last row or column is dropped."""
    height, width = (side // 2 for side in values.shape[:2])
    even = values[: 2 * height, : 2 * width]
    return cast(Floats, cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))


def _measure(sample: Sample) -> float:
    target = sample.target
    if min(target.shape[:2]) < LEAST_SIDE:
        raise Unscored(f"five scales take {LEAST_SIDE} pixels on each side; the frame is {sample.size}")
    return ms_ssim(sample.shown, target)


METRIC = Metric(
    name="ms_ssim",
    title="MS-SSIM",
    group="picture",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.01,
    source="Wang, Simoncelli and Bovik 2003, Multiscale structural similarity for image quality assessment",
    method={
        "window": "Gaussian, 11 pixels, deviation 1.5, inside the picture",
        "scales": "5, halved by means of 2 by 2, negative means for 0, the coarsest mirrored at its edges",
        "colour": "sRGB, 8 bits, mean of the channels",
        "resize": "area, to the truth's frame",
    },
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"blur", "garment"}),
    perfect=1.0,
    symmetric=True,
)
