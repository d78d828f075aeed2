"""Which pixels are the subject: a hard mask at a small size, to be refined by matting."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.segmentation import watershed

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.faces import Face, find_faces
from pipelines.vision.mattes.anatomy import body_labels, vivid, without_poles
from pipelines.vision.mattes.background import (
    Backdrop,
    border_weight,
    connected_to,
    distance,
    explained,
    lab_of,
    localised,
    read_backdrop,
)
from pipelines.vision.mattes.gaps import Finder, openings, steepness
from pipelines.vision.mattes.saliency import saliency
from pipelines.vision.mattes.surround import darkened, near_threshold, surround

_BUSY = 0.65
"""How far a mask made without a backdrop is trusted."""
_QUIET, _STRANGE = 0.96, 0.03
"""Least share of the border that a backdrop explains, and largest share of background within that it doesn't: before rooms
and streets they are less and more."""
_LOW = 0.6
_CLEARLY = 6.0
"""Difference from a backdrop, in Lab units, that is no matter of light."""
FACE_SIDE = 260
"""Long side in pixels at which a face is looked for, as a rule."""
_SMALLEST_PART = 0.0006
"""Share of the picture below which a loose part or a hole is a blemish, not a shape."""


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The subject in a picture of (h, w) pixels."""

    mask: Mask
    """bool (h, w)."""
    backdrop: Backdrop | None
    """The surface behind it; None where the background is too busy for one."""
    separation: float
    """0 to 1: how far the colours of subject and background lie apart."""


def finder(rgb: Bytes, side: int = FACE_SIDE) -> Finder:
    """Looks for a face in a small picture, uint8 (h, w, 3), at `side` pixels, the first time that it is asked."""

    @cache
    def face() -> Face | None:
        return next(iter(find_faces(rgb, side)), None)

    return face


def nobody() -> Face | None:
    """A finder that saves the time of looking."""
    return None


def segment(rgb: Bytes, cuts: int, face: Finder | None = None, aside: Mask | None = None) -> Segmentation:
    """The subject of a small picture, uint8 (h, w, 3) of a few hundred pixels, with `cuts` rounds of GrabCut.

    `face` tells shaded gaps from prints; without one the picture is searched where that matters. `aside`, bool (h, w), is
    what something else is sure is background: a backdrop must then explain nearly all of it. The mask is all False where
    nothing stands out.
    """
    lab = lab_of(rgb)
    backdrop = read_backdrop(_calm(rgb))
    if backdrop.plain and (aside is None or _quiet(rgb, lab, backdrop, aside)):
        return _on_backdrop(rgb, lab, backdrop, cuts, face or finder(rgb))
    mask = _among_things(rgb, cuts)
    return Segmentation(mask, None, _BUSY * _separation(lab, mask))


def _quiet(rgb: Bytes, lab: Floats, backdrop: Backdrop, aside: Mask) -> bool:
    """Whether `aside`, bool (h, w), holds the backdrop and shadows on it, and no things. Low at the sides, where figures are
    cut, the border counts for less; what touches the subject may be its clothes, unless a face says where those are."""
    high = np.linspace(0, 1, len(aside))[:, None] < _LOW
    if explained(lab, backdrop, np.where(high, 1, 0.3).astype(np.float32) * aside.astype(np.float32)) < _QUIET:
        return False
    within, limit = _shrunk(aside, 3), max(_CLEARLY, 3 * near_threshold(backdrop.noise))
    strange = within & (distance(lab, backdrop.surface) > limit) & ~darkened(rgb, backdrop.surface)
    strange = cv2.morphologyEx(strange.astype(np.uint8), cv2.MORPH_OPEN, _disc(1)) > 0
    most = _STRANGE * np.count_nonzero(within)
    if np.count_nonzero(strange) <= most:
        return True
    beside = cv2.dilate((~aside).astype(np.uint8), _disc(6)) > 0
    frame = (border_weight(*aside.shape) == 1) & high
    apart = strange & (~connected_to(beside, strange) | connected_to(frame, strange))
    return bool(np.count_nonzero(apart) <= most) and not find_faces(rgb)


def _calm(rgb: Bytes) -> Floats:
    return lab_of(np.asarray(cv2.medianBlur(rgb, 3)))


def _on_backdrop(rgb: Bytes, lab: Floats, backdrop: Backdrop, cuts: int, face: Finder) -> Segmentation:
    first = surround(rgb, backdrop)
    backdrop = localised(backdrop, lab, _shrunk(first.outside & ~first.shadow, round(0.02 * max(lab.shape))))
    around = surround(rgb, backdrop, first)
    off = distance(_calm(rgb), backdrop.surface)
    found = openings(rgb, backdrop, around, face)
    outside = (around.outside & ~found.leaks) | found.gaps
    solid = _without_specks(~outside)
    outer = _shrunk(outside, 2) | _shrunk(found.gaps, 1)
    mask = refined(lab, backdrop, solid, outer, cuts) if solid.any() else solid
    mask = _without_specks(mask & ~(around.shadow & outside))
    return Segmentation(mask, backdrop, _contrast(lab, off, mask, backdrop))


