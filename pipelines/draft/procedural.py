"""Pictures drawn by chance, for training: edges, folds, weaves, hair, letters and grain as in photographs, and no photograph."""

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipelines.images import Floats

Painter = Callable[[Floats, Generator], None]
_OVERSAMPLING = 1.5
_FONTS = tuple(range(8))


def procedural_picture(generator: Generator, side: int) -> Floats:
    """float32 (side, side, 3) in [0, 1]: a textured ground under 40 to 120 drawn things, photographed softly."""
    canvas_side = int(side * _OVERSAMPLING)
    canvas = np.ascontiguousarray(_ground(generator, canvas_side))
    for _ in range(int(generator.integers(40, 120))):
        _PAINTERS[int(generator.choice(len(_PAINTERS), p=_WEIGHTS))](canvas, generator)
    drawn = cv2.resize(canvas, (side, side), interpolation=cv2.INTER_AREA)
    focus = generator.uniform(0.25, 0.75) if generator.random() < 0.65 else generator.uniform(0.6, 1.7)
    soft = cv2.GaussianBlur(drawn, (0, 0), float(focus))
    toned = np.clip(soft, 0, 1) ** float(generator.uniform(0.75, 1.35))
    grain = generator.normal(0, generator.uniform(0, 0.006), toned.shape)
    return np.clip(toned + grain, 0, 1).astype(np.float32)


def fractal_noise(generator: Generator, height: int, width: int, slope: float) -> Floats:
    """float32 (height, width), mean 0, deviation 1, amplitude falling with frequency to the power of -`slope`.

    Natural pictures have slopes near 1. Field 1987, Relations between the statistics of natural images.
    """
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    radius = np.maximum(np.hypot(rows, columns), 1 / max(height, width))
    spectrum = np.fft.rfft2(generator.standard_normal((height, width))) / radius**slope
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, s=(height, width))
    return cast(Floats, (noise / max(float(noise.std()), 1e-9)).astype(np.float32))


def _colour(generator: Generator) -> NDArray[np.float64]:
    """Anything from grey to saturated; cloth and skin are mostly in between."""
    grey = generator.uniform(0.02, 0.98)
    return np.clip(grey + generator.normal(0, 0.18, 3) * generator.uniform(0, 1.5), 0, 1)


def _texture(generator: Generator, height: int, width: int) -> Floats:
    """A flat or shaded colour with noise of one of several slopes, in one hue or in several."""
    noise = fractal_noise(generator, height, width, generator.uniform(0.3, 1.8))
    depth = generator.exponential(0.05)
    toned = _colour(generator) + noise[..., None] * depth * generator.uniform(0.6, 1.2, 3)
    if generator.random() < 0.3:
        toned = toned + fractal_noise(generator, height, width, 1.6)[..., None] * generator.normal(0, 0.05, 3)
    return cast(Floats, toned.astype(np.float32))


def _ground(generator: Generator, side: int) -> Floats:
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    angle = generator.uniform(0, 2 * np.pi)
    ramp = (x * np.cos(angle) + y * np.sin(angle))[..., None] * generator.normal(0, 0.25)
    return cast(Floats, (_texture(generator, side, side) + ramp).astype(np.float32))


def _spot(canvas: Floats, generator: Generator) -> NDArray[np.float64]:
    return generator.uniform(0, canvas.shape[0], 2)


def _fill(canvas: Floats, mask: Floats, generator: Generator) -> None:
    """Lay a textured or patterned cover over `canvas` where `mask`, with a soft shadow at times."""
    x, y, w, h = cv2.boundingRect((mask > 0).astype(np.uint8))
    if w < 2 or h < 2:
        return
    part, coverage = canvas[y : y + h, x : x + w], mask[y : y + h, x : x + w, None]
    if generator.random() < 0.25:
        shadow = cv2.GaussianBlur(mask[y : y + h, x : x + w], (0, 0), float(generator.uniform(2, 12)))
        part *= 1 - shadow[..., None] * np.float32(generator.uniform(0.1, 0.5))
    cover = _texture(generator, h, w)
    if generator.random() < 0.45:
        cover = _patterned(cover, generator)
    part += (cover - part) * coverage


def _patterned(cover: Floats, generator: Generator) -> Floats:
    """Stripes, checks, dots, twill or knit over `cover`, at any angle and pitch, slightly bent like cloth."""
    height, width = cover.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, pitch = generator.uniform(0, np.pi), float(np.exp(generator.uniform(np.log(3.0), np.log(40))))
    bend = fractal_noise(generator, height, width, 2.0) * generator.uniform(0, 0.6)
    u = (x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / pitch) + bend
    v = (y * np.cos(angle) - x * np.sin(angle)) * (2 * np.pi / (pitch * generator.uniform(0.5, 2))) + bend
    waves = (np.sin(u), np.sin(u) * np.sin(v), np.maximum(np.sin(u), np.sin(v)), np.sin(u + 2 * np.abs(np.sin(v / 2))))
    sharpness = generator.uniform(0.8, 6)
    ink = np.clip(waves[int(generator.integers(len(waves)))] * sharpness + generator.uniform(-0.5, 0.5), -1, 1) * 0.5 + 0.5
    return cast(Floats, (cover + (_colour(generator) - cover) * ink[..., None] * generator.uniform(0.1, 1)).astype(np.float32))


