"""Model Swap: another person in the same outfit, pose and place."""

import re

import cv2
import numpy as np
from PIL import Image

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.figure import figure, person_mask
from pipelines.diffusion.recipes.finish import enlarged, enlarging_note, made_at
from pipelines.diffusion.recipes.native import fitted, native_size
from pipelines.diffusion.recipes.paste import kept
from pipelines.diffusion.recipes.prompts import NATURAL, assembled, face_sentence, picture_word
from pipelines.diffusion.recipes.references import checked, reference
from pipelines.engine import Output, Progress
from pipelines.images import Floats, picture, pixels, to_float
from pipelines.sizes import Size
from pipelines.tasks import ModelSwap
from pipelines.vision import upsample

BEYOND = re.compile(
    r"\b(?:background|backdrop|scenery|setting|pos(?:e|es|ed|ing)|"
    r"(?:add|complete|extend|fill in)\b[^.]*\b(?:arms?|hands?|legs?|feet|body|head|neck|torso))\b",
    re.IGNORECASE,
)
"""Words by which a prompt asks for more than another person: a mask of the person would forbid it."""
STAYING = re.compile(r"\b(?:same|keep\w*|preserv\w*|unchanged)\b[^.,;]*", re.IGNORECASE)
UNREAD = "The person could not be read, so the model redrew the whole picture; what it left alone is the source's own."
FREE = "The prompt asks for more than another person, so the model redrew all of it; what it left alone is the source's own."
SUBTLE = "a subtly different person of the same gender, age group and origin, with a face and hair of their own"
"""Of whom nothing is said."""
ALIVE = "A living person with natural skin and hair; face, neck, arms, hands and legs have one skin tone."


def needs(task: ModelSwap) -> int:
    """The photograph, and the face where one is given."""
    return 1 if task.face_reference is None else 2


def run(task: ModelSwap, model: Model, progress: Progress) -> Output:
    """The outfit on another person, exactly `task.size`. Raises PictureUnsuitable, PromptTooLong and what the model raises."""
    card, native = model.card, native_size(model.card, task.size)
    photo = fitted(checked(task.model_image, "the source image"), native)
    faces = () if task.face_reference is None else (reference(task.face_reference, "the face reference", card),)
    mask = _mask(task)
    made = enlarged(model.make(_call(task, card, photo, faces, mask, native)), task.size, progress, task.mode)
    progress(1, 1, "keeping the outfit")
    source = upsample.enlarge(to_float(pixels(task.model_image)), task.size)
    result = kept(source, to_float(pixels(made)), mask)
    notes = (*result.notes, *_why_unmasked(task, mask), *enlarging_note(native, task.size))
    details = {**made_at(native), "kept_share": round(float((result.mask == 0).mean()), 4)}
    return Output(picture(result.picture), notes, details)


def _mask(task: ModelSwap) -> Floats | None:
    """float32 (h, w) of the task's size, 1 on the person; None where it is not known or must not bind."""
    read = None if asks_for_more(task.prompt) else figure(task.model_image, task.mode)
    return None if read is None else person_mask(read, task.size)


def _why_unmasked(task: ModelSwap, mask: Floats | None) -> tuple[str, ...]:
    if mask is not None:
        return ()
    return (FREE if asks_for_more(task.prompt) else UNREAD,)


def asks_for_more(text: str) -> bool:
    """Whether a prompt asks for another place, pose or outfit, or for parts that a mannequin lacks."""
    return bool(BEYOND.search(STAYING.sub("", text)))


def prompt(task: ModelSwap, card: Card) -> str:
    """The person's words on who it is, then what changes and what stays."""
    source, face = (f"{picture_word(card)} {number}" for number in (1, 2))
    referred = task.face_reference is not None
    who = "the person described" if task.prompt.strip() else "another person" if referred else SUBTLE
    stays = "outfit and accessories" if asks_for_more(task.prompt) else "outfit, accessories, pose, framing, light and background"
    return assembled(
        card,
        [
            task.prompt,
            f"The person in {source} is replaced by {who}.",
            face_sentence(face, task.face_reference_mode, "The new person", source) if referred else "",
        ],
        [f"The {stays} stay exactly as in {source}.", ALIVE, NATURAL],
    )


def _call(
    task: ModelSwap, card: Card, photo: Image.Image, faces: tuple[Image.Image, ...], mask: Floats | None, native: Size
) -> Call:
    """With a mask where the card can redraw a part; the photograph is the first reference either way."""
    text = prompt(task, card)
    if mask is None or card.inpaint is None:
        return Call(prompt=text, images=(photo, *faces), size=native, seed=task.seed)
    return Call(prompt=text, images=faces, base=photo, mask=_drawn(mask, native), size=native, seed=task.seed)


def _drawn(mask: Floats, size: Size) -> Image.Image:
    """L picture for the model, white wherever any of the made picture will show."""
    small = cv2.resize(mask, (size.width, size.height), interpolation=cv2.INTER_AREA)
    return Image.fromarray(np.where(small > 0, 255, 0).astype(np.uint8))
