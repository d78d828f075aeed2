"""One doll in front of a camera: labels, materials, surface and joints, not yet coloured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.draft.training.dolls.anatomy import Camera, bare, joints
from pipelines.draft.training.dolls.canvas import Array, Canvas
from pipelines.draft.training.dolls.head import Decal, dressed_head
from pipelines.draft.training.dolls.pose import Doll, drawn
from pipelines.draft.training.dolls.wardrobe import carried, dressed
from pipelines.images import Bytes, Floats
from pipelines.vision.people.body import Point

MARGIN = 0.03
"""Share of the picture that is left free around a person at least."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A feature of the face in pixels of the picture; half axes and turn in degrees."""

    x: float
    y: float
    wide: float
    high: float
    turn: float
    colour: str


@dataclass(frozen=True, slots=True)
class Scene:
    """(h, w) pixels."""

    part: Bytes
    material: Bytes
    depth: Floats
    """Pixels towards the viewer; far below zero where nobody is."""
    along: Floats
    across: Floats
    joints: Mapping[str, Point]
    """Those inside the picture; none where nobody is."""
    features: Sequence[Spot]
    plain: bool
    """A mannequin."""
    unit: float
    """Pixels to a body height."""


def drawn_scene(generator: Generator, height: int, width: int) -> Scene:
    """A doll by chance, framed as people are for pictures of clothes."""
    doll = drawn(generator)
    camera = _framed(doll, generator, height, width)
    plain = bool(generator.random() < 0.10)
    head = dressed_head(doll, camera, generator, plain)
    clothes = dressed(doll, camera, generator)
    empty = generator.random() < 0.04
    tubes = clothes if empty else [*bare(doll, camera), *clothes, *head.tubes]
    if not empty and generator.random() < 0.08:
        tubes += carried(doll, camera, generator)
    canvas = Canvas(height, width)
    canvas.paint(tubes)
    flow = _flow(generator, height, width)
    canvas = canvas.warped(*flow)
    places = {} if empty else {name: _moved(at, *flow) for name, at in joints(doll, camera).items()}
    inside = {name: at for name, at in places.items() if 0 <= at.x < width and 0 <= at.y < height}
    features = [] if empty else [spot for each in head.features if (spot := _spot(each, doll, camera, flow))]
    return Scene(canvas.part, canvas.material, canvas.depth, canvas.along, canvas.across, inside, features, plain, camera.scale)


def _framed(doll: Doll, generator: Generator, height: int, width: int) -> Camera:
    """From crown or neck down to feet, knees, thighs or waist, as large as fits, or with a side cut off."""
    points = _extent(doll)
    view = Camera(
        1.0, np.zeros(2), np.zeros(3), _roll(generator), float(generator.normal(3, 6)), float(generator.uniform(1.8, 7))
    )
    seen = view.seen(points)[:, :2]
    top, bottom = seen[:, 1].min(), seen[:, 1].max()
    cut = _cut(generator, doll)
    upper = float(view.seen(doll.trunk(cut.top)[None] if cut.top < 0.9 else points[:1])[0, 1]) if cut.top < 0.9 else top - 0.03
    lower = bottom + 0.015 if cut.bottom <= 0 else top + (bottom - top) * (1 - cut.bottom)
    upper, lower = min(upper, lower - 0.2), max(lower, upper + 0.2)
    rows = (seen[:, 1] > upper - 0.02) & (seen[:, 1] < lower + 0.02)
    left, right = seen[rows, 0].min() - 0.05, seen[rows, 0].max() + 0.05
    free = 1 - 2 * MARGIN * generator.random()
    scale = float(min(height * free / (lower - upper), width * free / (right - left)))
    if generator.random() < 0.07:
        scale *= float(generator.uniform(1.05, 1.35))
    top_at = (height - scale * (lower - upper)) / 2 if cut.bottom <= 0 else height - scale * (lower - upper)
    middle = np.array([width / 2 - scale * (left + right) / 2, max(0.0, top_at) * generator.random() - scale * upper])
    if cut.bottom <= 0:
        middle[1] = top_at - scale * upper
    return Camera(scale, middle, view.centre, view.roll, view.pitch, view.distance)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Heights, as shares of the person, where the picture begins and ends."""

    top: float
    bottom: float


def _cut(generator: Generator, doll: Doll) -> _Cut:
    kind = generator.choice(4, p=(0.42, 0.30, 0.17, 0.11))
    if kind == 0:
        return _Cut(1.0, 0.0)
    if kind == 1:
        return _Cut(1.0, float(generator.uniform(0.14, 0.42)))
    if kind == 2:
        return _Cut(1.0, float(generator.uniform(0.38, 0.62)))
    return _Cut(float(generator.uniform(0.835, 0.87)), float(generator.choice((0.0, generator.uniform(0.1, 0.5)))))


def _roll(generator: Generator) -> float:
    return float(generator.normal(0, 4) if generator.random() < 0.75 else generator.uniform(-22, 22))


def _extent(doll: Doll) -> Array:
    ends = [doll.head + doll.facing @ np.array([0, 0.14, 0])]
    for limb in (*doll.arms.values(), *doll.legs.values()):
        ends += [limb.root, limb.bend, limb.end, limb.tip]
    return np.stack(ends)


def _flow(generator: Generator, height: int, width: int) -> tuple[Floats, Floats]:
    """A smooth random displacement of about a pixel, and the identity with it added."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    made = []
    for base in (x, y):
        coarse = generator.normal(0, 1, (height // 16, width // 16)).astype(np.float32)
        fine = generator.normal(0, 0.35, (height // 6, width // 6)).astype(np.float32)
        size = (width, height)
        bumps = cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC) + cv2.resize(fine, size, interpolation=cv2.INTER_CUBIC)
        made.append((base + bumps * np.float32(generator.uniform(0.2, 1.6))).astype(np.float32))
    return made[0], made[1]


def _moved(at: Point, flow_x: Floats, flow_y: Floats) -> Point:
    """Where a place is after the warp."""
    y = int(np.clip(at.y, 0, flow_x.shape[0] - 1))
    x = int(np.clip(at.x, 0, flow_x.shape[1] - 1))
    return Point(at.x - float(flow_x[y, x] - x), at.y - float(flow_y[y, x] - y))


def _spot(decal: Decal, doll: Doll, camera: Camera, flow: tuple[Floats, Floats]) -> Spot | None:
    """A feature of the face where it is seen; None where it has turned away."""
    outward = decal.place - (doll.head + doll.facing @ np.array([0, 0.06, -0.012]))
    if outward[2] < 0.012:
        return None
    seen = camera.seen(decal.place[None])[0]
    at = _moved(Point(float(seen[0]), float(seen[1])), *flow)
    turned = max(0.3, float(outward[2]) / max(float(np.linalg.norm(outward[[0, 2]])), 1e-6))
    roll = float(np.degrees(np.arctan2(-doll.facing[1, 0], doll.facing[0, 0]))) + camera.roll
    return Spot(at.x, at.y, decal.wide * camera.scale * turned, decal.high * camera.scale, decal.turn + roll, decal.colour)
