"""Holes and margins filled with what is around them: patches that fit, then gradients that match.

Coarse to fine, each place of the hole takes the look of the source patch that is most like it, and overlapping patches vote
(Wexler, Shechtman and Irani 2007, "Space-Time Completion of Video"; image completion is its case of one frame). The coarsest
level is grown inward from the hole's edge, patch by patch (Efros and Leung 1999). At full size pixels are copied, never
averaged: neighbouring places are drawn to one shift where its seam is cheaper (Kwatra et al. 2003, "Graphcut Textures"), and the
copies are joined in the gradient domain (Perez et al. 2003).
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.images import Floats, Mask, resized
from pipelines.sizes import Mode, Size
from pipelines.vision import inpaint, poisson
from pipelines.vision.patches import (
    RADIUS,
    Field,
    Indices,
    Source,
    bordered,
    gathered,
    lab,
    nearest,
    offsets,
    square,
    weights,
)
from pipelines.vision.shifts import Copy, Shifts, blended, enlarged, joined

_COARSEST = 44
"""Long side in pixels of the level that is grown."""
_LEAST_PLACES = 60
"""Usable patches below which a level has nothing to copy from."""
_REACH = 0.06
"""Distance, as a share of the long side, over which the colours at a hole's edge change what is copied into it."""
_DECAY = np.float32(0.92)
"""Trust of a patch one pixel further into the hole."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to look."""

    side: int
    """Long side in pixels of the finest level at which patches are compared."""
    places: int
    """Pixels of the hole from which a level is matched only once."""
    votes: int
    """Rounds of matching and voting at each level."""
    rounds: int
    """Rounds of PatchMatch in each of them."""
    joins: int
    """Rounds in which neighbours are drawn to one shift."""
    cycles: int
    """Multigrid cycles of the blending."""
    blended: int
    """Pixels of the box around a hole up to which gradients are matched at full size."""


EFFORTS = {
    Mode.FAST: Effort(side=180, places=3_000, votes=2, rounds=2, joins=3, cycles=4, blended=60_000),
    Mode.BALANCED: Effort(side=280, places=7_000, votes=3, rounds=3, joins=4, cycles=8, blended=150_000),
    Mode.QUALITY: Effort(side=420, places=26_000, votes=7, rounds=4, joins=10, cycles=12, blended=400_000),
}


@dataclass(frozen=True, slots=True)
class Materials:
    """What a hole is to be filled from."""

    picture: Floats
    """float32 (h, w, 3), sRGB in [0, 1]; may be larger than the target, for one with its mirror image beside it."""
    usable: Mask
    """bool (h, w): what may be copied."""
    upright: float = 0.0
    """0 to 1: how much a patch is held to the rows that it comes from."""
    aside: float = 0.0
    """0 to 1: how much it is held to its columns; only for a picture that is filled from itself."""


@dataclass(frozen=True, slots=True)
class Synthesis:
    """A filled picture."""

    rgb: Floats
    """float32 (h, w, 3); equal to the target outside the hole."""
    misfit: float
    """Root mean square difference, in Lab / 100, of the hole's patches and those that they were taken from."""


def synthesise(target: Floats, hole: Mask, materials: Materials, effort: Effort, generator: Generator) -> Synthesis:
    """`target`, float32 (h, w, 3) in [0, 1], with `hole`, bool (h, w), filled from `materials` of the same scale.

    Another state of `generator` fills it in another way. Where there is nothing to copy, a smooth membrane.
    """
    # What is removed must not bleed out of the hole when the target is reduced.
    clear = inpaint.membrane(target, (~hole).astype(np.float32))
    levels = _levels(target.shape[:2], max(1.0, max(hole.shape) / effort.side))
    found: _Level | None = None
    for scale in levels:
        level = _Level.at(scale, clear, hole, materials, generator)
        if len(level.source.places) < _LEAST_PLACES:
            continue
        start = level.enlarged(found) if found is not None else level.grown(generator)
        found = start.voted(effort.votes if level.hole.sum() < effort.places else 1, effort.rounds, generator)
    if found is None or found.field is None:
        return Synthesis(poisson.membrane(target, hole), 1.0)
    return Synthesis(_copied(found, target, hole, materials, effort), found.misfit)


