"""Whether what had no reason to change stayed as it was."""

import cv2
import numpy as np

from eval.errors import Unscored
from eval.metrics.delta_e import LARGEST, METHOD, mean_delta_e
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Mask

SLACK = 6
"""Steps of 255 that encoding and resizing explain."""
TOOLS = frozenset({"try-on", "model-swap", "edit", "face-swap"})
"""Those that change a part of a picture and leave the rest where it is."""


def changed_share(shown: Bytes, before: Bytes, mask: Mask, slack: int = 0) -> float:
    """Share of the pixels in `mask` (h, w) in which any channel of two uint8 (h, w, 3) pictures differs by more than `slack`.

    >>> changed_share(np.zeros((2, 2, 3), np.uint8), np.zeros((2, 2, 3), np.uint8), np.ones((2, 2), bool))
    0.0
    """
    if not mask.any():
        return 0.0
    largest = np.max(cv2.absdiff(shown, before), axis=2)
    return float((largest[mask] > slack).mean())


def largest_change(shown: Bytes, before: Bytes, mask: Mask) -> int:
    """Largest difference of any channel in `mask`, 0 to 255."""
    difference = np.abs(shown.astype(np.int16) - before.astype(np.int16))
    return int(difference[mask].max()) if mask.any() else 0


def _difference(sample: Sample) -> float:
    return mean_delta_e(sample.shown, before_of(sample), away_of(sample))


def _changed(sample: Sample) -> float:
    return changed_share(sample.shown, before_of(sample), away_of(sample), SLACK)


def before_of(sample: Sample) -> Bytes:
    """What was given. Raises Unscored where it is unknown."""
    if sample.truth.before is None:
        raise Unscored("what was given is unknown")
    return sample.truth.before


def away_of(sample: Sample) -> Mask:
    """What may not change. Raises Unscored where that is unknown or nothing."""
    away = sample.truth.away
    if away is None or not away.any():
        raise Unscored("the truth marks nothing that has to stay as it was")
    return away


DIFFERENCE = Metric(
    name="background_delta_e",
    title="ΔE2000 outside",
    group="outside",
    better="lower",
    range=(0.0, LARGEST),
    needs=frozenset({"before", "away"}),
    measure=_difference,
    margin=0.2,
    source="Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula; outside of what was to change",
    method=METHOD | {"summary": "mean"},
    tools=TOOLS,
    digits=2,
)
CHANGED = Metric(
    name="background_changed",
    title="share changed outside",
    group="outside",
    better="lower",
    range=(0.0, 1.0),
    needs=frozenset({"before", "away"}),
    measure=_changed,
    margin=0.01,
    source="Pixels that differ outside of what was to change",
    method={"slack": f"{SLACK} of 255 in any channel", "resize": "area, to the truth's frame"},
    libraries=("numpy", "opencv-python-headless"),
    tools=TOOLS,
)
