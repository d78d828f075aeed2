"""The diffusion engine against plain diffusers, on tiny checkpoints of the real classes.

Both make the same picture with the same arguments in the same process, in turns. Time is the processor's, on one thread:
other programs on the machine then change little. Peak memory is that of child processes that do one or the other.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image

from bench.table import Row
from pipelines.config import EngineConfig
from pipelines.diffusion import preview
from pipelines.diffusion.arguments import arguments
from pipelines.diffusion.call import Call
from pipelines.diffusion.cards import Card, catalogue
from pipelines.diffusion.engine import DiffusionEngine
from pipelines.diffusion.generate import generate
from pipelines.diffusion.lending.device import probe
from pipelines.diffusion.lending.lender import Lent
from pipelines.diffusion.lending.presets import ladder
from pipelines.diffusion.weights.store import Weights
from pipelines.engine import unwatched
from pipelines.errors import Cancelled
from pipelines.sizes import Size

TURNS = 5
"""Pictures of each side."""
MOST_TIME, MOST_MEMORY = 2.0, 5.0
"""Percent more than plain diffusers takes."""
ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""glibc gives memory back at once; else its peak is a matter of what it kept, and differs by a tenth between equal runs."""
MOST_PREVIEWS = 2.0
"""Percent of a run."""
MOST_WAIT = 50.0
"""Milliseconds until a model that is in memory is ready for another job."""
SEED = 1
PROMPT = "A woman in a grey wool coat in front of a white wall, in soft light."
REFERENCE_PIXELS = 512 * 512
"""What Qwen-Image-Edit brings references to, here: at its own megapixel a tiny model takes a minute."""


@dataclass(frozen=True, slots=True)
class Case:
    """A card asked for one picture."""

    name: str
    card_id: str
    size: Size
    references: int = 0
    steps: int | None = None
    """Where the card's own take too long here."""

    @property
    def card(self) -> Card:
        """The shipped card, allowed on a CPU, with room for a prompt whose tokens are bytes."""
        card = catalogue()[self.card_id]
        return card.model_copy(update={"cpu": True, "prompt_tokens": 512, "steps": self.steps or card.steps})

    @property
    def call(self) -> Call:
        return Call(prompt=PROMPT, images=tuple(map(_picture, range(self.references))), size=self.size, seed=SEED)


CASES = (
    Case("klein, words only", "flux2-klein-4b", Size(1024, 768)),
    Case("klein, 2 references", "flux2-klein-4b", Size(1024, 768), references=2),
    Case("Z-Image-Turbo", "z-image-turbo", Size(1024, 768)),
    Case("Qwen-Image-Edit", "qwen-image-edit-2511", Size(1024, 768), references=1, steps=8),
    Case("Qwen-Image-Edit, Lightning", "qwen-image-edit-2511-lightning-4", Size(1024, 768), references=1),
)


def rows() -> Iterator[Row]:
    """For each case time and memory against plain diffusers, loading, cancelling and previews."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder, _small_references():
        config = _installed(Path(folder))
        for case in CASES:
            yield from _speed(case, config)
            yield from _memory(case, config)


def _speed(case: Case, config: EngineConfig) -> Iterator[Row]:
    engine, card, call = DiffusionEngine(config), case.card, case.call
    lender = engine._lender
    with lender.lend(card) as lent:
        first, pipe = lent.load_seconds, lent.pipe
    loads, plain = lender.loads, partial(_plain, pipe, card, call)
    seconds = _seconds(plain)
    whole = _ratio(plain, partial(engine.make, card, call, unwatched))
    with lender.lend(card) as lent:
        alone = _ratio(plain, partial(generate, lent, call, unwatched))
        previews, late, again = _previews(lent, call), _late(lent, call), lent.load_seconds
    yield Row(f"{case.name}: plain diffusers", seconds, "s of processor time", "", True)
    yield _at_most(f"{case.name}: a run, more than plain", 100 * (alone - 1), "%", MOST_TIME)
    yield _at_most(f"{case.name}: the engine, more than plain", 100 * (whole - 1), "%", MOST_TIME)
    yield _at_most(f"{case.name}: previews, share of a run", previews, "%", MOST_PREVIEWS)
    yield _at_most(f"{case.name}: steps begun after cancelling", late, "", 0)
    yield Row(f"{case.name}: load", first, "s", "", True)
    yield _at_most(f"{case.name}: files loaded by later jobs", lender.loads - loads, "", 0)
    yield _at_most(f"{case.name}: wait of a later job", 1e3 * again, "ms", MOST_WAIT)
    lender.clear()


def _memory(case: Case, config: EngineConfig) -> Iterator[Row]:
    plain, engine = (_child(case, config, who) for who in ("plain", "engine"))
    yield Row(f"{case.name}: peak memory of plain diffusers", plain["megabytes"], "MB", "", True)
    more = engine["megabytes"] / plain["megabytes"] - 1
    yield _at_most(f"{case.name}: peak memory, more than plain", 100 * more, "%", MOST_MEMORY)


def _at_most(name: str, value: float, unit: str, bar: float) -> Row:
    return Row(name, value, unit, f"<= {bar:g}", value <= bar)


def _plain(pipe: Any, card: Card, call: Call) -> Image.Image:
    """The call as one writes it with diffusers alone."""
    generator = torch.Generator("cpu").manual_seed(call.seed)
    made: Image.Image = pipe(**arguments(pipe, card, call), generator=generator).images[0]
    return made


def _seconds(make: Callable[[], object]) -> float:
    """Processor time of the second of two pictures."""
    make()
    return _timed(make)


def _timed(make: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    make()
    return time.process_time() - started


def _ratio(plain: Callable[[], object], other: Callable[[], object]) -> float:
    """How many times `plain`'s time `other` takes, the fastest of each: what other programs do can only slow either down."""
    _timed(plain), _timed(other)
    seconds: dict[Callable[[], object], list[float]] = {plain: [], other: []}
    for turn in range(TURNS):
        for each in (plain, other) if turn % 2 else (other, plain):
            seconds[each].append(_timed(each))
    return min(seconds[other]) / min(seconds[plain])


