"""Rendered figures: what they say about themselves is what is seen, in every build and pose, and the same every time."""

from functools import cache
from typing import get_args

import numpy as np
import pytest

from pipelines.images import srgb
from pipelines.sizes import Size
from pipelines.vision.people.body import JOINTS, Part, Point
from pipelines.vision.rendering.backdrop import Backdrop, floor_shadow, sweep
from pipelines.vision.rendering.figure import Build, Figure, Finish, Framing, Hair, Pose, skeleton
from pipelines.vision.rendering.render import Rendered, render_body, staged
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec

SIZE = Size(240, 360)
LOOK = (GarmentSpec("trousers", Textile((0.2, 0.2, 0.3))), GarmentSpec("sweater", Textile((0.7, 0.2, 0.2)), seed=3))


@cache
def shot(spec: Figure, outfit: tuple[GarmentSpec, ...] = (), seed: int = 1) -> Rendered:
    return render_body(spec, SIZE, np.random.default_rng(seed), outfit, oversample=1)


def label_at(rendered: Rendered, point: Point) -> int:
    return int(rendered.body.parts[int(point.y), int(point.x)])


def width_at(rendered: Rendered, joint: str) -> float:
    """Of the trunk, arms left out."""
    row = int(rendered.body.joints[joint].y)
    return float(np.isin(rendered.body.parts[row], (Part.TORSO, Part.LEFT_LEG, Part.RIGHT_LEG)).sum())


def test_equal_arguments_give_equal_pixels() -> None:
    one, other = (render_body(Figure("woman"), SIZE, np.random.default_rng(5), LOOK, oversample=1) for _ in range(2))
    assert np.array_equal(one.rgb, other.rgb)
    assert np.array_equal(one.alpha, other.alpha)
    assert np.array_equal(one.body.parts, other.body.parts)


@pytest.mark.parametrize("pose", get_args(Pose))
def test_joints_lie_on_the_parts_that_they_belong_to(pose: Pose) -> None:
    rendered = shot(Figure("woman", pose=pose))
    joints = rendered.body.joints
    assert set(joints) == set(JOINTS)
    for side, arm, leg in (("left", Part.LEFT_ARM, Part.LEFT_LEG), ("right", Part.RIGHT_ARM, Part.RIGHT_LEG)):
        assert label_at(rendered, joints[f"{side}_elbow"]) == arm
        assert label_at(rendered, joints[f"{side}_knee"]) == leg
    assert label_at(rendered, joints["neck"]) in (Part.NECK, Part.TORSO)
    assert joints["left_shoulder"].x > joints["right_shoulder"].x


@pytest.mark.parametrize("build", get_args(Build))
def test_shoulders_waist_and_hips_are_on_the_outline(build: Build) -> None:
    rendered = shot(Figure("woman", build))
    for name in ("left_shoulder", "right_shoulder", "left_waist", "right_waist", "left_hip", "right_hip"):
        at = rendered.body.joints[name]
        around = rendered.alpha[int(at.y) - 3 : int(at.y) + 4, int(at.x) - 3 : int(at.x) + 4]
        assert around.min() < 0.1 and around.max() > 0.9, name


def test_builds_differ_where_bodies_do() -> None:
    waists = {build: width_at(shot(Figure("woman", build)), "left_waist") for build in get_args(Build)}
    assert waists["slim"] < waists["average"] < waists["curvy"] < waists["plus"]
    hips = {build: width_at(shot(Figure("woman", build)), "left_hip") for build in get_args(Build)}
    assert hips["average"] * 1.05 < hips["curvy"]


def test_men_have_broader_shoulders_and_women_a_narrower_waist() -> None:
    man, woman = skeleton(Figure("man")), skeleton(Figure("woman"))
    assert man.shoulder("left")[0] > 1.1 * woman.shoulder("left")[0]
    assert (
        woman.flank("left", 0.645)[0] / woman.flank("left", 0.54)[0]
        < 0.72
        < man.flank("left", 0.645)[0] / man.flank("left", 0.54)[0]
    )


def test_arms_hang_free_of_the_trunk_so_that_garments_separate() -> None:
    rendered = shot(Figure("neutral"))
    row = rendered.alpha[int(rendered.body.joints["left_waist"].y)] > 0.5
    pieces = int((np.diff(row.astype(int)) == 1).sum())
    assert pieces == 3


def test_labels_cover_the_figure_and_nothing_else() -> None:
    rendered = shot(Figure("woman", finish="tan", hair="bob", shoes=(0.9, 0.9, 0.9)), LOOK)
    assert np.array_equal(rendered.body.parts > 0, rendered.alpha > 0.5)
    present = set(np.unique(rendered.body.parts))
    assert {Part.HAIR, Part.FACE, Part.NECK, Part.UPPER, Part.LOWER, Part.LEFT_HAND, Part.RIGHT_HAND, Part.SHOES} <= present
    bare = np.isin(rendered.body.parts, (Part.LEFT_LEG, Part.RIGHT_LEG, Part.TORSO)).sum()
    assert bare < 0.02 * (rendered.body.parts > 0).sum()


