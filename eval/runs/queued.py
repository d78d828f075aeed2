"""Answers from the studio's job queue: this machine's worker, and those of every machine with the same database.

Pictures are uploaded as a person's would be and everything is deleted again once it has been fetched; a run that was killed may
leave a few uploads behind. Memory is not measured, because nobody knows whose it would be.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Any

from PIL.Image import Image

from eval.runs.asked import Decided, decide, values_of
from eval.runs.direct import Stopped, blank_of, broken
from eval.runs.recorder import output_from
from eval.runs.row import Cell, Status
from eval.runs.setup import Answer, Cases, Setup
from eval.suites.case import Case
from pipelines.errors import Cancelled, PipelineError
from workbench.errors import EngineUnavailable, NotFound, WorkbenchError
from workbench.jobs.recovery import BROKEN
from workbench.studio import Studio
from workbench.views import JobView

AHEAD = 8
"""Jobs that wait or run at the same time, so that several workers have something to do."""
WAIT_SECONDS = 0.5
"""How often a run that waits looks whether it was cancelled."""


@dataclass(frozen=True, slots=True)
class _Submitted:
    job: str
    blank: Answer


class Queued:
    """Submits cells as jobs, some ahead, and answers in their order."""

    def __init__(self, studio: Studio, setup: Setup, cases: Cases, stopped: Stopped) -> None:
        self._studio, self._setup, self._cases, self._stopped = studio, setup, cases, stopped
        self._uploads: dict[str, dict[str, list[str]]] = {}
        self._seen: set[tuple[str, str, str, str]] = set()

    def answers(self, cells: Sequence[Cell]) -> Iterator[Answer]:
        """See `Executor`."""
        waiting: deque[Answer | _Submitted] = deque()
        left, ending = iter(cells), False
        try:
            while True:
                while not ending and len(waiting) < AHEAD and (cell := next(left, None)) is not None:
                    waiting.append(self._submit(cell))
                if not waiting and ending:
                    raise Cancelled
                if not waiting:
                    return
                first = waiting[0]
                answer = first if isinstance(first, Answer) else self._answer(first)
                waiting.popleft()
                yield answer
                ending = self._stopped()
        finally:
            for each in waiting:
                if not isinstance(each, Answer):
                    self._forget(each)
            self._clear()

    def _submit(self, cell: Cell) -> Answer | _Submitted:
        try:
            case = self._cases(cell.case)
            tool = self._setup.toolbox[cell.tool]
            decided = decide(tool, case, cell)
        except (PipelineError, WorkbenchError) as error:
            return Answer(cell=cell, status="refused", error=f"{error.name}: {error}")
        except Exception as error:  # noqa: BLE001 - one broken case is counted, and the run goes on
            return broken(Answer(cell=cell, status="failed"), error)
        blank = blank_of(cell, decided)
        try:
            job = self._studio.submit(cell.tool, self._values(decided, case, cell), engine=cell.engine)
        except EngineUnavailable as error:
            return replace(blank, status="unsupported", error=str(error))
        except (PipelineError, WorkbenchError) as error:
            return replace(blank, status="refused", error=f"{error.name}: {error}")
        return _Submitted(job.id, replace(blank, cold=self._first(cell)))

    def _values(self, decided: Decided, case: Case, cell: Cell) -> dict[str, Any]:
        """The request with ids of uploads; equal pictures of a case are uploaded once."""
        if case.id not in self._uploads:
            self._uploads[case.id] = {
                name: [self._studio.add_picture(_png(each), f"{case.id}-{name}.png").id for each in given]
                for name, given in case.pictures.items()
            }
        many = {name for name, schema in decided.tool.properties().items() if schema.get("type") == "array"}
        uploads = {name: ids if name in many else ids[0] for name, ids in self._uploads[case.id].items() if ids}
        return values_of(decided.tool, case, cell) | uploads

    def _answer(self, submitted: _Submitted) -> Answer:
        job = self._studio.job(submitted.job)
        while not job.ended:
            if self._stopped():
                raise Cancelled
            job = self._studio.wait(submitted.job, timeout=WAIT_SECONDS)
        made = next((each for each in job.outputs if each.asset is not None), None)
        if made is None or made.asset is None:
            return _without(submitted.blank, job)
        data = self._studio.read(made.asset.id)
        self._delete(made.asset.id)
        inputs = made.asset.inputs
        return replace(
            submitted.blank,
            status="done",
            output=output_from(data, tuple(inputs.get("notes", ())), inputs.get("details", {})),
            file=data,
            queue_seconds=_between(job.created_at, job.started_at),
            run_seconds=made.seconds,
            encode_seconds=max(0.0, job.seconds - made.seconds),
        )

    def _forget(self, submitted: _Submitted) -> None:
        with suppress(NotFound):
            job = self._studio.cancel(submitted.job)
            for each in job.outputs:
                if each.asset is not None:
                    self._delete(each.asset.id)

    def _clear(self) -> None:
        for pictures in self._uploads.values():
            for ids in pictures.values():
                for each in ids:
                    self._delete(each)
        self._uploads.clear()

    def _delete(self, asset: str) -> None:
        with suppress(NotFound):
            self._studio.delete(asset)

    def _first(self, cell: Cell) -> bool:
        setting = (cell.tool, cell.engine, cell.mode, cell.resolution)
        first = setting not in self._seen
        self._seen.add(setting)
        return first


def _without(blank: Answer, job: JobView) -> Answer:
    """Of a job that delivered nothing; what an engine refuses is told apart from what broke."""
    name, message = (job.error.name, job.error.message) if job.error else (job.status, "the job delivered nothing")
    status: Status = "failed" if name == BROKEN.name or job.status == "cancelled" else "refused"
    seconds = _between(job.created_at, job.started_at)
    return replace(blank, status=status, error=f"{name}: {message}", queue_seconds=seconds)


def _between(earlier: datetime, later: datetime | None) -> float | None:
    return None if later is None else max(0.0, (later - earlier).total_seconds())


def _png(image: Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
