"""Loans of the tiny checkpoints: what is shared, what is switched, what stays and what leaves."""

import dataclasses
import gc
import json
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import PIPELINE_FILES, Card
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.lender import Lender
from pipelines.diffusion.lending.presets import RESERVE_SHARE, Setting
from pipelines.diffusion.lending.shelf import Place
from pipelines.diffusion.weights.store import Weights
from pipelines.errors import BadCard, MissingWeights
from tests.pipelines.diffusion import loans


@pytest.fixture(scope="module")
def config(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    return loans.adopted(checkpoints, tmp_path_factory.mktemp("lending"))


@pytest.fixture
def lender(config: EngineConfig) -> Lender:
    return loans.lender(config)


def card(config: EngineConfig, name: str, **changes: Any) -> Card:
    return loans.cards(config)[name].model_copy(update=changes)


def modules(pipe: Any) -> dict[str, Any]:
    return {name: each for name, each in pipe.components.items() if isinstance(each, torch.nn.Module)}


def test_a_loan_says_what_is_lent(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config, "klein")) as loan:
        assert type(loan.pipe).__name__ == "Flux2KleinPipeline"
        assert (loan.card.id, loan.device, loan.revision) == ("klein", "cpu", "local")
        assert loan.scheduler == "FlowMatchEulerDiscreteScheduler"
        assert loan.loaded
        assert loan.load_seconds > 0
        assert loan.notes == ()
        assert loan.pipe.config.is_distilled
        assert {each.dtype for each in loan.pipe.transformer.parameters()} == {torch.bfloat16}
        assert loans.picture(loan).shape == (1, 3, 64, 64)


def test_a_second_loan_loads_nothing(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config, "klein")) as first:
        loads = lender.loads
    with lender.lend(card(config, "klein")) as second:
        assert second.pipe is first.pipe
        assert not second.loaded
    assert lender.loads == loads == 5


@pytest.mark.parametrize(
    ("first", "second", "shared", "loads"),
    [("klein", "z-image", {"text_encoder", "tokenizer"}, 3), ("edit", "image", {"text_encoder", "tokenizer", "vae"}, 1)],
)
def test_equal_parts_of_two_repositories_are_one(
    config: EngineConfig, lender: Lender, first: str, second: str, shared: set[str], loads: int
) -> None:
    with lender.lend(card(config, first)) as loan:
        parts, before = dict(loan.pipe.components), lender.loads
    with lender.lend(card(config, second)) as loan:
        same = {name for name, each in loan.pipe.components.items() if each is parts.get(name)}
        assert torch.isfinite(loans.picture(loan)).all()
    assert same == shared
    assert lender.loads - before == loads


def test_parts_of_another_precision_are_other_parts(config: EngineConfig) -> None:
    lender = loans.lender(config, lambda card, _: (loans.setting("fp32" if card.id == "z-image" else "bf16"),))
    with lender.lend(card(config, "klein")) as loan:
        encoder = loan.pipe.text_encoder
    with lender.lend(card(config, "z-image")) as loan:
        assert loan.pipe.text_encoder is not encoder
        assert loan.pipe.text_encoder.dtype == torch.float32


def test_the_adapter_is_switched_on_and_off_on_one_loaded_pipeline(config: EngineConfig, lender: Lender) -> None:
    pictures, pipes = [], []
    for name in ("edit", "lightning", "edit", "lightning"):
        with lender.lend(card(config, name, scheduler={})) as loan:
            pipes.append(loan.pipe)
            pictures.append(loans.picture(loan))
            loads = lender.loads
            lender_loaded = loan.loaded
    assert len(set(map(id, pipes))) == 1
    assert not lender_loaded
    assert torch.equal(pictures[0], pictures[2])
    assert torch.equal(pictures[1], pictures[3])
    assert (pictures[0] - pictures[1]).abs().max() > 0.01
    assert lender.loads == loads == 7  # six parts and the adapter, each once


