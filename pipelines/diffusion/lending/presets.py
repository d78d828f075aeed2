"""Which settings of a model fit a device, computed from the card's parameters.

A setting needs, on the device: the weights that are there at one time, memory for activations, and a reserve. On the
host it needs the weights that wait there. The figures below are stated once and used for every card; the presets of the
documentation (`PRESETS`) are what comes out of them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pipelines.diffusion.cards import Card
from pipelines.diffusion.lending.device import Device

Precision = Literal["fp32", "bf16", "fp8", "nf4", "int8"]
Offload = Literal["none", "model", "group", "disk"]

BYTES: Mapping[Precision, float] = {"fp32": 4.0, "bf16": 2.0, "fp8": 1.02, "int8": 1.02, "nf4": 0.6}
"""Bytes a parameter of a transformer, with scales and the layers that stay in bfloat16."""
TEXT_ENCODER_BYTES: Mapping[Precision, float] = {"fp32": 4.0, "bf16": 2.0, "fp8": 1.12, "int8": 1.12, "nf4": 1.12}
"""The same of a text encoder: the embeddings, a tenth of it, stay in bfloat16, and it is never below 8 bits. It runs once
a prompt, so that smaller weights spare no time, and what it misreads no later step repairs."""
SEQUENCE_GB = 0.4
"""Activations of a transformer for one megapixel of its sequence, output and references together. [computed: 4096 tokens,
3072 channels, gated MLP of 4, q, k and v, rotary embedding in float32]"""
DECODE_GB = 2.5
"""Activations of a decoder for one megapixel. [computed: a few maps of 256 channels in bfloat16 at full size]"""
TILED_GB = 1.0
"""The same in tiles of 512 x 512 pixels, whatever the picture."""
RESERVE_GB = 0.8
"""Taken by the driver's context and kernels."""
RESERVE_SHARE = 0.04
"""Of the device's memory, lost to fragmentation."""
BLOCKS = 20
"""Blocks that a transformer has at least; a group offload holds two of them on the device, the next one on its way."""
HOST_RESERVE_GB = 3.0
"""Left to the system and to this process itself where models live in main memory."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a model is held: the precision of its weights, where they wait, and what spares memory while it runs."""

    name: str
    """For people: `fp8, model offload, tiled decoding`."""
    precision: Precision
    scaled: bool = False
    """Whether fp8 has a scale for each channel (torchao); adapters on plainly cast weights leave a grid in the picture."""
    offload: Offload = "none"
    """none: everything on the device; model: one part at a time; group: block by block from main memory; disk: from disk."""
    tiling: bool = False
    """Whether pictures are encoded and decoded in tiles."""
    attention: str = "native"
    """Attention backend of diffusers. `native` is torch's own choice among flash, cuDNN and memory-efficient kernels."""
    compile: bool = False
    """Whether repeated blocks are compiled at the first use, which takes a minute and is lost with the process."""
    device_gb: float = 0.0
    """Computed need of device memory."""
    working_gb: float = 0.0
    """The part of it that is no weights: activations and reserve."""
    host_gb: float = 0.0
    """Computed need of main memory beside a GPU."""


@dataclass(frozen=True, slots=True)
class _Rung:
    precision: Precision
    offload: Offload


_GPU = (
    _Rung("bf16", "none"),
    _Rung("fp8", "none"),
    _Rung("bf16", "model"),
    _Rung("fp8", "model"),
    _Rung("nf4", "none"),
    _Rung("nf4", "model"),
    _Rung("fp8", "group"),
    _Rung("fp8", "disk"),
    _Rung("bf16", "disk"),
)
"""Fastest first. Moving parts once a picture costs seconds, unpacking 4 bits in every layer costs precision as well as
time, moving blocks in every step costs most. nf4 can't be moved block by block, nor scaled fp8 from disk."""
_METAL = (_Rung("bf16", "none"),)
"""Float8 doesn't exist there, and nothing is gained by moving weights within one memory."""
_CPU_BF16 = (_Rung("bf16", "none"), _Rung("int8", "none"), _Rung("bf16", "disk"))
_CPU_FP32 = (_Rung("fp32", "none"), _Rung("bf16", "none"), _Rung("int8", "none"), _Rung("bf16", "disk"))
"""Without arithmetic in bfloat16 a processor converts every product, several times slower than float32: halves of memory
are then worth it only where they decide whether a model runs at all."""

WORDS: Mapping[Offload, str] = {"none": "", "model": "model offload", "group": "group offload", "disk": "offload to disk"}


def ladder(card: Card, device: Device) -> tuple[Setting, ...]:
    """Settings of `card` that fit `device` by computation, fastest first; empty where none does."""
    usable, host = usable_gb(device), spare_host_gb(device)
    return tuple(each for each in _settings(card, device) if each.device_gb <= usable and each.host_gb <= host)


