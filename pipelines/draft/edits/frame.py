"""What is seen of the picture: zoom, crop, turn, mirror, straighten. The size stays; what is missing is made."""

from math import atan2, cos, degrees, radians, sin
from typing import cast

import cv2
import numpy as np

from pipelines.draft.canvas import grown
from pipelines.draft.edits.canvas import Canvas, Step, needed
from pipelines.draft.edits.phrases import Clause
from pipelines.images import Bytes, Floats, Mask, resized, to_bytes
from pipelines.sizes import Size
from pipelines.vision.content import Box
from pipelines.vision.extend import Margins, extend
from pipelines.vision.faces import find_faces
from pipelines.vision.garments.straighten import tilt
from pipelines.vision.people.body import Body
from pipelines.vision.synthesis import EFFORTS
from pipelines.vision.upsample import enlarge

_ZOOM = 1.35
LARGEST_TILT = 12.0
"""Degrees up to which a picture is straightened."""


def zoom_in(step: Step, clause: Clause, effect: str) -> Canvas:
    """Closer: to the mark where there is one, else around the subject."""
    canvas = step.canvas
    if canvas.region is not None and (canvas.region > 0.5).any():
        return _cropped(canvas, _fitted(_box(canvas.region > 0.5), canvas.size, 0.06))
    factor = _factor(clause, _ZOOM)
    size = Size(round(canvas.size.width / factor), round(canvas.size.height / factor))
    cover = canvas.reading.subject
    box = _box(cover > 0.5) if cover is not None and (cover > 0.5).any() else Box(0, 0, canvas.size.width, canvas.size.height)
    x, y = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    head = _head(canvas)
    if head is not None:
        y = min(y, head.top - 0.4 * (head.bottom - head.top) + size.height / 2)
    return _cropped(canvas, _around(x, y, size, canvas.size))


def body_crop(step: Step, clause: Clause, effect: str) -> Canvas:
    """Upper body, portrait or lower body of the person; of a product, its upper or lower half. Sides keep their ratio."""
    canvas = step.canvas
    person = canvas.reading.person
    box = _product_half(canvas, effect) if person is None else _body_box(canvas, person, effect)
    return _cropped(canvas, _fitted(box, canvas.size, 0.04))


def centred(step: Step, clause: Clause, effect: str) -> Canvas:
    """The subject in the middle, as large as it can be shown so without making anything."""
    canvas = step.canvas
    box = _box(canvas.reading.matte.alpha > 0.5)
    x = (box.left + box.right) / 2
    half = min(x, canvas.size.width - x)
    scale = max(0.55, min(1.0, 2 * half / canvas.size.width))
    size = Size(round(canvas.size.width * scale), round(canvas.size.height * scale))
    return _cropped(canvas, _around(x, (box.top + box.bottom) / 2, size, canvas.size))


def zoom_out(step: Step, clause: Clause, effect: str) -> Canvas:
    """Smaller in the same frame, with more background around; a subject that the lower edge cuts stays there."""
    canvas = step.canvas
    factor = 1 / min(2.0, _factor(clause, 1.3))
    size = Size(round(canvas.size.width * factor), round(canvas.size.height * factor))
    cover = canvas.reading.subject
    cut = cover is not None and bool((cover[-2:] > 0.5).any())
    left = (canvas.size.width - size.width) // 2
    top = canvas.size.height - size.height if cut else (canvas.size.height - size.height) // 2
    box = Box(left, top, left + size.width, top + size.height)
    return _placed(canvas, lambda values: resized(values, size), box, step)


def rotate(step: Step, clause: Clause, effect: str) -> Canvas:
    """By degrees, clockwise unless said otherwise; a quarter turn where no angle is given. Corners are cut, not made."""
    angle = 90.0 if clause.number is None or clause.unit in ("x", "times", "%", "percent") else clause.number % 360
    if "counter" in clause.sides or ("left" in clause.sides and "right" not in clause.sides):
        angle = -angle
    if abs(angle) % 90 == 0:
        return _quarters(step, round(angle / 90) % 4)
    return _turned(step.canvas, angle)


def flip(step: Step, clause: Clause, effect: str) -> Canvas:
    """Left and right exchanged, or above and below."""
    canvas = step.canvas
    code = 0 if effect == "upside down" else 1
    return canvas.moved(lambda values: cast(Floats, cv2.flip(values, code)))


