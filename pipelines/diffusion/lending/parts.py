"""Loading one part of a pipeline in the precision that a setting asks for."""

import math
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from pipelines.diffusion.cards import Card
from pipelines.diffusion.lending.blueprint import DENOISER, INSTALL, Blueprint, Component, Form
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.positions import place_pictures
from pipelines.diffusion.lending.presets import BYTES
from pipelines.diffusion.lending.quiet import quiet
from pipelines.errors import DamagedWeights, DeviceUnavailable

OUT_OF_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
"""In the messages of a CPU's allocator, of Metal and of CUDA's libraries, which raise plain RuntimeErrors."""
KEPT_IN_FULL = ("norm", "embed", "lm_head")
"""Of text encoders under plain float8: what is small, what is sensitive, and the head, which may be the embedding itself."""


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on any device."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(each in str(error) for each in OUT_OF_MEMORY)


def require(device: Device) -> None:
    """Raise DeviceUnavailable where this torch can't use the device that was found."""
    usable = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if not usable[device.kind]:
        raise DeviceUnavailable(
            f"{device.title} is there, but this torch ({torch.__version__}) can't use it; reinstall torch for "
            f"{device.kind}, or set WORKBENCH_DEVICE=cpu"
        )


def current(device: Device) -> AbstractContextManager[object]:
    """What makes a GPU the one that libraries take where they aren't told: for packing 4 bits, and for streams."""
    return torch.cuda.device(device.name) if device.kind == "cuda" else nullcontext()


def load(card: Card, blueprint: Blueprint, component: Component, form: Form | None, device: Device) -> Any:
    """One part: with weights in main memory, or on the GPU where 4 bits are packed. Raises DamagedWeights and DeviceUnavailable."""
    try:
        with quiet():
            return _load(blueprint, component, form, device)
    except ImportError as error:
        raise DeviceUnavailable(f"{card.title}: {error}: {INSTALL}") from error
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        if out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0]
        raise DamagedWeights(
            f"{card.title}: {component.name} can't be loaded from {blueprint.folder / component.name} "
            f"({type(error).__name__}: {reason}); run: workbench models verify {card.id}"
        ) from error


def _load(blueprint: Blueprint, component: Component, form: Form | None, device: Device) -> Any:
    cls: Any = component.cls
    if form is None:
        return cls.from_pretrained(blueprint.folder / component.name, local_files_only=True)
    dtype = getattr(torch, form.dtype)
    full = _around_blocks(blueprint, component) if form.precision in ("fp8", "int8", "nf4") else ()
    module, report = cls.from_pretrained(
        blueprint.folder / component.name,
        dtype=dtype,
        use_safetensors=True,
        local_files_only=True,
        output_loading_info=True,
        **_quantisation(component, form, device, full),
    )
    if missing := sorted(report["missing_keys"]):
        raise ValueError(f"{len(missing)} of its weights are missing, {missing[0]} for one")
    place_pictures(module)
    if form.precision == "fp8" and not form.scaled:
        _cast_layerwise(module, dtype, full)
    return module


def _around_blocks(blueprint: Blueprint, component: Component) -> tuple[str, ...]:
    """Children of a transformer around its repeated blocks: what reads latents, prompt and time, and what writes the picture.

    They are a few hundredths of its weights, and an error in them is in every step as it is: float8 without a scale is off by
    6 % where weights are as small as 0.01. None for other parts, and for classes that don't say what their blocks are.
    """
    cls: Any = component.cls
    blocks = frozenset(getattr(cls, "_repeated_blocks", None) or ())
    if component.name != DENOISER or not blocks:
        return ()
    from accelerate import init_empty_weights

    with init_empty_weights():
        empty = cls.from_config(cls.load_config(blueprint.folder / component.name, local_files_only=True))
    children = {name: {type(each).__name__ for each in child.modules()} for name, child in empty.named_children()}
    return tuple(name for name, classes in children.items() if not blocks & classes)


def _cast_layerwise(module: Any, dtype: torch.dtype, full: tuple[str, ...]) -> None:
    """Weights wait in float8 and are calculated with in `dtype`, layer by layer; the children `full` stay as they are."""
    from diffusers.hooks import apply_layerwise_casting
    from diffusers.hooks.layerwise_casting import DEFAULT_SKIP_MODULES_PATTERN

    if hasattr(module, "enable_layerwise_casting"):
        skipped = (*DEFAULT_SKIP_MODULES_PATTERN, *(rf"^{re.escape(each)}(\.|$)" for each in full))
        module.enable_layerwise_casting(torch.float8_e4m3fn, dtype, skip_modules_pattern=skipped)
        return
    apply_layerwise_casting(module, torch.float8_e4m3fn, dtype, skip_modules_pattern=KEPT_IN_FULL)


def _quantisation(component: Component, form: Form, device: Device, full: tuple[str, ...]) -> Mapping[str, Any]:
    """Arguments of `from_pretrained` that quantise while loading, all but the children `full`."""
    if form.precision == "nf4":
        return {"quantization_config": nf4(form.dtype, device, full)}
    if form.precision == "int8" or (form.precision == "fp8" and form.scaled):
        return {"quantization_config": _torchao(component, form, full)}
    return {}


def nf4(dtype: str, device: Device, full: tuple[str, ...] = ()) -> Any:
    """4-bit NormalFloat weights with doubly quantised scales (Dettmers et al. 2023); NVIDIA GPUs only."""
    if device.kind != "cuda":
        raise DeviceUnavailable(f"nf4 weights need an NVIDIA GPU; {device.title} can use bf16 or int8")
    from diffusers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=getattr(torch, dtype),
        llm_int8_skip_modules=list(full),  # so called for 4 bits too
    )


def _torchao(component: Component, form: Form, full: tuple[str, ...]) -> Any:
    """Weights of 8 bits with a scale for each output channel; activations stay in full."""
    import diffusers
    import transformers
    from torchao.quantization import Float8WeightOnlyConfig, Int8WeightOnlyConfig

    kind = (
        Int8WeightOnlyConfig(set_inductor_config=False)
        if form.precision == "int8"
        else Float8WeightOnlyConfig(set_inductor_config=False)
    )
    home = diffusers if issubclass(component.cls, diffusers.ModelMixin) else transformers
    return home.TorchAoConfig(kind, modules_to_not_convert=list(full) or None)


def estimated_bytes(blueprint: Blueprint, component: Component, form: Form | None) -> int:
    """Memory that a part will take, by the shapes in its files; 0 where they can't be read, which loading will say."""
    if form is None:
        return 0
    try:
        return int(sum(_parameters(blueprint.folder / each) for each in component.weights) * BYTES[form.precision])
    except (SafetensorError, OSError):
        return 0


def _parameters(path: Path) -> int:
    with safe_open(path, framework="pt") as file:
        return sum(math.prod(file.get_slice(each).get_shape()) for each in file.keys())  # noqa: SIM118 (no mapping)


def measured_bytes(value: Any) -> int:
    """Bytes of a module's weights and buffers; 0 for what is no module."""
    if not isinstance(value, torch.nn.Module):
        return 0
    tensors = {id(each): each for each in (*value.parameters(), *value.buffers())}
    return sum(_tensor_bytes(each) for each in tensors.values())


def _tensor_bytes(tensor: Any) -> int:
    """Of the data; a quantised tensor claims those of what it stands for."""
    if not hasattr(tensor, "__tensor_flatten__"):
        return int(tensor.nbytes)
    names, _ = tensor.__tensor_flatten__()
    return sum(_tensor_bytes(getattr(tensor, name)) for name in names)
