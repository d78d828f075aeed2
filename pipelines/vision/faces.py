"""Where faces are: the LBP cascade that scikit-image ships, asked at several sizes and tilts, its answers put to the vote.

The cascade (Liao et al. 2007, local binary patterns) answers false as readily as true on a single look. A face keeps
answering when the picture is turned or scaled a little and has the colour of skin; a fold of cloth seldom does both.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import cos, hypot, radians, sin
from typing import Any

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, resized
from pipelines.sizes import Size

SEARCH_SIDE = 420
"""Long side in pixels at which a picture is searched."""
SMALLEST_FACE = 24
TILTS = (0.0, -9.0, 9.0, -22.0, 22.0, -35.0, 35.0)
"""Degrees by which the picture is turned before the upright cascade looks at it."""
ENOUGH_VOTES = 3
SKIN_SHARE = 0.45
PLENTY, SURE_SKIN = 4, 0.75
"""Votes and share of skin from which a face is so sure that no further tilt is tried."""


@dataclass(frozen=True, slots=True)
class Face:
    """A face from brows to chin as a square box around `x`, `y`, in pixels of the picture."""

    x: float
    y: float
    side: float
    tilt: float
    """Degrees by which the head leans to the right of the picture."""
    votes: int
    """How many looks agree."""
    skin: float
    """0 to 1: how much of the box has a colour that skin can have."""

    @property
    def score(self) -> float:
        """Larger is surer; comparable within one picture."""
        return self.votes * self.skin


def find_faces(rgb: Bytes, search_side: int = SEARCH_SIDE) -> list[Face]:
    """Frontal faces in uint8 (h, w, 3), the surest first; empty where there is none.

    Faces below a seventeenth of the long side are missed; cut the picture to where the head must be to find those.
    """
    scale = min(1.0, search_side / max(rgb.shape[:2]))
    size = Size(max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    small = resized(rgb, size).astype(np.uint8)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    skin = plausible_skin(small)
    looks: list[_Look] = []
    kept: list[Face] = []
    for tilt in TILTS:
        looks += _looks(grey, tilt)
        faces = [_face(group, skin, scale) for group in _grouped(looks)]
        kept = [face for face in faces if face.votes >= ENOUGH_VOTES and face.skin >= SKIN_SHARE]
        if any(face.votes >= PLENTY and face.skin >= SURE_SKIN for face in kept):
            break
    return sorted(kept, key=lambda face: -face.score)


def plausible_skin(rgb: Bytes) -> Mask:
    """bool (h, w): pixels whose chroma skin of any tone can have. Chai and Ngan 1999, widened for dark skin."""
    chroma = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.int16)
    luma, red, blue = chroma[..., 0], chroma[..., 1], chroma[..., 2]
    return (luma > 25) & (red >= 131) & (red <= 180) & (blue >= 75) & (blue <= 129) & (red > blue + 4)


@dataclass(frozen=True, slots=True)
class _Look:
    x: float
    y: float
    side: float
    tilt: float

    def agrees(self, other: "_Look") -> bool:
        near = hypot(self.x - other.x, self.y - other.y) < 0.35 * min(self.side, other.side)
        return near and 0.6 < self.side / other.side < 1.65


@cache
def _cascade() -> Any:  # scikit-image has no types
    from skimage.data import lbp_frontal_face_cascade_filename
    from skimage.feature import Cascade

    return Cascade(lbp_frontal_face_cascade_filename())  # type: ignore[no-untyped-call]


def _looks(grey: Bytes, tilt: float) -> Iterator[_Look]:
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    turned = cv2.warpAffine(grey, turn, (width, height), borderMode=cv2.BORDER_REPLICATE) if tilt else grey
    largest = (min(height, width), min(height, width))
    if largest[0] < SMALLEST_FACE:
        return
    found = _cascade().detect_multi_scale(turned, 1.15, 1.0, (SMALLEST_FACE, SMALLEST_FACE), largest, min_neighbor_number=2)
    for box in found:
        side = float(box["width"])
        back = _turned_back(box["c"] + side / 2 - width / 2, box["r"] + side / 2 - height / 2, tilt)
        yield _Look(back.real + width / 2, back.imag + height / 2, side, tilt)


def _turned_back(x: float, y: float, tilt: float) -> complex:
    angle = radians(tilt)
    return complex(x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle))


def _grouped(looks: list[_Look]) -> list[list[_Look]]:
    groups: list[list[_Look]] = []
    for look in looks:
        home = next((group for group in groups if any(look.agrees(member) for member in group)), None)
        if home is None:
            groups.append([look])
        else:
            home.append(look)
    return groups


def _face(group: list[_Look], skin: Mask, scale: float) -> Face:
    x, y, side = (float(np.median([getattr(look, name) for look in group])) for name in ("x", "y", "side"))
    share = float(_centre_of(skin, x, y, 0.6 * side).mean())
    tilt = float(np.mean([look.tilt for look in group]))
    return Face(x / scale, y / scale, side / scale, tilt, len(group), share)


def _centre_of(values: Mask | Floats, x: float, y: float, side: float) -> Mask | Floats:
    top, left = max(0, int(y - side / 2)), max(0, int(x - side / 2))
    return values[top : max(top + 1, int(y + side / 2)), left : max(left + 1, int(x + side / 2))]
