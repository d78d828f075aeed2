"""Kernel distance of two sets of pictures, without bias from their number. Bińkowski et al. 2018, Demystifying MMD GANs."""

import numpy as np
from numpy.typing import NDArray

from eval.errors import Unscored
from eval.metrics import clip, dino
from eval.metrics.metric import SetMetric
from pipelines.images import Floats

SUBSET, SUBSETS = 1000, 100
"""Pictures of a subset, and how many subsets are drawn of larger sets; the paper's."""
FEWEST = 10
"""Pictures on each side below which the value is mostly chance."""


def kid(one: Floats, other: Floats) -> float:
    """Of features (n, d) and (m, d): squared maximum mean discrepancy; about 0, at times below, for sets of the same kind.

    Sets of up to `SUBSET` pictures are compared whole; of larger ones the mean of `SUBSETS` draws is taken, always the same.

    >>> points = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    >>> kid(points[:20], points[20:] + 5) > 10
    True
    """
    if max(len(one), len(other)) <= SUBSET:
        return mmd(one, other)
    rng = np.random.default_rng(0)
    size = min(SUBSET, len(one), len(other))
    draws = ([rng.choice(len(each), size, replace=False) for each in (one, other)] for _ in range(SUBSETS))
    return float(np.mean([mmd(one[first], other[second]) for first, second in draws]))


def mmd(one: Floats, other: Floats) -> float:
    """The unbiased estimate under the kernel (x·y / d + 1)³. Gretton et al. 2012, A kernel two-sample test, lemma 6."""
    first, second = one.astype(np.float64), other.astype(np.float64)
    return _within(first) + _within(second) - 2 * float(_kernel(first, second).mean())


def _kernel(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((one @ other.T / one.shape[1] + 1) ** 3)


def _within(points: NDArray[np.float64]) -> float:
    """Mean over pairs of different points."""
    kernel, count = _kernel(points, points), len(points)
    return float((kernel.sum() - np.trace(kernel)) / (count * (count - 1)))


def _distance(one: Floats, other: Floats) -> float:
    if min(len(one), len(other)) < FEWEST:
        raise Unscored(f"KID takes {FEWEST} pictures on each side; there are {len(one)} and {len(other)}")
    return kid(one, other)


def _declared(net: str) -> SetMetric:
    own = dino if net == "dino" else clip
    return SetMetric(
        name=f"kid_{net}",
        title=f"KID ({'DINOv2' if net == 'dino' else 'CLIP'})",
        group="set",
        better="lower",
        range=(-float("inf"), float("inf")),
        margin=0.002,
        source="Bińkowski et al. 2018, Demystifying MMD GANs",
        method={**own.METHOD, "kernel": "cubic, unbiased", "subsets": f"{SUBSETS} of {SUBSET}, seed 0; whole up to {SUBSET}"},
        libraries=own.LIBRARIES,
        sees=frozenset({"blur", "garment"}),
        missing=own.NET.missing,
        weights=own.NET.digest,
        features=dino.dino_features if net == "dino" else clip.clip_features,
        distance=_distance,
        digits=4,
    )


DINO, CLIP = _declared("dino"), _declared("clip")
