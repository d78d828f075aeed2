"""Alpha mattes: who is foreground, at which coverage, in which colour."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from PIL import Image

from pipelines.errors import SubjectNotFound
from pipelines.images import Bytes, Floats, Mask, alpha_of, blurred, pixels, resized, to_float
from pipelines.sizes import Mode, Size
from pipelines.vision.mattes.background import Backdrop, distance, lab_of, rgb_of
from pipelines.vision.mattes.closed_form import Prior, closed_form_alpha
from pipelines.vision.mattes.coarse import Opinion, agreed, obeyed, opinion
from pipelines.vision.mattes.foreground import estimate_foreground
from pipelines.vision.mattes.hints import Hints, unsaid
from pipelines.vision.mattes.known_colours import certainty, layers_of, projected
from pipelines.vision.mattes.segment import FACE_SIDE, Segmentation, finder, nobody, segment
from pipelines.vision.mattes.slits import slits
from pipelines.vision.mattes.surround import near_threshold


@dataclass(frozen=True, slots=True)
class Matte:
    """A cut-out of a picture of (h, w) pixels."""

    alpha: Floats
    """float32 (h, w) in [0, 1]."""
    foreground: Floats
    """float32 (h, w, 3), sRGB in [0, 1]: the subject's own colour, free of background at its edges."""
    confidence: float
    """0 to 1: how far the subject stands out from the background."""


@dataclass(frozen=True, slots=True)
class _Effort:
    side: int
    """Long side in pixels at which subject and background are told apart."""
    cuts: int
    """Rounds of GrabCut."""
    fine: int
    """Long side in pixels at which narrow openings are looked for."""
    face: int
    """Long side in pixels at which a face is looked for where only its size tells openings from prints."""
    fields: int
    """Long side in pixels at which the colours of both layers are carried over the edge."""
    unknowns: int
    """Pixels of the unknown band that closed-form matting solves for; 0 leaves it out."""
    iterations: int
    """Most rounds of the solver."""
    sweeps: int
    """Sweeps of foreground estimation at full size."""


_EFFORTS = {
    Mode.FAST: _Effort(side=320, cuts=2, fine=440, face=150, fields=400, unknowns=0, iterations=0, sweeps=0),
    Mode.BALANCED: _Effort(side=448, cuts=4, fine=900, face=FACE_SIDE, fields=640, unknowns=25_000, iterations=40, sweeps=3),
    Mode.QUALITY: _Effort(side=448, cuts=5, fine=900, face=FACE_SIDE, fields=900, unknowns=160_000, iterations=80, sweeps=6),
}

_LEAST_SEPARATION = 0.3
_SMOOTHEST = 0.008
_HARDLY = 0.15
"""The net's answer below which a pixel surely is background."""
_STANDING = 1.6
"""Height over width from which a subject stands as people do."""


@dataclass(frozen=True, slots=True)
class _Trimap:
    inside: Mask
    outside: Mask
    hard: Floats
    """float32 (h, w): the mask with an edge as soft as the segmentation is coarse."""

    @property
    def unknown(self) -> Mask:
        return ~(self.inside | self.outside)


def _unwatched(note: str) -> None:
    """Nobody looks on."""


def matte(rgb: Bytes, mode: Mode, watch: Callable[[str], None] = _unwatched, hints: Hints | None = None) -> Matte:
    """The subject of a photograph, uint8 (h, w, 3) in sRGB, cut out from whatever is behind it.

    `hints`, of the same size, are obeyed to the pixel. `watch` is called with what comes next, three times; an exception that
    it raises ends the work. Raises SubjectNotFound where nothing stands out.
    """
    effort = _EFFORTS[mode]
    watch("finding the subject")
    size = Size(rgb.shape[1], rgb.shape[0])
    hints = hints or unsaid(size)
    small = resized(rgb, _fitting(rgb, effort.side))
    net = opinion(small, hints.at(_fitting(rgb, effort.side)))
    found = _found(small, net, hints, effort)
    watch("drawing its edges")
    trimap = _trimap(small, found, net, size)
    trimap = _slit(trimap, rgb, found, net, effort)
    trimap = _told(trimap, hints) if hints.said else trimap
    image = to_float(rgb)
    alpha = _alpha(image, trimap, found, effort)
    watch("cleaning its colours")
    return Matte(alpha, _colours(image, alpha, effort.sweeps), found.separation)


def _found(small: Bytes, net: Opinion, hints: Hints, effort: _Effort) -> Segmentation:
    """The subject at the small size, by the classical segmentation, the net and the person, whose word is the last."""
    told = hints.at(Size(small.shape[1], small.shape[0]))
    found = agreed(small, segment(small, effort.cuts, nobody, net.alpha < _HARDLY), net, effort.cuts)
    found = obeyed(small, found, net, told)
    if (found.separation < _LEAST_SEPARATION and not hints.said) or not 0.001 < found.mask.mean() < 0.98:
        raise SubjectNotFound("nothing in this picture stands out from its background; use one with a plainer background")
    return found


