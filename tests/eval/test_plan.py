"""The cells of a run."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.errors import BadRun
from eval.runs.plan import BLOCK, OWN, by_block, by_case, plan, share
from eval.runs.row import Cell
from tests.eval.drawn import GRID, Drawn, grid
from workbench.tools.registry import TOOLS


class Long(Drawn):
    """As many cases as a test wants of tools that differ in what can be chosen."""

    tools = ("try-on", "upscale", "image-to-video", "create-face")

    def ids(self, tool: str) -> list[str]:
        return [f"{tool}-{number:04d}" for number in range(10)]


ALL = replace(GRID, tools=Long.tools, modes=("fast", "balanced", "quality"), resolutions=("1k", "2k"), seeds=(1, 2, 3))


def test_a_tool_is_asked_in_what_it_has() -> None:
    cells = plan(Long(), ALL, TOOLS)
    settings = {(each.tool, each.mode, each.resolution) for each in cells}
    assert {each[1:] for each in settings if each[0] == "try-on"} == {
        (mode, tier) for mode in ("balanced", "quality") for tier in ("1k", "2k")
    }
    assert {each[1:] for each in settings if each[0] == "upscale"} == {(mode, OWN) for mode in ALL.modes}
    assert {each[1:] for each in settings if each[0] == "image-to-video"} == {("balanced", OWN)}
    assert Counter(each.tool for each in cells)["create-face"] == 10 * 3 * 2 * 3


def test_cells_are_unique_and_their_ids_too() -> None:
    cells = plan(Long(), ALL, TOOLS)
    assert len({each.id for each in cells}) == len(set(cells)) == len(cells)


def test_an_aborted_run_is_balanced_and_a_setting_stays_together() -> None:
    cells = plan(Long(), ALL, TOOLS)
    first = [each for each in cells if int(each.case[-4:]) < BLOCK]
    assert list(cells[: len(first)]) == first
    assert {each.tool for each in first} == set(Long.tools)
    changes = sum((one.tool, one.mode, one.resolution) != (two.tool, two.mode, two.resolution) for one, two in pairwise(cells))
    assert changes < len(cells) / (BLOCK - 1)


@given(st.integers(1, 7), st.integers(1, 5))
def test_shares_are_disjoint_complete_and_keep_cases_whole(world: int, limit: int) -> None:
    cells = plan(Long(), replace(ALL, limit=limit), TOOLS)
    shares = [share(cells, rank, world) for rank in range(world)]
    assert sorted(each for part in shares for each in part) == sorted(cells)
    owners = {(each.case, number) for number, part in enumerate(shares) for each in part}
    assert len(owners) == len({each.case for each in cells})


@pytest.mark.parametrize("grouped", [by_block, by_case])
def test_groups_keep_all_cells_in_order(grouped: object) -> None:
    cells = plan(Long(), ALL, TOOLS)
    groups = grouped(cells)  # type: ignore[operator]
    assert sorted(each for group in groups for each in group) == sorted(cells)
    places = {each: number for number, each in enumerate(cells)}
    assert all([places[each] for each in group] == sorted(places[each] for each in group) for group in groups)
    assert max(len({each.case for each in group}) for group in groups) == (BLOCK if grouped is by_block else 1)


def test_limit_counts_cases_of_each_tool() -> None:
    cells = plan(Long(), replace(ALL, limit=2), TOOLS)
    assert Counter({(each.tool, each.case) for each in cells if each.tool == "try-on"}).total() == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tools": ("paint",)}, "no tool 'paint'"),
        ({"modes": ("slow",)}, "no mode 'slow'"),
        ({"resolutions": ("8k",)}, "no resolution '8k'"),
        ({"seeds": ()}, "at least one seed"),
        ({"tools": ("try-on",), "modes": ("fast",)}, "nothing to run"),
    ],
)
def test_what_can_not_be_run_is_named(changed: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(BadRun, match=said):
        plan(Long(), grid(**changed), TOOLS)


def test_auto_is_a_mode_and_a_resolution() -> None:
    cells = plan(Drawn(), grid(tools=("try-on",), modes=("auto",), resolutions=("auto",)), TOOLS)
    assert {(each.mode, each.resolution) for each in cells} == {("auto", "auto")}
    assert isinstance(cells[0], Cell)