def test_an_adapter_weighs_what_its_card_says(config: EngineConfig, lender: Lender) -> None:
    lightning = card(config, "lightning", scheduler={})
    silent = lightning.model_copy(update={"adapters": (lightning.adapters[0].model_copy(update={"weight": 0.0}),)})
    with lender.lend(card(config, "edit")) as loan:
        without = loans.picture(loan)
    with lender.lend(lightning) as loan:
        full = loans.picture(loan)
    with lender.lend(silent) as loan:
        assert torch.equal(loans.picture(loan), without)
    with lender.lend(lightning) as loan:
        assert torch.equal(loans.picture(loan), full)


def test_a_card_can_be_lent_while_the_adapter_of_another_on_its_weights_is_missing(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path)
    (config.models / "receipts" / "tiny--lightning.json").unlink()
    lender = loans.lender(config)
    with lender.lend(card(config, "edit")) as loan:
        assert torch.isfinite(loans.picture(loan)).all()
    with (
        pytest.raises(MissingWeights, match=r"lightning\.safetensors of tiny/lightning .* workbench models pull"),
        lender.lend(card(config, "lightning")),
    ):
        pass
    Weights(config).adopt("tiny/lightning", checkpoints / "qwen-edit", files=("lightning.safetensors",))
    with lender.lend(card(config, "lightning")) as again:
        assert again.pipe is loan.pipe


def test_all_cards_on_the_same_weights_are_held_alike(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path)
    asked: list[tuple[str, int]] = []

    def ladder(card: Card, _: Device) -> tuple[Setting, ...]:
        asked.append((card.id, len(card.adapters)))
        return (loans.setting("bf16" if card.adapters else "fp32"),)

    lender = loans.lender(config, ladder)
    for name in ("edit", "lightning"):
        with lender.lend(card(config, name)) as loan:
            assert loan.setting.precision == "bf16"
    (config.models / "receipts" / "tiny--lightning.json").unlink()
    with lender.lend(card(config, "edit")) as loan:
        assert loan.setting.precision == "fp32"
    assert {*asked} == {("edit", 1), ("lightning", 1), ("edit", 0)}


def test_scheduler_settings_are_the_cards_own_and_never_leak(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config, "edit")) as loan:
        first = loan.pipe.scheduler
        assert (first.config.base_shift, first.config.shift_terminal) == (0.5, 0.02)
        plain = loans.picture(loan)
    with lender.lend(card(config, "lightning", adapters=(), scheduler={"base_shift": 1.1, "shift_terminal": None})) as loan:
        assert (loan.pipe.scheduler.config.base_shift, loan.pipe.scheduler.config.shift_terminal) == (1.1, None)
        assert not torch.equal(loans.picture(loan), plain)
    with lender.lend(card(config, "edit")) as loan:
        assert loan.pipe.scheduler is not first
        assert dict(loan.pipe.scheduler.config) == dict(first.config)
        assert torch.equal(loans.picture(loan), plain)


def test_state_of_a_scheduler_ends_with_its_loan(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config, "z-image")) as loan:
        loan.pipe.scheduler.set_timesteps(7)
    with lender.lend(card(config, "z-image")) as loan:
        assert len(loan.pipe.scheduler.timesteps) == 1000


def test_a_scheduler_setting_that_does_not_exist_is_refused(config: EngineConfig, lender: Lender) -> None:
    with (
        pytest.raises(BadCard, match="card klein: FlowMatchEulerDiscreteScheduler has no setting shfit"),
        lender.lend(card(config, "klein", scheduler={"shfit": 3.0})),
    ):
        pass


def test_a_scheduler_setting_of_no_sense_is_refused(config: EngineConfig, lender: Lender) -> None:
    with (
        pytest.raises(BadCard, match="card klein: scheduler: FlowMatchEulerDiscreteScheduler refuses"),
        lender.lend(card(config, "klein", scheduler={"num_train_timesteps": -5})),
    ):
        pass


@pytest.mark.parametrize("name", ["klein", "z-image", "image"])
def test_the_masked_variant_is_another_pipeline_over_the_same_modules(config: EngineConfig, lender: Lender, name: str) -> None:
    with lender.lend(card(config, name)) as loan:
        plain, loads = modules(loan.pipe), lender.loads
    with lender.lend(card(config, name), masked=True) as loan:
        assert type(loan.pipe).__name__ == card(config, name).inpaint
        assert modules(loan.pipe) == plain
        assert loan.pipe.scheduler.config
        assert not loan.loaded
    assert lender.loads == loads


