"""Strengths from paired votes with ties: Bradley-Terry as Davidson (1970) extends it, by penalised maximum likelihood.

With strengths p and a tie parameter v, one is preferred to the other with probability p_i / (p_i + p_j + v sqrt(p_i p_j)), and the
two tie with v sqrt(p_i p_j) / (p_i + p_j + v sqrt(p_i p_j)). In logarithms that is a multinomial logit, whose likelihood is concave.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import expit

from eval.statistics import LEVEL, Interval

RIDGE = 0.01
"""Weight of the squared log strengths: too little to move what is settled, enough to keep one that always wins finite."""
RESAMPLES = 1000
STEPS = 60
TOLERANCE = 1e-9
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One vote: 1 where the first was preferred, -1 where the second was, 0 where they tied; and what it shares with others."""

    first: str
    second: str
    outcome: int
    voter: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class Strength:
    """Of one entrant. `log` is its log strength, all of a table adding up to 0; `preferred` is how often it would be preferred
    to an entrant of average strength, ties left out."""

    name: str
    log: Interval
    preferred: Interval


@dataclass(frozen=True, slots=True)
class Fit:
    """Strengths, strongest first, or the groups that no vote connects; then there are no strengths, since none can be compared."""

    strengths: tuple[Strength, ...]
    tie: float
    """Davidson's v; 2 makes a tie of equals as likely as a preference."""
    groups: tuple[tuple[str, ...], ...]
    bounded: bool = True
    """False where some entrants won every vote against all others (Ford 1957): only the penalty keeps distances finite, and the
    bootstrap can't tell how sure they are, so that the intervals are open at both ends."""

    @property
    def connected(self) -> bool:
        """Whether every entrant can be compared with every other."""
        return len(self.groups) <= 1


