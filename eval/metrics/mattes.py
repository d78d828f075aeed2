"""Errors of alpha mattes. Rhemann et al. 2009, A perceptually motivated online benchmark for image matting."""

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from pipelines.images import Floats, Mask

SIGMA = 1.4
"""Of the Gaussian whose derivatives are compared."""
LEVELS = 10
SLACK = 0.15
"""A pixel that is connected at a level this little below its alpha counts as connected."""


def iou(shown: Floats, truth: Floats) -> float:
    """Intersection over union of what is covered by more than half; 1 where both are empty.

    >>> iou(np.ones((2, 2), np.float32), np.array([[1, 1], [0, 0]], np.float32))
    0.5
    """
    one, other = shown > 0.5, truth > 0.5
    union = int((one | other).sum())
    return float((one & other).sum() / union) if union else 1.0


def sad(shown: Floats, truth: Floats) -> float:
    """Sum of absolute differences in thousands of pixels; both float32 (h, w) in [0, 1]."""
    return float(np.abs(shown - truth).sum() / 1000)


def mse(shown: Floats, truth: Floats) -> float:
    """Mean squared difference in thousandths."""
    return float(((shown - truth) ** 2).mean() * 1000)


def gradient_error(shown: Floats, truth: Floats) -> float:
    """Sum of squared differences of the gradients' magnitudes, in thousands of pixels."""
    return float(((_steepness(shown) - _steepness(truth)) ** 2).sum() / 1000)


def _steepness(alpha: Floats) -> Floats:
    """Magnitude of the first derivatives of a Gaussian of unit energy, as in the benchmark's own code."""
    reach = int(np.ceil(SIGMA * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * SIGMA * 0.01))))
    x = np.arange(-reach, reach + 1, dtype=np.float64)
    bell = np.exp(-(x**2) / (2 * SIGMA**2)) / (SIGMA * np.sqrt(2 * np.pi))
    kernel = np.outer(bell, -x * bell / SIGMA**2)
    kernel /= np.sqrt((kernel**2).sum())
    across = cv2.filter2D(alpha.astype(np.float64), -1, kernel[::-1, ::-1], borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(alpha.astype(np.float64), -1, kernel.T[::-1, ::-1], borderType=cv2.BORDER_REPLICATE)
    return cast(Floats, np.hypot(across, down))


def connectivity_error(shown: Floats, truth: Floats) -> float:
    """Sum of differences in how far each pixel is connected to what both mattes cover, in thousands of pixels."""
    level = np.full(truth.shape, -1.0, np.float64)
    for number in range(1, LEVELS + 1):
        main = _largest((truth >= number / LEVELS) & (shown >= number / LEVELS))
        level[(level == -1) & ~main] = (number - 1) / LEVELS
    level[level == -1] = 1
    one, other = (_connected(alpha, level) for alpha in (shown, truth))
    return float(np.abs(one - other).sum() / 1000)


def _connected(alpha: Floats, level: NDArray[np.float64]) -> NDArray[np.float64]:
    lost = alpha - level
    return 1 - lost * (lost >= SLACK)


def _largest(mask: Mask) -> Mask:
    """The largest piece of a mask, its pixels connected by their sides."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


Kernel = Callable[[Floats, Floats], float]
RHEMANN = "Rhemann et al. 2009, A perceptually motivated online benchmark for image matting"


def _of(kernel: Kernel) -> Callable[[Sample], float]:
    def measure(sample: Sample) -> float:
        if sample.truth.alpha is None:
            raise Unscored("the right matte is unknown")
        return kernel(sample.alpha, sample.truth.alpha)

    return measure


def _declared(name: str, title: str, kernel: Kernel, margin: float, method: str) -> Metric:
    share = kernel is iou
    return Metric(
        name=f"matte_{name}",
        title=title,
        group="cut-out",
        better="higher" if share else "lower",
        range=(0.0, 1.0 if share else float("inf")),
        needs=frozenset({"alpha"}),
        measure=_of(kernel),
        margin=margin,
        source="Jaccard 1912, The distribution of the flora in the alpine zone" if share else RHEMANN,
        method={"value": method, "resize": "area, to the truth's frame"},
        libraries=("numpy", "opencv-python-headless"),
        sees=frozenset({"copy"}),
        perfect=1.0 if share else 0.0,
        symmetric=True,
    )


IOU = _declared("iou", "IoU", iou, 0.005, "covered by more than half")
SAD = _declared("sad", "SAD", sad, 0.1, "sum over the frame, thousands of pixels")
MSE = _declared("mse", "MSE", mse, 0.5, "mean over the frame, thousandths")
GRADIENT = _declared("gradient", "gradient", gradient_error, 0.1, f"derivatives of a Gaussian of {SIGMA}, thousands")
CONNECTIVITY = _declared("connectivity", "connectivity", connectivity_error, 0.1, f"{LEVELS} levels, slack {SLACK}, thousands")
