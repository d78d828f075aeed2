"""Each tool of the draft engine by mode: seconds and peak memory, every figure from processes of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.table import Row

REPEATS = 3


@dataclass(frozen=True, slots=True)
class Case:
    """A request at a size of input, with the bars of its seconds and of its process's peak memory in MB."""

    tool: str
    values: dict[str, str]
    megapixels: float
    seconds: float
    megabytes: float = 3000

    @property
    def name(self) -> str:
        words = [value for key, value in self.values.items() if key != "prompt"]
        return f"{self.tool} {self.megapixels:g} MP {' '.join(words)}"


def _mode(mode: str, **more: str) -> dict[str, str]:
    return {"generation_mode": mode, **more}


CASES = (
    Case("background-remove", _mode("fast"), 4, 2, 1500),
    Case("background-remove", _mode("balanced"), 4, 2, 1500),
    Case("background-remove", _mode("quality"), 4, 5, 1500),
    Case("packshot", _mode("balanced", resolution="1k"), 1, 10),
    Case("upscale", _mode("balanced", factor="2x"), 1, 4),
    Case("reframe", _mode("balanced", resolution="1k", aspect_ratio="16:9"), 1, 2),
    Case("reframe", _mode("balanced", resolution="4k", aspect_ratio="16:9"), 16, 60),
    Case("try-on", _mode("balanced", resolution="1k"), 1, 10),
    Case("product-to-model", _mode("balanced", resolution="1k"), 1, 10),
)


def rows() -> Iterator[Row]:
    """Median seconds of the second run in a process, and the largest peak memory."""
    for case in CASES:
        runs = [_measured(case) for _ in range(REPEATS)]
        seconds = median(each["seconds"] for each in runs)
        megabytes = max(each["megabytes"] for each in runs)
        yield Row(case.name, seconds, "s", f"<= {case.seconds:g} s", seconds <= case.seconds)
        yield Row(f"{case.name}, peak memory", megabytes, "MB", f"< {case.megabytes:g} MB", megabytes < case.megabytes)


def _measured(case: Case) -> dict[str, float]:
    request = json.dumps({"tool": case.tool, "values": case.values, "megapixels": case.megapixels})
    done = subprocess.run([sys.executable, "-m", "bench.one", request], capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))
