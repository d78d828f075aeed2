"""Colours and cloth of dolls: tones of skin and hair, dyes, patterns and prints."""

from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.draft.training.dolls.anatomy import SKIN
from pipelines.draft.training.dolls.head import HAIR, HAT
from pipelines.draft.training.dolls.scene import Scene
from pipelines.draft.training.dolls.wardrobe import BELT, BOTTOM, COLLAR, DRESS, ITEM, JACKET, SHOES, SLEEVES, TIGHTS, TOP
from pipelines.images import Floats

Colour = NDArray[np.float64]
_SKINS = np.array(
    ((0.96, 0.84, 0.77), (0.92, 0.76, 0.66), (0.86, 0.67, 0.54), (0.74, 0.54, 0.41), (0.58, 0.40, 0.29), (0.42, 0.28, 0.21), (0.27, 0.18, 0.14))
)  # fmt: skip
_HAIRS = np.array(
    ((0.06, 0.05, 0.05), (0.13, 0.09, 0.07), (0.25, 0.16, 0.10), (0.40, 0.26, 0.16), (0.58, 0.42, 0.26), (0.80, 0.67, 0.46), (0.50, 0.22, 0.11), (0.66, 0.65, 0.64), (0.92, 0.90, 0.87))
)  # fmt: skip
_PLASTIC = np.array(((0.94, 0.93, 0.92), (0.80, 0.80, 0.80), (0.55, 0.55, 0.56), (0.12, 0.12, 0.13), (0.85, 0.70, 0.58)))


def clouds(generator: Generator, height: int, width: int, cells: float, octaves: int = 3, stretch: float = 1.0) -> Floats:
    """float32 (h, w) of mean 0 and deviation about 1: smooth noise, `cells` across the shorter side; `stretch` draws it out along y."""
    total = np.zeros((height, width), np.float32)
    unit = min(height, width) / cells
    for octave in range(octaves):
        rows, columns = (max(2, int(side / each * 2**octave)) for side, each in ((height, unit * stretch), (width, unit)))
        grid = generator.standard_normal((min(rows, height), min(columns, width)), dtype=np.float32)
        total += np.float32(0.6**octave) * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return cast(Floats, total * np.float32(1.1))


def skin_tone(generator: Generator, plain: bool) -> Colour:
    """sRGB in [0, 1] of a person's skin or, `plain`, of a mannequin."""
    if plain:
        return np.asarray(np.clip(_PLASTIC[int(generator.integers(len(_PLASTIC)))] + generator.normal(0, 0.03), 0.03, 0.98))
    at = generator.uniform(0, len(_SKINS) - 1)
    tone = np.array([np.interp(at, np.arange(len(_SKINS)), column) for column in _SKINS.T])
    return np.clip(tone + generator.normal(0, 0.025, 3) + generator.normal(0, 0.02), 0.03, 0.98)


def hair_tone(generator: Generator) -> Colour:
    """Mostly a natural colour."""
    if generator.random() < 0.07:
        return generator.uniform(0.05, 0.95, 3)
    natural = _HAIRS[int(generator.integers(len(_HAIRS)))] * generator.normal(1, 0.12) + generator.normal(0, 0.015, 3)
    return np.asarray(np.clip(natural, 0.02, 0.97))


def dye(generator: Generator, skin: Colour) -> Colour:
    """White, black, grey, muted, bright, or nearly the colour of the skin."""
    kind = generator.choice(7, p=(0.19, 0.15, 0.09, 0.25, 0.15, 0.06, 0.11))
    if kind == 0:
        return np.clip(generator.uniform(0.86, 0.98) + generator.normal(0, 0.015, 3), 0, 1)
    if kind == 1:
        return np.clip(generator.uniform(0.03, 0.14) + generator.normal(0, 0.01, 3), 0.01, 1)
    if kind == 2:
        return np.clip(generator.uniform(0.2, 0.8) + generator.normal(0, 0.02, 3), 0, 1)
    if kind == 3:
        return np.clip(generator.uniform(0.15, 0.8) + generator.normal(0, 0.10, 3), 0, 1)
    if kind == 4:
        return generator.uniform(0.02, 0.98, 3)
    if kind == 5:
        return np.clip(skin + generator.normal(0, 0.06, 3), 0, 1)
    return np.clip(np.array((0.28, 0.38, 0.52)) * generator.uniform(0.35, 1.7) + generator.normal(0, 0.02, 3), 0, 1)


def albedo(scene: Scene, generator: Generator) -> Floats:
    """float32 (h, w, 3), sRGB: what everything is coloured before any light falls on it."""
    skin = skin_tone(generator, scene.plain)
    tones = np.zeros((16, 3))
    tones[SKIN], tones[HAIR] = skin, hair_tone(generator) if not scene.plain or generator.random() < 0.5 else skin
    dyed = [TOP, BOTTOM, DRESS, JACKET, SHOES, ITEM, HAT, SLEEVES, TIGHTS, BELT, COLLAR]
    for material in dyed:
        tones[material] = dye(generator, skin)
    if generator.random() < 0.10:
        tones[BOTTOM] = tones[TOP]
    if generator.random() < 0.10:
        tones[JACKET] = tones[BOTTOM]
    if generator.random() < 0.4:
        tones[TIGHTS] = np.clip(skin * generator.uniform(0.3, 1.0), 0, 1)
    colour = tones.astype(np.float32)[scene.material]
    for material in (TOP, BOTTOM, DRESS, JACKET, HAT, SLEEVES, TIGHTS):
        mask = scene.material == material
        if mask.any() and generator.random() < (0.45 if material in (TOP, DRESS) else 0.25):
            _patterned(colour, mask, scene, tones[material], generator)
    if generator.random() < 0.35:
        _printed(colour, scene, generator)
    _featured(colour, scene, tones, generator)
    return colour


