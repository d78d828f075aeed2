"""Which settings fit which device: the documented presets, and what holds for every card and size of memory."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.diffusion.cards import Adapter, Card, Licence, Parameters
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.presets import PRESETS, Setting, fits, ladder, preset

LICENCE = Licence(name="Apache-2.0", link="https://example.org", commercial=True)
LORA = Adapter(repo="a/lora", file="lora.safetensors", licence=LICENCE, gigabytes=0.85)
CPU = Device(name="cpu", title="CPU", kind="cpu", memory_gb=32.0)


def card(transformer: float, text_encoder: float, vae: float, *adapters: Adapter, references: int = 3, cpu: bool = False) -> Card:
    return Card(
        id="card",
        title="Model",
        repo="a/model",
        licence=LICENCE,
        pipeline="Pipeline",
        steps=4,
        references=references,
        adapters=adapters,
        parameters=Parameters(transformer=transformer, text_encoder=text_encoder, vae=vae),
        cpu=cpu,
        tools={},
    )


KLEIN = card(3.88, 4.02, 0.084, references=4, cpu=True)
QWEN_EDIT = card(20.43, 8.3, 0.127, LORA)
Z_IMAGE = card(6.15, 4.02, 0.084, references=0, cpu=True)
CARDS = st.sampled_from([KLEIN, QWEN_EDIT, Z_IMAGE])


def first(model: Card, device: Device) -> tuple[str, str]:
    setting = ladder(model, device)[0]
    return setting.precision, setting.offload


@pytest.mark.parametrize(
    ("model", "gigabytes", "precision", "offload"),
    [
        (KLEIN, 8, "fp8", "model"),
        (KLEIN, 12, "fp8", "none"),
        (KLEIN, 24, "bf16", "none"),
        (QWEN_EDIT, 8, "fp8", "group"),
        (QWEN_EDIT, 12, "fp8", "group"),
        (QWEN_EDIT, 24, "nf4", "model"),
        (QWEN_EDIT, 48, "fp8", "none"),
        (QWEN_EDIT, 80, "bf16", "none"),
        (Z_IMAGE, 8, "nf4", "model"),
        (Z_IMAGE, 12, "fp8", "model"),
        (Z_IMAGE, 24, "bf16", "none"),
    ],
)
def test_presets_of_gpus(model: Card, gigabytes: float, precision: str, offload: str) -> None:
    assert first(model, preset(gigabytes)) == (precision, offload)


def test_the_documented_devices() -> None:
    assert [each.memory_gb for each in PRESETS] == [8, 12, 24, 48, 80, 32]
    assert all(ladder(KLEIN, each) for each in PRESETS)


def test_a_cpu_calculates_in_bfloat16_where_it_can() -> None:
    assert first(KLEIN, CPU) == ("bf16", "none")


@pytest.mark.parametrize(("gigabytes", "precision"), [(64, "fp32"), (32, "bf16"), (16, "int8")])
def test_a_cpu_without_bfloat16_prefers_float32_where_memory_allows(gigabytes: float, precision: str) -> None:
    assert first(KLEIN, replace(CPU, native_bf16=False, memory_gb=gigabytes)) == (precision, "none")


def test_apple_gpus_hold_everything_or_nothing() -> None:
    device = Device(name="mps", title="Apple GPU", kind="mps", memory_gb=27.0)
    assert {(each.precision, each.offload) for each in ladder(KLEIN, device)} == {("bf16", "none")}
    assert ladder(QWEN_EDIT, device) == ()


@given(CARDS, st.floats(1, 200), st.floats(4, 300))
def test_nothing_that_does_not_fit_is_offered(model: Card, gigabytes: float, host: float) -> None:
    device = replace(preset(gigabytes), host_gb=host)
    for setting in ladder(model, device):
        assert setting.device_gb < gigabytes
        assert setting.host_gb < host


@given(CARDS, st.sampled_from([*PRESETS, CPU]), st.floats(1, 200), st.floats(0, 100))
def test_more_memory_takes_no_setting_away(model: Card, device: Device, gigabytes: float, more: float) -> None:
    names = [each.name for each in ladder(model, replace(device, memory_gb=gigabytes))]
    assert set(names) <= {each.name for each in ladder(model, replace(device, memory_gb=gigabytes + more))}
    assert len(set(names)) == len(names)


@given(CARDS, st.floats(1, 200))
def test_frugal_decoding_comes_after_plain_decoding(model: Card, gigabytes: float) -> None:
    seen: set[tuple[str, str]] = set()
    for setting in ladder(model, preset(gigabytes)):
        rung = (setting.precision, setting.offload)
        assert setting.tiling or rung not in seen
        seen.add(rung)


def by_rung(model: Card, device: Device) -> dict[tuple[str, str], Setting]:
    return {(each.precision, each.offload): each for each in ladder(model, device)}


def test_needs_follow_from_the_parameters() -> None:
    rungs = by_rung(QWEN_EDIT, preset(200))
    resident = rungs["bf16", "none"].device_gb - rungs["bf16", "model"].device_gb
    assert resident == pytest.approx(2 * (8.3 + 0.127))
    assert rungs["bf16", "model"].host_gb == pytest.approx(2 * (20.43 + 8.3 + 0.127) + 0.85)
    assert rungs["fp8", "none"].host_gb == pytest.approx(20.43 * 1.02 + 0.85)
    assert rungs["bf16", "none"].host_gb == rungs["bf16", "disk"].host_gb == 0


def test_large_pictures_are_decoded_in_tiles_where_memory_asks_for_it() -> None:
    large = Z_IMAGE.model_copy(update={"native_pixels": 2048**2, "max_pixels": 2048**2})
    assert not ladder(Z_IMAGE, preset(48))[0].tiling
    assert not ladder(large, preset(48))[0].tiling
    assert ladder(large, preset(30))[0].tiling


def test_float8_under_adapters_is_scaled() -> None:
    assert by_rung(QWEN_EDIT, preset(80))["fp8", "none"].scaled
    assert not by_rung(KLEIN, preset(80))["fp8", "none"].scaled
    assert not by_rung(QWEN_EDIT, preset(80))["bf16", "none"].scaled


def test_scaled_float8_is_never_held_on_disk() -> None:
    assert ("fp8", "disk") in by_rung(KLEIN, preset(80))
    assert ("fp8", "disk") not in by_rung(QWEN_EDIT, preset(80))


def test_too_little_memory_is_said_with_what_is_needed() -> None:
    text = fits(QWEN_EDIT, preset(4))
    needed = float(text.split(" needs ")[1].split(" GB")[0])
    assert text.endswith("4 GB GPU has 4.0 GB.")
    assert not fits(QWEN_EDIT, preset(needed + 0.1))
    assert fits(QWEN_EDIT, preset(needed - 0.1))


def test_too_little_main_memory_leaves_offload_to_disk() -> None:
    device = replace(preset(8), host_gb=8.0)
    assert {each.offload for each in ladder(QWEN_EDIT, device)} == {"disk"}


def test_a_cpu_is_refused_where_it_would_take_hours() -> None:
    assert "would take hours" in fits(QWEN_EDIT, replace(CPU, memory_gb=500))
    assert fits(KLEIN, CPU) == ""
