"""Drawn heads: one identity from every angle, features where a face has them, hair that is cut and coloured as said."""

from dataclasses import replace
from functools import cache
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.people.body import Part
from pipelines.vision.rendering import palette, skull
from pipelines.vision.rendering.canvas import Sheet
from pipelines.vision.rendering.features import painted
from pipelines.vision.rendering.figure import Figure
from pipelines.vision.rendering.hairstyles import CUTS
from pipelines.vision.rendering.head import Place, Portrayed, RenderedHead, render_head
from pipelines.vision.rendering.likeness import Angle, Expression, Face, Hairdo, Style, drawn
from pipelines.vision.rendering.portrait import enlarged, head_on
from pipelines.vision.rendering.render import render_body

SIZE = Size(120, 180)
PLACE = Place(60, 70, 72)
BALD = Hairdo("bald")


@cache
def shown(face: Face, expression: Expression | None = None, angle: Angle | None = None) -> RenderedHead:
    return render_head(Portrayed(face, expression or Expression(), angle or Angle()), PLACE, SIZE, oversample=1)


def mean_colour(head: RenderedHead, part: Part) -> Floats:
    return np.asarray(head.rgb[head.parts == part].mean(axis=0))


def test_a_head_has_a_face_hair_and_nothing_outside() -> None:
    head = shown(Face())
    assert head.rgb.dtype == head.alpha.dtype == np.float32
    assert head.rgb.shape == (SIZE.height, SIZE.width, 3)
    assert head.rgb.min() >= 0 and head.rgb.max() <= 1 and head.alpha.min() >= 0 and head.alpha.max() <= 1
    assert {Part.FACE, Part.HAIR} <= set(np.unique(head.parts))
    assert not head.parts[head.alpha < 0.5].any()
    assert head.alpha[0].max() == 0


def test_the_same_head_has_the_same_pixels() -> None:
    who = Portrayed(Face())
    one, other = (render_head(who, PLACE, SIZE, oversample=1) for _ in range(2))
    assert np.array_equal(one.rgb, other.rgb) and np.array_equal(one.alpha, other.alpha)


def test_landmarks_are_where_a_face_has_them() -> None:
    marks = shown(Face(hairdo=BALD)).landmarks
    assert marks["right_eye"].x < marks["nose"].x < marks["left_eye"].x
    assert marks["head_top"].y < marks["left_eye"].y < marks["nose"].y < marks["mouth"].y < marks["chin"].y
    assert marks["left_eye"].y == pytest.approx(PLACE.y, abs=0.03 * PLACE.unit)
    assert marks["left_eye"].x - PLACE.x == pytest.approx(PLACE.x - marks["right_eye"].x, abs=0.01)


def test_eyes_and_lips_are_painted_at_their_landmarks() -> None:
    head = render_head(Portrayed(Face(hairdo=BALD, makeup=0.6)), Place(60, 70, 110), Size(120, 140), oversample=2)
    skin = head.rgb[70 + 22, 60]
    eye, mouth = head.landmarks["left_eye"], head.landmarks["mouth"]
    assert head.rgb[int(eye.y), int(eye.x)].mean() < 0.5 * skin.mean()
    lips = head.rgb[int(mouth.y) + 3, int(mouth.x)]
    assert lips[1] / lips[0] < 0.85 * skin[1] / skin[0]


@given(st.floats(-80, 80), st.floats(-20, 20), st.floats(-20, 20))
@settings(max_examples=40, deadline=None)
def test_turning_moves_landmarks_as_one_rigid_head(yaw: float, pitch: float, roll: float) -> None:
    rotation = skull.turned(Angle(yaw, pitch, roll)).astype(np.float64)
    assert np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-5)
    assert np.linalg.det(rotation) == pytest.approx(1, abs=1e-5)
    nose = rotation @ (0, 0, 1)
    assert np.sign(nose[0]) == np.sign(yaw) or abs(yaw) < 25 or abs(nose[0]) < 0.2


@pytest.mark.parametrize("yaw", [25.0, 55.0, 85.0])
def test_a_turned_nose_leads_and_the_far_eye_comes_near_it(yaw: float) -> None:
    face = Face(hairdo=BALD)
    front, turned = shown(face).landmarks, shown(face, angle=Angle(yaw)).landmarks
    assert turned["nose"].x > front["nose"].x + 0.15 * PLACE.unit
    assert turned["nose"].y == pytest.approx(front["nose"].y, abs=1.0)
    assert turned["left_eye"].x - turned["right_eye"].x < front["left_eye"].x - front["right_eye"].x


def test_mirrored_angles_give_mirrored_outlines() -> None:
    face = Face(hairdo=BALD)
    left, right = (shown(face, angle=Angle(yaw)).alpha for yaw in (-40.0, 40.0))
    assert np.abs(left - right[:, ::-1]).mean() < 0.005


@pytest.mark.parametrize("angle", [Angle(0), Angle(35), Angle(84), Angle(-35, 12, 7)])
def test_one_identity_keeps_its_colours_from_every_angle(angle: Angle) -> None:
    face = drawn(3)
    front, other = shown(face), shown(face, angle=angle)
    for part in (Part.FACE, Part.HAIR):
        assert np.abs(mean_colour(front, part) - mean_colour(other, part)).max() < 0.10


