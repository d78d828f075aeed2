"""Product to Model: up to three products in one look on a store mannequin or a drawn person, in a studio or a given place."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from PIL import Image

from pipelines.draft import scenery
from pipelines.draft.accessories import Accessory, carried
from pipelines.draft.casting import Wishes, chosen, product_words, wishes_of
from pipelines.draft.looks import Setting, about_light, looks_of, shoot_of
from pipelines.draft.resemblance import brightened, resemblance_of, resembling
from pipelines.engine import Output, Progress
from pipelines.errors import UnsupportedTask
from pipelines.images import Floats, picture, pixels, srgb
from pipelines.sizes import Mode, Size
from pipelines.tasks import ProductToModel
from pipelines.vision.garments.fit import Layer, dress
from pipelines.vision.garments.garment import Category, Garment, named_category, read_garment
from pipelines.vision.garments.seams import without_backdrop
from pipelines.vision.mattes.matting import matte_of
from pipelines.vision.rendering.backdrop import Backdrop, floor_shadow, grained
from pipelines.vision.rendering.figure import MANNEQUIN_FINISHES, SKIN_FINISHES, Figure, Finish, Framing, Hair, Pose, Sex
from pipelines.vision.rendering.head import Portrayed
from pipelines.vision.rendering.light import Light
from pipelines.vision.rendering.outfit import Look, gusseted, put_on, seen, slimmed, without_gap
from pipelines.vision.rendering.portrait import head_on
from pipelines.vision.rendering.render import Rendered, plated, render_body
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec


@dataclass(frozen=True, slots=True)
class _Effort:
    """Where a mode spends its time."""

    body_pixels: int
    """Area at which the mannequin and its light are computed."""
    oversample: int
    canvas_pixels: int
    """Area at which products are laid on, at most."""
    product_side: int
    """Longest side at which products are cut out."""


_EFFORTS = {
    Mode.FAST: _Effort(320_000, 2, 2_200_000, 900),
    Mode.BALANCED: _Effort(1_100_000, 2, 4_300_000, 1400),
    Mode.QUALITY: _Effort(1_700_000, 2, 6_500_000, 2200),
}
SHOES = (0.86, 0.85, 0.83)
WHERE_WORN = {"bottom": 0, "dress": 1, "top": 2, "outerwear": 3, "hat": 4, "bag": 5}
"""Categories that a mannequin can wear, from the one that lies lowest."""
NAMED = 0.5
"""Confidence in what a product is where only the prompt says so."""
LIGHT_PRODUCT = 0.80
"""Mean sRGB of a product from which a white mannequin would swallow it."""
HEAD_DETAIL = {Mode.FAST: 0.4, Mode.BALANCED: 0.8, Mode.QUALITY: 1.0}
"""Strands of hair, brows and beard, 0 to 1."""
DRAFT = (
    "A draft: the product itself, fitted and lit on a {figure}. "
    "An engine that generates pictures would show a photographic person, with the cloth's own drape."
)


@dataclass(frozen=True, slots=True)
class _Cast:
    """Everything that is decided before anything is rendered."""

    figure: Figure
    light: Light
    backdrop: Backdrop
    filling: tuple[GarmentSpec, ...]
    """Neutral clothes that complete the look."""
    who: Portrayed | None
    """Whose head the figure has; a mannequin has its own."""
    setting: Setting | None


def run(task: ProductToModel, progress: Progress) -> Output:
    """One picture of exactly `task.size`.

    Raises `UnsupportedTask` for products that a figure can't wear together or at all, `GarmentNotFound` and
    `SubjectNotFound` where a product can't be cut out of its picture, `PersonNotFound` where a face reference shows no face.
    """
    effort, steps = _EFFORTS[task.mode], len(task.product_images) + 3
    products = []
    for index, image in enumerate(task.product_images):
        progress(index, steps, f"cutting out product {index + 1}")
        products.append(_product(image, task, effort))
    products.sort(key=lambda each: WHERE_WORN[each.category])
    _check(products)
    progress(steps - 3, steps, "rendering the figure")
    roles = _cast(task, products)
    canvas = _capped(task.size, effort.canvas_pixels)
    body = _body(roles, task, effort)
    progress(steps - 2, steps, "dressing it")
    layers: list[Layer] = []
    figure = body
    for product in products:
        if product.category in ("hat", "bag"):
            layers.append(carried(Accessory(product), body, canvas))
            continue
        dressed = gusseted(dress(product, body.body, canvas), body)
        layers += seen(dressed, body, product.category == "bottom")
        figure = without_gap(figure, dressed) if product.category == "bottom" else slimmed(figure, dressed)
    look = put_on(figure, layers, roles.light)
    progress(steps - 1, steps, "setting it in the studio")
    scene = _scene(look, body, roles, task, canvas)
    shown = Image.fromarray(np.asarray(picture(scene))) if canvas == task.size else _enlarged(scene, task.size)
    progress(steps, steps, "done")
    return Output(shown, _notes(task, products, roles), _details(products, layers, roles, canvas))


def _body(roles: _Cast, task: ProductToModel, effort: _Effort) -> Rendered:
    """The figure in what completes the look, with its head."""
    size, rng = _capped(task.size, effort.body_pixels), np.random.default_rng(task.seed)
    body = render_body(roles.figure, size, rng, roles.filling, roles.light, effort.oversample)
    if roles.who is None:
        return body
    return head_on(body, roles.figure, roles.who, roles.light, effort.oversample, HEAD_DETAIL[task.mode])


def _product(image: Image.Image, task: ProductToModel, effort: _Effort) -> Garment:
    """The product cut out and understood, at no more than the resolution that the picture can show."""
    side = min(effort.product_side, round(1.4 * max(task.size.width, task.size.height)))
    shrunk = image.copy()
    shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
    found = matte_of(shrunk, task.mode)
    named = product_words(task.prompt) if len(task.product_images) == 1 else ""
    kind = named_category(named)
    if kind in ("bag", "hat", "shoes"):
        garment = Garment(found.foreground, found.alpha, kind, {}, "none", NAMED)
    else:
        rgb = pixels(shrunk)
        garment = without_backdrop(read_garment(rgb, found, named, task.mode), rgb)
    if garment.category not in WHERE_WORN:
        raise UnsupportedTask(
            f"the draft engine can't put {'shoes' if garment.category == 'shoes' else 'this product'} on a mannequin; it can "
            "dress it in tops, jackets, dresses, trousers and skirts, give it a bag and put a hat on it"
        )
    return garment


def _check(products: Sequence[Garment]) -> None:
    kinds = [each.category for each in products]
    double = next((kind for kind in kinds if kinds.count(kind) > 1), None)
    if double is not None:
        raise UnsupportedTask(f"two products of the kind {double!r} can't be worn together; send them in two runs")
    if "dress" in kinds and "bottom" in kinds:
        raise UnsupportedTask("a dress and a bottom can't be worn together; send them in two runs")


def _capped(size: Size, pixels_: int) -> Size:
    """`size`, or a smaller one of its aspect with at most so many pixels."""
    scale = min(1.0, sqrt(pixels_ / size.pixels))
    return size if scale == 1 else Size(round(size.width * scale), round(size.height * scale))


def _cast(task: ProductToModel, products: Sequence[Garment]) -> _Cast:
    wishes = wishes_of(task.prompt)
    hint = scenery.suggested(task.image_prompt) if task.image_prompt is not None else None
    rng = np.random.default_rng(task.seed)
    kinds = {each.category for each in products}
    framing: Framing = wishes.framing or (hint.framing if hint else None) or _framing(kinds, task.size)
    figure, who = _figure(wishes, products, framing, rng), _who(task, wishes, kinds)
    if who is not None:
        figure = replace(figure, sex=who.face.sex, finish="light", hair="none", skin=who.face.skin, headless=True, shoes=SHOES)
    warmth = wishes.warmth or (hint.warmth if hint else 0.0)
    if task.background_reference is not None:
        warmth = scenery.suggested(task.background_reference).warmth
    key = Light().key
    light = Light(
        key=(key[0] + float(rng.uniform(-0.12, 0.16)), key[1] + float(rng.uniform(-0.08, 0.10)), key[2]),
        warmth=warmth,
        softness=float(np.clip(0.30 - 0.18 * wishes.hardness, 0.08, 0.6)),
        ambient=0.25 - 0.08 * wishes.hardness,
    )
    colour = wishes.backdrop or (hint.backdrop if hint else None) or Backdrop().colour
    backdrop = Backdrop(colour, glow_x=float(rng.uniform(0.38, 0.56)))
    return _Cast(figure, light, backdrop, _filling(kinds), who, shoot_of(task.prompt).setting)


def _who(task: ProductToModel, wishes: Wishes, kinds: Collection[Category]) -> Portrayed | None:
    """The person of the prompt and the face reference; None where nobody is described, which is a mannequin's work."""
    if wishes.finish in MANNEQUIN_FINISHES or "mannequin" in task.prompt.lower():
        return None
    looks = looks_of(about_light(task.prompt), task.seed, "woman" if "dress" in kinds else None)
    described = looks.says or wishes.sex in ("woman", "man") or wishes.finish in SKIN_FINISHES or wishes.hair
    if task.face_reference is not None:
        found = resemblance_of(task.face_reference)
        own = replace(found, skin=brightened(found.skin))
        looks = resembling(looks, own, task.face_reference_mode == "match_reference")
    elif not described:
        return None
    return Portrayed(looks.person, looks.expression, looks.angle)


