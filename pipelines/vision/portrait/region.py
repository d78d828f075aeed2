"""Which pixels around a face are its skin, its features, and what lies in front of it."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, Mask, blurred
from pipelines.vision.inpaint import guided
from pipelines.vision.portrait.features import Features, Spot
from pipelines.vision.portrait.lab import lab_of

TOP, BOTTOM, HALF = -0.62, 1.5, 1.0
"""The oval that is a face's own: from above the brows to the chin in shares of eyes to mouth, and half its width in
distances of the eyes."""


@dataclass(frozen=True, slots=True)
class Region:
    """A face in a picture of (h, w) pixels; float32 in [0, 1] each."""

    oval: Floats
    """The inner face, with an edge as wide as a quarter of the distance of the eyes."""
    skin: Floats
    """Plain skin, without eyes, brows, nostrils and lips."""
    front: Floats
    """What lies over the face: fringe, glasses, hat."""


def ellipse(shape: tuple[int, int], at: Spot, across: float, down: float, roll: float) -> Floats:
    """float32 (h, w): the radius of each pixel in units of an ellipse's, whose half axes are given in pixels."""
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    angle = np.radians(roll)
    x, y = columns - at.x, rows - at.y
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    return np.asarray(np.hypot(u / max(across, 1e-6), v / max(down, 1e-6)), dtype=np.float32)


def region_of(rgb: Floats, face: Features) -> Region:
    """float32 (h, w, 3) in [0, 1], and the features of the face in it."""
    shape, gap = (rgb.shape[0], rgb.shape[1]), face.eye_distance
    lab = lab_of(cv2.bilateralFilter(rgb, 5, 0.06, 2).astype(np.float32))
    oval_radius = ellipse(shape, face.at(0, (TOP + BOTTOM) / 2), HALF * gap, (BOTTOM - TOP) / 2 * face.height, face.roll)
    alike = _likeness(lab, face, oval_radius)
    inner = features_of(shape, face)
    glasses = alike[_disc(shape, face.at(0, 0), 0.12 * gap)].mean() < 0.35
    front = _front(rgb, alike < 0.4, oval_radius, inner if not glasses else np.zeros(shape, bool), gap)
    soft = np.clip((1 - oval_radius) * 2, 0, 1)
    skin = alike * (1 - front) * (1 - blurred(inner.astype(np.float32), 0.03 * gap)) * (oval_radius < 1.25)
    return Region(soft.astype(np.float32), skin.astype(np.float32), front)


def _likeness(lab: Floats, face: Features, oval_radius: Floats) -> Floats:
    """float32 (h, w): 1 where the colour is the skin's around it, lit or shaded; 0 where it is another."""
    gap = face.eye_distance
    sample = np.zeros(oval_radius.shape, bool)
    for across, down in ((-0.5, 0.5), (0.5, 0.5), (0, 0.3), (0, -0.4), (-0.35, 0.75), (0.35, 0.75)):
        sample |= _disc(oval_radius.shape, face.at(across, down), 0.14 * gap)
    middle = np.median(lab[sample], axis=0)
    core = sample & (np.linalg.norm((lab - middle) / (25, 12, 12), axis=2) < 1.5)
    weight = blurred(core.astype(np.float32), 0.5 * gap)[..., None] + 1e-4
    local = (blurred(lab * core[..., None].astype(np.float32), 0.5 * gap) + 1e-4 * middle) / weight
    away = (lab - local) / (np.array([16, 8, 9], np.float32))
    away[..., 0] *= np.where(away[..., 0] > 0, 0.6, 1)  # a highlight is skin more often than a shadow is
    return np.asarray(np.clip(1.9 - np.linalg.norm(away, axis=2), 0, 1), dtype=np.float32)


def features_of(shape: tuple[int, ...], face: Features, nose: bool = True) -> Mask:
    """bool (h, w): eyes with their brows, lips and, where asked for, nostrils."""
    gap, tall = face.eye_distance, face.height
    zones = [
        (Spot(eye.x, eye.y), 0.34 * gap, 0.17 * gap) for eye in (face.left_eye, face.right_eye)
    ] + [
        (face.at(side * 0.52, -0.27), 0.42 * gap, 0.14 * gap) for side in (-1, 1)
    ] + [(face.mouth, 0.62 * face.mouth_width, 0.17 * tall)] + [(face.nose, 0.24 * gap, 0.10 * gap)] * nose  # fmt: skip
    masks = [ellipse((shape[0], shape[1]), at, across, down, face.roll) < 1 for at, across, down in zones]
    return cast(Mask, np.any(masks, axis=0))


def _front(rgb: Floats, foreign: Mask, oval_radius: Floats, inner: Mask, gap: float) -> Floats:
    """What is no skin and hangs together with what is outside of the face, with soft strands."""
    odd = foreign & ~inner
    around = odd | (oval_radius > 1.3)
    count, labels = cv2.connectedComponents(around.astype(np.uint8))
    outside = np.zeros(count, bool)
    outside[np.unique(labels[oval_radius > 1.3])] = True
    outside[0] = False
    hanging = (outside[labels] & odd).astype(np.float32)
    soft = guided(blurred(hanging, 0.012 * gap), rgb, max(2, round(0.05 * gap)), 6e-4)
    near = cv2.dilate(hanging, np.ones((3, 3), np.uint8), iterations=max(1, round(0.03 * gap)))
    return cast(Floats, np.clip(1.4 * soft - 0.12, 0, 1) * near)


def _disc(shape: tuple[int, int], at: Spot, radius: float) -> Mask:
    return ellipse(shape, at, radius, radius, 0) < 1
