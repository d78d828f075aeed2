"""The person and the faces of a picture, read once however many metrics look at them."""

from functools import lru_cache

import numpy as np

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from pipelines.errors import PipelineError
from pipelines.images import Bytes, Mask
from pipelines.sizes import Mode
from pipelines.vision.faces import Face, find_faces
from pipelines.vision.mattes.matting import matte
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.person import read_person

CLOTHES = (Part.UPPER, Part.LOWER, Part.DRESS)
READER = {"reader": "pipelines.vision.people, matte in fast mode"}


def body_of(picture: Bytes) -> Body | None:
    """Whoever is in uint8 (h, w, 3); None where nobody is found.

    >>> body_of(np.full((64, 64, 3), 255, np.uint8)) is None
    True
    """
    return _body(picture.tobytes(), picture.shape)


@lru_cache(maxsize=8)
def _body(data: bytes, shape: tuple[int, ...]) -> Body | None:
    picture = np.frombuffer(data, np.uint8).reshape(shape)
    try:
        return read_person(picture, matte(picture, Mode.FAST))
    except PipelineError:
        return None


def face_of(picture: Bytes) -> Face | None:
    """The surest face in uint8 (h, w, 3); None where none is found."""
    return _face(picture.tobytes(), picture.shape)


@lru_cache(maxsize=8)
def _face(data: bytes, shape: tuple[int, ...]) -> Face | None:
    return next(iter(find_faces(np.frombuffer(data, np.uint8).reshape(shape))), None)


def clothed(body: Body | None) -> Mask | None:
    """(h, w): where clothes are worn; None where nobody with shoulders wears any."""
    if body is None:
        return None
    worn = np.isin(body.parts, [int(part) for part in CLOTHES])
    return worn if {"left_shoulder", "right_shoulder"} <= body.joints.keys() and worn.any() else None


def need_body(sample: Sample) -> Body:
    """The output's person. Raises Unscored where there is none."""
    found = body_of(sample.shown)
    if found is None:
        raise Unscored("no person is found in the output")
    return found


def need_face(sample: Sample) -> Face:
    """The output's face. Raises Unscored where there is none."""
    found = face_of(sample.shown)
    if found is None:
        raise Unscored("no face is found in the output")
    return found


PERSON = Metric(
    name="person_found",
    title="somebody wears clothes",
    group="prompt",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset(),
    measure=lambda sample: float(clothed(body_of(sample.shown)) is not None),
    margin=0.02,
    source="Share of outputs in which a clothed person with shoulders is read",
    method=READER,
    libraries=("numpy", "opencv-python-headless", "torch"),
    tools=frozenset({"product-to-model", "create-model"}),
)
FACE = Metric(
    name="face_found",
    title="a face is found",
    group="prompt",
    better="higher",
    range=(0.0, 1.0),
    needs=frozenset(),
    measure=lambda sample: float(face_of(sample.shown) is not None),
    margin=0.02,
    source="Share of outputs with a frontal face; Liao et al. 2007, Learning multi-scale block local binary patterns",
    method={"reader": "pipelines.vision.faces"},
    libraries=("numpy", "opencv-python-headless", "scikit-image"),
    tools=frozenset({"create-face", "create-model", "face-swap"}),
)
