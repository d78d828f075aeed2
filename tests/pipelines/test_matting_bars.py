"""What cut-outs must reach by kind of background, and how a busy picture is told from a backdrop."""

import numpy as np
import pytest

from pipelines.images import Bytes, Floats, resized
from pipelines.sizes import Mode, Size
from pipelines.vision.mattes.background import explained, lab_of, read_backdrop
from pipelines.vision.mattes.matting import matte
from pipelines.vision.mattes.segment import nobody, segment
from tests.pipelines.matting_bars import bar_scene
from tests.pipelines.matting_scenes import intersection_over_union, scene


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "median", "least"),
    [("plain", 0.98, 0.85), ("gradient", 0.98, 0.95), ("textured", 0.98, 0.95), ("white", 0.95, 0.9), ("busy", 0.85, 0.65)],
)
def test_cut_outs_reach_the_bars_of_their_backgrounds(kind: str, median: float, least: float) -> None:
    scenes = [bar_scene(kind, number) for number in range(7)]
    scores = [intersection_over_union(matte(each.rgb, Mode.BALANCED).alpha, each.alpha) for each in scenes]
    assert np.median(scores) > median, scores
    assert min(scores) > least, scores


def _small(picture: Bytes) -> Bytes:
    return resized(picture, Size(288, 384))


def _room(seed: int, boards: int) -> tuple[Bytes, Floats]:
    """A shirt before a grey wall on which boards hang, and its exact alpha."""
    real = scene("shirt", "navy", "grey", seed=seed)
    rgb = real.rgb.copy()
    rng = np.random.default_rng(seed)
    for number in range(boards):
        left, top = 12 if number % 2 else 400, 30 + 100 * number
        board = np.zeros(real.alpha.shape, np.bool_)
        board[top : top + 80, left : left + 65] = True
        rgb[board & (real.alpha < 0.02)] = rng.integers(30, 200, 3)
    return rgb, real.alpha


def test_things_on_a_wall_are_no_backdrop_once_the_subject_is_known() -> None:
    rgb, alpha = _room(3, 4)
    aside = resized(alpha, Size(288, 384)) < 0.02
    assert segment(_small(rgb), 2, nobody).backdrop is not None
    assert segment(_small(rgb), 2, nobody, aside).backdrop is None


def test_boards_are_a_backdrop_for_all_their_joints() -> None:
    real = scene("person", "beige", "wood", seed=3)
    rgb = real.rgb.copy()
    for row in range(20, 640, 60):
        rgb[row : row + 3][real.alpha[row : row + 3] < 0.02] = (70, 45, 30)
    aside = resized(real.alpha, Size(288, 384)) < 0.02
    assert segment(_small(rgb), 2, nobody, aside).backdrop is not None
    assert intersection_over_union(matte(rgb, Mode.BALANCED).alpha, real.alpha) > 0.95


def test_backdrop_within_a_handle_stays_open_whatever_the_net_says() -> None:
    real = bar_scene("plain", 31)
    assert intersection_over_union(matte(real.rgb, Mode.BALANCED).alpha, real.alpha) > 0.95


def test_an_empty_wall_stays_a_backdrop_whatever_part_of_the_subject_is_missed() -> None:
    real = scene("person", "navy", "grey", seed=3)
    head = resized(real.alpha, Size(288, 384)) > 0.02
    head[110:] = False
    assert segment(_small(real.rgb), 2, nobody, ~head).backdrop is not None


def test_things_on_a_wall_are_not_cut_out_with_the_subject() -> None:
    rgb, alpha = _room(3, 4)
    assert intersection_over_union(matte(rgb, Mode.BALANCED).alpha, alpha) > 0.93


def test_a_backdrop_explains_what_it_was_read_from_and_not_another_colour() -> None:
    rgb = np.full((120, 90, 3), 200, np.uint8)
    everywhere = np.ones((120, 90), np.float32)
    backdrop = read_backdrop(lab_of(rgb))
    assert explained(lab_of(rgb), backdrop, everywhere) == pytest.approx(1)
    rgb[[10, 11, 60, 61]] = (90, 30, 30)
    assert explained(lab_of(rgb), backdrop, everywhere) == pytest.approx(1)
    rgb[:, 70:] = (90, 30, 30)
    assert explained(lab_of(rgb), backdrop, everywhere) < 0.8
    everywhere[:, 68:] = 0
    assert explained(lab_of(rgb), backdrop, everywhere) == pytest.approx(1)
    assert explained(lab_of(rgb), backdrop, 0 * everywhere) == 1
