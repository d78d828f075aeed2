"""Finding the device: what is there, what was asked for, and never a silent replacement."""

# ruff: noqa: N802 (the fake driver has the names of NVIDIA's library)

import math
import platform
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from pipelines.config import EngineConfig
from pipelines.diffusion.lending import device as module
from pipelines.diffusion.lending.device import Device, main_memory_gb, probe
from pipelines.errors import DeviceUnavailable


class FakeDriver(ModuleType):
    """NVIDIA's driver library with GPUs of a title, bytes and compute capability."""

    class NVMLError(Exception):
        pass

    def __init__(self, *gpus: tuple[Any, int, int], driver: bool = True) -> None:
        super().__init__("pynvml")
        self.gpus, self.driver, self.shut = gpus, driver, 0

    def nvmlInit(self) -> None:
        if not self.driver:
            raise self.NVMLError("NVML Shared Library Not Found")

    def nvmlShutdown(self) -> None:
        self.shut += 1

    def nvmlDeviceGetCount(self) -> int:
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> tuple[Any, int, int]:
        if index >= len(self.gpus):
            raise self.NVMLError("Invalid Argument")
        return self.gpus[index]

    def nvmlDeviceGetName(self, gpu: tuple[Any, int, int]) -> Any:
        return gpu[0]

    def nvmlDeviceGetMemoryInfo(self, gpu: tuple[Any, int, int]) -> SimpleNamespace:
        return SimpleNamespace(total=gpu[1])

    def nvmlDeviceGetCudaComputeCapability(self, gpu: tuple[Any, int, int]) -> tuple[int, int]:
        return gpu[2], 0


TURING, ADA = ("NVIDIA T4", 16 * 10**9, 7), (b"NVIDIA RTX 4090", 25_757_220_864, 8)


@pytest.fixture(autouse=True)
def linux(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, "Linux", "x86_64")


def machine(monkeypatch: pytest.MonkeyPatch, system: str, processor: str) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: processor)


def install(monkeypatch: pytest.MonkeyPatch, driver: FakeDriver | None) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", driver)


def found(device: str = "auto", memory_gb: float | None = None) -> Device:
    return probe(EngineConfig(models=Path("none"), device=device, memory_gb=memory_gb))


def test_auto_is_the_first_gpu_with_its_title_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = FakeDriver(ADA, TURING)
    install(monkeypatch, driver)
    device = found()
    assert (device.name, device.title, device.kind, device.native_bf16) == ("cuda:0", "NVIDIA RTX 4090", "cuda", True)
    assert device.memory_gb == pytest.approx(25.757, abs=1e-3)
    assert 0 < device.host_gb < math.inf
    assert driver.shut == 1


def test_a_gpu_is_found_by_its_index(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeDriver(ADA, TURING))
    device = found("cuda:1")
    assert (device.name, device.title, device.native_bf16) == ("cuda:1", "NVIDIA T4", False)
    assert found("cuda").name == "cuda:0"


@pytest.mark.parametrize("driver", [None, FakeDriver(driver=False), FakeDriver()])
def test_auto_without_a_gpu_is_the_cpu_and_says_so(monkeypatch: pytest.MonkeyPatch, driver: FakeDriver | None) -> None:
    install(monkeypatch, driver)
    device = found()
    assert (device.name, device.kind) == ("cpu", "cpu")
    assert device.title.startswith("CPU")
    assert device.memory_gb > 0.5


@pytest.mark.parametrize(
    ("driver", "says"),
    [
        (None, "pip install 'fashion-workbench\\[models\\]'"),
        (FakeDriver(driver=False), "No NVIDIA GPU answers .*Not Found.*WORKBENCH_DEVICE=cpu"),
        (FakeDriver(ADA), "cuda:2 was looked for; this machine has 1 GPUs"),
    ],
)
def test_a_gpu_that_was_asked_for_is_never_replaced(
    monkeypatch: pytest.MonkeyPatch, driver: FakeDriver | None, says: str
) -> None:
    install(monkeypatch, driver)
    with pytest.raises(DeviceUnavailable, match=says):
        found("cuda:2")


def test_the_cpu_is_used_beside_a_gpu_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, FakeDriver(ADA))
    assert found("cpu").kind == "cpu"


def test_apple_silicon_shares_its_memory_with_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, "Darwin", "arm64")
    device = found()
    assert (device.name, device.kind, device.host_gb) == ("mps", "mps", math.inf)
    assert device.memory_gb == pytest.approx(0.75 * main_memory_gb())


def test_mps_elsewhere_is_refused_with_what_this_machine_is() -> None:
    with pytest.raises(DeviceUnavailable, match=r"this is Linux on x86_64.*WORKBENCH_DEVICE"):
        found("mps")


@pytest.mark.parametrize("device", ["tpu", "cuda:", "cuda:x", "", "CUDA", "cpu "])
def test_an_unknown_device_is_refused_with_those_there_are(device: str) -> None:
    with pytest.raises(DeviceUnavailable, match="set WORKBENCH_DEVICE to auto, cpu, mps, cuda or cuda:N"):
        found(device)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_memory_can_be_limited(monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    install(monkeypatch, FakeDriver(ADA))
    assert found(device, memory_gb=3.5).memory_gb == 3.5


def test_memory_is_known_without_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    with_psutil = main_memory_gb()
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert main_memory_gb() == pytest.approx(with_psutil, rel=0.01)


@pytest.mark.parametrize(("text", "gigabytes"), [("500000000\n", 0.5), ("max\n", None)])
def test_a_container_has_what_its_control_group_allows(tmp_path: Path, text: str, gigabytes: float | None) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(text)
    assert main_memory_gb((limit, tmp_path / "none")) == (gigabytes or main_memory_gb(()))


@pytest.mark.parametrize(
    ("line", "native"),
    [("flags\t\t: fpu avx512_bf16 amx_tile", True), ("Features\t: fp asimd bf16", True), ("flags\t: fpu", False)],
)
def test_bfloat16_of_a_processor_is_read_from_its_flags(tmp_path: Path, line: str, native: bool) -> None:
    source = tmp_path / "cpuinfo"
    source.write_text(f"processor\t: 0\n{line}\n\n")
    assert bool(module.BF16_FLAGS & module._processor_flags(source)) is native


def test_finding_the_device_imports_no_torch() -> None:
    code = (
        "import sys; from pathlib import Path; from pipelines.config import EngineConfig;"
        "from pipelines.diffusion.lending import device, presets; device.probe(EngineConfig(models=Path('none')));"
        "sys.exit(', '.join({'torch', 'diffusers', 'transformers'} & set(sys.modules)) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
