"""LoRA adapters: loaded once into the transformer that they are for, switched on and off for each loan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from pipelines.diffusion.cards import Adapter, Card
from pipelines.diffusion.lending.parts import out_of_memory
from pipelines.diffusion.lending.quiet import quiet
from pipelines.diffusion.weights.store import Weights
from pipelines.errors import BadCard, DamagedWeights, PipelineError


@dataclass(frozen=True, slots=True)
class Installed:
    """An adapter whose file is whole on this machine."""

    name: str
    """Among a transformer's adapters; follows the file's content."""
    path: Path
    weight: float


def installed(weights: Weights, card: Card, family: Sequence[Card]) -> tuple[Installed, ...]:
    """Adapters of all cards on the same weights, the card's own first; of others only those that are here.

    Raises MissingWeights and DamagedWeights for the card's own.
    """
    own = {each.file: _installed(weights, each) for each in card.adapters}
    others: dict[str, Installed] = {}
    for adapter in (each for member in family for each in member.adapters if each.file not in own):
        try:
            others[adapter.file] = _installed(weights, adapter)
        except PipelineError:
            continue  # its own card will say so
    return (*own.values(), *others.values())


def _installed(weights: Weights, adapter: Adapter) -> Installed:
    path = weights.adapter(adapter)
    receipt = weights.receipt(adapter.repo)
    digest = receipt.files[adapter.file].sha256 if receipt else ""
    return Installed(f"lora_{digest[:16]}", path, adapter.weight)


def load(pipe: Any, card: Card, adapters: Iterable[Installed]) -> int:
    """Load those that the transformer doesn't have yet; returns how many. Raises DamagedWeights and BadCard."""
    missing = {each.name: each for each in adapters if each.name not in known(pipe.transformer)}  # equal files are one
    if missing and not hasattr(pipe, "load_lora_weights"):
        raise BadCard(f"card {card.id}: {type(pipe).__name__} takes no LoRA adapters")
    for each in missing.values():
        _load(pipe, card, each)
    if missing:
        pipe.disable_lora()
    return len(missing)


def _load(pipe: Any, card: Card, adapter: Installed) -> None:
    try:
        with quiet():
            pipe.load_lora_weights(load_file(adapter.path), adapter_name=adapter.name)
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        if out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0]
        raise DamagedWeights(f"{card.title}: its adapter {adapter.path} can't be loaded: {reason}") from error
    if adapter.name not in known(pipe.transformer):
        raise BadCard(f"card {card.id}: {adapter.path.name} is no LoRA for {type(pipe.transformer).__name__}")


def switch(pipe: Any, adapters: Sequence[Installed]) -> None:
    """Exactly `adapters` on, at their weights. Costs little where they are on already."""
    transformer = pipe.transformer
    wanted = {each.name: each.weight for each in adapters}
    if not known(transformer) or getattr(transformer, "_lent_adapters", {}) == wanted:
        return
    if wanted:
        pipe.enable_lora()
        pipe.set_adapters(list(wanted), list(wanted.values()))
    else:
        pipe.disable_lora()
    transformer._lent_adapters = wanted


def known(transformer: Any) -> frozenset[str]:
    """Names of the adapters that a transformer has, on or off."""
    return frozenset(getattr(transformer, "peft_config", {}))
