"""Runs as a notebook makes and shows them."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from eval import notebook
from eval.commands import run as command
from eval.errors import BadRun, Incomparable
from eval.metrics.registry import METRICS
from eval.notebook import Measured, compared, measure, opened, repeat
from eval.reports.markup import Html, tag
from eval.reports.tables import Column, Table, Value
from eval.suites.registry import suite_of
from eval.verdicts.example import Design, Truth, example
from tests.eval.drawn import setup

DELTA = Truth(metric="garment_delta_e", title="ΔE2000", better="lower", level=6.0, noise=0.1, gains={"quality": 2.0})
DESIGN = Design(tools={"try-on": (DELTA,)}, cases=8, seeds=2)
MODES = ("balanced", "quality")
FEW = (METRICS["psnr"], METRICS["garment_delta_e"])


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Small drawn pictures and an engine that answers at once, under the name of the quick suite."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "open_setup", lambda *_: setup())
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, quick: None) -> Measured:
    return measure("try-on", engines=("quick",), modes=MODES, seeds=1, metrics=FEW, out=tmp_path_factory.mktemp("out") / "run")


def test_one_call_makes_a_run_that_all_commands_read(run: Measured) -> None:
    assert run.folder is not None
    assert (run.folder / "results.parquet").exists()
    assert opened(run.folder).results == run.results
    assert {row.status for row in run.results.made()} == {"done"}
    assert run.results.manifest.grid.seeds == (1,)


def test_without_a_folder_it_goes_into_a_new_one() -> None:
    first, second = (measure("upscale", engines=("quick",), modes=("balanced",), seeds=1, limit=1).folder for _ in range(2))
    assert first and second and first != second


def test_own_metrics_are_columns_of_the_run(tmp_path: Path) -> None:
    own = replace(METRICS["psnr"], name="mine", measure=lambda _: 7.0)
    found = measure("try-on", engines=("quick",), modes=MODES, seeds=1, metrics=(own,), out=tmp_path)
    assert all(row.scores == {"mine": 7.0} for row in found.results.rows if row.done)
    assert {flag.metric for flag in found.flags()} == {"mine"}, "it sees none of what it says it sees"


def test_a_run_is_repeated_after_its_manifest(run: Measured, tmp_path: Path) -> None:
    assert run.folder is not None
    again = repeat(run.folder, metrics=FEW, out=tmp_path)
    found = compared(run, again)
    assert not found.lost
    assert all(change.gain.estimate == 0 for change in found.changes if change.metric != "seconds")
    assert found._repr_markdown_() == found.markdown()


def test_runs_that_were_measured_differently_are_refused(run: Measured, tmp_path: Path) -> None:
    first, second = (
        measure("try-on", engines=("quick",), modes=("balanced",), seeds=1, metrics=(metric,), out=tmp_path / name)
        for name, metric in (("a", METRICS["psnr"]), ("b", replace(METRICS["psnr"], method={"colour": "linear"})))
    )
    with pytest.raises(Incomparable, match="colour"):
        compared(first, second)


def test_a_made_up_run_shows_its_answer_tables_and_plot(tmp_path: Path) -> None:
    found = Measured(example(DESIGN))
    assert "Quality is worth its price for Try-On." in found._repr_html_()
    for table in (found.settings(), found.metrics(), found.comparisons("try-on")):
        fromstring(table._repr_html_())  # noqa: S314
    plot = found.pareto()._repr_html_()
    assert "<svg" in plot
    assert "var(--jp-content-font-color1,#222)" in plot
    assert found.report(tmp_path) == tmp_path / "report.html"


def test_tables_of_failures_and_controls_show_themselves(run: Measured) -> None:
    assert "perfect" in run.controls()._repr_html_()
    assert "Failed, refused and unscored" in run.missing()._repr_html_()


def test_which_tool_is_asked_where_there_are_several() -> None:
    two = Measured(example(replace(DESIGN, tools={"try-on": (DELTA,), "upscale": (DELTA,)})))
    with pytest.raises(BadRun, match="say which tool; there are try-on, upscale"):
        two.settings()
    with pytest.raises(BadRun, match="no tool 'edit'; there are try-on, upscale"):
        two.pareto("edit")


def test_nothing_to_draw_is_told() -> None:
    results = example(DESIGN)
    bare = replace(results, rows=tuple(replace(row, scores={}) for row in results.rows))
    assert "Nothing was scored" in Measured(bare).pareto()._repr_html_()


def test_a_table_in_a_notebook_has_neither_links_nor_empty_columns() -> None:
    cells = [Value(tag("a", "Try-On", href="#try-on")), Value(Html("1.0 <small>0.5 to 1.5</small>")), Value(Html("<svg></svg>"))]
    shown = Table("One", [Column("Tool"), Column("Score", True), Column("Drawing")], [cells, ["<b>", "", ""]])._repr_html_()
    assert "1.0 (0.5 to 1.5)" in shown
    assert "&lt;b&gt;" in shown
    assert not any(each in shown for each in ("href", "svg", "Drawing", "<button"))


def test_the_quick_suite_is_the_rendered_one_under_the_name_of_its_card() -> None:
    suite = suite_of(notebook.QUICK)
    assert suite.card.name == notebook.QUICK
    assert suite.ids("packshot") == suite_of("rendered").ids("packshot")
