"""From a tool's declaration to components, and from their values to a request and back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from workbench.tools.base import Tool, is_image
from workbench.ui.pictures import pictures
from workbench.ui.scripted import scripted

FEW = 6
"""Most whole numbers that are offered as buttons."""
COLOUR_PATTERN = r"^#[0-9a-f]{6}$"
WORDS = {
    "auto": "Auto",
    "1k": "1K",
    "2k": "2K",
    "4k": "4K",
    "match_reference": "Match reference",
    "match_base": "Match base",
}
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a tool's request."""

    tool: str
    name: str
    schema: Schema
    required: bool

    @property
    def title(self) -> str:
        return str(self.schema.get("title", self.name))

    @property
    def help(self) -> str:
        return str(self.schema.get("description", ""))

    @property
    def many(self) -> bool:
        return self.schema.get("type") == "array"

    @property
    def id(self) -> str:
        """The component's id in the page."""
        return f"{self.tool}-{self.name}".replace("_", "-")


def fields_of(tool: Tool) -> tuple[Field, ...]:
    """A tool's fields in order of declaration."""
    required = tool.required()
    return tuple(Field(tool.name, name, schema, name in required) for name, schema in tool.properties().items())


def choices(field: Field) -> list[tuple[str, str | int]]:
    """Labels and values of an enumeration; one that may be left open starts with Auto, whose value is the empty text."""
    named: list[tuple[str, str | int]] = [(label(each), each) for each in field.schema["enum"]]
    left_open = not field.required and field.schema.get("default") is None
    return [("Auto", ""), *named] if left_open else named


def label(value: str | int) -> str:
    """How a value reads on a button."""
    text = str(value)
    return WORDS.get(text, text.capitalize() if text.isalpha() else text)


def _pictures(field: Field) -> Component:
    limit = int(field.schema.get("maxItems", 1)) if field.many else 1
    return pictures(field.id, field.title, field.help, required=field.required, limit=limit)


def _drawing(field: Field) -> Component:
    """Something drawn over the picture of another field of the tool."""
    return scripted(
        "drawing",
        value=_blank(field),
        label=field.title,
        elem_id=field.id,
        title=field.title,
        help=field.help,
        kind=field.schema["draw"],
        over=f"{field.tool}-{field.schema['over']}".replace("_", "-"),
    )


def _blank(field: Field) -> list[Any] | dict[str, Any]:
    """The value of a field over which nothing is drawn."""
    return {} if field.schema.get("type") == "object" else []


def _choice(field: Field) -> Component:
    options = choices(field)
    default = field.schema.get("default")
    return _chooser(field, options, "" if default is None and options[0][1] == "" else default)


def _count(field: Field) -> Component:
    span = range(int(field.schema["minimum"]), int(field.schema["maximum"]) + 1)
    return _chooser(field, [(str(each), each) for each in span], field.schema.get("default"))


def _chooser(field: Field, options: Sequence[tuple[str, str | int]], value: str | int | None) -> Component:
    return scripted(
        "choices",
        value=value,
        label=field.title,
        elem_id=field.id,
        title=field.title,
        help=field.help,
        required=field.required,
        options=[{"label": label, "value": value} for label, value in options],
    )


def _number(field: Field) -> Component:
    return gr.Textbox(
        value=str(field.schema.get("default") or ""),
        lines=1,
        max_lines=1,
        label=field.title,
        info=field.help,
        placeholder="A new one for every run",
        elem_id=field.id,
        elem_classes=["wb-text", "wb-line"],
    )


def _colour(field: Field) -> Component:
    return scripted(
        "swatches",
        value=field.schema.get("default") or "",
        label=field.title,
        elem_id=field.id,
        title=field.title,
        help=field.help,
    )


def _text(field: Field) -> Component:
    return gr.Textbox(
        value=field.schema.get("default") or "",
        lines=3,
        max_lines=10,
        max_length=field.schema.get("maxLength"),
        label=field.title if field.required else f"{field.title} (optional)",
        info=field.help,
        elem_id=field.id,
        elem_classes=["wb-text"],
    )


def _typed(schema: Schema) -> bool:
    """Whether a number is typed in rather than chosen."""
    return schema.get("type") == "integer" and "enum" not in schema and not _is_few(schema)


def _is_few(schema: Schema) -> bool:
    span = schema.get("maximum", 0) - schema.get("minimum", 0)
    return schema.get("type") == "integer" and "minimum" in schema and 0 < span < FEW


COMPONENTS: tuple[tuple[Callable[[Schema], bool], Callable[[Field], Component]], ...] = (
    (lambda schema: "draw" in schema, _drawing),
    (is_image, _pictures),
    (lambda schema: "enum" in schema, _choice),
    (_is_few, _count),
    (_typed, _number),
    (lambda schema: schema.get("pattern") == COLOUR_PATTERN, _colour),
    (lambda schema: schema.get("type") == "string", _text),
)
"""Which component a property becomes: the first whose rule holds."""


def component(field: Field) -> Component:
    """The component of a field; LookupError where the table has no rule for it."""
    for holds, build in COMPONENTS:
        if holds(field.schema):
            return build(field)
    raise LookupError(f"no component for {field.tool}'s {field.name}: {dict(field.schema)}")


def request_values(fields: Sequence[Field], shown: Sequence[Any]) -> dict[str, Any]:
    """What the components hold as values of a request; what is empty is left out."""
    values = {}
    for field, value in zip(fields, shown, strict=True):
        if value in (None, "", [], {}):
            continue
        values[field.name] = _plain(field, value)
    return values


def _plain(field: Field, value: Any) -> Any:
    """Typed numbers as numbers where they are ones; the one picture of a field that takes one."""
    if is_image(field.schema):
        return value if field.many else value[0]
    typed = isinstance(value, str) and field.schema.get("type") == "integer" and value.strip().isdecimal()
    return int(value) if typed else value


def shown_value(field: Field, values: Mapping[str, Any]) -> Any:
    """What the component of a field shows for a request's values; the default where they have none."""
    value = values.get(field.name)
    if is_image(field.schema):
        return [] if not value else list(value) if isinstance(value, (list, tuple)) else [value]
    if value is None:
        value = _blank(field) if "draw" in field.schema else field.schema.get("default")
    if _typed(field.schema):
        return "" if value is None else str(value)
    return "" if value is None else value
