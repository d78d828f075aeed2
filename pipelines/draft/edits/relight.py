"""Light that comes from elsewhere: the subject's form is guessed from its outline and shaded anew. A draft of relighting."""

from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, blurred, linear, resized, srgb
from pipelines.sizes import Size
from pipelines.vision.inpaint import guided
from pipelines.vision.rendering.light import Direction, normals_of

SIDE = 480
"""Long side in pixels at which forms are guessed."""
_ROUND = 0.16
"""Of the long side: distance from the outline over which the form turns towards the viewer."""


def form(alpha: Floats) -> Floats:
    """float32 (h, w, 3): normals of a body inflated from its outline, unit length; (0, 0, 1) outside.

    Height is the root of the smoothed distance to the outline, so that limbs are round and trunks are flat in front.
    """
    size = _small(alpha)
    cover = resized(alpha, size)
    inside = (cover > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    reach = np.float32(_ROUND * max(cover.shape))
    share = np.clip(depth / reach, 0, 1)
    height = reach * 0.8 * np.sqrt(np.clip(1 - (1 - share) ** 2, 0, 1)) + 0.35 * cv2.GaussianBlur(
        depth, (0, 0), 0.02 * max(cover.shape)
    )
    smooth = cv2.GaussianBlur(height.astype(np.float32), (0, 0), max(1.0, 0.010 * max(cover.shape)))
    return normals_of(cast(Floats, smooth))


def relit(rgb: Floats, alpha: Floats, towards: Direction, strength: float) -> Floats:
    """`rgb` with a key light from `towards`: the lit side a little brighter, the other in shade, the background fallen off."""
    normals = form(alpha)
    key = np.array(towards, np.float32) / np.float32(np.linalg.norm(towards))
    facing = (np.clip((normals @ key + 0.15) / 1.15, 0, 1) ** 1.2).astype(np.float32)
    small = resized(rgb, Size(facing.shape[1], facing.shape[0]))
    # Where the picture itself is bright and turned to the light, more of that light arrives.
    relief = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.float32)
    facing = guided(facing.astype(np.float32), small, max(2, facing.shape[0] // 90), 4e-3) + 0.10 * (relief - blurred(relief, 12))
    shade = 0.20 + 1.12 * np.clip(facing, 0, 1)
    height, width = facing.shape
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.sign(towards[0])
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    behind = 0.34 + 0.36 * np.exp(-((x - 0.75) ** 2 + (y + 0.15) ** 2) / 0.9)
    full = Size(rgb.shape[1], rgb.shape[0])
    gain = np.clip(resized(shade.astype(np.float32), full), 0, 2) * alpha
    gain += np.clip(resized(behind.astype(np.float32), full), 0, 2) * (1 - alpha)
    power = np.float32(min(1.0, 0.85 * strength))
    return _lit(rgb, cast(Floats, 1 + (gain - 1) * power))


def _lit(rgb: Floats, gain: Floats) -> Floats:
    out = np.empty_like(rgb)
    for top in range(0, len(rgb), 256):
        rows = slice(top, top + 256)
        light = linear(rgb[rows]) * gain[rows, :, None]
        out[rows] = np.clip(srgb(light / (1 + 0.12 * np.maximum(light - 0.6, 0))), 0, 1)
    return out


def softened(rgb: Floats, strength: float, weight: Floats | None) -> Floats:
    """Large shadows opened and large highlights calmed; details keep their contrast.

    The base layer is that of a guided filter (He et al. 2013, section 5) in the logarithm of light.
    """
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32)
    size = _small(grey)
    small = np.log2(np.maximum(linear(resized(grey, size)), 0.004))
    base = guided_alone(small, max(4, round(0.04 * max(small.shape))), 0.35)
    middle = float(np.median(base))
    change = np.clip(-strength * 0.55 * (base - middle), -0.35, 1.1)
    gain = np.exp2(resized(change.astype(np.float32), Size(rgb.shape[1], rgb.shape[0])))
    out = _lit(rgb, cast(Floats, gain))
    if weight is None:
        return out
    return cast(Floats, rgb + (out - rgb) * weight[..., None])


def guided_alone(values: Floats, radius: int, epsilon: float) -> Floats:
    """A guided filter of a picture by itself: smooth, with its strong edges."""
    window = (2 * radius + 1, 2 * radius + 1)
    mean = cv2.blur(values, window)
    variance = np.maximum(cv2.blur(values * values, window) - mean * mean, 0)
    slope = variance / (variance + epsilon)
    return cast(Floats, cv2.blur(slope, window) * values + cv2.blur((1 - slope) * mean, window))


def _small(values: Floats) -> Size:
    scale = min(1.0, SIDE / max(values.shape[:2]))
    return Size(max(8, round(values.shape[1] * scale)), max(8, round(values.shape[0] * scale)))
