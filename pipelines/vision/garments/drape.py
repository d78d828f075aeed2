"""Where the control points of a pattern piece lie on a body: contour to contour, with the garment's own length and ease."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.errors import PersonNotFound
from pipelines.images import Mask
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.pattern import (
    ALONG_HEM,
    ALONG_SHOULDER,
    ALONG_SLEEVE,
    SIDES,
    STATIONS,
    Side,
    Sleeve,
    array,
    between,
    hem_line,
    middle_line,
)
from pipelines.vision.garments.precedent import Precedent, precedent_of
from pipelines.vision.garments.warp import Coordinates
from pipelines.vision.people.body import Body, Part, Point

ARM_RADII = ((0.0, 0.135), (0.35, 0.105), (0.72, 0.085), (1.28, 0.06))
"""(distance from the shoulder, radius) of an arm in shoulder widths."""
TIGHTEST, LOOSEST = 1.03, 1.42
"""Bounds of a garment's half width over the body's above the hips."""
FLAT_TO_WORN = 0.93
"""Width of cloth on a body over its width laid flat: the rest goes around the sides."""
FLAT_TO_HANGING = 0.95
"""Height of cloth on a body over its length laid flat: it runs over shoulders and chest."""
ARMHOLE = 0.93
"""The same of an armhole without a sleeve."""
THICKNESS = 0.012
"""Of the shoulder width: how far cloth stands off the shoulders."""
SNUG = 0.15
"""Of the shoulder width: a worn sleeve that stands off less than this gives the new one its outer edge."""
MOST_INWARD = 0.6
"""Share of the way to the middle that a shoulder beside the figure is moved at most."""
BROADEST_HIPS = 0.16
"""Of the shoulder width: how far a hip lies beyond the waist at most."""
UPPER_ARM = (0.6, 0.8)
"""Shares of the way from shoulder to elbow at which the middle of a bare arm is looked for."""
STRAIGHT = 0.05
"""Of the shoulder width: an arm whose middle lies no further from the line to the elbow runs straight."""
PAST_ARMPIT = 0.03
"""Of the shoulder width: how far inside the armpit a hanging sleeve's inner edge may lie."""
OVER_WAISTBAND = 0.04
"""Of the shoulder width: how far the hem of a top lies below the waistband."""
OVER_HEM = 0.012
"""The same below the hem of the top that was worn, so that nothing of it is left."""
LENGTHENED = 0.25
"""Of the shoulder width: by how much a top is lengthened at most, so that no bare strip is left between it and the waistband."""
AS_LONG = (0.22, 0.36)
"""Logarithm of the ratio of lengths up to which a top ends where the one that is worn does, and from which it doesn't care."""
AS_WIDE = (0.16, 0.30)
"""The same of widths."""
BY_LENGTH = 0.5
"""How much the length of the top that is worn, against its widths, says about the scale."""
LIKE_SHOULDERS = 0.3
"""How much a hem slants as the shoulders do; the rest is as the hips."""
Profile = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Frame:
    """A body by sides of the picture, with what isn't seen filled in by proportion (shoulder widths as the unit)."""

    neck: Point
    neck_half: float
    shoulders: dict[Side, Point]
    armpits: dict[Side, Point]
    waists: dict[Side, Point]
    hips: dict[Side, Point]
    crotch: Point
    elbows: dict[Side, Point]
    wrists: dict[Side, Point]
    knees: dict[Side, Point]
    ankles: dict[Side, Point]
    figure: Mask
    """bool (h, w): the body below the head."""
    bare_arms: Mask
    """bool (h, w): skin of arms."""
    arm_scale: dict[Side, float]
    """How thick the arms are, in `ARM_RADII`."""
    waistband: float | None
    """Row where what is worn below the waist begins; None where nothing is."""
    precedent: Precedent | None = None
    """The outline of the top that is worn, where it can be told."""

    @property
    def width(self) -> float:
        left, right = self.shoulders["left"], self.shoulders["right"]
        return float(np.hypot(right.x - left.x, right.y - left.y))

    @property
    def chest(self) -> float:
        return abs(self.armpits["right"].x - self.armpits["left"].x)


