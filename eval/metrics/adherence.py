"""Whether the colours that a prompt names are there: of skin, hair, background and garment."""

from collections.abc import Callable, Mapping

import numpy as np

from eval.errors import Unscored
from eval.metrics.delta_e import LARGEST, METHOD, delta_e_2000, median_colour
from eval.metrics.metric import Metric, Sample
from eval.metrics.person import CLOTHES, READER, need_body, need_face
from pipelines.images import Bytes, Mask
from pipelines.vision.faces import Face

Colour = tuple[int, int, int]
SKINS: Mapping[str, Colour] = {
    "fair": (243, 210, 193), "light": (232, 190, 166), "tan": (205, 154, 122), "brown": (150, 103, 77), "dark": (98, 65, 50),
}  # fmt: skip
HAIRS: Mapping[str, Colour] = {
    "blond": (184, 143, 87), "red": (128, 56, 28), "brown": (64, 41, 26), "black": (18, 15, 15), "grey": (140, 140, 140),
}  # fmt: skip
COLOURS: Mapping[str, Colour] = {
    "white": (244, 244, 244), "grey": (160, 160, 160), "black": (30, 30, 30), "beige": (222, 207, 184), "brown": (110, 75, 52),
    "red": (184, 56, 51), "orange": (225, 130, 50), "yellow": (240, 210, 90), "olive": (128, 130, 92), "green": (70, 130, 80),
    "teal": (69, 128, 130), "blue": (60, 100, 175), "navy": (41, 51, 82), "purple": (115, 75, 150), "pink": (235, 170, 185),
}  # fmt: skip
"""What the words mean, sRGB."""
BORDER = 0.06
"""Width of the edge in which the background is looked at, in shares of the shorter side."""
DOWN_TO = 0.6
"""Share of the height down to which the edge is looked at: lower, legs and the floor begin."""
LEAST = 0.02
"""Share of the picture from which a garment counts."""


def colour_from(part: Bytes, wanted: Colour) -> float:
    """ΔE2000 from the median of some colours, uint8 (..., 3), to the one that is meant; not a number of none.

    >>> colour_from(np.array([[41, 51, 82]], np.uint8), COLOURS["navy"])
    0.0
    """
    if not part.size:
        return float("nan")
    return float(delta_e_2000(median_colour(part.reshape(-1, 3))[None], np.array([wanted], np.uint8))[0])


def cheeks(face: Face) -> tuple[slice, slice]:
    """Skin between eyes and mouth."""
    half = face.side * 0.22
    top = face.y + face.side * 0.02
    return slice(int(top), int(top + face.side * 0.16)), slice(int(face.x - half), int(face.x + half))


def crown(made: Bytes, face: Face) -> tuple[slice, slice]:
    """A patch of hair: between the face's box and the uppermost row that isn't background."""
    column = made[: int(face.y), int(face.x)].astype(np.int16)
    differs = np.flatnonzero(np.abs(column - column[0]).max(axis=1) > 40)
    top = int(differs[0]) if differs.size else int(face.y - 0.7 * face.side)
    half = face.side * 0.12
    return slice(top + 3, top + 3 + max(3, int(0.09 * face.side))), slice(int(face.x - half), int(face.x + half))


def border(height: int, width: int) -> Mask:
    """(h, w): the upper edge and the upper part of both sides."""
    wide, mask = max(1, round(BORDER * min(height, width))), np.zeros((height, width), np.bool_)
    upper = mask[: max(wide, round(DOWN_TO * height))]
    upper[:wide], upper[:, :wide], upper[:, -wide:] = True, True, True
    return mask


def _skin(sample: Sample, wanted: Colour) -> float:
    return colour_from(sample.shown[cheeks(need_face(sample))], wanted)


def _hair(sample: Sample, wanted: Colour) -> float:
    return colour_from(sample.shown[crown(sample.shown, need_face(sample))], wanted)


def _background(sample: Sample, wanted: Colour) -> float:
    return colour_from(sample.shown[border(*sample.shown.shape[:2])], wanted)


def _garment(sample: Sample, wanted: Colour) -> float:
    """Of the region where the truth marks one, else of the worn piece that comes nearest."""
    if sample.truth.region is not None:
        return colour_from(sample.shown[sample.truth.region], wanted)
    parts = need_body(sample).parts
    pieces = [sample.shown[parts == part] for part in CLOTHES if (parts == part).mean() > LEAST]
    if not pieces:
        raise Unscored("nobody who wears clothes is found in the output")
    return min(colour_from(each, wanted) for each in pieces)


def _said(word: str, vocabulary: Mapping[str, Colour], found: Callable[[Sample, Colour], float]) -> Callable[[Sample], float]:
    def measure(sample: Sample) -> float:
        said = (sample.truth.words or {}).get(word, "")
        if said not in vocabulary:
            raise Unscored(f"{word} {said!r} can't be checked; these can: {', '.join(vocabulary)}")
        return found(sample, vocabulary[said])

    return measure


def _declared(
    word: str, title: str, vocabulary: Mapping[str, Colour], found: Callable[[Sample, Colour], float], where: str
) -> Metric:
    return Metric(
        name=f"{word}_asked",
        title=title,
        group="prompt",
        better="lower",
        range=(0.0, LARGEST),
        needs=frozenset({f"words.{word}"}),
        measure=_said(word, vocabulary, found),
        margin=1.0,
        source="Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula; to the colour that the word stands for",
        method=METHOD | READER | {"where": where, "words": ", ".join(f"{name} {rgb}" for name, rgb in vocabulary.items())},
        libraries=("numpy", "opencv-python-headless", "scikit-image", "torch"),
        digits=2,
    )


SKIN = _declared("skin", "ΔE2000 from the skin asked for", SKINS, _skin, "cheeks")
HAIR = _declared("hair", "ΔE2000 from the hair asked for", HAIRS, _hair, "crown")
BACKGROUND = _declared("background", "ΔE2000 from the background asked for", COLOURS, _background, "upper and side edges")
GARMENT = _declared("garment", "ΔE2000 from the garment asked for", COLOURS, _garment, "the region, else the nearest worn piece")
