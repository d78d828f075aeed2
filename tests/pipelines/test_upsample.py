"""Enlarging without weights."""

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipelines.draft.degradation import half_area, half_bicubic
from pipelines.draft.training.superres import lanczos, psnr
from pipelines.images import Floats, to_float
from pipelines.sizes import Size
from pipelines.vision.upsample import bleed, enlarge


@pytest.fixture(scope="module")
def coffee() -> Floats:
    return to_float(data.coffee()[100:356, 150:406])


def test_beats_lanczos(coffee: Floats) -> None:
    for degrade in (half_bicubic, half_area):
        small = degrade(coffee)
        assert psnr(enlarge(small, Size(256, 256)), coffee) > psnr(lanczos(small), coffee) + 0.2


def test_averages_back_to_the_source(coffee: Floats) -> None:
    small = half_area(coffee)
    again = enlarge(small, Size(256, 256)).reshape(128, 2, 128, 2, 3).mean(axis=(1, 3))
    assert np.abs(again - small).mean() < 0.003


def test_draws_no_halo_along_an_edge() -> None:
    edge = np.full((40, 40, 3), 0.3, np.float32)
    edge[:, 20:] = 0.7
    grown = enlarge(edge, Size(120, 120))
    assert grown.min() > 0.3 - 0.09
    assert grown.max() < 0.7 + 0.09
    assert np.abs(grown[:, :50] - 0.3).max() < 0.02


@pytest.mark.parametrize("size", [Size(40, 40), Size(41, 57), Size(97, 40), Size(133, 250), Size(20, 90), Size(17, 13)])
def test_gives_exactly_the_size_and_stays_in_range(size: Size) -> None:
    noise = np.random.default_rng(5).random((40, 40, 3), np.float32)
    grown = enlarge(noise, size)
    assert grown.shape == (size.height, size.width, 3)
    assert grown.dtype == np.float32
    assert grown.min() >= 0
    assert grown.max() <= 1


def test_a_single_channel_is_enlarged_like_three(coffee: Floats) -> None:
    small = half_area(coffee)
    assert np.array_equal(enlarge(np.ascontiguousarray(small[..., 1]), Size(200, 190)), enlarge(small, Size(200, 190))[..., 1])


def test_colours_bleed_into_what_is_transparent() -> None:
    rgb = np.zeros((60, 80, 3), np.float32)
    alpha = np.zeros((60, 80), np.float32)
    rgb[20:40, 10:30], alpha[20:40, 10:30] = (0.9, 0.1, 0.1), 1
    rgb[20:40, 50:70], alpha[20:40, 50:70] = (0.1, 0.1, 0.9), 1
    filled = bleed(rgb, alpha)
    assert np.array_equal(filled[alpha > 0], rgb[alpha > 0])
    assert filled[30, 5, 0] > 0.8
    assert filled[30, 75, 2] > 0.8
    assert filled.sum(axis=2).min() > 0.9, "black is left somewhere"


def test_a_wholly_transparent_picture_bleeds_nothing() -> None:
    assert np.array_equal(bleed(np.zeros((8, 8, 3), np.float32), np.zeros((8, 8), np.float32)), np.zeros((8, 8, 3)))


def test_pillow_agrees_about_the_geometry() -> None:
    """A small disc stays where it is: no half-pixel shift against Pillow."""
    disc = np.zeros((50, 50, 3), np.float32)
    disc[20:31, 14:25] = 1
    grown = enlarge(disc, Size(150, 150))[..., 0]
    other = np.asarray(Image.fromarray((disc * 255).astype(np.uint8)).resize((150, 150), Image.Resampling.BICUBIC))[..., 0]
    y, x = np.mgrid[0:150, 0:150]
    for axis in (x, y):
        assert abs((axis * grown).sum() / grown.sum() - (axis * other.astype(float)).sum() / other.astype(float).sum()) < 0.1
