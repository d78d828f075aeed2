"""Whether Quality is worth its price, and which setting is the cheapest that is as good as the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.runs.results import Setting
from eval.verdicts.comparisons import Comparison, Comparisons
from eval.verdicts.summaries import Summary

Answer = Literal["yes", "no", "hardly", "mixed", "unsettled", "unknown"]
"""`hardly`: better, but by less than anyone would mind; `mixed`: a guard speaks otherwise; `unknown`: nothing to compare."""
DEAR = "quality"
CHEAPER = ("fast", "balanced")
"""Modes below Quality, cheapest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """The answer for one engine and resolution of a tool."""

    engine: str
    resolution: str
    answer: Answer
    than: Setting | None
    """The cheaper setting that decides: as good as Quality, or the best of those that aren't."""
    gain: Comparison | None
    """Of Quality over it."""
    guard: Comparison | None
    """The metric that speaks otherwise where the answer is mixed, seen from Quality."""
    credits_app: float | None
    """What Quality costs more for an output."""
    credits_api: float | None
    seconds: float | None
    """What it takes longer, warm, at the median."""

    def per_unit(self, tariff: str = "api") -> float | None:
        """Credits for one unit of the metric gained; None where nothing is gained for certain."""
        price = self.credits_api if tariff == "api" else self.credits_app
        return price / self.gain.gain.estimate if self.gain and price is not None and self.gain.verdict == "better" else None


def worths(table: Mapping[Setting, Summary], quality: Comparisons, guards: Sequence[Comparisons]) -> tuple[Worth, ...]:
    """One answer for each engine and resolution in which Quality was run."""
    dear = [setting for setting in table if setting.mode == DEAR]
    return tuple(_worth(each, table, quality, guards) for each in dear)


def _worth(dear: Setting, table: Mapping[Setting, Summary], quality: Comparisons, guards: Sequence[Comparisons]) -> Worth:
    cheaper = [each for mode in CHEAPER for each in table if same_place(each, dear) and each.mode == mode]
    gains = [gain for each in cheaper if (gain := quality.between(dear, each)) is not None]
    if not gains:
        return _answered(dear, None, "unknown", table)
    equal = [gain for gain in gains if quality.holds(gain.other, dear)]
    for gain in equal:
        if _veto(gain.other, dear, guards) is None:
            return _answered(dear, gain, "hardly" if gain.verdict == "better" else "no", table)
    if equal:
        return _answered(dear, equal[-1], "mixed", table, _veto(equal[-1].other, dear, guards))
    least = min(gains, key=lambda gain: gain.gain.estimate)
    if not all(gain.matters and gain.verdict == "better" for gain in gains):
        return _answered(dear, least, "no" if least.verdict == "worse" else "unsettled", table)
    against = next((veto for gain in gains if (veto := _veto(dear, gain.other, guards)) is not None), None)
    return _answered(dear, least, "yes" if against is None else "mixed", table, against)


def same_place(one: Setting, other: Setting) -> bool:
    """Whether only the mode differs."""
    return (one.engine, one.resolution) == (other.engine, other.resolution)


def as_good(one: Setting, other: Setting, quality: Comparisons, guards: Sequence[Comparisons]) -> bool:
    """Whether `one` is known to be no worse by the quality, and not found worse by any guard."""
    return quality.holds(one, other) and _veto(one, other, guards) is None


def _veto(one: Setting, other: Setting, guards: Sequence[Comparisons]) -> Comparison | None:
    """The first guard by which `one` is clearly worse, seen from `one`."""
    found = (guard.between(one, other) for guard in guards)
    return next((each for each in found if each is not None and each.matters and each.verdict == "worse"), None)


def _answered(
    dear: Setting, gain: Comparison | None, answer: Answer, table: Mapping[Setting, Summary], guard: Comparison | None = None
) -> Worth:
    than = gain.other if gain is not None else None
    own, other = table[dear], table[than or dear]
    return Worth(
        engine=dear.engine,
        resolution=dear.resolution,
        answer=answer,
        than=than,
        gain=gain,
        guard=guard if guard is None or guard.one == dear else guard.turned(),
        credits_app=less(own.credits_app, other.credits_app) if than else None,
        credits_api=less(own.credits_api, other.credits_api) if than else None,
        seconds=less(own.latency.p50, other.latency.p50) if than else None,
    )


def less(one: float | None, other: float | None) -> float | None:
    """The difference of what is known."""
    return None if one is None or other is None else one - other


@dataclass(frozen=True, slots=True)
class Cheapest:
    """The best setting of an engine and resolution, and the cheapest that is as good."""

    best: Setting
    setting: Setting
    gain: Comparison | None
    """Of the cheapest over the best; None where they are the same."""


def cheapest(table: Mapping[Setting, Summary], metric: str, sign: int, quality: Comparisons,
             guards: Sequence[Comparisons]) -> tuple[Cheapest, ...]:  # fmt: skip
    """For each engine and resolution that has a quality; by credits of the app and the API together, then by time."""
    known = [setting for setting, summary in table.items() if metric in summary.scores]
    places = dict.fromkeys((setting.engine, setting.resolution) for setting in known)
    found = []
    for place in places:
        here = [setting for setting in known if (setting.engine, setting.resolution) == place]
        sound = [setting for setting in here if not _outdone(setting, here, quality, guards)] or here
        best = max(sound, key=lambda setting: sign * table[setting].scores[metric].estimate)
        fit = [setting for setting in here if setting == best or as_good(setting, best, quality, guards)]
        chosen = min(fit, key=lambda setting: cost(table[setting]))
        found.append(Cheapest(best, chosen, None if chosen == best else quality.between(chosen, best)))
    return tuple(found)


def _outdone(one: Setting, here: Sequence[Setting], quality: Comparisons, guards: Sequence[Comparisons]) -> bool:
    """Whether another is as good by the quality and clearly better by a guard."""
    return any(each != one and quality.holds(each, one) and _veto(one, each, guards) is not None for each in here)


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What orders settings: credits first."""

    credits: float
    seconds: float


def cost(summary: Summary) -> Cost:
    """Of an output; what isn't known counts as nothing."""
    seconds = summary.latency.p50 if summary.latency.p50 is not None else summary.latency.cold
    return Cost((summary.credits_app or 0.0) + (summary.credits_api or 0.0), seconds or 0.0)
