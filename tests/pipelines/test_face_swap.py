"""Face Swap as a task: sizes, bits outside of the face, refusals."""

import numpy as np
import pytest
from PIL import Image

from pipelines.draft import face_swap
from pipelines.draft.engine import DraftEngine
from pipelines.engine import unwatched
from pipelines.errors import Cancelled, PersonNotFound
from pipelines.images import Mask, picture, size_of
from pipelines.sizes import Mode, Size
from pipelines.tasks import FaceSwap
from pipelines.vision.portrait.locate import locate
from tests.pipelines.portraits import Look, head

OTHER = Look(iris=(70, 110, 150), lips=(200, 80, 90), eyes_apart=1.1)


def _task(**changes: object) -> FaceSwap:
    image = picture(head(tilt=8).rgb)
    values = {"image": image, "face_reference": picture(head(OTHER).rgb), "size": size_of(image), "mode": Mode.FAST, "seed": 1}
    return FaceSwap(**{**values, **changes})  # type: ignore[arg-type]


def _differs(first: Image.Image, second: Image.Image) -> Mask:
    return np.asarray((np.asarray(first) != np.asarray(second)).any(axis=2))


@pytest.mark.parametrize("mode", list(Mode))
def test_only_the_face_changes_to_the_bit(mode: Mode) -> None:
    task = _task(mode=mode)
    made = face_swap.run(task, unwatched)
    changed = _differs(made.image, task.image)
    face = locate(np.asarray(task.image), "image").face
    rows, columns = np.nonzero(changed)
    assert 0.1 < changed.sum() / face.face.side**2 < 0.9
    assert np.hypot(columns - face.face.x, rows - face.face.y).max() < 0.75 * face.face.side
    assert float(made.details["jacobian_min"]) > 0


def test_the_result_has_the_features_of_the_reference_in_place() -> None:
    task = _task()
    before = locate(np.asarray(task.image), "image").face
    after = locate(np.asarray(face_swap.run(task, unwatched).image), "image").face
    for name in ("left_eye", "right_eye", "mouth"):
        first, second = getattr(before, name), getattr(after, name)
        assert np.hypot(first.x - second.x, first.y - second.y) < 0.08 * before.face.side
    assert after.eye_distance > before.eye_distance


def test_matching_the_current_face_keeps_its_proportions() -> None:
    task = _task(match="current")
    before = locate(np.asarray(task.image), "image").face
    current, reference = (
        locate(np.asarray(face_swap.run(each, unwatched).image), "image").face for each in (task, _task(match="reference"))
    )
    assert abs(current.eye_distance - before.eye_distance) < abs(reference.eye_distance - before.eye_distance)


def test_the_same_task_gives_the_same_pixels() -> None:
    assert not _differs(face_swap.run(_task(), unwatched).image, face_swap.run(_task(), unwatched).image).any()


@pytest.mark.parametrize("size", [Size(600, 600), Size(240, 240)])
def test_the_output_has_the_size_of_the_task(size: Size) -> None:
    assert size_of(face_swap.run(_task(size=size), unwatched).image) == size


def test_transparency_stays() -> None:
    image = picture(head().rgb).convert("RGBA")
    alpha = np.full((400, 400), 255, np.uint8)
    alpha[:40] = 0
    image.putalpha(Image.fromarray(alpha))
    made = face_swap.run(_task(image=image), unwatched).image
    assert np.array_equal(np.asarray(made.getchannel("A")), alpha)


@pytest.mark.parametrize("field", ["image", "face_reference"])
def test_a_picture_without_a_face_is_named(field: str) -> None:
    with pytest.raises(PersonNotFound, match=field):
        face_swap.run(_task(**{field: Image.new("RGB", (300, 300), (210, 180, 160))}), unwatched)


def test_it_says_what_it_is_and_which_face_was_changed() -> None:
    two = np.concatenate([head().rgb, head(side=400, seed=2).rgb], axis=1)
    made = face_swap.run(_task(image=picture(two), size=Size(800, 400)), unwatched)
    assert made.notes[0].startswith("Draft")
    assert any("2 faces" in note for note in made.notes)


def test_it_can_be_cancelled() -> None:
    def cancel(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        face_swap.run(_task(), cancel)


def test_the_engine_can_do_it() -> None:
    assert DraftEngine().support("face-swap", Mode.FAST).ok
    assert DraftEngine().support("model-swap", Mode.QUALITY).ok
