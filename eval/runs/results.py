"""A run as reports, verdicts and pages read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from eval.runs.manifest import Manifest
from eval.runs.row import Row
from eval.runs.sets import SetScore

ENGINE = "engine"


@dataclass(frozen=True, slots=True)
class Setting:
    """What a person chooses: everything of a cell but its case and its seed."""

    tool: str
    engine: str
    mode: str
    resolution: str

    @property
    def title(self) -> str:
        """`draft balanced 1k`."""
        return f"{self.engine} {self.mode} {self.resolution}"


@dataclass(frozen=True, slots=True)
class Results:
    """Rows of one run in the order of the grid, with what the run was."""

    manifest: Manifest
    rows: tuple[Row, ...]
    sets: tuple[SetScore, ...] = ()
    """Of all outputs of a setting together, once the run has ended."""

    def made(self) -> Iterator[Row]:
        """Rows of engines; the others are controls and planted degradations."""
        return (row for row in self.rows if row.way == ENGINE)

    def settings(self) -> tuple[Setting, ...]:
        """Settings in the order of their first row."""
        return tuple(dict.fromkeys(setting_of(row) for row in self.made()))


def setting_of(row: Row) -> Setting:
    """The setting that a row belongs to."""
    return Setting(row.tool, row.engine, row.mode, row.resolution)


def load(folder: Path) -> Results:
    """A run's folder: its table, or the rows that an unfinished run has so far; BadRun where it is none."""
    from eval.runs import journal, sets, table

    manifest = Manifest.read(folder)
    if (folder / table.FILE).exists():
        return Results(manifest, table.read(folder), sets.read(folder))
    return Results(manifest, journal.rows_of(journal.entries(folder)))
