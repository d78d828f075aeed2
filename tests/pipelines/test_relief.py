"""Strips become height fields of the size, place and roundness that they describe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sizes import Size
from pipelines.vision.rendering.relief import (
    SAMPLES,
    Bump,
    Spot,
    Strip,
    View,
    carve,
    curve,
    melted,
    modelled,
    rounded,
    smooth_path,
)

VIEW = View(scale=400.0, centre_x=100.0, floor_y=400.0)
SIZE = Size(200, 420)


def upright(radius: float, open_ends: bool = False, label: int = 1, x: float = 0.0, z: float = 0.0) -> Strip:
    axis = smooth_path(((x, 0.8, z), (x, 0.5, z), (x, 0.2, z)))
    same = np.full(SAMPLES, radius)
    return Strip(label, axis, same, same, same, np.zeros(SAMPLES), open_start=open_ends, open_end=open_ends)


@given(st.floats(0.02, 0.2))
def test_a_round_strip_is_as_wide_and_as_deep_as_its_radius(radius: float) -> None:
    relief = carve([upright(radius)], VIEW, SIZE)
    row = SIZE.height // 2
    assert relief.coverage[row].sum() == pytest.approx(2 * radius * VIEW.scale, abs=0.1)
    assert relief.height[row].max() == pytest.approx(radius * VIEW.scale, rel=0.01)


def test_coverage_at_an_edge_is_the_share_of_the_pixel_inside() -> None:
    relief = carve([upright(20.25 / 400)], VIEW, SIZE)
    row = relief.coverage[210]
    assert row[79:81].tolist() == pytest.approx([0.25, 1.0], abs=0.01)
    assert row[119:121].tolist() == pytest.approx([1.0, 0.25], abs=0.01)


def test_open_ends_are_cut_straight_and_closed_ones_are_round() -> None:
    closed, cut = carve([upright(0.1)], VIEW, SIZE), carve([upright(0.1, open_ends=True)], VIEW, SIZE)
    above = int(VIEW.point(0, 0.85).y)
    assert closed.outline[above, 100] > 10
    assert cut.outline[above, 100] < -10


def test_the_strip_nearer_to_the_viewer_hides_the_other() -> None:
    near, far = upright(0.05, label=2, z=0.2), upright(0.1, label=1)
    for order in ([near, far], [far, near]):
        assert carve(order, VIEW, SIZE).label[210, 100] == 2


def test_a_blend_fills_the_crease_between_two_strips() -> None:
    one, other = upright(0.05, x=-0.04), upright(0.05, x=0.04, label=2)
    from dataclasses import replace

    sharp = carve([one, other], VIEW, SIZE)
    soft = carve([one, replace(other, blend=np.full(SAMPLES, 0.05))], VIEW, SIZE)
    assert soft.height[210, 100] > sharp.height[210, 100] + 2
    assert soft.height[210, 60] == pytest.approx(sharp.height[210, 60], abs=0.5)


def test_a_bump_rises_where_it_is_told_and_on_its_own_parts_only() -> None:
    relief = carve([upright(0.1)], VIEW, SIZE)
    bump = Bump(0.02, 0.5, 0.01, 0.01, 0.03, (1,))
    raised = modelled(relief, [bump], VIEW).height - relief.height
    at = VIEW.point(0.02, 0.5)
    assert raised[int(at.y), int(at.x)] == pytest.approx(12, rel=0.02)
    assert abs(raised[300:]).max() == 0
    assert not (modelled(relief, [Bump(0.02, 0.5, 0.01, 0.01, 0.03, (9,))], VIEW).height != relief.height).any()


def test_melting_smooths_a_step_and_leaves_the_outline() -> None:
    relief = carve([upright(0.1), upright(0.04, label=2, z=0.1)], VIEW, SIZE)
    smooth = melted(relief, [Spot(0.04, 0.5, 0.05, 0.02)], VIEW)
    step = np.abs(np.diff(relief.height[200], n=2)).max()
    assert np.abs(np.diff(smooth.height[200, 80:130], n=2)).max() < 0.7 * step
    assert np.array_equal(smooth.outline, relief.outline)


def test_curves_keep_between_their_values() -> None:
    drawn = curve((0, 0.3, 1), (0.1, 0.4, 0.2), np.linspace(0, 1, 81))
    assert drawn.min() >= 0.1 and drawn.max() <= 0.4


def test_rounding_closes_the_ends_and_leaves_the_middle() -> None:
    close = rounded(np.linspace(0, 1, 101), start=0.2, end=0.2)
    assert close[0] == close[-1] == 0
    assert (close[20:81] == 1).all()


def test_the_picture_scales_with_the_view() -> None:
    small = carve([upright(0.1)], VIEW, SIZE).coverage.sum()
    large = carve([upright(0.1)], VIEW.zoomed(2), Size(400, 840)).coverage.sum()
    assert large == pytest.approx(4 * small, rel=0.002)