def fit(comparisons: Sequence[Comparison], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Fit:
    """Maximum likelihood with percentile intervals that resample voters and cases, each by itself (Owen 2007).

    >>> [each.name for each in fit([Comparison("a", "b", 1), Comparison("b", "a", -1), Comparison("a", "b", 0)]).strengths]
    ['a', 'b']
    """
    names = sorted({name for each in comparisons for name in (each.first, each.second)})
    groups = groups_of(comparisons)
    if len(groups) != 1:
        return Fit((), 0.0, groups)
    design = _Design.of(names)
    kinds = np.array([design.kind(each) for each in comparisons])
    counts = np.bincount(kinds, minlength=design.size)[None, :].astype(np.float64)
    found = _maximum(design, counts)[0]
    weights = cluster_weights(
        [[each.voter for each in comparisons], [each.case for each in comparisons]], resamples, np.random.default_rng(seed)
    )
    drawn = _maximum(design, _summed(weights, kinds, design.size))
    tail = (1 - level) / 2
    low, high = np.quantile(_centred(drawn), (tail, 1 - tail), axis=0)
    bounded = _bounded(names, comparisons)
    ends = (low, high) if bounded else (np.full(len(names), -np.inf), np.full(len(names), np.inf))
    return Fit(_ranked(names, _centred(found[None])[0], *ends), float(np.exp(found[-1])), groups, bounded)


def groups_of(comparisons: Sequence[Comparison]) -> tuple[tuple[str, ...], ...]:
    """Entrants that votes connect, each group by name, the largest first.

    >>> groups_of([Comparison("a", "b", 1), Comparison("c", "d", 0), Comparison("b", "e", 1)])
    (('a', 'b', 'e'), ('c', 'd'))
    """
    group: dict[str, set[str]] = {}
    for each in comparisons:
        joined = group.get(each.first, {each.first}) | group.get(each.second, {each.second})
        group.update(dict.fromkeys(joined, joined))
    unique = {tuple(sorted(each)) for each in group.values()}
    return tuple(sorted(unique, key=lambda names: (-len(names), names)))


def _bounded(names: Sequence[str], comparisons: Sequence[Comparison]) -> bool:
    """Whether from every entrant a chain of wins and ties leads to every other."""
    beaten = np.zeros((len(names), len(names)))
    for each in comparisons:
        first, second = names.index(each.first), names.index(each.second)
        beaten[first, second] += each.outcome >= 0
        beaten[second, first] += each.outcome <= 0
    return int(connected_components(beaten, connection="strong")[0]) == 1


def cluster_weights(clusterings: Sequence[Sequence[str]], resamples: int, rng: np.random.Generator) -> Values:
    """(resamples, n): how often each value counts when the clusters of every clustering are drawn anew.

    A clustering of one cluster, such as one voter, says nothing of how clusters differ and is left as it is.
    """
    weights = np.ones((resamples, len(clusterings[0])))
    for names in clusterings:
        index = np.unique(np.asarray(names, dtype=str), return_inverse=True)[1]
        levels = int(index.max()) + 1
        weights *= rng.multinomial(levels, np.full(levels, 1 / levels), size=resamples)[:, index]
    return weights


@dataclass(frozen=True, slots=True)
class _Design:
    """The logit's rows: for every pair of entrants, the features of a first, a second and a tie."""

    names: tuple[str, ...]
    pairs: tuple[tuple[str, str], ...]
    rows: Values
    """(pairs, 3, entrants + 1); the last feature is the tie's."""

    @classmethod
    def of(cls, names: Sequence[str]) -> "_Design":
        pairs = tuple(combinations(names, 2))
        rows = np.zeros((len(pairs), 3, len(names) + 1))
        for number, (one, other) in enumerate(pairs):
            rows[number, 0, names.index(one)] = rows[number, 1, names.index(other)] = 1.0
            rows[number, 2, [names.index(one), names.index(other)]] = 0.5
            rows[number, 2, -1] = 1.0
        return cls(tuple(names), pairs, rows)

    @property
    def size(self) -> int:
        """Count of outcomes: three for each pair."""
        return 3 * len(self.pairs)

    def kind(self, vote: Comparison) -> int:
        """Which of the outcomes a vote is."""
        turned = vote.first > vote.second
        pair = (vote.second, vote.first) if turned else (vote.first, vote.second)
        outcome = -vote.outcome if turned else vote.outcome
        return 3 * self.pairs.index(pair) + {1: 0, -1: 1, 0: 2}[outcome]


def _summed(weights: Values, kinds: NDArray[np.intp], size: int) -> Values:
    """(resamples, size): weights of each outcome."""
    one_hot = np.zeros((len(kinds), size))
    one_hot[np.arange(len(kinds)), kinds] = 1.0
    return weights @ one_hot


def _maximum(design: _Design, counts: Values) -> Values:
    """(draws, entrants + 1): log strengths and log tie parameter by Newton's method with halved steps, all draws at once."""
    seen = counts.any(axis=0).reshape(-1, 3).any(axis=1)
    rows, given = design.rows[seen], counts.reshape(len(counts), -1, 3)[:, seen]
    at = np.zeros((len(counts), rows.shape[-1]))
    value = _penalised(rows, given, at)
    for _ in range(STEPS):
        step = _newton(rows, given, at)
        size = np.ones((len(at), 1))
        moved = _penalised(rows, given, at + step)
        while (worse := moved < value - 1e-12).any() and size.min() > 1e-6:
            size[worse] /= 2
            moved = _penalised(rows, given, at + size * step)
        at, value = at + size * step, moved
        if np.abs(size * step).max() < TOLERANCE:
            break
    return at


def _penalised(rows: Values, given: Values, at: Values) -> Values:
    """(draws,): log likelihood less the penalty."""
    logits = np.einsum("pcf,df->dpc", rows, at)
    top = logits.max(axis=2, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(axis=2, keepdims=True))
    return np.asarray((given * logs).sum(axis=(1, 2)) - RIDGE / 2 * (at**2).sum(axis=1))


def _newton(rows: Values, given: Values, at: Values) -> Values:
    """(draws, features): the step to the maximum of the quadratic that touches the likelihood here."""
    logits = np.einsum("pcf,df->dpc", rows, at)
    shares = np.exp(logits - logits.max(axis=2, keepdims=True))
    shares /= shares.sum(axis=2, keepdims=True)
    totals = given.sum(axis=2)
    expected = np.einsum("dpc,pcf->dpf", shares, rows)
    slope = np.einsum("dpc,pcf->df", given, rows) - np.einsum("dp,dpf->df", totals, expected) - RIDGE * at
    bend = np.einsum("dp,dpc,pcf,pcg->dfg", totals, shares, rows, rows, optimize=True)
    bend -= np.einsum("dp,dpf,dpg->dfg", totals, expected, expected, optimize=True)
    bend += RIDGE * np.eye(rows.shape[-1])
    return np.asarray(np.linalg.solve(bend, slope[..., None])[..., 0])


def _centred(found: Values) -> Values:
    strengths = found[:, :-1]
    return np.asarray(strengths - strengths.mean(axis=1, keepdims=True))


def _ranked(names: Sequence[str], logs: Values, low: Values, high: Values) -> tuple[Strength, ...]:
    found = [
        Strength(name, interval, Interval(*(_logistic(each) for each in (interval.estimate, interval.low, interval.high))))
        for name, interval in zip(names, map(Interval, logs.tolist(), low.tolist(), high.tolist()), strict=True)
    ]
    return tuple(sorted(found, key=lambda each: -each.log.estimate))


def _logistic(value: float) -> float:
    return float(expit(value))
