"""What is made: one picture by one model in one generation mode, as the studio would ask for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image

from bench.gpu.architectures import KLEIN, QWEN_EDIT, Z_IMAGE, Architecture
from pipelines.diffusion.cards import Card, catalogue
from pipelines.sizes import Mode, Size

PROMPT = (
    "A full-body studio photograph of a woman in her thirties with short brown hair. She wears the grey wool coat of image 1, "
    "open, over a plain white shirt and dark blue trousers, with brown leather boots. She stands in front of a light grey wall "
    "and looks at us with a calm face, one hand in a pocket. Soft daylight comes from the left. Natural skin, sharp fabric, "
    "true colours, nothing else in the picture."
)
"""Of a usual length, about 80 words."""
SEED = 1
RANK = 64
LORA_LAYERS = (
    "to_q",
    "to_k",
    "to_v",
    "to_out.0",
    "add_q_proj",
    "add_k_proj",
    "add_v_proj",
    "to_add_out",
    "img_mlp.net.0.proj",
    "img_mlp.net.2",
    "txt_mlp.net.0.proj",
    "txt_mlp.net.2",
)
"""Layers that a Lightning adapter changes: with rank 64 and bf16 its 0.85 GB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One picture to make, as the card says."""

    mode: Mode
    card: Card
    architecture: Architecture
    size: Size
    references: tuple[Size, ...] = ()
    sweep: bool = False
    """Whether every optimisation is measured, or only the plain loop, the engine's choice and all together."""

    @property
    def name(self) -> str:
        references = f"{len(self.references) or 'no'} reference{'s' if len(self.references) > 1 else ''}"
        return f"{self.mode.value.title()}: {self.card.title}, {references}, {self.size}"

    @property
    def guided(self) -> bool:
        """Whether every step asks the model twice."""
        return self.card.guidance_argument == "true_cfg_scale" and self.card.guidance > 1

    def call(self, steps: int | None = None) -> dict[str, Any]:
        """Arguments of one call; the first noise is drawn on the CPU."""
        references = [picture(each, SEED + index) for index, each in enumerate(self.references)]
        return {
            "prompt": PROMPT,
            "width": self.size.width,
            "height": self.size.height,
            "num_inference_steps": steps or self.card.steps,
            "generator": torch.Generator("cpu").manual_seed(SEED),
            **({"image": references} if references else {}),
            self.card.guidance_argument: self.card.guidance,
            **({} if self.card.negative_prompt is None else {"negative_prompt": self.card.negative_prompt}),
        }


def picture(size: Size, seed: int) -> Image.Image:
    """A soft random picture: it stands for a photograph, whose content costs nothing."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((size.width, size.height), Image.Resampling.BICUBIC)


K1, K2 = Size(1024, 1024), Size(2048, 2048)
PORTRAIT = Size(768, 1024)
PUBLISHED = catalogue()
KLEIN_4B = PUBLISHED["flux2-klein-4b"]
Z_TURBO = PUBLISHED["z-image-turbo"]
LIGHTNING = PUBLISHED["qwen-image-edit-2511-lightning-4"]
EDIT = PUBLISHED["qwen-image-edit-2511"]
ONE, TWO = (PORTRAIT,), (PORTRAIT,) * 2

CASES = (
    Case(mode=Mode.FAST, card=KLEIN_4B, architecture=KLEIN, size=K1, sweep=True),
    Case(mode=Mode.FAST, card=KLEIN_4B, architecture=KLEIN, size=K1, references=TWO),
    Case(mode=Mode.FAST, card=KLEIN_4B, architecture=KLEIN, size=K2),
    Case(mode=Mode.BALANCED, card=Z_TURBO, architecture=Z_IMAGE, size=K1, sweep=True),
    Case(mode=Mode.BALANCED, card=Z_TURBO, architecture=Z_IMAGE, size=K2),
    Case(mode=Mode.BALANCED, card=LIGHTNING, architecture=QWEN_EDIT, size=K1, references=ONE, sweep=True),
    Case(mode=Mode.BALANCED, card=LIGHTNING, architecture=QWEN_EDIT, size=K2, references=ONE),
    Case(mode=Mode.QUALITY, card=EDIT, architecture=QWEN_EDIT, size=K1, references=ONE, sweep=True),
    Case(mode=Mode.QUALITY, card=EDIT, architecture=QWEN_EDIT, size=K2, references=ONE),
)
"""Cases of one architecture stand together: its text encoder and autoencoder are made once."""
