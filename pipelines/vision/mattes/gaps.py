"""Openings in a subject through which the backdrop shows: at the elbow, between the legs, under a bag's handle."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.faces import Face
from pipelines.vision.mattes.background import Backdrop, distance, lab_of
from pipelines.vision.mattes.surround import Surround, near_threshold

Finder = Callable[[], Face | None]
"""Looks for the surest face of the picture; asked only where the answer matters, since looking takes long."""

_SMALLEST = 0.0006
_PATTERN = 8
"""So many openings of one kind are a pattern on the cloth."""

_ARM = 0.8
"""Widest arm, in sides of a face."""
_DEEP = -14.0
"""Lightness less the backdrop's in the gap between an arm and a body."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    difference: Floats
    """float32 (h, w, 3): Lab less the backdrop's."""
    detail: Floats
    """float32 (h, w): fine texture."""
    edges: Floats
    """float32 (h, w): steepness."""
    usual_detail: float
    darkest: float
    """Lightness less the backdrop's that shadows around the subject reach; a gap is hardly darker."""
    noise: float


@dataclass(frozen=True, slots=True)
class Openings:
    """Where the outline of a subject in a picture of (h, w) pixels is rightly or wrongly open."""

    gaps: Mask
    """bool (h, w): enclosed, but backdrop."""
    leaks: Mask
    """bool (h, w): reached from outside through a break of the outline, but the subject's."""


def steepness(lab: Floats) -> Floats:
    """float32 (h, w): change of Lab over two pixels."""
    smooth = cv2.GaussianBlur(lab, (0, 0), 0.7)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.25)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.25)
    return cast(Floats, np.sqrt((across**2 + down**2).sum(axis=2)).astype(np.float32))


def openings(rgb: Bytes, backdrop: Backdrop, around: Surround, face: Finder) -> Openings:
    """Parts enclosed by the subject of uint8 (h, w, 3) that are backdrop, lit or in shadow; and parts that only seem so.

    A white print on a garment before white is told from a gap by its texture, its tint, its soft or broken edge, or by
    being one of many, or by being darker than the shadows around the subject, unless the picture shows a face and the part
    lies no deeper than an arm.
    """
    lab = lab_of(rgb)
    difference = lab - backdrop.surface
    detail = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5)).astype(np.float32)
    usual = float(detail[around.outside].mean()) if around.outside.any() else 0.0
    evidence = _Evidence(difference, detail, steepness(lab), usual, _darkest(difference[..., 0], around), backdrop.noise)
    parts = _candidates(distance(lab, backdrop.surface), evidence, around)
    found = [part for part in parts if _is_gap(part, evidence)]
    shaded = [part for part in parts if not _is_gap(part, evidence) and _is_gap(part, replace(evidence, darkest=_DEEP))]
    if shaded and len(shaded) < _PATTERN:
        found += [part for part in shaded if _meets_border(part) or _behind_arm(part, around.outside, face())]
    bays = [part for part in _bays(around.outside) if not _is_gap(part, evidence)]
    return Openings(_union(found if len(found) < _PATTERN else [], rgb), _union(bays, rgb))


def _union(parts: list[Mask], rgb: Bytes) -> Mask:
    return np.any(parts, axis=0) if parts else np.zeros(rgb.shape[:2], np.bool_)


def _bays(outside: Mask) -> list[Mask]:
    """Parts of `outside` that a closed outline would enclose."""
    side = max(outside.shape)
    reach = round(0.025 * side)
    padded = cv2.copyMakeBorder((~outside).astype(np.uint8), reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    closed = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc)[reach:-reach, reach:-reach]
    _, labels = cv2.connectedComponents(1 - closed, connectivity=4)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    behind = outside & (closed == 0) & ~np.isin(labels, border)
    behind = (cv2.dilate(behind.astype(np.uint8), disc) > 0) & outside & ~_deep(outside, reach)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(behind.astype(np.uint8), connectivity=4)
    return [labels == index for index in range(1, count) if stats[index, cv2.CC_STAT_AREA] > 0.004 * outside.size]


def _deep(outside: Mask, reach: int) -> Mask:
    """What of `outside` is wider than any break and joined to the border."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    core = cv2.erode(outside.astype(np.uint8), disc, borderType=cv2.BORDER_REPLICATE)
    _, labels = cv2.connectedComponents(core, connectivity=4)
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    reached = np.isin(labels, border[border > 0]).astype(np.uint8)
    return cv2.dilate(reached, disc) > 0


def _behind_arm(part: Mask, outside: Mask, face: Face | None) -> bool:
    """Whether the part is no farther from the outside than an arm is wide; a print on the chest is."""
    if face is None:
        return False
    away = cv2.distanceTransform((~outside).astype(np.uint8), cv2.DIST_L2, 5)
    return float(away[part].min()) < _ARM * face.side


def _meets_border(part: Mask) -> bool:
    return bool(part[:3].any() or part[-3:].any() or part[:, :3].any() or part[:, -3:].any())


def _darkest(lightness: Floats, around: Surround) -> float:
    reach = 2 * round(0.03 * max(lightness.shape)) + 1
    close = (cv2.dilate((~around.outside).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0) & around.outside
    return 1.2 * float(np.quantile(lightness[close], 0.03)) if close.any() else 0.0


def _candidates(off: Floats, evidence: _Evidence, around: Surround) -> list[Mask]:
    tint = np.hypot(evidence.difference[..., 1], evidence.difference[..., 2])
    limit = near_threshold(evidence.noise)
    light = evidence.difference[..., 0]
    shaded = (tint < 1.5 + 0.7 * evidence.noise) & (light > _DEEP - limit) & (light < limit)
    like = ((off < limit) | shaded) & ~around.outside & (evidence.edges < 2.5 + evidence.noise)
    opened = cv2.morphologyEx(like.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    large = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] > _SMALLEST * off.size)
    return [labels == index for index in large if 0 < index < count]


def _is_gap(part: Mask, evidence: _Evidence) -> bool:
    small = part.astype(np.uint8)
    core = cv2.erode(small, np.ones((3, 3), np.uint8)) > 0
    rim = (cv2.dilate(small, np.ones((5, 5), np.uint8)) > 0) & ~part
    if np.count_nonzero(core) < 12:
        return False
    middle = np.median(evidence.difference[core], axis=0)
    tinted = float(np.hypot(middle[1], middle[2])) > 0.8 + 0.3 * evidence.noise
    dark = float(middle[0]) < evidence.darkest - near_threshold(evidence.noise)
    textured = float(evidence.detail[core].mean()) > 1.3 * evidence.usual_detail + 0.15
    steep = cv2.dilate(evidence.edges, np.ones((3, 3), np.uint8))[rim]
    return not (tinted or dark or textured) and float(np.quantile(steep, 0.2)) > 3 + evidence.noise
