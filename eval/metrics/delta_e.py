"""Colour difference as people see it. Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Mask


def delta_e_2000(shown: Bytes, truth: Bytes) -> Floats:
    """float32 (h, w): the difference of uint8 (h, w, 3) sRGB pictures for each pixel; 1 is just noticeable, 0 is equal.

    >>> red = np.full((1, 1, 3), (255, 0, 0), np.uint8)
    >>> float(delta_e_2000(red, red)[0, 0])
    0.0
    """
    from skimage.color import deltaE_ciede2000, rgb2lab

    compared: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]] = deltaE_ciede2000
    return np.asarray(compared(rgb2lab(truth), rgb2lab(shown)), dtype=np.float32)


def mean_delta_e(shown: Bytes, truth: Bytes, mask: Mask) -> float:
    """Mean difference within `mask` (h, w); not a number where the mask is empty."""
    return float(delta_e_2000(shown, truth)[mask].mean()) if mask.any() else float("nan")


def median_delta_e(shown: Bytes, truth: Bytes, shown_mask: Mask, truth_mask: Mask) -> float:
    """Difference between the median colours of two regions that need not overlap; not a number where one is empty."""
    if not (shown_mask.any() and truth_mask.any()):
        return float("nan")
    colours = (np.median(picture[mask], axis=0) for picture, mask in ((shown, shown_mask), (truth, truth_mask)))
    one, other = (np.round(colour).astype(np.uint8)[None, None] for colour in colours)
    return float(delta_e_2000(one, other)[0, 0])
