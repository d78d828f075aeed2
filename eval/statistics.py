"""What differences between modes and engines are worth: intervals, tests, effect sizes, and how many cases would settle it.

Cases share garments and people, so they are no independent draws: intervals resample garments and people, not cases, and tests
flip all cases of a garment together. Everything is deterministic for a seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, inf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

LEVEL = 0.95
"""Of intervals; tests call a difference detectable where their corrected p is below the rest of it."""
RESAMPLES = 2000
EXACT = 12
"""Clusters up to which a permutation test goes through all flips of signs."""
FEWEST = 6
"""Groups from which on anything is said of a difference: with fewer, no flip of signs has a p below .05."""
Values = NDArray[np.float64]
Verdict = Literal["better", "worse", "no worse", "no detectable difference"]


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and where it may lie."""

    estimate: float
    low: float
    high: float

    def excludes(self, value: float) -> bool:
        """Whether the value lies outside."""
        return not self.low <= value <= self.high


def mean_interval(
    values: ArrayLike, *clusters: Sequence[str], level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """The mean of values (n,) with its percentile interval under resampling of every clustering.

    `clusters` name for each value what it shares with others: its garment, its person. Each is resampled by itself and a value
    counts by the product of its counts, so that what is shared in any way widens the interval (Owen 2007, "The pigeonhole
    bootstrap"). Without clusters values are independent. Raises ValueError where there are no values.

    >>> mean_interval([1, 1, 1, 1]) == Interval(1.0, 1.0, 1.0)
    True
    """
    data = _values(values)
    groups = clusters or ([str(number) for number in range(len(data))],)
    weights = np.ones((resamples, len(data)))
    rng = np.random.default_rng(seed)
    for names in groups:
        weights *= _counts(_indices(names, len(data)), resamples, rng)
    total = weights.sum(axis=1)
    drawn = (weights @ data)[total > 0] / total[total > 0]
    low, high = np.quantile(drawn, ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(data.mean()), float(low), float(high))


def paired_p(differences: ArrayLike, clusters: Sequence[str] | None = None, *, resamples: int = 10_000, seed: int = 0) -> float:
    """Two-sided p of the mean of paired differences (n,) being 0, by flipping signs of whole clusters.

    Exact for up to 12 clusters, else by random flips, counting the given one (Phipson and Smyth 2010). 1 where all are 0.

    >>> round(paired_p([1.0, 2.0, 3.0, 4.0]), 3)
    0.125
    """
    data = _values(differences)
    index = _indices(clusters if clusters is not None else [str(number) for number in range(len(data))], len(data))
    sums = np.bincount(index, weights=data)
    given = abs(sums.sum())
    if len(sums) <= EXACT:
        signs = np.array(list(product((1.0, -1.0), repeat=len(sums))))
        return float((np.abs(signs @ sums) >= given * (1 - 1e-12)).mean())
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(resamples, len(sums)))
    reached = int((np.abs(signs @ sums) >= given * (1 - 1e-12)).sum())
    return (reached + 1) / (resamples + 1)


def holm(p_values: ArrayLike) -> Values:
    """p values (n,) corrected for being several, in their order (Holm 1979).

    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    given = _values(p_values)
    order = np.argsort(given)
    steps = np.maximum.accumulate((len(given) - np.arange(len(given))) * given[order])
    corrected = np.empty_like(given)
    corrected[order] = np.minimum(steps, 1.0)
    return corrected


def paired_effect(differences: ArrayLike) -> float:
    """Mean over standard deviation of paired differences (n,), n > 1 (Cohen 1988, d_z); infinite where they are all the same."""
    data = _values(differences)
    spread = float(data.std(ddof=1)) if len(data) > 1 else 0.0
    mean = float(data.mean())
    return mean / spread if spread > 0 else 0.0 if mean == 0 else inf * np.sign(mean)


def win_rate(wins: float, of: int, level: float = LEVEL) -> Interval:
    """Share of wins, a tie counting as half of one, with Wilson's score interval (Wilson 1927).

    >>> win_rate(5, 10).estimate
    0.5
    """
    if of <= 0 or not 0 <= wins <= of:
        raise ValueError(f"{wins} wins of {of} are no rate; give at least one comparison and at most as many wins")
    z, share = float(norm.ppf((1 + level) / 2)), wins / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return Interval(share, min(share, max(0.0, middle - reach)), max(share, min(1.0, middle + reach)))


def verdict(gain: Interval, p: float, margin: float, groups: int, level: float = LEVEL) -> Verdict:
    """What may be said of a gain, positive being better, with its corrected p; `margin` is a loss that nobody would mind.

    `groups` is how many independent garments, people or cases it is the mean of; of fewer than `FEWEST` nothing can be said.

    >>> verdict(Interval(0.2, 0.1, 0.3), 0.01, 0.05, groups=8)
    'better'
    >>> verdict(Interval(0.0, -0.02, 0.02), 0.9, 0.05, groups=8)
    'no worse'
    >>> verdict(Interval(0.0, 0.0, 0.0), 1.0, 0.05, groups=1)
    'no detectable difference'
    """
    if groups < FEWEST:
        return "no detectable difference"
    if p < 1 - level and gain.excludes(0):
        return "better" if gain.estimate > 0 else "worse"
    return "no worse" if gain.low > -abs(margin) else "no detectable difference"


def cases_needed(differences: ArrayLike, effect: float, power: float = 0.8, level: float = LEVEL) -> int:
    """How many cases would show a mean difference of `effect` with that power, from the spread of those seen (n,), n > 1.

    The normal approximation of a paired test (Cohen 1988). Raises ValueError where the effect is 0.
    """
    data = _values(differences)
    if effect == 0 or len(data) < 2:
        raise ValueError("tell a difference that is not 0, and at least two cases that show how much they vary")
    reach = float(norm.ppf((1 + level) / 2) + norm.ppf(power))
    return max(2, ceil((reach * float(data.std(ddof=1)) / abs(effect)) ** 2))


def _values(given: ArrayLike) -> Values:
    data = np.asarray(given, np.float64).ravel()
    if not data.size or not np.isfinite(data).all():
        raise ValueError("give at least one value, and only finite ones; leave out what was not scored")
    return data


def _indices(names: Sequence[str], count: int) -> NDArray[np.intp]:
    if len(names) != count:
        raise ValueError(f"{len(names)} cluster names for {count} values; give one for each")
    return np.unique(np.asarray(names, dtype=str), return_inverse=True)[1]


def _counts(index: NDArray[np.intp], resamples: int, rng: np.random.Generator) -> Values:
    """(resamples, n): how often each value's cluster is drawn."""
    levels = int(index.max()) + 1
    drawn = rng.multinomial(levels, np.full(levels, 1 / levels), size=resamples)
    return drawn[:, index].astype(np.float64)
