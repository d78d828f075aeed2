"""Reframe: another format of the same picture; what is new is made by the model, what is old stays."""

from collections.abc import Mapping

import numpy as np
from PIL import Image

from pipelines.diffusion.call import Model
from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.finish import enlarged, enlarging_note, made_at
from pipelines.diffusion.recipes.prompts import assembled, listed, picture_word
from pipelines.diffusion.recipes.redraw import Part, asked, put_back, redraws
from pipelines.diffusion.recipes.references import reference
from pipelines.draft import reframe as draft
from pipelines.draft.reframe import Placement, placed
from pipelines.engine import Output, Progress
from pipelines.images import Floats, alpha_of, picture, pixels, size_of, to_float
from pipelines.sizes import Size
from pipelines.tasks import Reframe
from pipelines.vision.content import Box, Content, Look, content_of
from pipelines.vision.extend import Extended, Manner, Margins, extend

CUTS = 2
"""Rounds in which the outline of the subject is refined."""
SEAM = 0.012
"""Width of the seam inside the photo, as a share of the canvas's long side."""
SMOOTH_STRENGTH, TEXTURED_STRENGTH = 0.75, 1.0
"""How far the model may leave the continued background: a smooth one is almost right, a textured one only a placeholder."""
CONTINUE = (
    "The photo goes on beyond its former {sides}: the same background, surfaces, objects, light, perspective, focus and grain"
)
CANVAS = (
    "{photo} is a photo on a larger canvas; at the {sides} of the canvas there is only a blurred placeholder",
    "The result is one seamless photograph that fills the canvas, with the photo's own part exactly where and as large as it is",
)
SUBJECT = "The subject is seen once, exactly as it is"
CUT = "Where the subject reaches a former edge, it goes on naturally"


def needs(task: Reframe) -> int:
    """The photo."""
    return 1


def run(task: Reframe, model: Model, progress: Progress) -> Output:
    """The picture at exactly `task.size`.

    A crop, and a picture whose background is transparent, need no model. Else the model makes what is outside the photo,
    and inside a narrow seam the result is the photo at its new size, bit for bit. Raises PictureUnsuitable.
    """
    progress(0, 3, "looking for the subject")
    reference(task.image, "image", model.card)
    content = content_of(task.image, Look(cuts=CUTS))
    placement = placed(size_of(task.image), task.size, content)
    if placement.place == Box(0, 0, task.size.width, task.size.height) or alpha_of(task.image) is not None:
        return _without_model(task, progress)
    progress(1, 3, "placing the photo")
    canvas = _canvas(task, placement, content, progress)
    part = Part(source=canvas.rgb, mask=outside(placement.place, task.size), box=Box(0, 0, task.size.width, task.size.height))
    words = prompt(model.card, canvas.manners, cut=bool(content.cut & set(canvas.manners)))
    made = asked(part, model, words, task.seed, strength=strength(canvas.manners))
    progress(2, 3, "keeping the photo")
    done = put_back(part, made, progress, task.mode)
    progress(3, 3, "done")
    return Output(picture(done.picture), _notes(canvas.manners, placement, made, task.size), _details(placement, made))


def _without_model(task: Reframe, progress: Progress) -> Output:
    done = draft.run(task, progress)
    return Output(done.image, (*done.notes, "This needed no model."), done.details)


def _canvas(task: Reframe, placement: Placement, content: Content, progress: Progress) -> Extended:
    """The photo at its place, and around it more of its background as a start."""
    place = placement.place
    photo = to_float(pixels(enlarged(task.image, place.size, progress, task.mode)))
    margins = Margins(place.left, place.top, task.size.width - place.right, task.size.height - place.bottom)
    subject = np.asarray(Image.fromarray(content.mask).resize(photo.shape[1::-1], Image.Resampling.NEAREST))
    done = extend(photo, subject, margins, np.random.default_rng(task.seed))
    return Extended(done.rgb, {side: manner for side, manner in done.manners.items() if manner != "none"})


def outside(place: Box, size: Size) -> Floats:
    """float32 (h, w) of the canvas: 1 outside the photo, falling to exactly 0 within the seam at its inner edges."""
    seam = max(4.0, SEAM * max(size.width, size.height))
    across, down = _depth(place.left, place.right, size.width), _depth(place.top, place.bottom, size.height)
    level = np.clip(1 - np.minimum(across[None], down[:, None]) / np.float32(seam), 0, 1)
    return (level * level * (3 - 2 * level)).astype(np.float32)


def _depth(low: int, high: int, length: int) -> Floats:
    """Pixels inside low..high, from 1 on; an end of the canvas is no edge."""
    at = np.arange(length, dtype=np.float32)
    start = np.full(length, np.inf, np.float32) if low == 0 else at - low + 1
    end = np.full(length, np.inf, np.float32) if high == length else high - at
    return np.maximum(np.minimum(start, end), 0).astype(np.float32)


def strength(manners: Mapping[str, Manner]) -> float:
    """By the side that can be continued least."""
    return TEXTURED_STRENGTH if "soft" in manners.values() else SMOOTH_STRENGTH


def prompt(card: Card, manners: Mapping[str, Manner], *, cut: bool) -> str:
    """As the model reads it: what goes on, and at which sides."""
    sides = _listed(tuple(manners))
    names = {"sides": sides, "photo": f"{picture_word(card)} 1"}
    canvas = () if redraws(card, 0) else CANVAS
    sentences = [*canvas, CONTINUE, SUBJECT, *([CUT] if cut else [])]
    return assembled(card, [_capital(each.format(**names)) for each in sentences])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _listed(sides: tuple[str, ...]) -> str:
    return f"{listed(sides)} {'edge' if len(sides) == 1 else 'edges'}"


def _notes(manners: Mapping[str, Manner], placement: Placement, made: Image.Image, size: Size) -> tuple[str, ...]:
    kept = placement.place.size
    return (
        f"Expanded at the {_listed(tuple(manners))}; {kept} of the picture's pixels are the photo's own.",
        *enlarging_note(size_of(made), size),
    )


def _details(placement: Placement, made: Image.Image) -> dict[str, str | int | float]:
    place = placement.place
    scale = place.size.width / placement.window.size.width
    return {
        "scale": round(scale, 4),
        "kept_left": place.left,
        "kept_top": place.top,
        "kept_right": place.right,
        "kept_bottom": place.bottom,
        **made_at(size_of(made)),
    }
