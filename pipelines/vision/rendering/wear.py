"""Clothes on a rendered body: cut with ease along its own limbs, so that they fit whatever the build and the pose.

Lengths are in body heights. The result is a height field like the body's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast

import cv2
import numpy as np

from pipelines.images import Floats, linear
from pipelines.sizes import Size
from pipelines.vision.rendering import figure as figures
from pipelines.vision.rendering import sewing
from pipelines.vision.rendering.figure import SIDES, Side, Skeleton
from pipelines.vision.rendering.relief import (
    HEM_SAG,
    SAMPLES,
    Bump,
    Profile,
    Relief,
    Spot,
    Strip,
    View,
    carve,
    curve,
    melted,
    modelled,
    smooth_path,
)
from pipelines.vision.rendering.textile import Swatch, Textile, swatch

Kind = Literal["t-shirt", "sweater", "shirt", "jacket", "tank", "dress", "skirt", "trousers", "shorts"]

BODICE, LEFT_SLEEVE, RIGHT_SLEEVE, LEFT_LEG, RIGHT_LEG, COLLAR = 1, 2, 3, 4, 5, 6
"""Labels of the panels of a worn garment's relief."""

BINDING = 0.0085
"""Width of the binding of a neckline or an armhole."""
TUCKED_HEM = 0.590
TOPS: tuple[Kind, ...] = ("t-shirt", "sweater", "shirt", "jacket", "tank")
BOTTOMS: tuple[Kind, ...] = ("skirt", "trousers", "shorts")


@dataclass(frozen=True, slots=True)
class GarmentSpec:
    """One garment, to be rendered lying flat or worn."""

    kind: Kind = "t-shirt"
    textile: Textile = field(default_factory=Textile)
    ease: float = 0.0
    """How much wider than usual it is cut, in body heights; -0.004 is tight, 0.01 is oversized."""
    seed: int = 0
    """Of its folds."""
    tucked: bool = False
    """A top that ends inside the waistband."""
    covered: bool = False
    """A top under a jacket, of which no more than the front shows: its sleeves would push through those above them."""

    @property
    def cut(self) -> "Cut":
        """How this garment is cut."""
        usual = CUTS[self.kind]
        if self.covered:
            usual = replace(usual, sleeve=0.0, sleeve_ease=0.0, ease=min(usual.ease, 0.004))
        return replace(usual, hem=TUCKED_HEM, hem_ease=-0.009) if self.tucked else usual


@dataclass(frozen=True, slots=True)
class Cut:
    """How a kind is cut."""

    top: float
    hem: float
    ease: float
    hem_ease: float
    sleeve: float
    """Where the sleeve ends along the arm, 0 at the shoulder, 1 at the wrist; 0 is none."""
    sleeve_ease: float
    neck_wide: float
    neck_deep: float
    hem_flare: float = 0.0


