"""Closing, restarting, dying, and several processes on one database."""

import signal
import threading
import time
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import select, update

from tests.workbench.studio.conftest import Open
from tests.workbench.studio.crashing import BACKLOG
from tests.workbench.studio.fakes import PRICE, FakeEngine
from tests.workbench.studio.test_crash import child, verdict
from workbench.credits import ledger
from workbench.errors import Misconfigured
from workbench.jobs import recovery
from workbench.jobs.queue import JobQueue
from workbench.settings import Settings
from workbench.store.models import JobRow, WorkerRow, now
from workbench.studio import Studio

SKETCH = {"prompt": "a hat", "seed": 7}


@pytest.fixture(autouse=True)
def quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks for lost jobs often enough for a test."""
    monkeypatch.setattr(recovery, "BEAT_SECONDS", 0.1)


def audit(studio: Studio) -> tuple[str, ...]:
    with studio._database.reading() as session:
        return ledger.audit(session)


def test_closing_puts_a_running_job_back_with_what_it_has(open_studio: Open, engine: FakeEngine) -> None:
    second = Event()

    def meet(task: object) -> None:
        if getattr(task, "seed", 0) == 8 and not second.is_set():
            engine.gate = Event()
            second.set()

    engine.meet = meet
    studio = open_studio()
    job = studio.submit("sketch", SKETCH | {"num_images": 3})
    assert second.wait(10)
    studio.close()
    engine.gate = None
    reopened = open_studio(worker=False)
    between = reopened.job(job.id)
    assert (between.status, len(between.outputs), between.credits) == ("waiting", 1, PRICE)
    ended = open_studio().wait(job.id, timeout=20)
    assert (ended.status, ended.credits) == ("completed", 3 * PRICE)
    assert engine.seeds == [7, 8, 8, 9]
    assert audit(reopened) == ()


def test_jobs_wait_for_a_worker(open_studio: Open) -> None:
    asking = open_studio(worker=False)
    jobs = [asking.submit("sketch", SKETCH).id for _ in range(3)]
    open_studio()
    assert {asking.wait(each, timeout=20).status for each in jobs} == {"completed"}


def test_a_job_that_never_reached_the_queue_is_put_there(open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = open_studio(worker=False)
    with monkeypatch.context() as patched:
        patched.setattr(JobQueue, "put", lambda *_: None)
        job = asking.submit("sketch", SKETCH)
    assert asking._queue.places([job.id]) == {}
    assert open_studio().wait(job.id, timeout=20).status == "completed"


def test_a_job_whose_worker_dies_again_and_again_fails_and_costs_nothing(
    open_studio: Open, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = open_studio(worker=False)
    job = asking.submit("sketch", SKETCH)
    place = recovery.Place("MAX_RECOVERY_ATTEMPTS_EXCEEDED", None)
    monkeypatch.setattr(JobQueue, "places", lambda _self, ids: dict.fromkeys(ids, place))
    monkeypatch.setattr(JobQueue, "work", lambda *_, **__: None)
    monkeypatch.setattr(JobQueue, "recover", lambda *_: None)
    open_studio()
    ended = asking.wait(job.id, timeout=20)
    assert ended.error is not None and ended.error.name == "WorkerLost"
    assert (ended.status, ended.credits, asking.balance().held) == ("failed", 0, 0)
    assert audit(asking) == ()


def test_a_process_runs_the_jobs_of_one_studio_only(open_studio: Open, studio: Studio) -> None:
    with pytest.raises(Misconfigured, match="worker=False"):
        open_studio()
    assert studio.wait(studio.submit("sketch", SKETCH).id, timeout=20).status == "completed"


def test_a_worker_that_was_taken_for_dead_stops_and_delivers_nothing(open_studio: Open, engine: FakeEngine) -> None:
    engine.gate = Event()
    studio = open_studio()
    job = studio.submit("sketch", SKETCH)
    assert engine.started.wait(10)
    with studio._database.transaction() as session:
        session.execute(update(JobRow).where(JobRow.id == job.id).values(worker="another"))
    engine.gate.set()
    time.sleep(0.5)
    assert studio.job(job.id).outputs == ()
    assert studio.balance().spent == 0


def test_a_job_taken_twice_by_one_worker_is_delivered_once(open_studio: Open, engine: FakeEngine) -> None:
    """As after a sleep in which another machine took it for dead and gave the job back to the queue."""
    engine.gate = Event()
    studio = open_studio()
    job = studio.submit("sketch", SKETCH | {"num_images": 2})
    assert engine.started.wait(10)
    assert studio._worker is not None
    again = threading.Thread(target=studio._worker._runner.run, args=(job.id,))
    again.start()
    while len(engine.seeds) < 2:
        time.sleep(0.01)
    engine.gate.set()
    ended = studio.wait(job.id, timeout=20)
    again.join()
    assert (ended.status, ended.credits, [each.error for each in ended.outputs]) == ("completed", 2 * PRICE, [None, None])
    assert len(studio.assets()) == 2
    assert audit(studio) == ()


def test_a_job_that_can_not_be_queued_now_is_not_refused(open_studio: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = open_studio()

    def fail(*_: object) -> None:
        raise OSError("the queue's disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(JobQueue, "put", fail)
        job = studio.submit("sketch", SKETCH)
    assert studio.wait(job.id, timeout=20).status == "completed"


def test_a_lease_lives_as_long_as_its_process(open_studio: Open, settings: Settings) -> None:
    studio = open_studio(worker=False)
    mine, other = (recovery.Lease(studio._database, settings.home) for _ in range(2))
    assert mine.living() == {mine.worker, other.worker}
    other._file.close()  # what the system does when the process ends
    assert mine.living() == {mine.worker}
    with studio._database.reading() as session:
        assert set(session.scalars(select(WorkerRow.id))) == {mine.worker}
    mine.end()


def test_a_worker_elsewhere_lives_as_long_as_its_heart_beats(open_studio: Open, settings: Settings) -> None:
    studio = open_studio(worker=False)
    mine = recovery.Lease(studio._database, settings.home)
    with studio._database.transaction() as session:
        session.add(WorkerRow(id="quiet", seen_at=now() - recovery.DEAD_AFTER - timedelta(seconds=1)))
        session.add(WorkerRow(id="alive", seen_at=now() - recovery.DEAD_AFTER + timedelta(seconds=20)))
    assert mine.living() == {mine.worker, "alive"}
    mine.end()


@pytest.mark.slow
def test_a_living_worker_takes_over_what_a_killed_one_had(settings: Settings) -> None:
    """Two processes share the jobs; one is killed in the middle, the other one finishes everything."""
    victim = child(settings)
    assert victim.stdout is not None and victim.stdout.readline() == "ready\n"
    helper = child(settings, "finish")
    assert helper.stdout is not None and helper.stdout.readline() == "ready\n"
    submitted = [victim.stdout.readline().strip() for _ in range(BACKLOG)]
    victim.kill()
    submitted += victim.communicate()[0].split()
    assert helper.communicate(timeout=60)[0] == "done\n"
    assert verdict(settings, submitted) == ([], [])


@pytest.mark.slow
def test_a_terminated_process_leaves_in_good_order(settings: Settings) -> None:
    process = child(settings)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    submitted = [process.stdout.readline().strip() for _ in range(BACKLOG)]
    process.send_signal(signal.SIGINT)
    submitted += process.communicate(timeout=20)[0].split()
    again = child(settings, "finish")
    assert again.communicate(timeout=60)[0] == "ready\ndone\n"
    assert verdict(settings, submitted) == ([], [])
