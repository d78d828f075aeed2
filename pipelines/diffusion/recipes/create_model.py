"""Create Model: a person from words, with a face and a pose to go by where they are given."""

from collections.abc import Iterator, Mapping
from typing import Literal

from PIL import Image

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.finish import finished
from pipelines.diffusion.recipes.native import native_size
from pipelines.diffusion.recipes.prompts import NATURAL, STUDIO, assembled, face_sentence, named, speaks_of
from pipelines.diffusion.recipes.references import collage_note, collaged, reference
from pipelines.engine import Output, Progress
from pipelines.tasks import CreateModel

Role = Literal["pose reference", "face reference"]
SUBJECT = "Professional fashion photograph of this one model."
FULL_BODY = "Full body front view, visible from the top of the hair down to the shoes."
RELAXED = "Standing in a natural, relaxed pose, arms at the sides."
BASICS = "Simple, fitted clothes and plain shoes in neutral colours."


def needs(task: CreateModel) -> int:
    """As many as there are references; without one, text does."""
    return len(_references(task))


def run(task: CreateModel, model: Model, progress: Progress) -> Output:
    """A new model, exactly `task.size`. Raises PictureUnsuitable, PromptTooLong and what the model raises."""
    card, wanted = model.card, _references(task)
    seen = [reference(image, f"the {role}", card) for role, image in wanted.items()]
    collage = collaged(seen, max(1, card.references), card.reference_pixels)
    names = {role: named(card, place) for role, place in zip(wanted, collage.places, strict=True)}
    call = Call(prompt=prompt(task, card, names), images=collage.pictures, size=native_size(card, task.size), seed=task.seed)
    details = {"references": len(wanted)}
    return finished(model.make(call), task.size, progress, mode=task.mode, notes=collage_note(card, collage), details=details)


def prompt(task: CreateModel, card: Card, names: Mapping[Role, str]) -> str:
    """The person's words, what each reference is for, and a studio photograph for whatever they leave open."""
    return assembled(card, [task.prompt, SUBJECT, *_guided(task, names)], [*_defaults(task, "pose reference" in names), NATURAL])


def _references(task: CreateModel) -> dict[Role, Image.Image]:
    given: dict[Role, Image.Image | None] = {"pose reference": task.pose_reference, "face reference": task.face_reference}
    return {role: image for role, image in given.items() if image is not None}


def _guided(task: CreateModel, names: Mapping[Role, str]) -> Iterator[str]:
    if "pose reference" in names:
        yield f"Pose, framing and camera distance take after {names['pose reference']}; person and clothes are the ones described here."
    if "face reference" in names:
        yield face_sentence(names["face reference"], task.face_reference_mode, "The model")


def _defaults(task: CreateModel, posed: bool) -> Iterator[str]:
    """For each subject that neither the words nor the pose reference settle."""
    if not posed and not speaks_of("framing", task.prompt):
        yield FULL_BODY
    if not posed and not speaks_of("pose", task.prompt):
        yield RELAXED
    if not speaks_of("clothes", task.prompt):
        yield BASICS
    if not speaks_of("place", task.prompt):
        yield STUDIO
