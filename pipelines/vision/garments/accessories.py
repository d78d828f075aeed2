"""Hats, bags and shoes where a body wears them: placed by similar or affine maps, nothing bent.

Sizes are in shoulder widths, heads and body heights of the body's own picture; left and right are sides of the picture.
"""

from dataclasses import dataclass, replace
from math import atan2, cos, degrees, hypot, radians, sin
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.errors import UnsupportedTask
from pipelines.images import Floats, Mask
from pipelines.sizes import Size
from pipelines.vision.garments.fit import Layer
from pipelines.vision.garments.garment import Garment
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.view import disk, gauss

Carried = Literal["hand", "shoulder", "crossbody"]
Matrix = NDArray[np.float64]
STATURE = 4.1
"""Body height in shoulder widths."""
BAG_HEIGHT, BAG_WIDTH = 0.165, 0.20
"""Largest sizes of a bag without its handle, in body heights."""
GRIP = 0.14
"""From wrist to the fingers that hold something, in shoulder widths."""
HAT_ROOM = 1.06
"""Width of a hat's crown over that of the head with its hair."""
BROW = 0.33
"""Where a hat's lower edge lies in front: below the crown of the head, in heads."""
BELOW_OLD_BRIM = 0.44
"""Where it lies if a hat with a brim is worn already, so that the brim goes too."""
TALLEST_HEAD = 0.64
"""Chin to crown in shoulder widths."""
MOST_TILT = 24.0
"""Degrees that a head is taken to lean at most."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A product where it is worn, on a canvas of (h, w) pixels."""

    layer: Layer
    replaced: Mask
    """bool (h, w): what of the photograph goes: an old hat, hair pressed down by the new one, old shoes."""
    front: Floats
    """float32 (h, w): how much of each pixel lies before the product: fingers, arms, hair, hems."""
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """A head's measures in pixels."""

    crown: Point
    chin: Point
    width: float
    """At the brow, with hair."""

    @property
    def height(self) -> float:
        return hypot(self.chin.x - self.crown.x, self.chin.y - self.crown.y)

    @property
    def tilt(self) -> float:
        """Degrees by which the head leans to the right of the picture."""
        return degrees(atan2(self.crown.x - self.chin.x, self.chin.y - self.crown.y))

    def at(self, across: float, down: float) -> Point:
        """The point so many head heights to the right of the axis and below the crown."""
        along = ((self.chin.x - self.crown.x), (self.chin.y - self.crown.y))
        return Point(self.crown.x + down * along[0] + across * along[1], self.crown.y + down * along[1] - across * along[0])


def head_of(body: Body) -> Head:
    """Crown, chin, width and tilt of a head; `UnsupportedTask` where there is none in the picture.

    The axis runs through the middle of the face and that of the neck's upper end, or along the face where no neck is seen.
    """
    if not {"head_top", "chin"} <= body.joints.keys():
        raise UnsupportedTask("the head isn't in the model picture, so a hat can't be put on. Use one that shows the whole head.")
    top, chin = body.joints["head_top"], body.joints["chin"]
    height = max(4.0, chin.y - top.y)
    if {"left_shoulder", "right_shoulder"} <= body.joints.keys():  # a hat that is worn adds to what is seen as the head
        height = min(height, TALLEST_HEAD * unit_of(body))
        top = Point(chin.x + (top.x - chin.x) * height / max(4.0, chin.y - top.y), chin.y - height)
    tilt = radians(_tilt(body, top, chin))
    middle = _middle_of_face(body, top, chin)
    crown = Point(middle.x + 0.55 * height * sin(tilt), middle.y - 0.55 * height * cos(tilt))
    low = Point(middle.x - 0.45 * height * sin(tilt), middle.y + 0.45 * height * cos(tilt))
    return Head(
        crown,
        low,
        _head_width(body, middle, tilt, height),
    )


