"""Fréchet distance of two sets of pictures. Heusel et al. 2017, GANs trained by a two time-scale update rule."""

import numpy as np
from numpy.typing import NDArray

from eval.errors import Unscored
from eval.metrics import clip, dino
from eval.metrics.metric import SetMetric
from pipelines.images import Floats

FEWEST = 50
"""Pictures on each side below which the distance says more of their number than of their looks."""


def frechet(one: Floats, other: Floats) -> float:
    """Of features (n, d) and (m, d), each taken for a Gaussian; 0 for equal sets. Grows with too few pictures.

    >>> points = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    >>> round(frechet(points, points + 2), 3)
    12.0
    """
    first, second = one.astype(np.float64), other.astype(np.float64)
    apart = float(((first.mean(0) - second.mean(0)) ** 2).sum())
    spread, other_spread = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (first, second))
    root = _root(spread)
    shared = np.linalg.eigvalsh(root @ other_spread @ root)
    both = float(np.trace(spread) + np.trace(other_spread) - 2 * np.sqrt(np.maximum(shared, 0)).sum())
    return max(0.0, apart + both)


def _root(spread: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric root of a matrix without negative eigenvalues."""
    values, vectors = np.linalg.eigh(spread)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def _distance(one: Floats, other: Floats) -> float:
    if min(len(one), len(other)) < FEWEST:
        raise Unscored(f"FID takes {FEWEST} pictures on each side; there are {len(one)} and {len(other)}")
    return frechet(one, other)


def _declared(net: str) -> SetMetric:
    own = dino if net == "dino" else clip
    return SetMetric(
        name=f"fid_{net}",
        title=f"FID ({'DINOv2' if net == 'dino' else 'CLIP'})",
        group="set",
        better="lower",
        range=(0.0, float("inf")),
        margin=0.02,
        source="Heusel et al. 2017, GANs trained by a two time-scale update rule converge to a local Nash equilibrium",
        method={**own.METHOD, "root": "eigenvalues of the symmetric product, float64", "covariance": "n - 1"},
        libraries=own.LIBRARIES,
        sees=frozenset({"blur", "garment"}),
        missing=own.NET.missing,
        weights=own.NET.digest,
        features=dino.dino_features if net == "dino" else clip.clip_features,
        distance=_distance,
        digits=2,
    )


DINO, CLIP = _declared("dino"), _declared("clip")
