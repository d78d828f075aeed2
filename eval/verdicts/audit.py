"""What the studio's Auto chose, whether something cheaper would have been as good, and the rules that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from eval.runs.manifest import Told
from eval.runs.results import Setting
from eval.runs.row import Row
from eval.verdicts.comparisons import Comparison, Comparisons, Scale, compared, seconds_scale
from eval.verdicts.pareto import by_interval
from eval.verdicts.quality import Quality
from eval.verdicts.sheet import API, APP, SECONDS, Sheet, among
from eval.verdicts.words import costs, mode_title, within
from eval.verdicts.worth import as_good

Kind = Literal["cheaper", "free", "better", "right", "unmeasured"]
"""Something cheaper is as good; something is better for no more credits; something dearer is; neither; Auto's was not run."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What Auto would have chosen for a request."""

    mode: str
    resolution: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """About one choice of Auto, for one engine, from the cases for which it was made."""

    tool: str
    engine: str
    choice: Choice
    measured_at: str
    """The resolution of the outputs: the chosen one where the run has it."""
    cases: int
    kind: Kind
    mode: str
    """What the rules should choose by these numbers."""
    gain: Comparison | None
    """Of that over Auto's choice."""
    text: str


def audited(sheet: Sheet, rows: Sequence[Row], quality: Quality) -> tuple[Finding, ...]:
    """One finding for each choice that Auto made of a tool, engine by engine."""
    choices: dict[Choice, set[str]] = {}
    for row in rows:
        if row.auto_mode:
            choices.setdefault(Choice(row.auto_mode, row.auto_resolution), set()).add(row.case)
    engines = dict.fromkeys(setting.engine for setting in sheet.settings)
    return tuple(_found(sheet, quality, engine, choice, cases) for choice, cases in choices.items() for engine in engines)


def _found(sheet: Sheet, quality: Quality, engine: str, choice: Choice, cases: set[str]) -> Finding:
    own = [setting for setting in sheet.settings if setting.engine == engine]
    at = choice.resolution if any(setting.resolution == choice.resolution for setting in own) else own[0].resolution
    here = [setting for setting in own if setting.resolution == at]
    auto = next((setting for setting in here if setting.mode == choice.mode), None)
    part = among(sheet.only(np.array([line.case in cases for line in sheet.lines])), here)
    base = _Base(sheet.tool, engine, choice, at, len(cases))
    told = quality.primary
    if auto is None or not np.isfinite(part.column(told.name)[:, part.settings.index(auto)]).any():
        reason = f"Auto chose {base.chosen}, which this run has no scores of; run it to audit the rule."
        return base.finding("unmeasured", choice.mode, None, reason)
    return _judged(base, part, quality, auto, [setting for setting in here if setting != auto])


@dataclass(frozen=True, slots=True)
class _Base:
    tool: str
    engine: str
    choice: Choice
    at: str
    cases: int

    @property
    def chosen(self) -> str:
        """`Balanced (2k)`."""
        return (
            f"{mode_title(self.choice.mode)} ({self.choice.resolution})"
            if self.choice.resolution
            else mode_title(self.choice.mode)
        )

    def finding(self, kind: Kind, mode: str, gain: Comparison | None, text: str) -> Finding:
        elsewhere = self.choice.resolution and self.at != self.choice.resolution
        note = (
            f" Measured at {self.at}, since {self.choice.resolution} was not run." if elsewhere and kind != "unmeasured" else ""
        )
        return Finding(
            tool=self.tool,
            engine=self.engine,
            choice=self.choice,
            measured_at=self.at,
            cases=self.cases,
            kind=kind,
            mode=mode,
            gain=gain,
            text=text + note,
        )


def _judged(base: _Base, part: Sheet, quality: Quality, auto: Setting, others: Sequence[Setting]) -> Finding:
    scale, slow = Scale.of(quality.primary), seconds_scale(part)
    guards = [Scale.of(told) for told in quality.guards]
    found = compared(part, [[scale], guards, [slow]])
    primary, checks = found[scale.name], [found[guard.name] for guard in guards]
    able = [each for each in others if as_good(each, auto, primary, checks) and _cheaper(part, each, auto, found[SECONDS])]
    if able:
        cheapest = min(able, key=lambda each: _means(part, each).cost)
        return _cheaper_found(base, part, quality.primary, auto, cheapest, primary)
    better = [
        gain for each in others if (gain := primary.between(each, auto)) is not None and gain.verdict == "better" and gain.matters
    ]
    if better:
        free = [gain for gain in better if max(_more(part, gain.one, auto), default=0) <= 0]
        best = max(free or better, key=lambda gain: gain.gain.estimate)
        enough = [gain for gain in free if gain is best or as_good(gain.one, best.one, primary, checks)]
        chosen = min(enough, key=lambda gain: _means(part, gain.one).seconds or 0.0, default=best)
        return _better_found(base, part, quality.primary, auto, chosen, free=bool(free))
    text = f"Auto chose {base.chosen}: nothing cheaper is known to be as good, and nothing is known to be better."
    return base.finding("right", auto.mode, None, text + _advice(primary, auto))


