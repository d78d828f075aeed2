"""`workbench run TOOL`: one job from files to files."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.commands.fields import values_of
from workbench.commands.folders import refuse_unwritable, save
from workbench.commands.output import DONE, FAILED, note, say, say_json
from workbench.settings import read_settings
from workbench.tools.registry import TOOLS
from workbench.views import JobView

if TYPE_CHECKING:
    from workbench.studio import Studio

ENGINES = ("auto", "draft", "diffusion", "hosted")
EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "video/mp4": ".mp4"}
POLL_SECONDS = 0.2


def add(parser: ArgumentParser) -> None:
    """Flags beside the tool's own."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="Folder for the outputs; made if missing.")
    parser.add_argument("--engine", choices=ENGINES, default="auto", help="Who makes it; auto takes the best that can.")
    parser.add_argument("--json", action="store_true", help="One JSON object on stdout and nothing else.")


def run(arguments: Namespace, unknown: list[str]) -> int:
    """Submit, watch, save; Ctrl-C cancels the job."""
    from workbench.studio import Studio

    values = values_of(TOOLS[arguments.tool], vars(arguments), unknown)
    TOOLS[arguments.tool].parse(values)
    refuse_unwritable(arguments.out)
    with Studio.open(read_settings()) as studio:
        job = studio.submit(arguments.tool, values, engine=arguments.engine)
        job = _watch(studio, job, quiet=arguments.json)
        paths = _save(studio, job, arguments.out)
        better = studio.better(job) if paths else ""
    _report(job, paths, as_json=arguments.json)
    if better and not arguments.json:
        note(better)
    return DONE if job.status == "completed" else FAILED


def _watch(studio: "Studio", job: JobView, *, quiet: bool) -> JobView:
    shown = ""
    try:
        while not job.ended:
            job = studio.wait(job.id, timeout=POLL_SECONDS)
            line = f"{job.status} {job.step}/{job.of} {job.note}" if job.of else job.status
            if not quiet and line != shown and not job.ended:
                note(line)
            shown = line
    except KeyboardInterrupt:
        note("cancelling")
        studio.cancel(job.id)
        job = studio.wait(job.id)
    return job


def _save(studio: "Studio", job: JobView, folder: Path) -> list[str]:
    paths = []
    for each in job.outputs:
        if each.asset is not None:
            path = folder / f"{job.tool}-{job.id[:8]}-{each.index}{EXTENSIONS[each.asset.media_type]}"
            save(each.asset.id, studio.read(each.asset.id), path)
            paths.append(str(path))
    return paths


def _report(job: JobView, paths: list[str], *, as_json: bool) -> None:
    failures = [{"index": each.index, "error": each.error} for each in job.outputs if each.error]
    notes = list(dict.fromkeys(text for each in job.outputs if each.asset for text in each.asset.inputs.get("notes", ())))
    if as_json:
        names = ("id", "status", "tool", "engine", "resolution", "generation_mode", "seed", "credits", "seconds")
        answer = {name: getattr(job, name) for name in names}
        say_json(answer | {"outputs": paths, "error": job.error, "failures": failures, "notes": notes})
        return
    for path in paths:
        say(path)
    for text in notes:
        note(text)
    if job.error:
        note(f"{job.error.name}: {job.error.message}")
    unit = "credit" if job.credits == 1 else "credits"
    note(f"{job.status} by the {job.engine} engine in {job.seconds:.1f} s for {job.credits} {unit}, seed {job.seed}")
