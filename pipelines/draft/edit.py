"""Edit: changes that are said in words, as far as they can be made from the picture's own pixels. A draft of the real thing.

What is asked is read clause by clause (`edits/phrases.py`) and done in that order (`edits/registry.py`). With a mask or a
drawing everything outside it stays as it was, to the last bit.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pipelines.draft.canvas import grown
from pipelines.draft.edits.canvas import Canvas, Reading, Step
from pipelines.draft.edits.phrases import Clause, clauses_of
from pipelines.draft.edits.region import region_of
from pipelines.draft.edits.registry import ABLE, Asked, asked
from pipelines.engine import Output, Progress
from pipelines.errors import PipelineError, UnsupportedTask
from pipelines.images import Bytes, Floats, alpha_of, picture, resized, size_of, to_bytes, to_float
from pipelines.sizes import Size
from pipelines.tasks import Edit
from pipelines.vision import upsample

DRAFT = "Draft: the picture's own pixels are changed by rule, nothing is imagined; look closely at edges and folds."
DOUBT = "The subject hardly stands out from its background, so its outline is a guess: look closely, or mark the region yourself."
_BEYOND = {
    "pose": "another pose or view", "add": "adding things that are not in the picture", "text": "adding text",
    "people": "another person (Model Swap does that)", "face": "another face or expression (Face Swap does the face)",
    "garment": "another garment or print (Try-On does garments)", "hairstyle": "another hairstyle", "size": "another cut or length",
    "place": "a place that is only described (give a picture of it as image_context)",
}  # fmt: skip
_GENERATOR = "an engine that generates pictures can do it: run `workbench models list`, or choose another engine"


@dataclass(frozen=True, slots=True)
class _Plan:
    steps: tuple[Asked, ...]
    impossible: tuple[str, ...]
    """What this engine can't do, in words."""
    unread: tuple[str, ...]
    """Words that were passed over."""


def run(task: Edit, progress: Progress) -> Output:
    """The edited picture at exactly `task.size`, RGBA where it is, or was asked to be, transparent.

    Without a change of size every pixel outside the mask or drawing equals the source. Raises UnsupportedTask, with what can
    be done instead, where nothing of the prompt can be; PictureUnsuitable for marks that don't fit the picture; and
    SubjectNotFound or PersonNotFound where an edit needs one.
    """
    size = _working(task)
    region = region_of(task, size)
    plan = _planned(task, region is not None)
    count = len(plan.steps) + 2
    progress(0, count, "reading the picture")
    canvas = _canvas(task, size, region)
    notes: list[str] = [DRAFT]
    done: list[str] = []
    for number, step in enumerate(plan.steps):
        progress(number + 1, count, step.edit.name)
        canvas, failed = _applied(canvas, step, task.seed, number, only=len(plan.steps) == 1)
        notes += failed
        done += [] if failed else [step.effect or step.edit.name]
    if not done:
        raise UnsupportedTask(" ".join(notes[1:]))
    progress(count - 1, count, "finishing")
    image = _finished(canvas, task)
    progress(count, count, "done", image)
    notes += [DOUBT] if canvas.reading.doubtful else []
    return Output(image, (*notes, *_told(plan)), {"edits": ", ".join(done), **_shares(region)})


def _working(task: Edit) -> Size:
    """Edits are made at the picture's own size, or at the task's where that is smaller."""
    own = size_of(task.image)
    return own if own.pixels <= task.size.pixels else task.size


def _planned(task: Edit, has_region: bool) -> _Plan:
    clauses = clauses_of(task.prompt)
    context = task.image_context is not None
    steps = [each for clause in clauses for each in asked(clause, context, has_region)]
    impossible = [_BEYOND[each] for clause in clauses for each in clause.beyond if not (each == "place" and context)]
    unread = [word for clause in clauses for word in clause.unread if "place" not in clause.beyond]
    plan = _Plan(tuple(steps), tuple(dict.fromkeys(impossible)), tuple(dict.fromkeys(unread)))
    if not steps:
        raise UnsupportedTask(_refusal(plan, clauses))
    return plan


def _refusal(plan: _Plan, clauses: Sequence[Clause]) -> str:
    if plan.impossible:
        return f"the draft engine can't do {_listed(plan.impossible)}; {_GENERATOR}. Here it can do {ABLE}."
    if any(clause.colours for clause in clauses):
        return (
            "a colour was named, but not for what; say for example “navy background” or “make the shirt navy”, or mark a region"
        )
    return f"nothing in the prompt was understood by the draft engine; it can do {ABLE}. For anything else {_GENERATOR}."


def _canvas(task: Edit, size: Size, region: Floats | None) -> Canvas:
    alpha = alpha_of(task.image)
    rgb = to_float(np.asarray(task.image.convert("RGB")))
    if alpha is not None:
        rgb, alpha = resized(upsample.bleed(rgb, alpha), size), np.clip(resized(alpha, size), 0, 1)
    rgb = np.clip(resized(rgb, size), 0, 1)
    return Canvas(rgb, rgb, Reading(to_bytes(rgb), alpha, task.mode), task.mode, region, alpha, task.image_context)


def _applied(canvas: Canvas, step: Asked, seed: int, number: int, only: bool) -> tuple[Canvas, list[str]]:
    """The canvas after one edit, or as it was with the reason; the reason is raised where there is no other edit."""
    try:
        return step.edit.applied(Step(canvas, np.random.default_rng([seed, number])), step.clause, step.effect), []
    except PipelineError as error:
        if only:
            raise
        return canvas, [f"Not done: {step.clause.text} ({error})."]


def _finished(canvas: Canvas, task: Edit) -> Image.Image:
    rgb, alpha = canvas.rgb, canvas.alpha
    if canvas.size != task.size:
        rgb = grown(upsample.bleed(rgb, alpha) if alpha is not None else rgb, task.size, task.mode)
        alpha = None if alpha is None else upsample.enlarge(alpha, task.size)
    return picture(_bytes(rgb), alpha)


def _bytes(rgb: Floats) -> Bytes:
    out = np.empty(rgb.shape, np.uint8)
    for top in range(0, len(rgb), 512):
        out[top : top + 512] = to_bytes(rgb[top : top + 512])
    return out


def _told(plan: _Plan) -> list[str]:
    notes = []
    if plan.impossible:
        notes.append(f"Left out: {_listed(plan.impossible)}; {_GENERATOR}.")
    if plan.unread:
        notes.append(f"Not understood and left out: {', '.join(plan.unread)}.")
    varies = list(dict.fromkeys(each.edit.varies for each in plan.steps if each.edit.varies))
    notes.append(f"Another seed changes {_listed(varies)}." if varies else "Another seed changes nothing here.")
    return notes


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items[:-1]) + (" and " if len(items) > 1 else "") + items[-1]


def _shares(region: Floats | None) -> dict[str, float]:
    return {} if region is None else {"region": round(float((region > 0).mean()), 4)}
