"""Drawn shoes, hats and bags, for the tests of placing them."""

import cv2
import numpy as np
from PIL import Image

from tests.pipelines.wardrobe import Corners, drawn

SNEAKER: Corners = [(20, 40), (36, 18), (84, 14), (96, 40), (150, 70), (214, 84), (236, 108), (232, 126), (16, 126)]
SOLE: Corners = [(12, 118), (238, 118), (238, 138), (20, 138)]
CROWN: Corners = [(90, 130), (98, 60), (130, 34), (160, 44), (190, 34), (222, 60), (230, 130)]


def product(cover: np.ndarray, colour: tuple[int, int, int], dark: np.ndarray | None = None) -> Image.Image:
    """A cut-out with light from above: RGBA of float (h, w) in [0, 1]; `dark` is painted in a deeper tone."""
    height = cover.shape[0]
    paint = np.broadcast_to(np.array(colour, np.float32), (*cover.shape, 3)).copy()
    paint *= np.linspace(1.1, 0.8, height, dtype=np.float32)[:, None, None]
    if dark is not None:
        paint *= (1 - 0.55 * dark)[..., None]
    return Image.fromarray(np.dstack([np.clip(paint, 0, 255), cover * 255]).round().astype(np.uint8))


def sneaker(facing: str = "right", colour: tuple[int, int, int] = (210, 60, 50)) -> Image.Image:
    """One shoe from the side."""
    cover, sole = drawn((256, 160), [SNEAKER, SOLE]), drawn((256, 160), [SOLE])
    shoe = product(cover, colour, sole)
    return shoe if facing == "right" else shoe.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def pair(colour: tuple[int, int, int] = (210, 60, 50)) -> Image.Image:
    """Two shoes from the side, one above the other's toe, toes to the right."""
    one, canvas = sneaker(colour=colour), Image.new("RGBA", (540, 180))
    canvas.paste(one, (4, 4))
    canvas.paste(one, (276, 16))
    return canvas


def front_shoe(colour: tuple[int, int, int] = (40, 60, 150)) -> Image.Image:
    """One shoe from the front."""
    return product(drawn((120, 160), [[(34, 16), (86, 16), (104, 110), (98, 148), (22, 148), (16, 110)]]), colour)


def fedora(colour: tuple[int, int, int] = (120, 80, 50)) -> Image.Image:
    """A hat with a brim."""
    cover = drawn((320, 190), [CROWN])
    brim = np.zeros((190 * 2, 320 * 2), np.uint8)
    cv2.ellipse(brim, (320, 270), (290, 52), 0, 0, 360, 255, -1)
    band = drawn((320, 190), [[(92, 104), (228, 104), (230, 130), (90, 130)]])
    return product(np.maximum(cover, cv2.resize(brim, (320, 190), interpolation=cv2.INTER_AREA) / 255), colour, band)


def beanie(colour: tuple[int, int, int] = (60, 120, 90)) -> Image.Image:
    """A hat without a brim."""
    dome = np.zeros((400, 400), np.uint8)
    cv2.ellipse(dome, (200, 250), (150, 200), 0, 180, 360, 255, -1)
    dome[250:330, 46:354] = 255
    cover = cv2.resize(dome, (200, 200), interpolation=cv2.INTER_AREA) / np.float32(255)
    return product(cover, colour)


def tote(handle: int = 60, colour: tuple[int, int, int] = (160, 110, 60)) -> Image.Image:
    """A bag whose handle stands so many pixels above its body, which is 150 high."""
    height = handle + 170
    canvas = np.zeros((height * 2, 440), np.uint8)
    cv2.rectangle(canvas, (40, (handle + 10) * 2), (400, (handle + 160) * 2), 255, -1)
    cv2.ellipse(canvas, (220, (handle + 12) * 2), (90, handle * 2), 0, 180, 360, 255, 14)
    return product(cv2.resize(canvas, (220, height), interpolation=cv2.INTER_AREA) / np.float32(255), colour)
