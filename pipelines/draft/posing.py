"""What a pose reference tells: the nearest pose that the figures have, and how much of them is in the picture."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from pipelines.errors import PipelineError
from pipelines.images import pixels
from pipelines.sizes import Mode, Size
from pipelines.vision.mattes.matting import matte
from pipelines.vision.people.body import Body, Point
from pipelines.vision.people.person import read_person
from pipelines.vision.rendering.figure import Figure, Framing, Pose, skeleton, view_of
from pipelines.vision.rendering.render import joints_of

SIDE = 1000
"""Longest side, in pixels, at which a reference is looked at."""
_CANVAS = Size(800, 1200)


@dataclass(frozen=True, slots=True)
class Posed:
    """What a pose reference suggests."""

    pose: Pose
    framing: Framing
    error: float
    """Mean distance of the joints from those of the pose, in shoulder widths."""


def posed_like(image: Image) -> Posed | None:
    """The nearest pose to the person in a picture; None where nobody can be read in it."""
    shrunk = image.copy()
    shrunk.thumbnail((SIDE, SIDE))
    rgb = pixels(shrunk)
    try:
        body = read_person(rgb, matte(rgb, Mode.FAST), Mode.FAST)
    except PipelineError:
        return None
    return nearest_pose(body)


def nearest_pose(body: Body) -> Posed:
    """The pose whose limbs are nearest to those of a body that was read or rendered."""
    errors = {pose: _distance(body, pose) for pose in get_args(Pose)}
    pose = min(errors, key=errors.__getitem__)
    return Posed(pose, _framing(body), errors[pose])


def _framing(body: Body) -> Framing:
    names = body.joints.keys()
    if any(name.endswith("ankle") for name in names):
        return "full_body"
    if any(name.endswith("knee") for name in names):
        return "three_quarter"
    shoulders, height = body.joints.get("left_shoulder"), body.alpha.shape[0]
    return "portrait" if shoulders is not None and shoulders.y > 0.62 * height else "upper_body"


def _distance(body: Body, pose: Pose) -> float:
    """Mean distance of the limbs' joints, seen from the middle of the shoulders, as it is or mirrored."""
    figure = Figure(pose=pose)
    own = joints_of(skeleton(figure), view_of(figure, _CANVAS), _CANVAS)
    return min(_apart(dict(body.joints), own), _apart(dict(body.joints), _mirrored(own)))


def _mirrored(joints: dict[str, Point]) -> dict[str, Point]:
    other = {"left": "right", "right": "left"}
    names = {name: name.replace(name.split("_")[0], other.get(name.split("_")[0], name.split("_")[0]), 1) for name in joints}
    return {names[name]: Point(-at.x, at.y) for name, at in joints.items()}


def _apart(one: dict[str, Point], other: dict[str, Point]) -> float:
    named = [f"{side}_{part}" for side in ("left", "right") for part in ("elbow", "wrist", "knee", "ankle", "hip")]
    shared = [name for name in named if name in one and name in other]
    if not shared or not all(f"{side}_shoulder" in each for side in ("left", "right") for each in (one, other)):
        return float("inf")
    first, second = (_unit(joints, shared) for joints in (one, other))
    return float(np.linalg.norm(first - second, axis=1).mean())


def _unit(joints: dict[str, Point], names: list[str]) -> NDArray[np.float64]:
    """(n, 2): joints in shoulder widths from the middle between the shoulders."""
    left, right = joints["left_shoulder"], joints["right_shoulder"]
    width = float(np.hypot(left.x - right.x, left.y - right.y))
    middle = np.array([(left.x + right.x) / 2, (left.y + right.y) / 2])
    return np.asarray((np.array([(joints[name].x, joints[name].y) for name in names]) - middle) / max(width, 1e-6), np.float64)