def _figure(wishes: Wishes, products: Sequence[Garment], framing: Framing, rng: np.random.Generator) -> Figure:
    kinds = {each.category for each in products}
    free_arms = all(each.sleeves == "none" for each in products) and "bag" not in kinds
    poses: tuple[Pose, ...] = ("relaxed", "contrapposto", "hand_on_hip") if free_arms else ("relaxed", "contrapposto")
    sex: Sex = wishes.sex or ("woman" if "dress" in kinds else "neutral")
    finish: Finish = wishes.finish or ("grey" if _is_light(products) else "white")
    hair: Hair = "none" if finish in MANNEQUIN_FINISHES else wishes.hair or ("crop" if sex != "woman" else "bob")
    return Figure(
        sex=sex,
        build=wishes.build or "average",
        pose=chosen(wishes.pose, poses, int(rng.integers(len(poses)))),
        finish=finish,
        hair=hair,
        hair_colour=wishes.hair_colour or Figure().hair_colour,
        shoes=None if finish in MANNEQUIN_FINISHES else SHOES,
        framing=framing,
        sway=float(rng.uniform(-1, 1)),
    )


def _is_light(products: Sequence[Garment]) -> bool:
    return all(float(each.colour[each.alpha > 0.5].mean()) > LIGHT_PRODUCT for each in products)


