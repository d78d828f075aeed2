"""Edit: one change, said in words, shown by a picture, drawn over the photo or masked; untouched pixels are the photo's own."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from PIL import Image

from pipelines.diffusion.call import Call, Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.finish import enlarged, enlarging_note, made_at
from pipelines.diffusion.recipes.native import fitted, native_size
from pipelines.diffusion.recipes.paste import MOST_CHANGED, Kept, kept
from pipelines.diffusion.recipes.prompts import assembled, named
from pipelines.diffusion.recipes.redraw import Part, around, asked, drawn, put_back, redraws
from pipelines.diffusion.recipes.references import Collage, Place, collaged, reference
from pipelines.diffusion.recipes.transparent import Layer, layer, relaid
from pipelines.engine import Output, Progress
from pipelines.errors import PictureUnsuitable
from pipelines.images import Floats, Mask, alpha_of, picture, pixels, resized, size_of, to_float
from pipelines.sizes import Size
from pipelines.tasks import Edit

Role = Literal["photo", "marks", "context"]
AIR = 0.6
"""Around a mask, in its longer sides: what the model sees beside what it redraws."""
STROKE = 0.02
"""Share of the long side by which the room for a change is wider than what was drawn around it."""
MOST_BACKGROUND = 0.93
"""Share of changed pixels up to which a picture with another background keeps its subject's."""
MARKER = (255, 0, 255)
_LIGHTS = r"soft|hard|harsh|warm|cool|cold|bright|natural|studio|window|evening|morning|dramatic|golden|moody"
_SEASONS = r"night|evening|morning|noon|winter|summer|autumn|spring|snow|rain|fog"
_WHOLE = r"(the |this )?(image|photo|picture|frame|composition|horizon|subject|product|model|person|everything|(her|him|them) (to|left|right|up|down|closer|back))"
LIGHT = re.compile(
    r"\b(re-?light\w*|lighting|lit|sun(light|lit|set|rise|ny|shine)|golden hour|dusk|dawn|twilight|daylight|moonlight|neon"
    rf"|({_LIGHTS})(er)? (light|glow|tones?|colou?rs|mood|look|atmosphere)|mood|moody|atmosphere|season"
    r"|bright(er|en\w*)|dark(er|en\w*)|lighter|lighten\w*|warmer|cooler|colder|expos\w+|contrast|(de)?saturat\w+|vibrant"
    rf"|white balance|colou?r (grad\w+|cast|tone|balance|temperature)|tint|(at|in|by|into|to|it) (an? |the )?({_SEASONS})"
    r"|black[- ]and[- ]white|monochrome|gr[ae]yscale|sepia|vintage|cinematic|oil painting|watercolou?r|sketch|illustration"
    r"|cartoon|anime|style of)\b(?! (coat|jacket|boots?|dress|gown|outfit|clothes|blue|green|red|pink|gr[ae]y|brown)\b)",
    re.IGNORECASE,
)
"""What may change the colours of everything: then a tint is no accident."""
FRAMING = re.compile(
    r"\b(crop\w*|zoom\w*|close-?up|(closer|wider) (shot|view|crop|frame|framing)|re-?fram\w+|re-?cent(re|er)\w*|camera|perspective"
    rf"|(rotat|flip|mirror|straighten|mov|shift|cent(re|er)|pan|tilt)\w* {_WHOLE}|larger in the frame|smaller in the frame)\b",
    re.IGNORECASE,
)
"""What may move everything: then a shift is no accident."""
BACKGROUND = re.compile(
    r"\b(background|backdrop|scene\w*|setting|location|outdoors?|indoors?|in the street|on a beach|in a caf[eé]"
    r"|(place|put) (her|him|them) )\b",
    re.IGNORECASE,
)
"""What may change most of the picture and leave its subject alone."""
REST = "Everything else stays exactly as in {photo}: person, face, pose, product, background, framing, light and colours"
CONTEXT = "{context} shows what is meant; the rest of it has nothing to do with the picture"
MARKS = (
    "{marks} is the same photo with marks drawn over it; they point out where the instruction applies",
    "The result is the clean photo: wherever marks were drawn, the scene itself is seen",
)
PLACE = (
    "{marks} is the same photo with the place of the change in magenta",
    "The change lies within that place; the result has natural colours there",
)
UNMARKED = "The marks drawn over {photo} point out where the instruction applies; in the result the scene itself is seen there"


@dataclass(frozen=True, slots=True)
class _Picture:
    """A reference and what it is for."""

    role: Role
    image: Image.Image


def needs(task: Edit) -> int:
    """The photo; what else there is can share a picture with it."""
    return 1


def run(task: Edit, model: Model, progress: Progress) -> Output:
    """The photo at exactly `task.size` with the change in it; what the model left alone has the photo's own pixels.

    A mask is exact: outside it the result is the photo at `task.size`, bit for bit. Raises PictureUnsuitable naming the
    field for a mask or drawing of another size, an empty mask, and references of no use.
    """
    progress(0, 3, "preparing")
    mask = _mask(task, model.card)
    reference(task.image, "image", model.card)
    before = layer(task.image, task.size, progress, task.mode)
    if mask is not None:
        return _within(task, before, mask, model, progress)
    progress(1, 3, "editing")
    native = native_size(model.card, task.size)
    shown = _pictures(task, fitted(picture(before.shown), native), model.card)
    sheet = collaged([each.image for each in shown], model.card.references or 1, model.card.reference_pixels)
    made = model.make(Call(prompt=prompt(task, model.card, shown, sheet), images=sheet.pictures, size=native, seed=task.seed))
    progress(2, 3, "keeping what did not change")
    large = to_float(pixels(enlarged(made, task.size, progress, task.mode)))
    done = _kept(task.prompt, before.shown, large)
    progress(3, 3, "done")
    return _output(before, done, native, task.size)


