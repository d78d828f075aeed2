"""How far a metric prefers what people prefer: Kendall's tau-b over the pairs that were voted on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.arena.strengths import RESAMPLES, Values, cluster_weights
from eval.statistics import LEVEL, Interval, win_rate


@dataclass(frozen=True, slots=True)
class Judged:
    """One vote beside a metric's values: what people preferred (1 the first, -1 the second, 0 a tie), and the metric's gain of
    the first over the second, positive being better."""

    people: int
    gain: float
    voter: str = ""
    case: str = ""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of one metric with people; `tau` is None where one of the two never preferred anything."""

    metric: str
    title: str
    tau: Interval | None
    votes: int
    """Votes on outputs that have the metric's value on both sides."""


def tau_b(judged: Sequence[Judged], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0) -> Interval | None:
    """Concordant less discordant over what could be, ties counted on either side (Kendall 1945), voters and cases resampled.

    Counted over the pairs that people saw, since outputs of different cases were never compared.

    >>> tau_b([Judged(1, 0.2), Judged(-1, -0.1), Judged(1, 0.4)]).estimate
    1.0
    """
    if not judged:
        return None
    people = np.array([each.people for each in judged], np.float64)
    metric = np.sign([each.gain for each in judged])
    if not (people.any() and metric.any()):
        return None
    rng = np.random.default_rng(seed)
    cases = {each.case for each in judged}
    weights = cluster_weights([[each.voter for each in judged], [each.case for each in judged]], resamples, rng)
    estimate = _tau(np.ones((1, len(judged))), people, metric)[0]
    drawn = _tau(weights, people, metric)
    low, high = np.quantile(drawn[np.isfinite(drawn)], ((1 - level) / 2, (1 + level) / 2))
    return Interval(float(estimate), float(low), float(high)) if low < high else _unanimous(float(estimate), len(cases))


def _unanimous(estimate: float, cases: int) -> Interval:
    """Where every draw is the same, the bootstrap can't tell: Wilson's bound for as many agreeing cases, or anything at all."""
    reach = 2 * win_rate(cases, cases).low - 1
    if abs(estimate) < 1 - 1e-9:
        return Interval(estimate, -1.0, 1.0)
    return Interval(estimate, reach, 1.0) if estimate > 0 else Interval(estimate, -1.0, -reach)


def _tau(weights: Values, people: Values, metric: Values) -> Values:
    """(draws,): not a number where a draw has no preference on one side."""
    room = np.sqrt((weights @ people**2) * (weights @ metric**2))
    return np.asarray(np.divide(weights @ (people * metric), room, out=np.full(len(weights), np.nan), where=room > 0))
