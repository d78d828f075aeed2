"""Packshot with a model: orders read from prompts, golden prompts, white that is white, and cut-outs."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.diffusion.call import Call
from pipelines.diffusion.recipes.packshot import Order, needs, prompt, read, run, wants_white, whitened
from pipelines.diffusion.recipes.references import Place
from pipelines.engine import unwatched
from pipelines.errors import PictureUnsuitable, PromptTooLong
from pipelines.images import pixels
from pipelines.sizes import Mode, Size, Tier, size_for
from pipelines.tasks import Packshot
from tests.pipelines.diffusion.recording import KLEIN, QWEN, RecordingModel, card, plain

SMALL = Size(320, 400)
TIDY = "The product is shown by itself, pressed, symmetric and neatly arranged, with collar, seams and hem straight."
SAME = "Its cut, colours, prints, texts, logos, material and proportions are exactly those of the product photo."
SHARP = "Even, diffuse studio light; fabric, stitching and details in sharp focus."
GHOST = (
    "A garment is presented as a ghost mannequin: it holds the shape of a body by itself, with clean openings at neck, sleeves "
    "and hem; shoes, bags and other accessories stand by themselves."
)


def task(words: str = "", size: Size = SMALL, product: Image.Image | None = None, context: Image.Image | None = None) -> Packshot:
    return Packshot(
        product_image=product or plain(Size(300, 400)), image_context=context, prompt=words, size=size, mode=Mode.FAST, seed=5
    )


def shirt(background: tuple[int, int, int] = (244, 245, 246), cloth: tuple[int, int, int] = (40, 70, 140)) -> Image.Image:
    """A shirt of sorts, with a soft shadow under it."""
    image = Image.new("RGB", (320, 400), background)
    draw = ImageDraw.Draw(image)
    for step in range(12):
        shade = tuple(round(each - 5 * step) for each in background)
        draw.ellipse((90 + 3 * step, 318 + step, 230 - 3 * step, 352 - step), fill=shade)
    draw.polygon(
        [(100, 70), (220, 70), (270, 130), (240, 160), (220, 140), (220, 330), (100, 330), (100, 140), (80, 160), (50, 130)],
        fill=cloth,
    )
    return image


def answering(image: Image.Image) -> RecordingModel:
    return RecordingModel(KLEIN, lambda call: image.resize((call.size.width, call.size.height)))


def test_nothing_asked_is_a_ghost_mannequin_on_white() -> None:
    model = RecordingModel(KLEIN)
    run(task(), model, unwatched)
    assert model.call.prompt == (
        "Professional catalogue photograph of the product in image 1, all of it in the picture and centred. "
        f"{GHOST} Pure white seamless background. A soft, faint shadow lies at the product. {TIDY} {SAME} {SHARP}"
    )
    assert len(model.call.images) == 1
    assert model.call.seed == 5


def test_words_about_presentation_surface_and_light_go_through_unopposed() -> None:
    words = "Flat-lay packshot on marble with soft window-light shadows"
    assert prompt(read(words), KLEIN, [Place(1)]) == (
        f"{words}. Professional catalogue photograph of the product in image 1, all of it in the picture and centred. {TIDY} {SAME}"
    )


def test_only_the_jacket_is_the_only_item() -> None:
    text = prompt(read("only the jacket"), KLEIN, [Place(1)])
    assert text.startswith("Only the jacket. ")
    assert "The jacket of image 1 is the only item." in text
    assert "The shoes of Picture 1 are the only item." in prompt(read("just the shoes, top-down view"), QWEN, [Place(1)])


def test_a_style_gives_light_surface_and_mood_and_never_the_product() -> None:
    model = RecordingModel(QWEN)
    run(task("flat-lay", context=plain(Size(400, 300), (90, 120, 90))), model, unwatched)
    assert model.call.prompt == (
        "Flat-lay. Professional catalogue photograph of the product in Picture 1, all of it in the picture and centred. "
        "Light, surface, composition and mood are those of Picture 2; the product is the one in Picture 1 alone. "
        f"{TIDY} {SAME}"
    )
    assert [each.size for each in model.call.images] == [(300, 400), (400, 300)]


def test_a_model_of_one_reference_gets_both_in_one() -> None:
    model = RecordingModel(card(references=1))
    run(task(context=plain(Size(300, 400))), model, unwatched)
    assert len(model.call.images) == 1
    assert "the product in the left half of image 1" in model.call.prompt
    assert "those of the right half of image 1" in model.call.prompt


@pytest.mark.parametrize(
    ("words", "item", "presented", "placed", "transparent"),
    [
        ("", "", False, False, False),
        ("on-hanger", "", True, False, False),
        ("On-hanger against a plaster wall", "", True, True, False),
        ("floating garment, hard editorial shadow", "", True, False, False),
        ("draped on a stone plinth", "", True, True, False),
        ("only the dress with a long shadow", "dress", False, False, False),
        ("isolate the shirt on a transparent background", "shirt", False, False, True),
        ("black background", "", False, True, False),
        ("ghost mannequin, PNG cut-out", "", True, False, True),
        ("no background", "", False, False, True),
    ],
)
def test_orders_are_read(words: str, item: str, presented: bool, placed: bool, transparent: bool) -> None:
    order = read(words)
    assert (order.item, order.presented, order.placed, order.transparent) == (item, presented, placed, transparent)


def test_white_is_the_default_of_nothing_else_said() -> None:
    assert wants_white(read("on a hanger"), styled=False)
    assert not wants_white(read("on a hanger"), styled=True)
    assert not wants_white(read("on marble"), styled=False)
    assert not wants_white(read("transparent background"), styled=False)


def test_what_no_model_can_paint_is_not_asked_of_it() -> None:
    order = read("On-hanger on a transparent background")
    assert order == Order("On-hanger", "", presented=True, placed=False, lit=False, transparent=True)
    text = prompt(order, KLEIN, [Place(1)])
    assert "ransparent" not in text
    assert "Plain, evenly lit light grey background, the product clear of it on every side." in text


def test_a_nearly_white_background_becomes_white_and_the_product_stays() -> None:
    output = run(task(), answering(shirt()), unwatched)
    rgb = pixels(output.image)
    assert (rgb[:60] == 255).all()
    assert (rgb[150:300, 120:200] == (40, 70, 140)).all()
    assert rgb[343, 160].max() < 240, "its shadow stays"


def test_white_cloth_is_not_bleached() -> None:
    made = shirt(background=(240, 240, 240), cloth=(236, 233, 228))
    assert np.abs(pixels(whitened(made))[150:300, 120:200].astype(int) - (236, 233, 228)).max() <= 1


def test_a_grey_or_coloured_background_is_left_alone() -> None:
    made = shirt(background=(200, 190, 180))
    assert whitened(made).tobytes() == made.tobytes()
    on_marble = run(task("on marble"), answering(shirt()), unwatched)
    assert pixels(on_marble.image)[0, 0].max() < 255


def test_an_empty_picture_is_left_alone() -> None:
    blank = plain(Size(320, 400), (240, 240, 240))
    assert whitened(blank).tobytes() == blank.tobytes()


def test_a_transparent_background_is_cut_out_and_said() -> None:
    output = run(task("transparent background"), answering(shirt((205, 205, 205))), unwatched)
    alpha = np.asarray(output.image.getchannel("A"))
    assert output.image.mode == "RGBA"
    assert output.image.size == (320, 400)
    assert alpha[:50].max() == 0
    assert alpha[150:300, 120:200].min() == 255
    assert "cut out" in output.notes[0]


def test_what_can_not_be_cut_out_says_so() -> None:
    output = run(task("transparent background"), answering(plain(Size(320, 400), (205, 205, 205))), unwatched)
    assert output.image.mode == "RGB"
    assert "could not be told from its background" in output.notes[0]


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("words", ["on marble", "transparent background"])
def test_sizes_are_exact(tier: Tier, words: str) -> None:
    if tier == Tier.K4 and words != "on marble":
        return
    size = size_for(tier, 4 / 5)
    model = answering(shirt((205, 205, 205)))
    output = run(task(words, size), model, unwatched)
    assert output.image.size == (size.width, size.height)
    assert model.call.size.pixels <= 1024**2


def test_a_transparent_product_is_seen_on_white() -> None:
    cut = Image.new("RGBA", (200, 240), (255, 0, 255, 0))
    cut.paste((20, 60, 20, 255), (50, 60, 150, 200))
    model = RecordingModel(KLEIN)
    run(task(product=cut), model, unwatched)
    assert model.call.images[0].getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(("size", "words"), [(Size(1, 1), "at least 64"), (Size(10000, 100), "longer than 8:1")])
@pytest.mark.parametrize("field", ["product_image", "image_context"])
def test_pictures_of_no_use_are_refused_by_field(size: Size, words: str, field: str) -> None:
    bad = plain(size)
    wrong = task(product=bad) if field == "product_image" else task(context=bad)
    with pytest.raises(PictureUnsuitable, match=f"{field} is .*{words}"):
        run(wrong, RecordingModel(KLEIN), unwatched)


def test_a_prompt_that_no_model_reads_is_refused() -> None:
    with pytest.raises(PromptTooLong, match="Shorten"):
        run(task("marble " * 15_000), RecordingModel(KLEIN), unwatched)


def test_one_reference_is_enough() -> None:
    assert needs(task()) == 1


def test_two_runs_are_the_same() -> None:
    def echo(call: Call) -> Image.Image:
        return shirt().resize((call.size.width, call.size.height))

    first, second = (run(task(), RecordingModel(KLEIN, echo), unwatched) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()
