"""What a face reference tells: the skin, the hair, and how the head is held."""

from dataclasses import dataclass, replace

import numpy as np
from PIL.Image import Image

from pipelines.draft.looks import Looks
from pipelines.errors import PersonNotFound, PipelineError
from pipelines.images import Bytes, Mask, pixels
from pipelines.sizes import Mode
from pipelines.vision.faces import Face as Found
from pipelines.vision.faces import find_faces, plausible_skin
from pipelines.vision.mattes.matting import matte
from pipelines.vision.people.body import Part
from pipelines.vision.people.person import read_person
from pipelines.vision.rendering import palette
from pipelines.vision.rendering.likeness import Angle, Style
from pipelines.vision.rendering.palette import Colour

SIDE = 720
"""Longest side, in pixels, at which a reference is looked at."""
DIFFERENT = 0.07
"""Difference of a colour channel from skin and background that makes hair of what is above a forehead."""
LEAST_HAIR = 0.06
"""Area of hair, in squared face boxes, under which a head counts as bald."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What could be read of a face; None where it couldn't."""

    skin: Colour
    hair: Colour | None
    style: Style | None
    angle: Angle


def resemblance_of(image: Image) -> Resemblance:
    """Read a picture with one face; `PersonNotFound` with advice where there is none."""
    shrunk = image.copy()
    shrunk.thumbnail((SIDE, SIDE))
    rgb = pixels(shrunk)
    faces = find_faces(rgb)
    if not faces:
        raise PersonNotFound("no face was found in the face reference; use a picture of one face from the front, in even light")
    face = faces[0]
    skin = _skin(rgb, face)
    hair = _hair(rgb, face)
    if hair is None:
        return Resemblance(skin, _crown(rgb, face, skin), None, Angle(roll=_roll(face)))
    enough = hair.sum() > LEAST_HAIR * face.side**2
    return Resemblance(
        skin, _median(rgb[hair]) if enough else None, _style(hair, face) if enough else "bald", Angle(roll=_roll(face))
    )


def resembling(looks: Looks, found: Resemblance, pose: bool) -> Looks:
    """The person of a prompt with a reference's skin and hair, and with `pose` its head's lean where no angle is said."""
    hairdo = looks.person.hairdo
    if found.hair is not None and "hair colour" not in looks.says:
        grey = min(hairdo.grey, 0.15)
        hairdo = replace(hairdo, colour=found.hair, grey=grey)
    if found.style is not None and "hair" not in looks.says:
        hairdo = replace(hairdo, style=found.style, texture="own", fringe=False)
    skin = looks.person.skin if "skin" in looks.says and not pose else found.skin
    angle = found.angle if pose and "angle" not in looks.says else looks.angle
    return replace(looks, person=replace(looks.person, hairdo=hairdo, skin=skin), angle=angle)


def _skin(rgb: Bytes, face: Found) -> Colour:
    """The lit skin between brows and mouth: its brighter half, without highlights."""
    half, x, y = 0.30 * face.side, face.x, face.y + 0.06 * face.side
    patch = rgb[max(0, int(y - half)) : int(y + half), max(0, int(x - half)) : int(x + half)]
    own = patch[plausible_skin(np.ascontiguousarray(patch))]
    sample = own if len(own) > 20 else patch.reshape(-1, 3)
    light = sample.mean(axis=1)
    low, high = np.percentile(light, (45, 92))
    return _median(sample[(light >= low) & (light <= high)])


def _median(values: Bytes) -> Colour:
    red, green, blue = np.median(values.reshape(-1, 3), axis=0) / 255
    return float(red), float(green), float(blue)


def _roll(face: Found) -> float:
    return face.tilt if abs(face.tilt) > 6 else 0.0


def _hair(rgb: Bytes, face: Found) -> Mask | None:
    """Where the hair is; None where the person can't be told from the background."""
    try:
        return np.asarray(read_person(rgb, matte(rgb, Mode.FAST), Mode.FAST).parts == Part.HAIR)
    except PipelineError:
        return None


def _crown(rgb: Bytes, face: Found, skin: Colour) -> Colour | None:
    """The colour above the forehead; None where that is skin or the background."""
    top, bottom, half = int(face.y - 0.74 * face.side), int(face.y - 0.60 * face.side), int(0.25 * face.side)
    patch = rgb[max(0, top) : max(0, bottom), max(0, int(face.x) - half) : int(face.x) + half]
    if patch.size < 60:
        return None
    colour, paper = _median(patch), _median(np.concatenate([rgb[:8, :8], rgb[:8, -8:]], axis=1))
    differs = min(float(np.abs(np.subtract(colour, other)).max()) for other in (skin, paper))
    return colour if differs > DIFFERENT else None


def _style(hair: Mask, face: Found) -> Style:
    """By how far down hair is seen beside the face and how high it stands above."""
    rows = np.flatnonzero(hair.sum(axis=1) > 0.05 * face.side)
    lowest, highest = (rows[-1] - face.y) / face.side, (face.y - rows[0]) / face.side
    if lowest > 1.35:
        return "long"
    if lowest > 0.85:
        return "lob"
    if lowest > 0.35:
        return "bob"
    return "quiff" if highest > 1.15 else "crop"


def brightened(skin: Colour) -> Colour:
    """A photographed skin as paint: never darker than the darkest of the palette."""
    low = palette.luminance(palette.SKINS["espresso"])
    own = palette.luminance(skin)
    return skin if own >= low else palette.mixed(skin, palette.SKINS["espresso"], 0.7)
