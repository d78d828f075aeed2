"""Rendered people in garment A who are to wear garment B, whose picture in B is known."""

import cv2
import numpy as np

from eval.metrics.delta_e import mean_delta_e
from eval.metrics.ssim import ssim
from eval.metrics.unchanged import changed_share
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import SIZE, around, on_white, scene_of, shown
from pipelines.engine import Output
from pipelines.images import Bytes, Mask, picture, to_bytes, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import TryOn
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.scenes import Scene

REACH = 61
"""Pixels around the old and the new garment in which a shadow may fall, in most cases' size."""


def case(number: int) -> Case:
    """The person, the flat product, and the same person rendered in it."""
    seed = FIRST_SEED + number
    scene = scene_of(seed)
    given, target = shown(picture(scene.figure.rgb, scene.figure.alpha)), on_white(scene.dressed.rgb, scene.dressed.alpha)
    region = worn(scene)
    away = away_from(region)

    def task(mode: Mode) -> TryOn:
        product = picture(scene.product.garment.colour, scene.product.alpha)
        model = picture(scene.figure.rgb, scene.figure.alpha)
        return TryOn(model_image=model, product_image=product, size=SIZE, mode=mode, seed=seed)

    def score(output: Output) -> Scores:
        made = shown(output.image)
        least = output.details.get("jacobian_min")
        folds = {} if least is None else {"jacobian": float(least)}
        own = ssim(made, target, region)
        return {
            "ssim": own,
            "above": float(own > ssim(pasted(scene, given), target, region)),
            "delta_e": mean_delta_e(_soft(made), _soft(target), region),
            "outside": changed_share(made, given, away),
            **folds,
        }

    controls = {
        "copy the input": lambda: Output(picture(given)),
        "paste the garment": lambda: Output(picture(pasted(scene, given))),
    }
    return Case("top", task, score, controls)


def worn(scene: Scene) -> Mask:
    """Where the old garment is, or the new one."""
    return np.asarray((scene.figure.body.parts == Part.UPPER) | (scene.dressed.body.parts == Part.UPPER))


def away_from(region: Mask) -> Mask:
    """Where no shadow of it falls."""
    size = Size(region.shape[1], region.shape[0])
    return np.asarray(cv2.dilate(region.astype(np.uint8), around(REACH, size)) == 0)


def _soft(picture_: Bytes) -> Bytes:
    """Blurred, so that a stripe that lies a pixel off isn't all that counts."""
    return np.asarray(cv2.GaussianBlur(picture_, (0, 0), 4), dtype=np.uint8)


def pasted(scene: Scene, before: Bytes) -> Bytes:
    """The product scaled into the old garment's bounding box."""
    rows, columns = np.nonzero(scene.figure.body.parts == Part.UPPER)
    own = scene.product
    used = np.nonzero(own.alpha > 0.5)
    crop = np.s_[used[0].min() : used[0].max() + 1, used[1].min() : used[1].max() + 1]
    size = (int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    colour, alpha = (cv2.resize(each[crop], size, interpolation=cv2.INTER_AREA) for each in (own.garment.colour, own.alpha))
    out = to_float(before)
    place = out[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    place += (colour - place) * alpha[..., None]
    return to_bytes(out)


SUITE = ToolSuite(
    "try-on",
    40,
    case,
    (
        Measure("ssim", "SSIM of the garment", "higher"),
        Measure("above", "pairs with SSIM above “paste”", "higher", bar=0.9),
        Measure("delta_e", "ΔE2000 of the garment", "lower", digits=2),
        Measure("outside", "changed away from it", "lower", bar=0.0, judges=False),
        Measure("jacobian", "least Jacobian", "higher", "least", 0.0, judges=False),
    ),
    (Mode.BALANCED, Mode.QUALITY),
)
