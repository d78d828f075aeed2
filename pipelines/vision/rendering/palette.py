"""Colours of people: skin, hair, eyes and lips, and which of them go together. sRGB in [0, 1]."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Colour = tuple[float, float, float]

SKINS: Mapping[str, Colour] = {
    "porcelain": (0.970, 0.855, 0.795), "fair": (0.955, 0.825, 0.755), "light": (0.925, 0.765, 0.670), "beige": (0.885, 0.710, 0.590),
    "olive": (0.815, 0.640, 0.500), "tan": (0.795, 0.595, 0.460), "caramel": (0.715, 0.500, 0.365), "brown": (0.600, 0.410, 0.300),
    "deep": (0.470, 0.315, 0.235), "espresso": (0.345, 0.225, 0.170),
}  # fmt: skip
"""From light to dark."""
HAIRS: Mapping[str, Colour] = {
    "platinum": (0.905, 0.850, 0.740), "blond": (0.800, 0.640, 0.420), "honey": (0.660, 0.470, 0.275), "strawberry": (0.760, 0.480, 0.310),
    "auburn": (0.430, 0.185, 0.115), "red": (0.620, 0.255, 0.125), "chestnut": (0.360, 0.205, 0.125), "brown": (0.275, 0.175, 0.115),
    "dark brown": (0.180, 0.120, 0.090), "black": (0.120, 0.102, 0.098), "grey": (0.600, 0.595, 0.590), "silver": (0.790, 0.785, 0.780),
    "white": (0.920, 0.910, 0.895),
}  # fmt: skip
EYES: Mapping[str, Colour] = {
    "blue": (0.350, 0.530, 0.700), "green": (0.370, 0.520, 0.370), "hazel": (0.500, 0.400, 0.220), "grey": (0.480, 0.540, 0.580),
    "amber": (0.620, 0.420, 0.180), "brown": (0.360, 0.220, 0.130), "dark brown": (0.210, 0.130, 0.090),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Complexion:
    """Colours that are found together."""

    skin: Colour
    hair: Colour
    eyes: Colour


@dataclass(frozen=True, slots=True)
class Region:
    """What is usual in a part of the world: names of skins, hairs and eyes, most frequent first."""

    skins: tuple[str, ...]
    hairs: tuple[str, ...]
    eyes: tuple[str, ...]


_DARK = ("black", "dark brown", "black")
REGIONS: Mapping[str, Region] = {
    "northern": Region(("porcelain", "fair"), ("blond", "honey", "strawberry", "brown"), ("blue", "grey", "green")),
    "european": Region(("fair", "light"), ("brown", "chestnut", "dark brown", "honey"), ("hazel", "brown", "blue", "green")),
    "mediterranean": Region(("light", "beige", "olive"), ("dark brown", "chestnut", "black"), ("brown", "hazel", "dark brown")),
    "middle eastern": Region(("beige", "olive"), ("dark brown", "black"), ("brown", "dark brown", "hazel")),
    "latin": Region(("beige", "olive", "tan"), ("dark brown", "black", "chestnut"), ("brown", "dark brown")),
    "east asian": Region(("fair", "light"), _DARK, ("dark brown", "brown")),
    "southeast asian": Region(("beige", "tan"), _DARK, ("dark brown", "brown")),
    "south asian": Region(("tan", "caramel", "brown"), _DARK, ("dark brown", "brown")),
    "african": Region(("brown", "deep", "espresso"), ("black",), ("dark brown",)),
}


def complexion(rng: np.random.Generator) -> Complexion:
    """Of anybody in the world, by three draws."""
    names = tuple(REGIONS)
    return complexion_of(names[int(rng.integers(len(names)))], rng.random(), rng.random())


def complexion_of(region: str, one: float, other: float) -> Complexion:
    """One of a region by two numbers in [0, 1)."""
    own = REGIONS[region]

    def pick(names: tuple[str, ...], at: float) -> str:
        return names[int(at * len(names))]

    return Complexion(SKINS[pick(own.skins, one)], HAIRS[pick(own.hairs, other)], EYES[pick(own.eyes, (one * 7 + other * 3) % 1)])


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """`share` of the way from one colour to the other."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def lips_of(skin: Colour, makeup: float) -> Colour:
    """The colour of lips on a skin; rosier with makeup."""
    red, green, blue = skin
    bare = (red * 0.90, green * 0.70, blue * 0.70)
    painted = (0.25 + red * 0.50, 0.03 + green * 0.36, 0.07 + blue * 0.40)
    return mixed(bare, painted, makeup)


def luminance(colour: Colour) -> float:
    """Rec. 709 luma of an sRGB colour."""
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
