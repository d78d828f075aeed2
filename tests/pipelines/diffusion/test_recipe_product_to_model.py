"""Product to Model: prompts, the order of references, collages and sizes, for every combination that matters."""

import pytest
from PIL import Image

from pipelines.diffusion.recipes import product_to_model
from pipelines.engine import unwatched
from pipelines.errors import PictureUnsuitable, PromptTooLong
from pipelines.images import size_of
from pipelines.sizes import Mode, Size, Tier, ratio_of, size_for
from pipelines.tasks import ProductToModel
from tests.pipelines.diffusion.recording import KLEIN, QWEN, RecordingModel, card, plain

TALL = Size(832, 1248)
SHIRT, JEANS, HAT = (plain(Size(300, 400), (180, tone, 40)) for tone in (10, 60, 110))
STREET, PARK, FACE = (plain(Size(300, 400), (40, tone, 200)) for tone in (10, 60, 110))
ONE = (
    "Professional fashion photograph of one model{who} wearing the product from {first}. Only the product itself comes from "
    "there; it is worn the way it is made to be worn, with plain clothes that go with it."
)
SEVERAL = (
    "Professional fashion photograph of one model{who} wearing together as one outfit the products from {names}, each of them "
    "once. Only the products themselves come from there; each is worn the way it is made to be worn."
)
SAME_ONE = "Its cut, colours, prints, texts, logos, material and proportions are exactly those of the product photo."
SAME_SEVERAL = "Their cuts, colours, prints, texts, logos, materials and proportions are exactly those of the product photos."
POSE = "Natural, relaxed pose facing the camera."
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


def task(*products, size=TALL, mode=Mode.FAST, seed=5, **given):
    return ProductToModel(product_images=products or (SHIRT,), size=size, mode=mode, seed=seed, **given)


def asked(of, *products, **given):
    model = RecordingModel(of)
    output = product_to_model.run(task(*products, **given), model, unwatched)
    return model.call, output


