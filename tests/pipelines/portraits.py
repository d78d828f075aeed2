"""Drawn heads whose features are known, for tests of faces: no photograph, but the cascade takes them for faces."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Bytes, Floats

SIDE = 400


@dataclass(frozen=True, slots=True)
class Look:
    """How a head is drawn; colours are sRGB, 0 to 255."""

    skin: tuple[int, int, int] = (226, 182, 156)
    hair: tuple[int, int, int] = (58, 40, 30)
    iris: tuple[int, int, int] = (90, 66, 46)
    lips: tuple[int, int, int] = (182, 96, 92)
    eyes_apart: float = 1.0
    mouth_down: float = 1.0
    fringe: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    rgb: Bytes
    left_eye: tuple[float, float]
    right_eye: tuple[float, float]
    mouth: tuple[float, float]


def head(look: Look | None = None, tilt: float = 0.0, side: int = SIDE, seed: int = 0) -> Drawn:
    """A head from the front, `tilt` degrees to the right, in a picture of (side, side)."""
    look = look or Look()
    big = 2 * SIDE
    canvas = np.full((big, big, 3), 232.0, np.float32)
    _oval(canvas, (400, 330), (222, 270), look.hair)
    _polygon(canvas, [(320, 560), (480, 560), (500, 800), (300, 800)], tuple(0.88 * each for each in look.skin))
    _oval(canvas, (400, 410), (180, 245), look.skin)
    _face(canvas, look)
    if look.fringe:
        _polygon(canvas, [(300, 170), (420, 170), (352, 330)], look.hair)
    grain = np.random.default_rng(seed).normal(0, 1.5, canvas.shape)
    soft = cv2.GaussianBlur(canvas, (0, 0), 2.2) + grain
    turn = cv2.getRotationMatrix2D((400, 400), -tilt, side / big)
    turn[0, 2] += side / 2 - 400
    turn[1, 2] += side / 2 - 400
    rgb = cv2.warpAffine(
        np.clip(soft, 0, 255).astype(np.uint8), turn, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    )
    half, mouth = 78 * look.eyes_apart, 390 + 155 * look.mouth_down
    spots = [turn @ (x, y, 1.0) for x, y in ((400 - half, 390), (400 + half, 390), (400, mouth))]
    return Drawn(rgb.astype(np.uint8), *((float(x), float(y)) for x, y in spots))


def _face(canvas: Floats, look: Look) -> None:
    half, mouth = round(78 * look.eyes_apart), round(390 + 155 * look.mouth_down)
    dark = tuple(0.72 * each for each in look.skin)
    for side in (-1, 1):
        x = 400 + side * half
        _oval(canvas, (x, 386), (52, 26), tuple(0.9 * each for each in look.skin))
        _oval(canvas, (x, 390), (38, 16), (240, 236, 232))
        _oval(canvas, (x, 390), (16, 16), look.iris)
        _oval(canvas, (x, 390), (7, 7), (15, 12, 12))
        cv2.ellipse(canvas, (x, 392), (40, 20), 0, 190, 350, (40, 28, 24), 5)
        cv2.ellipse(canvas, (x, 366), (52, 28), 0, 205, 335, look.hair, 13)
        _oval(canvas, (400 + side * 22, 486), (9, 6), tuple(0.5 * each for each in look.skin))
    _polygon(canvas, [(392, 400), (408, 400), (426, 478), (374, 478)], tuple(min(255.0, 1.05 * each) for each in look.skin))
    cv2.ellipse(canvas, (400, 478), (34, 16), 0, 20, 160, dark, 5)
    _oval(canvas, (400, mouth), (58, 20), look.lips)
    cv2.line(canvas, (344, mouth), (456, mouth), tuple(0.45 * each for each in look.lips), 5)
    cv2.ellipse(canvas, (400, 630), (60, 16), 0, 0, 180, dark, 4)


def _oval(canvas: Floats, at: tuple[int, int], axes: tuple[int, int], colour: tuple[float, ...]) -> None:
    cv2.ellipse(canvas, at, axes, 0, 0, 360, colour, -1)


def _polygon(canvas: Floats, points: list[tuple[int, int]], colour: tuple[float, ...]) -> None:
    cv2.fillPoly(canvas, [np.array(points, np.int32)], colour)
