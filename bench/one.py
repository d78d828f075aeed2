"""`python -m bench.one REQUEST`: run one task in this process, again and again, in one setting or in turns in several.

Prints as JSON the median seconds of each setting, what it takes of the first one's time, and the peak memory of all.
"""

import json
import resource
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image

from pipelines.draft.engine import DraftEngine
from pipelines.engine import unwatched
from pipelines.images import size_of
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace, Task
from workbench.tools.base import Facts
from workbench.tools.registry import TOOLS

SAMPLES = Path("workbench/ui/samples")
PERSON, GARMENT = "person", "garment"
NEED_FACES = ("face-swap",)


def measure(tool_name: str, settings: list[dict[str, Any]], megapixels: float, repeats: int, sample: str = "") -> dict[str, Any]:
    """Median seconds of `repeats` equal runs of each of `settings`, after one that warms up, on samples scaled to `megapixels`.

    The settings take turns, so that a slow moment of the machine meets them all; `shares` are the medians of what each took
    of the first's seconds in the same turn. `sample` names the shipped picture that every field gets; without one each gets
    what it asks for. The peak memory is in MB.
    """
    tasks = [_task(tool_name, values, megapixels, sample) for values in settings]
    rounds = [[_seconds(task) for task in tasks] for _ in range(1 + repeats)][1:]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shares = [[seconds / turn[0] for seconds in turn] for turn in rounds]
    return {"seconds": _medians(rounds), "shares": _medians(shares), "megabytes": peak}


def _medians(turns: list[list[float]]) -> list[float]:
    return [median(each) for each in zip(*turns, strict=True)]


def _task(tool_name: str, values: dict[str, Any], megapixels: float, sample: str) -> Task:
    tool = TOOLS[tool_name]
    pictures = {
        name: (_scaled(_sample(tool_name, name, sample), megapixels),) for name in tool.image_fields() if name in tool.required()
    }
    given = {name: ["sample"] if name.endswith("s") else "sample" for name in pictures}
    request = tool.parse(given | {name: value for name, value in values.items() if name in tool.request.model_fields})
    facts = Facts({name: tuple(size_of(each) for each in found) for name, found in pictures.items()})
    return tool.build(request, pictures, tool.decide(tool, request, facts), seed=1)


def _seconds(task: Task) -> float:
    started = time.perf_counter()
    DraftEngine().run(task, unwatched)
    return time.perf_counter() - started


def _sample(tool: str, field: str, named: str = "") -> Image.Image:
    """A shipped picture; where a face is needed, which those don't have, a drawn portrait."""
    if named:
        return Image.open(SAMPLES / f"{named}.webp").convert("RGB")
    if tool in NEED_FACES:
        prompt = "a woman with brown hair, front view" if field == "image" else "a man with short black hair, front view"
        return DraftEngine().run(CreateFace(prompt=prompt, size=Size(768, 768), mode=Mode.FAST, seed=1), unwatched).image
    kind = GARMENT if "product" in field else PERSON
    return Image.open(sorted(SAMPLES.glob(f"{kind}*.webp"))[0]).convert("RGB")


def _scaled(image: Image.Image, megapixels: float) -> Image.Image:
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(measure(asked["tool"], asked["settings"], asked["megapixels"], asked["repeats"], asked["sample"])))
