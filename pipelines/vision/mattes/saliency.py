"""What stands out in a busy picture: superpixels that differ from the border, weighted by place."""

from typing import cast

import cv2
import numpy as np
from scipy.sparse import csr_matrix, diags
from scipy.sparse.csgraph import dijkstra
from scipy.sparse.linalg import spsolve

from pipelines.images import Bytes, Floats
from pipelines.vision.mattes.superpixels import Labels, Values, superpixels

_PARTS = 400
_COMPACTNESS = 12.0


def saliency(rgb: Bytes) -> Floats:
    """float32 (h, w) in [0, 1] of a small picture, uint8 (h, w, 3).

    Robust background detection (Zhu et al. 2014): a region is background where it is spread out along the border;
    contrast is taken against such regions only, and both are reconciled by least squares over neighbouring regions.
    """
    parts = superpixels(rgb, _PARTS, _COMPACTNESS)
    edges = parts.edges()
    background = _background_probability(edges, parts.labels)
    contrast = _contrast(parts.colours, parts.places, background) * _prior(parts.places)
    solved = _reconciled(edges, background, contrast / max(float(contrast.max()), 1e-9))
    return cast(Floats, cv2.GaussianBlur(solved[parts.labels].astype(np.float32), (0, 0), 1.5))


def _background_probability(edges: csr_matrix, labels: Labels) -> Values:
    """Boundary connectivity, eq. 3 to 5 and 7: border length of a region's neighbourhood over the root of its area."""
    border = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    edge_floor = 0.5 * float(np.median(edges.data))
    lowered = edges.copy()
    lowered.data = np.maximum(lowered.data - edge_floor, 1e-3)
    spread = np.exp(-(dijkstra(lowered, directed=False) ** 2) / (2 * 10.0**2))
    area = spread.sum(axis=1)
    length = spread[:, border].sum(axis=1)
    connectivity = length / np.sqrt(area)
    return np.asarray(1 - np.exp(-(connectivity**2) / 2), np.float64)


def _contrast(colours: Values, places: Values, background: Values) -> Values:
    near = np.exp(-(np.linalg.norm(places[:, None] - places[None], axis=2) ** 2) / (2 * 0.4**2))
    difference = np.linalg.norm(colours[:, None] - colours[None], axis=2)
    return np.asarray((difference * near * background[None]).sum(axis=1), np.float64)


def _prior(places: Values) -> Values:
    """Subjects are mostly in the middle."""
    return np.asarray(0.15 + np.exp(-(((places[:, 0] - 0.5) / 0.33) ** 2) - ((places[:, 1] - 0.55) / 0.55) ** 2), np.float64)


def _reconciled(edges: csr_matrix, background: Values, foreground: Values) -> Values:
    """Eq. 9: the labelling that agrees with both cues and changes least between regions of one colour."""
    smooth = edges.copy()
    smooth.data = np.exp(-(smooth.data**2) / (2 * 10.0**2)) + 0.1
    laplacian = diags(np.asarray(smooth.sum(axis=1)).ravel()) - smooth
    system = (laplacian + diags(background + foreground)).tocsc()
    solved = np.asarray(spsolve(system, foreground))
    low, high = float(solved.min()), float(solved.max())
    return (solved - low) / max(high - low, 1e-9)