def frame_of(body: Body) -> Frame:
    """The frame of a body; `PersonNotFound` where the shoulders aren't known."""
    joints = body.joints
    if not {"left_shoulder", "right_shoulder"} <= joints.keys():
        raise PersonNotFound("the shoulders can't be seen. Use a photograph from the front with head, shoulders and hips.")
    figure = (body.alpha > 0.5) & ~np.isin(body.parts, (Part.HAIR, Part.FACE))
    shoulders = _on_figure(_sides(body, "shoulder", {}), figure)
    middle = between(shoulders["left"], shoulders["right"], 0.5)
    unit = float(np.hypot(shoulders["right"].x - shoulders["left"].x, shoulders["right"].y - shoulders["left"].y))

    def placed(name: str, out: float, down: float) -> dict[Side, Point]:
        usual: dict[Side, Point] = {
            "left": Point(middle.x - out * unit, middle.y + down * unit),
            "right": Point(middle.x + out * unit, middle.y + down * unit),
        }
        return _sides(body, name, usual)

    neck = joints.get("neck", Point(middle.x, middle.y - 0.2 * unit))
    elbows = placed("elbow", 0.56, 0.74)
    bare_arms = np.isin(body.parts, (Part.LEFT_ARM, Part.RIGHT_ARM))
    floor = _floor(figure) - 0.17 * unit
    waists, armpits = placed("waist", 0.34, 0.84), _between_shoulders(placed("armpit", 0.39, 0.30), shoulders, unit)
    hips = _below(waists, placed("hip", 0.40, 1.20), unit)
    ankles = {side: Point(at.x, min(at.y, floor)) for side, at in placed("ankle", 0.18, 3.12).items()}
    return Frame(
        neck=neck,
        neck_half=_neck_half(body, neck, unit),
        shoulders=shoulders,
        armpits=armpits,
        waists=waists,
        hips=hips,
        crotch=joints.get("crotch", Point(middle.x, middle.y + 1.42 * unit)),
        elbows=elbows,
        wrists=placed("wrist", 0.60, 1.30),
        knees=placed("knee", 0.20, 2.14),
        ankles=ankles,
        figure=figure,
        bare_arms=bare_arms,
        arm_scale={side: _arm_scale(bare_arms, elbows[side], unit) for side in SIDES},
        waistband=_waistband(body, waists, unit),
        precedent=precedent_of(body.parts, {side: (armpits[side], waists[side], hips[side]) for side in SIDES}, unit),
    )


def _on_figure(shoulders: dict[Side, Point], figure: Mask) -> dict[Side, Point]:
    """Shoulders that were put beside the figure, moved inward to where it begins."""
    middle, reach = between(shoulders["left"], shoulders["right"], 0.5), abs(shoulders["right"].x - shoulders["left"].x) / 2
    found = {}
    for side, at in shoulders.items():
        columns = np.linspace(at.x, at.x + (middle.x - at.x) * MOST_INWARD, max(2, int(reach)))
        row = figure[int(np.clip(at.y, 0, figure.shape[0] - 1))]
        inside = np.flatnonzero(row[np.clip(columns, 0, len(row) - 1).astype(int)])
        moved = inside.size and abs(columns[inside[0]] - at.x) > 0.04 * reach
        found[side] = Point(float(columns[inside[0]]), at.y) if moved else at
    return found


def _between_shoulders(armpits: dict[Side, Point], shoulders: dict[Side, Point], unit: float) -> dict[Side, Point]:
    """Armpits held inside the shoulders above them."""
    inset = 0.03 * unit
    first, last = shoulders["left"].x + inset, shoulders["right"].x - inset
    return {side: Point(float(np.clip(at.x, min(first, last), max(first, last))), at.y) for side, at in armpits.items()}


def _below(waists: dict[Side, Point], hips: dict[Side, Point], unit: float) -> dict[Side, Point]:
    """Hips held near the waist above them: on somebody who sits, the silhouette beside the hips is a thigh."""
    reach = BROADEST_HIPS * unit
    return {side: Point(float(np.clip(at.x, waists[side].x - reach, waists[side].x + reach)), at.y) for side, at in hips.items()}


