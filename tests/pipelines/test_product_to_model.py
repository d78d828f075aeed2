"""Product to Model: the product is seen, worn where it belongs, on what the prompt asks for, at exactly the size."""

from functools import cache

import numpy as np
import pytest
from PIL import Image

from pipelines.draft import product_to_model, scenery
from pipelines.draft.casting import product_words, wishes_of
from pipelines.draft.engine import DraftEngine
from pipelines.draft.product_to_model import run
from pipelines.engine import Output, unwatched
from pipelines.errors import PersonNotFound, PipelineError, SubjectNotFound, UnsupportedTask
from pipelines.images import Floats, picture, pixels, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import CreateFace, ProductToModel
from pipelines.vision.rendering.cloth import render_garment
from pipelines.vision.rendering.textile import Textile
from pipelines.vision.rendering.wear import GarmentSpec, Kind

SIZE = Size(256, 384)
RED, GREEN = (0.75, 0.12, 0.12), (0.10, 0.45, 0.20)


@cache
def product(kind: Kind, colour: tuple[float, float, float] = RED) -> Image.Image:
    """A cut-out, so that these tests don't hang on matting."""
    made = render_garment(GarmentSpec(kind, Textile(colour)), Size(300, 375), np.random.default_rng(1), oversample=1)
    return picture(made.garment.colour, made.alpha)


def task(*products: Image.Image, prompt: str = "", size: Size = SIZE, mode: Mode = Mode.FAST, seed: int = 1) -> ProductToModel:
    return ProductToModel(product_images=products, prompt=prompt, size=size, mode=mode, seed=seed)


@cache
def made(kind: Kind, prompt: str = "", seed: int = 1) -> Output:
    return run(task(product(kind), prompt=prompt, seed=seed), unwatched)


def share_of(image: Image.Image, colour: tuple[float, float, float]) -> Floats:
    """bool-like (h, w): pixels whose hue is the colour's."""
    values = to_float(pixels(image)) + 0.02
    wanted = np.array(colour, np.float32) + 0.02
    close = np.abs(values / values.sum(axis=2, keepdims=True) - wanted / wanted.sum()).max(axis=2) < 0.12
    return close.astype(np.float32)


@pytest.mark.parametrize("size", [Size(256, 384), Size(384, 256), Size(300, 300), Size(216, 384)])
def test_the_output_has_exactly_the_size(size: Size) -> None:
    output = run(task(product("t-shirt"), size=size), unwatched)
    assert output.image.size == (size.width, size.height)
    assert output.image.mode == "RGB"


@pytest.mark.parametrize(("kind", "top", "bottom"), [("t-shirt", 0.15, 0.80), ("sweater", 0.15, 0.85), ("dress", 0.12, 0.85)])
def test_tops_and_dresses_are_worn_on_the_trunk(kind: Kind, top: float, bottom: float) -> None:
    worn = share_of(made(kind).image, RED)
    rows = np.flatnonzero(worn.sum(axis=1) > 3) / SIZE.height
    assert worn.mean() > 0.03
    assert top < rows[0] and rows[-1] < bottom
    columns = np.flatnonzero(worn.sum(axis=0) > 3) / SIZE.width
    assert abs(columns.mean() - 0.5) < 0.08


def test_trousers_are_worn_below_and_a_plain_top_is_added() -> None:
    output = made("trousers")
    rows = np.flatnonzero(share_of(output.image, RED).sum(axis=1) > 3) / SIZE.height
    assert rows[0] > 0.30 and rows[-1] > 0.8
    assert any("plain top" in note for note in output.notes)
    assert not any("trousers were added" in note for note in output.notes)


def test_a_top_gets_neutral_trousers_and_a_dress_gets_nothing() -> None:
    assert any("neutral trousers" in note for note in made("t-shirt").notes)
    assert not any("added" in note for note in made("dress").notes)


@pytest.mark.parametrize(("kind", "read"), [("dress", "dress"), ("skirt", "bottom"), ("tank", "top"), ("jacket", "outerwear")])
def test_rendered_garments_are_read_as_what_they_are(kind: Kind, read: str) -> None:
    assert made(kind).details["products"] == read


def test_a_picture_of_a_dress_with_the_inside_of_its_back_is_worn_from_the_shoulders() -> None:
    """Seen through the neckline, the back gives a dress the straight upper edge of a skirt."""
    spec = GarmentSpec("dress", Textile(RED))
    shown = render_garment(spec, Size(300, 375), np.random.default_rng(1), oversample=1)
    output = run(task(picture(shown.rgb)), unwatched)
    rows = np.flatnonzero(share_of(output.image, RED).sum(axis=1) > 3) / SIZE.height
    assert output.details["products"] == "dress"
    assert rows[0] < 0.3