def _polygon(canvas: Floats, generator: Generator) -> None:
    corners = _spot(canvas, generator) + generator.normal(
        0, canvas.shape[0] * generator.uniform(0.02, 0.16), (int(generator.integers(3, 8)), 2)
    )
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(mask, [corners.astype(np.int32)], 255, cv2.LINE_AA)
    _fill(canvas, _softened(mask, generator), generator)


def _ellipse(canvas: Floats, generator: Generator) -> None:
    axes = generator.uniform(2, canvas.shape[0] * 0.15, 2).astype(int)
    mask = np.zeros(canvas.shape[:2], np.uint8)
    thickness = -1 if generator.random() < 0.6 else int(generator.integers(1, 7))
    centre = [int(each) for each in _spot(canvas, generator)]
    cv2.ellipse(mask, centre, [int(each) for each in axes], float(generator.uniform(0, 180)), 0, 360, 255, thickness, cv2.LINE_AA)
    _fill(canvas, _softened(mask, generator), generator)


def _blob(canvas: Floats, generator: Generator) -> None:
    """A patch with an outline like a fold's or a leaf's."""
    side = int(generator.integers(24, canvas.shape[0] // 3))
    y, x = (int(each) for each in generator.integers(0, canvas.shape[0] - side, 2))
    bumps = fractal_noise(generator, side, side, generator.uniform(1.4, 2.4)) * 40 + 40
    level = bumps * np.outer(np.hanning(side), np.hanning(side))
    mask = np.zeros(canvas.shape[:2], np.uint8)
    mask[y : y + side, x : x + side] = np.clip((level - 10) * generator.uniform(3, 30), 0, 255).astype(np.uint8)
    _fill(canvas, _softened(mask, generator), generator)


def _softened(mask: NDArray[np.uint8], generator: Generator) -> Floats:
    """uint8 coverage as float; at times out of focus."""
    coverage = mask.astype(np.float32) / 255
    if generator.random() < 0.3:
        coverage = cv2.GaussianBlur(coverage, (0, 0), float(generator.exponential(2.0)) + 0.3).astype(np.float32)
    return cast(Floats, coverage)


def _letters(canvas: Floats, generator: Generator) -> None:
    text = "".join(chr(int(each)) for each in generator.integers(33, 123, int(generator.integers(1, 9))))
    spot = [int(each) for each in _spot(canvas, generator)]
    scale, thickness = float(generator.uniform(0.4, 3)), int(generator.integers(1, 6))
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.putText(mask, text, spot, int(generator.choice(_FONTS)), scale, (255,), thickness, cv2.LINE_AA)
    _fill(canvas, _softened(mask, generator), generator)


def _strand(start: NDArray[np.float64], end: NDArray[np.float64], bow: NDArray[np.float64]) -> NDArray[np.int32]:
    """A quadratic curve as (12, 2) points in sixteenths of a pixel."""
    t = np.linspace(0, 1, 12)[:, None]
    return ((start * (1 - t) ** 2 + (start + end + bow) * t * (1 - t) + end * t**2) * 16).astype(np.int32)


def _hair(canvas: Floats, generator: Generator) -> None:
    """A bundle of nearly parallel fine lines: hair, fur, fringes, seams."""
    start, run, bow = _spot(canvas, generator), generator.normal(0, 70, 2), generator.normal(0, 40, 2)
    spread, base = generator.uniform(2, 40), _colour(generator)
    for _ in range(int(generator.integers(3, 60))):
        at = start + generator.normal(0, spread, 2)
        tint = np.clip(base + generator.normal(0, 0.08), 0, 1).tolist()
        points = _strand(at, at + run + generator.normal(0, 8, 2), bow + generator.normal(0, 8, 2))
        cv2.polylines(canvas, [points], False, tint, 1, cv2.LINE_AA, 4)


def _line(canvas: Floats, generator: Generator) -> None:
    start = _spot(canvas, generator)
    points = _strand(start, start + generator.normal(0, canvas.shape[0] * 0.3, 2), generator.normal(0, 90, 2))
    cv2.polylines(canvas, [points], False, _colour(generator).tolist(), int(generator.integers(1, 6)), cv2.LINE_AA, 4)


_PAINTERS: tuple[Painter, ...] = (_polygon, _ellipse, _blob, _letters, _hair, _line)
_WEIGHTS = (0.26, 0.16, 0.2, 0.12, 0.13, 0.13)
