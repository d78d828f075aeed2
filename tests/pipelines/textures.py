"""Textures whose continuation is known, because more of them can be drawn."""

import cv2
import numpy as np

from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision.rendering.surfaces import surface


def brick(height: int, width: int, seed: int = 0) -> Floats:
    """A running bond of bricks of several tones, in light that falls off to the right."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    high, wide = 16, 36
    row = (y // high).astype(int)
    shifted = x + (row % 2) * wide / 2
    tone = rng.uniform(0.8, 1.1, (97, 97))[row % 97, (shifted // wide).astype(int) % 97]
    joint = (y % high < 2) | (shifted % wide < 2)
    wall = np.where(joint[..., None], np.float32([0.75, 0.72, 0.68]), np.float32([0.62, 0.30, 0.22]) * tone[..., None])
    soft = cv2.GaussianBlur(wall.astype(np.float32), (0, 0), 0.7)
    return np.clip(soft * (1 - 0.2 * x / width)[..., None] + rng.normal(0, 0.01, (height, width, 1)), 0, 1).astype(np.float32)


def foliage(height: int, width: int, seed: int = 0) -> Floats:
    """Leaves on leaves."""
    rng = np.random.default_rng(seed)
    out = np.full((height, width, 3), (0.1, 0.18, 0.08), np.float32)
    for _ in range(height * width // 90):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        size = int(rng.integers(3, 10))
        tone = np.array([0.2, 0.4, 0.15]) * rng.uniform(0.5, 1.5) + rng.normal(0, 0.04, 3)
        cv2.ellipse(out, centre, (size, max(1, size // 2)), float(rng.uniform(0, 180)), 0, 360, tone.tolist(), -1, cv2.LINE_AA)
    return np.clip(out, 0, 1).astype(np.float32)


def boards(height: int, width: int, seed: int = 0) -> Floats:
    """Wooden boards."""
    return surface("wood", Size(width, height), np.random.default_rng(seed))


TEXTURES = {"brick": brick, "foliage": foliage, "boards": boards}