@pytest.mark.parametrize("kind", ["skirt", "trousers", "t-shirt", "sweater", "dress"])
def test_hems_do_not_flare_into_flags(kind: Kind) -> None:
    """The last rows of a garment are hardly wider than those a little above them."""
    worn = share_of(made(kind, "full body").image, RED)
    widths = worn.sum(axis=1)
    rows = np.flatnonzero(widths > 3)
    height = rows[-1] - rows[0]
    hem = widths[rows[-1] - int(0.04 * height) : rows[-1] + 1].max()
    above = np.median(widths[rows[-1] - int(0.14 * height) : rows[-1] - int(0.07 * height)])
    assert hem < 1.12 * above


def test_a_print_is_seen_on_the_chest_at_its_size() -> None:
    spec = GarmentSpec("t-shirt", Textile((0.9, 0.9, 0.88), GREEN, "print"))
    shown = render_garment(spec, Size(300, 375), np.random.default_rng(1), oversample=1)
    image = run(task(picture(shown.garment.colour, shown.alpha)), unwatched).image
    own = share_of(picture(shown.garment.colour), GREEN) * (shown.alpha > 0.5)
    expected = own.sum() / (shown.alpha > 0.5).sum()
    inked = share_of(image, GREEN)
    rows, columns = (np.flatnonzero(inked.sum(axis=k) > 1) for k in (1, 0))
    assert abs(columns.mean() / SIZE.width - 0.5) < 0.06
    assert 0.2 < rows[0] / SIZE.height < 0.45
    assert expected > 0.02
    assert np.ptp(columns) / SIZE.width < 0.3


def test_two_products_make_one_look() -> None:
    output = run(task(product("t-shirt"), product("trousers", GREEN)), unwatched)
    red, green = share_of(output.image, RED), share_of(output.image, GREEN)
    assert red.mean() > 0.02 and green.mean() > 0.02
    assert np.flatnonzero(red.any(axis=1)).mean() < np.flatnonzero(green.any(axis=1)).mean()
    assert output.details["products"] == "bottom, top"


def test_two_of_a_kind_are_refused_with_the_way_out() -> None:
    with pytest.raises(UnsupportedTask, match="two runs"):
        run(task(product("t-shirt"), product("sweater")), unwatched)
    with pytest.raises(UnsupportedTask, match="dress and a bottom"):
        run(task(product("dress"), product("trousers")), unwatched)


def test_shoes_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedTask, match="shoes"):
        run(task(product("shorts"), prompt="a man in these red sneakers"), unwatched)


@pytest.mark.parametrize(
    ("prompt", "top", "bottom"), [("a woman with this bag", 0.40, 0.85), ("a man wearing this hat", 0.0, 0.20)]
)
def test_bags_hang_from_the_hand_and_hats_sit_on_the_head(prompt: str, top: float, bottom: float) -> None:
    output = run(task(product("shorts"), prompt=f"{prompt}, full body"), unwatched)
    rows = np.flatnonzero(share_of(output.image, RED).sum(axis=1) > 3) / SIZE.height
    assert top <= rows[0] and rows[-1] < bottom
    assert any("as they were photographed" in note for note in output.notes)


def test_words_about_the_picture_do_not_name_the_product() -> None:
    assert product_words("a man in a hat and boots, on a beach") == ""
    assert product_words("put this denim skirt on a woman").startswith("denim skirt")
    assert made("t-shirt", "a woman with a hat and white shoes").details["products"] == "top"


def test_an_empty_picture_is_a_named_error() -> None:
    with pytest.raises(SubjectNotFound):
        run(task(Image.new("RGBA", (64, 64), (0, 0, 0, 0))), unwatched)
    with pytest.raises(PipelineError):
        run(task(Image.new("RGB", (64, 64), "white")), unwatched)


def test_a_seed_gives_the_same_picture_and_the_next_one_another() -> None:
    again = run(task(product("tank")), unwatched)
    assert np.array_equal(np.asarray(again.image), np.asarray(made("tank").image))
    other = np.asarray(made("tank", seed=2).image, np.float32)
    assert np.abs(other - np.asarray(made("tank").image, np.float32)).mean() > 1.5


def test_it_says_that_it_is_a_draft_on_a_mannequin() -> None:
    assert "draft" in made("t-shirt").notes[0].lower() and "mannequin" in made("t-shirt").notes[0]


