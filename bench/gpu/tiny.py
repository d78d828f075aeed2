"""The same cases at a millionth of their size, to prove the benchmark itself on a machine without a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bench.gpu.architectures import Architecture, Library, Part
from bench.gpu.cases import CASES, Case
from pipelines.sizes import Size
from tests.pipelines.diffusion import tiny

BUILDERS = {"FLUX.2-klein-4B": tiny.klein, "Qwen-Image-Edit-2511": tiny.qwen_edit, "Z-Image-Turbo": tiny.z_image}
DIVISOR = 16
"""Of sides; 1K becomes 64 pixels, 2K 128."""
STEPS = 20
"""Most steps: as many as a step cache needs."""


def tiny_cases() -> tuple[Case, ...]:
    """Every case with its architecture's tiny form and small pictures."""
    small = {name: _shrunk(name) for name in BUILDERS}
    return tuple(
        replace(
            case,
            architecture=small[case.architecture.name],
            size=_divided(case.size),
            references=tuple(_divided(each) for each in case.references),
            card=case.card.model_copy(update={"steps": min(case.card.steps, STEPS), "cpu": True}),
        )
        for case in CASES
    )


def _divided(size: Size) -> Size:
    return Size(max(size.width // DIVISOR, 64), max(size.height // DIVISOR, 64))  # no reference may be smaller


def _shrunk(name: str) -> Architecture:
    """The architecture of the tests' checkpoint, read from what it builds."""
    pipe = BUILDERS[name]()
    return Architecture(
        name=name,
        pipeline=type(pipe).__name__,
        transformer=_part(pipe.transformer, "diffusers"),
        text_encoder=_part(pipe.text_encoder, "transformers"),
        vae=_part(pipe.vae, "diffusers"),
        scheduler={key: value for key, value in pipe.scheduler.config.items() if not key.startswith("_")},
        sees="processor" in pipe.components,
    )


def _part(model: Any, library: Library) -> Part:
    config = model.config.to_dict() if library == "transformers" else dict(model.config)
    return Part(library, type(model).__name__, {key: value for key, value in config.items() if not key.startswith("_")})


@contextmanager
def small_references(pixels: int = 64 * 64) -> Iterator[None]:
    """Qwen-Image-Edit brings every reference to one megapixel, which is all the time that a tiny model takes."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as module

    before = module.VAE_IMAGE_SIZE, module.CONDITION_IMAGE_SIZE
    module.VAE_IMAGE_SIZE = module.CONDITION_IMAGE_SIZE = pixels
    try:
        yield
    finally:
        module.VAE_IMAGE_SIZE, module.CONDITION_IMAGE_SIZE = before
