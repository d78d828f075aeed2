"""A picture as a few hundred regions of one colour each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix
from skimage.segmentation import slic

from pipelines.images import Bytes, Mask
from pipelines.vision.mattes.background import lab_of

Values = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Superpixels:
    """n regions of a picture of (h, w) pixels."""

    labels: Labels
    """int64 (h, w): which region, from 0."""
    sizes: NDArray[np.int64]
    """(n,) pixels."""
    colours: Values
    """(n, 3) mean CIE Lab."""
    places: Values
    """(n, 2): column and row of the middle, as shares of width and height."""

    def share(self, mask: Mask) -> Values:
        """(n,) in [0, 1]: how much of each region `mask`, bool (h, w), covers."""
        return np.asarray(np.bincount(self.labels.ravel(), mask.ravel(), len(self.sizes)) / self.sizes, np.float64)

    def edges(self, scale: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> csr_matrix:
        """(n, n) symmetric: difference of colour, times `scale` in each channel, between regions that touch."""
        labels, colours = self.labels, self.colours * scale
        right, below = (labels[:, :-1], labels[:, 1:]), (labels[:-1], labels[1:])
        pairs = np.concatenate([np.stack([first.ravel(), second.ravel()]) for first, second in (right, below)], axis=1)
        rows, columns = np.unique(pairs[:, pairs[0] != pairs[1]], axis=1)
        weight = np.linalg.norm(colours[rows] - colours[columns], axis=1) + 1e-3
        graph = coo_matrix((weight, (rows, columns)), (len(colours), len(colours))).tocsr()
        return graph.maximum(graph.T).tocsr()


def superpixels(rgb: Bytes, count: int, compactness: float) -> Superpixels:
    """About `count` regions of a small picture, uint8 (h, w, 3). SLIC (Achanta et al. 2012).

    `compactness` is against colours that scikit-image scales to [0, 1]: 0.1 follows every edge, 10 is nearly a grid.
    """
    lab = lab_of(rgb)
    labels = np.asarray(
        slic(lab.astype(np.float64), n_segments=count, compactness=compactness, convert2lab=False, start_label=0), np.int64
    )
    number = int(labels.max()) + 1
    flat, sizes = labels.ravel(), np.bincount(labels.ravel(), minlength=number)
    height, width = labels.shape
    y, x = np.mgrid[0:height, 0:width]

    def mean(values: NDArray[np.generic]) -> Values:
        return np.asarray(np.bincount(flat, values.ravel(), number) / sizes, np.float64)

    colours = np.stack([mean(lab[..., channel]) for channel in range(3)], axis=1)
    return Superpixels(labels, sizes, colours, np.stack([mean(x) / width, mean(y) / height], axis=1))
