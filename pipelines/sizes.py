"""Resolution tiers, aspect ratios and output sizes in pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import sqrt

AREA_TOLERANCE = 0.03
RATIO_TOLERANCE = 0.01
MAX_RATIO = 6.0
"""Longest side over shortest that a size can be found for within the tolerances."""


class Tier(StrEnum):
    """Resolution tier; its pixel count is the square of 1024, 2048 or 4096."""

    K1 = "1k"
    K2 = "2k"
    K4 = "4k"

    @property
    def pixels(self) -> int:
        return {"1k": 1024**2, "2k": 2048**2, "4k": 4096**2}[self.value]


class Mode(StrEnum):
    """Generation mode: how much effort goes into one output."""

    FAST = "fast"
    BALANCED = "balanced"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def ratio(self) -> float:
        return self.width / self.height

    def __str__(self) -> str:
        return f"{self.width} x {self.height}"


ASPECT_RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")


def ratio_of(text: str) -> Fraction:
    """`"4:5"` as a fraction; ValueError where the text is no ratio of two positive integers."""
    width, _, height = text.partition(":")
    try:
        value = Fraction(int(width), int(height))
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{text!r} is no aspect ratio; write it like 4:5") from error
    if value <= 0:
        raise ValueError(f"{text!r} is no aspect ratio; both sides are positive")
    return value


def nearest_tier(pixels: int) -> Tier:
    """The tier whose pixel count is nearest in absolute difference; the lower one on a tie."""
    return min(Tier, key=lambda tier: abs(tier.pixels - pixels))


def size_for(tier: Tier, ratio: float | Fraction) -> Size:
    """The size with the tier's area within 3 % and the ratio within 1 %.

    Both sides are multiples of 16, of 8 where 16 can't meet the tolerances. Among the sizes that do, the one with the
    smallest ratio error, then the smallest area error. ValueError for a ratio beyond 6:1 either way.
    """
    wanted = float(ratio)
    if not 1 / MAX_RATIO <= wanted <= MAX_RATIO:
        raise ValueError(f"a ratio of {wanted:.3g}:1 is beyond {MAX_RATIO:.0f}:1")
    for step in (16, 8):
        fitting = [each for each in _candidates(tier.pixels, wanted, step) if _fits(each, tier.pixels, wanted)]
        if fitting:
            return min(fitting, key=lambda size: _errors(size, tier.pixels, wanted))
    raise ValueError(f"no size of {tier.value} has the ratio {wanted:.3g}:1")


def _candidates(pixels: int, ratio: float, step: int) -> Iterator[Size]:
    ideal = sqrt(pixels / ratio)
    reach = int(ideal * AREA_TOLERANCE / step) + 2
    middle = round(ideal / step)
    for rows in range(max(1, middle - reach), middle + reach + 1):
        height = rows * step
        yield Size(max(step, round(height * ratio / step) * step), height)


def _errors(size: Size, pixels: int, ratio: float) -> tuple[float, float]:
    return abs(size.ratio / ratio - 1), abs(size.pixels / pixels - 1)


def _fits(size: Size, pixels: int, ratio: float) -> bool:
    ratio_error, area_error = _errors(size, pixels, ratio)
    return ratio_error <= RATIO_TOLERANCE and area_error <= AREA_TOLERANCE
