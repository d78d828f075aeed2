"""Models are lent: who asks for a card has its pipeline for as long as a `with` lasts, and nobody else meanwhile.

What is loaded stays for the next loan as long as memory allows. Parts are known by their content, so that two models
with the same text encoder hold it once; several cards on the same weights are one pipeline.
"""

import gc
import shutil
import sys
import time
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import torch
from safetensors import SafetensorError

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import Card, Catalogue, catalogue
from pipelines.diffusion.lending import adapters, presets
from pipelines.diffusion.lending.blueprint import (
    DENOISER,
    Blueprint,
    PartKey,
    assemble,
    form_of,
    libraries,
    read_blueprint,
)
from pipelines.diffusion.lending.device import GB, Device, probe
from pipelines.diffusion.lending.parts import current, estimated_bytes, load, measured_bytes, out_of_memory, require
from pipelines.diffusion.lending.presets import Setting
from pipelines.diffusion.lending.running import PINNED_BYTES, fresh_scheduler, group, running
from pipelines.diffusion.lending.shelf import Limits, Part, Place, Shelf
from pipelines.diffusion.lending.turns import Turns
from pipelines.diffusion.weights.store import Receipt, Weights
from pipelines.errors import Cancelled, DiskFull, MissingWeights, OutOfMemory

Ladder = Callable[[Card, Device], tuple[Setting, ...]]


class SteppedDown(Exception):
    """Memory ran out and the card is now held more frugally: lend it again. Says from what to what."""


