"""A wooden clothes hanger with a steel hook, drawn to fit a garment's shoulders."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.people.body import Point

_OVERSAMPLING = 3
_WOOD = np.array([0.76, 0.58, 0.41], np.float32)
_STEEL = np.array([0.72, 0.73, 0.75], np.float32)


@dataclass(frozen=True, slots=True)
class Hanger:
    """A hanger in a picture of (h, w) pixels."""

    colour: Floats
    """float32 (h, w, 3), sRGB in [0, 1]."""
    alpha: Floats
    """float32 (h, w) in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Shoulders:
    """Where a garment rests on its hanger, in pixels."""

    left: Point
    right: Point
    neck: Point
    """Where the hook leaves the wood."""

    @property
    def width(self) -> float:
        return self.right.x - self.left.x


def find_shoulders(alpha: Floats) -> Shoulders:
    """Read off the upper outline of a garment, (h, w): the hanger reaches over half its upper width."""
    solid = alpha > 0.5
    rows = np.flatnonzero(solid.any(axis=1))
    top, height = int(rows[0]), len(rows)
    band = solid[top : top + max(2, round(0.22 * height))]
    columns = np.flatnonzero(band.any(axis=0))
    middle, half = (columns[0] + columns[-1]) / 2, (columns[-1] - columns[0]) / 2
    reach = 0.56 * half
    left, right = (_outline(solid, middle + side * reach) for side in (-1, 1))
    level = min(left.y, right.y) - 0.16 * reach
    return Shoulders(
        _lowered(left, 0.03 * height),
        _lowered(right, 0.03 * height),
        Point(float(middle), float(max(level, top - 0.02 * height))),
    )


def shoulders_of(landmarks: Mapping[str, Point], alpha: Floats) -> Shoulders:
    """Where a garment whose landmarks are known, in pixels of its alpha (h, w), rests on its hanger; else read off its outline."""
    names = [f"{name}_{side}" for name in ("collar", "shoulder") for side in ("left", "right")]
    if not all(name in landmarks for name in names):
        return find_shoulders(alpha)
    collars = landmarks["collar_left"], landmarks["collar_right"]
    width = abs(collars[1].x - collars[0].x)
    ends = [_between(landmarks[f"collar_{side}"], landmarks[f"shoulder_{side}"], 0.82) for side in ("left", "right")]
    low = [_lowered(each, 0.06 * width) for each in ends]
    neck = Point((collars[0].x + collars[1].x) / 2, (collars[0].y + collars[1].y) / 2 - 0.02 * width)
    return Shoulders(low[0], low[1], neck)


def _between(first: Point, last: Point, share: float) -> Point:
    return Point(first.x + share * (last.x - first.x), first.y + share * (last.y - first.y))


def draw_clips(left: Point, right: Point, size: Size) -> Hanger:
    """A steel rail above a waistband from `left` to `right`, with a hook and two clips that hold the cloth."""
    scale, width = _OVERSAMPLING, right.x - left.x
    level = min(left.y, right.y) - 0.10 * width
    rail = [np.array([[left.x + 0.04 * width, level], [right.x - 0.04 * width, level]])]
    middle = Point((left.x + right.x) / 2, level)
    bow = hook(Shoulders(Point(middle.x - 0.45 * width, level), Point(middle.x + 0.45 * width, level), middle))
    steel = _stroked([*rail, bow], max(2.0, 0.022 * width), size, scale)
    clips = [
        np.array([[x, level - 0.02 * width], [x, at.y + 0.045 * width]])
        for x, at in ((left.x + 0.16 * width, left), (right.x - 0.16 * width, right))
    ]
    held = _stroked(clips, max(3.0, 0.05 * width), size, scale)
    colour = (
        _shaded(steel, _STEEL, 0.022 * width) * (1 - held)[..., None]
        + _shaded(held, 0.82 * _STEEL, 0.05 * width) * held[..., None]
    )
    return Hanger(colour.astype(np.float32), np.maximum(steel, held))


def _stroked(lines: list[NDArray[np.float64]], thick: float, size: Size, scale: int) -> Floats:
    canvas = np.zeros((size.height * scale, size.width * scale), np.uint8)
    cv2.polylines(canvas, [_fixed(line, scale) for line in lines], False, 255, max(1, round(thick * scale)), cv2.LINE_AA, 4)
    return _reduced(canvas, size)


def draw_hanger(shoulders: Shoulders, size: Size) -> Hanger:
    """The hanger whole; the garment goes in front of it."""
    thick = max(2.0, 0.04 * shoulders.width)
    wood = _stroked([_arms(shoulders)], thick, size, _OVERSAMPLING)
    steel = _stroked([hook(shoulders)], max(0.7, 0.3 * thick), size, _OVERSAMPLING)
    colour = _shaded(wood, _WOOD, thick) * (1 - steel)[..., None] + _shaded(steel, _STEEL, 0.3 * thick) * steel[..., None]
    return Hanger(colour.astype(np.float32), np.maximum(wood, steel))


def hook(shoulders: Shoulders) -> NDArray[np.float64]:
    """(n, 2) points from the wood up the stem and around the hook, open to the left."""
    radius = 0.085 * shoulders.width
    stem = 1.3 * radius
    angles = np.radians(np.linspace(90, -150, 40))
    centre = np.array([shoulders.neck.x, shoulders.neck.y - stem - radius])
    bow = centre + radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([[[shoulders.neck.x, shoulders.neck.y]], bow])


def _arms(shoulders: Shoulders) -> NDArray[np.float64]:
    """A shallow bow from shoulder to shoulder, highest at the neck."""
    left, neck, right = ((each.x, each.y) for each in (shoulders.left, shoulders.neck, shoulders.right))
    t = np.linspace(0, 1, 30)[:, None]
    first = (1 - t) ** 2 * np.array(left) + 2 * t * (1 - t) * np.array([(left[0] + neck[0]) / 2, neck[1]]) + t**2 * np.array(neck)
    second = (
        (1 - t) ** 2 * np.array(neck) + 2 * t * (1 - t) * np.array([(right[0] + neck[0]) / 2, neck[1]]) + t**2 * np.array(right)
    )
    return np.concatenate([first, second])


def _fixed(points: NDArray[np.float64], scale: int) -> NDArray[np.int32]:
    return np.round(points * scale * 16).astype(np.int32)


def _reduced(canvas: NDArray[np.uint8], size: Size) -> Floats:
    return (cv2.resize(canvas, (size.width, size.height), interpolation=cv2.INTER_AREA) / 255).astype(np.float32)


def _shaded(alpha: Floats, colour: Floats, thick: float) -> Floats:
    """A rod lit from above: the vertical slope of its blurred coverage stands for its roundness."""
    round_ = cv2.GaussianBlur(alpha, (0, 0), max(0.6, 0.3 * thick))
    slope = cv2.Sobel(round_, cv2.CV_32F, 0, 1, scale=0.125) + 0.5 * cv2.Sobel(round_, cv2.CV_32F, 1, 0, scale=0.125)
    light = 1 + np.clip(slope * 1.3 * max(1.0, thick), -0.45, 0.3)
    return np.clip(colour * light[..., None], 0, 1).astype(np.float32)


def _outline(solid: NDArray[np.bool_], x: float) -> Point:
    column = int(np.clip(round(x), 0, solid.shape[1] - 1))
    hits = np.flatnonzero(solid[:, column])
    return Point(float(column), float(hits[0]) if len(hits) else 0.0)


def _lowered(point: Point, by: float) -> Point:
    return Point(point.x, point.y + by)
