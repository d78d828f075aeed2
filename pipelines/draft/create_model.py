"""Create Model: a drawn person in clothes, posed and framed by words, a face reference and a pose reference."""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.draft.casting import BUILDS, POSES, first, wishes_of
from pipelines.draft.create_face import details as person_details
from pipelines.draft.create_face import notes as unread_notes
from pipelines.draft.looks import Looks, Shoot, about_light, framing_of, looks_of, plain, shoot_of
from pipelines.draft.posing import Posed, posed_like
from pipelines.draft.resemblance import brightened, resemblance_of, resembling
from pipelines.draft.sitting import PAPERS, Sitting, bodied, headed, light_of, taken
from pipelines.engine import Output, Progress
from pipelines.sizes import Size
from pipelines.tasks import CreateModel
from pipelines.vision.rendering.figure import Build, Figure, Framing, Pose
from pipelines.vision.rendering.head import Portrayed
from pipelines.vision.rendering.palette import Colour
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import BOTTOMS, TOPS, GarmentSpec

DRAFT = (
    "A draft: a drawn figure in the manner of fashion illustration, the same person for the same seed. "
    "An engine that generates pictures would make a photographic one."
)
LOOKS: tuple[tuple[Colour, Colour], ...] = (
    ((0.925, 0.915, 0.895), (0.285, 0.300, 0.330)), ((0.245, 0.250, 0.262), (0.720, 0.665, 0.580)), ((0.800, 0.770, 0.715), (0.215, 0.240, 0.300)),
    ((0.430, 0.470, 0.430), (0.840, 0.805, 0.750)), ((0.265, 0.310, 0.395), (0.800, 0.775, 0.735)),
)  # fmt: skip
"""Colours of a plain tee and trousers; the seed picks a pair."""
SHOES: tuple[Colour, ...] = ((0.92, 0.915, 0.90), (0.16, 0.15, 0.15), (0.62, 0.47, 0.34))
_STEPS = 4


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is drawn, and what the person should know of it."""

    sitting: Sitting
    looks: Looks
    notes: tuple[str, ...]


def run(task: CreateModel, progress: Progress) -> Output:
    """One picture of exactly `task.size`; equal tasks give equal pixels.

    Raises `PersonNotFound` where the face reference shows no face.
    """
    progress(0, _STEPS, "reading the words and references")
    plan = _plan(task)
    progress(1, _STEPS, "drawing the figure")
    body = bodied(plan.sitting, task.size, task.mode, task.seed)
    progress(2, _STEPS, "drawing the face")
    figure = headed(plan.sitting, body, task.mode)
    progress(3, _STEPS, "setting it in the studio")
    shot = taken(plan.sitting, figure, task.size, task.seed)
    progress(_STEPS, _STEPS, "done")
    spec = plan.sitting.figure
    details = person_details(plan.looks) | {"figure": f"{spec.build}, {spec.pose}, {spec.framing}"}
    return Output(shot.image, (DRAFT, *plan.notes), details)


def _plan(task: CreateModel) -> _Plan:
    rng = np.random.default_rng([task.seed, 41])
    wishes, shoot = wishes_of(about_light(task.prompt)), shoot_of(task.prompt)
    person = _person(task)
    looks, notes = person.looks, person.notes
    posed = posed_like(task.pose_reference) if task.pose_reference is not None else None
    if task.pose_reference is not None:
        notes += (
            ("Pose and framing are the nearest that the drawn figures have to those of the pose reference.",) if posed is not None
            else ("Nobody could be read in the pose reference; pose and framing follow the words.",)
        )  # fmt: skip
    outfit = _outfit(shoot, task.seed, rng)
    figure = _figure(task, looks, shoot, posed, rng)
    paper = wishes.backdrop or PAPERS[int(rng.integers(len(PAPERS)))]
    who = Portrayed(looks.person, looks.expression, looks.angle)
    sitting = Sitting(figure, outfit, who, light_of(wishes, shoot, rng), paper, shoot.setting)
    return _Plan(sitting, looks, notes + unread_notes(task.prompt))


@dataclass(frozen=True, slots=True)
class _Person:
    looks: Looks
    notes: tuple[str, ...]


def _person(task: CreateModel) -> _Person:
    looks = looks_of(task.prompt, task.seed)
    if task.face_reference is None:
        return _Person(looks, ())
    found = resemblance_of(task.face_reference)
    own = replace(found, skin=brightened(found.skin))
    read = [
        "skin tone",
        *(["hair colour"] if own.hair is not None else []),
        *(["length of hair"] if own.style is not None else []),
    ]
    note = f"Of the face reference, {', '.join(read)} were taken; features are drawn, not copied."
    return _Person(resembling(looks, own, task.face_reference_mode == "match_reference"), (note,))


def _figure(task: CreateModel, looks: Looks, shoot: Shoot, posed: Posed | None, rng: np.random.Generator) -> Figure:
    text = plain(task.prompt)
    usual: tuple[Pose, ...] = ("relaxed", "contrapposto")
    drawn = usual[int(rng.integers(len(usual)))]
    build: Build = first(BUILDS, text) or ("slim" if looks.person.age < 16 else "average")
    framing = framing_of(text) or (posed.framing if posed else None) or _framing(task.size)
    shoes = shoot.shoes or SHOES[int(rng.integers(len(SHOES)))]
    return Figure(
        looks.person.sex, build, first(POSES, text) or (posed.pose if posed else drawn), "light", shoes=None if "barefoot" in text else shoes,
        framing=framing, sway=float(rng.uniform(-1, 1)), skin=looks.person.skin, headless=True,
    )  # fmt: skip


def _framing(size: Size) -> Framing:
    """As much of the figure as a picture of this shape shows well."""
    if size.ratio > 1.2:
        return "upper_body"
    return "three_quarter" if size.ratio > 0.85 else "full_body"


def _outfit(shoot: Shoot, seed: int, rng: np.random.Generator) -> tuple[GarmentSpec, ...]:
    """What the words name, completed by a plain tee and trousers."""
    top, bottom = LOOKS[int(rng.integers(len(LOOKS)))]
    kinds = {each.kind for each in shoot.garments}
    named = tuple(replace(each, seed=seed + k) for k, each in enumerate(shoot.garments))
    if "dress" in kinds:
        return tuple(each for each in named if each.kind not in BOTTOMS)
    tucked = "skirt" in kinds
    lower = () if kinds & set(BOTTOMS) else (GarmentSpec("trousers", Textile(bottom), seed=seed + 5),)
    upper = () if kinds & set(TOPS) - {"jacket"} else (GarmentSpec("t-shirt", Textile(top), seed=seed + 6, tucked=tucked),)
    layers = (*lower, *named, *upper)
    if "jacket" in kinds:
        layers = tuple(replace(each, covered=each.kind in TOPS and each.kind != "jacket") for each in layers)
    order = {"trousers": 0, "shorts": 0, "skirt": 0, "jacket": 2}
    if tucked:
        layers = tuple(replace(each, tucked=True) if each.kind in ("t-shirt", "tank", "shirt") else each for each in layers)
        order = {"t-shirt": 0, "tank": 0, "shirt": 0, "skirt": 1, "jacket": 2, "sweater": 2}
    return tuple(sorted(layers, key=lambda each: order.get(each.kind, 1)))
