"""Edit with a model: what it is asked and shown, what stays to the byte, masks, drawings and transparency."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.diffusion.call import Call
from pipelines.diffusion.recipes.edit import BACKGROUND, FRAMING, LIGHT, needs, run
from pipelines.engine import Output, unwatched
from pipelines.errors import PictureUnsuitable, PromptTooLong
from pipelines.images import Floats, Mask, picture, pixels, to_float
from pipelines.sizes import Mode, Size, Tier, size_for
from pipelines.tasks import Edit
from tests.pipelines.diffusion.planted import SIZE, scene
from tests.pipelines.diffusion.recording import RecordingModel, card, plain, repainted

NATIVE = 320 * 480
KLEIN = card(native_pixels=NATIVE)
MASKED = card(native_pixels=NATIVE, inpaint="Flux2KleinInpaintPipeline")
QWEN = card(pipeline="QwenImageEditPlusPipeline", references=3, multiple=32, native_pixels=NATIVE)
ONE = card(pipeline="LongCatImageEditPipeline", references=1, native_pixels=NATIVE)
BOX = (0.3, 0.25, 0.6, 0.45)
WORDS = "Make the shirt striped"
REST = "Everything else stays exactly as in {}: person, face, pose, product, background, framing, light and colours."


def photo() -> Image.Image:
    return picture(scene())


def task(
    prompt: str = WORDS,
    *,
    image: Image.Image | None = None,
    context: Image.Image | None = None,
    annotations: Image.Image | None = None,
    mask: Image.Image | None = None,
    size: Size = SIZE,
) -> Edit:
    return Edit(
        image=image or photo(),
        prompt=prompt,
        image_context=context,
        annotations=annotations,
        mask=mask,
        size=size,
        mode=Mode.FAST,
        seed=11,
    )


def box_mask(mode: str = "L") -> Image.Image:
    image = Image.new("L", (SIZE.width, SIZE.height), 0)
    left, top, right, bottom = BOX
    ImageDraw.Draw(image).rectangle(
        (int(left * SIZE.width), int(top * SIZE.height), int(right * SIZE.width) - 1, int(bottom * SIZE.height) - 1), fill=255
    )
    return image.convert(mode)


def circle() -> Image.Image:
    drawing = Image.new("RGBA", (SIZE.width, SIZE.height), (0, 0, 0, 0))
    ImageDraw.Draw(drawing).ellipse((100, 110, 200, 220), outline=(255, 0, 0, 255), width=5)
    return drawing


def changed(output: Output, source: Image.Image | None = None) -> Mask:
    return (pixels(output.image) != pixels(source or photo())).any(axis=2)


def toned(call: Call, factor: tuple[float, float, float]) -> Image.Image:
    seen: Floats = to_float(pixels((call.base or call.images[0]).resize((call.size.width, call.size.height))))
    return picture(np.clip(seen * np.array(factor, np.float32), 0, 1))


def test_the_instruction_comes_first_and_the_rest_stays() -> None:
    model = RecordingModel(KLEIN)
    run(task(), model, unwatched)
    assert model.call.prompt == f"{WORDS}. {REST.format('the photo')}"
    assert [each.size for each in model.call.images] == [(320, 480)]
    assert (model.call.base, model.call.mask, model.call.seed) == (None, None, 11)


def test_a_context_is_the_second_picture() -> None:
    model = RecordingModel(QWEN)
    run(task("Sit like this", context=plain(Size(200, 300))), model, unwatched)
    assert model.call.prompt == (
        "Sit like this. Picture 2 shows what is meant; the rest of it has nothing to do with the picture. "
        f"{REST.format('Picture 1')}"
    )
    assert [each.size for each in model.call.images] == [(320, 480), (200, 300)]


def test_a_drawing_is_sent_painted_over_the_photo_as_the_second_picture() -> None:
    model = RecordingModel(KLEIN)
    run(task("Remove what I circled", annotations=circle()), model, unwatched)
    clean, marked = model.call.images
    assert model.call.prompt == (
        "Remove what I circled. Image 2 is the same photo with marks drawn over it; they point out where the instruction "
        "applies. The result is the clean photo: wherever marks were drawn, the scene itself is seen. "
        f"{REST.format('image 1')}"
    )
    assert marked.getpixel((150, 112)) == (255, 0, 0)
    assert clean.getpixel((150, 112)) != (255, 0, 0)
    assert marked.getpixel((20, 20)) == clean.getpixel((20, 20))


def test_drawing_and_context_are_numbered_in_their_order() -> None:
    model = RecordingModel(QWEN)
    run(task(annotations=circle(), context=plain(Size(200, 300))), model, unwatched)
    assert len(model.call.images) == 3
    assert "Picture 2 is the same photo with marks" in model.call.prompt
    assert "Picture 3 shows what is meant" in model.call.prompt


def test_a_model_of_one_picture_gets_the_drawn_over_photo() -> None:
    model = RecordingModel(ONE)
    run(task(annotations=circle()), model, unwatched)
    assert len(model.call.images) == 1
    assert model.call.images[0].getpixel((150, 112)) == (255, 0, 0)
    assert "The marks drawn over the photo point out where" in model.call.prompt


def test_a_model_of_one_picture_that_redraws_gets_what_was_circled_as_a_mask() -> None:
    model = RecordingModel(card(references=1, inpaint="FluxFillPipeline", native_pixels=NATIVE))
    output = run(task(annotations=circle()), model, unwatched)
    assert model.call.mask is not None
    where = changed(output)
    assert where[165, 150]
    assert not where[:90].any()
    assert not where[240:].any()


@pytest.mark.parametrize("shift", [(0.0, 0.0), (3.5, -4.0)], ids=["still", "shifted"])
def test_untouched_pixels_are_the_photo_s_own(shift: tuple[float, float]) -> None:
    output = run(task(), RecordingModel(KLEIN, repainted(*BOX, shift=shift)), unwatched)
    where = changed(output)
    assert where[130:200, 110:180].mean() > 0.95
    assert not where[:90].any()
    assert not where[260:].any()
    assert float(output.details["changed"]) < 0.12


def test_a_tint_that_nobody_asked_for_is_taken_off() -> None:
    output = run(task(), RecordingModel(KLEIN, lambda call: toned(call, (1.0, 0.99, 0.93))), unwatched)
    assert not changed(output).any()
    assert "changed nothing" in output.notes[0]


def test_light_that_was_asked_for_stays() -> None:
    made = RecordingModel(KLEIN, lambda call: toned(call, (1.0, 0.97, 0.86)))
    output = run(task("Warm evening light"), made, unwatched)
    assert changed(output).mean() > 0.9
    assert "nothing of the source was pasted back" in output.notes[0]


@pytest.mark.parametrize(
    ("prompt", "light", "framing", "background"),
    [
        ("Add black sunglasses", False, False, False),
        ("Change the dress to light blue", False, False, False),
        ("Give her a winter coat", False, False, False),
        ("Style her hair in a bun", False, False, False),
        ("Move her hand to the hip", False, False, False),
        ("Turn the model slightly left", False, False, False),
        ("Warm evening light", True, False, False),
        ("Soft daylight studio lighting", True, False, False),
        ("Make it night", True, False, False),
        ("Make the photo brighter", True, False, False),
        ("Zoom in a little", False, True, False),
        ("Crop to the waist", False, True, False),
        ("Move the product to the left", False, True, False),
        ("Change the background to a street", False, False, True),
        ("Put her outdoors at golden hour", True, False, True),
    ],
)
def test_words_that_may_change_everything(prompt: str, light: bool, framing: bool, background: bool) -> None:
    found = (LIGHT.search(prompt), FRAMING.search(prompt), BACKGROUND.search(prompt))
    assert tuple(each is not None for each in found) == (light, framing, background)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("model_card", [MASKED, KLEIN, QWEN, ONE], ids=["masked", "klein", "qwen", "one"])
def test_a_mask_is_exact_to_the_byte(model_card: object, mode: str) -> None:
    model = RecordingModel(model_card, lambda call: plain(call.size, (20, 160, 60)))  # type: ignore[arg-type]
    output = run(task(mask=box_mask(mode)), model, unwatched)
    inside = np.asarray(box_mask()) > 0
    where = changed(output)
    assert not where[~inside].any()
    assert where[inside].all()
    assert np.array_equal(pixels(output.image)[~inside], pixels(photo())[~inside])


def test_a_masked_card_redraws_a_cut_out_at_native_size() -> None:
    model = RecordingModel(MASKED)
    run(task(mask=box_mask()), model, unwatched)
    call = model.call
    assert call.images == ()
    assert call.base is not None
    assert call.mask is not None
    assert call.prompt == f"{WORDS}. {REST.format('the photo')}"
    share = (np.asarray(call.mask) > 0).mean()
    assert 0.12 < share < 0.35, "the mask is larger in the cut-out than in the photo, where it is 6 %"


def test_a_masked_card_takes_the_context_beside_the_base() -> None:
    model = RecordingModel(MASKED)
    run(task(mask=box_mask(), context=plain(Size(200, 300), (10, 20, 30))), model, unwatched)
    assert model.call.base is not None
    assert [each.size for each in model.call.images] == [(200, 300)]
    assert "Image 2 shows what is meant" in model.call.prompt


def test_other_cards_are_shown_the_place_in_magenta() -> None:
    model = RecordingModel(QWEN)
    run(task(mask=box_mask(), context=plain(Size(200, 300))), model, unwatched)
    seen, place, context = model.call.images
    assert model.call.base is None
    assert model.call.prompt == (
        f"{WORDS}. Picture 2 is the same photo with the place of the change in magenta. The change lies within that place; the "
        "result has natural colours there. Picture 3 shows what is meant; the rest of it has nothing to do with the picture. "
        f"{REST.format('Picture 1')}"
    )
    red, green, blue = place.getpixel((place.width // 2, place.height // 2))  # type: ignore[misc]
    assert min(red, blue) > green + 60
    assert place.size[0] / place.size[1] == pytest.approx(seen.size[0] / seen.size[1], rel=0.05)
    assert context.size == (200, 300)


def test_what_the_model_leaves_outside_the_cut_out_does_not_matter() -> None:
    first = run(task(mask=box_mask()), RecordingModel(MASKED, lambda call: plain(call.size, (9, 9, 9))), unwatched)
    second = run(task(mask=box_mask()), RecordingModel(MASKED, lambda call: plain(call.size, (240, 9, 9))), unwatched)
    outside = np.asarray(box_mask()) == 0
    assert np.array_equal(pixels(first.image)[outside], pixels(second.image)[outside])


def test_a_transparent_photo_stays_transparent_where_nothing_was_added() -> None:
    cut = Image.new("RGBA", (SIZE.width, SIZE.height), (255, 0, 255, 0))
    cut.paste((30, 80, 140, 255), (80, 60, 240, 420))
    model = RecordingModel(KLEIN, repainted(0.6, 0.4, 0.9, 0.6))
    output = run(task("Add a bag", image=cut), model, unwatched)
    after, before = np.asarray(output.image), np.asarray(cut)
    assert output.image.mode == "RGBA"
    assert model.call.images[0].getpixel((5, 5)) == (255, 255, 255)
    assert np.array_equal(after[:150], before[:150])
    assert np.array_equal(after[340:], before[340:])
    assert (after[210:270, 255:280, 3] == 255).all(), "the bag is opaque"
    assert "transparency is kept" in output.notes[-1]


@pytest.mark.parametrize("tier", [Tier.K1, Tier.K2])
def test_sizes_are_exact_and_what_stays_is_the_enlarged_photo(tier: Tier) -> None:
    size = size_for(tier, SIZE.ratio)
    output = run(task(size=size), RecordingModel(KLEIN, repainted(*BOX)), unwatched)
    untouched = run(task(size=size), RecordingModel(KLEIN, lambda call: call.images[0]), unwatched)
    assert output.image.size == (size.width, size.height)
    rows = size.height // 6
    assert np.array_equal(pixels(output.image)[:rows], pixels(untouched.image)[:rows])
    assert any("enlarged" in note for note in output.notes)


def test_two_runs_are_the_same() -> None:
    first, second = (run(task(), RecordingModel(KLEIN, repainted(*BOX, shift=(2, 1))), unwatched) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()


@pytest.mark.parametrize("field", ["mask", "annotations"])
def test_drawings_of_another_size_are_refused(field: str) -> None:
    other = Image.new("RGBA", (100, 100), (255, 255, 255, 255))
    wrong = task(mask=other) if field == "mask" else task(annotations=other)
    with pytest.raises(PictureUnsuitable, match=f"{field} is 100 x 100 pixels and image 320 x 480"):
        run(wrong, RecordingModel(KLEIN), unwatched)


@pytest.mark.parametrize("mask", [Image.new("L", (320, 480), 0), Image.new("RGBA", (320, 480), (255, 255, 255, 0))])
def test_an_empty_mask_is_refused(mask: Image.Image) -> None:
    with pytest.raises(PictureUnsuitable, match="mask has no white in it"):
        run(task(mask=mask), RecordingModel(KLEIN), unwatched)


def test_a_mask_of_everything_redraws_everything() -> None:
    model = RecordingModel(MASKED, lambda call: plain(call.size, (20, 160, 60)))
    output = run(task(mask=Image.new("L", (320, 480), 255)), model, unwatched)
    assert (pixels(output.image) == (20, 160, 60)).all()


@pytest.mark.parametrize(("size", "words"), [(Size(1, 1), "at least 64"), (Size(10000, 100), "longer than 8:1")])
@pytest.mark.parametrize("field", ["image", "image_context"])
def test_pictures_of_no_use_are_refused_by_field(size: Size, words: str, field: str) -> None:
    wrong = task(image=plain(size)) if field == "image" else task(context=plain(size))
    with pytest.raises(PictureUnsuitable, match=f"{field} is .*{words}"):
        run(wrong, RecordingModel(KLEIN), unwatched)


def test_a_prompt_that_no_model_reads_is_refused() -> None:
    with pytest.raises(PromptTooLong, match="Shorten"):
        run(task("stripes " * 12_500), RecordingModel(KLEIN), unwatched)


def test_one_reference_is_enough() -> None:
    assert needs(task(context=plain(Size(200, 300)))) == 1
