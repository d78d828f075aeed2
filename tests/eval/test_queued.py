"""A run through the studio's job queue."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from eval.runs.plan import plan
from eval.runs.queued import AHEAD, Queued
from eval.runs.results import load
from eval.runs.run import run
from pipelines.engine import Engines
from pipelines.errors import Cancelled
from tests.eval.drawn import GRID, Drawn, Quick, grid, setup
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.tools.registry import TOOLS


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with Studio.open(Settings(home=tmp_path_factory.mktemp("home")), engines=Engines(Quick())) as opened:
        yield opened


def test_jobs_come_to_the_same_as_a_direct_run(studio: Studio, tmp_path: Path) -> None:
    suite = Drawn(prompts=("", "refuse", "break"))
    queued = run(setup(suite=suite), GRID, tmp_path / "queue", executing=partial(Queued, studio), controls=False)
    direct = run(setup(suite=suite), GRID, tmp_path / "direct", controls=False)
    assert [row.cell for row in queued.rows] == [each.id for each in plan(Drawn(), GRID, TOOLS)]
    assert [(row.cell, row.status, row.credits_api) for row in queued.rows] == [
        (row.cell, row.status, row.credits_api) for row in direct.rows
    ]
    assert {row.cell: row.scores for row in queued.rows if row.tool == "try-on"} == {
        row.cell: row.scores for row in direct.rows if row.tool == "try-on"
    }


def test_rows_tell_how_long_a_job_waited(studio: Studio, tmp_path: Path) -> None:
    results = run(setup(), grid(limit=2, tools=("try-on",)), tmp_path, executing=partial(Queued, studio), controls=False)
    assert all(row.queue_seconds is not None and row.queue_seconds >= 0 for row in results.rows)
    assert all(row.encode_seconds is not None and row.gpu_mb == 500 and row.host_mb is None for row in results.rows)
    assert all((tmp_path / row.picture).stat().st_size for row in results.rows)


def test_nothing_is_left_in_the_gallery(studio: Studio, tmp_path: Path) -> None:
    run(setup(), grid(limit=1), tmp_path, executing=partial(Queued, studio), controls=False)
    assert studio.assets() == ()


def test_a_cancelled_run_submits_no_more_but_keeps_what_has_ended(studio: Studio, tmp_path: Path) -> None:
    ended: list[int] = []
    with pytest.raises(Cancelled):
        run(
            setup(),
            grid(tools=("try-on",), seeds=tuple(range(1, 9))),
            tmp_path,
            executing=partial(Queued, studio),
            told=lambda tally: ended.append(tally.ended),
            stopped=lambda: ended[-1] >= 1,
            controls=False,
        )
    assert 1 <= ended[-1] <= AHEAD
    assert len(load(tmp_path).rows) == ended[-1] and studio.assets() == ()


def test_a_cancelled_run_takes_its_jobs_back(tmp_path: Path) -> None:
    with Studio.open(Settings(home=tmp_path / "home"), engines=Engines(Quick()), worker=False) as studio:
        with pytest.raises(Cancelled):
            run(setup(), GRID, tmp_path / "run", executing=partial(Queued, studio), stopped=lambda: True)
        assert {each.status for each in studio.jobs()} == {"cancelled"}
        assert studio.assets() == ()