def _patterned(colour: Floats, mask: NDArray[np.bool_], scene: Scene, base: Colour, generator: Generator) -> None:
    """Stripes, checks, dots, blotches, blocks or knit over a garment, in the picture's or the cloth's own directions."""
    height, width = mask.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    if generator.random() < 0.6:
        x, y = scene.across * np.float32(0.09 * scene.unit), scene.along * np.float32(0.35 * scene.unit)
    bend = clouds(generator, height, width, 4, 2)
    pitch = float(np.exp(generator.uniform(np.log(0.010), np.log(0.09))) * scene.unit)
    angle = float(generator.choice((0, np.pi / 2, generator.uniform(0, np.pi))))
    u = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / pitch) + bend * generator.uniform(0, 0.8)
    v = (y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / pitch) + bend * generator.uniform(0, 0.8)
    kind = generator.integers(6)
    blobs = clouds(generator, height, width, float(generator.uniform(8, 40)), 2)
    wave = (np.sin(u), np.maximum(np.sin(u), np.sin(v)), np.sin(u) * np.sin(v) - 0.3, blobs, bend, np.sin(u * 0.15))[int(kind)]
    ink = np.clip(wave * generator.uniform(1, 8) + generator.uniform(-0.5, 0.5), -1, 1) * 0.5 + 0.5
    other = generator.uniform(0, 1, 3) if generator.random() < 0.6 else np.clip(base + generator.normal(0, 0.2), 0, 1)
    mixed = colour + (other.astype(np.float32) - colour) * (ink * np.float32(generator.uniform(0.15, 1)))[..., None]
    np.copyto(colour, mixed.astype(np.float32), where=mask[..., None])


def _printed(colour: Floats, scene: Scene, generator: Generator) -> None:
    """A box, a disc or letters on the chest."""
    mask = np.isin(scene.material, (TOP, DRESS, JACKET))
    if mask.sum() < 60:
        return
    rows, columns = np.nonzero(mask)
    y, x = np.percentile(rows, generator.uniform(15, 50)), np.percentile(columns, generator.uniform(35, 65))
    size = int(generator.uniform(0.02, 0.09) * scene.unit) + 2
    ink = np.zeros(mask.shape, np.uint8)
    kind = generator.random()
    if kind < 0.3:
        cv2.rectangle(ink, (int(x) - size, int(y) - size // 2), (int(x) + size, int(y) + size // 2), 255, -1)
    elif kind < 0.5:
        cv2.circle(ink, (int(x), int(y)), size, 255, -1)
    if kind > 0.2:
        text = "".join(chr(int(each)) for each in generator.integers(48, 91, int(generator.integers(2, 8))))
        shade = 255 if kind >= 0.5 else 90
        cv2.putText(
            ink,
            text,
            (int(x) - size, int(y) + size // 4),
            cv2.FONT_HERSHEY_SIMPLEX,
            size / 36,
            shade,
            1 + size // 14,
            cv2.LINE_AA,
        )
    other = generator.uniform(0, 1, 3).astype(np.float32)
    share = (ink.astype(np.float32) / 255 * mask)[..., None]
    colour += (other - colour) * share


_FEATURES = {
    "socket": (None, 0.78, 0.5), "eye": ((0.93, 0.92, 0.90), 1, 0.9), "iris": ((0.13, 0.09, 0.08), 1, 0.95), "brow": ("hair", 0.8, 0.85),
    "nostril": (None, 0.72, 0.55), "lip": ((0.68, 0.30, 0.30), 1, 0.6), "beard": ("hair", 1, 0.75), "frame": ((0.1, 0.09, 0.09), 1, 0.9),
    "shade": ((0.08, 0.08, 0.09), 1, 0.95),
}  # fmt: skip
"""Colour (None is the skin's, "hair" the hair's), factor on it, and opacity."""


def _featured(colour: Floats, scene: Scene, tones: Colour, generator: Generator) -> None:
    """The face's features, on skin only, each with a strength of its own."""
    face = (scene.material == SKIN).astype(np.float32)
    strength = generator.uniform(0.4, 1.1)
    for spot in scene.features:
        tone, factor, opacity = _FEATURES[spot.colour]
        ink = np.zeros(face.shape, np.uint8)
        axes = (max(1, round(spot.wide * 8)), max(1, round(spot.high * 8)))
        thickness = max(1, round(scene.unit * 0.004)) if spot.colour == "frame" else -1
        cv2.ellipse(ink, (round(spot.x * 8), round(spot.y * 8)), axes, spot.turn, 0, 360, 255, thickness, cv2.LINE_AA, 3)
        own = tones[SKIN] if tone is None else tones[HAIR] * 0.9 if isinstance(tone, str) else np.asarray(tone)
        share = np.minimum(ink.astype(np.float32) / 255 * face * np.float32(opacity * strength), 1)[..., None]
        colour += ((own * factor).astype(np.float32) - colour) * share
