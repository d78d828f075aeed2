"""The arena's page: pairs to vote on, and what the votes say.

Before a vote the browser gets a token and nothing else: pictures go by `/pages/arena/files/TOKEN/left`, without their metadata.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any

from eval.arena.arena import Arena, Offer
from eval.arena.remarks import remarks
from eval.arena.report import ToolReport
from eval.arena.shelf import RUNS, Read
from eval.arena.showing import Cases
from eval.arena.sources import read_case, read_run
from eval.errors import EvalError
from eval.statistics import Interval
from workbench.errors import NotFound, WorkbenchError
from workbench.further import FurtherPage
from workbench.studio import Studio
from workbench.tools.base import Toolbox
from workbench.ui.scripted import scripted
from workbench.views import FileView

NAME = "arena"
ASSETS = Path(__file__).parent / "assets"
Answer = dict[str, Any]
Asked = dict[str, Any]


def page(studio: Studio, read: Read = read_run, cases: Cases = read_case) -> FurtherPage:
    """The page over a studio's own file of votes; the file is made when somebody first looks at the page."""
    arena = Arena(studio.settings.home, read, cases)
    return FurtherPage(
        name=NAME,
        title="Arena",
        assets=ASSETS,
        build=partial(_build, arena, studio.toolbox, studio.settings.home / RUNS),
        file=partial(file, arena),
        close=arena.close,
    )


def file(arena: Arena, token: str, name: str) -> FileView:
    """A picture of a dealt pair. Raises NotFound."""
    try:
        return arena.file(token, name)
    except EvalError as error:
        raise NotFound(str(error)) from error


def _build(arena: Arena, toolbox: Toolbox, runs: Path) -> None:
    functions = (deal, told, vote, undo, results, exported, imported)
    scripted(
        NAME,
        folder=ASSETS,
        elem_id=NAME,
        runs=str(runs),
        server=[_answering(each, arena, toolbox) for each in functions],
    )


def _answering(function: Callable[[Arena, Toolbox, Asked], Answer], arena: Arena, toolbox: Toolbox) -> Callable[[Asked], Answer]:
    """A function for the page's module, under its own name; what it refuses is an answer, too."""

    def answer(asked: Asked) -> Answer:
        try:
            return function(arena, toolbox, asked)
        except (EvalError, WorkbenchError) as refusal:
            return {"error": str(refusal)}

    answer.__name__ = answer.__qualname__ = function.__name__
    return answer


def deal(arena: Arena, toolbox: Toolbox, asked: Asked) -> Answer:
    """The next pair of a voter, of a tool or of any."""
    offer = arena.offer(_text(asked, "voter"), _text(asked, "tool"))
    return {"pair": _pair(offer, toolbox), "voted": offer.voted, "toGo": offer.to_go, "tools": _tools(offer, toolbox),
            "unreadable": [f"{folder}: {why}" for folder, why in offer.unreadable.items()]}  # fmt: skip


def told(arena: Arena, toolbox: Toolbox, asked: Asked) -> Answer:
    """What was asked of both sides of a pair."""
    token = _text(asked, "token")
    found = arena.background(token)
    titles = toolbox[arena.tool(token)].properties() if arena.tool(token) in toolbox else {}
    inputs = [
        {"title": titles.get(each.field, {}).get("title", each.field), "file": f"input-{number}"}
        for number, each in enumerate(found.inputs)
    ]
    return {"prompt": found.prompt, "inputs": inputs, "trouble": found.trouble}


def vote(arena: Arena, _toolbox: Toolbox, asked: Asked) -> Answer:
    """Keep a vote; who was who."""
    seconds = asked.get("seconds")
    took = float(seconds) if isinstance(seconds, (int, float)) else 0.0
    return asdict(arena.vote(_text(asked, "voter"), _text(asked, "token"), _text(asked, "choice"), took))


def undo(arena: Arena, _toolbox: Toolbox, asked: Asked) -> Answer:
    """Take back a voter's last vote."""
    return {"undone": arena.undo(_text(asked, "voter"))}


def results(arena: Arena, toolbox: Toolbox, _asked: Asked) -> Answer:
    """Tables of all tools that were voted on."""
    found = arena.report()
    order = {tool.name: place for place, tool in enumerate(toolbox)}
    tools = sorted(found.tools, key=lambda each: order.get(each.tool, len(order)))
    return {"tools": [_table(each, toolbox) for each in tools], "foreign": dict(found.foreign)}


def exported(arena: Arena, _toolbox: Toolbox, _asked: Asked) -> Answer:
    """All votes as lines of JSON."""
    return {"text": arena.exported()}


def imported(arena: Arena, _toolbox: Toolbox, asked: Asked) -> Answer:
    """Take in lines of votes."""
    return {"said": arena.imported(BytesIO(_text(asked, "text").encode())).told()}


def _text(asked: Asked, name: str) -> str:
    value = asked.get(name) if isinstance(asked, dict) else None
    return value if isinstance(value, str) else ""


def _pair(offer: Offer, toolbox: Toolbox) -> Answer | None:
    pair = offer.pair
    return None if pair is None else {"token": pair.token, "title": _title(pair.tool, toolbox), "video": pair.video}


def _tools(offer: Offer, toolbox: Toolbox) -> list[Answer]:
    return [{"name": tool, "title": _title(tool, toolbox)} for tool in offer.tools]


def _table(told: ToolReport, toolbox: Toolbox) -> Answer:
    strengths = {each.name: {"log": _finite(each.log), "preferred": _finite(each.preferred)} for each in told.fit.strengths}
    return {
        "title": _title(told.tool, toolbox),
        "votes": told.votes,
        "voters": told.voters,
        "cases": told.cases,
        "bothBad": told.both_bad,
        "revised": told.revised,
        "remarks": remarks(told),
        "standings": [asdict(each) | strengths.get(each.name, {}) for each in told.standings],
        "agreements": [asdict(each) for each in told.agreements],
    }


def _finite(value: Interval) -> Answer:
    """An interval as JSON, which knows no infinity: open ends are null."""
    return {name: number if isfinite(number) else None for name, number in asdict(value).items()}


def _title(tool: str, toolbox: Toolbox) -> str:
    return toolbox[tool].title if tool in toolbox else tool
