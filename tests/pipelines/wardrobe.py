"""Polygon people and garments with known joints and landmarks, for the tests of reading, fitting and Try-On."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Body, Part, Point

Corners = list[tuple[float, float]]
SKIN = (205, 158, 132)
BACKDROP = (222, 222, 226)


@dataclass(frozen=True, slots=True)
class Flat:
    """A garment laid flat: its picture, its cut-out and where its landmarks are."""

    rgb: Bytes
    matte: Matte
    landmarks: dict[str, Point]

    @property
    def diagonal(self) -> float:
        return float(np.hypot(*self.rgb.shape[:2]))


def drawn(size: tuple[int, int], polygons: list[Corners]) -> Floats:
    """Coverage of polygons, (h, w) in [0, 1], antialiased."""
    width, height = size
    canvas = np.zeros((height * 2, width * 2), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(canvas, [np.round(np.array(polygon) * 2).astype(np.int32)], 255)
    return (cv2.resize(canvas, size, interpolation=cv2.INTER_AREA) / np.float32(255)).astype(np.float32)


def flat(size: tuple[int, int], polygons: list[Corners], landmarks: dict[str, tuple[float, float]], colour=(40, 110, 60)) -> Flat:
    """A garment of one colour with stripes across, on white."""
    alpha = drawn(size, polygons)
    paint = np.broadcast_to(np.array(colour, np.float32), (*alpha.shape, 3)).copy()
    paint[(np.arange(alpha.shape[0]) // 12) % 2 == 0] *= 0.8
    rgb = (paint * alpha[..., None] + 255 * (1 - alpha[..., None])).round().astype(np.uint8)
    marks = {name: Point(x, y) for name, (x, y) in landmarks.items()}
    return Flat(rgb, Matte(alpha, (paint / 255).astype(np.float32), 1.0), marks)


def tee(size: tuple[int, int] = (400, 400), chest: float = 80, drop: float = 70, hem: float = 340, spread: float = 0.75) -> Flat:
    """A T-shirt with an open neckline; `spread` is how far its sleeves stand off."""
    middle = size[0] / 2
    out, down = 75 * spread, 75 * (1 - 0.5 * spread)
    shoulder, armpit, collar = (chest - 2, 62.0), (chest, 62 + drop), (32.0, 44.0)
    cuff_out = (shoulder[0] + out, shoulder[1] + down)
    reach = float(np.hypot(out, down))
    cuff_in = (cuff_out[0] - 0.7 * drop * down / reach, cuff_out[1] + 0.7 * drop * out / reach)
    half = [collar, shoulder, cuff_out, cuff_in, armpit, (chest, hem)]
    right = [(middle + x, y) for x, y in half]
    left = [(middle - x, y) for x, y in reversed(half)]
    outline = [*right, *left, (middle - 18, 66), (middle, 74), (middle + 18, 66)]
    marks = {"collar_bottom": (middle, 74.0)}
    for name, sign in (("left", -1), ("right", 1)):
        for key, (x, y) in (("collar", collar), ("shoulder", shoulder), ("armpit", armpit), ("hem", (chest, hem))):
            marks[f"{key}_{name}"] = (middle + sign * x, y)
        marks[f"cuff_{name}_outer"] = (middle + sign * cuff_out[0], cuff_out[1])
        marks[f"cuff_{name}_inner"] = (middle + sign * cuff_in[0], cuff_in[1])
    return flat(size, [outline], marks)


def long_sleeved() -> Flat:
    """A pullover whose sleeves hang beside the body with a narrow gap."""
    half = [(30, 40), (82, 62), (132, 330), (108, 336), (80, 130), (80, 340)]
    outline = [(200 + x, y) for x, y in half] + [(200 - x, y) for x, y in reversed(half)] + [(200, 62)]
    marks: dict[str, tuple[float, float]] = {}
    for name, sign in (("left", -1), ("right", 1)):
        marks |= {
            f"collar_{name}": (200 + sign * 30, 40), f"shoulder_{name}": (200 + sign * 82, 62), f"armpit_{name}": (200 + sign * 80, 130),
            f"cuff_{name}_outer": (200 + sign * 132, 330), f"cuff_{name}_inner": (200 + sign * 108, 336), f"hem_{name}": (200 + sign * 80, 340),
        }  # fmt: skip
    return flat((400, 400), [outline], marks)


def tank() -> Flat:
    """A sleeveless top with straps."""
    half = [(38, 40), (58, 42), (56, 90), (82, 130), (82, 330)]
    outline = [(200 + x, y) for x, y in half] + [(200 - x, y) for x, y in reversed(half)] + [(177, 95), (200, 104), (223, 95)]
    marks: dict[str, tuple[float, float]] = {"collar_bottom": (200, 104)}
    for name, sign in (("left", -1), ("right", 1)):
        marks |= {
            f"shoulder_{name}": (200 + sign * 58, 42),
            f"armpit_{name}": (200 + sign * 82, 130),
            f"hem_{name}": (200 + sign * 82, 330),
        }
    return flat((400, 400), [outline], marks)


def dress() -> Flat:
    """A sleeveless dress with a flared skirt."""
    half = [(38, 30), (58, 32), (56, 75), (76, 110), (66, 190), (110, 480)]
    outline = [(200 + x, y) for x, y in half] + [(200 - x, y) for x, y in reversed(half)] + [(200, 80)]
    return flat((400, 520), [outline], {})


def trousers() -> Flat:
    """Trousers with legs a little apart."""
    outline: Corners = [(130, 30), (270, 30), (285, 130), (275, 480), (222, 480), (200, 170), (178, 480), (125, 480), (115, 130)]
    marks = {"waist_left": (130, 30), "waist_right": (270, 30), "hem_left": (125, 480), "hem_right": (275, 480),
             "leg_left_inner": (178, 480), "leg_right_inner": (222, 480), "crotch": (200, 170)}  # fmt: skip
    return flat((400, 520), [outline], marks)


def skirt() -> Flat:
    """A flared skirt."""
    return flat((400, 400), [[(130, 40), (270, 40), (330, 360), (70, 360)]], {})


@dataclass(frozen=True, slots=True)
class Person:
    """A standing paper figure in a top and trousers; faceless."""

    rgb: Bytes
    matte: Matte
    body: Body


def person(
    lean: float = 0.0, width: float = 130, top=(60, 90, 150), sleeves: bool = False, size: tuple[int, int] = (420, 640)
) -> Person:
    """Drawn in shoulder widths with known joints; `lean` moves each row aside by so much of its height over the shoulders."""
    middle, shoulder_y, unit = size[0] / 2, 180.0, width

    def at(x: float, y: float) -> tuple[float, float]:
        row = shoulder_y + y * unit
        return middle + x * unit + lean * (row - shoulder_y), row

    def both(points: Corners) -> Corners:
        return [at(x, y) for x, y in points] + [at(-x, y) for x, y in reversed(points)]

    head = [at(0.27 * np.cos(a), -0.68 + 0.36 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 40)]
    neck = both([(0.16, -0.5), (0.16, -0.12)])
    trunk = both([(0.15, -0.17), (0.44, -0.06), (0.40, 0.30), (0.33, 0.84), (0.39, 1.2), (0.40, 1.42)])
    legs = [both([(0.40, 1.2), (0.36, 2.2), (0.28, 3.3)])]
    gap = [at(0.02, 1.5), at(0.10, 3.4), at(-0.10, 3.4), at(-0.02, 1.5)]
    arms = {sign: [at(sign * x, y) for x, y in ((0.40, -0.10), (0.51, 0.0), (0.60, 0.75), (0.64, 1.45), (0.53, 1.45), (0.47, 0.8), (0.41, 0.32))]
            for sign in (-1, 1)}  # fmt: skip
    layers = {
        Part.LOWER: drawn(size, legs) * (1 - drawn(size, [gap])),
        Part.UPPER: drawn(size, [trunk]),
        Part.NECK: drawn(size, [neck]),
        Part.RIGHT_ARM: drawn(size, [arms[-1]]),
        Part.LEFT_ARM: drawn(size, [arms[1]]),
        Part.FACE: drawn(size, [head]),
    }
    below_waist = np.arange(size[1])[:, None] > shoulder_y + 1.0 * unit
    layers[Part.LOWER] = np.maximum(layers[Part.LOWER], layers[Part.UPPER] * below_waist).astype(np.float32)
    layers[Part.UPPER] = (layers[Part.UPPER] * ~below_waist).astype(np.float32)
    if sleeves:
        short = np.arange(size[1])[:, None] < shoulder_y + 0.5 * unit
        layers[Part.UPPER] = np.maximum(layers[Part.UPPER], np.maximum(layers[Part.LEFT_ARM], layers[Part.RIGHT_ARM]) * short)
        for part in (Part.LEFT_ARM, Part.RIGHT_ARM):
            layers[part] = (layers[part] * ~short).astype(np.float32)
    rgb = np.broadcast_to(np.array(BACKDROP, np.float32), (size[1], size[0], 3)).copy()
    parts = np.zeros((size[1], size[0]), np.uint8)
    alpha = np.zeros((size[1], size[0]), np.float32)
    colours = {Part.LOWER: (70, 72, 80), Part.UPPER: top}
    for part, cover in layers.items():
        rgb += (np.array(colours.get(part, SKIN), np.float32) - rgb) * cover[..., None]
        parts[cover > 0.5] = part
        alpha = np.maximum(alpha, cover)
    names = {"neck": (0, -0.2), "left_shoulder": (0.5, 0.0), "left_armpit": (0.40, 0.30), "left_waist": (0.33, 0.84),
             "left_hip": (0.39, 1.2), "left_elbow": (0.535, 0.75), "left_wrist": (0.585, 1.3)}  # fmt: skip
    joints = {name: Point(*at(*xy)) for name, xy in names.items()}
    joints |= {name.replace("left", "right"): Point(*at(-x, y)) for name, (x, y) in names.items() if "left" in name}
    joints |= {"crotch": Point(*at(0, 1.5)), "chin": Point(*at(0, -0.32)), "head_top": Point(*at(0, -1.04))}
    colour = (rgb / 255).astype(np.float32)
    return Person(rgb.round().astype(np.uint8), Matte(alpha, colour, 1.0), Body(alpha, parts, joints, 1.0))
