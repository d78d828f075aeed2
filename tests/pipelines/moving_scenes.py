"""A drawn figure with its exact matte and parts, to be set in motion."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.motion.layers import Subject
from pipelines.vision.people.body import Body, Part, Point

WIDTH, HEIGHT = 240, 360


@dataclass(frozen=True)
class Drawn:
    rgb: Bytes
    subject: Subject
    parts: Bytes


def _painted(parts: Bytes) -> Bytes:
    """Each part in its colour, with stripes, on a backdrop with a gradient and fine grain."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    backdrop = np.stack([190 + 20 * y / HEIGHT, 180 + 30 * x / WIDTH, np.full(y.shape, 190.0)], -1)
    colours = np.array([(0, 0, 0), (60, 40, 30), (220, 180, 160)] + [(220, 180, 160)] * 5 + [(40, 80, 160)] * 7, float)
    figure = colours[np.minimum(parts, 14)] + 18 * ((y // 6 + x // 5) % 2)[..., None]
    figure[parts == Part.LOWER] = (150, 40, 60) + 30 * ((x[parts == Part.LOWER] // 5) % 2)[:, None]
    rgb = np.where((parts > 0)[..., None], figure, backdrop) + rng.normal(0, 1.5, (HEIGHT, WIDTH, 1))
    return np.clip(rgb, 0, 255).astype(np.uint8)


def drawn(*, trousers: bool = False, person: bool = True, sure: bool = True) -> Drawn:
    """A figure in a top and a skirt, or trousers, on a plain backdrop, or the same outline as a mere product."""
    parts = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.ellipse(parts, (120, 60), (24, 34), 0, 0, 360, int(Part.HAIR), -1)
    cv2.rectangle(parts, (98, 60), (142, 120), int(Part.HAIR), -1)
    cv2.ellipse(parts, (120, 62), (17, 24), 0, 0, 360, int(Part.FACE), -1)
    cv2.rectangle(parts, (86, 100), (154, 180), int(Part.UPPER), -1)
    cv2.rectangle(parts, (98, 90), (107, 125), int(Part.HAIR), -1)
    for left in (100, 126):
        cv2.rectangle(parts, (left, 200), (left + 14, 330), int(Part.LEFT_LEG), -1)
        cv2.rectangle(parts, (left, 330), (left + 16, 340), int(Part.SHOES), -1)
    if trousers:
        for left in (96, 124):
            cv2.rectangle(parts, (left, 181), (left + 20, 320), int(Part.LOWER), -1)
    else:
        cv2.fillPoly(parts, [np.array([(90, 181), (150, 181), (168, 270), (72, 270)])], int(Part.LOWER))
    alpha = cv2.GaussianBlur((parts > 0).astype(np.float32), (0, 0), 0.7)
    rgb = _painted(parts)
    colour: Floats = (rgb / np.float32(255)).astype(np.float32)
    joints = {"head_top": Point(120, 26), "chin": Point(120, 86), "left_waist": Point(150, 181), "right_waist": Point(90, 181)}
    body = Body(alpha=alpha, parts=parts, joints=joints, confidence=1.0) if person else None
    return Drawn(rgb, Subject(Matte(alpha, colour, 1.0), body, sure), parts)
