"""Classes that nothing in the project knows run by what their signatures and tensors say: Krea 2 and Qwen-Image-2.1."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKLQwenImage,
    AutoencoderKLQwenImage21,
    Krea2Pipeline,
    Krea2Transformer2DModel,
    QwenImage21Pipeline,
    QwenImage21Transformer2DModel,
)
from PIL import Image
from transformers import (
    Qwen2VLImageProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLModel,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
)

from pipelines.diffusion import preview
from pipelines.diffusion.arguments import arguments
from pipelines.diffusion.call import Call
from pipelines.diffusion.embeddings import Embeddings
from pipelines.diffusion.generate import generate
from pipelines.diffusion.lending.lender import Lent
from pipelines.diffusion.preview import SIDES
from pipelines.errors import Cancelled, PromptTooLong
from tests.pipelines.diffusion import tiny
from tests.pipelines.diffusion.calls import SIZE, lend, photograph

PARTS = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% for part in message['content'] %}{{ part['text'] }}{% endfor %}<|im_end|>\n{% endfor %}"
)
"""Chat template of messages in parts, which the class measures its own instruction with."""


def qwen3_vl() -> Qwen3VLConfig:
    """Text and pictures in, 16 wide, three layers."""
    text = {
        "hidden_size": tiny.HIDDEN,
        "intermediate_size": tiny.HIDDEN,
        "num_hidden_layers": 3,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "vocab_size": len(tiny.VOCABULARY),
        "max_position_embeddings": 8192,
        "rope_parameters": {"mrope_section": [2, 1, 1], "rope_type": "default", "rope_theta": 1e6, "mrope_interleaved": True},
        "bos_token_id": None,
        "eos_token_id": tiny.VOCABULARY["<|im_end|>"],
        "pad_token_id": tiny.VOCABULARY["<|endoftext|>"],
    }
    vision = {
        "depth": 2,
        "hidden_size": tiny.HIDDEN,
        "intermediate_size": tiny.HIDDEN,
        "num_heads": 2,
        "out_hidden_size": tiny.HIDDEN,
        "deepstack_visual_indexes": [0, 1],
        "num_position_embeddings": 64,
    }
    tokens = {f"{kind}_token_id": tiny.VOCABULARY[f"<|{kind}_pad|>"] for kind in ("image", "video")}
    ends = {f"vision_{end}_token_id": tiny.VOCABULARY[f"<|vision_{end}|>"] for end in ("start", "end")}
    return Qwen3VLConfig(text_config=text, vision_config=vision, **tokens, **ends)


def krea() -> Krea2Pipeline:
    torch.manual_seed(1)
    vae = AutoencoderKLQwenImage(
        base_dim=8, z_dim=4, dim_mult=[1, 1, 1, 1], num_res_blocks=1, latents_mean=[0.1] * 4, latents_std=[1.5] * 4
    )
    transformer = Krea2Transformer2DModel(
        in_channels=16,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        num_key_value_heads=1,
        intermediate_size=32,
        timestep_embed_dim=16,
        text_hidden_dim=tiny.HIDDEN,
        num_text_layers=2,
        text_num_attention_heads=2,
        text_num_key_value_heads=2,
        text_intermediate_size=16,
        num_layerwise_text_blocks=1,
        num_refiner_text_blocks=1,
        axes_dims_rope=(8, 4, 4),
    )
    return Krea2Pipeline(
        scheduler=tiny.scheduler(),
        vae=vae,
        text_encoder=Qwen3VLModel(qwen3_vl()),
        tokenizer=tiny.tokenizer(),
        transformer=transformer,
        text_encoder_select_layers=(1, 2),
        is_distilled=True,
    )


def qwen_21() -> QwenImage21Pipeline:
    torch.manual_seed(2)
    vae = AutoencoderKLQwenImage21(
        base_dim=4,
        decoder_base_dim=4,
        z_dim=16,
        dim_mult=[1, 1, 1, 1, 1],
        num_res_blocks=1,
        latents_mean=[0.1] * 16,
        latents_std=[1.5] * 16,
    )
    transformer = QwenImage21Transformer2DModel(
        in_channels=16,
        out_channels=16,
        num_layers=2,
        attention_head_dim=16,
        num_attention_heads=2,
        context_in_dim=tiny.HIDDEN,
        axes_dims_rope=(8, 4, 4),
    )
    tokenizer = tiny.tokenizer()
    processor = Qwen3VLProcessor(
        image_processor=Qwen2VLImageProcessor(min_pixels=32 * 32, max_pixels=256 * 256, patch_size=16),
        tokenizer=tokenizer,
        video_processor=Qwen3VLVideoProcessor(),
        chat_template=PARTS,
    )
    return QwenImage21Pipeline(
        scheduler=tiny.scheduler(),
        vae=vae,
        text_encoder=Qwen3VLForConditionalGeneration(qwen3_vl()),
        processor=processor,
        transformer=transformer,
    )


BUILDERS: Mapping[str, Callable[[], Any]] = {"krea": krea, "qwen-2.1": qwen_21}
ON_THE_CARD: Mapping[str, Mapping[str, Any]] = {
    "krea": {"pipeline": "Krea2Pipeline", "guidance": 0.0, "guidance_argument": "guidance_scale", "references": 0},
    "qwen-2.1": {
        "pipeline": "QwenImage21Pipeline",
        "guidance": 1.0,
        "guidance_argument": "true_cfg_scale",
        "references": 2,
        "arguments": {"output_resolution": 64},
    },
}
every_class = pytest.mark.parametrize("name", BUILDERS)


@cache
def built(name: str) -> Any:
    pipe = BUILDERS[name]()
    pipe.set_progress_bar_config(disable=True)
    return pipe


def lent(name: str) -> Lent:
    return lend("qwen-image", built(name), **ON_THE_CARD[name])


def call(name: str, **changes: Any) -> Call:
    images = (photograph(64, 80, 1), photograph(80, 64, 2))[: ON_THE_CARD[name]["references"]]
    return Call(**{"prompt": "a red coat", "images": images, "size": SIZE, "seed": 1, **changes})


@every_class
def test_the_picture_is_that_of_the_plain_pipeline(name: str) -> None:
    given = lent(name)
    generator = torch.Generator("cpu").manual_seed(1)
    raw = given.pipe(**arguments(given.pipe, given.card, call(name)), generator=generator).images[0]
    white = Image.new("RGBA", raw.size, "white")
    white.alpha_composite(raw.convert("RGBA"))
    made = generate(given, call(name), lambda *_: None).image
    assert made.mode == "RGB"
    assert np.array_equal(np.asarray(made), np.asarray(white.convert("RGB")))


@every_class
def test_references_prompts_and_steps_are_followed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given, embeddings, heard, shown = lent(name), Embeddings(), [], []
    monkeypatch.setattr(preview, "SHARE", 1e9)
    monkeypatch.setattr(preview, "_seconds", {given.pipe.vae: dict.fromkeys(SIDES, 0.0)})

    def progress(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        heard.append((step, of))
        shown.extend([preview] if preview is not None else [])

    for _ in range(2):
        final = np.asarray(generate(given, call(name), progress, embeddings=embeddings).image, float)
    assert heard == [(step, 5) for step in range(6)] * 2
    assert embeddings.hits == 1
    assert len(shown) == 6
    if name == "krea":  # the other one's picture is transparent, and previews are not
        assert np.abs(np.asarray(shown[2], float) - final).max() <= 1


@pytest.mark.parametrize("stop", range(6))
@every_class
def test_a_run_can_be_cancelled_at_any_step(name: str, stop: int) -> None:
    def progress(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if step == stop:
            raise Cancelled

    given = lent(name)
    before = np.asarray(generate(given, call(name), lambda *_: None).image)
    with pytest.raises(Cancelled):
        generate(given, call(name), progress)
    assert np.array_equal(before, np.asarray(generate(given, call(name), lambda *_: None).image))


@every_class
def test_a_prompt_that_is_too_long_is_refused(name: str) -> None:
    with pytest.raises(PromptTooLong):
        generate(lent(name), call(name, prompt="word " * 20_000), lambda *_: None)
