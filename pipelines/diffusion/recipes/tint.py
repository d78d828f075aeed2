"""The tint that a model lays over everything, and how to take it off again."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask, resized
from pipelines.sizes import Size

FIT_SIDE = 224
"""Long side in pixels at which colours are compared: texture averaged out, and noise with it."""
WORST = 14.0
"""Mean colour difference (CIE 1976) up to which a tint counts as an accident; a stronger one was meant."""
LEAST_ALIKE = 0.12
"""Share of the picture that has to be the same thing in both."""
NEGLIGIBLE = 1 / 2048
_ENOUGH = 64
_SURE_SHARE = 0.01
_ROUNDS = 15
_SPREAD = 0.006
"""Smallest deviation that is told from noise, in shares of full range."""
_TUKEY = 4.685
_OWN_RIDGE, _CROSS_RIDGE = 2e-4, 4e-3
"""Variance of colour below which a channel keeps its gain of 1, and below which it takes nothing from the others: from
pictures of few colours nothing may follow for the rest."""
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tint:
    """What brings a made colour back to the source's: `gain` @ rgb + `offset`, in sRGB."""

    gain: Values
    """(3, 3)."""
    offset: Values
    """(3,)."""
    alike: float
    """Share of the picture whose colours agree afterwards."""

    @property
    def none(self) -> bool:
        """Whether there is nothing to take off."""
        return bool(np.array_equal(self.gain, np.eye(3)) and not self.offset.any())

    def removed(self, rgb: Floats) -> Floats:
        """float32 (h, w, 3) in [0, 1] without the tint, clipped."""
        if self.none:
            return rgb
        matrix = np.hstack([self.gain, self.offset[:, None]])
        return cast(Floats, np.clip(cv2.transform(rgb, matrix.astype(np.float32)), 0, 1))


def untinted(alike: float = 0.0) -> Tint:
    """The tint that is none."""
    return Tint(np.eye(3), np.zeros(3), alike)


def tint_of(source: Floats, made: Floats, free: Mask | None = None, same: Mask | None = None) -> Tint:
    """The tint of `made` against `source`, float32 (h, w, 3) of one size, laid on one another; none where it can't be told.

    `free`, bool (h, w), is what is known to differ; of the rest, whatever differs otherwise than most of it is left out
    (Tukey's biweight); with `same`, bool (h, w), otherwise than most of that. A strong tint is taken for meant and left
    alone.
    """
    height, width = source.shape[:2]
    scale = min(1.0, FIT_SIDE / max(height, width))
    size = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    inside = np.ones((size.height, size.width), bool)
    if free is not None:
        inside = resized(free.astype(np.float32), size) < 0.01
    wanted, seen = (_colours(each, size) for each in (source, made))
    unclipped = ((wanted > 0.01) & (wanted < 0.99) & (seen > 0.01) & (seen < 0.99)).all(axis=2)
    if np.count_nonzero(inside & unclipped) >= _ENOUGH:
        inside &= unclipped
    if np.count_nonzero(inside) < 16:
        return untinted()
    sure = inside if same is None else inside & (resized(same.astype(np.float32), size) > 0.5)
    if np.count_nonzero(sure) < max(_ENOUGH, _SURE_SHARE * sure.size):
        sure = inside
    return _fitted(wanted[inside], seen[inside], sure[inside])


def _colours(rgb: Floats, size: Size) -> Values:
    return cast(Values, cv2.GaussianBlur(resized(rgb, size), (0, 0), 1.0).astype(np.float64))


def _fitted(wanted: Values, seen: Values, sure: Mask) -> Tint:
    """Colours (n, 3), and bool (n,): those that say how much what is the same may differ."""
    missing = wanted - seen
    if not missing.any():
        return untinted(1.0)
    weight = _biweight(missing - np.median(missing[sure], axis=0), sure)
    tint = untinted()
    for _ in range(_ROUNDS):
        tint = _solved(wanted, seen, weight)
        weight = _biweight(wanted - seen @ tint.gain.T - tint.offset, sure)
    alike = float((weight > 0.3).mean())
    change = seen @ tint.gain.T + tint.offset - seen
    if alike < LEAST_ALIKE or _strength(seen, change, weight) > WORST or np.abs(change).max() < NEGLIGIBLE:
        return untinted(alike)
    return Tint(tint.gain, tint.offset, alike)


def _biweight(missing: Values, sure: Mask) -> Values:
    length = np.sqrt((missing**2).sum(axis=1))
    spread = max(_SPREAD, 1.4826 * float(np.median(length[sure])) / 1.5)
    return cast(Values, np.clip(1 - (length / (_TUKEY * spread)) ** 2, 0, 1) ** 2)


def _solved(wanted: Values, seen: Values, weight: Values) -> Tint:
    """Weighted least squares for a gain near the identity; the offset is free."""
    total = weight.sum() + 1e-9
    to, of = (weight @ wanted) / total, (weight @ seen) / total
    away, rest = seen - of, (wanted - to) - (seen - of)
    normal, slope = (away * weight[:, None]).T @ away / total, (away * weight[:, None]).T @ rest / total
    ridges = _CROSS_RIDGE + (_OWN_RIDGE - _CROSS_RIDGE) * np.eye(3)
    rows = [np.linalg.solve(normal + np.diag(ridge), column) for ridge, column in zip(ridges, slope.T, strict=True)]
    gain = np.eye(3) + np.stack(rows)
    return Tint(gain, to - gain @ of, 0.0)


def _strength(seen: Values, change: Values, weight: Values) -> float:
    """Mean colour difference that taking the tint off makes, over what agrees."""
    difference = lab(np.clip(seen + change, 0, 1)[None].astype(np.float32)) - lab(np.clip(seen, 0, 1)[None].astype(np.float32))
    return float(np.average(np.sqrt((difference[0] ** 2).sum(axis=1)), weights=weight + 1e-9))


def lab(rgb: Floats) -> Floats:
    """CIE L*a*b* (D65) of float32 (h, w, 3) sRGB in [0, 1]; L* in [0, 100]."""
    return cast(Floats, cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2LAB))
