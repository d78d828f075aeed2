"""Shoulders, sides and clothes of a torso: the part of reading a person that looks at outlines and seams."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask
from pipelines.vision.people.body import Point
from pipelines.vision.people.view import Head, View, disk, pieces, runs

Profile = NDArray[np.float64]

SHOULDER_NORMAL = (0.77, -0.64)
"""Outward and down: where the outline has turned by 50 degrees the shoulder ends."""
ARMPIT, WAIST, HIP, CROTCH = 0.29, 0.84, 1.20, 1.42
"""Heights below the shoulder line in shoulder widths. Drillis and Contini 1966, shoulder width 0.25 of the stature."""
LEAST_OF_STATURE = 0.235
"""Of the stature: how wide shoulders are at least, a little under their mean. Drillis and Contini 1966."""
UNEVEN = 0.75
"""Share of the other shoulder's distance from the neck below which hair must hide this one."""
SIDE_PRIOR = ((0.0, 0.84), (ARMPIT, 0.80), (WAIST, 0.66), (HIP, 0.78), (CROTCH, 0.80))
"""(height below the shoulders in shoulder widths, half width in half shoulder widths) of a torso in light clothes."""
WIDEST = (0.93, 1.02, 1.3)
"""Half width that no torso exceeds at shoulders, waist and crotch, in half shoulder widths."""


@dataclass(frozen=True, slots=True)
class Clothes:
    """What covers the trunk and legs, as masks of the view."""

    upper: Mask
    lower: Mask
    dress: Mask
    seam: float
    """Row where upper and lower meet; the waist where nothing shows it."""
    seam_found: bool


@dataclass(frozen=True, slots=True)
class Trunk:
    """Shoulders, sides and clothes. Left and right are sides of the picture here; `joints` gives the person's own."""

    neck_x: float
    neck_y: float
    neck_width: float
    left: Point
    right: Point
    first_row: int
    left_side: Profile
    right_side: Profile
    """Column of the torso's side in each row from `first_row`."""
    armpit_left: Point
    armpit_right: Point
    crotch: Point | None
    clothes: Clothes

    @property
    def width(self) -> float:
        """Between the shoulders."""
        return float(np.hypot(self.right.x - self.left.x, self.right.y - self.left.y))

    @property
    def shoulder_y(self) -> float:
        return (self.left.y + self.right.y) / 2

    @property
    def slant(self) -> float:
        """Slope of the shoulder line."""
        return (self.right.y - self.left.y) / max(1.0, self.right.x - self.left.x)

    def side(self, which: Profile, row: float) -> float:
        """Column of one side in `row`, held at its ends."""
        return float(np.interp(row, self.first_row + np.arange(len(which)), which))

    def sits(self, view: View) -> bool:
        """Whether the silhouette below the hips is far wider than a standing person's."""
        rows = view.inside[int(self.shoulder_y + HIP * self.width) :]
        widths = [line[0].start - line[-1].end for row in rows if (line := runs(row))]
        return bool(widths) and float(np.percentile(np.abs(widths), 80)) > 1.55 * self.width

    def joints(self, head: Head) -> Mapping[str, Point]:
        """Joints of head and trunk, by the person's own left and right, in pixels of the view."""
        last = self.first_row + len(self.left_side) - 1
        found = {
            "head_top": Point(head.x, head.top),
            "chin": Point(head.x, head.chin),
            "neck": Point(self.neck_x, self.neck_y),
            "left_shoulder": self.right,
            "right_shoulder": self.left,
            "left_armpit": self.armpit_right,
            "right_armpit": self.armpit_left,
        }
        for name, share in (("waist", WAIST), ("hip", HIP)):
            row = self.shoulder_y + share * self.width
            if row <= last + 0.1 * self.width:
                found[f"left_{name}"] = Point(self.side(self.right_side, row), row)
                found[f"right_{name}"] = Point(self.side(self.left_side, row), row)
        if self.crotch:
            found["crotch"] = self.crotch
        return {name: at for name, at in found.items() if at.y >= 0}


