"""Packshot: a photograph of a product turned into a catalogue picture."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.draft.packshot_brief import Brief, Presentation, read_brief
from pipelines.draft.packshot_context import Context, read_context
from pipelines.engine import Output, Progress
from pipelines.images import Floats, alpha_of, composite, linear, picture, pixels, size_of, srgb, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import Packshot
from pipelines.vision.garments.garment import named_category
from pipelines.vision.garments.hem import with_even_hem, with_level_hem
from pipelines.vision.garments.neckline import inside_of_neckline
from pipelines.vision.garments.outline import outline_of
from pipelines.vision.garments.product import Product, find_product
from pipelines.vision.garments.reading import Found, read_by_net
from pipelines.vision.garments.straighten import Cutout, lean_of, over, straightened, symmetrised, turned
from pipelines.vision.people.body import Point
from pipelines.vision.rendering.cast import Shadow, floor_shadow, occlusion, window_light
from pipelines.vision.rendering.ghost import back_of
from pipelines.vision.rendering.hanger import draw_clips, draw_hanger, shoulders_of
from pipelines.vision.rendering.surfaces import surface
from pipelines.vision.upsample import FEW, ITERATIONS, bleed, enlarge

_STEPS = 8
_LOW = 0.5
_SURE = 0.5
"""Confidence from which landmarks are used."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the product goes, as shares of the picture."""

    width: float
    height: float
    middle: float
    """Row of its middle."""


_FRAMES: dict[Presentation, _Frame] = {
    "ghost mannequin": _Frame(0.8, 0.84, 0.5),
    "flat lay": _Frame(0.78, 0.8, 0.5),
    "hanger": _Frame(0.74, 0.74, 0.565),
    "floating": _Frame(0.7, 0.72, 0.46),
}

_SHADOWS: dict[Presentation, tuple[Shadow, ...]] = {
    "ghost mannequin": (Shadow(0.006, 0.006, 0.10), Shadow(0.016, 0.028, 0.13)),
    "flat lay": (Shadow(0.003, 0.0025, 0.34), Shadow(0.010, 0.012, 0.26), Shadow(0.02, 0.05, 0.10)),
    "hanger": (Shadow(0.014, 0.010, 0.20), Shadow(0.035, 0.03, 0.20)),
    "floating": (Shadow(0.05, 0.06, 0.10),),
}
_HARD = (Shadow(0.003, 0.002, 0.3), Shadow(0.03, 0.0035, 0.42), Shadow(0.03, 0.05, 0.08))


def run(task: Packshot, progress: Progress) -> Output:
    """A catalogue picture at exactly `task.size`.

    Raises SubjectNotFound where no product stands out and GarmentNotFound where a person who wears it can't be removed.
    """
    rng = np.random.default_rng(task.seed)
    brief = read_brief(task.prompt)
    steps = iter(range(_STEPS))
    product = find_product(task.product_image, task.mode, task.prompt, lambda note: progress(next(steps), _STEPS, note))
    progress(4, _STEPS, "straightening")
    cutout = symmetrised(_upright(product, task.prompt, task.mode))
    progress(5, _STEPS, "laying out")
    placed = _placed(cutout, _read(cutout, task.prompt, product.worn), _FRAMES[brief.presentation], task.size, task.mode)
    progress(6, _STEPS, "lighting the surface")
    context = None if task.image_context is None else read_context(pixels(task.image_context))
    image = _rendered(placed, brief, context, task, rng)
    finished = picture(image)
    progress(_STEPS, _STEPS, "done", finished)
    return Output(finished, _notes(task, brief, product, cutout), _details(brief, product, context))


@dataclass(frozen=True, slots=True)
class _Placed:
    """The product at its place, in the whole picture; landmarks in its pixels, none where they are a guess."""

    cutout: Cutout
    category: str
    landmarks: Mapping[str, Point]


def _upright(product: Product, prompt: str, mode: Mode) -> Cutout:
    """The product turned upright: by its outline, or by its landmarks where somebody who may lean wore it.

    In Fast these are read once, and the ends of the hem taken to be where they were in the outline's box.
    """
    found = _read(product.cutout, prompt, worn=True) if product.worn else None
    if found is None or found.confidence < _SURE:
        return straightened(product.cutout)
    cutout = product.cutout if found.category == "bottom" else with_even_hem(product.cutout, found.landmarks)
    lean = lean_of(found.landmarks)
    upright = straightened(cutout) if abs(lean) < 1 else turned(cutout, -lean)
    if found.category == "bottom":
        return upright
    if mode == Mode.FAST:
        return with_level_hem(upright, _boxed(found.landmarks, product.cutout, upright))
    return with_level_hem(upright, _read(upright, prompt, worn=True).landmarks)


def _boxed(landmarks: Mapping[str, Point], before: Cutout, after: Cutout) -> Mapping[str, Point]:
    """Landmarks at the same shares of the visible part's box, of which `after` has no margins."""
    rows, columns = (np.flatnonzero((before.alpha > 0.02).any(axis=axis)) for axis in (1, 0))
    down, across = after.alpha.shape[0] / (np.ptp(rows) + 1), after.alpha.shape[1] / (np.ptp(columns) + 1)
    return {name: Point((at.x - columns[0]) * across, (at.y - rows[0]) * down) for name, at in landmarks.items()}


def _read(cutout: Cutout, prompt: str, worn: bool) -> Found:
    """What the product is, and where its collar, shoulders and waist are."""
    return read_by_net(to_bytes(cutout.colour), cutout.alpha, outline_of(cutout.alpha), named_category(prompt), worn)


