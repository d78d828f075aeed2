"""Reference pictures as models take them, and collages where there are more of them than a model takes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import sqrt

from PIL import Image

from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.native import fitted
from pipelines.errors import PictureUnsuitable
from pipelines.images import alpha_of, size_of
from pipelines.sizes import Size

LEAST_SIDE = 64
"""Pixels. FLUX.2 refuses less, and nothing can be seen on it."""
MOST_RATIO = 8.0
"""Longer side over the shorter; FLUX.2 refuses more."""
WHITE = (255, 255, 255)
GAP = 0.04
"""White between two pictures of a collage, in heights of a row or widths of a column."""
COLLAGE_RATIO = 4.0
"""Most ratio of a collage; longer ones get white at their long sides."""

ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where an original is to be found."""

    number: int
    """Of the reference picture that it is, or is a part of; counted from 1."""
    part: str = ""
    """`left half`, `middle third`, `second part from the top` and the like; empty where it has the picture to itself."""
    box: Box | None = None
    """Where in that picture; None where it has the picture to itself."""


@dataclass(frozen=True, slots=True)
class Collage:
    """References that a model takes, and where in them each original is."""

    pictures: tuple[Image.Image, ...]
    places: tuple[Place, ...]
    """One for each original, in their order."""

    @property
    def combined(self) -> int:
        """Originals that share a picture with another."""
        return sum(place.box is not None for place in self.places)


def reference(image: Image.Image, field: str, card: Card) -> Image.Image:
    """RGB, what is transparent on white, at most `card.reference_pixels`, its ratio kept to within a pixel.

    Raises PictureUnsuitable as `checked` does.
    """
    return fitted(checked(image, field), _within(size_of(image), card.reference_pixels))


def checked(image: Image.Image, field: str) -> Image.Image:
    """The picture itself, where a model can use it.

    Raises PictureUnsuitable naming `field` for less than 64 pixels a side, a ratio beyond 8:1, and nothing but
    transparency.
    """
    size = size_of(image)
    if min(size.width, size.height) < LEAST_SIDE:
        raise PictureUnsuitable(f"{field} is {size} pixels; it needs at least {LEAST_SIDE} a side. Use a larger picture.")
    if max(size.ratio, 1 / size.ratio) > MOST_RATIO:
        raise PictureUnsuitable(f"{field} is {size} pixels, longer than {MOST_RATIO:.0f}:1. Crop it to what it shows.")
    alpha = alpha_of(image)
    if alpha is not None and not alpha.any():
        raise PictureUnsuitable(f"{field} is fully transparent. Use a picture with something on it.")
    return image


def collaged(images: Sequence[Image.Image], most: int, pixels: int) -> Collage:
    """At most `most` pictures that hold all of `images`, RGB, in their order; none cropped, none stretched.

    Where there are too many, they are shared out as evenly as can be, the later ones first, so that the first keep a
    picture to themselves as long as possible. Those that share one lie side by side or one below the other, whichever
    shows the smallest of them larger and is less elongated, on white with a gap, within `pixels`. ValueError where `most` is below 1.
    """
    if most < 1:
        raise ValueError(f"a collage of at most {most} pictures")
    pictures: list[Image.Image] = []
    places: list[Place] = []
    for number, group in enumerate(_groups(images, most), 1):
        if len(group) == 1:
            pictures.append(group[0])
            places.append(Place(number))
        else:
            sheet = _sheet(group, pixels)
            pictures.append(_pasted(group, sheet))
            places += [Place(number, part, box) for part, box in zip(_parts(sheet), sheet.boxes, strict=True)]
    return Collage(tuple(pictures), tuple(places))


def collage_note(card: Card, collage: Collage) -> tuple[str, ...]:
    """What a person should know of a collage; nothing where each reference has a picture to itself."""
    if not collage.combined:
        return ()
    taken = "1 reference picture" if len(collage.pictures) == 1 else f"{len(collage.pictures)} reference pictures"
    shared = f"{collage.combined} of the {len(collage.places)} references share one with others and are seen smaller"
    return (f"{card.title} takes {taken}, so {shared}.",)


def _within(size: Size, most: int) -> Size:
    scale = sqrt(most / size.pixels)
    if scale >= 1:
        return size
    return Size(max(1, int(size.width * scale)), max(1, int(size.height * scale)))


def _groups(images: Sequence[Image.Image], most: int) -> list[Sequence[Image.Image]]:
    """Consecutive images, in at most `most` groups of nearly one size, the larger groups last."""
    count = min(most, len(images))
    if count == 0:
        return []
    least, larger = divmod(len(images), count)
    edges = [0, *accumulate(least + (index >= count - larger) for index in range(count))]
    return [images[start:end] for start, end in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Layout of a collage."""

    size: Size
    boxes: tuple[Box, ...]
    beside: bool
    """Side by side; else one below the other."""

    @property
    def smallest(self) -> int:
        return min(box.width * box.height for box in self.boxes)

    @property
    def elongation(self) -> float:
        return max(self.size.ratio, 1 / self.size.ratio)


def _sheet(group: Sequence[Image.Image], pixels: int) -> _Sheet:
    sizes = [size_of(each) for each in group]
    row = _row(sizes, pixels)
    column = _turned(_row([Size(each.height, each.width) for each in sizes], pixels))
    return max(row, column, key=lambda sheet: (sheet.smallest, -sheet.elongation))


def _row(sizes: Sequence[Size], pixels: int) -> _Sheet:
    """Side by side at one height, no higher than the highest of them, within `pixels`."""
    widths = sum(each.ratio for each in sizes) + GAP * (len(sizes) - 1)
    padded = max(1.0, widths / COLLAGE_RATIO)
    height = min(max(each.height for each in sizes), int(sqrt(pixels / (widths * padded))))
    gap, left, boxes = round(GAP * height), 0, []
    whole = Size(sum(int(height * each.ratio) for each in sizes) + gap * (len(sizes) - 1), int(height * padded))
    for each in sizes:
        width = max(1, int(height * each.ratio))
        boxes.append(Box(left, (whole.height - height) // 2, width, height))
        left += width + gap
    return _Sheet(Size(left - gap, whole.height), tuple(boxes), beside=True)


def _turned(sheet: _Sheet) -> _Sheet:
    boxes = tuple(Box(each.top, each.left, each.height, each.width) for each in sheet.boxes)
    return _Sheet(Size(sheet.size.height, sheet.size.width), boxes, beside=False)


def _pasted(group: Sequence[Image.Image], sheet: _Sheet) -> Image.Image:
    canvas = Image.new("RGB", (sheet.size.width, sheet.size.height), WHITE)
    for each, box in zip(group, sheet.boxes, strict=True):
        canvas.paste(fitted(each, Size(box.width, box.height)), (box.left, box.top))
    return canvas


def _parts(sheet: _Sheet) -> tuple[str, ...]:
    count = len(sheet.boxes)
    first, last = ("left", "right") if sheet.beside else ("upper", "lower")
    if count == 2:
        return (f"{first} half", f"{last} half")
    if count == 3:
        return (f"{first} third", "middle third", f"{last} third")
    return tuple(f"{ORDINALS[index]} part from the {first.replace('upper', 'top')}" for index in range(count))