def _middle_of_face(body: Body, top: Point, chin: Point) -> Point:
    """Where the head's middle lies: across by the face, down by the joints."""
    rows, columns = np.nonzero(body.parts == Part.FACE)
    y = top.y + 0.55 * (chin.y - top.y)
    if len(rows) < 30:
        return Point((top.x + chin.x) / 2, y)
    near = np.abs(rows - y) < 0.3 * (chin.y - top.y)
    own = columns[near] if near.sum() > 20 else columns
    return Point(float(np.percentile(own, 2) + np.percentile(own, 98)) / 2, y)


def _tilt(body: Body, top: Point, chin: Point) -> float:
    """Degrees to the right of the picture: the lesser of the lean of the face's long axis and of the line from neck to face,
    a little damped; 0 where these disagree, since hair that is taken for face turns either of them.
    """
    face, neck = (np.nonzero(body.parts == part) for part in (Part.FACE, Part.NECK))
    if len(face[0]) < 60 or len(neck[0]) < 30:
        return float(np.clip(degrees(atan2(top.x - chin.x, max(4.0, chin.y - top.y))), -MOST_TILT, MOST_TILT))
    values, axes = np.linalg.eigh(np.cov(np.vstack([face[1], face[0]])))
    axis = axes[:, 1] * (-1 if axes[1, 1] > 0 else 1)
    own = degrees(atan2(axis[0], -axis[1])) if values[1] > 1.25 * values[0] else 0.0
    upper = neck[0] <= np.percentile(neck[0], 35)
    rise = max(0.3 * (chin.y - top.y), float(neck[0][upper].mean() - face[0].mean()))
    by_neck = degrees(atan2(float(face[1].mean() - neck[1][upper].mean()), rise))
    if own * by_neck <= 0 or abs(own) > 40:
        return 0.0
    lean = 0.75 * min(abs(own), abs(by_neck))
    return float(np.copysign(min(lean, MOST_TILT), own)) if lean > 3 else 0.0


def _head_width(body: Body, middle: Point, tilt: float, height: float) -> float:
    """Across the head at the brow, hair close to it included, held to what heads measure."""
    head = np.isin(body.parts, (Part.FACE, Part.HAIR))
    brow = Point(middle.x + 0.12 * height * sin(tilt), middle.y - 0.12 * height * cos(tilt))
    steps = np.arange(0, 0.75 * height)
    reach = []
    for sign in (-1, 1):
        x = np.clip(brow.x + sign * steps * cos(tilt), 0, head.shape[1] - 1).astype(int)
        y = np.clip(brow.y + sign * steps * sin(tilt), 0, head.shape[0] - 1).astype(int)
        gone = np.flatnonzero(~head[y, x])
        reach.append(float(steps[gone[0]]) if gone.size else 0.4 * height)
    return float(np.clip(sum(reach), 0.66 * height, 0.82 * height))


def put_on_hat(product: Garment, body: Body) -> Placed:
    """A hat on the head, leaning with it; hair above its lower edge goes, hair below hangs as it did."""
    head = head_of(body)
    shape = _HatShape.of(product.alpha)
    scale = HAT_ROOM * head.width / max(1.0, shape.crown_width)
    worn = _old_hat(body, head)
    brow = BELOW_OLD_BRIM if worn.any() else BROW
    matrix = _turned(Point(shape.middle, shape.bottom), head.at(0.0, brow), scale, head.tilt)
    layer = laid(product, matrix, canvas_of(body))
    seat = brow - (shape.bottom - shape.seat) * scale / head.height
    old = ((body.parts == Part.HAIR) & _above(body, head, seat - 0.02)) | worn
    replaced = cv2.dilate(old.astype(np.uint8), disk(max(1, round(0.02 * head.height)))) > 0
    notes = ("The hat keeps the angle at which it was photographed; only its tilt and size follow the head.",)
    skin = np.isin(body.parts, (Part.FACE, Part.NECK)) & ~_above(body, head, seat) & ~worn
    return Placed(layer, np.asarray(replaced & ~skin), np.zeros(body.parts.shape, np.float32), notes)