@dataclass(frozen=True, slots=True)
class Lent:
    """A pipeline for the time of a loan."""

    pipe: Any
    """Of diffusers, adapters and scheduler set as the card says, progress bar off."""
    card: Card
    setting: Setting
    device: str
    revision: str
    """Of the card's repository."""
    scheduler: str
    """Its class."""
    loaded: bool
    """Whether this loan had to load anything from the disk."""
    load_seconds: float
    """Until the pipeline was ready, without the time in line."""
    notes: tuple[str, ...] = ()
    """What the person should know, one sentence each."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A part in memory, for reports."""

    title: str
    precision: str
    place: Place
    bytes: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a loan needs, before anything is loaded."""

    card: Card
    setting: Setting
    blueprint: Blueprint
    revision: str
    adapters: tuple[adapters.Installed, ...]
    keys: Mapping[str, PartKey]


@dataclass(frozen=True, slots=True)
class _Assembled:
    """Loaded parts of a repository, and the pipelines over them by class."""

    keys: frozenset[PartKey]
    parts: Mapping[str, Any]
    pipes: dict[str, Any] = field(default_factory=dict)


_AssembledKey = tuple[str, str, frozenset[tuple[str, PartKey]]]


def unasked() -> None:
    """The `check` of a loan that nobody cancels."""


class Lender:
    """Lends pipelines on one device. Safe to use from several threads, which wait for one another."""

    def __init__(self, config: EngineConfig, weights: Weights, ladder: Ladder = presets.ladder) -> None:
        self._config = config
        self._weights = weights
        self._loras = adapters.Files(weights)
        self._ladder = ladder
        self._turns = Turns()
        self._shelf = Shelf(self._move, self._forget)
        self._assembled: dict[_AssembledKey, _Assembled] = {}
        self._blueprints: dict[str, tuple[Receipt, Blueprint]] = {}
        self._steps: dict[str, int] = {}
        self._grouped: dict[PartKey, weakref.finalize[..., Lender] | None] = {}  # what removes their files
        self.loads = 0
        """Parts and adapters loaded from the disk so far."""

    @cached_property
    def _device(self) -> Device:
        return probe(self._config)

    @property
    def _catalogue(self) -> Catalogue:
        return catalogue(self._config.cards)

    @contextmanager
    def lend(self, card: Card, *, masked: bool = False, check: Callable[[], None] = unasked) -> Iterator[Lent]:
        """The card's pipeline, or with `masked` the one that redraws a masked part over the same weights.

        `check` is called while waiting and between parts, and may raise to give up. Raises OutOfMemory, before anything
        is loaded, where the device can't hold the model; MissingWeights, LicenceNotAccepted, DamagedWeights, BadCard,
        DeviceUnavailable. Where memory runs out inside the `with`, SteppedDown asks to lend again, until OutOfMemory
        says that nothing more frugal is left.
        """
        with self._turns.turn(check):
            libraries()
            require(self._device)
            starved = False
            try:
                with current(self._device), self._ready(card, masked, check) as lent:
                    yield lent
            except (RuntimeError, MemoryError) as error:
                if not out_of_memory(error):
                    raise
                starved = True
                traceback.clear_frames(error.__traceback__)  # they hold what filled the memory
            if starved:
                _free(())
                raise SteppedDown(self._step_down(card))

    def resident(self) -> tuple[Resident, ...]:
        """What is in memory, least recently used first."""
        return tuple(_resident(each) for each in self._shelf if each.bytes)

    def clear(self) -> None:
        """Give all memory back, and forget which cards had to be held more frugally. Waits for a running loan."""
        with self._turns.turn(unasked):
            self._steps.clear()
            self._blueprints.clear()
            self._shelf.drop([each.key for each in self._shelf])

    @contextmanager
    def _ready(self, card: Card, masked: bool, check: Callable[[], None]) -> Iterator[Lent]:
        """A loan from the first file to the last hook."""
        started, loads = time.perf_counter(), self.loads
        plan = self._plan(card)
        assembled = self._parts(plan, check)
        pipe = self._pipe(plan, assembled, card.inpaint if masked and card.inpaint else card.pipeline)
        self._place(plan)
        adapters.switch(pipe.transformer, plan.adapters[: len(card.adapters)])
        pipe.scheduler = fresh_scheduler(assembled.parts["scheduler"], card)
        with self._whole_groups(plan), running(pipe, card, plan.setting, self._device):
            yield Lent(
                pipe=pipe,
                card=card,
                setting=plan.setting,
                device=self._device.name,
                revision=plan.revision,
                scheduler=type(pipe.scheduler).__name__,
                loaded=self.loads > loads,
                load_seconds=time.perf_counter() - started,
                notes=self._notes(card, plan.setting),
            )

    def _adapters(self, card: Card) -> tuple[adapters.Installed, ...]:
        """Those of all cards that are one loaded pipeline with `card`, its own first. Raises MissingWeights for its own."""
        others = (each for each in self._catalogue if each.id != card.id)
        family = (each for each in others if (each.weights_id, each.repo) == (card.weights_id, card.repo))
        return self._loras.installed(card, tuple(family))

    def _rungs(self, card: Card) -> tuple[Setting, ...]:
        """Settings that fit with everything that the pipeline will hold, whichever card it is lent for. Raises OutOfMemory."""
        loaded = card.model_copy(update={"adapters": tuple(each.adapter for each in self._adapters(card))})
        rungs = self._ladder(loaded, self._device)
        if not rungs:
            raise OutOfMemory(presets.shortage(loaded, self._device))
        return rungs

    def _plan(self, card: Card) -> _Plan:
        rungs, loras = self._rungs(card), self._adapters(card)
        setting = rungs[min(self._steps.get(card.weights_id, 0), len(rungs) - 1)]
        receipt, blueprint = self._blueprint(card)
        names = tuple(sorted(each.name for each in loras))
        forms = {name: form_of(each, setting, self._device, card.dtype, names) for name, each in blueprint.components.items()}
        keys = {name: PartKey(each.cls.__name__, each.content, forms[name]) for name, each in blueprint.components.items()}
        return _Plan(card, setting, blueprint, receipt.revision, loras, keys)

    def _blueprint(self, card: Card) -> tuple[Receipt, Blueprint]:
        """What the card's repository holds, read again once its receipt is another."""
        receipt, known = self._weights.receipt(card.repo), self._blueprints.get(card.repo)
        if known is not None and known[0] == receipt:
            return known
        folder = self._weights.folder(card)
        receipt = self._weights.receipt(card.repo)
        if receipt is None:  # removed at this very moment
            raise MissingWeights(self._weights.missing(card))
        self._blueprints[card.repo] = receipt, read_blueprint(card, folder, receipt)
        return self._blueprints[card.repo]

    def _parts(self, plan: _Plan, check: Callable[[], None]) -> _Assembled:
        """The plan's parts, loaded where they are not on the shelf."""
        key = (plan.card.repo, plan.blueprint.index, frozenset(plan.keys.items()))
        if key not in self._assembled:
            parts = {name: self._part(plan, name, check) for name in plan.keys}
            self._assembled[key] = _Assembled(frozenset(plan.keys.values()), parts)
        for each in plan.keys.values():
            self._shelf.touch(each)
        return self._assembled[key]

    def _part(self, plan: _Plan, name: str, check: Callable[[], None]) -> Any:
        check()
        key, component = plan.keys[name], plan.blueprint.components[name]
        if key not in self._shelf:
            place, limits, keep = self._landing(key), self._limits(plan.setting), tuple(plan.keys.values())
            room = place if limits.host else Place.DEVICE
            self._shelf.make_room(room, estimated_bytes(plan.blueprint, component, key.form), limits, keep)
            value = load(plan.card, plan.blueprint, component, key.form, self._device)
            self.loads += 1
            self._shelf.put(Part(key, f"{plan.card.title}: {name}", value, measured_bytes(value), place))
            if plan.setting.offload == "none":  # now, so that main memory never holds more than one of them
                self._shelf.place([key], Place.DEVICE, limits, keep)
        return self._shelf[key].value

    def _landing(self, key: PartKey) -> Place:
        """Where a part is once it is loaded: 4 bits are packed by the GPU itself."""
        packed = key.form is not None and key.form.precision == "nf4"
        return Place.DEVICE if packed or self._device.kind == "cpu" else Place.HOST

    def _pipe(self, plan: _Plan, assembled: _Assembled, class_name: str) -> Any:
        """The pipeline of a class over the parts, with the family's adapters in them and their groups made."""
        for name in (plan.card.pipeline, class_name):
            if name not in assembled.pipes:
                assembled.pipes[name] = assemble(plan.card, name, assembled.parts, plan.blueprint.options)
        if added := adapters.load(assembled.pipes[plan.card.pipeline], plan.card, plan.adapters):
            self.loads += added
            part = self._shelf[plan.keys[DENOISER]]
            part.bytes = measured_bytes(part.value)
        for name, key in plan.keys.items():
            if key.held != "whole" and key not in self._grouped:
                self._group(name, key)
        return assembled.pipes[class_name]

    def _group(self, name: str, key: PartKey) -> None:
        part = self._shelf[key]
        folder = Path(mkdtemp(prefix="offload-", dir=self._config.models)) if key.held == "disk" else None
        self._grouped[key] = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True) if folder else None
        try:
            scaled = key.form is not None and key.form.scaled
            pinned = folder is None and self._can_pin(part)
            group(part.value, self._device, by_block=name == DENOISER, folder=folder, pinned=pinned, scaled=scaled)
        except BaseException as error:
            self._shelf.drop([key])  # half of it is in groups
            if isinstance(error, OSError | SafetensorError):
                need = f"{part.bytes / GB:.1f} GB in {self._config.models}"
                raise DiskFull(f"{part.title} can't be kept on the disk, which takes {need}: {error}") from error
            raise
        part.place = Place.DISK if folder else Place.HOST

    def _can_pin(self, part: Part) -> bool:
        """Whether main memory can hold a part's pinned copy beside all that lies there, which is how pinning begins."""
        spare = presets.spare_host_gb(self._device) * GB
        return self._shelf.used(Place.HOST) + PINNED_BYTES * part.bytes <= spare

    def _place(self, plan: _Plan) -> None:
        """Bring the parts where the setting wants them; what was not used for longest makes room."""
        limits, keys = self._limits(plan.setting), tuple(plan.keys.values())
        whole = [each for each in keys if each.held == "whole"]
        if plan.setting.offload == "model":
            self._shelf.place(whole, Place.HOST, limits)
            self._shelf.make_room(Place.DEVICE, max(self._shelf[each].bytes for each in whole), limits, keep=keys)
        else:
            self._shelf.place(whole, Place.DEVICE, limits)
        self._prune()

    def _limits(self, setting: Setting) -> Limits:
        device = self._device
        host = presets.spare_host_gb(device) if device.kind == "cuda" else 0.0
        return Limits(device=(presets.usable_gb(device) - setting.working_gb) * GB, host=host * GB)

    @contextmanager
    def _whole_groups(self, plan: _Plan) -> Iterator[None]:
        """Parts in groups are dropped after an error in mid-layer: some would stay on the device, out of order."""
        try:
            yield
        except Cancelled:
            raise
        except BaseException:
            self._shelf.drop([each for each in plan.keys.values() if each.held != "whole"])
            raise

    def _step_down(self, card: Card) -> str:
        """Hold a card one rung further down its ladder, and free what it had; OutOfMemory at the end."""
        rungs, before = self._rungs(card), self._plan(card)
        rung = rungs.index(before.setting) + 1
        if rung == len(rungs):
            raise OutOfMemory(_exhausted(card, before.setting, self._device))
        self._steps[card.weights_id] = rung
        after = self._plan(card)
        self._shelf.drop(set(before.keys.values()) - set(after.keys.values()))
        self._shelf.make_room(Place.DEVICE, sys.maxsize, self._limits(after.setting), keep=tuple(after.keys.values()))
        return self._notes(card, after.setting)[0]

    def _notes(self, card: Card, setting: Setting) -> tuple[str, ...]:
        if not self._steps.get(card.weights_id):
            return ()
        return (f"Stepped down to {setting.name} because {self._rungs(card)[0].name} did not fit.",)

    def _move(self, part: Part, place: Place) -> None:
        part.value.to(self._device.name if place is Place.DEVICE else "cpu")

    def _forget(self, dropped: Sequence[Part]) -> None:
        """Let go of dropped parts and of the pipelines over them."""
        keys = {each.key for each in dropped}
        gone = [name for name, each in self._assembled.items() if keys & each.keys]
        for name in gone:
            _hollow(self._assembled.pop(name))
        removals = [self._grouped.pop(key, None) for key in keys]
        modules = [weakref.ref(each.value) for each in dropped if each.bytes]
        for each in dropped:
            each.value = None
        _free(modules)
        for remove_files in filter(None, removals):
            remove_files()

    def _prune(self) -> None:
        """Drop tokenizers and the like of pipelines that are gone; memory limits never ask for them."""
        used = {key for each in self._assembled.values() for key in each.keys}
        self._shelf.drop([each.key for each in self._shelf if not each.bytes and each.key not in used])


def _exhausted(card: Card, setting: Setting, device: Device) -> str:
    return (
        f"{card.title} ran out of memory in its most frugal setting ({setting.name}), which needs about "
        f"{setting.device_gb:.1f} GB; {device.title} has {device.memory_gb:.1f} GB. End what else uses the device, or "
        f"set WORKBENCH_DEVICE_MEMORY_GB to what is free on it."
    )


def _resident(part: Part) -> Resident:
    form = part.key.form
    return Resident(part.title, form.precision if form else "", part.place, part.bytes)


def _hollow(assembled: _Assembled) -> None:
    """Empty the pipelines: they may outlive their loan in somebody's variable, but the parts may not."""
    for pipe in assembled.pipes.values():
        for name in pipe.components:
            setattr(pipe, name, None)


def _free(modules: Iterable[weakref.ref[Any]]) -> None:
    """Collect the cycles that hooks make, where they hold a module still, and return to the device what torch keeps of it."""
    if any(each() is not None for each in modules):
        gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
