"""Face Swap with a model: a cut-out around the face, a reference cut to its face, and nothing changed outside the oval."""

from functools import cache

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipelines.diffusion.call import Call
from pipelines.diffusion.recipes.face_swap import Match, needs, prompt, run
from pipelines.diffusion.recipes.tint import lab
from pipelines.engine import Output, unwatched
from pipelines.errors import PersonNotFound, PictureUnsuitable
from pipelines.images import Floats, Mask, picture, pixels, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import FaceSwap
from tests.pipelines.diffusion.recording import KLEIN_MASKED, QWEN, RecordingModel, card, plain

NATIVE = 256 * 256
MASKED = card(native_pixels=NATIVE, inpaint="Flux2KleinInpaintPipeline")
EDITOR = card(pipeline="QwenImageEditPlusPipeline", references=3, multiple=32, native_pixels=NATIVE)


@cache
def astronaut() -> Image.Image:
    """A face of about 100 pixels at (222, 110), in 320 x 320."""
    return Image.fromarray(np.ascontiguousarray(data.astronaut()[:320, 60:380]))


@cache
def small_face() -> Image.Image:
    """The same, small in a large picture."""
    canvas = Image.new("RGB", (900, 900), (190, 195, 200))
    canvas.paste(astronaut().resize((200, 200)), (500, 100))
    return canvas


def task(image: Image.Image | None = None, face: Image.Image | None = None, match: Match = "reference") -> FaceSwap:
    image = image or astronaut()
    return FaceSwap(
        image=image,
        face_reference=face or astronaut(),
        match=match,
        size=Size(image.width, image.height),
        mode=Mode.FAST,
        seed=3,
    )


def green(call: Call) -> Image.Image:
    return plain(call.size, (40, 180, 60))


@cache
def swapped(match: Match = "reference") -> Output:
    return run(task(match=match), RecordingModel(MASKED, green), unwatched)


def changed(output: Output, source: Image.Image) -> Mask:
    return (pixels(output.image) != pixels(source)).any(axis=2)


def test_the_face_changes_and_everything_else_is_the_picture_to_the_byte() -> None:
    where = changed(swapped(), astronaut())
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    assert where[110, 165]
    assert 0.05 < where.mean() < 0.3
    assert rows[-1] < 230, "the suit stays"
    assert columns[0] > 60
    assert columns[-1] < 270
    assert swapped().image.size == astronaut().size


def test_a_masked_card_gets_the_cut_out_the_oval_and_the_face() -> None:
    model = RecordingModel(MASKED)
    run(task(), model, unwatched)
    call = model.call
    assert call.base is not None
    assert call.mask is not None
    assert len(call.images) == 1
    assert call.seed == 3
    mask = np.asarray(call.mask) > 0
    assert 0.15 < mask.mean() < 0.6
    assert not mask[0, 0]
    assert not mask[-1, -1]
    assert call.images[0].width < 280, "cut to the head"


def test_other_cards_get_cut_out_and_face_and_the_oval_is_composited() -> None:
    model = RecordingModel(EDITOR, green)
    output = run(task(), model, unwatched)
    assert model.call.base is None
    assert len(model.call.images) == 2
    assert np.array_equal(changed(output, astronaut()), changed(swapped(), astronaut()))


def test_matching_the_reference_asks_for_all_of_it() -> None:
    assert prompt(KLEIN_MASKED, "reference") == (
        "Give the person in image 1 the face of the person in image 2. Identity, facial features, skin tone, expression, "
        "head angle and gaze are exactly those of image 2. Hairstyle, clothes, body, background, framing and light stay "
        "exactly as in image 1. Natural skin with its pores, as in an unretouched photograph."
    )


def test_matching_the_current_model_asks_for_the_identity_alone() -> None:
    assert prompt(QWEN, "current") == (
        "Give the person in Picture 1 the identity and facial features of the person in Picture 2. Expression, head angle, "
        "gaze, skin tone and the light on the face stay those of Picture 1. Hairstyle, clothes, body, background and framing "
        "stay exactly as in Picture 1. Natural skin with its pores, as in an unretouched photograph."
    )