def matte_of(image: Image.Image, mode: Mode, watch: Callable[[str], None] = _unwatched, hints: Hints | None = None) -> Matte:
    """The matte of a picture: its own where it has transparency, less what hints drop, else the one of `matte`."""
    own = alpha_of(image)
    if own is None:
        return matte(pixels(image), mode, watch, hints)
    own = own if hints is None else np.where(hints.never, 0, own).astype(np.float32)
    if not (own > 0).any():
        raise SubjectNotFound("this picture is fully transparent" if hints is None else "nothing is left of this picture")
    return Matte(own, to_float(np.asarray(image.convert("RGBA"))[..., :3]), 1.0)


def matte_of_part(rgb: Bytes, whole: Matte, part: Mask, mode: Mode) -> Matte:
    """The matte of the pixels `part`, bool (h, w), of a subject, uint8 (h, w, 3), that has been cut out as `whole`.

    Where the part meets the rest of the subject it gets the smooth edge of a clipping path, drawn a little within, since
    cloth and skin or two clothes may be too alike for a matte; elsewhere it keeps the subject's.
    """
    reach = max(2.0, 0.003 * max(rgb.shape[:2]))
    sigma = min(_SMOOTHEST * max(rgb.shape[:2]), 0.05 * float(np.sqrt(np.count_nonzero(part) + 1.0)))
    mask = blurred(part.astype(np.float32), sigma) > 0.5
    small = mask.astype(np.uint8)
    depth = cv2.distanceTransform(small, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - small, cv2.DIST_L2, 5)
    path = np.clip(0.5 + (blurred(cast(Floats, depth), 1.0) - 0.3 * reach) / 2, 0, 1)
    rest = ((whole.alpha > 0.5) & ~mask & (depth < -0.5 * reach)).astype(np.uint8)
    beside = cv2.distanceTransform(1 - rest, cv2.DIST_L2, 5) < 3 * reach if rest.any() else rest > 0
    alpha = np.where(beside, np.minimum(path, whole.alpha), np.where(depth > -3 * reach, whole.alpha, 0)).astype(np.float32)
    return Matte(alpha, _colours(to_float(rgb), alpha, _EFFORTS[mode].sweeps), whole.confidence)


def _fitting(rgb: Bytes, side: int) -> Size:
    height, width = rgb.shape[:2]
    scale = min(1.0, side / max(height, width))
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


def _trimap(small: Bytes, found: Segmentation, net: Opinion, size: Size) -> _Trimap:
    """A band of constant width around the mask's edge, and with it whatever near the edge may be hair or a gap in it."""
    mask = found.mask.astype(np.uint8)
    depth = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - mask, cv2.DIST_L2, 5)
    depth = cast(Floats, cv2.GaussianBlur(depth, (0, 0), 1.0))
    reach = max(2.0, 3.5 * small.shape[1] / size.width)
    band = np.abs(depth) < reach
    if found.backdrop is not None:
        band |= _wisps(small, found.backdrop, depth)
    unknown = _grown(band.astype(np.float32), size) > 0.3
    depth = _grown(depth, size)
    hard = np.clip(0.5 + depth / 2, 0, 1).astype(np.float32)
    return _Trimap((depth > 0) & ~unknown, (depth <= 0) & ~unknown, hard)


def _told(trimap: _Trimap, hints: Hints) -> _Trimap:
    """The trimap with every hint in it."""
    inside, outside = (trimap.inside | hints.keep) & ~hints.never, (trimap.outside & ~hints.keep) | hints.never
    return _Trimap(inside, outside, np.where(inside, 1, np.where(outside, 0, trimap.hard)).astype(np.float32))


def _slit(trimap: _Trimap, rgb: Bytes, found: Segmentation, net: Opinion, effort: _Effort) -> _Trimap:
    """The trimap with the openings that only show at the effort's `fine` pixels."""
    if found.backdrop is None:
        return trimap
    fine = resized(rgb, _fitting(rgb, effort.fine))
    size = Size(fine.shape[1], fine.shape[0])
    mask = _grown(found.mask.astype(np.float32), size) > 0.5
    likely = _grown(net.alpha, size) if _stands(found.mask) else None
    surface = replace(found.backdrop, surface=_grown(found.backdrop.surface, size))
    opening = slits(fine, mask, surface, finder(fine, effort.face), likely).astype(np.uint8)
    if not opening.any():
        return trimap
    depth = cv2.distanceTransform(opening, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - opening, cv2.DIST_L2, 5)
    depth = _grown(cast(Floats, depth), Size(rgb.shape[1], rgb.shape[0]))
    return _Trimap(
        trimap.inside & (depth < -4), trimap.outside | (depth > 1.5), np.minimum(trimap.hard, np.clip(0.5 - depth / 2, 0, 1))
    )


