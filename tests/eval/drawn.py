"""A suite of small drawn pictures and engines that answer at once, for tests of runs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw

from eval.metrics.registry import METRICS
from eval.runs.manifest import Grid
from eval.runs.setup import Setup
from eval.suites.case import Card, Case, Truth
from pipelines.engine import Engines, Output, Progress, Support
from pipelines.errors import PersonNotFound
from pipelines.images import pixels
from pipelines.sizes import Mode
from pipelines.tasks import Task, TryOn, Upscale

TOOLS = ("try-on", "upscale")
COUNT = 3
SIDES = (96, 128)


def drawn(number: int) -> Image.Image:
    """A shirt-like shape whose colour follows the number, with a face above it."""
    image = Image.new("RGB", SIDES, (235, 232, 225))
    draw = ImageDraw.Draw(image)
    draw.rectangle((24, 44, 72, 110), fill=(40 + 60 * number, 60, 150 - 30 * number))
    draw.ellipse((38, 14, 58, 40), fill=(200, 160, 130))
    return image


@dataclass(frozen=True, slots=True)
class Drawn:
    """Three cases for each of two tools."""

    version: str = "1"
    prompts: tuple[str, ...] = ("", "", "")

    @property
    def card(self) -> Card:
        return Card(name="drawn", version=self.version, title="Drawn", licence="Apache-2.0", citation="", source="drawn here")

    @property
    def tools(self) -> tuple[str, ...]:
        return TOOLS

    def ids(self, tool: str) -> Sequence[str]:
        return [f"{tool}-{number:04d}" for number in range(COUNT)]

    def case(self, case_id: str) -> Case:
        tool, _, number = case_id.rpartition("-")
        image = drawn(int(number))
        region = np.zeros(SIDES[::-1], bool)
        region[44:110, 24:72] = True
        pictures = {"image": (image,)} if tool == "upscale" else {"model_image": (drawn(7),), "product_image": (image,)}
        return Case(
            id=case_id,
            tool=tool,
            kind="drawn",
            pictures=pictures,
            values={"factor": "2x"} if tool == "upscale" else {"prompt": self.prompts[int(number)]},
            truth=Truth(target=pixels(image), before=pixels(image), region=region),
            clusters={"garment": f"shirt {int(number) % 2}"},
        )


class Quick:
    """Hands the picture back with noise by the seed; a prompt can make it refuse, break or not be there."""

    name = "quick"
    title = "Quick"
    version = "1"
    seconds = 0.0

    def support(self, tool: str, mode: Mode) -> Support:
        return Support(mode is not Mode.QUALITY or tool != "upscale", "Quick can't upscale in quality.")

    def run(self, task: Task, progress: Progress) -> Output:
        assert isinstance(task, TryOn | Upscale)
        progress(0, 1)
        time.sleep(self.seconds)
        prompt = task.prompt if isinstance(task, TryOn) else ""
        if prompt == "refuse":
            raise PersonNotFound("there is nobody in the picture")
        if prompt == "break":
            raise ZeroDivisionError("by zero")
        shown = pixels(task.product_image if isinstance(task, TryOn) else task.image)
        noise = np.random.default_rng(task.seed).integers(-4, 5, shown.shape)
        image = Image.fromarray(np.clip(shown + noise, 0, 255).astype(np.uint8))
        return Output(
            image, ("quick",), {"repository": "own/quick", "revision": "abc", "load_seconds": 0.0, "peak_memory_gb": 0.5}
        )


class Slow(Quick):
    """Takes a moment, so that it can be killed in the middle."""

    seconds = 0.02


GRID = Grid(
    suite="drawn", tools=TOOLS, engines=("quick",), modes=("balanced", "quality"), resolutions=("1k",), seeds=(1, 2), limit=None
)


def setup(engine: Quick | None = None, suite: Drawn | None = None) -> Setup:
    """What tests run with."""
    return Setup(suite or Drawn(), Engines(engine or Quick()), metrics=METRICS.all[:1])


def slow() -> Setup:
    """For another process."""
    return setup(Slow())


def grid(**changed: object) -> Grid:
    """The usual grid with something changed."""
    return replace(GRID, **changed)  # type: ignore[arg-type]