def _placed(cutout: Cutout, found: Found, frame: _Frame, size: Size, mode: Mode) -> _Placed:
    """The cut-out at its place in a picture of `size`, colours carried on beyond its edge."""
    height, width = cutout.alpha.shape
    scale = min(frame.width * size.width / width, frame.height * size.height / height)
    inner = Size(max(1, round(width * scale)), max(1, round(height * scale)))
    colour = bleed(cutout.colour, cutout.alpha)
    rounds = FEW if mode == Mode.FAST else ITERATIONS
    grown, cover = (enlarge(each, inner, rounds) for each in (colour, cutout.alpha))
    left = (size.width - inner.width) // 2
    top = min(max(0, round(frame.middle * size.height - inner.height / 2)), size.height - inner.height)
    spot = np.s_[top : top + inner.height, left : left + inner.width]
    full = np.zeros((size.height, size.width, 3), np.float32)
    alpha = np.zeros((size.height, size.width), np.float32)
    full[spot], alpha[spot] = grown, cover
    sure = found.landmarks if found.confidence >= _SURE else {}
    marks = {name: Point(at.x * scale + left, at.y * scale + top) for name, at in sure.items()}
    return _Placed(Cutout(full, alpha), found.category, marks)


def _rendered(placed: _Placed, brief: Brief, context: Context | None, task: Packshot, rng: np.random.Generator) -> Floats:
    behind = _behind(brief, context, task.size, rng)
    angle = (context.light if context else 118.0) + float(rng.uniform(-14, 14))
    object_ = _dressed(placed, brief.presentation == "hanger")
    light = _light(object_.alpha, brief, angle, task, rng)
    behind = srgb(linear(behind) * light[..., None])
    return composite(object_.colour, object_.alpha, behind)


def _behind(brief: Brief, context: Context | None, size: Size, rng: np.random.Generator) -> Floats:
    if context is not None and brief.material == "plain" and brief.colour is None:
        return context.backdrop(size)
    return surface(brief.material, size, rng, brief.colour or (context.colour if context and brief.material == "plain" else None))


def _light(alpha: Floats, brief: Brief, angle: float, task: Packshot, rng: np.random.Generator) -> Floats:
    """Share of linear light that reaches each pixel of the surface."""
    shadows = _HARD if brief.light == "hard" and brief.presentation != "floating" else _SHADOWS[brief.presentation]
    light = occlusion(alpha, shadows[-1:] if task.mode == Mode.FAST else shadows, angle)
    if task.mode == Mode.QUALITY:
        light *= occlusion(alpha, (Shadow(0.0, 0.004, 0.12), Shadow(0.0, 0.04, 0.06)), angle)
    if brief.presentation == "floating":
        rows = np.flatnonzero((alpha > 0.5).any(axis=1))
        level = min(0.96 * alpha.shape[0], (rows[-1] if len(rows) else 0) + 0.085 * alpha.shape[0])
        light = light * floor_shadow(alpha, level, 0.55 if brief.light == "hard" else 0.34)
    if brief.light == "window":
        light = light * window_light(task.size, rng)
    return light


def _dressed(placed: _Placed, hung: bool) -> Cutout:
    """The product before the inside of its back and, where it hangs, the hanger that fits it."""
    front, back = placed.cutout, back_of(placed.cutout, placed.landmarks)
    if not hung:
        return front if back is None else over(front, back)
    size = Size(front.alpha.shape[1], front.alpha.shape[0])
    if placed.category == "bottom" and placed.landmarks:
        clips = draw_clips(placed.landmarks["waist_left"], placed.landmarks["waist_right"], size)
        return over(Cutout(clips.colour, clips.alpha), front)
    if back is None:
        back, front = front, _without_inside(front, placed.landmarks)
    hanger = draw_hanger(shoulders_of(placed.landmarks, front.alpha), size)
    return over(front, over(Cutout(hanger.colour, hanger.alpha), back))


def _without_inside(front: Cutout, landmarks: Mapping[str, Point]) -> Cutout:
    """Without the inside of the back that the picture shows: the hanger lies before that."""
    if "collar_left" not in landmarks:
        return front
    edge = outline_of(front.alpha).upper_edge(landmarks["collar_left"], landmarks["collar_right"])
    inside = inside_of_neckline(to_bytes(front.colour), front.alpha, {**landmarks, "collar_bottom": edge})
    return front if inside is None else Cutout(front.colour, (front.alpha * (1 - inside.mask)).astype(np.float32))


def _notes(task: Packshot, brief: Brief, product: Product, cutout: Cutout) -> tuple[str, ...]:
    notes = []
    if product.worn:
        notes.append("The person was removed; what the body hid of the garment is not shown.")
    if product.confidence < _LOW:
        notes.append("The product hardly stands out from its background: look closely at its edges.")
    if brief.unread:
        notes.append("Nothing in the prompt was understood; say a presentation, a surface, a colour or a light.")
    if task.image_context is not None:
        notes.append("The reference gave its colours, its surface out of focus and the direction of its light, not its things.")
    if cutout.alpha.shape[0] * 2 < task.size.height and alpha_of(task.product_image) is None:
        notes.append(f"The product was enlarged from a picture of {size_of(task.product_image)} pixels.")
    return tuple(notes)


def _details(brief: Brief, product: Product, context: Context | None) -> dict[str, str | int | float]:
    details: dict[str, str | int | float] = {"brief": brief.described, "confidence": round(product.confidence, 3)}
    if context is not None:
        details["context_light_degrees"] = round(context.light)
    return details
