"""Which parts are the subject where the classical segmentation may err: what the net and the person say of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from pipelines.images import Bytes, Floats, Mask, resized
from pipelines.sizes import Size
from pipelines.vision.mattes.background import Backdrop, border_weight, distance, lab_of
from pipelines.vision.mattes.cues import said_cues, seen_cues
from pipelines.vision.mattes.gaps import steepness
from pipelines.vision.mattes.hints import Hints, unsaid
from pipelines.vision.mattes.segment import Segmentation, filled, grab, refined
from pipelines.vision.mattes.surround import darkened, near_threshold

_LIKELY, _SURE = 0.6, 0.8
"""The net's answer, least and mean, from which on it is believed where the classical segmentation sees background."""
_APART = 1.6
"""How many times its noise such a part must differ from the backdrop."""
_ONE_SIDED, _SHADE = 15.0, 0.7
"""How many times as steep as a part's far side, of which light alone makes so much, its near side must be for an opening."""
_NARROW = 4.0
"""Half the width in pixels of a part that the net sees blurred."""
_BROAD_LIKELY, _NARROW_LIKELY = 0.16, 0.28
"""The net's answer up to which it is believed where the classical segmentation sees the subject."""
_CERTAIN, _OTHER = 0.8, 0.8
"""Certainty from which on, and overlap below which, the net decides alone."""
_TRUST = (0.5, 0.7, 0.8, 0.9), (0.0, 0.45, 0.65, 1.0)
"""The net's certainty, and its share in a busy picture: unless it is certain throughout, the classical segmentation finds what
it misses and the reverse."""
_POLE = 0.008
"""Half the width of such a thin part, as a share of the long side."""
_SMALLEST = 0.0002
"""Share of the picture of the smallest such part."""
_HARDLY = 0.4
"""The net's answer below which a part may be an opening."""
_PATTERN = 8
"""So many openings are a pattern on the cloth."""
_REACH = 10.0
"""Sum of steps in Lab units over which a stroke spreads."""
_NEAR = 0.06
"""Share of the long side over which a stroke that keeps spreads beyond the subject."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the net makes of a picture of (h, w) pixels."""

    alpha: Floats
    """float32 (h, w) in [0, 1]: how likely each pixel is the subject."""
    fuzzy: Floats
    """float32 (h, w) in [0, 1]: how likely its edge is soft there."""
    told: Floats
    """float32 (h, w) in [-1, 1]: what the hints added to or took from `alpha`."""

    @property
    def certainty(self) -> float:
        """0 to 1: how decided the net is about what it takes for the subject, and around it."""
        edge = cv2.dilate((self.alpha > 0.3).astype(np.uint8), _disc(9)) > 0
        return float(np.abs(2 * self.alpha[edge] - 1).mean()) if edge.any() else 0.0


def opinion(rgb: Bytes, hints: Hints) -> Opinion:
    """The net's, of a picture, uint8 (h, w, 3), which is looked at about 256 pixels long."""
    from pipelines.draft.nets.matte import MULTIPLE, SIDE, guessed, shipped_net

    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    size = Size(*(max(2 * MULTIPLE, round(each * scale / MULTIPLE) * MULTIPLE) for each in (width, height)))
    small = resized(rgb, size)
    seen, strokes = seen_cues(small), hints.at(size)
    quiet = guessed(shipped_net(), np.dstack([seen, said_cues(unsaid(size))]))
    told = guessed(shipped_net(), np.dstack([seen, said_cues(strokes)])) if hints.said else quiet
    alpha, fuzzy, change = (_at(each, width, height) for each in (told.alpha, told.fuzzy, told.alpha - quiet.alpha))
    return Opinion(alpha, fuzzy, change)


def _at(values: Floats, width: int, height: int) -> Floats:
    return cast(Floats, cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR))


def agreed(rgb: Bytes, found: Segmentation, net: Opinion, cuts: int) -> Segmentation:
    """The segmentation of a small picture, uint8 (h, w, 3), with what the net knows better.

    Before a plain backdrop only whole parts that the net is sure of change sides; before a busy one the net leads and a
    graph cut finds the edges.
    """
    mask = _among_things(rgb, found, net, cuts) if found.backdrop is None else _on_backdrop(rgb, found, net, cuts)
    return replace(found, mask=mask)


