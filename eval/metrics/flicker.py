"""Unrest of a video in places that should rest."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from pipelines.images import Bytes, Mask


def flicker(frames: Iterable[Bytes], mask: Mask) -> float:
    """Mean absolute difference of consecutive uint8 (h, w, 3) frames within `mask` (h, w), in steps of 255.

    >>> flicker([np.zeros((2, 2, 3), np.uint8)] * 3, np.ones((2, 2), bool))
    0.0
    """
    steps = [np.abs(after.astype(np.int16) - before.astype(np.int16))[mask].mean() for before, after in pairwise(frames)]
    return float(np.mean(steps)) if steps else 0.0
