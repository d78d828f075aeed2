"""Shoes on the feet of a body: one or two shoes of a picture, turned, mirrored and foreshortened onto each foot that is seen."""

from dataclasses import dataclass, replace
from math import hypot
from typing import Literal

import cv2
import numpy as np

from pipelines.errors import UnsupportedTask
from pipelines.images import Floats, Mask
from pipelines.vision.garments.accessories import Matrix, Placed, canvas_of, laid, stacked, unit_of
from pipelines.vision.garments.fit import Layer
from pipelines.vision.garments.garment import Garment
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.view import disk, gauss, pieces

Facing = Literal["left", "right", "front"]
LENGTH = 0.60
"""Of a foot in shoes, in shoulder widths. Drillis and Contini 1966: 0.152 of the stature, and the sole."""
FORESHORTENED = 0.62
"""Of that length: what is seen of a foot that points outward from the camera."""
FRONT_WIDTH = 0.27
"""Of a shoe from the front, in shoulder widths."""
SIDEWAYS = 1.2
"""Width over height from which a shoe is seen from the side."""
LEG = 0.085
"""Half breadth of a leg above the ankle, in shoulder widths."""
_SWAP: dict[Facing, Facing] = {"left": "right", "right": "left", "front": "front"}


@dataclass(frozen=True, slots=True)
class Shoe:
    """One shoe of a product picture, in its pixels."""

    alpha: Floats
    """float32 (h, w), without the other shoe."""
    facing: Facing
    opening: Point
    heel: Point
    toe: Point
    """Lower ends of heel and toe; of a shoe from the front, the lower corners."""

    @property
    def length(self) -> float:
        return max(1.0, hypot(self.toe.x - self.heel.x, self.toe.y - self.heel.y))

    @property
    def mirrored(self) -> "Shoe":
        """The shoe of the other foot, in the picture's mirror image."""
        last = self.alpha.shape[1]
        points = [Point(last - at.x, at.y) for at in (self.opening, self.heel, self.toe)]
        if self.facing == "front":
            points[1:] = points[:0:-1]
        return Shoe(np.ascontiguousarray(self.alpha[:, ::-1]), _SWAP[self.facing], *points)


@dataclass(frozen=True, slots=True)
class Foot:
    """A foot in the model picture."""

    ankle: Point
    sole: float
    """Row of the ground under it."""
    facing: Facing
    length: float
    """Heel to toe as it is seen, in pixels."""


def shoes_of(alpha: Floats) -> tuple[Shoe, ...]:
    """The one or two shoes of a cut-out, left to right."""
    found = pieces(alpha > 0.5, 0.35)[:2]
    if len(found) == 1:
        found = _split(found[0])
    masks = sorted(found, key=lambda mask: float(np.nonzero(mask)[1].mean()))
    near = [cv2.dilate(mask.astype(np.uint8), disk(3)).astype(np.float32) for mask in masks]
    return tuple(_shoe((alpha * own).astype(np.float32), mask) for own, mask in zip(near, masks, strict=True))


