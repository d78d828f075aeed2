"""Where in a picture the content is: what must not be cut, and at which sides it already is."""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from pipelines.images import Bytes, Mask, alpha_of, pixels, resized
from pipelines.sizes import Size
from pipelines.vision.faces import Face, find_faces
from pipelines.vision.mattes.coarse import agreed, opinion
from pipelines.vision.mattes.hints import unsaid
from pipelines.vision.mattes.segment import segment

Side = Literal["left", "top", "right", "bottom"]
FACE_SIDE = 400
"""Long side in pixels at which faces are looked for as a rule."""
_SPECK = 0.004
"""Parts smaller than this share of the subject are dust."""
_TOUCHING = 0.012
"""Share of a side that the subject has to cover to count as cut by it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of whole pixels; right and bottom are just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def size(self) -> Size:
        return Size(self.right - self.left, self.bottom - self.top)

    def holds(self, other: "Box") -> bool:
        """Whether all of `other` lies inside."""
        return self.left <= other.left and self.top <= other.top and self.right >= other.right and self.bottom >= other.bottom


@dataclass(frozen=True, slots=True)
class Content:
    """What a picture of `mask`'s shape shows."""

    box: Box
    """Everything that must stay visible."""
    cut: frozenset[Side]
    """The sides at which the subject leaves the picture."""
    mask: Mask
    """bool (h, w): the subject itself; all False where nothing stands out."""

    @property
    def found(self) -> bool:
        return bool(self.mask.any())


@dataclass(frozen=True, slots=True)
class Look:
    """How closely content is looked for."""

    side: int = 400
    """Long side in pixels at which the subject is told from what is behind it."""
    cuts: int = 1
    """Rounds of GrabCut."""
    net: bool = False
    """Whether the matte net is asked too."""
    faces: int = FACE_SIDE
    """Long side in pixels at which faces are looked for."""


def content_of(image: Image.Image, look: Look | None = None) -> Content:
    """The subject of a picture by its transparency, else by its contrast to the background, and every face.

    In a busy picture, where the outline is a guess, the box is drawn generously, below a
    face down to the edge. Where nothing stands out, it is the middle half of the picture.
    """
    alpha = alpha_of(image)
    seen = _Seen(alpha > 0.1, (), False) if alpha is not None else _searched(pixels(image), look or Look())
    height, width = seen.mask.shape
    boxes = [*seen.faces, *([_box(seen.mask)] if seen.mask.any() else [])]
    if not boxes:
        return Content(Box(width // 4, height // 4, width - width // 4, height - height // 4), frozenset(), seen.mask)
    box = Box(
        min(each.left for each in boxes),
        min(each.top for each in boxes),
        max(each.right for each in boxes),
        height if seen.busy and seen.faces else max(each.bottom for each in boxes),
    )
    if not seen.busy:
        return Content(box, _cut(seen.mask), seen.mask)
    stands: frozenset[Side] = frozenset({"bottom"}) if seen.faces else frozenset()
    return Content(_grown(box, seen.mask.shape), stands, seen.mask)


@dataclass(frozen=True, slots=True)
class _Seen:
    mask: Mask
    faces: tuple[Box, ...]
    busy: bool
    """The background is no smooth surface, so that the mask is a guess."""


def _searched(rgb: Bytes, look: Look) -> _Seen:
    """Subject and faces, found at a small size."""
    height, width = rgb.shape[:2]
    scale = min(1.0, look.side / max(height, width))
    small = resized(rgb, Size(max(16, round(width * scale)), max(16, round(height * scale))))
    found = segment(small, look.cuts)
    if look.net:
        found = agreed(small, found, opinion(small, unsaid(Size(small.shape[1], small.shape[0]))), look.cuts)
    mask = _without_specks(found.mask)
    if mask.mean() > 0.97:  # all of it is subject: then nothing stands out
        mask = np.zeros_like(mask)
    faces = tuple(_head(face, Size(width, height)) for face in find_faces(rgb, look.faces))
    return _Seen(resized(mask.astype(np.uint8), Size(width, height)) > 0, faces, found.backdrop is None)


def _head(face: Face, size: Size) -> Box:
    """The whole head around a face in a picture of `size`."""
    x, y, side = face.x, face.y, face.side
    left, top, right, bottom = (round(each) for each in (x - 0.75 * side, y - 0.9 * side, x + 0.75 * side, y + 0.75 * side))
    return Box(max(0, left), max(0, top), min(size.width, right), min(size.height, bottom))


def _grown(box: Box, shape: tuple[int, ...]) -> Box:
    """A quarter more at each side, within a picture of `shape`."""
    across, down = box.size.width // 4, box.size.height // 4
    return Box(
        max(0, box.left - across), max(0, box.top - down), min(shape[1], box.right + across), min(shape[0], box.bottom + down)
    )


def _without_specks(mask: Mask) -> Mask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = stats[1:count, cv2.CC_STAT_AREA]
    kept = [number + 1 for number, area in enumerate(areas) if area >= _SPECK * areas.sum()]
    return np.isin(labels, kept)


def _box(mask: Mask) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def _cut(mask: Mask) -> frozenset[Side]:
    """The sides along whose outermost pixels the subject runs."""
    deep = max(1, round(max(mask.shape) / FACE_SIDE))
    edges: dict[Side, Mask] = {"left": mask[:, :deep], "top": mask[:deep], "right": mask[:, -deep:], "bottom": mask[-deep:]}
    return frozenset(side for side, edge in edges.items() if edge.mean() > _TOUCHING)
