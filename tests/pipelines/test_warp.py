"""Warps: exact where they must be, never folded, without aliasing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import GarmentNotFound
from pipelines.sizes import Size
from pipelines.vision.garments.warp import fold_free, thin_plate, warped

CANVAS = Size(120, 160)
SQUARE = np.array([[20.0, 20], [100, 20], [100, 140], [20, 140], [60, 80]])
offsets = st.lists(st.floats(-1, 1), min_size=24, max_size=24)


def _ring(values: list[float], spread: float) -> np.ndarray:
    """Twelve points around an ellipse, each moved by up to `spread`."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.column_stack([60 + 35 * np.cos(angles), 80 + 55 * np.sin(angles)])
    return ring + spread * np.array(values).reshape(12, 2)


def test_a_soft_plate_passes_through_its_points() -> None:
    source = SQUARE * 1.5 + (3, -4) + np.array([[0, 0], [5, 0], [0, 3], [-4, 0], [6, 6]])
    assert np.abs(thin_plate(source, SQUARE, 0.0)(SQUARE) - source).max() < 1e-6


def test_an_affine_map_is_found_exactly() -> None:
    turn = np.array([[1.2, 0.3], [-0.2, 0.9]])
    warp = fold_free(SQUARE @ turn + (5, 7), SQUARE, CANVAS)
    probe = np.array([[33.0, 44], [90, 120]])
    assert np.abs(warp(probe) - (probe @ turn + (5, 7))).max() < 1e-6


@settings(max_examples=40, deadline=None)
@given(offsets, offsets)
def test_nothing_folds_however_the_points_lie(source: list[float], target: list[float]) -> None:
    before, after = _ring(source, 22), _ring(target, 22)
    warp = fold_free(before, after, CANVAS)
    colour = np.full((160, 120, 3), 0.5, np.float32)
    assert warped(colour, np.ones((160, 120), np.float32), warp, after, CANVAS).jacobian_min > 0


def test_a_fold_is_seen_where_stiffness_does_not_prevent_it() -> None:
    crossed = SQUARE.copy()
    crossed[4] = (60, 230)  # the middle pulled out through the lower edge
    soft = thin_plate(crossed, SQUARE, 0.0)
    alpha = np.ones((260, 120), np.float32)
    folded = warped(np.zeros((260, 120, 3), np.float32), alpha, soft, SQUARE, CANVAS)
    repaired = warped(np.zeros((260, 120, 3), np.float32), alpha, fold_free(crossed, SQUARE, CANVAS), SQUARE, CANVAS)
    assert folded.jacobian_min < 0 < repaired.jacobian_min


def test_a_mirror_image_is_refused() -> None:
    with pytest.raises(GarmentNotFound, match="mirror"):
        fold_free(SQUARE * (-1, 1) + (120, 0), SQUARE, CANVAS)


def test_points_on_a_line_are_refused() -> None:
    line = np.array([[1.0, 1], [2, 2], [3, 3]])
    with pytest.raises(GarmentNotFound, match="one line"):
        thin_plate(line, line)


def test_the_identity_keeps_every_pixel() -> None:
    rng = np.random.default_rng(1)
    picture = rng.random((160, 120, 3), dtype=np.float32)
    corners = np.array([[0.0, 0], [120, 0], [120, 160], [0, 160]])
    same = warped(picture, np.ones((160, 120), np.float32), fold_free(corners, corners, CANVAS), corners, CANVAS)
    assert np.abs(same.colour[2:-2, 2:-2] - picture[2:-2, 2:-2]).max() < 0.01


def test_fine_stripes_average_to_grey_when_shrunk() -> None:
    stripes = np.repeat((np.arange(960) % 2).astype(np.float32)[None], 1280, axis=0)
    picture = np.repeat(stripes[..., None], 3, axis=2)
    corners = np.array([[0.0, 0], [120, 0], [120, 160], [0, 160]])
    small = warped(picture, np.ones((1280, 960), np.float32), fold_free(corners * 8, corners, CANVAS), corners, CANVAS)
    assert np.abs(small.colour[4:-4, 4:-4] - 0.5).max() < 0.05


def test_colour_does_not_bleed_in_from_beyond_the_alpha() -> None:
    picture = np.zeros((160, 120, 3), np.float32)
    picture[:, :60] = 1
    alpha = (np.arange(120) < 60).astype(np.float32)[None].repeat(160, axis=0)
    corners = np.array([[0.0, 0], [120, 0], [120, 160], [0, 160]])
    moved = warped(picture, alpha, fold_free(corners + np.array([0.5, 0]), corners, CANVAS), corners, CANVAS)
    assert moved.colour[moved.alpha > 0.05].min() > 0.98
