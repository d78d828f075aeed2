"""The person in a photograph as recipes need it: what belongs to the person, and what has to stay the person's own."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import cast

import cv2
import numpy as np
from PIL import Image

from pipelines.errors import PersonNotFound, SubjectNotFound
from pipelines.images import Bytes, Floats, Mask, blurred, pixels, size_of, to_float
from pipelines.sizes import Mode, Size
from pipelines.vision.mattes.matting import matte_of
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.person import read_person

READ_PIXELS = 1024**2
"""Pixels at which a person is read, whatever the size of the photograph."""
HEAD = (Part.HAIR, Part.FACE)
HANDS = (Part.LEFT_HAND, Part.RIGHT_HAND)
ARMS = (Part.LEFT_ARM, Part.RIGHT_ARM, *HANDS)
LEGS = (Part.LEFT_LEG, Part.RIGHT_LEG)
PERSON = (*HEAD, Part.NECK, Part.TORSO, *ARMS, *LEGS)
"""What is the person's and not the outfit's."""
WRISTS = ("left_wrist", "right_wrist")
ARM_JOINTS = ("left_shoulder", "right_shoulder", "left_elbow", "right_elbow", *WRISTS)
LEG_JOINTS = ("left_hip", "right_hip", "left_knee", "right_knee", "left_ankle", "right_ankle")
TRUNK_JOINTS = ("neck", "left_shoulder", "right_shoulder", "left_waist", "right_waist")
CLOTHES = (Part.UPPER, Part.LOWER, Part.DRESS, Part.SHOES)
ARM_REACH, LEG_REACH, TRUNK_REACH = 0.6, 1.2, 0.5
"""Heads around the joints of a limb or the trunk within which its skin lies; farther off it is leather or wood."""
LARGEST_HAND = 0.7
"""Square heads. What is larger is no hand."""
SMALLEST_CLOTHES = 0.25
"""Square heads. What is smaller, apart from the rest and on skin, is a shadow or a watch."""
PLASTIC_CHROMA = 8.0
"""CIE 1976. A face of less is a mannequin's, and grey cloth is easily taken for its body."""
SKIN_SPREAD = 18.0
"""CIE 1976, lightness weighted by `LIGHTNESS_WEIGHT`: how far skin in light and shadow is from the face."""
LIGHTNESS_WEIGHT = (0.5, 1.0, 1.0)
ARM_WIDTH = 0.3
"""Heads from one side of an arm to the other."""
AROUND_HAIR = 0.5
"""Heads by which new hair may be wider than the old, over the background."""
AROUND_SKIN = 0.06
"""The same for the outline of limbs."""
OVER_CLOTHES = 0.02
"""Heads by which the person reaches into the clothes, for their blurred border."""
FEATHER = 0.03
"""Heads over which a mask falls from 1 to 0."""
FACE_DEPTH, HAND_DEPTH = 0.05, 0.02
"""Heads by which what is kept of faces and hands ends within their outline."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A person that was read from a photograph, at the size at which it was read."""

    rgb: Bytes
    """uint8 (h, w, 3)."""
    body: Body

    @property
    def head(self) -> float:
        """Pixels from the chin to the top of the head, the measure for everything else."""
        top, chin = self.body.joints.get("head_top"), self.body.joints.get("chin")
        if top is not None and chin is not None and chin.y - top.y > 8:
            return float(chin.y - top.y)
        return float(0.13 * self.body.parts.shape[0])


def figure(image: Image.Image, mode: Mode) -> Figure | None:
    """The one person in the picture; None where none can be read. Its arrays are shared: they are for reading only."""
    small = _reduced(image)
    return _read(small.mode, small.size, small.tobytes(), mode)


