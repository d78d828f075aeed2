"""The border of two garments, laid along the edge that a picture has."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.images import Bytes
from pipelines.vision.people.body import Part
from pipelines.vision.people.refine import clothed
from pipelines.vision.people.waist import snapped

HEIGHT, WIDTH = 240, 120
SKIN, CLOTH, JEANS, KHAKI = (214, 170, 140), (232, 232, 234), (150, 175, 215), (196, 176, 120)


def dressed(hem: int, top: tuple[int, int, int] = CLOTH, bottom: tuple[int, int, int] = JEANS) -> Bytes:
    """A trunk whose top ends in row `hem`, with some noise."""
    rgb = np.full((HEIGHT, WIDTH, 3), 128, np.float32)
    rgb[20:hem, 20:100], rgb[hem:220, 20:100] = top, bottom
    return np.clip(rgb + np.random.default_rng(0).normal(0, 2, rgb.shape), 0, 255).astype(np.uint8)


def guessed(hem: int, bulge: int) -> Bytes:
    """Labels that end the top in row `hem`, but on the left `bulge` rows lower."""
    parts = np.zeros((HEIGHT, WIDTH), np.uint8)
    parts[20:220, 20:100], parts[20:hem, 20:100] = Part.LOWER, Part.UPPER
    parts[hem : hem + bulge, 20:45] = Part.UPPER
    return parts


@given(st.integers(70, 160), st.integers(6, 11))
@settings(max_examples=12, deadline=None)
def test_a_top_that_leaks_into_trousers_ends_at_its_hem(hem: int, bulge: int) -> None:
    found = snapped(dressed(hem), guessed(hem, bulge))
    wanted = guessed(hem, 0)
    assert (found != wanted).mean() < 0.2 * (guessed(hem, bulge) != wanted).mean()


def test_without_a_clearer_edge_the_guess_stays() -> None:
    parts = guessed(120, 10)
    assert np.array_equal(snapped(dressed(120, CLOTH, CLOTH), parts), parts)


@pytest.mark.parametrize("only", [Part.UPPER, Part.LOWER, Part.DRESS])
def test_one_garment_alone_stays_as_it_is(only: Part) -> None:
    parts = np.where(guessed(120, 10) > 0, np.uint8(only), np.uint8(0)).astype(np.uint8)
    assert np.array_equal(snapped(dressed(120), parts), parts)


def test_garments_that_do_not_meet_stay_as_they_are() -> None:
    parts = guessed(120, 0)
    parts[100:140] = np.where(parts[100:140] > 0, np.uint8(Part.TORSO), 0)
    assert np.array_equal(snapped(dressed(120), parts), parts)


def test_other_parts_are_never_touched() -> None:
    parts = guessed(120, 10)
    parts[110:150, 60:90] = Part.LEFT_HAND
    found = snapped(dressed(120), parts)
    others = ~np.isin(parts, (Part.UPPER, Part.LOWER))
    assert np.array_equal(found[others], parts[others])
    assert np.isin(found[~others], (Part.UPPER, Part.LOWER)).all()


def legs(cloth: tuple[int, int, int]) -> tuple[Bytes, Bytes]:
    """A head of skin over trousers of a colour, a piece of which is called a leg."""
    parts = np.zeros((HEIGHT, WIDTH), np.uint8)
    parts[10:50, 45:75], parts[80:220, 30:90], parts[150:180, 45:75] = Part.FACE, Part.LOWER, Part.RIGHT_LEG
    rgb = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    rgb[parts == Part.FACE], rgb[np.isin(parts, (Part.LOWER, Part.RIGHT_LEG))] = SKIN, cloth
    return rgb, parts


def test_a_piece_of_trousers_taken_for_a_leg_is_trousers() -> None:
    rgb, parts = legs(KHAKI)
    assert (clothed(rgb, parts)[150:180, 45:75] == Part.LOWER).all()


def test_a_knee_in_torn_trousers_stays_bare() -> None:
    rgb, parts = legs(JEANS)
    rgb[150:180, 45:75] = np.array(SKIN) * 0.9
    assert np.array_equal(clothed(rgb, parts), parts)


def test_a_leg_stays_bare_where_no_sure_skin_can_be_compared() -> None:
    rgb, parts = legs(KHAKI)
    parts[parts == Part.FACE] = Part.HAIR
    assert np.array_equal(clothed(rgb, parts), parts)