def _waistband(body: Body, waists: dict[Side, Point], unit: float) -> float | None:
    """Where the lower garment begins so low that the old one must have covered its waistband, a little below the waist."""
    left, right = (int(np.clip(at.x, 0, body.parts.shape[1] - 1)) for at in (waists["left"], waists["right"]))
    between_ = np.ascontiguousarray(body.parts[:, left : max(left, right) + 1])
    seen = np.flatnonzero((between_ == Part.LOWER).sum(axis=1) > 0.5 * between_.shape[1])
    waist = (waists["left"].y + waists["right"].y) / 2
    if not seen.size:
        return None
    return float(seen[0]) if seen[0] < waist + 0.38 * unit else waist + 0.2 * unit


def complete(body: Body) -> Body:
    """The body with every joint that `frame_of` adds by proportion, so that a part cut out of its picture gives the same frame."""
    frame = frame_of(body)
    groups = {"armpit": frame.armpits, "waist": frame.waists, "hip": frame.hips, "elbow": frame.elbows, "wrist": frame.wrists,
              "knee": frame.knees, "ankle": frame.ankles}  # fmt: skip
    own = {f"{other}_{name}": group[side] for name, group in groups.items() for side, other in _OWN.items()}
    return replace(body, joints={**own, **body.joints, **{name: at for name, at in own.items() if name.endswith("ankle")},
                                 "neck": frame.neck, "crotch": frame.crotch})  # fmt: skip


_OWN: dict[Side, str] = {"left": "right", "right": "left"}
"""The person's own side for a side of the picture, in a front view."""


def _floor(figure: Mask) -> float:
    """Row below the feet; infinite where the picture ends above them."""
    rows = np.flatnonzero(figure.any(axis=1))
    return float(rows[-1]) if rows.size and rows[-1] < figure.shape[0] - 3 else float("inf")


def _sides(body: Body, name: str, usual: dict[Side, Point]) -> dict[Side, Point]:
    """The person's right is the picture's left in a front view."""
    return {
        "left": body.joints.get(f"right_{name}") or usual["left"],
        "right": body.joints.get(f"left_{name}") or usual["right"],
    }


def _arm_scale(bare: Mask, elbow: Point, unit: float) -> float:
    """Thickness of a bare arm around its elbow over the usual one; a little under 1 where the arm is covered."""
    reach = max(3, int(0.12 * unit))
    top, left = max(0, int(elbow.y) - reach), max(0, int(elbow.x) - reach)
    around = np.ascontiguousarray(bare[top : int(elbow.y) + reach, left : int(elbow.x) + reach]).astype(np.uint8)
    if around.size == 0 or around.mean() < 0.1:
        return 0.95
    depth = float(cv2.distanceTransform(np.pad(around, 1), cv2.DIST_L2, 3).max())
    return float(np.clip(depth / (0.085 * unit), 0.65, 1.15))


def _neck_half(body: Body, neck: Point, unit: float) -> float:
    height, width = body.parts.shape
    rows = body.parts[max(0, int(neck.y - 0.03 * unit)) : max(1, min(height, int(neck.y + 0.04 * unit)))]
    counts = (rows == Part.NECK).sum(axis=1)
    seen = float(np.median(counts)) / 2 if counts.size and width else 0.0
    return float(np.clip(seen, 0.135 * unit, 0.19 * unit))


@dataclass(frozen=True, slots=True)
class Cut:
    """How a garment is to hang on a frame."""

    scale: float
    """Pixels of the canvas to one of the garment's picture, along the cloth."""
    collar_half: float
    collar_y: float


