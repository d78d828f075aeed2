"""Clothes of dolls: tubes around the trunk and the limbs, cut out at the neck and the arms, closed or open, tucked in or not."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from pipelines.draft.training.dolls.anatomy import (
    PARTS,
    Camera,
    arm_path,
    arm_widths,
    foot,
    leg_path,
    leg_widths,
    profile,
    slices,
    trunk_tube,
    tube,
)
from pipelines.draft.training.dolls.canvas import Array, Keep, Tube
from pipelines.draft.training.dolls.pose import SIDES, STATIONS, Doll
from pipelines.images import Floats, Mask
from pipelines.vision.people.body import Part

TOP, SLEEVES, BOTTOM, DRESS, JACKET, SHOES, TIGHTS, ITEM, BELT, COLLAR = range(4, 14)
"""Materials; 1 to 3 are skin, hair and hats."""
SHOULDERS, CROTCH = 0.838, 0.462


def dressed(doll: Doll, camera: Camera, generator: Generator) -> list[Tube]:
    """Everything that a doll wears."""
    kind = generator.random()
    made: list[Tube] = []
    if kind < 0.02:
        made += _bottom(doll, camera, generator, 0.62) if generator.random() < 0.7 else []
    elif kind < 0.26:
        made += _dress(doll, camera, generator)
    else:
        waist = float(np.clip(generator.normal(0.595, 0.028), 0.53, 0.67))
        made += _bottom(doll, camera, generator, waist)
        made += _top(doll, camera, generator, waist)
    if generator.random() < 0.17:
        made += _jacket(doll, camera, generator)
    return made + _footwear(doll, camera, generator)


@dataclass(frozen=True, slots=True)
class _Neck:
    """What is cut away at a top's upper end, in body heights: half width and depth at the neck, straps, or bare shoulders."""

    half: float
    deep: float
    power: float
    """1 is a V, 2 round, 6 square."""
    strap: float | None
    """Half distance of the outer edges of the straps from the middle, where there are no sleeves."""
    bare: float
    """Height under which a strapless or off-shoulder top begins."""


def _neck(generator: Generator, sleeveless: bool) -> _Neck:
    power = float(generator.choice((1.0, 1.4, 2.0, 2.0, 2.5, 6.0)))
    deep = float(generator.choice((generator.uniform(-0.006, 0.02), generator.uniform(0.02, 0.05), generator.uniform(0.05, 0.13)),
                                  p=(0.45, 0.32, 0.23)))  # fmt: skip
    half = float(np.clip(generator.normal(0.040, 0.010), 0.028, 0.075))
    bare = float(generator.uniform(0.765, 0.80)) if generator.random() < (0.10 if sleeveless else 0.03) else 1.0
    strap = float(generator.uniform(max(0.055, half + 0.008), 0.098)) if sleeveless else None
    return _Neck(half, deep, power, strap, bare)


def _neckline(doll: Doll, neck: _Neck, top: float, bottom: float, opening: float = 0.0, lean: float = 0.0) -> Keep:
    """Of a trunk tube from `top` to `bottom`: what is left of it under the neckline and beside the arms."""
    wide = slices(doll, top, bottom, 33).wide
    shift = float(doll.frames[16][0, 2]) * -0.6 if not doll.from_behind else 0.0
    deep = neck.deep if not doll.from_behind else min(neck.deep, 0.015)

    def keep(along: Floats, across: Floats) -> Mask:
        height = top - along * np.float32(top - bottom)
        half = np.interp(along, np.linspace(0, 1, 33), wide)
        x = across * half - shift * half
        down = np.maximum(SHOULDERS + 0.004 - height, 0) / max(0.012 + deep, 1e-3)
        cut = (np.abs(x) / neck.half) ** neck.power + down**neck.power < 1
        cut |= height > neck.bare
        if neck.strap is not None:
            armhole = neck.strap + np.clip((0.80 - height) / 0.055, 0, 1) ** 2 * 0.06
            cut |= (np.abs(x) > armhole) & (height > 0.742)
        if opening:
            gap = opening * np.clip((height - bottom) / 0.1 + 0.6, 0.6, 1)
            cut |= (np.abs(x - lean) < gap) & (not doll.from_behind)
        return np.asarray(~cut)

    return keep


