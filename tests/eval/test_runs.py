"""A run from its grid to its table."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from eval.controls import PERFECT
from eval.errors import BadRun, Unscored
from eval.metrics.metric import Sample
from eval.metrics.registry import METRICS
from eval.runs import describe, table
from eval.runs.manifest import Manifest
from eval.runs.plan import plan
from eval.runs.recorder import LOG
from eval.runs.results import Results, Setting, load
from eval.runs.run import Shard, run
from eval.runs.tally import Tally
from pipelines.engine import Output
from pipelines.errors import Cancelled
from tests.eval.drawn import GRID, Drawn, Quick, grid, setup
from workbench.gallery.metadata import read_metadata
from workbench.tools.registry import TOOLS


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    run(setup(suite=Drawn(prompts=("", "refuse", "break"))), GRID, folder)
    return folder


def test_every_cell_has_one_row_in_the_order_of_the_grid(done: Path) -> None:
    cells = plan(Drawn(), GRID, TOOLS)
    assert [row.cell for row in load(done).made()] == [each.id for each in cells]


def test_what_fails_is_counted_and_the_run_goes_on(done: Path) -> None:
    found = {(row.tool, row.case[-1], row.mode): row for row in load(done).made()}
    assert found["try-on", "1", "balanced"].status == "refused"
    assert found["try-on", "1", "balanced"].error == "PersonNotFound: there is nobody in the picture"
    assert found["try-on", "2", "balanced"].status == "failed"
    assert "ZeroDivisionError" in (done / LOG).read_text()
    assert found["upscale", "0", "quality"].status == "unsupported"
    assert all(not row.scores and row.run_seconds is None for row in found.values() if not row.done)


def test_a_row_tells_prices_seconds_memory_and_what_auto_would_do(done: Path) -> None:
    row = next(row for row in load(done).made() if row.done)
    assert (row.credits_app, row.credits_api) == (1, 2)
    assert (row.auto_mode, row.auto_resolution) == ("balanced", "1k")
    assert (row.engine_version, row.kind, row.clusters) == ("1", "drawn", {"garment": "shirt 0"})
    assert row.run_seconds is not None and row.encode_seconds is not None and row.host_mb is not None
    assert row.host_mb > 20
    assert row.gpu_mb == 500
    assert row.scores["psnr"] > 30


def test_the_first_run_of_a_setting_is_cold(done: Path) -> None:
    cold = [row for row in load(done).made() if row.cold]
    assert {(row.tool, row.mode) for row in cold} == {("try-on", "balanced"), ("try-on", "quality"), ("upscale", "balanced")}
    assert len(cold) == 3


def test_a_tool_without_resolutions_is_under_the_tier_of_its_size(done: Path) -> None:
    assert Setting("upscale", "quick", "balanced", "1k") in load(done).settings()


def test_pictures_are_stored_with_what_it_takes_to_make_them_again(done: Path) -> None:
    row = next(row for row in load(done).made() if row.done)
    data = (done / row.picture).read_bytes()
    kept = read_metadata(data)
    assert kept is not None
    assert (kept["case"], kept["seed"], kept["mode"]) == (row.case, row.seed, row.mode)
    with Image.open(done / row.picture) as image:
        assert image.size == (row.width, row.height)


def test_controls_are_rows_beside_the_cells(done: Path) -> None:
    ways = {row.way for row in load(done).rows if row.tool == "try-on" and row.way != "engine"}
    assert ways == {PERFECT, "blur", "blur more", "hue", "hue more", "garment", "copy"}
    perfect = next(row for row in load(done).rows if row.way == PERFECT)
    assert perfect.scores["psnr"] == 100


def test_the_table_has_a_column_for_each_score_and_cluster(done: Path) -> None:
    from pyarrow import parquet

    names = parquet.read_schema(done / table.FILE).names
    assert {"score.psnr", "cluster.garment", "run_seconds", "notes"} <= set(names)


def test_reading_a_table_gives_the_rows_that_were_written(done: Path) -> None:
    before = load(done)
    (done / table.FILE).unlink()
    journals = load(done)
    table.write(journals.rows, done, ["psnr"])
    assert load(done).rows == journals.rows == before.rows


def test_the_manifest_tells_versions_device_and_models(done: Path) -> None:
    manifest = Manifest.read(done)
    assert manifest.grid == GRID
    assert manifest.models == {"own/quick": "abc"}
    assert manifest.engines == {"quick": "1"}
    assert {"python", "numpy", "torch"} <= set(manifest.versions)
    assert manifest.metric("psnr").fingerprint == METRICS["psnr"].fingerprint()
    assert int(manifest.device["cores"]) > 0


def test_the_manifest_is_json_that_every_parser_reads_and_unbounded_metrics_have_no_bound(done: Path) -> None:
    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    json.loads((done / "manifest.json").read_text(), parse_constant=refused)
    assert Manifest.read(done).metric("psnr").range == METRICS["psnr"].bounds
    assert METRICS["matte_sad"].bounds == (0.0, None)


def test_a_finished_run_is_not_run_again(done: Path) -> None:
    class Never(Quick):
        def run(self, *_: object) -> None:  # type: ignore[override]
            raise AssertionError("ran")

    before = load(done)
    told: list[Tally] = []
    again = run(setup(Never(), Drawn(prompts=("", "refuse", "break"))), GRID, done, told=told.append)
    assert again.rows == before.rows
    assert told[-1].ended == told[-1].total == 24


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seeds": (1, 2, 3)}, "seeds: 1, 2 there, 1, 2, 3 now"),
        ({"modes": ("balanced",)}, "modes: balanced, quality there, balanced now"),
    ],
)
def test_another_grid_in_the_same_folder_is_refused(done: Path, changed: dict[str, object], said: str) -> None:
    with pytest.raises(BadRun, match=said):
        run(setup(), grid(**changed), done)


def test_another_suite_version_metric_or_engine_is_refused(done: Path) -> None:
    with pytest.raises(BadRun, match="suite version: 1 there, 2 now"):
        run(setup(suite=Drawn("2")), GRID, done)
    engine = Quick()
    engine.version = "2"
    with pytest.raises(BadRun, match="engine quick: 1 there, 2 now"):
        run(setup(engine), GRID, done)
    other = replace(METRICS["psnr"], method={"colour": "grey"})
    with pytest.raises(BadRun, match="metric psnr"):
        run(replace(setup(), metrics=(other,)), GRID, done)


def test_an_unknown_engine_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="no engine 'slow'; there are quick"):
        run(setup(), grid(engines=("slow",)), tmp_path)


def test_a_cancelled_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    told: list[Tally] = []
    with pytest.raises(Cancelled):
        run(setup(), GRID, tmp_path, told=told.append, stopped=lambda: len(told) > 5)
    before = load(tmp_path)
    assert 0 < len(before.rows) < 24
    whole = run(setup(), GRID, tmp_path, told=told.append)
    assert [row for row in whole.rows if row.cell in {each.cell for each in before.rows}] == list(before.rows)
    assert [row.cell for row in whole.made()] == [each.id for each in plan(Drawn(), GRID, TOOLS)]
    assert told[-1].here == 24 - len(list(before.made()))


def test_a_metric_that_breaks_leaves_its_score_out(tmp_path: Path) -> None:
    def broken(sample: Sample) -> float:
        raise KeyError("lost")

    def unknown(sample: Sample) -> float:
        raise Unscored("nobody knows")

    own = METRICS["psnr"]
    metrics = (own, replace(own, name="broken", measure=broken), replace(own, name="unknown", measure=unknown))
    results = run(replace(setup(), metrics=metrics), grid(limit=1, tools=("try-on",)), tmp_path)
    row = next(iter(results.made()))
    assert set(row.scores) == {"psnr"}
    assert row.unscored == {"broken": "broken: KeyError: 'lost'", "unknown": "nobody knows"}


def test_the_same_output_is_scored_once(tmp_path: Path) -> None:
    seen: list[Sample] = []
    own = METRICS["psnr"]

    def counted(sample: Sample) -> float:
        seen.append(sample)
        return own.measure(sample)

    class Sure(Quick):
        def run(self, task: Any, progress: Any) -> Output:
            return super().run(replace(task, seed=1), progress)

    several = grid(limit=1, tools=("try-on",), seeds=(1, 2, 3))
    results = run(replace(setup(Sure()), metrics=(replace(own, measure=counted),)), several, tmp_path, controls=False)
    assert len(seen) == 1
    assert {row.scores["psnr"] for row in results.rows} == {own.measure(seen[0])}


def test_ranks_share_the_cells_and_the_first_puts_them_together(tmp_path: Path) -> None:
    small = grid(limit=2)
    run(setup(), small, tmp_path, shard=Shard(1, 2))
    assert not (tmp_path / table.FILE).exists()
    results = run(setup(), small, tmp_path, shard=Shard(0, 2))
    assert [row.cell for row in results.made()] == [each.id for each in plan(Drawn(), small, TOOLS)]
    assert len(list(tmp_path.glob("journal-rank-*.jsonl"))) == 2


def test_a_case_that_can_not_be_read_is_counted(tmp_path: Path) -> None:
    class Torn(Drawn):
        def case(self, case_id: str) -> object:  # type: ignore[override]
            raise OSError("torn file")

    results = run(setup(suite=Torn()), grid(limit=1, tools=("upscale",)), tmp_path)
    assert {row.status for row in results.rows} == {"failed"}
    assert {row.error for row in results.rows} == {"OSError: torn file"}


def test_a_run_can_do_without_controls(tmp_path: Path) -> None:
    results = run(setup(), grid(limit=1), tmp_path, controls=False)
    assert isinstance(results, Results)
    assert {row.way for row in results.rows} == {"engine"}


def test_what_may_change_numbers_is_told(done: Path) -> None:
    manifest = Manifest.read(done)
    assert describe.drifted(manifest, manifest) == []
    other = replace(manifest, versions={**manifest.versions, "torch": "0.1"})
    assert describe.drifted(manifest, other) == [f"torch: {manifest.versions['torch']} there, 0.1 now"]


def test_a_folder_that_is_no_run_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadRun, match="is no run"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 1}))
    with pytest.raises(BadRun, match="can't be read"):
        load(tmp_path)
