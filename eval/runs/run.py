"""A run from its grid to its results: begun, or gone on with where it stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.runs import describe, pool, sets, table
from eval.runs.direct import Direct, Stopped, never
from eval.runs.journal import Journal, entries, rows_of
from eval.runs.manifest import Grid, Manifest
from eval.runs.plan import by_block, by_case, plan, share
from eval.runs.pool import Pool
from eval.runs.results import ENGINE, Results, load
from eval.runs.row import Cell, Row
from eval.runs.setup import Setup
from eval.runs.station import Course, Executing, Station
from eval.runs.tally import Counting, Told, statuses, unwatched


def _at_once() -> None:
    """Waits for nobody."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Which of several processes that were launched together this one is; rank 0 puts the parts together."""

    rank: int = 0
    world: int = 1
    wait: Callable[[], None] = field(default=_at_once)
    """Returns once all of them have called it as often."""


def run(
    setup: Setup,
    grid: Grid,
    folder: Path,
    *,
    executing: Executing = Direct,
    processes: Pool | None = None,
    shard: Shard = Shard(),
    controls: bool = True,
    told: Told = unwatched,
    stopped: Stopped = never,
) -> Results:
    """Run the grid into `folder` and return what came of it, controls included; the folder then has table and manifest.

    The same call after a kill or an error goes on with the cells that have no row. `told` is called after every cell. Once
    `stopped()` is true it raises `Cancelled` at the next step of an engine. Raises BadRun where the folder holds another run.
    """
    cells = plan(setup.suite, grid, setup.toolbox)
    if shard.rank == 0:
        describe.begun(setup, grid, folder)
    shard.wait()
    if shard.rank > 0:
        describe.begun(setup, grid, folder)
    course = Course.of(cells, controls=controls)
    _carry_out(setup, folder, course, share(cells, shard.rank, shard.world), executing, processes, shard, told, stopped)
    shard.wait()
    return _together(setup, folder) if shard.rank == 0 else load(folder)


def _carry_out(
    setup: Setup,
    folder: Path,
    course: Course,
    cells: Sequence[Cell],
    executing: Executing,
    processes: Pool | None,
    shard: Shard,
    told: Told,
    stopped: Stopped,
) -> None:
    with Journal(folder, f"rank-{shard.rank}") as journal:
        kept = {each.row.cell: each.row for each in entries(folder)}
        counting = Counting(len(cells), statuses(_known(cells, kept)), told)
        counting.tell()
        if processes is None:
            station = Station.open(setup, folder, journal, course, executing=executing, stopped=stopped)
            station.carry_out(_left(by_block(cells), course, kept), counting.add)
        else:
            pool.carry_out(processes, folder, course, _left(by_case(cells), course, kept), counting.add, stopped)


def _known(cells: Sequence[Cell], kept: dict[str, Row]) -> list[Row]:
    return [kept[each.id] for each in cells if each.id in kept]


def _left(batches: Sequence[Sequence[Cell]], course: Course, kept: dict[str, Row]) -> list[Sequence[Cell]]:
    return [each for each in batches if not course.is_done(each, kept)]


def _together(setup: Setup, folder: Path) -> Results:
    """The table of all journals, and what is measured of all outputs together."""
    found = entries(folder)
    manifest = describe.with_models(Manifest.read(folder), found)
    describe.finish(manifest, folder)
    rows = rows_of(found)
    sets.write(sets.set_scores([row for row in rows if row.way == ENGINE], folder, setup.set_metrics), folder)
    table.write(rows, folder, [each.name for each in manifest.metrics])
    return load(folder)
