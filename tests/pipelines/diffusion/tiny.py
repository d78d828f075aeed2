"""Checkpoints of the real classes at a millionth of their size, written with `save_pretrained` and random weights.

Everything about them is real but the numbers: configurations, tokenizers, processors, file layout. They are built once a
session and read by the same code that reads the real ones.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    AutoencoderKLFlux2,
    AutoencoderKLQwenImage,
    FlowMatchEulerDiscreteScheduler,
    Flux2KleinPipeline,
    Flux2Transformer2DModel,
    QwenImageEditPlusPipeline,
    QwenImagePipeline,
    QwenImageTransformer2DModel,
    ZImagePipeline,
    ZImageTransformer2DModel,
)
from safetensors.torch import save_file
from tokenizers import Tokenizer, models
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import (
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2Tokenizer,
    Qwen2VLImageProcessor,
    Qwen2VLProcessor,
    Qwen2VLVideoProcessor,
    Qwen3Config,
    Qwen3ForCausalLM,
)

SPECIAL = (
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
)
CHAT = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""Chat template of plain messages; klein and Z-Image apply it to the prompt."""
HIDDEN = 16
TOKENS = 1500
ENGLISH = Path(__file__).parents[3] / "docs" / "architecture.md"
"""What the tokenizer learns its pairs of letters from, so that prompts have about as many tokens as with the real one."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Byte-pair encoding: tokens to their numbers, and what is merged in which order."""

    vocabulary: dict[str, int]
    merges: list[tuple[str, str]]


def pairs() -> Pairs:
    """Learned from plain text, with Qwen's special tokens."""
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = ByteLevel(add_prefix_space=False)
    trainer = BpeTrainer(
        vocab_size=TOKENS, initial_alphabet=sorted(ByteLevel.alphabet()), special_tokens=list(SPECIAL), show_progress=False
    )
    learner.train_from_iterator(ENGLISH.read_text(encoding="utf-8").splitlines(), trainer)
    learned = json.loads(learner.to_str())["model"]
    return Pairs(learned["vocab"], [(first, second) for first, second in learned["merges"]])


PAIRS = pairs()
VOCABULARY = PAIRS.vocabulary


def tokenizer() -> Qwen2Tokenizer:
    """Qwen's, with a small vocabulary."""
    made = Qwen2Tokenizer(
        vocab=VOCABULARY, merges=PAIRS.merges, additional_special_tokens=list(SPECIAL[1:]), model_max_length=8192
    )
    made.chat_template = CHAT
    return made


def scheduler() -> FlowMatchEulerDiscreteScheduler:
    """As in Qwen-Image's repository: the shift grows with the picture."""
    return FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, base_shift=0.5, max_shift=0.9, shift_terminal=0.02)


def qwen3(layers: int = 28) -> Qwen3ForCausalLM:
    """Text encoder of klein, which reads layers 9, 18 and 27, and of Z-Image, which reads the last but one."""
    torch.manual_seed(1)
    config = Qwen3Config(
        hidden_size=HIDDEN,
        intermediate_size=HIDDEN,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        vocab_size=len(VOCABULARY),
        max_position_embeddings=4096,
        pad_token_id=VOCABULARY["<|endoftext|>"],
        eos_token_id=VOCABULARY["<|im_end|>"],
        bos_token_id=None,
    )
    return Qwen3ForCausalLM(config)


def klein(distilled: bool = True) -> Flux2KleinPipeline:
    """FLUX.2 klein: two blocks, 16 latent channels after packing."""
    torch.manual_seed(2)
    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=3 * HIDDEN,
        timestep_guidance_channels=64,
        axes_dims_rope=[4, 4, 4, 4],
        guidance_embeds=False,
    )
    vae = AutoencoderKLFlux2(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        latent_channels=4,
        norm_num_groups=4,
        use_quant_conv=False,
        use_post_quant_conv=False,
        mid_block_add_attention=False,
    )
    vae.bn.running_var.fill_(1.0)
    return Flux2KleinPipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
        vae=vae,
        text_encoder=qwen3(),
        tokenizer=tokenizer(),
        transformer=transformer,
        is_distilled=distilled,
    )


