"""A garment that has been cut out of its picture: its category and its landmarks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np

from pipelines.errors import GarmentNotFound, PersonNotFound
from pipelines.images import Bytes, Floats, Mask
from pipelines.sizes import Mode
from pipelines.vision.faces import Face, find_faces, plausible_skin
from pipelines.vision.garments.neckline import inside_of_neckline
from pipelines.vision.garments.outline import Outline, outline_of
from pipelines.vision.garments.reading import Found, read_by_net
from pipelines.vision.garments.worn import clipped
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.people.body import Body, Part, Point
from pipelines.vision.people.person import WIDEST_HEAD, read_person
from pipelines.vision.people.view import closed, dilated, gauss, largest_piece, opened, pieces, runs

Category = Literal["top", "outerwear", "dress", "bottom", "shoes", "bag", "hat", "other"]
Sleeves = Literal["none", "short", "long"]

LANDMARKS = (
    "collar_left", "collar_right", "collar_bottom", "shoulder_left", "shoulder_right", "armpit_left", "armpit_right",
    "cuff_left_outer", "cuff_left_inner", "cuff_right_outer", "cuff_right_inner", "waist_left", "waist_right",
    "hem_left", "hem_right", "crotch", "leg_left_inner", "leg_right_inner",
)  # fmt: skip
"""Left and right are sides of the picture of the garment: left is at smaller x."""

WORDS: dict[Category, tuple[str, ...]] = {
    "shoes": ("shoe", "sneaker", "boot", "heel", "sandal", "loafer", "trainer"),
    "bag": ("bag", "backpack", "purse", "clutch", "tote"),
    "hat": ("hat", "cap", "beanie", "beret"),
    "dress": ("dress", "gown", "jumpsuit", "overall", "romper"),
    "outerwear": ("jacket", "coat", "blazer", "cardigan", "hoodie", "parka", "vest", "anorak"),
    "bottom": ("trouser", "pants", "jeans", "shorts", "skirt", "leggings", "chinos", "bottom"),
    "top": ("shirt", "tshirt", "top", "tee", "blouse", "sweater", "jumper", "pullover", "tank", "jersey", "polo", "sweatshirt"),
}
"""What people call things, singular; looked for in the prompt in this order."""
BARE = ("shoes", "bag", "hat", "other")
"""Categories of things that have no landmarks."""
LEAST_CONFIDENCE = 0.45
"""Of the net, below which the outline is asked instead."""
LONG_SLEEVE = 0.8
"""Length over the width of the torso from which a sleeve is long."""
DRESS_LENGTH = 2.0
"""Length over the width at the armpits from which something without legs is a dress."""
ADVICE = "Use a photograph of one garment from the front, flat, on a ghost mannequin or on one person, on a plain background."


@dataclass(frozen=True, slots=True)
class Garment:
    """One garment, front view, in a picture of (h, w) pixels."""

    colour: Floats
    """float32 (h, w, 3), sRGB in [0, 1], free of background."""
    alpha: Floats
    """float32 (h, w) in [0, 1]; 0 where the inside of the back shows through the neckline."""
    category: Category
    landmarks: Mapping[str, Point]
    """Names from `LANDMARKS`; those that the category doesn't have are absent."""
    sleeves: Sleeves
    confidence: float
    """0 to 1; below 0.5 the landmarks are a guess."""


def read_garment(rgb: Bytes, matte: Matte, hint: str = "", mode: Mode = Mode.BALANCED) -> Garment:
    """Category and landmarks of the garment in uint8 (h, w, 3), cut out by `matte`; worn ones are parted from the person.

    `hint` is what the user wrote; the words in it that name a kind of garment choose the category, and which piece of a
    worn outfit. Raises `GarmentNotFound` with advice.
    """
    worn = _wearer(rgb, matte, mode)
    matte = isolate_worn(rgb, matte, worn, hint) if worn else matte
    _check(rgb, matte.alpha)
    outline, named = outline_of(matte.alpha), named_category(hint)
    found = read_by_net(rgb, matte.alpha, outline, named, worn is not None)
    if found.confidence < LEAST_CONFIDENCE:
        found = _read_by_outline(outline, worn, named or found.likely)
    category, landmarks = cast(Category, found.category), dict(found.landmarks)
    if category in BARE or category == "bottom":
        return Garment(matte.foreground, matte.alpha, category, landmarks, "none", found.confidence)
    alpha = matte.alpha
    edge = outline.upper_edge(landmarks["collar_left"], landmarks["collar_right"])
    inside = inside_of_neckline(rgb, alpha, {**landmarks, "collar_bottom": edge}) if worn is None else None
    if inside is not None:
        alpha = (alpha * (1 - inside.mask)).astype(np.float32)
        landmarks["collar_bottom"] = inside.bottom
    return Garment(matte.foreground, alpha, category, landmarks, _sleeves(landmarks), found.confidence)


def _read_by_outline(outline: Outline, worn: Body | None, category: str | None) -> Found:
    """The same without the net, from the outline alone."""
    category = category or _category(outline, worn)
    if category in BARE:
        return Found(category, {}, 0.3)
    if category == "bottom":
        return Found(category, outline.bottom_landmarks(), 0.5)
    landmarks = outline.top_landmarks()
    return Found(category, landmarks, min(0.6, outline.confidence(landmarks)) * (0.8 if worn else 1.0))


def named_category(hint: str) -> Category | None:
    """The category that the words of a prompt name; None where they name none."""
    words = {word.rstrip("s") for word in re.findall(r"[a-z]+", hint.lower().replace("-", ""))}
    return next((category for category, names in WORDS.items() if words & {name.rstrip("s") for name in names}), None)


