"""What a cell asks of an engine: decided, priced and built as the studio does it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eval.runs.plan import AUTO, OWN
from eval.runs.row import Cell
from eval.suites.case import Case
from pipelines.images import size_of
from pipelines.tasks import Task
from workbench.credits.tariffs import TariffName
from workbench.errors import InvalidInput, Problem
from workbench.tools.base import Decisions, Facts, Request, Tool
from workbench.tools.quote import unit_credits


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A cell with nothing left open."""

    tool: Tool
    request: Request
    chosen: Decisions
    credits_app: int
    credits_api: int
    auto_mode: str
    """What the rules choose for the same request where mode and resolution are left to them."""
    auto_resolution: str

    def task(self, case: Case, seed: int) -> Task:
        """What the engine is given."""
        return self.tool.build(self.request, case.pictures, self.chosen, seed)


def decide(tool: Tool, case: Case, cell: Cell) -> Decided:
    """Raises InvalidInput where the tool's rules forbid the combination."""
    request = tool.parse(values_of(tool, case, cell) | references(tool, case))
    chosen = _chosen(tool, case, request)
    open_ = {name: AUTO for name, field in _choices(tool).items() if AUTO in field.get("enum", ())}
    auto = _chosen(tool, case, tool.parse(dict(request) | open_))
    return Decided(
        tool=tool,
        request=request,
        chosen=chosen,
        credits_app=unit_credits(tool, chosen, TariffName.APP),
        credits_api=unit_credits(tool, chosen, TariffName.API),
        auto_mode=auto.mode.value,
        auto_resolution=auto.resolution,
    )


def values_of(tool: Tool, case: Case, cell: Cell) -> dict[str, Any]:
    """The request's plain fields: mode, resolution and seed of the cell where the tool has them, and the case's own, which win."""
    given = {"generation_mode": cell.mode, "seed": cell.seed}
    if cell.resolution != OWN:
        given["resolution"] = cell.resolution
    return {name: value for name, value in given.items() if name in tool.request.model_fields} | dict(case.values)


def references(tool: Tool, case: Case) -> dict[str, str | list[str]]:
    """Names for the case's pictures in the request's image fields."""
    properties = tool.properties()
    named = {name: [f"{case.id}/{name}/{number}" for number in range(len(found))] for name, found in case.pictures.items()}
    return {name: each if properties.get(name, {}).get("type") == "array" else each[0] for name, each in named.items() if each}


def _chosen(tool: Tool, case: Case, request: Request) -> Decisions:
    facts = Facts({name: tuple(map(size_of, found)) for name, found in case.pictures.items() if found})
    chosen = tool.decide(tool, request, facts)
    if chosen.size is None:
        raise InvalidInput(Problem(next(iter(tool.primary), ""), "is required"))
    return chosen


def _choices(tool: Tool) -> Mapping[str, dict[str, Any]]:
    return {name: field for name, field in tool.properties().items() if name in ("generation_mode", "resolution")}
