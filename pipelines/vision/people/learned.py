"""What the people net says of a picture, in the terms of the project: parts at full resolution, joints, and how sure it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from pipelines.images import Bytes, Floats
from pipelines.vision.faces import Face
from pipelines.vision.people.body import JOINTS, Part, Point
from pipelines.vision.people.refine import SKIN, Window, clothed, followed, one_outfit, weighed, with_face
from pipelines.vision.people.waist import snapped

if TYPE_CHECKING:
    from pipelines.draft.nets.people import Reading

SEEN = 0.4
"""How sure the net must be of a joint."""
LEAST_BARE = 0.03
"""Share of hair and skin in a cut-out below which it is clothes alone."""
TRUNK = (Part.UPPER, Part.LOWER, Part.DRESS, Part.TORSO)
REACH = 0.45
"""How far from the net's place, in half widths, the outline of the trunk is looked for."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What the net says of one cut-out of (h, w) pixels."""

    parts: Bytes
    """uint8 (h, w): a `Part` for each pixel whose alpha is over a half; background where the matte has leaked into it."""
    joints: Mapping[str, Point]
    certainty: float
    """0 to 1: how far this is one person with shoulders under a head or neck, and how clear its parts are."""


def read_learned(rgb: Bytes, alpha: Floats, face: Face | None, fine: int, least: float) -> Learned | None:
    """The net's reading of uint8 (h, w, 3) cut out by `alpha`, labels at most `fine` pixels long; None where nothing is cut out
    or its certainty is below `least`."""
    heard = _heard(rgb, alpha, face)
    if heard is None or heard.certainty < least:
        return None
    reading, sure = heard.reading, heard.sure
    parts, window, certainty = heard.parts, heard.window, heard.certainty
    labels = snapped(rgb, clothed(rgb, followed(rgb, alpha, parts, window, fine)))
    places = {name: Point(float(x), float(y)) for name, (x, y) in zip(JOINTS, reading.joints, strict=True)
              if sure[name] > SEEN and 0 <= x < alpha.shape[1] and 0 <= y < alpha.shape[0]}  # fmt: skip
    return Learned(labels, places | _flanks(labels, places), certainty)


def certainty_of(rgb: Bytes, alpha: Floats) -> float:
    """0 to 1: how sure the net is that what `alpha` cuts out of uint8 (h, w, 3) is a person; sooner told than who it is."""
    heard = _heard(rgb, alpha, None)
    return 0.0 if heard is None else heard.certainty


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the net says, in its own small window."""

    reading: "Reading"
    window: Window
    parts: Floats
    """float32 (h, w, parts): their probabilities."""
    sure: Mapping[str, float]
    certainty: float


def _heard(rgb: Bytes, alpha: Floats, face: Face | None) -> _Heard | None:
    from pipelines.draft.nets import people

    reading = people.read(rgb, alpha)
    if reading is None:
        return None
    height, width = reading.alpha.shape
    raw = cv2.resize(reading.parts, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    window = Window(reading.window.scale, reading.window.left, reading.window.top, reading.rgb, reading.alpha)
    parts = one_outfit(weighed(with_face(raw, window, face), window))
    sure = dict(zip(JOINTS, (float(each) for each in reading.seen), strict=True))
    return _Heard(reading, window, parts, sure, _certainty(sure, parts, window.alpha))


def _flanks(parts: Bytes, places: Mapping[str, Point]) -> dict[str, Point]:
    """Waist and hips moved along the line through both to where the trunk ends, if that is near."""
    made: dict[str, Point] = {}
    for name in ("waist", "hip"):
        pair = places.get(f"left_{name}"), places.get(f"right_{name}")
        if pair[0] is None or pair[1] is None:
            continue
        for side, at, other in (("left", pair[0], pair[1]), ("right", pair[1], pair[0])):
            made[f"{side}_{name}"] = _outline(parts, at, Point((at.x + other.x) / 2, (at.y + other.y) / 2))
    return made


def _outline(parts: Bytes, at: Point, middle: Point) -> Point:
    """The end of the trunk's labels from the middle through `at`; `at` itself where they end far from it."""
    share = np.linspace(1 - REACH, 1 + REACH, 121)
    x, y = middle.x + share * (at.x - middle.x), middle.y + share * (at.y - middle.y)
    rows, columns = (np.clip(each.astype(int), 0, side - 1) for each, side in zip((y, x), parts.shape, strict=True))
    outside = np.flatnonzero(~np.isin(parts[rows, columns], TRUNK))
    if not outside.size or outside[0] == 0:
        return at
    return Point(float(x[outside[0]]), float(y[outside[0]]))


def _certainty(sure: Mapping[str, float], parts: Floats, alpha: Floats) -> float:
    """Shoulders under a head or neck, mostly clear labels, and some skin or hair."""
    inside = alpha > 0.5
    found = parts[inside]
    if not len(found) or np.isin(found.argmax(axis=1), (Part.HAIR, *SKIN)).mean() < LEAST_BARE:
        return 0.0
    shoulders = min(sure["left_shoulder"], sure["right_shoulder"])
    head = max(sure["chin"], sure["neck"])
    return float(min(shoulders, head) * found.max(axis=1).mean())