def _top(doll: Doll, camera: Camera, generator: Generator, waist: float) -> list[Tube]:
    sleeve = _sleeve_length(generator)
    ease = float(generator.choice((generator.uniform(0.001, 0.006), generator.uniform(0.006, 0.022)), p=(0.55, 0.45)))
    tucked = generator.random() < 0.42
    hem = waist - 0.01 if tucked else float(np.clip(generator.normal(0.535, 0.045), 0.44, 0.72))
    if generator.random() < 0.08:
        hem = float(generator.uniform(0.64, 0.73))
    neck = _neck(generator, sleeve == 0)
    made = [_bodice(doll, camera, generator, neck, hem, ease, TOP, Part.UPPER)]
    made += _sleeves(doll, camera, generator, sleeve, ease, SLEEVES if generator.random() < 0.15 else TOP, Part.UPPER)
    if generator.random() < 0.2:
        made.append(_collar(doll, camera, generator, Part.UPPER, COLLAR if generator.random() < 0.3 else TOP))
    return made


def _sleeve_length(generator: Generator) -> float:
    """0 is none, 1 to the wrist."""
    kind = generator.choice(4, p=(0.24, 0.36, 0.10, 0.30))
    ranges = ((0.0, 0.0), (0.16, 0.46), (0.5, 0.85), (0.92, 1.0))
    return float(generator.uniform(*ranges[int(kind)]))


def _bodice(
    doll: Doll, camera: Camera, generator: Generator, neck: _Neck, hem: float, ease: float, material: int, part: int,
    opening: float = 0.0,
) -> Tube:  # fmt: skip
    heights = np.linspace(SHOULDERS, max(hem, CROTCH - 0.02), 19)
    loose = _hung(doll, heights, ease, float(generator.uniform(0.0, 1.0)))
    wrinkles = np.convolve(generator.normal(0, 0.0008 + 0.08 * ease, 21), (0.25, 0.5, 0.25), "valid") * (heights < 0.78)
    cut = slices(doll, heights[0], heights[-1], 19, np.maximum(loose + wrinkles, 0.001))
    lean = float(generator.normal(0, 0.01))
    return trunk_tube(camera, cut, part, material, _neckline(doll, neck, heights[0], heights[-1], opening, lean))


def _hung(doll: Doll, heights: Array, ease: float, straight: float) -> Array:
    """Ease at heights: cloth hangs from the chest, the straighter the less it follows the waist."""
    body = np.interp(heights, STATIONS, doll.shape.torso)
    chest = float(np.interp(0.735, STATIONS, doll.shape.torso))
    gap = np.where(heights < 0.735, np.maximum(chest - body, 0) * straight * min(1.0, ease / 0.012), 0)
    below = np.where(heights < 0.50, np.maximum(0, float(np.interp(0.53, STATIONS, doll.shape.torso)) - body), 0)
    return np.asarray(0.002 + ease * np.clip((0.835 - heights) / 0.06, 0.15, 1) + gap + below)


def _sleeves(
    doll: Doll, camera: Camera, generator: Generator, length: float, ease: float, material: int, part: int
) -> list[Tube]:
    if length == 0:
        return []
    ease = 0.003 + ease * float(generator.uniform(0.3, 0.9)) + 0.012 * float(generator.random() < 0.12)
    cuff = float(generator.choice((0.3, 1.0, 1.5)))
    return [_sleeve(doll, camera, generator, side, length, ease, cuff, material, part) for side in SIDES]


def _sleeve(
    doll: Doll, camera: Camera, generator: Generator, side: str, length: float, ease: float, cuff: float, material: int, part: int
) -> Tube:
    limb = doll.arms[side]  # type: ignore[index]
    path, wide = shortened(arm_path(limb), length * 1.0), profile(tuple(shortened(arm_widths(doll)[:, None], length)[:, 0]), 9)
    grow = ease * np.interp(np.linspace(0, 1, 9), (0, 0.15, 0.85, 1), (0.2, 1, 1, cuff))
    wide = wide + np.maximum(grow + generator.normal(0, 0.15 * ease, 9), 0.0015)
    return tube(camera, path, wide, part, material, open_end=True)


def shortened(path: Array, share: float) -> Array:
    """The first part of a path, with as many points."""
    at = np.linspace(0, share * (len(path) - 1), len(path))
    return np.stack([np.interp(at, np.arange(len(path)), column) for column in path.T], axis=1)


def _collar(doll: Doll, camera: Camera, generator: Generator, part: int, material: int) -> Tube:
    """A stand-up collar, a turtleneck or a hood that lies on the shoulders."""
    top = float(generator.uniform(0.845, 0.878))
    cut = slices(doll, top, 0.815, 6, np.linspace(0.004, float(generator.uniform(0.008, 0.03)), 6))
    vee = float(generator.uniform(0, 0.8)) if generator.random() < 0.5 else 0.0

    def keep(along: Floats, across: Floats) -> Mask:
        return np.asarray((np.abs(across) > vee * (1 - along)) | bool(doll.from_behind))

    return trunk_tube(camera, cut, part, material, keep)


