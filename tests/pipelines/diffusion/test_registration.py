"""Registration: planted shifts and zooms are found to a tenth of a pixel, and nothing is found where there is nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.diffusion.recipes.registration import LEAST_AGREEMENT, Motion, reached, registered, warped
from pipelines.images import blurred
from pipelines.sizes import Size
from tests.pipelines.diffusion.planted import SIZE, edited, moved, scene, softened, spot, tinted

STILL = Motion()
PLANTED = [
    Motion(0.003, -0.004),
    Motion(0.02, -0.02),
    Motion(-0.0016, 0.0009),
    Motion(0, 0, 1.02, 1.02),
    Motion(0, 0, 0.98, 0.98),
    Motion(0.012, 0.017, 1.015, 1.015),
    Motion(-0.02, 0.02, 0.98, 0.98),
    Motion(0, 0, 1.0, 1.015),
]


def off(found: Motion, planted: Motion) -> float:
    """Pixels by which the corner that is off most is off."""
    return Motion(
        found.shift_x - planted.shift_x,
        found.shift_y - planted.shift_y,
        1 + found.zoom_x - planted.zoom_x,
        1 + found.zoom_y - planted.zoom_y,
    ).farthest(SIZE)


@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_a_planted_motion_is_found_to_a_tenth_of_a_pixel(planted: Motion) -> None:
    found = registered(scene(), moved(scene(), planted))
    assert off(found, planted) < 0.1
    assert found.agreement > 0.8


@pytest.mark.parametrize("planted", [PLANTED[0], PLANTED[5], PLANTED[6]], ids=str)
def test_it_is_found_in_spite_of_an_edit_a_tint_and_lost_texture(planted: Motion) -> None:
    made = tinted(softened(moved(edited(scene(), spot(across=0.2, down=0.15)), planted)))
    assert off(registered(scene(), made), planted) < 0.3


def test_what_is_known_to_differ_does_not_count() -> None:
    planted, where = Motion(0.01, -0.008, 1.01, 1.01), spot(across=0.4, down=0.3)
    made = softened(moved(edited(scene(), where), planted))
    assert off(registered(scene(), made, free=where), planted) < 0.3


def test_light_from_another_side_does_not_move_it() -> None:
    planted = Motion(0.008, 0.006)
    ramp = np.linspace(0.75, 1.1, SIZE.width, dtype=np.float32)[None, :, None]
    made = np.clip(moved(scene(), planted) * ramp, 0, 1).astype(np.float32)
    assert off(registered(scene(), made), planted) < 0.1


def test_the_same_picture_stands_still() -> None:
    found = registered(scene(), scene())
    assert not found.moves
    assert found.agreement == 1


def test_a_softened_picture_stands_still() -> None:
    assert off(registered(scene(), softened(scene())), STILL) < 0.15


def test_pictures_of_other_things_are_left_where_they_are() -> None:
    noise = np.random.default_rng(1).random(scene().shape, dtype=np.float32)
    for other in (blurred(noise, 3), scene()[::-1, ::-1].copy(), scene(8)[:, ::-1].copy()):
        found = registered(scene(), other)
        assert not found.moves or found.agreement >= LEAST_AGREEMENT


def test_a_motion_beyond_what_models_do_by_accident_is_left_alone() -> None:
    assert not registered(scene(), moved(scene(), Motion(0.15, 0.1))).moves
    assert not registered(scene(), moved(scene(), Motion(0, 0, 1.2, 1.2))).moves


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (7, 5), (64, 64), (20, 900)])
def test_blank_and_tiny_pictures_stand_still(shape: tuple[int, int]) -> None:
    blank = np.full((*shape, 3), 0.5, np.float32)
    assert not registered(blank, blank + np.float32(0.1)).moves


def test_the_warp_undoes_the_motion() -> None:
    planted = Motion(0.013, -0.009, 1.012, 1.012)
    back = warped(moved(scene(), planted), planted)
    inside = reached(planted, SIZE, margin=8)
    assert np.abs(back - scene())[inside].mean() < 0.004


def test_a_window_of_the_warp_is_that_window_of_the_whole() -> None:
    motion = Motion(0.01, 0.004, 0.99, 1.01)
    whole = warped(scene(), motion)
    part = warped(scene(), motion, left=100, top=150, size=Size(150, 90))
    assert np.abs(part - whole[150:240, 100:250]).max() < 2 / 255


@settings(max_examples=8, deadline=None)
@given(x=st.floats(-0.02, 0.02), y=st.floats(-0.02, 0.02), zoom=st.floats(0.98, 1.02), seed=st.sampled_from([3, 8]))
def test_any_small_motion_is_found(x: float, y: float, zoom: float, seed: int) -> None:
    planted = Motion(x, y, zoom, zoom)
    assert off(registered(scene(seed), moved(scene(seed), planted)), planted) < 0.15
