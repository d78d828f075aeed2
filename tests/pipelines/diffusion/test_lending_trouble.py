"""When a loan goes wrong: memory runs out, the job is cancelled, weights are damaged. The next loan works."""

import gc
import json
import shutil
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import PIPELINE_FILES, Card
from pipelines.diffusion.lending import blueprint, parts
from pipelines.diffusion.lending import lender as module
from pipelines.diffusion.lending.device import Device, Kind
from pipelines.diffusion.lending.lender import Lender, SteppedDown
from pipelines.diffusion.lending.presets import Offload, Setting
from pipelines.diffusion.lending.shelf import Place
from pipelines.diffusion.weights.store import Weights
from pipelines.errors import BadCard, Cancelled, DamagedWeights, DeviceUnavailable, DiskFull, MissingWeights, OutOfMemory
from tests.pipelines.diffusion import loans

PATIENCE = 30.0
"""Seconds after which a waiting test is taken for stuck."""
LADDER = (loans.setting("fp32"), loans.setting("bf16"), loans.setting("bf16", tiling=True), loans.setting("int8"))
OOM = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    MemoryError(),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
)


@pytest.fixture(scope="module")
def config(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    return loans.adopted(checkpoints, tmp_path_factory.mktemp("trouble"))


@pytest.fixture
def lender(config: EngineConfig) -> Lender:
    return loans.lender(config, loans.only(*LADDER))


def card(config: EngineConfig, name: str = "klein", **changes: Any) -> Card:
    return loans.cards(config)[name].model_copy(update=changes)


def starve(lender: Lender, asked: Card, error: BaseException = OOM[0]) -> Setting:
    """A loan in which memory runs out; returns the setting it had."""
    with lender.lend(asked) as loan:
        setting = loan.setting
        raise error
    return setting


class Starved:
    """A transformer that runs out of memory in its calls from `first` on, so many times."""

    def __init__(self, first: int, times: int = 1) -> None:
        self.first, self.times, self.calls = first, times, 0

    def __call__(self, *_: Any) -> None:
        self.calls += 1
        if self.calls >= self.first and self.times:
            self.times -= 1
            raise torch.OutOfMemoryError("CUDA out of memory")


def stubborn(lender: Lender, asked: Card, starved: Starved) -> tuple[torch.Tensor, tuple[str, ...]]:
    """A picture as the engine makes it: lend again at each step down."""
    while True:
        try:
            with lender.lend(asked) as loan:
                hook = loan.pipe.transformer.register_forward_pre_hook(starved)
                try:
                    return loans.picture(loan), loan.notes
                finally:
                    hook.remove()
        except SteppedDown:
            continue


def test_memory_that_runs_out_in_the_middle_steps_down_and_says_so(config: EngineConfig, lender: Lender) -> None:
    picture, notes = stubborn(lender, card(config), Starved(first=2))
    assert torch.isfinite(picture).all()
    assert notes == ("Stepped down to bf16 none because fp32 none did not fit.",)


@pytest.mark.parametrize("error", OOM, ids=lambda error: type(error).__name__)
def test_every_way_of_running_out_of_memory_is_known(config: EngineConfig, lender: Lender, error: BaseException) -> None:
    with pytest.raises(SteppedDown, match="Stepped down to bf16 none because fp32 none did not fit"):
        starve(lender, card(config), error)


def test_the_end_of_the_ladder_is_an_error_that_says_what_is_needed(config: EngineConfig, lender: Lender) -> None:
    for _ in LADDER[1:]:
        with pytest.raises(SteppedDown):
            starve(lender, card(config))
    with pytest.raises(
        OutOfMemory, match=r"Tiny klein ran out of memory in its most frugal setting \(int8 none\).*CPU.*100\.0 GB"
    ):
        starve(lender, card(config))
    with lender.lend(card(config)) as loan:
        assert loan.setting == LADDER[-1]
        assert torch.isfinite(loans.picture(loan)).all()


def test_a_step_down_is_remembered_for_the_weights_until_everything_is_cleared(config: EngineConfig, lender: Lender) -> None:
    with pytest.raises(SteppedDown):
        starve(lender, card(config, "lightning"))
    for name, setting in (("lightning", LADDER[1]), ("edit", LADDER[1]), ("klein", LADDER[0])):
        with lender.lend(card(config, name)) as loan:
            assert loan.setting == setting
            assert bool(loan.notes) is (name != "klein")
    lender.clear()
    with lender.lend(card(config, "edit")) as loan:
        assert (loan.setting, loan.notes) == (LADDER[0], ())


def test_stepping_down_gives_back_what_the_next_setting_does_not_use(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config, "image")):
        pass
    with lender.lend(card(config)) as loan:
        transformer = weakref.ref(loan.pipe.transformer)
    del loan
    with pytest.raises(SteppedDown):
        starve(lender, card(config))
    gc.collect()
    assert transformer() is None
    assert lender.resident() == ()


