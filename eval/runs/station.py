"""What one process does of a run: cells that have no row yet, then the controls of their cases."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.controls import PERFECT
from eval.runs.direct import Direct, Stopped
from eval.runs.journal import Journal, entries
from eval.runs.plan import by_case
from eval.runs.recorder import Recorder, control_id
from eval.runs.row import Cell, Row, Status
from eval.runs.setup import Cases, Executor, Setup, remembered
from pipelines.errors import Cancelled

Executing = Callable[[Setup, Cases, Stopped], Executor]
"""Makes the executor of a process."""
Ended = Callable[[Status], None]
"""Is called after every cell."""


@dataclass(frozen=True, slots=True)
class Course:
    """The whole of a run, as every process of it knows it."""

    places: Mapping[str, int]
    """Cell id to its place in the grid."""
    after: Mapping[str, int]
    """Case to the place of its controls; empty where there are none to be."""

    @classmethod
    def of(cls, cells: Sequence[Cell], *, controls: bool) -> "Course":
        """Controls come after all cells."""
        cases = [each[0].case for each in by_case(cells)] if controls else []
        places = {each.id: number for number, each in enumerate(cells)}
        return cls(places, {case: len(cells) + number for number, case in enumerate(cases)})

    def is_done(self, cells: Sequence[Cell], kept: Mapping[str, Row]) -> bool:
        """Whether nothing is left to do of these cells and the controls of their cases."""
        wanted = [each.id for each in cells] + [
            control_id(each.tool, each.case, PERFECT) for each in cells if each.case in self.after
        ]
        return all(each in kept for each in wanted)


class Station:
    """Carries out batches and writes a journal."""

    def __init__(self, executor: Executor, recorder: Recorder, course: Course, stopped: Stopped) -> None:
        self._executor, self._recorder, self._course, self._stopped = executor, recorder, course, stopped

    @classmethod
    def open(
        cls, setup: Setup, folder: Path, journal: Journal, course: Course, *, executing: Executing = Direct, stopped: Stopped
    ) -> "Station":
        """Goes on from what the folder's journals have."""
        cases = remembered(setup.suite)
        kept = {each.row.cell: each.row for each in entries(folder)}
        return cls(executing(setup, cases, stopped), Recorder(setup, cases, folder, journal, kept), course, stopped)

    def carry_out(self, batches: Iterable[Sequence[Cell]], ended: Ended) -> None:
        """All cells that have no row, batch by batch, each followed by the controls of its cases. Raises `Cancelled`."""
        for batch in batches:
            left = [each for each in batch if not self._recorder.has(each.id)]
            for answer in self._executor.answers(left):
                ended(self._recorder.record(answer, self._course.places[answer.cell.id]).status)
            for cells in by_case(batch):
                self._control(cells)

    def _control(self, cells: tuple[Cell, ...]) -> None:
        at = self._course.after.get(cells[0].case)
        if at is None:
            return
        if self._stopped():
            raise Cancelled
        self._recorder.control(cells[0].tool, cells[0].case, cells, at)