def isolate_worn(rgb: Bytes, matte: Matte, body: Body, hint: str = "") -> Matte:
    """The matte of one piece of what `body` wears: the one that `hint` names, else the upper one, else the dress.

    Raises `GarmentNotFound` where the body wears no such piece.
    """
    wanted = _wanted_parts(body, named_category(hint))
    worn = np.isin(body.parts, [int(part) for part in wanted])
    figure = float((body.alpha > 0.5).sum())
    if worn.sum() < 0.02 * max(1.0, figure):
        raise GarmentNotFound(f"the {named_category(hint) or 'garment'} can't be told from the person who wears it. {ADVICE}")
    reach = max(1.0, max(rgb.shape[:2]) / 900)
    cut = clipped(rgb, _without_slivers(worn, round(0.006 * max(rgb.shape[:2]))), body)
    rim = dilated(cut, max(1, round(3 * reach)))
    whole = cut | (rim & (body.parts == Part.BACKGROUND))  # towards the background the matte knows the edge better
    soft = gauss(whole.astype(np.float32), reach)
    inner = np.clip(1.6 * soft - 0.5, 0, 1)  # half a pixel inward, so that no rim of skin comes along
    return replace(matte, alpha=(matte.alpha * inner).astype(np.float32))


def _without_slivers(worn: Mask, radius: int) -> Mask:
    """The main pieces of a mask; below the armpits also without what is narrow: shaded rims of arms, pockets, fingers.

    Straps, which are narrow too, lie above.
    """
    main = np.any(pieces(opened(worn, max(1, radius)), 0.15), axis=0)
    if not main.any():
        return worn
    rows, columns = np.flatnonzero(main.any(axis=1)), np.flatnonzero(main.any(axis=0))
    broad = max(2, round(0.055 * (columns[-1] - columns[0])))
    grown = dilated(largest_piece(opened(main, broad)), max(1, broad // 2))
    above = np.arange(worn.shape[0])[:, None] < rows[0] + 0.4 * (rows[-1] - rows[0])
    kept = largest_piece(main & (above | grown))
    return closed(kept, max(1, 2 * radius))


def _wanted_parts(body: Body, category: Category | None) -> tuple[Part, ...]:
    has_dress = (body.parts == Part.DRESS).sum() > (body.parts == Part.UPPER).sum()
    if category == "bottom":
        return (Part.LOWER,)
    if category == "shoes":
        return (Part.SHOES,)
    if category == "dress":
        return (Part.DRESS,) if has_dress else (Part.UPPER, Part.LOWER)
    return (Part.DRESS, Part.UPPER) if has_dress else (Part.UPPER,)


def _wearer(rgb: Bytes, matte: Matte, mode: Mode) -> Body | None:
    """Who wears the garment; None for flat ones. Looked for only where something in the cut-out has the colour of skin."""
    inside = matte.alpha > 0.5
    if not inside.any() or plausible_skin(rgb)[inside].mean() < 0.04:
        return None
    try:
        return read_person(rgb, matte, mode)
    except PersonNotFound as error:
        if any(_on_a_head(face, inside) for face in find_faces(rgb)):
            raise GarmentNotFound(
                f"the product picture shows a face but too little of what is worn below it. {ADVICE}"
            ) from error
        return None


def _on_a_head(face: Face, inside: Mask) -> bool:
    """Whether a face lies on something as narrow as a head, near the top; else it is a print or chance."""
    rows = np.flatnonzero(inside.any(axis=1))
    around = next((run for run in runs(inside[int(face.y)]) if run.start <= face.x < run.end), None)
    high = face.y < rows[0] + 0.65 * (rows[-1] - rows[0])
    return around is not None and high and around.width < WIDEST_HEAD * face.side


def _check(rgb: Bytes, alpha: Floats) -> None:
    inside = alpha > 0.5
    if inside.mean() < 0.01:
        raise GarmentNotFound(f"nothing in the product picture stands out from its background. {ADVICE}")
    main: Mask = largest_piece(inside)
    outline = outline_of(alpha)
    if main.sum() < 0.5 * inside.sum() or outline.ragged:
        raise GarmentNotFound(f"the product picture has no clear outline of one garment. {ADVICE}")
    if inside.mean() > 0.97:
        raise GarmentNotFound(f"the product fills its picture, no outline can be seen. {ADVICE}")


def _category(outline: Outline, worn: Body | None) -> Category:
    if outline.has_legs:
        return "bottom"
    if worn is not None:
        landmarks = outline.top_landmarks()
        return "dress" if outline.length(landmarks) > DRESS_LENGTH + 0.2 else "top"
    if outline.width > 1.45 * outline.height and not outline.has_sleeves:
        return "shoes"
    if outline.straight_top and not outline.has_sleeves and not outline.waisted:
        return "bottom" if outline.flares or outline.height > 1.1 * outline.width else "bag"
    return "dress" if outline.length(outline.top_landmarks()) > DRESS_LENGTH else "top"


def _sleeves(landmarks: Mapping[str, Point]) -> Sleeves:
    lengths = []
    for side in ("left", "right"):
        if f"cuff_{side}_outer" in landmarks:
            outer, inner = landmarks[f"cuff_{side}_outer"], landmarks[f"cuff_{side}_inner"]
            seam, armpit = landmarks[f"shoulder_{side}"], landmarks[f"armpit_{side}"]
            lengths.append(np.hypot((outer.x + inner.x - seam.x - armpit.x) / 2, (outer.y + inner.y - seam.y - armpit.y) / 2))
    if not lengths:
        return "none"
    width = landmarks["armpit_right"].x - landmarks["armpit_left"].x
    return "long" if max(lengths) > LONG_SLEEVE * width else "short"
