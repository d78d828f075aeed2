"""Every size that a tier and a ratio can ask for."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sizes import (
    AREA_TOLERANCE,
    ASPECT_RATIOS,
    MAX_RATIO,
    RATIO_TOLERANCE,
    Size,
    Tier,
    nearest_tier,
    ratio_of,
    size_for,
)

tiers = st.sampled_from(list(Tier))
ratios = st.floats(1 / MAX_RATIO, MAX_RATIO)


def holds(size: Size, tier: Tier, ratio: float) -> bool:
    return abs(size.ratio / ratio - 1) <= RATIO_TOLERANCE and abs(size.pixels / tier.pixels - 1) <= AREA_TOLERANCE


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("text", ASPECT_RATIOS)
def test_every_offered_ratio_has_a_size_in_multiples_of_16(tier: Tier, text: str) -> None:
    size = size_for(tier, ratio_of(text))
    assert holds(size, tier, float(ratio_of(text)))
    assert size.width % 16 == size.height % 16 == 0


@given(tier=tiers, ratio=ratios)
def test_any_ratio_up_to_six_to_one_has_a_size_within_the_tolerances(tier: Tier, ratio: float) -> None:
    size = size_for(tier, ratio)
    assert holds(size, tier, ratio)
    assert size.width % 8 == size.height % 8 == 0


@given(tier=tiers, ratio=ratios)
def test_eight_is_used_only_where_sixteen_cannot_meet_the_tolerances(tier: Tier, ratio: float) -> None:
    size = size_for(tier, ratio)
    if size.width % 16 or size.height % 16:
        in_16 = (Size(width, height) for width in range(16, 12_000, 16) for height in _heights_near(tier, width))
        assert not any(holds(each, tier, ratio) for each in in_16)


def _heights_near(tier: Tier, width: int) -> range:
    middle = round(tier.pixels / width / 16) * 16
    reach = max(16, round(middle * AREA_TOLERANCE / 16 + 1) * 16)
    return range(max(16, middle - reach), middle + reach + 1, 16)


@given(tier=tiers, width=st.integers(1, 60), height=st.integers(1, 60))
def test_turning_a_ratio_turns_the_size(tier: Tier, width: int, height: int) -> None:
    ratio = Fraction(width, height)
    if not 1 / MAX_RATIO <= ratio <= MAX_RATIO:
        return
    size, turned = size_for(tier, ratio), size_for(tier, 1 / ratio)
    assert holds(turned, tier, float(1 / ratio))
    assert size.pixels == pytest.approx(turned.pixels, rel=2 * AREA_TOLERANCE)


@pytest.mark.parametrize("ratio", [0.0, 0.1, 6.1, 100.0])
def test_a_ratio_beyond_the_limit_is_refused(ratio: float) -> None:
    with pytest.raises(ValueError, match="beyond 6:1"):
        size_for(Tier.K1, ratio)


@pytest.mark.parametrize("text", ["", "1", "0:1", "1:0", "-4:5", "a:b", "4/5", "nan:1"])
def test_what_is_no_ratio_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is no aspect ratio"):
        ratio_of(text)


@given(pixels=st.integers(1, 60_000_000))
def test_the_nearest_tier_is_nearest_in_absolute_difference(pixels: int) -> None:
    chosen = nearest_tier(pixels)
    assert all(abs(chosen.pixels - pixels) <= abs(each.pixels - pixels) for each in Tier)


@pytest.mark.parametrize(
    ("pixels", "tier"),
    [(576 * 864, Tier.K1), (2_621_440, Tier.K1), (2_621_441, Tier.K2), (12_000_000, Tier.K4), (10_485_760, Tier.K2)],
)
def test_tier_borders(pixels: int, tier: Tier) -> None:
    assert nearest_tier(pixels) is tier
