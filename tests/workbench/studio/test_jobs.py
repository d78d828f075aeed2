"""What becomes of a job: its outputs, its errors, its credits."""

import io
import json
import logging

import pytest
from PIL import Image

from tests.workbench.studio.conftest import Open
from tests.workbench.studio.fakes import PRICE, FakeEngine, Refused, picture_of
from workbench.credits import ledger
from workbench.gallery.metadata import read_metadata
from workbench.studio import Studio
from workbench.views import as_json

SKETCH = {"prompt": "a hat", "seed": 7}


def audit(studio: Studio) -> tuple[str, ...]:
    with studio._database.reading() as session:
        return ledger.audit(session)


def test_a_job_delivers_its_outputs_in_order_with_seeds_counting_up(studio: Studio, engine: FakeEngine) -> None:
    job = studio.wait(studio.submit("sketch", SKETCH | {"num_images": 3}).id, timeout=20)
    assert (job.status, job.error, job.credits) == ("completed", None, 3 * PRICE)
    assert engine.seeds == [7, 8, 9]
    for index, output in enumerate(job.outputs):
        assert output.asset is not None and (output.index, output.asset.output_index) == (index, index)
        assert Image.open(io.BytesIO(studio.read(output.asset.id))).getpixel((5, 5)) == picture_of(7 + index).getpixel((5, 5))
    assert studio.balance().spent == 3 * PRICE
    assert audit(studio) == ()


def test_an_output_carries_everything_it_takes_to_make_it_again(studio: Studio) -> None:
    job = studio.wait(studio.submit("sketch", SKETCH).id, timeout=20)
    asset = job.outputs[0].asset
    assert asset is not None
    expected = {"tool": "sketch", "engine": "fake", "engine_version": "1", "seed": 7, "job": job.id, "notes": ["made up"]}
    assert expected.items() <= dict(asset.inputs).items()
    assert asset.inputs["request"]["prompt"] == "a hat"
    assert read_metadata(studio.read(asset.id)) == asset.inputs


def test_a_partly_failed_job_charges_what_it_delivered(studio: Studio, engine: FakeEngine) -> None:
    engine.failures = {8: Refused("this one not")}
    job = studio.wait(studio.submit("sketch", SKETCH | {"num_images": 3}).id, timeout=20)
    assert (job.status, job.credits, job.error) == ("completed", 2 * PRICE, None)
    assert [each.error.name if each.error else None for each in job.outputs] == [None, "Refused", None]
    assert studio.balance().spent == 2 * PRICE
    assert audit(studio) == ()


def test_a_job_without_an_output_fails_with_the_first_error_and_costs_nothing(studio: Studio, engine: FakeEngine) -> None:
    engine.failures = {7: Refused("no person"), 8: Refused("no garment")}
    job = studio.wait(studio.submit("sketch", SKETCH | {"num_images": 2}).id, timeout=20)
    assert (job.status, job.credits) == ("failed", 0)
    assert as_json(job.error) == {"name": "Refused", "message": "no person"}
    assert (studio.balance().spent, studio.balance().held) == (0, 0)
    assert audit(studio) == ()


def test_an_unforeseen_error_is_logged_and_not_shown(
    studio: Studio, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    engine.failures = {7: ZeroDivisionError("secret /path")}
    with caplog.at_level(logging.ERROR):
        job = studio.wait(studio.submit("sketch", SKETCH).id, timeout=20)
    assert job.error is not None and job.error.name == "InternalError"
    assert "secret" not in json.dumps(as_json(job))
    assert "secret /path" in caplog.text


def test_an_output_that_takes_too_long_fails_by_name(open_studio: Open, engine: FakeEngine) -> None:
    engine.steps, engine.pause = 200, 0.02
    studio = open_studio(job_seconds=1)
    job = studio.wait(studio.submit("sketch", SKETCH).id, timeout=20)
    assert job.error is not None and job.error.name == "TimeLimit"
    assert job.status == "failed" and job.seconds < 3


def test_a_picture_deleted_before_the_job_starts_fails_it_by_name(open_studio: Open, engine: FakeEngine, png: bytes) -> None:
    asking = open_studio(worker=False)
    asset = asking.add_picture(png, "hat.png")
    job = asking.submit("sketch", SKETCH | {"image": asset.id})
    asking.delete(asset.id)
    studio = open_studio()
    job = studio.wait(job.id, timeout=20)
    assert job.error is not None and job.error.name == "NotFound"
    assert (job.status, studio.balance().spent, studio.balance().held) == ("failed", 0, 0)
    assert audit(studio) == ()


def test_a_deleted_output_stays_charged_and_delivered(studio: Studio) -> None:
    job = studio.wait(studio.submit("sketch", SKETCH).id, timeout=20)
    asset = job.outputs[0].asset
    assert asset is not None
    studio.delete(asset.id)
    after = studio.job(job.id)
    assert (after.status, after.credits, after.outputs[0].asset, after.outputs[0].error) == ("completed", PRICE, None, None)
    assert audit(studio) == ()


def test_progress_and_preview_can_be_seen_from_another_studio(open_studio: Open, engine: FakeEngine) -> None:
    engine.steps, engine.pause = 400, 0.01
    studio, other = open_studio(), open_studio(worker=False)
    job = studio.submit("sketch", SKETCH)
    assert engine.started.wait(10)
    seen = other.wait(job.id, timeout=1.2)
    assert (seen.status, seen.of, seen.preview) == ("running", 400, True)
    assert 0 < seen.step < 400 and seen.note.startswith("step ")
    assert Image.open(io.BytesIO(other.preview(job.id) or b"")).format == "WEBP"
    other.cancel(job.id)
    assert not studio.wait(job.id, timeout=10).preview
    assert studio.preview(job.id) is None


def test_pictures_reach_the_engine_decoded(studio: Studio, engine: FakeEngine, png: bytes) -> None:
    met = []
    engine.meet = lambda task: met.append((task.image.size, task.image.mode, len(task.others)))
    asset = studio.add_picture(png, "hat.png").id
    job = studio.submit("sketch", SKETCH | {"image": asset, "others": [asset, asset]})
    assert studio.wait(job.id, timeout=20).status == "completed"
    assert met == [((40, 30), "RGB", 2)]


def test_jobs_are_listed_newest_first_and_by_pages(studio: Studio) -> None:
    ids = [studio.submit("sketch", SKETCH).id for _ in range(3)]
    assert [each.id for each in studio.jobs()] == ids[::-1]
    assert [each.id for each in studio.jobs(limit=1)] == ids[2:]
    assert [each.id for each in studio.jobs(before=studio.job(ids[1]).created_at)] == ids[:1]
    assert studio.jobs(tool="edit") == ()
    for each in ids:
        studio.wait(each, timeout=20)


def test_waiting_ends_at_its_timeout(open_studio: Open) -> None:
    studio = open_studio(worker=False)
    job = studio.submit("sketch", SKETCH)
    assert studio.wait(job.id, timeout=0.3).status == "waiting"
