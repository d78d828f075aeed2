"""Colour difference and structural similarity against published values and independent implementations."""

import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity
from torchmetrics.functional.image import (
    multiscale_structural_similarity_index_measure,
    peak_signal_noise_ratio,
    structural_similarity_index_measure,
)

from eval.metrics.delta_e import LARGEST, delta_e_2000, lab_difference, to_lab
from eval.metrics.ms_ssim import LEAST_SIDE, ms_ssim
from eval.metrics.psnr import psnr
from eval.metrics.ssim import ROWS, ssim
from pipelines.images import Bytes

SEEDS = st.integers(0, 2**16)
SHARMA = """
50 2.6772 -79.7751 50 0 -82.7485 2.0425
50 3.1571 -77.2803 50 0 -82.7485 2.8615
50 2.8361 -74.02 50 0 -82.7485 3.4412
50 -1.3802 -84.2814 50 0 -82.7485 1.0
50 -1.1848 -84.8006 50 0 -82.7485 1.0
50 -0.9009 -85.5211 50 0 -82.7485 1.0
50 0 0 50 -1 2 2.3669
50 -1 2 50 0 0 2.3669
50 2.49 -0.001 50 -2.49 0.0009 7.1792
50 2.49 -0.001 50 -2.49 0.001 7.1792
50 2.49 -0.001 50 -2.49 0.0011 7.2195
50 2.49 -0.001 50 -2.49 0.0012 7.2195
50 -0.001 2.49 50 0.0009 -2.49 4.8045
50 -0.001 2.49 50 0.001 -2.49 4.8045
50 -0.001 2.49 50 0.0011 -2.49 4.7461
50 2.5 0 50 0 -2.5 4.3065
50 2.5 0 73 25 -18 27.1492
50 2.5 0 61 -5 29 22.8977
50 2.5 0 56 -27 -3 31.903
50 2.5 0 58 24 15 19.4535
50 2.5 0 50 3.1736 0.5854 1.0
50 2.5 0 50 3.2972 0 1.0
50 2.5 0 50 1.8634 0.5757 1.0
50 2.5 0 50 3.2592 0.335 1.0
60.2574 -34.0099 36.2677 60.4626 -34.1751 39.4387 1.2644
63.0109 -31.0961 -5.8663 62.8187 -29.7946 -4.0864 1.263
61.2901 3.7196 -5.3901 61.4292 2.248 -4.962 1.8731
35.0831 -44.1164 3.7933 35.0232 -40.0716 1.5901 1.8645
22.7233 20.0904 -46.694 23.0331 14.973 -42.5619 2.0373
36.4612 47.858 18.3852 36.2715 50.5065 21.2231 1.4146
90.8027 -2.0831 1.441 91.1528 -1.6435 0.0447 1.4441
90.9257 -0.5406 -0.9208 88.6381 -0.8985 -0.7239 1.5381
6.7747 -0.2908 -2.4247 5.8714 -0.0985 -2.2286 0.6377
2.0776 0.0795 -1.135 0.9033 -0.0636 -0.5514 0.9082
"""
"""Table 1 of Sharma, Wu and Dalal 2005: two colours in CIELAB and their difference."""
PAIRS = np.array([line.split() for line in SHARMA.strip().splitlines()], dtype=np.float64)


def noise(seed: int, height: int = 40, width: int = 36) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def near(picture: Bytes, deviation: float, seed: int = 1) -> Bytes:
    return np.clip(picture + np.random.default_rng(seed).normal(0, deviation, picture.shape), 0, 255).astype(np.uint8)


def tensor(picture: Bytes) -> torch.Tensor:
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].double()


def test_delta_e_is_that_of_the_published_pairs_both_ways() -> None:
    assert len(PAIRS) == 34
    one, other = PAIRS[:, :3].astype(np.float32), PAIRS[:, 3:6].astype(np.float32)
    assert lab_difference(one, other) == pytest.approx(PAIRS[:, 6], abs=1e-4)
    assert lab_difference(other, one) == pytest.approx(PAIRS[:, 6], abs=1e-4)


