"""Product pictures to be shown on a figure: is somebody there, and is it the product's cloth that is worn?"""

import numpy as np

from eval.metrics.palette import clothes, palette, shared_colours
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import chosen, fitted, shown
from pipelines.engine import Output
from pipelines.images import picture, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import ProductToModel
from pipelines.vision.rendering.cloth import RenderedGarment, render_garment
from pipelines.vision.rendering.textile import Pattern, Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

SOURCE, SHOT = Size(400, 480), Size(400, 608)
KINDS: tuple[Kind, ...] = ("t-shirt", "sweater", "dress", "shirt", "tank", "trousers", "jacket", "skirt")
PATTERNS: tuple[Pattern, ...] = ("plain", "stripes", "check", "dots", "floral")


def case(number: int) -> Case:
    """One rendered garment on white."""
    kind, seed = chosen(number, KINDS), FIRST_SEED + number
    laid = laid_of(kind, chosen(number, PATTERNS), seed)
    product = picture(laid.garment.colour, laid.alpha)
    wanted = palette(to_bytes(laid.garment.colour)[laid.alpha > 0.9])

    def task(mode: Mode) -> ProductToModel:
        return ProductToModel(product_images=(product,), size=SHOT, mode=mode, seed=seed)

    def score(output: Output) -> Scores:
        made = shown(output.image)
        worn = clothes(made)
        if worn is None:
            return {"person": 0.0, "palette": 0.0}
        return {"person": 1.0, "palette": shared_colours(wanted, palette(worn))}

    return Case(kind, task, score, {"copy the input": lambda: Output(fitted(shown(product), SHOT))})


def laid_of(kind: Kind, pattern: Pattern, seed: int, size: Size = SOURCE) -> RenderedGarment:
    """A garment in two colours drawn by chance."""
    rng = np.random.default_rng([seed, 19])
    hue, accent = (tuple(float(each) for each in rng.uniform(0.1, 0.9, 3)) for _ in range(2))
    textile = Textile((hue[0], hue[1], hue[2]), (accent[0], accent[1], accent[2]), pattern)
    return render_garment(GarmentSpec(kind, textile, seed=seed), size, rng, oversample=1)


SUITE = ToolSuite(
    "product-to-model",
    16,
    case,
    (Measure("person", "somebody is there", "higher", bar=0.9), Measure("palette", "product's colours worn", "higher", bar=0.75)),
)
