"""Packshot: the product alone, as a catalogue shows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.finish import enlarged, enlarging_note, finished, made_at
from pipelines.diffusion.recipes.native import native_size
from pipelines.diffusion.recipes.prompts import SAME_PRODUCT, assembled, named
from pipelines.diffusion.recipes.references import Place, collaged, reference
from pipelines.engine import Output, Progress
from pipelines.errors import SubjectNotFound
from pipelines.images import Floats, blurred, picture, pixels, size_of, to_float
from pipelines.sizes import Mode
from pipelines.tasks import Packshot
from pipelines.vision.mattes.matting import Matte, matte
from pipelines.vision.upsample import bleed, enlarge

PRESENTATION = re.compile(
    r"\b(ghost|invisible|mannequin|flat[- ]?lay|flat|laid|lying|lay[- ]?down|top[- ]down|from above|overhead|hang(er|ing|s)?|hung"
    r"|hook|float\w*|levitat\w*|suspended|mid[- ]air|drap\w+|fold\w+|roll(ed)?|stack\w*|stand(ing)?|plinth|pedestal|podium|bust"
    r"|close-?up|detail|worn|model|held)\b",
    re.IGNORECASE,
)
"""Words that say how the product is shown."""
SURROUNDINGS = re.compile(
    r"\b((on|against|over|atop|in front of|beside|inside) (?!(an? |the )?(\w+ )?hangers?\b|\w*mannequin\b|model\b)\w+|background"
    r"|backdrop|surface|wall|floor|table|marble|concrete|wood|plaster|linen|stone|sand|grass|outdoors?|beach|studio|props?)\b",
    re.IGNORECASE,
)
"""Words that say what is around it."""
ISOLATION = re.compile(
    r"\b(?:only|just|isolate)\s+(?:the\s+|her\s+|his\s+|this\s+)?(?P<item>[a-z][a-z -]*?)"
    r"(?=\s+(?:on|in|against|with|over|from|at|by|as|and (?!(?:\w+ )?(?:shoes|boots|bag|trousers|pants|jacket|shirt|skirt|top)\b))\b"
    r"|[,.;:!]|$)",
    re.IGNORECASE,
)
"""`only the jacket`, `just the shoes`."""
TRANSPARENT = re.compile(
    r"\b((on|with|against|over) )?(an? |the )?(fully |completely )?(transparent( (background|backdrop|png))?|png cut-?outs?|cut-?out png"
    r"|alpha channel|without (a |any )?background|no background)\b",
    re.IGNORECASE,
)
"""What a model can't paint and would draw as a chessboard."""
LIGHTING = re.compile(r"\b(\w*shadow\w*|\w*light\w*|lit|sun\w*|flash|dramatic|moody)\b", re.IGNORECASE)
"""Words that say how it is lit."""
WHITE_SCENE = "Pure white seamless background"
SOFT_SHADOW = "A soft, faint shadow lies at the product"
PLAIN_SCENE = "Plain, evenly lit light grey background, the product clear of it on every side"
GHOST = (
    "A garment is presented as a ghost mannequin: it holds the shape of a body by itself, with clean openings at neck, sleeves "
    "and hem; shoes, bags and other accessories stand by themselves"
)
PRODUCT = "Professional catalogue photograph of the product in {product}, all of it in the picture and centred"
ALONE = "The {item} of {product} {be} the only item"
STYLE = "Light, surface, composition and mood are those of {style}; the product is the one in {product} alone"
TIDY = "The product is shown by itself, pressed, symmetric and neatly arranged, with collar, seams and hem straight"
SHARP = "Even, diffuse studio light; fabric, stitching and details in sharp focus"
NEARLY_WHITE = 0.92
"""Darkest channel of a background, by its median, from which it was meant to be white."""
UNEVEN, SHADOW = 0.015, 0.06
"""How much darker than that median a pixel may be to become white, and from which on it is shadow and stays."""
CLEAR = 0.004
"""Share of the long side that stays as it was around the product."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a prompt asks for."""

    words: str
    """The person's own, without what no model can paint."""
    item: str
    """The only item wanted; empty for all."""
    presented: bool
    """Whether the words say how it is shown."""
    placed: bool
    """Whether the words say what is around it."""
    lit: bool
    """Whether the words say how it is lit."""
    transparent: bool


def needs(task: Packshot) -> int:
    """The product; a style can share a picture with it."""
    return 1


