"""Whether a reframed picture still has its source, and whether one sees where it ends."""

from dataclasses import dataclass

import cv2
import numpy as np

from eval.metrics.metric import Metric, Sample
from eval.metrics.unchanged import SLACK, away_of, before_of
from pipelines.images import Bytes

NEAR = 6
"""Steps to each side of a join that say what is usual there."""
TOOLS = frozenset({"reframe"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where the source's upper left corner lies, in pixels."""

    left: int
    top: int


def place_of(source: Bytes, made: Bytes) -> Place:
    """Where uint8 (h, w, 3) lies in a picture at least as large: the place with the least squared difference."""
    left, top = cv2.minMaxLoc(cv2.matchTemplate(made, source, cv2.TM_SQDIFF))[2]
    return Place(int(left), int(top))


def kept_share(source: Bytes, made: Bytes, place: Place, slack: int = 0) -> float:
    """Share of the source's pixels that are in their place, each channel within `slack`; 0 to 1.

    >>> made = np.random.default_rng(0).integers(0, 255, (9, 9, 3)).astype(np.uint8)
    >>> kept_share(made[2:7, 3:8], made, place_of(made[2:7, 3:8], made))
    1.0
    """
    rows, columns = source.shape[:2]
    there = made[place.top : place.top + rows, place.left : place.left + columns].astype(np.int16)
    return float((np.abs(there - source.astype(np.int16)) <= slack).all(axis=2).mean())


def step_across(made: Bytes, columns: tuple[int, ...]) -> float:
    """Step across the joins left of these columns over the usual step between columns beside them; 1 is invisible.

    The largest of all joins; 1 where all of them are at the picture's edge.
    """
    steps = np.abs(np.diff(made.astype(np.float32), axis=1)).mean(axis=(0, 2))
    joins = [column - 1 for column in columns if NEAR + 2 <= column < made.shape[1] - NEAR - 2]
    beside = [np.delete(steps[at - NEAR : at + NEAR + 1], NEAR).mean() for at in joins]
    return float(max((steps[at] / max(near, 0.5) for at, near in zip(joins, beside, strict=True)), default=1.0))


def _source(sample: Sample) -> Bytes:
    """What was given, cut from the frame."""
    away = away_of(sample)
    rows, columns = np.flatnonzero(away.any(axis=1)), np.flatnonzero(away.any(axis=0))
    return np.ascontiguousarray(before_of(sample)[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _kept(sample: Sample) -> float:
    source = _source(sample)
    return kept_share(source, sample.shown, place_of(source, sample.shown), SLACK)


def _step(sample: Sample) -> float:
    source = _source(sample)
    place, (rows, columns) = place_of(source, sample.shown), source.shape[:2]
    band = sample.shown[place.top : place.top + rows], sample.shown[:, place.left : place.left + columns]
    across = step_across(band[0], (place.left, place.left + columns))
    return max(across, step_across(band[1].transpose(1, 0, 2), (place.top, place.top + rows)))


METHOD = {"place": "least squared difference", "resize": "area, to the truth's frame", "colour": "sRGB, 8 bits, all channels"}
KEPT = Metric(
    name="source_kept",
    title="source kept",
    group="outside",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"before", "away"}),
    measure=_kept,
    margin=0.01,
    source="Share of the source's pixels found again in their place",
    method=METHOD | {"slack": f"{SLACK} of 255"},
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"blur", "hue"}),
    tools=TOOLS,
    perfect=1.0,
)
STEP = Metric(
    name="join_step",
    title="step across the join",
    group="outside",
    better="lower",
    range=(0.0, float("inf")),
    needs=frozenset({"before", "away"}),
    measure=_step,
    margin=0.1,
    source="Mean step across the join over the mean step beside it",
    method=METHOD | {"beside": f"{NEAR} steps to each side"},
    libraries=("numpy", "opencv-python-headless"),
    tools=TOOLS,
    digits=2,
)
