"""Scenes with known answers: two pictures of one person that differ in the garment and in nothing else."""

from functools import cache

import cv2
import numpy as np
import pytest

from pipelines.sizes import Size
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.scenes import Scene, render_scene

SIZE = Size(240, 360)


@cache
def scene(seed: int) -> Scene:
    return render_scene(seed, SIZE, oversample=1)


@pytest.mark.parametrize("seed", range(4))
def test_person_and_target_differ_where_garments_are_and_nowhere_else(seed: int) -> None:
    made = scene(seed)
    garment = np.isin(made.figure.body.parts, (Part.UPPER,)) | np.isin(made.dressed.body.parts, (Part.UPPER,))
    near = cv2.dilate(garment.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0
    changed = abs(made.person - made.target).max(axis=2)
    # the floor shows a shadow of whatever is worn
    above_the_floor = np.arange(SIZE.height)[:, None] < made.figure.view.floor_y - 0.14 * made.figure.view.scale
    assert changed[~near & above_the_floor].max() < 0.02
    assert changed[garment].mean() > 0.03


def test_a_seed_gives_the_same_scene_and_another_seed_another() -> None:
    again = render_scene(0, SIZE, oversample=1)
    assert np.array_equal(again.person, scene(0).person)
    assert np.array_equal(again.product.rgb, scene(0).product.rgb)
    assert not np.array_equal(scene(1).person, scene(0).person)


def test_the_body_is_the_same_in_both() -> None:
    made = scene(2)
    assert made.figure.body.joints == made.dressed.body.joints
    face = made.figure.body.parts == Part.FACE
    assert np.array_equal(face, made.dressed.body.parts == Part.FACE)


def test_the_matte_composes_the_picture() -> None:
    made = scene(3)
    solid = made.figure.alpha > 0.99
    assert abs(made.person[solid] - made.figure.rgb[solid]).mean() < 0.01
    assert made.figure.alpha[:8].max() == 0


@pytest.mark.parametrize("seed", range(3))
def test_the_product_has_the_colour_of_what_the_target_wears(seed: int) -> None:
    made = scene(seed)
    flat = np.median(made.product.garment.colour[made.product.alpha > 0.9], axis=0)
    worn = np.median(made.target[made.dressed.body.parts == Part.UPPER], axis=0)
    assert flat / flat.sum() == pytest.approx(worn / worn.sum(), abs=0.06)
