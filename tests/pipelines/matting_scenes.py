"""Rendered pictures whose alpha and foreground are known exactly: a shape, a cloth on it, a background behind it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Mask

Rng = np.random.Generator
OVERSAMPLING = 4


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and the truth about it."""

    rgb: Bytes
    alpha: Floats
    foreground: Floats


def scene(
    shape: str, cloth: str, backdrop: str, seed: int = 0, height: int = 640, width: int = 480, shadow: bool = True
) -> Scene:
    """`SHAPES`, `CLOTHS` and `BACKDROPS` name what there is."""
    rng = np.random.default_rng(seed)
    alpha = drawn(SHAPES[shape], height, width)
    foreground = CLOTHS[cloth](height, width, rng)
    behind = BACKDROPS[backdrop](height, width, rng)
    if shadow:
        cast = cv2.GaussianBlur(np.roll(alpha, (height // 50, width // 60), (0, 1)), (0, 0), height / 45)
        behind = behind * (1 - 0.22 * cast)[..., None]
    mixed = foreground * alpha[..., None] + behind * (1 - alpha[..., None])
    noisy = np.clip(mixed * 255 + rng.normal(0, 1.0, mixed.shape), 0, 255)
    return Scene((noisy + 0.5).astype(np.uint8), alpha, foreground.astype(np.float32))


def drawn(shape: Callable[[Mask, float], None], height: int, width: int) -> Floats:
    """Exact coverage by drawing at four times the size."""
    canvas = np.zeros((height * OVERSAMPLING, width * OVERSAMPLING), np.uint8)
    shape(canvas, float(min(canvas.shape[0] / 640, canvas.shape[1] / 480)))
    return (cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA) / 255).astype(np.float32)


def _points(canvas: NDArray[np.uint8], scale: float, outline: list[tuple[float, float]]) -> NDArray[np.int32]:
    shift = (np.array([canvas.shape[1], canvas.shape[0]]) - scale * np.array([480, 640])) / 2
    return (np.array(outline) * scale + shift).round().astype(np.int32)


def _smooth(outline: list[tuple[float, float]], steps: int = 3) -> list[tuple[float, float]]:
    points = np.array(outline)
    for _ in range(steps):
        ahead = np.roll(points, -1, axis=0)
        points = np.stack([0.75 * points + 0.25 * ahead, 0.25 * points + 0.75 * ahead], axis=1).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in points]


def shirt(canvas: NDArray[np.uint8], scale: float) -> None:
    outline = [(180, 130), (240, 165), (300, 130), (350, 145), (420, 270), (365, 300), (335, 250), (345, 520), (135, 520),
               (145, 250), (115, 300), (60, 270), (130, 145)]  # fmt: skip
    cv2.fillPoly(canvas, [_points(canvas, scale, _smooth(outline, 2))], 255)


def person(canvas: NDArray[np.uint8], scale: float) -> None:
    """A head, a torso cut by the bottom edge, and one hand on the hip: the gap at the elbow is background."""
    body = [(200, 170), (280, 170), (330, 190), (410, 330), (330, 430), (320, 640), (160, 640), (165, 430), (130, 420),
            (120, 330), (150, 190)]  # fmt: skip
    cv2.fillPoly(canvas, [_points(canvas, scale, _smooth(body, 2))], 255)
    gap = [(318, 260), (375, 332), (322, 385)]
    cv2.fillPoly(canvas, [_points(canvas, scale, _smooth(gap, 1))], 0)
    centre = _points(canvas, scale, [(240, 105)])[0]
    cv2.ellipse(canvas, centre.tolist(), (int(48 * scale), int(62 * scale)), 0, 0, 360, 255, -1)
    cv2.fillPoly(canvas, [_points(canvas, scale, [(215, 140), (265, 140), (275, 185), (205, 185)])], 255)
    for index in range(60):
        angle = np.pi * (1 + index / 59)
        root = (240 + 46 * np.cos(angle), 100 + 60 * np.sin(angle))
        tip = (240 + 64 * np.cos(angle + 0.1 * (index % 3 - 1)), 100 + 80 * np.sin(angle))
        cv2.polylines(canvas, [_points(canvas, scale, [root, tip])], False, 255, max(1, round(0.9 * scale)))


def bag(canvas: NDArray[np.uint8], scale: float) -> None:
    cv2.fillPoly(canvas, [_points(canvas, scale, _smooth([(100, 300), (380, 300), (410, 540), (70, 540)], 1))], 255)
    handle = _smooth([(165, 310), (165, 130), (315, 130), (315, 310)], 2)
    cv2.polylines(canvas, [_points(canvas, scale, handle)], True, 255, round(16 * scale))


def blob(canvas: NDArray[np.uint8], scale: float) -> None:
    angles = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = 150 + 28 * np.sin(3 * angles) + 14 * np.sin(7 * angles + 1)
    outline = [(float(240 + r * np.cos(a)), float(320 + 1.3 * r * np.sin(a))) for r, a in zip(radius, angles, strict=True)]
    cv2.fillPoly(canvas, [_points(canvas, scale, outline)], 255)


SHAPES: dict[str, Callable[[NDArray[np.uint8], float], None]] = {"shirt": shirt, "person": person, "bag": bag, "blob": blob}


def _noise(height: int, width: int, rng: Rng, sigma: float) -> Floats:
    field = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), sigma)
    return (field / field.std()).astype(np.float32)