def z_image() -> ZImagePipeline:
    """Z-Image: two layers, FLUX.1's autoencoder, klein's text encoder with the same weights."""
    torch.manual_seed(3)
    transformer = ZImageTransformer2DModel(
        all_patch_size=(2,),
        all_f_patch_size=(1,),
        in_channels=16,
        dim=32,
        n_layers=2,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=HIDDEN,
        axes_dims=[8, 4, 4],
        axes_lens=[1536, 512, 512],
    )
    with torch.no_grad():  # made with torch.empty
        transformer.x_pad_token.fill_(1.0)
        transformer.cap_pad_token.fill_(1.0)
    vae = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        layers_per_block=1,
        latent_channels=16,
        norm_num_groups=4,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
    )
    return ZImagePipeline(
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0),
        vae=vae,
        text_encoder=qwen3(),
        tokenizer=tokenizer(),
        transformer=transformer,
    )


def _qwen_parts(seed: int) -> dict[str, Any]:
    """Parts that Qwen-Image and Qwen-Image-Edit have in common; the transformer's weights follow the seed."""
    torch.manual_seed(seed)
    transformer = QwenImageTransformer2DModel(
        in_channels=16,
        out_channels=4,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=HIDDEN,
        axes_dims_rope=(8, 4, 4),
    )
    torch.manual_seed(4)
    vae = AutoencoderKLQwenImage(
        base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, latents_mean=[0.0] * 4, latents_std=[1.0] * 4
    )
    text_config = {
        "hidden_size": HIDDEN,
        "intermediate_size": HIDDEN,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "vocab_size": len(VOCABULARY),
        "max_position_embeddings": 32768,
        "rope_parameters": {"mrope_section": [1, 1, 2], "rope_type": "default", "rope_theta": 1e6},
        "bos_token_id": None,
        "eos_token_id": VOCABULARY["<|im_end|>"],
        "pad_token_id": VOCABULARY["<|endoftext|>"],
    }
    vision_config = {
        "depth": 2,
        "hidden_size": HIDDEN,
        "intermediate_size": HIDDEN,
        "num_heads": 2,
        "out_hidden_size": HIDDEN,
        "fullatt_block_indexes": [1],
    }
    config = Qwen2_5_VLConfig(
        text_config=text_config,
        vision_config=vision_config,
        image_token_id=VOCABULARY["<|image_pad|>"],
        video_token_id=VOCABULARY["<|video_pad|>"],
        vision_start_token_id=VOCABULARY["<|vision_start|>"],
        vision_end_token_id=VOCABULARY["<|vision_end|>"],
    )
    text_encoder = Qwen2_5_VLForConditionalGeneration(config)
    return {
        "scheduler": scheduler(),
        "vae": vae,
        "text_encoder": text_encoder,
        "tokenizer": tokenizer(),
        "transformer": transformer,
    }


def qwen_edit() -> QwenImageEditPlusPipeline:
    """Qwen-Image-Edit, with its processor of pictures and text."""
    parts = _qwen_parts(seed=5)
    images = Qwen2VLImageProcessor(min_pixels=28 * 28, max_pixels=56 * 56)
    processor = Qwen2VLProcessor(
        image_processor=images, tokenizer=parts["tokenizer"], video_processor=Qwen2VLVideoProcessor(), chat_template=CHAT
    )
    return QwenImageEditPlusPipeline(**parts, processor=processor)


def qwen_image() -> QwenImagePipeline:
    """Qwen-Image: text encoder and autoencoder are those of the edit model, to the byte."""
    return QwenImagePipeline(**_qwen_parts(seed=6))


def write_lora(transformer: torch.nn.Module, path: Path, *, rank: int = 2, strength: float = 0.5) -> None:
    """A LoRA over the attention of `transformer`, in the layout that diffusers reads: `transformer.NAME.lora_A.weight`."""
    generator = torch.Generator().manual_seed(7)
    tensors: dict[str, torch.Tensor] = {}
    for name, module in transformer.named_modules():
        if isinstance(module, torch.nn.Linear) and name.rpartition(".")[2] in ("to_q", "to_k", "to_v"):
            down = torch.randn(rank, module.in_features, generator=generator) * strength
            up = torch.randn(module.out_features, rank, generator=generator) * strength
            tensors |= {f"transformer.{name}.lora_A.weight": down, f"transformer.{name}.lora_B.weight": up}
    save_file(tensors, path)


BUILDERS: Mapping[str, Callable[[], Any]] = {
    "klein": klein,
    "z-image": z_image,
    "qwen-edit": qwen_edit,
    "qwen-image": qwen_image,
}
"""Name of a checkpoint to what builds it."""


def write(name: str, folder: Path) -> Path:
    """The checkpoint `name` as a repository in `folder`; with the edit model also its LoRA, `lightning.safetensors`."""
    pipeline = BUILDERS[name]()
    pipeline.save_pretrained(folder)
    if name == "qwen-edit":
        write_lora(pipeline.transformer, folder / "lightning.safetensors")
    return folder
