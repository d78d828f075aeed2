"""Alpha from colours that are nearly known: the subject's just inside its edge, the background's just outside."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, Mask, blurred

_REACHES = (1.5, 4.0, 12.0, 40.0)
"""Standard deviations, in pixels, over which colours are carried into the unknown band, the nearest first."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Colours expected on both sides of the edge, float32 (h, w, 3) in [0, 1]."""

    foreground: Floats
    background: Floats
    spread: Floats
    """float32 (h, w): variance of the foreground's colour around it."""


def carried(image: Floats, where: Mask) -> Floats:
    """float32 (h, w, c): `image` where `where` holds; elsewhere the mean of what is nearest there. Normalised convolution
    (Knutsson and Westin 1993) at widening reaches."""
    known = where.astype(np.float32)
    seen = (image * known[..., None]).astype(np.float32)
    result = seen.copy()
    done = where.copy()
    for sigma in _REACHES:
        weight = blurred(known, sigma)
        fill = ~done & (weight > 0.02)
        sums = blurred(seen, sigma)
        np.copyto(result, sums / np.maximum(weight, 1e-6)[..., None], where=fill[..., None])
        done |= fill
    if not done.all() and where.any():
        result[~done] = image[where].mean(axis=0)
    return cast(Floats, result.astype(np.float32))


def layers_of(image: Floats, inside: Mask, outside: Mask, surface: Floats | None) -> Layers:
    """The layers around the band that is neither `inside` nor `outside`; `surface` is the backdrop, sRGB, if there is one."""
    foreground = carried(image, inside)
    behind = np.zeros_like(image) if surface is None else surface
    background = np.clip(behind + carried(image - behind, outside), 0, 1)
    mean = cv2.blur(foreground, (5, 5))
    spread = np.maximum(cv2.blur(foreground**2, (5, 5)) - mean**2, 0).sum(axis=2)
    return Layers(foreground, background.astype(np.float32), spread.astype(np.float32))


def projected(colour: Floats, foreground: Floats, background: Floats) -> Floats:
    """Alpha in [0, 1] of colours (..., 3) between two known ones, by least squares."""
    across = foreground - background
    length = (across**2).sum(axis=-1)
    share = ((colour - background) * across).sum(axis=-1) / np.maximum(length, 1e-4)
    return cast(Floats, np.clip(share, 0, 1).astype(np.float32))


def certainty(layers: Layers) -> Floats:
    """float32 (h, w) in [0, 1): how much a projected alpha is worth; low where the layers are alike or texture is strong."""
    contrast = ((layers.foreground - layers.background) ** 2).sum(axis=2)
    return cast(Floats, contrast / (contrast + 2 * layers.spread + np.float32(0.004)))
