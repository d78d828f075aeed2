"""What is worn on the trunk as the precedent for what replaces it: its outline is followed where the measures nearly agree."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipelines.sizes import Size
from pipelines.vision.garments.drape import frame_of
from pipelines.vision.garments.fit import dress
from pipelines.vision.garments.garment import Garment, read_garment
from pipelines.vision.garments.precedent import Precedent, precedent_of
from pipelines.vision.garments.relabel import relabelled
from pipelines.vision.people.body import Body, Part
from tests.pipelines.wardrobe import person, tee

CANVAS, UNIT = Size(420, 640), 130.0
ROWS = np.arange(640)[:, None]
COLUMNS = np.arange(420)[None]


def _labelled(body: Body, where: np.ndarray, part: Part) -> Body:
    return replace(body, parts=np.where(where, np.uint8(part), body.parts).astype(np.uint8))


def _longer(body: Body, rows: float) -> Body:
    """The top goes on below the waistband, and stands off there."""
    longer = _labelled(body, (body.parts == Part.LOWER) & (310 + rows > ROWS), Part.UPPER)
    worn = (longer.parts == Part.UPPER) & (ROWS > 260)
    beside = cv2.dilate(worn.astype(np.uint8), np.ones((1, 9), np.uint8)) > 0
    return _labelled(longer, beside & (longer.parts == Part.BACKGROUND), Part.UPPER)


def _precedent(body: Body) -> Precedent | None:
    frame = frame_of(body)
    trunk = {side: (frame.armpits[side], frame.waists[side], frame.hips[side]) for side in frame.hips}
    return precedent_of(body.parts, trunk, frame.width)


def _tee(**cut: float) -> Garment:
    flat = tee(**cut)
    return read_garment(flat.rgb, flat.matte)


def test_the_hem_and_both_sides_are_those_that_are_seen() -> None:
    body = _longer(person().body, 20)
    found = _precedent(body)
    assert found is not None
    assert abs(found.middle - 330.5) < 2
    row = 250
    worn = np.flatnonzero(body.parts[row] == Part.UPPER)
    for side, end in (("left", worn[0]), ("right", worn[-1] + 1)):
        edge = found.edge(side, np.array([float(row)]))
        assert edge is not None
        assert abs(edge[0] - end) < 3


@pytest.mark.parametrize("kind", ["nothing below", "half tucked in", "a dress"])
def test_what_has_no_even_hem_over_lower_clothes_is_no_precedent(kind: str) -> None:
    body = _longer(person().body, 30)
    if kind == "nothing below":
        body = _labelled(body, body.parts == Part.LOWER, Part.UPPER)
    elif kind == "half tucked in":
        body = _labelled(body, (body.parts == Part.UPPER) & (ROWS > 290) & (COLUMNS < 215), Part.LOWER)
    else:
        body = _labelled(body, body.parts == Part.UPPER, Part.DRESS)
    assert _precedent(body) is None


def test_a_top_that_is_tucked_in_says_nothing_about_lengths() -> None:
    tucked, hanging = _precedent(person().body), _precedent(_longer(person().body, 20))
    assert tucked is not None
    assert hanging is not None
    assert (tucked.hangs, hanging.hangs) == (False, True)


@pytest.mark.parametrize("longer", [5, 25])
def test_a_top_of_about_the_same_length_ends_where_the_old_one_did(longer: int) -> None:
    body = _longer(person().body, longer)
    torso = dress(_tee(hem=285), body, CANVAS).torso
    end = np.flatnonzero(torso.alpha[:, 210] > 0.5)[-1]
    assert 0 <= end - (310 + longer) < 0.05 * UNIT


def test_a_much_longer_top_keeps_its_own_length() -> None:
    body = person().body
    lengths = [np.flatnonzero(dress(_tee(hem=hem), body, CANVAS).torso.alpha[:, 210] > 0.5)[-1] for hem in (285, 420)]
    assert lengths[1] > lengths[0] + 0.4 * UNIT


def test_the_lowest_stripes_of_a_top_that_were_read_as_trousers_are_given_back() -> None:
    figure = person(top=(240, 240, 240))
    read = _labelled(figure.body, (figure.body.parts == Part.UPPER) & (ROWS > 285), Part.LOWER)
    back = relabelled(figure.rgb, read).parts
    assert (back[figure.body.parts == Part.UPPER] == Part.UPPER).mean() > 0.97
    assert (back[figure.body.parts == Part.LOWER] == Part.LOWER).mean() > 0.97
