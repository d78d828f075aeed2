"""Train the nets that the draft engine ships, from scratch, on drawn pictures only.

`python -m pipelines.draft.train superres --steps 14000 --seed 0` writes `nets/superres.safetensors`; run again with the same
checkpoint, it goes on where it stopped. Figures are logged to stderr.
"""

import argparse
import copy
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional

from pipelines.draft.degradation import chance_half, half_area, half_bicubic, half_gaussian, jpeg
from pipelines.draft.procedural import procedural_picture
from pipelines.draft.superres import WEIGHTS, ResidualNet, doubled
from pipelines.images import Floats, to_bytes, to_float

log = logging.getLogger(__name__)
POOL = 32
SIDE = 384
BATCH = 16
CROP = 48
HELD_OUT = 6
"""Pictures that figures are logged on, of seeds that training never draws."""
DECAY = 0.999
"""Of the moving average of the weights, which is what is shipped."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a net learns: `degrade` makes its input from a sharp picture twice as large."""

    weights: Path
    build: Callable[[], ResidualNet]
    degrade: Callable[[Floats, Generator], Floats]
    trials: dict[str, Callable[[Floats], Floats]]


TRIALS: dict[str, Callable[[Floats], Floats]] = {
    "bicubic": half_bicubic,
    "area": half_area,
    "gaussian": half_gaussian,
    "jpeg85": lambda sharp: jpeg(half_bicubic(sharp), 85),
}
RECIPES = {"superres": Recipe(WEIGHTS, ResidualNet, chance_half, TRIALS)}
"""A net's name on the command line to what it learns."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A net's input, (h, w, 3), and what it should answer."""

    given: Floats
    wanted: Floats


@dataclass(frozen=True, slots=True)
class Batch:
    """(n, 3, CROP, CROP) and what is wanted for it, (n, 3, 2 CROP, 2 CROP)."""

    given: Tensor
    wanted: Tensor


