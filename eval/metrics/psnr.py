"""Peak signal-to-noise ratio."""

import cv2
import numpy as np

from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Mask

PEAK = 255.0


def psnr(shown: Bytes, truth: Bytes, mask: Mask | None = None) -> float:
    """dB of uint8 (h, w, 3) pictures over all channels, within `mask` (h, w) where one is given; infinite for equal ones.

    Not a number where the mask is empty.

    >>> black, grey = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    >>> psnr(grey, black)
    0.0
    """
    one, other = (shown, truth) if mask is None else (shown[mask], truth[mask])
    if not one.size:
        return float("nan")
    error = cv2.norm(one, other, cv2.NORM_L2SQR) / one.size
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))


EQUAL = 100.0
"""dB that stand for a picture without any difference, whose PSNR is infinite."""


def _measure(sample: Sample) -> float:
    return min(EQUAL, psnr(sample.shown, sample.target))


METRIC = Metric(
    name="psnr",
    title="PSNR, dB",
    group="picture",
    better="higher",
    range=(0.0, EQUAL),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.5,
    source="Huynh-Thu and Ghanbari 2008, Scope of validity of PSNR",
    method={"colour": "sRGB, 8 bits, all channels", "resize": "area, to the truth's frame"},
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"blur", "hue", "garment"}),
    perfect=EQUAL,
    symmetric=True,
    digits=2,
)
