"""Layers to compose training scenes of: colour and coverage, moved, bent and shaded."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.draft.procedural import fractal_noise
from pipelines.images import Floats, resized
from pipelines.sizes import Size

OVERSAMPLING = 2
"""Rows and columns of a drawn mask for one of the layer."""


@dataclass(frozen=True, slots=True)
class Layer:
    """float32 colour (h, w, 3) in sRGB, [0, 1], and alpha (h, w)."""

    colour: Floats
    alpha: Floats

    @property
    def size(self) -> Size:
        return Size(self.alpha.shape[1], self.alpha.shape[0])

    def over(self, behind: Floats) -> Floats:
        """The layer before a picture (h, w, 3)."""
        return cast(Floats, behind + (self.colour - behind) * self.alpha[..., None])

    def joined(self, front: "Layer") -> "Layer":
        """This layer with another before it, as one."""
        alpha = front.alpha + self.alpha * (1 - front.alpha)
        mixed = front.colour * front.alpha[..., None] + self.colour * (self.alpha * (1 - front.alpha))[..., None]
        return Layer((mixed / np.maximum(alpha, 1e-4)[..., None]).astype(np.float32), alpha.astype(np.float32))


def cropped(layer: Layer) -> Layer:
    """The layer without its empty margins."""
    rows, columns = (np.flatnonzero((layer.alpha > 0.02).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return layer
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Layer(layer.colour[box], layer.alpha[box])


def moved(layer: Layer, size: Size, matrix: Floats, wobble: Floats | None = None) -> Layer:
    """The layer on a canvas of `size`; `matrix` (2, 3) leads from canvas to layer, `wobble` (h, w, 2) is added in the layer."""
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32) + np.float32(0.5)
    at = np.stack([x, y], axis=-1) @ matrix[:, :2].T + matrix[:, 2] - np.float32(0.5)
    if wobble is not None:
        at = at + wobble
    paint = np.dstack([layer.colour * layer.alpha[..., None], layer.alpha])
    drawn = cv2.remap(paint.astype(np.float32), at[..., 0].astype(np.float32), at[..., 1].astype(np.float32), cv2.INTER_LINEAR)
    alpha = np.clip(drawn[..., 3], 0, 1)
    return Layer(np.clip(drawn[..., :3] / np.maximum(alpha, 1e-4)[..., None], 0, 1).astype(np.float32), cast(Floats, alpha))


def placed(layer: Layer, size: Size, generator: Generator, height: float, middle: NDArray[np.float64]) -> Layer:
    """The layer `height` pixels high around `middle` (x, y), turned, mirrored and bent a little by chance."""
    scale = height / layer.alpha.shape[0]
    if scale < 0.7:
        small = Size(max(2, round(layer.size.width * scale)), max(2, round(layer.size.height * scale)))
        layer = Layer(resized(layer.colour, small), resized(layer.alpha, small))
        scale = height / layer.alpha.shape[0]
    turn = np.radians(generator.normal(0, 5))
    across = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / scale
    across[:, 0] *= generator.choice([-1, 1]) * generator.uniform(0.85, 1.15)
    own = np.array([layer.size.width, layer.size.height]) / 2
    matrix = np.column_stack([across, own - across @ middle]).astype(np.float32)
    wobble = smooth_noise(generator, size, 4, 2) * np.float32(generator.exponential(0.012) * layer.size.height)
    return moved(layer, size, matrix, wobble)


def smooth_noise(generator: Generator, size: Size, cells: int, channels: int = 1) -> Floats:
    """float32 (h, w) or (h, w, channels) of deviation about 1, changing over a `cells`-th of the picture."""
    grid = generator.standard_normal((cells + 1, cells + 1, channels), dtype=np.float32)
    wide = cv2.resize(grid, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
    return cast(Floats, wide.astype(np.float32))


def shade(mask: Floats, generator: Generator) -> Floats:
    """float32 (h, w): light on a soft body of this outline, about 1, with folds."""
    radius = float(generator.uniform(2, 9))
    dome = cv2.GaussianBlur(mask, (0, 0), radius)
    light = generator.normal(0, 1, 2) * generator.uniform(0, 1.2) * radius
    slope = cv2.Sobel(dome, cv2.CV_32F, 1, 0, scale=0.125) * light[0] + cv2.Sobel(dome, cv2.CV_32F, 0, 1, scale=0.125) * light[1]
    rim = (1 - dome) * generator.normal(0, 0.25)
    folds = fractal_noise(generator, mask.shape[0], mask.shape[1], generator.uniform(1.2, 2.2)) * generator.exponential(0.03)
    return np.asarray(np.clip(1 + slope + rim + folds, 0.2, 1.6), dtype=np.float32)


def any_colour(generator: Generator) -> Floats:
    """(3,): white, black, grey, muted or vivid."""
    grey = float(generator.choice([generator.uniform(0.85, 1), generator.uniform(0.02, 0.2), generator.uniform(0.1, 0.95)]))
    spread = generator.choice([0.01, 0.08, 0.25])
    return np.clip(grey + generator.normal(0, spread, 3), 0, 1).astype(np.float32)


def cloth(generator: Generator, size: Size, base: Floats) -> Floats:
    """float32 (h, w, 3): a plain, mottled, striped, checked or dotted material."""
    plain = np.broadcast_to(base, (size.height, size.width, 3)).astype(np.float32)
    kind = generator.random()
    if kind < 0.45:
        return plain
    other = any_colour(generator)
    if kind < 0.65:
        ink = smooth_noise(generator, size, int(generator.integers(4, 40))) * generator.uniform(0.2, 2)
    else:
        ink = _pattern(generator, size)
    return cast(
        Floats, plain + (other - plain) * np.clip(ink * 0.5 + 0.5, 0, 1)[..., None] * np.float32(generator.uniform(0.15, 1))
    )


def _pattern(generator: Generator, size: Size) -> Floats:
    y, x = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    angle, pitch = generator.uniform(0, np.pi), float(np.exp(generator.uniform(np.log(3), np.log(50))))
    bend = smooth_noise(generator, size, 5) * np.float32(generator.uniform(0, 1))
    u = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / pitch) + bend
    v = (y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / pitch) + bend
    waves = (np.sin(u), np.sin(u) * np.sin(v), np.maximum(np.sin(u), np.sin(v)), np.sin(u) + np.sin(v) - 1)
    return np.asarray(np.clip(waves[int(generator.integers(4))] * generator.uniform(1, 6), -1, 1), dtype=np.float32)


def coloured(mask: Floats, generator: Generator, base: Floats | None = None, bare: bool = False) -> Layer:
    """A mask (h, w) as a shaded thing of some material; `bare` is plain, as skin is."""
    colour = np.zeros((*mask.shape, 3), np.float32)
    x, y, width, height = cv2.boundingRect((mask > 0).astype(np.uint8))
    if width < 2 or height < 2:
        return Layer(colour, mask)
    tone = any_colour(generator) if base is None else base
    size, box = Size(width, height), np.s_[y : y + height, x : x + width]
    material = np.broadcast_to(tone, (height, width, 3)) if bare else cloth(generator, size, tone)
    colour[box] = np.clip(material * shade(mask[box], generator)[..., None], 0, 1)
    return Layer(colour, mask)
