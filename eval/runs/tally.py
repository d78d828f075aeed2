"""How far a run is."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter

from eval.runs.row import Row, Status


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of cells; controls are no cells."""

    total: int
    done: int = 0
    refused: int = 0
    failed: int = 0
    unsupported: int = 0
    here: int = 0
    """Cells that were run since this process began; the others were there already."""
    seconds: float = 0.0
    """Since it began."""

    @property
    def ended(self) -> int:
        """Cells that have a row."""
        return self.done + self.refused + self.failed + self.unsupported

    @property
    def rate(self) -> float:
        """Cells a second."""
        return self.here / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> float | None:
        """Seconds that the rest will take at this rate; None while nobody knows."""
        return (self.total - self.ended) / self.rate if self.here else None


Told = Callable[[Tally], None]
"""Is called after every cell."""


def unwatched(tally: Tally) -> None:
    """The `Told` of a run that nobody watches."""


class Counting:
    """Turns what ends into tallies."""

    def __init__(self, total: int, before: Iterable[Status], told: Told) -> None:
        self._total, self._told, self._here = total, told, 0
        self._counts = Counter(before)
        self._began = perf_counter()

    def add(self, status: Status) -> None:
        """One cell has ended."""
        self._counts[status] += 1
        self._here += 1
        self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        self._told(self.tally())

    def tally(self) -> Tally:
        """How far it is."""
        counts = {name: self._counts[name] for name in ("done", "refused", "failed", "unsupported")}
        return Tally(self._total, **counts, here=self._here, seconds=perf_counter() - self._began)


def statuses(rows: Iterable[Row]) -> list[Status]:
    """Of rows of engines."""
    return [row.status for row in rows if row.way == "engine"]
