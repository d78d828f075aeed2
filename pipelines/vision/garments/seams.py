"""Gaps that open between a garment's pieces on a body, closed with the cloth around them."""

from dataclasses import replace

import cv2
import numpy as np

from pipelines.images import Floats, Mask
from pipelines.vision.garments.drape import Frame
from pipelines.vision.garments.fit import Dressed, Layer
from pipelines.vision.inpaint import membrane
from pipelines.vision.people.view import disk, gauss

WIDEST = 0.05
"""Of the shoulder width: gaps up to this breadth are closed."""
CREASE = 0.72
"""How dark the cloth is in such a gap."""
SIDE = 420
"""Long side in pixels at which gaps are found and cloth is carried into them."""


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
    closed = cv2.morphologyEx(solid, cv2.MORPH_CLOSE, disk(max(1, round(0.5 * WIDEST * unit)))) > 0
    rows = np.arange(alpha.shape[0])[:, None]
    columns = np.arange(alpha.shape[1])[None]
    near = np.zeros(alpha.shape, np.bool_)
    for at in frame.armpits.values():
        near |= (np.abs(columns - at.x * scale) < 0.22 * unit) & (np.abs(rows - at.y * scale - 0.12 * unit) < 0.32 * unit)
    gaps = closed & near & (alpha < 0.97)
    count, labels, figures, _ = cv2.connectedComponentsWithStats(1 - solid)
    small = [k for k in range(1, count) if figures[k, cv2.CC_STAT_AREA] < 0.02 * unit**2]
    enclosed = np.isin(labels, small) & near
    return cv2.dilate((gaps | enclosed).astype(np.uint8), disk(1)) > 0


def _patched(layer: Layer, patch: Floats, colour: Floats) -> Layer:
    alpha = np.clip(layer.alpha + patch, 0, 1)
    mixed = layer.colour * layer.alpha[..., None] + colour * patch[..., None]
    return replace(layer, colour=(mixed / np.maximum(layer.alpha + patch, 1e-4)[..., None]).astype(np.float32), alpha=alpha)
