"""Model Swap without a generator: other skin, hair and face on the same body, by recolouring and gentle warps.

Garment and background stay as they were, to the last bit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from pipelines.draft.canvas import canvas, finished
from pipelines.draft.identity import Identity, Seen, identity
from pipelines.engine import Output, Progress
from pipelines.errors import PersonNotFound, SubjectNotFound
from pipelines.images import Bytes, Floats, Mask, pixels, to_bytes, to_float
from pipelines.sizes import Mode
from pipelines.tasks import ModelSwap
from pipelines.vision.mattes.matting import matte_of
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.person import read_person
from pipelines.vision.portrait.complexion import SKIN
from pipelines.vision.portrait.features import Features
from pipelines.vision.portrait.lab import Lab, lab_of, tone_of
from pipelines.vision.portrait.likeness import cheeks, hair_of, is_drawn, proportions_of, skin_of
from pipelines.vision.portrait.locate import Portrait, around, locate, portrait
from pipelines.vision.portrait.recolour import LEAST, Colours, Layers, layers_of, part_of, recoloured
from pipelines.vision.portrait.region import region_of
from pipelines.vision.portrait.reshape import Proportions, reshaped
from pipelines.vision.portrait.transplant import transplanted

STEPS = 5


@dataclass(frozen=True, slots=True)
class _Effort:
    side: int
    """Long side in pixels at which skin and hair are told from the rest."""
    face: int
    """Pixels of a face box's side at which light and hair of a face are told apart."""


EFFORTS: Mapping[Mode, _Effort] = {
    Mode.FAST: _Effort(560, 96),
    Mode.BALANCED: _Effort(1100, 256),
    Mode.QUALITY: _Effort(1800, 512),
}
DRAFT = (
    "Draft: skin and hair are recoloured and the face is reshaped gently; nothing is generated, and clothes and background stay."
)
UNSURE = 0.5
BEYOND = "Hairstyle, age, sex and expression stay as they are: the draft engine can't make new ones."


@dataclass(frozen=True, slots=True)
class _Person:
    """Who is in the picture."""

    body: Body
    face: Features | None
    """In pixels of the picture that was given."""
    layers: Layers


def run(task: ModelSwap, progress: Progress) -> Output:
    """The outfit on somebody else, exactly `task.size`.

    Raises PersonNotFound where nobody can be read, or where a face reference shows no face.
    """
    rng, effort = np.random.default_rng(task.seed), EFFORTS[task.mode]
    progress(0, STEPS, "Looking at the reference")
    reference = None if task.face_reference is None else _reference(task.face_reference)
    progress(1, STEPS, "Reading the person")
    person = _read(task.model_image, task.mode, effort)
    progress(2, STEPS, "Preparing the picture")
    base = canvas(task.model_image, task.size, task.mode)
    progress(3, STEPS, "Changing skin and hair")
    seen = Seen(person.layers.skin_tone, person.layers.hair_tone)
    wanted = identity(task.prompt, seen, reference.seen if reference else None, rng)
    face = None if person.face is None else person.face.moved(0, 0, task.size.width / task.model_image.width)
    done = recoloured(base, person.layers, face, Colours(wanted.skin, wanted.hair, wanted.eyes))
    progress(4, STEPS, "Changing the face")
    result, changed = done.rgb, done.changed
    if face is not None:
        part = around(face, base.shape)
        near = portrait(result, face)
        if reference is not None and not reference.drawn:
            other = _swapped(near, reference, task, effort, rng)
        else:
            wished = wanted.proportions if reference is None else proportions_of(reference.portrait.face, near.face)
            other = _reshaped(near, wished, part_of(person.layers.skin, part, task.size))
        result[part] = np.where(other.changed[..., None], other.rgb, result[part])
        changed[part] |= other.changed
    progress(STEPS, STEPS)
    return Output(
        finished(result, task.model_image, task.size), _notes(person, reference), _details(person, wanted, base, result, changed)
    )


@dataclass(frozen=True, slots=True)
class _Reference:
    """The face to be given, and what else its picture shows of the person."""

    portrait: Portrait
    seen: Seen
    drawn: bool


@dataclass(frozen=True, slots=True)
class _Changed:
    """What is around a face, uint8 (h, w, 3), and bool (h, w) where it differs."""

    rgb: Bytes
    changed: Mask


