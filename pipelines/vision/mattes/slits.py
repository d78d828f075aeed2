"""Narrow openings that a small picture blurs away: along an arm, between hand and thigh, at the crotch.

A second look at a finer size, at what is still taken for the subject but looks like the backdrop before it.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.faces import plausible_skin
from pipelines.vision.mattes.background import Backdrop, lab_of
from pipelines.vision.mattes.gaps import Finder, steepness
from pipelines.vision.mattes.surround import near_threshold

_SMALLEST = 0.00004
_LARGEST = 0.03
_DEEP = -18.0
"""Lightness less the backdrop's in the narrowest slit."""
_ARM = 0.8
"""Widest arm, in sides of a face."""
_END = 14
"""Longest end of a slit, in pixels, too narrow to be a part of its own."""
_MANY = 12
_LIKELY_NOT, _LIKELY = 0.5, 0.9
"""How likely the subject an unsure and a sure opening may be."""


@dataclass(frozen=True, slots=True)
class _View:
    """A picture of (h, w) pixels less its backdrop."""

    difference: Floats
    """float32 (h, w, 3), CIE Lab."""
    edges: Floats
    """float32 (h, w): steepness."""
    skin: Mask
    depth: Floats
    """float32 (h, w): distance to the outside in pixels."""
    noise: float

    @property
    def limit(self) -> float:
        return near_threshold(self.noise)


@dataclass(frozen=True, slots=True)
class _Slit:
    part: Mask
    lit: bool
    """Whether it has the backdrop's own lightness."""
    skin: float
    """Share of its rim that skin may be."""
    depth: float
    """Distance to the outside in pixels."""

    @property
    def sure(self) -> bool:
        """Whether it is told by itself from a print."""
        return self.lit and self.skin > 0.2

    def among(self, likely: Floats) -> bool:
        """Whether it is an opening where `likely` says how probable the subject is."""
        return float(likely[self.part].mean()) < (_LIKELY if self.sure else _LIKELY_NOT)


def slits(rgb: Bytes, mask: Mask, backdrop: Backdrop, face: Finder, likely: Floats | None = None) -> Mask:
    """bool (h, w): parts of `mask`, the subject in uint8 (h, w, 3), that are backdrop.

    Such a part is smooth, has the backdrop's chromaticity, but for some light that the body throws back into a shaded
    one, and ends at a sharp edge on all sides. Prints pass that test too; so it must also touch skin, or lie in or beside
    the outline of a person no deeper than an arm. A face gives the scale; it is asked for only where skin can't decide,
    and only where `likely`, float32 (h, w), how likely each pixel is the subject, isn't known, which decides otherwise.
    """
    lab = lab_of(rgb)
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5)
    view = _View(lab - backdrop.surface, steepness(lab), plausible_skin(rgb), cast(Floats, depth), backdrop.noise)
    found: list[_Slit] = []
    for part in _smooth_parts(view, mask):
        slit = _judged(part, view, mask)
        if slit is not None:
            found.append(slit)
    if likely is not None:
        sure = [slit for slit in found if slit.among(likely)]
    else:
        sure = [slit for slit in found if slit.sure]
        unsure = [slit for slit in found if not slit.sure]
        someone = face() if unsure and len(found) < _MANY else None
        if someone is not None:
            sure += [slit for slit in unsure if slit.depth < _ARM * someone.side]
    if not sure or len(sure) >= _MANY:
        return np.zeros(mask.shape, np.bool_)
    return _grown(np.any([slit.part for slit in sure], axis=0), view, mask)


