"""Scenes to learn cutting out from: one subject or two before a background, photographed, and which pixels are whose."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.draft.degradation import jpeg
from pipelines.draft.training.grounds import ground, reflected, shadowed
from pipelines.draft.training.layers import Layer, placed, smooth_noise
from pipelines.draft.training.subjects import subject
from pipelines.images import Bytes, Floats, to_bytes
from pipelines.sizes import Size

SHAPES = ((256, 192), (256, 160), (224, 224), (192, 256))
"""Heights and widths of scenes."""
_SHAPE_ODDS = (0.5, 0.15, 0.22, 0.13)


@dataclass(frozen=True, slots=True)
class Cutout:
    """A picture of (h, w) pixels and the truth about it."""

    rgb: Bytes
    """uint8 (h, w, 3)."""
    alpha: Floats
    """float32 (h, w) in [0, 1]: the subject, or all items of one."""
    other: Floats | None = None
    """float32 (h, w): the share of `alpha` that an item of its own has, which hints may drop."""


def cutout(seed: int) -> Cutout:
    """A scene drawn by chance."""
    generator = np.random.default_rng(seed)
    height, width = SHAPES[int(generator.choice(len(SHAPES), p=_SHAPE_ODDS))]
    size = Size(width, height)
    behind = ground(generator, size, seed)
    first = _varied(_put(subject(generator, seed), size, generator), behind, generator)
    second = _put(subject(generator, seed), size, generator, small=True) if generator.random() < 0.14 else None
    whole = first if second is None else first.joined(_varied(second, behind, generator))
    behind = shadowed(behind, whole.alpha, generator)
    if generator.random() < 0.06:
        behind = reflected(behind, whole.colour, whole.alpha, generator)
    soft = generator.random() < 0.3
    focus = float(generator.uniform(0.3, 0.9))
    alpha = cast(Floats, cv2.GaussianBlur(whole.alpha, (0, 0), focus)) if soft else whole.alpha
    scene = Layer(whole.colour, alpha).over(behind)
    return Cutout(_photographed(scene, generator), alpha, None if second is None else _apart(first, second))


def _apart(first: Layer, second: Layer) -> Floats | None:
    """The second item's share where it doesn't hide the first and can be seen."""
    area = float(second.alpha.sum())
    return second.alpha if area > 40 and float((first.alpha * second.alpha).sum()) < 0.1 * area else None


def _put(layer: Layer, size: Size, generator: Generator, small: bool = False) -> Layer:
    """Somewhere on the canvas, often large, sometimes over its edges; people are often cut by the lower one."""
    tall, wide = layer.alpha.shape
    fit = min(size.height / tall, size.width / wide)
    share = (
        generator.uniform(0.2, 0.45)
        if small
        else generator.choice([generator.uniform(0.7, 0.98), generator.uniform(0.4, 1.6)], p=(0.65, 0.35))
    )
    high = tall * fit * share
    centre = np.array([size.width, size.height]) * (0.5 + generator.normal(0, 0.18 if small else 0.05, 2))
    if high > 0.98 * size.height or generator.random() < 0.2:
        centre[1] = 0.06 * size.height + 0.5 * high + abs(generator.normal(0, 0.05)) * size.height
    return placed(layer, size, generator, high, centre)


def _varied(layer: Layer, behind: Floats, generator: Generator) -> Layer:
    """In other colours: mixed channels, another contrast, or close to the background's own."""
    colour = layer.colour
    if generator.random() < 0.3:
        mix = np.eye(3) + generator.normal(0, 0.25, (3, 3))
        colour = np.clip(colour @ (mix / mix.sum(axis=1, keepdims=True)).T.astype(np.float32), 0, 1)
    colour = np.clip(colour, 0, 1) ** np.float32(np.exp(generator.normal(0, 0.3)))
    if generator.random() < 0.27 and (layer.alpha > 0.5).any():
        inside = layer.alpha > 0.5
        towards = behind[inside].mean(axis=0) - colour[inside].mean(axis=0) + generator.normal(0, 0.03, 3)
        flat = colour[inside].mean(axis=0) + (colour - colour[inside].mean(axis=0)) * generator.uniform(0.25, 0.8)
        colour = flat + towards * generator.uniform(0.6, 0.97)
    if generator.random() < 0.3 and (layer.alpha > 0.5).any():
        colour = _printed(np.clip(colour, 0, 1).astype(np.float32), layer.alpha, behind, generator)
    if generator.random() < 0.15:
        colour = colour * (1 + 0.15 * smooth_noise(generator, layer.size, 4))[..., None]
    return Layer(np.clip(colour, 0, 1).astype(np.float32), layer.alpha)


def _printed(colour: Floats, alpha: Floats, behind: Floats, generator: Generator) -> Floats:
    """With letters, bands or patches in nearly the background's colour, on which the folds go on: prints, and no gaps."""
    rows, columns = np.nonzero(alpha > 0.5)
    at = int(generator.integers(len(rows)))
    x, y, unit = float(columns[at]), float(rows[at]), float(np.sqrt(len(rows)))
    ink = np.zeros(alpha.shape, np.uint8)
    kind = generator.random()
    if kind < 0.4:
        text = "".join(chr(int(each)) for each in generator.integers(48, 91, int(generator.integers(1, 4))))
        start = (int(x - 0.25 * unit), int(y + 0.15 * unit))
        cv2.putText(ink, text, start, 1, unit * generator.uniform(0.01, 0.03), (255,), int(generator.integers(2, 9)), cv2.LINE_AA)
    else:
        turn, extent = generator.uniform(0, 180), unit * generator.uniform(0.08, 0.6, 2) * ((3, 0.5) if kind < 0.7 else (1, 1))
        cv2.fillPoly(ink, [cv2.boxPoints(((x, y), (float(extent[0]), float(extent[1])), float(turn))).astype(np.int32)], 255)
    light = colour.mean(axis=2, keepdims=True)
    folds = np.clip(light / max(0.03, float(np.median(light[rows, columns]))), 0.5, 1.3) ** np.float32(
        generator.uniform(0.05, 0.6)
    )
    tone = behind[rows, columns].mean(axis=0) * (1 + generator.normal(0, 0.02, 3))
    cover = cv2.GaussianBlur(ink, (0, 0), 0.6)[..., None] / np.float32(255)
    return np.asarray(np.clip(colour + (tone * folds - colour) * cover, 0, 1), dtype=np.float32)


def _photographed(scene: Floats, generator: Generator) -> Bytes:
    """Under some light, through some lens, with some noise, at times as JPEG."""
    balance = np.clip(generator.normal(1, 0.04, 3) * generator.normal(1, 0.06), 0.75, 1.25).astype(np.float32)
    tilt = 1 + smooth_noise(generator, Size(scene.shape[1], scene.shape[0]), 2)[..., None] * np.float32(
        generator.exponential(0.02)
    )
    seen = np.clip(scene * balance * tilt, 0, 1) ** np.float32(np.exp(generator.normal(0, 0.12)))
    if generator.random() < 0.35:
        seen = cast(Floats, cv2.GaussianBlur(seen, (0, 0), float(generator.uniform(0.3, 1))))
    grain = generator.standard_normal(seen.shape, dtype=np.float32) * np.float32(generator.exponential(0.007))
    seen = np.clip(seen + grain, 0, 1).astype(np.float32)
    return to_bytes(jpeg(seen, int(generator.integers(40, 96))) if generator.random() < 0.35 else seen)
