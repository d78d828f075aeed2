"""What a rendered suite is made of: cases with truth, measures with bars, and controls that must lose."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pipelines.engine import Output
from pipelines.sizes import Mode
from pipelines.tasks import Task

FIRST_SEED = 20_000_000
"""Seeds of cases start here; no training draws them: theirs end below twice `HELD_OUT` of `pipelines.draft.training.lesson`."""
Scores = Mapping[str, float]
"""Measure to value; one that can't be told for this output is absent."""
Summary = Literal["mean", "median", "least", "largest"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One column of a tool's table."""

    name: str
    title: str
    better: Literal["higher", "lower"]
    summary: Summary = "mean"
    bar: float | None = None
    """What balanced has to reach; None is told without being asked for."""
    kind: str | None = None
    """Counts cases of this kind only."""
    digits: int = 3
    judges: bool = True
    """Whether the controls have to be worse in it; some measures are about harm, of which a copy does none."""

    @property
    def key(self) -> str:
        """Under which scores report it."""
        return self.name

    def meets(self, value: float) -> bool:
        """Whether the bar is reached; True where there is none."""
        if self.bar is None:
            return True
        return value >= self.bar if self.better == "higher" else value <= self.bar


@dataclass(frozen=True, slots=True)
class Case:
    """One scene for one tool; its pictures are made when it is asked for."""

    kind: str
    task: Callable[[Mode], Task]
    score: Callable[[Output], Scores]
    controls: Mapping[str, Callable[[], Output]] = field(default_factory=dict)
    """What a lazy engine would answer; each has to lose."""


@dataclass(frozen=True, slots=True)
class ToolSuite:
    """All cases of one tool."""

    tool: str
    count: int
    case: Callable[[int], Case]
    """The case of a number from 0 to `count` - 1; equal numbers give equal pixels."""
    measures: tuple[Measure, ...]
    modes: tuple[Mode, ...] = (Mode.FAST, Mode.BALANCED, Mode.QUALITY)

    def seed(self, number: int) -> int:
        """The seed that the case of a number is drawn with."""
        return FIRST_SEED + number
