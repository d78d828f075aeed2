"""A tool of 32 x 32 pixels and engines that do what a test asks for."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from PIL import Image
from pydantic import Field

from pipelines.engine import Engines, Output, Progress, Support
from pipelines.errors import PipelineError
from pipelines.sizes import Mode, Size
from workbench.credits.tariffs import FixedPrice
from workbench.errors import InvalidInput, Problem
from workbench.tools.base import Decisions, Facts, Reason, Request, Tool, Toolbox
from workbench.tools.fields import ImageRef, NumImages, RequiredPrompt, Seed

PRICE = 3


class SketchRequest(Request):
    prompt: RequiredPrompt
    image: ImageRef | None = None
    others: list[ImageRef] = Field([])
    num_images: NumImages = 1
    seed: Seed = None


@dataclass(frozen=True)
class Sketch:
    prompt: str
    image: Image.Image | None
    others: tuple[Image.Image, ...]
    size: Size
    mode: Mode
    seed: int


def decide(tool: Tool, request: Any, facts: Facts) -> Decisions:
    if request.prompt == "forbidden":
        raise InvalidInput(Problem("prompt", "is forbidden"))
    reason = Reason("resolution", f"there are {facts.count} pictures")
    return Decisions("1k", Mode.FAST, Size(32, 32), request.num_images, False, 0, (reason,))


sketch = Tool(
    name="sketch",
    title="Sketch",
    summary="For tests.",
    group="Generate",
    request=SketchRequest,
    task=Sketch,  # type: ignore[arg-type]
    price=FixedPrice(PRICE),
    decide=decide,
)
TOOLBOX = Toolbox(sketch)


@dataclass
class FakeEngine:
    """Its picture is of one colour that follows from the seed."""

    name: str = "fake"
    title: str = "Fake engine"
    version: str = "1"
    steps: int = 1
    pause: float = 0.0
    """Seconds of a step."""
    missing: str = ""
    obtainable: bool = False
    failures: dict[int, Exception] = field(default_factory=dict)
    """By seed."""
    started: Event = field(default_factory=Event)
    gate: Event | None = None
    """Nothing ends before this is set."""
    seeds: list[int] = field(default_factory=list)
    meet: Callable[[Any], None] = lambda _: None

    def support(self, tool: str, mode: Mode) -> Support:
        return Support(not self.missing, self.missing, self.obtainable)

    def run(self, task: Any, progress: Progress) -> Output:
        self.seeds.append(task.seed)
        self.meet(task)
        self.started.set()
        for step in range(self.steps):
            progress(step, self.steps, f"step {step}", Image.new("RGB", (8, 8)))
            time.sleep(self.pause)
        while self.gate is not None and not self.gate.wait(0.01):
            progress(0, self.steps)
        if task.seed in self.failures:
            raise self.failures[task.seed]
        return Output(picture_of(task.seed), notes=("made up",), details={"calls": len(self.seeds)})


class Refused(PipelineError):
    """The fake engine was told to refuse."""


def picture_of(seed: int) -> Image.Image:
    return Image.new("RGB", (32, 32), (seed % 256, seed // 256 % 256, 77))


def engines(*several: FakeEngine) -> Engines:
    return Engines(*several)