def _framing(kinds: Collection[Category], size: Size) -> Framing:
    """As much of the figure as the products need, and as little as a wide picture wastes."""
    if {"bottom", "dress", "bag"} & set(kinds):
        return "full_body"
    return "upper_body" if size.ratio > 0.9 else "three_quarter"


def _filling(kinds: Collection[Category]) -> tuple[GarmentSpec, ...]:
    trousers = GarmentSpec("trousers", Textile((0.27, 0.28, 0.30)))
    top = GarmentSpec("t-shirt", Textile((0.93, 0.925, 0.91)), ease=-0.003, tucked=True)
    if "dress" in kinds:
        return ()
    lower = () if "bottom" in kinds else (trousers,)
    return (top, *lower) if "top" not in kinds else lower


def _scene(look: Look, body: Rendered, roles: _Cast, task: ProductToModel, canvas: Size) -> Floats:
    view = body.view.zoomed(canvas.height / body.alpha.shape[0])
    if task.background_reference is not None:
        ground = scenery.place(task.background_reference, canvas, 0.0035)
    elif roles.setting is not None:
        ground = scenery.set_(roles.setting, canvas, 0.0035)
    else:
        ground = scenery.studio(roles.backdrop, canvas, view)
        if roles.figure.is_mannequin:
            ground = plated(ground, view)
    ground *= floor_shadow(look.alpha, view.floor_y, view.scale)[..., None]
    ground += (look.rgb - ground) * look.alpha[..., None]
    return grained(srgb(np.clip(ground, 0, 1)), np.random.default_rng([task.seed, 1]), 0.004)


def _enlarged(scene: Floats, size: Size) -> Image.Image:
    """In bytes, so that a 4K picture costs little memory."""
    return picture(scene).resize((size.width, size.height), Image.Resampling.LANCZOS)


def _notes(task: ProductToModel, products: Sequence[Garment], roles: _Cast) -> tuple[str, ...]:
    kinds = {each.category for each in products}
    notes = [DRAFT.format(figure="rendered store mannequin" if roles.who is None else "drawn person")]
    if task.face_reference is not None:
        notes.append(
            "Skin tone and hair were taken from the face reference; features are drawn, not copied." if roles.who is not None
            else "A mannequin was asked for, which has no face; the face reference was not used."
        )  # fmt: skip
    if roles.filling:
        added = ["plain top" if each.kind == "t-shirt" else "neutral trousers" for each in roles.filling]
        notes.append(
            f"To complete the look, {' and '.join(added)} {'were' if len(added) > 1 or 'neutral trousers' in added else 'was'} added."
        )
    if task.image_prompt is not None:
        notes.append("Framing and background colour were taken from the image prompt.")
    if any(each.confidence < 0.5 for each in products):
        notes.append(
            "The outline of a product was hard to read; a flat picture from the front on a plain background fits better."
        )
    if kinds & {"hat", "bag"}:
        notes.append("Hats and bags are placed as they were photographed, not turned to the figure.")
    return tuple(notes)


def _details(products: Sequence[Garment], layers: Sequence[Layer], roles: _Cast, canvas: Size) -> dict[str, str | int | float]:
    figure = roles.figure
    return {
        "products": ", ".join(each.category for each in products),
        "confidence": round(min(each.confidence for each in products), 3),
        "figure": f"{figure.sex}, {figure.build}, {figure.finish if roles.who is None else 'drawn'}, {figure.pose}, {figure.framing}",
        "laid on at": str(canvas),
        "least jacobian": round(min((each.jacobian_min for each in layers), default=1.0), 4),
    }
