"""Unrest of a video in places that should rest."""

from collections.abc import Iterable
from itertools import pairwise

import numpy as np

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Mask


def flicker(frames: Iterable[Bytes], mask: Mask) -> float:
    """Mean absolute difference of consecutive uint8 (h, w, 3) frames within `mask` (h, w), in steps of 255.

    >>> flicker([np.zeros((2, 2, 3), np.uint8)] * 3, np.ones((2, 2), bool))
    0.0
    """
    steps = [np.abs(after.astype(np.int16) - before.astype(np.int16))[mask].mean() for before, after in pairwise(frames)]
    return float(np.mean(steps)) if steps else 0.0


def _measure(sample: Sample) -> float:
    rest = sample.truth.rest
    if rest is None or not rest.any():
        raise Unscored("the truth marks nothing that has to rest")
    return flicker(sample.frames, rest)


METRIC = Metric(
    name="flicker",
    title="flicker at rest",
    group="video",
    better="lower",
    range=(0.0, 255.0),
    needs=frozenset({"rest"}),
    measure=_measure,
    margin=0.1,
    source="Mean absolute difference of consecutive frames; Huang et al. 2024, VBench: temporal flickering",
    method={"colour": "sRGB, 8 bits", "frames": "all", "resize": "area, to the truth's frame"},
    libraries=("numpy", "opencv-python-headless", "av"),
    perfect=0.0,
    digits=2,
)
