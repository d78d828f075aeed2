"""Another person's proportions on the same face: eyes, brows, nose, lips and jaw moved a little, smoothly, within the skin."""

from dataclasses import dataclass, fields
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, blurred
from pipelines.vision.portrait.align import Field, Values, jacobian_min, smooth_field
from pipelines.vision.portrait.features import Features
from pipelines.vision.portrait.region import BOTTOM, TOP, ellipse

LEAST_JACOBIAN = 0.45
REACH = 0.34
"""Distances of the eyes over which what is moved takes its surroundings along."""


@dataclass(frozen=True, slots=True)
class Proportions:
    """What differs, in distances of the eyes; 0 leaves it as it is."""

    eyes_apart: float = 0.0
    eyes_up: float = 0.0
    eyes_large: float = 0.0
    brows_up: float = 0.0
    nose_wide: float = 0.0
    nose_long: float = 0.0
    mouth_wide: float = 0.0
    lips_full: float = 0.0
    jaw_wide: float = 0.0
    chin_long: float = 0.0

    @classmethod
    def drawn(cls, rng: np.random.Generator, amount: float = 1.0) -> "Proportions":
        """Those of somebody else: each differs, and none a little only."""
        spans = (0.05, 0.035, 0.03, 0.045, 0.055, 0.045, 0.07, 0.04, 0.10, 0.07)
        signs = rng.choice((-1.0, 1.0), len(spans))
        sizes = rng.uniform(0.55, 1.0, len(spans))
        return cls(*(float(amount * sign * size * span) for sign, size, span in zip(signs, sizes, spans, strict=True)))

    def scaled(self, share: float) -> "Proportions":
        return Proportions(*(share * getattr(self, each.name) for each in fields(self)))


def reshaped(face: Features, wanted: Proportions, skin: Floats) -> Field:
    """The field over float32 (h, w) `skin` that gives a face other proportions.

    What is no skin stays where it is, and nothing folds: proportions that would are taken back by half, and again.
    """
    shape = (skin.shape[0], skin.shape[1])
    rows, columns = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    hold = _held(face, skin)
    for share in (1.0, 0.5, 0.25, 0.0):
        moves = _moves(face, wanted.scaled(share))
        field = smooth_field(moves.points, moves.offsets, REACH * face.eye_distance, shape) * hold[..., None]
        x, y = columns - field[..., 0], rows - field[..., 1]
        least = jacobian_min(x, y)
        if least > LEAST_JACOBIAN:
            break
    return Field(x, y, least)


def _held(face: Features, skin: Floats) -> Floats:
    """float32 (h, w): 1 in the face, falling to 0 towards its outline and whatever is no skin."""
    shape = (skin.shape[0], skin.shape[1])
    gap = face.eye_distance
    radius = ellipse(shape, face.at(0, (TOP + BOTTOM) / 2 + 0.1), 1.35 * gap, 0.72 * (BOTTOM - TOP) * face.height, face.roll)
    solid = cv2.morphologyEx(
        (skin > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8), iterations=max(1, round(0.08 * gap))
    )
    depth = cv2.distanceTransform(np.pad(solid, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    inner = np.clip((depth - 0.02 * gap) / (0.3 * gap), 0, 1)
    fade = np.clip((1.15 - radius) / 0.45, 0, 1) * inner
    fade = fade * fade * (3 - 2 * fade)
    return cast(Floats, (blurred(fade.astype(np.float32), 0.03 * gap) * (solid > 0)).astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Moves:
    points: Values
    offsets: Values


def _moves(face: Features, wanted: Proportions) -> _Moves:
    """Points (n, 2) of the face and where they go, (n, 2) as offsets, in pixels."""
    gap, angle = face.eye_distance, np.radians(face.roll)
    table = [*_eye_moves(wanted), *_lower_moves(wanted, face.mouth_width / gap)]
    spots = [face.at(across, down) for across, down, _, _ in table]
    points = np.array([[spot.x, spot.y] for spot in spots])
    local = gap * np.array([[right, down] for _, _, right, down in table])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return _Moves(points, local @ turn.T)


def _eye_moves(wanted: Proportions) -> list[tuple[float, float, float, float]]:
    """Where (across, down), as of `Features.at`, and how far to the right and down."""
    rows: list[tuple[float, float, float, float]] = []
    for side in (-1, 1):
        apart, up = side * wanted.eyes_apart / 2, -wanted.eyes_up
        large = wanted.eyes_large / 2
        rows += [
            (side * 0.5, 0.12, apart, up + large), (side * 0.5, -0.12, apart, up - large),
            (side * 0.5, -0.34, 0.6 * apart, 0.4 * up - wanted.brows_up), (side * 0.82, -0.28, 0.6 * apart, 0.4 * up - 0.8 * wanted.brows_up),
        ]  # fmt: skip
    return rows


def _lower_moves(wanted: Proportions, lips: float) -> list[tuple[float, float, float, float]]:
    rows = [
        (0.0, 0.6, 0.0, wanted.nose_long), (0.0, 0.1, 0.0, 0.0),
        (0.0, 0.90, 0.0, 0.3 * wanted.nose_long - wanted.lips_full), (0.0, 1.13, 0.0, wanted.lips_full),
        (0.0, 1.62, 0.0, wanted.chin_long),
    ]  # fmt: skip
    for side in (-1, 1):
        rows += [
            (side * 0.2, 0.55, side * wanted.nose_wide / 2, 0.8 * wanted.nose_long),
            (side * lips / 2, 1.0, side * wanted.mouth_wide / 2, 0.0),
            (side * 0.85, 1.05, side * wanted.jaw_wide / 2, 0.0), (side * 0.55, 1.45, side * wanted.jaw_wide / 2, 0.5 * wanted.chin_long),
        ]  # fmt: skip
    return rows
