"""Reference pictures and collages."""

import numpy as np
import pytest
from PIL import Image

from pipelines.diffusion.recipes.native import fitted
from pipelines.diffusion.recipes.references import Place, collage_note, collaged, reference
from pipelines.errors import PictureUnsuitable
from pipelines.images import size_of
from pipelines.sizes import Size
from tests.pipelines.diffusion.recording import KLEIN, card, plain

MEGAPIXEL = 1024**2


def marked(size, number):
    """A picture that differs from any other number's, with corners and borders of its own: cropping shows."""
    rows, columns = np.mgrid[: size.height, : size.width]
    ramp = np.dstack([rows * 180 / size.height, columns * 180 / size.width, np.full(rows.shape, 20 + 29 * number)])
    border = max(3, min(size.width, size.height) // 12)
    ramp[:border], ramp[-border:] = (20, 160, 10 * number), (160, 20, 10 * number)
    ramp[:, :border], ramp[:, -border:] = (0, 0, 200 - 9 * number), (90, 0, 9 * number)
    return Image.fromarray(ramp.astype(np.uint8))


def test_a_reference_is_reduced_to_what_the_card_reads_and_keeps_its_ratio():
    result = reference(plain(Size(4000, 3000)), "the product image", KLEIN)
    assert result.mode == "RGB"
    assert 0.995 * KLEIN.reference_pixels < size_of(result).pixels <= KLEIN.reference_pixels
    assert abs(result.width / result.height / (4 / 3) - 1) < 0.003


def test_a_small_reference_stays_as_it_is():
    small = marked(Size(200, 300), 1)
    assert np.array_equal(np.asarray(reference(small, "the face reference", KLEIN)), np.asarray(small))


def test_a_cut_out_product_stands_on_white():
    cutout = np.zeros((300, 200, 4), np.uint8)
    cutout[100:200, 50:150] = (180, 30, 30, 255)
    result = np.asarray(reference(Image.fromarray(cutout), "the product image", KLEIN))
    assert (result[0, 0] == 255).all()
    assert (result[150, 100] == (180, 30, 30)).all()
    assert result[..., 0].min() >= 180


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (Size(1, 1), "the face reference is 1 x 1 pixels; it needs at least 64 a side. Use a larger picture."),
        (Size(63, 400), "the face reference is 63 x 400 pixels; it needs at least 64 a side. Use a larger picture."),
        (Size(10_000, 100), "the face reference is 10000 x 100 pixels, longer than 8:1. Crop it to what it shows."),
        (Size(100, 801), "the face reference is 100 x 801 pixels, longer than 8:1. Crop it to what it shows."),
    ],
    ids=str,
)
def test_a_reference_that_no_model_can_use_is_refused_by_name(size, said):
    with pytest.raises(PictureUnsuitable) as caught:
        reference(plain(size), "the face reference", KLEIN)
    assert str(caught.value) == said


def test_the_extremes_that_are_allowed_pass():
    for size in (Size(64, 64), Size(64, 512), Size(8000, 1000)):
        assert size_of(reference(plain(size), "x", KLEIN)).pixels <= KLEIN.reference_pixels


def test_a_transparent_picture_is_refused():
    with pytest.raises(PictureUnsuitable, match="the background reference is fully transparent"):
        reference(Image.new("RGBA", (300, 300)), "the background reference", KLEIN)


@pytest.mark.parametrize(
    ("count", "most", "numbers"),
    [
        (0, 3, []),
        (1, 4, [1]),
        (3, 3, [1, 2, 3]),
        (4, 3, [1, 2, 3, 3]),
        (5, 3, [1, 2, 2, 3, 3]),
        (6, 3, [1, 1, 2, 2, 3, 3]),
        (5, 4, [1, 2, 3, 4, 4]),
        (6, 4, [1, 2, 3, 3, 4, 4]),
        (6, 10, [1, 2, 3, 4, 5, 6]),
        (4, 1, [1, 1, 1, 1]),
    ],
)
def test_later_references_share_pictures_first(count, most, numbers):
    collage = collaged([plain(Size(200, 300))] * count, most, MEGAPIXEL)
    assert [place.number for place in collage.places] == numbers
    assert len(collage.pictures) == min(count, most)


