"""How far the garment's colours are from the right ones, inside the garment alone."""

import numpy as np

from eval.errors import Unscored
from eval.metrics.delta_e import LARGEST, METHOD, delta_e_2000, median_delta_e, softened
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Mask

SOFT = 0.004
"""Deviation of the blur before comparing, in shares of the longer side."""
SOURCE = "Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula; inside the mask"
OWN = METHOD | {"soften": f"Gaussian, {SOFT} of the longer side"}


def quantile_delta_e(shown: Bytes, truth: Bytes, mask: Mask, share: float) -> float:
    """ΔE2000 of uint8 (h, w, 3) pictures that `share` of the pixels in `mask` (h, w) stay below; both softened a little.

    >>> white = np.full((8, 8, 3), 255, np.uint8)
    >>> quantile_delta_e(white, white, np.ones((8, 8), bool), 0.5)
    0.0
    """
    return float(np.quantile(delta_e_2000(softened(shown, SOFT)[mask], softened(truth, SOFT)[mask]), share))


def region_of(sample: Sample) -> Mask:
    """Where the garment is. Raises Unscored where that is unknown or nowhere."""
    region = sample.truth.region
    if region is None or not region.any():
        raise Unscored("the truth marks no region of the garment")
    return region


def _median(sample: Sample) -> float:
    return quantile_delta_e(sample.shown, sample.target, region_of(sample), 0.5)


def _p95(sample: Sample) -> float:
    return quantile_delta_e(sample.shown, sample.target, region_of(sample), 0.95)


def _colour(sample: Sample) -> float:
    region = region_of(sample)
    return median_delta_e(sample.shown, sample.target, region, region)


MEDIAN = Metric(
    name="garment_delta_e",
    title="ΔE2000 of the garment, median",
    group="garment",
    better="lower",
    range=(0.0, LARGEST),
    needs=frozenset({"target", "region"}),
    measure=_median,
    margin=0.5,
    source=SOURCE,
    method=OWN | {"summary": "median"},
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"hue", "garment", "copy"}),
    perfect=0.0,
    symmetric=True,
    digits=2,
)
P95 = Metric(
    name="garment_delta_e_p95",
    title="ΔE2000 of the garment, 95 %",
    group="garment",
    better="lower",
    range=(0.0, LARGEST),
    needs=frozenset({"target", "region"}),
    measure=_p95,
    margin=1.0,
    source=SOURCE,
    method=OWN | {"summary": "quantile 0.95"},
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"hue", "garment", "copy"}),
    perfect=0.0,
    symmetric=True,
    digits=2,
)
COLOUR = Metric(
    name="garment_colour",
    title="ΔE2000 of the garment's main colour",
    group="garment",
    better="lower",
    range=(0.0, LARGEST),
    needs=frozenset({"target", "region"}),
    measure=_colour,
    margin=0.5,
    source=SOURCE,
    method=METHOD | {"summary": "between the median colours of the region"},
    sees=frozenset({"hue", "garment", "copy"}),
    perfect=0.0,
    symmetric=True,
    digits=2,
)
