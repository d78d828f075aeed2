"""Bodies in space: proportions, a bent and turned spine, arms that reach for something, legs that stand, walk or sit.

Lengths are in body heights, x to the right of the picture, y up, z towards the viewer. Left is the person's own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.random import Generator

from pipelines.draft.training.dolls.canvas import Array
from pipelines.vision.rendering import figure as figures
from pipelines.vision.rendering.figure import Build, Figure, Proportions, Sex, Side

SIDES: tuple[Side, Side] = ("left", "right")
SIGN: Mapping[Side, float] = {"left": 1.0, "right": -1.0}
STATIONS = np.array(figures.TORSO_STATIONS)
SPINE = np.linspace(0.455, 0.885, 23)
"""Heights of the spine's points, from the crotch to under the chin."""
WAIST, PELVIS, CHEST = 0.645, 0.54, 0.76


@dataclass(frozen=True, slots=True)
class Limb:
    """Three joints of an arm or a leg and the end of its hand or foot, each (3,)."""

    root: Array
    bend: Array
    end: Array
    tip: Array
    hidden_end: bool = False
    """The hand is in a pocket."""


@dataclass(frozen=True, slots=True)
class Doll:
    """A posed body."""

    shape: Proportions
    spine: Array
    """(23, 3)."""
    frames: Array
    """(23, 3, 3): columns are right, up and forward of the trunk at each point of the spine."""
    arms: Mapping[Side, Limb]
    legs: Mapping[Side, Limb]
    head: Array
    """The chin, (3,)."""
    facing: Array
    """(3, 3): right, up and forward of the head."""
    seated: bool
    from_behind: bool

    def trunk(self, height: float, right: float = 0.0, forward: float = 0.0) -> Array:
        """A place in the trunk: height above the floor of the upright body, and offsets to the right of the picture and forward."""
        centre = np.array([np.interp(height, SPINE, column) for column in self.spine.T])
        frame = self.frames[int(np.argmin(np.abs(SPINE - height)))]
        return np.asarray(centre + frame @ np.array([right, 0.0, forward]))


def turn(yaw: float, pitch: float, roll: float) -> Array:
    """Rotation (3, 3) by degrees: yaw to the viewer's right, pitch forward, roll to the person's left; applied in the order roll, pitch, yaw."""
    a, b, c = np.radians((yaw, pitch, roll))
    about_y = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_z = np.array([[np.cos(c), np.sin(c), 0], [-np.sin(c), np.cos(c), 0], [0, 0, 1]])
    return np.asarray(about_y @ about_x @ about_z)


def drawn(generator: Generator) -> Doll:
    """A body drawn by chance: mostly upright and facing the viewer, as people in pictures of clothes are."""
    shape = _shape(generator)
    seated, behind = generator.random() < 0.17, generator.random() < 0.04
    yaw = 180 * behind + _spread(generator, 14, 40 if seated else 55)
    pelvis = (yaw, 0.0, generator.normal(0, 3.5))
    twist, lean = generator.normal(0, 9), generator.normal(0, 12 if seated else 4)
    chest = (yaw + twist, lean + 12 * seated * generator.random(), generator.normal(0, 4) - 0.5 * pelvis[2])
    share = np.clip((SPINE - PELVIS) / (CHEST - PELVIS), 0, 1)
    frames = np.stack([turn(*(a + (b - a) * at for a, b in zip(pelvis, chest, strict=True))) for at in share])
    steps = np.diff(SPINE)[:, None] * frames[:-1, :, 1]
    spine = np.concatenate([[[0.0, SPINE[0], 0.0]], np.cumsum(steps, axis=0) + np.array([0.0, SPINE[0], 0.0])])
    facing = turn(chest[0] + _spread(generator, 12, 50), generator.normal(2, 8), chest[2] + generator.normal(0, 7))
    doll = Doll(shape, spine, frames, {}, {}, spine[-1], facing, seated, behind)
    doll = replace(doll, head=_chin(doll))
    legs = _legs(doll, generator)
    doll = replace(doll, legs=legs)
    return replace(doll, arms=_arms(doll, generator))


def _spread(generator: Generator, usual: float, largest: float) -> float:
    """Degrees: mostly small, at times anything up to `largest`."""
    return float(generator.normal(0, usual) if generator.random() < 0.8 else generator.uniform(-largest, largest))


def _shape(generator: Generator) -> Proportions:
    sexes: tuple[Sex, ...] = get_args(Sex)
    builds: tuple[Build, ...] = get_args(Build)
    weights = (0.28, 0.34, 0.14, 0.12, 0.12)
    sex = sexes[int(generator.choice(3, p=(0.5, 0.42, 0.08)))]
    base = figures.proportions(Figure(sex, builds[int(generator.choice(5, p=weights))]))
    knots = np.interp(STATIONS, np.linspace(0.45, 0.89, 5), generator.normal(1.0, 0.05, 5) * generator.normal(1, 0.05))
    deep = generator.normal(1.0, 0.06)
    return replace(
        base,
        torso=tuple(float(each) for each in np.array(base.torso) * knots),
        depth=tuple(float(each) for each in np.array(base.depth) * deep),
        shoulder=base.shoulder * float(np.clip(generator.normal(1, 0.04), 0.9, 1.1)) * float(knots[16]) ** 0.5,
        arm=base.arm * float(np.clip(generator.normal(1, 0.08), 0.8, 1.25)),
        leg=base.leg * float(np.clip(generator.normal(1, 0.07), 0.8, 1.25)),
        head=base.head * float(np.clip(generator.normal(1.04, 0.07), 0.88, 1.25)),
    )