def _split(mask: Mask) -> list[Mask]:
    """The two halves of a pair that touches at a narrow place; else the mask itself."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    counts = cv2.GaussianBlur(mask.sum(axis=0).astype(np.float32)[None], (0, 0), max(1.0, 0.01 * columns.size)).ravel()
    first, last = columns[0] + int(0.35 * columns.size), columns[0] + int(0.65 * columns.size)
    cut = first + int(np.argmin(counts[first:last])) if last > first else 0
    sides = counts[columns[0] : cut].max(initial=0), counts[cut : columns[-1] + 1].max(initial=0)
    if last <= first or counts[cut] > 0.45 * min(sides) or min(sides) < 0.6 * max(sides) or rows.size < 8:
        return [mask]
    left = mask.copy()
    left[:, cut:] = False
    return [left, mask & ~left]


def _shoe(alpha: Floats, mask: Mask) -> Shoe:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
    low = mask[rows[-1] - int(0.28 * height) : rows[-1] + 1].any(axis=0)
    high = mask[rows[0] : rows[0] + max(2, int(0.25 * height))].any(axis=0)
    foot, shaft = np.flatnonzero(low), np.flatnonzero(high)
    leans = (foot[0] + foot[-1] - shaft[0] - shaft[-1]) / 2 / max(1, foot.size)
    bottom = float(rows[-1] + 1)
    opening = Point(float(shaft[0] + shaft[-1] + 1) / 2, float(rows[0]) + 0.04 * height)
    sideways = width > SIDEWAYS * height or (abs(leans) > 0.12 and foot.size > 1.3 * shaft.size)
    left, right = Point(float(foot[0]), bottom), Point(float(foot[-1] + 1), bottom)
    if not sideways:
        return Shoe(alpha, "front", opening, left, right)
    facing: Facing = "right" if leans > 0 else "left"
    return Shoe(alpha, facing, opening, *((left, right) if facing == "right" else (right, left)))


def feet_of(body: Body) -> dict[str, Foot]:
    """Feet by side of the picture; `UnsupportedTask` where none is in it."""
    unit = unit_of(body)
    found = {side: foot for own, side in (("right", "left"), ("left", "right")) if (foot := _foot(body, own, side, unit))}
    if not found:
        raise UnsupportedTask("the feet aren't in the model picture, so shoes can't be put on. Use one from head to feet.")
    return found


def _foot(body: Body, own: str, side: str, unit: float) -> Foot | None:
    ankle = body.joints.get(f"{own}_ankle")
    if ankle is None:
        return None
    solid = (body.alpha > 0.5) & _side_of(body, side)
    top, left = int(max(0, ankle.y - 0.05 * unit)), int(max(0, ankle.x - 0.45 * unit))
    window = solid[top : int(ankle.y + 0.45 * unit), left : int(ankle.x + 0.45 * unit)]
    rows = np.flatnonzero(window.any(axis=1))
    if rows.size < 0.05 * unit or top + rows[-1] >= body.parts.shape[0] - 2:
        return None
    low = window[max(0, rows[-1] - int(0.10 * unit)) : rows[-1] + 1]
    columns = np.flatnonzero(low.any(axis=0)) + left
    back, front = ankle.x - columns[0], columns[-1] - ankle.x
    turned = max(back, front) > 1.7 * max(1.0, min(back, front)) and columns.size > 0.30 * unit
    outward: Facing = "left" if side == "left" else "right"
    facing: Facing = ("left" if back > front else "right") if turned else outward
    seen = columns.size * 1.05 if turned else max(FORESHORTENED * LENGTH * unit, columns.size * 1.1)
    length = float(np.clip(seen, 0.5 * LENGTH * unit, LENGTH * unit))
    return Foot(ankle, float(top + rows[-1] + 1), facing, length)


def _side_of(body: Body, side: str) -> Mask:
    """bool (1, w): columns on one side of the middle between the ankles."""
    ankles = [body.joints[name] for name in ("left_ankle", "right_ankle") if name in body.joints]
    columns = np.arange(body.parts.shape[1])[None]
    if len(ankles) < 2:
        return np.ones_like(columns, np.bool_)
    middle = (ankles[0].x + ankles[1].x) / 2
    return np.asarray(columns < middle if side == "left" else columns >= middle)


def put_on_shoes(product: Garment, body: Body) -> Placed:
    """Shoes on the feet, old ones gone, trouser legs in front. Raises `UnsupportedTask` where no foot is in the picture."""
    feet, own, unit = feet_of(body), shoes_of(product.alpha), unit_of(body)
    layers = []
    for side, foot in feet.items():
        shoe = own[0] if side == "left" or len(own) == 1 else own[1]
        if len(own) == 1 and shoe.facing == "front" and side == "right":
            layers.append(_put(product, shoe.mirrored, foot, body, unit, True))
            continue
        flip = shoe.facing not in ("front", foot.facing)
        layers.append(_put(product, shoe.mirrored if flip else shoe, foot, body, unit, flip))
    layer = layers[0] if len(layers) == 1 else stacked(layers[0], layers[1])
    replaced = _old_shoes(body, feet, unit)
    hems = np.asarray(body.parts == Part.LOWER) & ~replaced
    notes = ["The shoes keep the angle at which they were photographed, mirrored and shortened to lie on each foot."]
    if len(own) == 1 and len(feet) == 2:
        notes.append("One shoe is in the product picture; the other one is its mirror image.")
    return Placed(layer, replaced, gauss(hems.astype(np.float32), 0.004 * unit), tuple(notes))


def _put(product: Garment, shoe: Shoe, foot: Foot, body: Body, unit: float, flipped: bool) -> Layer:
    colour = np.ascontiguousarray(product.colour[:, ::-1]) if flipped else product.colour
    return laid(replace(product, colour=colour, alpha=shoe.alpha), _onto(shoe, foot, unit), canvas_of(body))


def _onto(shoe: Shoe, foot: Foot, unit: float) -> Matrix:
    """The affine map that takes opening, heel and toe to the foot's; as high as the shoe is in proportion."""
    if shoe.facing == "front":
        breadth = FRONT_WIDTH * unit
        scale = breadth / shoe.length
        half = breadth / 2
        target = [(foot.ankle.x, foot.sole - (shoe.heel.y - shoe.opening.y) * scale), (foot.ankle.x - half, foot.sole),
                  (foot.ankle.x + half, foot.sole)]  # fmt: skip
        source = [((shoe.heel.x + shoe.toe.x) / 2, shoe.opening.y), (shoe.heel.x, shoe.heel.y), (shoe.toe.x, shoe.toe.y)]
    else:
        sign = 1 if shoe.facing == "right" else -1
        share = float(np.clip((shoe.opening.x - shoe.heel.x) / (shoe.toe.x - shoe.heel.x), 0.1, 0.5))
        rise = (shoe.heel.y - shoe.opening.y) * LENGTH * unit / shoe.length
        heel, toe = foot.ankle.x - sign * share * foot.length, foot.ankle.x + sign * (1 - share) * foot.length
        # A foot that points towards the camera has its toe lower in the picture than its heel.
        slope = 0.10 * foot.length * (1 - foot.length / (LENGTH * unit))
        target = [(foot.ankle.x, foot.sole - rise), (heel, foot.sole - slope), (toe, foot.sole)]
        source = [(at.x, at.y) for at in (shoe.opening, shoe.heel, shoe.toe)]
    return np.asarray(cv2.getAffineTransform(np.array(source, np.float32), np.array(target, np.float32)), dtype=np.float64)


