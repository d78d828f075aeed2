"""The hem of what somebody wore."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.images import Floats
from pipelines.vision.garments.hem import with_even_hem, with_level_hem
from pipelines.vision.garments.straighten import Cutout, lean_of, turned
from pipelines.vision.people.body import Point
from tests.pipelines.wardrobe import tee

MARKS = {"hem_left": Point(40, 200), "hem_right": Point(160, 200)}


def _shirt(sag: float = 0.0) -> Floats:
    rows, columns = np.mgrid[:300, :200]
    return ((rows > 20) & (np.abs(columns - 100) <= 60) & (rows < 200 + sag * (1 - ((columns - 100) / 60) ** 2))).astype(
        np.float32
    )


def _trimmed(alpha: Floats) -> Floats:
    return with_even_hem(Cutout(np.ones((*alpha.shape, 3), np.float32), alpha), MARKS).alpha


@settings(max_examples=15, deadline=None)
@given(st.integers(42, 140), st.floats(-8, 12))
def test_what_was_cut_out_with_the_hem_goes(start: int, sag: float) -> None:
    alpha = _shirt(sag)
    spoilt = alpha.copy()
    spoilt[195:212, start : start + 18] = 1
    assert np.abs(_trimmed(spoilt) - alpha).sum() < 0.5 * np.abs(spoilt - alpha).sum() + 60


@pytest.mark.parametrize("sag", [-10.0, 0.0, 14.0])
def test_a_smooth_hem_stays(sag: float) -> None:
    alpha = _shirt(sag)
    assert np.abs(_trimmed(alpha) - alpha).sum() < 0.006 * alpha.sum()


def test_a_tie_stays_and_what_has_no_hem_is_left_alone() -> None:
    alpha = _shirt()
    alpha[190:260, 120:130] = 1
    assert _trimmed(alpha)[255, 125] == 1
    cutout = Cutout(np.ones((300, 200, 3), np.float32), alpha)
    assert with_even_hem(cutout, {}) is cutout


def _corners(alpha: Floats) -> tuple[int, int]:
    """Rows at which the two ends of the lower edge lie."""
    return tuple(int(np.flatnonzero(alpha[:, column] > 0.5)[-1]) for column in (50, 150))  # type: ignore[return-value]


@pytest.mark.parametrize("slope", [-0.08, 0.1])
def test_a_slanted_hem_is_turned_level_and_the_print_above_it_stays(slope: float) -> None:
    rows, columns = np.mgrid[:300, :200]
    alpha = ((rows > 20) & (np.abs(columns - 100) <= 60) & (rows < 200 + slope * (columns - 100))).astype(np.float32)
    colour = np.random.default_rng(0).random((300, 200, 3)).astype(np.float32)
    level = with_level_hem(Cutout(colour, alpha), MARKS)
    before, after = _corners(alpha), _corners(level.alpha)
    assert abs(after[1] - after[0]) <= 1 < abs(before[1] - before[0])
    assert np.abs(level.colour[:140] - colour[:140]).max() < 1e-4
    assert np.array_equal(level.alpha[:140], alpha[:140])


def test_a_hem_that_is_level_or_sags_alike_on_both_sides_is_not_moved() -> None:
    for sag in (0.0, 14.0):
        alpha = _shirt(sag)
        level = with_level_hem(Cutout(np.ones((*alpha.shape, 3), np.float32), alpha), MARKS)
        assert np.abs(level.alpha - alpha).sum() < 0.002 * alpha.sum()


@pytest.mark.parametrize("degrees", [-8.0, 5.0])
def test_the_landmarks_tell_the_lean(degrees: float) -> None:
    turn = np.radians(degrees)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    leaning = {name: Point(*(matrix @ [at.x - 200, at.y - 200])) for name, at in tee().landmarks.items()}
    assert lean_of(leaning) == pytest.approx(degrees, abs=0.5)
    assert lean_of({}) == 0


def test_turning_moves_the_top_the_way_the_clock_goes() -> None:
    alpha = np.zeros((200, 200), np.float32)
    alpha[40:160, 90:110] = 1
    leaning = turned(Cutout(np.ones((200, 200, 3), np.float32), alpha), 10).alpha
    top, bottom = (np.flatnonzero(leaning[row] > 0.5).mean() for row in (8, -9))
    assert top > bottom + 5