def test_normals_are_unit_and_turn_outwards_at_the_sides() -> None:
    rendered = shot(Figure("neutral"))
    assert np.linalg.norm(rendered.normals, axis=2) == pytest.approx(1, abs=1e-4)
    knee = rendered.body.joints["left_knee"]
    row = np.flatnonzero(rendered.body.parts[int(knee.y)] == Part.LEFT_LEG)
    across = rendered.normals[int(knee.y), row, 0]
    assert across[1] < -0.4 and across[-2] > 0.4


def test_light_comes_from_the_upper_left() -> None:
    rendered = shot(Figure("neutral"))
    head = rendered.body.parts == Part.FACE
    columns = np.flatnonzero(head.any(axis=0))
    middle = (columns[0] + columns[-1]) // 2
    left, right = head.copy(), head.copy()
    left[:, middle:], right[:, :middle] = False, False
    assert rendered.shade[left].mean() > rendered.shade[right].mean() + 0.05


@pytest.mark.parametrize("finish", get_args(Finish))
def test_finishes_keep_their_order_of_lightness(finish: Finish) -> None:
    brightness = float(shot(Figure(finish=finish)).rgb[shot(Figure(finish=finish)).alpha > 0.9].mean())
    low, high = {"white": (0.7, 0.95), "grey": (0.35, 0.6), "black": (0.08, 0.25), "fair": (0.65, 0.9), "light": (0.55, 0.8),
                 "tan": (0.42, 0.65), "brown": (0.28, 0.48), "dark": (0.18, 0.36)}[finish]  # fmt: skip
    assert low < brightness < high


@pytest.mark.parametrize("hair", get_args(Hair))
def test_hair_frames_the_face_and_leaves_it_free(hair: Hair) -> None:
    rendered = shot(Figure("woman", finish="tan", hair=hair))
    counts = {part: int((rendered.body.parts == part).sum()) for part in (Part.HAIR, Part.FACE)}
    assert (counts[Part.HAIR] > 250) == (hair != "none")
    assert counts[Part.FACE] > 350


@pytest.mark.parametrize(
    ("framing", "unseen"), [("full_body", ()), ("three_quarter", ("ankle",)), ("upper_body", ("ankle", "knee"))]
)
def test_framings_show_what_they_name(framing: Framing, unseen: tuple[str, ...]) -> None:
    joints = shot(Figure(framing=framing)).body.joints
    assert set(joints) >= {name for name in JOINTS if not name.endswith((*unseen, "crotch"))}
    assert not [name for name in joints if unseen and name.endswith(unseen)]


def test_oversampling_refines_edges_and_changes_nothing_else() -> None:
    plain = render_body(Figure(), SIZE, np.random.default_rng(1), oversample=1)
    fine = render_body(Figure(), SIZE, np.random.default_rng(1), oversample=3)
    assert abs(plain.alpha - fine.alpha).mean() < 0.002
    inside = (plain.alpha > 0.99) & (fine.alpha > 0.99)
    assert abs(plain.rgb - fine.rgb)[inside].mean() < 0.02


def test_hands_stay_in_front_of_a_dress_and_arms_inside_sleeves() -> None:
    dress = (GarmentSpec("dress", Textile((0.1, 0.4, 0.2))),)
    posed = shot(Figure("woman", pose="hand_on_hip"), dress)
    assert (posed.body.parts == Part.LEFT_HAND).sum() > 40
    sleeved = shot(Figure("woman"), LOOK)
    assert label_at(sleeved, sleeved.body.joints["left_elbow"]) == Part.UPPER


def test_dressing_covers_the_trunk_and_keeps_the_pose() -> None:
    bare, clothed = shot(Figure("man")), shot(Figure("man"), LOOK)
    assert clothed.body.joints == bare.body.joints
    trunk = bare.body.parts == Part.TORSO
    assert np.isin(clothed.body.parts[trunk], (Part.UPPER, Part.LOWER, Part.NECK)).mean() > 0.97


def test_the_stage_keeps_the_figure_and_puts_a_shadow_under_it() -> None:
    rendered = shot(Figure("neutral"))
    scene = staged(rendered, Backdrop(), np.random.default_rng(2))
    solid = rendered.alpha > 0.99
    assert abs(scene[solid] - rendered.rgb[solid]).mean() < 0.01
    light = floor_shadow(rendered.alpha, rendered.view.floor_y, rendered.view.scale)
    feet = rendered.body.joints["left_ankle"]
    assert light[int(feet.y) + 12, int(feet.x)] < 0.8
    assert light[: SIZE.height // 2].min() > 0.97


def test_the_sweep_has_the_colour_that_was_asked_for() -> None:
    paper = sweep(Backdrop((0.8, 0.5, 0.3), glow=0.0, floor=0.0), SIZE, 300)
    assert srgb(paper[40, 120]) == pytest.approx((0.8, 0.5, 0.3), abs=0.01)
