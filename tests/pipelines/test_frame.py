"""The frame that clothes are hung on: what a person's reading gets wrong is held by the figure, and hems follow the hips."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.sizes import Size
from pipelines.vision.garments.drape import frame_of
from pipelines.vision.garments.fit import Dressed, Layer, dress
from pipelines.vision.garments.garment import Garment, read_garment
from pipelines.vision.garments.relabel import relabelled
from pipelines.vision.garments.seams import without_gaps
from pipelines.vision.people.body import Body, Part, Point
from tests.pipelines.wardrobe import Flat, person, tee

CANVAS, UNIT = Size(420, 640), 130.0


def _garment(flat: Flat) -> Garment:
    return read_garment(flat.rgb, flat.matte)


def _moved(body: Body, **joints: tuple[float, float]) -> Body:
    """With joints moved by x, y."""
    moved = {name: Point(body.joints[name].x + by[0], body.joints[name].y + by[1]) for name, by in joints.items()}
    return replace(body, joints={**body.joints, **moved})


def _hem(layer: Layer, column: int) -> int:
    return int(np.flatnonzero(layer.alpha[:, column] > 0.5)[-1])


def test_a_shoulder_beside_the_figure_is_brought_back_to_it_and_a_right_one_stays() -> None:
    body = person().body
    true = body.joints["right_shoulder"]
    frame = frame_of(_moved(body, right_shoulder=(-45, 0)))
    assert abs(frame.shoulders["left"].x - true.x) < 0.08 * UNIT
    assert frame_of(body).shoulders["left"] == true


def test_hips_of_someone_who_sits_stay_under_the_waist() -> None:
    body = person().body
    frame = frame_of(_moved(body, right_hip=(-120, 0)))
    assert frame.waists["left"].x - frame.hips["left"].x < 0.2 * UNIT
    assert frame_of(body).hips["left"] == body.joints["right_hip"]


def test_armpits_lie_inside_the_shoulders() -> None:
    frame = frame_of(_moved(person().body, right_armpit=(-40, 0)))
    assert frame.armpits["left"].x > frame.shoulders["left"].x


@pytest.mark.parametrize(("hem", "covers"), [(285, True), (190, False)])
def test_a_top_that_would_end_just_above_the_waistband_covers_it_and_a_cropped_one_does_not(hem: float, covers: bool) -> None:
    body = person().body
    band = frame_of(body).waistband
    assert band is not None
    assert abs(band - 310) < 8
    end = _hem(dress(_garment(tee(hem=hem)), body, CANVAS).torso, 210)
    assert (end >= band) == covers


def test_a_hem_slants_with_the_hips_rather_than_with_the_shoulders() -> None:
    body, flat = person().body, _garment(tee())
    tilts = []
    for name in ("shoulder", "hip"):
        leaning = _moved(body, **{f"left_{name}": (0, 10), f"right_{name}": (0, -10)})
        torso = dress(flat, leaning, CANVAS).torso
        tilts.append(_hem(torso, 245) - _hem(torso, 175))
    assert tilts[1] > 1.5 * max(1, tilts[0])


def test_no_fringe_is_added_along_the_outer_edge_of_a_sleeve() -> None:
    body = person().body
    dressed = dress(_garment(tee()), body, CANVAS)
    closed = without_gaps(dressed, frame_of(body)).whole
    solid = (dressed.whole.alpha > 0.02).astype(np.uint8)
    rim = cv2.dilate(solid, np.ones((7, 7), np.uint8)) - cv2.morphologyEx(solid, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    assert closed.alpha[rim == 1].mean() < 0.01


def test_a_hole_at_the_armpit_is_closed() -> None:
    body = person().body
    dressed, at = dress(_garment(tee()), body, CANVAS), frame_of(body).armpits["left"]
    rows, columns = np.ogrid[: CANVAS.height, : CANVAS.width]
    hole = np.hypot(columns - at.x, rows - at.y - 2) < 0.04 * UNIT
    torn = Dressed(*(replace(each, alpha=each.alpha * ~hole) for each in (dressed.torso, dressed.sleeves)))
    assert without_gaps(torn, frame_of(body)).whole.alpha[hole].mean() > 0.9


@pytest.mark.parametrize("spread", [0.7, 1.0])
def test_a_wide_sleeve_does_not_run_across_the_chest(spread: float) -> None:
    body = person().body
    sleeves = dress(_garment(tee(drop=90, spread=spread)), body, CANVAS).sleeves
    inner = frame_of(body).armpits["left"].x + 0.17 * UNIT
    assert sleeves.alpha[:, int(inner) : 210].max() < 0.05


def test_trousers_that_were_read_as_part_of_the_top_are_given_back() -> None:
    figure = person(top=(240, 240, 240))
    body, rows = figure.body, np.arange(640)[:, None]
    spilt = (body.parts == Part.LOWER) & (rows < 340) & (np.arange(420)[None] < 200)
    read = replace(body, parts=np.where(spilt, np.uint8(Part.UPPER), body.parts).astype(np.uint8))
    back = relabelled(figure.rgb, read).parts
    assert (back[spilt] == Part.LOWER).mean() > 0.8
    assert (back[body.parts == Part.UPPER] == Part.UPPER).mean() > 0.97