def read_trunk(view: View, head: Head, skin: Mask, hair: Mask) -> Trunk | None:
    """None where the picture ends above the shoulders."""
    figure = view.inside & ~hair
    neck = _neck(view, head, figure)
    if neck is None:
        return None
    beneath_hair = figure | (hair & _enclosed(cv2.morphologyEx(figure.astype(np.uint8), cv2.MORPH_OPEN, disk(4)) > 0))
    least = 0.5 * LEAST_OF_STATURE * _stature(view, head)
    seen = [_shoulder(view, head, figure, neck, side, 0) for side in (-1, 1)]
    reach = [abs(at.x - neck.x) if at else 0.0 for at in seen]
    outlines = [beneath_hair if own < UNEVEN * other else figure for own, other in (reach, reach[::-1])]
    left, right = (_shoulder(view, head, outlines[k], neck, (-1, 1)[k], least) for k in (0, 1))
    if left is None or right is None or right.x - left.x < 0.9 * head.size:
        return None
    width, top = right.x - left.x, (left.y + right.y) / 2
    cloth = figure & ~skin
    cloth[: int(neck.y)] = False
    first = int(top + 0.12 * width)
    last = min(view.height - 1, int(top + CROTCH * width))
    if last - first < 0.25 * width:
        return None
    middle = _middle_line(cloth if cloth[first:last].mean() > 0.02 else figure, left, right, first, last)
    sides = [_side(view, cloth, middle, side, first, top, width) for side in (-1, 1)]
    crotch = _crotch(view, middle, first, top, width)
    armpits = [_armpit(view, figure, cloth, sides[k], (-1, 1)[k], first, top, width) for k in (0, 1)]
    clothes = _clothes(view, cloth, middle, first, top, width, crotch)
    return Trunk(neck.x, neck.y, neck.width, left, right, first, sides[0], sides[1], armpits[0], armpits[1], crotch, clothes)


@dataclass(frozen=True, slots=True)
class _Neck:
    x: float
    y: float
    width: float


def _neck(view: View, head: Head, figure: Mask) -> _Neck | None:
    """The narrowest row between chin and shoulders; its width is held to what a neck can have of a head."""
    rows = np.arange(max(0, int(head.chin)), min(view.height - 1, int(head.chin + 0.6 * head.size)))
    found = [view.run(float(row), head.x, figure) for row in rows]
    near = [run if run and run.distance(head.x) < 0.3 * head.size else None for run in found]
    widths = np.array([run.width if run else 3 * head.size for run in near])
    if widths.size < 4:
        return None
    best = int(np.argmin(widths))
    width = float(np.clip(widths[best], 0.42 * head.size, 0.68 * head.size))
    run = near[best]
    middle = run.middle if run and widths[best] < 0.9 * head.size else head.x
    return _Neck(float(np.clip(middle, head.x - 0.3 * head.size, head.x + 0.3 * head.size)), float(rows[best]), width)


def _enclosed(figure: Mask) -> Mask:
    """What lies between pixels of the figure in its row: hair that hangs before a shoulder."""
    before = np.maximum.accumulate(figure, axis=1)
    return np.asarray(before & np.maximum.accumulate(figure[:, ::-1], axis=1)[:, ::-1])


def _stature(view: View, head: Head) -> float:
    """Height of someone who stands in the picture from head to foot; 0 where that can't be seen."""
    rows, columns = np.flatnonzero(view.inside.any(axis=1)), np.flatnonzero(view.inside.any(axis=0))
    if not rows.size or rows[-1] >= view.height - 3 or head.top < 2:
        return 0.0
    tall = rows[-1] - head.top
    return float(tall) if tall > 1.7 * (columns[-1] - columns[0]) and 5.5 < tall / head.size < 12 else 0.0


