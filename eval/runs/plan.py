"""The cells of a run, in an order in which an aborted run is worth something."""

from collections.abc import Sequence
from itertools import product

from eval.errors import BadRun
from eval.runs.manifest import Grid
from eval.runs.row import Cell
from eval.suites.case import Suite
from pipelines.sizes import Mode
from workbench.tools.base import Tool, Toolbox

AUTO = "auto"
OWN = "own"
"""The resolution of a cell whose tool has none of those that are asked for: what the case or the tool's rules say."""
BLOCK = 4
"""Cases of a tool that go through all settings before the next tool has its turn."""


def plan(suite: Suite, grid: Grid, toolbox: Toolbox) -> tuple[Cell, ...]:
    """Every cell: the first few cases of each tool in every setting, then the next few.

    An aborted run has about as many cases of every tool and setting, and the cells of a setting come together, so that a model
    is loaded once a block. Raises BadRun where a name is unknown or nothing is left to do.
    """
    _refuse_unknown(suite, grid, toolbox)
    cases = {tool: tuple(suite.ids(tool))[: grid.limit] for tool in grid.tools}
    blocks = range(0, max(map(len, cases.values()), default=0), BLOCK)
    cells = [each for at in blocks for tool in grid.tools for each in _block(toolbox[tool], cases[tool][at : at + BLOCK], grid)]
    if not cells:
        raise BadRun(f"there is nothing to run: {', '.join(grid.tools)} have no mode of {', '.join(grid.modes)}, or no case")
    return tuple(cells)


def share(cells: Sequence[Cell], rank: int, world: int) -> tuple[Cell, ...]:
    """The part of one of `world` processes: all cells of every world-th case, so that no case is drawn twice."""
    numbers = {key: number for number, key in enumerate(dict.fromkeys((each.tool, each.case) for each in cells))}
    return tuple(each for each in cells if numbers[each.tool, each.case] % world == rank)


def by_block(cells: Sequence[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """Cells of up to BLOCK cases of a tool each, in their order: what one process does without looking at another case."""
    keys = tuple(dict.fromkeys((each.tool, each.case) for each in cells))
    counts: dict[str, int] = {}
    block: dict[tuple[str, str], tuple[str, int]] = {}
    for tool, case in keys:
        block[tool, case] = (tool, counts.get(tool, 0) // BLOCK)
        counts[tool] = counts.get(tool, 0) + 1
    return _grouped(cells, [block[each.tool, each.case] for each in cells])


def by_case(cells: Sequence[Cell]) -> tuple[tuple[Cell, ...], ...]:
    """All cells of one case each, in the order of the cases' first cells."""
    return _grouped(cells, [(each.tool, each.case) for each in cells])


def modes_of(tool: Tool, asked: Sequence[str]) -> tuple[str, ...]:
    """Those of the asked modes that the tool has; the only one of a tool that lets nobody choose."""
    if "generation_mode" not in tool.request.model_fields:
        return (Mode.BALANCED.value,)
    return tuple(str(each) for each in asked if each in (AUTO, *tool.modes))


def resolutions_of(tool: Tool, asked: Sequence[str]) -> tuple[str, ...]:
    """Those of the asked resolutions that the tool has, or its own where it has none of them."""
    known = tool.properties().get("resolution", {}).get("enum", ())
    return tuple(each for each in asked if each in known) or (OWN,)


def _block(tool: Tool, cases: Sequence[str], grid: Grid) -> list[Cell]:
    settings = product(grid.engines, modes_of(tool, grid.modes), resolutions_of(tool, grid.resolutions))
    return [
        Cell(tool.name, case, engine, mode, resolution, seed)
        for engine, mode, resolution in settings
        for case in cases
        for seed in grid.seeds
    ]


def _grouped(cells: Sequence[Cell], keys: Sequence[tuple[str, object]]) -> tuple[tuple[Cell, ...], ...]:
    groups: dict[tuple[str, object], list[Cell]] = {}
    for cell, key in zip(cells, keys, strict=True):
        groups.setdefault(key, []).append(cell)
    return tuple(map(tuple, groups.values()))


def _refuse_unknown(suite: Suite, grid: Grid, toolbox: Toolbox) -> None:
    modes = (AUTO, *Mode)
    resolutions = {AUTO, *(each for tool in toolbox for each in tool.properties().get("resolution", {}).get("enum", ()))}
    for what, given, known in (
        ("tool", grid.tools, suite.tools),
        ("mode", grid.modes, modes),
        ("resolution", grid.resolutions, sorted(resolutions)),
    ):
        unknown = [each for each in given if each not in known]
        if unknown:
            there = f"there are {', '.join(known)}"
            raise BadRun(f"there is no {what} {unknown[0]!r} for the suite {suite.card.name}; {there}")
    if not grid.seeds or (grid.limit is not None and grid.limit < 1):
        raise BadRun("a run needs at least one seed and one case; give --seeds and --limit from 1 on")
