"""From the picture that a model made to the output of a task."""

from collections.abc import Mapping, Sequence

from PIL import Image

from pipelines.draft import upscale
from pipelines.engine import Output, Progress
from pipelines.images import size_of
from pipelines.sizes import Mode, Size
from pipelines.tasks import Upscale

Details = Mapping[str, str | int | float]
LEARNED = 2
"""Times a side by which Balanced enlarges with the network."""


def enlarged(image: Image.Image, size: Size, progress: Progress, mode: Mode = Mode.BALANCED) -> Image.Image:
    """The RGB picture at exactly `size`, by the draft engine's upscaler; where a side doesn't grow, the area average.

    Fast: back-projection alone. Balanced: the network doubles it, which finds most of the detail, and back-projection does
    what is left to do. Quality: the network all the way, which at 4K takes some twenty times as long.
    """
    if mode == Mode.BALANCED and size.width > LEARNED * image.width:
        image = _upscaled(image, Size(LEARNED * image.width, LEARNED * image.height), progress, Mode.BALANCED)
        mode = Mode.FAST
    return image if size_of(image) == size else _upscaled(image, size, progress, mode)


def _upscaled(image: Image.Image, size: Size, progress: Progress, mode: Mode) -> Image.Image:
    effort = Mode.FAST if mode == Mode.FAST else Mode.BALANCED
    return upscale.run(Upscale(image=image, size=size, mode=effort, seed=0), progress).image


def finished(
    made: Image.Image,
    size: Size,
    progress: Progress,
    *,
    mode: Mode = Mode.BALANCED,
    notes: Sequence[str] = (),
    details: Details | None = None,
) -> Output:
    """The output of exactly `size`, RGB, with a note and the native size where it was enlarged."""
    native = size_of(made)
    grown = enlarged(made, size, progress, mode)
    return Output(grown, (*notes, *enlarging_note(native, size)), {**made_at(native), **(details or {})})


def enlarging_note(native: Size, size: Size) -> tuple[str, ...]:
    """What a person should know of a picture that was made at `native`; nothing unless it grew visibly."""
    if size.width <= 1.1 * native.width:
        return ()
    return (f"Made at {native} pixels, where the model is at its best, and enlarged to {size}.",)


def made_at(native: Size) -> Details:
    """The native size as details keep it."""
    return {"native_width": native.width, "native_height": native.height}
