"""The durable queue of jobs: DBOS, with a bell in place of its timer.

A job is a DBOS workflow whose id is the job's. DBOS decides which process runs it, at most `slots` at a time each, and
remembers who does, so that the jobs of a dead process can be given to another. What a job has done so far is not recorded
as DBOS steps: it is in the studio's own tables, in the same transactions as the credits, and a second record in another
file could only disagree with it.

DBOS looks at a queue once per interval, so an interval short enough for a page would keep an idle laptop awake. Its poller
is therefore run here on a `Bell`: rung when a job is put in and when one ends, it looks at once; otherwise it looks twice a
second, which is how the jobs of other processes are found. The queue stays DBOS's, and the bell may be lost without harm.
Measured on two cores and SQLite, with workflows that do nothing: about 5 ms from `put` to the start, 190 a second through
one slot, 1.5 % of one core while idle; `make bench` measures whole jobs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore, Condition, Event, Thread
from time import monotonic, sleep
from typing import Any

from dbos import DBOS, DBOSClient, Queue
from dbos._queue import queue_worker_thread
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError

from workbench.errors import Misconfigured
from workbench.store.database import unusable

APPLICATION = "workbench"
FORMAT = "1"
"""DBOS resumes workflows of its own application version only; this one changes when what a workflow is given does."""
QUEUE = "jobs"
WORKFLOW = "job"
MAX_ATTEMPTS = 25
"""Times that a job is taken up again after its worker died; one that kills every worker must not go on for ever."""
IDLE_SECONDS = 0.5
FIRST_SECONDS = 0.004


@dataclass(frozen=True, slots=True)
class Place:
    """Where a job is in the queue."""

    state: str
    """DBOS's word: ENQUEUED, PENDING (a worker has it), SUCCESS, ERROR, CANCELLED, MAX_RECOVERY_ATTEMPTS_EXCEEDED."""
    worker: str | None

    @property
    def ended(self) -> bool:
        return self.state not in ("ENQUEUED", "DELAYED", "PENDING")