def test_a_face_reference_makes_a_drawn_person_and_a_mannequin_has_no_use_for_it() -> None:
    drawn = CreateFace(
        prompt="a woman with dark skin and short black hair, front view", size=Size(320, 320), mode=Mode.FAST, seed=3
    )
    face = DraftEngine().run(drawn, unwatched).image
    given = {"product_images": (product("t-shirt"),), "face_reference": face, "size": SIZE, "mode": Mode.FAST, "seed": 1}
    person, mannequin = (run(ProductToModel(prompt=words, **given), unwatched) for words in ("", "white mannequin"))
    assert any("face reference" in note and "drawn" in note for note in person.notes)
    assert "drawn" in str(person.details["figure"])
    assert any("no face" in note for note in mannequin.notes)
    assert "drawn" not in str(mannequin.details["figure"])


def test_a_face_reference_without_a_face_is_refused() -> None:
    blank = Image.new("RGB", (64, 64))
    with pytest.raises(PersonNotFound, match="face"):
        run(
            ProductToModel(product_images=(product("t-shirt"),), face_reference=blank, size=SIZE, mode=Mode.FAST, seed=1),
            unwatched,
        )


def test_the_background_is_the_one_that_was_asked_for() -> None:
    sage = to_float(pixels(made("t-shirt", "on a sage background").image))[8, 8]
    assert sage[1] > sage[0] > sage[2]
    beach = Image.new("RGB", (300, 200), (40, 90, 200))
    wanted = ProductToModel(product_images=(product("t-shirt"),), background_reference=beach, size=SIZE, mode=Mode.FAST, seed=1)
    corner = to_float(pixels(run(wanted, unwatched).image))[8, 8]
    assert corner == pytest.approx((40 / 255, 90 / 255, 200 / 255), abs=0.03)


def test_an_image_prompt_gives_its_background_colour() -> None:
    hint = scenery.suggested(Image.new("RGB", (200, 300), (200, 120, 80)))
    assert hint.backdrop == pytest.approx((200 / 255, 120 / 255, 80 / 255), abs=0.01)
    assert hint.warmth > 0.5 and hint.framing is None


def test_steps_are_counted_to_the_end_and_cancelling_stops() -> None:
    seen: list[tuple[int, int]] = []

    def watch(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        seen.append((step, of))
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(task(product("t-shirt")), watch)
    seen.clear()
    run(task(product("t-shirt")), lambda step, of, *_, **__: seen.append((step, of)))
    assert seen == sorted(seen) and seen[-1] == (4, 4)


def test_modes_differ_in_effort() -> None:
    efforts = [product_to_model._EFFORTS[mode] for mode in (Mode.FAST, Mode.BALANCED, Mode.QUALITY)]
    assert [each.body_pixels for each in efforts] == sorted({each.body_pixels for each in efforts})
    assert [each.canvas_pixels for each in efforts] == sorted({each.canvas_pixels for each in efforts})


@pytest.mark.parametrize(
    ("prompt", "field", "value"),
    [
        ("a woman in the studio", "sex", "woman"),
        ("full-length shot of a muscular man", "build", "athletic"),
        ("full-length shot of a muscular man", "framing", "full_body"),
        ("plus-size model, hand on her hip", "build", "plus"),
        ("plus-size model, hand on her hip", "pose", "hand_on_hip"),
        ("a grey store mannequin", "finish", "grey"),
        ("a black mannequin", "finish", "black"),
        ("a black woman with long hair", "finish", "dark"),
        ("a black woman with long hair", "hair", "long"),
        ("olive skin, waist up", "finish", "tan"),
        ("olive skin, waist up", "framing", "upper_body"),
        ("on a light gray background", "backdrop", (0.86, 0.86, 0.86)),
        ("grey trousers, white shirt", "backdrop", None),
        ("manual of mankind", "sex", None),
    ],
)
def test_prompts_are_read(prompt: str, field: str, value: object) -> None:
    assert getattr(wishes_of(prompt), field) == value


def test_light_is_read_from_words() -> None:
    assert wishes_of("warm light").warmth > 0 > wishes_of("cool overcast light").warmth
    assert wishes_of("dramatic hard light").hardness > 0 > wishes_of("soft light").hardness


def test_hands_come_out_of_their_sleeves_without_notching_the_cuffs() -> None:
    """In the last rows of each sleeve, no two stretches of it lie further apart than grain makes them."""
    image = run(task(product("sweater"), size=Size(400, 608), mode=Mode.BALANCED), unwatched).image
    worn = share_of(image, RED) > 0
    for half in (worn[:, :150], worn[:, 250:]):
        cuff = half[np.flatnonzero(half.sum(axis=1) > 9)[-16:]]
        assert max(int(np.diff(np.flatnonzero(row)).max()) for row in cuff) <= 2
