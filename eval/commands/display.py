"""How far a run is, on stderr: a bar in a terminal, a line now and then elsewhere."""

import sys
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from workbench.commands.output import note

if TYPE_CHECKING:
    from eval.runs.tally import Tally

WIDTH = 30
EVERY_SECONDS = 30.0
"""Between two lines where nobody watches a bar."""
REFRESH_SECONDS = 0.1


class Display:
    """Is told of tallies; within a `with`, so that the bar's line is ended whatever happens."""

    def __init__(self, *, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._quiet, self._bar = quiet, self._stream.isatty()
        self._shown, self._width = 0.0, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._width:
            self._stream.write("\n")
            self._stream.flush()

    def __call__(self, tally: "Tally") -> None:
        """Show how far it is, unless something was shown just now."""
        last = tally.ended == tally.total
        pause = REFRESH_SECONDS if self._bar else EVERY_SECONDS
        if self._quiet or (not last and self._shown and monotonic() - self._shown < pause):
            return
        self._shown = monotonic()
        if self._bar:
            self._draw(f"{bar(tally)} {line(tally)}")
        else:
            note(line(tally))

    def _draw(self, text: str) -> None:
        self._stream.write(f"\r{text.ljust(self._width)}")
        self._stream.flush()
        self._width = len(text)


def bar(tally: "Tally") -> str:
    """The share that has ended.

    >>> from eval.runs.tally import Tally
    >>> bar(Tally(total=4, done=2))
    '[###############               ]'
    """
    full = WIDTH * tally.ended // max(1, tally.total)
    return f"[{'#' * full}{' ' * (WIDTH - full)}]"


def line(tally: "Tally") -> str:
    """Cells, rate, time left and what went wrong.

    >>> from eval.runs.tally import Tally
    >>> line(Tally(total=10, done=3, failed=1, refused=1, here=5, seconds=10.0))
    '5/10 cells, 0.5 a second, 10 s left, 1 failed, 1 refused'
    """
    parts = [f"{tally.ended}/{tally.total} cells"]
    if tally.here:
        parts.append(f"{tally.rate:.2g} a second")
    if tally.left:
        parts.append(f"{span(tally.left)} left")
    wrong = {name: getattr(tally, name) for name in ("failed", "refused", "unsupported")}
    return ", ".join((*parts, *(f"{count} {name}" for name, count in wrong.items() if count)))


def span(seconds: float) -> str:
    """Seconds for people.

    >>> span(59.4), span(61), span(7260)
    ('59 s', '1 min 1 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
