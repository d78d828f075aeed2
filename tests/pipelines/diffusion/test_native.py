"""Native sizes, and pictures at exactly a size."""

from itertools import product

import numpy as np
import pytest
from PIL import Image

from pipelines.diffusion.recipes.finish import enlarged, finished
from pipelines.diffusion.recipes.native import fitted, native_size
from pipelines.engine import unwatched
from pipelines.images import pixels, size_of
from pipelines.sizes import ASPECT_RATIOS, Mode, Size, Tier, ratio_of, size_for
from tests.pipelines.diffusion.recording import KLEIN, QWEN, TEXT, card, plain

CARDS = (
    KLEIN,
    QWEN,
    TEXT,
    card(native_pixels=1328 * 1328, max_pixels=2048**2),
    card(multiple=64),
    card(multiple=8, native_pixels=640 * 640),
    card(native_pixels=512 * 512),
)
TASKS = tuple(product(Tier, ASPECT_RATIOS))


@pytest.mark.parametrize("of", CARDS, ids=lambda each: f"{each.native_pixels}/{each.multiple}")
def test_native_sizes_keep_the_ratio_within_two_per_cent_and_use_the_pixels_that_the_card_has(of):
    for tier, ratio in TASKS:
        size = size_for(tier, ratio_of(ratio))
        native = native_size(of, size)
        assert native.width % of.multiple == 0, (size, native)
        assert native.height % of.multiple == 0, (size, native)
        least = 0.75 if of.multiple == 64 else 0.85
        assert least * of.native_pixels <= native.pixels <= of.native_pixels, (size, native)
        assert 0.98 <= native.ratio / size.ratio <= 1.02, (size, native)


def test_any_ratio_up_to_six_to_one_has_a_native_size():
    rng = np.random.default_rng(3)
    for _ in range(300):
        side, ratio = int(rng.integers(48, 3000)), float(np.exp(rng.uniform(-np.log(6), np.log(6))))
        size = Size(max(8, round(side * ratio**0.5)), max(8, round(side / ratio**0.5)))
        for of in (KLEIN, QWEN):
            native = native_size(of, size)
            assert native.pixels <= of.native_pixels
            assert max(native.ratio / size.ratio, size.ratio / native.ratio) <= 1.02, size


def test_a_task_that_is_at_native_size_is_made_as_it_is():
    for size in (Size(832, 1248), Size(800, 1200), Size(1024, 1024), Size(1360, 768)):
        assert native_size(KLEIN, size) == size


def test_a_task_smaller_than_native_is_made_at_native_size():
    assert native_size(KLEIN, Size(416, 624)) == Size(832, 1248)


def test_a_model_of_very_few_pixels_gets_the_ratio_first_and_the_nearest_where_there_is_none():
    few = card(native_pixels=64 * 64, max_pixels=64 * 64)
    assert native_size(few, Size(832, 1248)) == Size(32, 48)
    assert native_size(few, Size(1000, 290)) == Size(112, 32)
    assert native_size(card(native_pixels=32 * 32, max_pixels=32 * 32, multiple=32), Size(832, 1248)) == Size(32, 32)


def test_transparency_becomes_white_without_a_dark_fringe():
    cutout = np.zeros((90, 60, 4), np.uint8)
    cutout[20:70, 15:45] = (255, 255, 255, 255)  # white on transparent black: any grey would be a fringe
    result = np.asarray(fitted(Image.fromarray(cutout), Size(41, 77)))
    assert result.shape == (77, 41, 3)
    assert result.min() == 255


def test_a_fitted_picture_of_the_same_size_is_untouched():
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (30, 20, 3), np.uint8))
    assert np.array_equal(np.asarray(fitted(noise, Size(20, 30))), np.asarray(noise))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("size", [Size(130, 190), Size(64, 96), Size(300, 450), Size(70, 90)], ids=str)
def test_finished_pictures_have_exactly_the_size_of_the_task(size, mode):
    made = plain(Size(64, 96), (90, 140, 200))
    output = finished(made, size, unwatched, mode=mode, notes=("Said.",), details={"references": 2})
    assert size_of(output.image) == size
    assert np.abs(pixels(output.image).astype(int) - (90, 140, 200)).max() <= 4
    assert output.details == {"native_width": 64, "native_height": 96, "references": 2}
    assert output.notes[0] == "Said."


@pytest.mark.parametrize("tier", Tier)
def test_every_tier_is_made_natively_and_enlarged_to_the_pixel(tier):
    size = size_for(tier, ratio_of("2:3"))
    made = plain(native_size(KLEIN, size))
    output = finished(made, size, unwatched, mode=Mode.FAST)
    assert size_of(output.image) == size
    larger = "" if tier == Tier.K1 else f"Made at 832 x 1248 pixels, where the model is at its best, and enlarged to {size}."
    assert output.notes == ((larger,) if larger else ())


def test_a_picture_is_never_enlarged_when_it_has_its_size():
    made = plain(Size(64, 96))
    assert enlarged(made, Size(64, 96), unwatched, Mode.QUALITY) is made


def test_enlarging_can_be_cancelled():
    def cancel(step, of, note="", preview=None):
        raise RuntimeError("cancelled")

    with pytest.raises(RuntimeError, match="cancelled"):
        enlarged(plain(Size(64, 96)), Size(128, 192), cancel, Mode.BALANCED)


def test_balanced_enlarges_fourfold_with_more_detail_than_fast():
    rows, columns = np.mgrid[:96, :64]
    edges = np.where(np.hypot(rows - 48, columns - 32) < 25, 220, 40).astype(np.uint8)
    made = Image.fromarray(np.dstack([edges] * 3))
    truth = np.where(np.hypot(*(np.mgrid[:384, :256] / 4 + 0.5 / 4 - 0.5 - np.array([48, 32])[:, None, None])) < 25, 220.0, 40.0)
    errors = [
        np.abs(np.asarray(enlarged(made, Size(256, 384), unwatched, mode))[..., 0] - truth).mean()
        for mode in (Mode.FAST, Mode.BALANCED)
    ]
    assert errors[1] < errors[0]
