"""Light on bare skin that was taken for cloth: a pale streak that runs from a neckline into the skin and ends there."""

import cv2
import numpy as np

from pipelines.images import Bytes, Mask
from pipelines.vision.people.body import Part

_SIDE = 480
"""Longer side in pixels at which streaks are looked for."""
_WIDTH = 0.026
"""Of that side: the widest streak."""
_WITHIN_SKIN = 0.6
"""Share of its surroundings that is bare skin."""
_SKIN = (Part.TORSO, Part.NECK)


def without_gleams(parts: Bytes) -> Bytes:
    """The labels (h, w) with such streaks of the upper garment as bare skin.

    Straps are as narrow, but they end at a shoulder, so beside hair or background; what bridges two pieces of cloth is no gleam.
    """
    step = max(1, max(parts.shape) // _SIDE)
    small = np.ascontiguousarray(parts[::step, ::step])
    if not np.isin(small, _SKIN).any():
        return parts
    upper = small == Part.UPPER
    reach = 2 * round(_WIDTH * max(small.shape) / 2) + 1
    broad = cv2.morphologyEx(upper.astype(np.uint8), cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    count, pieces = cv2.connectedComponents((upper & (broad == 0)).astype(np.uint8))
    gleams = np.zeros(small.shape, np.uint8)
    for number in range(1, count):
        piece = pieces == number
        if _is_gleam(piece, small, broad > 0):
            gleams |= piece.astype(np.uint8)
    if not gleams.any():
        return parts
    wider = cv2.dilate(gleams, np.ones((3, 3), np.uint8))
    large = cv2.resize(wider, parts.shape[::-1], interpolation=cv2.INTER_NEAREST) > 0
    return np.where(large & (parts == Part.UPPER), np.uint8(Part.TORSO), parts)


def _is_gleam(piece: Mask, parts: Bytes, broad: Mask) -> bool:
    ring = cv2.dilate(piece.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.bool_) & ~piece
    outside = np.isin(parts[ring], (Part.BACKGROUND, Part.HAIR))
    contacts = cv2.connectedComponents((ring & broad).astype(np.uint8))[0] - 1
    return bool(not outside.any() and contacts <= 1 and np.isin(parts[ring], _SKIN).mean() > _WITHIN_SKIN)
