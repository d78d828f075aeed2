"""One setting of one case: seconds, peak memory, and how far its picture is from the plain one."""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL.Image import Image

from bench.gpu.cases import Case
from bench.gpu.settings import Setting
from bench.gpu.stage import Stage, blocks

RUNS = 3
ENOUGH = 40.0
"""Seconds of measured runs after which a median of fewer has to do."""
WARM_UP = 3
"""Steps of the call before, which compiles and chooses kernels; a first-block cache skips none before the third."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a setting gave; `failed` says why it gave nothing. Figures that there are none of are None."""

    case: str
    setting: str
    seconds: float | None = None
    """Median of `runs` pictures."""
    runs: int = 0
    first: float | None = None
    """Seconds of the first, short call: what compiling costs."""
    gigabytes: float | None = None
    """Most memory allocated on the GPU, in GB of 1e9 bytes, weights included."""
    psnr: float | None = None
    """In dB to the plain picture, in 8 bits; inf where they are equal."""
    ran: float | None = None
    """Share of the transformer's blocks that was computed."""
    failed: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """A measurement with the picture that it made."""

    measured: Measured
    image: Image | None


def measure(stage: Stage, case: Case, setting: Setting, plain: Image | None, *, enough: float = ENOUGH) -> Shot:
    """Measure `setting`, up to three times while `enough` seconds aren't spent.

    A setting that this machine or library can't do is a result, too.
    """
    if setting.cuda and stage.place.device.type != "cuda":
        return Shot(Measured(case.name, setting.name, failed="needs a GPU"), None)
    try:
        return _measure(stage, case, setting, plain, enough)
    except (
        ArithmeticError,
        AssertionError,
        ImportError,
        LookupError,
        NotImplementedError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:
        return Shot(Measured(case.name, setting.name, failed=_first_line(error)), None)
    finally:
        stage.tidy()


def _measure(stage: Stage, case: Case, setting: Setting, plain: Image | None, enough: float) -> Shot:
    pipe = stage.pipeline(case)
    with setting.change(pipe, case):
        first = _timed(stage, lambda: _made(pipe, case, min(WARM_UP, case.card.steps)))
        with _peak(stage) as peak, _counted(pipe, setting) as count:
            runs = [_timed(stage, lambda: _made(pipe, case))]
            ran = count.calls / (case.card.steps * (1 + case.guided)) if setting.skips else None
            while len(runs) < RUNS and sum(each.seconds for each in runs) < enough:
                runs.append(_timed(stage, lambda: _made(pipe, case)))
    seconds = median(each.seconds for each in runs)
    distance = None if plain is None else psnr(runs[0].image, plain)
    measured = Measured(case.name, setting.name, seconds, len(runs), first.seconds, peak.gigabytes, distance, ran)
    return Shot(measured, runs[0].image)


@dataclass(frozen=True, slots=True)
class _Run:
    seconds: float
    image: Image


def _timed(stage: Stage, make: Callable[[], Image]) -> _Run:
    _wait(stage)
    started = time.perf_counter()
    image = make()
    _wait(stage)
    return _Run(time.perf_counter() - started, image)


def _wait(stage: Stage) -> None:
    if stage.place.device.type == "cuda":
        torch.cuda.synchronize(stage.place.device)


def _made(pipe: Any, case: Case, steps: int | None = None) -> Image:
    image: Image = pipe(**case.call(steps)).images[0]
    return image


@dataclass(slots=True)
class _Peak:
    gigabytes: float | None = None


@contextmanager
def _peak(stage: Stage) -> Iterator[_Peak]:
    """The most memory allocated on the GPU within; None elsewhere."""
    found, device = _Peak(), stage.place.device
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    yield found
    if device.type == "cuda":
        found.gigabytes = torch.cuda.max_memory_allocated(device) / 1e9


@dataclass(slots=True)
class _Count:
    calls: int = 0


@contextmanager
def _counted(pipe: Any, setting: Setting) -> Iterator[_Count]:
    """Counts how often the block in the middle computes; nothing where blocks may be compiled."""
    count = _Count()
    if not setting.skips:
        yield count
        return
    every = blocks(pipe.transformer)
    inner = list(every[len(every) // 2].children())[-1]  # a hook on the block itself would also see the calls that it skips

    def seen(*_: Any) -> None:
        count.calls += 1

    handle = inner.register_forward_hook(seen)
    try:
        yield count
    finally:
        handle.remove()


def psnr(one: Image, other: Image) -> float:
    """Peak signal-to-noise ratio of two pictures of 8 bits, in dB; inf where they are equal."""
    error = np.mean((np.asarray(one, np.float64) - np.asarray(other, np.float64)) ** 2)
    return math.inf if error == 0 else float(10 * np.log10(255**2 / error))


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"[:160]
