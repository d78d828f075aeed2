"""Model Swap: what the model is asked, with and without masks, and what stays the source's own."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.diffusion.recipes import model_swap
from pipelines.diffusion.recipes.figure import clothes_mask, figure, person_mask
from pipelines.engine import unwatched
from pipelines.errors import PictureUnsuitable, PromptTooLong
from pipelines.images import picture, pixels, size_of, to_float
from pipelines.sizes import Mode, Size, Tier, ratio_of, size_for
from pipelines.tasks import ModelSwap
from tests.pipelines.diffusion.recording import KLEIN, KLEIN_MASKED, QWEN, RecordingModel, card, first_brightened, plain

SAMPLES = Path("workbench/ui/samples")
SIZE = Size(416, 624)
MASKED = card(native_pixels=SIZE.pixels, inpaint="Flux2KleinInpaintPipeline")
WHOLE = card(native_pixels=SIZE.pixels, pipeline="QwenImageEditPlusPipeline", references=3)
FACE = plain(Size(256, 256), (10, 40, 200))
SUBTLE = (
    "The person in {word} 1 is replaced by a subtly different person of the same gender, age group and origin, with a face and "
    "hair of their own."
)
DESCRIBED = "The person in {word} 1 is replaced by the person described."
ANOTHER = "The person in {word} 1 is replaced by another person."
OWN = (
    "The new person is the person in {word} 2: same face, hair, skin tone and age, with the same expression, head angle and gaze; "
    "the whole body matches that person."
)
LED = (
    "The new person has the identity of the person in {word} 2: same facial features, hair and skin tone, on a body that matches; "
    "expression, head angle and gaze follow {word} 1."
)
STAYS = "The outfit, accessories, pose, framing, light and background stay exactly as in {word} 1."
ALIVE = (
    "A living person with natural skin and hair; face, neck, arms, hands and legs have one skin tone. "
    "Realistic light, skin and fabric, as from a professional camera."
)


@cache
def person():
    return Image.open(SAMPLES / "person-plain-tee.webp").convert("RGB").resize((SIZE.width, SIZE.height))


@cache
def mask():
    return person_mask(figure(person(), Mode.BALANCED), SIZE)


def task(model_image=None, size=SIZE, mode=Mode.BALANCED, **given):
    return ModelSwap(model_image=model_image or person(), size=size, mode=mode, seed=6, **given)


def swapped(of, answer=first_brightened, **given):
    model = RecordingModel(of, answer)
    output = model_swap.run(task(**given), model, unwatched)
    return model.call, output


def darker(call):
    """The photograph with everything darker by a third, as another skin would be."""
    seen = to_float(pixels(call.base or call.images[0]))
    return picture((seen * np.float32(0.66)).astype(np.float32))


@pytest.mark.parametrize(("of", "word"), [(KLEIN, "image"), (QWEN, "Picture")], ids=["klein", "qwen"])
@pytest.mark.parametrize(
    ("given", "sentences"),
    [
        ({}, [SUBTLE, STAYS, ALIVE]),
        ({"prompt": "Kenyan man with a buzz cut.."}, ["Kenyan man with a buzz cut.", DESCRIBED, STAYS, ALIVE]),
        ({"face_reference": FACE}, [ANOTHER, OWN, STAYS, ALIVE]),
        ({"face_reference": FACE, "face_reference_mode": "match_base"}, [ANOTHER, LED, STAYS, ALIVE]),
        ({"face_reference": FACE, "prompt": "hair in a bun"}, ["Hair in a bun.", DESCRIBED, OWN, STAYS, ALIVE]),
        (
            {"prompt": "on a beach background"},
            ["On a beach background.", DESCRIBED, "The outfit and accessories stay exactly as in {word} 1.", ALIVE],
        ),
    ],
    ids=["nothing said", "described", "face", "face led by the source", "face and words", "another place"],
)
def test_the_prompt_says_who_comes_and_what_stays(of, word, given, sentences):
    assert model_swap.prompt(task(**given), of) == " ".join(sentences).format(word=word)


def test_a_model_with_masks_redraws_the_person_alone():
    call, _ = swapped(MASKED, face_reference=FACE)
    assert np.array_equal(pixels(call.base), pixels(person()))
    assert [size_of(each) for each in call.images] == [Size(256, 256)]
    drawn = np.asarray(call.mask)
    assert call.mask.mode == "L"
    assert set(np.unique(drawn)) == {0, 255}
    assert (drawn[mask() > 0] == 255).all()
    assert (drawn[mask() == 0] == 0).all()


def test_the_mask_holds_head_and_limbs_and_leaves_outfit_and_backdrop():
    read = figure(person(), Mode.BALANCED)
    skin = np.isin(read.body.parts, (1, 2, 3, 4, 5, 6, 7, 11, 12))
    assert mask()[skin].mean() > 0.97
    cloth = clothes_mask(read, SIZE)
    assert (mask()[cloth] == 0).mean() > 0.9
    assert not mask()[:, :60].any()
    assert not mask()[230:320, 185:230].any()


@pytest.mark.parametrize("of", [MASKED, WHOLE], ids=["mask", "whole picture"])
def test_outfit_and_background_are_the_sources_to_the_last_bit(of):
    _, output = swapped(of, darker)
    before, after = pixels(person()), pixels(output.image)
    assert np.array_equal(before[mask() == 0], after[mask() == 0])
    assert (before[mask() == 1] != after[mask() == 1]).any(axis=1).mean() > 0.5
    assert output.details["kept_share"] == pytest.approx(float((mask() == 0).mean()), abs=1e-3)
    assert output.notes == ()


def test_a_model_without_masks_sees_the_whole_photograph_first_and_the_face_second():
    call, _ = swapped(WHOLE, face_reference=FACE)
    assert (call.base, call.mask) == (None, None)
    assert np.array_equal(pixels(call.images[0]), pixels(person()))
    assert call.images[1].getpixel((5, 5)) == (10, 40, 200)


def test_a_picture_without_a_person_is_redrawn_as_a_whole_and_said_so():
    wall = plain(SIZE, (120, 130, 140))
    call, output = swapped(MASKED, model_image=wall)
    assert (call.base, call.mask) == (None, None)
    assert len(call.images) == 1
    assert model_swap.UNREAD in output.notes


def test_a_prompt_that_asks_for_more_frees_the_picture_and_says_so():
    call, output = swapped(MASKED, prompt="Add lower body with matching pants")
    assert (call.base, call.mask) == (None, None)
    assert model_swap.FREE in output.notes


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("Young Thai woman with a low ponytail", False),
        ("Man with deep brown skin on hands and feet", False),
        ("Older woman, same pose and background", False),
        ("keep the background, blond hair", False),
        ("composed expression, exposed shoulders", False),
        ("white studio background", True),
        ("woman posing with crossed arms", True),
        ("add arms with matching skin tone", True),
        ("complete the missing legs", True),
        ("", False),
    ],
)
def test_only_place_pose_and_missing_limbs_are_more_than_another_person(words, more):
    assert model_swap.asks_for_more(words) is more


def test_a_card_needs_a_second_reference_for_a_face():
    assert model_swap.needs(task()) == 1
    assert model_swap.needs(task(face_reference=FACE)) == 2


@pytest.mark.parametrize("tier", [Tier.K1, Tier.K2])
def test_every_tier_comes_out_at_its_size(tier):
    size = size_for(tier, ratio_of("3:4"))
    call, output = swapped(KLEIN_MASKED, model_image=plain(Size(600, 800)), size=size, mode=Mode.FAST)
    assert size_of(output.image) == size
    assert call.size.pixels <= KLEIN_MASKED.native_pixels
    assert any("enlarged" in note for note in output.notes) == (tier != Tier.K1)


def test_the_source_stays_exact_at_twice_the_native_size():
    half = card(native_pixels=192 * 288, inpaint="Flux2KleinInpaintPipeline")
    call, output = swapped(half, darker)
    assert call.size == Size(192, 288)
    assert np.array_equal(pixels(person())[mask() == 0], pixels(output.image)[mask() == 0])
    assert any("enlarged" in note for note in output.notes)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model_image": plain(Size(1, 1))}, "the source image is 1 x 1"),
        ({"face_reference": plain(Size(100, 10))}, "the face reference is 100 x 10"),
    ],
)
def test_a_picture_that_no_model_can_use_is_refused(given, said):
    with pytest.raises(PictureUnsuitable, match=said):
        swapped(MASKED, **given)


def test_a_prompt_that_no_model_reads_is_refused():
    with pytest.raises(PromptTooLong):
        swapped(MASKED, prompt="freckles " * 10_000)