def test_expressions_change_the_face_and_not_the_head() -> None:
    face = Face(hairdo=BALD)
    calm, laughing = shown(face), shown(face, Expression(0.95, 0.8, 0.2))
    assert np.abs(calm.alpha - laughing.alpha).mean() < 0.002
    mouth = calm.landmarks["mouth"]
    around = slice(int(mouth.y) - 4, int(mouth.y) + 6), slice(int(mouth.x) - 8, int(mouth.x) + 9)
    assert np.abs(calm.rgb[around] - laughing.rgb[around]).mean() > 0.03
    forehead = slice(44, 54), slice(54, 67)
    assert np.abs(calm.rgb[forehead] - laughing.rgb[forehead]).mean() < 0.01


def test_closed_eyes_show_no_white() -> None:
    def brightest(lids: float) -> float:
        sheet = painted(Face(), Expression(lids=lids), 300)
        row, column = int((0.52 - skull.EYE_Y) * 300), int((0.42 + skull.EYE_X) * 300)
        return float(sheet.colour[row - 9 : row + 9, column - 16 : column + 16].min(axis=2).max())

    assert brightest(1.0) > 0.9 > brightest(0.0)


def test_a_seed_is_one_person_whatever_else_is_said() -> None:
    face = drawn(5, "woman")
    older = drawn(5, "woman", 60)
    assert replace(older, age=face.age, hairdo=face.hairdo, beard=face.beard) == face
    assert len({drawn(seed, "man") for seed in range(24)}) == 24


@pytest.mark.parametrize("style", get_args(Style))
def test_every_style_is_drawn_in_its_colour(style: Style) -> None:
    red = shown(Face(hairdo=Hairdo(style, (0.75, 0.2, 0.1))))
    hair = red.parts == Part.HAIR
    assert (style in CUTS) == bool(hair.sum() > 200)
    if hair.any():
        colour = mean_colour(red, Part.HAIR)
        assert colour[0] > 1.35 * colour[2]


def test_long_hair_hangs_lower_than_a_bob_and_a_bob_lower_than_a_crop() -> None:
    def lowest(style: Style) -> int:
        return int(np.flatnonzero((shown(Face(hairdo=Hairdo(style))).parts == Part.HAIR).any(axis=1))[-1])

    assert lowest("long") > lowest("bob") + 10 > lowest("crop") + 20


def test_a_fringe_covers_the_forehead() -> None:
    bare, covered = (shown(Face(hairdo=Hairdo("bob", fringe=fringe))) for fringe in (False, True))
    forehead = slice(47, 58), slice(56, 65)
    assert (bare.parts[forehead] == Part.FACE).mean() > 0.7
    assert (covered.parts[forehead] == Part.HAIR).mean() > 0.8


@pytest.mark.parametrize(
    ("name", "value"),
    [("freckles", 1.0), ("beard", "full"), ("glasses", "round"), ("glasses", "sun"), ("age", 75.0), ("lips", 1.3), ("eye_size", 1.12),
     ("nose_width", 1.2), ("brow_weight", 1.4), ("shape", "square"), ("makeup", 1.0), ("eyes", palette.EYES["blue"])],
)  # fmt: skip
def test_every_trait_can_be_seen(name: str, value: object) -> None:
    plain = Face(hairdo=BALD)
    other = replace(plain, **{name: value})  # type: ignore[arg-type]
    assert np.abs(shown(plain).rgb - shown(other).rgb).max() > 0.04


def test_a_mask_at_the_edge_of_a_sheet_is_cut_off() -> None:
    sheet = Sheet(np.zeros((20, 20, 3), np.float32), 20, 0, 1)
    sheet.lay(sheet.glow(0.0, 1.0, 0.2, 0.2), (1, 1, 1))
    assert sheet.colour[0, 0].min() > 0.8 and sheet.colour[-1, -1].max() == 0
    sheet.lay(sheet.filled([(5, 5), (6, 5), (6, 6)]).within(sheet.filled([(0, 0), (1, 0), (1, 1)])), (1, 0, 0))


def test_a_head_on_a_body_covers_its_neck_and_shadows_it() -> None:
    spec = Figure("woman", finish="light", framing="upper_body", headless=True)
    body = render_body(spec, Size(160, 200), np.random.default_rng(1), oversample=1)
    whole = head_on(body, spec, Portrayed(Face(hairdo=Hairdo("lob"))), oversample=1)
    assert {Part.FACE, Part.HAIR, Part.NECK} <= set(np.unique(whole.body.parts))
    assert {"left_eye", "right_eye", "nose", "mouth", "chin", "left_shoulder"} <= whole.body.joints.keys()
    assert np.all(whole.alpha >= body.alpha - 1e-4)
    below = slice(int(whole.body.joints["chin"].y) + 2, int(whole.body.joints["chin"].y) + 5), slice(78, 83)
    assert whole.rgb[below].mean() < body.rgb[below].mean()
    assert whole.shade[below].mean() < body.shade[below].mean()
    assert np.array_equal(whole.rgb[-5:], body.rgb[-5:])


def test_an_enlarged_figure_keeps_its_joints_in_place() -> None:
    spec = Figure(headless=True)
    body = render_body(spec, Size(80, 120), np.random.default_rng(1), oversample=1)
    large = enlarged(body, Size(160, 240))
    assert large.alpha.shape == (240, 160) and large.rgb.shape == (240, 160, 3)
    assert large.body.joints["crotch"].y == pytest.approx(2 * body.body.joints["crotch"].y)
    assert enlarged(body, Size(80, 120)) is body