def cut_of(garment: Garment, frame: Frame) -> Cut:
    """The scale at which shoulders and chest fit best, and where the collar lies."""
    marks = garment.landmarks
    shoulders = max(1.0, abs(marks["shoulder_right"].x - marks["shoulder_left"].x))
    chest = max(1.0, abs(marks["armpit_right"].x - marks["armpit_left"].x))
    by_shoulders = frame.width * (0.99 if garment.sleeves != "none" else 0.80) / shoulders
    # Flat cloth is as wide at the chest as at the shoulders; worn or on a ghost mannequin it is narrower there.
    ease = float(np.interp(chest / shoulders, (0.85, 1.05), (1.02, 1.16)))
    by_chest = (ease if garment.sleeves != "none" else ease - 0.07) * frame.chest / chest
    trust = 0.5 if garment.sleeves != "none" else 0.15  # straps end anywhere on the shoulders
    wanted = by_chest * (by_shoulders / by_chest) ** trust
    scale = _as_long(garment, frame, float(np.clip(wanted, 0.85 * by_chest, 1.22 * by_chest)))
    collar = abs(marks["collar_right"].x - marks["collar_left"].x) / 2 * scale
    depth = marks["collar_bottom"].y - (marks["collar_left"].y + marks["collar_right"].y) / 2
    hugging = depth * scale < 0.6 * collar
    widest = 1.3 * frame.neck_half if hugging else 0.42 * frame.width
    half = float(np.clip(collar, 1.15 * frame.neck_half, widest))
    return Cut(scale, half, _collar_row(frame, half))


def _as_long(garment: Garment, frame: Frame, scale: float) -> float:
    """The scale moved towards the one at which the garment ends where the top that is worn does."""
    marks = garment.landmarks
    length = np.mean([marks[f"hem_{side}"].y - marks[f"collar_{side}"].y for side in SIDES]) * FLAT_TO_HANGING
    if frame.precedent is None or not frame.precedent.hangs or garment.category != "top":
        return scale
    half = abs(marks["collar_right"].x - marks["collar_left"].x) / 2 * scale
    wanted = (frame.precedent.middle - _collar_row(frame, half)) / max(1.0, float(length))
    off = float(np.log(max(0.1, wanted / scale)))
    return float(scale * np.exp(BY_LENGTH * _agreement(abs(off), AS_LONG) * off))


def _agreement(off: float, bounds: tuple[float, float]) -> float:
    """1 up to the first bound, 0 from the second one on."""
    return float(np.clip((bounds[1] - off) / (bounds[1] - bounds[0]), 0, 1))


def _collar_row(frame: Frame, half: float) -> float:
    """Where the shoulder line of the body is met at the collar's distance from the neck, both sides averaged."""
    rows = [_on_shoulder(frame, side, frame.neck.x + sign * half).y for side, sign in _SIGNS]
    return float(np.mean(rows))


_SIGNS: tuple[tuple[Side, int], tuple[Side, int]] = (("left", -1), ("right", 1))


def _on_shoulder(frame: Frame, side: Side, x: float) -> Point:
    """The outline of the shoulder at a column: the first row of the figure, held near the line of a usual shoulder."""
    shoulder = frame.shoulders[side]
    reach = abs(shoulder.x - frame.neck.x)
    share = float(np.clip(abs(x - frame.neck.x) / max(1.0, reach), 0, 1))
    usual = shoulder.y - 0.19 * frame.width * (1 - share) ** 1.1
    height, width = frame.figure.shape
    column = frame.figure[:, int(np.clip(x, 0, width - 1))]
    start = int(np.clip(shoulder.y + 0.05 * frame.width, 0, height - 1))
    above = np.flatnonzero(~column[:start][::-1])
    seen = float(start - above[0]) if above.size else usual
    beside_neck = float(np.clip(abs(x - frame.neck.x) / frame.neck_half - 1.1, 0, 1))
    y = float(np.clip(seen, usual - (0.04 + 0.09 * beside_neck) * frame.width, usual + 0.13 * frame.width))
    return Point(x, y - THICKNESS * frame.width)


def torso_points(garment: Garment, frame: Frame, cut: Cut) -> Coordinates:
    """Points for `pattern.torso_piece`."""
    sides = [_side_of_torso(garment, frame, cut, side, sign) for side, sign in _SIGNS]
    bottom = _neckline_bottom(garment, cut, sides[0][0], sides[1][0])
    hem = _hem(garment, ("hem_left", "hem_right"), sides[0][-1], sides[1][-1], cut.scale)
    return np.vstack([*sides, middle_line(sides[0], sides[1]), hem, bottom])


