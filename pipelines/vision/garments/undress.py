"""Taking an old garment off a photograph: skin where the body must be, background where only cloth was."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.garments.arms import BareArm, bare_arm
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
CLOSE = 0.014
"""Of the shoulder width: how thick clothes are on the shoulders."""
HEM_SHADOW = 0.02
"""Of the shoulder width: half of how far down a hem's shadow is painted over."""
BENT = 0.85
"""Of its breadth: how thick an upper arm is drawn between its joints, for one that is bent and so doesn't run on straight."""
BONES = 0.045
"""How far collarbones lighten and darken the skin."""
SLIM = 0.96
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


def undress(photo: Floats, body: Body, frame: Frame, old: Mask, light: Floats, rng: np.random.Generator) -> Undressed:
    """`photo`, float32 (h, w, 3), with the region `old` replaced.

    Inside the naked outline that silhouette, joints and proportions give, skin is spread from what is bare (lower clothes
    below the waist) and takes the `light`, float32 (h, w) around 1, that fell on the garment; outside it the background is
    spread inward. Nothing is invented beyond tone, roundness and grain.
    """
    reach = max(2, round(0.011 * frame.width))
    hole = _with_hem_shadow(cv2.dilate(old.astype(np.uint8), disk(reach)) > 0, frame)
    keep = np.isin(body.parts, [int(part) for part in IN_FRONT])
    changed = gauss((hole & ~keep).astype(np.float32), 0.35 * reach) * ~keep * (body.alpha > 0.01)
    lower = body.parts == Part.LOWER
    skin = _spread(photo, _lit_skin(photo, body, hole), rng)
    bare, arms_seen = frame.bare_arms & ~hole, frame.bare_arms & ~old
    inner_bare = cv2.erode(bare.astype(np.uint8), disk(max(1, reach // 2))) > 0
    limbs = np.where(inner_bare[..., None], photo, skin)
    arms = {side: bare_arm(limbs, frame, side, bare, body.alpha > 0.5) for side in SIDES}
    outline = _naked(body, frame, arms)
    if (old & lower).any():
        lower = np.zeros_like(lower)
        outline = np.maximum(outline, _legs(frame, old.shape) * (body.alpha > 0.5)).astype(np.float32)
    naked = gauss(np.maximum(outline, arms_seen.astype(np.float32)), max(0.6, 0.004 * frame.width))
    below = _below_waistband(frame, old.shape[0]) * _between_hips(frame, lower)
    naked = np.maximum(naked, below[..., 0] * gauss((body.alpha > 0.5).astype(np.float32), 0.8))
    ground = _spread(photo, (body.alpha < 0.02) & ~hole, rng)
    legs = _spread(photo, lower & ~hole, rng) if lower.sum() > 400 else skin
    soft_light = gauss(light, 0.07 * frame.width) * chest_relief(frame, old.shape) * roundness(outline, 0.6 * frame.width)
    inner = skin * soft_light[..., None] * (1 - below) + legs * below
    for arm in arms.values():
        if arm is not None:
            inner += (arm.colour - inner) * (arm.cover * (1 - _trunk_share(outline, frame)))[..., None]
    filled = ground + (inner - ground) * naked[..., None]
    colour = photo + (filled - photo) * changed[..., None]
    figure = body.alpha + (naked - body.alpha) * changed
    return Undressed(np.clip(colour, 0, 1).astype(np.float32), changed.astype(np.float32), figure.astype(np.float32))


def _with_hem_shadow(hole: Mask, frame: Frame) -> Mask:
    """`hole` and the band of shadow that a sleeve casts on the arm below its hem."""
    down = max(1, round(HEM_SHADOW * frame.width))
    moved = cv2.dilate(hole.astype(np.uint8), np.ones((2 * down + 1, 1), np.uint8), anchor=(0, 2 * down)) > 0
    return np.asarray(hole | (moved & frame.bare_arms))


def _naked(body: Body, frame: Frame, arms: Mapping[Side, BareArm | None]) -> Floats:
    """float32 (h, w) in [0, 1]: shoulders and neck where they are seen to be under clothes that lie close, the trunk by its
    joints, upper arms as they run on from what is bare of them; rounded off where these meet.
    """
    outline = naked_outline(frame, body.parts.shape, tuple(side for side in SIDES if arms[side] is None)).astype(np.float32)
    outline = np.maximum(outline, _shoulders(body, frame)).astype(np.float32)
    bones = np.zeros(outline.shape, np.uint8)
    for side, arm in arms.items():
        if arm is not None:
            outline = np.maximum(outline, arm.cover)
            _draw_arm(bones, frame, side, BENT, forearm=False)
    outline = np.maximum(outline, bones)
    radius = max(1, round(0.035 * frame.width))
    closed = cv2.morphologyEx((outline > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, disk(radius)).astype(np.float32)
    inside = cv2.erode((body.alpha > 0.5).astype(np.uint8), disk(max(1, round(0.5 * CLOSE * frame.width)))) > 0
    sigma = max(0.5, 0.02 * frame.width)
    smooth = np.clip((gauss(closed, sigma) - 0.5) * sigma * np.sqrt(2 * np.pi) + 0.5, 0, 1)  # an edge of one pixel
    return np.asarray(smooth * inside, dtype=np.float32)


def chest_relief(frame: Frame, shape: tuple[int, ...]) -> Floats:
    """Shading around 1, float32 (h, w), of collarbones and the hollow between them: faint, as in soft light from above."""
    unit = frame.width
    shade = np.ones(shape[:2], np.float32)
    top, bottom = (int(np.clip(frame.neck.y + k * unit, 0, shape[0])) for k in (-0.2, 0.7))
    y, x = np.mgrid[top:bottom, : shape[1]].astype(np.float32)
    middle = (frame.shoulders["left"].y + frame.shoulders["right"].y) / 2
    for side in SIDES:
        sign, shoulder = (-1 if side == "left" else 1), frame.shoulders[side]
        across = np.clip((x - frame.neck.x) * sign / max(1.0, abs(shoulder.x - frame.neck.x)), 0, 1)
        bone = middle + (0.06 - 0.13 * across**0.8) * unit + (shoulder.y - middle) * across
        off = (y - bone) / (0.022 * unit)
        strength = np.clip((across - 0.08) / 0.15, 0, 1) * np.clip((0.85 - across) / 0.3, 0, 1)
        shade[top:bottom] += (BONES * strength * (np.exp(-((off + 0.9) ** 2)) - 1.2 * np.exp(-((off - 0.9) ** 2)))).astype(
            np.float32
        )
    hollow = ((x - frame.neck.x) / (0.045 * unit)) ** 2 + ((y - middle - 0.045 * unit) / (0.05 * unit)) ** 2
    shade[top:bottom] -= (1.2 * BONES * np.exp(-hollow)).astype(np.float32)
    return shade


def _trunk_share(outline: Floats, frame: Frame) -> Floats:
    """float32 (h, w): 1 on the trunk, softly 0 on the arms."""
    inset = 0.10 * frame.width
    left = np.interp(np.arange(outline.shape[0]), *_seam(frame, "left"))[:, None] + inset
    right = np.interp(np.arange(outline.shape[0]), *_seam(frame, "right"))[:, None] - inset
    columns = np.arange(outline.shape[1])[None]
    share = np.minimum(columns - left, right - columns) / (0.12 * frame.width) + 0.5
    return np.asarray(np.clip(share, 0, 1), dtype=np.float32)


def _seam(frame: Frame, side: Side) -> tuple[list[float], list[float]]:
    marks = (frame.shoulders[side], frame.armpits[side])
    return [at.y for at in marks], [at.x for at in marks]


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


def _below_waistband(frame: Frame, rows: int) -> Floats:
    """float32 (h, 1, 1): 0 above the waistband, 1 below."""
    waist = (frame.waists["left"].y + frame.waists["right"].y) / 2
    band = frame.waistband if frame.waistband is not None else waist + 0.2 * frame.width
    share = np.clip((np.arange(rows) - band) / max(1.0, 0.015 * frame.width) + 0.5, 0, 1)
    return np.asarray(share[:, None, None], dtype=np.float32)


def _between_hips(frame: Frame, lower: Mask) -> Floats:
    """float32 (1, w, 1): 1 between the hips and softly 0 beside them, where sleeves may hang, and beside the lower clothes as
    they are seen just below an old hem, over which it stood off.
    """
    columns = np.arange(lower.shape[1], dtype=np.float32)
    room = 0.06 * frame.width
    first, last = frame.hips["left"].x - room, frame.hips["right"].x + room
    if frame.precedent is not None:
        top = int(frame.precedent.middle + HEM_SHADOW * frame.width)
        seen = np.flatnonzero(lower[top : top + max(2, round(0.08 * frame.width))].mean(axis=0) > 0.5)
        first, last = (max(first, seen[0]), min(last, seen[-1] + 1)) if seen.size else (first, last)
    inside = np.minimum(columns - first, last - columns)
    return np.asarray(np.clip(inside / (0.02 * frame.width), 0, 1)[None, :, None], dtype=np.float32)


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


def _shoulders(body: Body, frame: Frame) -> Mask:
    """bool (h, w): the person between the shoulders and above the armpits, where clothes lie close, without their thickness."""
    inside = cv2.erode((body.alpha > 0.5).astype(np.uint8), disk(max(1, round(CLOSE * frame.width)))) > 0
    left, right = frame.shoulders["left"], frame.shoulders["right"]
    top, armpit = frame.neck.y - 0.25 * frame.width, (frame.armpits["left"].y + frame.armpits["right"].y) / 2
    rows, columns = np.ogrid[: inside.shape[0], : inside.shape[1]]
    inset = 0.01 * frame.width
    between = (columns > left.x + inset) & (columns < right.x - inset) & (rows > top) & (rows < armpit)
    return np.asarray(inside & between & ~np.isin(body.parts, (Part.HAIR, Part.FACE)))


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


def _draw_arm(canvas: Bytes, frame: Frame, side: Side, thickness: float = 1.0, forearm: bool = True) -> None:
    """Discs along the upper arm, and along the forearm too."""
    sign = -1 if side == "left" else 1
    shoulder, elbow, wrist = frame.shoulders[side], frame.elbows[side], frame.wrists[side]
    start = Point(shoulder.x - sign * 0.115 * frame.width, shoulder.y + 0.11 * frame.width)
    travelled = 0.1 * frame.width
    for first, second in ((start, elbow), (elbow, wrist)) if forearm else ((start, elbow),):
        length = float(np.hypot(second.x - first.x, second.y - first.y))
        for share in np.linspace(0, 1, 24):
            at = (travelled + share * length) / frame.width
            radius = thickness * frame.arm_scale[side] * float(np.interp(at, *np.array(ARM_RADII).T)) * frame.width
            x, y = first.x + share * (second.x - first.x), first.y + share * (second.y - first.y)
            cv2.circle(canvas, (round(16 * x), round(16 * y)), max(16, round(16 * radius)), 1, -1, cv2.LINE_8, 4)
        travelled += length
