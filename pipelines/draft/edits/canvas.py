"""The picture while it is being edited, and what is read from it when an edit needs to know."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from pipelines.errors import PersonNotFound, SubjectNotFound, UnsupportedTask
from pipelines.images import Bytes, Floats, Mask, picture, resized, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.vision.garments.garment import isolate_worn
from pipelines.vision.inpaint import guided
from pipelines.vision.mattes.background import Backdrop, lab_of, localised, read_backdrop, rgb_of
from pipelines.vision.mattes.matting import Matte, matte_of
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.learned import certainty_of
from pipelines.vision.people.person import SURE, read_person
from pipelines.vision.people.reduced import Reduced, enlarged, read_side, reduced

_BACKDROP_SIDES = {Mode.FAST: 280, Mode.BALANCED: 400, Mode.QUALITY: 400}
_SURE = 0.65
"""Confidence of a matte below which its edges are a guess."""
ROWS = 256
"""Rows that are worked on at a time, so that large pictures need no large copies."""
PIECES = {"upper": "shirt", "lower": "trousers", "dress": "dress", "shoes": "shoes", "clothes": ""}
"""Targets that are worn, with the word by which a garment is asked for."""


class Reading:
    """What can be read from an unedited picture; each thing once, when it is first asked for."""

    def __init__(self, rgb: Bytes, alpha: Floats | None, mode: Mode) -> None:
        self._rgb, self._alpha, self._mode = rgb, alpha, mode

    @property
    def doubtful(self) -> bool:
        """Whether a subject was cut out that hardly stands out, or stands before a busy background."""
        found = self.__dict__.get("matte")
        return found is not None and self._alpha is None and found.confidence < _SURE

    @cached_property
    def matte(self) -> Matte:
        """The subject. Raises SubjectNotFound."""
        return matte_of(picture(self._rgb, self._alpha), self._mode)

    @cached_property
    def peopled(self) -> bool:
        """Whether somebody is in the picture; `person` says more and takes longer."""
        hasty = self._mode == Mode.FAST and "_body" not in self.__dict__
        return (hasty and certainty_of(self._rgb, self.matte.alpha) > SURE) or self.person is not None

    @property
    def subject(self) -> Floats | None:
        """float32 (h, w): coverage of the subject, or None where nothing stands out."""
        try:
            return self.matte.alpha
        except SubjectNotFound:
            return None

    @cached_property
    def _seen(self) -> Reduced:
        """The picture and its subject at the size at which people are read."""
        return reduced(self._rgb, self.matte, read_side(self._mode))

    @cached_property
    def _body(self) -> Body | None:
        """Who is in the picture, at that size."""
        try:
            return read_person(self._seen.rgb, self._seen.matte, self._mode)
        except (PersonNotFound, SubjectNotFound):
            return None

    @cached_property
    def person(self) -> Body | None:
        """Who is in the picture, or None."""
        return None if self._body is None else enlarged(self._body, self.matte.alpha)

    @cached_property
    def backdrop(self) -> Backdrop | None:
        """The surface behind the subject at a small size; None where it isn't plain."""
        height, width = self._rgb.shape[:2]
        scale = min(1.0, _BACKDROP_SIDES[self._mode] / max(height, width))
        size = Size(max(16, round(width * scale)), max(16, round(height * scale)))
        lab = lab_of(cast(Bytes, cv2.medianBlur(resized(self._rgb, size), 3)))
        found = read_backdrop(lab)
        if not found.plain:
            return None
        cover = self.subject
        if cover is None:
            return found
        near = cv2.dilate(resized(cover, size), np.ones((5, 5), np.uint8)) > 0.02
        return localised(found, lab, ~near & (np.abs(lab - found.surface).max(axis=2) < 4))

    def surface(self, size: Size) -> Floats | None:
        """float32 (h, w, 3), sRGB: the empty backdrop at a size; None where it isn't plain."""
        return None if self.backdrop is None else np.clip(resized(rgb_of(self.backdrop.surface), size), 0, 1)

    def part(self, target: str) -> Floats:
        """float32 (h, w): coverage of a target of the lexicon. Raises PipelineError with what wasn't found."""
        if target == "subject":
            return self.matte.alpha
        if target == "background":
            return (1 - self.matte.alpha).astype(np.float32)
        if target in PIECES:
            return self._piece(target)
        return self._labelled(target, {"hair": (Part.HAIR,), "face": (Part.FACE, Part.NECK)}[target])

    def _piece(self, target: str) -> Floats:
        """One garment, or the whole product where nobody wears it."""
        if self.person is None or self._body is None:
            return self.matte.alpha
        if target == "clothes":
            worn = np.isin(self.person.parts, (Part.UPPER, Part.LOWER, Part.DRESS))
            return self._soft(worn)
        seen, height, width = self._seen, *self.matte.alpha.shape
        share = replace(seen.matte, alpha=np.ones(seen.matte.alpha.shape, np.float32))
        piece = isolate_worn(seen.rgb, share, self._body, PIECES[target]).alpha
        return self.matte.alpha * np.clip(resized(piece, Size(width, height)), 0, 1)

    def _labelled(self, target: str, parts: tuple[Part, ...]) -> Floats:
        body = self.person
        if body is None:
            raise PersonNotFound(f"no person was found in the picture, so there is no {target} to change")
        mask = np.isin(body.parts, [int(part) for part in parts])
        if mask.mean() < 2e-4:
            raise PersonNotFound(f"no {target} was found in the picture; mark it with a mask or an annotation")
        return self._soft(mask)

    def _soft(self, mask: Mask) -> Floats:
        """A hard mask with its edge where the picture has it."""
        rgb = self._rgb.astype(np.float32) / np.float32(255)
        reach = max(2, round(0.004 * max(mask.shape)))
        return (guided(mask.astype(np.float32), rgb, reach, 1e-3) * self.matte.alpha).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Canvas:
    """The picture so far; pictures are float32 (h, w, 3), sRGB in [0, 1], all of one size."""

    rgb: Floats
    plain: Floats
    """The same without changes of light and colour: what things are recognised on."""
    reading: Reading
    mode: Mode
    region: Floats | None = None
    """float32 (h, w): where changes are allowed, soft inside the mark, 0 outside; None is everywhere."""
    alpha: Floats | None = None
    """float32 (h, w): the picture's transparency; None is opaque."""
    context: Image.Image | None = None

    @property
    def size(self) -> Size:
        return Size(self.rgb.shape[1], self.rgb.shape[0])

    def within(self, target: str) -> Floats | None:
        """float32 (h, w): where a change of `target` applies; None is everywhere. The region isn't counted in."""
        if target in ("", "picture", "marked", "defect"):
            return None
        if target in ("background", "subject") and self.region is not None and self.reading.subject is None:
            return None
        return self.reading.part(target)

    def changed(self, rgb: Floats) -> "Canvas":
        """With other colours, inside the region only."""
        if self.region is not None:
            rgb = mixed(self.rgb, rgb, self.region)
        return replace(self, rgb=rgb)

    def moved(self, warp: Callable[[Floats], Floats]) -> "Canvas":
        """With everything put elsewhere by one function of float32 (h, w) or (h, w, 3); what was read is read again."""
        rgb, plain = np.clip(warp(self.rgb), 0, 1), np.clip(warp(self.plain), 0, 1)
        alpha = None if self.alpha is None else np.clip(warp(self.alpha), 0, 1)
        return replace(self, rgb=rgb, plain=plain, alpha=alpha, region=None, reading=Reading(to_bytes(plain), alpha, self.mode))


def mixed(before: Floats, after: Floats, weight: Floats) -> Floats:
    """`before` towards `after` by `weight` (h, w); where that is 0, `before` to the bit."""
    out = before.copy()
    for top in range(0, len(out), ROWS):
        rows = slice(top, top + ROWS)
        out[rows] += (after[rows] - before[rows]) * weight[rows, :, None]
    return out


def graded(rgb: Floats, look: Callable[[Floats, slice], Floats], weight: Floats | None = None) -> Floats:
    """`rgb` with `look`, a function of some of its rows and which those are, mixed in by `weight`."""
    out = np.empty_like(rgb)
    for top in range(0, len(rgb), ROWS):
        rows = slice(top, top + ROWS)
        after = np.clip(look(rgb[rows], rows), 0, 1)
        out[rows] = after if weight is None else rgb[rows] + (after - rgb[rows]) * weight[rows, :, None]
    return out


@dataclass(frozen=True, slots=True)
class Step:
    """What an edit gets: a canvas, and chance of its own."""

    canvas: Canvas
    generator: Generator


def needed(missing: str, advice: str) -> UnsupportedTask:
    """The refusal of an edit that lacks something."""
    return UnsupportedTask(f"{missing}; {advice}")