def _stands(mask: Mask) -> bool:
    """Whether the subject has the format of a standing figure; what seems open in a garment is more often printed on it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return bool(rows.size and np.ptp(rows) > _STANDING * np.ptp(columns))


def _wisps(small: Bytes, backdrop: Backdrop, depth: Floats) -> Mask:
    """Thin things outside the mask that differ from the backdrop, and specks of backdrop just within it."""
    off = distance(lab_of(small), backdrop.surface)
    noise = backdrop.noise
    reach = 0.03 * max(small.shape[:2])
    lowest, highest = cv2.erode(off, np.ones((5, 5), np.uint8)), cv2.dilate(off, np.ones((5, 5), np.uint8))
    sparse = (lowest < near_threshold(noise)) & (highest > 6 * noise + 8)
    outer = (depth < 0) & (depth > -reach) & (off > 4 * noise + 4) & (off > 1.3 * cv2.blur(off, (7, 7)))
    mostly = cv2.blur((off > 6 * noise + 8).astype(np.float32), (9, 9)) > 0.65
    inner = (depth > 0) & (depth < reach) & sparse & mostly
    return cv2.dilate((outer | inner).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _alpha(image: Floats, trimap: _Trimap, found: Segmentation, effort: _Effort) -> Floats:
    alpha = trimap.inside.astype(np.float32)
    unknown = trimap.unknown
    if not unknown.any():
        return alpha
    estimate = _estimate(image, trimap, found, effort.fields)
    if effort.unknowns:
        estimate = _solved(image, trimap, estimate, effort)
    alpha[unknown] = np.clip(estimate.alpha[unknown], 0, 1)
    return alpha


def _estimate(image: Floats, trimap: _Trimap, found: Segmentation, side: int) -> Prior:
    """Known-colour alpha at full size, and how far to trust it."""
    height, width = trimap.inside.shape
    scale = min(1.0, side / max(height, width))
    size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    small = resized(image, size)
    inside = resized(trimap.inside.astype(np.float32), size) > 0.99
    outside = resized(trimap.outside.astype(np.float32), size) > 0.99
    surface = None if found.backdrop is None else rgb_of(resized(found.backdrop.surface, size))
    layers = layers_of(small, inside, outside, surface)
    full, unknown = Size(width, height), trimap.unknown
    foreground = _grown(layers.foreground, full)[unknown]
    background = _grown(layers.background, full)[unknown]
    trust = _grown(certainty(layers), full)
    alpha = trimap.inside.astype(np.float32)
    sure = trust[unknown]
    alpha[unknown] = sure * projected(image[unknown], foreground, background) + (1 - sure) * trimap.hard[unknown]
    return Prior(alpha, trust)


def _grown(values: Floats, size: Size) -> Floats:
    return cast(Floats, cv2.resize(values, (size.width, size.height), interpolation=cv2.INTER_LINEAR))


def _solved(image: Floats, trimap: _Trimap, prior: Prior, effort: _Effort) -> Prior:
    """Closed-form alpha at the largest size whose unknown band is no larger than the effort allows."""
    height, width = trimap.inside.shape
    unknown = trimap.unknown
    scale = min(1.0, float(np.sqrt(effort.unknowns / np.count_nonzero(unknown))))
    weight = (0.02 * prior.weight).astype(np.float32)
    if scale > 0.9:
        return Prior(closed_form_alpha(image, unknown, Prior(prior.alpha, weight), effort.iterations), prior.weight)
    size = Size(round(width * scale), round(height * scale))
    small = resized(image, size)
    band = resized(unknown.astype(np.float32), size) > 0
    held = Prior(resized(prior.alpha, size), resized(weight, size))
    alpha = closed_form_alpha(small, band, held, effort.iterations)
    return Prior(_guided(image, small, alpha, band), prior.weight)


def _guided(image: Floats, small: Floats, alpha: Floats, band: Mask, radius: int = 2) -> Floats:
    """`alpha` of the small picture at full size: the linear function of colour that fits it there, applied here.

    Fast guided filter (He and Sun 2015) with a colour guide.
    """
    box = (2 * radius + 1, 2 * radius + 1)
    mean, level = cv2.blur(small, box), cv2.blur(alpha, box)
    joint = (cv2.blur(small * alpha[..., None], box) - mean * level[..., None])[band]
    covariance = np.empty((len(joint), 3, 3), np.float32)
    for row in range(3):
        for column in range(row, 3):
            product = cv2.blur(small[..., row] * small[..., column], box) - mean[..., row] * mean[..., column]
            covariance[:, row, column] = covariance[:, column, row] = product[band]
    slope = np.zeros_like(small)
    slope[band] = np.linalg.solve(covariance + 1e-5 * np.eye(3, dtype=np.float32), joint[..., None])[..., 0]
    offset = level - (slope * mean).sum(axis=2)
    size = Size(image.shape[1], image.shape[0])
    level = _grown(cast(Floats, cv2.blur(offset, box)), size)
    return cast(Floats, (_grown(cast(Floats, cv2.blur(slope, box)), size) * image).sum(axis=2) + level)


def _colours(image: Floats, alpha: Floats, sweeps: int) -> Floats:
    """Foreground colours, computed in the box that holds the subject."""
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    if not len(rows):
        return image
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image[box] = estimate_foreground(image[box], alpha[box], sweeps)
    return image