class Bell(Event):
    """What the poller waits on between two looks at the queue; setting it stops the poller.

    It lets the poller look at once when a job was put in, unless every slot is taken, and soon after a slot came free where
    there may be more: DBOS counts a job until it has recorded its end. Then the waits double up to the idle interval.
    """

    def __init__(self, slots: int) -> None:
        super().__init__()
        self._slots = slots
        self._busy = 0
        self._expected = 0
        """Jobs put in here and not taken here yet."""
        self._changed = Condition()
        self._gap = IDLE_SECONDS
        self._next = self._looked = monotonic()

    def ring(self, jobs: int = 0) -> None:
        """There is something to look for, `jobs` of it put in by this process."""
        with self._changed:
            self._expected += jobs
            self._look_in(0.0)

    def set(self) -> None:
        super().set()
        self.ring()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A slot, for as long as the block runs."""
        with self._changed:
            self._busy += 1
            foreign = self._expected == 0
            self._expected -= not foreign
        try:
            yield
        finally:
            with self._changed:
                self._busy -= 1
                if foreign or self._expected:
                    self._look_in(FIRST_SECONDS)

    def wait(self, timeout: float | None = None) -> bool:
        with self._changed:
            self._looked = monotonic()
            while not self.is_set() and (left := self._left()) > 0:
                self._changed.wait(left)
            self._gap = min(2 * self._gap, IDLE_SECONDS)
            self._next = monotonic() + self._gap
        return self.is_set()

    def _look_in(self, seconds: float) -> None:
        self._gap = FIRST_SECONDS
        self._next = min(self._next, monotonic() + seconds)
        self._changed.notify_all()

    def _left(self) -> float:
        """Seconds until the next look: when a slot is free, and what the last one found has had the time to take its slot."""
        if self._busy >= self._slots:
            return IDLE_SECONDS
        return max(self._next, self._looked + FIRST_SECONDS) - monotonic()


class JobQueue:
    """The queue in one database; `put` works in any process, `work` makes this one take jobs."""

    def __init__(self, url: str, slots: int) -> None:
        """`slots` is how many jobs this process runs at a time, once it does."""
        self._slots = slots
        self._free = BoundedSemaphore(slots)
        try:
            DBOS.migrate(_plain(url))
        except DatabaseError as error:
            raise unusable(make_url(url), error) from error
        self._engine = _engine(url)
        self._client = DBOSClient(system_database_engine=self._engine, application_name=APPLICATION)
        self._bell = Bell(slots)
        self._dbos: DBOS | None = None
        self._poller: Thread | None = None

    def put(self, job_id: str) -> None:
        """Queue a job; a repeat changes nothing."""
        self._client.enqueue(
            {"queue_name": QUEUE, "workflow_name": WORKFLOW, "workflow_id": job_id, "app_version": FORMAT}, job_id
        )
        self._bell.ring(jobs=1)

    def places(self, job_ids: Iterable[str]) -> Mapping[str, Place]:
        """Where jobs are; those that were never put are absent."""
        wanted, found = list(job_ids), dict[str, Place]()
        for start in range(0, len(wanted), 500):
            some = wanted[start : start + 500]
            rows = self._client.list_workflows(workflow_ids=some, load_input=False, load_output=False)
            found.update({each.workflow_id: Place(each.status, each.executor_id) for each in rows})
        return found

    def work(self, run: Callable[[str], None], *, worker: str) -> None:
        """Take jobs from now on and run each on a thread of its own.

        Raises Misconfigured where this process takes jobs already: DBOS exists once a process.
        """
        if _in_use():
            raise Misconfigured(
                "this process runs jobs already; close the other studio first, or open this one with worker=False"
            )
        self._dbos = DBOS(
            config={
                "name": APPLICATION,
                "system_database_engine": self._engine,
                "application_version": FORMAT,
                "executor_id": worker,
                "run_migrations": False,
                "log_level": "ERROR",
            }
        )
        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MAX_ATTEMPTS)(self._ringing(run))
        DBOS.listen_queues([])
        DBOS.launch()
        with ThreadPoolExecutor(1) as elsewhere:  # DBOS refuses where an event loop runs, as it does in a notebook
            queue = elsewhere.submit(self._registered).result()
        self._poller = Thread(target=queue_worker_thread, args=(self._bell, self._dbos, queue), name="job-poller", daemon=True)
        self._poller.start()

    def _registered(self) -> Queue:
        return DBOS.register_queue(
            QUEUE, worker_concurrency=self._slots, polling_interval_sec=IDLE_SECONDS, on_conflict="always_update"
        )

    def _ringing(self, run: Callable[[str], None]) -> Callable[[str], None]:
        def job(job_id: str) -> None:
            with self._bell.taken(), self._free:  # two quick looks may find one job too many
                run(job_id)

        return job

    def recover(self, workers: Iterable[str]) -> None:
        """Give back to the queue what these workers had; a job that a living one has taken meanwhile stays with it."""
        DBOS._recover_pending_workflows(list(workers))
        self._bell.ring()

    def pause(self) -> None:
        """Take no more jobs."""
        if self._poller is not None:
            self._bell.set()
            self._poller.join(timeout=10)

    def drain(self, seconds: float) -> bool:
        """Wait until the jobs that run here have returned and DBOS has recorded that they did; False where one has not."""
        deadline = monotonic() + seconds
        while self._dbos is not None and self._dbos._active_workflows_set.activeList():
            if monotonic() > deadline:
                return False
            sleep(0.01)
        return True

    def close(self) -> None:
        """Leave the queue; what this process has not ended stays its own until it is recovered."""
        self.pause()
        if self._dbos is not None:
            DBOS.destroy(destroy_registry=True)
            self._dbos = None
        self._client.destroy()
        self._engine.dispose()


def _in_use() -> bool:
    from dbos import _dbos

    return _dbos._dbos_global_instance is not None


def _plain(url: str) -> str:
    return make_url(url).render_as_string(hide_password=False)


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = create_engine(url)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine
    return create_engine(make_url(url).set(drivername="postgresql+psycopg"), pool_size=10, pool_pre_ping=True)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """As DBOS sets its own connections up, and write-ahead: a commit here may be lost in a power cut, never in a crash.

    What is lost is found again from the studio's tables, which are synchronous.
    """
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
