"""The bare body of a doll as tubes, and the camera that sees them."""

from dataclasses import dataclass

import numpy as np

from pipelines.draft.training.dolls.canvas import Array, Keep, Tube
from pipelines.draft.training.dolls.pose import SIDES, SIGN, SPINE, STATIONS, Doll, Limb
from pipelines.vision.people.body import JOINTS, Part, Point

SKIN = 1
"""Material of the body."""
ARM_WIDTHS = (0.0262, 0.0255, 0.0240, 0.0212, 0.0200, 0.0205, 0.0185, 0.0150, 0.0122)
LEG_WIDTHS = (0.0470, 0.0465, 0.0415, 0.0350, 0.0283, 0.0275, 0.0305, 0.0250, 0.0175, 0.0155)
PARTS = {
    "left": (Part.LEFT_ARM, Part.LEFT_HAND, Part.LEFT_LEG),
    "right": (Part.RIGHT_ARM, Part.RIGHT_HAND, Part.RIGHT_LEG),
}


@dataclass(frozen=True, slots=True)
class Camera:
    """Pixels for one body height at the middle of the body, where that middle is seen, its roll, and how far away it stands."""

    scale: float
    middle: Array
    """(2,): x and y of the picture."""
    centre: Array
    """(3,): the point of the body that is seen there."""
    roll: float
    """Degrees by which the picture is turned."""
    pitch: float
    """Degrees by which the camera looks down."""
    distance: float
    """In body heights."""

    def seen(self, places: Array) -> Array:
        """(n, 3) in body heights to (n, 3) in pixels; the third is towards the viewer."""
        a, b = np.radians((self.roll, self.pitch))
        x, y, z = np.moveaxis(places - self.centre, -1, 0)
        y, z = y * np.cos(b) - z * np.sin(b), z * np.cos(b) + y * np.sin(b)
        near = self.scale / np.maximum(1 - z / self.distance, 0.3)
        across, down = x * np.cos(a) + y * np.sin(a), -(y * np.cos(a) - x * np.sin(a))
        return np.stack([self.middle[0] + across * near, self.middle[1] + down * near, z * self.scale], axis=-1)

    def size(self, places: Array, lengths: Array) -> Array:
        """Lengths at places, in pixels."""
        z = (places - self.centre)[..., 2]
        return np.asarray(lengths * self.scale / np.maximum(1 - z / self.distance, 0.3))


def tube(
    camera: Camera, path: Array, wide: Array, part: int, material: int, *, deep: Array | float = 1.0, linked: bool = True,
    open_end: bool = False, keep: Keep | None = None,
) -> Tube:  # fmt: skip
    """A tube along a path in body heights; `deep` is a factor on its half width."""
    seen = camera.size(path, wide)
    return Tube(camera.seen(path), seen, seen * deep, int(part), material, linked, open_end, keep)


def smooth(points: Array, samples: int) -> Array:
    """(samples, k): a quadratic B-spline's way through the middle of the points, from the first to the last."""
    knots = np.concatenate([points[:1], np.repeat(points, 1, axis=0), points[-1:]])
    t = np.linspace(0, len(knots) - 2.001, samples)
    i = t.astype(int)
    f = (t - i)[:, None]
    first, second, third = knots[i], knots[np.minimum(i + 1, len(knots) - 1)], knots[np.minimum(i + 2, len(knots) - 1)]
    start, end = (first + second) / 2, (second + third) / 2
    way = start * (1 - f) ** 2 + 2 * second * f * (1 - f) + end * f**2
    way[0], way[-1] = points[0], points[-1]
    return np.asarray(way)


def profile(values: tuple[float, ...], samples: int) -> Array:
    """Values at even stations, read off at `samples`."""
    return np.interp(np.linspace(0, 1, samples), np.linspace(0, 1, len(values)), values)


@dataclass(frozen=True, slots=True)
class Slices:
    """The trunk between two heights."""

    path: Array
    wide: Array
    """Half width as it is seen, in body heights."""
    deep: Array


def slices(doll: Doll, top: float, bottom: float, count: int, ease: Array | float = 0.0) -> Slices:
    """The trunk's elliptical sections from `top` down to `bottom`, seen from where the viewer is."""
    heights = np.linspace(top, bottom, count)
    path = np.stack([np.interp(heights, SPINE, column) for column in doll.spine.T], axis=1)
    index = np.abs(SPINE[None, :] - heights[:, None]).argmin(axis=1)
    frames = doll.frames[index]
    wide = np.interp(heights, STATIONS, doll.shape.torso) + ease
    deep = np.interp(heights, STATIONS, doll.shape.depth) + ease
    seen = np.hypot(wide * frames[:, 0, 0], deep * frames[:, 0, 2])
    toward = np.hypot(wide * frames[:, 2, 0], deep * frames[:, 2, 2])
    return Slices(path, seen, toward)


def trunk_tube(camera: Camera, cut: Slices, part: int, material: int, keep: Keep | None = None) -> Tube:
    """A tube of flat slices."""
    wide = camera.size(cut.path, cut.wide)
    return Tube(camera.seen(cut.path), wide, camera.size(cut.path, cut.deep), int(part), material, linked=False, keep=keep)


def arm_path(limb: Limb) -> Array:
    """(9, 3) from shoulder to wrist."""
    return _two_bones(limb, 4)


