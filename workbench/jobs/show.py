"""Job rows as surfaces see them."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.gallery.assets import view as asset_view
from workbench.jobs.records import outputs_of
from workbench.store.models import AssetRow, JobRow, OutputRow, now
from workbench.views import AssetView, Failure, JobStatus, JobView, OutputView


def job_views(session: Session, rows: Sequence[JobRow]) -> tuple[JobView, ...]:
    """The jobs with their outputs, in the order given; three queries for any number of them."""
    outputs = outputs_of(session, [row.id for row in rows])
    ids = [each.asset_id for each in outputs if each.asset_id]
    assets = {each.id: asset_view(each) for each in session.scalars(select(AssetRow).where(AssetRow.id.in_(ids)))} if ids else {}
    by_job = {job_id: list(some) for job_id, some in groupby(outputs, key=lambda each: each.job_id)}
    return tuple(_view(row, by_job.get(row.id, []), assets) for row in rows)


def new_view(row: JobRow) -> JobView:
    """A job that has no outputs yet; no query."""
    return _view(row, (), {})


def shown(job: JobView) -> tuple[object, ...]:
    """What tells one look at a job from the next; the running clock doesn't count."""
    return (job.status, job.step, job.of, job.note, job.preview, len(job.outputs))


def _view(row: JobRow, outputs: Sequence[OutputRow], assets: dict[str, AssetView]) -> JobView:
    chosen = row.decisions
    delivered = sum(1 for each in outputs if each.error is None)
    return JobView(
        id=row.id,
        tool=row.tool,
        status=cast(JobStatus, row.status),
        engine=row.engine,
        request=row.request,
        resolution=chosen["resolution"],
        generation_mode=chosen["mode"],
        width=chosen["width"],
        height=chosen["height"],
        num_images=row.num_images,
        seed=row.seed,
        reasons=tuple(chosen["reasons"]),
        unit_credits=row.unit_credits,
        credits=delivered * row.unit_credits,
        step=row.step,
        of=row.of,
        note=row.note,
        preview=row.preview is not None,
        outputs=tuple(_output(each, assets) for each in outputs),
        error=_failure(row.error),
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        seconds=_seconds(row),
    )


def _output(row: OutputRow, assets: dict[str, AssetView]) -> OutputView:
    return OutputView(row.index, assets.get(row.asset_id) if row.asset_id else None, _failure(row.error), row.seconds)


def _failure(kept: dict[str, Any] | None) -> Failure | None:
    return Failure(kept["name"], kept["message"]) if kept else None


def _seconds(row: JobRow) -> float:
    if row.started_at is None:
        return 0.0
    return ((row.finished_at or now()) - row.started_at).total_seconds()
