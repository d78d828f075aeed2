"""Made pictures with known faults: what models do to what they should leave alone, planted into rendered scenes."""

from functools import cache

import cv2
import numpy as np
from scipy import ndimage

from pipelines.diffusion.recipes.registration import Motion
from pipelines.images import Floats, Mask
from pipelines.sizes import Size
from pipelines.vision.rendering.scenes import render_scene

SIZE = Size(320, 480)
TINT = np.array([1.02, 1.0, 0.92], np.float32)
"""Yellow, as FLUX.2 klein's."""


@cache
def scene(seed: int = 3) -> Floats:
    """A person in a studio, float32 (480, 320, 3)."""
    picture = render_scene(seed, SIZE, oversample=1).person
    picture.setflags(write=False)
    return picture


def moved(picture: Floats, motion: Motion) -> Floats:
    """The picture as a model that moves by `motion` gives it back. By splines of order 5: not what is tested."""
    height, width = picture.shape[:2]
    matrix = motion.matrix(Size(width, height))
    zoom = (1 / matrix[1, 1], 1 / matrix[0, 0])
    offset = (-matrix[1, 2] / matrix[1, 1], -matrix[0, 2] / matrix[0, 0])
    planes = [ndimage.affine_transform(picture[..., c], zoom, offset, order=5, mode="mirror") for c in range(3)]
    return np.clip(np.dstack(planes), 0, 1).astype(np.float32)


def softened(picture: Floats, seed: int = 0) -> Floats:
    """Without the finest texture, and with a little noise, as after an autoencoder."""
    soft = cv2.GaussianBlur(cv2.bilateralFilter(picture, 5, 0.05, 1.5), (0, 0), 0.7)
    noise = np.random.default_rng(seed).normal(0, 0.004, picture.shape)
    return np.clip(soft + noise, 0, 1).astype(np.float32)


def tinted(picture: Floats) -> Floats:
    """Yellowish."""
    return np.clip(picture * TINT + np.float32(0.008), 0, 1)


def spot(x: float = 0.5, y: float = 0.42, across: float = 0.14, down: float = 0.09) -> Mask:
    """bool (480, 320): an ellipse, in shares of the width and the height."""
    rows, columns = np.mgrid[0 : SIZE.height, 0 : SIZE.width]
    return ((columns / SIZE.width - x) / across) ** 2 + ((rows / SIZE.height - y) / down) ** 2 < 1


def edited(picture: Floats, where: Mask) -> Floats:
    """With striped cloth where it is to be changed."""
    stripes = np.where((np.arange(picture.shape[0]) // 12 % 2)[:, None, None], (0.12, 0.45, 0.30), (0.85, 0.35, 0.60))
    return np.where(where[..., None], np.broadcast_to(stripes, picture.shape), picture).astype(np.float32)
