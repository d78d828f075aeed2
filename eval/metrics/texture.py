"""Whether the cloth has the right texture, wherever exactly its threads and prints have come to lie."""

from collections.abc import Iterator
from typing import cast

import cv2
import numpy as np

from eval.metrics.garment_delta_e import region_of
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Floats, Mask

SCALES = (1.0, 2.0, 4.0)
"""Deviations of the Gaussians whose derivatives are taken, in pixels."""
TURNS = 4
"""Orientations, evenly spread over half a turn."""
POOL = 0.025
"""Deviation of the window in which amplitudes are averaged, in shares of the longer side: shifts well below it cost nothing."""
FLOOR = 0.01**2
"""Squared amplitude, of values in [0, 1], below which there is only grain."""


def texture(shown: Bytes, truth: Bytes, mask: Mask) -> float:
    """0 to 1, 1 for equal pictures: how alike the local contrast of uint8 (h, w, 3) is, by scale and orientation, in `mask`.

    Not a number where the mask is empty.

    >>> picture = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    >>> texture(picture, picture, np.ones((32, 32), bool))
    1.0
    """
    if not mask.any():
        return float("nan")
    pairs = zip(_amplitudes(shown, mask), _amplitudes(truth, mask), strict=True)
    return float(np.mean([_alike(one[mask], other[mask]) for one, other in pairs]))


def _alike(one: Floats, other: Floats) -> float:
    return float(((2 * one * other + FLOOR) / (one * one + other * other + FLOOR)).mean(dtype=np.float64))


def _amplitudes(picture: Bytes, mask: Mask) -> Iterator[Floats]:
    """Root mean square of oriented derivatives around each pixel, float32 (h, w); what is outside the mask doesn't count."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    reach = max(2.0, POOL * max(mask.shape))
    for scale in SCALES:
        soft = cv2.GaussianBlur(grey, (0, 0), scale) * scale
        across, down = (cv2.Scharr(soft, cv2.CV_32F, *axis, scale=1 / 32) for axis in ((1, 0), (0, 1)))
        inside = _within(mask, scale)
        weight = cv2.GaussianBlur(inside, (0, 0), reach) + np.float32(1e-6)
        for angle in np.pi * np.arange(TURNS) / TURNS:
            slope = across * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle))
            yield cast(Floats, np.sqrt(cv2.GaussianBlur(slope * slope * inside, (0, 0), reach) / weight))


def _within(mask: Mask, scale: float) -> Floats:
    """Pixels into which the outline doesn't reach at this scale; all of a mask that is too narrow to have any."""
    side = 2 * int(np.ceil(2 * scale)) + 1
    inner = cv2.erode(mask.astype(np.uint8), np.ones((side, side), np.uint8))
    return cast(Floats, (inner if inner.any() else mask).astype(np.float32))


def _measure(sample: Sample) -> float:
    return texture(sample.shown, sample.target, region_of(sample))


METRIC = Metric(
    name="texture",
    title="texture",
    group="garment",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"target", "region"}),
    measure=_measure,
    margin=0.02,
    source="Statistics of oriented amplitudes after Portilla and Simoncelli 2000, compared as in Wang et al. 2004",
    method={
        "scales": ", ".join(map(str, SCALES)),
        "orientations": str(TURNS),
        "window": f"Gaussian, {POOL} of the longer side",
        "colour": "luma of sRGB",
        "resize": "area, to the truth's frame",
    },
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"blur", "garment", "copy"}),
    perfect=1.0,
    symmetric=True,
)
