"""Skin and hair of whom a portrait shows."""

import cv2
import numpy as np

from pipelines.images import Mask
from pipelines.vision.portrait.complexion import HAIR_TEXTURE
from pipelines.vision.portrait.features import Features
from pipelines.vision.portrait.lab import Lab, lab_of, tone_of
from pipelines.vision.portrait.locate import Portrait
from pipelines.vision.portrait.region import region_of
from pipelines.vision.portrait.reshape import Proportions

SIDE = 160
"""Pixels of a face box's side at which colours are taken."""
USUAL = Lab(70, 13, 18)
DRAWN_SIDE, PLAINEST = 128, 1.0
"""Pixels of a face box's side at which skin is compared, and the product of its fine contrast and the spread of its lightness
(L*) below which it is drawn: 0.4 and less in drawings, from 1.6 in photographs."""
BALDEST, PALEST = 12.0, 62.0
"""Colour difference to the skin below which a head is bald, and the lightness above which it isn't hair but a hat or a wall."""


def skin_of(portrait: Portrait) -> Lab:
    """The tone of the face in its lit parts."""
    small = portrait.shrunk(SIDE)
    lab = lab_of(small.rgb)
    return tone_of(lab, cheeks(small.face, lab.shape)) or USUAL


def hair_of(portrait: Portrait) -> Lab | None:
    """The colour of the hair above the forehead; None where that is bald, a hat or a wall."""
    small = portrait.shrunk(SIDE)
    lab = lab_of(small.rgb)
    above = _near(small.face, lab.shape, ((0.0, -1.25), (-0.45, -1.15), (0.45, -1.15)), 0.5)
    above &= region_of(small.rgb, small.face).front > 0.8
    tone = tone_of(lab, above)
    if tone is None or tone.light > PALEST or tone.distance(skin_of(portrait)) < BALDEST:
        return None
    fine = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5))[above].mean()
    return tone if fine > HAIR_TEXTURE else None


def is_drawn(portrait: Portrait) -> bool:
    """Whether the face is drawn or rendered: skin with neither grain and pores nor much light and shade."""
    small = portrait.shrunk(DRAWN_SIDE)
    light = lab_of(small.rgb)[..., 0]
    skin = region_of(small.rgb, small.face).skin > 0.8
    if np.count_nonzero(skin) < 100:
        return False
    fine = float(np.median(np.abs(light - cv2.GaussianBlur(light, (0, 0), 1.5))[skin]))
    return fine * float(light[skin].std()) < PLAINEST


def proportions_of(shown: Features, own: Features) -> Proportions:
    """How a face has to change to have the proportions of another, as far as that can be told from either."""
    eyes = shown.eye_distance / shown.height / (own.eye_distance / own.height) - 1
    lips = shown.mouth_width / shown.eye_distance - own.mouth_width / own.eye_distance
    chin = _below(shown) - _below(own)
    return Proportions(
        eyes_apart=float(np.clip(eyes, -0.06, 0.06)),
        mouth_wide=float(np.clip(lips, -0.08, 0.08)),
        chin_long=float(np.clip(0.5 * chin, -0.06, 0.06)),
    )


def _below(face: Features) -> float:
    """From the mouth to the chin, in distances of the eyes."""
    return float(np.hypot(face.chin.x - face.mouth.x, face.chin.y - face.mouth.y)) / face.eye_distance


def cheeks(face: Features, shape: tuple[int, ...]) -> Mask:
    """bool (h, w): both cheeks, the bridge of the nose and the forehead."""
    return _near(face, shape, ((-0.5, 0.55), (0.5, 0.55), (0.0, 0.35), (0.0, -0.4)), 0.25)


def _near(face: Features, shape: tuple[int, ...], places: tuple[tuple[float, float], ...], reach: float) -> Mask:
    """What lies within `reach` distances of the eyes of places as of `Features.at`."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    spots = [face.at(across, down) for across, down in places]
    return np.asarray(np.any([np.hypot(columns - at.x, rows - at.y) < reach * face.eye_distance for at in spots], axis=0))
