"""Bodies in busy pictures, seeded from a face."""

import cv2
import numpy as np
import pytest

from pipelines.images import Bytes, Mask
from pipelines.vision.faces import Face
from pipelines.vision.mattes.anatomy import body_labels, vivid, without_poles
from pipelines.vision.mattes.segment import grab
from pipelines.vision.mattes.superpixels import superpixels

_FACE = Face(170, 70, 50, 0, 9, 1.0)
_SKIN, _SHIRT, _TROUSERS, _POLE = (200, 150, 120), (235, 235, 230), (60, 70, 110), (150, 95, 70)


def _seated() -> tuple[Bytes, Mask]:
    """A figure with one leg to the side, a pole behind it up to the upper edge; and where the figure is."""
    rng = np.random.default_rng(1)
    rgb = np.full((440, 320, 3), (95, 100, 90), np.uint8)
    rgb[270:] = (170, 168, 160)
    for _ in range(25):
        x, y = int(rng.integers(320)), int(rng.integers(250))
        cv2.rectangle(rgb, (x, y), (x + 25, y + 40), tuple(int(v) for v in rng.integers(50, 130, 3)), -1)
    cv2.rectangle(rgb, (95, 0), (120, 270), _POLE, -1)
    before = rgb.copy()
    cv2.rectangle(rgb, (150, 90), (190, 125), _SKIN, -1)
    cv2.ellipse(rgb, (170, 70), (27, 36), 0, 0, 360, _SKIN, -1)
    cv2.ellipse(rgb, (175, 175), (52, 68), 0, 0, 360, _SHIRT, -1)
    cv2.rectangle(rgb, (135, 215), (215, 270), _TROUSERS, -1)
    cv2.line(rgb, (160, 250), (110, 400), _TROUSERS, 36)
    cv2.line(rgb, (195, 250), (205, 420), _TROUSERS, 36)
    figure = (rgb != before).any(axis=2)
    return np.clip(cv2.GaussianBlur(rgb, (0, 0), 0.8) + rng.normal(0, 2, rgb.shape), 0, 255).astype(np.uint8), figure


def test_legs_belong_to_the_face_and_the_pole_does_not() -> None:
    rgb, figure = _seated()
    mask = without_poles(grab(vivid(rgb), body_labels(rgb, _FACE), 4), _FACE)
    assert np.count_nonzero(mask & figure) / np.count_nonzero(mask | figure) > 0.9
    assert mask[380, 108:120].all() and mask[400, 198:210].all()
    assert mask[:200, 95:121].mean() < 0.02


def test_labels_hold_both_seeds() -> None:
    rgb, _ = _seated()
    labels = body_labels(rgb, _FACE)
    assert labels[70, 170] == labels[160, 172] == cv2.GC_FGD
    assert (labels[0] == cv2.GC_BGD).all() and labels[200, 5] == cv2.GC_BGD


def test_a_picture_of_one_colour_still_has_labels() -> None:
    labels = body_labels(np.full((200, 160, 3), 128, np.uint8), Face(80, 40, 30, 0, 9, 1.0))
    assert labels.shape == (200, 160)
    assert set(np.unique(labels)) <= {cv2.GC_BGD, cv2.GC_FGD, cv2.GC_PR_BGD, cv2.GC_PR_FGD}


def test_poles_go_and_limbs_stay() -> None:
    mask = np.zeros((300, 200), np.bool_)
    mask[100:280, 60:140], mask[:100, 90:93], mask[200:215, 140:190] = True, True, True
    kept = without_poles(mask, _FACE)
    assert not kept[:80].any()
    assert kept[205:210, 140:185].all()


def test_superpixels_cover_the_picture_and_follow_its_edges() -> None:
    rgb = np.zeros((80, 120, 3), np.uint8)
    rgb[:, 55:] = (220, 40, 40)
    parts = superpixels(rgb, 40, 0.1)
    assert parts.sizes.sum() == 80 * 120 and parts.sizes.min() > 0
    right = np.zeros((80, 120), np.bool_)
    right[:, 55:] = True
    share = parts.share(right)
    assert np.minimum(share, 1 - share) == pytest.approx(0, abs=0.05)
    assert parts.edges().max() > 30
