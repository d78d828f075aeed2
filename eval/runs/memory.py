"""How much memory this process takes at most while something runs."""

import sys
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_RESET_PEAK = "5"
"""Linux sets VmHWM back to the present size (proc_pid_clear_refs(5))."""
INTERVAL = 0.01
"""Seconds between two looks where the kernel keeps no peak that can be set back."""


class Peak:
    """`with Peak() as peak: ...`; then `peak.mb` is the largest resident size meanwhile, in MB of 10^6 bytes.

    By the kernel's own mark where it can be set back, else by looking every 10 ms, else by the mark since the process began,
    which is too high after something larger.
    """

    def __init__(self) -> None:
        self.mb = 0.0
        self._looking: _Look | None = None

    def __enter__(self) -> Self:
        if not _reset() and _STATUS.exists():
            self._looking = _Look()
            self._looking.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._looking is not None:
            self.mb = self._looking.end()
        else:
            self.mb = _status("VmHWM") or _own_peak()


class _Look(Thread):
    def __init__(self) -> None:
        super().__init__(daemon=True, name="memory")
        self._ended = Event()
        self._most = _status("VmRSS")

    def run(self) -> None:
        while not self._ended.wait(INTERVAL):
            self._most = max(self._most, _status("VmRSS"))

    def end(self) -> float:
        self._ended.set()
        self.join()
        return max(self._most, _status("VmRSS"))


def _reset() -> bool:
    try:
        _CLEAR.write_text(_RESET_PEAK)
    except OSError:
        return False
    return True


def _status(name: str) -> float:
    """MB of a line of the process's status; 0 where the system has none."""
    try:
        text = _STATUS.read_text()
    except OSError:
        return 0.0
    found = next((line.split()[1] for line in text.splitlines() if line.startswith(f"{name}:")), "0")
    return int(found) * 1024 / 1e6


def _own_peak() -> float:
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most * 1024 / 1e6
