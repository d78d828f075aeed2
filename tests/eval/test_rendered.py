"""The rendered suites: deterministic, apart from training, beaten by no copy; and the table that is made of their scores."""

from collections.abc import Mapping

import numpy as np
import pytest

from eval.rendered import BEGIN, END, Column, Result, columns, table, written
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, ToolSuite
from eval.suites.rendered.registry import SUITES
from pipelines.draft.training.lesson import HELD_OUT
from pipelines.images import pixels
from pipelines.sizes import Mode
from workbench.tools.registry import TOOLS


def no_case(number: int) -> Case:
    raise NotImplementedError


IOU = Measure("iou", "IoU", "higher", bar=0.9)
HARM = Measure("harm", "harm", "lower", bar=0.0, judges=False)
SUITE = ToolSuite("background-remove", 2, no_case, (IOU, Measure("iou", "least", "higher", "least"), HARM))


def results(**scores: Mapping[str, float]) -> list[Result]:
    return [Result(way.replace("_", " "), "white", score) for way, score in scores.items()]


def test_there_are_at_least_200_scenes_and_none_of_them_is_drawn_in_training() -> None:
    assert sum(suite.count for suite in SUITES) >= 200
    assert FIRST_SEED == 2 * HELD_OUT
    assert all(suite.tool in TOOLS for suite in SUITES)
    assert len({suite.tool for suite in SUITES}) == len(SUITES)


@pytest.mark.parametrize("suite", SUITES, ids=lambda each: each.tool)
def test_a_case_is_the_same_each_time_and_differs_from_the_next(suite: ToolSuite) -> None:
    first, again, other = (suite.case(number).task(suite.modes[-1]) for number in (0, 0, 1))
    assert repr_of(first) == repr_of(again) != repr_of(other)


def repr_of(task: object) -> list[object]:
    """All that a task holds, pictures by their pixels."""
    values = [getattr(task, name) for name in task.__slots__]  # type: ignore[attr-defined]
    return [pixels(each).tobytes() if hasattr(each, "getbands") else each for each in values]


@pytest.mark.parametrize("suite", SUITES, ids=lambda each: each.tool)
def test_every_control_can_be_scored(suite: ToolSuite) -> None:
    case = suite.case(0)
    assert case.controls
    for made in case.controls.values():
        scores = case.score(made())
        assert scores.keys() <= {each.key for each in suite.measures}
        assert scores
        assert all(np.isfinite(value) or value == float("inf") for value in scores.values())


def test_a_bar_is_missed_by_a_balanced_mode_below_it() -> None:
    reached, missed = (columns(SUITE, results(balanced={"iou": value}))[0] for value in (0.95, 0.85))
    assert reached.ok
    assert not missed.ok


def test_a_control_that_is_as_good_is_told_except_in_measures_of_harm() -> None:
    found = columns(SUITE, results(balanced={"iou": 0.95, "harm": 0.0}, copy_the_input={"iou": 0.97, "harm": 0.0}))
    assert found[0].unbeaten() == ["copy the input"]
    assert not found[0].ok
    assert found[2].ok


def test_the_table_has_a_row_for_each_way_and_counts_refusals() -> None:
    rows = results(fast={"iou": 0.5}, balanced={"iou": 0.95})
    text = table(SUITE, [*rows, Result("fast", "white", {}, "no")])
    assert "| fast | 0.500 | 0.500 | – | 1 of 2 |" in text
    assert "| balanced | 0.950 | 0.950 | – | 0 of 2 |" in text
    assert "| *bar* | 0.9 |" in text


def test_summaries_leave_out_other_kinds_and_what_was_not_scored() -> None:
    measure = Measure("iou", "IoU", "higher", "median", kind="white")
    suite = ToolSuite("background-remove", 1, no_case, (measure,))
    found = [Result("fast", "white", {"iou": 0.2}), Result("fast", "wood", {"iou": 0.9}), Result("fast", "white", {})]
    assert columns(suite, found) == [Column(measure, {"fast": 0.2})]


def test_only_what_is_between_the_marks_is_written_anew() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert written(["new"], page) == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert written(["new"], written(["other"], page)) == written(["new"], page)


def test_a_copy_of_the_input_loses_to_the_engine_on_a_cut_out() -> None:
    from eval.rendered import results_of

    suite = next(each for each in SUITES if each.tool == "background-remove")
    by_way = {each.way: each.scores["iou"] for each in results_of(suite, 0)}
    assert by_way["copy the input"] < by_way[Mode.BALANCED.value]
