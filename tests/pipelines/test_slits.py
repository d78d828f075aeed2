"""Narrow openings between body and arm, on rendered people with known alpha."""

import cv2
import numpy as np
import pytest

from pipelines.images import Bytes, Floats, Mask
from pipelines.sizes import Mode
from pipelines.vision.faces import Face
from pipelines.vision.mattes.background import Backdrop, lab_of
from pipelines.vision.mattes.matting import matte
from pipelines.vision.mattes.segment import nobody
from pipelines.vision.mattes.slits import slits

_SKIN, _WALL = (205, 160, 135), (226, 225, 223)
_HEIGHT, _WIDTH = 900, 640


def _standing(cloth: tuple[int, int, int], wide: int, shade: float = 1.0) -> tuple[Bytes, Mask]:
    """Someone with hanging arms, `wide` pixels of wall beside the trunk that is darker by `shade`; and where that is."""
    scale = 4
    rgb = np.full((_HEIGHT * scale, _WIDTH * scale, 3), _WALL, np.uint8)
    gap = np.zeros(rgb.shape[:2], np.uint8)
    cv2.ellipse(rgb, (320 * scale, 130 * scale), (62 * scale, 80 * scale), 0, 0, 360, _SKIN, -1)
    cv2.rectangle(rgb, (290 * scale, 190 * scale), (350 * scale, 260 * scale), _SKIN, -1)
    cv2.rectangle(rgb, (175 * scale, 240 * scale), (465 * scale, 820 * scale), _SKIN, -1)
    cv2.rectangle(rgb, (225 * scale, 240 * scale), (415 * scale, 900 * scale), cloth, -1)
    for left, right in ((225 - wide, 225), (415, 415 + wide)):
        corners = (left * scale, 330 * scale), (right * scale - 1, 780 * scale)
        cv2.rectangle(gap, *corners, 255, -1)
    rgb[gap > 0] = np.round(np.array(_WALL) * shade).astype(np.uint8)
    size = (_WIDTH, _HEIGHT)
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.float64)
    noisy = small + np.random.default_rng(0).normal(0, 0.8, small.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), cv2.resize(gap, size, interpolation=cv2.INTER_AREA) > 250


def _flat_backdrop() -> Backdrop:
    wall = np.full((_HEIGHT, _WIDTH, 3), _WALL, np.uint8)
    return Backdrop(lab_of(wall), 0.5, 1.0)


@pytest.mark.parametrize(("cloth", "wide"), [("navy", 8), ("navy", 12), ("navy", 20), ("white", 14), ("white", 20)])
def test_slits_along_the_arms_open_and_the_clothes_stay(cloth: str, wide: int) -> None:
    rgb, gap = _standing({"navy": (40, 45, 90), "white": (248, 248, 248)}[cloth], wide)
    alpha: Floats = matte(rgb, Mode.QUALITY).alpha
    assert alpha[cv2.erode(gap.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0].mean() < 0.1
    assert alpha[260:880, 235:405].min() > 0.95


def _slits(rgb: Bytes, face: Face | None) -> Mask:
    mask = np.zeros(rgb.shape[:2], np.bool_)
    mask[240:820, 175:466] = True
    return slits(rgb, mask, _flat_backdrop(), lambda: face)


_FACE = Face(320, 130, 110, 0, 9, 0.9)


def test_shaded_slits_need_a_person() -> None:
    rgb, gap = _standing((40, 45, 90), 14, shade=0.93)
    assert not _slits(rgb, None).any()
    found = _slits(rgb, _FACE)
    assert found[gap].mean() > 0.9
    assert not found[:, 235:405].any()


def test_a_print_deep_in_the_garment_is_no_slit() -> None:
    rgb, _ = _standing((110, 60, 35), 1)
    rgb[400:470, 300:316] = np.round(np.array(_WALL) * 0.95).astype(np.uint8)
    wide = Face(320, 130, 60, 0, 9, 0.9)
    assert not _slits(rgb, wide)[380:490, 290:330].any()


def test_looking_for_a_face_is_left_out_where_skin_decides() -> None:
    rgb, gap = _standing((40, 45, 90), 14)

    def never() -> Face | None:
        raise AssertionError("asked for a face")

    mask = np.zeros(rgb.shape[:2], np.bool_)
    mask[240:820, 175:466] = True
    assert slits(rgb, mask, _flat_backdrop(), never)[gap].mean() > 0.9


def test_nothing_like_the_backdrop_has_no_slits() -> None:
    rgb = np.full((_HEIGHT, _WIDTH, 3), (120, 30, 40), np.uint8)
    assert not slits(rgb, np.ones(rgb.shape[:2], np.bool_), _flat_backdrop(), nobody).any()
