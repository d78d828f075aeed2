"""The architectures that are measured, as data: configurations of the published models, without their weights.

A part is built with its parameters on the meta device, where the size of a model costs nothing. The tokenizer is the
tests', since the published one would have to be downloaded; the embeddings keep their published size.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, cast

from accelerate import init_empty_weights
from torch import nn

from tests.pipelines.diffusion.tiny import VOCABULARY

Library = Literal["diffusers", "transformers"]


@dataclass(frozen=True, slots=True)
class Part:
    """A model class with its configuration."""

    library: Library
    name: str
    config: Mapping[str, Any]

    def empty(self) -> nn.Module:
        """The module with its parameters on the meta device; buffers are real."""
        cls: Any = getattr(import_module(self.library), self.name)
        with init_empty_weights(include_buffers=False):
            if self.library == "diffusers":
                model: nn.Module = cls.from_config(dict(self.config))
            else:
                model = cls(cls.config_class(**self.config))
        if self.library == "transformers":
            cast(Any, model).tie_weights()  # within the context every parameter is made anew
        return model.eval().requires_grad_(False)

    def billions(self) -> float:
        """Parameters, tied ones once."""
        return sum(each.numel() for each in self.empty().parameters()) / 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """A pipeline of diffusers by its parts."""

    name: str
    pipeline: str
    transformer: Part
    text_encoder: Part
    vae: Part
    scheduler: Mapping[str, Any]
    sees: bool = False
    """Whether the text encoder is shown the references too."""


DOWN, UP = ("DownEncoderBlock2D",) * 4, ("UpDecoderBlock2D",) * 4

QWEN3_4B = Part(
    "transformers",
    "Qwen3ForCausalLM",
    {
        "hidden_size": 2560,
        "intermediate_size": 9728,
        "num_hidden_layers": 36,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "vocab_size": 151936,
        "max_position_embeddings": 40960,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1e6},
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": VOCABULARY["<|im_end|>"],
        "pad_token_id": VOCABULARY["<|endoftext|>"],
    },
)
"""Text encoder of klein and of Z-Image."""

QWEN25_VL_7B = Part(
    "transformers",
    "Qwen2_5_VLForConditionalGeneration",
    {
        "text_config": {
            "hidden_size": 3584,
            "intermediate_size": 18944,
            "num_hidden_layers": 28,
            "num_attention_heads": 28,
            "num_key_value_heads": 4,
            "vocab_size": 152064,
            "max_position_embeddings": 128000,
            "rope_parameters": {"mrope_section": [16, 24, 24], "rope_type": "default", "rope_theta": 1e6},
            "bos_token_id": None,
            "eos_token_id": VOCABULARY["<|im_end|>"],
            "pad_token_id": VOCABULARY["<|endoftext|>"],
        },
        "vision_config": {
            "depth": 32,
            "hidden_size": 1280,
            "intermediate_size": 3420,
            "num_heads": 16,
            "out_hidden_size": 3584,
            "fullatt_block_indexes": [7, 15, 23, 31],
            "window_size": 112,
        },
        "image_token_id": VOCABULARY["<|image_pad|>"],
        "video_token_id": VOCABULARY["<|video_pad|>"],
        "vision_start_token_id": VOCABULARY["<|vision_start|>"],
        "vision_end_token_id": VOCABULARY["<|vision_end|>"],
    },
)
"""Text encoder of Qwen-Image and Qwen-Image-Edit."""

KLEIN = Architecture(
    name="FLUX.2-klein-4B",
    pipeline="Flux2KleinPipeline",
    transformer=Part(
        "diffusers",
        "Flux2Transformer2DModel",
        {
            "in_channels": 128,
            "num_layers": 5,
            "num_single_layers": 20,
            "attention_head_dim": 128,
            "num_attention_heads": 24,
            "joint_attention_dim": 7680,
            "axes_dims_rope": (32, 32, 32, 32),
            "guidance_embeds": False,
        },
    ),
    text_encoder=QWEN3_4B,
    vae=Part(
        "diffusers",
        "AutoencoderKLFlux2",
        {
            "down_block_types": DOWN,
            "up_block_types": UP,
            "block_out_channels": (128, 256, 512, 512),
            "layers_per_block": 2,
            "latent_channels": 32,
        },
    ),
    scheduler={"shift": 3.0, "use_dynamic_shifting": True, "base_shift": 0.5, "max_shift": 1.15},
)

QWEN_EDIT = Architecture(
    name="Qwen-Image-Edit-2511",
    pipeline="QwenImageEditPlusPipeline",
    transformer=Part(
        "diffusers",
        "QwenImageTransformer2DModel",
        {
            "in_channels": 64,
            "out_channels": 16,
            "num_layers": 60,
            "attention_head_dim": 128,
            "num_attention_heads": 24,
            "joint_attention_dim": 3584,
            "axes_dims_rope": (16, 56, 56),
            "zero_cond_t": True,
        },
    ),
    text_encoder=QWEN25_VL_7B,
    vae=Part("diffusers", "AutoencoderKLQwenImage", {"base_dim": 96, "z_dim": 16, "dim_mult": [1, 2, 4, 4]}),
    scheduler={
        "use_dynamic_shifting": True,
        "base_shift": 0.5,
        "max_shift": 0.9,
        "max_image_seq_len": 8192,
        "shift_terminal": 0.02,
    },
    sees=True,
)

Z_IMAGE = Architecture(
    name="Z-Image-Turbo",
    pipeline="ZImagePipeline",
    transformer=Part(
        "diffusers",
        "ZImageTransformer2DModel",
        {
            "in_channels": 16,
            "dim": 3840,
            "n_layers": 30,
            "n_refiner_layers": 2,
            "n_heads": 30,
            "n_kv_heads": 30,
            "cap_feat_dim": 2560,
            "axes_dims": [32, 48, 48],
            "axes_lens": [1536, 512, 512],
        },
    ),
    text_encoder=QWEN3_4B,
    vae=Part(
        "diffusers",
        "AutoencoderKL",
        {
            "down_block_types": DOWN,
            "up_block_types": UP,
            "block_out_channels": (128, 256, 512, 512),
            "layers_per_block": 2,
            "latent_channels": 16,
            "scaling_factor": 0.3611,
            "shift_factor": 0.1159,
            "use_quant_conv": False,
            "use_post_quant_conv": False,
        },
    ),
    scheduler={"shift": 3.0},
)

ARCHITECTURES = (KLEIN, QWEN_EDIT, Z_IMAGE)
