"""Scenes for the bars of Background Remove: rendered figures, garments and drawn things of seeds that no training ever saw."""

from collections.abc import Callable
from functools import cache
from typing import cast

import cv2
import numpy as np

from pipelines.draft.degradation import jpeg
from pipelines.draft.training import grounds
from pipelines.draft.training.layers import Layer, any_colour, moved
from pipelines.draft.training.lesson import HELD_OUT
from pipelines.draft.training.subjects import figure_at, garment_at, thing
from pipelines.images import Floats, to_bytes
from pipelines.sizes import Size
from tests.pipelines.matting_scenes import Rng, Scene

FIRST = HELD_OUT + 500_000
SIZE = Size(480, 640)
KINDS = ("plain", "gradient", "textured", "white", "busy")


@cache
def bar_scene(kind: str, number: int) -> Scene:
    """One of `KINDS`: a subject with its shadow before such a background, with a little noise or as JPEG."""
    rng = np.random.default_rng([FIRST, KINDS.index(kind), number])
    behind = _BEHIND[kind](rng)
    layer = _subject(rng, number - number % 4 + 2 * (number % 2) if kind == "white" and number % 4 == 3 else number)
    colour = _whitened(layer, behind) if kind == "white" else layer.colour
    behind = behind if kind == "white" and number % 2 else _shadowed(behind, layer.alpha, rng)
    mixed = colour * layer.alpha[..., None] + behind * (1 - layer.alpha[..., None])
    noisy = np.clip(mixed + rng.normal(0, rng.uniform(0.001, 0.008), mixed.shape), 0, 1).astype(np.float32)
    return Scene(to_bytes(jpeg(noisy, 88) if number % 3 == 2 else noisy), layer.alpha, colour)


def _subject(rng: Rng, number: int) -> Layer:
    kind = number % 4
    layer = (figure_at if kind < 2 else garment_at)(FIRST + number, SIZE) if kind < 3 else thing(rng)
    high, wide = layer.alpha.shape
    scale = min(0.86 * SIZE.height / high, 0.86 * SIZE.width / wide) * (1.35 if kind == 1 and number % 8 == 1 else 1)
    top = 0.08 * SIZE.height if kind == 1 else (SIZE.height - scale * high) / 2
    matrix = np.float32([[1 / scale, 0, (wide - SIZE.width / scale) / 2], [0, 1 / scale, -top / scale]])
    return moved(layer, SIZE, matrix)


def _whitened(layer: Layer, behind: Floats) -> Floats:
    """White, with the light and the folds that it has."""
    light = layer.colour.mean(axis=2) / max(0.05, float(np.quantile(layer.colour.mean(axis=2)[layer.alpha > 0.9], 0.9)))
    tone = behind[layer.alpha > 0.5].mean(axis=0) * 0.96
    return np.clip(tone * (1 + 0.5 * (np.clip(light, 0, 1.1) - 1))[..., None], 0, 1).astype(np.float32)


def _shadowed(behind: Floats, alpha: Floats, rng: Rng) -> Floats:
    height = alpha.shape[0]
    cast_ = cv2.GaussianBlur(
        np.roll(alpha, (height // 50, height // 80), (0, 1)), (0, 0), height * float(rng.uniform(0.012, 0.03))
    )
    return cast(Floats, (behind * (1 - rng.uniform(0.08, 0.25) * cast_)[..., None]).astype(np.float32))


def _plain(rng: Rng) -> Floats:
    tone = np.ones(3) if rng.random() < 0.4 else np.clip(any_colour(rng), 0.15, 1)
    return np.broadcast_to(tone, (SIZE.height, SIZE.width, 3)).astype(np.float32)


def _gradient(rng: Rng) -> Floats:
    y, x = np.mgrid[0 : 1 : SIZE.height * 1j, 0 : 1 : SIZE.width * 1j]
    light = 1 - rng.uniform(0.1, 0.35) * y - rng.uniform(0, 0.25) * np.abs(x - rng.uniform(0.2, 0.8))
    return (np.clip(any_colour(rng), 0.3, 1) * light[..., None]).astype(np.float32)


def _white(rng: Rng) -> Floats:
    return (
        np.broadcast_to(1 - rng.uniform(0, 0.06) + rng.normal(0, 0.004, 3), (SIZE.height, SIZE.width, 3))
        .clip(0, 1)
        .astype(np.float32)
    )


def _textured(rng: Rng) -> Floats:
    return grounds.textured(rng, SIZE, 10_000)


def _busy(rng: Rng) -> Floats:
    kinds = (grounds.collage, grounds.room, grounds.street, grounds.leaves, grounds.place)
    return kinds[int(rng.integers(len(kinds)))](rng, SIZE, 10_000)


_BEHIND: dict[str, Callable[[Rng], Floats]] = {
    "plain": _plain, "gradient": _gradient, "textured": _textured, "white": _white, "busy": _busy,
}  # fmt: skip
