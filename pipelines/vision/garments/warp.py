"""Warps that can't fold: regularised thin-plate splines whose Jacobian is checked where it matters, and repaired.

Thin-plate splines after Bookstein 1989 ("Principal warps"), smoothed after Wahba 1990. With growing stiffness a spline
tends to the affine map of least squares, whose Jacobian has one sign; so raising the stiffness until no cell of the mesh is
turned over always ends.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.errors import GarmentNotFound
from pipelines.images import Floats
from pipelines.sizes import Size

Coordinates = NDArray[np.float64]
"""(n, 2) points x, y in pixels; pixel centres are at .5."""

MESH = 8
"""Pixels between the nodes at which a warp is evaluated."""
STIFFER = 4.0
ADVICE = "Drag them to where they belong, left ones to the left, or use a picture of the garment from the front."
ATTEMPTS = 14
LEAST_SHARE = 0.04
"""Share of the affine map's determinant below which a cell counts as all but folded."""
SOFTEST = 1e-4


@dataclass(frozen=True, slots=True)
class Warp:
    """Where in the source each point of the target comes from."""

    centres: Coordinates
    weights: Coordinates
    affine: Coordinates
    """(3, 2): constant, x and y."""
    unit: float

    def __call__(self, points: Coordinates) -> Coordinates:
        """Points of the source for (n, 2) points of the target."""
        scaled = points / self.unit
        bend = _kernel(scaled, self.centres) @ self.weights
        return np.asarray(bend + np.column_stack([np.ones(len(scaled)), scaled]) @ self.affine)

    @property
    def affine_determinant(self) -> float:
        return float(np.linalg.det(self.affine[1:])) / self.unit**2


@dataclass(frozen=True, slots=True)
class Warped:
    """Colour and coverage after a warp, on a canvas of (h, w) pixels."""

    colour: Floats
    """float32 (h, w, 3), not premultiplied."""
    alpha: Floats
    jacobian_min: float
    """Least determinant, source area over target area, where there is coverage; positive: nothing folds."""


