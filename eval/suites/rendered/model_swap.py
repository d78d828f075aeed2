"""Rendered people who are to become somebody else, rendered in the same clothes and the same place."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from eval.metrics.delta_e import median_delta_e
from eval.metrics.unchanged import changed_share
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import SIZE, around, chosen, shown
from pipelines.engine import Output
from pipelines.images import Bytes, Mask, picture, to_bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import ModelSwap
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.backdrop import Backdrop
from pipelines.vision.rendering.figure import SKIN_FINISHES, Figure, Finish, Hair, Pose
from pipelines.vision.rendering.render import Rendered, render_body, staged
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

SKIN = (Part.FACE, Part.NECK, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND, Part.LEFT_LEG, Part.RIGHT_LEG)
CLOTHES = (Part.UPPER, Part.LOWER, Part.DRESS)
TOPS: tuple[Kind, ...] = ("t-shirt", "tank", "shirt", "sweater")
HAIRS: tuple[Hair, ...] = ("bob", "crop", "long", "bun")
POSES: tuple[Pose, ...] = ("relaxed", "contrapposto", "hand_on_hip")
WORDS: dict[Finish, str] = {
    "fair": "fair skin", "light": "light skin", "tan": "tan skin", "brown": "brown skin", "dark": "dark skin",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """The same person before and after, uint8 (h, w, 3), and the figure that both show."""

    before: Bytes
    after: Bytes
    figure: Rendered


def case(number: int) -> Case:
    """The prompt names another skin tone; the truth is the same figure rendered with it."""
    seed = FIRST_SEED + number
    wanted = chosen(number + 2 + number // len(SKIN_FINISHES), SKIN_FINISHES)
    pair = pair_of(sitter(number), top_of(number, seed), wanted, seed)
    parts = pair.figure.body.parts
    skin, clothes, behind = (within(parts, each) for each in (SKIN, CLOTHES, (Part.BACKGROUND,)))

    def task(mode: Mode) -> ModelSwap:
        return ModelSwap(
            model_image=picture(pair.before), prompt=f"a woman with {WORDS[wanted]}", size=SIZE, mode=mode, seed=seed
        )

    def score(output: Output) -> Scores:
        made = shown(output.image)
        return {
            "skin": median_delta_e(made, pair.after, skin, skin),
            "clothes": changed_share(made, pair.before, clothes),
            "background": changed_share(made, pair.before, behind),
        }

    return Case(wanted, task, score, {"copy the input": lambda: Output(picture(pair.before))})


def sitter(number: int) -> Figure:
    """Poses, skins and hair in turn."""
    return Figure(
        "woman",
        pose=chosen(number, POSES),
        finish=chosen(number, SKIN_FINISHES),
        hair=chosen(number, HAIRS),
        hair_colour=(0.2, 0.13, 0.09),
        shoes=(0.2, 0.2, 0.2),
    )


def top_of(number: int, seed: int) -> GarmentSpec:
    """Kinds in turn, the colour by chance."""
    red, green, blue = (float(each) for each in np.random.default_rng([seed, 17]).uniform(0.1, 0.9, 3))
    return GarmentSpec(chosen(number, TOPS), Textile((red, green, blue)))


def pair_of(spec: Figure, top: GarmentSpec, wanted: Finish, seed: int, size: Size = SIZE) -> Pair:
    """Somebody in a skirt and a top, and the same with another skin."""
    outfit = (GarmentSpec("skirt", Textile((0.2, 0.24, 0.4))), top)
    shots = [
        render_body(each, size, np.random.default_rng(seed), outfit, oversample=1)
        for each in (spec, replace(spec, finish=wanted))
    ]
    before, after = (to_bytes(staged(each, Backdrop((0.8, 0.82, 0.86)), np.random.default_rng(seed))) for each in shots)
    return Pair(before, after, shots[0])


def within(parts: Bytes, wanted: tuple[Part, ...]) -> Mask:
    """Pixels well inside the parts, where no other part shines through."""
    mask = np.isin(parts, [int(part) for part in wanted]).astype(np.uint8)
    return np.asarray(cv2.erode(mask, around(5, Size(parts.shape[1], parts.shape[0]))) > 0)


SUITE = ToolSuite(
    "model-swap",
    20,
    case,
    (
        Measure("skin", "ΔE2000 of the skin", "lower", bar=8.0, digits=2),
        Measure("clothes", "clothes changed", "lower", "largest", 0.0, judges=False),
        Measure("background", "background changed", "lower", "largest", 0.0, judges=False),
    ),
)
