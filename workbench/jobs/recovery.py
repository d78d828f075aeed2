"""What keeps jobs from being lost: every worker says that it lives, and sets right what dead ones left behind.

A worker of this data directory holds a lock on a file there, which the system releases when its process ends in whatever
way: the next one to start knows at once. Workers elsewhere (another machine on the same PostgreSQL) are known by their
heartbeat only. The jobs' own rows say what there is to do, so the queue may lose anything but must not be believed blindly.
"""

import fcntl
import logging
import os
import socket
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import IO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from workbench.errors import StorageFailed
from workbench.jobs.queue import JobQueue, Place
from workbench.store.database import Database
from workbench.store.models import WorkerRow, now
from workbench.views import Failure

LOG = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
DEAD_AFTER = timedelta(seconds=45)
"""Silence after which a worker of another machine is taken for dead. One that only slept notices at its next step."""

LOST = Failure("WorkerLost", "The job ended its worker again and again, perhaps for want of memory; try a smaller size.")
BROKEN = Failure("InternalError", "Something went wrong on our side; the log says what. Nothing was charged for it.")


class Lease:
    """A worker's name, and the proof that its process lives."""

    def __init__(self, database: Database, home: Path) -> None:
        self.worker = f"{socket.gethostname()[:32]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._database = database
        self._folder = home / "workers"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = self._path(self.worker).open("w")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with database.transaction() as session:
            session.add(WorkerRow(id=self.worker))

    def renew(self) -> None:
        """Say that this worker lives."""
        with self._database.transaction() as session:
            session.merge(WorkerRow(id=self.worker, seen_at=now()))

    def living(self) -> frozenset[str]:
        """Names of all workers that live; those that don't are forgotten."""
        with self._database.reading() as session:
            rows = session.scalars(select(WorkerRow)).all()
        dead = [each.id for each in rows if self._is_dead(each)]
        if dead:
            with self._database.transaction() as session:
                session.execute(delete(WorkerRow).where(WorkerRow.id.in_(dead)))
        return frozenset(each.id for each in rows) - frozenset(dead)

    def end(self) -> None:
        """Leave in good order."""
        with self._database.transaction() as session:
            session.execute(delete(WorkerRow).where(WorkerRow.id == self.worker))
        self._path(self.worker).unlink(missing_ok=True)
        self._file.close()

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker}.lock"

    def _is_dead(self, row: WorkerRow) -> bool:
        if row.id == self.worker:
            return False
        try:
            with self._path(row.id).open() as file:
                if not _free(file):
                    return False
                self._path(row.id).unlink(missing_ok=True)
                return True
        except FileNotFoundError:
            return now() - row.seen_at > DEAD_AFTER


def _free(file: IO[str]) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


@dataclass(frozen=True, slots=True)
class Rescue:
    """Compares the jobs that have not ended with the queue, and sets right what doesn't fit."""

    database: Database
    queue: JobQueue
    lease: Lease
    unfinished: Callable[[Session], tuple[str, ...]]
    fail: Callable[[str, Failure], None]
    """Ends a job that can't be run; does nothing where it has ended."""

    def run(self) -> None:
        """Look once; safe to repeat, and beside other workers that do the same."""
        with self.database.reading() as session:
            jobs = self.unfinished(session)
        places = self.queue.places(jobs)
        living = self.lease.living()  # in this order: a worker that starts between the two must not look dead
        dead = {place.worker for place in places.values() if place.state == "PENDING" and place.worker not in living}
        if dead:
            self.queue.recover(each for each in dead if each is not None)
        for job_id in jobs:
            self._place(job_id, places.get(job_id))

    def _place(self, job_id: str, place: Place | None) -> None:
        if place is None:
            self.queue.put(job_id)
        elif place.ended:
            self.fail(job_id, LOST if place.state == "MAX_RECOVERY_ATTEMPTS_EXCEEDED" else BROKEN)


class Pulse(Thread):
    """Renews the lease and looks for jobs to rescue, every few seconds until stopped."""

    def __init__(self, lease: Lease, rescue: Rescue) -> None:
        super().__init__(name="worker-pulse", daemon=True)
        self._lease = lease
        self._rescue = rescue
        self._ended = Event()

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self._lease.renew()
                self._rescue.run()
            except StorageFailed as error:
                LOG.warning("the worker's pulse missed a beat: %s", error)
            except Exception:  # a database that is away for a while must not end the pulse
                LOG.exception("the worker's pulse missed a beat")
            self._ended.wait(BEAT_SECONDS)

    def stop(self) -> None:
        self._ended.set()
        self.join(timeout=10)