@dataclass(frozen=True, slots=True)
class _Mesh:
    """A warp at the nodes of a grid over a box of the canvas."""

    left: int
    top: int
    width: int
    height: int
    nodes: NDArray[np.float32]
    """(rows, columns, 2): points of the source, in pixels from the source's first pixel centre."""

    @property
    def determinants(self) -> Floats:
        """float32 (rows - 1, columns - 1): the smaller one of each cell's two triangles, a pixel of the target as the unit."""
        right = np.diff(self.nodes, axis=1) / MESH
        down = np.diff(self.nodes, axis=0) / MESH
        first = _cross(right[:-1], down[:, :-1])
        second = _cross(right[1:], down[:, 1:])
        return np.asarray(np.minimum(first, second), dtype=np.float32)

    def maps(self) -> NDArray[np.float32]:
        """float32 (height, width, 2): the nodes' values between them, bilinear."""
        shrink = np.array([[1 / MESH, 0, 0], [0, 1 / MESH, 0]], np.float64)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        size = (self.width, self.height)
        filled = cv2.warpAffine(self.nodes, shrink, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(filled, dtype=np.float32)


def thin_plate(source: Coordinates, target: Coordinates, stiffness: float = SOFTEST) -> Warp:
    """The smooth map that takes `target` near to `source`; `stiffness` 0 interpolates, infinity is affine.

    `GarmentNotFound` for fewer than three points or points on one line.
    """
    unit = max(1.0, float(np.ptp(target, axis=0).max()))
    scaled = target / unit
    count = len(scaled)
    border = np.column_stack([np.ones(count), scaled])
    if count < 3 or np.linalg.matrix_rank(border, tol=1e-6) < 3:
        raise GarmentNotFound(f"the points of the garment lie on one line. {ADVICE}")
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(scaled, scaled) + stiffness * np.eye(count)
    system[:count, count:] = border
    system[count:, :count] = border.T
    solved: Coordinates = np.asarray(np.linalg.solve(system, np.vstack([source, np.zeros((3, 2))])), dtype=np.float64)
    return Warp(scaled, solved[:count], solved[count:], unit)


def fold_free(source: Coordinates, target: Coordinates, canvas: Size, stiffness: float = SOFTEST) -> Warp:
    """The softest thin-plate spline, from `stiffness` on, that folds nowhere in the box around `target`.

    `GarmentNotFound` where even the affine map of least squares turns the picture over.
    """
    for attempt in range(ATTEMPTS):
        warp = thin_plate(source, target, stiffness * STIFFER**attempt)
        flat = warp.affine_determinant
        if flat <= 0:
            continue
        least = float(_mesh(warp, target, canvas).determinants.min())
        if least > LEAST_SHARE * flat:
            return warp
    return _affine(source, target)


def _affine(source: Coordinates, target: Coordinates) -> Warp:
    border = np.column_stack([np.ones(len(target)), target])
    affine: Coordinates = np.asarray(np.linalg.lstsq(border, source, rcond=None)[0], dtype=np.float64)
    if np.linalg.det(affine[1:]) <= 0:
        raise GarmentNotFound(f"the points of the garment ask for a mirror image. {ADVICE}")
    return Warp(target[:1], np.zeros((1, 2)), affine, 1.0)


def warped(colour: Floats, alpha: Floats, warp: Warp, target: Coordinates, canvas: Size) -> Warped:
    """`colour` (h, w, 3) and `alpha` (h, w) through `warp` onto a canvas; only the box around `target` is filled.

    Averages over the area of the source that a pixel covers where the warp shrinks, so nothing aliases.
    """
    mesh = _mesh(warp, target, canvas)
    out_colour = np.zeros((canvas.height, canvas.width, 3), np.float32)
    out_alpha = np.zeros((canvas.height, canvas.width), np.float32)
    determinants = mesh.determinants
    maps = mesh.maps()
    density = float(np.sqrt(max(1e-6, float(np.median(determinants)))))
    source = _crop(colour, alpha, maps, density)
    at = (maps - source.origin + 0.5) * source.scale - 0.5
    cover = np.asarray(np.clip(cv2.remap(source.alpha, at[..., 0], at[..., 1], cv2.INTER_LINEAR), 0, 1), dtype=np.float32)
    paint = cv2.remap(source.premultiplied, at[..., 0], at[..., 1], cv2.INTER_CUBIC)
    soft = cv2.remap(source.alpha, at[..., 0], at[..., 1], cv2.INTER_CUBIC)
    part = np.s_[mesh.top : mesh.top + mesh.height, mesh.left : mesh.left + mesh.width]
    out_colour[part] = np.clip(paint / np.maximum(soft, 1e-3)[..., None], 0, 1) * (cover > 0)[..., None]
    out_alpha[part] = cover
    return Warped(out_colour, out_alpha, _least(determinants, cover))


@dataclass(frozen=True, slots=True)
class _Source:
    premultiplied: Floats
    alpha: Floats
    origin: NDArray[np.float32]
    scale: NDArray[np.float32]


def _crop(colour: Floats, alpha: Floats, maps: NDArray[np.float32], density: float) -> _Source:
    """The part of the source that is seen, at the resolution at which it is seen."""
    height, width = alpha.shape
    left, top = (int(np.clip(np.floor(maps[..., k].min()) - 2, 0, (width, height)[k] - 1)) for k in (0, 1))
    right, bottom = (int(np.clip(np.ceil(maps[..., k].max()) + 3, (left, top)[k] + 1, (width, height)[k])) for k in (0, 1))
    cover = np.ascontiguousarray(alpha[top:bottom, left:right])
    paint: Floats = colour[top:bottom, left:right] * cover[..., None]
    scale = np.ones(2, np.float32)
    if density > 1.25:
        size = (max(1, round((right - left) / density)), max(1, round((bottom - top) / density)))
        scale = np.array([size[0] / (right - left), size[1] / (bottom - top)], np.float32)
        cover = cv2.resize(cover, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        paint = cv2.resize(paint, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return _Source(np.ascontiguousarray(paint, dtype=np.float32), cover, np.array([left, top], np.float32), scale)


def _least(determinants: Floats, cover: Floats) -> float:
    """The smallest determinant among the cells that show something."""
    rows, columns = determinants.shape
    seen = cv2.resize(cover, (columns, rows), interpolation=cv2.INTER_AREA) > 0.01
    return float(determinants[seen].min()) if seen.any() else float(determinants.min())


def _mesh(warp: Warp, target: Coordinates, canvas: Size) -> _Mesh:
    margin = 0.06 * float(np.ptp(target, axis=0).max()) + MESH
    low, high = target.min(axis=0) - margin, target.max(axis=0) + margin
    left, top = int(np.clip(low[0], 0, canvas.width - 2)), int(np.clip(low[1], 0, canvas.height - 2))
    right, bottom = int(np.clip(high[0], left + 2, canvas.width)), int(np.clip(high[1], top + 2, canvas.height))
    columns = np.arange((right - left + MESH - 1) // MESH + 2) * MESH + left + 0.5
    rows = np.arange((bottom - top + MESH - 1) // MESH + 2) * MESH + top + 0.5
    grid = np.stack(np.meshgrid(columns, rows), axis=-1)
    nodes = warp(grid.reshape(-1, 2)).reshape(grid.shape) - 0.5
    return _Mesh(left, top, right - left, bottom - top, nodes.astype(np.float32))


def _kernel(points: Coordinates, centres: Coordinates) -> NDArray[np.float64]:
    """r^2 log r of all pairs."""
    squared = ((points[:, None] - centres[None]) ** 2).sum(axis=2)
    return np.asarray(0.5 * squared * np.log(np.maximum(squared, 1e-20)))


def _cross(first: NDArray[np.floating], second: NDArray[np.floating]) -> NDArray[np.floating]:
    return np.asarray(first[..., 0] * second[..., 1] - first[..., 1] * second[..., 0])