def _hem(
    garment: Garment, corners: tuple[str, str], first: NDArray[np.float64], second: NDArray[np.float64], scale: float
) -> Coordinates:
    """Points for `pattern.hem_line`, which sag as much as the garment's own do; `first` and `second` are the corners' places."""
    own = array(*(garment.landmarks[name] for name in corners))
    share = np.array(ALONG_HEM)[:, None]
    sag = (hem_line(garment, own[0], own[1]) - (own[0] + share * (own[1] - own[0])))[:, 1]
    return np.asarray(first + share * (second - first) + np.column_stack([np.zeros_like(sag), sag * scale]))


def _neckline_bottom(garment: Garment, cut: Cut, left: NDArray[np.float64], right: NDArray[np.float64]) -> Coordinates:
    """The neckline's lowest point, as deep below the collar points and as far across as it is in the garment."""
    marks = garment.landmarks
    first, second, low = (np.array([marks[name].x, marks[name].y]) for name in ("collar_left", "collar_right", "collar_bottom"))
    across = float(np.clip((low[0] - first[0]) / max(1.0, second[0] - first[0]), 0.1, 0.9))
    depth = max(0.0, float(low[1] - (first[1] + across * (second[1] - first[1])))) * cut.scale
    return (left + across * (right - left) + (0, depth))[None]


def _side_of_torso(garment: Garment, frame: Frame, cut: Cut, side: Side, sign: int) -> Coordinates:
    marks = garment.landmarks
    collar = _on_shoulder(frame, side, frame.neck.x + sign * cut.collar_half)
    shoulder = _shoulder(garment, frame, cut, side, sign)
    line = [_on_shoulder(frame, side, collar.x + share * (shoulder.x - collar.x)) for share in ALONG_SHOULDER]
    hanging = ARMHOLE if garment.sleeves == "none" else 1.0
    drop = (marks[f"armpit_{side}"].y - marks[f"shoulder_{side}"].y) * cut.scale * hanging
    lowest = frame.armpits[side].y + 0.16 * frame.width
    armpit_y = float(np.clip(shoulder.y + drop, frame.armpits[side].y, lowest))
    hem_y = max(_hem_row(garment, frame, cut, side, sign), armpit_y + 0.25 * frame.width)
    down = _down_the_side(garment, frame, cut, side, sign, armpit_y, hem_y)
    armpit = Point(down[0, 0], down[0, 1])
    return np.vstack([array(collar, *line, shoulder, between(shoulder, armpit, 0.55)), down])


def _hem_row(garment: Garment, frame: Frame, cut: Cut, side: Side, sign: int) -> float:
    """Row of a corner of the hem: below the collar by the garment's own length, but down to the waistband where it would end
    just above that, and slanted by as much as the hips and a little as the shoulders are.
    """
    marks = garment.landmarks
    collar = np.mean([_on_shoulder(frame, each, frame.neck.x + way * cut.collar_half).y for each, way in _SIGNS])
    lengths = {each: (marks[f"hem_{each}"].y - marks[f"collar_{each}"].y) * cut.scale * FLAT_TO_HANGING for each in SIDES}
    middle = float(collar + np.mean(list(lengths.values())))
    short = 0.0 if frame.waistband is None else frame.waistband + OVER_WAISTBAND * frame.width - middle
    down = short if 0 < short < LENGTHENED * frame.width and garment.category != "dress" else 0.0
    slants = [np.clip(group["right"].y - group["left"].y, -0.15 * frame.width, 0.15 * frame.width)
              for group in (frame.hips, frame.shoulders)]  # fmt: skip
    slant = (1 - LIKE_SHOULDERS) * slants[0] + LIKE_SHOULDERS * slants[1]
    own = float(collar + lengths[side] + down + sign * slant / 2)
    if frame.precedent is None or not frame.precedent.hangs or garment.category != "top":
        return own
    ratio = abs(float(np.log((frame.precedent.middle - collar) / (middle - collar if middle - collar > 1 else 1.0))))
    return own + _agreement(ratio, AS_LONG) * (frame.precedent.hem[side] + OVER_HEM * frame.width - own)


