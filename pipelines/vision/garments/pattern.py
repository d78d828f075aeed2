"""Pattern pieces: a garment taken apart into torso, sleeves or legs, each with control points along its outline.

The control points of a piece come in a fixed order, which `pipelines.vision.garments.drape` follows with points on a body.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.warp import Coordinates
from pipelines.vision.people.body import Point
from pipelines.vision.people.view import disk, gauss, runs

STATIONS = 9
"""Points down each side of a torso, a skirt or a leg."""
ALONG_SHOULDER = (0.33, 0.67)
ALONG_SLEEVE = (0.3, 0.65, 1.0)
ALONG_HEM = (0.2, 0.4, 0.6, 0.8)
MOST_SAG = 0.12
"""Of a hem's width: how far it may run below or above the line between its corners."""
SEAM_OVERLAP = 0.02
"""Of the torso's width: how far the torso runs on beneath a sleeve, so that no gap opens."""
SLIVER = 0.08
"""Of the torso's width: what of a piece is narrower than this along the cut to its neighbour is a remainder of that."""
CLEANED_SIDE = 640
"""Long side in pixels at which such remains are looked for."""
Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a garment in a picture of (h, w) pixels."""

    alpha: Floats
    points: Coordinates
    """(n, 2) control points."""


@dataclass(frozen=True, slots=True)
class Sleeve:
    """A sleeve and its measures in pixels of the garment's picture."""

    piece: Piece
    length: float
    """Along its axis, from the middle of the seam."""
    half_widths: tuple[float, ...]
    """At the stations `ALONG_SLEEVE`."""


def array(*points: Point) -> Coordinates:
    """Points as (n, 2)."""
    return np.array([[point.x, point.y] for point in points], dtype=np.float64)


def between(first: Point, second: Point, share: float) -> Point:
    """The point at `share` of the way."""
    return Point(first.x + share * (second.x - first.x), first.y + share * (second.y - first.y))


def torso_piece(garment: Garment) -> Piece:
    """What hangs from the shoulders without its sleeves: for each side collar, shoulder line, shoulder, armhole and side
    down to the hem; then the middle line, the hem and the lowest point of the neckline.
    """
    alpha = garment.alpha.copy()
    width = _chest(garment)
    for side in SIDES:
        if has_sleeve(garment, side):
            alpha *= 1 - _sleeve_mask(garment, side, SEAM_OVERLAP * width)
    alpha = _without_slivers(garment, alpha)
    solid = garment.alpha > 0.5
    sides = [_side_of_torso(garment, solid, side) for side in SIDES]
    bottom = array(garment.landmarks["collar_bottom"])
    hem = hem_line(garment, sides[0][-1], sides[1][-1])
    return Piece(alpha, np.vstack([*sides, middle_line(sides[0], sides[1]), hem, bottom]))


