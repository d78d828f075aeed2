"""A garment's category and landmarks as the small net reads them, put right by the outline."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipelines.images import Bytes, Floats
from pipelines.vision.garments.outline import Outline
from pipelines.vision.garments.snap import snapped
from pipelines.vision.people.body import Point

if TYPE_CHECKING:
    from pipelines.draft.nets.garment import GarmentNet, Reading

CLOTHES = ("top", "outerwear", "dress", "bottom")
ACCESSORIES = ("shoes", "bag", "hat")
ACCESSORY = 0.6
"""Odds of an accessory that the user doesn't name, against those among the drawn pictures that the net learned from: a skirt
without a waistband that can be seen has the outline of a bag."""
PAIRED = ("collar", "shoulder", "armpit", "waist", "hem")
ON_TOP = (*(f"{name}_{side}" for name in PAIRED for side in ("left", "right")), "collar_bottom")
ON_BOTTOM = ("waist_left", "waist_right", "hem_left", "hem_right")
LEGS = ("crotch", "leg_left_inner", "leg_right_inner")
CERTAIN = 0.8
"""Probability from which the net's category counts even where its landmarks don't."""
DRESS_LENGTH = 1.95
"""Collar to hem over the width at the armpits that tops and dresses share."""
LENGTH_COUNTS = 30.0
"""Log odds of a dress against a top for each such width that something is longer."""
LIKELY = 0.5
"""Probability from which a landmark that not every garment has is taken to be there."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a garment; landmarks in pixels of the picture."""

    category: str
    landmarks: Mapping[str, Point]
    confidence: float
    """0 to 1: of the landmarks, or of the category where it has none."""
    likely: str | None = None
    """The category where that is more certain than the landmarks are."""


def read_by_net(rgb: Bytes, alpha: Floats, outline: Outline, named: str | None, worn: bool = False) -> Found:
    """Read the garment of float32 alpha (h, w) in uint8 (h, w, 3).

    `named` is its category where the user said so; what was `worn` on a body isn't a shoe, a bag or a hat.
    """
    from pipelines.draft.nets.garment import read

    said = read(_net(), rgb, alpha)
    said = replace(said, category=_by_use(_by_length(said)))
    possible = CLOTHES if worn else tuple(said.category)
    category = named or max(possible, key=lambda name: said.category[name])
    likely = category if said.category[category] > CERTAIN else None
    names = _names(said, category)
    if not names:
        return Found(category, {}, max(said.category[category], LIKELY if named else 0.0), likely)
    rough = {name: Point(said.marks[name].x, said.marks[name].y) for name in names}
    landmarks = snapped(rough, outline, category == "bottom")
    sure = sorted(said.marks[name].sure for name in names)
    weakest = float(np.mean(sure[: max(1, len(sure) // 2)]))
    alike = ("bottom",) if category == "bottom" else CLOTHES[:3]
    fits = sum(said.category[name] for name in alike) / sum(said.category[name] for name in possible)
    fits = LIKELY + (1 - LIKELY) * min(1.0, 3 * fits) if named else fits
    return Found(category, landmarks, weakest * fits * _ordered(landmarks), likely)


@cache
def _net() -> "GarmentNet":
    from pipelines.draft.nets.garment import GarmentNet
    from pipelines.draft.nets.weights import path_of, restored

    return restored(GarmentNet(), path_of("garment"))


def _by_length(said: "Reading") -> Mapping[str, float]:
    """The categories' probabilities, with the share of tops and dresses told by the length too: the net sees that a hem is wide
    and a side is draped better than how long for its width something is.
    """
    marks, (top, dress) = said.marks, (said.category[name] + 1e-6 for name in ("top", "dress"))
    length = sum(marks[f"hem_{side}"].y - marks[f"collar_{side}"].y for side in ("left", "right")) / 2
    width = marks["armpit_right"].x - marks["armpit_left"].x
    if width <= 0:
        return said.category
    odds = float(np.clip(np.log(dress / top) + LENGTH_COUNTS * (length / width - DRESS_LENGTH), -30, 30))
    share = 1 / (1 + np.exp(-odds))
    return {**said.category, "top": float((top + dress) * (1 - share)), "dress": float((top + dress) * share)}


def _by_use(category: Mapping[str, float]) -> Mapping[str, float]:
    """The categories' probabilities among what people bring, most of which are clothes."""
    share = {name: value * (ACCESSORY if name in ACCESSORIES else 1) for name, value in category.items()}
    total = sum(share.values())
    return {name: value / total for name, value in share.items()}


def _names(said: "Reading", category: str) -> tuple[str, ...]:
    """The landmarks that something of this category has, with legs and sleeves where they are seen."""
    if category == "bottom":
        return (*ON_BOTTOM, *LEGS) if _seen(said, LEGS) else ON_BOTTOM
    if category not in CLOTHES:
        return ()
    cuffs = [(f"cuff_{side}_outer", f"cuff_{side}_inner") for side in ("left", "right")]
    sleeved = said.sleeves["none"] < LIKELY
    return (*ON_TOP, *(name for pair in cuffs if sleeved and _seen(said, pair) for name in pair))


def _seen(said: "Reading", names: tuple[str, ...]) -> bool:
    return float(np.mean([said.marks[name].present for name in names])) > LIKELY


def _ordered(landmarks: Mapping[str, Point]) -> float:
    """1 where left is left of right and the hem is below what is above it, else less."""
    faults = sum(landmarks[f"{name}_left"].x >= landmarks[f"{name}_right"].x for name in PAIRED if f"{name}_left" in landmarks)
    for side in ("left", "right"):
        levels = [landmarks.get(f"{name}_{side}") for name in ("shoulder", "armpit", "waist", "hem")]
        faults += sum(upper.y >= lower.y for upper, lower in pairwise(each for each in levels if each))
    return float(0.6**faults)
