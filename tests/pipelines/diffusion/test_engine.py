"""Which card makes a task, what is said where none can, and what a run tells of itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipelines.config import EngineConfig
from pipelines.diffusion import engine as module
from pipelines.diffusion.engine import DiffusionEngine
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.lender import SteppedDown
from pipelines.diffusion.weights.store import Weights
from pipelines.engine import unwatched
from pipelines.errors import (
    Cancelled,
    DeviceUnavailable,
    MissingWeights,
    PictureUnsuitable,
    PictureWithheld,
    PipelineError,
    UnsupportedTask,
)
from pipelines.sizes import Mode, Size
from pipelines.tasks import Upscale
from tests.pipelines.diffusion.shelf import install, small_catalogue
from tests.pipelines.diffusion.tasks import SIZE, portrait, sample, task_of

CARDS = {each.id: each for each in small_catalogue()}


@pytest.fixture
def empty(tmp_path: Path) -> EngineConfig:
    return EngineConfig(models=tmp_path / "models", device="cpu", memory_gb=1000, offline=True)


@pytest.fixture
def lent(shelf: EngineConfig, small_canvas: None) -> DiffusionEngine:
    return DiffusionEngine(shelf)


def with_cards(config: EngineConfig, checkpoints: Path, tmp_path: Path, *names: str) -> DiffusionEngine:
    for name in names:
        install(Weights(config), CARDS[name], checkpoints, tmp_path / "scratch")
    return DiffusionEngine(config)


def test_missing_weights_are_named_with_command_size_and_licence(empty: EngineConfig) -> None:
    support = DiffusionEngine(empty).support("edit", Mode.FAST)
    assert not support.ok
    assert support.obtainable
    for each in ("FLUX.2 klein 4B", "workbench models pull flux2-klein-4b", "16.0 GB", "Apache-2.0"):
        assert each in support.missing


@pytest.mark.parametrize("tool", ["background-remove", "upscale", "image-to-video"])
def test_tools_without_a_recipe_are_refused_and_nothing_would_help(empty: EngineConfig, tool: str) -> None:
    support = DiffusionEngine(empty).support(tool, Mode.BALANCED)
    assert (support.ok, support.obtainable) == (False, False)


def test_a_device_that_is_too_small_is_said(shelf: EngineConfig, small_canvas: None) -> None:
    support = DiffusionEngine(replace(shelf, memory_gb=4)).support("edit", Mode.QUALITY)
    assert not support.ok
    assert "4.0 GB" in support.missing


def test_cards_that_cannot_be_read_refuse_support_and_name_the_file(empty: EngineConfig, tmp_path: Path) -> None:
    own = tmp_path / "models.toml"
    own.write_text('[[card]]\nid = "broken"\n')
    support = DiffusionEngine(replace(empty, cards=own)).support("edit", Mode.FAST)
    assert not support.ok
    assert str(own) in support.missing


def test_cards_that_are_mended_serve_without_a_new_start(empty: EngineConfig, tmp_path: Path) -> None:
    own = tmp_path / "models.toml"
    engine = DiffusionEngine(replace(empty, cards=own))
    own.write_text("[[card")
    assert str(own) in engine.support("edit", Mode.FAST).missing
    own.write_text('[[card]]\nid = "flux2-klein-4b"\nlike = "flux2-klein-4b"\ntitle = "Mended"\n')
    assert engine.support("edit", Mode.FAST).missing.startswith("Mended is not on this machine")
    own.unlink()
    assert engine.support("edit", Mode.FAST).missing.startswith("FLUX.2 klein 4B")


def test_weights_that_the_device_could_not_hold_are_never_asked_for(empty: EngineConfig) -> None:
    engine = DiffusionEngine(replace(empty, memory_gb=24))
    assert "needs a GPU" in engine.support("edit", Mode.QUALITY).missing
    assert "workbench models pull flux2-klein-4b" in engine.support("edit", Mode.FAST).missing
    with pytest.raises(DeviceUnavailable, match="needs a GPU"):
        engine.run(task_of("edit", Mode.QUALITY), unwatched)


def test_what_is_missing_ends_with_one_full_stop(shelf: EngineConfig, small_canvas: None, tmp_path: Path) -> None:
    for broken in (replace(shelf, device="cuda:7"), replace(shelf, memory_gb=1), replace(shelf, models=tmp_path)):
        missing = DiffusionEngine(broken).support("edit", Mode.FAST).missing
        assert missing.endswith(".")
        assert not missing.endswith("..")


def test_a_missing_gpu_refuses_support(shelf: EngineConfig, small_canvas: None) -> None:
    support = DiffusionEngine(replace(shelf, device="cuda:7")).support("edit", Mode.FAST)
    assert not support.ok
    assert "WORKBENCH_DEVICE" in support.missing


def test_missing_libraries_are_said_once_the_weights_are_there(lent: DiffusionEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    support = lent.support("edit", Mode.FAST)
    assert (support.ok, support.obtainable) == (False, True)
    assert "pip install 'fashion-workbench[models]'" in support.missing


def test_the_best_installed_card_makes_the_picture(
    empty: EngineConfig, small_canvas: None, checkpoints: Path, tmp_path: Path
) -> None:
    engine = with_cards(empty, checkpoints, tmp_path, "flux2-klein-base-4b")
    assert engine.run(task_of("edit", Mode.QUALITY), unwatched).details["card"] == "flux2-klein-base-4b"
    engine = with_cards(empty, checkpoints, tmp_path, "qwen-image-edit-2511")
    assert engine.run(task_of("edit", Mode.QUALITY), unwatched).details["card"] == "qwen-image-edit-2511"


@pytest.mark.parametrize(("gigabytes", "card"), [(8, "flux2-klein-base-4b"), (80, "qwen-image-edit-2511")])
def test_a_model_that_would_run_from_disk_comes_after_those_that_fit(lent: DiffusionEngine, gigabytes: int, card: str) -> None:
    lent.__dict__["_device"] = Device(name="cuda:0", title="GPU", kind="cuda", memory_gb=gigabytes, host_gb=24)
    assert lent._card("edit", task_of("edit", Mode.QUALITY), 1).id == card


def test_a_face_reference_goes_past_cards_that_read_words_only(lent: DiffusionEngine) -> None:
    words = lent.run(task_of("create-model", Mode.BALANCED), unwatched)
    face = lent.run(task_of("create-model", Mode.BALANCED, face_reference=portrait()), unwatched)
    assert words.details["card"] == "z-image-turbo"
    assert face.details["card"] == "qwen-image-edit-2511-lightning-8"


def test_a_reference_that_no_installed_card_takes_is_refused_with_what_would(
    empty: EngineConfig, small_canvas: None, checkpoints: Path, tmp_path: Path
) -> None:
    engine = with_cards(empty, checkpoints, tmp_path, "z-image-turbo")
    assert engine.support("create-model", Mode.BALANCED).ok
    with pytest.raises(MissingWeights, match="workbench models pull qwen-image-edit-2511-lightning-8"):
        engine.run(task_of("create-model", Mode.BALANCED, face_reference=portrait()), unwatched)


def test_another_tool_is_refused(lent: DiffusionEngine) -> None:
    with pytest.raises(UnsupportedTask):
        lent.run(Upscale(image=portrait(), size=Size(64, 64), mode=Mode.FAST, seed=1), unwatched)


def test_a_second_output_loads_nothing_and_its_seed_alone_makes_it(lent: DiffusionEngine) -> None:
    first = lent.run(task_of("create-face", Mode.FAST, seed=5), unwatched)
    loads = lent._lender.loads
    second = lent.run(task_of("create-face", Mode.FAST, seed=6), unwatched)
    alone = lent.run(task_of("create-face", Mode.FAST, seed=5), unwatched)
    assert loads > 0
    assert lent._lender.loads == loads
    assert np.array_equal(first.image, alone.image)
    assert not np.array_equal(first.image, second.image)


def test_progress_grows_to_its_end_in_one_count(lent: DiffusionEngine) -> None:
    seen: list[tuple[int, int]] = []

    def watch(step: int, of: int, note: str = "", preview: Any = None) -> None:
        seen.append((step, of))

    lent.run(task_of("try-on", Mode.QUALITY), watch)
    of = CARDS["qwen-image-edit-2511"].steps + 2
    assert {each for _, each in seen} == {of}
    assert seen == sorted(seen)
    assert (seen[0][0], seen[-1][0]) == (0, of)


@pytest.mark.parametrize("stop", range(6))
def test_a_cancelled_job_leaves_the_engine_ready(lent: DiffusionEngine, stop: int) -> None:
    def cancelling(step: int, of: int, note: str = "", preview: Any = None) -> None:
        if step >= stop:
            raise Cancelled

    with pytest.raises(Cancelled):
        lent.run(task_of("edit", Mode.FAST), cancelling)
    assert lent.run(task_of("edit", Mode.FAST), unwatched).image.size == (SIZE.width, SIZE.height)


def test_stepping_down_is_tried_again_and_said(lent: DiffusionEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    lend, tried = lent._lender.lend, []

    @contextmanager
    def full_at_first(*args: Any, **kwargs: Any) -> Iterator[Any]:
        tried.append(1)
        with lend(*args, **kwargs) as given:
            if len(tried) == 1:
                raise SteppedDown("there was too little memory")
            yield replace(given, notes=("Held in fp8.",))

    monkeypatch.setattr(lent._lender, "lend", full_at_first)
    output = lent.run(task_of("create-face", Mode.FAST), unwatched)
    assert "Held in fp8." in output.notes
    assert len(tried) == 2


def test_the_safety_checker_of_the_settings_withholds(shelf: EngineConfig, small_canvas: None) -> None:
    engine = DiffusionEngine(replace(shelf, safety=f"{__name__}:refusing"))
    with pytest.raises(PictureWithheld, match="not today"):
        engine.run(task_of("create-face", Mode.FAST), unwatched)


def refusing(image: Any, prompt: str) -> str:
    """A checker that lets nothing pass."""
    return "not today"


@pytest.mark.parametrize("size", [(1, 1), (10000, 100)])
def test_useless_references_fail_by_name_and_the_next_job_works(lent: DiffusionEngine, size: tuple[int, int]) -> None:
    with pytest.raises(PictureUnsuitable, match=f"{size[0]} x {size[1]}"):
        lent.run(task_of("try-on", Mode.BALANCED, product_image=sample("garment-jeans").resize(size)), unwatched)
    lent.run(task_of("create-face", Mode.FAST), unwatched)


def test_a_prompt_of_a_hundred_thousand_characters_is_refused(lent: DiffusionEngine) -> None:
    with pytest.raises(PipelineError, match="tokens") as caught:
        lent.run(task_of("create-face", Mode.FAST, prompt="a face " * 14_000), unwatched)
    assert caught.value.name == "PromptTooLong"