def _shoulder(garment: Garment, frame: Frame, cut: Cut, side: Side, sign: int) -> Point:
    """Where sleeve and shoulder line meet; the outer end of a strap lies where its own width puts it."""
    joint = frame.shoulders[side]
    if garment.sleeves != "none":
        outward = np.array([float(sign), -0.35])
        at = np.array([joint.x - sign * 0.03 * frame.width, joint.y - 0.01 * frame.width])
        x, y = _around_arm(frame, at, outward / np.linalg.norm(outward))
        return Point(float(x), float(y) - THICKNESS * frame.width)
    marks = garment.landmarks
    strap = abs(marks[f"shoulder_{side}"].x - marks[f"collar_{side}"].x) * cut.scale
    inner = frame.neck.x + sign * cut.collar_half
    x = inner + sign * float(np.clip(strap, 0.04 * frame.width, abs(joint.x - inner) - 0.05 * frame.width))
    return _on_shoulder(frame, side, x)


def _down_the_side(garment: Garment, frame: Frame, cut: Cut, side: Side, sign: int, top: float, hem: float) -> Coordinates:
    """From armpit to hem: the body's side with the garment's ease; below the hips the cloth falls freely. Where what is worn
    is about as wide, its side.
    """
    rows = np.linspace(top, hem, STATIONS)
    body = _body_half(frame, rows)
    halves = np.interp(
        np.linspace(0, 1, STATIONS),
        [0, _waist_share(garment), 1.0],
        [_half(garment, name) for name in ("armpit", "waist", "hem")],
    )
    cloth = halves * cut.scale * FLAT_TO_WORN
    free = np.clip((rows - frame.hips["left"].y) / (0.25 * frame.width), 0, 1)
    loosest = body.half * (LOOSEST + 1.2 * free)
    narrowest = 0.25 if garment.category != "dress" else 0.06  # a skirt goes around the thighs
    worn = np.clip(cloth, body.half * (TIGHTEST - narrowest * free), loosest)
    edges = body.middle + sign * worn
    old = None if frame.precedent is None or garment.category != "top" else frame.precedent.edge(side, rows)
    if old is not None:
        ratio = float(np.median(np.log(np.maximum(1.0, (old - body.middle) * sign) / worn)))
        most = AS_WIDE[1] * worn
        edges = edges + _agreement(abs(ratio), AS_WIDE) * np.clip(old - edges, -most, most)
    return np.column_stack([edges, rows])


def _waist_share(garment: Garment) -> float:
    """Where the waist lies between armpits and hem."""
    top, waist, hem = (sum(garment.landmarks[f"{name}_{side}"].y for side in SIDES) for name in ("armpit", "waist", "hem"))
    return float(np.clip((waist - top) / max(1.0, hem - top), 0.1, 0.9))


def _half(garment: Garment, name: str) -> float:
    return abs(garment.landmarks[f"{name}_right"].x - garment.landmarks[f"{name}_left"].x) / 2


@dataclass(frozen=True, slots=True)
class _BodyHalf:
    middle: Profile
    half: Profile


def _body_half(frame: Frame, rows: Profile) -> _BodyHalf:
    """The middle and half width of the torso at rows, straight between the joints and on below the hips."""
    left, right = (
        np.interp(rows, [group[side].y for group in (frame.armpits, frame.waists, frame.hips)],
                  [group[side].x for group in (frame.armpits, frame.waists, frame.hips)])
        for side in ("left", "right")
    )  # fmt: skip
    return _BodyHalf((left + right) / 2, np.maximum((right - left) / 2, 0.2 * frame.width))


@dataclass(frozen=True, slots=True)
class _Arm:
    """The middle line of an arm as a chain of points, with distances along it."""

    chain: Coordinates
    distances: Profile

    def at(self, distance: float) -> NDArray[np.float64]:
        held = min(distance, float(self.distances[-1]))
        return np.array([np.interp(held, self.distances, self.chain[:, k]) for k in (0, 1)])

    def direction(self, distance: float, reach: float) -> NDArray[np.float64]:
        step = self.at(distance + reach) - self.at(max(0.0, distance - reach))
        return np.asarray(step / max(1e-6, float(np.linalg.norm(step))))