def colours(call):
    """The middle pixel of each reference, which tells them apart."""
    return [each.getpixel((each.width // 2, each.height // 2)) for each in call.images]


def test_one_product_and_no_word_gives_a_studio_photograph():
    call, _ = asked(KLEIN)
    assert call.prompt == " ".join(
        [
            ONE.format(who=", a person whom it suits,", first="image 1"),
            SAME_ONE,
            POSE,
            "Framed so that the whole product is in view.",
            STUDIO,
            NATURAL,
        ]
    )
    assert (call.images[0].size, call.size, call.seed) == ((300, 400), Size(832, 1248), 5)
    assert (call.base, call.mask) == (None, None)


def test_three_products_are_one_outfit():
    call, _ = asked(QWEN, SHIRT, JEANS, HAT)
    assert call.prompt == " ".join(
        [
            SEVERAL.format(who=", a person whom they suit,", names="Picture 1, Picture 2 and Picture 3"),
            SAME_SEVERAL,
            POSE,
            "Framed so that all products are in view.",
            STUDIO,
            NATURAL,
        ]
    )
    assert colours(call) == [each.getpixel((0, 0)) for each in (SHIRT, JEANS, HAT)]


def test_the_words_of_the_person_lead_and_settle_who_where_and_how():
    call, _ = asked(KLEIN, prompt="full body photo of a young adult woman, standing on a beach..")
    assert call.prompt == " ".join(
        [
            "Full body photo of a young adult woman, standing on a beach.",
            ONE.format(who="", first="image 1"),
            SAME_ONE,
            NATURAL,
        ]
    )


def test_words_that_leave_the_place_open_get_the_studio():
    call, _ = asked(KLEIN, prompt="Middle-aged man with silver hair")
    assert call.prompt.startswith("Middle-aged man with silver hair. Professional")
    assert call.prompt.endswith(f"{POSE} Framed so that the whole product is in view. {STUDIO} {NATURAL}")


def test_an_image_prompt_settles_pose_framing_and_place():
    call, _ = asked(KLEIN, SHIRT, JEANS, image_prompt=STREET)
    assert call.prompt == " ".join(
        [
            SEVERAL.format(who=", a person whom they suit,", names="image 1 and image 2"),
            "Pose, framing, styling, setting and light take after image 3; person and clothes are the ones described here.",
            SAME_SEVERAL,
            NATURAL,
        ]
    )
    assert colours(call)[2] == STREET.getpixel((0, 0))


def test_a_background_is_taken_without_the_people_in_it():
    call, _ = asked(QWEN, background_reference=PARK)
    assert call.prompt == " ".join(
        [
            ONE.format(who=", a person whom it suits,", first="Picture 1"),
            "The model stands in the place shown in Picture 2, in its perspective and light; the place alone is taken from there.",
            SAME_ONE,
            POSE,
            "Framed so that the whole product is in view.",
            NATURAL,
        ]
    )


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("match_reference", OWN_FACE.format("image 2")),
        ("match_base", LED_FACE.format("image 2")),
    ],
)
def test_a_face_reference_brings_its_expression_or_follows_the_description(mode, said):
    call, _ = asked(KLEIN, face_reference=FACE, face_reference_mode=mode, prompt="looking up, studio")
    assert call.prompt == " ".join(
        [
            "Looking up, studio.",
            ONE.format(who="", first="image 1"),
            said,
            SAME_ONE,
            "Framed so that the whole product is in view.",
            NATURAL,
        ]
    )


EVERYTHING = {"image_prompt": STREET, "background_reference": PARK, "face_reference": FACE}


@pytest.mark.parametrize(
    ("of", "names"),
    [
        (card(references=6), ["image 1, image 2 and image 3", "image 4", "image 5", "image 6"]),
        (
            KLEIN,
            [
                "image 1, image 2 and the left half of image 3",
                "the right half of image 3",
                "the left half of image 4",
                "the right half of image 4",
            ],
        ),
        (
            QWEN,
            [
                "the left half of Picture 1, the right half of Picture 1 and the left half of Picture 2",
                "the right half of Picture 2",
                "the left half of Picture 3",
                "the right half of Picture 3",
            ],
        ),
    ],
    ids=["six references", "klein", "qwen"],
)
def test_everything_at_once_is_named_where_it_is(of, names):
    call, output = asked(of, SHIRT, JEANS, HAT, prompt="Young man", **EVERYTHING)
    products, inspiration, place, face = names
    assert call.prompt == " ".join(
        [
            "Young man.",
            SEVERAL.format(who="", names=products),
            f"Pose, framing and styling take after {inspiration}; person and clothes are the ones described here.",
            f"The model stands in the place shown in {place}, in its perspective and light; the place alone is taken from there.",
            OWN_FACE.format(face),
            SAME_SEVERAL,
            NATURAL,
        ]
    )
    assert len(call.images) == of.references
    assert output.details["references"] == 6
    assert output.details["reference_pictures"] == of.references
    assert len(output.notes) == (0 if of.references == 6 else 1)


def test_references_come_as_products_inspiration_place_face():
    call, _ = asked(card(references=6), SHIRT, JEANS, HAT, **EVERYTHING)
    assert colours(call) == [each.getpixel((0, 0)) for each in (SHIRT, JEANS, HAT, STREET, PARK, FACE)]


def test_a_collage_holds_what_the_prompt_says_it_holds():
    call, _ = asked(QWEN, SHIRT, JEANS, image_prompt=STREET, face_reference=FACE)
    shared = call.images[2]
    assert "take after the left half of Picture 3" in call.prompt
    assert "the person in the right half of Picture 3" in call.prompt
    assert shared.getpixel((shared.width // 4, shared.height // 2)) == STREET.getpixel((0, 0))
    assert shared.getpixel((3 * shared.width // 4, shared.height // 2)) == FACE.getpixel((0, 0))


def test_a_card_needs_two_references_as_soon_as_there_are_two():
    assert product_to_model.needs(task()) == 1
    assert product_to_model.needs(task(SHIRT, JEANS)) == 2
    assert product_to_model.needs(task(SHIRT, JEANS, HAT, **EVERYTHING)) == 2


@pytest.mark.parametrize(("tier", "ratio"), [(Tier.K1, "4:5"), (Tier.K2, "16:9"), (Tier.K4, "2:3")])
def test_every_tier_comes_out_at_its_size(tier, ratio):
    size = size_for(tier, ratio_of(ratio))
    call, output = asked(KLEIN, size=size)
    assert size_of(output.image) == size
    assert call.size.pixels <= KLEIN.native_pixels
    assert any("enlarged" in note for note in output.notes) == (tier != Tier.K1)


def test_a_product_cut_out_stays_on_white():
    cutout = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    cutout.paste((200, 30, 30, 255), (100, 100, 200, 200))
    call, _ = asked(KLEIN, cutout)
    assert call.images[0].getpixel((0, 0)) == (255, 255, 255)
    assert call.images[0].getpixel((150, 150)) == (200, 30, 30)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"products": (plain(Size(1, 1)),)}, "the product image is 1 x 1"),
        ({"products": (SHIRT, plain(Size(900, 100)))}, "product image 2 is 900 x 100"),
        ({"image_prompt": plain(Size(30, 30))}, "the image prompt is 30 x 30"),
        ({"background_reference": plain(Size(10_000, 100))}, "the background reference is 10000 x 100"),
        ({"face_reference": Image.new("RGBA", (90, 90))}, "the face reference is fully transparent"),
    ],
)
def test_a_picture_that_no_model_can_use_is_refused_before_the_model_is_asked(given, field):
    model = RecordingModel(KLEIN)
    products = given.pop("products", (SHIRT,)) if "products" in (given := dict(given)) else (SHIRT,)
    with pytest.raises(PictureUnsuitable, match=field):
        product_to_model.run(task(*products, **given), model, unwatched)
    assert model.calls == []


def test_a_prompt_that_no_model_reads_is_refused_before_the_model_is_asked():
    model = RecordingModel(KLEIN)
    with pytest.raises(PromptTooLong):
        product_to_model.run(task(prompt="a red dress " * 9000), model, unwatched)
    assert model.calls == []


def test_a_long_prompt_is_kept_whole_and_the_defaults_make_room():
    words = " ".join(f"Detail {number} of the scene is described here." for number in range(40))
    call, _ = asked(KLEIN, prompt=words)
    assert call.prompt.startswith(words)
    assert ONE.format(who="", first="image 1") in call.prompt
    assert NATURAL not in call.prompt
