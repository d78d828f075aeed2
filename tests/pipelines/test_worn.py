"""Worn garments: their edge is where their own colour ends, and bare arms run on from below a sleeve without a step."""

import cv2
import numpy as np
import pytest

from pipelines.images import Floats
from pipelines.vision.garments.arms import bare_arm
from pipelines.vision.garments.drape import frame_of
from pipelines.vision.garments.worn import clipped
from pipelines.vision.people.body import Part
from tests.pipelines.wardrobe import Person, person

SHOULDER, UNIT = 180.0, 130.0


def _shaded(figure: Person) -> Floats:
    """The figure with limbs that darken to one side."""
    columns = np.arange(figure.rgb.shape[1])[None, :, None]
    wave = 1 + 0.12 * np.sin(columns / 7)
    return (figure.rgb.astype(np.float32) / 255 * wave).clip(0, 1).astype(np.float32)


def test_slivers_of_wall_and_skin_are_clipped_and_the_cloth_stays() -> None:
    figure = person()
    true = figure.body.parts == Part.UPPER
    loose = cv2.dilate(true.astype(np.uint8), np.ones((1, 13), np.uint8)) > 0
    kept = clipped(figure.rgb, loose, figure.body)
    assert (kept & ~true).sum() < 0.25 * (loose & ~true).sum()
    assert (kept & true).sum() > 0.97 * true.sum()


def test_a_strip_of_the_waistband_is_clipped() -> None:
    figure = person()
    true = figure.body.parts == Part.UPPER
    loose = true | ((figure.body.parts == Part.LOWER) & (np.arange(640)[:, None] < SHOULDER + UNIT + 6))
    body = figure.body
    body.parts[loose] = Part.UPPER
    kept = clipped(figure.rgb, loose, body)
    assert (kept & ~true).sum() < 0.35 * (loose & ~true).sum()
    assert (kept & true).sum() > 0.97 * true.sum()


@pytest.mark.parametrize("slope", [-0.35, 0.35])
def test_a_mask_that_runs_on_into_trousers_of_nearly_the_same_black_ends_at_the_hem(slope: float) -> None:
    figure = person(top=(14, 14, 12))
    dark = figure.rgb.astype(np.float32)
    dark[figure.body.parts == Part.LOWER] = (22, 22, 28)
    rgb = np.clip(dark + np.random.default_rng(0).normal(0, 1.5, dark.shape), 0, 255).astype(np.uint8)
    true = figure.body.parts == Part.UPPER
    rows, columns = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    spilt = (figure.body.parts == Part.LOWER) & (
        rows < SHOULDER + UNIT + np.maximum(0, (columns - 210) * np.sign(slope)) * abs(slope)
    )
    figure.body.parts[spilt] = Part.UPPER
    kept = clipped(rgb, true | spilt, figure.body)
    assert (kept & spilt).sum() < 0.3 * spilt.sum()
    assert (kept & true).sum() > 0.96 * true.sum()


def test_stripes_in_the_colour_of_the_wall_stay() -> None:
    figure = person()
    worn = figure.body.parts == Part.UPPER
    striped = figure.rgb.copy()
    bands = worn & ((np.arange(640)[:, None] // 10) % 2 == 0)
    striped[bands] = (222, 222, 226)
    assert (clipped(striped, worn, figure.body) & bands).sum() > 0.9 * bands.sum()


def test_an_arm_runs_on_above_the_old_hem_without_a_step() -> None:
    figure = person(sleeves=True)
    photo = _shaded(figure)
    hole = cv2.dilate((figure.body.parts == Part.UPPER).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    arm = bare_arm(photo, frame_of(figure.body), "right", frame_of(figure.body).bare_arms & ~hole, figure.body.alpha > 0.5)
    assert arm is not None
    bare = figure.body.parts == Part.LEFT_ARM
    hem = int(SHOULDER + 0.5 * UNIT)
    filled, own = np.s_[hem - 16 : hem - 4], np.s_[hem + 4 : hem + 16]
    inside = arm.cover[filled] > 0.9
    assert inside.sum() > 100
    assert abs(arm.colour[filled][inside].mean() - photo[own][bare[own]].mean()) < 0.02
    breadth = inside.sum(axis=1).mean() / bare[own].sum(axis=1).mean()
    assert 0.85 < breadth < 1.2


def test_a_covered_arm_gives_nothing_to_go_on_from() -> None:
    figure = person(sleeves=True)
    everything = np.ones(figure.body.parts.shape, np.bool_)
    assert bare_arm(_shaded(figure), frame_of(figure.body), "left", ~everything, everything) is None
