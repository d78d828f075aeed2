"""The benchmark of full-size models: what it builds is what was published, and it runs to the end without a GPU."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from bench.gpu import settings
from bench.gpu.__main__ import main
from bench.gpu.architectures import ARCHITECTURES, Architecture
from bench.gpu.cases import CASES, Case
from bench.gpu.measure import Measured, Shot, measure, psnr
from bench.gpu.report import BEGIN, END, Machine, Results, publish, tables, verdicts
from bench.gpu.settings import PLAIN, Setting
from bench.gpu.stage import Stage
from bench.gpu.tiny import tiny_cases
from bench.gpu.weights import Place, drawn

CPU = Place(torch.device("cpu"), torch.bfloat16)
MACHINE = Machine("a device", "1", "2")
BILLIONS = {
    "FLUX.2-klein-4B": (3.88, 4.02, 0.084),
    "Qwen-Image-Edit-2511": (20.43, 8.29, 0.127),
    "Z-Image-Turbo": (6.15, 4.02, 0.084),
}


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda each: each.name)
def test_architectures_have_the_published_numbers_of_parameters(architecture: Architecture) -> None:
    found = (architecture.transformer.billions(), architecture.text_encoder.billions(), architecture.vae.billions())
    assert found == pytest.approx(BILLIONS[architecture.name], rel=0.005)


@pytest.mark.parametrize("case", CASES, ids=lambda each: each.name)
def test_architectures_have_the_numbers_that_their_cards_say(case: Case) -> None:
    said = case.card.parameters
    transformer, text_encoder, vae = BILLIONS[case.architecture.name]
    assert (said.transformer, said.text_encoder, said.vae) == pytest.approx((transformer, text_encoder, vae), rel=0.01)
    assert case.architecture.pipeline == case.card.pipeline


def test_full_size_parts_take_no_memory_before_they_are_drawn() -> None:
    for part in (ARCHITECTURES[1].transformer, ARCHITECTURES[1].text_encoder):
        assert {each.device.type for each in part.empty().parameters()} == {"meta"}


def small(case_name: str) -> Case:
    return next(each for each in tiny_cases() if case_name in each.name and each.sweep)


def test_weights_follow_their_seed_and_tied_ones_stay_tied() -> None:
    part = small("klein").architecture.text_encoder
    one, same, other = drawn(part, CPU, 1), drawn(part, CPU, 1), drawn(part, CPU, 2)
    states = [dict(each.named_parameters(remove_duplicate=False)) for each in (one, same, other)]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert not all(torch.equal(states[0][name], states[2][name]) for name in states[0])
    tied = ARCHITECTURES[0].text_encoder.empty()
    assert tied.lm_head.weight is tied.model.embed_tokens.weight


@pytest.fixture(scope="module")
def plain() -> dict[str, Shot]:
    """The plain picture of each case that was asked for."""
    return {}


def shot(case: Case, setting: Setting, plain: dict[str, Shot]) -> Shot:
    if case.name not in plain:
        plain[case.name] = measure(Stage(CPU), case, PLAIN, None, enough=0)
    return measure(Stage(CPU), case, setting, plain[case.name].image, enough=0)


@pytest.mark.parametrize(
    "name", ["TaylorSeer, every 3rd step", "MagCache 0.06", "true CFG as one batch", "as the engine runs it"]
)
def test_what_spares_passes_stays_near_the_plain_picture(name: str, plain: dict[str, Shot]) -> None:
    case = small("Quality")
    setting = next(each for each in settings.settings(case) if each.name == name)
    measured = shot(case, setting, plain).measured
    assert measured.failed == ""
    assert measured.psnr is not None and measured.psnr >= 30
    assert measured.ran is None or 0.2 < measured.ran < 0.9


@pytest.mark.parametrize("name", ["fp8 storage, cast by layer", "torchao int8 weights", "autoencoder channels last"])
def test_what_changes_weights_stays_near_the_plain_picture(name: str, plain: dict[str, Shot]) -> None:
    case = small("klein")
    measured = shot(case, next(each for each in settings.settings(case) if each.name == name), plain).measured
    assert measured.failed == ""
    assert measured.psnr is not None and 35 < measured.psnr < math.inf


def test_blocks_that_a_step_cache_leaves_out_are_counted(plain: dict[str, Shot]) -> None:
    eager = Setting("never again", settings.first_block(1e9), skips=True)
    assert shot(small("Quality"), eager, plain).measured.ran == pytest.approx(1 / 20)


def test_a_compiled_block_may_be_cached(plain: dict[str, Shot]) -> None:
    both = Setting("both", settings.together(settings.compiled, settings.first_block(1e9)))
    assert shot(small("Quality"), both, plain).measured.failed == ""


def test_an_adapter_changes_the_picture_and_can_be_fused(plain: dict[str, Shot]) -> None:
    case = small("Lightning")
    fused = shot(case, Setting("fused", settings.fused), plain)
    bare = shot(case, Setting("bare", _without_adapter), plain)
    assert fused.measured.psnr is not None and bare.measured.psnr is not None
    assert fused.measured.psnr >= 35 > bare.measured.psnr


@contextmanager
def _without_adapter(pipe: Any, case: Case) -> Iterator[None]:
    pipe.transformer.unload_lora()
    yield


def test_what_a_machine_can_not_do_is_a_result(plain: dict[str, Shot]) -> None:
    failing = Setting("no such attention", settings.attention("none"))
    measured = shot(small("klein"), failing, plain).measured
    assert measured.seconds is None
    assert "ValueError" in measured.failed
    assert shot(small("klein"), Setting("GPU", settings.plain, cuda=True), plain).measured.failed == "needs a GPU"


def test_the_tiny_run_prints_a_table_and_goes_on_where_it_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    asked = ["--tiny", "--only", "klein 4b, 2 references", "--out", str(tmp_path / "out"), "--page", str(page)]
    assert main(asked) == 0
    printed, said = capsys.readouterr()
    rows = [line for line in printed.splitlines() if line.startswith("|")]
    names = [each.name for each in settings.settings(next(each for each in tiny_cases() if len(each.references) == 2))]
    assert len(rows) == len(names) + 2
    assert {line.count("|") for line in rows} == {8}
    assert rows[2].startswith("| plain diffusers |") and " 1.00 x " in rows[2]
    assert said.count("\n") == len(names)
    assert page.read_text().startswith(f"before\n{BEGIN}\n\nMeasured on: CPU")
    assert "old" not in page.read_text() and page.read_text().endswith(f"{END}\nafter\n")

    assert main(asked) == 0
    again, said = capsys.readouterr()
    assert (again, said) == (printed, "")


def test_without_a_gpu_it_says_what_it_needs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main([]) == 1
    assert "needs an NVIDIA GPU" in capsys.readouterr().err


def test_an_unknown_case_is_refused_with_the_list_of_cases(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--tiny", "--only", "nothing"]) == 2
    assert CASES[0].name in capsys.readouterr().err


def test_figures_of_another_machine_are_not_mixed_in(tmp_path: Path) -> None:
    results = Results(tmp_path / "gpu.json", MACHINE)
    results.write([Measured("a case", "plain diffusers", 2.0, psnr=math.inf)])
    assert results.read() == (Measured("a case", "plain diffusers", 2.0, psnr=math.inf),)
    assert Results(results.path, Machine("another", "1", "2")).read() == ()


def quality(*others: Measured) -> tuple[Measured, ...]:
    return (Measured("Quality: a model", "plain diffusers", 60.0), *others)


@pytest.mark.parametrize(
    ("other", "met"),
    [
        (Measured("Quality: a model", "fast and near", 30.0, psnr=31.0), True),
        (Measured("Quality: a model", "fast and far", 30.0, psnr=29.0), False),
        (Measured("Quality: a model", "slow and near", 50.0, psnr=60.0), False),
        (Measured("Quality: a model", "failed", failed="no"), False),
    ],
    ids=lambda each: getattr(each, "setting", ""),
)
def test_quality_has_to_be_faster_and_near(other: Measured, met: bool) -> None:
    (verdict,) = verdicts(quality(other))
    assert verdict.met is met


def test_only_quality_is_judged() -> None:
    assert verdicts([Measured("Fast: a model", "plain diffusers", 1.0)]) == ()


def test_tables_say_why_there_is_no_figure() -> None:
    assert "| sage | - | - | - | - | - | not installed |" in tables(
        quality(Measured("Quality: a model", "sage", failed="not installed"))
    )


def test_a_page_without_markers_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing")
    with pytest.raises(ValueError, match="between which"):
        publish(page, "tables")


def test_psnr_is_that_of_eight_bits() -> None:
    one, other = Image.new("RGB", (4, 4), (10, 10, 10)), Image.new("RGB", (4, 4), (20, 20, 20))
    assert psnr(one, other) == pytest.approx(20 * math.log10(255 / 10))
    assert psnr(one, one) == math.inf
