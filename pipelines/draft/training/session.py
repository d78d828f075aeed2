"""A training session: a net, its averaged copy and where it is in its schedule; all of it can be saved and taken up again."""

import copy
import logging
import math
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Generic

import numpy as np
import torch

from pipelines.draft.nets.weights import begun, saved
from pipelines.draft.training.lesson import HELD_OUT, Batch, Defaults, Drawn, Lesson

LOG = logging.getLogger(__name__)
DECAY = 0.999
"""Of the moving average of the weights, which is what is shipped."""
WARM_UP = 200
LEAST_RATE = 0.02
"""Share of the learning rate that is left at the end of the schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a session is run; where `minutes` is given, the schedule ends with them at the latest."""

    defaults: Defaults
    seed: int = 0
    minutes: float | None = None
    workers: int = 0
    """Processes that draw scenes; with none a session with the same seed gives the same net."""
    device: str = "cpu"
    bfloat16: bool = False
    report: int = 500
    """Steps between figures, checkpoints and saved weights."""
    start: Path | None = None
    """Weights to begin with; with none they are drawn by chance."""


class Pool(Generic[Drawn]):
    """Scenes drawn by seed; new ones replace the oldest as training goes on."""

    def __init__(self, lesson: Lesson[Drawn], plan: Plan, first_seed: int) -> None:
        self.lesson, self.plan, self.seed = lesson, plan, first_seed
        self.scenes: list[Drawn] = []
        self._oldest = 0
        self._waiting: list[Future[Any]] = []
        self._executor: ProcessPoolExecutor | None = None

    @contextmanager
    def filled(self) -> Iterator["Pool[Drawn]"]:
        """The pool with a quarter of its scenes; processes that draw the others end with the block."""
        if self.plan.workers:
            self._executor = ProcessPoolExecutor(self.plan.workers, get_context("spawn"), initializer=_single_threaded)
        try:
            while len(self.scenes) < max(1, self.plan.defaults.pool // 4):
                self.renew(wait=True)
            yield self
        finally:
            if self._executor:
                self._executor.shutdown(cancel_futures=True)

    def renew(self, wait: bool = False) -> None:
        """Take in what has been drawn: one seed's scenes in this process, or all that the processes have ready."""
        if self._executor is None:
            self._take(self.lesson.draw(self._next_seed()))
            return
        while len(self._waiting) < 3 * self.plan.workers:
            self._waiting.append(self._executor.submit(self.lesson.draw, self._next_seed()))
        if wait:
            self._take(self._waiting.pop(0).result())
        ready = [each for each in self._waiting if each.done()]
        self._waiting = [each for each in self._waiting if each not in ready]
        for each in ready:
            self._take(each.result())

    def _next_seed(self) -> int:
        self.seed += 1
        if self.seed >= HELD_OUT:
            raise ValueError(f"seeds from {HELD_OUT} on are held out; train with a smaller --seed")
        return self.seed

    def _take(self, scenes: Any) -> None:
        for scene in scenes:
            if len(self.scenes) < self.plan.defaults.pool:
                self.scenes.append(scene)
            else:
                self.scenes[self._oldest] = scene
                self._oldest = (self._oldest + 1) % len(self.scenes)


def _single_threaded() -> None:
    torch.set_num_threads(1)


class Session(Generic[Drawn]):
    """One net in training."""

    def __init__(self, lesson: Lesson[Drawn], plan: Plan) -> None:
        self.lesson, self.plan = lesson, plan
        self.generator = np.random.default_rng(plan.seed)
        with torch.random.fork_rng():
            torch.manual_seed(plan.seed)
            net = lesson.build()
        if plan.start:
            begun(net, plan.start)
        self.net = net.to(plan.device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.mean = copy.deepcopy(self.net).requires_grad_(False)
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=plan.defaults.rate, weight_decay=1e-4)
        self.step, self.seconds, self.drawn = 0, 0.0, plan.seed * 100_000

    def state(self) -> dict[str, Any]:
        """Everything that going on needs."""
        modules = {"net": self.net.state_dict(), "mean": self.mean.state_dict(), "optimizer": self.optimizer.state_dict()}
        return modules | {
            "step": self.step, "seconds": self.seconds, "drawn": self.drawn, "chance": self.generator.bit_generator.state
        }  # fmt: skip

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        for name in ("net", "mean", "optimizer"):
            getattr(self, name).load_state_dict(state[name])
        self.step, self.seconds, self.drawn = state["step"], state["seconds"], state["drawn"]
        self.generator.bit_generator.state = state["chance"]

    @property
    def share(self) -> float:
        """How much of the schedule is done, 0 to 1."""
        by_time = self.seconds / (self.plan.minutes * 60) if self.plan.minutes else 0.0
        return min(1.0, max(self.step / self.plan.defaults.steps, by_time))

    def advance(self, batch: Batch) -> float:
        """One step of AdamW under a cosine schedule with warm-up; returns the loss."""
        warm, falling = min(1.0, (self.step + 1) / WARM_UP), (1 + math.cos(math.pi * self.share)) / 2
        self.optimizer.param_groups[0]["lr"] = self.plan.defaults.rate * warm * (LEAST_RATE + (1 - LEAST_RATE) * falling)
        on_device = {name: values.to(self.plan.device, non_blocking=True) for name, values in batch.items()}
        self.net.train()
        with torch.autocast(torch.device(self.plan.device).type, torch.bfloat16, enabled=self.plan.bfloat16):
            loss = self.lesson.loss(self.net, on_device)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), self.plan.defaults.clip)
        self.optimizer.step()
        self._average()
        self.step += 1
        return float(loss.detach())

    def _average(self) -> None:
        share = 1 - min(DECAY, (self.step + 1) / (self.step + 10))
        for mean, now in zip(self.mean.parameters(), self.net.parameters(), strict=True):
            mean.lerp_(now.detach(), share)
        for mean, now in zip(self.mean.buffers(), self.net.buffers(), strict=True):
            mean.copy_(now.lerp(mean, 1 - share) if now.is_floating_point() else now)


def train(lesson: Lesson[Any], plan: Plan, checkpoint: Path, out: Path) -> None:
    """Train to the end of the schedule, checkpointing, and write the averaged weights in half precision."""
    session = Session(lesson, plan)
    if checkpoint.exists():
        session.resume(torch.load(checkpoint, weights_only=True))
        LOG.info("going on from step %d", session.step)
    start, before, total, counted = time.monotonic(), session.seconds, 0.0, 0
    with Pool(lesson, plan, session.drawn).filled() as pool:
        while session.share < 1:
            total += session.advance(lesson.batch(pool.scenes, plan.defaults.batch, session.generator))
            counted += 1
            session.seconds = before + time.monotonic() - start
            if session.step % plan.defaults.renew == 0:
                pool.renew()
            if session.step % plan.report == 0 or session.share >= 1:
                session.drawn = pool.seed
                figures = " ".join(f"{name} {value:.4g}" for name, value in lesson.figures(session.mean.eval()).items())
                LOG.info(
                    "step %d %.0f s scenes %d loss %.5f | %s", session.step, session.seconds, pool.seed, total / counted, figures
                )
                total, counted = 0.0, 0
                torch.save(session.state(), checkpoint)
                saved(session.mean, out)
