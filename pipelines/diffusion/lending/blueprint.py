"""What a repository's pipeline is made of, read from its index and its receipt before anything is loaded."""

import hashlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pipelines.diffusion.cards import Card
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.presets import Precision, Setting
from pipelines.diffusion.lending.quiet import quiet
from pipelines.diffusion.weights.store import Receipt
from pipelines.errors import BadCard, DamagedWeights, DeviceUnavailable

INDEX = "model_index.json"
INSTALL = "pip install 'fashion-workbench[models]'"
Held = Literal["whole", "group", "disk"]
DENOISER = "transformer"
"""The part that runs in every step, which adapters, caches and blocks are about."""


@dataclass(frozen=True, slots=True)
class Form:
    """How the weights of a part are held. Parts of equal content in equal form are one part."""

    precision: Precision
    dtype: str
    """Of its arithmetic, as torch calls it."""
    scaled: bool = False
    held: Held = "whole"
    adapters: tuple[str, ...] = ()
    """Those inside a part that is held in groups: none can be added once its groups are made."""


@dataclass(frozen=True, slots=True)
class PartKey:
    """What makes two parts one and the same."""

    class_name: str
    content: str
    form: Form | None
    """None for what has no weights."""

    @property
    def held(self) -> Held:
        return self.form.held if self.form else "whole"


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a pipeline in its repository."""

    name: str
    """Folder in the repository and argument of the pipeline's class: `text_encoder`."""
    cls: type
    content: str
    """SHA-256 over the names and contents of its files."""
    weights: tuple[str, ...]
    """Its safetensors; none of tokenizers and the like."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """Parts and plain arguments of a pipeline."""

    folder: Path
    index: str
    """SHA-256 of the file that lists the parts."""
    components: Mapping[str, Component]
    options: Mapping[str, Any]
    """Arguments of the pipeline's class that are no parts: `is_distilled`."""


@cache
def libraries() -> Any:
    """diffusers, where it and all that it needs are installed; else DeviceUnavailable."""
    try:
        with quiet():
            import accelerate  # noqa: F401
            import diffusers
            import peft  # noqa: F401

            diffusers.DiffusionPipeline  # noqa: B018 (imports the rest, which has much to say)
    except ImportError as error:
        raise DeviceUnavailable(f"open models need libraries that are not installed here ({error.name}): {INSTALL}") from error
    return diffusers


def pipeline_class(card: Card, name: str) -> type:
    """A pipeline of diffusers by its name; BadCard where there is none."""
    diffusers = libraries()
    cls = getattr(diffusers, name, None)
    if not (isinstance(cls, type) and issubclass(cls, diffusers.DiffusionPipeline)):
        raise BadCard(f"card {card.id}: {name} is no pipeline of diffusers {diffusers.__version__}")
    return cls


def read_blueprint(card: Card, folder: Path, receipt: Receipt) -> Blueprint:
    """What `card`'s repository holds. Raises DamagedWeights for an unreadable index, BadCard for classes that are not known."""
    try:
        index: Mapping[str, Any] = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        parts = {name: (str(entry[0]), str(entry[1])) for name, entry in index.items() if _is_part(entry)}
    except (OSError, ValueError, AttributeError) as error:
        raise DamagedWeights(f"{card.title}: {folder / INDEX} can't be read: {error}") from error
    components = {name: _component(card, name, *parts[name], receipt) for name in parts}
    options = {name: entry for name, entry in index.items() if not (name.startswith("_") or isinstance(entry, list))}
    return Blueprint(folder, receipt.files[INDEX].sha256, MappingProxyType(components), MappingProxyType(options))


def _is_part(entry: Any) -> bool:
    return isinstance(entry, list) and len(entry) == 2 and None not in entry


def _component(card: Card, name: str, library: str, class_name: str, receipt: Receipt) -> Component:
    cls = _class(card, name, library, class_name)
    files = {path: stored for path, stored in receipt.files.items() if path.startswith(f"{name}/")}
    if not files:
        raise DamagedWeights(f"{card.title}: {receipt.repo} lists {name} in {INDEX} but has no files of it")
    text = "\n".join(f"{path} {files[path].sha256}" for path in sorted(files))
    weights = tuple(path for path in files if path.endswith(".safetensors"))
    return Component(name, cls, hashlib.sha256(text.encode()).hexdigest(), weights)


def _class(card: Card, name: str, library: str, class_name: str) -> type:
    import diffusers
    import transformers

    homes = {"diffusers": diffusers, "transformers": transformers}
    cls = getattr(homes.get(library), class_name, None)
    if not isinstance(cls, type):
        raise BadCard(
            f"card {card.id}: {card.repo} wants {library}.{class_name} for its {name}, which is neither in diffusers "
            f"{diffusers.__version__} nor in transformers {transformers.__version__}; code of a repository is never run"
        )
    return cls


def form_of(component: Component, setting: Setting, device: Device, dtype: str, adapters: tuple[str, ...]) -> Form | None:
    """How a part is held in a setting: transformers as it says, text encoders never below 8 bits, all else in full."""
    if not component.weights:
        return None
    emulated = device.kind == "cpu" and not device.native_bf16 and setting.precision == "int8"
    dtype = "float32" if setting.precision == "fp32" or emulated else dtype
    held: Held = setting.offload if setting.offload in ("group", "disk") else "whole"
    inside = adapters if held != "whole" else ()
    if component.name == DENOISER:
        return Form(setting.precision, dtype, setting.scaled, held, inside)
    if component.name.startswith("text_encoder"):
        precision = "fp8" if setting.precision == "nf4" else setting.precision
        return Form(precision, dtype, setting.scaled, held)
    return Form("fp32" if dtype == "float32" else "bf16", dtype)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def assemble(card: Card, name: str, parts: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
    """A pipeline of class `name` over loaded parts; BadCard where it wants others."""
    cls: Any = pipeline_class(card, name)
    known = inspect.signature(cls.__init__).parameters
    given = {key: value for key, value in {**options, **parts}.items() if key in known}
    required = [key for key, each in known.items() if key != "self" and each.default is each.empty]
    optional = dict.fromkeys(key for key in cls._optional_components if key in required and key not in given)
    absent = [key for key in ("scheduler", DENOISER, "vae") if key not in parts]
    if missing := absent + [key for key in required if key not in given and key not in optional]:
        raise BadCard(f"card {card.id}: {name} needs {', '.join(missing)}, which {card.repo} doesn't have")
    try:
        pipe = cls(**given, **optional)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:  # classes read their parts' settings
        raise BadCard(f"card {card.id}: {name} doesn't fit the parts of {card.repo}: {_said(error)}") from error
    pipe.set_progress_bar_config(disable=True)
    return pipe
