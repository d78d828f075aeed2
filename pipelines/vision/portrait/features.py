"""Eyes, nose, mouth and chin in the box of a face that has been found, by how dark, red and detailed they are.

Each feature is looked for where the proportions of a face (Farkas 1994, "Anthropometry of the head and face") put it in
the box, and may lie a little off. Drawn faces have the same features, so that drawings are read as well.
"""

from dataclasses import dataclass
from math import asin, atan2, cos, degrees, hypot, radians, sin
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, blurred, to_float
from pipelines.vision.faces import Face
from pipelines.vision.portrait.lab import lab_of

SIDE = 128
"""Pixels of a face box's side in the upright frame in which features are looked for."""
MARGIN_X, MARGIN_Y = 0.2, 0.15
"""Sides of the box that the frame shows beside and above it; below it, twice as much as above."""
EYE_LINE, EYE_GAP, MOUTH_LINE = 0.41, 0.355, 0.765
"""Where eyes and mouth lie in a box, in its sides."""
NOSE_DEPTH = 0.45
"""How far the nose's base stands before the eyes' plane, in distances of the eyes."""
_SURROUNDED, _NO_SKIN = 0.8, 14.0
"""Share of skin that an eye has around it at least, and what lacking all of it costs."""
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Spot:
    """x to the right, y down, in pixels of the picture."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Features:
    """A face in a picture; left and right are the picture's."""

    left_eye: Spot
    right_eye: Spot
    nose: Spot
    """The base of the nose, between the nostrils."""
    mouth: Spot
    """Where the lips meet, in their middle."""
    mouth_width: float
    chin: Spot
    yaw: float
    """Degrees by which the head is turned to the right of the picture, from how far the nose is off the middle."""
    confidence: float
    """0 to 1: how far eyes and mouth stand out where they are expected."""
    face: Face

    @property
    def roll(self) -> float:
        """Degrees by which the line of the eyes falls to the right of the picture."""
        return degrees(atan2(self.right_eye.y - self.left_eye.y, self.right_eye.x - self.left_eye.x))

    @property
    def eye_distance(self) -> float:
        return hypot(self.right_eye.x - self.left_eye.x, self.right_eye.y - self.left_eye.y)

    @property
    def between_eyes(self) -> Spot:
        return Spot((self.left_eye.x + self.right_eye.x) / 2, (self.left_eye.y + self.right_eye.y) / 2)

    @property
    def height(self) -> float:
        """From the line of the eyes to the mouth."""
        middle = self.between_eyes
        return hypot(self.mouth.x - middle.x, self.mouth.y - middle.y)

    def at(self, across: float, down: float) -> Spot:
        """A place in the face: `across` in distances of the eyes from the middle line, `down` in shares of the way from the
        eyes to the mouth."""
        middle, angle = self.between_eyes, radians(self.roll)
        x = middle.x + across * self.eye_distance * cos(angle) + down * (self.mouth.x - middle.x)
        y = middle.y + across * self.eye_distance * sin(angle) + down * (self.mouth.y - middle.y)
        return Spot(x, y)

    def mouth_corner(self, side: int) -> Spot:
        """The left (-1) or right (1) end of the lips."""
        half, angle = side * self.mouth_width / 2, radians(self.roll)
        return Spot(self.mouth.x + half * cos(angle), self.mouth.y + half * sin(angle))

    def moved(self, x: float, y: float, scale: float = 1.0) -> "Features":
        """In a picture that is moved by (x, y) and then scaled."""

        def to(spot: Spot) -> Spot:
            return Spot((spot.x + x) * scale, (spot.y + y) * scale)

        face = Face((self.face.x + x) * scale, (self.face.y + y) * scale, self.face.side * scale,
                    self.face.tilt, self.face.votes, self.face.skin)  # fmt: skip
        return Features(
            to(self.left_eye), to(self.right_eye), to(self.nose), to(self.mouth), self.mouth_width * scale, to(self.chin),
            self.yaw, self.confidence, face,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Frame:
    """The face upright, its box `SIDE` pixels wide; places in it are in sides of the box from its upper left corner."""

    light: Floats
    red: Floats
    chroma: Floats
    skin: Floats
    """0 to 1: share of the face's own colour around each pixel."""
    back: Values
    """(2, 3): pixels of the frame to pixels of the picture."""

    def spot(self, u: float, v: float) -> Spot:
        x, y = (u + MARGIN_X) * SIDE, (v + MARGIN_Y) * SIDE
        return Spot(*(float(row[0] * x + row[1] * y + row[2]) for row in self.back))


def features_of(rgb: Bytes, face: Face) -> Features:
    """The features of a face that `find_faces` found in uint8 (h, w, 3)."""
    frame = _framed(rgb, face)
    mouth = _mouth(frame, _Place(0.5, MOUTH_LINE))
    eyes = _eyes(frame, mouth.at)
    left, right = eyes.left, eyes.right
    middle = _Place((left.u + right.u) / 2, (left.v + right.v) / 2)
    below = _Place((middle.u + 0.5) / 2, (MOUTH_LINE + middle.v + 1.04 * (right.u - left.u)) / 2)
    mouth = _mouth(frame, below)
    nose = _nose(frame, left, right, mouth.at)
    chin = _chin(frame, left, right, mouth.at)
    gap = hypot(right.u - left.u, right.v - left.v)
    off = _off_axis(nose, middle, mouth.at)
    scale = face.side
    return Features(
        left_eye=frame.spot(left.u, left.v), right_eye=frame.spot(right.u, right.v), nose=frame.spot(nose.u, nose.v),
        mouth=frame.spot(mouth.at.u, mouth.at.v), mouth_width=mouth.width * scale, chin=frame.spot(chin.u, chin.v),
        yaw=degrees(asin(float(np.clip(off / (NOSE_DEPTH * gap), -1, 1)))),
        confidence=float(np.clip((eyes.strength + mouth.strength) / 2, 0, 1)), face=face,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Place:
    u: float
    v: float


@dataclass(frozen=True, slots=True)
class _Eyes:
    left: _Place
    right: _Place
    strength: float


@dataclass(frozen=True, slots=True)
class _Mouth:
    at: _Place
    width: float
    strength: float


def _framed(rgb: Bytes, face: Face) -> _Frame:
    turn = cv2.getRotationMatrix2D((face.x, face.y), face.tilt, SIDE / face.side)
    turn[0, 2] += (MARGIN_X + 0.5) * SIDE - face.x
    turn[1, 2] += (MARGIN_Y + 0.5) * SIDE - face.y
    size = (round((1 + 2 * MARGIN_X) * SIDE), round((1 + 3 * MARGIN_Y) * SIDE))
    smooth = blurred(to_float(rgb), 0.35 * face.side / SIDE) if face.side > 1.5 * SIDE else to_float(rgb)
    upright = cv2.warpAffine(smooth, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    lab = lab_of(np.clip(upright, 0, 1))
    chroma = np.hypot(lab[..., 1], lab[..., 2]).astype(np.float32)
    return _Frame(
        _even(lab[..., 0]), lab[..., 1], chroma, _skin_around(lab), np.asarray(cv2.invertAffineTransform(turn), np.float64)
    )


def _skin_around(lab: Floats) -> Floats:
    cheeks = lab[round((0.5 + MARGIN_Y) * SIDE) : round((0.7 + MARGIN_Y) * SIDE), round(0.5 * SIDE) : round(0.9 * SIDE)]
    middle = np.median(cheeks.reshape(-1, 3), axis=0)
    alike = np.linalg.norm((lab - middle) / (22, 9, 10), axis=2) < 1.6
    return blurred(alike.astype(np.float32), 0.09 * SIDE)


def _even(light: Floats) -> Floats:
    """Lightness without the slow changes of the light, in units of its own spread."""
    mean = blurred(light, 0.14 * SIDE)
    spread = np.sqrt(blurred((light - mean) ** 2, 0.3 * SIDE)) + 1.5
    return cast(Floats, (light - mean) / spread)


def _eyes(frame: _Frame, mouth: _Place) -> _Eyes:
    """The best pair of dark, detailed, colourless spots that lie level and symmetric above the mouth."""
    dark = blurred(frame.light, 0.10 * SIDE) - blurred(frame.light, 0.026 * SIDE)
    detail = blurred(np.abs(cv2.Sobel(frame.light, cv2.CV_32F, 1, 0)), 0.045 * SIDE)
    pale = blurred(frame.chroma, 0.10 * SIDE) - blurred(frame.chroma, 0.03 * SIDE)
    score = sum(share * _limited(_standard(each, frame)) for share, each in ((1.0, dark), (0.9, detail), (0.3, pale)))
    score = np.asarray(score, np.float32)
    score -= _NO_SKIN * np.clip(_SURROUNDED - frame.skin, 0, 1)
    lefts, rights = (_peaks(score, _Place(0.5 + side * EYE_GAP / 2, EYE_LINE), 0.10, 0.11) for side in (-1, 1))
    best = max(
        ((left, right) for left in lefts for right in rights), key=lambda pair: _pair_score(score, pair[0], pair[1], mouth)
    )
    left, right = (_centred((score - score.mean()).astype(np.float32), each) for each in best)
    strength = (_value(score, best[0]) + _value(score, best[1])) / 8
    return _Eyes(left, right, strength)


def _pair_score(score: Floats, left: _Place, right: _Place, mouth: _Place) -> float:
    """Their two scores, less what their middle, distance, slope and height differ from those of most faces."""
    middle, gap, fall = _Place((left.u + right.u) / 2, (left.v + right.v) / 2), right.u - left.u, right.v - left.v
    axis = mouth.u + (mouth.v - middle.v) * fall / gap  # where the mouth would have them
    off = (
        ((middle.u - (0.5 + axis) / 2) / 0.03) ** 2 + ((gap - EYE_GAP) / 0.065) ** 2
        + (fall / 0.03) ** 2 + ((middle.v - EYE_LINE) / 0.04) ** 2
    )  # fmt: skip
    return _value(score, left) + _value(score, right) - 0.5 * off


def _mouth(frame: _Frame, expected: _Place) -> _Mouth:
    """A wide dark line in a wide red band."""
    red = frame.red - blurred(frame.red, 0.18 * SIDE)
    band = _flat(red, 0.07, 0.03)
    line = blurred(frame.light, 0.07 * SIDE) - _flat(frame.light, 0.06, 0.012)
    score = (_standard(band, frame) + _standard(line, frame)).astype(np.float32)
    at = max(_peaks(score, expected, 0.07, 0.07), key=lambda place: _value(score, place) - _far(place, expected, 0.035))
    return _Mouth(at, _lip_width(red, at), _value(score, at) / 4)


def _flat(values: Floats, across: float, down: float) -> Floats:
    """Gaussian blur by other shares of the box's side across than down."""
    return cv2.GaussianBlur(values, (0, 0), sigmaX=across * SIDE, sigmaY=down * SIDE).astype(np.float32)


def _lip_width(red: Floats, at: _Place) -> float:
    """From how far the red spreads along the lips, held near the usual width."""
    y, x = round((at.v + MARGIN_Y) * SIDE), round((at.u + MARGIN_X) * SIDE)
    reach = round(0.24 * SIDE)
    rows = red[max(0, y - round(0.03 * SIDE)) : y + round(0.05 * SIDE), max(0, x - reach) : x + reach]
    line = np.clip(rows.mean(axis=0), 0, None)
    if line.sum() < 1e-3:
        return 0.29
    away = (np.arange(line.size) - (line * np.arange(line.size)).sum() / line.sum()) / SIDE
    spread = float(np.sqrt((line * away**2).sum() / line.sum()))
    return float(np.clip(0.5 * 0.29 + 0.5 * 3.4 * spread, 0.23, 0.36))


def _nose(frame: _Frame, left: _Place, right: _Place, mouth: _Place) -> _Place:
    """Two dark spots side by side, between eyes and mouth."""
    dark = blurred(frame.light, 0.06 * SIDE) - blurred(frame.light, 0.016 * SIDE)
    shift = round(0.055 * SIDE)
    pair = np.minimum(np.roll(dark, shift, axis=1), np.roll(dark, -shift, axis=1)) + 0.3 * blurred(dark, 0.02 * SIDE)
    middle = _Place((left.u + right.u) / 2, (left.v + right.v) / 2)
    expected = _Place(middle.u + 0.6 * (mouth.u - middle.u), middle.v + 0.6 * (mouth.v - middle.v))
    score = _standard(pair.astype(np.float32), frame)
    return max(_peaks(score, expected, 0.08, 0.06), key=lambda place: _value(score, place) - _far(place, expected, 0.035))


def _chin(frame: _Frame, left: _Place, right: _Place, mouth: _Place) -> _Place:
    """The lower edge of the face under the mouth, where the light falls off; else where proportions put it."""
    middle = _Place((left.u + right.u) / 2, (left.v + right.v) / 2)
    down = 1 + 0.66
    expected = _Place(middle.u + down * (mouth.u - middle.u), middle.v + down * (mouth.v - middle.v))
    x = round((expected.u + MARGIN_X) * SIDE)
    half = round(0.07 * SIDE)
    column = frame.light[:, max(0, x - half) : x + half].mean(axis=1)
    fall = -np.gradient(cv2.GaussianBlur(column[:, None].astype(np.float32), (0, 0), 0.012 * SIDE)[:, 0])
    rows = (np.arange(column.size) / SIDE) - MARGIN_Y
    weight = np.clip(fall, 0, None) * np.exp(-0.5 * ((rows - expected.v) / 0.035) ** 2)
    v = float(rows[int(weight.argmax())]) if weight.max() > 0.01 else expected.v
    return _Place(expected.u, (v + expected.v) / 2)


def _standard(values: Floats, frame: _Frame) -> Floats:
    """In units of the spread within the face, so that hair and background don't set the scale."""
    inside = frame.skin > 0.6
    core = values[inside] if inside.sum() > 0.1 * inside.size else values
    return cast(Floats, (values - core.mean()) / (core.std() + 1e-6))


def _limited(values: Floats) -> Floats:
    """Ever less for what is ever more: hair is far darker than any eye."""
    return cast(Floats, 3 * np.tanh(values / 3))


def _peaks(score: Floats, around: _Place, across: float, down: float) -> list[_Place]:
    """Up to eight local maxima within a box, at least its largest value."""
    x, y = (around.u + MARGIN_X) * SIDE, (around.v + MARGIN_Y) * SIDE
    top, left = max(0, round(y - down * SIDE)), max(0, round(x - across * SIDE))
    window = score[top : round(y + down * SIDE), left : round(x + across * SIDE)]
    highest = cv2.dilate(window, np.ones((5, 5), np.uint8))
    rows, columns = np.nonzero(window >= highest)
    order = np.argsort(-window[rows, columns])[:8]
    return [_Place((columns[k] + left) / SIDE - MARGIN_X, (rows[k] + top) / SIDE - MARGIN_Y) for k in order]


def _centred(weight: Floats, place: _Place) -> _Place:
    """The centroid of what is positive within a small disc."""
    x, y, reach = (place.u + MARGIN_X) * SIDE, (place.v + MARGIN_Y) * SIDE, round(0.055 * SIDE)
    top, left = max(0, round(y) - reach), max(0, round(x) - reach)
    window = weight[top : round(y) + reach + 1, left : round(x) + reach + 1]
    rows, columns = np.mgrid[: window.shape[0], : window.shape[1]]
    mass = np.clip(window, 0, None) ** 2 * (np.hypot(rows + top - y, columns + left - x) <= reach)
    total = float(mass.sum())
    if total <= 0:
        return place
    centre_x, centre_y = float((mass * columns).sum()) / total + left, float((mass * rows).sum()) / total + top
    return _Place(centre_x / SIDE - MARGIN_X, centre_y / SIDE - MARGIN_Y)


def _value(score: Floats, place: _Place) -> float:
    row = int(np.clip(round((place.v + MARGIN_Y) * SIDE), 0, score.shape[0] - 1))
    return float(score[row, int(np.clip(round((place.u + MARGIN_X) * SIDE), 0, score.shape[1] - 1))])


def _far(place: _Place, expected: _Place, spread: float) -> float:
    return 0.5 * (((place.u - expected.u) / spread) ** 2 + ((place.v - expected.v) / spread) ** 2)


def _off_axis(place: _Place, first: _Place, second: _Place) -> float:
    """How far to the right of the line from `first` down to `second`."""
    share = (place.v - first.v) / max(1e-6, second.v - first.v)
    return place.u - (first.u + share * (second.u - first.u))