def test_a_step_to_tiles_keeps_what_is_loaded(config: EngineConfig) -> None:
    lender = loans.lender(config, loans.only(loans.setting(), loans.setting(tiling=True)))
    with pytest.raises(SteppedDown):
        starve(lender, card(config))
    with lender.lend(card(config)) as loan:
        assert not loan.loaded
        assert loan.pipe.vae.use_tiling


def test_memory_that_runs_out_while_loading_steps_down_too(
    config: EngineConfig, lender: Lender, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.load

    def load(*arguments: Any) -> Any:
        if arguments[3] is not None and arguments[3].precision == "fp32":
            raise MemoryError
        return real(*arguments)

    monkeypatch.setattr(module, "load", load)
    with pytest.raises(SteppedDown), lender.lend(card(config)):
        raise AssertionError("lent what could not be loaded")
    with lender.lend(card(config)) as loan:
        assert loan.setting == LADDER[1]


def test_what_fits_in_no_setting_is_refused_before_anything_is_loaded(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path, memory_gb=2.0)
    lender = loans.lender(config)
    with (
        pytest.raises(OutOfMemory, match=r"Tiny klein needs \d+\.\d GB in its most frugal setting .* has 2\.0 GB"),
        lender.lend(card(config)),
    ):
        pass
    assert lender.loads == 0


def test_what_a_failed_run_held_is_free_as_soon_as_the_error_is(config: EngineConfig, lender: Lender) -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def run() -> None:
        with lender.lend(card(config)) as loan:
            activations = torch.zeros(1000)
            held.append(weakref.ref(activations))
            loan.pipe.transformer(activations)

    with pytest.raises(AttributeError):
        run()
    gc.collect()
    assert held[0]() is None


def test_what_filled_the_memory_is_free_before_the_step_down(config: EngineConfig, lender: Lender) -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def deep() -> None:
        activations = torch.zeros(1000)
        held.append(weakref.ref(activations))
        raise torch.OutOfMemoryError("CUDA out of memory")

    try:
        with lender.lend(card(config)):
            deep()
    except SteppedDown:
        assert held[0]() is None


@pytest.mark.parametrize("offload", ["none", "model", "group", "disk"])
@pytest.mark.parametrize("error", [Cancelled(), ValueError("broken")], ids=["cancelled", "broken"])
def test_a_loan_that_ends_early_leaves_no_trace(config: EngineConfig, offload: Offload, error: Exception) -> None:
    lender = loans.lender(config, loans.only(loans.setting(offload=offload)))
    with lender.lend(card(config, "edit")) as loan:
        before = loans.picture(loan)

    def fail(*_: Any) -> None:
        raise error

    with pytest.raises(type(error)), lender.lend(card(config, "lightning")) as loan:
        loans.picture(loan, callback_on_step_end=fail)
    assert not getattr(loan.pipe, "_all_hooks", [])
    with lender.lend(card(config, "edit")) as loan:
        assert torch.equal(loans.picture(loan), before)
        assert loan.loaded is (offload in ("group", "disk") and not isinstance(error, Cancelled))


def test_a_job_can_be_cancelled_between_two_parts(config: EngineConfig, lender: Lender) -> None:
    asked = iter(range(100))

    def check() -> None:
        if next(asked) == 3:
            raise Cancelled

    with pytest.raises(Cancelled), lender.lend(card(config), check=check):
        pass
    assert 0 < lender.loads < 5
    with lender.lend(card(config)) as loan:
        assert torch.isfinite(loans.picture(loan)).all()
    assert lender.loads == 5


def test_a_job_can_be_cancelled_while_it_waits(config: EngineConfig, lender: Lender) -> None:
    cancelled = threading.Event()

    def check() -> None:
        raise Cancelled

    def wait() -> None:
        with pytest.raises(Cancelled), lender.lend(card(config, "image"), check=check):
            pass
        cancelled.set()

    with lender.lend(card(config)):
        loads = lender.loads
        threading.Thread(target=wait, daemon=True).start()
        assert cancelled.wait(PATIENCE)
    assert lender.loads == loads


def test_loans_of_several_threads_never_overlap(config: EngineConfig) -> None:
    lender = loans.lender(config)
    wanted = ("klein", "edit", "lightning")
    pictures: dict[tuple[str, int], torch.Tensor] = {}
    inside, most = 0, 0

    def work(name: str) -> None:
        nonlocal inside, most
        for turn in range(3):
            with lender.lend(card(config, name)) as loan:
                inside += 1
                most = max(most, inside)
                pictures[name, turn] = loans.picture(loan)
                inside -= 1

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in wanted]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    assert most == 1
    assert len(pictures) == 9
    for name in wanted:
        assert torch.equal(pictures[name, 0], pictures[name, 1])
        assert torch.equal(pictures[name, 0], pictures[name, 2])


