"""`python -m eval list`: what can be measured, on what, and with what."""

from argparse import ArgumentParser, Namespace
from typing import Any

from eval.metrics.metric import Metric
from eval.runs.plan import modes_of
from eval.suites.case import Suite
from pipelines.sizes import Mode
from workbench.commands.output import DONE, columns, note, say, say_json
from workbench.tools.base import Tool


def add(parser: ArgumentParser) -> None:
    """`--json` for everything."""
    parser.add_argument("--json", action="store_true", help="One JSON object on stdout and nothing else.")


def run(arguments: Namespace) -> int:
    """Suites that need no path, tools, metrics."""
    from eval.metrics.registry import METRICS
    from workbench.tools.registry import TOOLS

    found = {
        "suites": suites(),
        "tools": [tool_json(each) for each in TOOLS],
        "metrics": [metric_json(each) for each in METRICS.all],
    }
    if arguments.json:
        say_json(found)
        return DONE
    say("Suites")
    say(columns((f"  {each['name']}", each["version"] or "-", each["licence"] or "-", each["title"]) for each in found["suites"]))
    say("\nTools")
    say(columns((f"  {each['name']}", ", ".join(each["modes"]), ", ".join(each["resolutions"])) for each in found["tools"]))
    say("\nMetrics")
    say(columns((f"  {each['name']}", each["group"], _better(each), f"needs {_needs(each)}") for each in found["metrics"]))
    for each in found["metrics"]:
        if each["missing"]:
            note(f"{each['name']}: {each['missing']}")
    return DONE


def suites() -> list[dict[str, Any]]:
    """Every source of suites as it is written on the command line, with its card where it needs no path."""
    from eval.suites.registry import SOURCES, suite_of

    plain = {"version": "", "licence": "", "citation": "", "source": "", "tools": [], "cases": {}}
    return [
        {"name": each.form, **plain, "title": each.title} | ({} if each.takes else suite_json(each.name, suite_of(each.name)))
        for each in SOURCES
    ]


def suite_json(name: str, suite: Suite) -> dict[str, Any]:
    """A suite that can be opened, with how many cases it has for each tool."""
    told = {key: getattr(suite.card, key) for key in ("version", "title", "licence", "citation", "source")}
    return {"name": name, **told, "tools": list(suite.tools), "cases": {each: len(suite.ids(each)) for each in suite.tools}}


def tool_json(tool: Tool) -> dict[str, Any]:
    """A tool's modes and resolutions."""
    return {
        "name": tool.name,
        "title": tool.title,
        "modes": list(modes_of(tool, tuple(Mode))),
        "resolutions": list(tool.properties().get("resolution", {}).get("enum", ())),
    }


def metric_json(metric: Metric) -> dict[str, Any]:
    """A metric's declaration."""
    told = {name: getattr(metric, name) for name in ("name", "title", "group", "better", "source", "margin")}
    return told | {
        "range": list(metric.bounds),
        "needs": sorted(metric.needs),
        "sees": sorted(metric.sees),
        "missing": metric.missing(),
        "fingerprint": metric.fingerprint(),
        "method": metric.described(),
    }


def _better(metric: dict[str, Any]) -> str:
    return f"{metric['better']} is better"


def _needs(metric: dict[str, Any]) -> str:
    return ", ".join(metric["needs"]) or "nothing"
