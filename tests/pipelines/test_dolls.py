"""Dolls: bones keep their lengths, what is nearer hides what is farther, and answers move with the picture."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.draft.nets.people import COARSE, HEIGHT, WIDTH, peaks_of
from pipelines.draft.training.dolls.anatomy import Camera, bare, joints
from pipelines.draft.training.dolls.canvas import Canvas, Tube
from pipelines.draft.training.dolls.photograph import photographed
from pipelines.draft.training.dolls.pose import drawn
from pipelines.draft.training.dolls.rendered import rendered_scene
from pipelines.draft.training.dolls.scene import Scene, drawn_scene
from pipelines.draft.training.people import MIRRORED_JOINTS, MIRRORED_PARTS, People, Sample, heatmaps, poor, varied
from pipelines.vision.people.body import JOINTS, Part

CAMERA = Camera(100.0, np.array([60.0, 60.0]), np.array([0.0, 0.5, 0.0]), 0.0, 0.0, 1e6)


def rod(z: float, part: int, **more: object) -> Tube:
    axis = np.array([[10.0, 20.0, z], [50.0, 20.0, z]])
    return replace(Tube(axis, np.full(2, 5.0), np.full(2, 5.0), part, part), **more)


def painted(*tubes: Tube) -> Canvas:
    canvas = Canvas(40, 60)
    canvas.paint(tubes)
    return canvas


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_nearer_hides_what_is_farther_in_whatever_order_it_is_painted(order: tuple[int, int]) -> None:
    tubes = rod(0.0, 1), rod(9.0, 2)
    assert set(np.unique(painted(*(tubes[each] for each in order)).part)) == {0, 2}


def test_a_tube_is_as_wide_as_it_is_said_to_be_and_round_unless_it_is_sliced() -> None:
    covered = painted(rod(0, 1)).inside
    assert covered[:, 30].sum() == 10
    assert covered[20].sum() == 50
    assert painted(rod(0, 1, linked=False)).inside[20].sum() in (40, 41, 42)


def test_a_tube_is_cut_away_where_it_is_said_to_be() -> None:
    kept = painted(rod(0, 1, keep=lambda along, _: along < 0.5)).inside
    assert kept[20, 20]
    assert not kept[20, 40]


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_bones_keep_their_lengths_in_every_pose(seed: int) -> None:
    doll = drawn(np.random.default_rng(seed))
    for limb in (*doll.arms.values(), *doll.legs.values()):
        upper, lower = np.linalg.norm(limb.bend - limb.root), np.linalg.norm(limb.end - limb.bend)
        assert 0.12 < lower <= upper < 0.27


@given(st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_left_is_the_persons_own_from_before_and_from_behind(seed: int) -> None:
    doll = drawn(np.random.default_rng(seed))
    places = joints(doll, CAMERA)
    across = float(doll.frames[14][0, 0])
    if abs(across) > 0.7:
        assert (places["left_shoulder"].x - places["right_shoulder"].x) * across > 0


def test_joints_of_limbs_lie_on_the_bare_doll() -> None:
    doll = drawn(np.random.default_rng(5))
    canvas = Canvas(120, 120)
    canvas.paint(bare(doll, CAMERA))
    near = cv2.dilate(canvas.inside.astype(np.uint8), np.ones((5, 5), np.uint8))
    for name, at in joints(doll, CAMERA).items():
        if "head" not in name and "chin" not in name:
            assert near[int(at.y), int(at.x)], name


def test_equal_seeds_draw_equal_dolls_and_others_draw_others() -> None:
    first, again, other = (People().draw(seed)[0] for seed in (3, 3, 4))
    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.parts, again.parts)
    assert not np.array_equal(first.parts, other.parts)


def scenes() -> list[Scene]:
    return [drawn_scene(np.random.default_rng(seed), 96, 80) for seed in range(24)]


def test_dolls_have_all_parts_between_them_and_fill_their_pictures() -> None:
    drawn_ones = scenes()
    assert {int(each) for scene in drawn_ones for each in np.unique(scene.part)} == {int(part) for part in Part}
    tall = [np.ptp(np.flatnonzero((scene.part > 0).any(axis=1))) for scene in drawn_ones]
    assert np.median(tall) > 75
    assert {name for scene in drawn_ones for name in scene.joints} == set(JOINTS)


def test_a_picture_of_a_doll_shows_it_where_its_alpha_is() -> None:
    scene = scenes()[0]
    shot = photographed(scene, np.random.default_rng(0))
    assert shot.rgb.shape == (96, 80, 3)
    assert (shot.alpha[scene.part > 0] > 100).mean() > 0.95
    assert (shot.alpha[scene.part == 0] < 155).mean() > 0.95


def test_rendered_figures_come_with_the_joints_of_the_renderer() -> None:
    rendered = [rendered_scene(np.random.default_rng(seed), 96, 80) for seed in range(8)]
    assert all({"head_top", "chin", "neck"} <= scene.joints.keys() for scene in rendered)
    assert any(scene.joints.keys() == set(JOINTS) for scene in rendered)
    for scene in rendered:
        assert set(np.unique(scene.material[scene.part == 0])) == {0}


def marked(x: int, y: int) -> Sample:
    """A black picture with one bright spot where the left elbow is, on a left arm on an upper garment."""
    rgb, parts = np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH), Part.UPPER, np.uint8)
    rgb[y - 3 : y + 4, x - 3 : x + 4] = 255
    parts[y - 3 : y + 4, x - 3 : x + 4] = Part.LEFT_ARM
    places = np.full((len(JOINTS), 2), np.nan, np.float32)
    places[JOINTS.index("left_elbow")] = x + 0.5, y + 0.5
    return Sample(rgb, np.full((HEIGHT, WIDTH), 255, np.uint8), parts, places)


@given(st.integers(50, WIDTH - 50), st.integers(50, HEIGHT - 50), st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_joints_and_labels_move_with_the_picture_and_change_sides_with_it(x: int, y: int, seed: int) -> None:
    made = varied(marked(x, y), np.random.default_rng(seed))
    name = "left_elbow" if (made.parts == Part.LEFT_ARM).any() else "right_elbow"
    part = Part.LEFT_ARM if name == "left_elbow" else Part.RIGHT_ARM
    rows, columns = np.nonzero(made.parts == part)
    found = made.joints[JOINTS.index(name)]
    assert np.hypot(columns.mean() + 0.5 - found[0], rows.mean() + 0.5 - found[1]) < 1.0
    assert made.rgb[int(rows.mean()), int(columns.mean())].mean() > 100
    assert np.isfinite(made.joints).all(axis=1).sum() == 1


def test_mirroring_twice_changes_nothing() -> None:
    assert np.array_equal(MIRRORED_PARTS[MIRRORED_PARTS], np.arange(len(Part)))
    assert [MIRRORED_JOINTS[each] for each in MIRRORED_JOINTS] == list(range(len(JOINTS)))
    assert MIRRORED_PARTS[Part.LEFT_LEG] == Part.RIGHT_LEG


def test_mattes_come_good_bad_and_missing() -> None:
    alpha = np.zeros((96, 80), np.uint8)
    alpha[20:80, 20:60] = 255
    shares = [float((poor(alpha, np.random.default_rng(seed)) > 127).mean()) for seed in range(40)]
    exact = float((alpha > 127).mean())
    assert min(shares) < exact < max(shares) == 1.0
    assert sum(share == exact for share in shares) >= 10


@given(st.floats(8, WIDTH - 8), st.floats(8, HEIGHT - 8))
@settings(max_examples=25, deadline=None)
def test_the_peak_of_a_target_is_the_joint(x: float, y: float) -> None:
    target = heatmaps(torch.tensor([[[x, y], [float("nan"), 0.0]]]) / COARSE, HEIGHT // COARSE, WIDTH // COARSE)
    assert torch.allclose(target.sum((2, 3)), torch.tensor([[1.0, 0.0]]), atol=1e-4)
    places, sharpness = peaks_of(target[:, :1].clamp(min=1e-9).log())
    assert torch.allclose(places[0, 0] * COARSE, torch.tensor([x, y]), atol=0.6)
    assert sharpness[0, 0] > 0.95
