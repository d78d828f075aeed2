"""Changes to rendered people whose result is known: another background, another colour of the top, an object that is gone."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from PIL import Image

from eval.metrics.delta_e import median_delta_e
from eval.metrics.psnr import psnr
from eval.metrics.unchanged import changed_share
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import BACKGROUNDS, SIZE, across, around, chosen, shown, standing
from eval.suites.rendered.model_swap import within
from pipelines.engine import Output
from pipelines.images import Bytes, Mask, composite, picture, to_bytes, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import Edit
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.backdrop import Backdrop
from pipelines.vision.rendering.figure import Figure
from pipelines.vision.rendering.render import Rendered, render_body, staged
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec

KINDS = ("background", "recolour", "remove")
COLOURS = {"navy": (41, 51, 82), "red": (184, 56, 51), "teal": (69, 128, 130), "beige": (222, 207, 184), "olive": (128, 130, 92)}
"""What the words mean, sRGB."""
GROUNDS = ("gradient", "textured", "busy")


@dataclass(frozen=True, slots=True)
class Change:
    """A picture, what is asked of it, what should come of it, and where."""

    before: Bytes
    prompt: str
    truth: Bytes
    region: Mask
    """Where the truth is compared."""
    kept: Mask
    """What may not change."""
    mask: Bytes | None = None
    answer: Bytes | None = None
    """The whole right picture where `truth` is right within `region` only."""


@dataclass(frozen=True, slots=True)
class Sitter:
    """Who is pictured, in which top."""

    figure: Figure
    top: GarmentSpec
    seed: int

    def wearing(self, textile: Textile) -> "Sitter":
        """The same in another textile."""
        return replace(self, top=replace(self.top, textile=textile))

    def drawn(self, size: Size) -> Rendered:
        """Without background."""
        outfit = (GarmentSpec("trousers", Textile((0.25, 0.26, 0.3))), self.top)
        return render_body(self.figure, size, np.random.default_rng(self.seed), outfit, oversample=1)


def case(number: int) -> Case:
    """One of three kinds of change in turn."""
    kind, seed = chosen(number, KINDS), FIRST_SEED + number
    change = changed(kind, number // len(KINDS), sitter_of(seed))

    def task(mode: Mode) -> Edit:
        mask = None if change.mask is None else Image.fromarray(change.mask)
        return Edit(image=picture(change.before), prompt=change.prompt, mask=mask, size=SIZE, mode=mode, seed=seed)

    def score(output: Output) -> Scores:
        made = shown(output.image)
        own = psnr(made, change.truth, change.region) if kind == "remove" else _colour(made, change)
        return {kind: own, "kept": changed_share(made, change.before, change.kept)}

    return Case(kind, task, score, {"copy the input": lambda: Output(picture(change.before))})


def _colour(made: Bytes, change: Change) -> float:
    return median_delta_e(made, change.truth, change.region, change.region)


def sitter_of(seed: int) -> Sitter:
    """Always the same woman."""
    figure = Figure("woman", finish="tan", hair="bob", shoes=(0.2, 0.2, 0.2))
    return Sitter(figure, GarmentSpec("t-shirt", Textile((0.7, 0.68, 0.64)), seed=seed), seed)


def changed(kind: str, turn: int, sitter: Sitter, size: Size = SIZE) -> Change:
    """A change of one of `KINDS`; colours and backgrounds in turn."""
    if kind == "remove":
        return _remove(chosen(turn, GROUNDS), sitter, size)
    return (_background if kind == "background" else _recolour)(chosen(turn, tuple(COLOURS)), sitter, size)


def _background(name: str, sitter: Sitter, size: Size) -> Change:
    figure = sitter.drawn(size)
    before = to_bytes(staged(figure, Backdrop((0.86, 0.86, 0.87)), np.random.default_rng(sitter.seed)))
    truth = np.broadcast_to(np.array(COLOURS[name], np.uint8), before.shape)
    behind = within(figure.body.parts, (Part.BACKGROUND,))
    clothes = within(figure.body.parts, (Part.UPPER, Part.LOWER))
    inner = np.asarray(cv2.erode(clothes.astype(np.uint8), around(5, size)) > 0)  # edges take the new background's light
    answer = to_bytes(composite(figure.rgb, figure.alpha, to_float(truth)))
    return Change(before, f"change the background to {name}", truth, behind, inner, answer=answer)


def _recolour(name: str, sitter: Sitter, size: Size) -> Change:
    red, green, blue = (each / 255 for each in COLOURS[name])
    first, second = sitter.drawn(size), sitter.wearing(Textile((red, green, blue))).drawn(size)
    before, truth = (to_bytes(staged(each, Backdrop(), np.random.default_rng(sitter.seed))) for each in (first, second))
    upper = within(first.body.parts, (Part.UPPER,))
    away = np.asarray(cv2.dilate((first.body.parts == Part.UPPER).astype(np.uint8), around(9, size)) == 0)
    return Change(before, f"make the top {name}", truth, upper, away)


def _remove(ground: str, sitter: Sitter, size: Size) -> Change:
    rng = np.random.default_rng([sitter.seed, 23])
    figure = sitter.drawn(size)
    behind = BACKGROUNDS[ground](size, rng, across(1, size))
    truth = standing(figure.rgb, figure.alpha, behind, rng, shadow=False).rgb
    mask = np.zeros(truth.shape[:2], np.uint8)
    centre = (int(size.width * rng.choice([0.12, 0.88])), int(size.height * rng.uniform(0.15, 0.85)))
    cv2.circle(mask, centre, round(across(26, size)), 255, -1)
    before = truth.copy()
    cv2.circle(before, centre, round(across(22, size)), [int(each) for each in rng.integers(0, 255, 3)], -1, cv2.LINE_AA)
    return Change(before, "remove the marked object", truth, mask > 0, mask == 0, mask)


SUITE = ToolSuite(
    "edit",
    30,
    case,
    (
        Measure("background", "ΔE2000 of a new background", "lower", bar=8.0, digits=2),
        Measure("recolour", "ΔE2000 of a recoloured top", "lower", bar=8.0, digits=2),
        Measure("remove", "PSNR where an object was", "higher", bar=20.0, digits=2),
        Measure("kept", "changed elsewhere", "lower", "largest", 0.0, judges=False),
    ),
)