def refined(lab: Floats, backdrop: Backdrop, solid: Mask, outer: Mask, cuts: int) -> Mask:
    """The edge between `solid` and `outer`, put where the picture has it: by watershed before a clean backdrop, whose
    colour the subject may have too, by GrabCut on the difference to a textured one."""
    inner, off = _shrunk(solid, 4), distance(lab, backdrop.surface)
    scaled = np.arcsinh((lab - backdrop.surface) / (2 * backdrop.noise)).astype(np.float32)
    if backdrop.noise < 2:
        return _flooded(scaled, inner, outer, solid & (off > near_threshold(backdrop.noise)))
    labels = np.where(solid, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[outer & (off < 2 * near_threshold(backdrop.noise))] = cv2.GC_BGD
    labels[inner & (off > 4 * near_threshold(backdrop.noise))] = cv2.GC_FGD
    return grab(np.clip(128 + 27 * scaled, 0, 255).astype(np.uint8), labels, cuts)


def _flooded(scaled: Floats, inner: Mask, outer: Mask, distinct: Mask) -> Mask:
    """Watershed of the gradient (Meyer 1991) from both sides of the edge; thin parts that are `distinct` stay."""
    near = cv2.dilate(inner.astype(np.uint8), _disc(10)) > 0
    thin = distinct & ~near
    markers = np.where(inner | thin, 1, np.where(outer, 2, 0)).astype(np.int32)
    relief = steepness(scaled)
    return np.asarray(watershed(relief, markers) == 1)  # type: ignore[no-untyped-call]


def grab(picture: Bytes, labels: Bytes, cuts: int) -> Mask:
    """GrabCut (Rother et al. 2004) from a mask of OpenCV's four labels; the labels as they are where one side is empty."""
    foreground = np.asarray((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD), np.bool_)
    if np.count_nonzero(foreground) < 20 or np.count_nonzero(~foreground) < 20:
        return foreground
    background, subject = np.zeros((1, 65), np.float64), np.zeros((1, 65), np.float64)
    cv2.setRNGSeed(0)  # OpenCV starts its clusters from a generator of its own; nothing else may be passed in
    result, _, _ = cv2.grabCut(picture, labels.copy(), (0, 0, 0, 0), background, subject, cuts, cv2.GC_INIT_WITH_MASK)
    return np.asarray((result == cv2.GC_FGD) | (result == cv2.GC_PR_FGD), np.bool_)


def _without_specks(mask: Mask) -> Mask:
    """Loose parts far smaller than the largest one go, and so do holes too small to be gaps."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=8)
    if count < 2:
        return np.zeros(mask.shape, np.bool_)
    areas = stats[1:, cv2.CC_STAT_AREA]
    large = np.flatnonzero(areas > max(0.03 * areas.max(), _SMALLEST_PART * mask.size)) + 1
    return filled(np.isin(labels, large))


def filled(mask: Mask) -> Mask:
    """The mask without holes too small to be gaps."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
    small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < _SMALLEST_PART * mask.size)
    return mask | np.isin(labels, small[small > 0]) if count > 1 else mask


def _shrunk(mask: Mask, radius: int) -> Mask:
    return cv2.erode(mask.astype(np.uint8), _disc(radius), borderType=cv2.BORDER_REPLICATE) > 0


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)


def _among_things(rgb: Bytes, cuts: int) -> Mask:
    """The subject before a busy background: a person by the face, anything else by saliency."""
    faces = find_faces(rgb)
    if faces:
        return without_poles(grab(vivid(rgb), body_labels(rgb, faces[0]), cuts), faces[0])
    score = saliency(rgb)
    low, high = np.quantile(score, 0.3), np.quantile(score, 0.9)
    labels = np.where(score > 0.5 * (low + high), cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[score <= low] = cv2.GC_BGD
    labels[score >= high] = cv2.GC_FGD
    mask = grab(rgb, labels, cuts)
    return _without_specks(cv2.medianBlur(mask.astype(np.uint8), 5) > 0)


def _contrast(lab: Floats, off: Floats, mask: Mask, backdrop: Backdrop) -> float:
    """0 to 1: the subject's distance from the backdrop, or that of its edge where it has the backdrop's colour inside."""
    if not mask.any():
        return 0.0
    edge = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
    contrast = max(float(np.median(off[mask])), 3 * float(np.median(steepness(lab)[edge])))
    return float(np.clip(contrast / (5 * near_threshold(backdrop.noise)), 0, 1)) * min(1.0, backdrop.inliers + 0.1)


def _separation(lab: Floats, mask: Mask) -> float:
    """Share of colour histogram that subject and background don't have in common, of smoothed Lab."""
    if not mask.any() or mask.all():
        return 0.0
    smooth = cv2.GaussianBlur(lab, (0, 0), 2)
    bins = np.clip((smooth - (0, -64, -64)) / (12.5, 8, 8), 0, 15).astype(np.int64)
    flat = (bins[..., 0] * 16 + bins[..., 1]) * 16 + bins[..., 2]
    inside = np.bincount(flat[mask], minlength=4096) / np.count_nonzero(mask)
    around = np.bincount(flat[~mask], minlength=4096) / np.count_nonzero(~mask)
    return float(1 - np.minimum(inside, around).sum())
