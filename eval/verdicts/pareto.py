"""The front over quality, seconds and credits, where a setting is beaten only by what is surely better."""

from collections.abc import Mapping
from dataclasses import dataclass

from eval.runs.results import Setting
from eval.verdicts.comparisons import Comparison, Comparisons
from eval.verdicts.summaries import Summary


@dataclass(frozen=True, slots=True)
class Dominance:
    """A setting that nobody needs, since another is no worse in anything and surely better in something."""

    loser: Setting
    by: Setting
    better_in: tuple[str, ...]
    """Of quality, seconds, credits."""


@dataclass(frozen=True, slots=True)
class Front:
    """Settings that are worth choosing in one tariff, and why the others aren't."""

    tariff: str
    settings: tuple[Setting, ...]
    dominated: tuple[Dominance, ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """What is known of one setting against another in one dimension."""

    no_worse: bool
    better: bool


def front_of(summaries: Mapping[Setting, Summary], quality: Comparisons, seconds: Comparisons, tariff: str) -> Front:
    """The front of settings that have a quality; nobody is dominated by one that is itself only a little behind.

    A difference counts as better only where it is detectable and larger than its margin, as no worse where its interval rules out a
    loss beyond the margin. Those who are dominated by one another in a circle stay, so the front is never empty.
    """
    known = [setting for setting, summary in summaries.items() if summary.scores]
    beaten = [found for loser in known if (found := _beaten(loser, known, summaries, quality, seconds, tariff)) is not None]
    losers = {each.loser for each in beaten}
    front = tuple(setting for setting in known if setting not in losers)
    return Front(tariff, front, tuple(beaten)) if front else Front(tariff, tuple(known), ())


def _beaten(
    loser: Setting,
    known: list[Setting],
    summaries: Mapping[Setting, Summary],
    quality: Comparisons,
    seconds: Comparisons,
    tariff: str,
) -> Dominance | None:
    for other in known:
        if other == loser:
            continue
        axes = {
            "quality": by_test(quality.between(other, loser)),
            "seconds": by_interval(seconds.between(other, loser)),
            "credits": _by_price(summaries[other].price(tariff), summaries[loser].price(tariff)),
        }
        better = tuple(name for name, axis in axes.items() if axis.better)
        if better and all(axis.no_worse for axis in axes.values()):
            return Dominance(loser, other, better)
    return None


def by_test(found: Comparison | None) -> Axis:
    """Quality: what was never compared decides nothing."""
    if found is None:
        return Axis(no_worse=False, better=False)
    return Axis(no_worse=found.holds, better=found.verdict == "better" and found.matters)


def by_interval(found: Comparison | None) -> Axis:
    """Seconds: every run of a setting takes about the same time, so that its interval says enough; unmeasured is equal."""
    if found is None:
        return Axis(no_worse=True, better=False)
    margin = found.scale.margin
    return Axis(no_worse=found.gain.low > -margin, better=found.gain.low > 0 and found.gain.estimate > margin)


def _by_price(own: float, other: float) -> Axis:
    return Axis(no_worse=own <= other, better=own < other)
