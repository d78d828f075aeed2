"""The inside of a garment's back, seen through its neckline as on an invisible mannequin: drawn where a person's neck was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, blurred, linear, srgb
from pipelines.vision.garments.straighten import Cutout
from pipelines.vision.people.body import Point

Points = NDArray[np.float64]
LEAST_DEPTH = 0.1
"""Of an open neckline, over its width, from which the back is drawn in it."""
SHADE = 0.58
"""Share of light that reaches the inside of the back, against the front."""
DEEP = 0.45
"""Share of that light that is left at the bottom of a neckline as deep as it is wide."""
BAND, LABEL = 0.085, 0.14
"""Height of the back's band and width of the label, over the width of the neckline."""
_FRACTION = 4


@dataclass(frozen=True, slots=True)
class _Neck:
    left: Points
    right: Points
    depth: float

    @property
    def width(self) -> float:
        return float(np.linalg.norm(self.right - self.left))

    def curve(self, dip: float, inset: float = 0.0) -> Points:
        """(25, 2) from the left collar point to the right one, `dip` lower in its middle."""
        t = np.linspace(-1, 1, 25)[:, None]
        middle, half = (self.left + self.right) / 2, (self.right - self.left) / 2 * (1 - inset)
        return np.asarray(middle + half * t + (1 - t**2) * np.array([0.0, dip]))


def back_of(cutout: Cutout, landmarks: Mapping[str, Point]) -> Cutout | None:
    """The inside of the back, of the cut-out's size, to lie behind it; None where it has none or shows it already."""
    if "collar_left" not in landmarks or "collar_right" not in landmarks:
        return None
    left, right = (np.array([landmarks[name].x, landmarks[name].y]) for name in ("collar_left", "collar_right"))
    neck = _Neck(left, right, _open_depth(cutout.alpha, left, right))
    if neck.width < 8 or not LEAST_DEPTH * neck.width < neck.depth < 2.5 * neck.width:
        return None
    region = _region(neck, cutout.alpha.shape)
    return Cutout(_painted(cutout, neck, region), region)


def _open_depth(alpha: Floats, left: Points, right: Points) -> float:
    """How far below the line between the collar points the cloth begins, where it begins lowest; 0 where it reaches the line."""
    columns = np.arange(int(left[0]) + 1, max(int(left[0]) + 2, int(right[0])))
    columns = columns[(columns >= 0) & (columns < alpha.shape[1])]
    solid = alpha[:, columns] > 0.5
    first = np.where(solid.any(axis=0), solid.argmax(axis=0), 0)
    line = np.interp(columns, [left[0], right[0]], [left[1], right[1]])
    return float(np.max(first - line, initial=0.0))


def _dip(neck: _Neck) -> float:
    """How far the back's edge hangs below the collar points: little for a T-shirt, more for a tank top's scoop."""
    return 0.11 * neck.width + 0.28 * max(0.0, neck.depth - 0.5 * neck.width)


def _region(neck: _Neck, shape: tuple[int, ...]) -> Floats:
    """float32 (h, w): what lies between the back's edge and a front that is deeper by a little, for no gap to show."""
    upper = neck.curve(_dip(neck), 0.01)
    lower = neck.curve(neck.depth + 0.12 * neck.width, -0.02)
    return _filled(np.concatenate([upper, lower[::-1]]), shape)


def _filled(outline: Points, shape: tuple[int, ...]) -> Floats:
    canvas = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(canvas, [np.round(outline * 2**_FRACTION).astype(np.int32)], 255, cv2.LINE_AA, _FRACTION)
    return canvas.astype(np.float32) / np.float32(255)


def _painted(cutout: Cutout, neck: _Neck, region: Floats) -> Floats:
    """float32 (h, w, 3), sRGB: the lining with a band along its upper edge, a label under it, darker the deeper it lies."""
    cloth = linear(_cloth(cutout, neck))
    light = np.zeros((*region.shape, 3), np.float32)
    seen = np.flatnonzero(region.any(axis=1))  # what is not seen needs no colour
    if not seen.size:
        return light
    width, dip = neck.width, _dip(neck)
    top = max(0, int(seen[0] - 0.05 * width) - 4)
    rows = slice(top, seen[-1] + 1 + int(0.05 * width) + 4)
    neck, shape = _Neck(neck.left - (0, top), neck.right - (0, top), neck.depth), region[rows].shape
    band = _filled(np.concatenate([neck.curve(dip), neck.curve(dip + BAND * width)[::-1]]), shape)
    seam = cv2.GaussianBlur(band, (0, 0), max(0.6, 0.008 * width))
    colour = np.broadcast_to(cloth * SHADE, (*shape, 3)).astype(np.float32)
    colour = colour * (1 - 0.35 * seam * (1 - band))[..., None] * (1 + 0.28 * band)[..., None]
    colour = _labelled(colour, neck, dip, float(cloth.mean()) * SHADE < 0.16)
    below = (np.arange(shape[0], dtype=np.float32)[:, None] - float(neck.left[1] + neck.right[1]) / 2 - dip) / max(1.0, width)
    depth = 1 - (1 - DEEP) * np.clip(below, 0, 1) ** 0.8
    front = blurred(cutout.alpha, 0.05 * width)[rows]
    light[rows] = srgb(colour * (depth * (1 - 0.55 * np.clip(front, 0, 1)))[..., None])
    return light


def _cloth(cutout: Cutout, neck: _Neck) -> Floats:
    """(3,): the front's usual colour around the collar, sRGB."""
    middle, reach = (neck.left + neck.right) / 2, neck.width
    rows = slice(max(0, int(middle[1])), max(1, int(middle[1] + 1.8 * reach)))
    columns = slice(max(0, int(middle[0] - 0.9 * reach)), max(1, int(middle[0] + 0.9 * reach)))
    inside = cutout.alpha[rows, columns] > 0.95
    if inside.sum() < 20:
        return np.full(3, 0.5, np.float32)
    return np.median(cutout.colour[rows, columns][inside], axis=0).astype(np.float32)


def _labelled(colour: Floats, neck: _Neck, dip: float, light: bool) -> Floats:
    """With a woven label in the middle under the band: a hint of one, with nothing to read on it; `light` on dark cloth."""
    width, size = neck.width, LABEL * neck.width
    along = (neck.right - neck.left) / width
    top = (neck.left + neck.right) / 2 + np.array([0, dip + 0.62 * BAND * width])
    down = np.array([-along[1], along[0]])
    corners = [
        top - along * size / 2,
        top + along * size / 2,
        top + along * size / 2 + down * size * 0.62,
        top - along * size / 2 + down * size * 0.62,
    ]
    label = _filled(np.array(corners), colour.shape)
    paper = linear(np.array([0.80, 0.79, 0.77] if light else [0.36, 0.36, 0.37], np.float32))
    line = [top + down * size * 0.3 - along * size * 0.28, top + down * size * 0.3 + along * size * 0.28]
    text = np.zeros(colour.shape[:2], np.uint8)
    cv2.polylines(
        text,
        [np.round(np.array(line) * 2**_FRACTION).astype(np.int32)],
        False,
        255,
        max(1, round(0.07 * size)),
        cv2.LINE_AA,
        _FRACTION,
    )
    inked = paper * (0.55 if light else 1.9)
    shown = paper + (inked - paper) * (text.astype(np.float32) / 255)[..., None]
    return cast(Floats, (colour + (shown.astype(np.float32) - colour) * label[..., None]).astype(np.float32))