@given(SEEDS, SEEDS)
def test_delta_e_is_that_of_scikit_image(one: int, other: int) -> None:
    first, second = noise(one), noise(other + 2**17)
    wanted = deltaE_ciede2000(rgb2lab(second), rgb2lab(first))
    assert np.abs(delta_e_2000(first, second) - wanted).max() < 1e-3


@given(SEEDS, SEEDS)
def test_lab_of_colours_and_of_greys_is_that_of_scikit_image(one: int, other: int) -> None:
    grey = np.repeat(noise(other)[..., :1], 3, axis=2)
    for picture in (noise(one), grey):
        assert np.abs(to_lab(picture.reshape(-1, 3)) - rgb2lab(picture).reshape(-1, 3)).max() < 1e-4


def test_no_two_colours_are_further_apart_than_the_range_says() -> None:
    steps = np.array((0, 64, 128, 192, 255), np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    pairs = delta_e_2000(np.repeat(cube[None], len(cube), 0), np.repeat(cube[:, None], len(cube), 1))
    assert 90 < pairs.max() < LARGEST


@settings(max_examples=20)
@given(SEEDS, st.floats(1, 60), st.integers(11, 2 * ROWS + 30), st.integers(11, 50))
def test_ssim_is_that_of_scikit_image_at_any_size(seed: int, deviation: float, height: int, width: int) -> None:
    first = np.asarray(cv2.GaussianBlur(noise(seed, height, width), (0, 0), 1.2), np.uint8)
    second = near(first, deviation)
    mask = np.random.default_rng(seed).random((height, width)) < 0.5
    mask[0, 0] = True
    wanted, full = structural_similarity(
        first, second, channel_axis=2, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    assert ssim(first, second) == pytest.approx(wanted, abs=2e-5)
    assert ssim(first, second, mask) == pytest.approx(full[mask].mean(), abs=2e-5)
    assert ssim(second, first) == pytest.approx(ssim(first, second), abs=1e-6)


@pytest.mark.parametrize(("deviation", "shape"), [(2.0, (LEAST_SIDE, LEAST_SIDE)), (40.0, (181, 190))])
def test_psnr_ssim_and_ms_ssim_are_those_of_torchmetrics(deviation: float, shape: tuple[int, int]) -> None:
    truth = np.asarray(cv2.GaussianBlur(noise(3, *shape), (0, 0), 2), np.uint8)
    shown = near(truth, deviation)
    pair = tensor(shown), tensor(truth)
    assert psnr(shown, truth) == pytest.approx(float(peak_signal_noise_ratio(*pair, data_range=255.0)), abs=1e-4)
    _, whole = structural_similarity_index_measure(*pair, data_range=255.0, return_full_image=True)
    assert ssim(shown, truth) == pytest.approx(float(whole[..., 5:-5, 5:-5].mean()), abs=1e-4)
    wanted = multiscale_structural_similarity_index_measure(*pair, data_range=255.0)
    assert ms_ssim(shown, truth) == pytest.approx(float(wanted), abs=1e-4)


def test_ms_ssim_of_opposites_is_zero_and_not_a_complex_number() -> None:
    picture = noise(5, LEAST_SIDE, LEAST_SIDE)
    assert ms_ssim(255 - picture, picture) == 0


def seconds(measure: Callable[[], object]) -> float:
    """Processor time of the faster of two looks."""
    looks = []
    for _ in range(2):
        begun = time.process_time()
        measure()
        looks.append(time.process_time() - begun)
    return min(looks)


def test_a_pair_of_a_megapixel_is_measured_within_its_time_and_no_slower_than_by_scikit_image() -> None:
    truth = noise(1, 1024, 1024)
    shown = near(truth, 20)
    own = seconds(lambda: (psnr(shown, truth), ssim(shown, truth), delta_e_2000(shown, truth).mean()))
    assert own < 0.6  # 0.11 s on an idle core; half of what a busy one may take
    small = truth[:256, :256], shown[:256, :256]
    theirs = seconds(lambda: deltaE_ciede2000(*(rgb2lab(each) for each in small)))
    assert seconds(lambda: delta_e_2000(*small)) < theirs
