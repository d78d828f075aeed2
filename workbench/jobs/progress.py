"""What an engine's progress callback does for a job: report, show a preview, enforce the time limit, carry cancellation."""

from dataclasses import dataclass
from threading import Event
from time import monotonic

from PIL.Image import Image

from pipelines.errors import Cancelled, PipelineError
from workbench.jobs import records
from workbench.jobs.notice import Notices
from workbench.jobs.records import Report, Standing
from workbench.store.database import Database
from workbench.store.files import Files
from workbench.store.models import JobRow

LOOK_SECONDS = 0.05
"""How often a running job looks whether it has been cancelled."""
REPORT_SECONDS = 0.25
"""How often its progress is written down."""
PREVIEW_SECONDS = 0.5
"""How often a new preview is kept."""


class TimeLimit(PipelineError):
    """One output took longer than the settings allow."""


class Interrupted(BaseException):
    """This process gives up a job that has not ended: it closes, or another worker has the job.

    A BaseException, so that no engine takes it for its own and DBOS records no outcome: the job stays in the queue.
    """


@dataclass(frozen=True, slots=True)
class Desk:
    """What a worker needs to write about its jobs."""

    database: Database
    files: Files
    worker: str
    closing: Event
    notices: Notices


class Watch:
    """The `Progress` of one output. Steps of all outputs of a job are counted as one row of steps."""

    def __init__(self, desk: Desk, row: JobRow, index: int, seconds: float) -> None:
        self._desk = desk
        self._job_id = row.id
        self._hand = str(row.worker)
        self._index = index
        self._count = row.num_images
        self._limit = seconds
        self._start = self._reported = monotonic()
        self._looked = self._shown = float("-inf") if index else self._start

    def __call__(self, step: int, of: int, note: str = "", preview: Image | None = None) -> None:
        self.check()
        moment = monotonic()
        if preview is not None and moment - self._shown >= PREVIEW_SECONDS:
            self._shown = moment
            self._desk.files.put_preview(self._job_id, preview)
            self._report(step, of, note, key=self._job_id)
        elif moment - self._reported >= REPORT_SECONDS:
            self._report(step, of, note)

    def check(self) -> None:
        """Raises Cancelled, TimeLimit or Interrupted where the output must not go on."""
        if self._desk.closing.is_set():
            raise Interrupted
        moment = monotonic()
        if moment - self._start > self._limit:
            raise TimeLimit(f"one output may take {self._limit:g} seconds here; choose a smaller size or a faster mode")
        if moment - self._looked >= LOOK_SECONDS:
            self._looked = moment
            with self._desk.database.reading() as session:
                _heed(records.standing(session, self._job_id, self._hand))

    def _report(self, step: int, of: int, note: str, key: str | None = None) -> None:
        self._reported = self._looked = monotonic()
        said = Report(self._index * of + step, self._count * of, note, key)
        with self._desk.database.transaction() as session:
            found = records.report(session, self._job_id, self._hand, said)
        self._desk.notices.tell()
        _heed(found)


def _heed(found: Standing) -> None:
    if not found.mine:
        raise Interrupted
    if found.cancel:
        raise Cancelled("the job was cancelled")
