"""People read from a reduced picture: what comes back fits the picture's own size and outline."""

import numpy as np

from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.reduced import enlarged, enlarged_mask, reduced

HEIGHT, WIDTH = 600, 400


def _cut_out() -> Matte:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[60:540, 100:301] = 1
    return Matte(alpha, np.full((HEIGHT, WIDTH, 3), 0.5, np.float32), 0.9)


def test_a_picture_is_reduced_to_the_side_and_one_that_is_smaller_stays() -> None:
    rgb, matte = np.zeros((HEIGHT, WIDTH, 3), np.uint8), _cut_out()
    small = reduced(rgb, matte, 300)
    assert small.rgb.shape == (300, 200, 3) and small.matte.alpha.shape == (300, 200)
    assert reduced(rgb, matte, None).rgb is rgb and reduced(rgb, matte, 2000).matte is matte


def test_labels_come_back_up_to_the_picture_s_own_outline() -> None:
    matte = _cut_out()
    small = reduced(np.zeros((HEIGHT, WIDTH, 3), np.uint8), matte, 200).matte.alpha
    parts = np.where(small > 0.5, np.where(np.arange(200)[:, None] < 100, Part.UPPER, Part.LOWER), 0).astype(np.uint8)
    body = enlarged(Body(small, parts, {"chin": Point(50, 20)}, 0.8), matte.alpha)
    assert ((body.parts > 0) == (matte.alpha > 0.5)).all()
    assert (body.parts[60:298][:, 100:301] == Part.UPPER).all() and (body.parts[302:540][:, 100:301] == Part.LOWER).all()
    assert abs(body.joints["chin"].x - 150) < 2 and body.joints["chin"].y == 60 and body.alpha is matte.alpha


def test_a_slanted_outline_has_no_steps_of_the_small_picture() -> None:
    small = np.add.outer(np.arange(50), np.arange(50)) < 50
    large = enlarged_mask(small, (500, 500))
    ends = large.sum(axis=1)[50:400]
    assert np.abs(np.diff(ends, 2)).max() <= 2
