"""The project's own mannequins and figures as scenes, so that the net knows them as well as it knows dolls."""

from typing import get_args

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.draft.training.dolls.anatomy import SKIN
from pipelines.draft.training.dolls.canvas import FAR
from pipelines.draft.training.dolls.head import HAIR
from pipelines.draft.training.dolls.scene import Scene
from pipelines.draft.training.dolls.wardrobe import BOTTOM, DRESS, SHOES, TOP
from pipelines.sizes import Size
from pipelines.vision.people.body import Part
from pipelines.vision.rendering.figure import Build, Figure, Finish, Framing, Hair, Pose, Sex
from pipelines.vision.rendering.render import render_body
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

_TOPS: tuple[Kind, ...] = ("t-shirt", "sweater", "shirt", "tank", "jacket")
_BOTTOMS: tuple[Kind, ...] = ("trousers", "trousers", "skirt", "shorts")
_MATERIALS = {Part.HAIR: HAIR, Part.UPPER: TOP, Part.LOWER: BOTTOM, Part.DRESS: DRESS, Part.SHOES: SHOES, Part.BACKGROUND: 0}
"""Of parts; all others are of skin."""


def rendered_scene(generator: Generator, height: int, width: int) -> Scene:
    """A figure by chance as the project renders it, in an outfit or bare."""

    def pick(choices: tuple[object, ...]) -> object:
        return choices[int(generator.integers(len(choices)))]

    figure = Figure(
        pick(get_args(Sex)), pick(get_args(Build)), pick(get_args(Pose)), pick(get_args(Finish)), pick(get_args(Hair)),  # type: ignore[arg-type]
        shoes=(0.5, 0.5, 0.5) if generator.random() < 0.6 else None,
        framing=pick(get_args(Framing)), sway=float(generator.uniform(-1, 1)),  # type: ignore[arg-type]
    )  # fmt: skip
    seed, plain = int(generator.integers(1 << 30)), Textile()
    outfit: tuple[GarmentSpec, ...] = (
        (GarmentSpec("dress", plain, seed=seed),)
        if generator.random() < 0.2
        else (GarmentSpec(pick(_BOTTOMS), plain, seed=seed), GarmentSpec(pick(_TOPS), plain, seed=seed + 1))  # type: ignore[arg-type]
    )
    body = render_body(figure, Size(width, height), generator, outfit if generator.random() < 0.92 else (), oversample=1)
    part = body.body.parts
    table = np.array([_MATERIALS.get(each, SKIN) for each in Part], np.uint8)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    depth = np.where(part > 0, cv2.GaussianBlur(body.height, (0, 0), 0.6), np.float32(FAR)).astype(np.float32)
    return Scene(
        part, table[part], depth, (y / np.float32(0.35 * body.view.scale)).astype(np.float32),
        (x / np.float32(0.09 * body.view.scale)).astype(np.float32), body.body.joints, (), figure.is_mannequin, body.view.scale,
    )  # fmt: skip
