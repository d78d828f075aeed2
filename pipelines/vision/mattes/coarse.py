"""Which parts are the subject where the classical segmentation may err: what the net and the person say of it."""

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from pipelines.images import Bytes, Floats, Mask, resized
from pipelines.sizes import Size
from pipelines.vision.mattes.background import Backdrop, lab_of
from pipelines.vision.mattes.cues import said_cues, seen_cues
from pipelines.vision.mattes.hints import Hints, unsaid
from pipelines.vision.mattes.segment import Segmentation, grab, refined
from pipelines.vision.mattes.surround import near_threshold

_SURE, _SURELY_NOT = 0.85, 0.12
"""The net's answer from which on it is believed against the classical segmentation."""
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
    mask = _among_things(rgb, found, net, cuts) if found.backdrop is None else _on_backdrop(rgb, found, found.backdrop, net, cuts)
    return replace(found, mask=mask)


def _on_backdrop(rgb: Bytes, found: Segmentation, backdrop: Backdrop, net: Opinion, cuts: int) -> Mask:
    """The mask with what the net surely adds, and without what it surely drops and light alone can make of the backdrop."""
    lab = lab_of(rgb)
    added = _opened((net.alpha > _SURE) & ~found.mask)
    taken = _opened((net.alpha < _SURELY_NOT) & found.mask & _unlit(lab - backdrop.surface, backdrop.noise))
    if not added.any() and not taken.any():
        return found.mask
    mask = (found.mask | added) & ~taken
    near = _widened(added | taken, 6)
    return np.where(near, refined(lab, backdrop, mask, _thinned(~mask, 2), cuts), mask)


def _unlit(difference: Floats, noise: float) -> Mask:
    """Pixels that may be backdrop in shadow: not much of a tint, and hardly lighter."""
    tint = np.hypot(difference[..., 1], difference[..., 2])
    light = difference[..., 0]
    return np.asarray((tint < 3 + noise - 0.08 * light) & (light < near_threshold(noise)))


def _opened(region: Mask) -> Mask:
    return cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, _disc(1)) > 0


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