def test_a_loan_within_a_loan_is_refused(config: EngineConfig, lender: Lender) -> None:
    with lender.lend(card(config)):
        with pytest.raises(RuntimeError, match="loan within a loan"), lender.lend(card(config, "image")):
            pass
        with pytest.raises(RuntimeError, match="loan within a loan"):
            lender.clear()


def test_a_disk_that_fills_up_is_named_and_what_was_written_is_removed(
    config: EngineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    lender = loans.lender(config, loans.only(loans.setting(offload="disk")))

    before = {*config.models.glob("offload-*")}

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, "group", full)
        with (
            pytest.raises(DiskFull, match=r"Tiny klein: .* can't be kept on the disk, which takes .*No space left"),
            lender.lend(card(config)),
        ):
            pass
    assert {*config.models.glob("offload-*")} <= before
    with lender.lend(card(config)) as loan:
        assert torch.isfinite(loans.picture(loan)).all()


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_parts_are_brought_to_the_gpu(config: EngineConfig, monkeypatch: pytest.MonkeyPatch, kind: Kind) -> None:
    """On torch's device without memory, which is the only other one that a machine without a GPU has."""
    monkeypatch.setattr(module, "probe", lambda _: Device(name="meta", title="GPU", kind=kind, memory_gb=24.0, host_gb=24.0))
    monkeypatch.setattr(module, "require", lambda _: None)
    monkeypatch.setattr(module, "current", lambda _: nullcontext())
    lender = loans.lender(config, loans.only(loans.setting()))
    with lender.lend(card(config)) as loan:
        assert {part.device.type for part in (loan.pipe.transformer, loan.pipe.text_encoder, loan.pipe.vae)} == {"meta"}
    assert {each.place for each in lender.resident()} == {Place.DEVICE}


class Repository:
    """A copy of a tiny checkpoint that can be spoiled before it is taken in."""

    def __init__(self, checkpoints: Path, root: Path) -> None:
        self.config = loans.adopted(checkpoints, root)
        self.folder = root / "spoiled"
        shutil.copytree(checkpoints / "klein", self.folder)

    def edit(self, path: str, change: Callable[[dict[str, Any]], object]) -> None:
        read = json.loads((self.folder / path).read_text())
        change(read)
        (self.folder / path).write_text(json.dumps(read))

    def lender(self) -> Lender:
        Weights(self.config).adopt("tiny/klein", self.folder, files=PIPELINE_FILES)
        return loans.lender(self.config)


@pytest.fixture
def repository(checkpoints: Path, tmp_path: Path) -> Repository:
    return Repository(checkpoints, tmp_path)


def lend(repository: Repository, **changes: Any) -> None:
    with repository.lender().lend(card(repository.config, **changes)):
        pass


@pytest.mark.parametrize("part", ["transformer", "text_encoder", "vae"])
def test_weights_that_lack_a_tensor_are_damaged(repository: Repository, part: str) -> None:
    (file,) = (repository.folder / part).glob("*.safetensors")
    tensors = load_file(file)
    gone = next(name for name in tensors if name.endswith("weight"))
    del tensors[gone]
    save_file(tensors, file, metadata={"format": "pt"})
    with pytest.raises(DamagedWeights, match=f"Tiny klein: {part} can't be loaded.*workbench models verify klein"):
        lend(repository)


def test_weights_of_another_shape_are_damaged(repository: Repository) -> None:
    repository.edit("transformer/config.json", lambda read: read.update(in_channels=20))
    with pytest.raises(DamagedWeights, match="transformer can't be loaded"):
        lend(repository)


