"""Which parts are the subject where the classical segmentation may err: what the net and the person say of it."""

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from pipelines.images import Bytes, Floats, Mask, resized
from pipelines.sizes import Size
from pipelines.vision.mattes.background import lab_of
from pipelines.vision.mattes.cues import said_cues, seen_cues
from pipelines.vision.mattes.hints import Hints, unsaid
from pipelines.vision.mattes.segment import Segmentation, grab

_SURE, _SURELY_NOT = 0.85, 0.12
"""The net's answer from which on it is believed against the classical segmentation."""
_SMALLEST = 0.0005
"""Share of the picture below which a part is left as it is."""
_RIM = 3
"""Pixels beside the outline that are matting's to decide."""
_REACH = 10.0
"""Sum of steps in Lab units over which a stroke spreads."""


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
    mask = _among_things(rgb, found, net, cuts) if found.backdrop is None else _on_backdrop(found, net)
    return replace(found, mask=mask)


def _on_backdrop(found: Segmentation, net: Opinion) -> Mask:
    mask = found.mask
    added = _parts((net.alpha > 0.5) & ~_widened(mask, _RIM), net.alpha, at_least=_SURE)
    taken = _parts((net.alpha < 0.5) & _thinned(mask, _RIM), 1 - net.alpha, at_least=1 - _SURELY_NOT)
    return (mask | _reaching(added, ~mask & (net.alpha > 0.5))) & ~_reaching(taken, mask & (net.alpha < 0.5))


def _parts(region: Mask, sureness: Floats, at_least: float) -> Mask:
    """The connected parts of `region` that are large enough and in the mean sure enough."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8), connectivity=4)
    if count < 2:
        return np.zeros(region.shape, np.bool_)
    means = np.bincount(labels.ravel(), sureness.ravel(), count) / np.bincount(labels.ravel(), minlength=count)
    chosen = np.flatnonzero((stats[:, cv2.CC_STAT_AREA] > _SMALLEST * region.size) & (means > at_least))
    return np.isin(labels, chosen[chosen > 0])


def _reaching(seeds: Mask, region: Mask) -> Mask:
    """`seeds`, and what of `region` is within their reach."""
    return seeds | (_widened(seeds, _RIM + 1) & region)


def _among_things(rgb: Bytes, found: Segmentation, net: Opinion, cuts: int) -> Mask:
    trust = net.certainty
    score = trust * net.alpha + (1 - trust) * found.mask
    labels = np.where(score > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[score > 0.9], labels[score < 0.1] = cv2.GC_FGD, cv2.GC_BGD
    return grab(rgb, labels, cuts)


def obeyed(rgb: Bytes, found: Segmentation, net: Opinion, hints: Hints) -> Segmentation:
    """The segmentation with the hints carried out: strokes spread over what is alike, and nothing is left outside a box."""
    if not hints.said:
        return found
    mask = (found.mask | (net.told > 0.3)) & ~(net.told < -0.3)
    lab = lab_of(rgb)
    keep, drop = _spread(lab, hints.keep, hints.drop), _spread(lab, hints.drop, hints.keep)
    mask = ((mask | keep) & ~drop) | hints.keep
    inside = np.ones_like(mask) if hints.box is None else hints.box
    return replace(found, mask=mask & inside & ~hints.drop)


def _spread(lab: Floats, seeds: Mask, others: Mask) -> Mask:
    """What strokes mean by one of their kind: pixels that are alike along the way, and nearer than to the other kind's."""
    if not seeds.any():
        return seeds
    change = [cv2.Sobel(lab, cv2.CV_32F, *step, scale=0.25) for step in ((1, 0), (0, 1))]
    steps = np.sqrt(sum((each**2).sum(axis=2) for each in change))
    cost = np.maximum(steps - 1.0, 0) + 0.02
    near, _ = MCP_Geometric(cost).find_costs(np.argwhere(seeds))
    far = MCP_Geometric(cost).find_costs(np.argwhere(others))[0] if others.any() else np.inf
    return np.asarray((near < _REACH) & (near < far))


def _widened(region: Mask, radius: int) -> Mask:
    return cv2.dilate(region.astype(np.uint8), _disc(radius)) > 0


def _thinned(region: Mask, radius: int) -> Mask:
    return cv2.erode(region.astype(np.uint8), _disc(radius), borderType=cv2.BORDER_REPLICATE) > 0


def _disc(radius: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)), np.uint8)
