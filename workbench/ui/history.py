"""What the page shows of all recent jobs, whichever tool or surface they came from."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from workbench.errors import NotFound
from workbench.studio import Studio
from workbench.ui.result import compared_with
from workbench.views import JobView

RECENT = 48
"""Jobs that the history shows."""


STRETCHES = 12
"""How far back the history looks for jobs that have something to show, in stretches of that many."""


def history(studio: Studio) -> list[dict[str, Any]]:
    """Recent jobs, newest first, as JSON; those whose pictures are gone, as of a benchmark's, are passed over."""
    return [_entry(studio, job) for job in islice(_worth_showing(studio), RECENT)]


def _worth_showing(studio: Studio) -> Iterator[JobView]:
    before = None
    for _ in range(STRETCHES):
        jobs = studio.jobs(limit=RECENT, before=before)
        yield from (job for job in jobs if _has_something(studio, job))
        if len(jobs) < RECENT:
            return
        before = jobs[-1].created_at


def _has_something(studio: Studio, job: JobView) -> bool:
    """Whether it goes on, has an output, or tells why not beside a picture that is still there."""
    if not job.ended or any(each.asset is not None for each in job.outputs):
        return True
    if job.status == "completed":
        return False
    source = compared_with(studio.toolbox[job.tool], job)
    if source is None:
        return True
    try:
        studio.asset(source)
    except NotFound:
        return False
    return True


def _entry(studio: Studio, job: JobView) -> dict[str, Any]:
    made = [each.asset.id for each in job.outputs if each.asset is not None]
    return {
        "id": job.id,
        "tool": job.tool,
        "title": studio.toolbox[job.tool].title,
        "status": job.status,
        "progress": progress(job),
        "assets": made,
        "media": studio.toolbox[job.tool].media,
        "source": compared_with(studio.toolbox[job.tool], job),
        "at": job.created_at.isoformat(),
    }


def progress(job: JobView) -> float:
    """Share of a job that is done, 0 to 1."""
    if job.status == "completed":
        return 1.0
    return min(1.0, job.step / job.of) if job.of else 0.0


def recent_pictures(studio: Studio) -> list[dict[str, Any]]:
    """Pictures to pick from, uploads and outputs, newest first, as JSON."""
    return [
        {"id": each.id, "name": each.name, "kind": each.kind, "width": each.width, "height": each.height}
        for each in studio.assets(limit=RECENT)
        if not each.is_video
    ]
