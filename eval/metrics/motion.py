"""How much a video moves."""

from collections.abc import Sequence

import numpy as np

from eval.metrics.metric import Metric
from pipelines.images import Bytes

LOOKS = 12
"""Frames, evenly spread, that are compared with the first."""


def motion(frames: Sequence[Bytes]) -> float:
    """Largest mean absolute difference of any of `LOOKS` uint8 (h, w, 3) frames from the first, in steps of 255.

    >>> motion([np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 9, np.uint8)])
    9.0
    """
    first = frames[0].astype(np.int16)
    looks = frames[:: max(1, len(frames) // LOOKS)]
    return max(float(np.abs(each.astype(np.int16) - first).mean()) for each in looks)


METRIC = Metric(
    name="motion",
    title="motion",
    group="video",
    better="higher",
    range=(0.0, 255.0),
    needs=frozenset({"before"}),
    measure=lambda sample: motion(sample.frames),
    margin=0.3,
    source="Mean absolute difference from the first frame; after Huang et al. 2024, VBench: dynamic degree",
    method={"colour": "sRGB, 8 bits", "frames": f"{LOOKS}, evenly spread", "resize": "area, to the truth's frame"},
    libraries=("numpy", "opencv-python-headless", "av"),
    sees=frozenset({"copy"}),
    tools=frozenset({"image-to-video"}),
    digits=2,
)
