"""How far found points are from where they should be."""

from collections.abc import Mapping

import numpy as np

from pipelines.vision.people.body import Point


def landmark_error(shown: Mapping[str, Point], truth: Mapping[str, Point], unit: float) -> float:
    """Mean distance of the points that both know, in shares of `unit` pixels; not a number where they share none.

    >>> landmark_error({"hem": Point(3, 4)}, {"hem": Point(0, 0)}, 10)
    0.5
    """
    shared = sorted(shown.keys() & truth.keys())
    if not shared:
        return float("nan")
    return float(np.mean([np.hypot(shown[name].x - truth[name].x, shown[name].y - truth[name].y) for name in shared]) / unit)