def _flat(height: int, width: int, colour: tuple[float, float, float]) -> Floats:
    return np.broadcast_to(np.float32(colour), (height, width, 3)).astype(np.float32)


def _folded(colour: Floats, rng: Rng, depth: float = 0.06) -> Floats:
    height, width = colour.shape[:2]
    folds = _noise(height, width, rng, height / 25)
    return np.clip(colour * (1 - depth + depth * 0.7 * np.tanh(folds))[..., None], 0, 1)


def _plain(colour: tuple[float, float, float]) -> Callable[[int, int, Rng], Floats]:
    return lambda height, width, rng: _folded(_flat(height, width, colour), rng)


def _stripes(height: int, width: int, rng: Rng) -> Floats:
    rows = (np.arange(height) // max(1, height // 40)) % 2 == 0
    colour = np.where(rows[:, None, None], np.float32([0.12, 0.16, 0.35]), np.float32([0.93, 0.92, 0.9]))
    return _folded(np.broadcast_to(colour, (height, width, 3)).astype(np.float32), rng)


def _print(height: int, width: int, rng: Rng) -> Floats:
    canvas = np.ascontiguousarray(_flat(height, width, (0.55, 0.2, 0.18)))
    for _ in range(60):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        tone = tuple(float(each) for each in rng.uniform(0.1, 0.95, 3))
        cv2.circle(canvas, centre, int(rng.integers(height // 60, height // 25)), tone, -1, cv2.LINE_AA)
    return _folded(canvas, rng)


CLOTHS: dict[str, Callable[[int, int, Rng], Floats]] = {
    "red": _plain((0.7, 0.12, 0.15)), "navy": _plain((0.1, 0.13, 0.3)), "white": _plain((0.97, 0.97, 0.96)),
    "grey": _plain((0.62, 0.62, 0.63)), "beige": _plain((0.8, 0.72, 0.62)), "stripes": _stripes, "print": _print,
}  # fmt: skip


def _gradient(height: int, width: int, rng: Rng) -> Floats:
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    light = 0.92 - 0.25 * y - 0.12 * (x - 0.4) ** 2
    return (light[..., None] * np.float32([0.97, 0.98, 1.0])).astype(np.float32)


def _plaster(height: int, width: int, rng: Rng) -> Floats:
    light = 0.8 + 0.012 * _noise(height, width, rng, height / 300) + 0.02 * _noise(height, width, rng, height / 20)
    return np.clip(light[..., None] * np.float32([1, 0.97, 0.92]), 0, 1).astype(np.float32)


def _wood(height: int, width: int, rng: Rng) -> Floats:
    lines = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), sigmaX=width / 8, sigmaY=height / 300)
    light = 0.62 + 0.05 * lines / lines.std()
    return np.clip(light[..., None] * np.float32([1, 0.78, 0.55]), 0, 1).astype(np.float32)


def _street(height: int, width: int, rng: Rng) -> Floats:
    """A busy scene: many soft boxes of many colours, out of focus."""
    canvas = np.ascontiguousarray(_flat(height, width, (0.45, 0.47, 0.5)))
    for _ in range(70):
        x, y = int(rng.integers(-width // 8, width)), int(rng.integers(-height // 8, height))
        tone = tuple(float(each) for each in rng.uniform(0.1, 0.8, 3) * 0.6 + 0.2)
        corner = (x + int(rng.integers(width // 16, width // 4)), y + int(rng.integers(height // 16, height // 3)))
        cv2.rectangle(canvas, (x, y), corner, tone, -1)
    return cv2.GaussianBlur(canvas, (0, 0), height / 200).astype(np.float32)


BACKDROPS: dict[str, Callable[[int, int, Rng], Floats]] = {
    "white": lambda height, width, _: _flat(height, width, (1, 1, 1)),
    "grey": lambda height, width, _: _flat(height, width, (0.9, 0.9, 0.91)),
    "gradient": _gradient, "plaster": _plaster, "wood": _wood, "street": _street,
}  # fmt: skip


def intersection_over_union(alpha: Floats, truth: Floats) -> float:
    """Of the two masks at half coverage."""
    found, real = alpha > 0.5, truth > 0.5
    return float(np.count_nonzero(found & real) / max(1, np.count_nonzero(found | real)))


def absolute_error(alpha: Floats, truth: Floats) -> float:
    """Sum of absolute differences, in thousandths of the picture's pixels."""
    return float(np.abs(alpha - truth).sum() / truth.size * 1000)