def _chin(doll: Doll) -> Array:
    """The chin, in front of and above the neck's upper end."""
    return np.asarray(doll.spine[-2] + doll.facing @ np.array([0.0, 0.003, 0.024]))


def _legs(doll: Doll, generator: Generator) -> dict[Side, Limb]:
    poses = _seated(generator) if doll.seated else _standing(generator)
    return {side: _leg(doll, side, pose, generator) for side, pose in zip(SIDES, poses, strict=True)}


@dataclass(frozen=True, slots=True)
class _LegPose:
    """Degrees: outwards, forwards, and the knee's bend."""

    out: float
    forward: float
    knee: float


def _standing(generator: Generator) -> tuple[_LegPose, _LegPose]:
    kind = generator.choice(5, p=(0.42, 0.22, 0.16, 0.10, 0.10))
    both = generator.normal(3, 2)
    firm = _LegPose(both, generator.normal(0, 2), abs(generator.normal(0, 3)))
    other = {
        0: _LegPose(both, generator.normal(0, 3), abs(generator.normal(0, 4))),
        1: _LegPose(both + generator.uniform(1, 10), generator.uniform(0, 16), generator.uniform(4, 26)),
        2: _LegPose(generator.normal(1, 2), generator.uniform(-24, 26), generator.uniform(2, 40)),
        3: _LegPose(generator.uniform(-14, -4), generator.uniform(2, 10), generator.uniform(2, 20)),
        4: _LegPose(generator.uniform(6, 22), generator.normal(0, 5), generator.uniform(0, 10)),
    }[int(kind)]
    if kind == 4:
        firm = _LegPose(generator.uniform(4, 18), generator.normal(0, 5), generator.uniform(0, 8))
    return (firm, other) if generator.random() < 0.5 else (other, firm)


def _seated(generator: Generator) -> tuple[_LegPose, _LegPose]:
    first, second = (
        _LegPose(generator.uniform(-6, 26), generator.uniform(48, 100), generator.uniform(55, 112)) for _ in range(2)
    )
    if generator.random() < 0.3:
        second = _LegPose(generator.uniform(-26, -10), generator.uniform(82, 108), generator.uniform(40, 95))
    return (first, second) if generator.random() < 0.5 else (second, first)


def _leg(doll: Doll, side: Side, pose: _LegPose, generator: Generator) -> Limb:
    sign = SIGN[side]
    out = float(np.interp(0.52, STATIONS, doll.shape.torso)) - 0.046 * doll.shape.leg
    hip = doll.trunk(0.52, sign * max(0.03, out))
    pelvis = doll.frames[0]
    a, b = np.radians((pose.out, pose.forward))
    down = np.array([sign * np.sin(a), -np.cos(a) * np.cos(b), np.cos(a) * np.sin(b)])
    a, b = np.radians((pose.out * 0.7, pose.forward - pose.knee))
    shin = np.array([sign * np.sin(a), -np.cos(a) * np.cos(b), np.cos(a) * np.sin(b)])
    longer = float(np.clip(generator.normal(1, 0.03), 0.92, 1.08))
    knee = hip + pelvis @ down * 0.242 * longer
    ankle = knee + pelvis @ shin * 0.232 * longer
    toe = turn(float(np.degrees(np.arctan2(pelvis[0, 2], pelvis[2, 2]))) + sign * generator.normal(14, 9), 0, 0)
    dip = generator.uniform(-0.062, -0.028)
    return Limb(hip, knee, ankle, ankle + toe @ np.array([0.0, dip, 0.075]))


Target = Callable[[Doll, float, Generator], Array]
"""Where a wrist goes: of the doll and the sign of its side."""


def _at(height: float, right: float, forward: float, loose: float = 0.02) -> Target:
    def place(doll: Doll, sign: float, generator: Generator) -> Array:
        return np.asarray(doll.trunk(height, sign * right, forward) + generator.normal(0, loose, 3))

    return place


def _around_head(up: float, out: float, forward: float) -> Target:
    def place(doll: Doll, sign: float, generator: Generator) -> Array:
        return np.asarray(doll.head + doll.facing @ np.array([sign * out, up, forward]) + generator.normal(0, 0.015, 3))

    return place


def _anywhere(doll: Doll, sign: float, generator: Generator) -> Array:
    way = generator.normal(0, 1, 3) * (1, 1, 0.6) + (sign * 0.7, -0.3, 0.2)
    return np.asarray(doll.trunk(0.786, sign * doll.shape.shoulder) + way / np.linalg.norm(way) * generator.uniform(0.16, 0.31))