def _bottom(doll: Doll, camera: Camera, generator: Generator, waist: float) -> list[Tube]:
    if generator.random() < 0.26:
        length = float(
            generator.choice((generator.uniform(0.18, 0.45), generator.uniform(0.45, 0.75), generator.uniform(0.75, 0.98)))
        )
        return skirt(doll, camera, generator, waist, length, BOTTOM, Part.LOWER)
    length = float(generator.choice((generator.uniform(0.10, 0.50), generator.uniform(0.6, 0.9), generator.uniform(0.93, 1.02)),
                                    p=(0.24, 0.12, 0.64)))  # fmt: skip
    loose = float(generator.choice((0.002, generator.uniform(0.004, 0.012), generator.uniform(0.012, 0.03)), p=(0.3, 0.45, 0.25)))
    flare = float(generator.choice((0.3, 1.0, 2.2)))
    made = [_seat(doll, camera, waist, 0.003 + 0.4 * loose, BOTTOM, Part.LOWER)]
    for side in SIDES:
        path = shortened(leg_path(doll.legs[side]), min(length, 1.0))
        wide = shortened(leg_widths(doll)[:, None], min(length, 1.0))[:, 0]
        ease = loose * np.interp(np.linspace(0, 1, 11), (0, 0.3, 1), (0.3, 1, flare)) + 0.0025
        hang = np.interp(np.linspace(0, 1, 11), (0, 0.5, 1), (0, 0.25, 0.5)) * max(0.0, loose - 0.003) * 1.2
        wide = wide + ease + hang + generator.normal(0, 0.0006 + 0.04 * loose, 11)
        made.append(tube(camera, path, wide, Part.LOWER, BOTTOM, open_end=True))
    if generator.random() < 0.3:
        made.append(_belt(doll, camera, waist, Part.LOWER))
    return made


def _seat(doll: Doll, camera: Camera, waist: float, ease: float, material: int, part: int) -> Tube:
    return trunk_tube(camera, slices(doll, waist, CROTCH - 0.004, 9, ease + 0.001), part, material)


def _belt(doll: Doll, camera: Camera, waist: float, part: int) -> Tube:
    return trunk_tube(camera, slices(doll, waist, waist - 0.02, 3, 0.0065), part, BELT)


def skirt(doll: Doll, camera: Camera, generator: Generator, waist: float, length: float, material: int, part: int) -> list[Tube]:
    """A fan of tubes from one leg to the other, so that it spans standing, striding and sitting legs; `length` 1 is to the ankles."""
    snug = generator.random() < 0.35
    flare = float(generator.uniform(0.0, 0.008) if snug else generator.uniform(0.008, 0.07)) * (0.4 + length)
    if doll.seated:
        flare *= 0.4
    made = [_seat(doll, camera, waist, 0.006, material, part)]
    left, right = (shortened(leg_path(doll.legs[side]), length) for side in SIDES)
    base = shortened(leg_widths(doll)[:, None], length)[:, 0]
    straight = np.maximum(base, base[2] * np.interp(np.linspace(0, 1, 11), (0, 1), (1, 0.9 if not snug else 0.75)))
    ripple = generator.normal(0, 0.05 + 2.2 * flare, 5) * (not snug)
    swing = np.linspace(0, 1, 11) ** 1.2
    for share, wave in zip(np.linspace(0, 1, 5), ripple, strict=True):
        path = left + (right - left) * share
        outward = (left[-1] - right[-1]) * (0.5 - share)
        path = path + swing[:, None] * flare * 1.2 * outward / max(float(np.linalg.norm(left[-1] - right[-1])), 0.02)
        wide = straight + 0.003 + swing * flare * (0.55 + 0.3 * wave)
        made.append(tube(camera, path, wide, part, material, open_end=True))
    return made


def _dress(doll: Doll, camera: Camera, generator: Generator) -> list[Tube]:
    """A bodice and a skirt, or trousers, of one cloth, at times belted."""
    sleeve = _sleeve_length(generator) if generator.random() < 0.6 else 0.0
    ease = float(generator.uniform(0.001, 0.012))
    waist = float(np.clip(generator.normal(0.63, 0.025), 0.56, 0.72))
    made = [_bodice(doll, camera, generator, _neck(generator, sleeve == 0), waist - 0.03, ease, DRESS, Part.DRESS)]
    length = float(generator.choice((generator.uniform(0.2, 0.45), generator.uniform(0.4, 0.7), generator.uniform(0.7, 1.0))))
    made += skirt(doll, camera, generator, waist, length, DRESS, Part.DRESS)
    made += _sleeves(doll, camera, generator, sleeve, ease, DRESS, Part.DRESS)
    if generator.random() < 0.25:
        made.append(_belt(doll, camera, waist, Part.DRESS))
    return made


