"""Dressing a body: a garment's pattern pieces warped one by one onto it and laid over one another."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipelines.errors import UnsupportedTask
from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.garments.drape import cut_of, frame_of, leg_points, skirt_points, sleeve_points, torso_points
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.opening import open_panels
from pipelines.vision.garments.pattern import (
    SIDES,
    STATIONS,
    Piece,
    has_sleeve,
    leg_piece,
    skirt_piece,
    sleeve_piece,
    torso_piece,
)
from pipelines.vision.garments.warp import Coordinates, Warped, fold_free, warped
from pipelines.vision.people.body import Body, Point

STIFFNESS = 2e-3
SPARE = 0.06
"""Of the shoulder width: how far a sleeve may go on beyond its control points."""
SHOULDER_ROW = 3
"""Row of the shoulder among the points of one side of a torso; the armpit comes two after it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A garment on a body, on a canvas of (h, w) pixels."""

    colour: Floats
    """float32 (h, w, 3), sRGB in [0, 1], not premultiplied."""
    alpha: Floats
    """float32 (h, w) in [0, 1]."""
    jacobian_min: float
    """Least Jacobian determinant of all warps where they show; positive: nothing folds."""


@dataclass(frozen=True, slots=True)
class Dressed:
    """A garment on a body as two layers, for what goes between them, such as a bare arm before the torso."""

    torso: Layer
    sleeves: Layer

    @property
    def whole(self) -> Layer:
        return _over(self.torso, self.sleeves)


def fit(garment: Garment, body: Body, size: Size) -> Layer:
    """`garment` on `body` as one layer of `size`, which has the aspect of the body's picture.

    Keeps the garment's own length and ease. Raises `UnsupportedTask` for what isn't worn on trunk or legs, and
    `PersonNotFound` where the body's shoulders aren't known.
    """
    return dress(garment, body, size).whole


def dress(garment: Garment, body: Body, size: Size, front: Coordinates | None = None) -> Dressed:
    """`fit`, with torso and sleeves apart. With a `front` line of the garment, from `opening.front_line`, it is worn open."""
    body = scaled(body, size)
    if garment.category == "bottom":
        return Dressed(_bottom(garment, body, size), _nothing(size))
    if garment.category in ("shoes", "bag", "hat", "other"):
        raise UnsupportedTask(f"the draft engine fits clothes for trunk and legs, not a garment of the kind {garment.category!r}")
    frame = frame_of(body)
    cut = cut_of(garment, frame)
    target = torso_points(garment, frame, cut)
    if front is None:
        torso = _placed(garment, torso_piece(garment), target, size)
    else:
        panels = open_panels(garment, frame, target, front)
        torso = _over(*(_placed(garment, panel.piece, panel.target, size) for panel in panels))
    sleeves = _nothing(size)
    per_side = SHOULDER_ROW + 2 + STATIONS
    for index, side in enumerate(SIDES):
        if has_sleeve(garment, side):
            seam = target[[index * per_side + SHOULDER_ROW, index * per_side + SHOULDER_ROW + 2]]
            sleeve = sleeve_piece(garment, side)
            points = sleeve_points(sleeve, frame, cut, side, seam)
            layer = _within(_placed(garment, sleeve.piece, points, size), points, SPARE * frame.width)
            sleeves = _over(sleeves, layer)
    return Dressed(torso, sleeves)


def _bottom(garment: Garment, body: Body, size: Size) -> Layer:
    frame = frame_of(body)
    if "crotch" not in garment.landmarks:
        return _placed(garment, skirt_piece(garment), skirt_points(garment, frame), size)
    legs = [_placed(garment, leg_piece(garment, side), leg_points(garment, frame, side), size) for side in SIDES]
    return _over(legs[0], legs[1])


def _placed(garment: Garment, piece: Piece, target: Coordinates, size: Size) -> Layer:
    warp = fold_free(piece.points, target, size, STIFFNESS)
    found: Warped = warped(garment.colour, piece.alpha, warp, target, size)
    return Layer(found.colour, found.alpha, found.jacobian_min)


def _within(layer: Layer, target: Coordinates, reach: float) -> Layer:
    """A piece without what a warp carries further than `reach` beyond the hull of its control points, where it isn't held."""
    hull = cv2.convexHull(np.round(target * 16).astype(np.int32))
    inside = np.zeros(layer.alpha.shape, np.uint8)
    cv2.fillPoly(inside, [hull], 255, cv2.LINE_8, 4)
    cv2.polylines(inside, [hull], True, 255, max(1, round(2 * reach)), cv2.LINE_8, 4)
    return replace(layer, alpha=(layer.alpha * cv2.blur(inside, (3, 3)) * np.float32(1 / 255)).astype(np.float32))


def _nothing(size: Size) -> Layer:
    blank = np.zeros((size.height, size.width), np.float32)
    return Layer(np.repeat(blank[..., None], 3, axis=2), blank, float("inf"))


def _over(below: Layer, above: Layer) -> Layer:
    """Porter and Duff 1984, for colours that aren't premultiplied."""
    under = below.alpha * (1 - above.alpha)
    alpha = above.alpha + under
    paint = above.colour * above.alpha[..., None] + below.colour * under[..., None]
    colour = paint / np.maximum(alpha, 1e-4)[..., None]
    return Layer(colour.astype(np.float32), alpha.astype(np.float32), min(below.jacobian_min, above.jacobian_min))


def scaled(body: Body, size: Size) -> Body:
    """The body on another canvas of the same aspect."""
    height, width = body.alpha.shape
    if (width, height) == (size.width, size.height):
        return body
    across, down = size.width / width, size.height / height
    canvas = (size.width, size.height)
    return replace(
        body,
        alpha=cv2.resize(body.alpha, canvas, interpolation=cv2.INTER_LINEAR).astype(np.float32),
        parts=cv2.resize(body.parts, canvas, interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint8),
        joints={name: Point(at.x * across, at.y * down) for name, at in body.joints.items()},
    )
