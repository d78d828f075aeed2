"""How evenly a video moves."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from eval.metrics.metric import Metric
from pipelines.images import Bytes, Floats

SIDE = 160
"""Longer side in pixels at which frames are compared: coarser than the steps of 8 bits and of the codec."""
PER_SECOND = 12
"""Frames of a second that are looked at, of `FPS`."""
FPS = 24
STILL = 0.02
"""Mean change from look to look, in steps of 255, below which nothing moves."""


def motion_smoothness(frames: Sequence[Bytes]) -> float:
    """1 minus half of what the changes of uint8 (h, w, 3) frames change themselves, over the changes; 0 where nothing moves.

    Movement at an even pace gives nearly 1, frames without any order 0.13, what jumps to and fro 0.

    >>> motion_smoothness([np.full((2, 2, 3), value, np.uint8) for value in range(0, 40, 2)])
    1.0
    >>> motion_smoothness([np.zeros((2, 2, 3), np.uint8)] * 24)
    0.0
    """
    looks = [_small(frame) for frame in frames[:: FPS // PER_SECOND]]
    changes = [after - before for before, after in pairwise(looks)]
    if len(changes) < 2 or _mean(changes) < STILL:
        return 0.0
    turns = [after - before for before, after in pairwise(changes)]
    return max(0.0, 1 - _mean(turns) / (2 * _mean(changes)))


def _mean(differences: Sequence[Floats]) -> float:
    return float(np.mean([np.abs(each).mean() for each in differences]))


def _small(frame: Bytes) -> Floats:
    scale = min(1.0, SIDE / max(frame.shape[:2]))
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    return np.asarray(cv2.resize(frame.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)


METRIC = Metric(
    name="motion_smoothness",
    title="smoothness of motion",
    group="video",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"before"}),
    measure=lambda sample: motion_smoothness(sample.frames),
    margin=0.03,
    source="Second over first differences in time; after Huang et al. 2024, VBench: motion smoothness",
    method={"colour": "sRGB", "frames": f"{PER_SECOND} of {FPS} a second", "resize": f"area, to {SIDE} pixels"},
    libraries=("numpy", "opencv-python-headless", "av"),
    sees=frozenset({"copy"}),
    tools=frozenset({"image-to-video"}),
)