def straighten(step: Step, clause: Clause, effect: str) -> Canvas:
    """Turned so that the horizon is level, uprights stand, or the product's axis is vertical. Raises UnsupportedTask."""
    canvas = step.canvas
    angle = _slant(canvas)
    if abs(angle) < 0.25:
        raise needed("nothing in the picture says that it is tilted", "say by how many degrees to rotate it")
    return _turned(canvas, angle)


def _slant(canvas: Canvas) -> float:
    """Degrees, clockwise, by which to turn the picture."""
    found = lines_tilt(to_bytes(canvas.plain))
    if abs(found) >= 0.25 or canvas.reading.subject is None:
        return found
    cover = canvas.reading.matte.alpha
    return -float(tilt(cover)) if canvas.reading.person is None else 0.0


def lines_tilt(rgb: Bytes) -> float:
    """Degrees, clockwise, that bring the long straight lines of a picture to the nearest upright or level; 0 without such.

    Line segments (Matas et al. 2000, probabilistic Hough transform) vote with their length.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, 800 / max(height, width))
    grey = cv2.cvtColor(resized(rgb, Size(round(width * scale), round(height * scale))), cv2.COLOR_RGB2GRAY)
    edges = cv2.Canny(cv2.GaussianBlur(grey, (0, 0), 1.2), 30, 80)
    least = 0.16 * max(grey.shape)
    cv2.setRNGSeed(0)
    lines = cv2.HoughLinesP(edges, 1, np.pi / 720, 50, minLineLength=least, maxLineGap=6)
    if lines is None:
        return 0.0
    votes = np.zeros(241)
    for x, y, to_x, to_y in lines.reshape(-1, 4):
        away = (degrees(atan2(to_y - y, to_x - x)) + 45) % 90 - 45
        if abs(away) <= LARGEST_TILT:
            votes[round(away * 10) + 120] += np.hypot(to_x - x, to_y - y)
    smooth = np.convolve(votes, np.hanning(11), "same")
    best = int(smooth.argmax())
    if smooth[best] < 0.35 * max(grey.shape) or smooth[best] < 0.4 * votes.sum():
        return 0.0
    near = slice(max(0, best - 5), best + 6)
    return -float((np.arange(241)[near] - 120) @ votes[near] / max(votes[near].sum(), 1e-6)) / 10


def _factor(clause: Clause, usual: float) -> float:
    if clause.number is not None and clause.unit in ("x", "times", "") and 1 < clause.number <= 4:
        return clause.number
    if clause.number is not None and clause.unit in ("%", "percent"):
        share = clause.number / 100
        return float(np.clip(share if share > 1 else 1 + share, 1.02, 3))
    return 1 + (usual - 1) * clause.amount


def _turned(canvas: Canvas, angle: float) -> Canvas:
    """Turned clockwise by degrees around the middle, and enlarged until no corner is empty."""
    width, height = canvas.size.width, canvas.size.height
    turn = abs(radians(angle))
    if abs(angle) > 45:
        turn = abs(radians(angle % 180 - 180 if angle % 180 > 90 else angle % 180))
    grow = max(cos(turn) + abs(sin(turn)) * height / width, cos(turn) + abs(sin(turn)) * width / height)
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), -angle, float(abs(grow)))
    return canvas.moved(
        lambda values: cast(
            Floats, cv2.warpAffine(values, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        )
    )


def _quarters(step: Step, turns: int) -> Canvas:
    """Clockwise quarter turns; what the new sides leave open is made."""
    canvas = step.canvas
    if turns % 2 == 0:
        return canvas.moved(lambda values: np.ascontiguousarray(np.rot90(values, -turns)))
    scale = min(canvas.size.width / canvas.size.height, canvas.size.height / canvas.size.width)
    size = Size(max(1, round(canvas.size.height * scale)), max(1, round(canvas.size.width * scale)))
    left, top = (canvas.size.width - size.width) // 2, (canvas.size.height - size.height) // 2
    box = Box(left, top, left + size.width, top + size.height)
    return _placed(canvas, lambda values: resized(np.ascontiguousarray(np.rot90(values, -turns)), size), box, step)


def _placed(canvas: Canvas, warp, box: Box, step: Step) -> Canvas:  # type: ignore[no-untyped-def]
    """The warped picture in `box`, and more background around it."""
    margins = Margins(box.left, box.top, canvas.size.width - box.right, canvas.size.height - box.bottom)
    seed = int(step.generator.integers(2**31))
    cover = canvas.reading.subject
    subject: Mask = np.zeros((box.size.height, box.size.width), np.bool_) if cover is None else np.clip(warp(cover), 0, 1) > 0.05

    def around(values: Floats) -> Floats:
        if values.ndim == 2:
            sides = ((margins.top, margins.bottom), (margins.left, margins.right))
            return np.pad(np.clip(warp(values), 0, 1), sides)
        made = np.clip(warp(values), 0, 1).astype(np.float32)
        return extend(made, subject, margins, np.random.default_rng(seed), EFFORTS[canvas.mode]).rgb

    return canvas.moved(around)


def _cropped(canvas: Canvas, box: Box) -> Canvas:
    """The box at the whole size."""
    part = np.s_[box.top : box.bottom, box.left : box.right]

    def warp(values: Floats) -> Floats:
        cut = np.ascontiguousarray(values[part])
        return enlarge(cut, canvas.size) if values.ndim == 2 else grown(cut, canvas.size, canvas.mode)

    return canvas.moved(warp)


def _box(mask: Mask) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _around(x: float, y: float, size: Size, within: Size) -> Box:
    left = int(np.clip(round(x - size.width / 2), 0, within.width - size.width))
    top = int(np.clip(round(y - size.height / 2), 0, within.height - size.height))
    return Box(left, top, left + size.width, top + size.height)


def _fitted(box: Box, whole: Size, air: float) -> Box:
    """The smallest window of the picture's own ratio that holds a box with some air."""
    wide, high = box.size.width * (1 + 2 * air), box.size.height * (1 + 2 * air)
    scale = min(1.0, max(wide / whole.width, high / whole.height, 0.12))
    size = Size(max(1, round(whole.width * scale)), max(1, round(whole.height * scale)))
    return _around((box.left + box.right) / 2, (box.top + box.bottom) / 2, size, whole)


