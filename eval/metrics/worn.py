"""Whether the worn garment ends where it should: at the neck, the sleeves and the hem."""

import numpy as np

from eval.errors import Unscored
from eval.metrics.garment_delta_e import region_of
from eval.metrics.mattes import iou
from eval.metrics.metric import Metric, Sample
from eval.metrics.person import READER, body_of, clothed, need_body
from pipelines.images import Mask


def worn_iou(shown: Mask, truth: Mask, region: Mask) -> float:
    """Intersection over union of what is clothed, all (h, w), within `region`; 0 to 1.

    >>> long, short = np.ones((4, 4), bool), np.eye(4, dtype=bool)
    >>> worn_iou(short, long, long)
    0.25
    """
    return iou((shown & region).astype(np.float32), (truth & region).astype(np.float32))


def _measure(sample: Sample) -> float:
    truth = clothed(body_of(sample.target))
    if truth is None:
        raise Unscored("nobody who wears clothes is found in the right answer")
    shown = clothed(need_body(sample))
    return 0.0 if shown is None else worn_iou(shown, truth, region_of(sample))


METRIC = Metric(
    name="worn_iou",
    title="outline of what is worn, IoU",
    group="garment",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"target", "region"}),
    measure=_measure,
    margin=0.02,
    source="Intersection over union, Jaccard 1912, of clothes read the same way in output and right answer",
    method=READER | {"resize": "area, to the truth's frame"},
    libraries=("numpy", "opencv-python-headless", "torch"),
    tools=frozenset({"try-on"}),
)
