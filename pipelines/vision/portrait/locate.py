"""The face that a picture is about, cut out with its features; or a refusal that says what to do."""

from dataclasses import dataclass

import numpy as np

from pipelines.errors import PersonNotFound
from pipelines.images import Bytes, Floats, resized, to_float
from pipelines.sizes import Size
from pipelines.vision.faces import ENOUGH_VOTES, FAINT_VOTES, SEARCH_SIDE, Face, find_faces
from pipelines.vision.portrait.features import Features, features_of

CLOSER_SIDE = 1100
"""Long side in pixels at which a picture is searched where a first look found no face."""
SURE = 0.55
"""Confidence of features from which a face has eyes and a mouth that can be seen."""
CERTAIN = 0.9
"""The same from which they make a face of what only looks a little like one."""
REACH = 1.25
"""Half side of what is cut out around a face, in sides of its box."""
LARGEST_YAW = 32.0
"""Degrees by which a face may be turned to the side."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A picture of a face: float32 (h, w, 3) in [0, 1], and the features of the face in it."""

    rgb: Floats
    face: Features

    def shrunk(self, side: float) -> "Portrait":
        """With the face's box at most `side` pixels wide."""
        scale = side / self.face.face.side
        if scale >= 1:
            return self
        size = Size(max(1, round(self.rgb.shape[1] * scale)), max(1, round(self.rgb.shape[0] * scale)))
        return Portrait(resized(self.rgb, size), self.face.moved(0, 0, size.width / self.rgb.shape[1]))


@dataclass(frozen=True, slots=True)
class Located:
    """Where in a picture the face is, and how many there are."""

    face: Features
    faces: int


def locate(rgb: Bytes, field: str, search_side: int = SEARCH_SIDE) -> Located:
    """The largest face in uint8 (h, w, 3), a picture that the person knows as `field`; looked for first with its
    long side `search_side` pixels, then closer.

    Raises PersonNotFound, naming the field, where there is none, none with features that can be seen, or one turned away.
    """
    faces = sorted(_seen(rgb, search_side) or _seen(rgb, CLOSER_SIDE), key=lambda each: -each.side)
    if not faces:
        raise PersonNotFound(f"{field} shows no face from the front; use a photo in which the face is larger and turned this way")
    read = [_read(rgb, each) for each in faces]
    clear = [each for each in read if each.confidence >= SURE]
    if not clear:
        raise PersonNotFound(
            f"no eyes and mouth can be made out in the face that {field} shows; use a sharper, evenly lit photo of an uncovered face"
        )
    if abs(clear[0].yaw) > LARGEST_YAW:
        side = "right" if clear[0].yaw > 0 else "left"
        raise PersonNotFound(
            f"the face in {field} is turned about {abs(clear[0].yaw):.0f} degrees to the {side}; use a photo in which it looks this way"
        )
    return Located(clear[0], len(faces))


def _seen(rgb: Bytes, search_side: int) -> list[Face]:
    """Faces; where there is none, the one that looks most like one to the cascade and has eyes and a mouth where those belong."""
    faces = find_faces(rgb, search_side, FAINT_VOTES)
    sure = [each for each in faces if each.votes >= ENOUGH_VOTES]
    return sure or [each for each in faces if _read(rgb, each).confidence >= CERTAIN][:1]


def portrait(rgb: Bytes, face: Features) -> Portrait:
    """What is around a face of uint8 (h, w, 3)."""
    part = around(face, rgb.shape)
    return Portrait(to_float(np.ascontiguousarray(rgb[part])), face.moved(-part[1].start, -part[0].start))


def around(face: Features, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a picture of `shape` that show a face with its hair and neck."""
    box = face.face
    reach = REACH * box.side
    return (
        slice(max(0, int(box.y - reach)), min(shape[0], int(box.y + reach) + 1)),
        slice(max(0, int(box.x - reach)), min(shape[1], int(box.x + reach) + 1)),
    )


def _read(rgb: Bytes, face: Face) -> Features:
    """Features looked for in what is around the face, which is all that they need."""
    left, top = max(0, int(face.x - face.side)), max(0, int(face.y - face.side))
    part = np.ascontiguousarray(rgb[top : int(face.y + face.side) + 1, left : int(face.x + face.side) + 1])
    near = Face(face.x - left, face.y - top, face.side, face.tilt, face.votes, face.skin)
    return features_of(part, near).moved(left, top)
