"""Every setting really runs on the tiny checkpoints, as far as a CPU can; what needs a GPU is tested there and refused here."""

import gc
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import Card
from pipelines.diffusion.lending import device, parts, running
from pipelines.diffusion.lending.blueprint import Component, form_of
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.lender import Lender
from pipelines.diffusion.lending.presets import Offload, Precision
from pipelines.diffusion.lending.quiet import quiet
from pipelines.diffusion.lending.shelf import Place
from pipelines.errors import BadCard, DeviceUnavailable
from tests.pipelines.diffusion import loans

CUDA = Device(name="cuda:0", title="GPU", kind="cuda", memory_gb=24.0)
CPU = Device(name="cpu", title="CPU", kind="cpu", memory_gb=24.0)
NO_CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
NAMES = ("klein", "z-image", "edit", "lightning")


@pytest.fixture(scope="module")
def config(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    return loans.adopted(checkpoints, tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="module")
def pictures() -> dict[str, torch.Tensor]:
    return {}


@pytest.fixture
def plain(config: EngineConfig, pictures: dict[str, torch.Tensor], small_references: None) -> Mapping[str, torch.Tensor]:
    """What each card makes in bfloat16, held in memory."""
    if not pictures:
        lender = loans.lender(config, loans.only(loans.setting()))
        pictures |= {name: made(lender, card(config, name)) for name in NAMES}
    return pictures


def card(config: EngineConfig, name: str, **changes: Any) -> Card:
    return loans.cards(config)[name].model_copy(update=changes)


def made(lender: Lender, asked: Card, **arguments: Any) -> torch.Tensor:
    with lender.lend(asked) as loan:
        return loans.picture(loan, **arguments)


def size(lender: Lender, part: str) -> int:
    return sum(each.bytes for each in lender.resident() if each.title.endswith(part))


@pytest.mark.parametrize(
    ("name", "offload"),
    [*((name, each) for name in ("klein", "lightning") for each in ("model", "group", "disk")), ("z-image", "group")],
)
def test_offloading_changes_no_pixel(
    config: EngineConfig, plain: Mapping[str, torch.Tensor], name: str, offload: Offload
) -> None:
    lender = loans.lender(config, loans.only(loans.setting(offload=offload)))
    assert torch.equal(made(lender, card(config, name)), plain[name])
    assert torch.equal(made(lender, card(config, name)), plain[name])


@pytest.mark.parametrize(
    ("name", "precision", "scaled"),
    [
        ("klein", "fp8", False),
        ("klein", "int8", False),
        ("edit", "fp8", False),
        ("lightning", "fp8", True),
        ("lightning", "int8", False),
    ],
)
def test_eight_bits_take_less_memory_and_make_nearly_the_same(
    config: EngineConfig, plain: Mapping[str, torch.Tensor], name: str, precision: Precision, scaled: bool
) -> None:
    full = loans.lender(config, loans.only(loans.setting()))
    lender = loans.lender(config, loans.only(loans.setting(precision, scaled=scaled)))
    picture = made(lender, card(config, name))
    made(full, card(config, name))
    assert not torch.equal(picture, plain[name])
    assert (picture - plain[name]).abs().mean() < 0.1
    for part in ("transformer", "text_encoder"):
        assert size(lender, part) < 0.95 * size(full, part)
    assert size(lender, "vae") == size(full, "vae")


@pytest.mark.parametrize(("scaled", "offload"), [(True, "group"), (False, "disk"), (True, "model")])
def test_eight_bits_can_be_offloaded(config: EngineConfig, scaled: bool, offload: Offload) -> None:
    whole = loans.lender(config, loans.only(loans.setting("fp8", scaled=scaled)))
    lender = loans.lender(config, loans.only(loans.setting("fp8", offload, scaled=scaled)))
    assert torch.equal(made(lender, card(config, "klein")), made(whole, card(config, "klein")))


def test_float32_is_calculated_in_float32(config: EngineConfig, plain: Mapping[str, torch.Tensor]) -> None:
    lender = loans.lender(config, loans.only(loans.setting("fp32")))
    with lender.lend(card(config, "klein")) as loan:
        for part in (loan.pipe.transformer, loan.pipe.text_encoder, loan.pipe.vae):
            assert {each.dtype for each in part.parameters()} == {torch.float32}
        assert 0 < (loans.picture(loan) - plain["klein"]).abs().mean() < 0.1


@pytest.mark.parametrize("offload", ["group", "disk", "model"])
def test_adapters_are_switched_on_offloaded_parts(
    config: EngineConfig, plain: Mapping[str, torch.Tensor], offload: Offload
) -> None:
    lender = loans.lender(config, loans.only(loans.setting(offload=offload)))
    for name in ("edit", "lightning", "edit"):
        assert torch.equal(made(lender, card(config, name)), plain[name])
    assert lender.loads == 7


def test_places_follow_the_setting(config: EngineConfig) -> None:
    for offload, place in (("none", Place.DEVICE), ("model", Place.HOST), ("group", Place.HOST), ("disk", Place.DISK)):
        lender = loans.lender(config, loans.only(loans.setting(offload=offload)))
        with lender.lend(card(config, "klein")):
            places = {each.title.rpartition(" ")[2]: each.place for each in lender.resident()}
        assert places["transformer"] is places["text_encoder"] is place
        assert places["vae"] is (Place.HOST if offload == "model" else Place.DEVICE)


def test_files_of_an_offload_to_disk_are_removed(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path)
    lender = loans.lender(config, loans.only(loans.setting(offload="disk")))
    made(lender, card(config, "klein"))
    assert len([*config.models.glob("offload-*")]) == 2
    lender.clear()
    assert not [*config.models.glob("offload-*")]


def test_files_of_an_offload_to_disk_do_not_outlive_their_lender(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path)
    lender = loans.lender(config, loans.only(loans.setting(offload="disk")))
    made(lender, card(config, "klein"))
    del lender
    gc.collect()
    assert not [*config.models.glob("offload-*")]


def test_four_bits_are_refused_without_a_gpu(config: EngineConfig) -> None:
    lender = loans.lender(config, loans.only(loans.setting("nf4", "model")))
    with pytest.raises(DeviceUnavailable, match=r"nf4 weights need an NVIDIA GPU; CPU .* can use bf16 or int8"):
        made(lender, card(config, "klein"))


def test_four_bits_on_a_gpu_are_normal_floats_with_packed_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _name: "0.50.2")  # of bitsandbytes, which has no CPU to run on
    wanted = parts.nf4("bfloat16", CUDA)
    assert wanted.load_in_4bit
    assert wanted.bnb_4bit_quant_type == "nf4"
    assert wanted.bnb_4bit_use_double_quant
    assert wanted.bnb_4bit_compute_dtype is torch.bfloat16


