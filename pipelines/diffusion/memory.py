"""How much memory a run took."""

import sys
from typing import Any

import torch

GB = 1e9


class PeakMemory:
    """Most memory in use at once from here on, in GB (1e9 bytes).

    On CUDA, what torch had allocated on the device, weights included (`torch.cuda.max_memory_allocated`). Elsewhere, the
    resident set of the whole process: exact where the run drove it higher than it had ever been, and otherwise the
    highest of the readings taken at the start, at every `read` and at the end.
    """

    def __init__(self, device: str) -> None:
        self._cuda = torch.device(device) if device.startswith("cuda") else None
        self._highest = 0.0
        if self._cuda is not None:
            torch.cuda.reset_peak_memory_stats(self._cuda)
        else:
            self._ceiling = _resident_ever()
            self.read()

    def read(self) -> None:
        """Take a reading; free of cost on CUDA."""
        if self._cuda is None:
            self._highest = max(self._highest, _resident())

    def gigabytes(self) -> float:
        """The peak until now."""
        if self._cuda is not None:
            return float(torch.cuda.max_memory_allocated(self._cuda)) / GB
        self.read()
        ever = _resident_ever()
        return ever if ever > self._ceiling else self._highest


def _resident() -> float:
    import psutil  # type: ignore[import-untyped]

    return float(psutil.Process().memory_info().rss) / GB


def _resident_ever() -> float:
    """High-water mark of the process; 0 where the system keeps none."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    usage: Any = resource.getrusage(resource.RUSAGE_SELF)
    return float(usage.ru_maxrss) * (1 if sys.platform == "darwin" else 1024) / GB