def middle_line(left: Coordinates, right: Coordinates) -> Coordinates:
    """Halfway between the sides of a torso: at armpits and waist."""
    return np.asarray((left[[-STATIONS, -STATIONS // 2]] + right[[-STATIONS, -STATIONS // 2]]) / 2)


def hem_line(garment: Garment, first: NDArray[np.float64], second: NDArray[np.float64]) -> Coordinates:
    """Points on the lower edge between two corners (2,), held near the line between them so that a tie doesn't count."""
    on_line = first + np.array(ALONG_HEM)[:, None] * (second - first)
    width = max(1.0, abs(float(second[0] - first[0])))
    return np.column_stack([on_line[:, 0], [_lowest(garment.alpha, x, y, MOST_SAG * width) for x, y in on_line]])


def _lowest(alpha: Floats, x: float, y: float, reach: float) -> float:
    """The lower edge of what is solid within a reach of row `y`, as the median of a few columns; `y` where there is none."""
    spread = max(1, int(0.2 * reach))
    top, left = max(0, int(y - reach)), max(0, int(x) - spread)
    window = alpha[top : int(y + reach) + 1, left : int(x) + spread + 1] > 0.5
    filled = window.any(axis=0) if window.size else np.zeros(0, np.bool_)
    if not filled.any():
        return y
    lowest = window.shape[0] - window[::-1].argmax(axis=0)
    return top + float(np.median(lowest[filled]))


def has_sleeve(garment: Garment, side: Side) -> bool:
    """Whether the side has the landmarks of a sleeve."""
    return garment.sleeves != "none" and f"cuff_{side}_outer" in garment.landmarks


def _chest(garment: Garment) -> float:
    return abs(garment.landmarks["armpit_right"].x - garment.landmarks["armpit_left"].x)


def _side_of_torso(garment: Garment, solid: Mask, side: Side) -> Coordinates:
    marks = garment.landmarks
    collar, shoulder, armpit = (marks[f"{name}_{side}"] for name in ("collar", "shoulder", "armpit"))
    line = [_on_top(solid, between(collar, shoulder, share), 0.1 * _chest(garment)) for share in ALONG_SHOULDER]
    armhole = between(shoulder, armpit, 0.55)
    down = _down_the_side(solid, armpit, marks.get(f"waist_{side}"), marks[f"hem_{side}"], side, _chest(garment))
    return np.vstack([array(collar, *line, shoulder, armhole), down])


def _on_top(solid: Mask, point: Point, reach: float) -> Point:
    """The outline straight above or below a point, within a reach."""
    column = solid[:, int(np.clip(point.x, 0, solid.shape[1] - 1))]
    top = float(column.argmax()) if column.any() else point.y
    return Point(point.x, float(np.clip(top, point.y - reach, point.y + reach)))


def _down_the_side(solid: Mask, top: Point, waist: Point | None, hem: Point, side: Side, width: float) -> Coordinates:
    """Points on the outline from armpit to hem, held near the line through the landmarks so that a tie or a sleeve that
    lies against the side doesn't count.
    """
    rows = np.linspace(top.y, hem.y, STATIONS)
    marks = [top, waist, hem] if waist and top.y < waist.y < hem.y else [top, hem]
    usual = np.interp(rows, [mark.y for mark in marks], [mark.x for mark in marks])
    edge = np.array([_edge(solid, row, x, side) for row, x in zip(rows, usual, strict=True)])
    held = np.clip(edge, usual - 0.08 * width, usual + 0.08 * width)
    held[0], held[-1] = top.x, hem.x
    return np.column_stack([held, rows])


def _edge(solid: Mask, row: float, usual: float, side: Side) -> float:
    line = runs(solid[int(np.clip(row, 0, solid.shape[0] - 1))])
    ends = [float(run.start if side == "left" else run.end) for run in line]
    return min(ends, key=lambda end: abs(end - usual), default=usual)


def sleeve_piece(garment: Garment, side: Side) -> Sleeve:
    """One sleeve: shoulder and armpit, then outer and inner edge at the stations along its axis."""
    marks = garment.landmarks
    shoulder, armpit = marks[f"shoulder_{side}"], marks[f"armpit_{side}"]
    cuff = between(marks[f"cuff_{side}_outer"], marks[f"cuff_{side}_inner"], 0.5)
    seam = between(shoulder, armpit, 0.5)
    axis = np.array([cuff.x - seam.x, cuff.y - seam.y])
    length = max(1.0, float(np.linalg.norm(axis)))
    axis /= length
    across = np.array([axis[1], -axis[0]])
    towards = np.array([shoulder.x - seam.x, shoulder.y - seam.y])
    across = across if across @ towards > 0 else -across
    mask = _sleeve_mask(garment, side, -SEAM_OVERLAP * _chest(garment))
    rows, columns = np.nonzero((mask > 0.5) & (garment.alpha > 0.5))
    points = np.column_stack([columns + 0.5, rows + 0.5]) - (seam.x, seam.y)
    along, off = points @ axis, points @ across
    edges, widths = [], []
    for share in ALONG_SLEEVE:
        near = off[np.abs(along - min(share, 0.96) * length) < 0.03 * length]
        cuffs = [
            (mark.x - seam.x, mark.y - seam.y) @ across for mark in (marks[f"cuff_{side}_outer"], marks[f"cuff_{side}_inner"])
        ]
        high, low = (np.percentile(near, 99), np.percentile(near, 1)) if near.size > 8 and share < 1 else cuffs
        centre = np.array([seam.x, seam.y]) + share * length * axis
        edges += [centre + high * across, centre + low * across]
        widths.append(float(high - low) / 2)
    return Sleeve(
        Piece(_without_slivers(garment, garment.alpha * mask), np.vstack([array(shoulder, armpit), *edges])),
        length,
        tuple(widths),
    )


def _sleeve_mask(garment: Garment, side: Side, shift: float) -> Floats:
    """float32 (h, w): what lies outward of the line from shoulder to armpit, and below the armpit what hangs beside the
    torso's side; `shift` moves the line outward.
    """
    marks = garment.landmarks
    height, width = garment.alpha.shape
    scale = min(1.0, 640 / max(height, width))
    solid = cv2.resize(garment.alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 0.3
    sign = -1 if side == "left" else 1
    shoulder, armpit = (_moved(marks[f"{name}_{side}"], sign * shift, scale) for name in ("shoulder", "armpit"))
    cuff = _moved(between(marks[f"cuff_{side}_outer"], marks[f"cuff_{side}_inner"], 0.5), 0, scale)
    rows = np.arange(solid.shape[0])
    seam = np.interp(rows, [shoulder.y, armpit.y], [shoulder.x, armpit.x])
    hanging = _gap_beside_torso(solid, armpit, cuff, sign)
    limit = np.where(rows <= armpit.y, seam, hanging)
    outward = (np.arange(solid.shape[1])[None] + 0.5 - limit[:, None]) * sign
    soft = np.clip(outward / 2 + 0.5, 0, 1).astype(np.float32)
    return np.clip(cv2.resize(gauss(soft, 0.8), (width, height), interpolation=cv2.INTER_LINEAR), 0, 1).astype(np.float32)


def _without_slivers(garment: Garment, alpha: Floats) -> Floats:
    """A piece without the narrow remains of its neighbour beside the cut from the armpits to the cuffs."""
    marks, width = garment.landmarks, _chest(garment)
    scale = min(1.0, CLEANED_SIDE / max(alpha.shape))
    solid = (cv2.resize(alpha, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) > 0.5).astype(np.uint8)
    stout = cv2.dilate(cv2.morphologyEx(solid, cv2.MORPH_OPEN, disk(max(1, round(0.5 * SLIVER * width * scale)))), disk(2))
    rows, columns = np.ogrid[: solid.shape[0], : solid.shape[1]]
    near = np.zeros(solid.shape, np.bool_)
    for side in SIDES:
        if has_sleeve(garment, side):
            armpit, cuff = marks[f"armpit_{side}"], marks[f"cuff_{side}_inner"]
            lowest = max(armpit.y, cuff.y) + 0.15 * width
            beside = np.abs(columns / scale - armpit.x) < 0.14 * width
            near |= beside & (rows / scale > armpit.y) & (rows / scale < lowest)
    lost = gauss(((solid > 0) & (stout == 0) & near).astype(np.float32), 0.7)
    if not lost.any():
        return alpha
    size = (alpha.shape[1], alpha.shape[0])
    return np.asarray(alpha * (1 - np.clip(2 * cv2.resize(lost, size, interpolation=cv2.INTER_LINEAR), 0, 1)), dtype=np.float32)


def _moved(point: Point, shift: float, scale: float) -> Point:
    return Point((point.x + shift) * scale, point.y * scale)


def _gap_beside_torso(solid: Mask, armpit: Point, cuff: Point, sign: int) -> NDArray[np.float64]:
    """For each row the column that parts sleeve from torso below the armpit: the middle of the gap, else straight down."""
    found = np.full(solid.shape[0], armpit.x)
    column = armpit.x
    last = min(solid.shape[0], int(cuff.y + 0.35 * abs(cuff.y - armpit.y)) + 8)
    for row in range(max(0, int(armpit.y)), last):
        gaps = [run for run in runs(~solid[row]) if run.start > 0 and run.end < solid.shape[1]]
        near = min(gaps, key=lambda run: run.distance(column), default=None)
        if near and near.distance(column) < 6:
            column = near.middle if near.width < 40 else float(np.clip(column, near.start + 2, near.end - 2))
        found[row] = column
    found[last:] = column
    return found


def leg_piece(garment: Garment, side: Side) -> Piece:
    """One half of trousers: waist, outer seam, then the middle from waist to crotch, the inner seam and the hem."""
    marks = garment.landmarks
    solid = garment.alpha > 0.5
    waist, hem, crotch, inner = marks[f"waist_{side}"], marks[f"hem_{side}"], marks["crotch"], marks[f"leg_{side}_inner"]
    middle = between(marks["waist_left"], marks["waist_right"], 0.5)
    width = abs(marks["waist_right"].x - marks["waist_left"].x)
    outer = _down_the_side(solid, waist, None, hem, side, 6 * width)
    inner_side: Side = "right" if side == "left" else "left"
    inseam = _down_the_side(solid, crotch, None, inner, inner_side, 6 * width)
    front = array(middle, between(middle, crotch, 0.5))
    columns = np.arange(garment.alpha.shape[1]) + 0.5
    rows = np.arange(garment.alpha.shape[0]) + 0.5
    part = np.interp(rows, [middle.y, crotch.y, max(inner.y, crotch.y + 1)], [middle.x, crotch.x, crotch.x])
    sign = -1 if side == "left" else 1
    soft = np.clip((columns[None] - part[:, None]) * sign + 0.02 * width, 0, 1).astype(np.float32)
    return Piece(garment.alpha * soft, np.vstack([outer, front, inseam, hem_line(garment, outer[-1], inseam[-1])]))


def skirt_piece(garment: Garment) -> Piece:
    """A skirt: both sides from waist to hem, then the middle line and the hem."""
    marks = garment.landmarks
    solid = garment.alpha > 0.5
    width = abs(marks["waist_right"].x - marks["waist_left"].x)
    sides = [_down_the_side(solid, marks[f"waist_{side}"], None, marks[f"hem_{side}"], side, 3 * width) for side in SIDES]
    hem = hem_line(garment, sides[0][-1], sides[1][-1])
    return Piece(garment.alpha, np.vstack([*sides, middle_line(sides[0], sides[1]), hem]))