def leg_path(limb: Limb) -> Array:
    """(11, 3) from hip to ankle."""
    return _two_bones(limb, 5)


def _two_bones(limb: Limb, links: int) -> Array:
    share = np.linspace(0, 1, links + 1)[:, None]
    first, second = limb.root + (limb.bend - limb.root) * share, limb.bend + (limb.end - limb.bend) * share
    path = np.concatenate([first, second[1:]])
    path[links] = 0.6 * path[links] + 0.2 * (path[links - 1] + path[links + 1])
    return np.asarray(path)


def arm_widths(doll: Doll) -> Array:
    """Half widths at the points of `arm_path`."""
    return profile(ARM_WIDTHS, 9) * np.interp(
        np.linspace(0, 1, 9), (0, 0.3, 1), ((1 + doll.shape.arm) / 2, doll.shape.arm, doll.shape.arm)
    )


def leg_widths(doll: Doll) -> Array:
    """Half widths at the points of `leg_path`."""
    return profile(LEG_WIDTHS, 11) * np.interp(
        np.linspace(0, 1, 11), (0, 0.5, 1), (doll.shape.leg, (1 + doll.shape.leg) / 2, 1.0)
    )


def bare(doll: Doll, camera: Camera) -> list[Tube]:
    """Trunk, neck, arms, hands, legs and feet."""
    made = [
        trunk_tube(camera, slices(doll, 0.838, 0.458, 17), Part.TORSO, SKIN),
        trunk_tube(camera, slices(doll, 0.884, 0.832, 5), Part.NECK, SKIN),
    ]
    for side in SIDES:
        arm_part, _, leg_part = PARTS[side]
        made.append(tube(camera, arm_path(doll.arms[side]), arm_widths(doll), arm_part, SKIN))
        made.append(tube(camera, leg_path(doll.legs[side]), leg_widths(doll), leg_part, SKIN))
        made += [*hand(doll, camera, SIGN[side], doll.arms[side], PARTS[side][1]), foot(doll, camera, doll.legs[side], leg_part)]
    return made


def hand(doll: Doll, camera: Camera, sign: float, limb: Limb, part: int) -> list[Tube]:
    """A mitten and a thumb; nothing where the hand is in a pocket."""
    if limb.hidden_end:
        return []
    share = np.linspace(0, 1, 4)[:, None]
    path = limb.end + (limb.tip - limb.end) * share
    wide = np.array([0.0130, 0.0178, 0.0170, 0.0105]) * (0.5 + 0.5 * doll.shape.arm)
    way = limb.tip - limb.end
    aside = np.cross(way, (0, 0, sign)) / max(float(np.linalg.norm(way)), 1e-6)
    thumb = limb.end + way * np.array([[0.1], [0.35], [0.55]]) - aside * np.array([[0.006], [0.018], [0.021]])
    return [
        tube(camera, path, wide, part, SKIN, deep=0.6),
        tube(camera, thumb, np.array([0.008, 0.0075, 0.0055]), part, SKIN),
    ]


def foot(doll: Doll, camera: Camera, limb: Limb, part: int, material: int = SKIN, ease: float = 0.0) -> Tube:
    """From the ankle to the toes."""
    share = np.linspace(0, 1, 4)[:, None]
    path = limb.end + (limb.tip - limb.end) * share
    return tube(camera, path, np.array([0.0165, 0.0195, 0.0225, 0.0170]) + ease, part, material, deep=0.8)


def joints(doll: Doll, camera: Camera) -> dict[str, Point]:
    """The joints of `JOINTS`, wherever they fall, also outside the picture."""
    head = doll.head + doll.facing @ np.array([0.0, 0.128, -0.005])
    places = {"head_top": head, "chin": doll.head, "neck": doll.trunk(0.836), "crotch": doll.trunk(0.462)}
    for side in SIDES:
        arm, leg, sign = doll.arms[side], doll.legs[side], SIGN[side]
        right, up = doll.frames[12][:, 0], doll.frames[12][:, 1]
        cap = 0.0265 * (0.5 + 0.5 * doll.shape.arm)
        places[f"{side}_shoulder"] = arm.root + cap * (sign * right * 0.766 + up * 0.643)
        places |= {f"{side}_elbow": arm.bend, f"{side}_wrist": arm.end, f"{side}_knee": leg.bend, f"{side}_ankle": leg.end}
        for name, height in (("armpit", 0.748), ("waist", 0.645), ("hip", 0.54)):
            places[f"{side}_{name}"] = _flank(doll, height, sign)
    seen = {name: camera.seen(np.asarray(place)[None])[0] for name, place in places.items()}
    return {name: Point(float(seen[name][0]), float(seen[name][1])) for name in JOINTS}


def _flank(doll: Doll, height: float, sign: float) -> Array:
    """Where the trunk's outline is on one side."""
    cut = slices(doll, height, height, 1)
    frame = doll.frames[int(np.abs(SPINE - height).argmin())]
    facing_away = np.sign(frame[0, 0]) or 1.0
    up = frame[:, 1]
    aside = np.array([up[1], -up[0], 0.0]) / max(float(np.hypot(up[0], up[1])), 1e-6)
    return np.asarray(cut.path[0] + aside * sign * facing_away * cut.wide[0])