def _head(canvas: Canvas) -> Box | None:
    faces = find_faces(to_bytes(canvas.plain))
    if not faces:
        return None
    face = faces[0]
    return Box(
        round(face.x - 0.8 * face.side),
        round(face.y - face.side),
        round(face.x + 0.8 * face.side),
        round(face.y + 0.7 * face.side),
    )


def _body_box(canvas: Canvas, person: Body, effect: str) -> Box:
    """Around the named half of the person, with the arms in it."""
    joints = {name: (at.x, at.y) for name, at in person.joints.items()}
    whole = _box(person.alpha > 0.5)
    top = max(0.0, joints.get("head_top", (0, whole.top))[1])
    shoulders = [joints[name] for name in ("left_shoulder", "right_shoulder") if name in joints]
    hips = [joints[name][1] for name in ("left_hip", "right_hip", "crotch") if name in joints]
    wide = abs(shoulders[0][0] - shoulders[1][0]) if len(shoulders) == 2 else 0.35 * whole.size.width
    y = float(np.mean([each[1] for each in shoulders])) if shoulders else top + 0.2 * whole.size.height
    x = float(np.mean([each[0] for each in shoulders])) if shoulders else (whole.left + whole.right) / 2
    hip = float(np.mean(hips)) if hips else y + 1.4 * wide
    if effect == "portrait":
        return Box(round(x - 0.5 * wide), round(top - 0.12 * wide), round(x + 0.5 * wide), round(y + 0.3 * wide))
    if effect == "lower body":
        return Box(whole.left, round(hip - 0.35 * wide), whole.right, whole.bottom)
    return Box(round(x - 0.72 * wide), round(top - 0.15 * wide), round(x + 0.72 * wide), round(hip + 0.05 * wide))


def _product_half(canvas: Canvas, effect: str) -> Box:
    box = _box(canvas.reading.matte.alpha > 0.5)
    middle = (box.top + box.bottom) // 2
    return Box(box.left, middle, box.right, box.bottom) if effect == "lower body" else Box(box.left, box.top, box.right, middle)
