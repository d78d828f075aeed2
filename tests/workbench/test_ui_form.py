"""Forms are projections of the declarations: every property has a component, and values survive the way there and back."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.tools.base import Tool, is_image
from workbench.tools.registry import TOOLS
from workbench.ui.form import Field, choices, component, fields_of, request_values, shown_value

FIELDS = [field for tool in TOOLS for field in fields_of(tool)]
ids = st.text("0123456789abcdef", min_size=8, max_size=8)


def name_of(each: Field | Tool) -> str:
    return f"{each.tool}.{each.name}" if isinstance(each, Field) else each.name


def value_of(field: Field) -> st.SearchStrategy[Any]:
    """Any value that the property may have."""
    schema = field.schema
    if is_image(schema):
        return st.lists(ids, min_size=1, max_size=schema["maxItems"]) if field.many else ids
    if schema.get("draw") == "box":
        return st.just([0.1, 0.2, 0.8, 0.9])
    if schema.get("draw") == "points":
        return st.just({"hem_left": [0.1, 0.9]})
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    return st.from_regex(schema["pattern"], fullmatch=True) if schema.get("pattern", r"\S") != r"\S" else st.text(min_size=1)


@pytest.mark.parametrize("field", FIELDS, ids=name_of)
def test_every_property_has_a_labelled_component_with_its_default(field: Field) -> None:
    made = component(field)
    assert field.title in made.label
    assert made.elem_id == f"{field.tool}-{field.name.replace('_', '-')}"
    assert made.value in (shown_value(field, {}), None)


@pytest.mark.parametrize("tool", list(TOOLS), ids=name_of)
def test_what_is_shown_for_no_values_asks_for_the_defaults(tool: Tool) -> None:
    fields = fields_of(tool)
    values = request_values(fields, [shown_value(each, {}) for each in fields])
    assert values == {each.name: each.schema["default"] for each in fields if each.schema.get("default") not in (None, "")}


@pytest.mark.parametrize("tool", list(TOOLS), ids=name_of)
def test_values_survive_the_way_into_the_components_and_back(tool: Tool) -> None:
    fields = fields_of(tool)

    @given(st.fixed_dictionaries({each.name: value_of(each) for each in fields}))
    def check(values: dict[str, Any]) -> None:
        assert request_values(fields, [shown_value(each, values) for each in fields]) == values

    check()


def test_only_what_may_stay_open_offers_auto() -> None:
    ratio = {each.tool: choices(each)[0] for each in FIELDS if each.name == "aspect_ratio"}
    assert ratio["packshot"] == ("Auto", "")
    assert ratio["reframe"] == ("1:1", "1:1")


def test_a_typed_seed_becomes_a_number_and_nonsense_reaches_the_declaration() -> None:
    fields = [each for each in FIELDS if each.tool == "upscale" and each.name == "seed"]
    assert request_values(fields, [" 42 "]) == {"seed": 42}
    assert request_values(fields, ["many"]) == {"seed": "many"}


def test_a_property_of_an_unknown_kind_is_an_error_not_a_gap() -> None:
    with pytest.raises(LookupError, match="no component for upscale's odd"):
        component(Field("upscale", "odd", {"type": "object"}, required=False))


def test_what_is_drawn_knows_its_kind_and_the_picture_that_it_is_drawn_over() -> None:
    mask = component(next(each for each in fields_of(TOOLS["edit"]) if each.name == "mask"))
    assert (mask.props["kind"], mask.props["over"]) == ("mask", "edit-image")
    assert mask.value == []


@pytest.mark.parametrize("tool", list(TOOLS), ids=name_of)
def test_everything_that_is_drawn_is_drawn_over_a_picture_of_its_tool(tool: Tool) -> None:
    for schema in tool.properties().values():
        assert "draw" not in schema or schema["over"] in tool.image_fields()
