"""From a picture to an end image: bent where the two are alike, else a dissolve; exact at both ends."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from pipelines.images import Bytes
from pipelines.sizes import Size
from pipelines.vision.motion.brief import read_brief
from pipelines.vision.motion.camera import FPS, eased, there_and_back
from pipelines.vision.motion.dissolve import Dissolve, passing
from pipelines.vision.motion.grid import Grid, Motion, Sheet
from pipelines.vision.motion.morph import Morph, follow
from pipelines.vision.motion.scene import scene_of
from tests.pipelines.moving_scenes import HEIGHT, WIDTH, drawn

COUNT = 120
FIGURE = drawn()
GRID = Grid.over(Size(WIDTH, HEIGHT))


def stepped_aside(rgb: Bytes, share: float = 1.0) -> Bytes:
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT), 3 * share, 1 + 0.03 * share)
    matrix[0, 2] += 14 * share
    return np.asarray(cv2.warpAffine(rgb, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def somebody_else() -> Bytes:
    rng = np.random.default_rng(5)
    blobs = cv2.GaussianBlur(rng.uniform(0, 255, (HEIGHT, WIDTH, 3)).astype(np.float32), (0, 0), 5)
    return np.asarray(cv2.normalize(blobs, None, 0, 255, cv2.NORM_MINMAX), np.uint8)  # type: ignore[call-overload]


def morph(first: Bytes, last: Bytes) -> Morph:
    sheets = [Sheet.of(np.dstack([each, np.full(each.shape[:2], 255, np.uint8)])) for each in (first, last)]
    return Morph(sheets[0], sheets[1], follow(first, last, GRID).flow, GRID, eased(COUNT), Motion.none(GRID, COUNT))


def dissolve(first: Bytes, last: Bytes) -> Dissolve:
    brief, rng = read_brief(""), np.random.default_rng(3)
    path = there_and_back(brief, COUNT, rng)
    scenes = [scene_of(each, None, brief, path, rng) for each in (first, last)]
    return Dissolve(scenes[0], scenes[1], 0.4, passing(COUNT, FPS))


@pytest.mark.parametrize("change", [stepped_aside, lambda rgb: np.roll(rgb, 9, axis=0), lambda rgb: rgb // 2 + 60])
def test_the_same_person_a_step_aside_is_alike(change: object) -> None:
    assert follow(FIGURE.rgb, change(FIGURE.rgb), GRID).likeness.enough  # type: ignore[operator]


@pytest.mark.parametrize(
    "other", [FIGURE.rgb[:, ::-1].copy() // 2 + somebody_else() // 2, somebody_else(), np.full_like(FIGURE.rgb, 200)]
)
def test_other_pictures_are_not(other: Bytes) -> None:
    assert not follow(FIGURE.rgb, other, GRID).likeness.enough


def test_flow_finds_the_way() -> None:
    found = follow(FIGURE.rgb, np.roll(FIGURE.rgb, 12, axis=1), GRID)
    inside = GRID.sampled((FIGURE.parts > 0).astype(np.float32)) > 0.9
    assert np.median(found.flow.forth[inside], axis=0) == pytest.approx((12, 0), abs=0.5)
    assert np.median(found.flow.back[inside], axis=0) == pytest.approx((-12, 0), abs=1.5)


def test_a_morph_is_both_pictures_at_its_ends_and_one_sharp_one_between() -> None:
    last = stepped_aside(FIGURE.rgb)
    clip = morph(FIGURE.rgb, last)
    assert np.array_equal(clip.frame(0)[..., :3], FIGURE.rgb)
    assert np.array_equal(clip.frame(COUNT - 1)[..., :3], last)
    middle = clip.frame(COUNT // 2)[..., :3]
    expected = stepped_aside(FIGURE.rgb, 0.5)
    faded = (FIGURE.rgb.astype(int) + last) // 2
    box = np.s_[40:300, 70:180]
    assert np.abs(middle.astype(int) - expected)[box].mean() < 0.5 * np.abs(faded - expected)[box].mean()


def test_a_dissolve_is_both_pictures_at_its_ends_and_never_both_everywhere() -> None:
    first, last = np.full_like(FIGURE.rgb, 40), np.full_like(FIGURE.rgb, 90)
    clip = dissolve(first, last)
    assert np.array_equal(clip.frame(0)[..., :3], first)
    assert np.array_equal(clip.frame(COUNT - 1)[..., :3], last)
    mixed = [((each > 46) & (each < 84)).mean() for each in (clip.frame(n)[..., 0] for n in range(COUNT))]
    assert max(mixed) < 0.4
    assert 0.15 * COUNT < sum(each > 0.02 for each in mixed) < 0.4 * COUNT


def test_light_passes_without_a_jump() -> None:
    clip = dissolve(FIGURE.rgb, somebody_else())
    frames = [clip.frame(n)[..., :3].astype(int) for n in range(COUNT // 2 - 24, COUNT // 2 + 24)]
    steps = np.array([np.abs(one - two).mean() for one, two in pairwise(frames)])
    assert steps.max() < 12
    assert np.abs(np.diff(steps)).max() < 4