def run(task: Packshot, model: Model, progress: Progress) -> Output:
    """A catalogue picture at exactly `task.size`; RGBA where the prompt asks for a transparent background.

    Raises PictureUnsuitable naming the field of a reference of no use, and PromptTooLong.
    """
    card, order = model.card, read(task.prompt)
    references = [reference(task.product_image, "product_image", card)]
    if task.image_context is not None:
        references.append(reference(task.image_context, "image_context", card))
    sheet = collaged(references, card.references or 1, card.reference_pixels)
    progress(0, 3, "making the packshot")
    words = prompt(order, card, sheet.places)
    made = model.make(Call(prompt=words, images=sheet.pictures, size=native_size(card, task.size), seed=task.seed))
    progress(1, 3, "finishing the background")
    if order.transparent:
        return _cut_out(made, task, progress)
    if wants_white(order, task.image_context is not None):
        made = whitened(made)
    return finished(made, task.size, progress, mode=task.mode)


def read(words: str) -> Order:
    """The order in a prompt."""
    transparent = TRANSPARENT.search(words) is not None
    rest = " ".join(TRANSPARENT.sub(" ", words).split()).strip(" ,;.") if transparent else words
    alone = ISOLATION.search(rest)
    return Order(
        words=rest,
        item=alone.group("item").strip() if alone else "",
        presented=PRESENTATION.search(rest) is not None,
        placed=SURROUNDINGS.search(rest) is not None,
        lit=LIGHTING.search(rest) is not None,
        transparent=transparent,
    )


def wants_white(order: Order, styled: bool) -> bool:
    """Whether the background is the default: nothing was said of it and no picture shows one."""
    return not (order.placed or order.transparent or styled)


def prompt(order: Order, card: Card, places: Sequence[Place]) -> str:
    """As the model reads it: the person's words, the product, how it is shown, where, and that it is the same product."""
    names = {"product": named(card, places[0]), "style": named(card, places[-1])}
    styled = len(places) > 1
    sentences = [order.words, PRODUCT.format(**names)]
    if order.item:
        be = "are" if order.item.endswith("s") and not order.item.endswith(("ss", "dress")) else "is"
        sentences.append(ALONE.format(item=order.item, be=be, **names))
    if styled:
        sentences.append(_capital(STYLE.format(**names)))
    elif not order.presented:
        sentences.append(GHOST)
    if order.transparent:
        sentences.append(PLAIN_SCENE)
    elif wants_white(order, styled):
        sentences += [WHITE_SCENE] if order.lit else [WHITE_SCENE, SOFT_SHADOW]
    return assembled(card, [*sentences, TIDY, SAME_PRODUCT], spare=[] if styled or order.lit else [SHARP])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _matte(made: Image.Image, mode: Mode) -> Matte | None:
    """None where nothing stands out."""
    try:
        return matte(pixels(made), mode)
    except SubjectNotFound:
        return None


def _cut_out(made: Image.Image, task: Packshot, progress: Progress) -> Output:
    native = size_of(made)
    cut = _matte(made, task.mode)
    notes = enlarging_note(native, task.size)
    if cut is None:
        note = "The product could not be told from its background, which was left as it is instead of transparent."
        return finished(made, task.size, progress, mode=task.mode, notes=(note,))
    colour = enlarged(picture(bleed(cut.foreground, cut.alpha)), task.size, progress, task.mode)
    image = picture(np.asarray(colour), enlarge(cut.alpha, task.size))
    note = "The model painted a plain background, which was cut out; shadows went with it."
    return Output(image, (note, *notes), {**made_at(native), "matte_confidence": round(cut.confidence, 3)})


def whitened(made: Image.Image) -> Image.Image:
    """With pure white where the background is nearly white and no product is; its shadow stays."""
    cut = _matte(made, Mode.FAST)
    if cut is None:
        return made
    rgb = to_float(pixels(made))
    reach = max(1.0, CLEAR * max(cut.alpha.shape))
    outside = np.clip(1 - 4 * blurred((cut.alpha > 0).astype(np.float32), reach), 0, 1)
    darkest = rgb.min(axis=2)
    if not (outside > 0.99).any() or (usual := float(np.median(darkest[outside > 0.99]))) < NEARLY_WHITE:
        return made
    level = np.clip((darkest - usual + SHADOW) / (SHADOW - UNEVEN), 0, 1)
    share = (level * level * (3 - 2 * level) * outside)[..., None]
    return picture(cast(Floats, (rgb + (1 - rgb) * share).astype(np.float32)))
