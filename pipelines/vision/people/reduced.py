"""A cut-out at the size at which people are read, and what was read there carried back to the picture's own size.

Where little time may be spent people and clothes are read from a smaller picture. Labels and outlines come back smooth; colours
and the subject's own edge are never taken from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, resized
from pipelines.sizes import Mode, Size
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Body, Part, Point

_SIDES: Mapping[Mode, int] = {Mode.FAST: 512}


@dataclass(frozen=True, slots=True)
class Reduced:
    """A picture and its cut-out, both smaller or both as they were."""

    rgb: Bytes
    matte: Matte


def read_side(mode: Mode) -> int | None:
    """Long side in pixels to which a picture is reduced where people are to be read in it; None leaves it as it is."""
    return _SIDES.get(mode)


def reduced(rgb: Bytes, matte: Matte, side: int | None) -> Reduced:
    """uint8 (h, w, 3) and its matte with a long side of `side` pixels; as they are where that isn't smaller, or is None."""
    height, width = rgb.shape[:2]
    if side is None or side >= max(height, width):
        return Reduced(rgb, matte)
    scale = side / max(height, width)
    size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    return Reduced(resized(rgb, size), Matte(resized(matte.alpha, size), resized(matte.foreground, size), matte.confidence))


def enlarged(body: Body, alpha: Floats) -> Body:
    """`body`, read from a reduced picture, for the picture whose coverage is float32 `alpha` (h, w)."""
    down, across = (full / small for full, small in zip(alpha.shape, body.parts.shape, strict=True))
    if (down, across) == (1, 1):
        return body
    joints = {name: Point(at.x * across, at.y * down) for name, at in body.joints.items()}
    return replace(body, alpha=alpha, parts=_enlarged_parts(body.parts, alpha), joints=joints)


def _enlarged_parts(parts: Bytes, alpha: Floats) -> Bytes:
    """uint8 like `alpha`: the part that most of each pixel's neighbourhood has, so that borders don't become steps."""
    beyond = cv2.dilate(parts, np.ones((5, 5), np.uint8))  # the subject's edge is the full picture's
    spread = np.where(parts == Part.BACKGROUND, beyond, parts)
    most, labels = np.zeros(alpha.shape, np.uint8), np.zeros(alpha.shape, np.uint8)
    for part in np.unique(spread):
        share = cv2.resize(
            np.where(spread == part, np.uint8(255), np.uint8(0)), alpha.shape[::-1], interpolation=cv2.INTER_LINEAR
        )
        np.copyto(labels, part, where=share > most)
        np.maximum(most, share, out=most)
    return np.where(alpha > 0.5, labels, np.uint8(0))


def enlarged_mask(mask: Mask, shape: tuple[int, int]) -> Mask:
    """A mask from a reduced picture for one of `shape`, with a smooth outline."""
    if mask.shape == shape:
        return mask
    return cv2.resize(mask.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR) > 0.5
