"""Whether a shape is the right one, wherever and however large it is shown."""

import cv2
import numpy as np

from eval.errors import Unscored
from eval.metrics.delta_e import LARGEST, METHOD, median_delta_e
from eval.metrics.mattes import iou
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Floats, Mask

SIDE = 160
"""Silhouettes are compared in a square of so many pixels, filled by their boxes."""
OFF_WHITE = 18
"""A channel this far below white belongs to the product."""


def silhouette_iou(shown: Mask, truth: Mask) -> float:
    """Intersection over union of two shapes, each stretched from its own box; 0 to 1.

    >>> large, small = np.zeros((40, 40), bool), np.zeros((20, 20), bool)
    >>> large[5:35, 5:35], small[2:9, 2:9] = True, True
    >>> silhouette_iou(large, small)
    1.0
    """
    return iou(boxed(shown), boxed(truth))


def boxed(mask: Mask) -> Floats:
    """The mask's own box, stretched to a square."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return np.zeros((SIDE, SIDE), np.float32)
    box = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    return np.asarray(cv2.resize(box, (SIDE, SIDE), interpolation=cv2.INTER_AREA), dtype=np.float32)


def off_white(picture: Bytes) -> Mask:
    """What of a packshot on white is no background."""
    return np.asarray(picture.min(axis=2) < 255 - OFF_WHITE)


def _shape(sample: Sample) -> float:
    if sample.truth.product_alpha is None:
        raise Unscored("the product's own matte is unknown")
    return silhouette_iou(off_white(sample.shown), sample.truth.product_alpha > 0.5)


def _colour(sample: Sample) -> float:
    product, alpha = sample.truth.product, sample.truth.product_alpha
    if product is None or alpha is None:
        raise Unscored("the product's own picture is unknown")
    return median_delta_e(sample.shown, product, off_white(sample.shown), alpha > 0.9)


SHAPE = Metric(
    name="silhouette_iou",
    title="silhouette IoU",
    group="garment",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"product_alpha"}),
    measure=_shape,
    margin=0.02,
    source="Intersection over union, Jaccard 1912, of the product before white",
    method={"resize": f"own box to {SIDE} x {SIDE}", "product": f"a channel more than {OFF_WHITE} below white"},
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"garment"}),
    tools=frozenset({"packshot"}),
)
COLOUR = Metric(
    name="product_colour",
    title="ΔE2000 of the product",
    group="garment",
    better="lower",
    range=(0.0, LARGEST),
    needs=frozenset({"product", "product_alpha"}),
    measure=_colour,
    margin=0.5,
    source="Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula",
    method=METHOD | {"summary": "between median colours", "product": f"a channel more than {OFF_WHITE} below white"},
    sees=frozenset({"hue", "garment"}),
    tools=frozenset({"packshot"}),
    digits=2,
)
