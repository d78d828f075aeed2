"""One loan at a time, first come first served. Two at once on one device would share its arithmetic and double what they need."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition, get_ident

ASK_SECONDS = 0.1
"""How long a waiting loan goes without asking whether it is still wanted."""


class Turns:
    """A line of threads, of which the first has its turn."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._line: deque[int] = deque()

    @contextmanager
    def turn(self, check: Callable[[], None]) -> Iterator[None]:
        """Wait, calling `check` meanwhile, which may raise to leave the line; then have the turn.

        RuntimeError where the thread has the turn already: it would wait for itself.
        """
        me = get_ident()
        with self._changed:
            if me in self._line:
                raise RuntimeError("a loan within a loan: give the first model back before the next is lent")
            self._line.append(me)
        try:
            while not self._is_first(me):
                check()
            yield
        finally:
            with self._changed:
                self._line.remove(me)
                self._changed.notify_all()

    def _is_first(self, thread: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._line[0] == thread, timeout=ASK_SECONDS)
