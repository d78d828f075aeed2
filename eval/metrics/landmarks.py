"""How far found points are from where they should be."""

from collections.abc import Mapping

import numpy as np

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from eval.metrics.person import READER, need_body
from pipelines.vision.people.body import Point

NEAR = 0.05
"""Share of the height up to which a joint counts as being in its place."""


def landmark_error(shown: Mapping[str, Point], truth: Mapping[str, Point], unit: float) -> float:
    """Mean distance of the points that both know, in shares of `unit` pixels; not a number where they share none.

    >>> landmark_error({"hem": Point(3, 4)}, {"hem": Point(0, 0)}, 10)
    0.5
    """
    shared = sorted(shown.keys() & truth.keys())
    if not shared:
        return float("nan")
    return float(np.mean([np.hypot(shown[name].x - truth[name].x, shown[name].y - truth[name].y) for name in shared]) / unit)


def near_share(shown: Mapping[str, Point], truth: Mapping[str, Point], unit: float) -> float:
    """PCK: share of the points of `truth` that are shown within `NEAR` of `unit` pixels; points not found count as missed.

    >>> near_share({"hem": Point(3, 4)}, {"hem": Point(0, 0), "collar": Point(0, 9)}, 100)
    0.5
    """
    near = [each in shown and np.hypot(shown[each].x - at.x, shown[each].y - at.y) <= NEAR * unit for each, at in truth.items()]
    return float(np.mean(near)) if near else float("nan")


def _height(sample: Sample) -> float:
    """From the highest joint of the truth to the lowest, in pixels. Raises Unscored where there are no two."""
    rows = [each.y for each in (sample.truth.joints or {}).values()]
    if len(rows) < 2 or max(rows) <= min(rows):
        raise Unscored("the truth has no two joints")
    return max(rows) - min(rows)


def _error(sample: Sample) -> float:
    return landmark_error(need_body(sample).joints, sample.truth.joints or {}, _height(sample))


def _near(sample: Sample) -> float:
    return near_share(need_body(sample).joints, sample.truth.joints or {}, _height(sample))


ERROR = Metric(
    name="pose_error",
    title="joints off, of the height",
    group="outside",
    better="lower",
    range=(0.0, float("inf")),
    needs=frozenset({"joints"}),
    measure=_error,
    margin=0.005,
    source="Mean distance of key points in shares of the person's height",
    method=READER | {"unit": "highest to lowest joint of the truth"},
    libraries=("numpy", "opencv-python-headless", "torch"),
)
PCK = Metric(
    name="pose_pck",
    title=f"joints within {NEAR:.0%} of the height",
    group="outside",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset({"joints"}),
    measure=_near,
    margin=0.03,
    source="Yang and Ramanan 2013, Articulated human detection with flexible mixtures of parts: PCK",
    method=READER | {"unit": "highest to lowest joint of the truth", "near": str(NEAR)},
    libraries=("numpy", "opencv-python-headless", "torch"),
)
