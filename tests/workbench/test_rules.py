"""Automatic decisions: tier, mode, ratio and size, each with its reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sizes import ASPECT_RATIOS, Mode, Size, Tier, nearest_tier, ratio_of
from workbench.errors import InvalidInput
from workbench.tools.base import Decisions, Facts
from workbench.tools.registry import TOOLS

sides = st.integers(64, 8000)


def decide(name: str, values: dict[str, Any], **sizes: tuple[Size, ...]) -> Decisions:
    tool = TOOLS[name]
    return tool.decide(tool, tool.parse(values), Facts(sizes))


def fields(chosen: Decisions) -> set[str]:
    return {each.field for each in chosen.reasons}


@given(width=sides, height=sides)
def test_auto_resolution_is_the_tier_nearest_to_the_primary_picture(width: int, height: int) -> None:
    source = Size(width, height)
    if not 1 / 6 <= source.ratio <= 6:
        return
    chosen = decide("model-swap", {"model_image": "a"}, model_image=(source,))
    tier = nearest_tier(source.pixels)
    assert chosen.resolution == tier.value
    assert chosen.mode is (Mode.FAST if tier is Tier.K1 else Mode.BALANCED)
    assert {"resolution", "generation_mode"} <= fields(chosen)


def test_only_the_primary_picture_counts_for_the_tier() -> None:
    chosen = decide(
        "try-on", {"model_image": "a", "product_image": "b"}, model_image=(Size(800, 1200),), product_image=(Size(5000, 5000),)
    )
    assert chosen.resolution == "1k"


@pytest.mark.parametrize("name", ["create-model", "create-face"])
def test_without_an_input_picture_auto_is_1k(name: str) -> None:
    chosen = decide(name, {"prompt": "somebody"})
    assert (chosen.resolution, chosen.mode) == ("1k", Mode.FAST)
    assert "no input picture" in chosen.reasons[0].text


def test_try_on_is_balanced_by_itself() -> None:
    assert decide("try-on", {"model_image": "a", "product_image": "b"}, model_image=(Size(800, 1200),)).mode is Mode.BALANCED


def test_several_pictures_make_auto_balanced_and_the_reason_counts_them() -> None:
    size = Size(800, 1000)
    chosen = decide("product-to-model", {"product_images": ["a", "b"]}, product_images=(size, size))
    assert chosen.mode is Mode.BALANCED
    assert any("2 input pictures" in each.text for each in chosen.reasons)
    alone = decide("product-to-model", {"product_images": ["a"]}, product_images=(size,))
    assert alone.mode is Mode.FAST


@given(tier=st.sampled_from(["1k", "2k", "4k", "auto"]), width=sides, height=sides, count=st.integers(1, 3))
def test_auto_is_never_quality(tier: str, width: int, height: int, count: int) -> None:
    if not 1 / 6 <= width / height <= 6:
        return
    values = {"product_images": ["a"] * count, "resolution": tier}
    assert decide("product-to-model", values, product_images=(Size(width, height),) * count).mode is not Mode.QUALITY


def test_what_is_asked_for_is_kept_and_needs_no_reason() -> None:
    values = {"product_images": ["a"], "resolution": "4k", "generation_mode": "fast", "aspect_ratio": "16:9"}
    chosen = decide("product-to-model", values, product_images=(Size(800, 1000),))
    assert (chosen.resolution, chosen.mode, chosen.reasons) == ("4k", Mode.FAST, ())
    assert chosen.size is not None
    assert chosen.size.ratio == pytest.approx(16 / 9, rel=0.01)


def test_the_ratio_is_inherited_from_the_background_then_the_image_prompt_then_the_product() -> None:
    values = {"product_images": ["a"], "image_prompt": "b", "background_reference": "c"}
    given_sizes = {
        "product_images": (Size(1000, 1000),),
        "image_prompt": (Size(1000, 1500),),
        "background_reference": (Size(1600, 900),),
    }
    for gone, ratio in ((None, 16 / 9), ("background_reference", 2 / 3), ("image_prompt", 1.0)):
        if gone:
            values.pop(gone)
            given_sizes.pop(gone)
        chosen = decide("product-to-model", values, **given_sizes)
        assert chosen.size is not None
        assert chosen.size.ratio == pytest.approx(ratio, rel=0.01)


@pytest.mark.parametrize("text", ASPECT_RATIOS)
def test_reframe_gives_every_ratio_and_refuses_the_one_the_picture_has(text: str) -> None:
    ratio = float(ratio_of(text))
    other = Size(1000, round(1000 / ratio / 1.2))
    chosen = decide("reframe", {"image": "a", "aspect_ratio": text}, image=(other,))
    assert chosen.size is not None
    assert chosen.size.ratio == pytest.approx(ratio, rel=0.01)
    same = Size(2000, round(2000 / ratio))
    with pytest.raises(InvalidInput, match="already"):
        decide("reframe", {"image": "a", "aspect_ratio": text}, image=(same,))


@pytest.mark.parametrize("name", ["background-remove", "face-swap"])
def test_the_picture_keeps_its_size_up_to_2k_and_a_larger_one_is_brought_down_with_a_reason(name: str) -> None:
    values = {"image": "a"} | ({"face_reference": "b"} if name == "face-swap" else {})
    kept = decide(name, values, image=(Size(1001, 777),))
    assert kept.size == Size(1001, 777)
    assert "resolution" not in fields(kept)
    large = decide(name, values, image=(Size(4000, 3000),))
    assert large.size is not None
    assert large.size.pixels <= Tier.K2.pixels
    assert any("up to 2K" in each.text for each in large.reasons)


@given(width=st.integers(64, 4096), height=st.integers(64, 4096), factor=st.sampled_from(["2x", "4x", "enhance"]))
def test_upscale_multiplies_exactly_and_never_passes_4k_silently(width: int, height: int, factor: str) -> None:
    source = Size(width, height)
    if not 1 / 6 <= source.ratio <= 6:
        return
    times = {"2x": 2, "4x": 4, "enhance": 1}[factor]
    if times > 1 and source.pixels >= Tier.K4.pixels:
        return
    chosen = decide("upscale", {"image": "a", "factor": factor}, image=(source,))
    assert chosen.size is not None
    wanted = Size(width * times, height * times)
    assert chosen.size == wanted or (chosen.size.pixels <= Tier.K4.pixels and "resolution" in fields(chosen))


def test_a_picture_at_4k_is_only_enhanced() -> None:
    with pytest.raises(InvalidInput, match="use enhance"):
        decide("upscale", {"image": "a", "factor": "2x"}, image=(Size(4096, 4096),))


@pytest.mark.parametrize(("resolution", "short"), [("480p", 480), ("720p", 720), ("1080p", 1080)])
def test_a_video_has_the_short_side_of_its_resolution_and_even_sides(resolution: str, short: int) -> None:
    for source in (Size(801, 1203), Size(1203, 801), Size(500, 500)):
        chosen = decide("image-to-video", {"image": "a", "resolution": resolution}, image=(source,))
        assert chosen.size is not None
        assert min(chosen.size.width, chosen.size.height) == short
        assert chosen.size.width % 2 == chosen.size.height % 2 == 0
        assert chosen.size.ratio == pytest.approx(source.ratio, rel=0.01)


def test_an_end_image_needs_1080p() -> None:
    with pytest.raises(InvalidInput, match="1080p"):
        decide("image-to-video", {"image": "a", "end_image": "b", "resolution": "720p"})
    assert decide("image-to-video", {"image": "a", "end_image": "b", "resolution": "1080p"}).resolution == "1080p"


@pytest.mark.parametrize("name", ["try-on", "reframe", "upscale", "background-remove", "image-to-video"])
def test_extreme_strips_are_refused_by_field(name: str) -> None:
    tool = TOOLS[name]
    field = tool.primary[0]
    values = dict.fromkeys(tool.required(), "a") | ({"aspect_ratio": "1:1"} if name == "reframe" else {})
    with pytest.raises(InvalidInput) as caught:
        decide(name, values, **{field: (Size(10_000, 100),)})
    assert caught.value.problems[0].field == field


def test_before_a_picture_is_there_a_quote_can_still_be_decided() -> None:
    chosen = decide("upscale", {"image": "a"})
    assert chosen.size is None
    assert decide("product-to-model", {"product_images": ["a"]}).resolution == "1k"
