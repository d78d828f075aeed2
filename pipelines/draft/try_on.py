"""Try-On without a generator: the product's own pixels, cut, warped or placed, and lit onto the person. A draft of the real thing.

Everything outside the product, what it uncovers and its soft shadow stays as it was, to the last bit.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from math import sqrt

import numpy as np
from PIL import Image

from pipelines.draft.landmarks import absolute, cut_out
from pipelines.draft.try_on_accessories import accessorised
from pipelines.draft.try_on_clothes import clothed
from pipelines.draft.try_on_effort import Effort, effort_of
from pipelines.engine import Output, Progress
from pipelines.errors import PersonNotFound, SubjectNotFound, UnsupportedTask
from pipelines.images import picture, pixels, to_bytes, to_float
from pipelines.sizes import Mode
from pipelines.tasks import TryOn
from pipelines.vision.garments.corrected import corrected
from pipelines.vision.garments.drape import complete
from pipelines.vision.garments.fit import scaled
from pipelines.vision.garments.garment import Garment
from pipelines.vision.garments.relabel import relabelled
from pipelines.vision.garments.seams import without_backdrop
from pipelines.vision.garments.styling import wish_of
from pipelines.vision.mattes.matting import matte_of
from pipelines.vision.people.body import Body
from pipelines.vision.people.person import read_person
from pipelines.vision.upsample import enlarge

STEPS = 5
DRAFT = "Draft: the product's own pixels are fitted to the person; nothing is generated, so folds and hidden parts are approximations."
SEED = "The seed changes only the fine grain of this picture."
UNSURE = 0.5
ACCESSORIES = ("shoes", "bag", "hat")


def run(task: TryOn, progress: Progress) -> Output:
    """The person of `task.model_image` in the product of `task.product_image`, exactly `task.size`.

    Raises `PersonNotFound`, `GarmentNotFound` and `UnsupportedTask`, each with advice.
    """
    effort = effort_of(task.mode)
    progress(0, STEPS, "Reading the person and the product")
    with ThreadPoolExecutor(2) as pool:
        product = pool.submit(_garment, task, effort)
        body = _person(_shrunk(task.model_image, effort.person_side), task.mode)
        progress(1, STEPS, "Reading the product")
        garment = product.result()
    progress(2, STEPS, "Preparing the photograph")
    photo = enlarge(to_float(pixels(task.model_image)), task.size)
    rng = np.random.default_rng(task.seed)
    progress(3, STEPS, "Fitting the product")
    if garment.category in ACCESSORIES:
        result = accessorised(photo, scaled(body, task.size), garment, task.prompt, rng)
    else:
        _need_chest(body)
        result = clothed(photo, complete(scaled(body, task.size)), garment, wish_of(task.prompt), effort, rng)
    progress(4, STEPS, "Blending it in")
    image = to_bytes(photo)
    image[result.part] = result.pixels
    progress(STEPS, STEPS)
    details = {
        "category": garment.category,
        "sleeves": garment.sleeves,
        "person_confidence": round(body.confidence, 3),
        "garment_confidence": round(garment.confidence, 3),
        "jacobian_min": round(result.jacobian_min, 4),
    }
    return Output(picture(image), (*_notes(task, body, garment), *result.notes), details)


def _person(image: Image.Image, mode: Mode) -> Body:
    try:
        matte = matte_of(image, mode)
    except SubjectNotFound as error:
        raise PersonNotFound(f"nobody can be told from the background of the model picture: {error}") from error
    rgb = pixels(image)
    return relabelled(rgb, read_person(rgb, matte, mode))


def _need_chest(body: Body) -> None:
    if not {"left_armpit", "right_armpit"} <= body.joints.keys():
        raise PersonNotFound("the model picture ends above the chest. Use one that shows the person down to the hips at least.")


def _garment(task: TryOn, effort: Effort) -> Garment:
    """The product as `effort` and the size of the output need it, with the landmarks that were given."""
    image = _shrunk(task.product_image, effort.product_share * sqrt(task.size.pixels))
    garment = cut_out(image, task.prompt, task.mode)
    if task.landmarks:
        garment = corrected(garment, absolute(task.landmarks, image.width, image.height))
    garment = without_backdrop(garment, pixels(image))
    if garment.category == "other":
        raise UnsupportedTask(
            "the draft engine puts on tops, outerwear, dresses, skirts, trousers, shoes, hats and bags; this looks like none of "
            "them. If it is one, name it in the prompt, for example 'shirt'; else use an engine that generates pictures."
        )
    return garment


def _shrunk(image: Image.Image, side: float) -> Image.Image:
    """No larger than `side`."""
    scale = side / max(image.size)
    if scale >= 1:
        return image
    return image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.LANCZOS)


def _notes(task: TryOn, body: Body, garment: Garment) -> Sequence[str]:
    notes = [DRAFT, SEED]
    if body.confidence < UNSURE:
        notes.append("The pose was hard to read; a person standing upright and facing the camera gives a better fit.")
    if garment.confidence < UNSURE and garment.category not in ACCESSORIES:
        notes.append(
            "The garment's outline was hard to read; a flat or ghost-mannequin picture from the front gives a better fit."
        )
    if task.landmarks and garment.category not in ACCESSORIES:
        notes.append(f"{len(task.landmarks)} landmarks were taken as given.")
    return notes