@lru_cache(maxsize=4)
def _read(kind: str, size: tuple[int, int], content: bytes, mode: Mode) -> Figure | None:
    """Kept for the other outputs of a job, which all show the same person."""
    small = Image.frombytes(kind, size, content)
    try:
        return Figure(pixels(small), read_person(pixels(small), matte_of(small, mode)))
    except (SubjectNotFound, PersonNotFound):
        return None


def person_mask(read: Figure, size: Size) -> Floats:
    """float32 (h, w) of `size`, 1 on skin and hair, with room for other hair and a soft edge, 0 on clothes and afar."""
    parts, head = read.body.parts, read.head
    person = _person(read)
    person |= _bare_in_clothes(read, person)
    cloth = (np.isin(parts, CLOTHES) | _cloth_on_plastic(read)) & ~person
    clothes = _large(cloth, SMALLEST_CLOTHES * head**2)
    own = _closed(person | (cloth & ~clothes & _grown(person, 0.1 * head)), head) & ~clothes
    grown = _grown(own & np.isin(parts, HEAD), AROUND_HAIR * head) | _grown(own, AROUND_SKIN * head)
    mask = (grown & ~clothes) | _grown(own, OVER_CLOTHES * head)
    return _at(_feathered(mask, FEATHER * head), size)


def face_and_hands(read: Figure, size: Size) -> Floats:
    """float32 (h, w) of `size`: 1 well within face and hands, falling to 0 at their outline."""
    parts, head = read.body.parts, read.head
    face = _feathered(_shrunk(parts == Part.FACE, FACE_DEPTH * head), FEATHER * head)
    found = _near_joints(read, HANDS, WRISTS, ARM_REACH)
    hands = _feathered(_shrunk(found & ~_large(found, LARGEST_HAND * head**2), HAND_DEPTH * head), FEATHER * head)
    return _at(np.maximum(face, hands), size)


def clothes_mask(read: Figure, size: Size) -> Mask:
    """bool (h, w) of `size`: clothes and shoes."""
    return _at(np.isin(read.body.parts, CLOTHES).astype(np.float32), size) > 0.5


def _reduced(image: Image.Image) -> Image.Image:
    size = size_of(image)
    scale = min(1.0, sqrt(READ_PIXELS / size.pixels))
    small = (max(1, round(size.width * scale)), max(1, round(size.height * scale)))
    return image if scale == 1 else image.resize(small, Image.Resampling.BOX if scale < 0.5 else Image.Resampling.LANCZOS)


def _person(read: Figure) -> Mask:
    """The person's parts without what has the colour of skin far from any limb."""
    parts = read.body.parts
    limbs = _near_joints(read, ARMS, ARM_JOINTS, ARM_REACH) | _near_joints(read, LEGS, LEG_JOINTS, LEG_REACH)
    trunk = _near_joints(read, (Part.TORSO,), TRUNK_JOINTS, TRUNK_REACH)
    return np.isin(parts, (*HEAD, Part.NECK)) | ((limbs | trunk) & ~_cloth_on_plastic(read))


def _cloth_on_plastic(read: Figure) -> Mask:
    """On the body of a mannequin: what has the colour of its clothes rather than that of its head; nothing on a person."""
    tones, body = _tones(read), np.isin(read.body.parts, (Part.TORSO, *ARMS, *LEGS))
    if tones is None or np.hypot(*tones.skin[1:]) > PLASTIC_CHROMA:
        return np.zeros(body.shape, bool)
    return body & cast(Mask, _nearest(tones.lab, tones.clothes) < np.linalg.norm(tones.lab - tones.skin, axis=2))


def _bare_in_clothes(read: Figure, person: Mask) -> Mask:
    """Beside the arms of a person: what was read as clothes and has the colour of skin."""
    tones = _tones(read)
    if tones is None or np.hypot(*tones.skin[1:]) <= PLASTIC_CHROMA:
        return np.zeros(read.body.parts.shape, bool)
    away = np.linalg.norm((tones.lab - tones.skin) * LIGHTNESS_WEIGHT, axis=2)
    alike = (away < SKIN_SPREAD) & (_nearest(tones.lab, tones.clothes) > 2 * away)
    beside = _grown(person & np.isin(read.body.parts, ARMS), ARM_WIDTH * read.head)
    return np.asarray(alike & beside & np.isin(read.body.parts, CLOTHES))


