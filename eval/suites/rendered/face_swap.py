"""Drawn faces put onto other drawn people."""

from functools import lru_cache

import numpy as np

from eval.metrics.face_likeness import Portrait, face_likeness
from eval.metrics.unchanged import changed_share
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import shown
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Output, unwatched
from pipelines.images import Mask, picture
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace, FaceSwap
from pipelines.vision.faces import find_faces

SIZE = Size(400, 400)
REACH = 1.05
"""Sides of the face's box, from its middle, beyond which nothing may change."""
PEOPLE = ("a woman with light skin and brown bob, front view", "a man with tan skin and short black hair, front view",
          "a woman with brown skin and black bun, front view", "a man with fair skin and short red hair, front view")  # fmt: skip


@lru_cache(maxsize=16)
def portrait(number: int, size: Size = SIZE) -> Portrait:
    """The first drawing from a number's seed on in which a face is found."""
    for attempt in range(8):
        seed = FIRST_SEED + 100 * number + attempt
        task = CreateFace(prompt=PEOPLE[number % len(PEOPLE)], size=size, mode=Mode.FAST, seed=seed)
        rgb = shown(DraftEngine().run(task, unwatched).image)
        faces = find_faces(rgb)
        if faces:
            return Portrait(rgb, faces[0])
    raise LookupError(f"no face is found in any drawing of number {number}")


def case(number: int) -> Case:
    """The face of one drawn person for another, tone taken from the reference."""
    target, source = portrait(number), portrait(number + 1)
    away = away_from(target)

    def task(mode: Mode) -> FaceSwap:
        images = picture(target.rgb), picture(source.rgb)
        return FaceSwap(image=images[0], face_reference=images[1], size=SIZE, mode=mode, seed=FIRST_SEED + number)

    def score(output: Output) -> Scores:
        made = shown(output.image)
        return {
            "likeness": face_likeness(Portrait(made, target.face), source),
            "outside": changed_share(made, target.rgb, away),
        }

    return Case("drawn", task, score, {"copy the input": lambda: Output(picture(target.rgb))})


def away_from(of: Portrait) -> Mask:
    """What is no part of the face or its outline."""
    height, width = of.rgb.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    return np.asarray(np.hypot(rows - of.face.y, columns - of.face.x) > REACH * of.face.side)


SUITE = ToolSuite(
    "face-swap",
    10,
    case,
    (
        Measure("likeness", "likeness to the reference", "higher", bar=0.6),
        Measure("outside", "changed away from the face", "lower", "largest", 0.0, judges=False),
    ),
)
