"""The features of a face as an illustrator paints them: flat shapes with soft edges on a plane before the head.

`painted` gives the colours of the front of a head; the plane's x and y are the head's own, so that the features turn with it.
"""

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats
from pipelines.vision.rendering import palette
from pipelines.vision.rendering.canvas import Mask, Points, Sheet
from pipelines.vision.rendering.likeness import Expression, Face
from pipelines.vision.rendering.palette import Colour, mixed
from pipelines.vision.rendering.relief import smooth_path
from pipelines.vision.rendering.skull import EYE_Y, MOUTH_Y, eye_x, nose_base

WIDE, HIGH, LOW = 0.42, 0.52, -0.54
"""Extent of the painted plane: -WIDE to WIDE, LOW to HIGH."""


def painted(face: Face, expression: Expression, unit: float, detail: float = 1.0) -> Sheet:
    """The front of a bald head, without glasses; `detail` in [0, 1] is how many single hairs are drawn."""
    shape = round((HIGH - LOW) * unit), round(2 * WIDE * unit)
    sheet = Sheet(np.broadcast_to(np.asarray(face.skin, np.float32), (*shape, 3)).copy(), unit, -WIDE, HIGH)
    _complexion(sheet, face, expression)
    _beard(sheet, face, detail)
    _nose(sheet, face)
    _mouth(sheet, face, expression)
    for side in (-1, 1):
        _eye(sheet, face, expression, side)
        _brow(sheet, face, expression, side, detail)
    _freckles(sheet, face)
    return sheet


def deeper(skin: Colour, by: float) -> Colour:
    """A skin's own shadow: darker and warmer."""
    red, green, blue = skin
    return red * (1 - 0.62 * by), green * (1 - 0.80 * by), blue * (1 - 0.84 * by)


def _complexion(sheet: Sheet, face: Face, expression: Expression) -> None:
    eye, rosy = eye_x(face), 0.5 + 0.5 * face.makeup
    blush = mixed(face.skin, (0.86, 0.36, 0.34), 0.45)
    sheet.lay(sheet.glow(0, 0.27, 0.20, 0.10), mixed(face.skin, (1, 0.95, 0.9), 0.25), 0.35)
    sheet.lay(sheet.glow(0, -0.46, 0.20, 0.045), deeper(face.skin, 0.20), 0.5)
    for side in (-1, 1):
        smile = max(0.0, expression.smile)
        sheet.lay(sheet.glow(side * 0.205, -0.135 + 0.014 * smile, 0.062, 0.042, side * 28), blush, 0.46 * rosy)
        sheet.lay(sheet.glow(side * (eye - 0.01), 0.034, 0.070, 0.024), deeper(face.skin, 0.30), 0.42)
        sheet.lay(sheet.glow(side * (eye - 0.055), 0.010, 0.020, 0.030), deeper(face.skin, 0.34), 0.40)
        sheet.lay(sheet.glow(side * (eye + 0.004), -0.068, 0.052, 0.014), deeper(face.skin, 0.18), 0.34)
        sheet.lay(sheet.glow(side * 0.175, -0.095, 0.045, 0.020, side * 24), mixed(face.skin, (1, 0.96, 0.92), 0.4), 0.22)
    if face.makeup > 0.2:
        shadow = mixed(deeper(face.skin, 0.38), (0.45, 0.26, 0.26), 0.35)
        for side in (-1, 1):
            sheet.lay(sheet.glow(side * (eye + 0.012), 0.030, 0.060, 0.019, side * 8), shadow, 0.55 * face.makeup)
    _aged(sheet, face, expression)


def _aged(sheet: Sheet, face: Face, expression: Expression) -> None:
    """Lines that come with the years and with a smile, as soft creases."""
    age = float(np.clip((face.age - 34) / 36, 0, 1))
    fold = 0.20 * max(0.0, expression.smile) + 0.55 * age
    crease = deeper(face.skin, 0.42)
    base = nose_base(face)
    eye = eye_x(face)
    for side in (-1, 1):
        line = ((side * 0.072, base + 0.030), (side * 0.112, base - 0.030), (side * 0.134, MOUTH_Y + 0.010))
        sheet.lay(sheet.stroke(line, 0.012, soft=0.004), crease, fold * 0.62)
        under = ((side * (eye - 0.065), -0.045), (side * eye, -0.074), (side * (eye + 0.058), -0.052))
        sheet.lay(sheet.stroke(under, 0.008, soft=0.004), crease, 0.48 * age)
        for k, lift in enumerate((0.018, -0.002, -0.022)):
            feet = ((side * (eye + 0.094), lift * 0.6), (side * (eye + 0.122 - 0.005 * abs(k - 1)), lift * 1.7))
            sheet.lay(sheet.stroke(feet, 0.005, soft=0.002), crease, 0.65 * max(0.0, age - 0.15))
    for k in range(2):
        brow = ((-0.13 + 0.02 * k, 0.205 + 0.05 * k), (0, 0.214 + 0.052 * k), (0.13 - 0.02 * k, 0.205 + 0.05 * k))
        sheet.lay(sheet.stroke(brow, 0.008, soft=0.004), crease, 0.50 * max(0.0, age - 0.2))