def _on_leg(doll: Doll, sign: float, generator: Generator) -> Array:
    leg = doll.legs["left" if sign > 0 else "right"]
    share = generator.uniform(0.3, 1.0)
    return np.asarray(leg.root + (leg.bend - leg.root) * share + (0, 0.045, 0.03))


@dataclass(frozen=True, slots=True)
class _Reach:
    weight: float
    target: Target
    elbow: tuple[float, float, float]
    """Where the elbow points: outwards, up, forward."""
    pocket: bool = False


_REACHES = {
    "hang": _Reach(0.34, _at(0.49, 0.165, 0.01, 0.022), (0.5, 0, -1)),
    "away": _Reach(0.12, _at(0.53, 0.25, 0.0, 0.035), (0.4, 0, -1)),
    "thigh": _Reach(0.07, _at(0.49, 0.12, 0.06, 0.02), (0.8, 0, -0.7)),
    "hip": _Reach(0.10, _at(0.60, 0.125, 0.025, 0.014), (1, 0, -0.25)),
    "pocket": _Reach(0.09, _at(0.535, 0.115, 0.035, 0.012), (1, 0, -0.6), pocket=True),
    "behind": _Reach(0.05, _at(0.55, 0.05, -0.09), (1, 0, -0.3)),
    "front": _Reach(0.05, _at(0.55, 0.02, 0.11), (1, 0, -0.3)),
    "belly": _Reach(0.03, _at(0.65, -0.02, 0.11), (1, -0.3, 0)),
    "chest": _Reach(0.03, _at(0.77, 0.02, 0.10), (0.6, -1, 0)),
    "face": _Reach(0.03, _around_head(0.02, 0.045, 0.03), (0.6, -1, 0.4)),
    "hair": _Reach(0.03, _around_head(0.10, 0.06, -0.01), (1, 0.3, 0.2)),
    "anywhere": _Reach(0.06, _anywhere, (0.5, -0.6, -0.4)),
}
_CROSSED = _Reach(0, _at(0.70, -0.075, 0.105, 0.012), (0.5, -1, 0.0))
_CLASPED = _Reach(0, _at(0.535, 0.005, 0.11, 0.012), (1, 0, -0.2))
_LAP = _Reach(0, _on_leg, (0.8, 0.2, -0.6))


def _reaches(doll: Doll, generator: Generator) -> list[_Reach]:
    """What both arms do."""
    both = generator.random()
    if both < 0.07:
        return [_CROSSED, _CROSSED]
    if both < 0.12:
        return [_CLASPED, _CLASPED]
    kinds = list(_REACHES.values())
    weights = np.array([each.weight for each in kinds])
    picked = [kinds[int(each)] for each in generator.choice(len(kinds), 2, p=weights / weights.sum())]
    if both < 0.45:
        picked[1] = picked[0]
    return [_LAP if doll.seated and generator.random() < 0.6 else each for each in picked]


def _arms(doll: Doll, generator: Generator) -> dict[Side, Limb]:
    reaches = _reaches(doll, generator)
    return {side: _arm(doll, side, reach, generator) for side, reach in zip(SIDES, reaches, strict=True)}


def _arm(doll: Doll, side: Side, reach: _Reach, generator: Generator) -> Limb:
    sign = SIGN[side]
    shrug = generator.normal(0, 0.008)
    shoulder = doll.trunk(0.786, sign * doll.shape.shoulder, -0.008) + np.array([0, shrug, 0])
    longer = float(np.clip(generator.normal(1, 0.04), 0.9, 1.1))
    upper, fore = figures.UPPER_ARM * longer, figures.FOREARM * longer
    pole = doll.frames[12] @ (np.array(reach.elbow) * (sign, 1, 1) + generator.normal(0, 0.15, 3))
    elbow, wrist = _bent(shoulder, reach.target(doll, sign, generator), upper, fore, pole)
    along = (wrist - elbow) / np.linalg.norm(wrist - elbow) + generator.normal(0, 0.25, 3)
    if along[1] > 0 or generator.random() < 0.6:
        along = along + np.array([0, -0.3, 0])
    length = figures.HAND * generator.uniform(0.6, 1.0)
    return Limb(shoulder, elbow, wrist, wrist + along / np.linalg.norm(along) * length, reach.pocket)


def _bent(root: Array, target: Array, first: float, second: float, pole: Array) -> tuple[Array, Array]:
    """The middle joint and the end of two bones that reach for a target; law of cosines."""
    way = target - root
    distance = float(np.clip(np.linalg.norm(way), abs(first - second) + 0.03, (first + second) * 0.995))
    axis = way / max(float(np.linalg.norm(way)), 1e-6)
    along = (first**2 - second**2 + distance**2) / (2 * distance)
    aside = pole - axis * float(pole @ axis)
    aside = aside / max(float(np.linalg.norm(aside)), 1e-6)
    return root + axis * along + aside * np.sqrt(max(first**2 - along**2, 0.0)), root + axis * distance
