"""Holes filled from patches: near the truth where there is one, like the rest where there is none, and never outside."""

import cv2
import numpy as np
import pytest

from pipelines.images import Floats, Mask
from pipelines.sizes import Mode
from pipelines.vision import poisson
from pipelines.vision.inpaint import membrane
from pipelines.vision.patches import Field, Source, lab, nearest
from pipelines.vision.smoothfill import PLAIN, filled_smoothly, ring_of
from pipelines.vision.synthesis import EFFORTS, Materials, Synthesis, synthesise
from tests.pipelines.textures import TEXTURES

SHAPE = (200, 260)


def hole(middle: tuple[int, int] = (120, 100), axes: tuple[int, int] = (36, 26)) -> Mask:
    out = np.zeros(SHAPE, np.uint8)
    cv2.ellipse(out, middle, axes, 20, 0, 360, 1, -1)
    return out > 0


def fill(picture: Floats, where: Mask, mode: Mode = Mode.BALANCED, seed: int = 0) -> Synthesis:
    pasted = picture.copy()
    pasted[where] = (1, 0, 1)
    clear = cv2.dilate(where.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0
    return synthesise(pasted, where, Materials(pasted, clear), EFFORTS[mode], np.random.default_rng(seed))


def psnr(found: Floats, truth: Floats, where: Mask) -> float:
    return float(-10 * np.log10(((found - truth)[where] ** 2).mean()))


def steps(picture: Floats, where: Mask) -> float:
    """Mean gradient of luminance."""
    grey = picture.mean(axis=2)
    return float(np.hypot(*np.gradient(grey))[where].mean())


@pytest.mark.parametrize("name", list(TEXTURES))
def test_the_fill_is_like_the_texture_and_nothing_else_changes(name: str) -> None:
    truth, where = TEXTURES[name](*SHAPE, seed=1), hole()
    made = fill(truth, where)
    assert np.array_equal(made.rgb[~where], truth[~where])
    assert 0.65 < steps(made.rgb, where) / steps(truth, where) < 1.35, "blurred, or torn"
    assert abs(made.rgb[where].mean() - truth[where].mean()) < 0.03
    magenta = (made.rgb[where][:, 1] < 0.15) & (made.rgb[where][:, 2] > 0.5)
    assert not magenta.any(), "what was removed shows"


def test_boards_and_brick_come_near_the_truth() -> None:
    for name, least in (("brick", 16.5), ("boards", 27.0)):
        truth, where = TEXTURES[name](*SHAPE, seed=1), hole()
        smooth = membrane(truth, (~where).astype(np.float32))
        found = psnr(fill(truth, where).rgb, truth, where)
        assert found > least, name
        assert name != "boards" or found > psnr(smooth, truth, where) - 1


def test_more_effort_fits_better_on_average() -> None:
    scores = {}
    for mode in Mode:
        found = []
        for texture in TEXTURES.values():
            truth, where = texture(*SHAPE, seed=1), hole()
            made = fill(truth, where, mode, 1)
            detail = abs(np.log(steps(made.rgb, where) / steps(truth, where)))
            found.append(psnr(made.rgb, truth, where) - 6 * detail)
        scores[mode] = np.mean(found)
    assert scores[Mode.QUALITY] > scores[Mode.FAST]
    assert scores[Mode.BALANCED] > scores[Mode.FAST]


def test_chance_is_the_generators() -> None:
    truth, where = TEXTURES["foliage"](*SHAPE), hole()
    first, again, other = (fill(truth, where, Mode.FAST, seed).rgb for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other)[where].mean() > 0.01


def test_nothing_to_copy_gives_a_membrane() -> None:
    picture, where = np.full((40, 40, 3), 0.5, np.float32), np.zeros((40, 40), bool)
    where[4:36, 4:36] = True
    made = synthesise(picture, where, Materials(picture, ~where), EFFORTS[Mode.FAST], np.random.default_rng(0))
    assert np.abs(made.rgb - 0.5).max() < 1e-3
    assert made.misfit == 1.0


def test_what_is_not_usable_is_never_copied() -> None:
    truth, where = TEXTURES["boards"](*SHAPE), hole()
    truth[:, :40] = (0.05, 0.1, 0.9)
    usable = ~where
    usable[:, :44] = False
    made = synthesise(truth, where, Materials(truth, usable), EFFORTS[Mode.FAST], np.random.default_rng(0))
    blue = made.rgb[where]
    assert not (blue[:, 2] > blue[:, 0] + 0.1).any()


def test_patches_find_themselves() -> None:
    picture = np.ascontiguousarray(lab(TEXTURES["foliage"](90, 120)))
    rng = np.random.default_rng(0)
    source = Source.of(picture, np.ones((90, 120), bool), rng)
    places = source.places[::3]
    chance = rng.choice(source.places, len(places))
    field = nearest(picture, Field(places, chance, np.zeros(len(places), np.float32)), source, 12, rng)
    assert (field.distances < 1e-9).mean() > 0.4
    assert (field.matches[field.distances < 1e-9] == places[field.distances < 1e-9]).mean() > 0.9


def smooth(height: int, width: int) -> Floats:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / 100
    return np.dstack([np.sin(2 * x) + y**2, x * y, np.exp(-x) * np.cos(3 * y)]).astype(np.float32)


@pytest.mark.parametrize("shape", [(80, 120), (97, 61), (33, 200)])
def test_poisson_brings_back_what_has_these_gradients(shape: tuple[int, int]) -> None:
    picture = smooth(*shape)
    inside = np.zeros(shape, bool)
    inside[shape[0] // 5 : -shape[0] // 5, shape[1] // 4 :] = True
    start = picture.copy()
    start[inside] = 0
    found = poisson.solve(start, inside, poisson.divergence_of(picture), cycles=30)
    assert np.abs(found - picture).max() < 5e-3
    assert np.array_equal(found[~inside], picture[~inside])


def test_a_short_reach_keeps_the_middle_as_it_was() -> None:
    start = np.zeros((80, 80, 1), np.float32)
    inside = np.zeros((80, 80), bool)
    inside[10:70, 10:70] = True
    start[~inside] = 1
    free = poisson.solve(start, inside, np.zeros_like(start), cycles=20)
    held = poisson.solve(start, inside, np.zeros_like(start), cycles=20, reach=4)
    assert free[40, 40, 0] > 0.95
    assert held[40, 40, 0] < 0.05
    assert held[10, 40, 0] > 0.6


def test_a_plain_surface_runs_on_exactly_with_its_grain() -> None:
    y, x = np.mgrid[0:200, 0:260].astype(np.float32) / 200
    clean = np.repeat((0.8 - 0.1 * y + 0.05 * x**2)[..., None], 3, axis=2).astype(np.float32)
    noisy = (clean + np.random.default_rng(0).normal(0, 0.01, (*SHAPE, 1))).astype(np.float32)
    where = hole()
    pasted = np.where(where[..., None], np.float32(0.1), noisy)
    ring = ring_of(pasted, where, ~where)
    assert ring.deviation < PLAIN
    made = filled_smoothly(pasted, where, ring, np.random.default_rng(1))
    assert np.abs(cv2.GaussianBlur(made, (0, 0), 4) - clean)[where].max() < 0.02
    assert 0.4 < made[where].std() / noisy[where].std() < 1.6
    assert np.array_equal(made[~where], pasted[~where])


def test_a_wall_of_bricks_is_not_plain() -> None:
    picture = TEXTURES["brick"](*SHAPE)
    assert ring_of(picture, hole(), ~hole()).deviation > 2 * PLAIN
