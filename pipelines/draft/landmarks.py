"""Landmarks of a garment on its picture, for a person to look over and drag before a Try-On."""

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from pipelines.errors import GarmentNotFound, SubjectNotFound
from pipelines.images import pixels
from pipelines.sizes import Mode
from pipelines.tasks import Landmark
from pipelines.vision.garments.garment import Category, Garment, read_garment
from pipelines.vision.mattes.matting import matte_of
from pipelines.vision.people.body import Point

ROUND = 5
"""Digits of a relative coordinate."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a product picture shows."""

    category: Category
    confidence: float
    """0 to 1; below 0.5 the points are a guess."""
    points: Mapping[str, tuple[float, float]]
    """Name to x, y in 0..1 of the picture's width and height; empty for what has no landmarks: shoes, hats and bags."""


def find_landmarks(image: Image.Image, prompt: str = "", mode: Mode = Mode.FAST) -> Found:
    """Category and landmarks of the garment in `image`; `prompt` may name it. Raises `GarmentNotFound` with advice."""
    garment = cut_out(image, prompt, mode)
    return Found(garment.category, garment.confidence, relative(garment.landmarks, image.width, image.height))


def cut_out(image: Image.Image, prompt: str, mode: Mode) -> Garment:
    """The garment in a picture. Raises `GarmentNotFound` with advice."""
    try:
        matte = matte_of(image, mode)
    except SubjectNotFound as error:
        raise GarmentNotFound(f"the product can't be told from its background: {error}") from error
    return read_garment(pixels(image), matte, prompt, mode)


def relative(points: Mapping[str, Point], width: int, height: int) -> Mapping[str, tuple[float, float]]:
    """Pixels to shares of a picture's sides, held within it."""
    return {name: (_share(at.x, width), _share(at.y, height)) for name, at in points.items()}


def absolute(points: Mapping[Landmark, tuple[float, float]], width: int, height: int) -> Mapping[str, Point]:
    """Shares of a picture's sides to pixels."""
    return {name: Point(x * width, y * height) for name, (x, y) in points.items()}


def _share(value: float, side: int) -> float:
    return round(min(1.0, max(0.0, value / side)), ROUND)
