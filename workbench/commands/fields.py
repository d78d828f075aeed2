"""A tool's fields as flags, and flags as a tool's values."""

import json
from argparse import SUPPRESS, ArgumentParser
from collections.abc import Sequence
from typing import Any

from workbench.errors import InvalidInput, Problem
from workbench.references import reference_of
from workbench.tools.base import Tool, is_box, is_image


def add_fields(parser: ArgumentParser, tool: Tool) -> None:
    """One flag per field; a field of several pictures repeats its flag. Values are checked by the request, not here."""
    group = parser.add_argument_group(tool.title, tool.summary)
    for name, schema in tool.properties().items():
        needed = " Required." if name in tool.required() else ""
        group.add_argument(
            flag(name),
            dest=name,
            default=SUPPRESS,
            action="append" if schema.get("type") == "array" and not is_box(schema) else "store",
            metavar=_metavar(schema),
            help=f"{schema['description']}{needed}".replace("%", "%%"),
        )


def flag(name: str) -> str:
    """`num_images` as `--num-images`."""
    return f"--{name.replace('_', '-')}"


def _metavar(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return "{" + ",".join(map(str, schema["enum"])) + "}"
    if is_image(schema):
        return "PICTURE"
    if is_box(schema):
        return "LEFT,TOP,RIGHT,BOTTOM"
    return {"integer": "N", "number": "X", "object": "JSON"}.get(schema["type"], "TEXT")


def values_of(tool: Tool, given: dict[str, Any], unknown: Sequence[str]) -> dict[str, Any]:
    """The values of a request. Pictures may be files, URLs or asset ids; what is no flag of the tool is kept for its refusal."""
    values = {name: _value(name, tool.properties()[name], text) for name, text in given.items() if name in tool.properties()}
    strays = [each for each in unknown if each.startswith("--")]
    if len(strays) < len(unknown) and not strays:
        raise InvalidInput(
            Problem(
                "", f"what is {unknown[0]!r}? Pictures and values go behind flags such as {flag(next(iter(tool.properties())))}"
            )
        )
    return values | {each.removeprefix("--").split("=")[0].replace("-", "_"): "" for each in strays}


def _value(name: str, schema: dict[str, Any], given: Any) -> Any:
    if is_image(schema):
        return [reference_of(name, each) for each in given] if isinstance(given, list) else reference_of(name, given)
    if is_box(schema):
        return _numbers(given)
    if schema.get("type") == "integer":
        return _whole(given)
    if schema.get("type") == "object":
        return _object(name, given)
    return given


def _object(name: str, text: str) -> Any:
    """The value of a JSON text; InvalidInput where it is none."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidInput(Problem(name, f"is no JSON: {error}")) from error


def _numbers(text: str) -> list[float] | str:
    """`0.1,0.05,0.9,0.95` as numbers; the text itself where it is none, which the request then refuses by name."""
    try:
        return [float(each) for each in text.replace(",", " ").split()]
    except ValueError:
        return text


def _whole(text: str) -> int | str:
    """The whole number in `text`; the text itself where there is none, which the request then refuses by name."""
    try:
        return int(text)
    except ValueError:
        return text
