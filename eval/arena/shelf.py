"""The runs whose outputs are shown to people: those in the studio's folder of runs, and those that were added by their path."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2s
from pathlib import Path, PurePosixPath

from eval.errors import BadRun, EvalError
from eval.runs.manifest import FILE
from eval.runs.results import Results, Setting, setting_of
from eval.runs.row import Row

LOG = logging.getLogger(__name__)
RUNS = "runs"
"""Folder in the studio's data directory whose subfolders are runs."""
Read = Callable[[Path], Results]
"""Reads a run's folder; raises BadRun."""


@dataclass(frozen=True, slots=True, order=True)
class Entrant:
    """What people's votes rank: a setting of one run, since code and weights may have changed between two runs."""

    tool: str
    setting: str
    """`draft balanced 1k`."""
    run: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run with the folder that it lies in."""

    folder: Path
    results: Results

    @property
    def id(self) -> str:
        """The manifest's."""
        return self.results.manifest.id

    def picture(self, row: Row) -> Path:
        """The stored output of a row. Raises BadRun where it is not in the run's own folder."""
        path = (self.folder / row.picture).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise BadRun(f"{self.folder} names {row.picture!r}, which is not in it; the run can't be trusted")
        return path


@dataclass(frozen=True, slots=True)
class Shelf:
    """Runs by id, in the order of their folders, and why others can't be read."""

    runs: Mapping[str, Run] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Folder to what is wrong with it."""


def entrant_of(run: str, row: Row) -> Entrant:
    """Which entrant a row is an output of."""
    setting: Setting = setting_of(row)
    return Entrant(row.tool, setting.title, run)


def run_folders(home: Path, added: Iterable[str] = ()) -> tuple[Path, ...]:
    """Folders in the data directory that hold a run, by name, and those added by their path."""
    own = sorted(each.parent for each in (home / RUNS).glob(f"*/{FILE}"))
    return tuple(dict.fromkeys([*own, *(Path(each) for each in added)]))


def fill_shelf(folders: Iterable[Path], read: Read) -> Shelf:
    """Every run that can be read; of two folders with the same run the first counts."""
    runs: dict[str, Run] = {}
    unreadable: dict[str, str] = {}
    for folder in folders:
        try:
            run = trusted(Run(folder, read(folder)))
        except (EvalError, OSError) as error:
            LOG.warning("the run in %s can't be shown: %s", folder, error)
            unreadable[str(folder)] = str(error)
        else:
            runs.setdefault(run.id, run)
    return Shelf(runs, unreadable)


def trusted(run: Run) -> Run:
    """The run itself. Raises BadRun where it names pictures outside of its folder; links are looked at when they are read."""
    for row in run.results.rows:
        path = PurePosixPath(row.picture)
        if path.is_absolute() or ".." in path.parts:
            raise BadRun(f"it names {row.picture!r}, which is not in it; the run can't be trusted")
    return run


def stamp(folders: Iterable[Path]) -> str:
    """Changes when a run is added, removed or written to."""
    digest = blake2s(digest_size=12)
    for folder in folders:
        digest.update(str(folder).encode())
        for path in sorted([*folder.glob("*.json"), *folder.glob("*.parquet")]):
            told = path.stat()
            digest.update(f"{path.name} {told.st_mtime_ns} {told.st_size}".encode())
    return digest.hexdigest()