@NO_CUDA
@pytest.mark.parametrize(("precision", "offload"), [("nf4", "none"), ("nf4", "model"), ("fp8", "group"), ("bf16", "disk")])
def test_settings_of_gpus_run_on_one(checkpoints: Path, tmp_path: Path, precision: Precision, offload: Offload) -> None:
    config = loans.adopted(checkpoints, tmp_path, device="cuda")
    lender = loans.lender(config, loans.only(loans.setting(precision, offload, scaled=precision == "fp8")))
    assert torch.isfinite(made(lender, card(config, "lightning"))).all()


@NO_CUDA
def test_parts_leave_a_gpu_for_main_memory_and_come_back(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path, device="cuda", memory_gb=0.0005)
    lender = loans.lender(config, loans.only(loans.setting()))
    first = made(lender, card(config, "klein"))
    made(lender, card(config, "edit"))
    loads = lender.loads
    assert {each.place for each in lender.resident()} == {Place.DEVICE, Place.HOST}
    assert torch.equal(made(lender, card(config, "klein")), first)
    assert lender.loads == loads


def component(name: str, weights: tuple[str, ...] = ("w.safetensors",)) -> Component:
    return Component(name, object, "content", weights)


def test_text_encoders_are_never_below_eight_bits_and_autoencoders_are_in_full() -> None:
    setting = loans.setting("nf4", scaled=False)
    found = {name: form_of(component(name), setting, CUDA, "bfloat16", ()) for name in ("transformer", "text_encoder", "vae")}
    assert {name: form.precision for name, form in found.items() if form} == {
        "transformer": "nf4",
        "text_encoder": "fp8",
        "vae": "bf16",
    }
    assert form_of(component("tokenizer", ()), setting, CUDA, "bfloat16", ()) is None


def test_eight_bits_are_calculated_in_what_a_processor_is_good_at() -> None:
    slow = Device(name="cpu", title="CPU", kind="cpu", memory_gb=24.0, native_bf16=False)
    for processor, dtype in ((CPU, "bfloat16"), (slow, "float32")):
        form = form_of(component("transformer"), loans.setting("int8"), processor, "bfloat16", ())
        assert form is not None
        assert form.dtype == dtype


def test_eight_bits_run_on_a_processor_that_emulates_bfloat16(config: EngineConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "BF16_FLAGS", frozenset())
    lender = loans.lender(config, loans.only(loans.setting("int8")))
    with lender.lend(card(config, "klein")) as loan:
        assert loan.pipe.vae.dtype == torch.float32
        assert torch.isfinite(loans.picture(loan)).all()
    assert {each.precision for each in lender.resident()} == {"int8", "fp32"}


@pytest.mark.parametrize("name", ["klein", "z-image", "edit"])
def test_large_pictures_are_decoded_in_tiles_where_the_setting_says_so(config: EngineConfig, name: str) -> None:
    ladders = {"now": loans.setting(tiling=True)}
    lender = loans.lender(config, lambda _card, _device: (ladders["now"],))
    with lender.lend(card(config, name)) as loan:
        vae = loan.pipe.vae
        assert vae.use_tiling
        edge = vae.tile_sample_min_size if hasattr(vae, "tile_sample_min_size") else vae.tile_sample_min_height
        assert edge <= running.TILE_PIXELS
        assert loans.picture(loan, side=576).shape == (1, 3, 576, 576)
    ladders["now"] = loans.setting()
    with lender.lend(card(config, name)) as loan:
        assert loan.pipe.vae is vae
        assert not vae.use_tiling


