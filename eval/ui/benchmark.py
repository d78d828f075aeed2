"""The benchmark's page: a grid to fill in, its run while it goes on, and every cell's pictures.

Reports and pictures go by `/pages/benchmark/files/RUN/NAME`, never through Gradio.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from eval.benchmark.bench import Bench, Opener
from eval.benchmark.form import MODES, MOST_SEEDS, grid_of, refused, resolutions_known, suite_text
from eval.benchmark.live import Live
from eval.benchmark.pictures import REPORTS, Pictures
from eval.errors import BadSuite, EvalError
from eval.metrics.metric import Metric
from eval.metrics.registry import METRICS
from eval.runs.manifest import Grid
from eval.runs.plan import modes_of
from eval.suites.registry import SOURCES, suite_of
from eval.ui import told
from workbench.errors import NotFound, WorkbenchError
from workbench.further import FurtherPage
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.ui.scripted import scripted
from workbench.views import FileView

NAME = "benchmark"
ASSETS = Path(__file__).parent / "assets"
Answer = dict[str, Any]
Asked = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page's functions work with."""

    bench: Bench
    pictures: Pictures
    live: Live = field(default_factory=Live)

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the studio, so that paths of the server may be given."""
        return is_local(self.bench.studio.settings)


def page(studio: Studio, opener: Opener = suite_of, metrics: tuple[Metric, ...] = METRICS.all) -> FurtherPage:
    """The page over a studio's folder of runs; runs that it starts go on until the studio closes."""
    bench = Bench(studio, opener, metrics)
    desk = Desk(bench, Pictures(opener))
    return FurtherPage(
        name=NAME, title="Benchmark", assets=ASSETS, build=partial(_build, desk), file=partial(file, desk), close=bench.close
    )


def is_local(settings: Settings) -> bool:
    """Whether nobody but this machine can reach the studio."""
    try:
        loopback = ip_address(settings.host.strip("[]")).is_loopback
    except ValueError:
        loopback = settings.host == "localhost"
    return loopback and not settings.allowed_hosts.strip()


def file(desk: Desk, run: str, name: str) -> FileView:
    """A report, or a picture of a cell. Raises NotFound."""
    folder = desk.bench.folder(run)
    if name in REPORTS:
        return desk.pictures.report(folder, name)
    try:
        return desk.pictures.picture(desk.live.look(folder), name)
    except EvalError as error:
        raise NotFound(str(error)) from error


def _build(desk: Desk) -> None:
    functions = (options, look, forecast, start, runs, watch, cells, cell, stop, go_on, remove, report)
    scripted(NAME, folder=ASSETS, elem_id=NAME, server=[_answering(each, desk) for each in functions])


def _answering(function: Callable[[Desk, Asked], Answer], desk: Desk) -> Callable[[Asked], Answer]:
    """A function for the page's module, under its own name; what it refuses is an answer, too, by field where one is to blame."""

    def answer(asked: Asked) -> Answer:
        try:
            return function(desk, asked if isinstance(asked, dict) else {})
        except (EvalError, WorkbenchError) as refusal:
            problems = refusal.problems if isinstance(refusal, WorkbenchError) else ()
            return {"error": str(refusal), "problems": {each.field: each.message for each in problems}}
        except OSError as error:
            return {"error": f"a file can't be used: {error}", "problems": {}}

    answer.__name__ = answer.__qualname__ = function.__name__
    return answer


def options(desk: Desk, _asked: Asked) -> Answer:
    """What can be chosen, whatever the suite."""
    sources = [each for each in SOURCES if desk.local or not each.takes]
    return {
        "sources": [{"name": each.name, "takes": each.takes, "title": each.title} for each in sources],
        "engines": [{"name": each.name, "title": each.title} for each in desk.bench.studio.engines],
        "modes": list(MODES),
        "mostSeeds": MOST_SEEDS,
        "folder": str(desk.bench.runs),
    }


