"""Whether what had no reason to change stayed as it was."""

import numpy as np

from pipelines.images import Bytes, Mask


def changed_share(shown: Bytes, before: Bytes, mask: Mask) -> float:
    """Share of the pixels in `mask` (h, w) in which any channel of two uint8 (h, w, 3) pictures differs; 0 to 1.

    >>> changed_share(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), np.ones((2, 2), bool))
    0.0
    """
    return float((shown != before).any(axis=2)[mask].mean()) if mask.any() else 0.0


def largest_change(shown: Bytes, before: Bytes, mask: Mask) -> int:
    """Largest difference of any channel in `mask`, 0 to 255."""
    difference = np.abs(shown.astype(np.int16) - before.astype(np.int16))
    return int(difference[mask].max()) if mask.any() else 0
