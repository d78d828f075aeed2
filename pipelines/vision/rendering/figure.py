"""Bodies of mannequins and stylised figures: proportions, poses and the strips that they are carved from.

Lengths are in body heights. Proportions follow fashion figures of eight heads, widths the breadths of anthropometric surveys
(ANSUR II: biacromial, chest, waist, hip, thigh, calf) divided by stature, a little slimmed at the waist as display mannequins are.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from math import cos, radians, sin
from typing import Literal

import numpy as np

from pipelines.sizes import Size
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.relief import SAMPLES, Bump, Profile, Spot, Strip, View, curve, rounded, smooth_path

Sex = Literal["woman", "man", "neutral"]
Build = Literal["slim", "average", "athletic", "curvy", "plus"]
Pose = Literal["relaxed", "hand_on_hip", "contrapposto", "spread"]
Finish = Literal["white", "grey", "black", "fair", "light", "tan", "brown", "dark"]
Hair = Literal["none", "crop", "bob", "bun", "long"]
Side = Literal["left", "right"]
"""The person's own: in a front view the left side is to the right of the picture."""
Framing = Literal["full_body", "three_quarter", "upper_body", "portrait"]

MANNEQUIN_FINISHES: tuple[Finish, ...] = ("white", "grey", "black")
SKIN_FINISHES: tuple[Finish, ...] = ("fair", "light", "tan", "brown", "dark")


@dataclass(frozen=True, slots=True)
class Figure:
    """What to render: a faceless store mannequin, or with a skin tone and hair a stylised figure."""

    sex: Sex = "neutral"
    build: Build = "average"
    pose: Pose = "relaxed"
    finish: Finish = "white"
    hair: Hair = "none"
    hair_colour: tuple[float, float, float] = (0.16, 0.11, 0.08)
    """sRGB in [0, 1]."""
    shoes: tuple[float, float, float] | None = None
    """sRGB in [0, 1] of plain shoes; None is barefoot."""
    framing: Framing = "full_body"
    sway: float = 0.0
    """-1 to 1: small deviation of the limbs from the pose, so that no two pictures are the same."""
    skin: tuple[float, float, float] | None = None
    """sRGB in [0, 1] of a skin that is none of the finishes'."""
    headless: bool = False
    """Ends at the neck, for a head that is put on afterwards."""

    @property
    def is_mannequin(self) -> bool:
        """Lacquered like a store mannequin, not toned like skin."""
        return self.finish in MANNEQUIN_FINISHES


@dataclass(frozen=True, slots=True)
class Proportions:
    """Half widths of an average body at fixed stations, and factors by which a build changes them."""

    torso: tuple[float, ...]
    depth: tuple[float, ...]
    shoulder: float
    """Half distance of the shoulder joints."""
    arm: float
    leg: float
    neck: float
    head: float
    bust: float
    muscle: float


TORSO_STATIONS = (
    0.455, 0.468, 0.482, 0.500, 0.520, 0.540, 0.570, 0.600, 0.630, 0.650, 0.675, 0.700, 0.730, 0.755, 0.775, 0.792,
    0.804, 0.813, 0.821, 0.829, 0.838, 0.850, 0.866, 0.885,
)  # fmt: skip
"""Heights above the floor, from the crotch to under the chin."""
_WOMAN = Proportions(
    torso=(.006, .034, .064, .0870, .0970, .0980, .0905, .0765, .0655, .0635, .0675, .0745, .0825, .0870, .0890, .0930,
           .0960, .0905, .0745, .0560, .0420, .0325, .0285, .0275),
    depth=(.016, .030, .042, .0530, .0600, .0640, .0610, .0530, .0470, .0460, .0490, .0530, .0560, .0550, .0510, .0460,
           .0400, .0360, .0330, .0310, .0300, .0290, .0280, .0280),
    shoulder=.1000, arm=1.0, leg=1.0, neck=1.0, head=1.0, bust=1.0, muscle=.35,
)  # fmt: skip
_MAN = Proportions(
    torso=(.004, .028, .058, .0790, .0880, .0900, .0865, .0820, .0790, .0795, .0835, .0900, .0970, .1005, .1020, .1060,
           .1090, .1030, .0860, .0650, .0490, .0382, .0334, .0325),
    depth=(.016, .030, .042, .0520, .0590, .0620, .0600, .0560, .0540, .0550, .0590, .0630, .0660, .0650, .0600, .0520,
           .0450, .0410, .0380, .0360, .0350, .0340, .0330, .0330),
    shoulder=.1180, arm=1.17, leg=0.97, neck=1.0, head=1.04, bust=0.0, muscle=1.0,
)  # fmt: skip