def _on_backdrop(rgb: Bytes, found: Segmentation, net: Opinion, cuts: int) -> Mask:
    """The mask with what the net surely adds, and without what it surely drops; what is unlike the backdrop goes only where
    the net is certain throughout and sees another subject.
    """
    lab, backdrop = lab_of(rgb), found.backdrop
    if backdrop is None:
        return found.mask
    like = darkened(rgb, backdrop.surface) | (distance(lab, backdrop.surface) < 1.5 * near_threshold(backdrop.noise))
    seen = (net.alpha > 0.5) | (found.mask & like)
    finds = bool((net.alpha > _SURE).any())
    leads = (
        finds and net.certainty > _CERTAIN and np.count_nonzero(seen & found.mask) < _OTHER * np.count_nonzero(seen | found.mask)
    )
    off, likely = distance(lab, backdrop.surface) / backdrop.noise, net.alpha > (0.5 if leads else _LIKELY)
    looks = _Looks.of(lab, found.mask, backdrop)
    added = _added(off, likely & ~found.mask, net, 0.5 if leads else _SURE, lambda part: looks.hollow(part, found.mask))
    taken = _taken(looks, found.mask, like, net) | (_opened(found.mask & ~seen) if leads else added & False)
    if not added.any() and not taken.any():
        return found.mask
    mask = (found.mask | added) & ~taken
    near = _widened(added | taken, 6)
    return np.where(near, refined(lab, backdrop, mask, _thinned(~mask, 2), cuts), mask)


def _added(off: Floats, likely: Mask, net: Opinion, least: float, hollow: Callable[[Mask], bool]) -> Mask:
    """Parts of what the net takes for the subject, surer of them than `least`, that differ at all from the backdrop, `off`
    noises away, and aren't `hollow`."""
    opened = _opened(likely)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened.astype(np.uint8), connectivity=4)
    large = [index for index in range(1, count) if stats[index, cv2.CC_STAT_AREA] > _SMALLEST * likely.size]
    parts = [part for part in (labels == index for index in large) if float(net.alpha[part].mean()) > least]
    kept = [part for part in parts if float(np.median(off[part])) > _APART and not hollow(part)]
    return np.asarray(np.any(kept, axis=0)) if kept else np.zeros_like(likely)


@dataclass(frozen=True, slots=True)
class _Looks:
    """A picture of (h, w) pixels less its backdrop, and what is usual of the backdrop around the subject."""

    light: Floats
    """float32 (h, w): lightness less the backdrop's."""
    detail: Floats
    """float32 (h, w): fine texture."""
    edges: Floats
    """float32 (h, w): steepness close by."""
    darkest: float
    roughest: float
    steep: float

    @classmethod
    def of(cls, lab: Floats, mask: Mask, backdrop: Backdrop) -> "_Looks":
        light = lab[..., 0] - backdrop.surface[..., 0]
        detail = np.abs(lab[..., 0] - cv2.GaussianBlur(lab[..., 0], (0, 0), 1.5))
        close = _widened(mask, round(0.03 * max(mask.shape))) & ~mask
        shade = min(0.0, 1.6 * float(np.quantile(light[close], 0.03))) if close.any() else 0.0
        usual = float(np.median(detail[~mask])) if not mask.all() else 0.0
        edges = cv2.dilate(steepness(lab), np.ones((3, 3), np.uint8))
        return cls(
            light,
            detail,
            cast(Floats, edges),
            shade - near_threshold(backdrop.noise),
            1.5 * usual + 0.25,
            3 + backdrop.noise,
        )

    def open(self, part: Mask, outside: Mask, likely: Floats) -> bool:
        """Whether a part of the subject is backdrop, lit or in shadow: no darker than shadows around, no rougher, and, where it
        is enclosed, with an edge that prints seldom have. The net must be surer of a broad part than of a narrow one."""
        wide = float(cv2.distanceTransform(part.astype(np.uint8), cv2.DIST_L2, 3).max()) > _NARROW
        sureness = float(likely[part].mean())
        if sureness > (_BROAD_LIKELY if wide else _NARROW_LIKELY) or float(np.median(self.light[part])) < self.darkest:
            return False
        if wide and float(np.median(self.detail[part])) > self.roughest:
            return False
        rim = _widened(part, 2) & ~part
        enclosed = not (part & outside).any()
        return not enclosed or sureness < _BROAD_LIKELY / 2 or float(np.quantile(self.edges[rim], 0.2)) > self.steep

    def hollow(self, part: Mask, mask: Mask) -> bool:
        """Whether a part beyond the mask is backdrop in the subject's shade: its contour is towards the mask, and none is
        towards the rest."""
        rim = _widened(part, 2) & ~part
        near, far = self.edges[rim & mask], self.edges[rim & ~mask]
        if not near.size or not far.size:
            return False
        return float(np.quantile(near, 0.2)) > _ONE_SIDED * max(_SHADE, float(np.median(far)))


