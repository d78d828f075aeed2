"""The product in a photograph, without whoever wears it and whatever is behind it."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from pipelines.errors import GarmentNotFound, PersonNotFound
from pipelines.images import Bytes, Floats, Mask, alpha_of, linear, pixels, srgb
from pipelines.sizes import Mode
from pipelines.vision.faces import find_faces, plausible_skin
from pipelines.vision.garments.garment import isolate_worn, named_category
from pipelines.vision.garments.relabel import relabelled
from pipelines.vision.garments.straighten import Cutout
from pipelines.vision.mattes.matting import Matte, matte_of, matte_of_part
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.person import read_person
from pipelines.vision.people.reduced import Reduced, enlarged_mask, read_side, reduced

_LARGEST_CAST = 0.08
"""Share by which a white balance may change a channel: more is the photographer's intention."""
_WORN_CONFIDENCE = 0.6
_LEAST_SHARE = 0.02
_LEAST_CONFIDENCE = 0.54
"""Of a matte, below which a person is not cut out of a busy picture. It lies between pictures whose outlines are good and those
where background stays, and further from both than a mode moves it, so that all modes refuse the same pictures."""
_LEAST_SKIN = 0.02
"""Share of skin's colours below which nobody is looked for."""
_OCCLUDED = 0.12
_FAST_FACE_SIDE = 150
_UPPER = 0.6
"""Share of the subject's height in which a wearer's face is."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product ready to be laid out."""

    cutout: Cutout
    confidence: float
    """0 to 1."""
    worn: bool
    """Whether a person was removed."""


def find_product(image: Image.Image, mode: Mode, wanted: str, watch: Callable[[str], None]) -> Product:
    """Cut the product out of a picture; `wanted` is a prompt that may say which garment of a worn outfit is meant.

    Raises SubjectNotFound where nothing stands out and GarmentNotFound where a person can't be removed reliably.
    """
    whole = matte_of(image, mode, watch)
    rgb = pixels(image)
    watch("looking for a person")
    seen = reduced(rgb, whole, read_side(mode))
    body = _wearer(seen, mode)
    found = whole if body is None else _garment(rgb, whole, _worn(seen, body, wanted), mode)
    gains = _gains(rgb, whole.alpha) if alpha_of(image) is None else np.ones(3, np.float32)
    return Product(Cutout(_balanced(found, gains), found.alpha), found.confidence, body is not None)


def _balanced(found: Matte, gains: Floats) -> Floats:
    """float32 (h, w, 3): the foreground with the factors `gains` on its linear light, where there is any of it."""
    colour = found.foreground.copy()
    rows, columns = np.flatnonzero(found.alpha.any(axis=1)), np.flatnonzero(found.alpha.any(axis=0))
    if len(rows) and not (gains == 1).all():
        box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        colour[box] = srgb(linear(colour[box]) * gains)
    return np.clip(colour, 0, 1)


def _wearer(seen: Reduced, mode: Mode) -> Body | None:
    """The person in the picture, or None where there is none."""
    rgb, whole = seen.rgb, seen.matte
    inside = whole.alpha > 0.5
    if inside.any() and plausible_skin(rgb)[inside].mean() < _LEAST_SKIN:
        return None
    try:
        body = read_person(rgb, whole, mode)
    except PersonNotFound as error:
        if _shows_face(seen, mode):
            raise GarmentNotFound(
                "a person wears this product and can't be told apart from it; use a photograph of the product alone"
            ) from error
        return None
    if body.confidence < _WORN_CONFIDENCE and not _shows_face(seen, mode):
        return None
    if whole.confidence < _LEAST_CONFIDENCE:
        raise GarmentNotFound(
            "a person wears this product before a busy background; use a plain background or a photograph of the product alone"
        )
    return body


def _shows_face(seen: Reduced, mode: Mode) -> bool:
    """Whether there is a face; in Fast, a hardly tilted one on the subject's upper part, which a smaller search is enough for."""
    if mode != Mode.FAST:
        return bool(find_faces(seen.rgb))
    inside = seen.matte.alpha > 0.5
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not len(rows):
        return bool(find_faces(seen.rgb, _FAST_FACE_SIDE, rounds=1))
    bottom = rows[0] + round(_UPPER * np.ptp(rows)) + 1
    box = np.ascontiguousarray(seen.rgb[rows[0] : bottom, columns[0] : columns[-1] + 1])
    return bool(find_faces(box, _FAST_FACE_SIDE, rounds=1))


