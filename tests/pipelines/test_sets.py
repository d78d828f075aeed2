"""Rendered places: deterministic, lit, of any size, with a floor under a wall."""

from itertools import combinations

import numpy as np
import pytest

from pipelines.draft.scenery import SETS
from pipelines.images import srgb
from pipelines.sizes import Size
from pipelines.vision.rendering.sets import HORIZON
from pipelines.vision.rendering.wear import GarmentSpec

WALLS = ("concrete", "plaster", "brick")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("size", [Size(120, 160), Size(333, 187)])
def test_a_place_has_its_size_and_light_that_can_be_shown(name: str, size: Size) -> None:
    light = SETS[name](size)  # type: ignore[index]
    assert light.shape == (size.height, size.width, 3)
    assert light.dtype == np.float32 and light.min() >= 0
    assert (light > 1.02).mean() < 0.01
    assert np.array_equal(light, SETS[name](size))  # type: ignore[index]


def test_places_differ() -> None:
    seen = {name: srgb(np.clip(draw(Size(96, 128)), 0, 1)) for name, draw in SETS.items()}
    for one, other in combinations(seen, 2):
        assert np.abs(seen[one] - seen[other]).mean() > 0.02, (one, other)


@pytest.mark.parametrize("name", WALLS)
def test_a_wall_meets_a_floor_of_another_tone(name: str) -> None:
    size = Size(240, 320)
    seen = srgb(np.clip(SETS[name](size), 0, 1))  # type: ignore[index]
    turn = round(HORIZON * size.height)
    assert np.abs(seen[turn - 40 : turn - 15].mean(axis=(0, 1)) - seen[turn + 15 : turn + 40].mean(axis=(0, 1))).max() > 0.03


def test_bricks_lie_in_bond() -> None:
    seen = srgb(np.clip(SETS["brick"](Size(600, 800)), 0, 1)).mean(axis=2)
    row = round(0.0245 * 800)
    middle = round(HORIZON * 800) - 10 * row + row // 2
    joints = [set(np.flatnonzero(seen[at] > seen[at].mean() + 0.08)) for at in (middle, middle - row, middle - 2 * row)]
    assert len(joints[0] & joints[2]) > 0.5 * len(joints[0])
    assert len(joints[0] & joints[1]) < 0.3 * len(joints[0])


def test_a_covered_top_has_no_sleeves_but_its_own_neckline() -> None:
    free, covered = GarmentSpec("shirt").cut, GarmentSpec("shirt", covered=True).cut
    assert free.sleeve > 0 and covered.sleeve == 0
    assert (covered.neck_wide, covered.neck_deep) == (free.neck_wide, free.neck_deep)