def _taken(looks: _Looks, mask: Mask, like: Mask, net: Opinion) -> Mask:
    """Parts of the mask that are `like` the backdrop and that the net drops: shadows and leaks at its edge, gaps within it."""
    likely = _opened((net.alpha < _HARDLY) & mask & like)
    outside = _widened(~mask, 1)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(likely.astype(np.uint8), connectivity=4)
    large = [index for index in range(1, count) if stats[index, cv2.CC_STAT_AREA] > _SMALLEST * mask.size]
    parts = [part for part in (labels == index for index in large) if looks.open(part, outside, net.alpha)]
    gaps = [part for part in parts if not (part & outside).any()]
    kept = parts if len(gaps) < _PATTERN else [part for part in parts if (part & outside).any()]
    return np.asarray(np.any(kept, axis=0)) if kept else np.zeros_like(mask)


def _opened(region: Mask) -> Mask:
    return cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, _disc(1)) > 0


def _among_things(rgb: Bytes, found: Segmentation, net: Opinion, cuts: int) -> Mask:
    """What a graph cut makes of the net's answer and the classical mask, of which the surer one counts for more."""
    trust = float(np.interp(net.certainty, *_TRUST))
    score = trust * net.alpha + (1 - trust) * found.mask
    labels = np.where(score > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[score > 0.9], labels[score < 0.1] = cv2.GC_FGD, cv2.GC_BGD
    mask = filled(grab(rgb, labels, cuts))
    # What the net alone sees and is thin is a pole or a joint of the wall more often than a strap.
    own = cv2.morphologyEx((mask & ~found.mask).astype(np.uint8), cv2.MORPH_OPEN, _disc(round(_POLE * max(mask.shape)))) > 0
    return np.asarray((mask & found.mask) | own)


def obeyed(rgb: Bytes, found: Segmentation, net: Opinion, hints: Hints) -> Segmentation:
    """The segmentation with the hints carried out: strokes spread over what is alike, and nothing is left outside a box."""
    if not hints.said:
        return found
    mask = (found.mask | (net.told > 0.3)) & ~(net.told < -0.3)
    lab = lab_of(rgb)
    beyond = border_weight(*mask.shape) > 0
    close = _widened(hints.keep, round(_NEAR * max(mask.shape)))
    keep = _spread(lab, hints.keep, hints.drop | (beyond & ~mask & ~hints.keep), close)
    # What the net has dropped for the strokes' sake leads on to the rest of it.
    drop = _spread(lab, hints.drop, hints.keep, mask | hints.drop | (net.told < -0.1))
    mask = ((mask | keep) & ~drop) | hints.keep
    inside = np.ones_like(mask) if hints.box is None else hints.box
    return replace(found, mask=mask & inside & ~hints.drop)


def _spread(lab: Floats, seeds: Mask, others: Mask, within: Mask) -> Mask:
    """What strokes mean: pixels `within` that are alike along the way, and nearer than to `others`, which mean the opposite."""
    if not seeds.any():
        return seeds
    change = [cv2.Sobel(lab, cv2.CV_32F, *step, scale=0.25) for step in ((1, 0), (0, 1))]
    steps = np.sqrt(sum((each**2).sum(axis=2) for each in change))
    cost = np.maximum(steps - 1.0, 0) + 0.02
    near, _ = MCP_Geometric(np.where(within, cost, np.inf)).find_costs(np.argwhere(seeds))
    far = MCP_Geometric(cost).find_costs(np.argwhere(others))[0] if others.any() else np.inf
    return np.asarray((near < _REACH) & (near < far))


def _widened(region: Mask, radius: int) -> Mask:
    return cv2.dilate(region.astype(np.uint8), _disc(radius)) > 0


def _thinned(region: Mask, radius: int) -> Mask:
    return cv2.erode(region.astype(np.uint8), _disc(radius), borderType=cv2.BORDER_REPLICATE) > 0


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