def test_a_card_without_a_masked_variant_lends_its_pipeline(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config, "edit"), masked=True) as loan:
        assert type(loan.pipe).__name__ == "QwenImageEditPlusPipeline"


def small(config: EngineConfig, weights: int) -> Lender:
    """A lender whose device holds so many bytes of weights."""
    limited = dataclasses.replace(config, memory_gb=(weights + 0.5) / 1e9 / (1 - RESERVE_SHARE))
    return loans.lender(limited, loans.only(loans.setting()))


def size(config: EngineConfig, name: str) -> int:
    """Bytes of a card's weights."""
    lender = loans.lender(config, loans.only(loans.setting()))
    with lender.lend(card(config, name)):
        return sum(each.bytes for each in lender.resident())


def titles(lender: Lender) -> list[str]:
    return [each.title for each in lender.resident()]


def test_what_was_not_used_for_longest_leaves_when_memory_is_short(config: EngineConfig) -> None:
    limit = size(config, "klein") + size(config, "edit")
    lender = small(config, limit)
    for name in ("klein", "image", "klein", "edit"):
        with lender.lend(card(config, name)):
            pass
        assert sum(each.bytes for each in lender.resident()) <= limit
    assert "Tiny Qwen-Image: transformer" not in titles(lender)
    assert "Tiny klein: transformer" in titles(lender)
    assert "Tiny Qwen-Image-Edit: transformer" in titles(lender)


def test_only_what_left_is_loaded_again(config: EngineConfig) -> None:
    lender = small(config, size(config, "klein") + size(config, "edit") - 1)
    with lender.lend(card(config, "klein")) as loan:
        before = loans.picture(loan)
    with lender.lend(card(config, "edit")):
        pass
    kept, loads = [each for each in titles(lender) if "klein" in each], lender.loads
    assert len(kept) == 2
    with lender.lend(card(config, "klein")) as loan:
        assert loan.loaded
        assert torch.equal(loans.picture(loan), before)
    assert lender.loads - loads == 3 - len(kept) + 1  # the scheduler left with its pipeline; the tokenizer is the other one's too


def test_a_model_larger_than_its_estimate_is_lent_all_the_same(config: EngineConfig) -> None:
    lender = small(config, size(config, "klein") // 2)
    with lender.lend(card(config, "klein")) as loan:
        assert torch.isfinite(loans.picture(loan)).all()
    with lender.lend(card(config, "image")):
        pass
    assert not [each for each in titles(lender) if "klein" in each]


def test_the_report_of_what_is_resident_is_frozen(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config, "klein")):
        pass
    report = lender.resident()
    assert {(each.title, each.precision, each.place) for each in report} == {
        (f"Tiny klein: {name}", "bf16", Place.DEVICE) for name in ("text_encoder", "transformer", "vae")
    }
    with pytest.raises(dataclasses.FrozenInstanceError):
        report[0].bytes = 0  # type: ignore[misc]


def test_clearing_gives_everything_back(config: EngineConfig, lender: Lender) -> None:
    for name in ("klein", "lightning"):
        with lender.lend(card(config, name)) as loan:
            loans.picture(loan)
    parts = [weakref.ref(each) for each in modules(loan.pipe).values()]
    del loan
    lender.clear()
    gc.collect()
    assert [each() for each in parts] == [None] * 3
    assert lender.resident() == ()
    with lender.lend(card(config, "klein")) as loan:
        assert loan.loaded


def test_a_repository_that_was_fetched_anew_is_loaded_anew(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path)
    lender = loans.lender(config)
    with lender.lend(card(config, "klein")) as loan:
        transformer = loan.pipe.transformer
        assert loan.pipe.config.is_distilled
    newer = tmp_path / "newer"
    shutil.copytree(checkpoints / "klein", newer)
    index = json.loads((newer / "model_index.json").read_text())
    (newer / "model_index.json").write_text(json.dumps(index | {"is_distilled": False}))
    Weights(config).adopt("tiny/klein", newer, files=PIPELINE_FILES)
    with lender.lend(card(config, "klein")) as loan:
        assert not loan.pipe.config.is_distilled
        assert loan.pipe.transformer is transformer
