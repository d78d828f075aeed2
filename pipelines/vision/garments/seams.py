"""Gaps that open between a garment's pieces on a body, closed with the cloth around them."""

from dataclasses import replace

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.garments.drape import Frame
from pipelines.vision.garments.fit import Dressed, Layer
from pipelines.vision.garments.garment import Garment
from pipelines.vision.inpaint import membrane
from pipelines.vision.people.view import disk, gauss

WIDEST = 0.05
"""Of the shoulder width: gaps up to this breadth are closed."""
DEEPEST = 0.10
"""The same within `PIT` of an armpit, where sleeve and side meet."""
PIT = 0.10
CREASE = 0.72
"""How dark the cloth is in such a gap."""
NEAR = 0.35
"""Of the width at the armpits: how far around an armpit the background may show through."""
BROADEST = 0.06
"""Of the width at the armpits: what is broader than this and of the background's colour is a part of the garment."""
ABOVE_ARMPIT = 0.04
"""Of the width at the armpits: how far above an armpit such a slit may begin."""
OPENING = 0.04
"""Of the width at the armpits: such a slit comes this near to the outside; prints lie deeper."""
LEAST_APART = 25.0
"""CIELAB difference of cloth and background from which that can be told."""
SIDE = 420
"""Long side in pixels at which gaps are found and cloth is carried into them."""


def without_backdrop(garment: Garment, rgb: Bytes) -> Garment:
    """`garment` without what shows of its background, in uint8 (h, w, 3), between a sleeve and the side: slits that a cut-out
    takes for cloth. Only below the armpits, near them, and only what is narrow and has another colour than the cloth: sleeves
    may have panels and prints in the colour of the background.
    """
    marks = garment.landmarks
    if garment.sleeves == "none" or not {"armpit_left", "armpit_right"} <= marks.keys():
        return garment
    outside, inside = garment.alpha < 0.02, garment.alpha > 0.98
    if outside.sum() < 200 or inside.sum() < 200:
        return garment
    lab = cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    ground, cloth = np.median(lab[outside], axis=0), np.median(lab[inside], axis=0)
    apart = float(np.linalg.norm(ground - cloth))
    if apart < LEAST_APART:
        return garment
    width = abs(marks["armpit_right"].x - marks["armpit_left"].x)
    rows, columns = np.ogrid[: rgb.shape[0], : rgb.shape[1]]
    near = np.zeros(inside.shape, np.bool_)
    for side in ("left", "right"):
        armpit = marks[f"armpit_{side}"]
        around = np.hypot(columns - armpit.x, rows - armpit.y) < NEAR * width
        near |= around & (rows > armpit.y - ABOVE_ARMPIT * width)
    away = np.linalg.norm(lab - ground, axis=2) / apart
    shown = np.clip((0.65 - away) / 0.25, 0, 1).astype(np.float32)
    close = cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, 3) < OPENING * width
    slit = cv2.dilate(_narrow((shown > 0.3) & ~outside, close, BROADEST * width).astype(np.uint8), disk(3)) * near
    mixed = np.clip((0.9 - away) / 0.5, 0, 1).astype(np.float32)
    return replace(garment, alpha=np.where(slit > 0, garment.alpha * (1 - mixed), garment.alpha).astype(np.float32))


def _narrow(mask: Mask, reached: Mask, breadth: float) -> Mask:
    """The pieces of a mask that are nowhere broader than `breadth` and have a part that is `reached`."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8))
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    open_ = np.isin(labels, np.unique(labels[mask & reached]))
    return np.asarray(mask & open_ & ~np.isin(labels, np.unique(labels[depth > 0.5 * breadth])))


def without_gaps(dressed: Dressed, frame: Frame) -> Dressed:
    """`dressed` with narrow gaps around the armpits, and holes in what is one piece of cloth, filled into its torso."""
    whole = dressed.whole
    height, width = whole.alpha.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    alpha = cv2.resize(whole.alpha, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    gaps = _gaps(alpha, frame, scale)
    if not gaps.any():
        return dressed
    paint = cv2.resize(whole.colour * whole.alpha[..., None], size, interpolation=cv2.INTER_AREA)
    known = (alpha > 0.97).astype(np.float32)
    filled = membrane((paint / np.maximum(alpha, 1e-3)[..., None]).astype(np.float32), known) * np.float32(CREASE)
    soft = gauss(gaps.astype(np.float32), 0.7)
    patch = np.clip(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR), 0, 1) * (1 - whole.alpha)
    colour = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    return replace(dressed, torso=_patched(dressed.torso, patch.astype(np.float32), colour))


def _gaps(alpha: Floats, frame: Frame, scale: float) -> Mask:
    """bool (h, w): what a closing adds below the shoulders and above the waist, and small enclosed holes."""
    solid = (alpha > 0.5).astype(np.uint8)
    unit = frame.width * scale
    closed, pits = (
        cv2.morphologyEx(solid, cv2.MORPH_CLOSE, disk(max(1, round(0.5 * most * unit)))) > 0 for most in (WIDEST, DEEPEST)
    )
    rows = np.arange(alpha.shape[0])[:, None]
    columns = np.arange(alpha.shape[1])[None]
    near = np.zeros(alpha.shape, np.bool_)
    for at in frame.armpits.values():
        closed |= pits & (np.hypot(columns - at.x * scale, rows - at.y * scale) < PIT * unit)
        near |= (np.abs(columns - at.x * scale) < 0.22 * unit) & (np.abs(rows - at.y * scale - 0.12 * unit) < 0.32 * unit)
    rim = cv2.dilate((~closed).astype(np.uint8), disk(2)) > 0  # what a closing adds along an outer edge is no gap
    gaps = closed & near & (alpha < 0.97) & ~rim
    count, labels, figures, _ = cv2.connectedComponentsWithStats(1 - solid)
    small = [k for k in range(1, count) if figures[k, cv2.CC_STAT_AREA] < 0.02 * unit**2]
    enclosed = np.isin(labels, small) & near
    return cv2.dilate((gaps | enclosed).astype(np.uint8), disk(1)) > 0


def _patched(layer: Layer, patch: Floats, colour: Floats) -> Layer:
    alpha = np.clip(layer.alpha + patch, 0, 1)
    mixed = layer.colour * layer.alpha[..., None] + colour * patch[..., None]
    return replace(layer, colour=(mixed / np.maximum(layer.alpha + patch, 1e-4)[..., None]).astype(np.float32), alpha=alpha)
