"""A run's rows as they are now, and what they say of one tool, read as seldom as it takes to cost little."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from eval.reports.page import front_caption, front_plot
from eval.runs import journal, table
from eval.runs.manifest import Told
from eval.runs.results import Results, load
from eval.runs.row import Row
from eval.verdicts.judge import ToolVerdict, verdicts
from eval.verdicts.quality import quality_of

EVERY_SECONDS = 2.0
"""Between two looks at what changes."""
SHARE = 20
"""What took a second is not done again within this many."""
KEPT = 24
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[Value]):
    value: Value
    stamp: Hashable
    until: float


class Seldom(Generic[Value]):
    """Values by key that are made again only once their stamp has changed, and not too soon after the last time."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, _Kept[Value]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, stamp: Hashable, make: Callable[[], Value], *, settled: bool = False) -> Value:
        """What was made before, if it still holds; what is `settled` changes no more, so it is never shown as it was before."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and (kept.stamp == stamp or (not settled and monotonic() < kept.until)):
                return kept.value
            began = monotonic()
            value = make()
            took = monotonic() - began
            self._kept.pop(key, None)
            self._kept[key] = _Kept(value, stamp, monotonic() + max(EVERY_SECONDS, SHARE * took))
            if len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
            return value


@dataclass(frozen=True)
class Look:
    """The rows of a run at one time."""

    folder: Path
    results: Results

    @cached_property
    def rows(self) -> Mapping[str, Row]:
        """Of engines, by cell."""
        return {row.cell: row for row in self.results.made()}

    @cached_property
    def tools(self) -> tuple[str, ...]:
        """That have rows."""
        return tuple(dict.fromkeys(row.tool for row in self.results.made()))

    def metrics(self, tool: str) -> tuple[Told, ...]:
        """Those that have a value for the tool, the one that stands for its quality first."""
        quality = quality_of(self.results, tool)
        there = {name for row in self.rows.values() if row.tool == tool for name in row.scores}
        first = quality.all if quality else ()
        return first + tuple(each for each in self.results.manifest.metrics if each.name in there and each not in first)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the rows say of one tool."""

    verdict: ToolVerdict
    plot: str
    """Quality over seconds as SVG; empty where either is not known."""
    caption: str


class Live:
    """Looks at runs in their folders."""

    def __init__(self) -> None:
        self._looks: Seldom[Look] = Seldom()
        self._seen: Seldom[Seen | None] = Seldom()

    def look(self, folder: Path, *, settled: bool = False) -> Look:
        """The rows so far, at most a few seconds old, or of a run that has ended all of them. Raises BadRun."""
        return self._looks.get(folder, _stamp(folder), lambda: Look(folder, load(folder)), settled=settled)

    def fresh(self, folder: Path) -> Look:
        """The rows so far, without delay. Raises BadRun."""
        return Look(folder, load(folder))

    def seen(self, look: Look, tool: str, metric: str = "", *, settled: bool = False) -> Seen | None:
        """What the rows say of a tool by a metric, or by the one that stands for its quality; None without rows of it."""
        found = look.metrics(tool)
        told = next((each for each in found if each.name == metric), next(iter(found), None))
        stamp = len(look.results.rows)
        return self._seen.get((look.folder, tool, told and told.name), stamp, lambda: _seen(look, tool, told), settled=settled)


def _seen(look: Look, tool: str, told: Told | None) -> Seen | None:
    """Of one metric alone, since every other one costs as much again."""
    manifest = replace(look.results.manifest, metrics=() if told is None else (told,))
    rows = tuple(row for row in look.results.made() if row.tool == tool)
    found = verdicts(Results(manifest, rows))
    return Seen(found[0], front_plot(found[0]), front_caption(found[0])) if found else None


def _stamp(folder: Path) -> Hashable:
    files = [folder / table.FILE, *sorted(folder.glob(journal.PATTERN))]
    return tuple((each.name, told.st_mtime_ns, told.st_size) for each in files if each.exists() and (told := each.stat()))
