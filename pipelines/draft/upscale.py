"""Upscale: twice or four times the size, or a cleaner picture at its own size."""

from typing import cast

import cv2
import numpy as np

from pipelines.engine import Output, Progress
from pipelines.images import Floats, alpha_of, picture, pixels, size_of, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import Upscale
from pipelines.vision import upsample

_METHODS = {
    Mode.FAST: "back-projection",
    Mode.BALANCED: "residual network",
    Mode.QUALITY: "residual network, mean of eight views",
}


def run(task: Upscale, progress: Progress) -> Output:
    """The picture at exactly `task.size`, its transparency kept.

    Fast needs no network; balanced runs the project's own, quality eight times over turned and mirrored views.
    """
    alpha = alpha_of(task.image)
    colour = to_float(np.asarray(task.image.convert("RGB")) if alpha is not None else pixels(task.image))
    if alpha is not None:
        colour = upsample.bleed(colour, alpha)
    if task.factor == "enhance":
        colour = _cleaned(colour, task.mode, progress)
    grown = _grown(colour, task, progress)
    progress(1, 1, "done")
    opacity = None if alpha is None else upsample.enlarge(alpha, task.size)
    details: dict[str, str | float] = {"method": _METHODS[task.mode], "factor": round(task.size.width / task.image.width, 4)}
    return Output(picture(grown, opacity), _notes(task), details)


def _notes(task: Upscale) -> tuple[str, ...]:
    before, after = size_of(task.image), task.size
    wanted = {"2x": 2, "4x": 4, "enhance": 1}[task.factor]
    if abs(after.width / before.width / wanted - 1) < 0.02:
        return ()
    return (f"From {before} to {after} pixels, {after.width / before.width:.2f} times a side.",)


def _grown(colour: Floats, task: Upscale, progress: Progress) -> Floats:
    if task.mode == Mode.FAST or _is(colour, task.size):
        progress(0, 1, "enlarging")
        return upsample.enlarge(colour, task.size)
    from pipelines.draft import superres

    seen: superres.Views = 8 if task.mode == Mode.QUALITY else 1
    return superres.enlarge(colour, task.size, views=seen, watch=lambda done, of: progress(done, of, "enlarging"))


def _is(colour: Floats, size: Size) -> bool:
    return colour.shape[:2] == (size.height, size.width)


def _cleaned(colour: Floats, mode: Mode, progress: Progress) -> Floats:
    """The same size, with less noise and fewer blocks, and finer edges."""
    if mode == Mode.FAST:
        progress(0, 1, "cleaning")
        return _sharpened(_denoised(colour))
    from pipelines.draft import superres

    seen: superres.Views = 8 if mode == Mode.QUALITY else 1
    clean = superres.cleaned(superres.shipped_net(), colour, views=seen, watch=lambda done, of: progress(done, of, "cleaning"))
    return _sharpened(_denoised(clean))


def noise_deviation(plane: Floats) -> float:
    """Standard deviation of the noise in one channel, robust against edges. Immerkaer 1996, with a median for the mean."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    return float(np.median(np.abs(cv2.filter2D(plane, -1, kernel))) / 0.6745 / 6)


def _denoised(colour: Floats) -> Floats:
    """Bilateral filter whose range is twice the noise that is measured; a clean picture stays as it is."""
    deviation = noise_deviation(np.ascontiguousarray(colour[..., 1]))
    return cast(Floats, cv2.bilateralFilter(colour, 5, max(2.5 * deviation, 0.004), 1.5))


def _sharpened(colour: Floats) -> Floats:
    """Unsharp masking that can't leave the range of the 3 x 3 neighbourhood by more than a little."""
    detail = colour - cv2.GaussianBlur(colour, (0, 0), 1.0)
    square = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(colour, square), cv2.dilate(colour, square)
    slack = (high - low) * 0.1
    return cast(Floats, np.clip(np.clip(colour + 0.3 * detail, low - slack, high + slack), 0, 1))
