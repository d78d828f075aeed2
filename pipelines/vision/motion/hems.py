"""Skirts and dresses as a layer of their own, so that a hem swings over the legs and doesn't bend them."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Mask, blurred, to_bytes
from pipelines.vision.people.body import Body, Part

_LEAST = 0.01
"""Share of the picture from which a garment is worth a layer."""
_DOUBT = 0.006
"""Of the picture's height: how far from its labels a hem may be."""
_AROUND, _BELOW = 4, 4
"""Pixels: what goes along beside a garment, where the subject's own edge ends it; how far below a hem what is behind it is seen."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """A subject taken apart once more; both uint8 (h, w, 4), colour times alpha."""

    under: Bytes
    """The subject with what is behind the garment's lower end: legs that go on upwards, or nothing between them."""
    over: Bytes
    """The garment."""


def hanging(body: Body) -> Mask | None:
    """bool (h, w): a dress or a skirt whose hem is in the picture; None where there is none."""
    height = body.parts.shape[0]
    found = np.zeros(body.parts.shape, bool)
    for part in (Part.DRESS, Part.LOWER):
        mask = body.parts == part
        if mask.mean() < _LEAST or mask[int(0.985 * height) :].any() or (part == Part.LOWER and has_legs(mask)):
            continue
        found |= mask
    return found if found.any() else None


def has_legs(mask: Mask) -> bool:
    """Whether the lower part of a garment is two legs: trousers or shorts."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return False
    top, tall = int(rows[0]), int(rows[-1] - rows[0])
    band = mask[top + int(0.7 * tall) : top + int(0.95 * tall)]
    starts = np.diff(np.pad(band.astype(np.int8), ((0, 0), (1, 0))), axis=1) == 1
    return bool(band.size) and float((starts.sum(axis=1) >= 2).mean()) > 0.35


def lifted(subject: Bytes, garment: Mask, free: Mask) -> Lifted:
    """`garment`, bool (h, w), lifted off a subject, uint8 (h, w, 4). Only where it is `free`, bool (h, w), will it move."""
    height = garment.shape[0]
    hems = _hems(subject, garment)
    rows = np.arange(height, dtype=np.int32)[:, None]
    solid = cv2.dilate(garment.astype(np.uint8), np.ones((2 * _AROUND + 1, 2 * _AROUND + 1), np.uint8)) > 0
    grown = solid & (rows <= hems)
    cover = np.clip(2 * blurred(grown.astype(np.float32), 0.8) - 0.5, 0, 1)[..., None]
    source = np.minimum(hems + _BELOW, height - 1)
    below = np.take_along_axis(subject, np.broadcast_to(source[..., None], (1, *source.shape[1:], 4)), axis=0)
    away = blurred((grown & free).astype(np.float32), 0.6)[..., None]
    return Lifted(
        under=to_bytes(np.asarray((subject + (below.astype(np.float32) - subject) * away) / 255, np.float32)),
        over=to_bytes(np.asarray(subject * cover / 255, np.float32)),
    )


def _hems(subject: Bytes, garment: Mask) -> NDArray[np.int32]:
    """int32 (1, w): the last row of the garment in each column, where the picture has its edge near the labels'; -1 for none."""
    height = garment.shape[0]
    last = np.where(garment.any(axis=0), height - 1 - np.argmax(garment[::-1], axis=0), -1)
    seen = np.flatnonzero(last >= 0)
    reach = max(3, round(_DOUBT * height))
    offsets = np.arange(-reach, reach + 1)
    soft = cv2.GaussianBlur(subject, (5, 5), 1.0).astype(np.int16)
    around = np.clip(last[seen] + offsets[:, None], 1, height - 2)
    step = np.abs(soft[around + 1, seen] - soft[around - 1, seen]).sum(axis=2) * np.exp(-((offsets / reach) ** 2))[:, None]
    hems = np.full(garment.shape[1], -1, np.float32)
    hems[seen] = around[step.argmax(axis=0), np.arange(seen.size)]
    smooth = cv2.medianBlur(hems[None], 5)
    return np.where(last >= 0, np.maximum(smooth, last - reach), -1).astype(np.int32)