@dataclass(frozen=True, slots=True)
class _Worn:
    """Where a worn garment is in a picture of (h, w) pixels."""

    mask: Mask
    """bool (h, w): what is seen of it."""
    filled: Mask
    """bool (h, w): with the holes in it."""


def _worn(seen: Reduced, body: Body, wanted: str) -> _Worn:
    """The garment that is wanted, where enough of it is seen. Raises GarmentNotFound elsewhere."""
    body = relabelled(seen.rgb, body)
    hint = "trousers" if _chosen(body.parts, wanted) == (Part.LOWER,) else wanted
    mask = isolate_worn(seen.rgb, seen.matte, body, hint).alpha > 0.5
    if mask.mean() < _LEAST_SHARE:
        raise GarmentNotFound("no garment was found on the person in this picture; use a photograph of the product alone")
    filled = _without_holes(mask)
    hidden = float(np.count_nonzero(_between(filled) & _covering(body.parts)) / np.count_nonzero(filled))
    if hidden > _OCCLUDED:
        raise GarmentNotFound(
            f"hands, arms or hair hide about {hidden:.0%} of the garment; use a photograph where it is in full view"
        )
    return _Worn(mask, filled)


def _garment(rgb: Bytes, whole: Matte, worn: _Worn, mode: Mode) -> Matte:
    """The matte of what is worn, in the colours of the full picture."""
    mask, filled = (enlarged_mask(each, whole.alpha.shape) for each in (worn.mask, worn.filled))
    return matte_of_part(_mended(rgb, filled & ~mask), whole, filled, mode)


def _chosen(parts: Bytes, wanted: str) -> tuple[Part, ...]:
    asked = {"bottom": (Part.LOWER,), "shoes": (Part.SHOES,)}.get(named_category(wanted) or "")
    if asked:
        return asked
    dressed = np.count_nonzero(parts == Part.DRESS)
    upper, lower = np.count_nonzero(parts == Part.UPPER), np.count_nonzero(parts == Part.LOWER)
    if dressed > max(upper, lower):
        return (Part.DRESS,)
    worn_above = named_category(wanted) in ("top", "outerwear") or upper >= 0.4 * lower
    return (Part.UPPER,) if worn_above else (Part.LOWER,)


def _covering(parts: Bytes) -> Mask:
    hiding = (Part.HAIR, Part.LEFT_HAND, Part.RIGHT_HAND, Part.LEFT_ARM, Part.RIGHT_ARM, Part.FACE)
    return np.isin(parts, hiding)


def _between(mask: Mask) -> Mask:
    """The mask with its bays closed."""
    reach = 2 * round(0.12 * np.sqrt(np.count_nonzero(mask)) / 2) + 1
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)) > 0


def _without_holes(mask: Mask) -> Mask:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(mask.shape, np.uint8)
    cv2.drawContours(filled, contours, -1, 1, -1)
    return filled > 0


def _mended(rgb: Bytes, hole: Mask) -> Bytes:
    """What a watch strap or a lock of hair hides, filled in from around it (Telea 2004)."""
    if not hole.any():
        return rgb
    wider = cv2.dilate(hole.astype(np.uint8), np.ones((3, 3), np.uint8))
    return np.asarray(cv2.inpaint(rgb, wider, 4, cv2.INPAINT_TELEA), np.uint8)


def _gains(rgb: Bytes, alpha: Floats) -> Floats:
    """(3,) factors in linear light that make a nearly neutral backdrop more nearly neutral, of unit luminance."""
    behind = rgb[alpha == 0]
    if len(behind) < 0.02 * alpha.size:
        return np.ones(3, np.float32)
    median = linear((np.median(behind[:: max(1, len(behind) // 50_000)], axis=0) / 255).astype(np.float32))
    if median.max() > 0.98 or median.min() < 0.2 or median.max() / median.min() > 1.35:
        return np.ones(3, np.float32)
    gains = (float(median.mean()) / median) ** 0.6
    gains = np.clip(gains, 1 - _LARGEST_CAST, 1 + _LARGEST_CAST)
    return np.asarray(gains / float(gains @ np.array([0.2126, 0.7152, 0.0722], np.float32)), np.float32)
