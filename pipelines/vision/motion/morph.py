"""From one picture to another that is much like it: both are bent along the dense flow between them while they cross-fade."""

from dataclasses import dataclass
from typing import Any, cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, blurred
from pipelines.vision.motion.grid import Grid, Motion, Sheet, fetch

_SIDE = 448
"""Long side in pixels at which flow is found."""
_WINDOW = 13
_TEXTURED = 6.0
"""Spread of grey levels in a window from which it shows anything that can be followed."""
_CONSISTENT, _ALIKE, _FARTHEST = 0.72, 0.75, 0.2
"""Share of what can be followed that leads back to where it came from; correlation of what is followed; the longest way, as a
share of the width. Pictures of one person a step apart have .9 and .95, two persons .2 and .4."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Where each part of a picture is in another one, on a grid."""

    forth: Floats
    """float32 (rows, columns, 2), pixels: from the first picture to the second."""
    back: Floats
    hidden: Floats
    """float32 (rows, columns), 0 to 1: where the two don't agree, so that one shows what the other hides."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """How far one picture can be followed into another."""

    consistent: float
    correlation: float
    farthest: float

    @property
    def enough(self) -> bool:
        """Whether a morph between them shows no double contours."""
        return self.consistent >= _CONSISTENT and self.correlation >= _ALIKE and self.farthest <= _FARTHEST


@dataclass(frozen=True, slots=True)
class Followed:
    """What following found."""

    flow: Flow
    likeness: Likeness


def follow(first: Bytes, last: Bytes, grid: Grid) -> Followed:
    """Flow both ways between uint8 (h, w, 3) pictures of one size. Dense inverse search (Kroeger et al. 2016), which is only
    trusted where it leads back; what shows nothing to follow takes the motion of what is around it.
    """
    one, two = (_small(each) for each in (first, last))
    forth, back = _flow(one, two), _flow(two, one)
    gap = np.linalg.norm(forth + _fetched(back, forth), axis=2)
    agree = gap < 1.5 + 0.1 * np.linalg.norm(forth, axis=2)
    textured = _spread(one) > _TEXTURED
    likeness = _likeness(one, _fetched(two.astype(np.float32), forth), forth, agree, textured)
    gap_back = np.linalg.norm(back + _fetched(forth, back), axis=2)
    agree_back = gap_back < 1.5 + 0.1 * np.linalg.norm(back, axis=2)
    smooth = _calmed(forth, agree & textured), _calmed(back, agree_back & (_spread(two) > _TEXTURED))
    scale = grid.size.width / one.shape[1]
    hidden = blurred((~agree & textured).astype(np.float32), 2.0)
    there, again = (_on_grid(each * np.float32(scale), grid) for each in smooth)
    return Followed(Flow(there, again, _on_grid(hidden, grid)), likeness)


@dataclass(frozen=True, slots=True)
class Morph:
    """`count` frames from the first picture, which the first frame is, to the last picture, which the last frame is."""

    first: Sheet
    last: Sheet
    flow: Flow
    grid: Grid
    shares: Floats
    """float32 (n,) from 0 to 1."""
    motion: Motion
    """Of the camera; nothing at both ends."""

    def frame(self, number: int) -> Bytes:
        """uint8 (h, w, 4)."""
        share = float(self.shares[number])
        moved = self.motion.at(number)
        one = self.first.fetched(self.grid, self._from(self.flow.forth, share, moved)) if share < 1 else None
        two = self.last.fetched(self.grid, self._from(self.flow.back, 1 - share, moved)) if share > 0 else None
        if one is None or two is None:
            return cast(Bytes, two if one is None else one)
        return crossfaded(one, two, self._weights(share), self.grid)

    def _weights(self, share: float) -> Floats:
        """Of the second picture: later and faster where one shows what the other hides, so that ghosts are brief."""
        quick = np.clip((share - 0.5) / 0.3 + 0.5, 0, 1)
        return np.asarray(share + (quick - share) * self.flow.hidden, np.float32)

    def _from(self, flow: Floats, share: float, moved: Floats) -> Floats:
        """Displacement that fetches a picture when it has gone `share` of its way: q = p - share * flow(q), iterated."""
        places = self.grid.places()
        found = moved
        for _ in range(4):
            found = moved - np.float32(share) * self._at(flow, places + found)
        return found.astype(np.float32)

    def _at(self, flow: Floats, places: Floats) -> Floats:
        nodes = places / np.float32(self.grid.step) + np.float32(0.5 + 0.5 / self.grid.step)
        return fetch(flow, nodes)


def crossfaded(one: Bytes, two: Bytes, weights: Floats, grid: Grid) -> Bytes:
    """uint8 (h, w, 4): `weights`, float32 (rows, columns) on the grid, of the second, the rest of the first."""
    second = np.ascontiguousarray(grid.full(np.repeat(weights[..., None], 2, axis=2))[..., 0])
    return cast(Bytes, cv2.blendLinear(one, two, np.float32(1) - second, second))


def _small(rgb: Bytes) -> Bytes:
    height, width = rgb.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    return cast(Bytes, cv2.cvtColor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY))


def _flow(one: Bytes, two: Bytes) -> Floats:
    library: Any = cv2  # its stubs don't know this class
    seeker = library.DISOpticalFlow_create(library.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(seeker.calc(one, two, None), dtype=np.float32)


def _fetched(values: Floats, flow: Floats) -> Floats:
    """`values` of the other picture at the ends of the flow."""
    rows, columns = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    ends = np.stack([columns, rows], axis=-1) + flow
    return fetch(values, np.asarray(ends, np.float32))


def _mean(values: Floats) -> Floats:
    return cast(Floats, cv2.blur(values, (_WINDOW, _WINDOW)))


def _spread(grey: Bytes) -> Floats:
    values = grey.astype(np.float32)
    return np.asarray(np.sqrt(np.maximum(_mean(values * values) - _mean(values) ** 2, 0)), np.float32)


def _likeness(one: Bytes, two: Floats, flow: Floats, agree: Mask, textured: Mask) -> Likeness:
    if not textured.any():
        return Likeness(0.0, 0.0, 0.0)
    a, b = one.astype(np.float32), two
    covariance = _mean(a * b) - _mean(a) * _mean(b)
    scale = np.sqrt(np.maximum((_mean(a * a) - _mean(a) ** 2) * (_mean(b * b) - _mean(b) ** 2), 1e-3))
    ways = np.linalg.norm(flow, axis=2)[textured]
    return Likeness(
        consistent=float(agree[textured].mean()),
        correlation=float((covariance / scale)[textured].mean()),
        farthest=float(np.quantile(ways, 0.95)) / one.shape[1],
    )


def _calmed(flow: Floats, trusted: Mask) -> Floats:
    """The flow where it is trusted, smoothed; elsewhere the average of what is trusted, the nearer the more."""
    weight = trusted.astype(np.float32)
    total, mass = np.zeros_like(flow), np.zeros_like(weight)
    for sigma, share in ((1.5, 1.0), (6.0, 0.05), (30.0, 0.002)):
        total += share * blurred((flow * weight[..., None]).astype(np.float32), sigma)
        mass += share * blurred(weight, sigma)
    return (total / (mass + 1e-6)[..., None]).astype(np.float32)


def _on_grid(values: Floats, grid: Grid) -> Floats:
    height, width = values.shape[:2]
    across, down = width / grid.size.width, height / grid.size.height
    places = (grid.places() + np.float32(0.5)) * np.array((across, down), np.float32) - np.float32(0.5)
    return fetch(values, places.astype(np.float32))