@dataclass(frozen=True, slots=True)
class _Means:
    app: float | None
    api: float | None
    seconds: float | None

    @property
    def cost(self) -> tuple[float, float]:
        return (self.app or 0.0) + (self.api or 0.0), self.seconds or 0.0


def _means(part: Sheet, setting: Setting) -> _Means:
    at = part.settings.index(setting)
    columns = [part.column(name)[:, at] for name in (APP, API, SECONDS)]
    known = [column[np.isfinite(column)] for column in columns]
    app, api = (float(each.mean()) if each.size else None for each in known[:2])
    return _Means(app, api, float(np.median(known[2])) if known[2].size else None)


def _cheaper(part: Sheet, one: Setting, other: Setting, seconds: Comparisons) -> bool:
    """Fewer credits in a tariff and more in none, or the same credits in less time."""
    more = _more(part, one, other)
    faster = by_interval(seconds.between(one, other)).better
    return all(each <= 0 for each in more) and (any(each < 0 for each in more) or faster)


def _more(part: Sheet, one: Setting, other: Setting) -> list[float]:
    """Credits that one costs more than the other, in each tariff that both have."""
    own, theirs = _means(part, one), _means(part, other)
    pairs = [(own.app, theirs.app), (own.api, theirs.api)]
    return [a - b for a, b in pairs if a is not None and b is not None]


def _cheaper_found(base: _Base, part: Sheet, told: Told, auto: Setting, chosen: Setting, primary: Comparisons) -> Finding:
    gain = primary.between(chosen, auto)
    told_gain = within(told, gain.gain) if gain else "no difference measured"
    text = f"Auto chose {base.chosen}; {mode_title(chosen.mode)} would have been as good ({told_gain}): {_costs(part, chosen, auto)}."
    return base.finding("cheaper", chosen.mode, gain, text)


def _better_found(base: _Base, part: Sheet, told: Told, auto: Setting, gain: Comparison, *, free: bool) -> Finding:
    better = f"{mode_title(gain.one.mode)} would have been better ({within(told, gain.gain)})"
    text = f"Auto chose {base.chosen}; {better}: {_costs(part, gain.one, auto)}."
    return base.finding("free" if free else "better", gain.one.mode if free else auto.mode, gain, text)


def _costs(part: Sheet, one: Setting, other: Setting) -> str:
    own, theirs = _means(part, one), _means(part, other)
    pairs = ((own.app, theirs.app), (own.api, theirs.api), (own.seconds, theirs.seconds))
    return costs(*(None if a is None or b is None else a - b for a, b in pairs))


def _advice(primary: Comparisons, auto: Setting) -> str:
    more = [each.more for each in primary.all if auto in (each.one, each.other) and each.more]
    return f" {max(more)} more cases would settle it." if more else ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of the suggested rule table."""

    tool: str
    choice: Choice
    suggested: str
    cases: int
    why: str


def rules(findings: Sequence[Finding]) -> tuple[Rule, ...]:
    """What Auto should choose: another mode only where every engine's numbers agree on it."""
    grouped: dict[tuple[str, Choice], list[Finding]] = {}
    for each in findings:
        if each.kind != "unmeasured":
            grouped.setdefault((each.tool, each.choice), []).append(each)
    return tuple(_rule(tool, choice, found) for (tool, choice), found in grouped.items())


def _rule(tool: str, choice: Choice, found: Sequence[Finding]) -> Rule:
    modes = {each.mode for each in found}
    agreed = modes.pop() if len(modes) == 1 else choice.mode
    why: Mapping[Kind, str] = {
        "cheaper": "as good for less",
        "free": "better for no more credits",
        "better": "kept; a dearer mode is better",
        "right": "kept",
        "unmeasured": "",
    }
    reasons = dict.fromkeys(why[each.kind] for each in found)
    return Rule(tool, choice, agreed, max(each.cases for each in found), "; ".join(reasons))
