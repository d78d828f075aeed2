"""Whether a face has the reference's features, without any network: the correlation of what is drawn in it."""

from dataclasses import dataclass

import cv2
import numpy as np

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from eval.metrics.person import face_of, need_face
from pipelines.images import Bytes, Floats
from pipelines.vision.faces import Face

SIDE = 48
"""Faces are compared in a square of so many pixels."""
SLACK = 7
"""Pixels of that square by which two faces may be shifted."""
SCALES = tuple(float(each) for each in np.linspace(0.8, 1.25, 10))


@dataclass(frozen=True, slots=True)
class Portrait:
    """A person, uint8 (h, w, 3), and where the face is."""

    rgb: Bytes
    face: Face


def face_likeness(made: Portrait, reference: Portrait) -> float:
    """Largest correlation of the features over small shifts and scales, because two faces are never found quite alike; -1 to 1.

    >>> rgb = np.random.default_rng(0).integers(0, 255, (80, 80, 3)).astype(np.uint8)
    >>> portrait = Portrait(rgb, Face(40, 40, 50, 0, 40, 1))
    >>> face_likeness(portrait, portrait) > 0.9
    True
    """
    own = _features(made, 1.0)
    wanted = (_features(reference, scale)[SLACK:-SLACK, SLACK:-SLACK] for scale in SCALES)
    return max(-1.0, *(float(cv2.matchTemplate(own, each, cv2.TM_CCOEFF_NORMED).max()) for each in wanted))


def _features(portrait: Portrait, scale: float) -> Floats:
    """Eyes, nose and mouth as grey values without their broad shading; the outline and the hair left out."""
    face = portrait.face
    zoom = SIDE / (0.64 * face.side * scale)
    matrix = np.array([[zoom, 0, SIDE / 2 - face.x * zoom], [0, zoom, SIDE / 2 - (face.y + 0.06 * face.side) * zoom]])
    grey = cv2.cvtColor(portrait.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    small = cv2.warpAffine(cv2.GaussianBlur(grey, (0, 0), max(0.4, 0.35 / zoom)), matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(small - cv2.GaussianBlur(small, (0, 0), SIDE / 8), dtype=np.float32)


def reference_of(sample: Sample) -> Portrait:
    """Whose face it should be. Raises Unscored where no face is found in that picture."""
    reference = sample.truth.face
    face = None if reference is None else face_of(reference)
    if reference is None or face is None:
        raise Unscored("no face is found in the reference")
    return Portrait(reference, face)


def _measure(sample: Sample) -> float:
    reference = reference_of(sample)
    return min(1.0, face_likeness(Portrait(sample.shown, need_face(sample)), reference))


METRIC = Metric(
    name="face_likeness",
    title="features of the face",
    group="outside",
    better="higher",
    range=(-1.0, 1.0),
    needs=frozenset({"face"}),
    measure=_measure,
    margin=0.03,
    source="Normalised correlation over shifts and scales; Brunelli and Poggio 1993, Face recognition: features versus templates",
    method={
        "resize": f"face to {SIDE} x {SIDE}",
        "scales": f"{len(SCALES)} from {SCALES[0]:g} to {SCALES[-1]:g}",
        "colour": "luma of sRGB without broad shading",
        "reader": "pipelines.vision.faces",
    },
    libraries=("numpy", "opencv-python-headless", "scikit-image"),
    sees=frozenset({"copy"}),
)
