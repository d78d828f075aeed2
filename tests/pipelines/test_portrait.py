"""Faces laid over faces, reshaped and recoloured: geometry, light, edges."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import PersonNotFound
from pipelines.images import to_float
from pipelines.vision.people.body import Part
from pipelines.vision.portrait.align import aligned, marks, similarity, smooth_field
from pipelines.vision.portrait.complexion import dyed, skin_matte, toned
from pipelines.vision.portrait.lab import Lab, lab_of, rgb_of, tone_of
from pipelines.vision.portrait.likeness import hair_of, is_drawn, proportions_of, skin_of
from pipelines.vision.portrait.locate import Portrait, locate, portrait
from pipelines.vision.portrait.region import ellipse, region_of
from pipelines.vision.portrait.reshape import LEAST_JACOBIAN, Proportions, reshaped
from pipelines.vision.portrait.transplant import transplanted
from tests.pipelines.portraits import Look, head

DARK = Look(skin=(110, 74, 56), hair=(20, 16, 14), lips=(120, 60, 60))
WIDE = Look(eyes_apart=1.12, mouth_down=1.06, iris=(70, 110, 150))


def _portrait(look: Look | None = None, tilt: float = 0.0, side: int = 300) -> Portrait:
    rgb = head(look, tilt, side).rgb
    return portrait(rgb, locate(rgb, "image").face)


@pytest.fixture(scope="module")
def plain() -> Portrait:
    return _portrait()


@settings(max_examples=60, deadline=None)
@given(angle=st.floats(-3, 3), scale=st.floats(0.1, 8), x=st.floats(-50, 50), y=st.floats(-50, 50))
def test_a_similarity_is_found_exactly(angle: float, scale: float, x: float, y: float) -> None:
    points = np.random.default_rng(3).uniform(0, 100, (6, 2))
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = similarity(points, points @ turn.T + (x, y), np.ones(6))
    assert np.allclose(found[:, :2], turn, atol=1e-6 * scale + 1e-9)
    assert np.allclose(found[:, 2], (x, y), atol=1e-4)


def test_a_smooth_field_ends() -> None:
    field = smooth_field(np.array([[50.0, 50.0]]), np.array([[4.0, 0.0]]), 10.0, (100, 300))
    assert field.shape == (100, 300, 2)
    assert abs(field[50, 50, 0] - 4) < 0.4
    assert np.abs(field[:, 120:]).max() < 0.01


@pytest.mark.parametrize("bend", [0.0, 1.0])
@pytest.mark.parametrize("tilt", [-25.0, 20.0])
def test_one_face_is_laid_over_another_without_folds(plain: Portrait, tilt: float, bend: float) -> None:
    other = _portrait(WIDE, tilt)
    shape = (plain.rgb.shape[0], plain.rgb.shape[1])
    field = aligned(other.face, plain.face, shape, bend)
    assert field.jacobian_min > 0.3
    to, of = marks(plain.face)[:4], marks(other.face)[:4]
    hit = np.array([[field.x[round(y), round(x)], field.y[round(y), round(x)]] for x, y in to])
    off = np.linalg.norm(hit - of, axis=1).max() / other.face.eye_distance
    assert off < (0.09 if bend else 0.2)


def test_bending_brings_features_closer(plain: Portrait) -> None:
    other, shape = _portrait(WIDE), (plain.rgb.shape[0], plain.rgb.shape[1])
    to, of = marks(plain.face)[:4], marks(other.face)[:4]
    off = []
    for bend in (0.0, 1.0):
        field = aligned(other.face, plain.face, shape, bend)
        hit = np.array([[field.x[round(y), round(x)], field.y[round(y), round(x)]] for x, y in to])
        off.append(float(np.linalg.norm(hit - of, axis=1).max()))
    assert off[1] < 0.75 * off[0]


def test_a_transplant_changes_the_face_only(plain: Portrait) -> None:
    done = transplanted(_portrait(WIDE), plain, 0.0, 256, np.random.default_rng(0))
    assert np.array_equal(done.rgb[done.mask == 0], plain.rgb[done.mask == 0])
    inner = region_of(plain.rgb, plain.face).oval
    assert (done.mask > 0)[inner > 0.8].mean() > 0.9
    brows = ellipse(inner.shape, plain.face.at(0, -0.3), 1.6 * plain.face.eye_distance, 0.6 * plain.face.eye_distance, 0) < 1
    assert not (done.mask[(inner == 0) & ~brows] > 0).any()


def test_the_newcomer_takes_the_tone_of_the_place(plain: Portrait) -> None:
    done = transplanted(_portrait(DARK), plain, 0.0, 256, np.random.default_rng(0))
    cheek = region_of(plain.rgb, plain.face).skin * done.mask > 0.8
    before, after = (np.median(lab_of(each)[cheek], axis=0) for each in (plain.rgb, done.rgb))
    assert np.linalg.norm(before - after) < 4


def test_no_seam_shows(plain: Portrait) -> None:
    """Across the edge of the mask lightness changes no more than in the skin around it."""
    done = transplanted(_portrait(DARK), plain, 0.0, 256, np.random.default_rng(0))
    skin = region_of(plain.rgb, plain.face).skin > 0.9
    before, after = (np.hypot(*np.gradient(lab_of(each)[..., 0])) for each in (plain.rgb, done.rgb))
    edge = (done.mask > 0.02) & (done.mask < 0.6) & skin
    inner = (done.mask > 0.95) & skin
    assert np.median(after[edge]) < 1.3 * max(np.median(before[edge]), np.median(after[inner]))


def test_a_fringe_stays_in_front() -> None:
    target = _portrait(Look(fringe=True))
    done = transplanted(_portrait(WIDE), target, 0.0, 256, np.random.default_rng(0))
    fringe = region_of(target.rgb, target.face).front > 0.95
    near = fringe & (region_of(target.rgb, target.face).oval > 0)
    assert near.any()
    assert np.abs(done.rgb - target.rgb)[near].max() < 0.06


def test_a_brow_under_the_newcomers_hair_leaves_both_brows_as_they_were(plain: Portrait) -> None:
    """Half a brow, or one of each person, looks wrong."""
    other, tip = _portrait(WIDE), plain.face.at(-0.5, -0.15)
    strand = np.array([(tip.x - 22, 40), (tip.x + 22, 40), (tip.x, tip.y)], np.int32)
    covered = Portrait(cv2.fillPoly(other.rgb.copy(), [strand], (0.2, 0.14, 0.1)).astype(np.float32), other.face)
    free, done = (transplanted(each, plain, 0.0, 256, np.random.default_rng(0)) for each in (other, covered))
    brows = ellipse(plain.rgb.shape[:2], plain.face.at(0, -0.35), 0.9 * plain.face.eye_distance, 6, plain.face.roll) < 1
    assert free.mask[brows].mean() > 0.5 > 0.02 > done.mask[brows].mean()
    eyes = ellipse(plain.rgb.shape[:2], plain.face.left_eye, 4, 4, 0) < 1
    assert (done.mask[eyes] > 0.5).all()


def test_hard_shading_of_the_newcomer_is_softened_to_that_of_the_place(plain: Portrait) -> None:
    other = _portrait(WIDE)
    folds = 0.12 * np.sin(np.mgrid[: other.rgb.shape[0], : other.rgb.shape[1]][1] / 5.0)[..., None]
    harsh = Portrait(np.clip(other.rgb * (1 + folds), 0, 1).astype(np.float32), other.face)
    cheek = ellipse(plain.rgb.shape[:2], plain.face.at(0.55, 0.7), 16, 10, 0) < 1
    seen, gain = transplanted(harsh, plain, 0.0, 256, np.random.default_rng(0)).rgb, 0.12 * lab_of(plain.rgb)[cheek][:, 0].mean()
    assert lab_of(seen)[cheek][:, 0].std() < 0.7 * gain / np.sqrt(2)


def test_the_working_size_hardly_shows(plain: Portrait) -> None:
    other = _portrait(WIDE)
    small, large = (transplanted(other, plain, 0.0, side, np.random.default_rng(0)).rgb for side in (96, 256))
    assert np.abs(small - large).mean() < 0.01


def test_proportions_by_chance_differ_and_stay_small() -> None:
    first, second = (Proportions.drawn(np.random.default_rng(seed)) for seed in (1, 2))
    assert first != second
    assert first == Proportions.drawn(np.random.default_rng(1))
    assert 0.02 < abs(first.jaw_wide) <= 0.10


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), amount=st.floats(0, 6))
def test_reshaping_never_folds_and_leaves_what_is_no_skin(seed: int, amount: float) -> None:
    skin = np.zeros((220, 200), np.float32)
    skin[30:200, 30:170] = 1
    field = reshaped(_FACE.face.moved(0, 0, 1), Proportions.drawn(np.random.default_rng(seed), amount), skin)
    assert field.jacobian_min > LEAST_JACOBIAN
    rows, columns = np.mgrid[:220, :200]
    moved = np.hypot(field.x - columns, field.y - rows)
    assert moved[skin == 0].max() == 0


_FACE = _portrait(side=200)


def test_eyes_move_apart_when_asked(plain: Portrait) -> None:
    skin = (region_of(plain.rgb, plain.face).front < 0.5).astype(np.float32)
    field = reshaped(plain.face, Proportions(eyes_apart=0.08), skin)
    made = np.clip(255 * field.of(plain.rgb) + 0.5, 0, 255).astype(np.uint8)
    assert locate(made, "image").face.eye_distance > 1.03 * plain.face.eye_distance


SKIN, BROWN = Lab(76, 12, 16), Lab(50, 16, 22)


def test_toned_skin_has_the_wanted_tone_where_it_was_lit() -> None:
    lab = np.array([[[SKIN.light, SKIN.a, SKIN.b]]], np.float32)
    assert np.linalg.norm(toned(lab, SKIN, BROWN)[0, 0] - (BROWN.light, BROWN.a, BROWN.b)) < 0.5


@settings(max_examples=80, deadline=None)
@given(first=st.floats(4, 96), second=st.floats(4, 96), to=st.sampled_from([BROWN, Lab(35, 13, 16), Lab(86, 9, 12)]))
def test_what_was_lighter_stays_lighter(first: float, second: float, to: Lab) -> None:
    low, high = sorted((first, second))
    lab = np.array([[[low, 12, 16], [high, 12, 16]]], np.float32)
    for made in (toned(lab, SKIN, to), dyed(lab, SKIN, to)):
        assert made[0, 0, 0] <= made[0, 1, 0] + 1e-3
        assert 0 <= made[..., 0].min() <= made[..., 0].max() <= 100


def test_dark_skin_keeps_more_of_its_highlights_than_of_its_tone() -> None:
    lab = np.array([[[76, 12, 16], [92, 4, 6]]], np.float32)
    made = toned(lab, SKIN, Lab(36, 13, 16))
    assert made[0, 1, 0] - made[0, 0, 0] > 1.5 * 16 * 36 / 76
    assert np.hypot(*made[0, 1, 1:]) < np.hypot(*made[0, 0, 1:]) + 1


def test_lab_and_back_is_the_same() -> None:
    rgb = np.random.default_rng(0).random((8, 8, 3), dtype=np.float32)
    assert np.abs(rgb_of(lab_of(rgb)) - rgb).max() < 4e-3


def test_too_little_has_no_tone() -> None:
    assert tone_of(np.zeros((4, 4, 3), np.float32), np.ones((4, 4), bool)) is None


def test_skin_coloured_cloth_and_pale_straps_are_not_skin() -> None:
    rgb = np.full((120, 120, 3), (226, 182, 156), np.uint8)
    rgb[60:] = (214, 170, 140)  # cloth as skin-coloured as can be, known by its part
    rgb[20:40, 50:62] = (246, 246, 246)  # a strap that the parts have missed
    parts = np.full((120, 120), Part.TORSO, np.uint8)
    parts[60:] = Part.UPPER
    matte = skin_matte(to_float(rgb), parts, SKIN, np.zeros(parts.shape, bool), certain=True)
    assert matte[62:].max() == 0
    assert matte[22:38, 52:60].max() == 0
    assert matte[5:15, 5:40].min() == 1


def test_folds_of_cloth_beside_skin_and_specks_named_skin_are_not_skin() -> None:
    lab = np.zeros((240, 240, 3), np.float32)
    lab[:, :120] = (SKIN.light, SKIN.a, SKIN.b)
    rgb = rgb_of(lab)
    rgb[:, 120:] = (0.62, 0.38, 0.21)
    rgb[:, 118:120] = (0.3, 0.2, 0.14)  # the collar's shadow on the neck
    rgb[80:160, 120:122] *= 0.8
    parts = np.full((240, 240), Part.UPPER, np.uint8)
    parts[:, :120] = Part.NECK
    parts[40:44, 200] = Part.LEFT_ARM  # a rim of the sleeve that was taken for an arm
    matte = skin_matte(rgb, parts, SKIN, np.zeros(parts.shape, bool), certain=True)
    assert matte[84:156, 120:].max() == 0
    assert matte[:, 160:].max() == 0
    assert matte[:, :110].min() == 1


def test_a_soft_edge_between_skin_and_cloth_is_part_skin() -> None:
    lab = np.zeros((240, 240, 3), np.float32)
    lab[:, :120] = (SKIN.light, SKIN.a, SKIN.b)
    rgb = rgb_of(lab)
    rgb[:, 120:] = (0.4, 0.15, 0.12)
    rgb[:, 120] = 0.5 * (rgb[:, 119] + rgb[:, 121])
    parts = np.where(np.arange(240)[None] < 120, np.uint8(Part.NECK), np.uint8(Part.UPPER)).repeat(240, axis=0)
    matte = skin_matte(rgb, parts, SKIN, np.zeros(parts.shape, bool), certain=True)
    assert 0.3 < matte[:, 120].min() <= matte[:, 120].max() < 0.7
    assert matte[:, 122:].max() == 0


def test_the_colours_of_a_portrait_are_read() -> None:
    light, dark = skin_of(_portrait()), skin_of(_portrait(DARK))
    assert light.light - dark.light > 30
    assert hair_of(_portrait()) is None or hair_of(_portrait()).light < 40  # type: ignore[union-attr]


def test_a_drawing_is_told_from_what_has_grain_and_light(plain: Portrait) -> None:
    assert is_drawn(plain)
    columns = np.mgrid[: plain.rgb.shape[0], : plain.rgb.shape[1]][1]
    light = 0.75 + 0.25 * np.sin(columns / plain.rgb.shape[1] * 3)
    grain = np.random.default_rng(0).normal(0, 0.02, plain.rgb.shape)
    assert not is_drawn(Portrait(np.clip(plain.rgb * light[..., None] + grain, 0, 1).astype(np.float32), plain.face))


def test_proportions_are_those_that_were_drawn(plain: Portrait) -> None:
    wide = _portrait(Look(eyes_apart=1.12))
    assert proportions_of(wide.face, plain.face).eyes_apart > 0.04
    assert abs(proportions_of(plain.face, plain.face).chin_long) < 1e-6


@pytest.mark.parametrize("field", ["image", "face_reference"])
def test_a_picture_without_a_face_is_refused_by_its_name(field: str) -> None:
    with pytest.raises(PersonNotFound, match=rf"{field} shows no face.*use a photo"):
        locate(np.full((200, 200, 3), 180, np.uint8), field)
