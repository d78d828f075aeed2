"""Two runs against each other, and the gate of continuous integration."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.errors import BadRun, Incomparable
from eval.reports.compare import compared_runs
from eval.reports.gate import MISSED, OK, Threshold, gate, read_thresholds
from eval.runs.results import Results
from eval.verdicts.example import Design, Truth, example
from eval.verdicts.sheet import SECONDS

DELTA = Truth(metric="garment_delta_e", title="Garment ΔE2000", better="lower", level=6.0, shared=1.0, noise=0.2)
PSNR = Truth(metric="psnr", title="PSNR, dB", better="higher", level=30.0, shared=1.0, noise=0.2, margin=0.5)
DESIGN = Design(tools={"try-on": (DELTA, PSNR), "upscale": (PSNR,)}, cases=16, seeds=2)
BASE = example(DESIGN)


def changed(mode: str, delta_e: float = 0.0, seconds: float = 1.0) -> Results:
    """The base with one mode of try-on changed."""
    rows = [
        replace(
            row,
            scores={**row.scores, "garment_delta_e": row.scores["garment_delta_e"] + delta_e},
            run_seconds=(row.run_seconds or 0) * seconds,
        )
        if row.tool == "try-on" and row.mode == mode
        else row
        for row in BASE.rows
    ]
    return Results(replace(BASE.manifest, id="new"), tuple(rows))


def test_a_run_against_itself_shows_no_change() -> None:
    found = compared_runs(BASE, BASE)
    assert found.cells == len(BASE.rows)
    assert not found.regressions
    assert not found.lost
    assert {each.verdict for each in found.changes} == {"no worse"}
    assert {each.metric for each in found.changes} == {"garment_delta_e", "psnr", SECONDS}


def test_another_draw_of_the_same_truth_is_no_regression() -> None:
    assert not compared_runs(BASE, changed("fast", delta_e=0.01)).regressions


def test_a_loss_is_found_where_it_is_and_nowhere_else() -> None:
    found = compared_runs(BASE, changed("balanced", delta_e=0.8))
    assert [(each.setting.mode, each.metric) for each in found.regressions] == [("balanced", "garment_delta_e")]
    assert found.regressions[0].gain.estimate == pytest.approx(-0.8)
    assert "**worse**" in found.markdown()
    assert "one regression, 0 outputs lost" in found.markdown()


def test_a_gain_is_told_as_better() -> None:
    found = compared_runs(BASE, changed("balanced", delta_e=-0.8))
    better = [each for each in found.changes if each.verdict == "better"]
    assert [(each.setting.mode, each.metric) for each in better] == [("balanced", "garment_delta_e")]


def test_times_are_compared_on_the_same_machine_only() -> None:
    slower = changed("quality", seconds=2)
    assert [each.metric for each in compared_runs(BASE, slower).regressions] == [SECONDS]
    elsewhere = replace(slower, manifest=replace(slower.manifest, device={"processor": "another"}))
    assert SECONDS not in {each.metric for each in compared_runs(BASE, elsewhere).changes}


def test_only_cells_of_both_runs_count_and_lost_outputs_are_named() -> None:
    rows = list(BASE.rows[10:])
    rows[0] = replace(rows[0], status="failed", error="out of memory", scores={})
    found = compared_runs(BASE, Results(BASE.manifest, tuple(rows)))
    assert found.cells == len(BASE.rows) - 10
    assert [each.row.cell for each in found.lost] == [rows[0].cell]
    assert "failed, out of memory" in found.markdown()


def test_other_fingerprints_are_refused_by_what_differs() -> None:
    tolds = tuple(
        replace(told, fingerprint="psnr:ffffffffffff", described={"colour": "linear"}) if told.name == "psnr" else told
        for told in BASE.manifest.metrics
    )
    other = replace(BASE, manifest=replace(BASE.manifest, metrics=tolds))
    with pytest.raises(Incomparable, match=r"psnr \(colour none and linear\); these can be compared: garment_delta_e"):
        compared_runs(BASE, other)
    only = compared_runs(BASE, other, ["garment_delta_e"])
    assert {each.metric for each in only.changes} == {"garment_delta_e", SECONDS}


def test_other_suites_are_refused() -> None:
    suite = replace(BASE.manifest.suite, version="2")
    with pytest.raises(Incomparable, match="ran suite example 1, example ran example 2"):
        compared_runs(BASE, replace(BASE, manifest=replace(BASE.manifest, suite=suite)))


def test_runs_without_a_common_cell_are_refused() -> None:
    with pytest.raises(Incomparable, match="no cell in common"):
        compared_runs(BASE, Results(BASE.manifest, ()))


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("try-on:balanced/garment_delta_e=9", True),
        ("try-on:balanced/garment_delta_e=0.5", False),
        ("upscale/psnr=20", True),
        ("upscale/psnr=60", False),
        ("psnr=20", True),
        ("seconds_p50=20", True),
        ("try-on:quality/seconds_p95=0.1", False),
        ("failed_share=0", True),
        ("packshot/psnr=1", False),
        ("upscale/garment_delta_e=9", False),
    ],
)
def test_a_threshold_is_the_worst_mean_that_passes(text: str, ok: bool) -> None:
    found = gate(BASE, [Threshold.parse(text)])
    assert found.ok is ok
    assert found.exit_code == (OK if ok else MISSED)


def test_a_regression_or_a_lost_output_closes_the_gate() -> None:
    assert gate(BASE, base=BASE).exit_code == OK
    assert gate(changed("fast", delta_e=1.0), base=BASE).exit_code == MISSED
    lost = replace(BASE.rows[0], status="failed", scores={})
    assert gate(Results(BASE.manifest, (lost, *BASE.rows[1:])), base=BASE).exit_code == MISSED


def test_the_answer_is_json() -> None:
    found = gate(changed("fast", delta_e=1.0), [Threshold.parse("psnr=20")], BASE)
    kept = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert kept["ok"] is False
    assert kept["thresholds"][0]["setting"] == "draft fast 1k"
    worse = [each for each in kept["comparison"]["changes"] if each["regression"]]
    assert [(each["mode"], each["metric"]) for each in worse] == [("fast", "garment_delta_e")]


def test_thresholds_are_read_from_toml(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('[[thresholds]]\ntool = "try-on"\nmode = "fast"\nmetric = "psnr"\nlimit = 28\n')
    assert read_thresholds(path) == (Threshold(metric="psnr", limit=28, tool="try-on", mode="fast"),)
    for wrong in ("[[thresholds]]\nmetric = 'psnr'", "[[thresholds]]\nmetric = 'psnr'\nlimit = 1\nmod = 'fast'", "= ="):
        path.write_text(wrong)
        with pytest.raises(BadRun, match=r"gate\.toml"):
            read_thresholds(path)
    with pytest.raises(BadRun, match="there is no file"):
        read_thresholds(tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["", "psnr", "psnr=", "psnr=high", "=3", "psnr=nan"])
def test_what_is_no_threshold_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadRun, match="write one such as"):
        Threshold.parse(text)


def test_questions_that_mean_nothing_are_refused() -> None:
    with pytest.raises(BadRun, match="nothing to hold the run against"):
        gate(BASE)
    with pytest.raises(BadRun, match="no metric 'lpips'"):
        gate(BASE, [Threshold.parse("lpips=0.1")])
