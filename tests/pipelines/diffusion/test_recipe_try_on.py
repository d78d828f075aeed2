"""Try-On: what the model is asked, and what stays the photograph's own."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.diffusion.recipes import try_on
from pipelines.diffusion.recipes.figure import clothes_mask, face_and_hands, figure
from pipelines.engine import unwatched
from pipelines.errors import PictureUnsuitable, PromptTooLong
from pipelines.images import pixels, size_of
from pipelines.sizes import Mode, Size, Tier, ratio_of, size_for
from pipelines.tasks import TryOn
from tests.pipelines.diffusion.recording import KLEIN, QWEN, RecordingModel, card, plain, repainted

SAMPLES = Path("workbench/ui/samples")
SIZE = Size(416, 624)
SMALL = card(native_pixels=SIZE.pixels)
TORSO = (0.36, 0.28, 0.64, 0.46)
"""Shares of the picture: left, top, right, bottom, on the shirt of the sample."""
ACTION = "The person in {word} 1 now wears the product shown in {word} 2, in place of what was worn there before."
ONLY = "Only the product is taken from {word} 2, whether it lies flat, stands by itself or somebody wears it."
REST = (
    "Its cut, length, colours, prints, texts, logos and material are exactly those in {word} 2. "
    "Face, hair, skin, hands, body shape, pose, all other clothes, framing, light and background stay as in {word} 1. "
    "The product fits the body with natural folds and shadows."
)


@cache
def person():
    return Image.open(SAMPLES / "person-plain-tee.webp").convert("RGB").resize((SIZE.width, SIZE.height))


@cache
def garment():
    return Image.open(SAMPLES / "garment-graphic-tee.webp").convert("RGB").resize((300, 400))


def nobody(size):
    """A wall with light falling on it."""
    rows, columns = np.mgrid[: size.height, : size.width]
    wall = np.dstack([90 + 80 * rows / size.height, 110 + 60 * columns / size.width, np.full(rows.shape, 120)])
    return Image.fromarray(wall.astype(np.uint8))


def task(model_image=None, product_image=None, size=SIZE, mode=Mode.BALANCED, **given):
    return TryOn(
        model_image=model_image or person(), product_image=product_image or garment(), size=size, mode=mode, seed=4, **given
    )


def tried(answer, of=SMALL, **given):
    return try_on.run(task(**given), RecordingModel(of, answer), unwatched)


@pytest.mark.parametrize(("of", "word"), [(KLEIN, "image"), (QWEN, "Picture")], ids=["klein", "qwen"])
def test_without_words_the_product_is_worn_and_all_else_stays(of, word):
    assert try_on.prompt(task(), of) == " ".join([ACTION, ONLY, REST]).format(word=word)


@pytest.mark.parametrize("words", ["Shirt tucked in, sleeves rolled up", "remove the jacket", "only the skirt"])
def test_how_it_is_worn_comes_first(words):
    said = f"{words[0].upper()}{words[1:]}."
    assert try_on.prompt(task(prompt=words), QWEN) == " ".join([said, ACTION, ONLY, REST]).format(word="Picture")


def test_the_model_comes_first_at_the_native_size_and_the_product_second():
    model = RecordingModel(card(native_pixels=192 * 288))
    try_on.run(task(), model, unwatched)
    first, second = model.call.images
    assert size_of(first) == model.call.size == Size(192, 288)
    assert np.abs(pixels(first).astype(int) - pixels(person().resize((192, 288)))).mean() < 2
    assert np.array_equal(pixels(second), pixels(garment()))
    assert try_on.needs(task()) == 2


def test_what_the_model_left_alone_is_the_photograph_to_the_last_bit():
    output = tried(repainted(*TORSO))
    before, after = pixels(person()), pixels(output.image)
    reach = np.zeros(before.shape[:2], bool)
    reach[int(0.25 * 624) : int(0.49 * 624), int(0.3 * 416) : int(0.7 * 416)] = True
    assert np.array_equal(before[~reach], after[~reach])
    assert (after[240, 208] != before[240, 208]).any()
    assert output.details["kept_share"] > 0.85


def test_a_picture_that_the_model_moved_and_tinted_is_laid_back():
    moved = repainted(*TORSO, shift=(3, -2))

    def tinted(call):
        made = pixels(moved(call)).astype(np.float32)
        return Image.fromarray(np.clip(made * (1.02, 1.0, 0.95) + 4, 0, 255).astype(np.uint8))

    output = tried(tinted)
    before, after = pixels(person()), pixels(output.image)
    assert np.array_equal(before[: int(0.22 * 624)], after[: int(0.22 * 624)])
    assert np.array_equal(before[int(0.55 * 624) :], after[int(0.55 * 624) :])
    assert (after[240, 208] != before[240, 208]).any()
    assert any("moved the picture" in note for note in output.notes)


def test_face_and_hands_stay_the_persons_own_when_clothes_change():
    output = tried(repainted(0.2, 0.02, 0.8, 0.5))
    own = face_and_hands(figure(person(), Mode.BALANCED), SIZE) == 1
    before, after = pixels(person()), pixels(output.image)
    assert own.sum() > 300
    assert np.array_equal(before[own], after[own])
    shirt = clothes_mask(figure(person(), Mode.BALANCED), SIZE)[200:280, 170:240]
    assert (np.abs(after[200:280, 170:240].astype(int) - before[200:280, 170:240]).max(axis=2)[shirt] > 20).mean() > 0.9


def test_a_hat_may_cover_the_head():
    output = tried(repainted(0.4, 0.03, 0.6, 0.14))
    face = face_and_hands(figure(person(), Mode.BALANCED), SIZE)[: int(0.14 * 624)] == 1
    changed = np.abs(pixels(output.image).astype(int) - pixels(person())).max(axis=2)[: int(0.14 * 624)] > 20
    assert face.any()
    assert changed[face].any()


def test_a_person_that_can_not_be_read_is_kept_by_the_difference_and_said_so():
    scene = nobody(SIZE)
    output = tried(repainted(*TORSO), model_image=scene)
    assert try_on.UNREAD in output.notes
    assert np.array_equal(pixels(output.image)[:100], pixels(scene)[:100])


def test_a_picture_that_changed_altogether_is_delivered_as_it_was_made():
    def other(call):
        rows, columns = np.mgrid[: call.size.height, : call.size.width]
        return Image.fromarray(np.dstack([rows % 256, columns % 256, (rows + columns) % 256]).astype(np.uint8))

    output = tried(other)
    assert output.details["kept_share"] == 0
    assert any("nothing of the source" in note for note in output.notes)
    assert np.abs(pixels(output.image).astype(int) - pixels(other(task()))).max() <= 1


@pytest.mark.parametrize("tier", [Tier.K1, Tier.K2])
def test_every_tier_comes_out_at_its_size_with_the_photograph_around_it(tier):
    size = size_for(tier, ratio_of("2:3"))
    scene = nobody(size)
    output = tried(repainted(*TORSO), KLEIN, model_image=scene, size=size, mode=Mode.FAST)
    assert size_of(output.image) == size
    top = size.height // 8
    assert np.array_equal(pixels(output.image)[:top], pixels(scene)[:top])
    assert any("enlarged" in note for note in output.notes) == (tier != Tier.K1)


def test_a_person_cut_out_stands_on_white():
    cutout = person().convert("RGBA")
    cutout.putalpha(Image.fromarray(np.where(pixels(person()).min(axis=2) < 180, 255, 0).astype(np.uint8)))
    model = RecordingModel(SMALL, repainted(*TORSO))
    output = try_on.run(task(model_image=cutout), model, unwatched)
    assert output.image.mode == "RGB"
    assert model.call.images[0].getpixel((2, 2)) == output.image.getpixel((2, 2)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"model_image": plain(Size(20, 30))}, "the model image is 20 x 30"),
        ({"product_image": plain(Size(10_000, 100))}, "the product image is 10000 x 100"),
        ({"product_image": Image.new("RGBA", (100, 100))}, "the product image is fully transparent"),
    ],
)
def test_a_picture_that_no_model_can_use_is_refused(given, said):
    with pytest.raises(PictureUnsuitable, match=said):
        tried(repainted(*TORSO), **given)


def test_a_prompt_that_no_model_reads_is_refused():
    with pytest.raises(PromptTooLong):
        tried(repainted(*TORSO), prompt="tucked in " * 10_000)
