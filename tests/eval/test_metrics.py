"""Metric kernels against independent implementations, and the properties that a metric has to have."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage import metrics as skimage_metrics

from eval.metrics.delta_e import delta_e_2000, mean_delta_e, median_delta_e
from eval.metrics.flicker import flicker
from eval.metrics.landmarks import landmark_error
from eval.metrics.mattes import connectivity_error, gradient_error, iou, mse, sad
from eval.metrics.motion_smoothness import motion_smoothness
from eval.metrics.psnr import psnr
from eval.metrics.ssim import ssim
from eval.metrics.unchanged import changed_share, largest_change
from pipelines.images import Bytes, Floats
from pipelines.vision.people.body import Point

SEEDS = st.integers(0, 2**16)
MATTE_ERRORS = (sad, mse, gradient_error, connectivity_error)


def noise(seed: int, height: int = 24, width: int = 20) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def matte(seed: int) -> Floats:
    soft = cv2.GaussianBlur(np.random.default_rng(seed).standard_normal((40, 32)).astype(np.float32), (0, 0), 3)
    return np.clip(soft / soft.std() + 0.5, 0, 1)


@given(SEEDS, SEEDS)
def test_psnr_is_that_of_scikit_image_and_symmetric(one: int, other: int) -> None:
    first, second = noise(one), noise(other + 2**17)
    assert psnr(first, second) == pytest.approx(skimage_metrics.peak_signal_noise_ratio(second, first))
    assert psnr(first, second) == pytest.approx(psnr(second, first))


@given(SEEDS)
def test_ssim_stays_in_its_range_and_falls_with_noise(seed: int) -> None:
    picture = cv2.GaussianBlur(noise(seed, 40, 40), (0, 0), 2)
    little, much = (
        np.clip(picture + np.random.default_rng(1).normal(0, s, picture.shape), 0, 255).astype(np.uint8) for s in (3, 30)
    )
    assert -1 <= ssim(much, picture) < ssim(little, picture) < 1
    assert ssim(picture, picture) == pytest.approx(1)


def test_a_mask_leaves_out_what_is_outside() -> None:
    truth, shown = noise(1, 60, 60), noise(1, 60, 60)
    shown[:, 30:] = 0
    inside = np.zeros((60, 60), bool)
    inside[:, :20] = True
    assert psnr(shown, truth, inside) == float("inf")
    assert ssim(shown, truth, inside) == pytest.approx(1)
    assert mean_delta_e(shown, truth, inside) == 0
    assert changed_share(shown, truth, inside) == 0
    assert changed_share(shown, truth, ~inside) > 0.5
    assert largest_change(shown, truth, ~inside) > 200


@given(SEEDS, SEEDS)
def test_delta_e_is_symmetric_and_zero_for_equal_pictures(one: int, other: int) -> None:
    first, second = noise(one, 4, 4), noise(other, 4, 4)
    assert np.allclose(delta_e_2000(first, second), delta_e_2000(second, first), atol=1e-3)
    assert np.allclose(delta_e_2000(first, first), 0)


def test_median_delta_e_compares_regions_that_do_not_overlap() -> None:
    picture = np.zeros((4, 8, 3), np.uint8)
    picture[:, :2] = picture[:, 6:] = (200, 30, 40)
    left, right, middle = (np.zeros((4, 8), bool) for _ in range(3))
    left[:, :2], right[:, 6:], middle[:, 3:5] = True, True, True
    assert median_delta_e(picture, picture, left, right) == 0
    assert median_delta_e(picture, picture, left, middle) > 30
    assert np.isnan(median_delta_e(picture, picture, left, np.zeros((4, 8), bool)))


@pytest.mark.parametrize("error", MATTE_ERRORS)
@given(one=SEEDS, other=SEEDS)
def test_matte_errors_are_zero_for_equal_mattes_symmetric_and_positive(
    error: Callable[[Floats, Floats], float], one: int, other: int
) -> None:
    first, second = matte(one), matte(other + 2**17)
    assert error(first, first) == 0
    assert error(first, second) == pytest.approx(error(second, first), rel=1e-5)
    assert error(first, second) > 0


@given(SEEDS, SEEDS)
def test_gradient_error_is_that_of_derivatives_of_a_gaussian(one: int, other: int) -> None:
    """`scipy.ndimage` has the same derivatives but for the scale, which the benchmark sets to unit energy."""
    first, second = matte(one).astype(np.float64), matte(other).astype(np.float64)
    magnitudes = [ndimage.gaussian_gradient_magnitude(each, 1.4, mode="nearest", truncate=3) for each in (first, second)]
    ratio = np.sqrt(8 * np.pi * 1.4**4)
    wanted = float((((magnitudes[0] - magnitudes[1]) * ratio) ** 2).sum() / 1000)
    assert gradient_error(first.astype(np.float32), second.astype(np.float32)) == pytest.approx(wanted, rel=0.05, abs=1e-4)


def connectivity_by_levels(shown: Floats, truth: Floats) -> float:
    """The same by `scipy.ndimage.label`, pixel by pixel in words of the paper."""
    level = np.ones(truth.shape)
    found = np.zeros(truth.shape, bool)
    for step in range(1, 11):
        labels, count = ndimage.label((truth >= step / 10) & (shown >= step / 10))
        sizes = ndimage.sum_labels(np.ones(truth.shape), labels, range(1, count + 1))
        main = labels == 1 + int(np.argmax(sizes)) if count else np.zeros(truth.shape, bool)
        level[~main & ~found] = (step - 1) / 10
        found |= ~main
    lost = [each.astype(np.float64) - level for each in (shown, truth)]
    one, other = (1 - np.where(each >= 0.15, each, 0) for each in lost)
    return float(np.abs(one - other).sum() / 1000)


@given(SEEDS, SEEDS)
def test_connectivity_error_is_that_of_an_independent_implementation(one: int, other: int) -> None:
    first, second = matte(one), matte(other)
    assert connectivity_error(first, second) == pytest.approx(connectivity_by_levels(first, second), rel=0.02, abs=1e-6)


def test_intersection_over_union_of_nothing_and_nothing_is_one() -> None:
    empty = np.zeros((3, 3), np.float32)
    assert iou(empty, empty) == 1
    assert iou(empty, empty + 1) == 0


def test_flicker_sees_noise_and_no_motion_outside_its_mask() -> None:
    frames = [noise(seed, 8, 8) for seed in range(3)]
    still = np.zeros((8, 8), bool)
    still[:4] = True
    for frame in frames:
        frame[:4] = 7
    assert flicker(frames, still) == 0
    assert flicker(frames, ~still) > 20


def test_smoothness_ranks_an_even_pace_above_a_stutter_and_that_above_frames_without_order() -> None:
    edge = np.arange(64) * 4.0
    even = [
        np.repeat(np.clip(edge - step, 0, 255)[None, :, None], 3, axis=2).repeat(8, axis=0).astype(np.uint8) for step in range(96)
    ]
    stutter = [even[number // 8 * 8] for number in range(96)]
    mixed = [even[number] for number in np.random.default_rng(0).permutation(96)]
    assert motion_smoothness(even) > 0.8 > 0.3 > motion_smoothness(mixed)
    assert motion_smoothness(stutter) < 0.3


def test_a_still_is_no_smooth_motion_and_reversed_time_is_as_smooth() -> None:
    frames = [noise(seed, 16, 16) for seed in range(24)]
    assert motion_smoothness(frames[:1] * 24) == motion_smoothness(frames[:1]) == motion_smoothness([]) == 0
    assert motion_smoothness(frames) == pytest.approx(1 - np.sqrt(3) / 2, abs=0.03)
    assert motion_smoothness(frames[:23]) == pytest.approx(motion_smoothness(frames[22::-1]))


def test_landmark_error_counts_shared_points_only() -> None:
    truth = {"hem": Point(0, 0), "collar": Point(10, 10)}
    assert landmark_error({"hem": Point(0, 5), "cuff": Point(1, 1)}, truth, 100) == pytest.approx(0.05)
    assert np.isnan(landmark_error({}, truth, 100))
