"""Whether the edge of a cut-out has the subject's own colours or those of the background that it was cut from."""

import numpy as np
from PIL import Image

from eval.errors import Unscored
from eval.metrics.delta_e import LARGEST, delta_e_2000
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Floats, alpha_of

BAND = (0.3, 0.98)
"""Alphas of the edge; below, a target on white doesn't tell the colour any more."""
SEEN = 0.1
"""Alpha of the output from which its own colour shows."""


def fringe_delta_e(own: Bytes, alpha: Floats, target: Bytes, truth: Floats) -> float:
    """Mean ΔE2000 of the output's unmixed colours in the edge band; not a number where output and truth share no edge.

    `own` (h, w, 3) with `alpha` (h, w) is the cut-out; `target` is the right one on white, `truth` its alpha.

    >>> half, red = np.full((1, 1), 0.5, np.float32), np.array([[[200, 0, 0]]], np.uint8)
    >>> fringe_delta_e(red, half, np.array([[[228, 128, 128]]], np.uint8), half) < 1
    True
    """
    band = (truth > BAND[0]) & (truth < BAND[1]) & (alpha >= SEEN)
    if not band.any():
        return float("nan")
    weight = truth[band][:, None]
    right = (target[band].astype(np.float32) - 255 * (1 - weight)) / weight
    return float(delta_e_2000(own[band], np.clip(np.round(right), 0, 255).astype(np.uint8)).mean())


def _own(sample: Sample) -> Bytes:
    """uint8 (h, w, 3): the output's colours as they are stored, in the frame; Pillow weighs them by alpha."""
    size = (sample.size.width, sample.size.height)
    image = sample.output.image
    return np.asarray(image if image.size == size else image.resize(size, Image.Resampling.BOX))[..., :3]


def _measure(sample: Sample) -> float:
    target, truth = sample.truth.target, sample.truth.alpha
    if target is None or truth is None:
        raise Unscored("the right cut-out is unknown")
    if alpha_of(sample.output.image) is None:
        raise Unscored("the output is no cut-out: it has no transparency")
    return fringe_delta_e(_own(sample), sample.alpha, target, truth)


METRIC = Metric(
    name="fringe_delta_e",
    title="ΔE2000 of the fringe",
    group="cut-out",
    better="lower",
    range=(0.0, LARGEST),
    needs=frozenset({"target", "alpha"}),
    measure=_measure,
    margin=0.5,
    source="Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula; of unmixed colours in the edge",
    method={
        "colour": "sRGB, 8 bits, to CIELAB under D65, 2 degrees; the target on white, unmixed",
        "band": f"true alpha {BAND[0]} to {BAND[1]}",
        "resize": "box, to the truth's frame",
    },
    libraries=("numpy", "pillow", "opencv-python-headless"),
    tools=frozenset({"background-remove"}),
    digits=2,
)
