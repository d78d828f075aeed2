"""Many means and many tests over the same draws: `eval.statistics` for whole tables, so that 10,000 rows take seconds."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from eval.statistics import EXACT, LEVEL, RESAMPLES, Interval, Values

CHUNK = 4_000_000
"""Numbers drawn at a time, which bounds the memory."""
Names = Sequence[str]


def mean_intervals(
    columns: Values, clusterings: Sequence[Names], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> list[Interval | None]:
    """Mean and interval of every column of (n, k), as `mean_interval` gives them; NaN was not scored and is left out.

    `clusterings` has at least one sequence of n names. None for a column without a value.
    """
    scored = np.isfinite(columns)
    table = np.hstack([np.where(scored, columns, 0.0), scored.astype(np.float64)])
    indices = [_index(names) for names in clusterings]
    drawn = np.vstack([weights @ table for weights in _weights(indices, resamples, np.random.default_rng(seed))])
    sums, counts = np.hsplit(drawn, 2)
    means = np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
    return [_interval(columns[:, at], means[:, at], level) for at in range(columns.shape[1])]


def _interval(column: Values, drawn: Values, level: float) -> Interval | None:
    values, means = column[np.isfinite(column)], drawn[np.isfinite(drawn)]
    if not values.size:
        return None
    low, high = np.quantile(means, ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(values.mean()), float(low), float(high))


def paired_ps(columns: Values, clusters: Names, *, resamples: int = 10_000, seed: int = 0) -> list[float | None]:
    """Two-sided p of the mean of every column of differences (n, k), as `paired_p` gives it; None without a value."""
    scored = np.isfinite(columns)
    index = _index(clusters)
    sums = np.zeros((int(index.max()) + 1, columns.shape[1]))
    np.add.at(sums, index, np.where(scored, columns, 0.0))
    given = np.abs(sums.sum(axis=0)) * (1 - 1e-12)
    reached = np.zeros(columns.shape[1])
    for signs in _signs(len(sums), resamples, seed):
        reached += (np.abs(signs @ sums) >= given).sum(axis=0)
    ps = reached / 2 ** len(sums) if len(sums) <= EXACT else (reached + 1) / (resamples + 1)
    return [float(ps[at]) if scored[:, at].any() else None for at in range(columns.shape[1])]


def _index(names: Names) -> NDArray[np.intp]:
    return np.unique(np.asarray(names, dtype=str), return_inverse=True)[1]


def _weights(indices: Sequence[NDArray[np.intp]], resamples: int, rng: np.random.Generator) -> Iterator[Values]:
    """(chunk, n) at a time: how often each value counts, the product over its clusters' draws."""
    for size in _chunks(resamples, len(indices[0])):
        weights = np.ones((size, len(indices[0])))
        for index in indices:
            levels = int(index.max()) + 1
            weights *= rng.multinomial(levels, np.full(levels, 1 / levels), size=size)[:, index]
        yield weights


def _signs(clusters: int, resamples: int, seed: int) -> Iterator[Values]:
    if clusters <= EXACT:
        yield np.array(list(product((1.0, -1.0), repeat=clusters)))
        return
    rng = np.random.default_rng(seed)
    for size in _chunks(resamples, clusters):
        yield rng.integers(0, 2, size=(size, clusters), dtype=np.int8).astype(np.float64) * 2 - 1


def _chunks(total: int, width: int) -> Iterator[int]:
    size = max(1, CHUNK // width)
    for start in range(0, total, size):
        yield min(size, total - start)
