"""`python -m bench.one REQUEST`: run one task twice in this process; seconds of the second run and peak memory, as JSON."""

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from PIL import Image

from pipelines.draft.engine import DraftEngine
from pipelines.engine import unwatched
from pipelines.images import size_of
from workbench.tools.base import Facts
from workbench.tools.registry import TOOLS

SAMPLES = Path("workbench/ui/samples")
PERSON, GARMENT = "person", "garment"


def measure(tool_name: str, values: dict[str, Any], megapixels: float) -> dict[str, float]:
    """Seconds of the second of two equal runs on samples scaled to `megapixels`, and the peak memory in MB."""
    tool = TOOLS[tool_name]
    pictures = {name: (_sample(name, megapixels),) for name in tool.image_fields() if name in tool.required()}
    given = {name: ["sample"] if name.endswith("s") else "sample" for name in pictures}
    request = tool.parse(given | values)
    facts = Facts({name: tuple(size_of(each) for each in found) for name, found in pictures.items()})
    task = tool.build(request, pictures, tool.decide(tool, request, facts), seed=1)
    for _ in range(2):
        started = time.perf_counter()
        DraftEngine().run(task, unwatched)
        seconds = time.perf_counter() - started
    return {"seconds": seconds, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _sample(field: str, megapixels: float) -> Image.Image:
    kind = GARMENT if "product" in field else PERSON
    image = Image.open(sorted(SAMPLES.glob(f"{kind}*.webp"))[0]).convert("RGB")
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    return image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    print(json.dumps(measure(asked["tool"], asked["values"], asked["megapixels"])))
