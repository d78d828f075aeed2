"""Reading garments: landmarks of cut paper, categories, worn pieces, refusals."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.data import astronaut

from pipelines.errors import GarmentNotFound
from pipelines.vision.garments.garment import Garment, isolate_worn, named_category, read_garment
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Part
from tests.pipelines.wardrobe import SKIN, Flat, dress, long_sleeved, person, skirt, tank, tee, trousers

PIECES = {"tee": tee, "long sleeves": long_sleeved, "tank": tank, "trousers": trousers}


def _worst(piece: Flat, found: Garment) -> float:
    """The largest landmark error in shares of the diagonal."""
    errors = [np.hypot(found.landmarks[name].x - at.x, found.landmarks[name].y - at.y) for name, at in piece.landmarks.items()]
    return float(max(errors)) / piece.diagonal


@pytest.mark.parametrize("name", PIECES)
def test_landmarks_lie_within_three_percent_of_the_diagonal(name: str) -> None:
    piece = PIECES[name]()
    assert _worst(piece, read_garment(piece.rgb, piece.matte)) < 0.03


@settings(max_examples=15, deadline=None)
@given(st.floats(66, 95), st.floats(55, 85), st.floats(290, 370), st.floats(0.65, 1.0))
def test_landmarks_hold_for_shirts_of_any_cut(chest: float, drop: float, hem: float, spread: float) -> None:
    piece = tee(chest=chest, drop=drop, hem=hem, spread=spread)
    assert _worst(piece, read_garment(piece.rgb, piece.matte)) < 0.04


def test_landmarks_scale_with_the_picture() -> None:
    piece = tee()
    large = [cv2.resize(each, None, fx=4, fy=4) for each in (piece.rgb, piece.matte.alpha, piece.matte.foreground)]
    small, big = read_garment(piece.rgb, piece.matte), read_garment(large[0], Matte(large[1], large[2], 1.0))
    for name, at in small.landmarks.items():
        assert abs(big.landmarks[name].x / 4 - at.x) < 6, name
        assert abs(big.landmarks[name].y / 4 - at.y) < 6, name


@pytest.mark.parametrize(
    ("piece", "category", "sleeves"),
    [(tee(), "top", "short"), (long_sleeved(), "top", "long"), (tank(), "top", "none"), (dress(), "dress", "none"),
     (trousers(), "bottom", "none"), (skirt(), "bottom", "none")],
)  # fmt: skip
def test_the_outline_tells_the_category(piece: Flat, category: str, sleeves: str) -> None:
    found = read_garment(piece.rgb, piece.matte)
    assert (found.category, found.sleeves) == (category, sleeves)


@pytest.mark.parametrize(
    ("words", "category"),
    [("the denim jacket, open", "outerwear"), ("blue jeans", "bottom"), ("T-shirt", "top"), ("a summer dress", "dress"),
     ("hoodies", "outerwear"), ("sneakers", "shoes"), ("something red", None), ("", None)],
)  # fmt: skip
def test_words_name_the_category(words: str, category: str | None) -> None:
    assert named_category(words) == category


def test_words_win_over_the_outline() -> None:
    piece = long_sleeved()
    assert read_garment(piece.rgb, piece.matte, "coat").category == "outerwear"


def _with_inside_of_the_back(piece: Flat) -> Flat:
    """The neckline filled with a darker back, as a ghost mannequin shows it."""
    rgb, alpha, front = piece.rgb.copy(), piece.matte.alpha.copy(), piece.matte.foreground.copy()
    neck = np.zeros(alpha.shape, np.uint8)
    x = np.linspace(-31, 31, 60)
    curve = np.column_stack([200 + x, 44 + 46 * (1 - np.abs(x / 31) ** 2)])
    cv2.fillPoly(neck, [np.round(curve).astype(np.int32)], 1)
    inside = neck > 0
    rgb[inside], alpha[inside], front[inside] = (12, 34, 18), 1.0, np.array((12, 34, 18)) / 255
    return replace(piece, rgb=rgb, matte=Matte(alpha, front, 1.0))


def test_the_inside_of_the_back_is_cut_out_of_the_neckline() -> None:
    ghost = _with_inside_of_the_back(tee())
    found = read_garment(ghost.rgb, ghost.matte)
    assert found.alpha[52:76, 190:210].max() < 0.1
    assert found.alpha[110:300, 150:250].min() > 0.9
    assert abs(found.landmarks["collar_bottom"].y - 90) < 10


def test_cloth_without_a_neckline_keeps_its_collar() -> None:
    piece = tee()
    found = read_garment(piece.rgb, piece.matte)
    assert np.array_equal(found.alpha, piece.matte.alpha)


def test_a_worn_top_is_parted_from_its_wearer() -> None:
    wearer = person(sleeves=True)
    found = read_garment(wearer.rgb, wearer.matte)
    truth = wearer.body.parts == Part.UPPER
    worn = found.alpha > 0.5
    assert (worn & truth).sum() / (worn | truth).sum() > 0.8
    assert (np.abs(wearer.rgb[worn].astype(int) - SKIN).sum(axis=1) < 30).mean() < 0.01


def test_the_prompt_chooses_the_piece_of_an_outfit() -> None:
    wearer = person()
    lower = isolate_worn(wearer.rgb, wearer.matte, wearer.body, "the trousers").alpha > 0.5
    assert (wearer.body.parts[lower] == Part.LOWER).mean() > 0.98


def test_a_piece_that_is_not_worn_is_not_found() -> None:
    wearer = person()
    with pytest.raises(GarmentNotFound, match="shoes"):
        isolate_worn(wearer.rgb, wearer.matte, wearer.body, "the shoes")


def test_noise_is_no_garment() -> None:
    rng = np.random.default_rng(3)
    specks = (rng.random((300, 300)) > 0.5).astype(np.float32)
    with pytest.raises(GarmentNotFound, match="Use a photograph of one garment"):
        read_garment(rng.integers(0, 120, (300, 300, 3), dtype=np.uint8), Matte(specks, np.zeros((300, 300, 3), np.float32), 0.3))


def test_a_face_alone_is_no_garment() -> None:
    portrait = np.ascontiguousarray(astronaut()[20:190, 150:300])
    rows, columns = np.mgrid[:170, :150]
    oval = (((columns - 75) / 55) ** 2 + ((rows - 85) / 75) ** 2 < 1).astype(np.float32)
    with pytest.raises(GarmentNotFound, match="face"):
        read_garment(portrait, Matte(oval, portrait.astype(np.float32) / 255, 1.0))


def test_an_empty_matte_is_no_garment() -> None:
    with pytest.raises(GarmentNotFound, match="stands out"):
        read_garment(
            np.zeros((90, 90, 3), np.uint8), Matte(np.zeros((90, 90), np.float32), np.zeros((90, 90, 3), np.float32), 0.0)
        )
