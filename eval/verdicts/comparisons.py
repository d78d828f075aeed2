"""Settings of a tool against each other, on the same cases and seeds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from math import ceil, log2

import numpy as np

from eval.runs.manifest import Told
from eval.runs.results import Setting
from eval.statistics import FEWEST, LEVEL, Interval, Values, Verdict, cases_needed, holm, paired_effect, verdict, win_rate
from eval.verdicts.resampling import mean_intervals, paired_ps
from eval.verdicts.sheet import SECONDS, Sheet

SLACK = 0.05
"""Share of a time that nobody would notice."""
REACH = 1.96
"""Half of a 95 % interval in standard errors."""
SAME = 1e-9
"""Differences up to which a case is a tie."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How differences of a column are read: `sign` 1 where higher is better, `margin` a loss that nobody would mind."""

    name: str
    sign: int
    margin: float

    @classmethod
    def of(cls, told: Told) -> "Scale":
        """Of a metric."""
        return cls(told.name, told.sign, told.margin)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What `one` gains over `other`, in the units of the column and positive where `one` is better."""

    scale: Scale
    one: Setting
    other: Setting
    pairs: int
    """Cases and seeds that both have."""
    cases: int
    groups: int
    """Garments, or people or cases where no garment is known, that these are of: what the test flips the signs of."""
    gain: Interval
    p: float
    """Corrected for all comparisons of its family (Holm)."""
    effect: float
    wins: Interval
    """Share of cases in which `one` is better, a tie counting as half."""
    more: int | None
    """Cases more that would settle it; None where it is settled or no number would help."""

    @property
    def verdict(self) -> Verdict:
        """Of `one` over `other`."""
        return verdict(self.gain, self.p, self.scale.margin, self.groups)

    @property
    def matters(self) -> bool:
        """Whether the difference is detectable and larger than the margin."""
        return self.verdict in ("better", "worse") and abs(self.gain.estimate) > self.scale.margin

    @property
    def holds(self) -> bool:
        """Whether `one` is as good as `other`: better, or surely not worse by more than the margin."""
        known = self.verdict in ("better", "no worse") or self.gain.low > -self.scale.margin
        return known and self.groups >= FEWEST

    def turned(self) -> "Comparison":
        """The same from the other side."""
        return replace(
            self,
            one=self.other,
            other=self.one,
            gain=_turned(self.gain, 0.0),
            wins=_turned(self.wins, 1.0),
            effect=-self.effect,
        )


def _turned(interval: Interval, about: float) -> Interval:
    return Interval(about - interval.estimate, about - interval.high, about - interval.low)


@dataclass(frozen=True, slots=True)
class Comparisons:
    """All pairs of one tool by one column."""

    all: tuple[Comparison, ...]

    def between(self, one: Setting, other: Setting) -> Comparison | None:
        """Seen from `one`; None where they share no scored case."""
        for each in self.all:
            if (each.one, each.other) == (one, other):
                return each
            if (each.one, each.other) == (other, one):
                return each.turned()
        return None

    def holds(self, one: Setting, other: Setting) -> bool:
        """Whether `one` is known to be as good as `other`."""
        found = self.between(one, other)
        return one == other or (found is not None and found.holds)


def seconds_scale(sheet: Sheet) -> Scale:
    """Of seconds: a twentieth of the tool's mean time is no difference."""
    column = sheet.column(SECONDS)
    return Scale(SECONDS, -1, SLACK * float(np.nanmean(column)) if np.isfinite(column).any() else 0.0)


def compared(sheet: Sheet, families: Sequence[Sequence[Scale]]) -> dict[str, Comparisons]:
    """All pairs of settings by every column, over the same draws.

    p values are corrected within each family (Holm): for all pairs that differ in one thing, engine, mode or resolution, and
    apart from those for all pairs that differ in more.
    """
    scales = [scale for family in families for scale in family]
    pairs = [_Pair.of(sheet.settings, *each) for each in combinations(range(len(sheet.settings)), 2)]
    if not (pairs and scales and sheet.lines):
        return {scale.name: Comparisons(()) for scale in scales}
    columns = np.hstack([_differences(sheet, scale, pairs) for scale in scales])
    intervals = mean_intervals(columns, sheet.clusterings)
    kinds = [(number, pair.near) for number, family in enumerate(families) for _ in family for pair in pairs]
    tests = _corrected(paired_ps(columns, sheet.clusterings[0]), kinds)
    found: dict[str, list[Comparison]] = {scale.name: [] for scale in scales}
    for at, (scale, pair) in enumerate(product(scales, pairs)):
        gain = intervals[at]
        if gain is not None:
            found[scale.name].append(_comparison(sheet, scale, pair, columns[:, at], gain, tests[at]))
    return {name: Comparisons(tuple(each)) for name, each in found.items()}


