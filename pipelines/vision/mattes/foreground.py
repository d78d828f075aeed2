"""The subject's own colours at its edges, free of what is behind them."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats

_SMALL = 32
_REGULARISATION = 5e-3
_GRADIENT_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class _Layers:
    foreground: Floats
    background: Floats


def estimate_foreground(image: Floats, alpha: Floats, sweeps: int = 3) -> Floats:
    """float32 (h, w, 3): the foreground colour under each pixel of `image` (h, w, 3) for `alpha` (h, w).

    Multi-level estimation (Germer et al. 2020): least squares of the compositing equation with smooth layers, from
    coarse to fine, a 2 x 2 system for each pixel. Only pixels of the unknown band are solved at each level; `sweeps`
    Jacobi sweeps at the finest, more at coarser ones; with 0 the colours of the next coarser one are enlarged. Where alpha
    is 1 the image is returned as it is; where it is 0 the result means nothing.
    """
    sizes = _pyramid(*alpha.shape)
    layers = _Layers(np.zeros((1, 1, 3), np.float32), np.zeros((1, 1, 3), np.float32))
    for level, (height, width) in enumerate(sizes):
        finest = level == len(sizes) - 1
        small = image if finest else cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        cover = alpha if finest else cv2.resize(alpha, (width, height), interpolation=cv2.INTER_AREA)
        least = sweeps if finest else max(1, sweeps)
        layers = _solved(cast(Floats, small), cast(Floats, cover), layers, least if max(height, width) > 200 else 10)
    return layers.foreground


def _pyramid(height: int, width: int) -> list[tuple[int, int]]:
    sizes = [(height, width)]
    while max(sizes[-1]) > _SMALL:
        sizes.append((max(1, sizes[-1][0] // 2), max(1, sizes[-1][1] // 2)))
    return sizes[::-1]


def _solved(image: Floats, alpha: Floats, coarse: _Layers, sweeps: int) -> _Layers:
    height, width = alpha.shape
    foreground = cast(Floats, cv2.resize(coarse.foreground, (width, height), interpolation=cv2.INTER_LINEAR))
    background = cast(Floats, cv2.resize(coarse.background, (width, height), interpolation=cv2.INTER_LINEAR))
    np.copyto(foreground, image, where=(alpha > 0.998)[..., None])
    np.copyto(background, image, where=(alpha < 0.002)[..., None])
    if not sweeps:
        return _Layers(foreground, background)
    flat = _Layers(foreground.reshape(-1, 3), background.reshape(-1, 3))
    band = _Band.of(image, alpha)
    if len(band.pixels):
        for _ in range(sweeps):
            band.sweep(flat)
    return _Layers(foreground, background)


@dataclass(frozen=True, slots=True)
class _Band:
    """The pixels between foreground and background, and their four neighbours."""

    pixels: NDArray[np.intp]
    """(n,) flat indices."""
    neighbours: NDArray[np.intp]
    """(4, n)."""
    weights: tuple[Floats, Floats]
    """(4, n) each: how much foreground and background are to be like a neighbour's, if that has any of it."""
    alpha: Floats
    """(n, 1)."""
    colour: Floats
    """(n, 3)."""

    @classmethod
    def of(cls, image: Floats, alpha: Floats) -> "_Band":
        height, width = alpha.shape
        pixels = np.flatnonzero((alpha >= 0.002) & (alpha <= 0.998))
        rows, columns = np.divmod(pixels, width)
        neighbours = np.stack([
            pixels - (rows > 0) * width, pixels + (rows < height - 1) * width,
            pixels - (columns > 0), pixels + (columns < width - 1),
        ])  # fmt: skip
        flat = alpha.ravel()
        own = flat[pixels]
        beside = flat[neighbours]
        smooth = _REGULARISATION + _GRADIENT_WEIGHT * np.abs(beside - own)
        weights = tuple((smooth * has).astype(np.float32) + np.float32(1e-7) for has in (beside > 0.002, beside < 0.998))
        return cls(pixels, neighbours, (weights[0], weights[1]), own[:, None], image.reshape(-1, 3)[pixels])

    def sweep(self, layers: _Layers) -> None:
        """One Jacobi sweep over the band, written into the layers' rows."""
        means, totals = [], []
        for layer, weights in zip((layers.foreground, layers.background), self.weights, strict=True):
            totals.append(weights.sum(axis=0)[:, None])
            means.append(np.einsum("kn,knc->nc", weights, layer[self.neighbours]) / totals[-1])
        front, back = self.alpha / totals[0], (1 - self.alpha) / totals[1]
        error = self.colour - self.alpha * means[0] - (1 - self.alpha) * means[1]
        step = error / (1 + self.alpha * front + (1 - self.alpha) * back)
        layers.foreground[self.pixels] = np.clip(means[0] + front * step, 0, 1)
        layers.background[self.pixels] = np.clip(means[1] + back * step, 0, 1)