def _kept(words: str, source: Floats, made: Floats) -> Kept:
    """What the instruction may change everywhere is not taken back: colours for words of light, places for words of framing."""
    return kept(
        source,
        made,
        align=FRAMING.search(words) is None,
        match=LIGHT.search(words) is None,
        most=MOST_BACKGROUND if BACKGROUND.search(words) else MOST_CHANGED,
    )


def _within(task: Edit, before: Layer, mask: Mask, model: Model, progress: Progress) -> Output:
    """Redrawn inside the mask only."""
    part = Part(source=before.shown, mask=mask, box=around(mask, AIR))
    context = (
        [] if task.image_context is None else [_Picture("context", reference(task.image_context, "image_context", model.card))]
    )
    own = _Picture("photo", task.image)
    if not redraws(model.card, len(context)) and model.card.references >= 2:
        context = [_Picture("marks", _tinted(part)), *context]
    sheet = collaged([each.image for each in context], max(1, model.card.references - 1), model.card.reference_pixels)
    places = (Place(1), *(Place(each.number + 1, each.part, each.box) for each in sheet.places))
    words = prompt(task, model.card, [own, *context], Collage((), places), magenta=True)
    progress(1, 3, "editing inside the mask")
    made = asked(part, model, words, task.seed, sheet.pictures)
    progress(2, 3, "putting it back")
    done = put_back(part, made, progress, task.mode)
    progress(3, 3, "done")
    return _output(before, done, size_of(made), part.box.size)


def _tinted(part: Part) -> Image.Image:
    """What the model sees of the picture, with the mask in magenta."""
    at = np.s_[part.box.top : part.box.bottom, part.box.left : part.box.right]
    seen, inside = part.source[at], part.mask[at].astype(np.float32)[..., None] * np.float32(0.55)
    return picture((seen + (np.array(MARKER, np.float32) / 255 - seen) * inside).astype(np.float32))


def prompt(task: Edit, card: Card, shown: list[_Picture], sheet: Collage, *, magenta: bool = False) -> str:
    """As the model reads it: the instruction, then what the references are, then what stays."""
    names = {each.role: named(card, place) for each, place in zip(shown, sheet.places, strict=True)}
    if len(shown) == 1:
        names["photo"] = "the photo"
    sentences = [task.prompt]
    if "marks" in names:
        sentences += PLACE if magenta else MARKS
    elif task.annotations is not None and not magenta:
        sentences.append(UNMARKED)
    if "context" in names:
        sentences.append(CONTEXT)
    sentences = [sentences[0], *(_capital(each.format(**names)) for each in sentences[1:])]
    return assembled(card, sentences, spare=[REST.format(**names)])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _pictures(task: Edit, photo: Image.Image, card: Card) -> list[_Picture]:
    """The photo first, then the same with the drawing over it, then the context. A model that takes one picture gets the drawn one."""
    shown = [_Picture("photo", photo)]
    if task.annotations is not None:
        marked = _marked(photo, task.annotations)
        shown = [_Picture("photo", marked)] if card.references < 2 else [*shown, _Picture("marks", marked)]
    if task.image_context is not None:
        shown.append(_Picture("context", reference(task.image_context, "image_context", card)))
    return shown


def _marked(photo: Image.Image, drawing: Image.Image) -> Image.Image:
    """The photo with the drawing over it; a drawing without transparency is the drawn-over photo itself."""
    if alpha_of(drawing) is None:
        return fitted(drawing, size_of(photo))
    over = drawing.convert("RGBA").resize(photo.size, Image.Resampling.BILINEAR)
    canvas = photo.convert("RGBA")
    canvas.alpha_composite(over)
    return canvas.convert("RGB")


def _mask(task: Edit, card: Card) -> Mask | None:
    """bool (h, w) of the task's size: the mask; else, for a model that redraws masks but takes no second picture, what was drawn."""
    for field, image in (("mask", task.mask), ("annotations", task.annotations)):
        if image is not None and image.size != task.image.size:
            raise PictureUnsuitable(
                f"{field} is {size_of(image)} pixels and image {size_of(task.image)}; draw it over the picture itself"
            )
    if task.mask is not None:
        return _white(task.mask, task.size)
    if task.annotations is None or card.references >= 2 or not redraws(card, 0):
        return None
    alpha = alpha_of(task.annotations)
    if alpha is None or not alpha.any():
        return None
    strokes = resized(alpha, task.size) > 0.1
    return drawn(strokes, max(2, round(STROKE * max(strokes.shape))))


def _white(mask: Image.Image, size: Size) -> Mask:
    """Where a mask is lighter than mid grey; what is transparent in it is black."""
    level = pixels(mask, background=(0, 0, 0)).max(axis=2)
    white: Mask = resized((level > 127).astype(np.float32), size) > 0.5
    if not white.any():
        raise PictureUnsuitable("mask has no white in it, so that nothing would change; paint white where the change belongs")
    return white


def _output(before: Layer, done: Kept, native: Size, size: Size) -> Output:
    notes = [*done.notes, *enlarging_note(native, size)]
    if before.alpha is not None:
        notes.append("The picture's transparency is kept; where the change adds something to it, it is opaque.")
    details = {**made_at(native), "changed": round(done.changed, 4), "agreement": round(done.motion.agreement, 3)}
    return Output(relaid(before, done.picture, done.mask), tuple(notes), details)
