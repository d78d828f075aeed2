"""Runs that the studio carries out: what is asked, what it will take, going on, stopping, deleting, and what is shown."""

from collections.abc import Iterator
from dataclasses import replace
from time import monotonic, sleep
from typing import Any

import pytest
from filelock import FileLock

from eval.benchmark.bench import Bench
from eval.benchmark.forecast import BESIDE, Known, forecast, known_of
from eval.benchmark.form import grid_of, suite_text
from eval.benchmark.live import Live, Seldom
from eval.benchmark.pictures import POLICY, Pictures
from eval.benchmark.progress import Progress
from eval.errors import BadRun, BadSuite
from eval.metrics.registry import METRICS
from eval.runs.manifest import Manifest
from eval.runs.plan import plan
from eval.runs.results import load
from eval.suites.case import Suite
from eval.ui import benchmark, told
from pipelines.engine import Engines
from tests.eval.drawn import TOOLS, Drawn, Quick, grid
from workbench.errors import InvalidInput, NotFound
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.tools.registry import TOOLS as TOOLBOX
from workbench.ui.history import history

ENGINES = Engines(Quick())
FILLED = {
    "source": "rendered", "tools": ["try-on"], "modes": ["fast"], "resolutions": ["1k"], "engines": ["quick"], "seeds": "1", "limit": "1",
}  # fmt: skip
SMALL = grid(tools=("try-on",), modes=("balanced",), seeds=(1,), limit=2)


def opened(text: str) -> Suite:
    if text != "drawn":
        raise BadSuite(f"{text} is not there")
    return Drawn()


ENGINE = Quick()
"""Of the module's studio; a test sets how long a cell takes."""


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The one of this process that runs jobs."""
    with Studio.open(Settings(home=tmp_path_factory.mktemp("home")), engines=Engines(ENGINE)) as made:
        yield made


@pytest.fixture(scope="module")
def finished(studio: Studio) -> tuple[Bench, str]:
    """A bench with one run that is done."""
    bench = Bench(studio, opened, METRICS.all[:1])
    name = bench.start(SMALL)
    ended(bench, name)
    return bench, name


@pytest.fixture
def bench(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench whose cells take a moment."""
    monkeypatch.setattr(ENGINE, "seconds", 0.2, raising=False)
    made = Bench(studio, opened, METRICS.all[:1])
    yield made
    made.close()


def ended(bench: Bench, name: str) -> str:
    """The state that a run comes to."""
    until = monotonic() + 40
    while bench.status(name).state in ("running", "stopping", "writing"):
        assert monotonic() < until
        sleep(0.02)
    return bench.status(name).state


def until_rows(bench: Bench, name: str, count: int = 1) -> None:
    until = monotonic() + 40
    while len(load(bench.folder(name)).rows) < count:
        assert monotonic() < until
        sleep(0.02)