def _previews(lent: Lent, call: Call) -> float:
    """Percent of a run that its previews take."""
    spent = []

    def timed(make: Callable[..., Image.Image]) -> Callable[..., Image.Image]:
        def made(*args: Any) -> Image.Image:
            started = time.process_time()
            image = make(*args)
            spent.append(time.process_time() - started)
            return image

        return made

    generate(lent, call, unwatched)
    with patch.object(preview, "picture", timed(preview.picture)):
        whole = _timed(partial(generate, lent, call, unwatched))
    return 100 * sum(spent) / whole


def _late(lent: Lent, call: Call) -> float:
    """Steps that still begin after a job was cancelled during the second one."""
    passes = 2 if lent.card.guidance_argument == "true_cfg_scale" and lent.card.guidance > 1 else 1
    begun = 0

    def count(*_: Any) -> None:
        nonlocal begun
        begun += 1

    def watching(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if begun > passes:  # as if the person had clicked while the model was at work
            raise Cancelled

    hook = lent.pipe.transformer.register_forward_pre_hook(count)
    try:
        with suppress(Cancelled):
            generate(lent, call, watching)
    finally:
        hook.remove()
    return begun / passes - 2


def _child(case: Case, config: EngineConfig, who: str) -> dict[str, float]:
    """Peak memory of a process of its own that loads the model and makes two pictures, `plain` or by the `engine`."""
    asked = json.dumps({"case": CASES.index(case), "models": str(config.models), "who": who})
    command, environment = [sys.executable, "-m", "bench.diffusion", asked], os.environ | ALLOCATOR
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _alone(case: Case, config: EngineConfig, who: str) -> dict[str, float]:
    """What `_child` asks of this process."""
    torch.set_num_threads(1)
    with _small_references():
        make = _by_hand(case, config) if who == "plain" else partial(_by_engine, DiffusionEngine(config), case)
        for _ in range(2):
            make()
    return {"megabytes": _peak_megabytes()}


def _peak_megabytes() -> float:
    """High-water mark of this program; `getrusage` would begin with that of the one which started it."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = (line.split() for line in status.read_text().splitlines())
        return next(int(words[1]) for words in lines if words[0] == "VmHWM:") / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _by_hand(case: Case, config: EngineConfig) -> Callable[[], Image.Image]:
    """The card loaded as one writes it with diffusers alone, in the precision that the engine chooses."""
    import diffusers

    card, weights = case.card, Weights(config)
    precision = ladder(card, probe(config))[0].precision
    dtype = torch.float32 if precision == "fp32" else torch.bfloat16
    pipe = getattr(diffusers, card.pipeline).from_pretrained(weights.folder(card), dtype=dtype)
    pipe.scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config, **card.scheduler)
    for adapter in card.adapters:
        pipe.load_lora_weights(weights.adapter(adapter))
    pipe.set_progress_bar_config(disable=True)
    return partial(_plain, pipe, card, case.call)


def _by_engine(engine: DiffusionEngine, case: Case) -> Image.Image:
    return engine.make(case.card, case.call, unwatched).image


def _installed(folder: Path) -> EngineConfig:
    """A folder of models with a tiny checkpoint for each case's card."""
    from tests.pipelines.diffusion import shelf, tiny

    config = EngineConfig(models=folder / "models", device="cpu", memory_gb=1000, offline=True)
    weights = Weights(config)
    for card in {each.card_id: each.card for each in CASES}.values():
        checkpoint = shelf.CHECKPOINTS[card.pipeline]
        if not (folder / checkpoint).exists():
            tiny.write(checkpoint, folder / checkpoint)
        shelf.install(weights, card, folder, folder / "scratch")
    return config


@contextmanager
def _small_references() -> Iterator[None]:
    from bench.gpu.tiny import small_references

    with small_references(REFERENCE_PIXELS):
        yield


def _picture(seed: int) -> Image.Image:
    """A soft random picture of 1024 x 768 pixels."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((1024, 768), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    wanted = json.loads(sys.argv[1])
    settled = EngineConfig(models=Path(wanted["models"]), device="cpu", memory_gb=1000, offline=True)
    print(json.dumps(_alone(CASES[wanted["case"]], settled, wanted["who"])))