def sleeve_points(sleeve: Sleeve, frame: Frame, cut: Cut, side: Side, seam: Coordinates) -> Coordinates:
    """Points for `pattern.sleeve_piece` along upper arm and forearm; `seam` is shoulder and armpit as the torso has them."""
    sign = -1 if side == "left" else 1
    start = 0.5 * (seam[0] + seam[1])
    inset = np.array([frame.shoulders[side].x - sign * 0.115 * frame.width, start[1]])
    chain = np.vstack([inset, _bare_middles(frame, side, inset), array(frame.elbows[side], frame.wrists[side])])
    arm = _Arm(chain, np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1))]))
    whole = float(arm.distances[-1])
    length = sleeve.length * cut.scale
    length = whole if 0.82 * whole < length else length  # a long sleeve ends at the wrist
    edges = []
    for share, half in zip(ALONG_SLEEVE, sleeve.half_widths, strict=True):
        at = share * length
        radius = frame.arm_scale[side] * float(np.interp(at / frame.width, *np.array(ARM_RADII).T)) * frame.width
        worn = float(np.clip(half * cut.scale * FLAT_TO_WORN, 1.10 * radius, 2.2 * radius))
        direction = arm.direction(at, 0.12 * frame.width)
        outward = np.array([direction[1], -direction[0]])
        outward = outward if outward[0] * sign > 0 else -outward
        # Cloth falls to the inner side: the outer edge stays near the arm.
        outer = _around_arm(frame, arm.at(at) + outward * min(worn, 1.25 * radius), outward)
        inward = min(
            max(worn, 2 * worn - 1.25 * radius), max(0.6 * radius, _to_armpit(arm.at(at), outward, seam[1], sign, frame.width))
        )
        edges += [outer, arm.at(at) - outward * inward]
    return np.vstack([seam, *edges])


def _to_armpit(
    middle: NDArray[np.float64], outward: NDArray[np.float64], armpit: NDArray[np.float64], sign: int, unit: float
) -> float:
    """How far inward from the middle of a sleeve the column just inside the armpit lies, against `outward`; beyond that the
    sleeve would be drawn across the chest. Infinite where the arm doesn't hang.
    """
    across = float(outward[0]) * sign
    return float((middle[0] - armpit[0]) * sign + PAST_ARMPIT * unit) / across if across > 0.5 else float("inf")


def _bare_middles(frame: Frame, side: Side, start: NDArray[np.float64]) -> Coordinates:
    """(n, 2): the middle of the upper arm where it is bare, since one that is bent out doesn't run straight to the elbow."""
    way = np.array([frame.elbows[side].x, frame.elbows[side].y]) - start
    length = max(1.0, float(np.linalg.norm(way)))
    across = np.array([way[1], -way[0]]) / length
    offsets = np.arange(-0.25, 0.25, 0.005) * frame.width
    height, width = frame.bare_arms.shape
    found = []
    for share in UPPER_ARM:
        line = start + share * way + offsets[:, None] * across
        x, y = (np.clip(line[:, k], 0, side_ - 1).astype(int) for k, side_ in ((0, width), (1, height)))
        bare = np.flatnonzero(frame.bare_arms[y, x])
        if bare.size > 0.09 * frame.width / (0.005 * frame.width) and np.ptp(bare) < 1.2 * bare.size:
            off = float(offsets[bare].mean())
            found.append(start + share * way + np.sign(off) * max(0.0, abs(off) - STRAIGHT * frame.width) * across)
    return np.array(found).reshape(-1, 2)


def _around_arm(frame: Frame, outer: NDArray[np.float64], outward: NDArray[np.float64]) -> NDArray[np.float64]:
    """A point of a sleeve's outer edge, moved out to where the arm ends: just beyond bare skin, onto the edge of a sleeve that
    is worn there unless that is much wider.
    """
    height, width = frame.bare_arms.shape
    steps = np.arange(0.0, 0.16 * frame.width)
    line = outer + steps[:, None] * outward
    x, y = (np.clip(line[:, k], 0, side - 1).astype(int) for k, side in ((0, width), (1, height)))
    skin, figure = frame.bare_arms[y, x], frame.figure[y, x]
    covered = np.flatnonzero(skin)
    if skin[:4].any() and covered.size:
        return np.asarray(outer + (float(steps[covered[-1]]) + 0.015 * frame.width) * outward)
    gone = np.flatnonzero(~figure)
    reach = float(steps[gone[0]]) if figure[0] and gone.size else np.inf
    return np.asarray(outer + (reach if reach < SNUG * frame.width else 0.0) * outward)


