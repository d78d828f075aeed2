"""Crooked product pictures whose straight cut-out is known, and what a packshot makes of them."""

import cv2
import numpy as np

from eval.metrics.delta_e import median_delta_e
from eval.metrics.silhouette import off_white, silhouette_iou
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import BACKGROUNDS, chosen, fitted, shown
from pipelines.engine import Output
from pipelines.images import Bytes, Floats, composite, picture, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import Packshot
from pipelines.vision.rendering.cloth import RenderedGarment, render_garment
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

SOURCE, SHOT = Size(400, 480), Size(480, 480)
KINDS: tuple[Kind, ...] = ("t-shirt", "sweater", "dress", "trousers", "shirt", "skirt", "jacket", "tank")
BEHIND = ("gradient", "textured")


def case(number: int) -> Case:
    """A garment turned by up to eight degrees on a backdrop or a surface, for the default white packshot."""
    kind, seed = chosen(number, KINDS), FIRST_SEED + number
    rng = np.random.default_rng([seed, 13])
    laid = laid_of(kind, seed, SOURCE, rng)
    colour, outline = (float(rng.uniform(-8, 8)) for _ in range(2))
    source = crooked(laid, chosen(number // len(KINDS), BEHIND), rng, colour, outline)

    def task(mode: Mode) -> Packshot:
        return Packshot(product_image=picture(source), size=SHOT, mode=mode, seed=seed)

    def score(output: Output) -> Scores:
        made = shown(output.image)
        own = off_white(made)
        return {
            "shape": silhouette_iou(own, laid.alpha > 0.5),
            "colour": median_delta_e(made, to_bytes(laid.garment.colour), own, laid.alpha > 0.9),
            "white": _white_border(made),
        }

    return Case(kind, task, score, {"copy the input": lambda: Output(fitted(source, SHOT))})


def laid_of(kind: Kind, seed: int, size: Size, rng: np.random.Generator) -> RenderedGarment:
    """A garment in one rather dark colour, straight."""
    red, green, blue = (float(each) for each in rng.uniform(0.08, 0.5, 3))
    return render_garment(GarmentSpec(kind, Textile((red, green, blue)), seed=seed), size, rng, oversample=1)


def crooked(laid: RenderedGarment, behind: str, rng: np.random.Generator, colour: float, outline: float) -> Bytes:
    """uint8 (h, w, 3): the garment on a background, its colours and its outline turned by degrees."""
    height, width = laid.alpha.shape
    ground = BACKGROUNDS[behind](Size(width, height), rng, height / SOURCE.height)
    return to_bytes(composite(_turned(laid.garment.colour, colour), _turned(laid.alpha, outline), ground))


def _turned(values: Floats, degrees: float) -> Floats:
    size = (values.shape[1], values.shape[0])
    matrix = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), degrees, 0.9)
    return np.asarray(
        cv2.warpAffine(values, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), dtype=np.float32
    )


def _white_border(made: Bytes) -> float:
    """Share of the outermost pixels that are pure white."""
    edge = np.concatenate([made[0], made[-1], made[:, 0], made[:, -1]])
    return float((edge == 255).all(axis=1).mean())


SUITE = ToolSuite(
    "packshot",
    24,
    case,
    (
        Measure("shape", "silhouette IoU", "higher", bar=0.85),
        Measure("colour", "ΔE2000 of the product", "lower", bar=6.0, digits=2, judges=False),
        Measure("white", "white border", "higher"),
    ),
)
