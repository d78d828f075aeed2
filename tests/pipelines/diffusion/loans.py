"""Small cards over the tiny checkpoints, for the tests of lending."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import PIPELINE_FILES, Card, Catalogue, catalogue
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.lender import Ladder, Lender, Lent
from pipelines.diffusion.lending.presets import Offload, Precision, Setting
from pipelines.diffusion.weights.store import Weights

CARDS = """
[[card]]
id = "klein"
title = "Tiny klein"
repo = "tiny/klein"
pipeline = "Flux2KleinPipeline"
inpaint = "Flux2KleinInpaintPipeline"
licence = { name = "Apache-2.0", link = "https://example.org", commercial = true }
steps = 2
references = 2
parameters = { transformer = 1.0, text_encoder = 1.0, vae = 0.1 }
cpu = true
tools = {}

[[card]]
id = "z-image"
like = "klein"
title = "Tiny Z-Image"
repo = "tiny/z-image"
pipeline = "ZImagePipeline"
inpaint = "ZImageInpaintPipeline"
guidance = 0.0
references = 0
licence = { name = "Apache-2.0", link = "https://example.org", commercial = true }
parameters = { transformer = 1.0, text_encoder = 1.0, vae = 0.1 }

[[card]]
id = "image"
like = "klein"
title = "Tiny Qwen-Image"
repo = "tiny/qwen-image"
pipeline = "QwenImagePipeline"
inpaint = "QwenImageInpaintPipeline"
references = 0
licence = { name = "Apache-2.0", link = "https://example.org", commercial = true }
parameters = { transformer = 1.0, text_encoder = 1.0, vae = 0.1 }

[[card]]
id = "edit"
title = "Tiny Qwen-Image-Edit"
repo = "tiny/qwen-edit"
pipeline = "QwenImageEditPlusPipeline"
licence = { name = "Apache-2.0", link = "https://example.org", commercial = true }
steps = 2
references = 2
guidance_argument = "true_cfg_scale"
parameters = { transformer = 1.0, text_encoder = 1.0, vae = 0.1 }
tools = {}

[[card]]
id = "lightning"
base = "edit"
title = "Tiny Qwen-Image-Edit, Lightning"
scheduler = { base_shift = 1.0986, max_shift = 1.0986, shift = 3.0 }

[[card.adapters]]
repo = "tiny/lightning"
file = "lightning.safetensors"
gigabytes = 0.1
licence = { name = "Apache-2.0", link = "https://example.org", commercial = true }
"""
REPOSITORIES = ("klein", "z-image", "qwen-edit", "qwen-image")


def adopted(checkpoints: Path, root: Path, *, device: str = "cpu", memory_gb: float = 100.0) -> EngineConfig:
    """The tiny checkpoints as weights of the cards, below `root`."""
    config = EngineConfig(models=root / "models", cards=root / "cards.toml", device=device, memory_gb=memory_gb)
    (root / "cards.toml").write_text(CARDS)
    weights = Weights(config)
    for name in REPOSITORIES:
        weights.adopt(f"tiny/{name}", checkpoints / name, files=PIPELINE_FILES)
    weights.adopt("tiny/lightning", checkpoints / "qwen-edit", files=("lightning.safetensors",))
    return config


def cards(config: EngineConfig) -> Catalogue:
    return catalogue(config.cards)


def only(*settings: Setting) -> Ladder:
    """A ladder of these settings for every card."""
    return lambda _card, _device: settings


def setting(precision: Precision = "bf16", offload: Offload = "none", **more: Any) -> Setting:
    return Setting(name=f"{precision} {offload}", precision=precision, offload=offload, **more)


def lender(config: EngineConfig, ladder: Callable[[Card, Device], tuple[Setting, ...]] | None = None) -> Lender:
    weights = Weights(config)
    return Lender(config, weights, ladder) if ladder else Lender(config, weights)


def picture(lent: Lent, *, seed: int = 1, side: int = 64, **more: Any) -> torch.Tensor:
    """What the lent pipeline makes of a fixed prompt, (1, 3, side, side) in [0, 1], float32."""
    arguments: dict[str, Any] = {
        "prompt": "a red coat",
        "height": side,
        "width": side,
        "num_inference_steps": lent.card.steps,
        "generator": torch.Generator().manual_seed(seed),
        "output_type": "pt",
        lent.card.guidance_argument: lent.card.guidance,
    }
    if lent.card.guidance_argument == "true_cfg_scale":
        arguments["image"] = [Image.new("RGB", (64, 64), "red")]
    elif lent.card.id == "image":
        arguments |= {"true_cfg_scale": 1.0, "guidance_scale": None}
    made: torch.Tensor = lent.pipe(**arguments | more).images
    return made.float()