def _shoulder(view: View, head: Head, figure: Mask, neck: _Neck, side: int, least: float) -> Point | None:
    """The outline's support point up and out: where the shoulder line turns into the arm. Moved out along the outline to
    `least` columns from the neck, if there is so much of it.
    """
    usual, last = int(neck.y + 0.85 * head.size), int(neck.y + max(0.85 * head.size, 0.95 * least))
    rows = np.arange(int(neck.y + 0.05 * head.size), min(view.height - 1, last))
    found = [(row, view.run(float(row), neck.x, figure)) for row in rows]
    edge = [(run.start if side < 0 else run.end - 1, row) for row, run in found if run and run.distance(neck.x) < head.size]
    if not edge:
        return None
    outward = [(x - neck.x) * side for x, _ in edge]
    outward = list(np.minimum(outward, 1.45 * head.size))
    pull = [out * SHOULDER_NORMAL[0] + y * SHOULDER_NORMAL[1] for out, (_, y) in zip(outward, edge, strict=True)]
    best = int(np.argmax([strength if y < usual else -np.inf for strength, (_, y) in zip(pull, edge, strict=True)]))
    farther = next((k for k in range(best, len(outward)) if outward[k] >= least), None)
    if farther is not None and farther > best:
        first, last_row = float(edge[best][1]), float(edge[farther][1])
        y = max(min((first + last_row) / 2, first + 0.1 * least), last_row - 0.4 * least)
        return Point(neck.x + side * float(outward[farther]), y)
    return Point(neck.x + side * float(outward[best]), float(edge[best][1]))


def _middle_line(cloth: Mask, left: Point, right: Point, first: int, last: int) -> Profile:
    """Column of the torso's middle in each row: a straight line through the cloth between the shoulders, held to a lean."""
    x = (left.x + right.x) / 2
    half = 0.62 * (right.x - left.x)
    rows = np.arange(first, last + 1)
    columns = np.arange(cloth.shape[1])
    near = cloth[first : last + 1] & (np.abs(columns - x) < half)
    counts = near.sum(axis=1)
    means = (near * columns).sum(axis=1) / np.maximum(counts, 1)
    good = counts > 0.5 * half
    if good.sum() < 8:
        return np.full(len(rows), x)
    reach = rows - first
    slope = float(np.dot(reach[good], (means - x)[good]) / max(1.0, float(np.dot(reach[good], reach[good]))))
    return np.asarray(x + np.clip(slope, -0.4, 0.4) * reach, dtype=np.float64)


def _side(view: View, cloth: Mask, middle: Profile, side: int, first: int, top: float, width: float) -> Profile:
    """The torso's side as the cheapest path down the rows (dynamic programming): cloth within, something else beyond,
    an edge under the path, and not far from the proportions of a body.
    """
    reach = int(0.75 * width)
    rows = first + np.arange(len(middle))
    out = np.arange(reach)
    columns = np.clip((middle[:, None] + side * out).astype(int), 0, view.width - 1)
    is_cloth = cloth[rows[:, None], columns].astype(np.float32)
    lab = view.lab[rows[:, None], columns]
    band = max(3, int(0.10 * width))
    below = np.cumsum(1 - is_cloth, axis=1)
    total = np.cumsum(is_cloth, axis=1)
    beyond = total[:, np.minimum(out + band, reach - 1)] - total
    step = max(1, int(0.012 * width))
    edge = np.linalg.norm(lab[:, np.minimum(out + step, reach - 1)] - lab[:, np.maximum(out - step, 0)], axis=2)
    wanted = np.interp((rows - top) / width, *np.array(SIDE_PRIOR).T) * width / 2
    off = (out[None] - wanted[:, None]) / (0.11 * width)
    prior = np.where(off > 0, off * off, 0.6 * off * off)
    widest = np.interp((rows - top) / width, (0, WAIST, CROTCH), WIDEST) * width / 2
    prior = prior + 50.0 * (out[None] > widest[:, None])  # beyond lies a sleeve
    cost = 1.0 * below / band + 1.0 * beyond / band - 1.2 * np.clip(edge / 25, 0, 1) + 0.5 * prior
    path = cheapest_path(cost.astype(np.float32), 0.15)
    smooth = cv2.GaussianBlur(path[:, None].astype(np.float32), (1, 0x1F), 0.02 * width + 1)
    return np.asarray(middle + side * smooth.ravel(), dtype=np.float64)