@dataclass(frozen=True, slots=True)
class _Tones:
    """Colours of a figure in CIE L*a*b*."""

    lab: Floats
    """float32 (h, w, 3), smoothed."""
    skin: Floats
    """(3,), of the face."""
    clothes: tuple[Floats, ...]
    """(3,) of each garment that is seen."""


def _tones(read: Figure) -> _Tones | None:
    """None where no face or no garment is seen."""
    parts = read.body.parts
    lab = cast(Floats, cv2.cvtColor(blurred(to_float(read.rgb), 0.03 * read.head), cv2.COLOR_RGB2LAB))
    seen = [lab[parts == part] for part in (Part.FACE, Part.UPPER, Part.LOWER, Part.DRESS)]
    tones = [np.median(each, axis=0).astype(np.float32) for each in seen if len(each)]
    return _Tones(lab, tones[0], tuple(tones[1:])) if len(seen[0]) and len(tones) > 1 else None


def _nearest(lab: Floats, tones: tuple[Floats, ...]) -> Floats:
    """float32 (h, w): colour difference to the nearest of the tones."""
    return cast(Floats, np.min([np.linalg.norm(lab - tone, axis=2) for tone in tones], axis=0))


def _near_joints(read: Figure, which: Collection[Part], joints: Collection[str], reach: float) -> Mask:
    """Connected pieces of those parts that come within `reach` heads of one of the joints; all where no joint is known."""
    found = np.isin(read.body.parts, list(which))
    at = [read.body.joints[name] for name in joints if name in read.body.joints]
    if not at:
        return found
    count, labels = cv2.connectedComponents(found.astype(np.uint8))
    held = np.zeros(count, bool)
    for joint in at:
        held[np.unique(labels[_disc_at(found.shape, joint, reach * read.head)])] = True
    held[0] = False
    return np.asarray(held[labels], dtype=bool)


def _disc_at(shape: tuple[int, ...], centre: Point, radius: float) -> Mask:
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((columns - centre.x) ** 2 + (rows - centre.y) ** 2 <= radius**2)


def _closed(mask: Mask, head: float) -> Mask:
    """Small gaps in the mask filled: moles, watches, misread patches."""
    radius = max(1, round(0.05 * head))
    padded = np.pad(mask.astype(np.uint8), 2 * radius)
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, _disc(radius))
    return np.asarray(closed[2 * radius : -2 * radius, 2 * radius : -2 * radius] > 0)


def _large(mask: Mask, least: float) -> Mask:
    """The connected pieces of the mask with at least that many pixels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    held = stats[:count, cv2.CC_STAT_AREA] >= least
    held[0] = False
    return np.asarray(held[labels], dtype=bool)


def _grown(mask: Mask, by: float) -> Mask:
    return np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5) <= by)


def _shrunk(mask: Mask, by: float) -> Mask:
    return ~_grown(~mask, by)


def _feathered(mask: Mask, width: float) -> Floats:
    """1 well within, falling to 0 just beyond the mask's edge; the picture's own edge is no edge."""
    if mask.all() or not mask.any():
        return mask.astype(np.float32)
    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    level = np.clip(inside / max(2.0, width), 0, 1)
    return cast(Floats, (level * level * (3 - 2 * level)).astype(np.float32))


def _disc(radius: int) -> Bytes:
    return cast(Bytes, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)))


def _at(values: Floats, size: Size) -> Floats:
    """At `size`; what was 0 stays 0, so that exactness survives enlarging."""
    return np.clip(cv2.resize(values, (size.width, size.height), interpolation=cv2.INTER_LINEAR), 0, 1)
