"""A picture with skin, hair, brows and irises of one person in other colours; every other pixel stays."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, blurred, to_bytes, to_float
from pipelines.sizes import Size
from pipelines.vision.mattes.known_colours import carried
from pipelines.vision.people.body import Part
from pipelines.vision.people.view import disk
from pipelines.vision.portrait.complexion import dyed, hair_matte, skin_matte, toned
from pipelines.vision.portrait.eyes import brow_matte, iris_matte
from pipelines.vision.portrait.features import Features
from pipelines.vision.portrait.lab import Lab, lab_of, rgb_of, tone_of
from pipelines.vision.portrait.locate import around
from pipelines.vision.portrait.region import BOTTOM, TOP, ellipse

STRIP = 256
"""Rows of the picture that are recoloured at a time."""
BROW_SHARE = 0.6
"""How far brows follow the hair."""
EYE_SHARE = 0.75
SURE = 0.97
"""Coverage from which a pixel shows its own colour rather than a mixture."""
LEAST = 1 / 64
"""Coverage below which nothing changes."""
BRIM = 1.25
"""Radius, in units of a face's oval, beyond which nothing of a face shows under a hat but the ears."""
Colouring = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Layers:
    """Skin and hair of a person in a picture, in float32 maps of (h, w) that may be smaller than it."""

    skin: Floats
    hair: Floats
    skin_colour: Floats
    """(h, w, 3): the skin's own colour, carried over its edges."""
    hair_colour: Floats
    skin_tone: Lab
    hair_tone: Lab | None


@dataclass(frozen=True, slots=True)
class Colours:
    """What is wanted; None stays."""

    skin: Lab
    hair: Lab | None = None
    eyes: Lab | None = None


@dataclass(frozen=True, slots=True)
class Recoloured:
    rgb: Bytes
    """uint8 (h, w, 3)."""
    changed: Mask
    """bool (h, w): what may differ from before."""


def layers_of(rgb: Floats, parts: Bytes, tone: Lab, face: Features | None, certain: bool) -> Layers:
    """Of float32 (h, w, 3) whose pixels belong to `parts`, uint8 (h, w), and with a face if it is seen.

    `certain` is whether the parts can be trusted.
    """
    head = face.face.side if face else 0.12 * max(parts.shape)
    hair = hair_matte(rgb, parts, head)
    oval = _oval(face, parts)
    if face is not None:
        hat = not hair.any() and (parts == Part.HAIR).any()
        parts = _without_brim(parts, face, oval) if hat else _bared(lab_of(rgb)[..., 0], parts, tone, oval)
    skin = skin_matte(rgb, parts, tone, (oval < 1) & (parts == Part.FACE), certain)
    hair = np.minimum(hair, 1 - skin).astype(np.float32)
    lab = lab_of(rgb)
    hair_tone = tone_of(lab, hair > 0.8)
    smooth = max(1.0, 0.004 * max(skin.shape))
    return Layers(
        skin, hair, blurred(carried(rgb, skin > SURE), smooth), blurred(carried(rgb, hair > 0.8), smooth),
        tone_of(lab, skin > SURE) or tone, hair_tone,
    )  # fmt: skip


def _oval(face: Features | None, parts: Bytes) -> Floats:
    """float32 (h, w): below 1 in the face, eyes, brows and lips included; without one, nowhere."""
    shape = (parts.shape[0], parts.shape[1])
    if face is None:
        return np.full(shape, np.inf, np.float32)
    at = face.at(0, (TOP + BOTTOM) / 2)
    return ellipse(shape, at, 1.02 * face.eye_distance, 0.52 * (BOTTOM - TOP) * face.height, face.roll)


def _without_brim(parts: Bytes, face: Features, oval: Floats) -> Bytes:
    """`parts` where what is called face beside and above it is background: under a hat it is the hat's brim."""
    rows, columns = np.mgrid[: parts.shape[0], : parts.shape[1]]
    middle, angle = face.at(0, 0.8), np.radians(face.roll)
    above = (rows - middle.y) * np.cos(angle) - (columns - middle.x) * np.sin(angle) < 0
    brim = (parts == Part.FACE) & above & (oval > BRIM)
    return np.where(brim, np.uint8(Part.BACKGROUND), parts)