def _reference(image: Image.Image) -> _Reference:
    rgb = pixels(image)
    shown = portrait(rgb, locate(rgb, "face_reference").face)
    return _Reference(shown, Seen(skin_of(shown), hair_of(shown)), is_drawn(shown))


def _read(image: Image.Image, mode: Mode, effort: _Effort) -> _Person:
    """Everything but the face at the size that the effort allows."""
    scale = min(1.0, effort.side / max(image.size))
    shown = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BOX)
    rgb = pixels(shown)
    try:
        body = read_person(rgb, matte_of(shown, mode), mode)
    except SubjectNotFound as error:
        raise PersonNotFound(f"nobody can be told from the background of model_image: {error}") from error
    face = _found(pixels(image), body.parts, scale)
    near = None if face is None else face.moved(0, 0, scale)
    small = to_float(rgb)
    tone = _skin_tone(lab_of(small), body.parts, near)
    return _Person(body, face, layers_of(small, body.parts, tone, near, body.confidence >= UNSURE))


def _found(rgb: Bytes, parts: Bytes, scale: float) -> Features | None:
    """The face on the head. A mannequin has none, and neither has somebody who looks away: then skin and hair are changed
    all the same."""
    rows, columns = np.nonzero(np.isin(parts, (Part.FACE, Part.HAIR)))
    if not rows.size:
        return None
    margin = 0.2 * (rows.max() - rows.min() + columns.max() - columns.min())
    left, top = (max(0, int((edge.min() - margin) / scale)) for edge in (columns, rows))
    right, bottom = (int((edge.max() + margin) / scale) + 1 for edge in (columns, rows))
    try:
        return locate(np.ascontiguousarray(rgb[top:bottom, left:right]), "model_image").face.moved(left, top)
    except PersonNotFound:
        return None


def _skin_tone(lab: Floats, parts: Bytes, face: Features | None) -> Lab:
    """From the face, else from whatever skin there is."""
    where = parts == Part.FACE
    if face is not None:
        where &= cheeks(face, parts.shape)
    tone = tone_of(lab, where) or tone_of(lab, np.isin(parts, SKIN))
    if tone is None:
        raise PersonNotFound("model_image shows no bare skin whose tone could be changed; use a photo that shows face or arms")
    return tone


def _swapped(near: Portrait, reference: _Reference, task: ModelSwap, effort: _Effort, rng: np.random.Generator) -> _Changed:
    bend = 1.0 if task.face_reference_mode == "match_base" else 0.0
    done = transplanted(reference.portrait, near, bend, effort.face, rng)
    return _Changed(to_bytes(done.rgb), done.mask > LEAST)


def _reshaped(near: Portrait, proportions: Proportions, skin: Floats) -> _Changed:
    """`skin`, float32 (h, w), is where there is bare skin."""
    front = region_of(near.rgb, near.face).front
    field = reshaped(near.face, proportions, (skin * (1 - front)).astype(np.float32))
    rows, columns = np.mgrid[: front.shape[0], : front.shape[1]].astype(np.float32)
    moved = np.hypot(field.x - columns, field.y - rows) > 0.02
    return _Changed(to_bytes(field.of(near.rgb)), moved)


def _notes(person: _Person, reference: _Reference | None) -> tuple[str, ...]:
    notes = [DRAFT, BEYOND]
    if reference is not None and reference.drawn:
        notes.append("The face reference is a drawing: its colours and proportions were taken, its features were not.")
    if person.face is None:
        notes.append("No face could be made out, so only skin and hair were changed.")
    if person.layers.hair_tone is None:
        notes.append("No hair could be told apart, or it is under a hat; its colour stays.")
    if person.body.confidence < UNSURE:
        notes.append("The pose was hard to read, so only the skin of head and arms was changed; legs may keep their tone.")
    return tuple(notes)


def _details(person: _Person, wanted: Identity, before: Bytes, after: Bytes, changed: Mask) -> dict[str, str | int | float]:
    differs = (before != after).any(axis=2)
    return {
        "person_confidence": round(person.body.confidence, 3),
        "skin_light": round(wanted.skin.light, 1),
        "skin_light_before": round(person.layers.skin_tone.light, 1),
        "changed_pixels": int(np.count_nonzero(differs)),
        "changed_outside": int(np.count_nonzero(differs & ~changed)),
        "kept_share": round(float(1 - differs.mean()), 4),
    }
