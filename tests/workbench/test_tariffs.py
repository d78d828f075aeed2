"""Prices against the published tables, spelled out independently of the code that reads them."""

from typing import Any

import pytest

from pipelines.sizes import Size
from workbench.credits.tariffs import TariffName
from workbench.tools.base import Facts
from workbench.tools.quote import quote
from workbench.tools.registry import TOOLS

IMAGE_TOOLS = ["product-to-model", "try-on", "packshot", "model-swap", "create-model", "create-face", "edit", "reframe"]
APP = {("fast", "1k"): 1, ("fast", "2k"): 1, ("fast", "4k"): 1, ("balanced", "1k"): 1, ("balanced", "2k"): 1,
       ("balanced", "4k"): 2, ("quality", "1k"): 1, ("quality", "2k"): 2, ("quality", "4k"): 3}  # fmt: skip
API = {("fast", "1k"): 1, ("fast", "2k"): 2, ("fast", "4k"): 3, ("balanced", "1k"): 2, ("balanced", "2k"): 3,
       ("balanced", "4k"): 4, ("quality", "1k"): 3, ("quality", "2k"): 4, ("quality", "4k"): 5}  # fmt: skip


def cost(name: str, tariff: TariffName = TariffName.APP, **values: Any) -> int:
    tool = TOOLS[name]
    for field in tool.required():
        schema = tool.properties()[field]
        values.setdefault(field, ["a"] if schema.get("type") == "array" else schema.get("enum", ["a"])[0])
    request = tool.parse(values)
    sizes = {each: (Size(800, 1000),) for each in tool.images(request)}
    return quote(tool, tool.decide(tool, request, Facts(sizes)), tariff).credits


@pytest.mark.parametrize("name", IMAGE_TOOLS)
@pytest.mark.parametrize(("tariff", "table"), [(TariffName.APP, APP), (TariffName.API, API)])
def test_image_tools_cost_what_the_tables_say(name: str, tariff: TariffName, table: dict[tuple[str, str], int]) -> None:
    for (mode, tier), price in table.items():
        if name == "try-on" and mode == "fast":
            continue
        assert cost(name, tariff, generation_mode=mode, resolution=tier) == price


@pytest.mark.parametrize("name", ["product-to-model", "model-swap", "create-model"])
@pytest.mark.parametrize(("tariff", "more"), [(TariffName.APP, 2), (TariffName.API, 3)])
def test_a_face_reference_costs_more_per_output(name: str, tariff: TariffName, more: int) -> None:
    plain = {"generation_mode": "fast", "resolution": "1k", "num_images": 3}
    assert cost(name, tariff, face_reference="f", **plain) == cost(name, tariff, **plain) + 3 * more


def test_the_published_examples() -> None:
    assert cost("product-to-model", resolution="1k", face_reference="f", num_images=2) == 6
    assert cost("model-swap", resolution="2k", generation_mode="quality", num_images=4) == 8
    assert cost("image-to-video", resolution="720p", duration=10) == 6


@pytest.mark.parametrize("tariff", TariffName)
@pytest.mark.parametrize(("name", "price"), [("background-remove", 1), ("upscale", 1), ("face-swap", 2)])
def test_fixed_prices_stay_fixed_in_every_mode(name: str, price: int, tariff: TariffName) -> None:
    assert {cost(name, tariff, generation_mode=mode) for mode in ("auto", "fast", "balanced", "quality")} == {price}


@pytest.mark.parametrize(("duration", "prices"), [(5, (1, 3, 6)), (10, (2, 6, 12))])
def test_videos_cost_by_duration_and_resolution(duration: int, prices: tuple[int, ...]) -> None:
    found = tuple(cost("image-to-video", resolution=each, duration=duration) for each in ("480p", "720p", "1080p"))
    assert found == prices


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_the_price_scales_with_the_number_of_outputs(count: int) -> None:
    assert cost("packshot", num_images=count, resolution="4k", generation_mode="quality") == 3 * count
