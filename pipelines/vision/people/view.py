"""A small working copy of a cut-out person, and the measures that reading one needs."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Mask
from pipelines.vision.faces import Face

WORK_SIDE = 640
"""Long side of the working copy in pixels."""


@dataclass(frozen=True, slots=True)
class Run:
    """Columns `start` (included) to `end` (excluded) of one row."""

    start: int
    end: int

    @property
    def width(self) -> int:
        return self.end - self.start

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2

    def distance(self, x: float) -> float:
        return max(self.start - x, x - self.end, 0.0)


@dataclass(frozen=True, slots=True)
class Head:
    """The head in pixels of the view. `size` is chin to crown."""

    x: float
    top: float
    chin: float
    size: float
    face: Face | None


@dataclass(frozen=True, slots=True)
class View:
    """The working copy: (h, w) pixels, `scale` of them to one of the picture."""

    rgb: Bytes
    lab: Floats
    """CIELAB, L in 0 to 100, lightly denoised."""
    inside: Mask
    scale: float

    @property
    def height(self) -> int:
        return int(self.inside.shape[0])

    @property
    def width(self) -> int:
        return int(self.inside.shape[1])

    def run(self, row: float, x: float, mask: Mask | None = None) -> Run | None:
        """The run of `mask`, else of the silhouette, in `row` that contains or is nearest to column `x`."""
        line = (self.inside if mask is None else mask)[int(np.clip(row, 0, self.height - 1))]
        return min(runs(line), key=lambda run: run.distance(x), default=None)


def runs(line: NDArray[np.bool_]) -> list[Run]:
    """The runs of True in one row, left to right."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
    return [Run(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def shrunk(rgb: Bytes, alpha: Floats) -> View:
    """The working copy of uint8 (h, w, 3) and its alpha; only the largest piece of the cut-out counts as inside."""
    scale = min(1.0, WORK_SIDE / max(alpha.shape))
    size = (max(1, round(alpha.shape[1] * scale)), max(1, round(alpha.shape[0] * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
    cover = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    smooth = cv2.bilateralFilter(small, 5, 20, 3)
    lab = cv2.cvtColor(smooth.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB).astype(np.float32)
    return View(small, lab, largest_piece(cover > 0.5), scale)


def disk(radius: int) -> Bytes:
    """A round structuring element."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)).astype(np.uint8)


def dilated(mask: Mask, radius: float) -> Mask:
    """What is within `radius` pixels of a mask, in time that doesn't grow with the radius, as that of `disk` does."""
    if not mask.any():
        return mask
    return cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) <= radius


def eroded(mask: Mask, radius: float) -> Mask:
    """What is further than `radius` pixels from all that is outside a mask; beyond the picture nothing is outside."""
    if mask.all():
        return mask
    return cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > radius


def opened(mask: Mask, radius: float) -> Mask:
    """A mask without what is narrower than twice the radius."""
    return dilated(eroded(mask, radius), radius)


def closed(mask: Mask, radius: float) -> Mask:
    """A mask with what is narrower than twice the radius between its parts."""
    return eroded(dilated(mask, radius), radius)


def pieces(mask: Mask, least: float = 0.0) -> list[Mask]:
    """Connected pieces (8 neighbours) of at least a share `least` of the largest one, largest first."""
    count, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    areas = figures[1:, cv2.CC_STAT_AREA] if count > 1 else np.zeros(0)
    order = [label for label in np.argsort(-areas) if areas[label] >= least * areas.max()]
    return [labels == label + 1 for label in order]


def largest_piece(mask: Mask) -> Mask:
    """The largest connected piece; the mask itself where there is none."""
    count, labels, figures, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    return labels == 1 + int(np.argmax(figures[1:, cv2.CC_STAT_AREA])) if count > 1 else mask


def reconstructed(seeds: Mask, within: Mask) -> Mask:
    """The pieces of `within` that hold a seed (morphological reconstruction)."""
    _, labels = cv2.connectedComponents(within.astype(np.uint8))
    kept = np.unique(labels[seeds & within])
    return np.isin(labels, kept[kept > 0])


def gauss(values: Floats, sigma: float) -> Floats:
    """Gaussian blur of float32 (h, w) or (h, w, c) with the edge repeated."""
    return cv2.GaussianBlur(values, (0, 0), max(0.3, sigma), borderType=cv2.BORDER_REPLICATE).astype(np.float32)
