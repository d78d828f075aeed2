"""Irises and brows: small parts of a face that have colours of their own."""

from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, blurred
from pipelines.vision.portrait.features import Features
from pipelines.vision.portrait.region import ellipse

IRIS = 0.095
"""Radius of an iris in distances of the eyes (11.7 of 63 mm across)."""
SMALLEST = 45
"""Distance of the eyes in pixels from which an iris has enough of them."""


def iris_matte(light: Floats, face: Features) -> Floats:
    """float32 (h, w) in [0, 1]: irises without pupils, glints and lids, by lightness (L*, 0 to 100); all 0 in small faces."""
    result = np.zeros(light.shape, np.float32)
    gap = face.eye_distance
    if gap < SMALLEST:
        return result
    for eye in (face.left_eye, face.right_eye):
        radius = ellipse((light.shape[0], light.shape[1]), eye, IRIS * gap, IRIS * gap, 0)
        inside = radius < 1.3
        if not inside.any():
            continue
        dark, bright = np.percentile(light[inside], (8, 85))
        tone = np.clip((bright - light) / max(4.0, 0.35 * (bright - dark)), 0, 1) * np.clip((light - dark - 2) / 5, 0, 1)
        result = np.maximum(result, tone * np.clip((1.1 - radius) / 0.25, 0, 1))
    return blurred(result.astype(np.float32), 0.012 * gap)


def brow_matte(light: Floats, face: Features) -> Floats:
    """float32 (h, w) in [0, 1]: what is darker than the skin around it where the brows are."""
    gap = face.eye_distance
    shape = (light.shape[0], light.shape[1])
    lit = cv2.dilate(light, np.ones((3, 3), np.uint8), iterations=max(1, round(0.06 * gap)))
    around = blurred(lit.astype(np.float32), 0.1 * gap)
    darker = np.clip((0.86 * around - light) / (0.3 * around + 1), 0, 1)
    zone = np.zeros(shape, np.float32)
    for side in (-1, 1):
        radius = ellipse(shape, face.at(side * 0.53, -0.30), 0.44 * gap, 0.16 * gap, face.roll)
        zone = np.maximum(zone, np.clip((1.1 - radius) / 0.3, 0, 1))
    return cast(Floats, (zone * darker).astype(np.float32))
