"""The pieces of matting against independent implementations and closed cases."""

import cv2
import numpy as np
import pytest
from skimage.graph import MCP_Geometric

from pipelines.images import Floats, blurred
from pipelines.vision.mattes.background import climbed, distance, lab_of, read_backdrop, rgb_of
from pipelines.vision.mattes.closed_form import Prior, closed_form_alpha
from pipelines.vision.mattes.foreground import estimate_foreground
from pipelines.vision.mattes.gaps import openings
from pipelines.vision.mattes.known_colours import carried, projected
from pipelines.vision.mattes.segment import nobody
from pipelines.vision.mattes.surround import surround
from tests.pipelines.matting_scenes import scene


def _soft_disc(side: int = 48) -> Floats:
    y, x = np.mgrid[:side, :side] - side / 2
    return np.clip((side * 0.3 - np.hypot(x, y)) / 6 + 0.5, 0, 1).astype(np.float32)


def _two_colours(alpha: Floats) -> Floats:
    ink, paper = np.float32([0.8, 0.2, 0.1]), np.float32([0.1, 0.5, 0.9])
    return (alpha[..., None] * ink + (1 - alpha[..., None]) * paper).astype(np.float32)


def test_closed_form_recovers_alpha_between_two_colours() -> None:
    alpha = _soft_disc()
    unknown = (alpha > 0) & (alpha < 1)
    start = np.where(unknown, 0.5, alpha).astype(np.float32)
    found = closed_form_alpha(_two_colours(alpha), unknown, Prior(start, np.zeros_like(alpha)), iterations=400)
    assert np.abs(found - alpha)[unknown].mean() < 0.02


def test_closed_form_agrees_with_pymatting() -> None:
    from pymatting.alpha.estimate_alpha_cf import estimate_alpha_cf  # compiles for seconds at its first import

    rng = np.random.default_rng(0)
    alpha = _soft_disc(40)
    image = np.clip(_two_colours(alpha) + rng.normal(0, 0.02, (40, 40, 3)), 0, 1).astype(np.float32)
    unknown = (alpha > 0) & (alpha < 1)
    trimap = np.where(unknown, 0.5, alpha).astype(np.float64)
    expected = estimate_alpha_cf(image.astype(np.float64), trimap, laplacian_kwargs={"epsilon": 1e-6})
    start = np.where(unknown, 0.5, alpha).astype(np.float32)
    found = closed_form_alpha(image, unknown, Prior(start, np.zeros_like(alpha)), iterations=2000)
    assert np.abs(found - expected)[unknown].mean() < 0.03


def test_closed_form_leaves_known_pixels_alone() -> None:
    alpha = _soft_disc()
    unknown = np.zeros(alpha.shape, np.bool_)
    unknown[20:28, 30:38] = True
    found = closed_form_alpha(_two_colours(alpha), unknown, Prior(alpha, np.zeros_like(alpha)), iterations=20)
    assert np.array_equal(found[~unknown], alpha[~unknown])


def test_closed_form_of_nothing_unknown_is_the_prior() -> None:
    alpha = _soft_disc()
    assert closed_form_alpha(_two_colours(alpha), alpha > 2, Prior(alpha, alpha), iterations=5) is alpha


def test_foreground_estimation_removes_the_fringe() -> None:
    alpha = _soft_disc(96)
    found = estimate_foreground(_two_colours(alpha), alpha, sweeps=8)
    edge = (alpha > 0.1) & (alpha < 0.9)
    assert np.abs(found[edge] - np.float32([0.8, 0.2, 0.1])).max() < 0.06


def test_foreground_is_the_picture_where_it_is_opaque() -> None:
    alpha = _soft_disc()
    image = _two_colours(alpha)
    assert np.array_equal(estimate_foreground(image, alpha)[alpha == 1], image[alpha == 1])


def test_projection_is_exact_between_known_colours() -> None:
    alpha = np.linspace(0, 1, 11, dtype=np.float32)
    front, back = np.full((11, 3), 0.9, np.float32), np.full((11, 3), 0.2, np.float32)
    assert projected(back + alpha[:, None] * (front - back), front, back) == pytest.approx(alpha, abs=1e-5)


def test_carried_colours_keep_the_known_and_fill_the_rest() -> None:
    image = np.zeros((40, 60, 3), np.float32)
    image[:, :20], image[:, 40:] = (1, 0, 0), (0, 0, 1)
    known = np.zeros((40, 60), np.bool_)
    known[:, :20] = known[:, 40:] = True
    filled = carried(image, known)
    assert np.allclose(filled[known], image[known])
    assert filled[20, 22, 0] > 0.95 and filled[20, 37, 2] > 0.95


def test_backdrop_follows_a_gradient_behind_a_subject() -> None:
    real = scene("blob", "red", "gradient", seed=1, shadow=False)
    lab = lab_of(real.rgb)
    found = read_backdrop(lab)
    assert found.plain
    assert np.median(distance(lab, found.surface)[real.alpha == 0]) < 1.2
    assert np.median(distance(lab, found.surface)[real.alpha == 1]) > 40


def test_backdrop_survives_a_subject_that_covers_two_sides() -> None:
    rgb = np.full((300, 300, 3), 225, np.uint8)
    rgb[120:, :] = (40, 60, 120)
    found = read_backdrop(lab_of(rgb))
    assert abs(float(found.surface[10, 150, 0]) - float(lab_of(rgb)[10, 150, 0])) < 3


def test_a_busy_scene_is_no_backdrop() -> None:
    assert not read_backdrop(lab_of(scene("blob", "red", "street", seed=1).rgb)).plain


def test_lab_round_trip() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    assert np.abs(rgb_of(lab_of(rgb)) * 255 - rgb).max() < 1


def test_surround_takes_shadow_but_not_a_grey_subject() -> None:
    real = scene("blob", "grey", "white", seed=2)
    around = surround(real.rgb, read_backdrop(lab_of(real.rgb)))
    assert around.shadow.any()
    assert np.count_nonzero(around.outside & (real.alpha > 0.9)) < 0.02 * np.count_nonzero(real.alpha > 0.9)


def test_openings_find_the_handle_of_a_bag() -> None:
    real = scene("bag", "navy", "grey", seed=3, height=448, width=336)
    backdrop = read_backdrop(lab_of(real.rgb))
    found = openings(real.rgb, backdrop, surround(real.rgb, backdrop), nobody)
    assert np.count_nonzero(found.gaps & (real.alpha < 0.1)) > 1000
    assert not (found.gaps & (real.alpha > 0.9)).any()


@pytest.mark.parametrize("sigma", [0.1, 1.5, 8.0, 40.0])
def test_cheap_blur_is_the_gaussian(sigma: float) -> None:
    values = np.zeros((200, 160), np.float32)
    values[60:140, 50:110] = 1
    assert np.abs(blurred(values, sigma) - cv2.GaussianBlur(values, (0, 0), sigma)).max() < 0.06


@pytest.mark.parametrize("seed", range(3))
def test_the_easiest_way_from_a_region_is_the_one_from_all_of_its_pixels(seed: int) -> None:
    generator = np.random.default_rng(seed)
    cost = generator.random((40, 50)) + 0.01
    start = blurred(generator.random((40, 50)).astype(np.float32), 3) > 0.52
    wanted, _ = MCP_Geometric(cost).find_costs(np.argwhere(start))
    assert np.array_equal(climbed(cost, start), wanted.astype(np.float32))