def _between(one: Proportions, other: Proportions, share: float) -> Proportions:
    def mix(a: float, b: float) -> float:
        return a + (b - a) * share

    return Proportions(
        tuple(mix(a, b) for a, b in zip(one.torso, other.torso, strict=True)),
        tuple(mix(a, b) for a, b in zip(one.depth, other.depth, strict=True)),
        *(mix(getattr(one, name), getattr(other, name)) for name in ("shoulder", "arm", "leg", "neck", "head", "bust", "muscle")),
    )


@dataclass(frozen=True, slots=True)
class _Girth:
    """Factors of a build for the hips, the waist, the chest, arms, legs and neck."""

    hip: float
    waist: float
    chest: float
    arm: float
    leg: float
    neck: float


_BUILDS: dict[Build, _Girth] = {
    "slim": _Girth(0.95, 0.94, 0.96, 0.90, 0.92, 0.97),
    "average": _Girth(1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    "athletic": _Girth(0.98, 0.99, 1.03, 1.08, 1.05, 1.06),
    "curvy": _Girth(1.11, 1.06, 1.04, 1.07, 1.12, 1.02),
    "plus": _Girth(1.22, 1.38, 1.17, 1.24, 1.22, 1.10),
}


def proportions(figure: Figure) -> Proportions:
    """The half widths of this figure's sex and build."""
    base = {"woman": _WOMAN, "man": _MAN, "neutral": _between(_WOMAN, _MAN, 0.5)}[figure.sex]
    girth = _BUILDS[figure.build]
    factor = curve((0.45, 0.54, 0.64, 0.74, 0.81, 0.85, 0.89), (
        girth.hip, girth.hip, girth.waist, girth.chest, (1 + girth.chest) / 2, girth.neck, girth.neck,
    ), np.asarray(TORSO_STATIONS))  # fmt: skip
    return replace(
        base,
        torso=tuple(float(width * by) for width, by in zip(base.torso, factor, strict=True)),
        depth=tuple(float(depth * by) for depth, by in zip(base.depth, factor, strict=True)),
        shoulder=base.shoulder * (0.5 + girth.chest / 2),
        arm=base.arm * girth.arm,
        leg=base.leg * girth.leg,
        bust=base.bust * girth.chest**2,
        muscle=base.muscle * (1.6 if figure.build == "athletic" else 1.0),
    )


@dataclass(frozen=True, slots=True)
class _Arm:
    """Degrees from straight down, positive away from the body, and how far forward the hand comes."""

    upper: float
    fore: float
    hand: float
    forward: float = 0.0
    foreshortened: float = 1.0


@dataclass(frozen=True, slots=True)
class _Leg:
    """Sideways places of knee and ankle from the hip joint, outwards, and how far forward the foot stands."""

    knee: float
    ankle: float
    forward: float = 0.0


@dataclass(frozen=True, slots=True)
class _Stance:
    left_arm: _Arm
    right_arm: _Arm
    left_leg: _Leg
    right_leg: _Leg
    hip_shift: float = 0.0
    chest_shift: float = 0.0
    pelvis_tilt: float = 0.0
    """Degrees, positive lifts the person's left hip."""
    shoulder_tilt: float = 0.0


_HANGING = _Arm(13.0, 7.0, 1.0)
_STANCES: dict[Pose, _Stance] = {
    "relaxed": _Stance(_HANGING, _Arm(14.0, 5.0, -2.0, 0.01), _Leg(-0.004, -0.006), _Leg(0.006, 0.004, 1.0)),
    "hand_on_hip": _Stance(
        _Arm(38.0, -46.0, -56.0, 0.055, 0.86), _HANGING, _Leg(-0.002, -0.012), _Leg(0.016, 0.018, 0.9),
        hip_shift=0.010, chest_shift=-0.002, pelvis_tilt=2.0, shoulder_tilt=-1.0,
    ),
    "contrapposto": _Stance(
        _Arm(15.0, 4.0, -3.0, 0.01), _Arm(13.0, 12.0, 6.0), _Leg(-0.008, -0.026), _Leg(0.020, 0.018, 1.0),
        hip_shift=0.016, chest_shift=-0.004, pelvis_tilt=3.5, shoulder_tilt=-2.5,
    ),
    "spread": _Stance(_Arm(31.0, 27.0, 24.0), _Arm(31.0, 27.0, 24.0), _Leg(0.012, 0.026), _Leg(0.012, 0.026)),
}  # fmt: skip

Place = tuple[float, float, float]
NECK_Y, CROTCH_Y = 0.836, 0.462
UPPER_ARM, FOREARM, HAND = 0.168, 0.142, 0.098
HIP_Y, KNEE_Y, ANKLE_Y, SHOULDER_Y = 0.520, 0.278, 0.046, 0.7860


@dataclass(frozen=True)
class Skeleton:
    """Where the joints of a posed figure are, (x, y, z); left is the person's own."""

    figure: Figure
    shape: Proportions

    @cached_property
    def stance(self) -> _Stance:
        return _STANCES[self.figure.pose]

    def hip(self, side: Side) -> Place:
        tilt, sign = radians(self.stance.pelvis_tilt), _sign(side)
        out = self.shape.torso[4] - 0.0475 * self.shape.leg
        return (self.stance.hip_shift + sign * out * cos(tilt), HIP_Y + sign * out * sin(tilt), 0.0)

    def leg(self, side: Side) -> tuple[Place, Place, Place]:
        """Hip, knee and ankle."""
        sign = _sign(side)
        spec = self.stance.left_leg if side == "left" else self.stance.right_leg
        x, y, _ = self.hip(side)
        forward = spec.forward * (1 + 0.25 * self.figure.sway)
        wide = 0.006 * max(0.0, self.shape.leg - 1)
        knee = (x + sign * (spec.knee + wide), KNEE_Y + 0.3 * (y - HIP_Y) - 0.004 * forward, 0.030 * forward)
        ankle = (x + sign * (spec.ankle - 0.004 + 2 * wide), ANKLE_Y - 0.011 * forward, 0.02 * forward)
        return (x, y, 0.0), knee, ankle

    def shoulder(self, side: Side) -> Place:
        tilt, sign = radians(self.stance.shoulder_tilt), _sign(side)
        out = self.shape.shoulder
        return (self.stance.chest_shift + sign * out * cos(tilt), SHOULDER_Y + sign * out * sin(tilt), -0.008)

    def arm(self, side: Side) -> tuple[Place, Place, Place, Place]:
        """Shoulder, elbow, wrist and fingertips."""
        sign = _sign(side)
        spec = self.stance.left_arm if side == "left" else self.stance.right_arm
        wide = 10 * max(0.0, self.shape.arm - 1.1) + 1.6 * self.figure.sway * sign
        start = self.shoulder(side)
        elbow = _step(start, sign, spec.upper + wide, UPPER_ARM, -0.006)
        wrist = _step(elbow, sign, spec.fore + wide * 0.5, FOREARM * spec.foreshortened, 0.012 + spec.forward)
        return start, elbow, wrist, _step(wrist, sign, spec.hand, HAND * spec.foreshortened, 0.006)

    @cached_property
    def spine(self) -> Profile:
        """(SAMPLES, 3), from under the chin down to the crotch."""
        hip, chest = self.stance.hip_shift, self.stance.chest_shift
        lean = radians(self.stance.pelvis_tilt)
        return smooth_path(
            (
                (chest * 0.6, 0.885, -0.010),
                (chest * 0.8, 0.835, -0.014),
                (chest, 0.76, -0.004),
                ((chest + hip) / 2 - 0.1 * lean, 0.65, 0.0),
                (hip, 0.54, 0.0),
                (hip + 0.05 * lean, 0.455, 0.0),
            )
        )

    def flank(self, side: Side, height: float) -> tuple[float, float]:
        """Where the outline of the trunk is, `height` above the floor before the pose moved it."""
        share = (TORSO_STATIONS[-1] - height) / (TORSO_STATIONS[-1] - TORSO_STATIONS[0]) * (SAMPLES - 1)
        x, y = (float(np.interp(share, np.arange(SAMPLES), column)) for column in self.spine.T[:2])
        before, after = (self.spine[min(max(round(share) + step, 0), SAMPLES - 1)] for step in (-3, 3))
        down = (after - before)[:2] / np.linalg.norm((after - before)[:2])
        out = float(np.interp(height, TORSO_STATIONS, self.shape.torso)) * _sign(side)
        return (x - float(down[1]) * out, y + float(down[0]) * out)

    def armpit(self, side: Side) -> tuple[float, float]:
        """Where the inside of the hanging arm meets the trunk."""
        return self.flank(side, 0.748)

    @property
    def head(self) -> Place:
        """Its chin."""
        return (self.stance.chest_shift * 0.4, 0.872, 0.012)


def _sign(side: Side) -> float:
    return 1.0 if side == "left" else -1.0


def _step(start: Place, sign: float, degrees: float, length: float, forward: float) -> Place:
    angle = radians(degrees)
    return (start[0] + sign * length * sin(angle), start[1] - length * cos(angle), start[2] + forward)


def skeleton(figure: Figure) -> Skeleton:
    """The posed joints of a figure."""
    return Skeleton(figure, proportions(figure))


def view_of(figure: Figure, size: Size) -> View:
    """The camera that shows the figure's framing in a picture of `size`."""
    low, high = {
        "full_body": (-0.075, 1.055), "three_quarter": (0.225, 1.045), "upper_body": (0.44, 1.04), "portrait": (0.782, 1.060),
    }[figure.framing]  # fmt: skip
    widest = {"full_body": 0.56, "three_quarter": 0.54, "upper_body": 0.50, "portrait": 0.24}[figure.framing]
    scale = min(size.height / (high - low), size.width / widest)
    middle = (high + low) / 2 if figure.framing == "full_body" else high - size.height / scale / 2
    return View(scale, size.width / 2, size.height / 2 + middle * scale)


AT = np.linspace(0, 1, SAMPLES)
SIDES: tuple[Side, Side] = ("left", "right")


def _flat(value: float) -> Profile:
    return np.full(SAMPLES, value)


def strips(bones: Skeleton) -> tuple[Strip, ...]:
    """The body's parts, back to front in the order in which they are joined."""
    return (
        *(leg(bones, side) for side in SIDES),
        *(_foot(bones, side) for side in SIDES),
        torso(bones),
        *(arm(bones, side) for side in SIDES),
        *(part for side in SIDES for part in _hand(bones, side)),
        *(() if bones.figure.headless else (head(bones),)),
    )


def torso(bones: Skeleton) -> Strip:
    """From the crotch to under the chin."""
    heights = np.linspace(TORSO_STATIONS[-1], TORSO_STATIONS[0], SAMPLES)
    width = curve(TORSO_STATIONS, bones.shape.torso, heights)
    depth = curve(TORSO_STATIONS, bones.shape.depth, heights)
    blend = curve((0.455, 0.50, 0.60, 0.89), (0.016, 0.034, 0.02, 0.02), heights)
    return Strip(Part.TORSO, bones.spine, width, width, depth, blend, 2.25)


def leg(bones: Skeleton, side: Side) -> Strip:
    """From inside the hip to the ankle."""
    hip, knee, ankle = bones.leg(side)
    axis = smooth_path((hip, _blended(hip, knee, 0.5, 0.004), knee, _blended(knee, ankle, 0.5, -0.004), ankle))
    by = bones.shape.leg
    outer = curve(
        (0, 0.06, 0.14, 0.26, 0.40, 0.50, 0.56, 0.66, 0.76, 0.88, 0.96, 1),
        (0.0470, 0.0478, 0.0480, 0.0440, 0.0355, 0.0285, 0.0280, 0.0318, 0.0275, 0.0180, 0.0152, 0.0155), AT,
    )  # fmt: skip
    inner = curve(
        (0, 0.06, 0.14, 0.26, 0.40, 0.50, 0.56, 0.67, 0.78, 0.88, 0.96, 1),
        (0.0440, 0.0472, 0.0445, 0.0395, 0.0322, 0.0280, 0.0258, 0.0295, 0.0235, 0.0168, 0.0150, 0.0155), AT,
    )  # fmt: skip
    thin = curve((0, 0.5, 0.8, 1), (by, 1 + (by - 1) * 0.75, 1 + (by - 1) * 0.55, 1 + (by - 1) * 0.35), AT)
    left, right = (inner, outer) if side == "left" else (outer, inner)
    depth = (inner + outer) / 2 * thin * curve((0, 0.07, 0.15, 0.3, 0.5, 0.7, 1), (0.45, 0.86, 1.10, 1.12, 1.0, 1.1, 1.15), AT)
    label = Part.LEFT_LEG if side == "left" else Part.RIGHT_LEG
    return Strip(label, axis, left * thin, right * thin, depth, _flat(0.004))


def _foot(bones: Skeleton, side: Side) -> Strip:
    x, y, z = bones.leg(side)[2]
    sign = _sign(side)
    path = ((x, y + 0.004, z), (x + sign * 0.002, y - 0.020, z + 0.016), (x + sign * 0.009, y - 0.062, z + 0.044))
    width = curve((0, 0.18, 0.45, 0.72, 0.90, 1), (0.0153, 0.0158, 0.0190, 0.0222, 0.0215, 0.0205), AT)
    depth = curve((0, 0.4, 1), (0.018, 0.021, 0.016), AT)
    close = rounded(AT, end=0.22)
    label = Part.LEFT_LEG if side == "left" else Part.RIGHT_LEG
    return Strip(label, smooth_path(path), width * close, width * close, depth * close, _flat(0.012), 2.3)


def shoes(bones: Skeleton) -> tuple[Strip, ...]:
    """Plain low shoes over both feet."""
    made: list[Strip] = []
    for side in SIDES:
        foot = _foot(bones, side)
        start = SAMPLES // 4
        body = replace(foot, left=foot.left * 1.13, right=foot.right * 1.13, depth=foot.depth * 1.2, label=Part.SHOES)
        axis = smooth_path(body.axis[start::4])
        stations = np.linspace(start, SAMPLES - 1, SAMPLES)
        width, depth = (np.interp(stations, np.arange(SAMPLES), each) for each in (body.left, body.depth))
        made.append(replace(body, axis=axis, left=width, right=width, depth=depth))
    return tuple(made)


def head(bones: Skeleton) -> Strip:
    """An egg: the skull and a narrower jaw."""
    x, y, z = bones.head
    by = bones.shape.head
    axis = smooth_path(((x, 1.0, z - 0.004), (x, 0.94, z), (x, y, z)))
    width = by * curve(
        (0, 0.2, 0.36, 0.50, 0.62, 0.74, 0.86, 1), (0.0425, 0.0425, 0.0422, 0.0408, 0.0382, 0.0345, 0.0290, 0.0235), AT
    )
    depth = by * curve((0, 0.2, 0.5, 0.8, 1), (0.050, 0.052, 0.056, 0.050, 0.038), AT)
    close = rounded(AT, start=0.40, end=0.16)
    return Strip(Part.FACE, axis, width * close, width * close, depth * close, _flat(0.006), 2.1)


def arm(bones: Skeleton, side: Side) -> Strip:
    """From the shoulder joint to the wrist."""
    shoulder, elbow, wrist, _ = bones.arm(side)
    by = bones.shape.arm
    upper = [_blended(shoulder, elbow, share, 0.0) for share in (0.5, 0.86)]
    lower = [_blended(elbow, wrist, share, 0.0) for share in (0.14, 0.5)]
    path = smooth_path((shoulder, *upper, *lower, wrist))
    cap = 0.0245 * (0.5 + 0.5 * by)
    stations = (0, 0.10, 0.26, 0.42, 0.54, 0.65, 0.76, 0.88, 1)
    outer = curve(
        stations, (cap, 0.0272 * by, 0.0252 * by, 0.0220 * by, 0.0202 * by, 0.0215 * by, 0.0195 * by, 0.0152 * by, 0.0122), AT
    )
    inner = curve(
        stations, (cap, 0.0235 * by, 0.0230 * by, 0.0208 * by, 0.0195 * by, 0.0205 * by, 0.0180 * by, 0.0142 * by, 0.0122), AT
    )
    left, right = (inner, outer) if side == "left" else (outer, inner)
    depth = (outer + inner) / 2 * curve((0, 0.12, 0.3, 1), (0.80, 0.90, 1.0, 1.0), AT)
    blend = curve((0, 0.08, 0.22, 0.3, 1), (0.060, 0.044, 0.010, 0.004, 0.003), AT)
    return Strip(Part.LEFT_ARM if side == "left" else Part.RIGHT_ARM, path, left, right, depth, blend)


def _hand(bones: Skeleton, side: Side) -> tuple[Strip, Strip]:
    _, _, wrist, tip = bones.arm(side)
    label = Part.LEFT_HAND if side == "left" else Part.RIGHT_HAND
    sign = _sign(side)
    axis = smooth_path((_blended(wrist, tip, -0.08, 0.0), _blended(wrist, tip, 0.45, sign * 0.003), tip))
    width = curve((0, 0.12, 0.36, 0.50, 0.72, 0.9, 1), (0.0120, 0.0126, 0.0168, 0.0172, 0.0148, 0.0118, 0.0100), AT)
    close = rounded(AT, end=0.16)
    palm = Strip(label, axis, width * close, width * close, width * close * 0.8, _flat(0.008), 2.2)
    aside = np.array([tip[1] - wrist[1], wrist[0] - tip[0]]) * sign / np.hypot(tip[0] - wrist[0], tip[1] - wrist[1])

    def place(share: float, out: float, forward: float) -> Place:
        x, y, z = _blended(wrist, tip, share, 0.0)
        return (x + aside[0] * out, y + aside[1] * out, z + forward)

    path = smooth_path((place(0.14, 0.004, 0.006), place(0.36, 0.0145, 0.010), place(0.60, 0.0150, 0.010)))
    slim = curve((0, 0.3, 0.8, 1), (0.0070, 0.0072, 0.0056, 0.0050), AT) * rounded(AT, end=0.1)
    return palm, Strip(label, path, slim, slim, slim, curve((0, 0.5, 1), (0.012, 0.006, 0.002), AT))


def _blended(one: Place, other: Place, share: float, sideways: float) -> Place:
    x, y, z = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return (x + sideways, y, z)


def joins(bones: Skeleton) -> tuple[Spot, ...]:
    """Where limbs grow out of the trunk and the surface has to run on without a crease."""
    made: list[Spot] = []
    for side in SIDES:
        x, y, _ = bones.shoulder(side)
        hip_x, hip_y, _ = bones.hip(side)
        sign = _sign(side)
        made += [
            Spot(x - sign * 0.014, y - 0.004, 0.021, 0.013),
            Spot(x - sign * 0.022, y - 0.030, 0.018, 0.010),
            Spot(hip_x + sign * 0.008, hip_y - 0.014, 0.036, 0.016),
            Spot(hip_x - sign * 0.024, hip_y - 0.030, 0.020, 0.008),
        ]
    return tuple(made)


_TRUNK = (Part.TORSO, Part.NECK, Part.LEFT_ARM, Part.RIGHT_ARM)
_LEGS = (Part.LEFT_LEG, Part.RIGHT_LEG)


def bumps(bones: Skeleton) -> tuple[Bump, ...]:
    """The modelling of the surface: chest, collarbones, abdomen, knees and the planes of the face."""
    return (*_chest(bones), *_abdomen(bones), *_knees(bones), *_face(bones), *_fingers(bones))


def _chest(bones: Skeleton) -> tuple[Bump, ...]:
    x, bust, muscle = bones.stance.chest_shift, bones.shape.bust, bones.shape.muscle
    made = [Bump(x, 0.792, 0.0045, 0.010, -0.004, _TRUNK)]
    for sign in (1, -1):
        made += [
            Bump(x + sign * 0.046, 0.8225, 0.034, 0.0030, 0.0030, _TRUNK, sign * -7),
            Bump(x + sign * 0.043, 0.8140, 0.030, 0.0045, -0.0022, _TRUNK, sign * -7),
            Bump(x + sign * 0.043, 0.737, 0.026, 0.034, 0.025 * bust, _TRUNK, sign * 4, 0.62),
            Bump(x + sign * 0.046, 0.758, 0.034, 0.026, 0.0085 * muscle, _TRUNK, sign * -12, 0.55),
            Bump(x + sign * 0.012, 0.840, 0.004, 0.020, 0.0016, _TRUNK, sign * 24),
        ]
    return tuple(made)


def _abdomen(bones: Skeleton) -> tuple[Bump, ...]:
    hip, muscle = bones.stance.hip_shift, bones.shape.muscle
    middle = (hip + bones.stance.chest_shift) / 2
    made = [
        Bump(middle, 0.655, 0.0040, 0.040, -0.0022 * (0.6 + muscle), _TRUNK),
        Bump((middle + hip) / 2, 0.603, 0.0030, 0.0050, -0.0032, _TRUNK),
        Bump(hip, 0.590, 0.040, 0.034, 0.0035, (*_TRUNK, *_LEGS)),
    ]
    for sign in (1, -1):
        made += [
            Bump(middle + sign * 0.024, 0.655, 0.012, 0.030, 0.0024 * muscle, _TRUNK),
            Bump(hip + sign * 0.066, 0.560, 0.010, 0.020, 0.0030, _TRUNK, sign * 24),
        ]
    return tuple(made)


def _knees(bones: Skeleton) -> tuple[Bump, ...]:
    made: list[Bump] = []
    for side in SIDES:
        x, y, _ = bones.leg(side)[1]
        sign = _sign(side)
        made += [
            Bump(x, y + 0.002, 0.012, 0.014, 0.0042, _LEGS),
            Bump(x - sign * 0.013, y + 0.030, 0.010, 0.018, 0.0040, _LEGS),
            Bump(x + sign * 0.012, y + 0.040, 0.010, 0.020, 0.0028, _LEGS),
            Bump(x, y - 0.020, 0.009, 0.006, -0.0020, _LEGS),
            Bump(x - sign * 0.004, y - 0.10, 0.004, 0.060, 0.0022, _LEGS),
        ]
    return tuple(made)


def _face(bones: Skeleton) -> tuple[Bump, ...]:
    x, chin, _ = bones.head
    own = (Part.FACE,)
    soft = 1.0 if bones.figure.is_mannequin else 0.6
    made = [
        Bump(x, chin + 0.0520, 0.0046, 0.0120, 0.0062, own, 0, 0.8),
        Bump(x, chin + 0.0440, 0.0066, 0.0052, 0.0034, own),
        Bump(x, chin + 0.0280, 0.0100, 0.0040, 0.0022, own),
        Bump(x, chin + 0.0195, 0.0095, 0.0034, -0.0012, own),
        Bump(x, chin + 0.0100, 0.0090, 0.0055, 0.0022, own),
    ]
    for sign in (1, -1):
        made += [
            Bump(x + sign * 0.0175, chin + 0.0610, 0.0098, 0.0078, -0.0044, own, sign * 8),
            Bump(x + sign * 0.0165, chin + 0.0745, 0.0130, 0.0046, 0.0012, own, sign * 8),
            Bump(x + sign * 0.0250, chin + 0.0470, 0.0090, 0.0070, 0.0020, own, sign * -24),
        ]
    return tuple(replace(bump, amplitude=bump.amplitude * soft) for bump in made)


def _fingers(bones: Skeleton) -> tuple[Bump, ...]:
    made: list[Bump] = []
    for side in SIDES:
        _, _, wrist, tip = bones.arm(side)
        label = Part.LEFT_HAND if side == "left" else Part.RIGHT_HAND
        down = np.array([tip[0] - wrist[0], tip[1] - wrist[1]])
        across = np.array([-down[1], down[0]]) / np.hypot(*down)
        turn = float(np.degrees(np.arctan2(down[0], -down[1])))
        for place in (-0.0068, 0.0008, 0.0080):
            x, y = np.array(wrist[:2]) + down * 0.76 + across * (place + _sign(side) * 0.001)
            made.append(Bump(float(x), float(y), 0.0010, 0.0150, -0.0034, (label,), -turn))
    return tuple(made)
