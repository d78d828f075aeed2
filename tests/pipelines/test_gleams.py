"""Light on bare skin is no cloth; straps, halters and bridges of cloth stay."""

import numpy as np
import pytest

from pipelines.images import Bytes
from pipelines.vision.people.body import Part
from pipelines.vision.people.gleams import without_gleams

HEIGHT, WIDTH = 480, 320


def bust() -> Bytes:
    """Labels of somebody in a top with a wide neckline: background, arms, bare chest, top."""
    parts = np.zeros((HEIGHT, WIDTH), np.uint8)
    parts[60:, 60:260] = Part.UPPER
    parts[60:, 40:60], parts[60:, 260:280] = Part.RIGHT_ARM, Part.LEFT_ARM
    parts[60:200, 100:220] = Part.TORSO
    parts[20:60, 130:190] = Part.NECK
    return parts


@pytest.mark.parametrize("scale", [1, 3])
def test_a_streak_that_ends_in_skin_becomes_skin(scale: int) -> None:
    clean, streaked = bust(), bust()
    streaked[150:200, 156:164] = Part.UPPER
    clean, streaked = (np.kron(each, np.ones((scale, scale), np.uint8)) for each in (clean, streaked))
    assert (without_gleams(streaked) == clean).mean() > 0.9999


@pytest.mark.parametrize(
    ("rows", "columns"),
    [(slice(60, 200), slice(120, 128)), (slice(20, 200), slice(126, 134)), (slice(120, 128), slice(100, 220))],
    ids=["strap to the shoulder", "halter to the neck's side", "band across"],
)
def test_cloth_that_goes_on_somewhere_stays(rows: slice, columns: slice) -> None:
    parts = bust()
    parts[20:60, 90:130] = Part.HAIR
    parts[rows, columns] = Part.UPPER
    assert np.array_equal(without_gleams(parts), parts)


def test_broad_cloth_in_the_neckline_stays() -> None:
    parts = bust()
    parts[150:200, 130:190] = Part.UPPER
    assert (without_gleams(parts) != parts).sum() < 60


def test_without_bare_skin_nothing_is_looked_for() -> None:
    parts = bust()
    parts[np.isin(parts, (Part.TORSO, Part.NECK))] = Part.UPPER
    assert without_gleams(parts) is parts
