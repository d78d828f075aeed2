"""Face Swap: another face; everything outside it is the picture as it was."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
from PIL import Image

from pipelines.diffusion.call import Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.prompts import assembled, picture_word
from pipelines.diffusion.recipes.redraw import Part, around, asked, ellipse, put_back
from pipelines.diffusion.recipes.references import reference
from pipelines.diffusion.recipes.tint import lab
from pipelines.diffusion.recipes.transparent import layer, relaid
from pipelines.engine import Output, Progress
from pipelines.errors import PersonNotFound
from pipelines.images import Floats, Mask, blurred, picture, pixels, resized, to_bytes, to_float
from pipelines.sizes import Size
from pipelines.tasks import FaceSwap
from pipelines.vision.content import Box
from pipelines.vision.faces import Face, find_faces, plausible_skin

Match = Literal["reference", "current"]
CLOSER_SIDE = 1100
"""Long side in pixels at which a picture is searched where a first look found no face."""
AIR = 0.55
"""Around the face's mask, in its longer sides: head, neck and shoulders show how the face is lit and turned."""
SOFT = 0.18
"""Width of the mask's edge, as a share of its half axes."""
ABOVE = 0.1
"""Sides of a face box by which a face's middle, forehead included, lies above the box's."""
PORTRAIT = 1.3
"""Half side of what is shown of the reference, in sides of its face box."""


@dataclass(frozen=True, slots=True)
class _Oval:
    """Half axes of what is redrawn, in sides of a face box."""

    across: float
    down: float


LEAST_SKIN = 0.25
"""Share of the oval that has to have a colour of skin for only that to count."""
SKIN_BLUR = 0.012
"""Share of the cut-out's long side over which what is no skin keeps its colour."""
HAIR_LIGHT = 0.4
"""Lightness, as a share of the skin's, below which what has a colour of skin is hair or shade and keeps it; twice as much is skin."""
STRETCH = (0.75, 1.33)
"""Least and most by which the spread of skin tones is changed."""
OVALS: Mapping[Match, _Oval] = {"reference": _Oval(0.62, 0.86), "current": _Oval(0.55, 0.77)}
"""A head that is turned or tilted as the reference's needs more room than one that stays."""
WORDS: Mapping[Match, tuple[str, ...]] = {
    "reference": (
        "Give the person in {photo} the face of the person in {face}",
        "Identity, facial features, skin tone, expression, head angle and gaze are exactly those of {face}",
        "Hairstyle, clothes, body, background, framing and light stay exactly as in {photo}",
    ),
    "current": (
        "Give the person in {photo} the identity and facial features of the person in {face}",
        "Expression, head angle, gaze, skin tone and the light on the face stay those of {photo}",
        "Hairstyle, clothes, body, background and framing stay exactly as in {photo}",
    ),
}
NATURAL = "Natural skin with its pores, as in an unretouched photograph"


def needs(task: FaceSwap) -> int:
    """The picture and the face."""
    return 2


def run(task: FaceSwap, model: Model, progress: Progress) -> Output:
    """The picture at exactly `task.size` with another face; outside the face's oval its pixels are the source's own.

    Raises PersonNotFound naming the field that shows no face, and PictureUnsuitable for a reference of no use.
    """
    progress(0, 3, "looking for faces")
    portrait = _portrait(task.face_reference, model.card)
    before = layer(task.image, task.size, progress, task.mode)
    faces = _faces(before.shown, "image")
    face = faces[0]
    part = _part(before.shown, face, OVALS[task.match])
    progress(1, 3, "swapping the face")
    made = asked(part, model, prompt(model.card, task.match), task.seed, (portrait,))
    if task.match == "current":
        made = _toned(made, part)
    progress(2, 3, "putting it back")
    done = put_back(part, made, progress, task.mode, match=task.match == "reference")  # else its tone is matched already
    progress(3, 3, "done")
    details = {"face_side": round(face.side), "faces": len(faces), "match": task.match}
    return Output(relaid(before, done.picture, done.mask, grows=False), (*_notes(faces), *done.notes), details)


