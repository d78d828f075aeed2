"""Create Model and Create Face: people from words, with and without references."""

import pytest

from pipelines.diffusion.recipes import create_face, create_model
from pipelines.engine import unwatched
from pipelines.errors import PictureUnsuitable, PromptTooLong
from pipelines.images import size_of
from pipelines.sizes import Mode, Size, Tier, ratio_of, size_for
from pipelines.tasks import CreateFace, CreateModel
from tests.pipelines.diffusion.recording import KLEIN, QWEN, TEXT, RecordingModel, card, plain

TALL, SQUARE = Size(832, 1248), Size(1024, 1024)
POSE, FACE = plain(Size(300, 400), (10, 200, 40)), plain(Size(256, 256), (10, 40, 200))
SUBJECT = "Professional fashion photograph of this one model."
FULL_BODY = "Full body front view, visible from the top of the hair down to the shoes."
RELAXED = "Standing in a natural, relaxed pose, arms at the sides."
BASICS = "Simple, fitted clothes and plain shoes in neutral colours."
STUDIO = "Plain light grey studio background with soft, even light."
OWN_FACE = (
    "The model is the person in {}: same face, hair, skin tone and age, with the same expression, head angle and gaze; "
    "the whole body matches that person."
)
LED_FACE = (
    "The model has the identity of the person in {}: same facial features, hair and skin tone, on a body that matches; "
    "expression, head angle and gaze follow the description."
)
NATURAL = "Realistic light, skin and fabric, as from a professional camera."
PORTRAIT = (
    "Head-and-shoulders portrait photograph of this one person, facing the camera at eye level, the whole face and hair in view."
)
EXPRESSION = "Calm, neutral expression, eyes open and looking into the camera."
LIGHT = "Soft, even light from the front, sharp focus on the eyes, natural skin texture with pores and fine hairs."


def model_task(prompt, size=TALL, **given):
    return CreateModel(prompt=prompt, size=size, mode=Mode.FAST, seed=2, **given)


def face_task(prompt, size=SQUARE):
    return CreateFace(prompt=prompt, size=size, mode=Mode.FAST, seed=2)


def asked(recipe, of, task):
    model = RecordingModel(of)
    output = recipe.run(task, model, unwatched)
    return model.call, output


@pytest.mark.parametrize("of", [TEXT, KLEIN, QWEN], ids=["text", "klein", "qwen"])
def test_words_alone_become_a_studio_photograph_from_head_to_toe(of):
    call, _ = asked(create_model, of, model_task("woman in her late twenties, medium skin tone"))
    assert call.prompt == " ".join(
        ["Woman in her late twenties, medium skin tone.", SUBJECT, FULL_BODY, RELAXED, BASICS, STUDIO, NATURAL]
    )
    assert call.images == ()


def test_whatever_the_words_settle_is_left_to_them():
    words = "Middle-aged man in a navy suit, seated, framed from the knees up against a brick wall"
    call, _ = asked(create_model, TEXT, model_task(words))
    assert call.prompt == " ".join([f"{words}.", SUBJECT, NATURAL])


def test_a_pose_reference_gives_pose_and_composition_only():
    call, _ = asked(create_model, KLEIN, model_task("Tall woman", pose_reference=POSE))
    assert call.prompt == " ".join(
        [
            "Tall woman.",
            SUBJECT,
            "Pose, framing and camera distance take after image 1; person and clothes are the ones described here.",
            BASICS,
            STUDIO,
            NATURAL,
        ]
    )
    assert call.images[0].getpixel((9, 9)) == (10, 200, 40)


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("match_reference", OWN_FACE.format("Picture 2")),
        ("match_base", LED_FACE.format("Picture 2")),
    ],
)
def test_pose_comes_before_face(mode, said):
    given = {"pose_reference": POSE, "face_reference": FACE, "face_reference_mode": mode}
    call, _ = asked(create_model, QWEN, model_task("Laughing woman in a studio", **given))
    assert call.prompt == " ".join(
        [
            "Laughing woman in a studio.",
            SUBJECT,
            "Pose, framing and camera distance take after Picture 1; person and clothes are the ones described here.",
            said,
            BASICS,
            NATURAL,
        ]
    )
    assert [each.getpixel((9, 9)) for each in call.images] == [(10, 200, 40), (10, 40, 200)]


def test_a_face_alone_is_the_first_reference():
    call, _ = asked(create_model, KLEIN, model_task("Confident look", face_reference=FACE))
    assert "The model is the person in image 1:" in call.prompt
    assert FULL_BODY in call.prompt


def test_a_model_of_one_reference_gets_both_in_one_picture():
    given = {"pose_reference": POSE, "face_reference": FACE}
    call, output = asked(create_model, card(references=1), model_task("Tall woman", **given))
    assert "take after the left half of image 1;" in call.prompt
    assert "the person in the right half of image 1:" in call.prompt
    assert any("share one" in note for note in output.notes)


def test_a_card_needs_a_reference_for_each_that_is_given():
    assert create_model.needs(model_task("x")) == 0
    assert create_model.needs(model_task("x", face_reference=FACE)) == 1
    assert create_model.needs(model_task("x", face_reference=FACE, pose_reference=POSE)) == 2
    assert create_face.needs(face_task("x")) == 0


@pytest.mark.parametrize("field", ["pose_reference", "face_reference"])
def test_a_reference_that_no_model_can_use_is_refused(field):
    with pytest.raises(PictureUnsuitable, match=f"the {field.replace('_', ' ')} is 20 x 20"):
        asked(create_model, KLEIN, model_task("x", **{field: plain(Size(20, 20))}))


def test_a_face_is_a_plain_portrait():
    call, _ = asked(create_face, TEXT, face_task("woman in her 30s, warm brown skin, short curly hair"))
    assert call.prompt == " ".join(
        ["Woman in her 30s, warm brown skin, short curly hair.", PORTRAIT, EXPRESSION, "Plain light grey background.", LIGHT]
    )


def test_a_face_smiles_where_it_is_told_to():
    call, _ = asked(create_face, KLEIN, face_task("Man with freckles, soft smile, white background"))
    assert call.prompt == " ".join(["Man with freckles, soft smile, white background.", PORTRAIT, LIGHT])


@pytest.mark.parametrize("tier", [Tier.K1, Tier.K2])
def test_every_tier_comes_out_at_its_size(tier):
    tall, square = size_for(tier, ratio_of("9:16")), size_for(tier, 1)
    assert size_of(asked(create_model, TEXT, model_task("Tall woman", tall))[1].image) == tall
    assert size_of(asked(create_face, TEXT, face_task("Tall woman", square))[1].image) == square


@pytest.mark.parametrize("tool", ["model", "face"])
def test_a_prompt_that_no_model_reads_is_refused(tool):
    recipe, task = {
        "model": (create_model, model_task("x" * 100_000)),
        "face": (create_face, face_task("x" * 100_000)),
    }[tool]
    with pytest.raises(PromptTooLong, match="Shorten it"):
        asked(recipe, TEXT, task)
