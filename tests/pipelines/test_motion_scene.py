"""Layers, sway and light: the first frame is the picture, what is to be still is still, what is to move moves."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from pipelines.images import Bytes, Mask
from pipelines.sizes import Size
from pipelines.vision.motion.brief import read_brief
from pipelines.vision.motion.camera import camera
from pipelines.vision.motion.grid import Box, Grid, Sheet
from pipelines.vision.motion.layers import Subject
from pipelines.vision.motion.scene import Scene, scene_of
from pipelines.vision.motion.sway import sway
from pipelines.vision.people.body import Part
from tests.pipelines.moving_scenes import HEIGHT, WIDTH, Drawn, drawn

COUNT = 120
FIGURE = drawn()
PROMPTS = [
    "",
    "zoom in",
    "pan left",
    "tilt up",
    "orbit",
    "handheld",
    "static camera, strong wind",
    "golden light passes",
    "flicker",
]


def moving(prompt: str, figure: Drawn = FIGURE, seed: int = 1, subject: Subject | None = None) -> Scene:
    brief, rng = read_brief(prompt), np.random.default_rng(seed)
    return scene_of(figure.rgb, subject or figure.subject, brief, camera(brief, COUNT, rng), rng)


def frame(scene: Scene, number: int) -> Bytes:
    return scene.frame(number)[..., :3]


def apart(first: Bytes, second: Bytes, where: Mask | None = None) -> float:
    difference = np.abs(first.astype(int) - second)
    return float(difference.mean() if where is None else difference[where].mean())


def away(mask: Mask, pixels: int) -> Mask:
    """What is at least that far from a mask."""
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1), np.uint8)) == 0


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("kind", ["person", "trousers", "product", "unsure"])
def test_the_first_frame_is_the_picture(prompt: str, kind: str) -> None:
    figure = drawn(trousers=kind == "trousers", person=kind != "product", sure=kind != "unsure")
    error = frame(moving(prompt, figure), 0).astype(float) - figure.rgb
    assert 10 * np.log10(255**2 / (error**2).mean()) > 45 if error.any() else True


def test_without_a_subject_the_picture_moves_as_one() -> None:
    brief, rng = read_brief("zoom in"), np.random.default_rng(0)
    scene = scene_of(FIGURE.rgb, None, brief, camera(brief, COUNT, rng), rng)
    assert np.array_equal(frame(scene, 0), FIGURE.rgb)
    assert apart(frame(scene, COUNT - 1), FIGURE.rgb) > 3


def test_before_a_locked_camera_the_background_does_not_flicker() -> None:
    scene = moving("static camera, strong wind")
    still = away(FIGURE.parts > 0, 14)
    frames = [frame(scene, number) for number in range(0, COUNT, 7)]
    assert all(np.array_equal(each[still], FIGURE.rgb[still]) for each in frames)
    assert max(apart(each, FIGURE.rgb, ~still) for each in frames) > 2


def test_a_hem_swings_over_legs_that_stay() -> None:
    scene = moving("static camera, wind in the skirt")
    assert len(scene.parts) == 3
    hem = np.zeros(FIGURE.parts.shape, bool)
    hem[255:268, 70:172] = True
    legs = (FIGURE.parts == Part.LEFT_LEG) & (np.arange(HEIGHT)[:, None] > 280)
    swings, bends = zip(
        *((apart(frame(scene, n), FIGURE.rgb, hem), apart(frame(scene, n), FIGURE.rgb, legs)) for n in range(30, 120, 15)),
        strict=True,
    )
    assert max(swings) > 4 * max(bends)


def test_trousers_swing_less_than_a_skirt() -> None:
    grid, brief = Grid.over(Size(WIDTH, HEIGHT)), read_brief("wind")
    figures = (drawn(trousers=each).subject for each in (False, True))
    skirt, trousers = (float(sway(each, brief, grid, COUNT, np.random.default_rng(1)).reach.max()) for each in figures)
    assert 0 < trousers < 0.6 * skirt


def test_a_face_is_never_bent() -> None:
    scene = moving("static camera, strong wind in her hair")
    grid = scene.stage.grid
    face = cv2.erode((FIGURE.parts == Part.FACE).astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    nodes = grid.sampled(face) > 0.9
    hair = grid.sampled((FIGURE.parts == Part.HAIR).astype(np.float32)) > 0.9
    for number in range(0, COUNT, 9):
        moved = scene.parts[1].motion.at(number)
        assert np.ptp(moved[nodes], axis=0).max() < 0.25
    assert max(np.ptp(scene.parts[1].motion.at(n)[hair], axis=0).max() for n in range(0, COUNT, 9)) > 0.6


def test_feet_stay_on_the_ground_while_the_camera_comes_closer() -> None:
    """Background and subject have one depth where they touch."""
    scene = moving("zoom in")
    behind, before = scene.parts[0].layer.depth, scene.parts[1].layer.depth
    grid = scene.stage.grid
    soles = np.abs(grid.places()[..., 1] - 338) < grid.step
    feet = soles & (grid.sampled((FIGURE.parts == Part.SHOES).astype(np.float32)) > 0.5)
    assert np.abs(behind[feet] - before[feet]).max() < 0.06
    assert behind[: grid.shape[0] // 3].max() < 0.5


def test_the_subject_comes_closer_faster_than_what_is_behind() -> None:
    scene = moving("zoom in, static hair")
    assert scene.parts[1].layer.depth.min() > 1.8 * scene.parts[0].layer.depth.min()


def test_a_camera_that_passes_leaves_no_ghost_and_no_hole() -> None:
    """Behind the subject is background: as smooth there as beside it."""
    plain = replace(FIGURE, rgb=np.where((FIGURE.parts > 0)[..., None], FIGURE.rgb, 200).astype(np.uint8))
    scene = moving("orbit", plain)
    sheet = scene.parts[0].layer.sheet.doubled[::2, ::2, :3]
    assert np.abs(sheet.astype(int) - 200).max() <= 3
    last = frame(scene, COUNT - 1)
    covered = (np.abs(last.astype(int) - 200).max(axis=2) > 12).sum()
    assert 0.85 < covered / (FIGURE.parts > 0).sum() < 1.2


@pytest.mark.parametrize(
    "prompt", ["loop", "seamless loop, breeze", "loop, pan left", "static camera, wind, loop", "orbit, loop", "sunlight, loop"]
)
def test_a_loop_closes(prompt: str) -> None:
    """From the last frame to the first it is no farther than from any frame to the next."""
    scene = moving(prompt)
    frames = [frame(scene, number) for number in (COUNT - 2, COUNT - 1, 0, 1)]
    before, across, after = (apart(one, two) for one, two in pairwise(frames))
    assert across <= 1.6 * max(before, after) + 0.05
    assert apart(frame(scene, COUNT // 2), frames[2]) > 2 * across


def test_the_seed_decides_phases_and_sides() -> None:
    one, same, other = (frame(moving("breeze", seed=seed), 80) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert apart(one, other) > 0.5


def test_light_passes_and_leaves_black_and_white_alone() -> None:
    figure = replace(FIGURE, rgb=FIGURE.rgb.copy())
    figure.rgb[:30, :30], figure.rgb[-30:, -30:] = 0, 255
    scene = moving("static camera, light passes", figure)
    means = [float(frame(scene, n).mean()) for n in range(0, COUNT, 5)]
    assert max(means) > means[0] + 8
    assert abs(means[-1] - means[0]) < 1.5
    for number in range(0, COUNT, 10):
        shown = frame(scene, number)
        assert shown[2:28, 2:28].max() == 0 and shown[-28:-2, -28:-2].min() == 255


def test_a_product_gets_light_and_a_person_does_not_unasked() -> None:
    assert moving("", drawn(person=False)).light is not None
    assert moving("").light is None
    assert moving("static camera", drawn(person=False)).light is None


@pytest.mark.parametrize("size", [Size(240, 360), Size(362, 202), Size(480, 854)])
def test_a_sheet_gives_back_its_own_pixels(size: Size) -> None:
    rgba = np.random.default_rng(0).integers(0, 256, (size.height, size.width, 4), dtype=np.uint8)
    grid, sheet = Grid.over(size), Sheet.of(rgba)
    rest = np.zeros((*grid.shape, 2), np.float32)
    assert np.array_equal(sheet.fetched(grid, rest), rgba)
    box = Box(37, 51, 133, 178)
    assert np.array_equal(sheet.fetched(grid, rest, box), rgba[box.part])
    assert np.array_equal(sheet.fetched(grid, rest + np.float32(3))[10:-10, 10:-10], rgba[13:-7, 13:-7])


def test_between_its_pixels_a_sheet_stays_sharp() -> None:
    """Half a pixel aside a fine pattern keeps two thirds of its contrast; plain linear interpolation keeps half."""
    x = np.arange(WIDTH)
    wave = np.rint(127 + 100 * np.sin(2 * np.pi * x / 3)).astype(np.uint8)
    rgba = np.dstack([np.tile(wave, (HEIGHT, 1))] * 3 + [np.full((HEIGHT, WIDTH), 255, np.uint8)])
    grid = Grid.over(Size(WIDTH, HEIGHT))
    half = Sheet.of(rgba).fetched(grid, np.full((*grid.shape, 2), 0.5, np.float32))
    assert half[20:-20, 20:-20, 0].std() > 0.65 * rgba[..., 0].std()