def _smooth_parts(view: _View, mask: Mask) -> list[Mask]:
    """Connected parts like the backdrop: by smoothness, which parts them from cloth alike, and the narrow rest by colour."""
    tint = np.hypot(view.difference[..., 1], view.difference[..., 2])
    light = view.difference[..., 0]
    like = mask & (tint < 3 + 0.7 * view.noise) & (light > _DEEP) & (light < view.limit + 1)
    smooth = _opened(like & (view.edges < 2.5 + view.noise), 5)
    alike = mask & (tint < view.limit + 0.5) & (np.abs(light) < view.limit + 0.5)
    narrow = _opened(alike & ~_opened(alike, 13), 3) & ~_widened(smooth, 3)
    return _parts(smooth, mask) + _parts(narrow, mask)


def _parts(region: Mask, mask: Mask) -> list[Mask]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
    area, whole = stats[:, cv2.CC_STAT_AREA], np.count_nonzero(mask)
    chosen = np.flatnonzero((area > _SMALLEST * mask.size) & (area < _LARGEST * whole))
    return [labels == index for index in chosen if 0 < index < count]


def _judged(part: Mask, view: _View, mask: Mask) -> _Slit | None:
    core = _shrunk(part, 5)
    blurred = np.count_nonzero(core) < 24
    core = part if blurred else core
    middle = np.median(view.difference[core], axis=0)
    dark = max(0.0, -float(middle[0]) - view.limit)
    rim = _widened(part, 11) & ~part & mask
    if np.count_nonzero(rim) < 12:
        return None
    skin = float(view.skin[rim].mean())
    steep = _steepness_of(rim, view)
    tint = 1.6 if blurred or (skin > 0.25 and steep > 12 + view.noise) else 1.0
    tinted = float(np.hypot(middle[1], middle[2])) > tint + 0.4 * view.noise + 0.06 * dark
    rough = _roughness(core, view.difference[..., 0]) > (0.8 if blurred else 0.35) + 0.5 * view.noise
    least = 10 if blurred else 5.5 if skin > 0.25 else 7
    if tinted or rough or steep < least + view.noise:
        return None
    return _Slit(part, dark == 0, skin, float(view.depth[part].min()))


def _roughness(core: Mask, light: Floats) -> float:
    """Spread of lightness around a quadratic surface: cloth has folds, the backdrop doesn't."""
    rows, columns = np.nonzero(core)
    x, y = (columns - columns.mean()) / 100, (rows - rows.mean()) / 100
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    values = light[core].astype(np.float64)
    solution, *_ = np.linalg.lstsq(terms, values, rcond=None)
    return float(np.median(np.abs(values - terms @ solution)) / 0.6745)


def _steepness_of(rim: Mask, view: _View) -> float:
    """Of the faintest tenth of a rim."""
    return float(np.quantile(cv2.dilate(view.edges, np.ones((7, 7), np.uint8))[rim], 0.1))


def _grown(region: Mask, view: _View, mask: Mask) -> Mask:
    """The region, its narrow ends, and what of its softer edge still looks like the backdrop."""
    tint, light = np.hypot(view.difference[..., 1], view.difference[..., 2]), view.difference[..., 0]
    alike = mask & (tint < view.limit + 1.5) & (light > -8) & (light < view.limit + 0.5)
    grown = region
    for _ in range(_END):
        grown = grown | (_widened(grown, 3) & alike)
    for end in _parts(grown & ~region, mask):
        rim = _widened(end, 7) & ~_widened(region, 3) & ~end & mask
        if np.count_nonzero(rim) > 5 and _steepness_of(rim, view) > 8 + view.noise:
            region = region | end
    loose = (tint < 4 + view.noise) & (light > _DEEP - 4)
    for _ in range(3):
        region = region | (_widened(region, 3) & loose)
    return region & mask


def _widened(region: Mask, side: int) -> Mask:
    return cv2.dilate(region.astype(np.uint8), np.ones((side, side), np.uint8)) > 0


def _shrunk(region: Mask, side: int) -> Mask:
    return cv2.erode(region.astype(np.uint8), np.ones((side, side), np.uint8)) > 0


def _opened(region: Mask, side: int) -> Mask:
    return cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8)) > 0