@dataclass(frozen=True, slots=True)
class _Pair:
    one: int
    other: int
    near: bool

    @classmethod
    def of(cls, settings: Sequence[Setting], one: int, other: int) -> "_Pair":
        return cls(one, other, near(settings[one], settings[other]))


def near(one: Setting, other: Setting) -> bool:
    """Whether two settings differ in one thing only."""
    return (one.engine != other.engine) + (one.mode != other.mode) + (one.resolution != other.resolution) == 1


@dataclass(frozen=True, slots=True)
class _Test:
    p: float
    family: int
    """Comparisons that it was corrected for."""


def _differences(sheet: Sheet, scale: Scale, pairs: Iterable[_Pair]) -> Values:
    column = sheet.column(scale.name)
    return np.stack([scale.sign * (column[:, pair.one] - column[:, pair.other]) for pair in pairs], axis=1)


def _corrected(ps: Sequence[float | None], kinds: Sequence[tuple[int, bool]]) -> list[_Test]:
    """Holm within each kind; without a value there is no test."""
    tests = [_Test(1.0, 1)] * len(ps)
    for kind in dict.fromkeys(kinds):
        tested = {at: p for at, p in enumerate(ps) if kinds[at] == kind and p is not None}
        for at, p in zip(tested, holm(list(tested.values())).tolist() if tested else (), strict=True):
            tests[at] = _Test(p, len(tested))
    return tests


def _comparison(sheet: Sheet, scale: Scale, pair: _Pair, column: Values, gain: Interval, test: _Test) -> Comparison:
    scored = np.flatnonzero(np.isfinite(column))
    differences = column[scored]
    groups = len({sheet.clusterings[0][at] for at in scored})
    means = by_case(differences, [sheet.lines[at].case for at in scored])
    wins = win_rate(float((means > SAME).sum() + 0.5 * (np.abs(means) <= SAME).sum()), len(means))
    found = Comparison(
        scale=scale,
        one=sheet.settings[pair.one],
        other=sheet.settings[pair.other],
        pairs=len(differences),
        cases=len(means),
        groups=groups,
        gain=gain,
        p=test.p,
        effect=float(paired_effect(differences)),
        wins=wins,
        more=None,
    )
    return replace(found, more=_more(found, means, test.family))


def by_case(values: Values, cases: Sequence[str]) -> Values:
    """Mean of values (n,) over the seeds of each case."""
    index = np.unique(np.asarray(cases, dtype=str), return_inverse=True)[1]
    return np.bincount(index, weights=values) / np.bincount(index)


def _more(found: Comparison, means: Values, family: int) -> int | None:
    """Cases that lack to tell the seen difference from nothing or from the margin.

    What cases share makes each worth less. Few groups cap what a test can say: with so many signs to flip p is never below
    2 ** (1 - groups), which the correction for a family multiplies.
    """
    short = ceil((FEWEST - found.groups) * len(means) / found.groups)
    seen = abs(found.gain.estimate)
    effect = max(seen, found.scale.margin - seen)
    unsettled = "no detectable difference" in (found.verdict, found.turned().verdict)
    if not unsettled or len(means) < 2 or effect == 0 or not means.any():
        return short if short > 0 else None
    alone = float(means.var(ddof=1)) / len(means)
    wide = ((found.gain.high - found.gain.low) / 2 / REACH) ** 2
    shared = max(1.0, wide / alone) if alone > 0 else 1.0
    least = ceil(1 + log2(family / (1 - LEVEL))) * len(means) / found.groups
    return max(1, short, ceil(max(cases_needed(means, effect) * shared, least)) - len(means))
