"""Where a garment above ends and one below begins: along the edge that is there, not where a small net guesses it.

Pixels far from the guess are seeds; all between go to the seed from which a random walk that avoids edges comes to them most
likely (Grady 2006).
"""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import random_walker

from pipelines.images import Bytes, Floats, Mask, to_float
from pipelines.vision.people.body import Part

SIDE = 512
"""Long side in pixels of the person at which the walk goes."""
REACH = 0.06
"""How far from the guess the edge may be, as a share of the person's long side."""
BETA = 700.0
"""How strongly edges stop the walk."""
SMOOTH = 0.8
"""Blur in pixels before edges are taken, against weave and noise."""
CHEAPER = 0.8
"""How much less a cut has to cost than the guess to be taken."""
CLEAR = 0.6
"""Mean cost of a pair up to which a cut lies on an edge; dark on dark has none that can be trusted."""
STEP = 5.0
"""Difference in CIELAB between neighbours from which a cut between them is cheap."""
_UPPER, _LOWER, _APART = 1, 2, -1


def snapped(rgb: Bytes, parts: Bytes) -> Bytes:
    """Labels uint8 (h, w) of uint8 (h, w, 3) with the border of upper and lower garment on its edge; all others stay."""
    upper, lower = parts == Part.UPPER, parts == Part.LOWER
    both = upper | lower
    rows, columns = np.flatnonzero(both.any(axis=1)), np.flatnonzero(both.any(axis=0))
    if not (upper.any() and lower.any()):
        return parts
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    person = np.flatnonzero((parts != Part.BACKGROUND).any(axis=1))
    scale = min(1.0, SIDE / (person[-1] + 1 - person[0]))
    wide, tall = (max(2, round(side * scale)) for side in (columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]))
    above, below = (_reduced(each[box], wide, tall) for each in (upper, lower))
    chance = _chance(_reduced_colour(rgb[box], wide, tall), above, below, REACH * scale * (person[-1] + 1 - person[0]))
    if chance is None:
        return parts
    full = cv2.resize(chance, (box[1].stop - box[1].start, box[0].stop - box[0].start), interpolation=cv2.INTER_LINEAR)
    found = parts.copy()
    found[box] = np.where(both[box], np.where(full > 0.5, np.uint8(Part.UPPER), np.uint8(Part.LOWER)), parts[box])
    return found


def _reduced(mask: Mask, wide: int, tall: int) -> Mask:
    return cv2.resize(mask.astype(np.float32), (wide, tall), interpolation=cv2.INTER_AREA) > 0.5


def _reduced_colour(rgb: Bytes, wide: int, tall: int) -> Floats:
    small = to_float(cv2.resize(rgb, (wide, tall), interpolation=cv2.INTER_AREA).astype(np.uint8))
    return cast(Floats, cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), (0, 0), SMOOTH))


def _chance(lab: Floats, above: Mask, below: Mask, reach: float) -> Floats | None:
    """float32 (h, w): how likely a pixel is of the upper garment; None where the two don't meet or one has no seed."""
    both = above | below
    away = [cv2.distanceTransform((~each).astype(np.uint8), cv2.DIST_L2, 5) for each in (above, below)]
    near = both & (np.maximum(*away) < reach)
    seeds = np.where(both, np.where(above, _UPPER, _LOWER), _APART)
    seeds[near] = 0
    chance = np.where(above, np.float32(1), np.float32(0))
    window = _around(near)
    if window is None or not all((seeds[window] == each).any() for each in (_UPPER, _LOWER)):
        return None
    cloth = both[window]
    data = np.where(cloth[..., None], lab[window], lab[window][cloth].mean(axis=0)).astype(np.float32)
    walked = random_walker(data, _linked(seeds[window]), beta=BETA, mode="bf", channel_axis=-1, return_full_prob=True)[0]
    chance[window] = np.where(cloth & _cheaper(data, cloth, above[window], walked > 0.5), walked, chance[window])
    return _carried(chance, both)


def _cheaper(data: Floats, cloth: Mask, guess: Mask, walked: Mask) -> Mask:
    """False in pieces that would change sides without a clear edge in `data`, float32 (h, w, 3), or one no better than the guess."""
    count, pieces = cv2.connectedComponents((cloth & (guess != walked)).astype(np.uint8))
    kept = np.ones(count, bool)
    for number in range(1, count):
        near = cloth & (cv2.dilate((pieces == number).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
        before, after = _costs(data, near, guess), _costs(data, near, walked)
        kept[number] = after.sum() < CHEAPER * before.sum() and (not after.size or after.mean() < CLEAR)
    return cast(Mask, kept[pieces])


def _costs(data: Floats, near: Mask, above: Mask) -> Floats:
    """float32 (n,): what each pair of neighbours that parts `above` from the rest costs, 0 to 1, more the more alike they are.

    Boykov and Jolly 2001.
    """
    costs = []
    for axis in (0, 1):
        ends = near & np.roll(near, 1, axis) & (above != np.roll(above, 1, axis))
        steps = np.linalg.norm(data - np.roll(data, 1, axis), axis=2)[ends]
        costs.append(np.exp(-((steps / STEP) ** 2)))
    return np.concatenate(costs).astype(np.float32)


def _around(near: Mask) -> tuple[slice, slice] | None:
    """The pixels `near` and a margin around them."""
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if not rows.size:
        return None
    return slice(max(0, rows[0] - 2), rows[-1] + 3), slice(max(0, columns[0] - 2), columns[-1] + 3)


def _linked(seeds: NDArray[np.int64]) -> NDArray[np.int64]:
    """The seeds without undecided pixels that no walk from a seed can reach; those keep the guess."""
    _, pieces = cv2.connectedComponents((seeds != _APART).astype(np.uint8), connectivity=4)
    reached = np.unique(pieces[seeds > 0])
    return np.where((seeds == 0) & ~np.isin(pieces, reached), _APART, seeds)


def _carried(chance: Floats, both: Mask) -> Floats:
    """`chance` with what lies outside both garments taken from the nearest pixel inside, for enlarging."""
    _, nearest = cv2.distanceTransformWithLabels((~both).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(nearest.max()) + 1, np.float32)
    table[nearest[both]] = chance[both]
    return np.asarray(table[nearest], np.float32)
