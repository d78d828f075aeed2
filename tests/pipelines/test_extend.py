"""Backgrounds continued: recovered where they are known, without a seam where they are not."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.images import Floats, Mask
from pipelines.sizes import Mode
from pipelines.vision.continued import defocused, patched
from pipelines.vision.extend import Extended, Margins, extend
from pipelines.vision.synthesis import EFFORTS
from tests.pipelines.textures import TEXTURES


def nothing(rgb: Floats) -> Mask:
    return np.zeros(rgb.shape[:2], bool)


def studio(height: int, width: int, noise: float = 0.0, seed: int = 0) -> Floats:
    """A backdrop that gets lighter to the right and darker to the bottom, with grain."""
    y, x = np.mgrid[0:height, 0:width] / 400
    plain = np.stack([0.62 + 0.05 * x - 0.08 * y, 0.63 + 0.05 * x - 0.07 * y, 0.66 + 0.04 * x - 0.06 * y], axis=2)
    return (plain + np.random.default_rng(seed).normal(0, noise, plain.shape)).astype(np.float32)


def grown(rgb: Floats, margins: Margins, subject: Mask | None = None, seed: int = 0) -> Floats:
    return extend(rgb, nothing(rgb) if subject is None else subject, margins, np.random.default_rng(seed)).rgb


def test_a_known_gradient_is_recovered() -> None:
    whole = studio(300, 400)
    found = grown(whole[:, 100:300], Margins(left=100, right=100))
    assert np.abs(found - whole).max() < 0.02
    assert np.abs(found - whole).mean() < 0.006


def test_a_gradient_is_recovered_under_grain_and_without_streaks() -> None:
    whole = studio(300, 400)
    found = grown(studio(300, 400, 0.02, seed=3)[:, 100:300], Margins(left=100, right=100))
    calm = cv2.GaussianBlur(found, (0, 0), 4)
    assert np.abs(calm - whole).mean() < 0.008
    streaks = found[:, 340:].mean(axis=1) - whole[:, 340:].mean(axis=1)
    assert np.abs(np.diff(streaks, axis=0)).mean() < 0.004, "rows keep the noise of the edge"


@settings(max_examples=25, deadline=None)
@given(
    left=st.integers(0, 70),
    top=st.integers(0, 70),
    right=st.integers(0, 70),
    bottom=st.integers(0, 70),
    kind=st.sampled_from(["studio", "noise", "flat"]),
    seed=st.integers(0, 9),
)
def test_the_source_stays_and_the_size_is_exact(left: int, top: int, right: int, bottom: int, kind: str, seed: int) -> None:
    made = {
        "studio": studio(60, 52, 0.01, seed),
        "noise": np.random.default_rng(seed).random((60, 52, 3), np.float32),
        "flat": np.ones((60, 52, 3), np.float32),
    }
    found = grown(made[kind], Margins(left, top, right, bottom), seed=seed)
    assert found.shape == (60 + top + bottom, 52 + left + right, 3)
    assert np.array_equal(found[top : top + 60, left : left + 52], made[kind])
    assert found.min() >= 0
    assert found.max() <= 1


@pytest.mark.parametrize("noise", [0.0, 0.008, 0.025])
def test_no_seam(noise: float) -> None:
    """The step across the old edge is like the steps inside."""
    source = studio(300, 240, noise)
    found = grown(source, Margins(left=80, right=80))
    steps = np.abs(np.diff(found, axis=1)).mean(axis=(0, 2))
    inside = steps[100:300]
    for seam in (79, 319):
        assert steps[seam] < inside.mean() * 1.25 + 0.001


def test_grain_has_the_strength_of_the_source_and_does_not_repeat() -> None:
    source = studio(300, 240, 0.02)
    added = grown(source, Margins(right=200))[:, 240:]
    fine = added - cv2.GaussianBlur(added, (0, 0), 2.5)
    assert 0.75 < fine.std() / (source - cv2.GaussianBlur(source, (0, 0), 2.5)).std() < 1.25
    first, second = fine[:, 10:90].ravel(), fine[:, 100:180].ravel()
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05


def test_pure_white_stays_pure_white() -> None:
    assert grown(np.ones((200, 150, 3), np.float32), Margins(40, 40, 40, 40)).min() > 1 - 1e-4


def test_the_line_between_wall_and_floor_runs_on() -> None:
    rows = np.arange(300)[:, None, None]
    source = np.broadcast_to(np.where(rows < 200, np.float32([0.8, 0.79, 0.77]), np.float32([0.45, 0.42, 0.4])), (300, 220, 3))
    found = grown(np.ascontiguousarray(source, np.float32), Margins(left=150, right=150))
    for column in (10, 100, 420, 510):
        jumps = np.abs(np.diff(found[:, column, 0]))
        assert abs(int(jumps.argmax()) - 199) <= 1
        assert jumps.max() > 0.2, "the line is blurred"


def test_a_tilted_line_runs_on_tilted() -> None:
    y, x = np.mgrid[0:300, 0:400].astype(np.float32)
    share = np.clip((y - 180 - 0.12 * (x - 200)) / 2, 0, 1)[..., None]
    whole = (np.float32([0.8, 0.8, 0.78]) * (1 - share) + np.float32([0.4, 0.4, 0.42]) * share).astype(np.float32)
    found = grown(np.ascontiguousarray(whole[:, :300]), Margins(right=100))
    for column in (330, 390):
        assert abs(int(np.abs(np.diff(found[:, column, 0])).argmax()) - int(np.abs(np.diff(whole[:, column, 0])).argmax())) <= 5


def test_the_subject_is_not_continued() -> None:
    """A red block touches the right edge: what is added beside it is background, not red."""
    source = studio(300, 240, 0.005)
    subject = nothing(source)
    subject[120:200, 180:] = True
    source[subject] = (0.8, 0.05, 0.05)
    added = grown(source, Margins(right=100), subject)[:, 245:]
    assert (added[..., 0] - added[..., 1]).max() < 0.12
    assert added.min() > 0.45, "a dark blot"


def test_a_subject_close_to_the_edge_leaves_no_blot() -> None:
    source = np.ones((300, 240, 3), np.float32)
    subject = nothing(source)
    subject[80:296, 60:180] = True
    source[subject] = (0.1, 0.3, 0.1)
    assert grown(source, Margins(bottom=90), subject)[300:].min() > 0.97


def test_texture_fades_into_blur_and_says_so() -> None:
    generator = np.random.default_rng(1)
    blocks = np.kron(generator.random((30, 24, 3)), np.ones((10, 10, 1))).astype(np.float32)
    made = extend(blocks, nothing(blocks), Margins(right=200), np.random.default_rng(0))
    assert made.manners["right"] == "soft"
    detail = np.abs(np.diff(made.rgb, axis=0)).mean(axis=(0, 2))
    assert detail[242:250].mean() > 0.3 * detail[:240].mean(), "the texture ends at the seam"
    assert detail[-20:].mean() < 0.1 * detail[:240].mean(), "the far end isn't soft"
    steps = np.abs(np.diff(made.rgb, axis=1)).mean(axis=(0, 2))
    assert steps[239] < 1.5 * steps[:239].max()


def test_studio_is_continued_smoothly_and_says_so() -> None:
    made = extend(studio(200, 200, 0.01), np.zeros((200, 200), bool), Margins(left=30, bottom=20), np.random.default_rng(0))
    assert made.manners == {"left": "smooth", "right": "none", "bottom": "smooth", "top": "none"}


def test_chance_is_the_generators() -> None:
    source = studio(120, 120, 0.02)
    first, again, other = (grown(source, Margins(right=40), seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def laid_on(rgb: Floats, margins: Margins, subject: Mask | None = None, seed: int = 0, mode: Mode = Mode.FAST) -> Extended:
    hidden = nothing(rgb) if subject is None else subject
    return extend(rgb, hidden, margins, np.random.default_rng(seed), EFFORTS[mode])


@pytest.mark.parametrize("name", ["brick", "foliage"])
def test_texture_is_continued_by_patches_and_says_so(name: str) -> None:
    whole = TEXTURES[name](160, 240, seed=1)
    source = np.ascontiguousarray(whole[:, :170])
    made = laid_on(source, Margins(right=70))
    added = made.rgb[:, 170:]
    assert made.manners["right"] == "patched"
    assert np.array_equal(made.rgb[:, :170], source)
    near, truth = (np.abs(np.diff(each[:, :30], axis=0)).mean() for each in (added, whole[:, 170:]))
    assert 0.45 < near / truth < 1.5, "smeared, or torn"
    assert abs(added.mean() - whole[:, 170:].mean()) < 0.05


def test_courses_of_bricks_stay_level() -> None:
    whole = TEXTURES["brick"](160, 240, seed=1)
    added = laid_on(np.ascontiguousarray(whole[:, :170]), Margins(right=50), mode=Mode.BALANCED).rgb[:, 174:204]
    rows, wanted = added.mean(axis=(1, 2)), whole[:, 174:204].mean(axis=(1, 2))
    assert np.corrcoef(rows - rows.mean(), wanted - wanted.mean())[0, 1] > 0.6


def test_a_subject_is_not_among_the_patches() -> None:
    source = TEXTURES["foliage"](160, 170)
    subject = nothing(source)
    subject[40:160, 60:120] = True
    source[subject] = (0.9, 0.1, 0.1)
    added = laid_on(source, Margins(right=80, left=60), subject).rgb
    red = added[..., 0] - added[..., 1] > 0.4
    assert red[:, :60].sum() == 0 and red[:, 230:].sum() == 0


def test_another_seed_lays_other_patches() -> None:
    source = TEXTURES["foliage"](120, 140)
    first, again, other = (laid_on(source, Margins(right=50), seed=seed).rgb for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other)[:, 140:].mean() > 0.005


def test_doubt_goes_out_of_focus_with_the_distance() -> None:
    strip = np.random.default_rng(0).random((100, 80, 3), np.float32)
    detail = np.abs(np.diff(defocused(strip, 1.0), axis=0)).mean(axis=(0, 2))
    assert detail[0] > 0.9 * np.abs(np.diff(strip, axis=0)).mean()
    assert detail[-1] < 0.5 * detail[0]
    assert np.array_equal(defocused(strip, 0.0), strip)


def _things(seed: int) -> Floats:
    """Upright poles and boxes of many colours, no two alike: what has structure but no texture."""
    rng = np.random.default_rng(seed)
    rgb = np.full((300, 240, 3), 0.25, np.float32)
    for _ in range(26):
        x, y, wide, tall = rng.integers(0, 230), rng.integers(0, 280), rng.integers(8, 60), rng.integers(20, 200)
        rgb[y : y + tall, x : x + wide] = rng.uniform(0, 1, 3)
    return rgb


def _sharpness(strip: Floats) -> float:
    """Of what lies far from the edge over what lies near it."""
    detail = np.abs(cv2.Laplacian(np.ascontiguousarray(strip), cv2.CV_32F)).mean(axis=2)
    return float(detail[:, -40:].mean() / detail[:, 10:50].mean())


def test_a_texture_stays_sharp_and_things_go_out_of_focus_with_the_distance() -> None:
    bricks = TEXTURES["brick"](300, 240)
    clear = np.zeros((300, 240), np.bool_)
    sharp, soft = (
        patched(rgb, clear, 160, True, EFFORTS[Mode.BALANCED], np.random.default_rng(1)) for rgb in (bricks, _things(4))
    )
    assert sharp is not None and soft is not None
    assert _sharpness(sharp) > 0.75
    assert _sharpness(soft) < 0.35
