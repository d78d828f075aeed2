"""LoRA adapters: loaded once into the transformer that they are for, switched on and off for each loan."""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from pipelines.diffusion.cards import Adapter, Card
from pipelines.diffusion.lending.parts import out_of_memory
from pipelines.diffusion.lending.quiet import quiet
from pipelines.diffusion.weights.store import Receipt, Weights
from pipelines.errors import BadCard, DamagedWeights, MissingWeights, PipelineError


@dataclass(frozen=True, slots=True)
class Installed:
    """An adapter whose file is whole on this machine."""

    name: str
    """Among a transformer's adapters; follows the file's content."""
    path: Path
    adapter: Adapter


class Files:
    """Adapter files on this machine, looked at again once their receipt is another."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._known: dict[tuple[str, str], tuple[Receipt, Path]] = {}

    def installed(self, card: Card, family: Sequence[Card]) -> tuple[Installed, ...]:
        """Adapters of all cards on the same weights, the card's own first; of others only those that are here.

        Raises MissingWeights and DamagedWeights for the card's own.
        """
        own = {each.file: self._installed(each) for each in card.adapters}
        others: dict[str, Installed] = {}
        for adapter in (each for member in family for each in member.adapters if each.file not in own):
            try:
                others[adapter.file] = self._installed(adapter)
            except PipelineError:
                continue  # its own card will say so
        return (*own.values(), *others.values())

    def _installed(self, adapter: Adapter) -> Installed:
        key, receipt = (adapter.repo, adapter.file), self._weights.receipt(adapter.repo)
        known = self._known.get(key)
        if receipt is None or known is None or known[0] != receipt:
            path = self._weights.adapter(adapter)
            receipt = self._weights.receipt(adapter.repo)
            if receipt is None:  # removed at this very moment
                raise MissingWeights(f"{adapter.file} of {adapter.repo} is not on this machine")
            self._known[key] = known = receipt, path
        return Installed(f"lora_{known[0].files[adapter.file].sha256[:16]}", known[1], adapter)


def load(pipe: Any, card: Card, adapters: Iterable[Installed]) -> int:
    """Load those that the transformer doesn't have yet; returns how many. Raises DamagedWeights and BadCard."""
    missing = {each.name: each for each in adapters if each.name not in known(pipe.transformer)}  # equal files are one
    if missing and not hasattr(pipe, "load_lora_weights"):
        raise BadCard(f"card {card.id}: {type(pipe).__name__} takes no LoRA adapters")
    for each in missing.values():
        _load(pipe, card, each)
    if missing:
        pipe.transformer.disable_lora()
        pipe.transformer._lent_adapters = {}
    return len(missing)


def _load(pipe: Any, card: Card, adapter: Installed) -> None:
    try:
        with quiet(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Already found a `peft_config` attribute", UserWarning)  # several are meant
            pipe.load_lora_weights(load_file(adapter.path), adapter_name=adapter.name)
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        if out_of_memory(error):
            raise
        reason = str(error).strip().partition("\n")[0]
        raise DamagedWeights(f"{card.title}: its adapter {adapter.path} can't be loaded: {reason}") from error
    if adapter.name not in known(pipe.transformer):
        raise BadCard(f"card {card.id}: {adapter.path.name} is no LoRA for {type(pipe.transformer).__name__}")


def switch(transformer: Any, adapters: Sequence[Installed]) -> None:
    """Exactly `adapters` on, at their weights. Costs little where they are on already."""
    wanted = {each.name: each.adapter.weight for each in adapters}
    if not known(transformer) or getattr(transformer, "_lent_adapters", {}) == wanted:
        return
    if wanted:
        transformer.enable_lora()
        transformer.set_adapters(list(wanted), list(wanted.values()))
    else:
        transformer.disable_lora()
    transformer._lent_adapters = wanted


def known(transformer: Any) -> frozenset[str]:
    """Names of the adapters that a transformer has, on or off."""
    return frozenset(getattr(transformer, "peft_config", {}))
