"""Pipelines ready to be measured: parts of one architecture at a time, a fresh transformer for every setting.

Optimisations change weights in place. A transformer is therefore drawn anew for each, from the same seed: on a GPU that
takes a second, and nothing has to be undone.
"""

import gc
from typing import Any

import diffusers
import torch
from torch import nn
from transformers import Qwen2VLImageProcessor, Qwen2VLProcessor, Qwen2VLVideoProcessor

from bench.gpu.architectures import Architecture
from bench.gpu.cases import LORA_LAYERS, RANK, Case
from bench.gpu.weights import Place, drawn
from tests.pipelines.diffusion.tiny import CHAT, tokenizer

TRANSFORMER, TEXT_ENCODER, VAE, LORA = range(4)
"""Seeds of the parts."""


class Stage:
    """Builds pipelines in one place; keeps text encoder and autoencoder of the architecture that it built last."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._architecture: Architecture | None = None
        self._kept: dict[str, Any] = {}

    def pipeline(self, case: Case) -> Any:
        """A stock pipeline of diffusers, all parts on the device, in the place's dtype, with no setting changed."""
        if self._architecture is not case.architecture:
            self._kept = {}
            self.tidy()
            self._kept = self._parts(case.architecture)
            self._architecture = case.architecture
        transformer = drawn(case.architecture.transformer, self.place, TRANSFORMER)
        if case.card.adapters:
            _adapt(transformer, self.place)
        scheduler = diffusers.FlowMatchEulerDiscreteScheduler(**{**case.architecture.scheduler, **case.card.scheduler})
        pipeline = getattr(diffusers, case.architecture.pipeline)(**self._kept, transformer=transformer, scheduler=scheduler)
        pipeline.set_progress_bar_config(disable=True)
        return pipeline

    def _parts(self, architecture: Architecture) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "text_encoder": drawn(architecture.text_encoder, self.place, TEXT_ENCODER),
            "vae": drawn(architecture.vae, self.place, VAE),
            "tokenizer": tokenizer(),
        }
        if architecture.sees:
            parts["processor"] = Qwen2VLProcessor(
                image_processor=Qwen2VLImageProcessor(),
                tokenizer=parts["tokenizer"],
                video_processor=Qwen2VLVideoProcessor(),
                chat_template=CHAT,
            )
        return parts

    def tidy(self) -> None:
        """Give memory back that nobody holds any more."""
        gc.collect()
        if self.place.device.type == "cuda":
            torch.cuda.empty_cache()


def _adapt(transformer: Any, place: Place) -> None:
    """Put a LoRA with random weights on the transformer, small beside the weights that it changes."""
    from peft import LoraConfig

    transformer.add_adapter(LoraConfig(r=RANK, lora_alpha=RANK, target_modules=list(LORA_LAYERS), init_lora_weights=False))
    generator = torch.Generator(place.device).manual_seed(LORA)
    for name, parameter in transformer.named_parameters():
        if ".lora_" in name:
            values = torch.empty(parameter.shape, device=place.device, dtype=place.dtype)
            spread = 0.3 if ".lora_B." in name else 1.0
            values.normal_(0, spread / parameter.shape[1] ** 0.5, generator=generator)
            parameter.data = values
            parameter.requires_grad_(False)


def blocks(transformer: nn.Module) -> list[nn.Module]:
    """The repeated blocks of a transformer of diffusers."""
    names = set(transformer._repeated_blocks)  # type: ignore[arg-type]
    return [each for each in transformer.modules() if type(each).__name__ in names]
