"""What only real weights on a real GPU would show: positions of pictures, what stays in full precision, pinned memory, places."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import Card
from pipelines.diffusion.lending import adapters, parts, running
from pipelines.diffusion.lending import lender as module
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.presets import Precision
from pipelines.diffusion.lending.shelf import Place
from tests.pipelines.diffusion import loans

CUDA = Device(name="cuda:0", title="GPU", kind="cuda", memory_gb=24.0)


@pytest.fixture(scope="module")
def config(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    return loans.adopted(checkpoints, tmp_path_factory.mktemp("real"))


def card(config: EngineConfig, name: str = "klein") -> Card:
    return loans.cards(config)[name]


def read(pipe: Any, **more: Any) -> torch.Tensor:
    """The last hidden states of the text encoder for a prompt with a picture of 4 x 8 patches."""
    picture = Image.linear_gradient("L").resize((112, 56)).convert("RGB")
    text = pipe.prompt_template_encode.format("Picture 1: <|vision_start|><|image_pad|><|vision_end|>a red coat")
    inputs = pipe.processor(text=[text], images=[picture], return_tensors="pt")
    given = {name: inputs[name] for name in ("input_ids", "attention_mask", "pixel_values", "image_grid_thw")}
    with torch.no_grad():
        made = pipe.text_encoder(**given, **{name: inputs[name] for name in more if name in inputs}, output_hidden_states=True)
    states: torch.Tensor = made.hidden_states[-1]
    return states


def test_pictures_are_read_by_rows_and_columns_though_the_pipeline_does_not_say_where_they_are(config: EngineConfig) -> None:
    with loans.lender(config, loans.only(loans.setting("fp32"))).lend(card(config, "edit")) as loan:
        encoder = loan.pipe.text_encoder
        found, told = read(loan.pipe), read(loan.pipe, mm_token_type_ids=True)
        assert torch.equal(found, told)
        encoder._forward_pre_hooks.clear()
        encoder._forward_pre_hooks_with_kwargs.clear()
        in_a_line = read(loan.pipe)
        assert torch.equal(read(loan.pipe, mm_token_type_ids=True), told)
        assert not torch.allclose(in_a_line, told)


def test_words_alone_are_read_as_ever(config: EngineConfig) -> None:
    with loans.lender(config, loans.only(loans.setting("fp32"))).lend(card(config, "image")) as loan:
        encoder, tokens = loan.pipe.text_encoder, torch.tensor([[1, 2, 3]])
        with torch.no_grad():
            before = encoder(input_ids=tokens).logits
            encoder._forward_pre_hooks.clear()
            assert torch.equal(encoder(input_ids=tokens).logits, before)


def kinds(transformer: Any) -> dict[str, set[str]]:
    """Child of a transformer to the kinds of its linear layers' weights."""
    found: dict[str, set[str]] = {}
    for name, layer in transformer.named_modules():
        if isinstance(layer, torch.nn.Linear):
            quantised = type(layer.weight.data).__name__
            found.setdefault(name.partition(".")[0], set()).add(quantised if quantised != "Tensor" else str(layer.weight.dtype))
    return found


@pytest.mark.parametrize(
    ("name", "precision", "scaled", "small"),
    [
        ("klein", "fp8", False, "torch.float8_e4m3fn"),
        ("klein", "fp8", True, "Float8Tensor"),
        ("edit", "int8", False, "Int8Tensor"),
        ("z-image", "fp8", False, "torch.float8_e4m3fn"),
    ],
)
def test_only_the_blocks_of_a_transformer_are_made_smaller(
    config: EngineConfig, name: str, precision: Precision, scaled: bool, small: str
) -> None:
    lender = loans.lender(config, loans.only(loans.setting(precision, scaled=scaled)))
    with lender.lend(card(config, name)) as loan:
        transformer = loan.pipe.transformer
        repeated = [name for name, each in transformer.named_modules() if type(each).__name__ in transformer._repeated_blocks]
        blocks, found = {each.partition(".")[0] for each in repeated}, kinds(transformer)
    assert blocks < found.keys()
    assert all(small in found[each] for each in blocks)
    assert all(found[each] == {"torch.bfloat16"} for each in found.keys() - blocks)


