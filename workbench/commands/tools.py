"""`workbench tools`: what there is, and which engine can run what."""

from argparse import ArgumentParser, Namespace
from typing import Any

from pipelines.engine import Engines
from workbench.commands.output import DONE, columns, note, say, say_json
from workbench.settings import read_settings
from workbench.tools.base import Tool
from workbench.tools.registry import TOOLS


def add(parser: ArgumentParser) -> None:
    """`--json` for the whole declaration."""
    parser.add_argument("--json", action="store_true", help="Names, fields, modes, engines and what is missing as JSON.")


def run(arguments: Namespace, unknown: list[str]) -> int:
    """List the tools in the order people see them."""
    from pipelines.registry import engines

    known = engines(read_settings().engine_config())
    described = [describe(tool, known) for tool in TOOLS]
    if arguments.json:
        say_json({"tools": described})
        return DONE
    say(columns((each["name"], each["group"], _ready(each), each["summary"]) for each in described))
    idle: dict[str, list[str]] = {}
    for each in described:
        if not _able(each):
            idle.setdefault(_lacking(each), []).append(each["name"])
    for why, names in idle.items():
        note(f"{', '.join(names)}: {why}")
    return DONE


def describe(tool: Tool, known: Engines) -> dict[str, Any]:
    """A tool's declaration and its support by engine and mode, JSON-ready."""
    return {
        "name": tool.name,
        "title": tool.title,
        "summary": tool.summary,
        "group": tool.group,
        "media": tool.media,
        "modes": [each.value for each in tool.modes],
        "required": sorted(tool.required()),
        "images": list(tool.image_fields()),
        "fields": tool.properties(),
        "engines": {engine.name: {mode.value: engine.support(tool.name, mode) for mode in tool.modes} for engine in known},
    }


def _ready(described: dict[str, Any]) -> str:
    return ", ".join(_able(described)) or "no engine yet"


def _able(described: dict[str, Any]) -> list[str]:
    return [name for name, modes in described["engines"].items() if any(each.ok for each in modes.values())]


def _lacking(described: dict[str, Any]) -> str:
    """What the preferred engine needs for the least effort of a tool."""
    return str(next(each.missing for modes in described["engines"].values() for each in modes.values()))