def _old_hat(body: Body, head: Head) -> Mask:
    """A brim that is worn: what stands out to the sides of the head above the ears, where hair hangs closer."""
    rows, columns = np.mgrid[: body.parts.shape[0], : body.parts.shape[1]]
    lean = radians(head.tilt)
    across = np.abs((columns - head.crown.x) * cos(lean) + (rows - head.crown.y) * sin(lean))
    upper = np.isin(body.parts, (Part.HAIR, Part.FACE)) & _above(body, head, 0.6)
    if (upper & (across > 0.52 * head.height)).sum() < 0.01 * head.height**2:
        return np.zeros_like(upper)
    return np.asarray(upper & (across > 0.40 * head.height))


def _above(body: Body, head: Head, share: float) -> Mask:
    """bool (h, w): what lies farther up along the head's axis than a share of its height below the crown."""
    rows, columns = np.mgrid[: body.parts.shape[0], : body.parts.shape[1]]
    lean = radians(head.tilt)
    down = (rows - head.crown.y) * cos(lean) - (columns - head.crown.x) * sin(lean)
    return np.asarray(down < share * head.height)


@dataclass(frozen=True, slots=True)
class _HatShape:
    """Where a hat meets the head, in pixels of its picture."""

    crown_width: float
    middle: float
    seat: float
    """Row at which the head goes in."""
    bottom: float
    """Row of the lowest point, which lies at the brow."""

    @classmethod
    def of(cls, alpha: Floats) -> "_HatShape":
        solid = alpha > 0.5
        rows = np.flatnonzero(solid.any(axis=1))
        height = max(1, rows[-1] - rows[0])
        widths = solid[rows[0] : rows[-1] + 1].sum(axis=1).astype(np.float64)
        crown = float(np.percentile(widths[int(0.25 * height) : max(2, int(0.65 * height))], 70))
        brimmed = bool(widths.max() > 1.22 * crown)
        broad = np.flatnonzero(widths > 0.5 * (crown + widths.max())) if brimmed else np.array([height])
        # A brim is seen as an ellipse whose front hangs below the seat.
        seat = rows[0] + (float(broad.mean()) if brimmed else 0.95 * height)
        upper = solid[rows[0] + int(0.25 * height) : rows[0] + max(2, int(0.65 * height))]
        middle = float(np.mean(np.nonzero(upper)[1])) if upper.any() else float(np.nonzero(solid)[1].mean())
        return cls(crown, middle, seat, float(rows[-1] + 1))


def put_on_bag(product: Garment, body: Body, how: Carried | None = None, side: str | None = None) -> Placed:
    """A bag held in a hanging hand, over a shoulder or across the body; `how` and `side` (of the picture) are wishes.

    Raises `UnsupportedTask` where neither a hand nor shoulders are in the picture.
    """
    shape = _BagShape.of(product.alpha)
    unit = unit_of(body)
    stature = STATURE * unit
    scale = min(BAG_HEIGHT * stature / shape.body_height, BAG_WIDTH * stature / shape.width)
    hands = _hanging_hands(body, unit)
    wanted: Carried = how or ("shoulder" if shape.handle > 0.9 else "hand")
    if wanted == "hand" and not hands:
        wanted = "shoulder"
    if wanted == "hand":
        chosen = side if side in hands else min(hands, key=lambda name: -hands[name].y)
        return _in_hand(product, body, shape, scale, hands[chosen], unit)
    return _hung(product, body, shape, scale, wanted, side or "left", unit)