def leg_points(garment: Garment, frame: Frame, side: Side) -> Coordinates:
    """Points for `pattern.leg_piece`."""
    marks = garment.landmarks
    sign = -1 if side == "left" else 1
    waist = {each: between(frame.waists[each], frame.hips[each], 0.30) for each in ("left", "right")}
    band = abs(waist["right"].x - waist["left"].x) * 1.03
    scale = 0.5 * band / max(1.0, abs(marks["waist_right"].x - marks["waist_left"].x)) + 0.5 * (
        abs(frame.ankles[side].y - waist[side].y) / max(1.0, marks[f"hem_{side}"].y - marks[f"waist_{side}"].y)
    )
    length = (marks[f"hem_{side}"].y - marks[f"waist_{side}"].y) * scale
    hem_y = min(waist[side].y + length, frame.ankles[side].y + 0.13 * frame.width)
    middle = between(waist["left"], waist["right"], 0.5)
    rows = np.linspace(waist[side].y, hem_y, STATIONS)
    knots = (waist[side].y, frame.hips[side].y, frame.crotch.y, frame.knees[side].y, frame.ankles[side].y)
    ends = abs(marks[f"hem_{side}"].x - marks[f"leg_{side}_inner"].x) / 2 * scale
    thigh = abs(frame.hips[side].x - frame.crotch.x)
    outer = (
        middle.x + sign * band / 2, frame.hips[side].x + sign * 0.02 * frame.width,
        frame.crotch.x + sign * 1.03 * thigh, frame.knees[side].x + sign * max(ends, 0.12 * frame.width),
        frame.ankles[side].x + sign * max(ends, 0.09 * frame.width),
    )  # fmt: skip
    inner_rows = np.linspace(frame.crotch.y, hem_y, STATIONS)
    inner = (
        frame.crotch.x, frame.knees[side].x - sign * max(0.9 * ends, 0.11 * frame.width),
        frame.ankles[side].x - sign * max(0.9 * ends, 0.08 * frame.width),
    )  # fmt: skip
    outside = np.column_stack([np.interp(rows, knots, outer), rows])
    inseam = np.column_stack([np.interp(inner_rows, knots[2:], inner), inner_rows])
    hem = _hem(garment, (f"hem_{side}", f"leg_{side}_inner"), outside[-1], inseam[-1], scale)
    return np.vstack([outside, array(middle, between(middle, frame.crotch, 0.5)), inseam, hem])


def skirt_points(garment: Garment, frame: Frame) -> Coordinates:
    """Points for `pattern.skirt_piece`: on the waist and hips, then falling freely."""
    marks = garment.landmarks
    top = (
        frame.waists["left"].y * 0.7 + frame.hips["left"].y * 0.3 + frame.waists["right"].y * 0.7 + frame.hips["right"].y * 0.3
    ) / 2
    body = _body_half(frame, np.array([top]))
    waist = float(body.half[0]) * 1.03
    scale = 2 * waist / max(1.0, abs(marks["waist_right"].x - marks["waist_left"].x))
    sides = []
    for side, sign in _SIGNS:
        length = (marks[f"hem_{side}"].y - marks[f"waist_{side}"].y) * scale
        rows = np.linspace(top, top + length, STATIONS)
        own = np.linspace(waist, abs(marks["hem_right"].x - marks["hem_left"].x) / 2 * scale, STATIONS)
        needed = _body_half(frame, rows)
        above = np.clip((frame.hips["left"].y + 0.3 * frame.width - rows) / (0.2 * frame.width), 0, 1)
        half = np.maximum(own, needed.half * TIGHTEST * above)
        half[0] = waist
        sides.append(np.column_stack([needed.middle + sign * half, rows]))
    hem = _hem(garment, ("hem_left", "hem_right"), sides[0][-1], sides[1][-1], scale)
    return np.vstack([*sides, middle_line(sides[0], sides[1]), hem])