def _old_shoes(body: Body, feet: dict[str, Foot], unit: float) -> Mask:
    """What was worn on the feet, and bare feet, which a shoe hides or which go."""
    rows = np.arange(body.parts.shape[0])[:, None]
    low = np.zeros(body.parts.shape, np.bool_)
    for side, foot in feet.items():
        low |= _side_of(body, side) & (rows > foot.ankle.y + 0.02 * unit)
    skin = np.isin(body.parts, (Part.LEFT_LEG, Part.RIGHT_LEG)) & low
    old = (body.parts == Part.SHOES) | skin
    return cv2.dilate(old.astype(np.uint8), disk(max(1, round(0.02 * unit)))) > 0


def leg_columns(body: Body, feet: dict[str, Foot]) -> Mask:
    """bool (h, w): where a leg is behind what was worn on the feet: as broad as above the ankle, from there to the shoe."""
    unit = unit_of(body)
    canvas = np.zeros(body.parts.shape, np.uint8)
    for foot in feet.values():
        top = int(max(0, foot.ankle.y - 0.9 * unit))
        legs = body.parts[top : int(foot.sole)] == Part.SHOES
        first = top + int(np.flatnonzero(legs.any(axis=1))[0]) if legs.any() else int(foot.ankle.y)
        corners = [(foot.ankle.x - 1.25 * LEG * unit, first), (foot.ankle.x + 1.25 * LEG * unit, first),
                   (foot.ankle.x + 0.8 * LEG * unit, foot.ankle.y), (foot.ankle.x + 0.5 * LEG * unit, foot.ankle.y + 0.05 * unit),
                   (foot.ankle.x - 0.5 * LEG * unit, foot.ankle.y + 0.05 * unit), (foot.ankle.x - 0.8 * LEG * unit, foot.ankle.y)]  # fmt: skip
        cv2.fillPoly(canvas, [np.round(np.array(corners)).astype(np.int32)], 1)
    return canvas > 0
