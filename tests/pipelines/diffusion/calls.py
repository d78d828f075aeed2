"""Tiny pipelines as the lender would hand them over, without the lender."""

from functools import cache
from typing import Any

import diffusers
import pytest
import torch
from PIL import Image

from pipelines.diffusion.call import Call
from pipelines.diffusion.cards import Card, Licence, Parameters
from pipelines.diffusion.generate import generate
from pipelines.diffusion.lending.lender import Lent
from pipelines.diffusion.lending.presets import Setting
from pipelines.diffusion.preview import Previews
from pipelines.engine import unwatched
from pipelines.sizes import Size
from tests.pipelines.diffusion import tiny

SIZE = Size(96, 64)
CLASSES: dict[str, dict[str, Any]] = {
    "klein": {"builder": "klein", "pipeline": "Flux2KleinPipeline", "steps": 3, "references": 3},
    "klein-inpaint": {"builder": "klein", "pipeline": "Flux2KleinPipeline", "inpaint": "Flux2KleinInpaintPipeline", "steps": 4},
    "z-image": {"builder": "z-image", "pipeline": "ZImagePipeline", "steps": 3, "guidance": 0.0},
    "z-image-inpaint": {
        "builder": "z-image",
        "pipeline": "ZImagePipeline",
        "inpaint": "ZImageInpaintPipeline",
        "steps": 4,
        "guidance": 0.0,
    },
    "qwen-edit": {
        "builder": "qwen-edit",
        "pipeline": "QwenImageEditPlusPipeline",
        "steps": 3,
        "guidance": 2.0,
        "guidance_argument": "true_cfg_scale",
        "negative_prompt": " ",
        "references": 3,
    },
    "qwen-image": {
        "builder": "qwen-image",
        "pipeline": "QwenImagePipeline",
        "steps": 3,
        "guidance": 1.0,
        "guidance_argument": "true_cfg_scale",
    },
}
"""Name of a way to call a pipeline to what is on its card. With `inpaint`, the call is masked."""


def card(name: str, **changes: Any) -> Card:
    """A card of the tiny checkpoint behind `name`."""
    facts = {
        "id": name,
        "title": f"Tiny {name}",
        "repo": f"tiny/{name}",
        "licence": Licence(name="Apache-2.0", link="https://example.org", commercial=True),
        "parameters": Parameters(transformer=0.001, text_encoder=0.001, vae=0.001),
        "tools": {},
        **CLASSES[name],
        **changes,
    }
    return Card.model_validate({key: value for key, value in facts.items() if key != "builder"})


def fresh(name: str) -> Any:
    """A pipeline of `name` with parts of its own."""
    facts = CLASSES[name]
    pipe = tiny.BUILDERS[facts["builder"]]()
    if "inpaint" in facts:
        options = {"is_distilled": True} if "is_distilled" in pipe.config else {}
        pipe = getattr(diffusers, facts["inpaint"])(**pipe.components, **options)
    pipe.set_progress_bar_config(disable=True)
    return pipe


_pipe = cache(fresh)


def lend(name: str, of: Any = None, **changes: Any) -> Lent:
    """A loan of the tiny pipeline `name`, or of the pipeline `of` in its place; `changes` go to the card."""
    given = _pipe(name) if of is None else of
    return Lent(
        pipe=given,
        card=card(name, **changes),
        setting=Setting("fp32", "fp32"),
        device="cpu",
        revision="0" * 40,
        scheduler=type(given.scheduler).__name__,
        loaded=False,
        load_seconds=0.25,
        notes=(),
    )


def photograph(width: int, height: int, seed: int = 0) -> Image.Image:
    """RGB noise with a gradient, so that no two references are alike."""
    values = torch.rand(height, width, 3, generator=torch.Generator().manual_seed(seed)) * 80
    values += torch.linspace(0, 175, width)[None, :, None]
    return Image.fromarray(values.to(torch.uint8).numpy())


def mask() -> Image.Image:
    """The right half of the picture is redrawn."""
    drawn = Image.new("L", (SIZE.width, SIZE.height), 0)
    drawn.paste(255, (SIZE.width // 2, 0, SIZE.width, SIZE.height))
    return drawn


def call(name: str, seed: int = 1, **changes: Any) -> Call:
    """A call that suits `name`: with references, or masked with strength 0.75, as it takes them."""
    facts = CLASSES[name]
    given: dict[str, Any] = {"prompt": "a red coat", "size": SIZE, "seed": seed}
    if "inpaint" in facts:
        given |= {"base": photograph(SIZE.width, SIZE.height), "mask": mask(), "strength": 0.75}
    if facts.get("references"):
        given["images"] = (photograph(64, 80, 1), photograph(80, 64, 2))
    return Call(**given | changes)


def step_latents(name: str, **changes: Any) -> list[torch.Tensor]:
    """Latents after each step of a run, as the pipeline holds them."""
    seen: list[torch.Tensor] = []

    class Listening(Previews):
        def after(self, latents: torch.Tensor) -> None:
            seen.append(latents)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.diffusion.generate.Previews", Listening)
        generate(lend(name), call(name, **changes), unwatched)
    return seen
