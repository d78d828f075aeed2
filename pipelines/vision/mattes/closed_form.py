"""Closed-form matting (Levin, Lischinski and Weiss 2008), assembled and solved in the unknown band only."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.linalg import LinearOperator, cg

from pipelines.images import Floats, Mask

Indices = NDArray[np.int64]

_CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Prior:
    """What is known of alpha from elsewhere."""

    alpha: Floats
    """float32 (h, w) in [0, 1]; exact outside the unknown band."""
    weight: Floats
    """float32 (h, w): how strongly to hold it inside the band; 0 is not at all."""


def closed_form_alpha(image: Floats, unknown: Mask, prior: Prior, iterations: int, epsilon: float = 1e-6) -> Floats:
    """float32 (h, w) in [0, 1]: alpha that is locally a linear function of colour, equal to the prior outside `unknown`.

    `image` is float32 (h, w, 3) in [0, 1], `unknown` bool (h, w). Conjugate gradients with a diagonal preconditioner,
    started from the prior.
    """
    if not unknown.any():
        return prior.alpha
    laplacian = _laplacian(image, unknown, epsilon)
    inside = unknown.ravel()
    known = prior.alpha.ravel().astype(np.float64)
    band = laplacian[inside]
    hold = prior.weight.ravel()[inside].astype(np.float64) + 1e-7
    system = (band[:, inside] + diags(hold)).tocsr()
    target = hold * known[inside] - band[:, ~inside] @ known[~inside]
    diagonal = 1 / np.maximum(system.diagonal(), 1e-9)
    precondition = LinearOperator(system.shape, matvec=lambda values: diagonal * values, dtype=np.float64)
    solution, _ = cg(system, target, x0=known[inside], rtol=1e-3, maxiter=iterations, M=precondition)
    alpha = prior.alpha.copy().ravel()
    alpha[inside] = np.clip(solution, 0, 1)
    return alpha.reshape(prior.alpha.shape)


def _laplacian(image: Floats, unknown: Mask, epsilon: float) -> csr_matrix:
    """The matting Laplacian summed over all 3 x 3 windows that hold an unknown pixel; rows of known pixels stay empty."""
    height, width = unknown.shape
    centres = cv2.dilate(unknown.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    centres[[0, -1]] = centres[:, [0, -1]] = False
    middle = np.flatnonzero(centres)
    window = middle[:, None] + np.array([dy * width + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    flat = image.reshape(-1, 3)
    inside = unknown.ravel()
    total = csr_matrix((height * width, height * width))
    for begin in range(0, len(middle), _CHUNK):
        part = window[begin : begin + _CHUNK]
        values = _window_terms(flat[part].astype(np.float64), epsilon)
        rows, columns = np.repeat(part, 9, axis=1).ravel(), np.tile(part, (1, 9)).ravel()
        wanted = inside[rows]
        total = total + coo_matrix((values.ravel()[wanted], (rows[wanted], columns[wanted])), total.shape).tocsr()
    return total


def _window_terms(colours: NDArray[np.float64], epsilon: float) -> NDArray[np.float64]:
    """(n, 9, 9) entries of eq. 12 for windows of colours (n, 9, 3)."""
    centred = colours - colours.mean(axis=1, keepdims=True)
    covariance = np.einsum("nki,nkj->nij", centred, centred) / 9 + epsilon / 9 * np.eye(3)
    solved = centred @ np.linalg.inv(covariance)
    return cast(NDArray[np.float64], np.eye(9) - (1 + solved @ centred.transpose(0, 2, 1)) / 9)