def look(desk: Desk, asked: Asked) -> Answer:
    """What a suite has, read anew."""
    text = suite_text(asked, local=desk.local)
    try:
        suite = desk.bench.suite(text, anew=True)
    except BadSuite as error:
        raise refused("path" if ":" in text else "source", error) from error
    toolbox, card = desk.bench.studio.toolbox, suite.card
    tools = [
        {"name": each, "title": toolbox[each].title, "cases": len(suite.ids(each)), "modes": list(modes_of(toolbox[each], MODES)),
         "resolutions": list(resolutions_known(toolbox, each))}
        for each in suite.tools
    ]  # fmt: skip
    return {"title": card.title, "name": card.name, "version": card.version, "licence": card.licence, "tools": tools}


def forecast(desk: Desk, asked: Asked) -> Answer:
    """What the run would take."""
    found = desk.bench.forecast(_grid(desk, asked))
    wallet = desk.bench.studio.balance()
    return {
        "cells": found.cells,
        "seconds": found.seconds,
        "basis": found.basis,
        "app": found.credits.app,
        "api": found.credits.api,
        "lacking": [{"text": text, "cells": count} for text, count in found.lacking.items()],
        "available": None if wallet.unlimited else wallet.available,
    }


def start(desk: Desk, asked: Asked) -> Answer:
    """Begin it."""
    return {"run": desk.bench.start(_grid(desk, asked))}


def runs(desk: Desk, _asked: Asked) -> Answer:
    """All runs, newest first."""
    found = [told.run_line(desk.bench, desk.live, name) for name in desk.bench.folders()]
    return {"runs": sorted(found, key=lambda each: str(each["made"]), reverse=True), "folder": str(desk.bench.runs)}


def watch(desk: Desk, asked: Asked) -> Answer:
    """A run as it is now, and what it says of one tool."""
    name = _text(asked, "run")
    line = told.run_line(desk.bench, desk.live, name)
    settled = not line.get("busy")
    seen = desk.live.look(desk.bench.folder(name), settled=settled)
    tool = _text(asked, "tool")
    tool = tool if tool in seen.tools else next(iter(seen.tools), "")
    result = told.tool_result(desk.live.seen(seen, tool, _text(asked, "metric"), settled=settled)) if tool else None
    return line | {
        "tools": [{"name": each, "title": told.title(desk.bench, each)} for each in seen.tools],
        "tool": tool,
        "metrics": [{"name": each.name, "title": each.title} for each in seen.metrics(tool)] if tool else [],
        "result": result,
        "failures": told.failures(seen),
        "files": told.files(seen.folder),
    }


def cells(desk: Desk, asked: Asked) -> Answer:
    """A stretch of a tool's cells."""
    seen = desk.live.look(desk.bench.folder(_text(asked, "run")))
    return told.cells(seen, told.Wanted.of(asked))


def cell(desk: Desk, asked: Asked) -> Answer:
    """What one cell was asked and what came of it; reads its case, which may take a moment."""
    seen = desk.live.look(desk.bench.folder(_text(asked, "run")))
    row = seen.rows.get(_text(asked, "cell"))
    if row is None:
        raise NotFound("there is no such cell in this run any more; load the page again")
    return told.cell(seen, row, desk.pictures, desk.bench.studio.toolbox)


def stop(desk: Desk, asked: Asked) -> Answer:
    """End a run and keep what is done."""
    desk.bench.stop(_text(asked, "run"))
    return {}


def go_on(desk: Desk, asked: Asked) -> Answer:
    """With what is left of a run."""
    desk.bench.go_on(_text(asked, "run"))
    return {}


def remove(desk: Desk, asked: Asked) -> Answer:
    """A run for good."""
    desk.bench.remove(_text(asked, "run"))
    return {}


def report(desk: Desk, asked: Asked) -> Answer:
    """Write the report of a run that has none."""
    desk.bench.report(_text(asked, "run"))
    return {}


def _grid(desk: Desk, asked: Asked) -> Grid:
    text = suite_text(asked, local=desk.local)
    try:
        suite = desk.bench.suite(text)
    except BadSuite as error:
        raise refused("path" if ":" in text else "source", error) from error
    return grid_of(asked, text, suite, desk.bench.studio.engines, desk.bench.studio.toolbox)


def _text(asked: Asked, name: str) -> str:
    value = asked.get(name)
    return value if isinstance(value, str) else ""
