"""Rendered products: alpha and landmarks are those of what is seen, patterns are there, and all kinds come out whole."""

from functools import cache
from typing import get_args

import cv2
import numpy as np
import pytest

from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.garments.garment import LANDMARKS
from pipelines.vision.rendering.cloth import CATEGORIES, RenderedGarment, render_garment
from pipelines.vision.rendering.textile import Pattern, Textile, swatch
from pipelines.vision.rendering.wear import GarmentSpec, Kind

SIZE = Size(300, 380)
KINDS: tuple[Kind, ...] = get_args(Kind)


@cache
def product(kind: Kind, pattern: Pattern = "plain", seed: int = 0) -> RenderedGarment:
    spec = GarmentSpec(kind, Textile((0.7, 0.25, 0.2), (0.95, 0.95, 0.9), pattern), seed=seed)
    return render_garment(spec, SIZE, np.random.default_rng(1), oversample=1)


def edge_distance(alpha: Floats) -> Floats:
    inside = (alpha > 0.5).astype(np.uint8)
    return np.maximum(cv2.distanceTransform(inside, cv2.DIST_L2, 5), cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)).astype(
        np.float32
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_landmark_but_the_waist_is_on_the_outline(kind: Kind) -> None:
    rendered = product(kind)
    distance = edge_distance(rendered.alpha)
    for name, at in rendered.garment.landmarks.items():
        assert name in LANDMARKS
        assert distance[int(at.y), int(at.x)] < 0.025 * SIZE.height, name


@pytest.mark.parametrize("kind", KINDS)
def test_left_landmarks_are_left_of_right_ones(kind: Kind) -> None:
    marks = product(kind).garment.landmarks
    for name, at in marks.items():
        if "_left" in name:
            assert at.x < marks[name.replace("_left", "_right")].x


@pytest.mark.parametrize("kind", KINDS)
def test_a_product_is_one_piece_inside_its_margin(kind: Kind) -> None:
    rendered = product(kind)
    count, _ = cv2.connectedComponents((rendered.alpha > 0.5).astype(np.uint8))
    assert count == 2
    border = np.concatenate(
        [rendered.alpha[:6].ravel(), rendered.alpha[-6:].ravel(), rendered.alpha[:, :6].ravel(), rendered.alpha[:, -6:].ravel()]
    )
    assert border.max() == 0
    assert 0.12 < rendered.alpha.mean() < 0.75


def test_categories_have_the_landmarks_that_fitting_needs() -> None:
    tee, tank, trousers, skirt = (product(kind).garment for kind in ("t-shirt", "tank", "trousers", "skirt"))
    assert tee.sleeves == "short" and {"cuff_left_outer", "armpit_right", "collar_bottom", "hem_left"} <= set(tee.landmarks)
    assert tank.sleeves == "none" and "cuff_left_outer" not in tank.landmarks
    assert {"crotch", "leg_left_inner", "waist_left"} <= set(trousers.landmarks)
    assert "crotch" not in skirt.landmarks and CATEGORIES["skirt"] == "bottom"
    assert product("sweater").garment.sleeves == "long"


def test_equal_arguments_give_equal_pixels_and_a_seed_moves_the_folds() -> None:
    spec = GarmentSpec("shirt", Textile())
    one, other = (render_garment(spec, SIZE, np.random.default_rng(1), oversample=1) for _ in range(2))
    assert np.array_equal(one.rgb, other.rgb)
    assert not np.array_equal(product("t-shirt", seed=1).rgb, product("t-shirt", seed=2).rgb)
    assert np.array_equal(product("t-shirt", seed=1).alpha, product("t-shirt", seed=2).alpha)


def test_the_picture_is_the_garment_over_its_table() -> None:
    rendered = product("t-shirt")
    solid = rendered.alpha > 0.999
    assert abs(rendered.rgb[solid] - rendered.garment.colour[solid]).mean() < 0.01
    assert rendered.rgb[2, 2].min() > 0.8


def test_the_inside_of_the_back_shows_in_the_neckline_but_not_in_the_alpha() -> None:
    rendered = product("tank")
    at = rendered.garment.landmarks["collar_bottom"]
    x, y = int(at.x), int(at.y) - 8
    assert rendered.alpha[y, x] == 0
    red, _, blue = rendered.rgb[y, x]
    assert red > 1.5 * blue and red < 0.6


@pytest.mark.parametrize("pattern", get_args(Pattern))
def test_patterns_use_both_colours_and_plain_one(pattern: Pattern) -> None:
    u, v = np.meshgrid(np.linspace(-0.1, 0.1, 300, dtype=np.float32), np.linspace(0.62, 0.82, 300, dtype=np.float32))
    made = swatch(Textile((0.1, 0.1, 0.1), (0.9, 0.9, 0.9), pattern), u, v)
    spread = float(made.albedo.std())
    least = {"plain": 0.0, "knit": 0.01, "denim": 0.01}.get(pattern, 0.15)
    assert spread >= least and (spread == 0) == (pattern == "plain")


def test_stripes_lie_across_and_repeat_at_their_scale() -> None:
    v = np.linspace(0.5, 0.8, 1200, dtype=np.float32)[:, None]
    ink = swatch(Textile((0, 0, 0), (1, 1, 1), "stripes", 1.0), np.zeros((1200, 1), np.float32), v).albedo[:, 0, 0] > 0.5
    assert int((np.diff(ink.astype(int)) == 1).sum()) == pytest.approx(0.3 / 0.030, abs=1)


def test_buttons_are_sewn_down_a_shirt_and_not_onto_a_tee() -> None:
    def pale_spots(kind: Kind) -> int:
        made = render_garment(
            GarmentSpec(kind, Textile((0.20, 0.28, 0.55))), Size(600, 600), np.random.default_rng(1), oversample=1
        )
        pale = (made.garment.colour.min(axis=2) > 0.55) & (made.alpha > 0.9)
        return cv2.connectedComponents(pale.astype(np.uint8))[0] - 1

    assert 4 <= pale_spots("shirt") <= 7
    assert pale_spots("t-shirt") == 0
