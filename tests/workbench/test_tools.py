"""What must hold for every declared tool."""

from dataclasses import fields, is_dataclass
from math import inf, nan
from typing import Any, get_args

import pytest
from PIL import Image

from pipelines.sizes import Mode, Size
from pipelines.tasks import BackgroundRemove, Task
from workbench.errors import InvalidInput
from workbench.tools.base import Facts, Tool, Toolbox, is_image
from workbench.tools.registry import TOOLS

FIELDS = {
    "product-to-model": "product_images image_prompt background_reference face_reference prompt face_reference_mode aspect_ratio "
    "num_images resolution generation_mode seed",
    "try-on": "model_image product_image prompt landmarks num_images resolution generation_mode seed",
    "packshot": "product_image image_context prompt aspect_ratio num_images resolution generation_mode seed",
    "model-swap": "model_image face_reference prompt face_reference_mode num_images resolution generation_mode seed",
    "create-model": "prompt face_reference pose_reference face_reference_mode aspect_ratio num_images resolution generation_mode seed",
    "create-face": "prompt num_images resolution generation_mode seed",
    "edit": "image prompt image_context annotations mask num_images resolution generation_mode seed",
    "reframe": "image aspect_ratio resolution generation_mode seed",
    "background-remove": "image color box scribble generation_mode",
    "face-swap": "image face_reference match generation_mode seed",
    "upscale": "image factor generation_mode seed",
    "image-to-video": "image end_image prompt duration resolution seed",
}
"""The names that clients, scripts and notebooks rely on."""

each_tool = pytest.mark.parametrize("tool", list(TOOLS), ids=lambda tool: tool.name)


def smallest(tool: Tool) -> dict[str, Any]:
    """The smallest valid request of a tool."""
    values: dict[str, Any] = {}
    for name in tool.required():
        schema = tool.properties()[name]
        values[name] = ["a"] if schema.get("type") == "array" else schema.get("enum", ["a"])[0]
    return values


def facts(tool: Tool) -> Facts:
    return Facts({name: (Size(800, 1000),) for name in tool.image_fields() if name in tool.required()})


@each_tool
def test_field_names_are_the_ones_others_rely_on(tool: Tool) -> None:
    assert list(tool.properties()) == FIELDS[tool.name].split()


@each_tool
def test_every_field_explains_itself(tool: Tool) -> None:
    for name, schema in tool.properties().items():
        assert schema["title"], name
        assert len(schema["description"]) > 20, name
        assert schema["description"].endswith((".", "”", "?")), name


@each_tool
def test_the_smallest_request_is_valid_and_decided(tool: Tool) -> None:
    request = tool.parse(smallest(tool))
    chosen = tool.decide(tool, request, facts(tool))
    assert chosen.size is not None
    assert chosen.mode in tool.modes
    assert chosen.num_images == 1


@each_tool
def test_a_request_becomes_a_task_with_nothing_lost(tool: Tool) -> None:
    request = tool.parse(smallest(tool))
    picture = Image.new("RGB", (800, 1000))
    pictures = dict.fromkeys(tool.images(request), (picture,))
    task = tool.build(request, pictures, tool.decide(tool, request, facts(tool)), seed=7)
    assert is_dataclass(task)
    assert task.seed == 7
    for each in fields(task):
        value = getattr(task, each.name)
        if each.name in tool.images(request):
            assert value in (picture, (picture,))
        elif each.name in tool.properties() and each.name not in ("seed", "resolution"):
            assert value == getattr(request, each.name) or value in (None, ())


@each_tool
def test_fields_of_another_tool_are_refused_by_name(tool: Tool) -> None:
    with pytest.raises(InvalidInput) as caught:
        tool.parse({**smallest(tool), "another_tools_field": 1})
    assert [each.field for each in caught.value.problems] == ["another_tools_field"]
    assert tool.name in str(caught.value)


@each_tool
def test_a_missing_required_field_is_named(tool: Tool) -> None:
    with pytest.raises(InvalidInput) as caught:
        tool.parse({})
    assert {each.field for each in caught.value.problems} == tool.required()


@each_tool
def test_values_out_of_bounds_are_refused_with_the_bounds(tool: Tool) -> None:
    for name, schema in tool.properties().items():
        if "minimum" not in schema:
            continue
        for wrong in (schema["minimum"] - 1, schema["maximum"] + 1, nan, inf, "many", 1.5):
            with pytest.raises(InvalidInput) as caught:
                tool.parse({**smallest(tool), name: wrong})
            (problem,) = caught.value.problems
            assert problem.field == name
            assert str(schema["maximum"]) in problem.message


@each_tool
def test_choices_are_refused_with_the_choices(tool: Tool) -> None:
    for name, schema in tool.properties().items():
        if "enum" in schema:
            with pytest.raises(InvalidInput, match=str(schema["enum"][-1])):
                tool.parse({**smallest(tool), name: "7:5"})


def test_every_task_has_a_tool() -> None:
    assert {tool.task for tool in TOOLS} == set(get_args(Task))