def test_tiles_of_half_size_make_nearly_the_same_picture(config: EngineConfig) -> None:
    whole, tiled = (loans.lender(config, loans.only(loans.setting("fp32", tiling=each))) for each in (False, True))
    pictures = [made(each, card(config, "klein"), side=640, num_inference_steps=1) for each in (whole, tiled)]
    assert not torch.equal(*pictures)
    assert (pictures[0] - pictures[1]).abs().mean() < 0.05


@pytest.mark.parametrize(("name", "cache"), [("klein", "taylorseer"), ("edit", "taylorseer"), ("edit", "first-block")])
def test_many_steps_are_cached_for_the_time_of_the_loan(
    config: EngineConfig, name: str, cache: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "FIRST_BLOCK_THRESHOLD", 10.0)  # random weights change more from step to step
    lender = loans.lender(config, loans.only(loans.setting("fp32")))
    asked = card(config, name, steps=20)
    exact = made(lender, asked)
    with lender.lend(asked.model_copy(update={"step_cache": cache})) as loan:
        transformer = loan.pipe.transformer
        assert transformer.is_cache_enabled
        spared = loans.picture(loan)
        assert torch.equal(loans.picture(loan), spared)  # nothing of one picture is left for the next
    assert not transformer.is_cache_enabled
    assert not torch.equal(spared, exact)
    assert (spared - exact).abs().mean() < 0.1
    assert torch.equal(made(lender, asked), exact)


def test_the_cache_ends_with_an_error_too(config: EngineConfig) -> None:
    lender = loans.lender(config, loans.only(loans.setting()))
    with pytest.raises(ValueError, match="broken"), lender.lend(card(config, "klein", steps=20, step_cache="taylorseer")) as loan:
        raise ValueError("broken")
    assert not loan.pipe.transformer.is_cache_enabled


def test_a_few_steps_are_never_cached(config: EngineConfig) -> None:
    lender = loans.lender(config, loans.only(loans.setting()))
    with lender.lend(card(config, "klein", steps=8, step_cache="taylorseer")) as loan:
        assert not loan.pipe.transformer.is_cache_enabled


def test_a_cache_that_needs_measuring_is_refused(config: EngineConfig) -> None:
    lender = loans.lender(config, loans.only(loans.setting()))
    with pytest.raises(BadCard, match="card klein: step_cache magcache"):
        made(lender, card(config, "klein", steps=40, step_cache="magcache"))


def test_the_attention_backend_is_the_settings(config: EngineConfig, plain: Mapping[str, torch.Tensor]) -> None:
    ladders = {"now": loans.setting(attention="_native_math")}
    lender = loans.lender(config, lambda _card, _device: (ladders["now"],))

    def backends(transformer: Any) -> set[str]:
        processors = (getattr(each, "processor", None) for each in transformer.modules())
        return {str(getattr(each._attention_backend, "value", each._attention_backend)) for each in processors if each}

    with lender.lend(card(config, "klein")) as loan:
        assert backends(loan.pipe.transformer) == {"_native_math"}
        assert (loans.picture(loan) - plain["klein"]).abs().mean() < 0.05
    ladders["now"] = loans.setting()
    with lender.lend(card(config, "klein")) as loan:
        assert backends(loan.pipe.transformer) == {"native"}
        assert torch.equal(loans.picture(loan), plain["klein"])


def test_blocks_are_compiled_once_and_only_when_asked(config: EngineConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    from diffusers import ModelMixin

    compiled: list[dict[str, Any]] = []
    monkeypatch.setattr(ModelMixin, "compile_repeated_blocks", lambda _, **how: compiled.append(how))
    for compile_, count in ((False, 0), (True, 1)):
        lender = loans.lender(config, loans.only(loans.setting(compile=compile_)))
        for _ in range(2):
            with lender.lend(card(config, "klein")):
                pass
        assert len(compiled) == count
    assert compiled == [{"fullgraph": True}]


def test_loading_is_quiet(config: EngineConfig, capfd: pytest.CaptureFixture[str]) -> None:
    lender = loans.lender(config, loans.only(loans.setting()))
    for name in NAMES:
        made(lender, card(config, name))
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


@pytest.fixture
def library_logging() -> Iterator[Any]:
    from diffusers.utils import logging as library

    before = library.get_verbosity()
    yield library
    library.set_verbosity(before)


def test_quiet_is_undone_by_the_last_one_out(library_logging: Any) -> None:
    library_logging.set_verbosity(logging.INFO)
    first, second = quiet(), quiet()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert library_logging.get_verbosity() == logging.ERROR
    assert not library_logging.is_progress_bar_enabled()
    second.__exit__(None, None, None)
    assert library_logging.get_verbosity() == logging.INFO
    assert library_logging.is_progress_bar_enabled()
