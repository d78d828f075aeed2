"""The size at which a model makes a picture, and pictures at exactly a size."""

from collections.abc import Iterator
from math import sqrt

from PIL import Image

from pipelines.diffusion.cards import Card
from pipelines.images import picture, pixels, resized
from pipelines.sizes import Size

RATIO_TOLERANCE = 0.02
"""Most by which the ratio of a native size differs from the task's; the picture is stretched by as much."""
LEAST_SHARE = 0.85
"""Of the card's native pixels; below, detail is given away."""
RATIO_WEIGHT = 4.0
"""Share of the pixels that one unit of stretching is worth: 1 % of stretch costs as much as 4 % of the pixels."""


def native_size(card: Card, size: Size) -> Size:
    """Where the model is at its best for a picture of `size`: its ratio within 2 %, at most `card.native_pixels`.

    Both sides are multiples of `card.multiple`. `size` itself where it is such a size. Native pixels hold for small sizes
    as well, which are made at native size and reduced. Where no multiple meets the ratio, as with extreme ratios on few
    pixels, the one that comes nearest.
    """
    if _is_native(card, size):
        return size
    sizes = list(_candidates(card, size.ratio))
    large = [each for each in sizes if each.pixels >= LEAST_SHARE * card.native_pixels]
    for choice in (large, sizes):
        fitting = [each for each in choice if _stretch(each, size) <= RATIO_TOLERANCE]
        if fitting:
            return min(fitting, key=lambda each: RATIO_WEIGHT * _stretch(each, size) - each.pixels / card.native_pixels)
    return min(sizes, key=lambda each: (_stretch(each, size), -each.pixels))


def fitted(image: Image.Image, size: Size) -> Image.Image:
    """The picture as RGB at exactly `size`, what is transparent on white; stretched where the ratios differ."""
    return picture(resized(pixels(image), size))


def _is_native(card: Card, size: Size) -> bool:
    whole = size.width % card.multiple == 0 and size.height % card.multiple == 0
    return whole and LEAST_SHARE * card.native_pixels <= size.pixels <= card.native_pixels


def _candidates(card: Card, ratio: float) -> Iterator[Size]:
    """For each possible shorter side the two longer sides next to the ratio."""
    step = card.multiple
    long_ratio = max(ratio, 1 / ratio)
    last = max(1, int(sqrt(card.native_pixels / long_ratio) / step) + 1)
    for count in range(1, last + 1):
        short = count * step
        for extra in (0, 1):
            long = max(step, (int(short * long_ratio / step) + extra) * step)
            if short * long <= max(card.native_pixels, step * step):
                yield Size(long, short) if ratio >= 1 else Size(short, long)


def _stretch(made: Size, size: Size) -> float:
    return max(made.ratio / size.ratio, size.ratio / made.ratio) - 1
