"""Whether a tool takes what a suite would ask it."""

from collections.abc import Mapping
from typing import Any

from eval.errors import BadSuite
from workbench.errors import InvalidInput
from workbench.tools.base import Tool
from workbench.tools.registry import TOOLS

OF_THE_GRID = ("generation_mode", "num_images", "seed")
"""Fields that a run's grid fills in. It fills in `resolution`, too, where a case doesn't need one of its own."""


def tool_of(name: str, where: str) -> Tool:
    """The tool; BadSuite names those that there are, `where` begins its message."""
    if name not in TOOLS:
        raise BadSuite(f"{where}: there is no tool {name!r}; there are {', '.join(each.name for each in TOOLS)}")
    return TOOLS[name]


def check(name: str, pictures: Mapping[str, int], values: Mapping[str, Any], where: str) -> None:
    """Raises BadSuite for a request that the tool refuses; `pictures` says how many each field has."""
    tool = tool_of(name, where)
    for each in OF_THE_GRID:
        if each in values:
            raise BadSuite(f"{where}: values.{each} is filled in by a run; leave it out")
    no_images = set(pictures) - set(tool.image_fields())
    if no_images:
        known = ", ".join(tool.image_fields()) or "no pictures"
        raise BadSuite(f"{where}: pictures.{min(no_images)} is no picture of {name}; it takes {known}")
    many = {field for field, schema in tool.properties().items() if schema.get("type") == "array"}
    asked = {field: ["picture"] * count if field in many else "picture" for field, count in pictures.items()}
    several = [field for field, count in pictures.items() if count != 1 and field not in many]
    if several:
        raise BadSuite(f"{where}: pictures.{several[0]} takes one picture, not a list")
    try:
        tool.parse({**values, **asked})
    except InvalidInput as error:
        raise BadSuite(f"{where}: {error}") from error