CUTS: dict[Kind, Cut] = {
    "t-shirt": Cut(0.843, 0.498, 0.006, 0.010, 0.36, 0.0095, 0.0400, 0.030),
    "sweater": Cut(0.845, 0.500, 0.009, 0.006, 0.985, 0.0080, 0.0370, 0.022),
    "shirt": Cut(0.846, 0.488, 0.006, 0.008, 0.985, 0.0062, 0.0340, 0.040),
    "jacket": Cut(0.846, 0.480, 0.012, 0.013, 0.985, 0.0095, 0.0330, 0.105),
    "tank": Cut(0.842, 0.505, 0.004, 0.016, 0.0, 0.0, 0.0430, 0.062),
    "dress": Cut(0.842, 0.330, 0.003, 0.010, 0.0, 0.0, 0.0430, 0.058, 0.040),
    "skirt": Cut(0.625, 0.330, 0.003, 0.010, 0.0, 0.0, 0, 0, 0.045),
    "trousers": Cut(0.622, 0.050, 0.004, 0.006, 0.0, 0.0, 0, 0),
    "shorts": Cut(0.622, 0.345, 0.004, 0.010, 0.0, 0.0, 0, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """An elliptic or V-shaped hole in cloth."""

    x: float
    y: float
    wide: float
    deep: float
    pointed: bool = False


@dataclass(frozen=True, slots=True)
class Worn:
    """A garment on a body, (h, w) pixels."""

    relief: Relief
    u: Floats
    """float32 (h, w): place on the cloth to the right, in body heights."""
    v: Floats
    """float32 (h, w): place on the cloth, up."""
    buttons: Floats
    """float32 (h, w): coverage by buttons, 0 to 1."""


def worn(spec: GarmentSpec, bones: Skeleton, view: View, size: Size) -> Worn:
    """Dress the posed body in `spec`; the neckline and the hems are cut out of the relief's outline."""
    cut = spec.cut
    panels = panels_of(spec, bones)
    relief = carve(panels, view, size)
    relief = melted(relief, _seams(spec, bones), view)
    relief = modelled(relief, (*_chest(spec, bones), *_drags(spec, bones)), view)
    relief = _folded(relief, spec, view)
    for opening in _openings(spec, bones):
        relief = opened(relief, opening, view)
    if spec.kind in ("shirt", "jacket"):
        lapels = _collar(cut, bones)
        panels = (*panels, *lapels)
        relief = laid(relief, carve(lapels, view, size))
    return _finished(relief, spec, panels, view)


def buttoned(textile: Textile, cloth: Worn) -> Swatch:
    """The garment's cloth with its buttons on it."""
    plain = swatch(textile, cloth.u, cloth.v)
    light = float(linear(np.array(textile.colour, np.float32)).mean())
    button = linear(np.array((0.10, 0.09, 0.09) if light < 0.12 else (0.86, 0.84, 0.80), np.float32))
    return replace(plain, albedo=plain.albedo + (button - plain.albedo) * cloth.buttons[..., None])


def laid(under: Relief, over: Relief) -> Relief:
    """One relief with another on top wherever that is."""
    on_top = over.outline > -0.5

    def pick(top: Floats, bottom: Floats) -> Floats:
        return np.where(on_top, top, bottom).astype(np.float32)

    return Relief(
        np.where(on_top, np.maximum(over.height, under.height + 1), under.height).astype(np.float32),
        np.maximum(over.outline, under.outline),
        np.where(on_top, over.label, under.label).astype(np.uint8),
        pick(over.along, under.along),
        pick(over.across, under.across),
    )


def _openings(spec: GarmentSpec, bones: Skeleton) -> tuple[Opening, ...]:
    cut = spec.cut
    if not cut.neck_wide:
        return ()
    arms = () if cut.sleeve else tuple(armhole(bones, side) for side in SIDES)
    return (neckline(cut, bones), *arms)


def _collar(cut: Cut, bones: Skeleton) -> tuple[Strip, ...]:
    """The two points of a shirt's collar, or lapels that run down to the opening's end."""
    x = bones.stance.chest_shift * 0.85
    made: list[Strip] = []
    for sign in (1, -1):
        path, outer, inner = _LAPEL if cut.neck_deep > 0.08 else _POINT
        axis = smooth_path([(x + sign * out, height, forward) for out, height, forward in path])
        outside = curve((0, 0.4, 0.75, 1), outer, np.linspace(0, 1, SAMPLES))
        inside, thin = np.full(SAMPLES, inner), np.full(SAMPLES, 0.0025)
        left, right = (inside, outside) if sign > 0 else (outside, inside)
        made.append(Strip(COLLAR, axis, left, right, thin, thin * 0, 6.0, open_start=True, open_end=True))
    return tuple(made)


_POINT = (
    ((0.0355, 0.8440, 0.030), (0.0335, 0.8280, 0.045), (0.0230, 0.8120, 0.056), (0.0030, 0.8000, 0.064)),
    (0.0100, 0.0140, 0.0170, 0.0250),
    0.0040,
)
_LAPEL = (
    ((0.0345, 0.8440, 0.030), (0.0305, 0.8100, 0.052), (0.0180, 0.7750, 0.064), (0.0020, 0.7330, 0.072)),
    (0.0110, 0.0200, 0.0180, 0.0030),
    0.0040,
)
"""Axis along the opening's edge (outwards, up, forwards), half widths outside it, and the one inside."""


def opened(relief: Relief, opening: Opening, view: View) -> Relief:
    """The relief without what is inside the opening or above it, and with a binding sewn along the edge."""
    rows, columns = relief.outline.shape
    centre = view.point(opening.x, opening.y)
    wide, deep = opening.wide * view.scale, opening.deep * view.scale
    dx = (np.abs(np.arange(columns, dtype=np.float32) + 0.5 - centre.x) / wide)[None, :]
    dy = np.maximum((np.arange(rows, dtype=np.float32) + 0.5 - centre.y) / deep, 0)[:, None]
    outside = ((dx + dy if opening.pointed else np.hypot(dx, dy)) - 1) * np.float32(min(wide, deep))
    from_edge = outside / view.scale
    seam = np.exp(-0.5 * ((from_edge - BINDING) / 0.0009) ** 2)
    sewn = 0.0012 * np.clip((BINDING - from_edge) / 0.0012, 0, 1) - 0.0022 * seam
    return replace(
        relief,
        outline=np.minimum(relief.outline, outside).astype(np.float32),
        height=(relief.height + sewn * view.scale * (relief.outline > -1)).astype(np.float32),
    )


def neckline(cut: Cut, bones: Skeleton) -> Opening:
    """The hole for the neck."""
    by = bones.shape.torso[21] / 0.0340
    x = bones.stance.chest_shift * 0.85
    return Opening(x, 0.838, cut.neck_wide * by, cut.neck_deep, pointed=cut.neck_deep > 0.08)


def armhole(bones: Skeleton, side: Side) -> Opening:
    """The hole for an arm of a garment without sleeves."""
    x, y, _ = bones.shoulder(side)
    sign = 1.0 if side == "left" else -1.0
    return Opening(x + sign * 0.012, y - 0.018, 0.036, 0.046)


def panels_of(spec: GarmentSpec, bones: Skeleton) -> tuple[Strip, ...]:
    """The pieces that a garment is cut from: the trunk and then sleeves, or legs and then the seat; the left one first."""
    cut = spec.cut
    if spec.kind in ("trousers", "shorts"):
        legs = [_trouser_leg(spec, bones, cut, side) for side in SIDES]
        return (*legs, _bodice(spec, bones, replace(cut, hem=0.474)))
    sleeves = [_sleeve(spec, bones, cut, side) for side in SIDES] if cut.sleeve else []
    return (_bodice(spec, bones, cut), *sleeves)


def _bodice(spec: GarmentSpec, bones: Skeleton, cut: Cut) -> Strip:
    """The trunk: follows the body where it is widest and hangs straight, or flares, from there."""
    body = figures.torso(bones)
    heights = np.linspace(figures.TORSO_STATIONS[-1], figures.TORSO_STATIONS[0], SAMPLES)
    wanted = np.linspace(min(cut.top, 0.88), cut.hem, SAMPLES)
    stretch = np.interp(wanted, heights[::-1], np.arange(SAMPLES)[::-1])
    axis = np.stack([np.interp(stretch, np.arange(SAMPLES), column) for column in body.axis.T], axis=1)
    below = np.maximum(figures.TORSO_STATIONS[0] - wanted, 0)
    axis[:, 1] -= below
    width, depth = np.interp(stretch, np.arange(SAMPLES), body.left), np.interp(stretch, np.arange(SAMPLES), body.depth)
    width = _draped(spec, bones, wanted, width, cut)
    ease = (
        curve((min(cut.hem, 0.59), 0.62, 0.80, 0.83, 0.9), (cut.hem_ease, cut.ease, cut.ease, 0.004, 0.003), wanted) + spec.ease
    )
    seat = spec.kind in ("trousers", "shorts")
    if seat:
        depth = np.minimum(depth, np.interp(wanted, (0.474, 0.50, 0.54, 0.60), (0.040, 0.047, 0.056, 0.062)))
    depth = (depth if seat else np.maximum(depth, np.where(wanted < 0.72, 0.052, 0))) + ease + 0.004
    if spec.kind in ("skirt", "dress"):
        depth = np.maximum(depth, np.interp(wanted, (cut.hem, 0.50, 0.60), (0.085, 0.074, 0.0)))
    blend = np.full(SAMPLES, 0.020 if seat else 0.012)
    return Strip(BODICE, axis, width + ease, width + ease, depth, blend, 2.3, open_start=True, open_end=not seat)


def _draped(spec: GarmentSpec, bones: Skeleton, heights: Profile, width: Profile, cut: Cut) -> Profile:
    """Cloth spans the waist, and hangs down from the hip."""
    stations, torso = figures.TORSO_STATIONS, bones.shape.torso
    chest, waist, hip = (float(np.interp(at, stations, torso)) for at in (0.735, 0.645, 0.54))
    if spec.kind in ("skirt", "dress"):
        flare = np.clip((0.60 - heights) / (0.60 - cut.hem), 0, 1)
        swing = waist + (hip - waist) * np.clip((0.63 - heights) / 0.085, 0, 1) ** 0.8 + cut.hem_flare * flare**1.3
        return cast(Profile, np.where(heights < 0.54, swing, np.maximum(width, np.where(heights < 0.63, swing, 0))))
    if spec.kind in ("trousers", "shorts"):
        return width
    snug = 0.45 if spec.kind == "tank" else 0.80
    line = np.interp(heights, (cut.hem, 0.60, 0.735), (max(hip, chest * 0.97), waist + (chest - waist) * snug, chest))
    return cast(Profile, np.where(heights < 0.735, np.maximum(line, np.where(heights > 0.50, width, 0)), width))


def _sleeve(spec: GarmentSpec, bones: Skeleton, cut: Cut, side: Side) -> Strip:
    arm = figures.arm(bones, side)
    reach = np.linspace(0, cut.sleeve, SAMPLES) * (SAMPLES - 1)

    def part(profile: Profile) -> Profile:
        return cast(Profile, np.interp(reach, np.arange(SAMPLES), profile))

    axis = np.stack([part(column) for column in arm.axis.T], axis=1)
    share = np.linspace(0, 1, SAMPLES)
    ease = cut.sleeve_ease + spec.ease
    long = cut.sleeve > 0.9
    grow = curve((0, 0.12, 0.5, 0.92, 1), (0.0005, ease * 0.55, ease, ease * 0.9, 0.004 if long else ease * 1.1), share)
    blend = curve((0, 0.15, 0.35, 1), (0.050, 0.030, 0.010, 0.004), share)
    label = LEFT_SLEEVE if side == "left" else RIGHT_SLEEVE
    hanging = grow * (1.25 if side == "left" else 1.0), grow * (1.0 if side == "left" else 1.25)
    widest = np.maximum(part(arm.left), 0.0165), np.maximum(part(arm.right), 0.0165)
    return Strip(label, axis, widest[0] + hanging[0], widest[1] + hanging[1], part(arm.depth) + grow, blend, 2.1, open_end=True)


def _trouser_leg(spec: GarmentSpec, bones: Skeleton, cut: Cut, side: Side) -> Strip:
    leg = figures.leg(bones, side)
    top, bottom = leg.axis[0, 1], leg.axis[-1, 1]
    end = (top - max(cut.hem, bottom)) / (top - bottom)
    reach = np.linspace(0, end, SAMPLES) * (SAMPLES - 1)

    def part(profile: Profile) -> Profile:
        return cast(Profile, np.interp(reach, np.arange(SAMPLES), profile))

    axis = np.stack([part(column) for column in leg.axis.T], axis=1)
    along = np.linspace(0, end, SAMPLES)
    wide = curve((0, 0.12, 0.35, 0.55, 0.8, 1), (0.048, 0.0485, 0.0455, 0.0405, 0.0360, 0.0335), along) * bones.shape.leg
    ease = curve((0, 0.5, 1), (cut.ease, cut.ease, cut.hem_ease), along / max(end, 1e-6)) + spec.ease
    inner = np.maximum(part(np.minimum(leg.left, leg.right)), wide * 0.95) + ease * 0.5
    outer = np.maximum(part(np.maximum(leg.left, leg.right)), wide) + ease
    left, right = (inner, outer) if side == "left" else (outer, inner)
    depth = np.maximum(part(leg.depth), wide * 0.9 * np.clip(along * 8 + 0.75, 0, 1)) + ease + 0.003
    label = LEFT_LEG if side == "left" else RIGHT_LEG
    return Strip(label, axis, left, right, depth, np.full(SAMPLES, 0.004), 2.15, open_end=True)


def _seams(spec: GarmentSpec, bones: Skeleton) -> tuple[Spot, ...]:
    if spec.kind in ("trousers", "shorts"):
        seat = Spot(bones.stance.hip_shift, figures.CROTCH_Y + 0.028, 0.042, 0.017)
        legs = (Spot(bones.hip(side)[0], figures.HIP_Y - 0.012, 0.044, 0.024) for side in SIDES)
        return (*figures.joins(bones), *legs, seat)
    return figures.joins(bones) if CUTS[spec.kind].sleeve else ()


def _chest(spec: GarmentSpec, bones: Skeleton) -> tuple[Bump, ...]:
    if spec.kind in BOTTOMS:
        return ()
    x, bust = bones.stance.chest_shift, bones.shape.bust
    return tuple(
        Bump(x + sign * 0.042, 0.735, 0.030, 0.038, 0.022 * bust + 0.004, (BODICE, LEFT_SLEEVE, RIGHT_SLEEVE), sign * 4, 0.72)
        for sign in (1, -1)
    )


def _drags(spec: GarmentSpec, bones: Skeleton) -> tuple[Bump, ...]:
    """The folds where cloth is pulled: from the armpits, into the waist, at the elbows, the crotch and the knees."""
    rng = np.random.default_rng([spec.seed, 7])
    anchors: list[tuple[float, float, float, float, float]] = []
    for side in SIDES:
        sign = 1.0 if side == "left" else -1.0
        if spec.kind in BOTTOMS:
            knee = bones.leg(side)[1]
            anchors += [(sign * 0.030, 0.492, sign * 62, 0.024, 1.0), (sign * 0.052, 0.470, sign * 74, 0.026, 0.7)]
            anchors += [(knee[0] + sign * 0.004, knee[1] + place, sign * turn, 0.022, 0.8) for place, turn in (
                (0.030, 68), (0.0, 100), (-0.034, 76))]  # fmt: skip
        else:
            x, y, _ = bones.shoulder(side)
            elbow = bones.arm(side)[1]
            anchors += [(x - sign * 0.024, y - place, sign * turn, 0.030, 1.0) for place, turn in ((0.055, 38), (0.075, 52))]
            anchors += [(sign * 0.048, 0.640 + place, sign * turn, 0.030, 0.9) for place, turn in (
                (0.020, 66), (-0.012, 78), (-0.046, 60))]  # fmt: skip
            anchors += [
                (elbow[0] - sign * 0.006, elbow[1] + place, sign * turn, 0.016, 0.9)
                for place, turn in ((0.010, 62), (-0.012, 96))
            ]
    panels = (BODICE, LEFT_SLEEVE, RIGHT_SLEEVE, LEFT_LEG, RIGHT_LEG)
    made: list[Bump] = []
    for x, y, turn, long, strength in anchors:
        dx, dy, swing, power = rng.normal(0, 0.005), rng.normal(0, 0.006), rng.normal(0, 9), rng.uniform(0.5, 1.15)
        made.append(Bump(x + dx, y + dy, 0.0042, long * 0.55, 0.0036 * strength * power, panels, turn + swing))
    return tuple(made)


def _folded(relief: Relief, spec: GarmentSpec, view: View) -> Relief:
    """Soft folds that run down the cloth and deepen towards a free hem."""
    rng = np.random.default_rng([spec.seed, 11])
    rows, columns = relief.height.shape
    flares = CUTS[spec.kind].hem_flare > 0
    noise = _streaks(rng, Size(columns, rows), view.scale, 0.011 if flares else 0.009, 0.11)
    deep = relief.along**1.6 * (0.0125 if flares else 0.0040) + 0.0010
    ripple = _streaks(rng, Size(columns, rows), view.scale, 0.0055, 0.022) * 0.0009
    return replace(relief, height=(relief.height + (noise * deep + ripple) * view.scale).astype(np.float32))


def _streaks(rng: np.random.Generator, size: Size, scale: float, wide: float, high: float) -> Floats:
    """float32 (h, w): smooth noise of unit variance, `wide` and `high` in body heights; the same at every scale."""
    step = 0.0025
    grid = rng.standard_normal((560, 560), dtype=np.float32)
    soft = cv2.GaussianBlur(grid, (0, 0), sigmaX=wide / step * 0.7, sigmaY=high / step * 0.7)
    streaks = cast(Floats, soft / np.float32(max(float(soft.std()), 1e-6)))
    to_field = np.array([[1 / (scale * step), 0, 280 - size.width / 2 / (scale * step)], [0, 1 / (scale * step), 40]], np.float32)
    return cast(Floats, cv2.warpAffine(
        streaks, to_field, (size.width, size.height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REFLECT,
    ))  # fmt: skip


def _finished(relief: Relief, spec: GarmentSpec, panels: Sequence[Strip], view: View) -> Worn:
    """Where each pixel is on the cloth, around the body by the arc and along it by the length; and the seams sewn in."""
    shape = relief.label.shape
    u, v, buttons = np.zeros(shape, np.float32), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    height = relief.height.copy()
    for strip in panels:
        panel = _panel(relief, strip)
        u[panel.mask], v[panel.mask] = panel.u + (strip.label - 1) * 0.37, panel.v
        sewn = _sewn(spec, strip.label, panel)
        height[panel.mask] += (sewn.height * view.scale).astype(np.float32)
        buttons[panel.mask] = sewn.buttons
    return Worn(replace(relief, height=height), u, v, buttons)


def _panel(relief: Relief, strip: Strip) -> sewing.Panel:
    mask = relief.label == strip.label
    along = relief.along[mask] * (len(strip.axis) - 1)
    stations = np.arange(len(strip.axis))
    width = np.interp(along, stations, (strip.left + strip.right) / 2)
    across = relief.across[mask]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(strip.axis, axis=0), axis=1))])
    way = np.interp(along, stations, length)
    sag = HEM_SAG * across**2
    return sewing.Panel(
        mask,
        (np.arcsin(across * 0.995) * width * 0.92).astype(np.float32),
        (strip.axis[0, 1] - way - 0.010 * across**2).astype(np.float32),
        (way - sag).astype(np.float32),
        (length[-1] - way - sag).astype(np.float32),
    )


def _sewn(spec: GarmentSpec, label: int, panel: sewing.Panel) -> sewing.Sewn:
    none = np.zeros_like(panel.u)
    if label == COLLAR:
        return sewing.Sewn(none, none)
    if label == BODICE and spec.kind in ("trousers", "shorts"):
        return sewing.Sewn(sewing.waistband(panel) + sewing.fly(panel), none)
    edge = sewing.ribbed(panel) if spec.kind == "sweater" else sewing.hemmed(panel)
    if label == BODICE and spec.kind == "skirt":
        return sewing.Sewn(edge + sewing.waistband(panel), none)
    if label == BODICE and spec.kind in ("shirt", "jacket"):
        front = sewing.placket(panel, 0.0085 if spec.kind == "shirt" else 0.0045)
        return sewing.Sewn(edge + front.height, front.buttons)
    return sewing.Sewn(edge, none)
