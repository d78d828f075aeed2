"""Pictures as Pillow images and as arrays, and how to get from one to the other.

Arrays of pixels are numpy, height first: uint8 (h, w, 3) in sRGB, or float32 (h, w, 3) in [0, 1], sRGB unless a name says
linear. An alpha is float32 (h, w) in [0, 1].
"""

from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipelines.sizes import Size

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Values = TypeVar("Values", Bytes, Floats)


def size_of(image: Image.Image) -> Size:
    """The picture's width and height."""
    return Size(image.width, image.height)


def pixels(image: Image.Image, background: tuple[int, int, int] = (255, 255, 255)) -> Bytes:
    """uint8 (h, w, 3); what is transparent shows `background`."""
    if image.mode == "RGBA":
        canvas = Image.new("RGBA", image.size, (*background, 255))
        canvas.alpha_composite(image)
        image = canvas
    return np.asarray(image.convert("RGB"))


def alpha_of(image: Image.Image) -> Floats | None:
    """float32 (h, w) in [0, 1], or None where the picture has no transparency."""
    if image.mode != "RGBA":
        return None
    alpha = np.asarray(image.getchannel("A"))
    return None if alpha.min() == 255 else (alpha / np.float32(255)).astype(np.float32)


def to_float(values: Bytes) -> Floats:
    """uint8 to float32 in [0, 1]."""
    return cast(Floats, values.astype(np.float32) / np.float32(255))


def to_bytes(values: Floats) -> Bytes:
    """float32 in [0, 1], clipped and rounded, to uint8."""
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


def picture(values: Floats | Bytes, alpha: Floats | None = None) -> Image.Image:
    """An RGB image, RGBA with an alpha, of (h, w, 3) uint8 or float32 in [0, 1]."""
    colour = values if values.dtype == np.uint8 else to_bytes(cast(Floats, values))
    if alpha is None:
        return Image.fromarray(np.ascontiguousarray(colour))
    return Image.fromarray(np.dstack([colour, to_bytes(alpha)]))


def resized(values: Values, size: Size) -> Values:
    """Area average when shrinking, bicubic when growing; same dtype, uint8 or float32."""
    height, width = values.shape[:2]
    if (width, height) == (size.width, size.height):
        return values
    smaller = size.width * size.height < width * height
    kernel = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cast(Values, cv2.resize(values, (size.width, size.height), interpolation=kernel))


def composite(foreground: Floats, alpha: Floats, background: Floats) -> Floats:
    """`foreground` over `background` by `alpha`; all float32 of one size."""
    return cast(Floats, background + (foreground - background) * alpha[..., None])


def linear(values: Floats) -> Floats:
    """sRGB in [0, 1] to linear light. IEC 61966-2-1."""
    low = values / 12.92
    high = ((values + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, low, high).astype(np.float32)


def srgb(values: Floats) -> Floats:
    """Linear light in [0, 1] to sRGB. IEC 61966-2-1."""
    clipped = np.clip(values, 0, None)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055).astype(np.float32)


def blurred(values: Floats, sigma: float) -> Floats:
    """Gaussian blur of float32 (h, w) or (h, w, c) at a cost that doesn't grow with `sigma`: wide ones are made smaller."""
    if sigma < 0.3:
        return values
    factor = max(1, int(sigma / 3))
    if factor == 1:
        return cast(Floats, cv2.GaussianBlur(values, (0, 0), sigma))
    height, width = values.shape[:2]
    small = cv2.resize(values, (max(2, width // factor), max(2, height // factor)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / factor)
    return cast(Floats, cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR))