def test_four_bits_leave_the_same_layers_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "0.50.2")
    assert parts.nf4("bfloat16", CUDA, ("proj_out",)).llm_int8_skip_modules == ["proj_out"]


class Grouped:
    """A part that writes down how it is held in groups."""

    def __init__(self) -> None:
        self.how: dict[str, Any] = {}

    def enable_group_offload(self, **how: Any) -> None:
        self.how = how


@pytest.mark.parametrize(
    ("pinned", "scaled", "stream", "on_the_way"),
    [(True, False, True, False), (True, True, True, False), (False, False, True, True), (False, True, False, True)],
)
def test_groups_are_pinned_as_memory_and_kind_allow(pinned: bool, scaled: bool, stream: bool, on_the_way: bool) -> None:
    part = Grouped()
    running.group(part, CUDA, by_block=True, folder=None, pinned=pinned, scaled=scaled)
    assert (part.how["use_stream"], part.how["low_cpu_mem_usage"]) == (stream, on_the_way)


def gpu(monkeypatch: pytest.MonkeyPatch, host_gb: float) -> None:
    """Torch's device without memory as a GPU."""
    device = Device(name="meta", title="GPU", kind="cuda", memory_gb=24.0, host_gb=host_gb)
    monkeypatch.setattr(module, "probe", lambda _: device)
    monkeypatch.setattr(module, "require", lambda _: None)
    monkeypatch.setattr(module, "current", lambda _: nullcontext())


@pytest.mark.parametrize(("host_gb", "pinned"), [(24.0, True), (3.0001, False)])
def test_groups_are_pinned_only_where_main_memory_holds_them_twice_over(
    config: EngineConfig, monkeypatch: pytest.MonkeyPatch, host_gb: float, pinned: bool
) -> None:
    asked: list[bool] = []
    gpu(monkeypatch, host_gb)
    monkeypatch.setattr(module, "group", lambda *_, pinned, **__: asked.append(pinned))
    with loans.lender(config, loans.only(loans.setting(offload="group"))).lend(card(config)):
        assert asked == [pinned, pinned]


def test_main_memory_never_holds_more_than_one_part_on_its_way_to_a_gpu(
    config: EngineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpu(monkeypatch, 24.0)
    lender = loans.lender(config, loans.only(loans.setting()))
    seen: list[int] = []

    def waiting() -> None:
        seen.append(sum(each.place is Place.HOST for each in lender.resident()))

    with lender.lend(card(config), check=waiting):
        pass
    assert len(seen) >= 3 and set(seen) == {0}


def test_an_adapter_in_its_publishers_layout_is_that_of_diffusers_at_its_own_scale(config: EngineConfig, tmp_path: Path) -> None:
    """Names without the transformer's, down and up, and an alpha of half the rank, as trainers write them; the second one here."""
    lender = loans.lender(config, loans.only(loans.setting()))
    with lender.lend(card(config, "edit")) as loan:
        layer, target = "transformer_blocks.0.attn.to_q", loan.pipe.transformer.transformer_blocks[0].attn.to_q
        down, up = torch.randn(4, target.in_features), torch.randn(target.out_features, 4)
        file = tmp_path / "lightning.safetensors"
        tensors = {f"{layer}.lora_down.weight": down, f"{layer}.lora_up.weight": up, f"{layer}.alpha": torch.tensor(2.0)}
        save_file(tensors, file)
        asked = card(config, "lightning")
        assert adapters.load(loan.pipe, asked, [adapters.Installed("own", file, asked.adapters[0])]) == 1
        loaded = loan.pipe.transformer.get_submodule(layer)
        for found, wanted in ((loaded.lora_A["own"].weight, down / 2), (loaded.lora_B["own"].weight, up)):
            assert found.dtype == torch.bfloat16
            assert torch.equal(found, wanted.bfloat16())
        assert loaded.scaling["own"] == 1.0
