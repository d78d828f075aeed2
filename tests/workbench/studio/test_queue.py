"""The bell that takes the place of DBOS's timer, and the queue behind it."""

import threading
import time
from pathlib import Path

import pytest

from workbench.jobs.queue import FIRST_SECONDS, IDLE_SECONDS, Bell, JobQueue


def seconds(bell: Bell) -> float:
    start = time.monotonic()
    bell.wait(1.0)
    return time.monotonic() - start


def idle(bell: Bell) -> None:
    """Let the waits grow to the idle interval."""
    bell._gap, bell._next = IDLE_SECONDS, time.monotonic() + IDLE_SECONDS


def test_a_rung_bell_lets_the_poller_look_at_once() -> None:
    bell = Bell(1)
    idle(bell)
    threading.Timer(0.05, bell.ring).start()
    assert 0.03 < seconds(bell) < IDLE_SECONDS / 2


def test_waits_grow_to_the_idle_interval_and_not_beyond() -> None:
    bell = Bell(1)
    bell.ring()
    waits = [seconds(bell) for _ in range(9)]
    assert waits[0] < 0.1
    assert sum(waits[:5]) < IDLE_SECONDS
    assert IDLE_SECONDS * 0.8 < waits[-1] < IDLE_SECONDS * 2


def test_the_poller_rests_while_every_slot_is_taken() -> None:
    bell = Bell(1)
    bell.ring(jobs=2)
    bell.wait()
    woken = threading.Event()
    with bell.taken():
        bell.ring()
        threading.Thread(target=lambda: (bell.wait(), woken.set()), daemon=True).start()
        assert not woken.wait(0.1)
    assert woken.wait(FIRST_SECONDS + 0.2)


def test_setting_the_bell_ends_every_wait() -> None:
    bell = Bell(1)
    idle(bell)
    threading.Timer(0.05, bell.set).start()
    assert seconds(bell) < IDLE_SECONDS / 2
    assert bell.wait()


def test_jobs_start_soon_after_they_are_put_and_once(tmp_path: Path) -> None:
    queue, started, ran = JobQueue(f"sqlite:///{tmp_path / 'queue.sqlite'}", 1), [], threading.Semaphore(0)

    def run(job_id: str) -> None:
        started.append(job_id)
        ran.release()

    queue.work(run, worker="me")
    try:
        for number in range(20):
            queue.put(f"job-{number}")
            queue.put(f"job-{number}")
        assert all(ran.acquire(timeout=10) for _ in range(20))
        assert queue.drain(5)
        assert sorted(started) == sorted(f"job-{number}" for number in range(20))
        assert {each.state for each in queue.places(started).values()} == {"SUCCESS"}
        assert queue.places(["job-1", "nobody"]).keys() == {"job-1"}
    finally:
        queue.close()


@pytest.mark.parametrize("slots", [1, 3])
def test_no_more_jobs_run_at_a_time_than_there_are_slots(tmp_path: Path, slots: int) -> None:
    queue, lock, done = JobQueue(f"sqlite:///{tmp_path / 'queue.sqlite'}", slots), threading.Lock(), threading.Semaphore(0)
    running: list[int] = [0, 0]

    def run(_job_id: str) -> None:
        with lock:
            running[0] += 1
            running[1] = max(running)
        time.sleep(0.02)
        with lock:
            running[0] -= 1
        done.release()

    queue.work(run, worker="me")
    try:
        for number in range(12):
            queue.put(f"job-{number}")
        assert all(done.acquire(timeout=20) for _ in range(12))
    finally:
        queue.drain(5)
        queue.close()
    assert running[1] <= slots