def fits(card: Card, device: Device) -> str:
    """Empty where `device` can run `card`; else one sentence that says what it needs."""
    if device.kind == "cpu" and not card.cpu:
        return f"{card.title} needs a GPU: on {device.title} one picture would take hours."
    return "" if ladder(card, device) else shortage(card, device)


def shortage(card: Card, device: Device) -> str:
    """What `card` needs in its most frugal setting and what `device` has, as one sentence."""
    least = min(_settings(card, device), key=lambda each: each.device_gb)
    if least.device_gb > usable_gb(device):
        needed, has = least.device_gb / (1 - RESERVE_SHARE), device.memory_gb
        return f"{card.title} needs {needed:.1f} GB in its most frugal setting ({least.name}); {device.title} has {has:.1f} GB."
    return (
        f"{card.title} needs {least.host_gb + HOST_RESERVE_GB:.1f} GB of main memory beside {device.title}; "
        f"this machine has {device.host_gb:.1f} GB."
    )


def _settings(card: Card, device: Device) -> Iterator[Setting]:
    """Every setting that this kind of device knows, plain decoding before tiled."""
    for rung in _rungs(device):
        if rung == _Rung("fp8", "disk") and card.adapters:
            continue
        for tiling in (False, True):
            yield _setting(card, device, rung, tiling)


def _rungs(device: Device) -> tuple[_Rung, ...]:
    if device.kind == "cuda":
        return _GPU
    if device.kind == "mps":
        return _METAL
    return _CPU_BF16 if device.native_bf16 else _CPU_FP32


def _setting(card: Card, device: Device, rung: _Rung, tiling: bool) -> Setting:
    words = (rung.precision, WORDS[rung.offload], "tiled decoding" if tiling else "")
    reserve = HOST_RESERVE_GB if device.kind == "cpu" else RESERVE_GB
    working = _activations_gb(card, rung.precision, tiling) + reserve
    return Setting(
        name=", ".join(each for each in words if each),
        precision=rung.precision,
        scaled=rung.precision == "fp8" and bool(card.adapters),
        offload=rung.offload,
        tiling=tiling,
        device_gb=_resident_gb(card, rung) + working,
        working_gb=working,
        host_gb=_waiting_gb(card, rung),
    )


def _parts_gb(card: Card, precision: Precision) -> tuple[float, float, float]:
    """Transformer with its adapters, text encoder, autoencoder. Adapters and the autoencoder are never below bf16."""
    full = BYTES["fp32" if precision == "fp32" else "bf16"]
    return (
        card.parameters.transformer * BYTES[precision] + sum(each.gigabytes for each in card.adapters) * full / 2,
        card.parameters.text_encoder * TEXT_ENCODER_BYTES[precision],
        card.parameters.vae * full,
    )


def _resident_gb(card: Card, rung: _Rung) -> float:
    """Weights that are on the device at one time."""
    parts = _parts_gb(card, rung.precision)
    if rung.offload == "none":
        return sum(parts)
    if rung.offload == "model":
        return max(parts)
    transformer, text_encoder, vae = parts
    return 2 * max(transformer, text_encoder) / BLOCKS + vae


def _waiting_gb(card: Card, rung: _Rung) -> float:
    """Weights in main memory: all that wait there, or the one part that is being made smaller while it is loaded."""
    parts = _parts_gb(card, rung.precision)
    if rung.offload in ("model", "group"):
        return sum(parts)
    return max(parts) if rung.precision in ("fp8", "int8") else 0.0


def _activations_gb(card: Card, precision: Precision, tiling: bool) -> float:
    """The transformer's or the decoder's, which never run at the same time."""
    megapixel = 1024**2
    sequence = (card.native_pixels + card.references * min(card.reference_pixels, card.native_pixels)) / megapixel
    decode = TILED_GB if tiling else DECODE_GB * card.native_pixels / megapixel
    return max(SEQUENCE_GB * sequence, decode) * (2 if precision == "fp32" else 1)


def usable_gb(device: Device) -> float:
    """Device memory that models may take, but for what fragmentation loses."""
    return device.memory_gb * (1 - RESERVE_SHARE)


def spare_host_gb(device: Device) -> float:
    """Main memory in which models may wait."""
    return device.host_gb - HOST_RESERVE_GB


def preset(gigabytes: float) -> Device:
    """A GPU of a nominal size, with main memory that is no limit."""
    return Device(name="cuda:0", title=f"{gigabytes:g} GB GPU", kind="cuda", memory_gb=gigabytes)


PRESETS = (*(preset(each) for each in (8, 12, 24, 48, 80)), Device(name="cpu", title="CPU, 32 GB", kind="cpu", memory_gb=32))
"""Devices of the documentation's table: what runs what."""
