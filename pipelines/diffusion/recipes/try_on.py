"""Try-On: the person of one photograph in the product of another; whatever doesn't change is the photograph's own."""

import numpy as np

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.figure import Figure, clothes_mask, face_and_hands, figure
from pipelines.diffusion.recipes.finish import enlarged, enlarging_note, made_at
from pipelines.diffusion.recipes.native import fitted, native_size
from pipelines.diffusion.recipes.paste import Kept, kept
from pipelines.diffusion.recipes.prompts import assembled, picture_word
from pipelines.diffusion.recipes.references import checked, reference
from pipelines.engine import Output, Progress
from pipelines.images import Floats, composite, picture, pixels, to_float
from pipelines.sizes import Size
from pipelines.tasks import TryOn
from pipelines.vision import upsample

DRESSED = 0.05
"""Share of the clothes that has to change for the product to be clothes; else it is a hat, glasses or the like, and the face
may change with it."""
UNREAD = "The person could not be read, so what was kept of the photograph follows from the difference alone."


def needs(task: TryOn) -> int:
    """The person and the product, each in a picture of its own."""
    return 2


def run(task: TryOn, model: Model, progress: Progress) -> Output:
    """The person wearing the product, exactly `task.size`. Raises PictureUnsuitable, PromptTooLong and what the model raises."""
    card, native = model.card, native_size(model.card, task.size)
    person = fitted(checked(task.model_image, "the model image"), native)
    product = reference(task.product_image, "the product image", card)
    call = Call(prompt=prompt(task, card), images=(person, product), size=native, seed=task.seed)
    made = enlarged(model.make(call), task.size, progress, task.mode)
    progress(1, 1, "keeping the photograph")
    photo = upsample.enlarge(to_float(pixels(task.model_image)), task.size)
    result = kept(photo, to_float(pixels(made)))
    read = figure(task.model_image, task.mode) if result.pasted else None
    own = np.zeros(result.mask.shape, np.float32) if read is None else _own(read, result, task.size)
    whole = composite(photo, own, result.picture) if own.any() else result.picture
    notes = (*result.notes, *([UNREAD] if result.pasted and read is None else []), *enlarging_note(native, task.size))
    share = float(((result.mask == 0) | (own == 1)).mean()) if result.pasted else 0.0
    return Output(picture(whole), notes, {**made_at(native), "kept_share": round(share, 4)})


def prompt(task: TryOn, card: Card) -> str:
    """The person's words on how it is worn, then what changes and what stays."""
    word = picture_word(card)
    return assembled(
        card,
        [
            task.prompt,
            f"The person in {word} 1 now wears the product shown in {word} 2, in place of what was worn there before.",
            f"Only the product is taken from {word} 2, whether it lies flat, stands by itself or somebody wears it.",
        ],
        [
            f"Its cut, length, colours, prints, texts, logos and material are exactly those in {word} 2.",
            f"Face, hair, skin, hands, body shape, pose, all other clothes, framing, light and background stay as in {word} 1.",
            "The product fits the body with natural folds and shadows.",
        ],
    )


def _own(read: Figure, result: Kept, size: Size) -> Floats:
    """float32 (h, w): 1 where the photograph's face and hands stay, whatever the model made of them."""
    clothes = clothes_mask(read, size)
    dressed = clothes.any() and float((result.mask[clothes] > 0.5).mean()) > DRESSED
    return face_and_hands(read, size) if dressed else np.zeros(clothes.shape, np.float32)
