"""Product to Model: up to three products worn by a person who is made for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.finish import finished
from pipelines.diffusion.recipes.native import native_size
from pipelines.diffusion.recipes.prompts import (
    NATURAL,
    SAME_PRODUCT,
    SAME_PRODUCTS,
    STUDIO,
    assembled,
    face_sentence,
    listed,
    named,
    speaks_of,
)
from pipelines.diffusion.recipes.references import Collage, collage_note, collaged, reference
from pipelines.engine import Output, Progress
from pipelines.tasks import ProductToModel

Role = Literal["product", "image prompt", "background", "face"]


@dataclass(frozen=True, slots=True)
class _Reference:
    role: Role
    field: str
    image: Image.Image


def needs(task: ProductToModel) -> int:
    """Two where there are several references: a model of one gives the collage back."""
    return min(2, len(list(_references(task))))


def run(task: ProductToModel, model: Model, progress: Progress) -> Output:
    """The products on a model, exactly `task.size`. Raises PictureUnsuitable, PromptTooLong and what the model raises."""
    card, wanted = model.card, list(_references(task))
    collage = collaged([reference(each.image, each.field, card) for each in wanted], card.references, card.reference_pixels)
    native = native_size(card, task.size)
    call = Call(
        prompt=prompt(task, card, [each.role for each in wanted], collage),
        images=collage.pictures,
        size=native,
        seed=task.seed,
    )
    made = model.make(call)
    details = {"references": len(wanted), "reference_pictures": len(collage.pictures)}
    return finished(made, task.size, progress, mode=task.mode, notes=collage_note(card, collage), details=details)


def prompt(task: ProductToModel, card: Card, roles: Sequence[Role], collage: Collage) -> str:
    """What the model is told: the person's words, what is worn, what each reference is for, and what goes without saying."""
    names = {role: [named(card, at) for at, each in zip(collage.places, roles, strict=True) if each == role] for role in roles}
    products = names["product"]
    placed = "background" in names or "image prompt" in names or speaks_of("place", task.prompt)
    posed = "image prompt" in names or speaks_of("pose", task.prompt)
    framed = "image prompt" in names or speaks_of("framing", task.prompt)
    anybody = not task.prompt.strip() and "face" not in names
    return assembled(
        card,
        [task.prompt, _worn(products, anybody), *_guided(task, names)],
        [
            SAME_PRODUCTS if len(products) > 1 else SAME_PRODUCT,
            "" if posed else "Natural, relaxed pose facing the camera.",
            "" if framed else f"Framed so that {'all products are' if len(products) > 1 else 'the whole product is'} in view.",
            "" if placed else STUDIO,
            NATURAL,
        ],
    )


def _references(task: ProductToModel) -> Iterator[_Reference]:
    for number, image in enumerate(task.product_images, 1):
        yield _Reference("product", f"product image {number}" if len(task.product_images) > 1 else "the product image", image)
    if task.image_prompt is not None:
        yield _Reference("image prompt", "the image prompt", task.image_prompt)
    if task.background_reference is not None:
        yield _Reference("background", "the background reference", task.background_reference)
    if task.face_reference is not None:
        yield _Reference("face", "the face reference", task.face_reference)


def _worn(products: Sequence[str], anybody: bool) -> str:
    if len(products) == 1:
        return (
            f"Professional fashion photograph of one model{', a person whom it suits,' if anybody else ''} wearing the product "
            f"from {products[0]}. Only the product itself comes from there; it is worn the way it is made to be worn, "
            "with plain clothes that go with it."
        )
    return (
        f"Professional fashion photograph of one model{', a person whom they suit,' if anybody else ''} wearing together as one "
        f"outfit the products from {listed(products)}, each of them once. Only the products themselves come from there; "
        "each is worn the way it is made to be worn."
    )


def _guided(task: ProductToModel, names: Mapping[Role, Sequence[str]]) -> Iterator[str]:
    if "image prompt" in names:
        taken = "Pose, framing and styling" if "background" in names else "Pose, framing, styling, setting and light"
        yield f"{taken} take after {names['image prompt'][0]}; person and clothes are the ones described here."
    if "background" in names:
        yield (
            f"The model stands in the place shown in {names['background'][0]}, in its perspective and light; "
            "the place alone is taken from there."
        )
    if "face" in names:
        yield face_sentence(names["face"][0], task.face_reference_mode, "The model")
