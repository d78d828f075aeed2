"""How a sharp picture becomes the one that people have: made smaller, blurred, noisy, stored as JPEG."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from pipelines.images import Floats, to_bytes, to_float

Degradation = Callable[[Floats], Floats]


def half_bicubic(sharp: Floats) -> Floats:
    """Half the size by Pillow's antialiased bicubic, 8 bits a channel; both sides even."""
    return _halved(sharp, Image.Resampling.BICUBIC)


def half_area(sharp: Floats) -> Floats:
    """Half the size by averages of 2 x 2 pixels, 8 bits a channel; both sides even."""
    return _halved(sharp, Image.Resampling.BOX)


def half_gaussian(sharp: Floats, sigma: float = 1.2) -> Floats:
    """Blurred by `sigma` pixels, then half the size by averages, as an optical blur before a coarser sensor."""
    return half_area(cv2.GaussianBlur(sharp, (0, 0), sigma).astype(np.float32))


def jpeg(picture: Floats, quality: int, subsampling: bool = True) -> Floats:
    """Through JPEG and back; `subsampling` stores colour at half the size (4:2:0)."""
    factor = cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420 if subsampling else cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444
    _, stored = cv2.imencode(
        ".jpg", to_bytes(picture)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, factor]
    )
    opened = np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR), np.uint8)
    return to_float(np.ascontiguousarray(opened[..., ::-1]))


def noisy(picture: Floats, generator: Generator, deviation: float) -> Floats:
    """With Gaussian noise of `deviation`, in the same range as the picture."""
    return np.clip(picture + generator.normal(0, deviation, picture.shape), 0, 1).astype(np.float32)


def chance_half(sharp: Floats, generator: Generator) -> Floats:
    """Half the size by one of the ways in which pictures become small, at times noisy or stored as JPEG."""
    way = generator.random()
    if way < 0.47:
        small = half_bicubic(sharp)
    elif way < 0.75:
        small = half_area(sharp)
    elif way < 0.82:
        small = _halved(sharp, Image.Resampling.LANCZOS)
    else:
        small = half_gaussian(sharp, generator.uniform(0.4, 1.3))
    if generator.random() < 0.12:
        small = noisy(small, generator, generator.uniform(0, 0.012))
    if generator.random() < 0.33:
        small = jpeg(small, int(generator.integers(50, 98)), generator.random() < 0.7)
    return small


def _halved(sharp: Floats, kernel: Image.Resampling) -> Floats:
    height, width = sharp.shape[:2]
    return to_float(np.asarray(Image.fromarray(to_bytes(sharp)).resize((width // 2, height // 2), kernel)))
