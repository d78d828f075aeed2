"""One call of a pipeline that was lent: its arguments, its chance, its progress, and a picture of exactly the size asked.

Knows no pipeline class: what a run needs is done at the methods that all of them share (`prepare_latents`, `encode_prompt`,
the callback after each step).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from PIL.Image import Image
from torch import Tensor

from pipelines.diffusion.arguments import accepted, arguments, fitting_prompt, steps
from pipelines.diffusion.call import Call
from pipelines.diffusion.cards import Card
from pipelines.diffusion.embeddings import Embeddings
from pipelines.diffusion.memory import PeakMemory
from pipelines.diffusion.noise import first_noise
from pipelines.diffusion.preview import Previews
from pipelines.diffusion.safety import Checker, passed
from pipelines.engine import Progress
from pipelines.errors import BadCard
from pipelines.images import picture, pixels, resized, size_of
from pipelines.sizes import Size

if TYPE_CHECKING:
    from pipelines.diffusion.lending.lender import Lent


@dataclass(frozen=True, slots=True)
class Made:
    """A picture, RGB and exactly of the call's size, and how it came about."""

    image: Image
    details: Mapping[str, str | int | float]
    notes: tuple[str, ...] = ()


def generate(
    lent: "Lent", call: Call, progress: Progress, safety: Checker | None = None, embeddings: Embeddings | None = None
) -> Made:
    """Make the picture of `call` with the pipeline that was lent.

    Progress goes from 0 to the number of steps + 2: prompt read and noise drawn, each step, decoded. What it raises comes out
    unchanged before the next step begins, and the pipeline can be used again. A seed means the same first noise on every
    device and in every precision; in float32 the picture is that of the plain pipeline with
    `generator=torch.Generator("cpu").manual_seed(seed)`, to the bit.

    Raises PromptTooLong, UnsupportedTask for more references than the pipeline takes, BadCard for arguments that it doesn't
    know and for numbers that overflow, PictureWithheld, and whatever `progress` raises.
    """
    started = perf_counter()
    pipe, card = lent.pipe, lent.card
    fitting_prompt(pipe, card, call.prompt)
    generator = torch.Generator("cpu").manual_seed(call.seed)
    memory = PeakMemory(lent.device)
    run = _Run(progress, Previews(pipe, call.size), memory, card, steps(pipe, card, call))
    run.begin()
    read = embeddings.serving(pipe, _text_encoder(lent)) if embeddings is not None else nullcontext()
    with _reusable(pipe), read, first_noise(pipe, generator, run.prepared):
        made = pipe(**arguments(pipe, card, call), **accepted(pipe, generator=generator, callback_on_step_end=run.stepped))
    run.decoded()
    image, notes = _of_size(made.images[0], call.size, card)
    details = _details(lent, call, run.steps, perf_counter() - started, memory.gigabytes())
    return Made(passed(image, call.prompt, safety), details, notes)


class _Run:
    """Hears of a run's stages and passes them on."""

    def __init__(self, progress: Progress, previews: Previews, memory: PeakMemory, card: Card, steps: int) -> None:
        self._progress = progress
        self._previews = previews
        self._memory = memory
        self._card = card
        self.steps = steps

    def begin(self) -> None:
        self._progress(0, self.steps + 2, "reading the prompt")

    def prepared(self, latents: Tensor | None) -> None:
        self._previews.begin(latents)
        self._progress(1, self.steps + 2, "drawing")

    def stepped(self, pipe: Any, index: int, timestep: Any, given: dict[str, Any]) -> dict[str, Any]:
        """`callback_on_step_end` of diffusers."""
        latents = given["latents"]
        if latents.device.type != "cpu":
            torch.accelerator.synchronize()  # else steps are reported, and cancelled, long after they were queued
        self._memory.read()
        self.steps = int(getattr(pipe, "num_timesteps", None) or self.steps)
        last = index + 1 == self.steps
        if last and not bool(torch.isfinite(latents).all()):
            raise BadCard(
                f"card {self._card.id}: dtype: the numbers of {self._card.title} overflowed in {latents.dtype}, "
                f"which gives a black picture; set dtype to bfloat16 or float32. Where it worked before, its files may be "
                f"damaged; run: workbench models verify {self._card.id}"
            )
        note = "decoding" if last else f"step {index + 1} of {self.steps}"
        self._progress(index + 2, self.steps + 2, note, self._previews.after(latents))
        return {}

    def decoded(self) -> None:
        self._progress(self.steps + 2, self.steps + 2, "done")


@contextmanager
def _reusable(pipe: Any) -> Iterator[None]:
    """Leave the pipeline as its own end would, offloaded and with empty step caches, whatever comes out of the run."""
    try:
        yield
    except BaseException:
        with suppress(Exception):
            pipe.maybe_free_model_hooks()
        raise


def _of_size(image: Image, size: Size, card: Card) -> tuple[Image, tuple[str, ...]]:
    made = size_of(image)
    values = pixels(image)
    if made == size:
        return picture(values), ()
    return picture(resized(values, size)), (f"{card.title} made {made}, which was resized to {size}.",)


def _text_encoder(lent: "Lent") -> str:
    """Which weights read the prompt, in which precision and where."""
    return f"{lent.card.repo}@{lent.revision} {lent.card.adapters} {lent.setting.precision} {lent.device}"


def _details(lent: "Lent", call: Call, steps: int, seconds: float, peak: float) -> dict[str, str | int | float]:
    card = lent.card
    return {
        "card": card.id,
        "repository": card.repo,
        "revision": lent.revision,
        "adapters": ", ".join(f"{each.repo}/{each.file} x {each.weight:g}" for each in card.adapters),
        "scheduler": lent.scheduler,
        "steps": steps,
        "guidance": card.guidance,
        "precision": lent.setting.precision,
        "offload": lent.setting.offload,
        "device": lent.device,
        "load_seconds": round(lent.load_seconds, 3),
        "seconds": round(seconds, 3),
        "peak_memory_gb": round(peak, 3),
        "prompt": call.prompt,
    }
