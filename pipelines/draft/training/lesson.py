"""What a net learns: the seam between a training session and the four nets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from numpy.random import Generator
from torch import Tensor, nn

Batch = Mapping[str, Tensor]
"""What a net is given and what is wanted of it, by name; the first axis counts samples."""

HELD_OUT = 10_000_000
"""Seeds from here on are never drawn in training: a lesson's own figures start here, `eval` at twice as much."""

Drawn = TypeVar("Drawn")


@dataclass(frozen=True, slots=True)
class Defaults:
    """How long and how widely a net is trained where nothing else is asked for."""

    steps: int
    batch: int
    rate: float
    pool: int
    """Scenes kept for drawing batches from."""
    renew: int = 4
    """Steps between new scenes where scenes are drawn in the training process itself."""
    clip: float = 1.0
    """Largest norm of a gradient."""


class Lesson(Protocol[Drawn]):
    """One net's training. Frozen and picklable, since scenes may be drawn by other processes."""

    @property
    def name(self) -> str:
        """The net's name, on the command line and as its file."""

    def defaults(self, device: str) -> Defaults:
        """For "cpu", under 90 minutes on two cores; for "cuda" larger and longer."""

    def build(self) -> nn.Module:
        """The net, freshly initialised from torch's seed."""

    def draw(self, seed: int) -> Sequence[Drawn]:
        """Scenes for the pool; costs what it costs. Equal seeds give equal scenes."""

    def batch(self, pool: Sequence[Drawn], count: int, generator: Generator) -> Batch:
        """`count` samples of the pool with cheap variations; on the CPU."""

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        """What is to be made small; a scalar."""

    def figures(self, net: nn.Module) -> dict[str, float]:
        """How good the net is on held-out seeds, for the log and the card."""
