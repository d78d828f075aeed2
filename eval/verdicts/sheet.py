"""A tool's rows as arrays: a line for each case and seed, a column for each setting, NaN where nothing was measured."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from eval.runs.results import Results, Setting, setting_of
from eval.runs.row import Row
from eval.statistics import Values

SECONDS, APP, API = "seconds", "credits app", "credits API"
SHARED = ("garment", "person")
"""Clusterings that intervals resample, in this order; tests flip the signs of the first."""


@dataclass(frozen=True, slots=True)
class Line:
    """What settings are compared on: the same case with the same seed."""

    case: str
    seed: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """One tool; `values` has (lines, settings) arrays by metric, `SECONDS`, `APP` and `API`."""

    tool: str
    settings: tuple[Setting, ...]
    lines: tuple[Line, ...]
    clusterings: tuple[tuple[str, ...], ...]
    """For each clustering the name of every line's cluster."""
    values: Mapping[str, Values]

    def column(self, name: str) -> Values:
        """(lines, settings); all NaN where nothing was measured."""
        empty = np.full((len(self.lines), len(self.settings)), np.nan)
        return self.values.get(name, empty)

    def only(self, lines: NDArray[np.bool_]) -> Self:
        """The lines that are chosen, (lines,)."""
        chosen = np.flatnonzero(lines)
        return type(self)(
            self.tool,
            self.settings,
            tuple(self.lines[at] for at in chosen),
            tuple(tuple(names[at] for at in chosen) for names in self.clusterings),
            {name: values[chosen] for name, values in self.values.items()},
        )


def among(sheet: Sheet, settings: Sequence[Setting]) -> Sheet:
    """Some of its settings."""
    chosen = [sheet.settings.index(setting) for setting in settings]
    return replace(sheet, settings=tuple(settings), values={name: values[:, chosen] for name, values in sheet.values.items()})


def seconds_of(row: Row) -> float | None:
    """What a person waits for once their turn has come: running and encoding."""
    return None if row.run_seconds is None else row.run_seconds + (row.encode_seconds or 0.0)


def sheet_of(results: Results, tool: str) -> Sheet:
    """All settings of a tool that the run has. Seconds are those of warm runs; where a tool has none, of cold ones."""
    rows = [row for row in results.made() if row.tool == tool]
    settings = tuple(dict.fromkeys(setting_of(row) for row in rows))
    lines = tuple(dict.fromkeys(Line(row.case, row.seed) for row in rows))
    cases = {row.case: row for row in rows}
    clusterings = clusterings_of([cases[line.case] for line in lines])
    return Sheet(tool, settings, lines, clusterings, _values(rows, settings, lines))


def clusterings_of(rows: Sequence[Row]) -> tuple[tuple[str, ...], ...]:
    """What rows share, one name for each row: garment, then person, as far as any row has one; else the case."""
    kinds = [kind for kind in SHARED if any(kind in row.clusters for row in rows)]
    found = tuple(tuple(row.clusters.get(kind, f"case {row.case}") for row in rows) for kind in kinds)
    return found or (tuple(row.case for row in rows),)


def _values(rows: Sequence[Row], settings: Sequence[Setting], lines: Sequence[Line]) -> dict[str, Values]:
    done = [row for row in rows if row.done]
    across, down = {each: at for at, each in enumerate(settings)}, {each: at for at, each in enumerate(lines)}
    places = [(down[Line(row.case, row.seed)], across[setting_of(row)]) for row in done]
    shape = (len(lines), len(settings))

    def filled(value: Callable[[Row], float | None]) -> Values:
        column = np.full(shape, np.nan)
        for row, place in zip(done, places, strict=True):
            found = value(row)
            if found is not None:
                column[place] = found
        return column

    names = _names(row.scores for row in done)
    warm = any(not row.cold for row in done)
    return {name: filled(lambda row, name=name: row.scores.get(name)) for name in names} | {  # type: ignore[misc]
        SECONDS: filled(lambda row: seconds_of(row) if not (warm and row.cold) else None),
        APP: filled(lambda row: row.credits_app),
        API: filled(lambda row: row.credits_api),
    }


def _names(each: Iterable[Mapping[str, float]]) -> list[str]:
    return list(dict.fromkeys(name for scores in each for name in scores))
