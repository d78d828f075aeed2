"""The matte of rendered scenes against their exact alpha."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.errors import SubjectNotFound
from pipelines.images import Bytes
from pipelines.sizes import Mode
from pipelines.vision.mattes.matting import matte, matte_of, matte_of_part
from tests.pipelines.matting_scenes import absolute_error, intersection_over_union, scene


@pytest.mark.parametrize("backdrop", ["white", "grey", "gradient", "plaster", "wood"])
def test_subjects_are_found_on_every_quiet_backdrop(backdrop: str) -> None:
    cases = [("shirt", "stripes"), ("bag", "print"), ("blob", "red"), ("person", "navy")]
    scores = []
    for shape, cloth in cases:
        real = scene(shape, cloth, backdrop, seed=5)
        scores.append(intersection_over_union(matte(real.rgb, Mode.BALANCED).alpha, real.alpha))
    assert np.median(scores) > 0.97, scores
    assert min(scores) > 0.93, scores


@pytest.mark.parametrize(("shape", "inside"), [("person", (322, 340)), ("bag", (220, 240))])
@pytest.mark.parametrize("backdrop", ["white", "gradient"])
def test_enclosed_gaps_open_even_in_shadow(shape: str, inside: tuple[int, int], backdrop: str) -> None:
    real = scene(shape, "navy", backdrop, seed=2)
    row, column = inside
    assert real.alpha[row, column] == 0
    assert matte(real.rgb, Mode.BALANCED).alpha[row - 4 : row + 5, column - 4 : column + 5].max() < 0.1


def test_white_print_on_white_is_no_gap() -> None:
    real = scene("shirt", "navy", "white", seed=1, shadow=False)
    rgb = real.rgb.copy()
    rgb[300:400, 200:280] = (244, 244, 243)
    alpha = matte(rgb, Mode.BALANCED).alpha
    assert alpha[310:390, 210:270].min() > 0.95


@pytest.mark.parametrize(("cloth", "backdrop"), [("white", "grey"), ("grey", "white"), ("white", "gradient")])
def test_pale_products_survive_on_pale_backdrops(cloth: str, backdrop: str) -> None:
    real = scene("shirt", cloth, backdrop, seed=3)
    assert intersection_over_union(matte(real.rgb, Mode.BALANCED).alpha, real.alpha) > 0.97


def test_cast_shadow_is_background() -> None:
    real = scene("blob", "red", "grey", seed=4)
    found = matte(real.rgb, Mode.BALANCED).alpha
    around = (real.alpha == 0) & (np.roll(real.alpha, (12, 8), (0, 1)) > 0.5)
    assert np.count_nonzero(around) > 500
    assert found[around].mean() < 0.12


def test_more_effort_never_draws_worse_edges() -> None:
    errors: dict[Mode, list[float]] = {mode: [] for mode in Mode}
    for cloth, backdrop in (("navy", "gradient"), ("stripes", "plaster")):
        real = scene("person", cloth, backdrop, seed=6, height=1280, width=960)
        for mode in Mode:
            errors[mode].append(absolute_error(matte(real.rgb, mode).alpha, real.alpha))
    fast, balanced, quality = (float(np.mean(errors[mode])) for mode in (Mode.FAST, Mode.BALANCED, Mode.QUALITY))
    assert quality <= balanced * 1.001
    assert balanced <= fast * 0.97


def test_edge_colours_carry_no_background() -> None:
    real = scene("blob", "navy", "white", seed=7)
    found = matte(real.rgb, Mode.BALANCED)
    edge = (real.alpha > 0.2) & (real.alpha < 0.8)
    assert np.abs(found.foreground - real.foreground)[edge].mean() < 0.08
    assert np.abs(real.rgb / 255 - real.foreground)[edge].mean() > 0.3


def test_promised_types_and_ranges() -> None:
    found = matte(scene("blob", "red", "grey").rgb, Mode.FAST)
    assert found.alpha.dtype == found.foreground.dtype == np.float32
    assert found.foreground.shape == (*found.alpha.shape, 3)
    assert found.alpha.min() == 0 and found.alpha.max() == 1
    assert found.foreground.min() >= 0 and found.foreground.max() <= 1
    assert 0.5 < found.confidence <= 1


def _flat() -> Bytes:
    return np.full((300, 240, 3), 200, np.uint8)


def _noise() -> Bytes:
    return np.random.default_rng(0).integers(0, 256, (300, 240, 3), dtype=np.uint8)


def _sky() -> Bytes:
    rows = np.linspace(120, 230, 300)[:, None, None]
    return np.broadcast_to(rows, (300, 240, 3)).astype(np.uint8)


@pytest.mark.parametrize("picture", [_flat(), _noise(), _sky()], ids=["flat", "noise", "gradient"])
@pytest.mark.parametrize("mode", list(Mode))
def test_nothing_stands_out_of_nothing(picture: Bytes, mode: Mode) -> None:
    with pytest.raises(SubjectNotFound, match="stands out"):
        matte(picture, mode)


def test_own_transparency_is_the_matte() -> None:
    real = scene("blob", "red", "street", height=160, width=120)
    alpha = (real.alpha * 255).astype(np.uint8)
    found = matte_of(Image.fromarray(np.dstack([real.rgb, alpha])), Mode.QUALITY)
    assert np.array_equal(np.round(found.alpha * 255), alpha)
    assert found.confidence == 1


def test_fully_transparent_picture_has_no_subject() -> None:
    with pytest.raises(SubjectNotFound):
        matte_of(Image.new("RGBA", (40, 40), (255, 0, 0, 0)), Mode.FAST)


def test_the_same_picture_gives_the_same_matte() -> None:
    rgb = scene("shirt", "print", "plaster", seed=8).rgb
    assert np.array_equal(matte(rgb, Mode.BALANCED).alpha, matte(rgb, Mode.BALANCED).alpha)


def test_busy_scene_keeps_most_of_the_subject() -> None:
    scores = []
    for seed in (0, 1):
        real = scene("shirt", "red", "street", seed=seed)
        scores.append(intersection_over_union(matte(real.rgb, Mode.BALANCED).alpha, real.alpha))
    assert np.mean(scores) > 0.75, scores


def test_part_of_a_subject_keeps_its_outline_and_gets_an_edge_of_its_own() -> None:
    real = scene("blob", "red", "white", seed=9)
    rgb = real.rgb.copy()
    rgb[320:][real.alpha[320:] > 0.5] = (30, 40, 90)
    whole = matte(rgb, Mode.BALANCED)
    part = np.zeros(real.alpha.shape, np.bool_)
    part[:322] = real.alpha[:322] > 0.5
    upper = matte_of_part(rgb, whole, part, Mode.BALANCED)
    assert upper.alpha[330:].max() == 0
    assert np.abs(upper.alpha[:308] - whole.alpha[:308]).mean() < 0.008
    rows = upper.alpha[310:332, 240]
    assert abs(310 + rows.sum() - 320) < 2.5


def test_watching_can_end_the_work() -> None:
    def stop(note: str) -> None:
        raise KeyError(note)

    with pytest.raises(KeyError):
        matte(scene("blob", "red", "grey").rgb, Mode.FAST, stop)


@settings(max_examples=12, deadline=None)
@given(st.integers(24, 220), st.integers(24, 220))
def test_any_size_gives_a_matte_of_that_size(height: int, width: int) -> None:
    rgb = np.full((height, width, 3), 235, np.uint8)
    rgb[height // 4 : -height // 4, width // 4 : -width // 4] = (140, 30, 40)
    assert matte(rgb, Mode.FAST).alpha.shape == (height, width)
