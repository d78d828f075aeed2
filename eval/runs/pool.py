"""Several processes for one run: each takes a case at a time, with all its settings, and keeps a journal of its own."""

import os
import signal
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from queue import Empty
from threading import Thread
from typing import Any

from eval.errors import BadRun
from eval.runs.direct import Stopped
from eval.runs.journal import Journal
from eval.runs.row import Cell, Status
from eval.runs.setup import Opener
from eval.runs.station import Course, Ended, Station
from pipelines.errors import Cancelled

LOOK_SECONDS = 0.2
"""How often the first process looks for news."""


@dataclass(frozen=True, slots=True)
class Pool:
    """How many processes, and how each opens what it works with."""

    processes: int
    opener: Opener


def carry_out(
    pool: Pool, folder: Path, course: Course, batches: Sequence[Sequence[Cell]], ended: Ended, stopped: Stopped
) -> None:
    """All batches; BadRun where a process dies, `Cancelled` once the run is cancelled. What has a row stays done."""
    context = get_context("spawn")
    news, stop = context.Queue(), context.Event()
    workers = ProcessPoolExecutor(pool.processes, context, _begin, (pool.opener, folder, course, news, stop))
    try:
        waiting = [workers.submit(_carry_out, tuple(each)) for each in batches]
        _watch(waiting, news, ended, stopped)
    except BrokenProcessPool as error:
        raise BadRun(
            "a process of the run died, perhaps for want of memory; the same command goes on, with fewer processes"
        ) from error
    finally:
        stop.set()
        workers.shutdown(cancel_futures=True)
        _tell(news, ended)


def _watch(waiting: Sequence[Future[None]], news: Any, ended: Ended, stopped: Stopped) -> None:
    left = set(waiting)
    while left:
        done, left = wait(left, LOOK_SECONDS)
        _tell(news, ended)
        for each in done:
            each.result()
        if stopped():
            raise Cancelled


def _tell(news: Any, ended: Ended) -> None:
    while True:
        try:
            ended(news.get_nowait())
        except Empty:
            return


_HERE: list[tuple[Station, Any]] = []
"""The station of this process, with where it tells of cells; filled once, when the process begins."""


def _begin(opener: Opener, folder: Path, course: Course, news: Any, stop: Any) -> None:
    import cv2
    import torch

    Thread(target=_end_with_parent, daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process has it too, and says when to stop
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    journal = Journal(folder, f"process-{os.getpid()}")
    journal.__enter__()  # until the process ends
    _HERE.append((Station.open(opener(), folder, journal, course, stopped=stop.is_set), news))


def _end_with_parent() -> None:
    """A process whose first process was killed would wait for work for ever, or write beside the next run."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _carry_out(batch: Sequence[Cell]) -> None:
    station, news = _HERE[0]

    def ended(status: Status) -> None:
        news.put(status)

    station.carry_out([batch], ended)