@dataclass(frozen=True, slots=True)
class _BagShape:
    """A bag in pixels of its picture."""

    top: float
    """Row of the highest point of the handle."""
    middle: float
    """Column of that point."""
    shoulder: float
    """Row at which the body of the bag begins."""
    bottom: float
    left: float
    right: float

    @property
    def width(self) -> float:
        return max(1.0, self.right - self.left)

    @property
    def body_height(self) -> float:
        return max(1.0, self.bottom - self.shoulder)

    @property
    def handle(self) -> float:
        """Height of the handle over that of the bag's body."""
        return (self.shoulder - self.top) / self.body_height

    @classmethod
    def of(cls, alpha: Floats) -> "_BagShape":
        solid = alpha > 0.5
        rows, columns = (np.flatnonzero(solid.any(axis=axis)) for axis in (1, 0))
        widths = solid.sum(axis=1)
        full = 0.55 * np.percentile(widths[rows], 85)
        shoulder = float(rows[0])
        for row in rows:
            if (widths[row : row + max(2, (rows[-1] - rows[0]) // 25)] > full).all():
                shoulder = float(row)
                break
        peak = np.flatnonzero(solid[rows[0] : rows[0] + max(2, (rows[-1] - rows[0]) // 60)].any(axis=0))
        return cls(float(rows[0]), float(peak.mean()), shoulder, float(rows[-1] + 1), float(columns[0]), float(columns[-1] + 1))


def _hanging_hands(body: Body, unit: float) -> dict[str, Point]:
    """Grips by side of the picture: of arms that hang, with the hand in the picture."""
    found: dict[str, Point] = {}
    for own, side in (("right", "left"), ("left", "right")):
        wrist, elbow = body.joints.get(f"{own}_wrist"), body.joints.get(f"{own}_elbow")
        if wrist is None or elbow is None:
            continue
        length = max(1.0, hypot(wrist.x - elbow.x, wrist.y - elbow.y))
        down = (wrist.y - elbow.y) / length
        grip = Point(wrist.x + GRIP * unit * (wrist.x - elbow.x) / length, wrist.y + GRIP * unit * down)
        if down > 0.8 and grip.y < body.parts.shape[0] - 0.2 * unit:
            found[side] = _on_fingers(body, Part.RIGHT_HAND if own == "right" else Part.LEFT_HAND, grip, unit)
    return found


def _on_fingers(body: Body, hand: Part, grip: Point, unit: float) -> Point:
    """The middle of the hand's lower part, where a handle is held; the given point where no hand was made out."""
    rows, columns = np.nonzero(body.parts == hand)
    if len(rows) < 20 or np.hypot(columns.mean() - grip.x, rows.mean() - grip.y) > 0.4 * unit:
        return grip
    low = (rows > np.percentile(rows, 50)) & (rows < np.percentile(rows, 85))
    return Point(float(columns[low].mean()), float(np.percentile(rows, 68)))


def _in_hand(product: Garment, body: Body, shape: _BagShape, scale: float, grip: Point, unit: float) -> Placed:
    height = body.parts.shape[0]
    room = height - grip.y
    if shape.bottom - shape.top > 0 and (shape.bottom - shape.top) * scale > 1.6 * room:
        raise UnsupportedTask(
            "too little of the picture lies below the hand for a bag. Use a model picture that shows the legs, or write 'on the shoulder'."
        )
    matrix = _turned(Point(shape.middle, shape.top), Point(grip.x, grip.y - 0.015 * unit), scale, 0.0)
    hands = np.isin(body.parts, (Part.LEFT_HAND, Part.RIGHT_HAND, Part.LEFT_ARM, Part.RIGHT_ARM))
    near = _disc(hands.shape, grip, 0.26 * unit)
    front = gauss((hands & near).astype(np.float32), 0.006 * unit)
    notes = ("The bag hangs from the hand as it was photographed; the fingers don't close around its handle.",)
    return Placed(laid(product, matrix, canvas_of(body)), np.zeros(hands.shape, np.bool_), front, notes)


def _hung(product: Garment, body: Body, shape: _BagShape, scale: float, how: Carried, side: str, unit: float) -> Placed:
    joints = body.joints
    names = {"left": "right", "right": "left"}
    if not {"left_shoulder", "right_shoulder"} <= joints.keys():
        raise UnsupportedTask(
            "the shoulders aren't in the model picture, so a bag can't be hung over one. Use one that shows them."
        )
    other = names[side]
    shoulder = joints[f"{other}_shoulder" if how == "shoulder" else f"{side}_shoulder"]
    neck = joints.get("neck", Point((joints["left_shoulder"].x + joints["right_shoulder"].x) / 2, shoulder.y))
    sign = -1 if side == "left" else 1
    hip_y = (joints["left_shoulder"].y + joints["right_shoulder"].y) / 2 + (1.28 if how == "crossbody" else 1.05) * unit
    hip = joints.get(f"{other}_hip", Point(neck.x + sign * 0.4 * unit, hip_y))
    place = Point(hip.x + sign * 0.06 * unit, hip_y)
    start = Point(shoulder.x + 0.42 * (neck.x - shoulder.x), shoulder.y - 0.075 * unit)
    matrix = _turned(Point((shape.left + shape.right) / 2, shape.shoulder), place, scale, 0.0)
    layer = laid(_without_handle(product, shape), matrix, canvas_of(body))
    inset = 0.08 * shape.width * scale
    # Of a strap across the body the other strand runs behind it.
    strands = (-1, 1) if how == "shoulder" else (-sign,)
    ends = [Point(place.x + each * (shape.width * scale / 2 - inset), place.y + 0.02 * unit) for each in strands]
    strap = _strap(product, shape, body, start, ends, unit)
    arms = (Part.LEFT_ARM, Part.LEFT_HAND) if side == "right" else (Part.RIGHT_ARM, Part.RIGHT_HAND)
    before = (
        np.isin(body.parts, (*arms, Part.HAIR, Part.FACE))
        if how == "shoulder"
        else np.isin(body.parts, (Part.HAIR, Part.FACE, *arms))
    )
    front = gauss(before.astype(np.float32), 0.005 * unit)
    words = "over the shoulder" if how == "shoulder" else "across the body"
    return Placed(
        stacked(strap, layer), np.zeros(before.shape, np.bool_), front, (f"The bag hangs {words}; its strap was drawn.",)
    )


def _arm(body: Body, own: str, unit: float) -> Mask:
    """bool (h, w): one arm, bare or in a sleeve, from the elbow a little up to the fingers."""
    elbow, wrist = body.joints.get(f"{own}_elbow"), body.joints.get(f"{own}_wrist")
    bare = {"left": (Part.LEFT_ARM, Part.LEFT_HAND), "right": (Part.RIGHT_ARM, Part.RIGHT_HAND)}[own]
    seen = np.isin(body.parts, bare)
    if elbow is None or wrist is None:
        return seen
    canvas = np.zeros(seen.shape, np.uint8)
    reach = (wrist.x - elbow.x, wrist.y - elbow.y)
    ends = [(elbow.x - 0.3 * reach[0], elbow.y - 0.3 * reach[1]), (wrist.x + 0.6 * reach[0], wrist.y + 0.6 * reach[1])]
    first, last = (tuple(round(value) for value in end) for end in ends)
    cv2.line(canvas, first, last, 1, max(1, round(0.24 * unit)))
    clothed = np.isin(body.parts, (Part.UPPER, Part.DRESS)) & (canvas > 0)
    free = (canvas > 0) & (body.alpha > 0.5) & ~np.isin(body.parts, (Part.UPPER, Part.DRESS, Part.LOWER))
    return np.asarray(seen | free | (clothed & _beside_trunk(body, own)))


def _beside_trunk(body: Body, own: str) -> Mask:
    """bool (h, w): outward of the line from armpit over waist to hip."""
    marks = [body.joints[f"{own}_{name}"] for name in ("armpit", "waist", "hip") if f"{own}_{name}" in body.joints]
    columns, rows = np.arange(body.parts.shape[1])[None], np.arange(body.parts.shape[0])
    if not marks:
        return np.ones(body.parts.shape, np.bool_)
    line = np.interp(rows, [at.y for at in marks], [at.x for at in marks])[:, None]
    return np.asarray(columns > line if own == "left" else columns < line)


def _without_handle(product: Garment, shape: _BagShape) -> Garment:
    rows = np.arange(product.alpha.shape[0], dtype=np.float32)[:, None]
    kept = np.clip((rows - shape.shoulder) / 2 + 1, 0, 1)
    return replace(product, alpha=(product.alpha * kept).astype(np.float32))


def _strap(product: Garment, shape: _BagShape, body: Body, start: Point, ends: list[Point], unit: float) -> Layer:
    """A flat strap in the bag's own colour, from the shoulder to both upper corners of the bag."""
    size = canvas_of(body)
    cover = np.zeros((size.height, size.width), np.float32)
    breadth = max(1.5, 0.028 * unit)
    for end in ends:
        line = np.array([[start.x, start.y], [end.x, end.y]])
        cv2.polylines(cover, [np.round(line * 16).astype(np.int32)], False, 1.0, max(1, round(breadth)), cv2.LINE_AA, 4)
    seen = (product.alpha > 0.9) & (np.arange(product.alpha.shape[0])[:, None] < shape.shoulder + 0.25 * shape.body_height)
    tone = np.median(product.colour[seen], axis=0) if seen.any() else np.array([0.3, 0.25, 0.2])
    depth = cv2.distanceTransform((cover > 0.5).astype(np.uint8), cv2.DIST_L2, 3) / max(1.0, breadth / 2)
    shade = (0.72 + 0.28 * np.clip(depth, 0, 1)).astype(np.float32)
    colour = np.asarray(shade[..., None] * tone, dtype=np.float32)
    inside = gauss((body.alpha > 0.5).astype(np.float32), 1.0)
    below = np.arange(size.height)[:, None] > min(start.y, *(end.y for end in ends)) + 0.02 * unit
    return Layer(colour, (cover * np.maximum(inside, below)).astype(np.float32), 1.0)


def stacked(below: Layer, above: Layer) -> Layer:
    under = below.alpha * (1 - above.alpha)
    alpha = above.alpha + under
    paint = above.colour * above.alpha[..., None] + below.colour * under[..., None]
    return Layer((paint / np.maximum(alpha, 1e-4)[..., None]).astype(np.float32), alpha.astype(np.float32), above.jacobian_min)


def laid(product: Garment, matrix: Matrix, canvas: Size) -> Layer:
    """The product through an affine map (2, 3), averaged where that shrinks it."""
    shrink = float(np.sqrt(max(1e-9, abs(np.linalg.det(matrix[:, :2])))))
    sigma = max(0.0, 0.45 / shrink - 0.45)

    def moved(values: Floats) -> Floats:
        soft = gauss(values, sigma) if sigma > 0.1 else values
        return cv2.warpAffine(soft, matrix, (canvas.width, canvas.height), flags=cv2.INTER_LINEAR).astype(np.float32)

    alpha = np.clip(moved(product.alpha), 0, 1)
    paint = moved(np.asarray(product.colour * product.alpha[..., None], dtype=np.float32))
    return Layer(np.clip(paint / np.maximum(alpha, 1e-3)[..., None], 0, 1).astype(np.float32), alpha, 1 / shrink**2)


def _turned(source: Point, target: Point, scale: float, clockwise: float) -> Matrix:
    """The similar map that takes `source` to `target`."""
    lean = radians(clockwise)
    turn = scale * np.array([[cos(lean), -sin(lean)], [sin(lean), cos(lean)]])
    shift = np.array([target.x, target.y]) - turn @ np.array([source.x, source.y])
    return np.column_stack([turn, shift])


def _disc(shape: tuple[int, ...], at: Point, radius: float) -> Mask:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray(np.hypot(columns - at.x, rows - at.y) < radius)


def canvas_of(body: Body) -> Size:
    return Size(body.parts.shape[1], body.parts.shape[0])


def unit_of(body: Body) -> float:
    """Shoulder width in pixels."""
    left, right = (body.joints.get(f"{side}_shoulder") for side in ("left", "right"))
    if left is None or right is None:
        raise UnsupportedTask("the shoulders aren't in the model picture, so the product's size on the person isn't known.")
    return hypot(left.x - right.x, left.y - right.y)