def test_every_original_is_found_again_at_its_stated_place_and_nothing_is_cropped():
    rng = np.random.default_rng(11)
    for _ in range(40):
        count, most = int(rng.integers(1, 7)), int(rng.integers(1, 5))
        sizes = [Size(*(int(side) for side in rng.integers(64, 500, 2))) for _ in range(count)]
        originals = [marked(size, number) for number, size in enumerate(sizes)]
        collage = collaged(originals, most, 400 * 400)
        assert len(collage.pictures) <= most
        for original, place in zip(originals, collage.places, strict=True):
            shown = collage.pictures[place.number - 1]
            if place.box is not None:
                box = place.box
                assert min(box.left, box.top) >= 0
                shown = shown.crop((box.left, box.top, box.left + box.width, box.top + box.height))
                assert abs(box.width * original.height - box.height * original.width) <= max(*original.size, *shown.size)
            expected = np.asarray(fitted(original, size_of(shown)))
            assert np.abs(np.asarray(shown).astype(int) - expected).max() == 0


def test_originals_do_not_overlap_and_lie_on_white():
    originals = [marked(Size(200, 300), 1), marked(Size(300, 200), 2), marked(Size(120, 480), 3)]
    collage = collaged(originals, 1, MEGAPIXEL)
    covered = np.zeros((collage.pictures[0].height, collage.pictures[0].width), int)
    for place in collage.places:
        box = place.box
        covered[box.top : box.top + box.height, box.left : box.left + box.width] += 1
    assert covered.max() == 1
    assert (np.asarray(collage.pictures[0])[covered == 0] == 255).all()
    assert (covered == 0).any()


def test_a_collage_is_itself_a_picture_that_models_take():
    shapes = ([Size(512, 64)] * 4, [Size(64, 512)] * 5, [Size(512, 64), Size(64, 512)], [Size(3000, 3000)] * 3)
    for sizes in shapes:
        collage = collaged([plain(size) for size in sizes], 1, MEGAPIXEL)
        assert size_of(collage.pictures[0]).pixels <= MEGAPIXEL
        assert reference(collage.pictures[0], "the collage", card()) is not None


@pytest.mark.parametrize(
    ("size", "count", "parts"),
    [
        (Size(200, 300), 2, ["left half", "right half"]),
        (Size(600, 200), 2, ["upper half", "lower half"]),
        (Size(200, 300), 3, ["left third", "middle third", "right third"]),
        (Size(600, 200), 3, ["upper third", "middle third", "lower third"]),
        (Size(100, 400), 4, [f"{each} part from the left" for each in ("first", "second", "third", "fourth")]),
        (Size(400, 100), 4, [f"{each} part from the top" for each in ("first", "second", "third", "fourth")]),
    ],
)
def test_places_have_names_for_prompts(size, count, parts):
    assert [place.part for place in collaged([plain(size)] * count, 1, MEGAPIXEL).places] == parts


def test_a_reference_of_its_own_picture_needs_no_part():
    assert collaged([plain(Size(200, 300))], 4, MEGAPIXEL).places == (Place(1),)


def test_a_collage_is_told_to_the_person():
    four = collaged([plain(Size(200, 300))] * 4, 3, MEGAPIXEL)
    said = "FLUX.2 klein 4B takes 3 reference pictures, so 2 of the 4 references share one with others and are seen smaller."
    assert collage_note(KLEIN, four) == (said,)
    assert collage_note(KLEIN, collaged([plain(Size(200, 300))] * 3, 3, MEGAPIXEL)) == ()


def test_a_model_without_references_has_no_collage():
    with pytest.raises(ValueError, match="at most 0"):
        collaged([plain(Size(200, 300))], 0, MEGAPIXEL)
