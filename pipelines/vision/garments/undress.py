"""Taking an old garment off a photograph: skin where the body must be, background where only cloth was."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.garments.arms import bare_arm
from pipelines.vision.garments.drape import ARM_RADII, Frame
from pipelines.vision.garments.folds import roundness
from pipelines.vision.garments.pattern import SIDES, Side
from pipelines.vision.inpaint import grain_of, membrane, with_grain
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.view import disk, gauss

BARE = (Part.FACE, Part.NECK, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND, Part.TORSO)
IN_FRONT = (Part.FACE, Part.HAIR, Part.LEFT_HAND, Part.RIGHT_HAND, Part.SHOES)
LEG_RADII = (0.20, 0.115, 0.075)
"""Radius of a leg at hip, knee and ankle in shoulder widths."""
SPREAD_SIDE = 900
"""Long side in pixels at which colours are spread."""
SLIM = 0.93
"""Of the distance between the sides: how wide the body under the clothes is."""


@dataclass(frozen=True, slots=True)
class Undressed:
    """The photograph without a garment."""

    colour: Floats
    """float32 (h, w, 3); equal to the photograph where `changed` is 0."""
    changed: Floats
    """float32 (h, w): how much of each pixel was painted."""
    figure: Floats
    """float32 (h, w): coverage of the person without the garment."""


def undress(photo: Floats, body: Body, frame: Frame, old: Mask, rng: np.random.Generator) -> Undressed:
    """`photo`, float32 (h, w, 3), with the region `old` replaced.

    Inside the naked outline that joints and proportions give, skin is spread from what is bare (lower clothes below the
    waist); outside it the background is spread inward. Nothing is invented beyond tone and grain.
    """
    reach = max(2, round(0.015 * frame.width))
    hole = cv2.dilate(old.astype(np.uint8), disk(reach)) > 0
    keep = np.isin(body.parts, [int(part) for part in IN_FRONT])
    changed = gauss((hole & ~keep).astype(np.float32), 0.35 * reach) * ~keep * (body.alpha > 0.01)
    arms = {side: bare_arm(photo, frame, side, hole) for side in SIDES}
    outline = naked_outline(frame, old.shape, tuple(side for side in SIDES if arms[side] is None)).astype(np.float32)
    lower = body.parts == Part.LOWER
    if (old & lower).any():
        lower = np.zeros_like(lower)
        outline = np.maximum(outline, _legs(frame, old.shape) * (body.alpha > 0.5)).astype(np.float32)
    naked = gauss(outline, 0.5 * reach)
    below = _below_waistband(body, frame)
    skin = _spread(photo, _lit_skin(photo, body, hole), rng)
    ground = _spread(photo, (body.alpha < 0.02) & ~hole, rng)
    legs = _spread(photo, lower & ~hole, rng) if lower.sum() > 400 else skin
    inner = skin * roundness(outline, 0.6 * frame.width)[..., None] * (1 - below) + legs * below
    for arm in arms.values():
        if arm is not None:
            inner += (arm.colour - inner) * (arm.cover * (1 - _well_inside(outline, frame)))[..., None]
            naked = np.maximum(naked, arm.cover)
    filled = ground + (inner - ground) * naked[..., None]
    colour = photo + (filled - photo) * changed[..., None]
    figure = body.alpha + (np.maximum(naked, below[..., 0] * body.alpha) - body.alpha) * changed
    return Undressed(colour.astype(np.float32), changed.astype(np.float32), figure.astype(np.float32))


def _well_inside(outline: Floats, frame: Frame) -> Floats:
    """float32 (h, w): 0 at the rim of the trunk, 1 within, for arms to grow out of it softly."""
    depth = cv2.distanceTransform((outline > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.clip(depth / (0.12 * frame.width), 0, 1), dtype=np.float32)


def _lit_skin(photo: Floats, body: Body, hole: Mask) -> Mask:
    """Bare skin outside the hole; the face, which is redder, only where there is little else; not its darkest fifth."""
    skin = np.isin(body.parts, [int(part) for part in BARE]) & ~hole
    limbs = skin & (body.parts != Part.FACE)
    skin = limbs if limbs.sum() > 0.3 * skin.sum() else skin
    if not skin.any():
        return skin
    luminance = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    return np.asarray(skin & (luminance >= np.percentile(luminance[skin], 25)))


def _spread(photo: Floats, known: Mask, rng: np.random.Generator) -> Floats:
    """The known region's colours over the whole picture, with its grain. Its rim, where colours mix, isn't used."""
    core = cv2.erode(known.astype(np.uint8), disk(2)) > 0
    if core.sum() < 50:
        core = known
    height, width = known.shape
    shrink = max(2.0, max(height, width) / SPREAD_SIDE)  # what is spread is smooth
    small = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    weight = cv2.resize(core.astype(np.float32), small, interpolation=cv2.INTER_AREA)
    paint = cv2.resize(photo * core[..., None], small, interpolation=cv2.INTER_AREA) / np.maximum(weight, 1e-4)[..., None]
    wide = cv2.resize(membrane(paint.astype(np.float32), (weight > 0.6).astype(np.float32)), (width, height))
    return with_grain(wide.astype(np.float32), grain_of(photo, core), rng)


def _below_waistband(body: Body, frame: Frame) -> Floats:
    """float32 (h, 1, 1): 0 above the waistband, 1 below. Where the lower garment begins so low that the old one must have
    covered its waistband, that is put a little below the waist.
    """
    waist = (frame.waists["left"].y + frame.waists["right"].y) / 2
    counts = (body.parts == Part.LOWER).sum(axis=1)
    seen = np.flatnonzero(counts > 0.35 * frame.chest)
    first = float(seen[0]) if seen.size else waist + 0.2 * frame.width
    band = first if first < waist + 0.38 * frame.width else waist + 0.2 * frame.width
    rows = np.arange(body.parts.shape[0])
    share = np.clip((rows - band) / max(1.0, 0.015 * frame.width) + 0.5, 0, 1)
    return np.asarray(share[:, None, None], dtype=np.float32)


def naked_outline(frame: Frame, shape: tuple[int, ...], arms: tuple[Side, ...] = SIDES) -> Mask:
    """bool (h, w): trunk, neck and some arms as joints and proportions give them."""
    canvas = np.zeros(shape[:2], np.uint8)
    middle = (frame.shoulders["left"].x + frame.shoulders["right"].x) / 2
    outline: list[Point] = []
    orders: tuple[tuple[Side, int], ...] = (("left", 1), ("right", -1))
    for side, order in orders:
        half = [_slimmed(group[side], middle) for group in (frame.armpits, frame.waists, frame.hips)]
        shoulder = frame.shoulders[side]
        sign = -1 if side == "left" else 1
        top = Point(frame.neck.x + sign * frame.neck_half, min(frame.neck.y, shoulder.y - 0.1 * frame.width))
        slope = Point(frame.neck.x + sign * 1.3 * frame.neck_half, shoulder.y - 0.13 * frame.width)
        outline += [top, slope, Point(shoulder.x - sign * 0.09 * frame.width, shoulder.y), *half][::order]
    polygon = np.array([[point.x, point.y] for point in outline])
    cv2.fillPoly(canvas, [np.round(polygon * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
    for side in arms:
        _draw_arm(canvas, frame, side)
    return canvas > 0


def _legs(frame: Frame, shape: tuple[int, ...]) -> Mask:
    """bool (h, w): legs from hip to ankle as joints and proportions give them."""
    canvas = np.zeros(shape[:2], np.uint8)
    for side in SIDES:
        hip, knee, ankle = frame.hips[side], frame.knees[side], frame.ankles[side]
        start = Point((hip.x + frame.crotch.x) / 2, frame.crotch.y - 0.2 * frame.width)
        for first, second, radii in (
            (start, knee, LEG_RADII[:2]),
            (knee, Point(ankle.x, ankle.y + 0.1 * frame.width), LEG_RADII[1:]),
        ):
            for share in np.linspace(0, 1, 40):
                x, y = first.x + share * (second.x - first.x), first.y + share * (second.y - first.y)
                radius = float(np.interp(share, (0, 1), radii)) * frame.width
                cv2.circle(canvas, (round(x), round(y)), max(1, round(radius)), 1, -1)
    return canvas > 0


def _slimmed(point: Point, middle: float) -> Point:
    return Point(middle + SLIM * (point.x - middle), point.y)


def _draw_arm(canvas: Bytes, frame: Frame, side: Side) -> None:
    """Discs along upper arm and forearm."""
    sign = -1 if side == "left" else 1
    shoulder, elbow, wrist = frame.shoulders[side], frame.elbows[side], frame.wrists[side]
    start = Point(shoulder.x - sign * 0.115 * frame.width, shoulder.y + 0.11 * frame.width)
    travelled = 0.1 * frame.width
    for first, second in ((start, elbow), (elbow, wrist)):
        length = float(np.hypot(second.x - first.x, second.y - first.y))
        for share in np.linspace(0, 1, 24):
            at = (travelled + share * length) / frame.width
            radius = frame.arm_scale[side] * float(np.interp(at, *np.array(ARM_RADII).T)) * frame.width
            x, y = first.x + share * (second.x - first.x), first.y + share * (second.y - first.y)
            cv2.circle(canvas, (round(x), round(y)), max(1, round(radius)), 1, -1)
        travelled += length