def _nose(sheet: Sheet, face: Face) -> None:
    base, wide = nose_base(face), face.nose_width
    shade, light = deeper(face.skin, 0.42), mixed(face.skin, (1.0, 0.97, 0.93), 0.55)
    sheet.lay(sheet.glow(0, base - 0.006, 0.036 * wide, 0.011), shade, 0.26)
    for side in (-1, 1):
        sheet.lay(sheet.glow(side * 0.036, -0.070, 0.013, 0.070, side * 4), shade, 0.13)
        sheet.lay(sheet.glow(side * 0.068 * wide, base + 0.018, 0.010, 0.020), shade, 0.34)
        nostril = (
            (side * 0.014, base + 0.001), (side * 0.030 * wide, base + 0.010), (side * 0.050 * wide, base + 0.004),
        )  # fmt: skip
        sheet.lay(sheet.stroke(nostril, 0.0105, soft=0.0018), deeper(face.skin, 0.72), 0.62)
        wing = (
            (side * 0.060 * wide, base + 0.046), (side * 0.079 * wide, base + 0.022), (side * 0.066 * wide, base - 0.001),
        )  # fmt: skip
        sheet.lay(sheet.stroke(wing, 0.008, soft=0.003), deeper(face.skin, 0.55), 0.34)
    sheet.lay(sheet.glow(-0.004, -0.060, 0.011, 0.070), light, 0.42)
    sheet.lay(sheet.glow(-0.006, base + 0.046, 0.017, 0.014), light, 0.62)


@dataclass(frozen=True, slots=True)
class _Lips:
    """Outlines of a mouth."""

    upper: Points
    lower: Points
    gap: Points
    line: Points


def _lips(face: Face, expression: Expression) -> _Lips:
    smile = expression.smile
    half = (0.098 + 0.020 * max(0.0, smile)) * face.mouth_width * (0.97 if face.sex != "man" else 1.04)
    full = face.lips * (1.0 if face.sex == "woman" else 0.82) * (1 - 0.14 * max(0.0, smile))
    full *= float(np.interp(face.age, (45, 75), (1.0, 0.74)))
    corner = MOUTH_Y + 0.032 * smile
    part = 0.034 * expression.teeth
    seam = np.array(
        [
            (-half, corner),
            (-0.5 * half, MOUTH_Y - 0.003),
            (0, MOUTH_Y - 0.004 - 0.004 * smile),
            (0.5 * half, MOUTH_Y - 0.003),
            (half, corner),
        ]
    )
    bow = [
        (-half, corner), (-0.55 * half, MOUTH_Y + 0.021 * full), (-0.17 * half, MOUTH_Y + 0.036 * full),
        (0, MOUTH_Y + 0.028 * full), (0.17 * half, MOUTH_Y + 0.036 * full), (0.55 * half, MOUTH_Y + 0.021 * full), (half, corner),
    ]  # fmt: skip
    depth = 0.047 * full + 0.6 * part
    under = [
        (-half, corner), (-0.58 * half, MOUTH_Y - 0.70 * depth), (0, MOUTH_Y - depth), (0.58 * half, MOUTH_Y - 0.70 * depth),
        (half, corner),
    ]  # fmt: skip
    top = smooth_path(seam + np.array([(0, 0), (0, part * 0.25), (0, part * 0.3), (0, part * 0.25), (0, 0)]))
    low = smooth_path(seam - np.array([(0, 0), (0, part * 0.55), (0, part * 0.75), (0, part * 0.55), (0, 0)]))
    return _Lips(
        np.concatenate([smooth_path(bow), top[::-1]]), np.concatenate([low, smooth_path(under)[::-1]]),
        np.concatenate([top, low[::-1]]), smooth_path(seam),
    )  # fmt: skip


