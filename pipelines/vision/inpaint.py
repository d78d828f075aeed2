"""Filling holes from their surroundings: a smooth membrane, and grain like that of the rest."""

import cv2
import numpy as np

from pipelines.images import Floats, Mask

COARSEST = 4
"""Side in pixels at which the pyramid of `membrane` ends."""


def membrane(rgb: Floats, known: Floats) -> Floats:
    """float32 (h, w, 3) with what isn't `known`, float32 (h, w) in [0, 1], filled smoothly from what is.

    Pull and push: weighted averages on ever coarser grids fill what finer ones leave open. Gortler et al. 1996, "The
    Lumigraph". Known pixels stay. Where nothing is known, the picture itself.
    """
    if not (known > 0).any():
        return rgb
    weight = known.astype(np.float32)
    return _pushed(np.ascontiguousarray(rgb * weight[..., None], dtype=np.float32), weight)


def _pushed(paint: Floats, weight: Floats) -> Floats:
    """`paint` is premultiplied by `weight`; the result is not."""
    height, width = weight.shape
    own = paint / np.maximum(weight, 1e-6)[..., None]
    if min(height, width) <= COARSEST or (weight > 0.999).all():
        mean = paint.sum(axis=(0, 1)) / max(1e-6, float(weight.sum()))
        return np.asarray(own * weight[..., None] + mean * (1 - weight[..., None]), dtype=np.float32)
    size = ((width + 1) // 2, (height + 1) // 2)
    small_paint = cv2.resize(_softened(paint), size, interpolation=cv2.INTER_AREA)
    small_weight = cv2.resize(_softened(weight), size, interpolation=cv2.INTER_AREA)
    # Saturating the weight is what lets a little known colour fill a whole coarse pixel.
    full = np.minimum(1.0, 3.0 * small_weight)
    lift = (full / np.maximum(small_weight, 1e-6))[..., None]
    coarse = _pushed(np.asarray(small_paint * lift, dtype=np.float32), np.asarray(full, dtype=np.float32))
    fine = cv2.GaussianBlur(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), (0, 0), 1.0)
    return np.asarray(own * weight[..., None] + fine * (1 - weight[..., None]), dtype=np.float32)


def _softened(values: Floats) -> Floats:
    return cv2.GaussianBlur(values, (3, 3), 0.8, borderType=cv2.BORDER_REPLICATE).astype(np.float32)


def grain_of(rgb: Floats, where: Mask) -> float:
    """Standard deviation of the fine noise of luminance in a region, from the median absolute difference to a local median,
    so that edges and texture hardly count. 0 where the region is empty.
    """
    if where.sum() < 64:
        return 0.0
    luminance = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    residual = luminance - cv2.medianBlur(luminance, 3)
    return float(1.4826 * np.median(np.abs(residual[where])))


def with_grain(rgb: Floats, deviation: float, rng: np.random.Generator) -> Floats:
    """float32 (h, w, 3) with noise of luminance added, as fine as a sensor's after interpolation."""
    if deviation < 5e-4:
        return rgb
    noise = rng.standard_normal(rgb.shape[:2], dtype=np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 0.6)
    return np.clip(rgb + (deviation / float(soft.std()) * soft)[..., None], 0, 1).astype(np.float32)


def guided(mask: Floats, guide: Floats, radius: int, epsilon: float = 1e-4) -> Floats:
    """`mask`, float32 (h, w), pulled to the edges of the colour picture `guide`. He et al. 2013, on luminance."""
    grey = cv2.cvtColor(guide, cv2.COLOR_RGB2GRAY)
    window = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_mask = cv2.blur(grey, window), cv2.blur(mask, window)
    variance = cv2.blur(grey * grey, window) - mean_guide * mean_guide
    slope = (cv2.blur(grey * mask, window) - mean_guide * mean_mask) / (variance + epsilon)
    offset = mean_mask - slope * mean_guide
    return np.asarray(np.clip(cv2.blur(slope, window) * grey + cv2.blur(offset, window), 0, 1), dtype=np.float32)
