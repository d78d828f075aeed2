"""What the page shows of one job."""

from collections.abc import Iterator, Mapping
from typing import Any

from workbench.studio import Studio
from workbench.tools.base import Tool, is_image
from workbench.ui.form import Field, fields_of, label
from workbench.views import JobView, OutputView, as_json

DRAFT = "draft"
SEED = "seed"


def runnable(studio: Studio, tool: str) -> bool:
    """Whether any engine here can run the tool in any mode."""
    return any(each.ok for modes in studio.support(tool).values() for each in modes.values())


def missing(studio: Studio, tool: str) -> tuple[str, ...]:
    """What it takes to run the tool, empty where it can: the first thing that can be obtained, else all that engines say, once."""
    if runnable(studio, tool):
        return ()
    lacking = [each for modes in studio.support(tool).values() for each in modes.values() if each.missing]
    first = next((each.missing for each in lacking if each.obtainable), None)
    return tuple(dict.fromkeys(each.missing for each in lacking)) if first is None else (first,)


def result(studio: Studio, job: JobView) -> dict[str, Any]:
    """A job with everything that the viewer shows beside its pictures, as JSON."""
    tool = studio.toolbox[job.tool]
    return {
        **as_json(job),
        "ended": job.ended,
        "title": tool.title,
        "draft": job.engine == DRAFT,
        "better": studio.better(job),
        "seeded": SEED in tool.properties(),
        "before": compared_with(tool, job),
        "inputs": list(_inputs(tool, job)),
        "facts": list(_facts(tool, job)),
        "outputs": [_output(each) for each in job.outputs],
    }


def destinations(studio: Studio) -> list[dict[str, Any]]:
    """The tools that can take a picture, with the field that it goes to; those that can run here come first."""
    found = []
    for tool in studio.toolbox:
        field = next((each for each in fields_of(tool) if is_image(each.schema)), None)
        if field is not None:
            found.append({"tool": tool.name, "title": tool.title, "field": field.name, "runnable": runnable(studio, tool.name)})
    return sorted(found, key=lambda each: not each["runnable"])


def compared_with(tool: Tool, job: JobView) -> str | None:
    """The input picture that a job's results are compared with: the primary one."""
    for name in tool.primary:
        value = job.request.get(name)
        if value:
            return str(value[0] if isinstance(value, (list, tuple)) else value)
    return None


def _inputs(tool: Tool, job: JobView) -> Iterator[dict[str, Any]]:
    for field in fields_of(tool):
        value = job.request.get(field.name)
        if is_image(field.schema) and value:
            yield {"title": field.title, "assets": list(value) if isinstance(value, (list, tuple)) else [value]}
        elif field.name == "prompt" and value:
            yield {"title": field.title, "text": str(value)}


def _facts(tool: Tool, job: JobView) -> Iterator[dict[str, str]]:
    """Figures of a job, in the order they are read."""
    if job.width and job.height:
        yield {"title": "Size", "text": f"{job.width} × {job.height}"}
    if job.generation_mode and len(tool.modes) > 1:
        yield {"title": "Mode", "text": label(job.generation_mode)}
    if models := _models(job):
        yield {"title": "Model", "text": ", ".join(models)}
    yield from _own_choices(tool, job)
    if SEED in tool.properties():
        yield {"title": "Seed", "text": str(job.seed)}


def _models(job: JobView) -> tuple[str, ...]:
    """Ids of the cards that made the outputs, each once."""
    details = (each.asset.inputs.get("details", {}) for each in job.outputs if each.asset)
    return tuple(dict.fromkeys(str(each["card"]) for each in details if "card" in each))


def _own_choices(tool: Tool, job: JobView) -> Iterator[dict[str, str]]:
    told = {"generation_mode", "resolution", "seed", "num_images", "prompt"}
    for field in fields_of(tool):
        value = job.request.get(field.name)
        if field.name not in told and value is not None and not is_image(field.schema) and _matters(field, job.request):
            yield {"title": field.title, "text": label(value)}


def _matters(field: Field, request: Mapping[str, Any]) -> bool:
    """A face reference mode without a face reference says nothing."""
    subject = field.name.removesuffix("_mode")
    return subject == field.name or bool(request.get(subject))


def _output(output: OutputView) -> dict[str, Any]:
    asset = output.asset
    return {
        "index": output.index,
        "error": as_json(output.error),
        "seconds": output.seconds,
        "asset": asset.id if asset else None,
        "media": asset.media_type if asset else None,
        "width": asset.width if asset else 0,
        "height": asset.height if asset else 0,
        "notes": list(asset.inputs.get("notes", ())) if asset else [],
    }
