"""Drawn faces put onto other drawn people."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from eval.metrics.unchanged import changed_share
from eval.suites.rendered.case import FIRST_SEED, Case, Measure, Scores, ToolSuite
from eval.suites.rendered.drawing import shown
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Output, unwatched
from pipelines.images import Bytes, Floats, Mask, picture
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace, FaceSwap
from pipelines.vision.faces import Face, find_faces

SIZE = Size(400, 400)
SIDE = 48
"""Faces are compared in a square of so many pixels."""
SLACK = 7
"""Pixels of that square by which two faces may be shifted."""
REACH = 1.05
"""Sides of the face's box, from its middle, beyond which nothing may change."""
PEOPLE = ("a woman with light skin and brown bob, front view", "a man with tan skin and short black hair, front view",
          "a woman with brown skin and black bun, front view", "a man with fair skin and short red hair, front view")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Portrait:
    """A drawn person, uint8 (h, w, 3), and where the face is."""

    rgb: Bytes
    face: Face


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
            "likeness": _alike(Portrait(made, target.face), source),
            "outside": changed_share(made, target.rgb, away),
        }

    return Case("drawn", task, score, {"copy the input": lambda: Output(picture(target.rgb))})


def away_from(of: Portrait) -> Mask:
    """What is no part of the face or its outline."""
    height, width = of.rgb.shape[:2]
    rows, columns = np.ogrid[:height, :width]
    return np.asarray(np.hypot(rows - of.face.y, columns - of.face.x) > REACH * of.face.side)


def _features(rgb: Bytes, face: Face, scale: float = 1.0) -> Floats:
    """Eyes, nose and mouth as grey values without their broad shading; the outline and the hair left out."""
    zoom = SIDE / (0.64 * face.side * scale)
    matrix = np.array([[zoom, 0, SIDE / 2 - face.x * zoom], [0, zoom, SIDE / 2 - (face.y + 0.06 * face.side) * zoom]])
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.warpAffine(cv2.GaussianBlur(grey, (0, 0), max(0.4, 0.35 / zoom)), matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), SIDE / 8), dtype=np.float32)


def _alike(made: Portrait, reference: Portrait) -> float:
    """Largest correlation of the features over small shifts and scales, because two faces are never found quite alike."""
    own = _features(made.rgb, made.face)
    best = -1.0
    for scale in np.linspace(0.8, 1.25, 10):
        wanted = _features(reference.rgb, reference.face, float(scale))[SLACK:-SLACK, SLACK:-SLACK]
        best = max(best, float(cv2.matchTemplate(own, wanted, cv2.TM_CCOEFF_NORMED).max()))
    return best


SUITE = ToolSuite(
    "face-swap",
    10,
    case,
    (
        Measure("likeness", "likeness to the reference", "higher", bar=0.6),
        Measure("outside", "changed away from the face", "lower", "largest", 0.0, judges=False),
    ),
)
