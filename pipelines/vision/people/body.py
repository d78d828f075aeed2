"""A person or mannequin in a picture: where the joints are and what each pixel belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from pipelines.images import Bytes, Floats


class Part(IntEnum):
    """Label of a pixel in `Body.parts`. Left and right are the person's own, as in COCO."""

    BACKGROUND = 0
    HAIR = 1
    FACE = 2
    NECK = 3
    LEFT_ARM = 4
    RIGHT_ARM = 5
    LEFT_HAND = 6
    RIGHT_HAND = 7
    UPPER = 8
    LOWER = 9
    DRESS = 10
    LEFT_LEG = 11
    RIGHT_LEG = 12
    SHOES = 13
    TORSO = 14
    """Bare skin, or a mannequin's body, between neck and legs."""


JOINTS = (
    "head_top", "chin", "neck",
    "left_shoulder", "left_elbow", "left_wrist", "right_shoulder", "right_elbow", "right_wrist",
    "left_armpit", "right_armpit", "left_waist", "right_waist",
    "left_hip", "left_knee", "left_ankle", "right_hip", "right_knee", "right_ankle", "crotch",
)  # fmt: skip
"""Shoulder: the outer end of the shoulder line on the silhouette. Waist and hip: on the silhouette of the torso. Knee, ankle,
elbow, wrist: the middle of the limb. Left and right are the person's own: in a front view, left is to the right of the picture."""


@dataclass(frozen=True, slots=True)
class Point:
    """x to the right, y down, in pixels of the picture; pixel centres are at .5."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Body:
    """What is known of one person in a picture of (h, w) pixels."""

    alpha: Floats
    """float32 (h, w): coverage of the whole person."""
    parts: Bytes
    """uint8 (h, w): a `Part` for each pixel."""
    joints: Mapping[str, Point]
    """Names from `JOINTS`; a joint outside the picture or not found is absent."""
    confidence: float
    """0 to 1; 1 for a rendered body."""