def cheapest_path(cost: Floats, bend: float) -> NDArray[np.int64]:
    """Column in each row of the path down float32 (rows, columns) with the least sum; a step aside of one or two
    columns costs `bend` each, more isn't allowed.
    """
    rows, columns = cost.shape
    best = np.empty_like(cost)
    best[0] = cost[0]
    steps = np.empty((rows, columns), np.int8)
    shifts = (-2, -1, 0, 1, 2)
    for row in range(1, rows):
        padded = np.pad(best[row - 1], 2, constant_values=np.inf)
        options = np.stack([padded[2 + shift : 2 + shift + columns] + bend * abs(shift) for shift in shifts])
        choice = options.argmin(axis=0)
        steps[row] = choice - 2
        best[row] = cost[row] + options[choice, np.arange(columns)]
    path = np.empty(rows, np.int64)
    path[-1] = best[-1].argmin()
    for row in range(rows - 1, 0, -1):
        path[row - 1] = path[row] + steps[row, path[row]]
    return path


def _armpit(view: View, figure: Mask, cloth: Mask, path: Profile, side: int, first: int, top: float, width: float) -> Point:
    """Where the gap between arm and torso begins, or bare arm meets cloth; held near its height on a body."""
    lowest, highest = top + (ARMPIT + 0.16) * width, top + (ARMPIT - 0.05) * width
    row = top + ARMPIT * width
    for candidate in range(int(highest), min(int(lowest), view.height - 1)):
        x = path[min(len(path) - 1, max(0, candidate - first))]
        beyond = np.clip(np.arange(2, max(4, int(0.10 * width))) * side + int(x), 0, view.width - 1)
        if not figure[candidate, beyond].all():
            row = float(candidate)
            break
    index = min(len(path) - 1, max(0, int(row) - first))
    return Point(float(path[index]), row)


def _crotch(view: View, middle: Profile, first: int, top: float, width: float) -> Point | None:
    """The top of the gap between the legs, else its height on a body; None where that is below the picture."""
    half = 0.35 * width
    x = float(middle[-1])
    usual = top + CROTCH * width
    for row in range(int(top + (HIP + 0.05) * width), min(view.height - 2, int(top + 2.0 * width))):
        line = runs(view.inside[row, max(0, int(x - half)) : int(x + half)])
        if len(line) >= 2 and line[1].start - line[0].end >= 2:
            gap = (line[0].end + line[1].start) / 2 + max(0, int(x - half))
            return Point(gap, float(row))
    return Point(x, usual) if usual < view.height else None


def _clothes(view: View, cloth: Mask, middle: Profile, first: int, top: float, width: float, crotch: Point | None) -> Clothes:
    """Upper and lower parted at the strongest change of colour across the middle of the trunk, or a dress."""
    rows = np.arange(view.height)
    change = _seam(view, cloth, middle, first, top, width)
    seam, found = change.row, change.strength > 7.0
    nothing = np.zeros_like(cloth)
    if not found and _falls_in_one(view, cloth, middle, top, width):
        return Clothes(nothing, nothing, cloth, seam, True)
    upper, lower = cloth & (rows[:, None] < seam), cloth & (rows[:, None] >= seam)
    if found:
        parted = _parted_by_colour(view, cloth, upper, lower, seam, width)
        upper, lower = parted.upper, parted.lower
    least = 0.03
    upper_kept = np.any(pieces(upper, least), axis=0) if upper.any() else upper
    lower_kept = np.any(pieces(lower, least), axis=0) if lower.any() else lower
    return Clothes(upper_kept, lower_kept, nothing, seam, found)


