"""Seamless studio backdrops, and the shadows that stand and lie on them. Light is linear."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Floats, linear
from pipelines.sizes import Size

Colour = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Backdrop:
    """A roll of paper that runs from the wall onto the floor."""

    colour: Colour = (0.878, 0.878, 0.882)
    """sRGB in [0, 1] where the light falls on the wall."""
    glow: float = 0.10
    """How much brighter the middle of the wall is than its edges."""
    glow_x: float = 0.46
    """Where the glow is, as a share of the width."""
    floor: float = 0.06
    """How much brighter the floor is than the wall."""


def sweep(backdrop: Backdrop, size: Size, horizon: float) -> Floats:
    """The empty backdrop, linear (h, w, 3); `horizon` is the row, in pixels, around which the wall turns into the floor."""
    x = (np.arange(size.width, dtype=np.float32) + 0.5) / size.width
    y = (np.arange(size.height, dtype=np.float32) + 0.5) / size.height
    far = np.hypot((x[None, :] - backdrop.glow_x) * min(1.0, size.ratio) * 1.25, (y[:, None] - 0.40) * 0.9)
    wall = 1 + backdrop.glow * (0.75 - far / 0.55)
    turn = 1 / (1 + np.exp(-np.clip((y - horizon / size.height) / 0.020, -40, 40)))
    bend = np.exp(-0.5 * ((y - horizon / size.height + 0.012) / 0.028) ** 2)
    falloff = 1 + (backdrop.floor * turn - 0.035 * bend - 0.10 * np.clip(y - horizon / size.height, 0, 1))[:, None]
    paper = linear(np.array(backdrop.colour, np.float32))
    return cast(Floats, ((wall * falloff)[..., None] * paper).astype(np.float32))


def floor_shadow(alpha: Floats, floor_y: float, unit: float, lean: float = 0.35) -> Floats:
    """float32 (h, w) in [0, 1]: light left on the floor under a figure of coverage `alpha` that stands on row `floor_y`.

    Dark and sharp under the feet, then the figure's own shape laid flat, away from the key light, softer with distance.
    """
    height, width = alpha.shape
    step = max(1, round(unit / 400))
    size = (max(1, width // step), max(1, height // step))
    small = cast(Floats, cv2.resize(alpha, size, interpolation=cv2.INTER_AREA))
    floor, reach = floor_y / step, unit / step
    lying = _laid(small, floor, lean, 0.09)
    far, near = cv2.GaussianBlur(lying, (0, 0), 0.030 * reach), cv2.GaussianBlur(lying, (0, 0), 0.012 * reach)
    feet = small.copy()
    feet[: max(0, int(floor - 0.035 * reach))] = 0
    press = np.roll(cv2.GaussianBlur(feet, (0, 0), sigmaX=0.010 * reach, sigmaY=0.0045 * reach), int(0.006 * reach), axis=0)
    pool = np.roll(cv2.GaussianBlur(feet, (0, 0), sigmaX=0.050 * reach, sigmaY=0.013 * reach), int(0.006 * reach), axis=0)
    kept = (1 - 0.20 * far) * (1 - 0.14 * near) * (1 - 0.55 * np.clip(press * 1.3, 0, 1)) * (1 - 0.55 * pool)
    return cast(Floats, cv2.resize(kept.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR))


def _laid(alpha: Floats, floor: float, lean: float, depth: float) -> Floats:
    """The silhouette laid on the floor: up becomes backwards, shortened to `depth`, and sideways by `lean`."""
    row = floor * (1 - depth)
    matrix = np.array([[1, -lean * 0.6, lean * 0.6 * floor], [0, depth, row]], np.float32)
    return cast(Floats, cv2.warpAffine(alpha, matrix, (alpha.shape[1], alpha.shape[0]), flags=cv2.INTER_AREA))


def grained(values: Floats, rng: np.random.Generator, amount: float = 0.006) -> Floats:
    """sRGB values with fine noise, so that gradients don't band."""
    noise = rng.standard_normal(values.shape[:2], dtype=np.float32)
    return np.clip(values + np.float32(amount) * noise[..., None], 0, 1).astype(np.float32)