def test_a_toolbox_refuses_two_tools_of_one_name() -> None:
    tool = TOOLS["edit"]
    with pytest.raises(ValueError, match="share a name"):
        Toolbox(tool, tool)


def test_an_unknown_tool_is_answered_with_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="product-to-model, try-on"):
        TOOLS["tryon"]


def test_try_on_has_no_fast() -> None:
    assert Mode.FAST not in TOOLS["try-on"].modes
    with pytest.raises(InvalidInput, match="balanced, quality"):
        TOOLS["try-on"].parse({"model_image": "a", "product_image": "b", "generation_mode": "fast"})


@pytest.mark.parametrize("count", [0, 4])
def test_product_to_model_takes_one_to_three_products(count: int) -> None:
    with pytest.raises(InvalidInput, match="1 to 3"):
        TOOLS["product-to-model"].parse({"product_images": ["a"] * count})


@pytest.mark.parametrize(
    ("given", "kept"), [("#F4F1EC", "#f4f1ec"), ("f4f1ec", "#f4f1ec"), ("#abc", "#aabbcc"), ("", None), (None, None)]
)
def test_colours_are_normalised(given: str | None, kept: str | None) -> None:
    assert TOOLS["background-remove"].parse({"image": "a", "color": given}).model_dump()["color"] == kept


@pytest.mark.parametrize("wrong", ["red", "#12", "#gggggg", "#12345678", 5])
def test_what_is_no_colour_is_refused(wrong: object) -> None:
    with pytest.raises(InvalidInput, match="color"):
        TOOLS["background-remove"].parse({"image": "a", "color": wrong})


@pytest.mark.parametrize("prompt", ["", "   ", "x" * 4001])
def test_a_required_prompt_is_neither_empty_nor_endless(prompt: str) -> None:
    with pytest.raises(InvalidInput, match="prompt"):
        TOOLS["create-face"].parse({"prompt": prompt})


@each_tool
def test_image_fields_are_found_by_their_format(tool: Tool) -> None:
    assert set(tool.image_fields()) == {name for name, schema in tool.properties().items() if is_image(schema)}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"elbow": [0.5, 0.5]}, "'elbow' is no landmark; there are collar_left, collar_right"),
        ({"crotch": [0.5, 1.2]}, "crotch must be two numbers from 0 to 1"),
        ({"crotch": [0.5]}, "crotch must be two numbers from 0 to 1"),
        ({"crotch": [0.5, nan]}, "crotch must be two numbers from 0 to 1"),
        ({"crotch": [True, 0.5]}, "crotch must be two numbers from 0 to 1"),
        ([0.5, 0.5], "an object of names and points"),
    ],
)
def test_landmarks_that_cannot_be_are_refused_by_name(given: Any, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        TOOLS["try-on"].parse({"model_image": "a", "product_image": "b", "landmarks": given})
    assert told in refused.value.problems[0].message
    assert refused.value.problems[0].field == "landmarks"


def test_landmarks_reach_the_task() -> None:
    tool = TOOLS["try-on"]
    request = tool.parse({**smallest(tool), "landmarks": {"crotch": [0.5, 1]}})
    pictures = dict.fromkeys(tool.images(request), (Image.new("RGB", (800, 1000)),))
    task = tool.build(request, pictures, tool.decide(tool, request, facts(tool)), seed=7)
    assert task.landmarks == {"crotch": (0.5, 1.0)}  # type: ignore[union-attr]
    assert tool.parse({**smallest(tool), "landmarks": {}}).landmarks is None  # type: ignore[attr-defined]


def test_a_box_is_four_numbers_in_order() -> None:
    tool = TOOLS["background-remove"]
    assert tool.parse({"image": "a", "box": [0, 0.05, 0.9, 1]}).model_dump()["box"] == (0.0, 0.05, 0.9, 1.0)
    assert tool.parse({"image": "a", "box": None}).model_dump()["box"] is None


@pytest.mark.parametrize(
    "wrong",
    [[0.9, 0, 0.1, 1], [0, 0.5, 1, 0.5], [0, 0, 1], [0, 0, 1, 2], "0 0 1 1", [0, 0, 1, "x"], [nan, 0, 1, 1], [0, 0, True, 1]],
)
def test_another_box_is_refused_with_what_a_box_is(wrong: Any) -> None:
    with pytest.raises(InvalidInput, match="left, top, right, bottom") as caught:
        TOOLS["background-remove"].parse({"image": "a", "box": wrong})
    assert [each.field for each in caught.value.problems] == ["box"]


def test_a_box_reaches_the_task() -> None:
    tool = TOOLS["background-remove"]
    request = tool.parse({"image": "a", "box": [0.1, 0, 0.9, 1], "scribble": "b"})
    picture, drawing = Image.new("RGB", (800, 1000)), Image.new("RGBA", (8, 10))
    task = tool.build(request, {"image": (picture,), "scribble": (drawing,)}, tool.decide(tool, request, facts(tool)), seed=7)
    assert isinstance(task, BackgroundRemove)
    assert (task.box, task.scribble) == ((0.1, 0.0, 0.9, 1.0), drawing)
