"""Cut-outs of rendered people and garments before backgrounds of four kinds, and white on white."""

import numpy as np

from eval.metrics import mattes
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import BACKGROUNDS, SIZE, Standing, chosen, scene_of, standing, white
from pipelines.engine import Output
from pipelines.images import Bytes, Floats, alpha_of, picture
from pipelines.sizes import Mode, Size
from pipelines.tasks import BackgroundRemove
from pipelines.vision.rendering.cloth import RenderedGarment, render_garment
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

KINDS = (*BACKGROUNDS, "white on white")
GARMENTS: tuple[Kind, ...] = ("t-shirt", "sweater", "dress", "shirt")


def case(number: int) -> Case:
    """A person or a garment; every second one is a person, who casts a shadow on all but white."""
    kind, seed = chosen(number, KINDS), FIRST_SEED + number
    scene = _white_on_white(number, seed) if kind == "white on white" else _on(kind, number, seed)
    size = Size(scene.alpha.shape[1], scene.alpha.shape[0])

    def task(mode: Mode) -> BackgroundRemove:
        return BackgroundRemove(image=picture(scene.rgb), size=size, mode=mode, seed=seed)

    def score(output: Output) -> Scores:
        found = alpha_of(output.image)
        return _errors(np.ones_like(scene.alpha) if found is None else found, scene.alpha)

    controls = {
        "copy the input": lambda: Output(picture(scene.rgb)),
        "difference from the corner": lambda: Output(picture(scene.rgb, _keyed(scene.rgb))),
    }
    return Case(kind, task, score, controls)


def _errors(found: Floats, truth: Floats) -> Scores:
    return {
        "iou": mattes.iou(found, truth),
        "sad": mattes.sad(found, truth),
        "mse": mattes.mse(found, truth),
        "gradient": mattes.gradient_error(found, truth),
        "connectivity": mattes.connectivity_error(found, truth),
    }


def _on(kind: str, number: int, seed: int) -> Standing:
    rng = np.random.default_rng([seed, 7])
    if number // len(KINDS) % 2 == 0:
        figure = scene_of(seed).dressed
        return standing(figure.rgb, figure.alpha, BACKGROUNDS[kind](SIZE, rng), rng, shadow=kind != "white")
    product = scene_of(seed).product
    height, width = product.alpha.shape
    behind = BACKGROUNDS[kind](Size(width, height), rng)
    return standing(product.garment.colour, product.alpha, behind, rng, shadow=False)


def _white_on_white(number: int, seed: int) -> Standing:
    rng = np.random.default_rng([seed, 8])
    laid = white_garment(chosen(number // len(KINDS), GARMENTS), seed, Size(400, 480), rng)
    return standing(laid.garment.colour, laid.alpha, white(Size(400, 480), rng), rng, shadow=False)


def white_garment(kind: Kind, seed: int, size: Size, rng: np.random.Generator) -> RenderedGarment:
    """Barely darker than paper."""
    return render_garment(GarmentSpec(kind, Textile((0.965, 0.965, 0.96)), seed=seed), size, rng, oversample=1)


def _keyed(rgb: Bytes) -> Floats:
    difference = np.abs(rgb.astype(np.float32) - rgb[2, 2].astype(np.float32)).max(axis=2)
    return np.asarray(np.clip((difference - 12) / 24, 0, 1), dtype=np.float32)


SUITE = ToolSuite(
    "background-remove",
    60,
    case,
    (
        Measure("iou", "IoU, median", "higher", "median", 0.98),
        *(Measure("iou", f"least on {kind}", "higher", "least", 0.95, kind) for kind in ("white", "gradient", "textured")),
        *(Measure("iou", f"median on {kind}", "higher", "median", 0.90, kind) for kind in ("busy", "white on white")),
        Measure("sad", "SAD", "lower"),
        Measure("mse", "MSE", "lower"),
        Measure("gradient", "gradient", "lower"),
        Measure("connectivity", "connectivity", "lower"),
    ),
)
