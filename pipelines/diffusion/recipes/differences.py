"""Where a made picture shows another thing than its source, and where only another texture."""

from typing import cast

import cv2
import numpy as np

from pipelines.diffusion.recipes.tint import lab
from pipelines.images import Floats, Mask, resized
from pipelines.sizes import Size

COMPARE_SIDE = 1024
"""Long side in pixels at which pictures are compared."""
SOFTNESS = 1.6
"""Sigma in pixels of the comparison: models lose what is finer."""
LEAST, MOST = 2.2, 6.0
"""Colour difference (CIE 1976) that counts as one, in a clean picture and in a noisy one."""
SURE = 2.0
"""Times the threshold that a difference has to reach somewhere; what is connected with it need only reach it."""
SPECK = 3e-5
"""Share of the picture below which a difference is an accident."""
REACH = 0.006
"""Share of the long side by which gaps are closed and the mask is grown."""
HOLE = 0.005
"""Share of the picture below which a hole in what changed is filled."""
_DETAIL = 0.35
"""How much of the source's local detail may be missing or misplaced, as a share of its deviation."""


def differing(source: Floats, made: Floats, seen: Mask | None = None, *, matched: bool = True) -> Mask:
    """bool (h, w): where `made` is another thing than `source`, both float32 (h, w, 3), laid on one another, tint removed.

    Compared as colours of blurred pictures, against a threshold from their noise and from the local detail, with
    hysteresis (Canny 1986); closed, holes filled, without specks, and grown a little. Of
    `seen`, bool (h, w), an upright rectangle; what differs at its edges goes on beyond them. Where colours are `matched`, what
    half of the picture differs by is noise.
    """
    height, width = source.shape[:2]
    scale = min(1.0, COMPARE_SIDE / max(height, width))
    size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    score = _score(resized(source, size), resized(made, size), matched)
    inside = np.ones(score.shape, bool) if seen is None else resized(seen.astype(np.float32), size) > 0.99
    score *= inside
    mask = _without_specks(_connected(score > 1, score > SURE), score)
    if not mask.any():
        return np.zeros((height, width), bool)
    reach = max(1, round(REACH * max(mask.shape)))
    closed = cv2.morphologyEx(np.pad(mask.astype(np.uint8), 3 * reach), cv2.MORPH_CLOSE, _disc(2 * reach))
    whole = _filled(closed[3 * reach : -3 * reach, 3 * reach : -3 * reach])
    grown = _continued(cv2.dilate(whole, _disc(reach)), inside)
    return resized(grown.astype(np.float32), Size(width, height)) > 0.5


def _score(source: Floats, made: Floats, matched: bool) -> Floats:
    """float32 (h, w): colour difference over what is to be expected where nothing changed."""
    first, second = (lab(cast(Floats, cv2.GaussianBlur(each, (0, 0), SOFTNESS))) for each in (source, made))
    difference = np.sqrt(((first - second) ** 2).sum(axis=2))
    even = 0 if matched else cv2.GaussianBlur(first - second, (0, 0), 5 * SOFTNESS)
    noise = float(np.median(np.sqrt(((first - second - even) ** 2).sum(axis=2))))
    fine = lab(source)[..., 0] - first[..., 0]
    detail = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 2 * SOFTNESS))
    threshold = np.clip(4 * noise, LEAST, MOST) + _DETAIL * detail
    return cast(Floats, (difference / threshold).astype(np.float32))


def _connected(weak: Mask, strong: Mask) -> Mask:
    """The parts of `weak` that hold something of `strong`."""
    count, labels = cv2.connectedComponents(weak.astype(np.uint8), connectivity=8)
    held = np.zeros(count, bool)
    held[labels[strong]] = True
    held[0] = False
    return cast(Mask, held[labels])


def _without_specks(mask: Mask, score: Floats) -> Mask:
    """Without parts that are small for how little they differ."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8))
    weight = np.bincount(labels.ravel(), np.minimum(score, 4).ravel(), minlength=count)
    kept = weight / 2 > max(6.0, SPECK * mask.size)
    kept[0] = False
    return cast(Mask, kept[labels])


def _filled(mask: cv2.typing.MatLike) -> cv2.typing.MatLike:
    """Without small holes; a large one is a thing that stayed while all around it changed."""
    contours, tree = cv2.findContours(mask, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    out = mask.copy()
    for number, contour in enumerate(contours):
        parent = tree[0][number][3]
        if parent >= 0 and cv2.contourArea(contour) < min(0.2 * cv2.contourArea(contours[parent]), HOLE * mask.size):
            cv2.drawContours(out, contours, number, 1, cv2.FILLED)
    return out


def _continued(mask: cv2.typing.MatLike, inside: Mask) -> cv2.typing.MatLike:
    """With what lies at the edges of the rectangle `inside` repeated beyond them."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return mask
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    down, across = (int(top), int(mask.shape[0] - bottom)), (int(left), int(mask.shape[1] - right))
    return np.pad(mask[top:bottom, left:right], (down, across), mode="edge")


def _disc(radius: int) -> cv2.typing.MatLike:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
