"""Landmarks that a person put right by hand; they win over what was found."""

from collections.abc import Mapping
from dataclasses import replace

from pipelines.vision.garments.garment import LONG_SLEEVE, Category, Garment, Sleeves
from pipelines.vision.people.body import Point

_OF_BOTTOMS = {"crotch", "leg_left_inner", "leg_right_inner"}
_OF_TOPS = ("collar", "shoulder", "armpit", "cuff")


def corrected(garment: Garment, given: Mapping[str, Point]) -> Garment:
    """`garment` with landmarks of `given`, in pixels of its picture, in place of its own.

    Where the outline was taken for something that has no landmarks, the names of the points say what it is. Confidence
    rises with the share of landmarks that were given.
    """
    if not given:
        return garment
    marks = {**garment.landmarks, **given}
    category = garment.category
    if not garment.landmarks:
        category = _category(given) or category
    share = len(given) / len(marks)
    confidence = garment.confidence + (1 - garment.confidence) * share
    return replace(garment, landmarks=marks, category=category, sleeves=_sleeves(garment, marks), confidence=confidence)


def _category(given: Mapping[str, Point]) -> Category | None:
    if _OF_BOTTOMS & given.keys():
        return "bottom"
    return "top" if any(name.startswith(_OF_TOPS) for name in given) else None


def _sleeves(garment: Garment, marks: Mapping[str, Point]) -> Sleeves:
    """As before, unless corrected cuffs make them longer or shorter."""
    lengths = [_length(marks, side) for side in ("left", "right")]
    seen = [each for each in lengths if each is not None]
    if not seen or not {"armpit_left", "armpit_right"} <= marks.keys():
        return garment.sleeves
    width = abs(marks["armpit_right"].x - marks["armpit_left"].x)
    return "long" if max(seen) > LONG_SLEEVE * width else "short"


def _length(marks: Mapping[str, Point], side: str) -> float | None:
    names = [f"cuff_{side}_outer", f"cuff_{side}_inner", f"shoulder_{side}", f"armpit_{side}"]
    if not set(names) <= marks.keys():
        return None
    outer, inner, seam, armpit = (marks[name] for name in names)
    across, down = (outer.x + inner.x - seam.x - armpit.x) / 2, (outer.y + inner.y - seam.y - armpit.y) / 2
    return float((across**2 + down**2) ** 0.5)
