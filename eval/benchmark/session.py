"""One run while this process carries it out, in a thread of its own."""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Literal

from eval.benchmark.progress import Progress
from eval.errors import EvalError
from eval.runs.direct import Stopped
from eval.runs.results import Results
from eval.runs.tally import Tally
from eval.runs.tally import Told as Watching
from pipelines.errors import Cancelled

LOG = logging.getLogger(__name__)
Phase = Literal["running", "stopping", "writing"]
CarryOut = Callable[[Watching, Stopped], Results]
"""Runs what is left; raises Cancelled where it was stopped."""
Report = Callable[[Results], object]


class Session:
    """Begins at once; what becomes of the run is in its folder in the end."""

    def __init__(self, folder: Path, carry_out: CarryOut, report: Report) -> None:
        self._folder, self._carry_out, self._report = folder, carry_out, report
        self._before = Progress.read(folder) or Progress(state="running")
        self._stop, self._closing, self._writing = Event(), False, False
        self._tally = Tally(self._before.total)
        self._began = monotonic()
        self._save("running")
        self._thread = Thread(target=self._run, name=f"benchmark {folder.name}", daemon=True)
        self._thread.start()

    @property
    def tally(self) -> Tally:
        """How far it is."""
        return self._tally

    @property
    def phase(self) -> Phase | None:
        """What it does now; None once it has ended."""
        if not self._thread.is_alive():
            return None
        return "writing" if self._writing else "stopping" if self._stop.is_set() else "running"

    def stop(self) -> None:
        """At the engine's next step; what is done stays."""
        self._stop.set()

    def close(self) -> None:
        """Stop because the server does: the run counts as interrupted."""
        self._closing = True
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait until it has ended, but not longer."""
        self._thread.join(seconds)

    def _run(self) -> None:
        try:
            results = self._carry_out(self._watch, self._stop.is_set)
            self._writing = True
            self._report(results)
        except Cancelled:
            self._save("running" if self._closing else "stopped")
        except (EvalError, OSError) as error:
            self._save("failed", str(error))
        except Exception as error:
            LOG.exception("the run in %s broke", self._folder)
            self._save("failed", f"{type(error).__name__}: {error}")
        else:
            self._save("finished")

    def _watch(self, tally: Tally) -> None:
        self._tally = tally

    def _save(self, state: Literal["running", "stopped", "failed", "finished"], message: str = "") -> None:
        tally = self._tally
        seconds = self._before.seconds + monotonic() - self._began
        kept = Progress(
            state=state, total=tally.total, here=self._before.here + tally.here, seconds=round(seconds, 2), message=message
        )
        try:
            kept.write(self._folder)
        except OSError:
            LOG.exception("how far the run in %s is could not be kept", self._folder)
