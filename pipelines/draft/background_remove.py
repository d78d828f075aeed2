"""Background Remove: the subject alone, on nothing or on one colour."""

import numpy as np
from PIL import Image, ImageColor

from pipelines.engine import Output, Progress
from pipelines.images import alpha_of, composite, picture, resized, size_of
from pipelines.sizes import Size
from pipelines.tasks import BackgroundRemove
from pipelines.vision.mattes.hints import Hints, hints_of
from pipelines.vision.mattes.matting import Matte, matte_of
from pipelines.vision.upsample import bleed

_LOW = 0.5


def run(task: BackgroundRemove, progress: Progress) -> Output:
    """The subject at exactly `task.size`: RGBA, or RGB on `task.color`. Raises SubjectNotFound where nothing stands out.

    A picture that comes with transparency keeps it.
    """
    source = _reduced(task.image, task.size)
    steps = iter(range(4))
    found = matte_of(source, task.mode, lambda note: progress(next(steps), 4, note), _hints(task, size_of(source)))
    progress(3, 4, "composing")
    image = _composed(found, task)
    progress(4, 4, "done", image)
    return Output(image, _notes(task, found), _details(task, found))


def _hints(task: BackgroundRemove, size: Size) -> Hints | None:
    if task.box is None and task.scribble is None:
        return None
    return hints_of(size, task.box, task.scribble)


def _reduced(image: Image.Image, size: Size) -> Image.Image:
    if image.width * image.height <= size.pixels:
        return image
    return image.resize((size.width, size.height), Image.Resampling.BOX, reducing_gap=None)


def _composed(found: Matte, task: BackgroundRemove) -> Image.Image:
    alpha = np.clip(resized(found.alpha, task.size), 0, 1)
    colour = found.foreground
    if colour.shape[:2] != alpha.shape:
        colour = np.clip(resized(bleed(colour, found.alpha), task.size), 0, 1)
    if task.color is None:
        return picture(colour, alpha)
    behind = np.array(ImageColor.getrgb(task.color)[:3], np.float32) / np.float32(255)
    return picture(composite(colour, alpha, np.broadcast_to(behind, colour.shape)))


def _notes(task: BackgroundRemove, found: Matte) -> tuple[str, ...]:
    notes = []
    before = size_of(task.image)
    if before.pixels > task.size.pixels:
        notes.append(f"Reduced from {before} to {task.size} pixels.")
    if alpha_of(task.image) is not None:
        notes.append("The picture came with transparency; it was kept as it is.")
    elif found.confidence < _LOW:
        notes.append("The subject hardly stands out from its background: look closely at the edges, or use a plainer background.")
    return tuple(notes)


def _details(task: BackgroundRemove, found: Matte) -> dict[str, str | int | float]:
    return {
        "method": "own alpha" if alpha_of(task.image) is not None else f"backdrop and graph cut, {task.mode.value}",
        "confidence": round(found.confidence, 3),
        "subject_share": round(float(found.alpha.mean()), 4),
    }