def _jacket(doll: Doll, camera: Camera, generator: Generator) -> list[Tube]:
    """A second layer with long sleeves, mostly open, from the waist to the knees."""
    hem = float(generator.choice((generator.uniform(0.54, 0.66), generator.uniform(0.45, 0.54))))
    ease = float(generator.uniform(0.010, 0.024))
    opening = float(generator.uniform(0.006, 0.06)) if generator.random() < 0.75 else 0.0
    neck = _Neck(0.042, float(generator.uniform(0.0, 0.12)), 1.0, None, 1.0)
    made = [_bodice(doll, camera, generator, neck, hem, ease, JACKET, Part.UPPER, opening)]
    if generator.random() < 0.3 and not doll.seated:
        made += _tails(doll, camera, generator, ease, opening)
    length = float(generator.uniform(0.9, 1.0) if generator.random() < 0.85 else generator.uniform(0.4, 0.8))
    made += _sleeves(doll, camera, generator, length, ease, JACKET, Part.UPPER)
    if generator.random() < 0.5:
        made.append(_collar(doll, camera, generator, Part.UPPER, JACKET))
    return made


def _tails(doll: Doll, camera: Camera, generator: Generator, ease: float, opening: float) -> list[Tube]:
    """A coat's lower part, beside both legs."""
    length = float(generator.uniform(0.2, 0.8))
    made: list[Tube] = []
    for side in SIDES:
        path = shortened(leg_path(doll.legs[side]), length)
        other = shortened(leg_path(doll.legs["right" if side == "left" else "left"]), length)
        away = (path - other) * (0.12 + 2.0 * opening)
        wide = np.maximum(shortened(leg_widths(doll)[:, None], length)[:, 0], 0.043) + ease
        made.append(tube(camera, path + away, wide, Part.UPPER, JACKET, open_end=True))
    return made


def _footwear(doll: Doll, camera: Camera, generator: Generator) -> list[Tube]:
    made: list[Tube] = []
    if generator.random() < 0.10:
        for side in SIDES:
            top = float(generator.uniform(0.0, 0.7)) if generator.random() < 0.4 else 0.0
            path = leg_path(doll.legs[side])[int(top * 10) :]
            made.append(tube(camera, path, leg_widths(doll)[int(top * 10) :] + 0.001, PARTS[side][2], TIGHTS))
            made.append(foot(doll, camera, doll.legs[side], PARTS[side][2], TIGHTS, 0.001))
    if generator.random() < 0.12:
        return made
    shaft = float(generator.choice((0.0, generator.uniform(0.03, 0.12), generator.uniform(0.12, 0.45)), p=(0.6, 0.25, 0.15)))
    thick = float(generator.uniform(0.002, 0.006))
    for side in SIDES:
        made.append(foot(doll, camera, doll.legs[side], Part.SHOES, SHOES, thick))
        if shaft:
            path, wide = leg_path(doll.legs[side]), leg_widths(doll)
            tail = shortened(path[::-1], shaft), shortened(wide[::-1, None], shaft)[:, 0]
            made.append(tube(camera, tail[0], tail[1] + thick + 0.0035, Part.SHOES, SHOES, open_end=True))
    return made


def carried(doll: Doll, camera: Camera, generator: Generator) -> list[Tube]:
    """A bag at a hand or across the body, or something held in front."""
    kind = generator.integers(3)
    side = SIDES[int(generator.integers(2))]
    if kind == 0:
        hand = doll.arms[side].tip
        size = generator.uniform(0.03, 0.07)
        bag = hand - np.array([[0, 0.02, 0.01], [0, 0.06, 0.01], [0, 0.06 + size * 1.6, 0.01]]) * (1, 1, -1)
        return [tube(camera, bag, np.array([0.004, size, size]), Part.BACKGROUND, ITEM, linked=False, deep=0.4)]
    if kind == 1:
        ends = doll.trunk(0.83, 0.05, 0.075), doll.trunk(0.55, -0.10, 0.085)
        path = ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, 6)[:, None]
        path[:, 2] += 0.02 * np.sin(np.linspace(0, np.pi, 6))
        return [tube(camera, path, np.full(6, generator.uniform(0.004, 0.009)), Part.BACKGROUND, ITEM),
                tube(camera, ends[1] + np.array([[0, 0.01, 0], [0, -0.07, 0]]), np.array([0.04, 0.045]), Part.BACKGROUND, ITEM)]  # fmt: skip
    middle = (doll.arms["left"].end + doll.arms["right"].end) / 2 + (0, 0, 0.03)
    tall, wide = (float(each) for each in generator.uniform(0.03, 0.08, 2))
    path = middle + np.array([[0, tall, 0], [0, -tall, 0]])
    return [tube(camera, path, np.full(2, wide), Part.BACKGROUND, ITEM, linked=False, deep=0.3)]
