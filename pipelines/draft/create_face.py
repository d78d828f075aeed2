"""Create Face: a drawn head-and-shoulders portrait of somebody who doesn't exist, from words and a seed."""

import numpy as np

from pipelines.draft.casting import wishes_of
from pipelines.draft.looks import Looks, about_light, looks_of, shoot_of
from pipelines.draft.sitting import PAPERS, Sitting, bodied, headed, light_of, taken
from pipelines.engine import Output, Progress
from pipelines.tasks import CreateFace
from pipelines.vision.rendering.figure import Figure
from pipelines.vision.rendering.head import Portrayed
from pipelines.vision.rendering.palette import Colour
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import TOPS, GarmentSpec

DRAFT = (
    "A draft: a drawn face in the manner of fashion illustration, the same person for the same seed from every angle. "
    "An engine that generates pictures would make a photographic one."
)
TEES: tuple[Colour, ...] = (
    (0.925, 0.915, 0.895), (0.165, 0.170, 0.180), (0.250, 0.290, 0.370), (0.620, 0.585, 0.520), (0.420, 0.450, 0.400), (0.820, 0.790, 0.740),
)  # fmt: skip
"""Plain tops; the seed picks one."""
_STEPS = 3


def run(task: CreateFace, progress: Progress) -> Output:
    """One portrait of exactly `task.size`; equal prompts and seeds give equal pixels."""
    progress(0, _STEPS, "reading the words")
    looks = looks_of(task.prompt, task.seed)
    sitting = _sitting(task, looks)
    progress(1, _STEPS, "drawing the shoulders")
    body = bodied(sitting, task.size, task.mode, task.seed)
    progress(2, _STEPS, "drawing the face")
    shot = taken(sitting, headed(sitting, body, task.mode), task.size, task.seed)
    progress(_STEPS, _STEPS, "done")
    return Output(shot.image, (DRAFT, *notes(task.prompt)), details(looks))


def _sitting(task: CreateFace, looks: Looks) -> Sitting:
    rng = np.random.default_rng([task.seed, 31])
    wishes, shoot = wishes_of(about_light(task.prompt)), shoot_of(task.prompt)
    paper, tee = PAPERS[int(rng.integers(len(PAPERS)))], TEES[int(rng.integers(len(TEES)))]
    face = looks.person
    figure = Figure(face.sex, wishes.build or "average", "relaxed", "light", framing="portrait", skin=face.skin, headless=True)
    tops = tuple(each for each in shoot.garments if each.kind in (*TOPS, "dress"))
    outfit = tops or (GarmentSpec("t-shirt", Textile(tee), seed=task.seed),)
    who = Portrayed(face, looks.expression, looks.angle)
    return Sitting(figure, outfit, who, light_of(wishes, shoot, rng), wishes.backdrop or paper, shoot.setting)


def notes(prompt: str) -> tuple[str, ...]:
    """What of the prompt can't be drawn, if there is anything."""
    unread = shoot_of(prompt).unread
    return (f"Not drawn by this engine: {', '.join(unread)}.",) if unread else ()


def details(looks: Looks) -> dict[str, str | int | float]:
    """The decisions about a person, for the details of an output."""
    face, angle = looks.person, looks.angle
    return {
        "person": f"{face.sex}, {face.age:.0f}, {face.shape} face",
        "hair": f"{face.hairdo.style}, {face.hairdo.texture}",
        "angle": f"yaw {angle.yaw:.0f}, pitch {angle.pitch:.0f}, roll {angle.roll:.0f}",
        "smile": round(looks.expression.smile, 2),
    }
