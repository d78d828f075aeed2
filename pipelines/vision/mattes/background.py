"""What is behind the subject: a smooth surface of colour, read off the border of the picture."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from pipelines.images import Bytes, Floats, Mask, blurred

CHROMA_WEIGHT = 1.5
"""A difference of chroma tells subject from background better than one of lightness, which light alone can make."""

_FLOOR = 0.35
_REACH = 10.0
"""Distance from a surface, in Lab units, up to which it explains a pixel."""
_SAMPLES = 3000
_FIT_SIDE = 192


@dataclass(frozen=True, slots=True)
class Backdrop:
    """The background of a picture of (h, w) pixels as if nothing stood before it."""

    surface: Floats
    """float32 (h, w, 3), CIE Lab."""
    noise: float
    """Spread of the background around the surface, in Lab units; at least 0.35."""
    inliers: float
    """0 to 1: share of the border that the surface explains."""

    @property
    def plain(self) -> bool:
        """Whether the surface is a fair account of what is behind the subject."""
        return self.inliers > 0.6 and self.noise < 7


def lab_of(rgb: Bytes) -> Floats:
    """uint8 (h, w, 3) sRGB to float32 CIE Lab: L in [0, 100]."""
    return cast(Floats, cv2.cvtColor(rgb.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB))


def rgb_of(lab: Floats) -> Floats:
    """float32 CIE Lab to float32 sRGB in [0, 1]."""
    return np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), 0, 1).astype(np.float32)


def distance(lab: Floats, surface: Floats) -> Floats:
    """float32 (h, w): how far each pixel is from the surface, in Lab units with chroma counted more."""
    difference = lab - surface
    chroma = difference[..., 1] ** 2 + difference[..., 2] ** 2
    return np.sqrt(difference[..., 0] ** 2 + CHROMA_WEIGHT**2 * chroma).astype(np.float32)


def border_weight(height: int, width: int) -> Floats:
    """float32 (h, w): how likely each pixel is background by its place alone; the bottom edge often cuts a person."""
    band = max(2, round(0.025 * max(height, width)))
    weight = np.zeros((height, width), np.float32)
    weight[-band:] = 0.15
    weight[:band] = weight[:, :band] = weight[:, -band:] = 1
    weight[-band:, : 2 * band] = weight[-band:, -2 * band :] = 0.5
    return weight


def read_backdrop(lab: Floats) -> Backdrop:
    """Robust polynomial surface through the border, refitted to all background that is connected to it.

    `lab` is float32 (h, w, 3), CIE Lab. Fits are started from each side of the picture, because a subject may cover
    the others, and the one that explains most of the border wins. Iteratively reweighted least squares with the
    weights of Geman and McClure (1985).
    """
    height, width = lab.shape[:2]
    scale = min(1.0, _FIT_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cast(Floats, cv2.resize(lab, size, interpolation=cv2.INTER_AREA))
    weight = border_weight(*small.shape[:2])
    surfaces = [_fit(small, weight, degree=3, start=start) for start in _starting_colours(small)]
    surface = max(surfaces, key=lambda each: _explained(small, each, weight))
    for _ in range(2):
        surface = _refit(small, surface, weight)
    full = cast(Floats, cv2.resize(surface, (width, height), interpolation=cv2.INTER_CUBIC))
    return _judged(lab, full, border_weight(height, width))


def explained(lab: Floats, backdrop: Backdrop, weight: Floats) -> float:
    """0 to 1: share of the border of float32 (h, w, 3), CIE Lab, that the backdrop explains, where a pixel counts as much as
    `weight`, float32 (h, w), says; 1 where none counts. Grain is explained by the noise, and lines, such as the joints
    between boards, are no things."""
    border = border_weight(*weight.shape) * weight
    off = (distance(lab, backdrop.surface) >= max(_REACH, 3 * backdrop.noise)).astype(np.uint8)
    things = cv2.morphologyEx(off, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    return 1 - float(border[things].sum() / border.sum()) if border.any() else 1.0


def localised(backdrop: Backdrop, lab: Floats, outside: Mask) -> Backdrop:
    """The backdrop bent to what is seen in `outside`, the pixels known to be background; it fades out away from them."""
    known = outside.astype(np.float32)
    sigma = 0.04 * max(lab.shape[:2])
    weight = blurred(known, sigma)
    error = blurred((lab - backdrop.surface) * known[..., None], sigma)
    correction = error / (weight + 0.02)[..., None]
    return Backdrop((backdrop.surface + correction).astype(np.float32), backdrop.noise, backdrop.inliers)


def climbed(cost: NDArray[np.floating], start: Mask) -> Floats:
    """float32 (h, w): least sum of `cost` on the way from `start`, bool (h, w), which has some of the picture."""
    rim = start & (cv2.dilate((~start).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    if not rim.any():
        return np.zeros(cost.shape, np.float32)
    # Each way out of the start leads over its rim; many starts take more time than the search.
    costs, _ = MCP_Geometric(cost).find_costs(np.argwhere(rim))
    return np.where(start, 0, costs).astype(np.float32)


def connected_to(seeds: Mask, region: Mask) -> Mask:
    """The 4-connected parts of `region` that hold at least one pixel of `seeds`."""
    _, labels = cv2.connectedComponents(region.astype(np.uint8), connectivity=4)
    kept = np.unique(labels[seeds & region])
    return np.isin(labels, kept[kept > 0])


def _starting_colours(lab: Floats) -> list[Floats]:
    height, width = lab.shape[:2]
    band = max(2, round(0.025 * max(height, width)))
    top, left, right = lab[:band], lab[:, :band], lab[:, -band:]
    sides = np.concatenate([each.reshape(-1, 3) for each in (top, left, right)])
    groups = [sides, top.reshape(-1, 3), left.reshape(-1, 3), right.reshape(-1, 3)]
    return [np.median(each, axis=0).astype(np.float32) for each in groups]


@dataclass(frozen=True, slots=True)
class _Polynomial:
    """Terms of two variables up to a degree, on a grid of pixels from -1 to 1."""

    across: NDArray[np.float64]
    """(w, degree + 1): powers of x."""
    down: NDArray[np.float64]
    """(h, degree + 1): powers of y."""

    @classmethod
    def of(cls, height: int, width: int, degree: int) -> "_Polynomial":
        powers = [np.vander(np.linspace(-1, 1, side), degree + 1, increasing=True) for side in (width, height)]
        return cls(powers[0], powers[1])

    @property
    def _exponents(self) -> NDArray[np.intp]:
        count = self.across.shape[1]
        return np.array([(i, j) for i in range(count) for j in range(count - i)])

    def at(self, pixels: NDArray[np.intp]) -> NDArray[np.float64]:
        """(n, terms) for flat indices (n,)."""
        rows, columns = np.divmod(pixels, len(self.across))
        i, j = self._exponents.T
        return np.asarray(self.across[columns][:, i] * self.down[rows][:, j], np.float64)

    def surface(self, solution: NDArray[np.float64]) -> Floats:
        """float32 (h, w, channels) of the coefficients (terms, channels)."""
        table = np.zeros((self.down.shape[1], self.across.shape[1], solution.shape[1]))
        i, j = self._exponents.T
        table[j, i] = solution
        return np.asarray(np.einsum("hj,jic,wi->hwc", self.down, table, self.across, optimize=True), dtype=np.float32)


def _fit(lab: Floats, weight: Floats, degree: int, start: Floats | None = None, scale: float = 4.0) -> Floats:
    polynomial = _Polynomial.of(lab.shape[0], lab.shape[1], degree)
    chosen = np.flatnonzero(weight.ravel() > 0)
    chosen = chosen[:: max(1, len(chosen) // _SAMPLES)]
    terms, colours = polynomial.at(chosen), lab.reshape(-1, 3)[chosen].astype(np.float64)
    prior = weight.ravel()[chosen].astype(np.float64)
    ridge = np.eye(terms.shape[1]) * 1e-3 * len(chosen)
    ridge[0, 0] = 0
    centre = np.median(colours, axis=0) if start is None else start.astype(np.float64)
    residual, reach = np.linalg.norm(colours - centre, axis=1), 3 * scale
    for _ in range(8):
        robust = prior / (1 + (residual / reach) ** 2) ** 2
        weighted = terms * robust[:, None]
        solution = np.linalg.solve(weighted.T @ terms + ridge * robust.mean() + 1e-9 * np.eye(len(ridge)), weighted.T @ colours)
        residual, reach = np.linalg.norm(colours - terms @ solution, axis=1), scale
    return polynomial.surface(solution)


def _refit(lab: Floats, surface: Floats, weight: Floats) -> Floats:
    """A second fit to all that is near the first, by the noise around it, lest pale clothes that reach the edge count."""
    off = distance(lab, surface)
    border = off[(weight >= 0.5) & (off < 15)]
    reach = float(np.clip(4 * np.quantile(border, 0.75) + 2.5, 4, 9)) if border.size else 9.0
    near = connected_to(weight >= 0.5, off < reach)
    inner = cv2.erode(near.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    support = np.maximum(inner * 0.5, weight * near).astype(np.float32)
    return _fit(lab, support, degree=4, scale=3.0) if np.count_nonzero(support) > 50 else surface


def _explained(lab: Floats, surface: Floats, weight: Floats) -> float:
    return float(weight[distance(lab, surface) < _REACH].sum() / weight.sum())


def _judged(lab: Floats, surface: Floats, weight: Floats) -> Backdrop:
    off = distance(lab, surface)
    border = off[(weight >= 0.5) & (off < 15)]
    noise = float(np.quantile(border, 0.75)) if border.size else 15.0
    return Backdrop(surface, max(_FLOOR, noise), _explained(lab, surface, weight))
