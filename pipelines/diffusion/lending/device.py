"""The device that runs the models, found without torch, so that asking what this machine can do costs nothing.

Memory is in GB of 1e9 bytes throughout.
"""

import math
import os
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pipelines.config import EngineConfig
from pipelines.errors import DeviceUnavailable

Kind = Literal["cuda", "mps", "cpu"]
KNOWN = re.compile(r"(auto|cpu|mps|cuda(?::\d+)?)")
GB = 1e9
METAL_SHARE = 0.75
"""Of unified memory, what Metal lets a GPU work with (recommendedMaxWorkingSetSize of the larger machines)."""
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
BF16_FLAGS = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""Processor flags, of x86 and ARM, of arithmetic in bfloat16."""


@dataclass(frozen=True, slots=True)
class Device:
    """What runs the models."""

    name: str
    """As torch calls it: `cuda:0`, `mps`, `cpu`."""
    title: str
    """As people call it."""
    kind: Kind
    memory_gb: float
    """Memory that models may take on it."""
    host_gb: float = math.inf
    """Main memory for what waits beside a GPU; inf where it is no limit, as on a CPU or with unified memory."""
    native_bf16: bool = True
    """Whether it calculates in bfloat16 without emulation."""


def probe(config: EngineConfig) -> Device:
    """The device that `config.device` asks for, with the memory that `config.memory_gb` allows.

    `auto` is the first GPU, and the CPU only on a machine without one. A GPU that was asked for by name is never
    replaced: where it is missing, DeviceUnavailable says what was looked for.
    """
    wanted = config.device
    if not KNOWN.fullmatch(wanted):
        raise DeviceUnavailable(f"{wanted!r} is no device; set WORKBENCH_DEVICE to auto, cpu, mps, cuda or cuda:N")
    found = _automatic() if wanted == "auto" else _named(wanted)
    return found if config.memory_gb is None else replace(found, memory_gb=config.memory_gb)


def _automatic() -> Device:
    if _apple():
        return _metal()
    try:
        return _nvidia(0)
    except DeviceUnavailable:
        return _processor()


def _named(wanted: str) -> Device:
    if wanted == "cpu":
        return _processor()
    if wanted == "mps":
        return _metal()
    return _nvidia(int(wanted.partition(":")[2] or 0))


def _nvidia(index: int) -> Device:
    """The GPU of that index, as NVIDIA's driver library reports it."""
    ask = "Check the driver with nvidia-smi, or set WORKBENCH_DEVICE=cpu."
    try:
        import pynvml
    except ImportError as error:
        raise DeviceUnavailable(
            f"cuda:{index} was looked for, but the library that finds GPUs is missing: pip install 'fashion-workbench[models]'"
        ) from error
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        raise DeviceUnavailable(f"No NVIDIA GPU answers on this machine ({error}); cuda:{index} was looked for. {ask}") from error
    try:
        return _read(pynvml, index)
    except pynvml.NVMLError as error:
        count = pynvml.nvmlDeviceGetCount()
        raise DeviceUnavailable(f"cuda:{index} was looked for; this machine has {count} GPUs, counted from 0. {ask}") from error
    finally:
        pynvml.nvmlShutdown()


def _read(nvml: Any, index: int) -> Device:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    title = nvml.nvmlDeviceGetName(handle)
    generation, _ = nvml.nvmlDeviceGetCudaComputeCapability(handle)
    return Device(
        name=f"cuda:{index}",
        title=title if isinstance(title, str) else title.decode(),  # bytes from older drivers' bindings
        kind="cuda",
        memory_gb=nvml.nvmlDeviceGetMemoryInfo(handle).total / GB,
        host_gb=main_memory_gb(),
        native_bf16=generation >= 8,  # since Ampere
    )


def _apple() -> bool:
    return platform.system() == "Darwin" and platform.machine() == "arm64"


def _metal() -> Device:
    if not _apple():
        raise DeviceUnavailable(
            f"mps was looked for, which Macs with Apple silicon have; this is {platform.system()} on {platform.machine()}. "
            "Set WORKBENCH_DEVICE to auto or cpu."
        )
    return Device(name="mps", title="Apple GPU", kind="mps", memory_gb=main_memory_gb() * METAL_SHARE)


def _processor() -> Device:
    return Device(
        name="cpu",
        title=f"CPU ({platform.machine()}, {os.cpu_count()} threads)",
        kind="cpu",
        memory_gb=main_memory_gb(),
        native_bf16=bool(BF16_FLAGS & _processor_flags()),
    )


def main_memory_gb(limits: tuple[Path, ...] = CGROUP_LIMITS) -> float:
    """Main memory of this machine, or of this container where that is less."""
    return min(_physical_gb(), *(_limit_gb(each) for each in limits), math.inf)


def _physical_gb() -> float:
    try:
        import psutil  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB
    return float(psutil.virtual_memory().total) / GB


def _limit_gb(path: Path) -> float:
    """What a control group allows; inf where there is none."""
    with suppress(OSError, ValueError):
        return int(path.read_text()) / GB
    return math.inf


def _processor_flags(source: Path = Path("/proc/cpuinfo")) -> frozenset[str]:
    """What the processor can do, as Linux lists it; empty elsewhere."""
    with suppress(OSError):
        fields = _fields(source.read_text())
        return frozenset((fields.get("flags") or fields.get("Features") or "").split())
    return frozenset()


def _fields(text: str) -> Mapping[str, str]:
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value for name, _, value in pairs}
