"""Rendered pictures made small in four ways, and how much of them comes back."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from eval.metrics.psnr import psnr
from eval.metrics.ssim import ssim
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import chosen, scene_of, shown
from pipelines.draft.degradation import half_area, half_bicubic, half_gaussian, jpeg
from pipelines.engine import Output
from pipelines.images import Bytes, Floats, picture, size_of, to_bytes, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import Upscale

KERNELS: dict[str, Callable[[Floats], Floats]] = {
    "bicubic": half_bicubic,
    "area": half_area,
    "gaussian": half_gaussian,
    "JPEG 85": lambda sharp: jpeg(half_bicubic(sharp), 85),
}
BARS = {"bicubic": 2.5, "area": 1.0, "gaussian": None, "JPEG 85": 1.0}


def case(number: int) -> Case:
    """A person or a product whose picture at twice the size is known."""
    kind, seed = chosen(number, tuple(KERNELS)), FIRST_SEED + number
    scene = scene_of(seed)
    truth = to_bytes(scene.target if number // len(KERNELS) % 2 == 0 else scene.product.rgb)
    small = picture(KERNELS[kind](to_float(truth)))
    size = size_of(picture(truth))
    lanczos = psnr(_resized(small, size, Image.Resampling.LANCZOS), truth)

    def task(mode: Mode) -> Upscale:
        return Upscale(image=small, factor="2x", size=size, mode=mode, seed=seed)

    def score(output: Output) -> Scores:
        made = shown(output.image)
        return {"gain": psnr(made, truth) - lanczos, "ssim": ssim(made, truth)}

    controls = {
        "Lanczos": lambda: Output(picture(_resized(small, size, Image.Resampling.LANCZOS))),
        "copy the input": lambda: Output(picture(_resized(small, size, Image.Resampling.NEAREST))),
    }
    return Case(kind, task, score, controls)


def _resized(small: Image.Image, size: Size, kernel: Image.Resampling) -> Bytes:
    return np.asarray(small.resize((size.width, size.height), kernel))


SUITE = ToolSuite(
    "upscale",
    24,
    case,
    (
        *(Measure("gain", f"gain in dB, {kind}", "higher", bar=BARS[kind], kind=kind, digits=2) for kind in KERNELS),
        Measure("gain", "least gain in dB", "higher", "least", -0.1, digits=2, judges=False),
        Measure("ssim", "SSIM", "higher"),
    ),
)