def _bared(light: Floats, parts: Bytes, tone: Lab, oval: Floats) -> Bytes:
    """`parts` where what is called hair beside the face but is as light as skin is the face's."""
    pale = (parts == Part.HAIR) & (light > 0.75 * tone.light) & (oval < 2.2)
    solid = cv2.morphologyEx(pale.astype(np.uint8), cv2.MORPH_OPEN, disk(2)) > 0
    return np.where(solid, np.uint8(Part.FACE), parts)


def recoloured(rgb: Bytes, layers: Layers, face: Features | None, wanted: Colours) -> Recoloured:
    """uint8 (h, w, 3) with other skin and hair and, where a face is known, brows and eyes."""
    out = rgb.copy()
    changed = np.zeros(rgb.shape[:2], bool)

    def skin(lab: Floats) -> Floats:
        return toned(lab, layers.skin_tone, wanted.skin)

    _paint(out, changed, layers.skin, layers.skin_colour, skin)
    if wanted.hair is not None and layers.hair_tone is not None:
        hair_to, hair_of = wanted.hair, layers.hair_tone

        def hair(lab: Floats) -> Floats:
            return dyed(lab, hair_of, hair_to)

        _paint(out, changed, layers.hair, layers.hair_colour, hair)
    if face is not None:
        _paint_face(out, changed, face, wanted)
    return Recoloured(out, changed)


def _paint(out: Bytes, changed: Mask, matte: Floats, colour: Floats, colouring: Colouring) -> None:
    """Writes the layer of `matte` in its new colour into `out`, strip by strip; both maps may be smaller than it."""
    size = Size(out.shape[1], out.shape[0])
    for top in range(0, size.height, STRIP):
        rows = slice(top, min(size.height, top + STRIP))
        cover = _strip(matte, rows, size)
        where = cover > LEAST
        if not where.any():
            continue
        own = to_float(out[rows][where])
        mixed = np.clip((cover[where] - 0.6) / (SURE - 0.6), 0, 1)[:, None]
        pure = own * mixed + _strip(colour, rows, size)[where] * (1 - mixed)
        shifted = rgb_of(colouring(lab_of(pure[:, None])))[:, 0] - pure
        out[rows][where] = to_bytes(own + shifted * cover[where][:, None])
        changed[rows] |= where


def _strip(values: Floats, rows: slice, size: Size) -> Floats:
    """Some rows of a map as it would be at `size`."""
    if values.shape[:2] == (size.height, size.width):
        return values[rows]
    across, down = values.shape[1] / size.width, values.shape[0] / size.height
    matrix = np.array([[across, 0, 0.5 * across - 0.5], [0, down, (rows.start + 0.5) * down - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    strip = (size.width, rows.stop - rows.start)
    return cv2.warpAffine(values, matrix, strip, flags=flags, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)


def part_of(values: Floats, part: tuple[slice, slice], size: Size) -> Floats:
    """A part of a map as it would be at `size`; rows and columns in pixels of that."""
    return np.ascontiguousarray(_strip(values, part[0], size)[:, part[1]])


def _paint_face(out: Bytes, changed: Mask, face: Features, wanted: Colours) -> None:
    part = around(face, out.shape)
    near = face.moved(-part[1].start, -part[0].start)
    crop = np.ascontiguousarray(out[part])
    done = np.zeros(crop.shape[:2], bool)
    light = lab_of(to_float(crop))[..., 0]
    for matte, to, share in (
        (brow_matte(light, near), wanted.hair, BROW_SHARE),
        (iris_matte(light, near), wanted.eyes, EYE_SHARE),
    ):
        tone = tone_of(lab_of(to_float(crop)), matte > 0.4)
        if to is None or tone is None:
            continue
        _paint(crop, done, share * matte, to_float(crop), _dye(tone, Lab(max(to.light, tone.light - 12), to.a, to.b)))
    out[part] = crop
    changed[part] |= done


def _dye(of: Lab, to: Lab) -> Colouring:
    def colouring(lab: Floats) -> Floats:
        return dyed(lab, of, to)

    return colouring