def test_matching_the_current_model_keeps_its_skin_tone() -> None:
    def tanned(call: Call) -> Image.Image:
        seen: Floats = to_float(pixels(call.base or call.images[0]))
        return picture(np.clip(seen * np.array([0.72, 0.6, 0.52], np.float32), 0, 1))

    def distance(match: Match) -> float:
        output = run(task(match=match), RecordingModel(MASKED, tanned), unwatched)
        face = np.s_[90:140, 145:185]
        found, own = (lab(to_float(pixels(each)))[face].mean(axis=(0, 1)) for each in (output.image, astronaut()))
        return float(np.linalg.norm(found - own))

    assert distance("current") < 8
    assert distance("reference") > 10


def test_a_small_face_in_a_large_picture_is_made_at_native_size() -> None:
    model = RecordingModel(MASKED, green)
    output = run(task(small_face()), model, unwatched)
    where = changed(output, small_face())
    assert model.call.mask is not None
    assert (np.asarray(model.call.mask) > 0).mean() > 8 * where.mean()
    assert where[100:300, 500:700].sum() == where.sum()
    assert output.image.size == (900, 900)


def test_of_several_faces_the_largest_is_changed_and_said() -> None:
    both = Image.new("RGB", (620, 320), (200, 200, 200))
    both.paste(astronaut(), (0, 0))
    both.paste(astronaut().resize((220, 220)), (380, 60))
    output = run(task(both), RecordingModel(MASKED, green), unwatched)
    where = changed(output, both)
    assert output.details["faces"] == 2
    assert "2 faces" in output.notes[0]
    assert where[110, 165]
    assert not where[:, 380:].any()


@pytest.mark.parametrize("field", ["image", "face_reference"])
def test_without_a_face_the_field_is_named(field: str) -> None:
    nobody = plain(Size(200, 200))
    wrong = task(image=nobody) if field == "image" else task(face=nobody)
    with pytest.raises(PersonNotFound, match=f"{field} shows no face"):
        run(wrong, RecordingModel(MASKED), unwatched)


@pytest.mark.parametrize(("size", "words"), [(Size(1, 1), "at least 64"), (Size(10000, 100), "longer than 8:1")])
def test_a_reference_of_no_use_is_refused(size: Size, words: str) -> None:
    with pytest.raises(PictureUnsuitable, match=f"face_reference is .*{words}"):
        run(task(face=plain(size)), RecordingModel(MASKED), unwatched)


@pytest.mark.parametrize("size", [Size(1, 1), Size(1000, 10)])
def test_a_picture_too_small_for_a_face_has_none(size: Size) -> None:
    with pytest.raises(PersonNotFound, match="image shows no face"):
        run(task(image=plain(size)), RecordingModel(MASKED), unwatched)


def test_transparency_stays_what_it_was() -> None:
    cut = astronaut().convert("RGBA")
    alpha = Image.new("L", cut.size, 255)
    alpha.paste(0, (0, 0, 40, 320))
    cut.putalpha(alpha)
    output = run(task(cut), RecordingModel(MASKED, green), unwatched)
    assert output.image.mode == "RGBA"
    assert np.array_equal(np.asarray(output.image)[..., 3], np.asarray(alpha))
    assert np.array_equal(np.asarray(output.image)[:, :40], np.asarray(cut)[:, :40])


def test_a_picture_that_is_reduced_has_exactly_the_task_s_size() -> None:
    smaller = FaceSwap(image=astronaut(), face_reference=astronaut(), size=Size(250, 250), mode=Mode.FAST, seed=1)
    assert run(smaller, RecordingModel(MASKED, green), unwatched).image.size == (250, 250)


def test_two_runs_are_the_same() -> None:
    again = run(task(), RecordingModel(MASKED, green), unwatched)
    assert again.image.tobytes() == swapped().image.tobytes()


def test_it_needs_a_card_that_takes_two_pictures() -> None:
    assert needs(task()) == 2
