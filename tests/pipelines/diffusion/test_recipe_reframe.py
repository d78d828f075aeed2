"""Reframe with a model: what is asked, what is kept to the byte, and when no model is needed."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from pipelines.diffusion.cards import Card
from pipelines.diffusion.recipes.reframe import needs, outside, prompt, run, strength
from pipelines.engine import Output, unwatched
from pipelines.errors import PictureUnsuitable
from pipelines.images import picture, pixels, resized
from pipelines.sizes import Mode, Size, Tier, size_for
from pipelines.tasks import Reframe
from pipelines.vision.content import Box
from tests.pipelines.diffusion.planted import scene
from tests.pipelines.diffusion.recording import KLEIN, QWEN, RecordingModel, card, plain, repainted

PORTRAIT, WIDE = Size(200, 300), Size(400, 300)
MASKED = card(inpaint="Flux2KleinInpaintPipeline", native_pixels=400 * 304)
PLAIN = card(native_pixels=400 * 304)


def task(image: Image.Image, size: Size = WIDE, seed: int = 7) -> Reframe:
    return Reframe(image=image, size=size, mode=Mode.FAST, seed=seed)


def photo() -> Image.Image:
    return picture(resized(scene(), PORTRAIT))


def kept_box(output: Output) -> Box:
    return Box(*(int(output.details[f"kept_{side}"]) for side in ("left", "top", "right", "bottom")))


def test_one_reference_is_enough() -> None:
    assert needs(task(photo())) == 1


def test_a_masked_card_gets_the_continued_canvas_and_a_mask_of_what_is_new() -> None:
    model = RecordingModel(MASKED)
    output = run(task(photo()), model, unwatched)
    call = model.call
    assert call.images == ()
    assert call.seed == 7
    assert call.base is not None
    assert call.mask is not None
    share = (np.asarray(call.mask) > 0).mean()
    assert 0.5 < share < 0.55, "half of the canvas is new, and a seam"
    assert call.prompt == (
        "The photo goes on beyond its former left and right edges: the same background, surfaces, objects, light, perspective, "
        "focus and grain. The subject is seen once, exactly as it is."
    )
    assert output.notes[0] == "Expanded at the left and right edges; 200 x 300 of the picture's pixels are the photo's own."


def test_other_cards_are_shown_the_canvas_and_told_what_is_photo() -> None:
    model = RecordingModel(PLAIN)
    run(task(photo()), model, unwatched)
    assert model.call.base is None
    assert len(model.call.images) == 1
    assert model.call.prompt.startswith(
        "Image 1 is a photo on a larger canvas; at the left and right edges of the canvas there is only a blurred placeholder."
    )
    assert prompt(QWEN, {"top": "soft"}, cut=True).startswith("Picture 1 is a photo on a larger canvas; at the top edge of")
    assert prompt(QWEN, {"top": "soft"}, cut=True).endswith("Where the subject reaches a former edge, it goes on naturally.")


@pytest.mark.parametrize("model_card", [MASKED, PLAIN], ids=["masked", "reference"])
@pytest.mark.parametrize("shift", [(0, 0), (4, -3)], ids=["still", "shifted"])
def test_the_photo_is_itself_to_the_byte_inside_the_seam(model_card: Card, shift: tuple[float, float]) -> None:
    model = RecordingModel(model_card, repainted(0, 0, 0.1, 1, shift=shift))
    output = run(task(photo()), model, unwatched)
    box, seam = kept_box(output), 6
    assert box.size == Size(200, 300)
    inner = pixels(output.image)[box.top + seam : box.bottom - seam, box.left + seam : box.right - seam]
    assert np.array_equal(inner, pixels(photo())[seam:-seam, seam:-seam])
    assert not np.array_equal(pixels(output.image)[:, : box.left], pixels(model.call.base or model.call.images[0])[:, : box.left])


def test_what_the_model_drew_is_in_the_new_part() -> None:
    model = RecordingModel(MASKED, repainted(0, 0.3, 0.15, 0.7))
    seen = pixels(run(task(photo()), model, unwatched).image)[120:180, 10:50].astype(int)
    assert np.ptp(seen, axis=0).max() > 120, "the stripes are there"


def test_a_crop_needs_no_model() -> None:
    wide = Image.new("RGB", (450, 150), (225, 225, 225))
    wide.paste((150, 30, 40), (200, 40, 250, 110))
    model = RecordingModel(MASKED)
    output = run(task(wide, Size(160, 160)), model, unwatched)
    assert model.calls == []
    assert output.image.size == (160, 160)
    assert output.notes[-1] == "This needed no model."


def test_a_transparent_background_is_extended_by_nothing() -> None:
    cut = Image.new("RGBA", (200, 300), (0, 0, 0, 0))
    cut.paste((10, 90, 160, 255), (30, 20, 170, 280))
    model = RecordingModel(MASKED)
    output = run(task(cut), model, unwatched)
    assert model.calls == []
    assert output.image.mode == "RGBA"
    assert np.asarray(output.image)[:, 0, 3].max() == 0


@pytest.mark.parametrize("tier", [Tier.K1, Tier.K2])
def test_sizes_are_exact(tier: Tier) -> None:
    size = size_for(tier, 4 / 3)
    model = RecordingModel(MASKED)
    output = run(task(photo(), size), model, unwatched)
    assert output.image.size == (size.width, size.height)
    assert model.call.size.pixels <= 400 * 304


def test_two_runs_are_the_same() -> None:
    first, second = (run(task(photo()), RecordingModel(MASKED), unwatched) for _ in range(2))
    assert first.image.tobytes() == second.image.tobytes()


def test_a_smooth_background_is_started_from_and_a_textured_one_is_not() -> None:
    assert strength({"left": "smooth", "right": "smooth"}) == 0.75
    assert strength({"left": "smooth", "right": "soft"}) == 1


def test_the_seam_lies_inside_and_not_at_the_edges_of_the_canvas() -> None:
    weight = outside(Box(100, 0, 300, 200), Size(400, 200))
    assert (weight[:, :100] == 1).all()
    assert (weight[:, 300:] == 1).all()
    assert (weight[:, 105:295] == 0).all()
    assert all(before >= after for before, after in pairwise(weight[50, 95:110]))
    assert np.array_equal(weight, weight[:, ::-1])


@pytest.mark.parametrize(("size", "words"), [(Size(1, 1), "at least 64"), (Size(4000, 100), "longer than 8:1")])
def test_pictures_of_no_use_are_refused(size: Size, words: str) -> None:
    with pytest.raises(PictureUnsuitable, match=f"image is .*{words}"):
        run(task(plain(size)), RecordingModel(KLEIN), unwatched)