class Pool:
    """Pairs drawn by chance; a few new ones replace old ones as training goes on."""

    def __init__(self, recipe: Recipe, generator: Generator) -> None:
        self.recipe, self.generator = recipe, generator
        self.pairs = [pair for _ in range(POOL // 4) for pair in self._drawn()]
        self.next = 0

    def _drawn(self) -> list[Pair]:
        """One picture under four chances."""
        sharp = procedural_picture(self.generator, SIDE)
        return [Pair(self.recipe.degrade(sharp, self.generator), sharp) for _ in range(4)]

    def renew(self) -> None:
        """Replace the four oldest pairs."""
        for pair in self._drawn():
            self.pairs[self.next] = pair
            self.next = (self.next + 1) % len(self.pairs)

    def batch(self) -> "Batch":
        """Crops by chance, turned and mirrored by chance."""
        crops = [self._crop(self.pairs[int(self.generator.integers(len(self.pairs)))]) for _ in range(BATCH)]
        return Batch(_stacked([each.given for each in crops]), _stacked([each.wanted for each in crops]))

    def _crop(self, pair: Pair) -> Pair:
        crop, scale = CROP, 2
        y, x = (int(each) * 2 for each in self.generator.integers(0, (pair.given.shape[0] - crop) // 2 + 1, 2))
        turns, mirror = int(self.generator.integers(4)), int(self.generator.choice([-1, 1]))
        given = pair.given[y : y + crop, x : x + crop]
        wanted = pair.wanted[y * scale : (y + crop) * scale, x * scale : (x + crop) * scale]
        return Pair(np.rot90(given, turns)[:, ::mirror], np.rot90(wanted, turns)[:, ::mirror])


def _stacked(pictures: list[Floats]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


class Training:
    """A net, its averaged copy and where it is in its schedule; all of it can be saved and taken up again."""

    def __init__(self, recipe: Recipe, steps: int, rate: float, seed: int) -> None:
        self.recipe, self.steps, self.rate = recipe, steps, rate
        self.generator = np.random.default_rng(seed)
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.net = recipe.build().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.mean = copy.deepcopy(self.net).requires_grad_(False)
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=rate)
        self.step, self.seconds = 0, 0.0

    def state(self) -> dict[str, Any]:
        modules = {"net": self.net.state_dict(), "mean": self.mean.state_dict(), "optimizer": self.optimizer.state_dict()}
        return modules | {"step": self.step, "seconds": self.seconds, "chance": self.generator.bit_generator.state}

    def resume(self, state: dict[str, Any]) -> None:
        for name in ("net", "mean", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.step, self.seconds = state["step"], state["seconds"]
        self.generator.bit_generator.state = state["chance"]

    def advance(self, pool: Pool, bfloat16: bool) -> float:
        """One step of Adam under a cosine schedule with warm-up; returns the mean absolute error."""
        share = self.step / self.steps
        self.optimizer.param_groups[0]["lr"] = (
            self.rate * min(1, (self.step + 1) / 200) * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
        )
        batch = pool.batch()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            answer = self.net(batch.given)
        loss = functional.l1_loss(answer.float(), batch.wanted)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 0.2)
        self.optimizer.step()
        for mean, now in zip(self.mean.parameters(), self.net.parameters(), strict=True):
            mean.lerp_(now.detach(), 1 - min(DECAY, (self.step + 1) / (self.step + 10)))
        self.step += 1
        return float(loss.detach())


def psnr(found: Floats, wanted: Floats) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [0, 1], rounded to 8 bits."""
    return float(-10 * np.log10(np.mean((to_float(to_bytes(found)) - to_float(to_bytes(wanted))) ** 2) + 1e-12))


def lanczos(picture: Floats) -> Floats:
    """The baseline: twice the size by Pillow's Lanczos."""
    height, width = picture.shape[:2]
    size = (width * 2, height * 2)
    return to_float(np.asarray(Image.fromarray(to_bytes(picture)).resize(size, Image.Resampling.LANCZOS)))


def gains(net: ResidualNet, recipe: Recipe, pictures: list[Floats]) -> dict[str, float]:
    """Mean gain in dB over the baseline for each trial."""
    found: dict[str, float] = {}
    for name, degrade in recipe.trials.items():
        given = [degrade(each) for each in pictures]
        pairs = zip(given, pictures, strict=True)
        found[name] = float(np.mean([psnr(doubled(net, small), sharp) - psnr(lanczos(small), sharp) for small, sharp in pairs]))
    return found


def train(recipe: Recipe, options: argparse.Namespace) -> None:
    """Train to the end of the schedule, checkpointing, and write the averaged weights in half precision."""
    training = Training(recipe, options.steps, options.rate, options.seed)
    if options.checkpoint.exists():
        training.resume(torch.load(options.checkpoint, weights_only=True))
        log.info("going on from step %d", training.step)
    pool = Pool(recipe, training.generator)
    held_out = [procedural_picture(np.random.default_rng(10_000_000 + number), SIDE) for number in range(HELD_OUT)]
    start, before, total = time.monotonic(), training.seconds, 0.0
    while training.step < options.steps:
        total += training.advance(pool, options.bfloat16)
        if training.step % options.renew == 0:
            pool.renew()
        if training.step % 500 == 0 or training.step == options.steps:
            training.seconds = before + time.monotonic() - start
            figures = " ".join(f"{name} {gain:+.2f}" for name, gain in gains(training.mean, recipe, held_out).items())
            log.info("step %d %.0f s loss %.5f gain dB %s", training.step, training.seconds, total / 500, figures)
            total = 0.0
            torch.save(training.state(), options.checkpoint)
            save_file({name: values.half().contiguous() for name, values in training.mean.state_dict().items()}, options.out)


def main() -> None:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("net", choices=sorted(RECIPES))
    parser.add_argument("--steps", type=int, default=14_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--renew", type=int, default=12, help="steps between new pictures")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--bfloat16", action="store_true", help="faster on processors with AVX-512 BF16 or AMX")
    parser.add_argument("--checkpoint", type=Path, help="default: out/NET.checkpoint")
    parser.add_argument("--out", type=Path, help="default: the shipped file")
    options = parser.parse_args()
    options.checkpoint = options.checkpoint or Path("out") / f"{options.net}.checkpoint"
    options.checkpoint.parent.mkdir(parents=True, exist_ok=True)
    options.out = options.out or RECIPES[options.net].weights
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    train(RECIPES[options.net], options)


if __name__ == "__main__":
    main()
