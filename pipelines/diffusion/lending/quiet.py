"""The libraries' loading bars and log lines, off while models are loaded: a server's log is no terminal."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import Any

TALKATIVE = ("torchao", "torch.utils._pytree")
"""Loggers of what is imported on the way: torchao names each of its CUDA libraries that a CPU machine lacks, twice."""

_lock = Lock()
_inside = 0
_undo: list[Callable[[], None]] = []


@contextmanager
def quiet() -> Iterator[None]:
    """Errors only, no bars. The settings are the process's: the last one out restores what the first one in found."""
    global _inside
    with _lock:
        if not _inside:
            _hush()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            while not _inside and _undo:
                _undo.pop()()


def _hush() -> None:
    from diffusers.utils import logging as diffusers
    from transformers.utils import logging as transformers

    for name in TALKATIVE:
        logger = logging.getLogger(name)
        _undo.append(partial(logger.setLevel, logger.level))
        logger.setLevel(logging.ERROR)
    _hush_library(diffusers)
    _hush_library(transformers)


def _hush_library(library: Any) -> None:
    _undo.append(partial(library.set_verbosity, library.get_verbosity()))
    library.set_verbosity_error()
    if library.is_progress_bar_enabled():
        _undo.append(library.enable_progress_bar)
        library.disable_progress_bar()
