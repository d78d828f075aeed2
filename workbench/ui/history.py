"""What the page shows of all recent jobs, whichever tool or surface they came from."""

from typing import Any

from workbench.studio import Studio
from workbench.ui.result import compared_with
from workbench.views import JobView

RECENT = 48
"""Jobs that the history shows."""


def history(studio: Studio) -> list[dict[str, Any]]:
    """Recent jobs, newest first, as JSON."""
    return [_entry(studio, job) for job in studio.jobs(limit=RECENT)]


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