def problems(asked: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        grid_of(asked, "drawn", Drawn(), ENGINES, TOOLBOX)
    return {each.field: each.message for each in refused.value.problems}


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"modes": []}, "modes", "none is chosen; choose at least one"),
        ({"modes": "fast"}, "modes", "choose at least one"),
        ({"tools": ["packshot"]}, "tools", "no 'packshot'; there are try-on, upscale"),
        ({"resolutions": ["8k"]}, "resolutions", "no '8k'"),
        ({"engines": ["gone"]}, "engines", "there are quick"),
        ({"limit": "0"}, "limit", "'0' can't be used; give a whole number from 1 on"),
        ({"limit": "1.5"}, "limit", "'1.5' can't be used"),
        ({"seeds": ""}, "seeds", "from 1 to 20"),
        ({"seeds": "²"}, "seeds", "'²' can't be used"),
        ({"seeds": "99999999999999999"}, "seeds", "from 1 to 20"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(changed: dict[str, Any], field: str, says: str) -> None:
    found = problems(FILLED | changed)
    assert list(found) == [field] and says in found[field]


def test_every_field_that_is_wrong_is_named_at_once() -> None:
    assert set(problems({})) == {"tools", "engines", "modes", "resolutions", "seeds"}


def test_a_form_becomes_a_grid() -> None:
    found = grid_of(
        FILLED | {"seeds": 3, "limit": "", "tools": ["upscale", "try-on", "upscale"]}, "drawn", Drawn(), ENGINES, TOOLBOX
    )
    assert (found.tools, found.seeds, found.limit, found.suite) == (("upscale", "try-on"), (1, 2, 3), None, "drawn")


def test_paths_of_the_server_are_for_its_own_machine() -> None:
    own = {"source": "folder", "path": "/data/suite.toml"}
    assert suite_text(own, local=True) == "folder:/data/suite.toml"
    assert suite_text({"source": "rendered", "path": "ignored"}, local=False) == "rendered"
    for asked, local, field in ((own, False, "source"), ({"source": "folder", "path": " "}, True, "path"), ({}, True, "source")):
        with pytest.raises(InvalidInput) as refused:
            suite_text(asked, local=local)
        assert refused.value.problems[0].field == field


@pytest.mark.parametrize(
    ("host", "names", "local"),
    [("127.0.0.1", "", True), ("::1", "", True), ("studio.example", "", False), ("127.0.0.1", "a.example", False)],
)
def test_a_studio_that_others_reach_is_not_local(host: str, names: str, local: bool) -> None:
    assert benchmark.is_local(Settings(host=host, allowed_hosts=names)) is local


def test_a_forecast_counts_cells_and_credits_and_leaves_out_what_can_not_be_run() -> None:
    cells = plan(Drawn(), grid(limit=1, seeds=(1,)), TOOLBOX)
    found = forecast(cells, "drawn", "1", ENGINES, TOOLBOX, Known())
    assert found.cells == 4 and sum(found.lacking.values()) == 1 and "can't upscale" in next(iter(found.lacking))
    assert (found.credits.app, found.credits.api) == (3, 6)
    assert found.seconds is None and "nobody has timed quick" in found.basis


def test_the_draft_engine_has_usual_times() -> None:
    class Draft(Quick):
        name = "draft"

    cells = plan(Drawn(), grid(engines=("draft",), tools=("try-on",), modes=("balanced",), seeds=(1,)), TOOLBOX)
    found = forecast(cells, "drawn", "1", Engines(Draft()), TOOLBOX, Known())
    assert found.seconds == pytest.approx(3 * (2.7 + BESIDE)) and found.basis.startswith("a rough estimate")


def test_earlier_runs_tell_seconds_credits_and_what_is_beside_them(finished: tuple[Bench, str]) -> None:
    bench, _ = finished
    rows = [
        replace(row, run_seconds=1.0, encode_seconds=0.5) for folder in bench.folders().values() for row in load(folder).made()
    ]
    known = known_of(rows, [Progress(state="finished", here=2, seconds=5.0)])
    cells = plan(Drawn(), SMALL, TOOLBOX)
    found = forecast(cells, "drawn", "1", ENGINES, TOOLBOX, known)
    assert found.seconds == pytest.approx(2 * 2.5) and found.basis == "an estimate from earlier runs here"
    assert found.credits.app == sum(row.credits_app or 0 for row in rows)
    assert bench.forecast(SMALL).basis == "an estimate from earlier runs here"


def test_a_run_goes_through_the_queue_and_ends_with_its_report(finished: tuple[Bench, str]) -> None:
    bench, name = finished
    folder = bench.folder(name)
    assert bench.status(name).state == "finished" and len(list(load(folder).made())) == 2
    assert {"report.html", "report.md", "summary.csv", "results.parquet"} <= {each.name for each in folder.iterdir()}
    assert len(bench.studio.jobs()) >= 2 and bench.studio.assets() == () and history(bench.studio) == []
    assert bench.studio.balance().spent >= sum(row.credits_app or 0 for row in load(folder).made()) > 0
    assert Progress.read(folder) == replace(
        Progress.read(folder) or Progress(state="failed"), state="finished", total=2, here=2, message=""
    )


def test_stopping_keeps_what_is_done_and_going_on_does_the_rest(bench: Bench) -> None:
    name = bench.start(grid(tools=("try-on",), modes=("balanced",), seeds=(1, 2, 3, 4)))
    until_rows(bench, name)
    with pytest.raises(BadRun, match="carried out here"):
        bench.go_on(name)
    with pytest.raises(BadRun, match="stop it first"):
        bench.remove(name)
    bench.stop(name)
    assert ended(bench, name) == "stopped"
    before = {row.cell: row for row in load(bench.folder(name)).made()}
    assert 1 <= len(before) < 12 and all(each.status != "failed" for each in before.values())
    bench.go_on(name)
    assert ended(bench, name) == "finished"
    after = {row.cell: row for row in load(bench.folder(name)).made()}
    assert len(after) == 12 and all(after[cell] == row for cell, row in before.items())


def test_a_run_that_the_end_of_the_server_interrupts_can_be_gone_on_with(bench: Bench) -> None:
    name = bench.start(SMALL)
    until_rows(bench, name)
    bench.close()
    after = Bench(bench.studio, opened, METRICS.all[:1])
    assert after.status(name).state == "interrupted"
    assert told.run_line(after, Live(), name)["tally"]["total"] == 2
    after.go_on(name)
    assert ended(after, name) == "finished"


def test_a_run_of_another_process_is_left_alone(bench: Bench, finished: tuple[Bench, str]) -> None:
    folder = bench.runs / "other"
    folder.mkdir(parents=True)
    Manifest.read(finished[0].folder(finished[1])).write(folder)
    (folder / "journal-rank-0.jsonl").touch()
    with FileLock(folder / "journal-rank-0.lock"):
        assert bench.status("other").state == "elsewhere"
        for act in (bench.go_on, bench.remove, bench.stop):
            with pytest.raises(BadRun, match="another process"):
                act("other")
    assert bench.status("other").state == "interrupted"


def test_a_run_of_something_else_by_now_says_what_differs(bench: Bench, finished: tuple[Bench, str]) -> None:
    folder = bench.runs / "old"
    folder.mkdir(parents=True)
    replace(Manifest.read(finished[0].folder(finished[1])), engines={"quick": "0"}).write(folder)
    with pytest.raises(BadRun, match="engine quick: 0 there, 1 now"):
        bench.go_on("old")


def test_deleting_leaves_nothing(bench: Bench) -> None:
    name = bench.start(SMALL)
    ended(bench, name)
    bench.remove(name)
    assert not (bench.runs / name).exists() and not list(bench.runs.parent.glob(".deleted-*"))
    for gone in (name, "..", "", "../runs"):
        with pytest.raises(NotFound, match="there is no run"):
            bench.remove(gone)


def test_a_grid_without_a_cell_makes_no_folder(finished: tuple[Bench, str]) -> None:
    bench, _ = finished
    before = set(bench.folders())
    with pytest.raises(BadRun, match="nothing to run"):
        bench.start(replace(SMALL, tools=("upscale",), modes=()))
    with pytest.raises(BadSuite):
        bench.start(replace(SMALL, suite="elsewhere"))
    assert set(bench.folders()) == before


def test_what_cost_a_while_is_not_made_again_at_once() -> None:
    seldom: Seldom[int] = Seldom()
    made = iter(range(9))
    assert [seldom.get("a", stamp, lambda: next(made)) for stamp in (1, 1, 2)] == [0, 0, 0]
    assert seldom.get("b", 1, lambda: next(made)) == 1


def test_what_has_ended_is_never_shown_as_it_was_before() -> None:
    seldom: Seldom[int] = Seldom()
    made = iter(range(9))
    assert [seldom.get("a", stamp, lambda: next(made), settled=stamp > 1) for stamp in (1, 2, 2)] == [0, 1, 1]


def page_of(bench: Bench) -> benchmark.Desk:
    return benchmark.Desk(bench, Pictures(opened))


def test_a_tool_is_told_with_plot_and_table(finished: tuple[Bench, str]) -> None:
    bench, name = finished
    seen = benchmark.watch(page_of(bench), {"run": name})
    (line,) = seen["result"]["settings"]
    assert (seen["state"], seen["tool"], seen["busy"]) == ("finished", "try-on", False)
    assert seen["result"]["metric"] == METRICS.all[0].name and "<svg" in seen["result"]["plot"]
    assert (line["counts"]["done"], line["counts"]["asked"], line["front"]) == (2, 2, ["app", "api"])
    assert {each["name"] for each in seen["files"]} == {"report.html", "report.md", "summary.csv", "results.parquet"}


def test_cells_are_told_in_the_order_that_is_asked(finished: tuple[Bench, str]) -> None:
    bench, name = finished
    asked = {"run": name, "tool": "try-on", "metric": METRICS.all[0].name}
    desk = page_of(bench)
    orders = {
        each: [row["score"] for row in benchmark.cells(desk, asked | {"order": each})["rows"]] for each in ("worst", "best")
    }
    assert orders["worst"] == orders["best"][::-1] and len(orders["worst"]) == 2
    assert benchmark.cells(desk, asked | {"status": "wrong"})["count"] == 0
    assert benchmark.cells(desk, asked | {"setting": "quick balanced 1k"})["count"] == 2
    assert benchmark.cells(desk, asked | {"first": 1})["rows"][0]["case"] == "try-on-0001"


def test_a_cell_is_told_with_its_inputs_and_its_files_are_served(finished: tuple[Bench, str]) -> None:
    bench, name = finished
    desk = page_of(bench)
    row = next(load(bench.folder(name)).made())
    about = benchmark.cell(desk, {"run": name, "cell": row.cell})
    assert len(about["inputs"]) == 2 and about["target"] and about["picture"] and not about["trouble"]
    for what, kind in (("output", "image/png"), ("target", "image/webp"), ("input-1", "image/webp")):
        assert benchmark.file(desk, name, f"{row.cell}.{what}").media_type == kind
    assert benchmark.file(desk, name, "report.html").policy == POLICY
    assert benchmark.file(desk, name, "results.parquet").policy == ""


@pytest.mark.parametrize(
    "path", ["manifest.json", "journal-rank-0.jsonl", "../../workbench.sqlite", "0" * 16 + ".output", "x.output", "pictures"]
)
def test_no_other_file_is_served(finished: tuple[Bench, str], path: str) -> None:
    bench, name = finished
    with pytest.raises(NotFound):
        benchmark.file(page_of(bench), name, path)
    with pytest.raises(NotFound):
        benchmark.file(page_of(bench), "..", path)


def test_a_case_whose_suite_is_gone_keeps_its_output(finished: tuple[Bench, str]) -> None:
    bench, name = finished

    def gone(text: str) -> Suite:
        raise BadSuite(f"{text} is gone")

    desk = benchmark.Desk(bench, Pictures(gone))
    row = next(load(bench.folder(name)).made())
    about = benchmark.cell(desk, {"run": name, "cell": row.cell})
    assert "drawn is gone" in about["trouble"] and about["picture"] and about["scores"]
    with pytest.raises(NotFound, match="is gone"):
        benchmark.file(desk, name, f"{row.cell}.target")


def test_tools_of_the_suite_are_those_of_the_form(finished: tuple[Bench, str], monkeypatch: pytest.MonkeyPatch) -> None:
    desk = page_of(finished[0])
    monkeypatch.setattr(benchmark, "suite_text", lambda *_, **__: "drawn")
    found = benchmark.look(desk, {})
    assert [each["name"] for each in found["tools"]] == list(TOOLS) and found["tools"][0]["cases"] == 3
    monkeypatch.setattr(benchmark, "suite_text", lambda *_, **__: "folder:nowhere.toml")
    with pytest.raises(InvalidInput) as refused:
        benchmark.look(desk, {})
    assert refused.value.problems[0].field == "path"
