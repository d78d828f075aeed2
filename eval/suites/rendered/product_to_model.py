"""Product pictures to be shown on a figure: is somebody there, and is it the product's cloth that is worn?"""

import cv2
import numpy as np

from eval.metrics.delta_e import delta_e_2000
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import chosen, fitted, shown
from pipelines.engine import Output
from pipelines.errors import PipelineError
from pipelines.images import Bytes, picture, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import ProductToModel
from pipelines.vision.mattes.matting import matte
from pipelines.vision.people.body import Part
from pipelines.vision.people.person import read_person
from pipelines.vision.rendering.cloth import RenderedGarment, render_garment
from pipelines.vision.rendering.textile import Pattern, Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

SOURCE, SHOT = Size(400, 480), Size(400, 608)
KINDS: tuple[Kind, ...] = ("t-shirt", "sweater", "dress", "shirt", "tank", "trousers", "jacket", "skirt")
PATTERNS: tuple[Pattern, ...] = ("plain", "stripes", "check", "dots", "floral")
COLOURS = 4
"""Clusters that a palette has."""
SAME = 12.0
"""ΔE2000 below which light and shade explain a difference."""


def case(number: int) -> Case:
    """One rendered garment on white."""
    kind, seed = chosen(number, KINDS), FIRST_SEED + number
    laid = laid_of(kind, chosen(number, PATTERNS), seed)
    product = picture(laid.garment.colour, laid.alpha)
    palette = _palette(to_bytes(laid.garment.colour)[laid.alpha > 0.9])

    def task(mode: Mode) -> ProductToModel:
        return ProductToModel(product_images=(product,), size=SHOT, mode=mode, seed=seed)

    def score(output: Output) -> Scores:
        made = shown(output.image)
        clothes = _clothes(made)
        if clothes is None:
            return {"person": 0.0, "palette": 0.0}
        return {"person": 1.0, "palette": _shared(palette, _palette(clothes))}

    return Case(kind, task, score, {"copy the input": lambda: Output(fitted(shown(product), SHOT))})


def laid_of(kind: Kind, pattern: Pattern, seed: int, size: Size = SOURCE) -> RenderedGarment:
    """A garment in two colours drawn by chance."""
    rng = np.random.default_rng([seed, 19])
    hue, accent = (tuple(float(each) for each in rng.uniform(0.1, 0.9, 3)) for _ in range(2))
    textile = Textile((hue[0], hue[1], hue[2]), (accent[0], accent[1], accent[2]), pattern)
    return render_garment(GarmentSpec(kind, textile, seed=seed), size, rng, oversample=1)


def _clothes(made: Bytes) -> Bytes | None:
    """uint8 (n, 3): the pixels of what is worn; None where nobody wears anything."""
    try:
        body = read_person(made, matte(made, Mode.FAST))
    except PipelineError:
        return None
    worn = np.isin(body.parts, (int(Part.UPPER), int(Part.LOWER), int(Part.DRESS)))
    return made[worn] if {"left_shoulder", "right_shoulder"} <= body.joints.keys() and worn.any() else None


def _palette(colours: Bytes) -> Bytes:
    """uint8 (COLOURS, 3): centres of clusters, the same each time."""
    cv2.setRNGSeed(1)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    step = max(1, len(colours) // 4000)
    _, _, centres = cv2.kmeans(colours[::step].astype(np.float32), COLOURS, np.empty(0), stop, 2, cv2.KMEANS_PP_CENTERS)
    return np.asarray(np.round(centres), dtype=np.uint8)


def _shared(wanted: Bytes, shown_: Bytes) -> float:
    """Share of the wanted colours that a colour shown comes near to."""
    pairs = delta_e_2000(np.repeat(shown_[None], len(wanted), 0), np.repeat(wanted[:, None], len(shown_), 1))
    return float((pairs.min(axis=1) < SAME).mean())


SUITE = ToolSuite(
    "product-to-model",
    16,
    case,
    (Measure("person", "somebody is there", "higher", bar=0.9), Measure("palette", "product's colours worn", "higher", bar=0.75)),
)
