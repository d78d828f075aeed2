"""Light on cloth: the folds and shadows of what a person wore, carried over to what replaces it."""

import cv2
import numpy as np

from pipelines.images import Floats, Mask
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.view import disk, gauss

DARKEST, LIGHTEST = 0.74, 1.12
STRONGEST = 0.09
"""Standard deviation of the shading to which stronger folds are reduced."""
WORK_WIDTH = 200.0
"""Shoulder width in pixels at which shading is computed."""
ROUND = 0.10
"""How much darker cloth is at the sides of the body than in front."""


def old_light(photo: Floats, worn: Mask, width: float, work_width: float = WORK_WIDTH) -> Floats:
    """Shading around 1, float32 (h, w), of the garment `worn` in `photo`; 1 where it says nothing.

    Low-pass luminance over its own wider average. What has another colour than the cloth (prints, seams, buttons) is left
    out and bridged, so that a print doesn't shine through. `width` is the shoulders' in pixels, `work_width` that of the
    copy in which folds are read: the larger, the finer they are.
    """
    scale = work_width / max(1.0, width)
    if scale < 0.7:  # shading is low-pass: wide averages cost the less the smaller the picture
        size = (max(8, round(worn.shape[1] * scale)), max(8, round(worn.shape[0] * scale)))
        small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        where = cv2.resize(worn.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT) > 0
        reduced = old_light(small, where, work_width, work_width)
        return cv2.resize(reduced, (worn.shape[1], worn.shape[0]), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    plain = _plain_cloth(photo, worn)
    if plain.sum() < 0.05 * max(1, worn.sum()) or plain.sum() < 200:
        return np.ones(worn.shape, np.float32)
    luminance = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) + np.float32(0.06)
    weight = plain.astype(np.float32)
    detail = 0.022 * width * (WORK_WIDTH / max(WORK_WIDTH, work_width)) ** 0.6
    fine, coverage = _average(luminance, weight, detail), gauss(weight, 0.03 * width)
    wide = np.maximum(_average(luminance, weight, 0.40 * width), np.float32(1e-3))
    overall = float(np.median(luminance[plain]))
    ratio = (fine / wide) * np.clip(wide / overall, 0.94, 1.06)
    sure = np.clip(coverage * 3, 0, 1)
    shade = np.asarray(1 + (ratio - 1) * sure, dtype=np.float32)
    deviation = float(np.std(shade[worn]))
    shade = 1 + (shade - 1) * min(1.0, STRONGEST / max(deviation, 1e-3))
    return gauss(np.clip(shade, DARKEST, LIGHTEST).astype(np.float32), 0.55 * detail)


def _average(values: Floats, weight: Floats, sigma: float) -> Floats:
    """Normalised convolution. Knutsson and Westin 1993."""
    return np.asarray(gauss(values * weight, sigma) / np.maximum(gauss(weight, sigma), 1e-4), dtype=np.float32)


def _plain_cloth(photo: Floats, worn: Mask) -> Mask:
    """The part of a garment that has its main colour, clear of its rim."""
    core = cv2.erode(worn.astype(np.uint8), disk(2)) > 0
    if core.sum() < 100:
        return core
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)
    middle = np.median(lab[core], axis=0)
    away = np.abs(lab - middle)
    alike = core & (np.hypot(away[..., 1], away[..., 2]) < 9) & (away[..., 0] < 22)
    return cv2.erode(alike.astype(np.uint8), disk(2)) > 0


def roundness(alpha: Floats, width: float) -> Floats:
    """Shading up to 1, float32 (h, w): darker towards the rim of a layer, as on something round."""
    depth = cv2.distanceTransform((np.pad(alpha, 1)[1:-1, 1:-1] > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(1 - ROUND * (1 - np.clip(depth / (0.16 * width), 0, 1) ** 0.55), dtype=np.float32)


def contact_shadow(alpha: Floats, width: float, strength: float = 0.34) -> Floats:
    """Factor up to 1, float32 (h, w), for what lies under a layer: a soft shadow just beyond its lower edges."""
    down = max(1, round(0.018 * width))
    moved = np.zeros_like(alpha)
    moved[down:] = alpha[:-down]
    near = gauss(np.maximum(moved, alpha), 0.014 * width)
    return np.asarray(1 - strength * np.clip(near - alpha, 0, 1), dtype=np.float32)


def photo_light(photo: Floats, body: Body) -> Floats:
    """Light of a photograph on what is put into it, float32 (h, w, 1) around 1: brightness by its highlights, and the fall
    from side to side that skin and clothes of the person show.
    """
    height, width = body.alpha.shape
    inside = body.alpha > 0.9
    luminance = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    if inside.sum() < 200:
        return np.ones((height, width, 1), np.float32)
    key = float(np.clip((np.percentile(luminance, 98) / 0.92) ** 0.5, 0.78, 1.03))
    skin = inside & np.isin(body.parts, (Part.FACE, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_LEG, Part.RIGHT_LEG, Part.NECK))
    seen = skin if skin.sum() > 400 else inside
    rows, columns = np.nonzero(seen)
    across = (columns - columns.mean()) / max(1.0, float(np.ptp(columns)))
    logs = np.log(luminance[rows, columns] + 0.05)
    slope = float(np.clip((across * (logs - logs.mean())).sum() / max(1e-6, float((across**2).sum())), -0.25, 0.25))
    fall = 1 + 0.5 * slope * np.clip((np.arange(width) - columns.mean()) / max(1.0, float(np.ptp(columns))), -0.6, 0.6)
    return np.broadcast_to((key * fall).astype(np.float32)[None, :, None], (height, width, 1))
