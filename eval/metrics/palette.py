"""Whether the product's colours are worn, whatever the pose and the drape."""

import cv2
import numpy as np

from eval.errors import Unscored
from eval.metrics.delta_e import METHOD, delta_e_2000
from eval.metrics.metric import Metric, Sample
from eval.metrics.person import READER, body_of, clothed
from pipelines.images import Bytes

COLOURS = 4
"""Clusters that a palette has."""
FAR = 24.0
"""ΔE2000 from which a colour is another one; half of it, light and shade may explain."""


def clothes(made: Bytes) -> Bytes | None:
    """uint8 (n, 3): the pixels of what is worn; None where nobody wears anything."""
    worn = clothed(body_of(made))
    return None if worn is None else made[worn]


def palette(colours: Bytes) -> Bytes:
    """uint8 (COLOURS, 3): centres of clusters of (n, 3), the same each time."""
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    step = max(1, len(colours) // 4000)
    _, _, centres = cv2.kmeans(colours[::step].astype(np.float32), COLOURS, np.empty(0), stop, 2, cv2.KMEANS_PP_CENTERS)
    return np.asarray(np.round(centres), dtype=np.uint8)


def shared_colours(wanted: Bytes, shown: Bytes) -> float:
    """How near the colours shown (m, 3) come to the wanted ones (n, 3): 1 for the same, 0 where all are `FAR`.

    >>> red, green = np.array([[200, 30, 40]], np.uint8), np.array([[30, 160, 60]], np.uint8)
    >>> shared_colours(np.concatenate([red, green]), red)
    0.5
    """
    pairs = delta_e_2000(np.repeat(shown[None], len(wanted), 0), np.repeat(wanted[:, None], len(shown), 1))
    return float(np.clip(1 - pairs.min(axis=1) / FAR, 0, 1).mean())


def _measure(sample: Sample) -> float:
    product, alpha, worn = sample.truth.product, sample.truth.product_alpha, clothes(sample.shown)
    if product is None or alpha is None or (alpha > 0.9).sum() < COLOURS:
        raise Unscored("the product's own picture is unknown")
    if worn is None or len(worn) < COLOURS:
        raise Unscored("nobody who wears clothes is found in the output")
    return shared_colours(palette(product[alpha > 0.9]), palette(worn))


METRIC = Metric(
    name="palette",
    title="product's colours worn",
    group="garment",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"product", "product_alpha"}),
    measure=_measure,
    margin=0.05,
    source=f"{COLOURS} centres of k-means, Lloyd 1982, and how near each is, up to ΔE2000 {FAR:g}",
    method=METHOD | READER | {"colours": str(COLOURS), "far": str(FAR)},
    libraries=("numpy", "opencv-python-headless", "torch"),
    sees=frozenset({"hue", "garment"}),
    tools=frozenset({"product-to-model"}),
)
