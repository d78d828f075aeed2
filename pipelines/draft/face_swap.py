"""Face Swap without a generator: the reference's own eyes, nose and mouth, laid into the face in the picture and lit as it is.

Everything outside the face stays as it was, to the last bit.
"""

from collections.abc import Mapping

import numpy as np

from pipelines.draft.canvas import canvas, finished
from pipelines.engine import Output, Progress
from pipelines.images import pixels, size_of, to_bytes
from pipelines.sizes import Mode
from pipelines.tasks import FaceSwap
from pipelines.vision.faces import SEARCH_SIDE
from pipelines.vision.portrait.likeness import is_drawn
from pipelines.vision.portrait.locate import Located, Portrait, around, locate, portrait
from pipelines.vision.portrait.transplant import transplanted

STEPS = 4
SIDES: Mapping[Mode, int] = {Mode.FAST: 96, Mode.BALANCED: 256, Mode.QUALITY: 512}
"""Pixels of a face box's side at which hair, skin and light are told apart."""
QUICK_SIDE = 280
"""Long side in pixels at which a fast search starts; smaller faces are found by the second look."""
FAR_TURNED = 18.0
"""Degrees between the two faces from which the result looks pasted."""
ENLARGED = 1.6
"""Enlargement of the reference's face from which it looks soft."""
DRAFT = "Draft: the features of the reference are laid into the face; nothing is generated, and head, hair and neck stay."
WORDS = {
    "reference": "Proportions and expression are the reference's; the skin takes the tone and the light of the picture.",
    "current": "Eyes, nose and mouth lie where the current face has them; gaze and expression can't be changed in a draft.",
}


def run(task: FaceSwap, progress: Progress) -> Output:
    """The picture at exactly `task.size` with another face; outside the face its pixels are the source's own.

    Raises PersonNotFound naming the picture that shows no face, or one that is turned away.
    """
    side = QUICK_SIDE if task.mode is Mode.FAST else SEARCH_SIDE
    progress(0, STEPS, "Looking for the face in the picture")
    found = locate(pixels(task.image), "image", side)
    progress(1, STEPS, "Looking for the face in the reference")
    reference = pixels(task.face_reference)
    other = locate(reference, "face_reference", side)
    progress(2, STEPS, "Preparing the picture")
    base = canvas(task.image, task.size)
    face = found.face.moved(0, 0, task.size.width / size_of(task.image).width)
    part = around(face, base.shape)
    progress(3, STEPS, "Swapping the face")
    bend = 1.0 if task.match == "current" else 0.0
    source, target = portrait(reference, other.face), portrait(base, face)
    done = transplanted(source, target, bend, SIDES[task.mode], np.random.default_rng(task.seed))
    changed = done.mask > 1 / 512
    base[part] = np.where(changed[..., None], to_bytes(done.rgb), base[part])
    progress(STEPS, STEPS)
    details = {
        "match": task.match,
        "faces": found.faces,
        "face_side": round(face.face.side),
        "reference_scale": round(done.scale, 3),
        "jacobian_min": round(done.jacobian_min, 3),
        "changed_pixels": int(np.count_nonzero(changed)),
    }
    return Output(finished(base, task.image, task.size), _notes(task, found, source, done.scale), details)


def _notes(task: FaceSwap, found: Located, source: Portrait, scale: float) -> tuple[str, ...]:
    notes = [DRAFT, WORDS[task.match]]
    if found.faces > 1:
        notes.append(f"There are {found.faces} faces in the picture; the largest was changed.")
    if abs(found.face.yaw - source.face.yaw) > FAR_TURNED:
        notes.append("The two heads are turned differently; a reference from a similar angle looks more natural.")
    if is_drawn(source):
        notes.append(
            "The face reference is a drawing; in a photograph it looks like one. Model Swap takes its colours and proportions."
        )
    if scale > ENLARGED:
        notes.append("The face in the reference is small and was enlarged; a larger one gives a sharper result.")
    return tuple(notes)
