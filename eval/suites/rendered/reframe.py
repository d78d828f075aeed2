"""Wide pictures of rendered people, cut to a portrait and asked for again."""

import cv2
import numpy as np

from eval.metrics.delta_e import mean_delta_e
from eval.metrics.psnr import psnr
from eval.metrics.reframed import place_of, step_across
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import BACKGROUNDS, across, chosen, fitted, scene_of, shown, standing
from pipelines.engine import Output
from pipelines.images import Bytes, Floats, Mask, picture
from pipelines.sizes import Mode, Size
from pipelines.tasks import Reframe
from pipelines.vision.rendering.render import Rendered

WIDE = Size(640, 480)
PORTRAIT = Size(320, 480)
KINDS = ("gradient", "textured", "busy", "white")


def case(number: int) -> Case:
    """A portrait whose wide original is known; the person stands in the middle third."""
    kind, seed = chosen(number, KINDS), FIRST_SEED + number
    rng = np.random.default_rng([seed, 11])
    left = (WIDE.width - PORTRAIT.width) // 2
    truth = wide(scene_of(seed).dressed, kind, WIDE, rng)
    narrow = np.ascontiguousarray(truth[:, left : left + PORTRAIT.width])

    def task(mode: Mode) -> Reframe:
        return Reframe(image=picture(narrow), size=WIDE, mode=mode, seed=seed)

    return Case(kind, task, lambda output: _scores(output, truth, narrow, left), {
        "copy the input": lambda: Output(fitted(narrow, WIDE)),
        "grey bars": lambda: Output(picture(_barred(narrow, left))),
    })  # fmt: skip


def wide(figure: Rendered, behind: str, size: Size, rng: np.random.Generator) -> Bytes:
    """uint8 (h, w, 3): a figure as high as `size` in the middle of a background."""
    left = (size.width - figure.alpha.shape[1]) // 2
    colour, alpha = (_placed(each, left, size) for each in (figure.rgb, figure.alpha))
    return standing(colour, alpha, BACKGROUNDS[behind](size, rng, across(1, size)), rng, shadow=True).rgb


def _placed(values: Floats, left: int, size: Size) -> Floats:
    canvas = np.zeros((size.height, size.width, *values.shape[2:]), np.float32)
    canvas[:, left : left + values.shape[1]] = values
    return canvas


def _barred(narrow: Bytes, left: int) -> Bytes:
    canvas = np.full((WIDE.height, WIDE.width, 3), 128, np.uint8)
    canvas[:, left : left + narrow.shape[1]] = narrow
    return canvas


def _scores(output: Output, truth: Bytes, narrow: Bytes, left: int) -> Scores:
    made = shown(output.image)
    found = place_of(narrow, made).left
    kept = (made[:, found : found + narrow.shape[1]] == narrow).all(axis=2).mean()
    shift = found - left
    moved = np.roll(truth, shift, axis=1)
    known = np.ones(WIDE.width, np.bool_)
    known[found : found + narrow.shape[1]] = False
    known[: max(0, shift)] = False
    known[WIDE.width + min(0, shift) :] = False
    around: Mask = np.broadcast_to(known, (WIDE.height, WIDE.width))
    return {
        "kept": float(kept),
        "psnr": psnr(made, moved, around),
        "delta_e": mean_delta_e(_soft(made), _soft(moved), around),
        "seam": step_across(made, (found, found + narrow.shape[1])),
    }


def _soft(values: Bytes) -> Bytes:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 6), dtype=np.uint8)


SUITE = ToolSuite(
    "reframe",
    24,
    case,
    (
        Measure("kept", "source pixels kept", "higher", "least", 1.0, judges=False),
        Measure("psnr", "PSNR of what was made", "higher", digits=2, judges=False),
        Measure("delta_e", "ΔE2000 of what was made, blurred", "lower", digits=2),
        Measure("seam", "step across the join", "lower", digits=2, judges=False),
    ),
)
