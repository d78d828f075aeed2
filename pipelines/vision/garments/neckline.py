"""The inside of the back that shows through the neckline of a garment laid flat or worn by a ghost."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats
from pipelines.vision.people.body import Point
from pipelines.vision.people.trunk import cheapest_path
from pipelines.vision.people.view import gauss

Curve = NDArray[np.float64]
"""(SAMPLES, 2) points x, y from the left collar point down and up to the right one, in half collar widths."""

SAMPLES = 61
DEPTHS = np.linspace(0.6, 2.7, 28)
"""In half collar widths; nearer the collar lie labels and the back of the neckline."""
SHARPNESS = (0.85, 1.1, 1.5, 2.0, 2.8)
"""Exponents from V neck to round and square neck."""
INSETS = (1.0, 0.92, 0.84, 0.76)
"""Width at the collar: a rib is narrower than the outline."""
LEAST_CONTRAST = 5.0
"""CIELAB difference across the neckline below which none is seen."""
CLEAR = 16.0
"""CIELAB difference that no neckline needs to exceed."""
LEAST_SHARE = 0.5
"""Mean strength along the curve, clear edges counting as 1, below which it is no neckline."""
BAND = 0.13
"""Half width, in half collar widths, of the band in which the curve is refined."""


@dataclass(frozen=True, slots=True)
class Inside:
    """What a wearer's neck would hide."""

    mask: Floats
    """float32 (h, w) in [0, 1]."""
    bottom: Point
    """The lowest point of the neckline."""


@dataclass(frozen=True, slots=True)
class _Collar:
    """The cloth around the collar in a frame of its own: collar points at (-1, 0) and (1, 0), y down."""

    lab: Floats
    cover: Floats
    centre: Point
    half: float

    def sampled(self, values: Floats, points: Curve) -> Floats:
        """`values` at points (..., 2) of the frame."""
        x = (self.centre.x + self.half * points[..., 0] - 0.5).astype(np.float32)
        y = (self.centre.y + self.half * points[..., 1] - 0.5).astype(np.float32)
        shape = x.shape
        found = cv2.remap(
            values, x.reshape(-1, SAMPLES), y.reshape(-1, SAMPLES), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(found, dtype=np.float32).reshape(*shape, -1)


def inside_of_neckline(rgb: Bytes, alpha: Floats, landmarks: Mapping[str, Point]) -> Inside | None:
    """The region between the upper edge and the front neckline of uint8 (h, w, 3); None where no neckline is seen on the
    cloth, as with a high collar, or where the background shows through it already.

    A family of V, round and square necklines is laid over the cloth; the one with the clearest edge all along is refined
    within a narrow band.
    """
    left, right = landmarks["collar_left"], landmarks["collar_right"]
    half = (right.x - left.x) / 2
    centre = Point((left.x + right.x) / 2, (left.y + right.y) / 2)
    if half < 6 or landmarks["collar_bottom"].y - centre.y > 0.55 * half:
        return None
    collar = _collar(rgb, alpha, centre, half)
    curve = _clearest(collar)
    return None if curve is None else _inside(collar, _refined(collar, curve), alpha.shape)


def _collar(rgb: Bytes, alpha: Floats, centre: Point, half: float) -> _Collar:
    smooth = gauss(rgb.astype(np.float32) / np.float32(255), max(0.5, 0.03 * half))
    return _Collar(cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB).astype(np.float32), alpha, centre, half)


def neckline(depth: float, sharpness: float, inset: float) -> Curve:
    """One curve of the family."""
    x = np.sin(np.linspace(-np.pi / 2, np.pi / 2, SAMPLES)) * inset
    return np.column_stack([x, depth * (1 - np.abs(x / inset) ** sharpness)])


def _clearest(collar: _Collar) -> Curve | None:
    family = [neckline(d, p, inset) for d in DEPTHS for p in SHARPNESS for inset in INSETS]
    curves = np.stack(family)
    edges = _edges(collar, curves)
    clear = float(np.clip(0.75 * np.percentile(edges, 90), 2 * LEAST_CONTRAST, CLEAR))
    strength = np.clip(edges / clear, 0, 1)
    depth = curves[..., 1].max(axis=1)
    scores = strength[:, 4:-4].mean(axis=1) + 0.3 * np.percentile(strength[:, 4:-4], 20, axis=1) + 0.10 * depth
    best = int(np.argmax(scores))
    covered = collar.sampled(collar.cover, curves[best])[:, 0].mean()
    strong = strength[best, 4:-4].mean() >= LEAST_SHARE and edges[best, 4:-4].mean() >= LEAST_CONTRAST
    return curves[best] if strong and covered > 0.8 else None


def _edges(collar: _Collar, curves: Curve) -> Floats:
    """CIELAB difference across each curve, (n, SAMPLES); 0 where a side of it isn't cloth."""
    normals = _normals(curves)
    step = max(0.045, 1.5 / collar.half)
    inner, outer = (collar.sampled(collar.lab, curves + sign * step * normals) for sign in (-1, 1))
    cloth = [collar.sampled(collar.cover, curves + sign * 1.5 * step * normals)[..., 0] > 0.9 for sign in (-1, 1)]
    return np.asarray(np.linalg.norm(outer - inner, axis=-1) * cloth[0] * cloth[1], dtype=np.float32)


def _normals(curves: Curve) -> Curve:
    along = np.gradient(curves, axis=-2)
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-9)
    return np.stack([-along[..., 1], along[..., 0]], axis=-1)


def _refined(collar: _Collar, curve: Curve) -> Curve:
    """The strongest smooth line within the band around a curve."""
    offsets = np.linspace(-BAND, BAND, 27)
    normals = _normals(curve)
    ribbons = curve[None] + offsets[:, None, None] * normals[None]
    edges = _edges(collar, ribbons)
    clear = max(LEAST_CONTRAST, float(np.percentile(edges, 90)))
    cost = -np.clip(edges.T / clear, 0, 1) + 0.12 * (offsets / BAND)[None] ** 2
    path = cheapest_path(np.ascontiguousarray(cost, dtype=np.float32), 0.10)
    moved = cv2.GaussianBlur(offsets[path].astype(np.float32)[:, None], (1, 9), 1.6).ravel()
    return np.asarray(curve + moved[:, None] * normals)


def _inside(collar: _Collar, curve: Curve, shape: tuple[int, ...]) -> Inside:
    above = np.array([[1.02, -0.05], [0.9, -1.2], [-0.9, -1.2], [-1.02, -0.05]])
    outline = np.vstack([curve, above]) * collar.half + (collar.centre.x, collar.centre.y)
    mask = np.zeros(shape[:2], np.float32)
    cv2.fillPoly(mask, [np.round(outline * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    lowest = outline[int(np.argmax(curve[:, 1]))]
    return Inside(gauss(mask, max(0.6, 0.012 * collar.half)), Point(float(lowest[0]), float(lowest[1])))
