"""The people net's reading of a picture, brought to the picture's own resolution along its edges.

The net labels a small window. Fast guided filtering (He and Sun 2015) fits each label's probability there as a linear function of
colour, and the coefficients, which are smooth, are what is enlarged: boundaries then follow the picture. Statistics are taken
over the person only, so that the background has no say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, to_float
from pipelines.vision.faces import Face
from pipelines.vision.people.body import JOINTS, Part, Point

FINE_SIDE = 1024
"""Longest side in pixels at which edges are followed; larger pictures enlarge the labels."""
RADIUS = 4
"""Of the guided filter, in pixels of the net's window."""
EPSILON = 2e-3
SEEN = 0.4
"""How sure the net must be of a joint."""
BARE = (Part.HAIR, Part.FACE, Part.NECK, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND, Part.TORSO, Part.LEFT_LEG, Part.RIGHT_LEG)  # fmt: skip
LEAST_BARE = 0.03
"""Share of hair and skin in a cut-out below which it is clothes alone."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What the net says of one cut-out of (h, w) pixels."""

    parts: Bytes
    """uint8 (h, w): a `Part` for each pixel whose alpha is over a half."""
    joints: Mapping[str, Point]
    certainty: float
    """0 to 1: how far this is one person with shoulders under a head or neck, and how clear its parts are."""


def read_learned(rgb: Bytes, alpha: Floats, face: Face | None) -> Learned | None:
    """The net's reading of uint8 (h, w, 3) cut out by `alpha`; None where nothing is cut out."""
    from pipelines.draft.nets import people

    reading = people.read(rgb, alpha)
    if reading is None:
        return None
    height, width = reading.alpha.shape
    parts = cv2.resize(reading.parts, (width, height), interpolation=cv2.INTER_LINEAR)
    window = _Window(reading.window.scale, reading.window.left, reading.window.top, reading.rgb, reading.alpha)
    parts = _with_face(parts.astype(np.float32), window, face)
    places = {name: Point(float(x), float(y)) for name, (x, y), sure in zip(JOINTS, reading.joints, reading.seen, strict=True)
              if sure > SEEN and 0 <= x < alpha.shape[1] and 0 <= y < alpha.shape[0]}  # fmt: skip
    sure = dict(zip(JOINTS, (float(each) for each in reading.seen), strict=True))
    return Learned(_followed(rgb, alpha, parts, window), places, _certainty(sure, parts, window.alpha))


@dataclass(frozen=True, slots=True)
class _Window:
    """What the net looked at: `scale` pixels of it to one of the picture, from (left, top) of the picture."""

    scale: float
    left: float
    top: float
    rgb: Floats
    alpha: Floats


def _certainty(sure: Mapping[str, float], parts: Floats, alpha: Floats) -> float:
    """Shoulders under a head or neck, mostly clear labels, and some skin or hair."""
    inside = alpha > 0.5
    found = parts[inside]
    if not len(found) or np.isin(found.argmax(axis=1), BARE).mean() < LEAST_BARE:
        return 0.0
    shoulders = min(sure["left_shoulder"], sure["right_shoulder"])
    head = max(sure["chin"], sure["neck"])
    return float(min(shoulders, head) * found.max(axis=1).mean())


def _with_face(parts: Floats, window: _Window, face: Face | None) -> Floats:
    """The same probabilities with those of face skin raised where the face finder saw one."""
    if face is None:
        return parts
    rows, columns = np.mgrid[: parts.shape[0], : parts.shape[1]] + 0.5
    side = face.side * window.scale
    x, y = (face.x - window.left) * window.scale, (face.y - window.top) * window.scale
    core = ((columns - x) / (0.36 * side)) ** 2 + ((rows - y) / (0.42 * side)) ** 2 < 1
    core &= ~np.isin(parts.argmax(axis=2), (Part.LEFT_HAND, Part.RIGHT_HAND, Part.LEFT_ARM, Part.RIGHT_ARM))
    raised = parts.copy()
    raised[core] *= np.float32(0.3)
    raised[core, Part.FACE] += np.float32(0.7)
    return raised


def _followed(rgb: Bytes, alpha: Floats, parts: Floats, window: _Window) -> Bytes:
    """Labels of the whole picture: the likeliest part of each pixel inside, its boundaries along the picture's edges."""
    inside = alpha > 0.5
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    tall, wide = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    fine = min(1.0, FINE_SIDE / max(tall, wide))
    size = (max(1, round(wide * fine)), max(1, round(tall * fine)))
    colour = to_float(cv2.resize(rgb[box], size, interpolation=cv2.INTER_AREA).astype(np.uint8))
    to_window = np.array([[wide / size[0] * window.scale, 0, (columns[0] + 0.5 * wide / size[0] - window.left) * window.scale - 0.5],
                          [0, tall / size[1] * window.scale, (rows[0] + 0.5 * tall / size[1] - window.top) * window.scale - 0.5]])  # fmt: skip
    labels = _likeliest(colour, parts, window, to_window)
    found = np.zeros(alpha.shape, np.uint8)
    found[box] = cv2.resize(labels, (int(wide), int(tall)), interpolation=cv2.INTER_NEAREST_EXACT)
    return np.where(inside, found, 0).astype(np.uint8)


def _likeliest(colour: Floats, parts: Floats, window: _Window, to_window: Floats) -> Bytes:
    """uint8 like `colour`: the part whose enlarged probability is largest."""
    lines = _Lines(window.rgb, window.alpha)
    best = np.full(colour.shape[:2], -np.inf, np.float32)
    labels = np.zeros(colour.shape[:2], np.uint8)
    for part in Part:
        if part == Part.BACKGROUND or parts[..., part].max() < 0.3:
            continue
        slopes = lines.fitted(parts[..., part])
        wide = cv2.warpAffine(slopes, to_window, colour.shape[1::-1], flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                              borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        chance = wide[..., 3] + (wide[..., :3] * colour).sum(axis=2)
        labels[chance > best] = part
        best = np.maximum(best, chance)
    return labels


class _Lines:
    """Linear functions of colour that fit values around each pixel of a window, over the person only."""

    def __init__(self, rgb: Floats, alpha: Floats) -> None:
        self.rgb, self.weight = rgb, (alpha + np.float32(1e-3))[..., None]
        self.total = _box(self.weight)
        self.mean = self._averaged(rgb)
        products = self._averaged((rgb[..., :, None] * rgb[..., None, :]).reshape(*alpha.shape, 9))
        spread = products.reshape(*alpha.shape, 3, 3) - self.mean[..., :, None] * self.mean[..., None, :]
        self.inverse = np.linalg.inv(spread + EPSILON * np.eye(3, dtype=np.float32)).astype(np.float32)

    def _averaged(self, values: Floats) -> Floats:
        return (_box(values * self.weight) / self.total).astype(np.float32)

    def fitted(self, values: Floats) -> Floats:
        """float32 (h, w, 4): three slopes and a constant for float32 (h, w)."""
        mean = self._averaged(values[..., None])
        shared = self._averaged(self.rgb * values[..., None]) - self.mean * mean
        slopes = np.einsum("hwij,hwj->hwi", self.inverse, shared)
        constant = mean[..., 0] - (slopes * self.mean).sum(axis=2)
        return self._averaged(np.dstack([slopes, constant]).astype(np.float32))


def _box(values: Floats) -> Floats:
    side = 2 * RADIUS + 1
    found = cv2.boxFilter(values, -1, (side, side), borderType=cv2.BORDER_REPLICATE)
    return (found if found.ndim == 3 else found[..., None]).astype(np.float32)
