"""Job rows: every change of a job's state is one conditional update here, so that each race has one outcome.

A job goes waiting -> running -> completed, failed or cancelled; a worker that closes in good order puts a running job back
to waiting. `worker` names who runs it, WORKER:HAND with a new hand each time that a worker takes it: whoever finds another
name there has been taken for dead and stops.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from workbench.store.models import JobRow, OutputRow, now
from workbench.views import Failure, JobStatus

UNFINISHED = ("waiting", "running")


@dataclass(frozen=True, slots=True)
class Report:
    """How far a job is."""

    step: int
    of: int
    note: str = ""
    preview: str | None = None
    """Key of the newest preview; None leaves the one before."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a worker learns about the job it runs."""

    mine: bool
    """Whether this worker still has it."""
    cancel: bool
    """Whether somebody asked to cancel it."""


def begin(session: Session, job_id: str, hand: str) -> JobRow | None:
    """Take an unfinished job, from whoever had it; None where it has ended or was never."""
    return session.scalars(
        update(JobRow)
        .where(JobRow.id == job_id, JobRow.status.in_(UNFINISHED))
        .values(status="running", worker=hand, started_at=func.coalesce(JobRow.started_at, now()))
        .returning(JobRow)
    ).one_or_none()


def report(session: Session, job_id: str, hand: str, said: Report) -> Standing:
    """Write down how far a job is; tells what a worker needs to know in the same round trip."""
    values: dict[str, Any] = {"step": said.step, "of": said.of, "note": said.note[:200]}
    if said.preview is not None:
        values["preview"] = said.preview
    mine = (JobRow.id == job_id, JobRow.worker == hand, JobRow.status == "running")
    cancel = session.execute(update(JobRow).where(*mine).values(values).returning(JobRow.cancel_requested)).scalar()
    return Standing(mine=cancel is not None, cancel=bool(cancel))


def standing(session: Session, job_id: str, hand: str) -> Standing:
    """What `report` tells, without reporting."""
    mine = (JobRow.id == job_id, JobRow.worker == hand, JobRow.status == "running")
    cancel = session.execute(select(JobRow.cancel_requested).where(*mine)).scalar()
    return Standing(mine=cancel is not None, cancel=bool(cancel))


def holding(session: Session, job_id: str, hand: str) -> JobRow | None:
    """The job, locked until the transaction ends, if this worker still runs it."""
    row = session.get(JobRow, job_id, with_for_update=True)
    return row if row is not None and row.worker == hand and row.status == "running" else None


def locked(session: Session, job_id: str) -> JobRow | None:
    """The job, locked until the transaction ends, if it has not ended."""
    row = session.get(JobRow, job_id, with_for_update=True)
    return row if row is not None and row.status in UNFINISHED else None


def finish(session: Session, row: JobRow, failure: Failure | None = None) -> bool:
    """End a locked job by what it delivered: cancelled where that was asked for, completed with one output or more.

    `failure` is what became of the outputs that nothing is known of. A failed job reports the first of its errors.
    Returns whether all outputs were delivered, so that nothing is left of the hold.
    """
    outputs = list(outputs_of(session, [row.id]))
    if failure is not None:
        outputs += _lost(session, row, {each.index for each in outputs}, failure)
    delivered = sum(each.error is None for each in outputs)
    status: JobStatus = "completed" if delivered else "failed"
    if row.cancel_requested:
        status = "cancelled"
    if status == "failed":
        row.error = next((each.error for each in outputs if each.error), None)
    row.status = status
    row.finished_at = now()
    row.note, row.preview = "", None
    return delivered == row.num_images


def _lost(session: Session, row: JobRow, known: AbstractSet[int], failure: Failure) -> list[OutputRow]:
    error = {"name": failure.name, "message": failure.message}
    lost = [OutputRow(job_id=row.id, index=index, error=error) for index in range(row.num_images) if index not in known]
    session.add_all(lost)
    return lost


def put_back(session: Session, worker: str) -> None:
    """Running jobs of a worker that closes wait again."""
    session.execute(
        update(JobRow)
        .where(JobRow.worker.startswith(f"{worker}:", autoescape=True), JobRow.status == "running")
        .values(status="waiting", worker=None)
    )


def unfinished(session: Session) -> tuple[str, ...]:
    """Ids of all jobs that have not ended, oldest first."""
    return tuple(session.scalars(select(JobRow.id).where(JobRow.status.in_(UNFINISHED)).order_by(JobRow.created_at)))


def newest(session: Session, owner: str, limit: int, before: datetime | None, tool: str | None) -> Sequence[JobRow]:
    """An owner's jobs, newest first."""
    query = select(JobRow).where(JobRow.owner == owner).order_by(JobRow.created_at.desc(), JobRow.id).limit(limit)
    if before is not None:
        query = query.where(JobRow.created_at < before)
    if tool is not None:
        query = query.where(JobRow.tool == tool)
    return session.scalars(query).all()


def outputs_of(session: Session, job_ids: Iterable[str]) -> Sequence[OutputRow]:
    """What became of the outputs of jobs, in order."""
    return session.scalars(
        select(OutputRow).where(OutputRow.job_id.in_(list(job_ids))).order_by(OutputRow.job_id, OutputRow.index)
    ).all()
