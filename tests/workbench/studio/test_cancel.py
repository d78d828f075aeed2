"""Cancelling: a waiting job at once, a running one at its next step, an ended one never; each race has one outcome."""

import threading
import time
from pathlib import Path
from threading import Event

import pytest

from tests.workbench.studio.conftest import Open
from tests.workbench.studio.fakes import PRICE, FakeEngine
from workbench.credits import ledger
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.views import JobView

SKETCH = {"prompt": "a hat", "seed": 7}


def audit(studio: Studio) -> tuple[str, ...]:
    with studio._database.reading() as session:
        return ledger.audit(session)


def test_a_waiting_job_ends_at_once_and_gives_its_hold_back(open_studio: Open) -> None:
    studio = open_studio(worker=False)
    job = studio.submit("sketch", SKETCH | {"num_images": 4})
    assert studio.balance().held == 4 * PRICE
    ended = studio.cancel(job.id)
    assert (ended.status, ended.outputs, ended.credits, ended.error) == ("cancelled", (), 0, None)
    assert (studio.balance().held, studio.balance().spent) == (0, 0)
    assert audit(studio) == ()


def test_cancelling_a_waiting_job_leaves_the_running_one_alone(open_studio: Open, engine: FakeEngine) -> None:
    engine.gate = Event()
    studio = open_studio(engine_slots=1)
    running, waiting = studio.submit("sketch", SKETCH), studio.submit("sketch", SKETCH | {"seed": 9})
    assert engine.started.wait(10)
    assert studio.cancel(waiting.id).status == "cancelled"
    engine.gate.set()
    assert studio.wait(running.id, timeout=20).status == "completed"
    after = studio.submit("sketch", SKETCH | {"seed": 11})
    assert studio.wait(after.id, timeout=20).status == "completed"
    assert engine.seeds == [7, 11]
    assert studio.job(waiting.id).status == "cancelled"


def test_a_running_job_ends_at_its_next_step(studio: Studio, engine: FakeEngine) -> None:
    engine.gate = Event()
    job = studio.submit("sketch", SKETCH | {"num_images": 2})
    assert engine.started.wait(10)
    studio.cancel(job.id)
    ended = studio.wait(job.id, timeout=10)
    assert (ended.status, ended.outputs, ended.credits) == ("cancelled", (), 0)
    assert engine.seeds == [7]
    assert audit(studio) == ()


def test_what_was_delivered_before_is_kept_and_charged(studio: Studio, engine: FakeEngine) -> None:
    second = Event()

    def meet(task: object) -> None:
        if getattr(task, "seed", 0) == 8:
            engine.gate = Event()
            second.set()

    engine.meet = meet
    job = studio.submit("sketch", SKETCH | {"num_images": 3})
    assert second.wait(10)
    studio.cancel(job.id)
    ended = studio.wait(job.id, timeout=10)
    assert (ended.status, ended.credits, len(ended.outputs)) == ("cancelled", PRICE, 1)
    assert (studio.balance().spent, studio.balance().held) == (PRICE, 0)
    assert audit(studio) == ()


def test_an_output_that_is_ready_only_after_the_cancelling_is_neither_kept_nor_charged(
    studio: Studio, engine: FakeEngine, settings: Settings
) -> None:
    cancelled = Event()

    def meet(_task: object) -> None:
        cancelled.wait(10)

    engine.steps, engine.meet = 0, meet
    job = studio.submit("sketch", SKETCH)
    while not engine.seeds:
        time.sleep(0.01)
    studio.cancel(job.id)
    cancelled.set()
    ended = studio.wait(job.id, timeout=10)
    assert (ended.status, ended.outputs, ended.credits) == ("cancelled", (), 0)
    assert (studio.balance().spent, studio.balance().held, studio.assets()) == (0, 0, ())
    assert [each for each in Path(settings.files).rglob("*") if each.is_file()] == []
    assert audit(studio) == ()


def test_a_picture_deleted_before_its_job_runs_is_named(studio: Studio, engine: FakeEngine, png: bytes) -> None:
    engine.gate = Event()
    busy = [studio.submit("sketch", SKETCH) for _ in range(2)]
    picture = studio.add_picture(png)
    job = studio.submit("sketch", SKETCH | {"image": picture.id})
    studio.delete(picture.id)
    engine.gate.set()
    ended = studio.wait(job.id, timeout=20)
    assert (ended.status, ended.credits, ended.error and ended.error.name) == ("failed", 0, "NotFound")
    assert ended.error and ended.error.message.startswith("image: the picture was deleted")
    assert {studio.wait(each.id, timeout=20).status for each in busy} == {"completed"}


def test_another_process_can_cancel(open_studio: Open, engine: FakeEngine) -> None:
    engine.gate = Event()
    studio, other = open_studio(), open_studio(worker=False)
    job = studio.submit("sketch", SKETCH)
    assert engine.started.wait(10)
    other.cancel(job.id)
    assert other.wait(job.id, timeout=10).status == "cancelled"


def test_an_ended_job_stays_as_it_is(studio: Studio) -> None:
    job = studio.wait(studio.submit("sketch", SKETCH).id, timeout=20)
    assert studio.cancel(job.id) == studio.cancel(job.id) == job


@pytest.mark.slow
def test_cancelling_while_a_job_ends_has_one_outcome(open_studio: Open, engine: FakeEngine) -> None:
    """Two threads cancel each job at various moments of its short life; whatever they see at the end is what it is for good."""
    engine.steps, engine.pause = 2, 0.004
    studio, other = open_studio(), open_studio(worker=False)
    for number in range(24):
        job = studio.submit("sketch", SKETCH | {"num_images": 2})
        pause = Event()
        seen: list[JobView] = []

        def cancel(which: Studio, seconds: float, job_id: str = job.id, pause: Event = pause, seen: list[JobView] = seen) -> None:
            pause.wait(seconds)
            seen.append(which.cancel(job_id))

        threads = [threading.Thread(target=cancel, args=(each, number * 0.004)) for each in (studio, other)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        ended = studio.wait(job.id, timeout=20)
        assert all(each.status in ("running", ended.status) for each in seen)
        assert not (ended.status == "completed" and any(each.status == "running" for each in seen)), (
            "a cancelled job is shown as done"
        )
        assert ended.credits == PRICE * len(ended.outputs)
        assert studio.job(job.id) == ended
    assert audit(studio) == ()
    assert studio.balance().held == 0
