"""Fitting: cloth lands on the body, keeps its length and never folds."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import PersonNotFound, UnsupportedTask
from pipelines.sizes import Size
from pipelines.vision.garments.fit import dress as put_on
from pipelines.vision.garments.fit import fit
from pipelines.vision.garments.garment import Garment, read_garment
from pipelines.vision.people.body import Body, Part
from tests.pipelines.wardrobe import dress, long_sleeved, person, skirt, tank, tee, trousers

CANVAS = Size(420, 640)


@cache
def garment(name: str) -> Garment:
    piece = {"tee": tee, "pullover": long_sleeved, "tank": tank, "dress": dress, "trousers": trousers, "skirt": skirt}[name]()
    return read_garment(piece.rgb, piece.matte)


@cache
def standing() -> Body:
    return person().body


def _share(covered: np.ndarray, region: np.ndarray) -> float:
    return float((covered & region).sum() / max(1, region.sum()))


@pytest.mark.parametrize("name", ["tee", "pullover", "tank", "dress", "trousers", "skirt"])
def test_no_piece_folds(name: str) -> None:
    assert fit(garment(name), standing(), CANVAS).jacobian_min > 0


@settings(max_examples=6, deadline=None)
@given(st.floats(66, 95), st.floats(55, 85), st.floats(0.45, 1.0), st.floats(-0.15, 0.15), st.floats(95, 150))
def test_nothing_folds_whatever_the_cut_and_the_body(chest: float, drop: float, spread: float, lean: float, width: float) -> None:
    piece = tee(chest=chest, drop=drop, spread=spread)
    layer = fit(read_garment(piece.rgb, piece.matte), person(lean=lean, width=width).body, CANVAS)
    assert layer.jacobian_min > 0
    assert layer.alpha.max() > 0.9


@pytest.mark.parametrize("name", ["tee", "pullover"])
def test_a_top_covers_what_was_worn_above_the_waist(name: str) -> None:
    body = standing()
    shoulder, waist = body.joints["left_shoulder"].y, body.joints["left_waist"].y
    rows = np.arange(640)[:, None]
    chest = (body.parts == Part.UPPER) & (rows > shoulder + 25) & (rows < waist)
    assert _share(fit(garment(name), body, CANVAS).alpha > 0.5, chest) > 0.97


def test_trousers_cover_the_legs_and_leave_the_chest() -> None:
    body = standing()
    covered = fit(garment("trousers"), body, CANVAS).alpha > 0.5
    rows = np.arange(640)[:, None]
    assert _share(covered, (body.parts == Part.LOWER) & (rows > 330) & (rows < 560)) > 0.9
    assert _share(covered, (body.parts == Part.UPPER) & (rows < 260)) == 0


def test_short_sleeves_end_above_the_elbow_and_long_ones_at_the_wrist() -> None:
    body = standing()
    ends = {
        name: np.flatnonzero((put_on(garment(name), body, CANVAS).sleeves.alpha > 0.5).any(axis=1))[-1]
        for name in ("tee", "pullover")
    }
    assert ends["tee"] < body.joints["left_elbow"].y
    assert abs(ends["pullover"] - body.joints["left_wrist"].y) < 25


def test_a_longer_garment_hangs_lower() -> None:
    cropped, long = (tee(hem=hem) for hem in (230, 360))
    hems = [
        np.flatnonzero((fit(read_garment(each.rgb, each.matte), standing(), CANVAS).alpha > 0.5).any(axis=1))[-1]
        for each in (cropped, long)
    ]
    assert hems[1] - hems[0] > 50


def test_a_top_is_as_wide_as_the_waist_it_covers_and_not_a_tent() -> None:
    body = standing()
    waist = int(body.joints["left_waist"].y)
    wide = body.joints["left_waist"].x - body.joints["right_waist"].x
    for chest in (70, 95):
        piece = tee(chest=chest)
        covered = (put_on(read_garment(piece.rgb, piece.matte), body, CANVAS).torso.alpha[waist] > 0.5).sum()
        assert 0.98 * wide < covered < 1.5 * wide


def test_stripes_stay_level_and_in_order() -> None:
    layer = put_on(garment("tee"), standing(), CANVAS).torso
    column = layer.colour[230:320, 210, 1]
    changes = np.flatnonzero(np.abs(np.diff((column > column.mean()).astype(int))))
    assert 4 <= len(changes) <= 24


def test_the_neck_stays_free() -> None:
    body = standing()
    assert (
        _share(fit(garment("tee"), body, CANVAS).alpha > 0.5, (body.parts == Part.NECK) & (np.arange(640)[:, None] < 148)) < 0.05
    )


def test_the_same_fit_at_twice_the_size_is_the_same_picture() -> None:
    small, large = fit(garment("tee"), standing(), CANVAS), fit(garment("tee"), standing(), Size(840, 1280))
    reduced = large.alpha.reshape(640, 2, 420, 2).mean(axis=(1, 3))
    assert np.abs(reduced - small.alpha).mean() < 0.01


def test_colours_come_from_the_garment() -> None:
    layer = fit(garment("tee"), standing(), CANVAS)
    inner = layer.colour[layer.alpha > 0.99]
    assert np.abs(np.median(inner, axis=0) - np.array([0.14, 0.39, 0.21])).max() < 0.1


def test_what_is_not_worn_on_trunk_or_legs_is_refused() -> None:
    shoe = Garment(np.zeros((9, 9, 3), np.float32), np.ones((9, 9), np.float32), "shoes", {}, "none", 0.5)
    with pytest.raises(UnsupportedTask, match="shoes"):
        fit(shoe, standing(), CANVAS)


def test_a_body_without_shoulders_is_refused() -> None:
    body = standing()
    with pytest.raises(PersonNotFound, match="shoulders"):
        fit(garment("tee"), Body(body.alpha, body.parts, {}, 0.1), CANVAS)
