"""The runs of one studio: those in its folder of runs, and the ones that this process carries out through its job queue."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from threading import Lock
from typing import Literal

from filelock import FileLock, Timeout

from eval.arena.shelf import RUNS, stamp
from eval.benchmark.forecast import Forecast, Known, forecast, known_of
from eval.benchmark.progress import Progress
from eval.benchmark.session import Session
from eval.errors import BadRun, EvalError
from eval.metrics.metric import Metric
from eval.metrics.registry import METRICS
from eval.runs import describe, journal, table
from eval.runs.manifest import FILE, Grid, Manifest
from eval.runs.plan import plan
from eval.runs.queued import Queued
from eval.runs.results import Results, load
from eval.runs.run import run
from eval.runs.setup import Setup
from eval.runs.tally import Tally, statuses
from eval.suites.case import Suite
from eval.suites.registry import suite_of
from workbench.errors import NotFound
from workbench.studio import Studio

State = Literal["running", "stopping", "writing", "finished", "stopped", "interrupted", "failed", "elsewhere"]
BUSY: tuple[State, ...] = ("running", "stopping", "writing", "elsewhere")
HISTORY = 12
"""Newest runs that estimates rest on."""
CLOSE_SECONDS = 15.0
Opener = Callable[[str], Suite]


@dataclass(frozen=True, slots=True)
class Status:
    """Where a run stands."""

    state: State
    tally: Tally | None = None
    """While this process carries it out."""
    kept: Progress | None = None


class Bench:
    """Safe to use from several threads."""

    def __init__(self, studio: Studio, opener: Opener = suite_of, metrics: tuple[Metric, ...] = METRICS.all) -> None:
        self.studio, self._opener, self._metrics = studio, opener, metrics
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()
        self._opened: tuple[str, Suite] | None = None
        self._known = ("", Known())

    @property
    def runs(self) -> Path:
        """Where they lie; the arena looks there, too."""
        return self.studio.settings.home / RUNS

    def suite(self, text: str, *, anew: bool = False) -> Suite:
        """The suite that a text names, read again where it was another one before. Raises BadSuite."""
        kept = self._opened
        if anew or kept is None or kept[0] != text:
            kept = self._opened = (text, self._opener(text))
        return kept[1]

    def setup(self, text: str, *, anew: bool = False) -> Setup:
        """What a run of that suite works with. Raises BadSuite."""
        return Setup(self.suite(text, anew=anew), self.studio.engines, self.studio.toolbox, self._metrics)

    def forecast(self, grid: Grid) -> Forecast:
        """What a run would take. Raises BadSuite, and BadRun where there is nothing to run."""
        suite = self.suite(grid.suite)
        cells = plan(suite, grid, self.studio.toolbox)
        return forecast(cells, suite.card.name, suite.card.version, self.studio.engines, self.studio.toolbox, self.known())

    def known(self) -> Known:
        """What the newest runs tell; read again once one has ended."""
        folders = sorted(self.folders().values(), key=_made, reverse=True)[:HISTORY]
        now = stamp(folders)
        if self._known[0] != now:
            rows = [row for each in folders if (found := _loaded(each)) for row in found.made()]
            self._known = (now, known_of(rows, [kept for each in folders if (kept := Progress.read(each))]))
        return self._known[1]

    def folders(self) -> dict[str, Path]:
        """Runs by name, newest first."""
        found = [each.parent for each in self.runs.glob(f"*/{FILE}")]
        return {each.name: each for each in sorted(found, key=_made, reverse=True)}

    def folder(self, name: str) -> Path:
        """Of a run; NotFound."""
        found = self.folders().get(name)
        if found is None:
            raise NotFound(f"there is no run {name!r} in {self.runs}; it may have been deleted")
        return found

    def status(self, name: str) -> Status:
        """Where a run stands; NotFound."""
        folder = self.folder(name)
        session, kept = self._sessions.get(name), Progress.read(folder)
        if session is not None and (phase := session.phase) is not None:
            return Status(phase, session.tally, kept)
        if (folder / table.FILE).exists() and (kept is None or kept.state in ("finished", "failed")):
            return Status("finished", None, kept)
        if _is_locked(folder):
            return Status("elsewhere", None, kept)
        state: State = "interrupted" if kept is None or kept.state in ("running", "finished") else kept.state
        return Status(state, None, kept)

    def start(self, grid: Grid) -> str:
        """Begin a run; its name. Raises BadSuite or BadRun, and then nothing was made."""
        setup = self.setup(grid.suite, anew=True)
        total = len(plan(setup.suite, grid, self.studio.toolbox))
        name = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{token_hex(2)}"
        with self._lock:
            describe.begun(setup, grid, self.runs / name)
            Progress(state="running", total=total).write(self.runs / name)
            self._begin(name, setup, grid)
        return name

    def go_on(self, name: str) -> None:
        """With what is left. Raises BadRun where it is running, or where suite, engines or metrics are not what they were."""
        with self._lock:
            self._refuse_busy(name, "wait for it, or stop it first")
            grid = Manifest.read(self.folder(name)).grid
            setup = self.setup(grid.suite, anew=True)
            describe.begun(setup, grid, self.folder(name))
            self._begin(name, setup, grid)

    def stop(self, name: str) -> None:
        """Keep what is done; a run that doesn't run stays as it is. Raises BadRun where another process runs it."""
        if self.status(name).state == "elsewhere":
            raise BadRun("another process runs this; stop it there")
        session = self._sessions.get(name)
        if session is not None:
            session.stop()

    def remove(self, name: str) -> None:
        """For good, pictures and report too. Raises BadRun while it runs."""
        with self._lock:
            self._refuse_busy(name, "stop it first, then delete it")
            folder = self.folder(name)
            if folder.is_symlink():
                folder.unlink()
                return
            gone = folder.rename(self.studio.settings.home / f".deleted-{token_hex(4)}")
            self._sessions.pop(name, None)
        rmtree(gone)

    def report(self, name: str) -> None:
        """Write the report of a finished run, which the command line may have left out. Raises BadRun."""
        if self.status(name).state != "finished":
            raise BadRun("the report is written once the run has finished; go on with it first")
        _write_report(self.folder(name), load(self.folder(name)))

    def close(self) -> None:
        """Let go of every run; the next process can go on with them."""
        going = [each for each in self._sessions.values() if each.phase is not None]
        for each in going:
            each.close()
        for each in going:
            each.join(CLOSE_SECONDS)

    def _begin(self, name: str, setup: Setup, grid: Grid) -> None:
        folder = self.runs / name
        carry_out = partial(run, setup, grid, folder, executing=partial(Queued, self.studio))
        self._sessions[name] = Session(
            folder, lambda told, stopped: carry_out(told=told, stopped=stopped), partial(_write_report, folder)
        )

    def _refuse_busy(self, name: str, advice: str) -> None:
        state = self.status(name).state
        if state in BUSY:
            where = "by another process" if state == "elsewhere" else "here"
            raise BadRun(f"the run {name} is being carried out {where}; {advice}")


def tally_of(results: Results, total: int, session: Tally | None) -> Tally:
    """Counts of the rows that there are, with the pace of whoever runs it."""
    counts = dict.fromkeys(("done", "refused", "failed", "unsupported"), 0)
    for each in statuses(results.rows):
        counts[each] += 1
    found = Tally(total or sum(counts.values()), **counts)
    return found if session is None else replace(found, here=session.here, seconds=session.seconds)


def _made(folder: Path) -> float:
    try:
        return (folder / FILE).stat().st_ctime
    except OSError:
        return 0.0


def _loaded(folder: Path) -> Results | None:
    try:
        return load(folder)
    except (EvalError, OSError):
        return None


def _is_locked(folder: Path) -> bool:
    """Whether a process has a journal of the run open."""
    for path in folder.glob(journal.PATTERN):
        try:
            FileLock(path.with_suffix(".lock")).acquire(timeout=0).lock.release()
        except Timeout:
            return True
        except OSError:
            return False
    return False


def _write_report(folder: Path, results: Results) -> None:
    from eval.controls import flags
    from eval.reports.write import write_reports

    write_reports(results, folder, flags=flags(results))