def _copied(level: "_Level", target: Floats, hole: Mask, materials: Materials, effort: Effort) -> Floats:
    """The target at full size with pixels copied by the shifts of the finest level."""
    assert level.field is not None  # noqa: S101
    shifts = Shifts.of(level.field, level.hole, level.source)
    shifts = joined(shifts, level.hole, level.target, level.picture, level.source, effort.joins)
    size = Size(target.shape[1], target.shape[0])
    copy = Copy(target, hole, materials.picture, materials.usable, enlarged(shifts, size, level.scale))
    return blended(copy, effort.cycles, effort.blended, _REACH * max(target.shape))


def _levels(shape: tuple[int, ...], factor: float) -> list[float]:
    """Reductions, largest first, each half of the one before, down to `factor`."""
    out = [factor]
    while max(shape) / out[-1] > 1.5 * _COARSEST:
        out.append(out[-1] * 2)
    return out[::-1]


@dataclass(frozen=True, slots=True)
class _Level:
    """One reduction: a target (h, w) that is being filled, and what it is filled from."""

    scale: float
    target: Floats
    """float32 (h, w, 3) as of `lab`."""
    hole: Mask
    trust: Floats
    """float32 (h, w): how much a patch around a pixel counts in votes."""
    picture: Floats
    source: Source
    field: Field | None = None

    @classmethod
    def at(cls, scale: float, clear: Floats, hole: Mask, materials: Materials, generator: Generator) -> "_Level":
        size, other = _reduced(clear.shape, scale), _reduced(materials.picture.shape, scale)
        small = resized(hole.astype(np.float32), size) > 0.01
        target = np.ascontiguousarray(lab(resized(clear, size)))
        usable = resized(materials.usable.astype(np.float32), other) > 0.99
        picture = np.ascontiguousarray(lab(resized(materials.picture, other)))
        upright, aside = (each * 1.2 / size.height for each in (materials.upright, materials.aside))
        source = Source.of(picture, usable, generator, upright, aside)
        depth = cv2.distanceTransform(small.astype(np.uint8), cv2.DIST_L2, 3)
        return cls(scale, target, small, np.maximum(_DECAY**depth, 0.02).astype(np.float32), picture, source)

    def places(self) -> Indices:
        """Where patches touch the hole."""
        return np.flatnonzero(cv2.dilate(self.hole.astype(np.uint8), square()) > 0)

    def grown(self, generator: Generator) -> "_Level":
        """Filled from the edge inward, each layer by the patches that fit what is already there."""
        known, target = ~self.hole, self.target.copy()
        matches = np.full(target.shape[:2], -1, np.int64)
        patches = gathered(bordered(self.picture), self.source.places, self.source.size.width)
        spots = self.source.described[self.source.places, -2:]
        while not known.all():
            layer = np.flatnonzero(~known & (cv2.dilate(known.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0))
            if not len(layer):
                break
            fits = self._fits(target, known, layer, patches, spots)
            chosen = _among_best(fits, generator)
            matches.ravel()[layer] = self.source.places[chosen]
            target.reshape(-1, 3)[layer] = self.picture.reshape(-1, 3)[self.source.places[chosen]]
            known.ravel()[layer] = True
        places = self.places()
        field = Field(places, _filled_in(matches, places, self.source), np.full(len(places), np.inf, np.float32))
        return self._with(target, field)

    def _fits(self, target: Floats, known: Mask, layer: Indices, patches: Floats, spots: Floats) -> Floats:
        """float32 (n, m): how badly each source patch fits what is known around each pixel of a layer."""
        width = target.shape[1]
        around = gathered(bordered(target), layer, width)
        mask = cv2.copyMakeBorder(known.astype(np.float32), *(RADIUS,) * 4, cv2.BORDER_CONSTANT, value=0.0)
        seen = gathered(cast(Floats, mask[..., None]), layer, width) * weights()
        weight = np.repeat(seen / np.maximum(seen.sum(axis=1, keepdims=True), 1e-6), 3, axis=1)
        wanted = weight * around
        fits = (wanted * around).sum(axis=1)[:, None] - 2 * wanted @ patches.T + weight @ (patches**2).T
        own = np.stack(np.divmod(layer, width), axis=1).astype(np.float32) * (self.source.upright, self.source.aside)
        far = (own**2).sum(axis=1)[:, None] - 2 * own @ spots.T + (spots**2).sum(axis=1)[None]
        return cast(Floats, (np.maximum(fits, 0) + np.maximum(far, 0)).astype(np.float32))

    def enlarged(self, coarse: "_Level") -> "_Level":
        """Filled with what the coarser level found."""
        assert coarse.field is not None  # noqa: S101
        places = self.places()
        width, other = self.target.shape[1], coarse.target.shape[1]
        rows, columns = np.divmod(places, width)
        near = np.full(coarse.target.shape[:2], -1, np.int64)
        near.ravel()[coarse.field.places] = coarse.field.matches
        near = _filled_everywhere(near)
        y = np.minimum(rows // 2, coarse.target.shape[0] - 1)
        x = np.minimum(columns // 2, other - 1)
        match_y, match_x = np.divmod(near[y, x], coarse.source.size.width)
        matches = _usable(match_y * 2 + rows % 2, match_x * 2 + columns % 2, self.source)
        level = self._with(self.target, Field(places, matches, np.zeros(len(places), np.float32)))
        return level._voted_once(level.field)  # type: ignore[arg-type]

    def voted(self, votes: int, rounds: int, generator: Generator) -> "_Level":
        """Matched and voted for `votes` times."""
        level = self
        for _ in range(votes):
            assert level.field is not None  # noqa: S101
            level = level._voted_once(nearest(level.target, level.field, level.source, rounds, generator))
        return level

    def _voted_once(self, field: Field) -> "_Level":
        """Each pixel of the hole takes the mean of what the patches over it show, good and well-founded ones counting more."""
        height, width = self.target.shape[:2]
        scale = max(float(np.quantile(field.distances, 0.75)), 1e-5)
        trust = self.trust.ravel()[field.places] * np.exp(-field.distances / (2 * scale))
        total = np.zeros((height + 2 * RADIUS, width + 2 * RADIUS, 4), np.float32)
        flat = total.reshape(-1, 4)
        rows, columns = np.divmod(field.places, width)
        corner = (rows + RADIUS) * (width + 2 * RADIUS) + columns + RADIUS
        shown = np.concatenate([self.picture.reshape(-1, 3), np.ones((self.source.size.pixels, 1), np.float32)], axis=1)
        for (row, column), weight in zip(offsets(), weights(), strict=True):
            votes = shown[field.matches + row * self.source.size.width + column]
            flat[corner + row * (width + 2 * RADIUS) + column] += votes * (trust * weight)[:, None]
        inner = total[RADIUS:-RADIUS, RADIUS:-RADIUS]
        mean = inner[..., :3] / np.maximum(inner[..., 3:], 1e-8)
        return self._with(np.where(self.hole[..., None], mean, self.target).astype(np.float32), field)

    def _with(self, target: Floats, field: Field) -> "_Level":
        return _Level(self.scale, target, self.hole, self.trust, self.picture, self.source, field)

    @property
    def misfit(self) -> float:
        """Root mean square distance over the patches whose middle lies in the hole."""
        assert self.field is not None  # noqa: S101
        inside = self.hole.ravel()[self.field.places]
        return float(np.sqrt(self.field.distances[inside].mean() / 3)) if inside.any() else 0.0


def _reduced(shape: tuple[int, ...], scale: float) -> Size:
    return Size(max(4, round(shape[1] / scale)), max(4, round(shape[0] / scale)))


def _among_best(fits: Floats, generator: Generator) -> Indices:
    """For each row one of those that fit nearly as well as the best."""
    best = fits.min(axis=1, keepdims=True)
    allowed = fits <= best * 1.15 + 1e-5
    return cast(Indices, np.where(allowed, generator.random(fits.shape, np.float32), -1).argmax(axis=1))


def _filled_everywhere(matches: Indices) -> Indices:
    """(h, w) with -1 replaced by the nearest that isn't, moved along."""
    missing = matches < 0
    if not missing.any() or missing.all():
        return np.maximum(matches, 0)
    _, nearest_ = cv2.distanceTransformWithLabels(missing.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(nearest_.max()) + 1, np.int64)
    table[nearest_[~missing]] = matches[~missing]
    return cast(Indices, table[nearest_])


def _filled_in(matches: Indices, places: Indices, source: Source) -> Indices:
    """Matches at `places`, those around the hole taken from the nearest grown one."""
    return _usable(*np.divmod(_filled_everywhere(matches).ravel()[places], source.size.width), source)


def _usable(rows: Indices, columns: Indices, source: Source) -> Indices:
    """Flat places, each moved to the nearest usable one."""
    rows, columns = np.clip(rows, 0, source.size.height - 1), np.clip(columns, 0, source.size.width - 1)
    blocked = (~source.usable).astype(np.uint8).reshape(source.size.height, source.size.width)
    _, labels = cv2.distanceTransformWithLabels(blocked, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    table = np.zeros(int(labels.max()) + 1, np.int64)
    table[labels.ravel()[source.places]] = source.places
    return cast(Indices, table[labels[rows, columns]])
