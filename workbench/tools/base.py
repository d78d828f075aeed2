"""What a tool is: a request that people fill in, rules that decide what they left open, a price, and a task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, Literal

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from pipelines.sizes import Mode, Size, Tier
from pipelines.tasks import Task
from workbench.credits.tariffs import Price
from workbench.errors import InvalidInput, Problem

Group = Literal["Generate", "Refine", "Enhance and Animate"]
ALL_MODES = (Mode.FAST, Mode.BALANCED, Mode.QUALITY)
Pictures = Mapping[str, tuple[Image, ...]]
"""The decoded pictures of a request, by image field."""


class Request(BaseModel):
    """What a person fills in. Image fields hold references; everything else is final."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something that was left open was decided as it was, in one sentence."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Decisions:
    """A request with nothing left open. `size` is None while the picture that it follows from is not known."""

    resolution: str
    mode: Mode
    size: Size | None
    num_images: int
    face_reference: bool
    duration: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules may know of a request: the sizes of its pictures, by image field; fields without one are absent."""

    sizes: Mapping[str, tuple[Size, ...]]

    def first(self, *names: str) -> Size | None:
        """The size of the first picture of the first of these fields that has one."""
        return next((self.sizes[name][0] for name in names if self.sizes.get(name)), None)

    @property
    def count(self) -> int:
        """How many pictures the request has."""
        return sum(len(sizes) for sizes in self.sizes.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool's declaration; the page, the command line, the schemas and the price list are projections of it."""

    name: str
    title: str
    summary: str
    group: Group
    request: type[Request]
    task: type[Task]
    price: Price
    decide: Callable[[Tool, Any, Facts], Decisions]
    """(tool, its request, facts) to decisions; raises InvalidInput where the rules forbid the combination."""
    primary: tuple[str, ...] = ()
    """Image fields whose picture decides an automatic resolution, in order."""
    ratio_from: tuple[str, ...] = ()
    """Image fields that hand down their aspect ratio where none is chosen, in order."""
    default_ratio: str = "1:1"
    modes: tuple[Mode, ...] = ALL_MODES
    max_tier: Tier = Tier.K4
    media: Literal["image", "video"] = "image"

    @property
    def slug(self) -> str:
        """The name as an identifier: `try_on`."""
        return self.name.replace("-", "_")

    def properties(self) -> dict[str, dict[str, Any]]:
        """The request's fields as JSON schema, nullable ones flattened, in order of declaration."""
        return deepcopy(_properties(self.request))

    def required(self) -> frozenset[str]:
        """Names of the fields that have no default."""
        return frozenset(name for name, field in self.request.model_fields.items() if field.is_required())

    def image_fields(self) -> tuple[str, ...]:
        """Names of the fields that hold pictures, in order of declaration."""
        return tuple(name for name, schema in _properties(self.request).items() if is_image(schema))

    def parse(self, values: Mapping[str, Any]) -> Request:
        """A request from plain values; InvalidInput names each field that is wrong and what to do."""
        try:
            return self.request.model_validate(dict(values))
        except ValidationError as error:
            raise InvalidInput(*_problems(self, error)) from error

    def images(self, request: Request) -> dict[str, tuple[str, ...]]:
        """The references in a request's image fields; fields without one are absent."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.image_fields():
            value = getattr(request, name)
            if value:
                found[name] = tuple(value) if isinstance(value, list) else (value,)
        return found

    def build(self, request: Request, pictures: Pictures, chosen: Decisions, seed: int) -> Task:
        """The task of one output. Fields of the task are the request's of the same name, pictures decoded."""
        values: dict[str, Any] = {"size": chosen.size, "mode": chosen.mode, "seed": seed}
        many = {name for name, schema in self.properties().items() if schema.get("type") == "array"}
        for name in (each.name for each in fields(self.task) if each.name not in values):
            if name in self.image_fields():
                given = pictures.get(name, ())
                values[name] = given if name in many else next(iter(given), None)
            else:
                values[name] = getattr(request, name)
        return self.task(**values)


def is_image(schema: Mapping[str, Any]) -> bool:
    """Whether a property of `Tool.properties` holds pictures, one or several."""
    return "image" in (schema.get("format"), schema.get("items", {}).get("format"))


@cache
def _properties(request: type[Request]) -> dict[str, dict[str, Any]]:
    """Kept, because every job asks several times and pydantic takes a millisecond."""
    return {name: _flat(schema) for name, schema in request.model_json_schema()["properties"].items()}


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """`anyOf: [X, null]` becomes X with the outer title, description and default."""
    options = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return {**options[0], **{key: value for key, value in schema.items() if key != "anyOf"}} if options else schema


def is_box(schema: Mapping[str, Any]) -> bool:
    """Whether a property of `Tool.properties` holds a part of a picture: four numbers, not a list of pictures."""
    return schema.get("format") == "box"


def _problems(tool: Tool, error: ValidationError) -> list[Problem]:
    found: dict[str, Problem] = {}
    for each in error.errors(include_url=False):
        field = str(each["loc"][0]) if each["loc"] else ""
        found.setdefault(field, Problem(field, _message(tool, field, each)))
    return list(found.values())


def _message(tool: Tool, field: str, error: ErrorDetails) -> str:
    """What is wrong with a field and what would be right, in the words of its schema."""
    schema = tool.properties().get(field, {})
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return f"is no field of {tool.name}; its fields are {', '.join(tool.request.model_fields)}"
        case _ if is_box(schema):
            return (
                "takes four numbers from 0 to 1: left, top, right, bottom, left less than right and top less than bottom; "
                f"got {_short(error['input'])}"
            )
        case "literal_error":
            return f"{_short(error['input'])} is none of {', '.join(map(str, schema['enum']))}"
        case "too_long" | "too_short" | "list_type" if "maxItems" in schema:
            return f"takes {schema['minItems']} to {schema['maxItems']} pictures in a list; got {_amount(error['input'])}"
        case "string_too_long" | "too_long":
            return f"is {len(error['input'])} characters long; at most {schema['maxLength']} are taken"
        case "string_too_short":
            return "is empty; leave it out or fill it in"
        case "value_error":
            return str(error["ctx"]["error"])
        case "string_pattern_mismatch" if field == "color":
            return f"{_short(error['input'])} is no colour; write six hex digits such as #f4f1ec"
        case "string_pattern_mismatch":
            return "is empty; say in a few words what you want"
        case _ if "minimum" in schema and "maximum" in schema:
            return f"{_short(error['input'])} is no whole number from {schema['minimum']} to {schema['maximum']}"
        case _:
            return f"{error['msg'][0].lower()}{error['msg'][1:]}; got {_short(error['input'])}"


def _amount(value: object) -> str:
    return str(len(value)) if isinstance(value, list) else _short(value)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


class Toolbox:
    """Tools by name, in the order given."""

    def __init__(self, *tools: Tool) -> None:
        names = [each.name for each in tools]
        if len(set(names)) != len(names):
            raise ValueError(f"two tools share a name: {', '.join(names)}")
        self._tools = {each.name: each for each in tools}

    def __iter__(self) -> Iterator[Tool]:
        return iter(self._tools.values())

    def __contains__(self, name: str) -> bool:
        return name in self._tools

    def __getitem__(self, name: str) -> Tool:
        """The tool of that name; InvalidInput names those that exist."""
        if name not in self._tools:
            raise InvalidInput(Problem("tool", f"there is no tool {_short(name)}; there are {', '.join(self._tools)}"))
        return self._tools[name]