def _falls_in_one(view: View, cloth: Mask, middle: Profile, top: float, width: float) -> bool:
    """Whether the cloth at mid thigh is still one piece: a dress or a long coat."""
    row = int(top + (CROTCH + 0.25) * width)
    if row >= view.height - 2:
        return False
    x = int(middle[-1])
    line = cloth[row - 2 : row + 3, max(0, int(x - 0.3 * width)) : int(x + 0.3 * width)]
    return bool(line.mean() > 0.97)


@dataclass(frozen=True, slots=True)
class _Seam:
    row: float
    strength: float


def _seam(view: View, cloth: Mask, middle: Profile, first: int, top: float, width: float) -> _Seam:
    """The row in the middle of the trunk where the colour changes most, weighted by where waistbands sit."""
    half = int(0.2 * width)
    start, end = int(top + 0.42 * width), min(view.height - 2, int(top + 1.55 * width))
    usual = top + 0.95 * width
    if end - start < 0.3 * width:
        return _Seam(min(usual, view.height), 0.0)
    rows = np.arange(start, end)
    centre = np.interp(rows, first + np.arange(len(middle)), middle).astype(int)
    columns = np.clip(centre[:, None] + np.arange(-half, half + 1), 0, view.width - 1)
    lab, weight = view.lab[rows[:, None], columns], cloth[rows[:, None], columns]
    colours = np.array(
        [np.median(line[on], axis=0) if on.sum() > 3 else (np.nan,) * 3 for line, on in zip(lab, weight, strict=True)]
    )
    reach = max(4, int(0.11 * width))
    scores = [_change(colours, index, reach) for index in range(reach, len(rows) - reach)]
    prior = np.exp(-0.5 * ((rows[reach : len(rows) - reach] - usual) / (0.32 * width)) ** 2)
    weighted = np.array(scores) * prior
    best = int(np.argmax(weighted))
    return _Seam(float(rows[reach + best]), float(weighted[best]))


def _change(colours: NDArray[np.floating], index: int, reach: int) -> float:
    above, below = colours[index - reach : index], colours[index : index + reach]
    if np.isnan(above).all() or np.isnan(below).all():
        return 0.0
    near = np.nanmedian(above, axis=0) - np.nanmedian(below, axis=0)
    above, below = colours[max(0, index - 2 * reach) : index], colours[index : index + 2 * reach]
    wide = np.nanmean(above, axis=0) - np.nanmean(below, axis=0)  # stripes change near by, not over several of them
    return float(np.sqrt(np.linalg.norm(near * (0.7, 1.4, 1.4)) * np.linalg.norm(wide * (0.7, 1.4, 1.4))))


@dataclass(frozen=True, slots=True)
class _Parted:
    upper: Mask
    lower: Mask


def _parted_by_colour(view: View, cloth: Mask, upper: Mask, lower: Mask, seam: float, width: float) -> _Parted:
    """Near the seam each pixel goes to the cloth that it looks like."""
    reach = 0.22 * width
    rows = np.arange(view.height)[:, None]
    near = cloth & (np.abs(rows - seam) < reach)
    first, second = (
        np.median(view.lab[mask & (np.abs(rows - seam) < 3 * reach)], axis=0) if mask.any() else None for mask in (upper, lower)
    )
    if first is None or second is None or near.sum() == 0:
        return _Parted(upper, lower)
    gain = np.linalg.norm((view.lab - second) * (0.7, 1, 1), axis=2) - np.linalg.norm((view.lab - first) * (0.7, 1, 1), axis=2)
    slope = float(np.linalg.norm((first - second) * (0.7, 1, 1))) / reach
    smooth = cv2.GaussianBlur(gain.astype(np.float32), (0, 0), 1.2) + 0.35 * slope * (seam - rows)
    is_upper = np.where(near, smooth > 0, upper) & cloth
    closed = cv2.morphologyEx(is_upper.astype(np.uint8), cv2.MORPH_OPEN, disk(2)) > 0
    return _Parted(closed, cloth & ~closed)
