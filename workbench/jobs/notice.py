"""Waiting for a job without asking all the time: told at once of this process's jobs, looking now and then for others'."""

from threading import Condition
from time import monotonic

LOOK_SECONDS = 0.2
"""How often to look at a job that another process may be running."""


class Notices:
    """Counts what happens to jobs; safe to use from several threads."""

    def __init__(self) -> None:
        self._condition = Condition()
        self._news = 0
        self._ends = 0

    @property
    def news(self) -> int:
        """Grows whenever a job has something new to show."""
        return self._news

    @property
    def ends(self) -> int:
        """Grows whenever a job ends; to be read before looking at the job that one waits for."""
        return self._ends

    def tell(self, *, ended: bool = False) -> None:
        """Something has changed about a job."""
        with self._condition:
            self._news += 1
            self._ends += ended
            if ended:
                self._condition.notify_all()

    def wait(self, seen: int, deadline: float | None) -> bool:
        """Until a job has ended since `seen`, or it is time to look anyway; False once the deadline has passed."""
        left = LOOK_SECONDS if deadline is None else min(LOOK_SECONDS, deadline - monotonic())
        if left <= 0:
            return False
        with self._condition:
            self._condition.wait_for(lambda: self._ends != seen, left)
        return True
