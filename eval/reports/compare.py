"""Two runs against each other: what got better, what got worse, and what may not be compared at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.errors import Incomparable
from eval.reports.tables import Column, Line, Table, Value
from eval.runs.manifest import Told
from eval.runs.results import Results, Setting, setting_of
from eval.runs.row import Row
from eval.statistics import Interval, Values, Verdict, holm, verdict
from eval.verdicts.resampling import mean_intervals, paired_ps
from eval.verdicts.sheet import SECONDS, clusterings_of, seconds_of
from eval.verdicts.words import mode_title, plain, signed, spread, tool_title


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Of one setting by one metric from the base to the new run; positive is better."""

    setting: Setting
    metric: str
    cells: int
    """That both runs have scored."""
    groups: int
    """Garments, or people or cases where no garment is known, that these are of."""
    base: float
    new: float
    gain: Interval
    p: float
    """Corrected for all settings and metrics of the tool (Holm)."""
    margin: float
    digits: int

    @property
    def verdict(self) -> Verdict:
        """Of the new run over the base."""
        return verdict(self.gain, self.p, self.margin, self.groups)

    @property
    def regression(self) -> bool:
        """Worse, for certain and by more than anyone would mind."""
        return self.verdict == "worse" and -self.gain.estimate > self.margin


@dataclass(frozen=True, slots=True)
class Lost:
    """A cell that the base did and the new run didn't."""

    row: Row

    @property
    def text(self) -> str:
        """Which one and why."""
        row = self.row
        return (
            f"{row.tool} {row.case} {row.mode} {row.resolution} seed {row.seed}: {row.status}, {row.error or 'no reason given'}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunComparison:
    """What changed between two runs of a suite, on the cells that both have."""

    base: str
    new: str
    cells: int
    changes: tuple[Change, ...]
    lost: tuple[Lost, ...]

    @property
    def regressions(self) -> tuple[Change, ...]:
        """Changes that would be minded."""
        return tuple(each for each in self.changes if each.regression)

    def markdown(self) -> str:
        """A table with the verdict of every tool, setting and metric."""
        worse = len(self.regressions)
        told = "no regression" if not worse else "one regression" if worse == 1 else f"{worse} regressions"
        head = f"# {self.base} → {self.new}\n\n{self.cells:,} cells in both runs: {told}, {len(self.lost)} outputs lost.\n"
        lost = "\n".join(f"- {each.text}" for each in self.lost[:SHOWN])
        rest = f"\n- and {len(self.lost) - SHOWN} more" if len(self.lost) > SHOWN else ""
        return f"{head}\n{_table(self.changes).markdown()}" + (f"\n## Lost\n\n{lost}{rest}\n" if lost else "")

    def _repr_markdown_(self) -> str:
        return self.markdown()


SLACK = 0.2
"""Share of a time that may differ between two runs on the same machine: others use it too."""
UNFELT = 0.05
"""Seconds more that nobody minds, however short a run is."""
SHOWN = 20
"""Lost outputs that are named."""


def _table(changes: Sequence[Change]) -> Table:
    columns = [Column("Tool"), Column("Setting"), Column("Metric"), Column("Base", True), Column("New", True), Column("Gain", True),
               Column("95 % interval", True), Column("p (Holm)", True), Column("Cells", True), Column("Verdict")]  # fmt: skip
    return Table("Changes", columns, [_line(each) for each in changes])


def _line(each: Change) -> Line:
    setting = each.setting
    text = f"**{each.verdict}**" if each.regression else each.verdict
    return [
        tool_title(setting.tool),
        f"{setting.engine} {mode_title(setting.mode)} {setting.resolution}",
        each.metric,
        plain(each.base, each.digits),
        plain(each.new, each.digits),
        Value(signed(each.gain.estimate, each.digits)),
        spread(each.gain, each.digits),
        "–" if each.metric == SECONDS else f"{each.p:.3f}",
        str(each.cells),
        text,
    ]


def compared_runs(base: Results, new: Results, metrics: Sequence[str] = ()) -> RunComparison:
    """The new run against the base, paired on the cells that both have; `metrics` narrows what is compared.

    Raises Incomparable, naming what differs, where suites or the fingerprints of metrics differ, or no cell is in both.
    """
    _same_suite(base, new)
    tolds = _same_metrics(base, new, metrics)
    before, after = ({row.cell: row for row in results.made()} for results in (base, new))
    both = [cell for cell in before if cell in after]
    if not both:
        raise Incomparable("the runs have no cell in common: no tool, case, engine, mode, resolution and seed is in both")
    pairs = [_Pair(before[cell], after[cell]) for cell in both]
    tools = dict.fromkeys(pair.base.tool for pair in pairs)
    timed = base.manifest.device == new.manifest.device
    changes = [change for tool in tools for change in _changes([pair for pair in pairs if pair.base.tool == tool], tolds, timed)]
    lost = tuple(Lost(pair.new) for pair in pairs if pair.base.done and not pair.new.done)
    return RunComparison(base=base.manifest.id, new=new.manifest.id, cells=len(both), changes=tuple(changes), lost=lost)


@dataclass(frozen=True, slots=True)
class _Pair:
    base: Row
    new: Row


def _same_suite(base: Results, new: Results) -> None:
    one, other = base.manifest.suite, new.manifest.suite
    if (one.name, one.version) != (other.name, other.version):
        raise Incomparable(
            f"{base.manifest.id} ran suite {one.name} {one.version}, {new.manifest.id} ran {other.name} {other.version}; "
            "compare runs of the same suite and version"
        )


def _same_metrics(base: Results, new: Results, asked: Sequence[str]) -> tuple[Told, ...]:
    known = {told.name: told for told in base.manifest.metrics}
    shared = [told for told in new.manifest.metrics if told.name in known]
    wanted = [new.manifest.metric(name) for name in asked if base.manifest.metric(name)] if asked else shared
    wrong = [told for told in wanted if told.fingerprint != known[told.name].fingerprint]
    if wrong:
        told = "; ".join(_differs(known[each.name], each) for each in wrong)
        left = [each.name for each in shared if each.fingerprint == known[each.name].fingerprint]
        can = f"; these can be compared: {', '.join(left)}" if left else ""
        raise Incomparable(f"measured differently: {told}{can}; or score both runs anew with the same versions")
    return tuple(wanted)


def _differs(one: Told, other: Told) -> str:
    names = [name for name in {**one.described, **other.described} if one.described.get(name) != other.described.get(name)]
    what = ", ".join(f"{name} {one.described.get(name, 'none')} and {other.described.get(name, 'none')}" for name in names)
    return f"{one.name} ({what or f'{one.fingerprint} and {other.fingerprint}'})"


def _changes(pairs: Sequence[_Pair], tolds: Sequence[Told], timed: bool) -> list[Change]:
    """Of one tool; every column shares its draws. Seconds are judged by their intervals, and only on the same machine."""
    settings = dict.fromkeys(setting_of(pair.base) for pair in pairs)
    columns = [column for setting in settings for column in _columns(pairs, setting, tolds) if timed or column.name != SECONDS]
    if not columns:
        return []
    table = np.stack([each.gains for each in columns], axis=1)
    clusterings = clusterings_of([pair.base for pair in pairs])
    intervals = mean_intervals(table, clusterings)
    ps = _corrected([0.0 if each.name == SECONDS else p for each, p in zip(columns, paired_ps(table, clusterings[0]), strict=True)],
                    [each.name != SECONDS for each in columns])  # fmt: skip
    return [
        each.change(gain, p, clusterings[0]) for each, gain, p in zip(columns, intervals, ps, strict=True) if gain is not None
    ]


def _corrected(ps: Sequence[float | None], tested: Sequence[bool]) -> list[float]:
    known = [p for p, test in zip(ps, tested, strict=True) if test and p is not None]
    corrected = iter(holm(known).tolist() if known else [])
    return [(next(corrected) if test else p) if p is not None else 1.0 for p, test in zip(ps, tested, strict=True)]


@dataclass(frozen=True, slots=True)
class _Column:
    setting: Setting
    name: str
    base: Values
    new: Values
    sign: int
    margin: float
    digits: int

    @property
    def gains(self) -> Values:
        gains: Values = self.sign * (self.new - self.base)
        return gains

    def change(self, gain: Interval, p: float, names: Sequence[str]) -> Change:
        """Means over the cells that both runs scored."""
        both = np.isfinite(self.gains)
        groups = len({name for name, there in zip(names, both, strict=True) if there})
        return Change(
            setting=self.setting, metric=self.name, cells=int(both.sum()), groups=groups, base=float(self.base[both].mean()),
            new=float(self.new[both].mean()), gain=gain, p=p, margin=self.margin, digits=self.digits,
        )  # fmt: skip


def _columns(pairs: Sequence[_Pair], setting: Setting, tolds: Sequence[Told]) -> list[_Column]:
    own = [setting_of(pair.base) == setting and pair.base.done and pair.new.done for pair in pairs]
    found = []
    for told in tolds:
        base, new = (np.array([_score(row, told.name) if there else np.nan for row, there in zip(rows, own, strict=True)])
                     for rows in ([pair.base for pair in pairs], [pair.new for pair in pairs]))  # fmt: skip
        found.append(_Column(setting, told.name, base, new, told.sign, told.margin, told.digits))
    base, new = (np.array([_warm(row) if there else np.nan for row, there in zip(rows, own, strict=True)])
                 for rows in ([pair.base for pair in pairs], [pair.new for pair in pairs]))  # fmt: skip
    known = base[np.isfinite(base)]
    found.append(_Column(setting, SECONDS, base, new, -1, max(UNFELT, SLACK * float(known.mean())) if known.size else UNFELT, 2))
    return [each for each in found if np.isfinite(each.gains).any()]


def _score(row: Row, name: str) -> float:
    return row.scores.get(name, np.nan)


def _warm(row: Row) -> float:
    seconds = seconds_of(row)
    return np.nan if row.cold or seconds is None else seconds


def as_json(found: RunComparison) -> Mapping[str, object]:
    """Plain values, for machines."""
    return {
        "base": found.base,
        "new": found.new,
        "cells": found.cells,
        "lost": [each.text for each in found.lost],
        "changes": [_change_json(each) for each in found.changes],
    }


def _change_json(each: Change) -> dict[str, object]:
    setting = each.setting
    return {
        "tool": setting.tool, "engine": setting.engine, "mode": setting.mode, "resolution": setting.resolution, "metric": each.metric,
        "base": each.base, "new": each.new, "gain": each.gain.estimate, "low": each.gain.low, "high": each.gain.high, "p": each.p,
        "cells": each.cells, "verdict": each.verdict, "regression": each.regression,
    }  # fmt: skip
