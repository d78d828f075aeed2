"""What a run works with, and the two ways to get an answer out of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from eval.metrics.metric import Metric, SetMetric
from eval.metrics.registry import METRICS, SET_METRICS
from eval.runs.row import Cell, Status
from eval.suites.case import Case, Suite
from pipelines.engine import Engines, Output
from workbench.tools.base import Toolbox
from workbench.tools.registry import TOOLS

KEPT_CASES = 8
"""Cases whose pictures stay in memory; a block of a tool comes back for every setting."""


@dataclass(frozen=True, slots=True)
class Setup:
    """Cases, engines, tools and metrics of a run."""

    suite: Suite
    engines: Engines
    toolbox: Toolbox = TOOLS
    metrics: tuple[Metric, ...] = METRICS.all
    set_metrics: tuple[SetMetric, ...] = SET_METRICS


Opener = Callable[[], Setup]
"""Makes a setup in another process, so it has to be a function of a module, or a partial of one."""
Cases = Callable[[str], Case]


def remembered(suite: Suite) -> Cases:
    """The suite's cases, of which the last few stay in memory."""
    return lru_cache(maxsize=KEPT_CASES)(suite.case)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of one cell, before it is stored and scored. Seconds are wall time, memory is in MB."""

    cell: Cell
    status: Status
    error: str = ""
    trace: str = ""
    """Of an exception that nobody expected, for the log."""
    output: Output | None = None
    file: bytes | None = None
    """The output as it was stored already; else it is still to be encoded."""
    resolution: str = ""
    """As decided; empty where it never came to that."""
    cold: bool = False
    queue_seconds: float | None = None
    run_seconds: float | None = None
    encode_seconds: float | None = None
    host_mb: float | None = None
    credits_app: int | None = None
    credits_api: int | None = None
    auto_mode: str = ""
    auto_resolution: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """What it takes to make it again, for the stored file."""


class Executor(Protocol):
    """Gets answers."""

    def answers(self, cells: Sequence[Cell]) -> Iterator[Answer]:
        """One for each cell, in order, whatever becomes of it. Raises `Cancelled` once the run has been cancelled."""
