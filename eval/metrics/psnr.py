"""Peak signal-to-noise ratio."""

import numpy as np

from pipelines.images import Bytes, Mask

PEAK = 255.0


def psnr(shown: Bytes, truth: Bytes, mask: Mask | None = None) -> float:
    """dB of uint8 (h, w, 3) pictures over all channels, within `mask` (h, w) where one is given; infinite for equal ones.

    >>> black, grey = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    >>> psnr(grey, black)
    0.0
    """
    difference = shown.astype(np.float64) - truth.astype(np.float64)
    error = np.mean((difference if mask is None else difference[mask]) ** 2)
    return float("inf") if error == 0 else float(10 * np.log10(PEAK**2 / error))