def test_an_unreadable_index_is_damage(repository: Repository) -> None:
    lender = repository.lender()
    index = next(each for each in repository.config.models.rglob("model_index.json") if "klein" in str(each))
    index.write_text("[" * index.stat().st_size)
    with pytest.raises(DamagedWeights, match=r"model_index\.json"), lender.lend(card(repository.config)):
        pass


def test_a_damaged_adapter_is_named(checkpoints: Path, tmp_path: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path)
    save_file({"something.else": torch.zeros(2)}, tmp_path / "lightning.safetensors")
    Weights(config).adopt("tiny/lightning", tmp_path, files=("lightning.safetensors",))
    with (
        pytest.raises((BadCard, DamagedWeights), match=r"lightning\.safetensors"),
        loans.lender(config).lend(card(config, "lightning")),
    ):
        pass


def test_a_class_that_diffusers_does_not_have_is_a_bad_card(config: EngineConfig, lender: Lender) -> None:
    for name in ("NoSuchPipeline", "AutoencoderKL", "utils"):
        with (
            pytest.raises(BadCard, match=f"card klein: {name} is no pipeline of diffusers"),
            lender.lend(card(config, pipeline=name)),
        ):
            pass


def test_a_part_of_unknown_class_is_a_bad_card_and_no_code_is_run(repository: Repository) -> None:
    repository.edit("model_index.json", lambda read: read.update(transformer=["diffusers", "OwnTransformer"]))
    with pytest.raises(BadCard, match=r"wants diffusers.OwnTransformer for its transformer.*never run"):
        lend(repository)


def test_a_pipeline_that_wants_other_parts_is_a_bad_card(config: EngineConfig, lender: Lender) -> None:
    with (
        pytest.raises(BadCard, match="card klein: QwenImageEditPlusPipeline needs processor, which tiny/klein"),
        lender.lend(card(config, pipeline="QwenImageEditPlusPipeline")),
    ):
        pass


def test_a_pipeline_that_the_parts_do_not_fit_is_a_bad_card(config: EngineConfig, lender: Lender) -> None:
    with (
        pytest.raises(BadCard, match="card klein: WanPipeline doesn't fit the parts of tiny/klein"),
        lender.lend(card(config, pipeline="WanPipeline")),
    ):
        pass


def test_missing_weights_say_how_to_get_them(tmp_path: Path, checkpoints: Path) -> None:
    config = loans.adopted(checkpoints, tmp_path)
    shutil.rmtree(config.models)
    with pytest.raises(MissingWeights, match="workbench models pull klein"), loans.lender(config).lend(card(config)):
        pass


@pytest.fixture
def no_libraries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    blueprint.libraries.cache_clear()
    monkeypatch.setitem(sys.modules, "peft", None)
    yield
    blueprint.libraries.cache_clear()


@pytest.mark.usefixtures("no_libraries")
def test_missing_libraries_say_what_to_install(config: EngineConfig, lender: Lender) -> None:
    with (
        pytest.raises(DeviceUnavailable, match=r"\(peft\): pip install 'fashion-workbench\[models\]'"),
        lender.lend(card(config)),
    ):
        pass


@pytest.mark.skipif(torch.cuda.is_available(), reason="this torch has CUDA")
def test_a_torch_without_cuda_beside_a_gpu_is_told_apart(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver: Any = ModuleType("pynvml")
    driver.NVMLError = RuntimeError
    driver.nvmlInit = driver.nvmlShutdown = lambda: None
    driver.nvmlDeviceGetHandleByIndex = lambda index: index
    driver.nvmlDeviceGetName = lambda _: "NVIDIA H100"
    driver.nvmlDeviceGetMemoryInfo = lambda _: SimpleNamespace(total=80 * 10**9)
    driver.nvmlDeviceGetCudaComputeCapability = lambda _: (9, 0)
    monkeypatch.setitem(sys.modules, "pynvml", driver)
    config = loans.adopted(checkpoints, tmp_path, device="cuda")
    with (
        pytest.raises(DeviceUnavailable, match=r"NVIDIA H100 is there, but this torch .*reinstall torch for cuda"),
        loans.lender(config).lend(card(config)),
    ):
        pass


def test_other_errors_are_not_taken_for_a_lack_of_memory() -> None:
    assert not any(map(parts.out_of_memory, (ValueError("out of memory"), RuntimeError("size mismatch"), KeyError("memory"))))