def _mouth(sheet: Sheet, face: Face, expression: Expression) -> None:
    lips, colour = _lips(face, expression), palette.lips_of(face.skin, face.makeup)
    edge = 0.0022 if face.makeup > 0.2 else 0.0045
    sheet.lay(sheet.glow(0, MOUTH_Y - 0.064 * face.lips, 0.055, 0.012), deeper(face.skin, 0.36), 0.52)
    sheet.lay(sheet.filled(lips.upper, edge), deeper(colour, 0.18))
    sheet.lay(sheet.filled(lips.lower, edge), colour)
    shine = sheet.glow(-0.012, MOUTH_Y - 0.026 * face.lips, 0.034, 0.009).within(sheet.filled(lips.lower, 0.010))
    sheet.lay(shine, mixed(colour, (1, 0.95, 0.93), 0.5), 0.62)
    if expression.teeth > 0.05:
        inside = sheet.filled(lips.gap, 0.001)
        sheet.lay(inside, (0.36, 0.13, 0.12))
        teeth = lips.gap * (0.86, 1.0) + (0, 0.0035)
        sheet.lay(inside.within(sheet.filled(teeth, 0.003)), (0.945, 0.925, 0.895))
        return
    corners = smooth_path(lips.line[:: len(lips.line) // 5])
    sheet.lay(sheet.stroke(corners, 0.0085, (0.5, 0.5), soft=0.0012), deeper(colour, 0.72), 0.86)
    for side in (-1, 1):
        at = lips.line[0 if side < 0 else -1]
        sheet.lay(sheet.glow(float(at[0]) + side * 0.004, float(at[1]) - 0.002, 0.009, 0.007), deeper(face.skin, 0.6), 0.55)


@dataclass(frozen=True, slots=True)
class _Almond:
    """The lids of one eye, from the inner to the outer corner."""

    upper: Points
    lower: Points
    middle: tuple[float, float]
    half: float


def _almond(face: Face, expression: Expression, side: int) -> _Almond:
    young = float(np.clip((17 - face.age) / 9, 0, 1))
    half = 0.079 * face.eye_size * (1 + 0.10 * young) * (0.96 if face.sex == "man" else 1.0)
    open_ = expression.lids * face.eye_opening * (0.86 if face.sex == "man" else 1.0) * (1 + 0.12 * young)
    open_ *= 1 - 0.16 * max(0.0, expression.smile) + 0.10 * max(0.0, expression.brows)
    up, down = 0.0415 * open_, 0.0270 * open_ * (1 - 0.30 * max(0.0, expression.smile))
    x, tilt = eye_x(face), np.deg2rad(face.eye_tilt)
    upper = np.array(
        [(-1.0, -0.10 * down / half), (-0.62, 0.66 * up / half), (-0.05, up / half), (0.52, 0.74 * up / half), (1.0, 0.06)]
    )
    lower = np.array(
        [
            (-1.0, -0.10 * down / half),
            (-0.50, -0.70 * down / half),
            (0.10, -down / half),
            (0.62, -0.66 * down / half),
            (1.0, 0.06),
        ]
    )

    def placed(shape: Points) -> Points:
        line = smooth_path(shape) * half
        turned_x = line[:, 0] * np.cos(tilt) - line[:, 1] * np.sin(tilt)
        turned_y = line[:, 0] * np.sin(tilt) + line[:, 1] * np.cos(tilt)
        return np.stack([side * (x + turned_x), EYE_Y + turned_y], axis=1)

    return _Almond(placed(upper), placed(lower), (side * x, EYE_Y), half)


def _eye(sheet: Sheet, face: Face, expression: Expression, side: int) -> None:
    eye = _almond(face, expression, side)
    lash = mixed((0.10, 0.065, 0.055), face.hairdo.colour, 0.18)
    if expression.lids < 0.15:
        sheet.lay(sheet.stroke(eye.upper[::8], 0.014, (0.3, 0.5)), lash)
        return
    inside = sheet.filled(np.concatenate([eye.upper, eye.lower[::-1]]), 0.0010)
    sheet.lay(inside, mixed((0.965, 0.955, 0.940), face.skin, 0.10))
    _iris(sheet, face, expression, eye, inside)
    lid = sheet.stroke(eye.upper[::8], 0.034, (0.4, 0.4), soft=0.006)
    sheet.lay(inside.within(lid), mixed(deeper(face.skin, 0.55), lash, 0.3), 0.55)
    made_up = 0.65 + 0.55 * face.makeup if face.sex == "woman" else 0.62
    _lashes(sheet, face, eye, side, lash, made_up)
    lower = eye.lower[len(eye.lower) // 4 :: 6]
    sheet.lay(sheet.stroke(lower, 0.0055, (0.2, 0.7), soft=0.0012), mixed(lash, face.skin, 0.35), 0.62)


def _iris(sheet: Sheet, face: Face, expression: Expression, eye: _Almond, inside: Mask) -> None:
    radius = 0.0370 * face.eye_size
    x, y = eye.middle[0] + 0.026 * expression.gaze, eye.middle[1] + 0.006
    turn = np.linspace(0, 2 * np.pi, 64)

    def disc(by: float, dx: float = 0.0, dy: float = 0.0, soft: float = 0.0012) -> Mask:
        ring = np.stack([x + dx + radius * by * np.cos(turn), y + dy + radius * by * np.sin(turn)], axis=1)
        return sheet.filled(ring, soft)

    dark, light = mixed(face.eyes, (0.05, 0.04, 0.04), 0.62), mixed(face.eyes, (1.0, 0.92, 0.78), 0.26)
    sheet.lay(disc(1.0).within(inside), dark)
    sheet.lay(disc(0.84, soft=0.004).within(inside), face.eyes)
    sheet.lay(disc(0.56, 0, -0.36 * radius, 0.008).within(inside), light, 0.75)
    sheet.lay(disc(0.44).within(inside), (0.035, 0.028, 0.030))
    sheet.lay(disc(0.185, -0.34 * radius, 0.36 * radius, 0.0008), (1.0, 1.0, 1.0), 0.96)
    sheet.lay(disc(0.10, 0.36 * radius, -0.34 * radius), (1.0, 1.0, 1.0), 0.42)


def _lashes(sheet: Sheet, face: Face, eye: _Almond, side: int, lash: Colour, strength: float) -> None:
    line = eye.upper[::8].copy()
    wing = 0.020 * strength if face.sex == "woman" else 0.004
    tip = line[-1] + (side * wing, 0.55 * wing)
    sheet.lay(sheet.stroke(np.concatenate([line, tip[None]]), 0.0150 * strength, (0.18, 0.10)), lash)
    crease = eye.upper[8::8] + np.array([0.0, 0.0185])
    crease = crease + np.stack([np.zeros(len(crease)), np.linspace(0.002, -0.003, len(crease))], axis=1)
    sheet.lay(sheet.stroke(crease, 0.0075, soft=0.0022), deeper(face.skin, 0.62), 0.62)
    if face.sex != "woman":
        return
    for share in (0.62, 0.76, 0.88, 0.97):
        root = eye.upper[int(share * (len(eye.upper) - 1))]
        length = 0.014 * strength * share
        path = root + np.array([(0, 0), (side * 0.55, 0.55), (side * 1.0, 1.25)]) * length
        sheet.lay(sheet.stroke(path, 0.0050, (1.0, 0.05)), lash, 0.9)


def _brow(sheet: Sheet, face: Face, expression: Expression, side: int, detail: float) -> None:
    x, man = eye_x(face), face.sex == "man"
    weight = face.brow_weight * (1.25 if man else 0.95)
    lift, frown = 0.022 * expression.brows, max(0.0, -expression.brows)
    high = (0.084 if man else 0.092) + lift
    arch = 0.014 * face.brow_arch * (0.6 if man else 1.0)
    inner, peak, outer = x - 0.080 - 0.006 * frown, x + 0.036, x + 0.100
    top = [
        (inner, high + 0.008 * weight - 0.012 * frown), (x - 0.02, high + arch * 0.62 + 0.012 * weight),
        (peak, high + arch + 0.010 * weight), (outer, high - 0.016),
    ]  # fmt: skip
    under = [
        (inner + 0.004, high - 0.013 * weight - 0.012 * frown), (x - 0.018, high + arch * 0.5 - 0.010 * weight),
        (peak, high + arch - 0.005 * weight), (outer, high - 0.017),
    ]  # fmt: skip
    upper, lower = smooth_path(top), smooth_path(under)
    shape = np.concatenate([upper, lower[::-1]]) * (side, 1)
    colour = mixed(mixed(face.hairdo.colour, (0.12, 0.085, 0.07), 0.50), (0.62, 0.61, 0.60), 0.6 * face.hairdo.grey)
    mask = sheet.filled(shape, 0.0045)
    columns = np.arange(mask.left, mask.left + mask.values.shape[1])
    fade = (((columns + 0.5) / sheet.unit - WIDE) * side - inner) / 0.05
    sheet.lay(replace(mask, values=(mask.values * np.clip(0.45 + 0.55 * fade, 0, 1)).astype(np.float32)), colour, 0.74)
    hairs = int(26 * detail)
    for k in range(hairs):
        share = (k + 0.5) / hairs
        at = int(share * (len(upper) - 1))
        root = lower[at] * 0.80 + upper[at] * 0.20
        tip = upper[min(at + 5, len(upper) - 1)] + (0.006 * share, 0.003 * (1 - share))
        path = np.stack([root, (root + tip) / 2 + (0.0, 0.002), tip]) * (side, 1)
        sheet.lay(sheet.stroke(path, 0.0036, (1.0, 0.1)), deeper(colour, 0.25), 0.55)


def _freckles(sheet: Sheet, face: Face) -> None:
    rng = np.random.default_rng(17)
    for _ in range(int(80 * face.freckles)):
        x, y = rng.normal(0, 0.125), rng.normal(-0.09, 0.042)
        sheet.lay(sheet.glow(x, y, 0.0042, 0.0036), deeper(face.skin, 0.55), float(rng.uniform(0.15, 0.5)))


def _beard(sheet: Sheet, face: Face, detail: float) -> None:
    if face.beard == "none":
        return
    rows, columns = sheet.colour.shape[:2]
    x = np.abs((np.arange(columns, dtype=np.float32) + 0.5) / sheet.unit - WIDE)[None, :]
    y = (HIGH - (np.arange(rows, dtype=np.float32) + 0.5) / sheet.unit)[:, None]
    cheek = np.interp(x[0], (0.0, 0.10, 0.20, 0.27, 0.40), (-0.28, -0.262, -0.215, -0.10, 0.02)).astype(np.float32)[None, :]
    jaw = 1 / (1 + np.exp((y - cheek) / 0.017))
    upper = np.exp(-0.5 * ((np.maximum(x - 0.072, 0) / 0.022) ** 2 + ((y - (MOUTH_Y + 0.058)) / 0.017) ** 2))
    bare = np.exp(-(((x / 0.115) ** 2 + ((y - MOUTH_Y + 0.006) / 0.046) ** 2) ** 3))
    soul = np.exp(-0.5 * ((x / 0.030) ** 2 + ((y - MOUTH_Y + 0.075) / 0.02) ** 2))
    mask = upper if face.beard == "moustache" else np.maximum(np.maximum(jaw * (1 - bare), upper), soul * 0.9)
    strength = {"stubble": 0.34, "moustache": 0.86, "short": 0.72, "full": 0.90}[face.beard]
    dark = 0.25 * (1 - palette.luminance(face.hairdo.colour))
    colour = mixed(mixed(face.hairdo.colour, (0.10, 0.075, 0.065), dark), (0.78, 0.77, 0.76), 0.85 * face.hairdo.grey)
    noise = _over_the_jaw(np.random.default_rng(23).standard_normal((rows, columns), dtype=np.float32), x[0])
    soft = cv2.GaussianBlur(noise, (0, 0), sigmaX=max(0.5, 0.0016 * sheet.unit), sigmaY=max(0.5, 0.0045 * sheet.unit))
    grain = soft / max(float(soft.std()), 1e-6) * (0.045 + 0.035 * detail)
    sheet.lay(Mask(0, 0, np.clip(mask * (strength + grain), 0, 1).astype(np.float32)), colour)
    strands = np.clip(mask * (0.12 - 2.2 * grain) * strength, 0, 1).astype(np.float32)
    sheet.lay(
        Mask(0, 0, strands), deeper(colour, 0.45) if palette.luminance(colour) > 0.3 else mixed(colour, (0.6, 0.5, 0.42), 0.3)
    )


def _over_the_jaw(noise: Floats, x: Floats) -> Floats:
    """Noise squeezed towards the sides, where the head turns away, so that it is even on the head itself."""
    bend = np.arcsin(np.clip(x / 0.36, 0, 0.995)).astype(np.float32) * np.float32(0.36 / 0.42) * len(x) / 2
    column = np.broadcast_to(bend * np.sign(np.arange(len(x)) - len(x) / 2) + len(x) / 2, noise.shape).astype(np.float32)
    row = np.broadcast_to(np.arange(len(noise), dtype=np.float32)[:, None], noise.shape)
    return cast(Floats, cv2.remap(noise, column, np.ascontiguousarray(row), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT))
