"""Each tool of the draft engine: seconds of balanced, fast beside it, and what 4K takes; every figure from processes of its own."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.table import Row

REPEATS = 5
MEMORY = 3000.0
"""MB that a process may take at its peak, at any size."""
LINEAR = 1.3
"""How much more time a pixel of 4K may take than one of 1K."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request with the bar of its seconds, at 1K balanced."""

    tool: str
    seconds: float
    values: Mapping[str, str | int] = field(default_factory=dict)
    megapixels: float = 1
    """Of the input."""
    has_fast: bool = True
    tiers: bool = True
    """Whether it is measured at 4K too."""
    sample: str = ""
    """The shipped picture that is given, where it is not the tool's usual one."""

    @property
    def name(self) -> str:
        """The tool, and which of its cases this is where there are several."""
        told = [str(value) for key, value in self.values.items() if key in ("factor", "resolution", "duration")]
        return " ".join([self.tool, *told, *([f"of {self.sample}"] if self.sample else [])])


CASES = (
    Case("background-remove", 1.5, tiers=False),
    Case("packshot", 3),
    Case("packshot", 3, sample="person-plain-tee"),
    Case("reframe", 2, {"aspect_ratio": "16:9"}),
    Case("reframe", 2, {"aspect_ratio": "16:9"}, sample="background-terrace"),
    Case("upscale", 4, {"factor": "2x"}, tiers=False),
    Case("try-on", 6, has_fast=False),
    Case("product-to-model", 8),
    Case("model-swap", 4, {"prompt": "dark skin, black hair"}),
    Case("edit", 4, {"prompt": "navy background"}),
    Case("edit", 4, {"prompt": "recolour the top navy"}, sample="person-plain-tee"),
    Case("face-swap", 4, tiers=False),
    Case("create-model", 6, {"prompt": "a woman with brown hair in a red dress"}),
    Case("create-face", 6, {"prompt": "a man with a beard"}),
    Case("image-to-video", 10, {"resolution": "480p", "duration": 5}, has_fast=False, tiers=False),
    Case("image-to-video", 20, {"resolution": "720p", "duration": 5}, has_fast=False, tiers=False),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one case: what warm runs took in each of its settings, in turns in one process, and that one's peak memory in MB."""

    seconds: tuple[float, ...]
    """Medians."""
    shares: tuple[float, ...]
    """Of the first setting's seconds."""
    megabytes: float


def rows() -> Iterator[Row]:
    """Seconds and memory of balanced at 1K, the share of it that fast takes, and 4K."""
    for case in CASES:
        modes = ("balanced", "fast") if case.has_fast else ("balanced",)
        small = _measured(case, [_settings(case, mode, "1k") for mode in modes], REPEATS)
        seconds = small.seconds[0]
        yield Row(f"{case.name}, balanced", seconds, "s", f"<= {case.seconds:g} s", seconds <= case.seconds)
        yield Row(f"{case.name}, peak memory", small.megabytes, "MB", f"< {MEMORY:g} MB", small.megabytes < MEMORY)
        if case.has_fast:
            share = small.shares[1]
            yield Row(f"{case.name}, fast over balanced", share, "", "<= 0.5", share <= 0.5)
        if case.tiers:
            yield from _large(case, seconds)


def _large(case: Case, small: float) -> Iterator[Row]:
    """4K, beside the `small` seconds of 1K."""
    large = _measured(case, [_settings(case, "balanced", "4k")], 1)
    (seconds,) = large.seconds
    per_pixel = seconds / small / 16
    yield Row(f"{case.name}, 4K", seconds, "s", "told", True)
    yield Row(f"{case.name}, a pixel of 4K over one of 1K", per_pixel, "", f"<= {LINEAR:g}", per_pixel <= LINEAR)
    yield Row(f"{case.name}, 4K peak memory", large.megabytes, "MB", f"< {MEMORY:g} MB", large.megabytes < MEMORY)


def _settings(case: Case, mode: str, tier: str) -> dict[str, str | int]:
    """The case's values with a mode and a tier where its tool has them."""
    return {"generation_mode": mode, "resolution": tier} | dict(case.values)


def _measured(case: Case, settings: list[dict[str, str | int]], repeats: int) -> Measured:
    request = {"tool": case.tool, "settings": settings, "megapixels": case.megapixels, "repeats": repeats, "sample": case.sample}
    command = [sys.executable, "-m", "bench.one", json.dumps(request)]
    found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
    return Measured(tuple(found["seconds"]), tuple(found["shares"]), found["megabytes"])