def prompt(card: Card, match: Match) -> str:
    """As the model reads it: the picture is number 1, the face number 2."""
    word = picture_word(card)
    names = {"photo": f"{word} 1", "face": f"{word} 2"}
    return assembled(card, [each.format(**names) for each in WORDS[match]], spare=[NATURAL])


def _faces(rgb: Floats, field: str) -> list[Face]:
    """The largest first; looked for once more and closer where there seem to be none."""
    seen = to_bytes(rgb)
    faces = find_faces(seen) or find_faces(seen, CLOSER_SIDE)
    if not faces:
        raise PersonNotFound(f"{field} shows no face from the front; use a photo in which the face is larger and turned this way")
    return sorted(faces, key=lambda each: -each.side)


def _portrait(image: Image.Image, card: Card) -> Image.Image:
    """The reference, cut to its largest face with hair and neck, so that the model sees it large."""
    reference(image, "face_reference", card)
    rgb = pixels(image)
    face = _faces(to_float(rgb), "face_reference")[0]
    reach = PORTRAIT * face.side
    left, top = max(0, round(face.x - reach)), max(0, round(face.y - 1.1 * reach))
    cut = rgb[top : max(top + 64, round(face.y + 0.9 * reach)), left : max(left + 64, round(face.x + reach))]
    return reference(picture(np.ascontiguousarray(cut)), "face_reference", card)


def _part(source: Floats, face: Face, oval: _Oval) -> Part:
    size = Size(source.shape[1], source.shape[0])
    lean = np.radians(face.tilt)
    x, y = face.x + ABOVE * face.side * np.sin(lean), face.y - ABOVE * face.side * np.cos(lean)
    mask = ellipse(size, x, y, oval.across * face.side, oval.down * face.side, face.tilt, SOFT)
    return Part(source=source, mask=mask, box=around(mask, AIR))


def _toned(made: Image.Image, part: Part) -> Image.Image:
    """With the face in the tone that the old one had: mean and spread of skin in L*a*b* (Reinhard et al. 2001), in the mask."""
    box: Box = part.box
    at = np.s_[box.top : box.bottom, box.left : box.right]
    size = Size(made.width, made.height)
    before = resized(np.ascontiguousarray(part.source[at]), size)
    now = to_float(pixels(made))
    inside = resized(np.ascontiguousarray(part.mask[at]).astype(np.float32), size)
    where, wanted = _skin(now, inside > 0.9), _skin(before, inside > 0.9)
    if min(np.count_nonzero(where), np.count_nonzero(wanted)) < 64:
        return made
    own = lab(now)
    new, old = own[where], lab(before)[wanted]
    gain = np.clip(old.std(axis=0) / np.maximum(new.std(axis=0), 1e-3), *STRETCH)
    shifted = (own - new.mean(axis=0)) * gain + old.mean(axis=0)
    near = blurred(where.astype(np.float32), SKIN_BLUR * max(where.shape)) * inside
    lit = np.clip(own[..., 0] / (HAIR_LIGHT * new[:, 0].mean()) - 1, 0, 1)
    mixed = own + (shifted - own) * (np.clip(1.5 * near, 0, 1) * lit)[..., None]
    return picture(cast(Floats, np.clip(cv2.cvtColor(mixed.astype(np.float32), cv2.COLOR_LAB2RGB), 0, 1)))


def _skin(rgb: Floats, core: Mask) -> Mask:
    """bool (h, w): the pixels of `core` that can be skin; all of them where hardly any can."""
    skin = plausible_skin(to_bytes(rgb)) & core
    return skin if np.count_nonzero(skin) > LEAST_SKIN * np.count_nonzero(core) else core


def _notes(faces: list[Face]) -> tuple[str, ...]:
    if len(faces) == 1:
        return ()
    return (f"There are {len(faces)} faces in the picture; the largest was changed.",)
