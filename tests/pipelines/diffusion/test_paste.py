"""Keeping untouched pixels: exact outside what changed, nothing lost of what did, and neither shift nor tint left."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.diffusion.recipes.differences import differing
from pipelines.diffusion.recipes.paste import MOST_CHANGED, kept
from pipelines.diffusion.recipes.registration import Motion, reached
from pipelines.diffusion.recipes.tint import lab, tint_of
from pipelines.images import Floats, Mask, composite, picture, pixels, resized, to_bytes
from pipelines.sizes import Size
from pipelines.vision.rendering.scenes import render_scene
from tests.pipelines.diffusion.planted import SIZE, edited, moved, scene, softened, spot, tinted

MOTION = Motion(0.012, -0.015, 1.016, 1.016)


def delta_e(first: Floats, second: Floats, where: Mask | None = None) -> float:
    """Mean colour difference, CIE 1976."""
    difference = np.sqrt(((lab(first) - lab(second)) ** 2).sum(axis=2))
    return float(difference.mean() if where is None else difference[where].mean())


def grown(mask: Mask, by: int) -> Mask:
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8)) > 0


def shrunk(mask: Mask, by: int) -> Mask:
    return ~grown(~mask, by)


def test_the_same_picture_comes_back_as_it_is() -> None:
    done = kept(scene(), scene())
    assert np.array_equal(done.picture, scene())
    assert done.changed == 0
    assert not done.motion.moves
    assert done.tint.none


@pytest.mark.parametrize("motion", [Motion(), MOTION, Motion(-0.02, 0.02, 0.98, 0.98)], ids=str)
@pytest.mark.parametrize("seed", [3, 8])
def test_what_a_model_does_to_everything_is_taken_back(seed: int, motion: Motion) -> None:
    done = kept(scene(seed), tinted(softened(moved(scene(seed), motion))))
    assert np.array_equal(done.picture, scene(seed)), f"{done.changed:.2%} taken for changed"
    assert "nothing" in done.notes[0]


@pytest.mark.parametrize("motion", [Motion(), MOTION], ids=["still", "moved"])
@pytest.mark.parametrize(
    "where", [spot(), spot(0.25, 0.75, 0.06, 0.05), spot(0.9, 0.1, 0.2, 0.12)], ids=["middle", "small", "corner"]
)
def test_a_local_edit_survives_and_everything_else_is_the_source(where: Mask, motion: Motion) -> None:
    wanted = edited(scene(), where)
    done = kept(scene(), tinted(softened(moved(wanted, motion))))
    assert np.array_equal(done.picture[done.mask == 0], scene()[done.mask == 0])
    assert not (done.mask[~grown(where, 20)]).any(), "more than the edit and its seam was taken"
    assert (done.mask[where & (np.abs(wanted - scene()).max(axis=2) > 0.1)] == 1).mean() > 0.99
    assert delta_e(done.picture, wanted, shrunk(where, 4) & reached(motion, SIZE)) < 6


def test_inside_the_seam_the_pixels_are_the_made_ones() -> None:
    where = spot()
    made = edited(scene(), where)
    done = kept(scene(), made)
    assert np.array_equal(done.picture, made)
    assert (done.mask[where] == 1).all()


def test_a_tint_is_taken_off() -> None:
    where = spot()
    wanted = edited(scene(), where)
    made = tinted(wanted)
    before, after = delta_e(made, wanted), delta_e(kept(scene(), made).picture, wanted)
    assert before > 3
    assert after < 0.5
    assert delta_e(tint_of(scene(), made).removed(made), wanted) < 1


def test_a_tint_is_kept_where_it_was_meant() -> None:
    made = tinted(scene())
    done = kept(scene(), made, match=False)
    assert np.array_equal(done.picture, made)
    assert not done.pasted


def test_a_strong_tint_counts_as_meant() -> None:
    dusk = np.clip(scene() * np.array([0.55, 0.5, 0.8], np.float32), 0, 1).astype(np.float32)
    done = kept(scene(), dusk)
    assert np.array_equal(done.picture, dusk)
    assert f"{done.changed:.0%}" == "100%"
    assert "nothing of the source" in done.notes[0]


def test_another_picture_is_left_alone() -> None:
    other = np.ascontiguousarray(1 - scene(8)[:, ::-1])
    done = kept(scene(), other)
    assert np.array_equal(done.picture, other)
    assert (done.mask == 1).all()


def test_up_to_how_much_may_change_can_be_said() -> None:
    made = edited(scene(), ~spot(0.5, 0.5, 0.25, 0.3))
    assert not kept(scene(), made).pasted
    wide = kept(scene(), made, most=0.93)
    assert wide.pasted
    assert MOST_CHANGED < wide.changed < 0.93
    assert np.array_equal(wide.picture[wide.mask == 0], scene()[wide.mask == 0])


def test_another_background_leaves_the_subject_its_pixels() -> None:
    figure = render_scene(3, SIZE, oversample=1).figure
    ramp = np.linspace(0.25, 0.5, SIZE.height, dtype=np.float32)[:, None, None] * np.array([0.5, 0.8, 1.0], np.float32)
    wanted = composite(figure.rgb, figure.alpha, np.broadcast_to(ramp, scene().shape).astype(np.float32))
    done = kept(scene(), tinted(softened(moved(wanted, Motion(0.004, -0.006, 1.008, 1.008)))), most=0.93)
    assert done.pasted
    inner = shrunk(figure.alpha > 0.99, 8)
    assert (done.mask[inner] == 0).mean() > 0.9
    assert delta_e(done.picture, wanted, figure.alpha < 0.01) < 4


def test_a_soft_shadow_beside_an_edit_comes_with_it() -> None:
    where = spot()
    shadow = cv2.GaussianBlur(np.roll(where, (15, 5), (0, 1)).astype(np.float32), (0, 0), 6)[..., None]
    wanted = edited((scene() * (1 - 0.3 * shadow)).astype(np.float32), where)
    done = kept(scene(), softened(wanted))
    assert delta_e(done.picture, wanted) < 1.2
    seen = (shadow[..., 0] > 0.15) & ~where
    assert (done.mask[seen] > 0.9).mean() > 0.95


@pytest.mark.parametrize(
    "made", [tinted(softened(moved(scene(), MOTION))), np.ascontiguousarray(1 - scene())], ids=["alike", "other"]
)
@pytest.mark.parametrize("soft", [False, True])
def test_a_given_mask_is_exact(made: Floats, soft: bool) -> None:
    where = spot(0.7, 0.3, 0.3, 0.2)
    mask = cv2.GaussianBlur(where.astype(np.float32), (31, 31), 6) if soft else where
    done = kept(scene(), made, mask)
    outside = ~(mask > 0)
    assert np.array_equal(done.picture[outside], scene()[outside])
    assert np.array_equal(to_bytes(done.picture)[outside], to_bytes(scene())[outside])
    assert (done.mask[mask > 0] > 0).all()


def test_bytes_outside_a_mask_come_back_as_bytes() -> None:
    source = pixels(picture(scene()))
    made = (1 - scene()).astype(np.float32)
    where = spot()
    done = kept((source / np.float32(255)).astype(np.float32), made, where)
    assert np.array_equal(to_bytes(done.picture)[~where], source[~where])


def test_a_mask_that_touches_the_edge_of_the_picture_does_not_fade_there() -> None:
    where = np.zeros((SIZE.height, SIZE.width), bool)
    where[:, :140] = True
    done = kept(scene(), scene(), where)
    assert (done.mask[:, :120] == 1).all()


def test_light_that_differs_at_a_seam_fades_in() -> None:
    """A part made a little too dark: with a mask, its edge must not show as a step, and its middle stays as it was made."""
    where = spot(0.25, 0.2, 0.2, 0.15)
    darker = np.clip(scene() - np.float32(0.04), 0, 1).astype(np.float32)
    done = kept(scene(), darker, where, match=False)
    rim, middle = where & ~shrunk(where, 5), shrunk(where, 45)
    assert middle.any()
    assert delta_e(done.picture, scene(), rim) < 1.2
    assert delta_e(done.picture, darker, middle) < 0.6


@pytest.mark.parametrize("side", [256, 1600])
def test_it_holds_at_other_sizes(side: int) -> None:
    size = Size(side * 2 // 3, side)
    source, where = resized(scene(), size), resized(spot().astype(np.float32), size) > 0.5
    stripes = resized(edited(scene(), spot()), size)
    made = resized(resized(stripes, Size(SIZE.width, SIZE.height)), size)
    done = kept(source, tinted(made))
    assert np.array_equal(done.picture[done.mask == 0], source[done.mask == 0])
    assert (done.mask[shrunk(where, 2)] == 1).mean() > 0.97
    assert done.changed < 1.5 * where.mean() + 0.01


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (3, 2), (64, 64)])
def test_tiny_and_blank_pictures_pass_through(shape: tuple[int, int]) -> None:
    blank = np.full((*shape, 3), 0.4, np.float32)
    assert np.array_equal(kept(blank, blank).picture, blank)
    other = kept(blank, 1 - blank, np.ones(shape, bool))
    assert np.allclose(other.picture, 0.6)


def test_an_empty_mask_gives_the_source() -> None:
    none = np.zeros((SIZE.height, SIZE.width), bool)
    assert np.array_equal(kept(scene(), 1 - scene(), none).picture, scene())


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="one size"):
        kept(scene(), scene()[:-1])
    with pytest.raises(ValueError, match="one size"):
        kept(scene(), scene(), np.ones((3, 3), bool))


def test_two_runs_are_the_same() -> None:
    made = tinted(softened(moved(edited(scene(), spot()), MOTION)))
    first, second = kept(scene(), made), kept(scene(), made)
    assert np.array_equal(first.picture, second.picture)
    assert np.array_equal(first.mask, second.mask)


def test_differences_are_none_where_there_are_none() -> None:
    assert not differing(scene(), scene()).any()
    assert not differing(scene(), softened(scene())).any()


@settings(max_examples=8, deadline=None)
@given(x=st.floats(0.1, 0.9), y=st.floats(0.1, 0.9), across=st.floats(0.04, 0.2), shift=st.floats(-0.015, 0.015))
def test_wherever_an_edit_is_it_is_kept_whole(x: float, y: float, across: float, shift: float) -> None:
    where = spot(x, y, across, across)
    wanted = edited(scene(), where)
    done = kept(scene(), tinted(moved(wanted, Motion(shift, -shift / 2))))
    assert np.array_equal(done.picture[done.mask == 0], scene()[done.mask == 0])
    margin = np.zeros_like(where)
    margin[12:-12, 12:-12] = True
    assert (done.mask[shrunk(where, 2) & margin] == 1).mean() > 0.97
