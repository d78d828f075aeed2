"""Solving Poisson's equation inside a mask: seams that vanish because gradients are matched instead of colours."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask

COARSEST = 4
"""Side in pixels below which no coarser grid is made."""
_SWEEPS = 2
"""Smoothing steps before and after each coarse correction."""
_DAMPING = np.float32(0.8)
_NEIGHBOURS = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)


def solve(start: Floats, inside: Mask, divergence: Floats, cycles: int = 6, reach: float | None = None) -> Floats:
    """float32 (h, w, c): `start` outside of `inside`, bool (h, w), and within it what has the Laplacian `divergence` (h, w, c).

    With a `reach` in pixels values are held to `start`, so that what the edge asks for fades over that distance (screened
    Poisson equation, Bhat et al. 2008). The picture's border lets nothing through (Neumann); the mask's edge holds the values of `start` (Dirichlet). Multigrid
    V-cycles with damped Jacobi smoothing (Briggs, Henson and McCormick 2000, A Multigrid Tutorial). Perez et al. 2003,
    "Poisson Image Editing". Returns `start` where nothing is inside, or everything.
    """
    if not inside.any() or inside.all():
        return start
    box = _around(inside)
    values, mask = start[box].copy(), inside[box].astype(np.float32)
    pull = np.float32(0 if reach is None else 1 / reach**2)
    grids, goal = _grids(mask), divergence[box] - pull * values
    for _ in range(cycles):
        residual = (goal - (_summed(values) - (4 + pull) * values)) * mask[..., None]
        values += _cycle(residual, grids, 0, pull)
    out = start.copy()
    out[box] = values
    return out


def divergence_of(picture: Floats) -> Floats:
    """float32 (h, w, c): the Laplacian of a picture, with borders that let nothing through."""
    return cast(Floats, _summed(picture) - 4 * picture)


def membrane(picture: Floats, inside: Mask, cycles: int = 6) -> Floats:
    """`picture` with `inside` replaced by the smoothest surface through its edge (Laplace's equation)."""
    return solve(picture, inside, np.zeros_like(picture), cycles)


def _around(inside: Mask) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - 1), int(rows[-1]) + 2),
        slice(max(0, int(columns[0]) - 1), int(columns[-1]) + 2),
    )


@dataclass(frozen=True, slots=True)
class _Grid:
    mask: Floats
    """float32 (h, w, 1): 1 inside."""
    size: tuple[int, int]
    """Width and height."""


def _grids(mask: Floats) -> list[_Grid]:
    grids = [_Grid(mask[..., None], (mask.shape[1], mask.shape[0]))]
    while min(mask.shape) > COARSEST:
        mask = (_halved(mask) > 0.99).astype(np.float32)
        if not mask.any():
            break
        grids.append(_Grid(mask[..., None], (mask.shape[1], mask.shape[0])))
    return grids


def _summed(values: Floats) -> Floats:
    out = cv2.filter2D(values, cv2.CV_32F, _NEIGHBOURS, borderType=cv2.BORDER_REPLICATE)
    return cast(Floats, out.reshape(values.shape))


def _cycle(right: Floats, grids: list[_Grid], level: int, pull: np.float32) -> Floats:
    """A correction, zero outside the mask, whose Laplacian comes near `right`."""
    mask = grids[level].mask
    last = level + 1 == len(grids)
    found = _smoothed(np.zeros_like(right), right, mask, pull, 30 if last else _SWEEPS)
    if last:
        return found
    left = (right - (_summed(found) - (4 + pull) * found)) * mask
    coarse = _cycle(4 * _halved(left), grids, level + 1, 4 * pull)
    grown = cv2.resize(coarse, grids[level].size, interpolation=cv2.INTER_LINEAR).reshape(right.shape)
    return _smoothed((found + grown) * mask, right, mask, pull, _SWEEPS)


def _smoothed(values: Floats, right: Floats, mask: Floats, pull: np.float32, sweeps: int) -> Floats:
    for _ in range(sweeps):
        values = values + _DAMPING * mask * ((_summed(values) - right) / (4 + pull) - values)
    return values


def _halved(values: NDArray[np.float32]) -> Floats:
    """Means of 2 by 2; an odd last row or column counts twice."""
    height, width = values.shape[:2]
    padded = cv2.copyMakeBorder(values, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = ((width + 1) // 2, (height + 1) // 2)
    out = cv2.resize(padded, size, interpolation=cv2.INTER_AREA)
    return cast(Floats, out.reshape(size[1], size[0], *values.shape[2:]))
