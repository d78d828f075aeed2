"""Running one job: take it, make its outputs one by one, charge each as it is delivered, settle.

Everything here may happen again after a crash. What an output delivered (asset, output row, captured credits) is one
transaction keyed by job and index, so a repeat finds it done and goes on with the next.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from time import perf_counter
from typing import Any

from PIL.Image import Image
from sqlalchemy.orm import Session

from pipelines.engine import Engines, Output
from pipelines.errors import Cancelled, PipelineError
from pipelines.sizes import Mode, Size
from workbench.credits import ledger
from workbench.errors import NotFound, WorkbenchError
from workbench.gallery.assets import Assets, Stored
from workbench.jobs import records
from workbench.jobs.prepare import SEEDS, Prepared
from workbench.jobs.progress import Desk, Interrupted, Watch
from workbench.jobs.recovery import BROKEN
from workbench.store.models import JobRow, OutputRow
from workbench.tools.base import Decisions, Pictures, Request, Tool, Toolbox
from workbench.views import Failure, as_json

LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its worker needs it: its row, and what the row's JSON means."""

    row: JobRow
    tool: Tool
    request: Request
    chosen: Decisions
    pictures: Pictures


@dataclass(frozen=True, slots=True)
class Made:
    """What came of one attempt at an output."""

    output: Output | None
    failure: Failure | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs jobs; what it is told of each is its id."""

    desk: Desk
    assets: Assets
    engines: Engines
    toolbox: Toolbox
    seconds: float

    def run(self, job_id: str) -> None:
        """Bring a job to its end, from wherever it is; returns at once where it has ended.

        Raises Interrupted where it has to be gone on with by another process, or by this one later.
        """
        if self.desk.closing.is_set():
            raise Interrupted
        hand = f"{self.desk.worker}:{token_hex(4)}"
        with self.desk.database.transaction() as session:
            row = records.begin(session, job_id, hand)
            done = {each.index for each in records.outputs_of(session, [job_id])}
        if row is not None:
            self.desk.notices.tell()
            self._run(row, done)

    def _run(self, row: JobRow, done: set[int]) -> None:
        """Make the outputs that are not there yet; the last one delivered ends the job, and so does whatever prevents it."""
        left = [index for index in range(row.num_images) if index not in done]
        failure = None
        try:
            job = self._job(row)
            for index in left:
                self._output(job, index, last=index == left[-1])
            if left:
                return
        except Cancelled:
            LOG.info("job %s was cancelled", row.id)
        except (PipelineError, WorkbenchError) as error:
            failure = Failure(error.name, str(error))
        except Exception:  # whatever it is, the job has to end and the person has to be told something
            LOG.exception("job %s failed", row.id)
            failure = BROKEN
        self._end(row, failure)

    def _job(self, row: JobRow) -> Job:
        if row.cancel_requested:
            raise Cancelled
        tool = self.toolbox[row.tool]
        request = tool.parse(row.request)
        pictures = {
            name: tuple(self._picture(row.owner, name, each) for each in references)
            for name, references in tool.images(request).items()
        }
        return Job(row, tool, request, decisions_of(row.decisions), pictures)

    def _picture(self, owner: str, field: str, asset_id: str) -> Image:
        try:
            return self.assets.open(owner, asset_id)
        except NotFound as error:
            raise NotFound(f"{field}: the picture was deleted before the job could read it; choose another") from error

    def _output(self, job: Job, index: int, *, last: bool) -> None:
        row = job.row
        watch = Watch(self.desk, row, index, self.seconds)
        watch.check()
        made = self._make(job, index, watch)
        if self.desk.closing.is_set():
            raise Interrupted
        inputs = self._inputs(job, index, made)
        stored = self.assets.store_output(made.output.image, inputs, made.output.video) if made.output else None
        try:
            with self.desk.database.transaction() as session:
                held = _held(session, row)
                self._deliver(session, held, index, made, stored)
                if last:
                    settle(session, held)
        except Cancelled:
            if stored is not None:
                self.assets.discard(stored)
            raise
        self._told(row.id, ended=last)

    def _make(self, job: Job, index: int, watch: Watch) -> Made:
        start = perf_counter()
        seed = (job.row.seed + index) % SEEDS
        try:
            task = job.tool.build(job.request, job.pictures, job.chosen, seed)
            output = self.engines[job.row.engine].run(task, watch)
        except PipelineError as error:
            return Made(None, Failure(error.name, str(error)), perf_counter() - start)
        except Cancelled:
            raise
        except Exception:  # an engine may fail in any way; the person is told that it did, the log says how
            LOG.exception("output %d of job %s failed", index, job.row.id)
            return Made(None, BROKEN, perf_counter() - start)
        return Made(output, None, perf_counter() - start)

    def _deliver(self, session: Session, row: JobRow, index: int, made: Made, stored: Stored | None) -> None:
        """Asset, output row and charge, in one transaction; Cancelled where that was asked for before they were written."""
        if row.cancel_requested:
            raise Cancelled
        asset_id = None
        if stored is not None:
            asset = self.assets.record_output(session, stored, owner=row.owner, tool=row.tool, job_id=row.id, index=index)
            ledger.capture(session, row.id, index, row.unit_credits)
            asset_id = asset.id
        error = as_json(made.failure) if made.failure else None
        session.add(OutputRow(job_id=row.id, index=index, asset_id=asset_id, error=error, seconds=made.seconds))

    def _inputs(self, job: Job, index: int, made: Made) -> dict[str, Any]:
        """Everything that it takes to make an output again, and what is worth knowing of it."""
        if made.output is None:
            return {}
        row, engine = job.row, self.engines[job.row.engine]
        return {
            "tool": row.tool,
            "request": row.request,
            "decisions": row.decisions,
            "engine": engine.name,
            "engine_version": engine.version,
            "seed": (row.seed + index) % SEEDS,
            "job": row.id,
            "index": index,
            "seconds": round(made.seconds, 3),
            "notes": list(made.output.notes),
            "details": dict(made.output.details),
        }

    def _end(self, row: JobRow, failure: Failure | None) -> None:
        with self.desk.database.transaction() as session:
            settle(session, _held(session, row), failure)
        self._told(row.id, ended=True)

    def _told(self, job_id: str, *, ended: bool) -> None:
        if ended:
            self.desk.files.delete_preview(job_id)
        self.desk.notices.tell(ended=ended)


def _held(session: Session, row: JobRow) -> JobRow:
    """The job, locked, as long as it is in the hands that took it."""
    held = records.holding(session, row.id, str(row.worker))
    if held is None:
        raise Interrupted
    return held


def settle(session: Session, row: JobRow, failure: Failure | None = None) -> None:
    """End a locked job and give back what it did not spend."""
    if not records.finish(session, row, failure):
        ledger.release(session, row.id)


def decisions_json(prepared: Prepared) -> dict[str, Any]:
    """Decisions as a job row keeps them."""
    chosen = prepared.chosen
    return {
        "resolution": chosen.resolution,
        "mode": chosen.mode.value,
        "width": prepared.size.width,
        "height": prepared.size.height,
        "num_images": chosen.num_images,
        "face_reference": chosen.face_reference,
        "duration": chosen.duration,
        "reasons": as_json(chosen.reasons),
    }


def decisions_of(kept: Mapping[str, Any]) -> Decisions:
    """What `decisions_json` kept; the reasons are for people and stay in the row."""
    return Decisions(
        resolution=kept["resolution"],
        mode=Mode(kept["mode"]),
        size=Size(kept["width"], kept["height"]),
        num_images=kept["num_images"],
        face_reference=kept["face_reference"],
        duration=kept["duration"],
        reasons=(),
    )
