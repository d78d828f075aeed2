"""Edit: what it does with words, marks and references, and what it leaves alone."""

from functools import cache

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from pipelines.draft.edit import run
from pipelines.draft.edits.colours import colour_of
from pipelines.draft.edits.frame import lines_tilt
from pipelines.draft.edits.recolour import painted
from pipelines.draft.edits.region import enclosed, region_of
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Output, unwatched
from pipelines.errors import Cancelled, PictureUnsuitable, SubjectNotFound, UnsupportedTask
from pipelines.images import Bytes, Floats, Mask, picture, pixels, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import Edit
from pipelines.vision.rendering.scenes import Scene, render_scene
from tests.pipelines.matting_scenes import SHAPES, drawn, scene
from tests.pipelines.textures import brick

SIZE = Size(240, 320)


@cache
def product(backdrop: str = "grey", cloth: str = "red") -> Image.Image:
    return Image.fromarray(scene("shirt", cloth, backdrop, seed=1, height=SIZE.height, width=SIZE.width).rgb)


@cache
def inside() -> Mask:
    """Well inside the shirt of `product`."""
    alpha = drawn(SHAPES["shirt"], SIZE.height, SIZE.width)
    return cv2.erode((alpha > 0.5).astype(np.uint8), np.ones((13, 13), np.uint8)) > 0


@cache
def outside() -> Mask:
    """Well outside of it and of its shadow."""
    alpha = drawn(SHAPES["shirt"], SIZE.height, SIZE.width)
    return cv2.dilate((alpha > 0.01).astype(np.uint8), np.ones((61, 61), np.uint8)) == 0


@cache
def person() -> Scene:
    return render_scene(3, Size(320, 480), oversample=1)


def edit(prompt: str, image: Image.Image | None = None, **changes: object) -> Output:
    image = image or product()
    fields: dict[str, object] = {"size": Size(*image.size), "mode": Mode.FAST, "seed": 1, **changes}
    return run(Edit(image=image, prompt=prompt, **fields), unwatched)  # type: ignore[arg-type]


def values(output: Output) -> Bytes:
    return pixels(output.image)


def light(rgb: Bytes, where: Mask) -> float:
    return float(rgb[where].mean())


def mean(rgb: Bytes, where: Mask) -> Floats:
    return np.asarray(rgb[where].mean(axis=0), np.float32)


def box_mask(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    out = Image.new("L", image.size, 0)
    out.paste(255, box)
    return out


def circle(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    out = Image.new("RGBA", image.size, (0, 0, 0, 0))
    ImageDraw.Draw(out).ellipse(box, outline=(255, 0, 0, 255), width=3)
    return out


def test_the_engine_offers_it() -> None:
    assert DraftEngine().support("edit", Mode.FAST).ok


def test_a_background_colour_is_exact_and_the_subject_keeps_its_own() -> None:
    found, before = values(edit("#336699 background")), pixels(product())
    assert np.abs(found[:12, :12].astype(int) - (0x33, 0x66, 0x99)).max() <= 2
    assert np.abs(mean(found, inside()) - mean(before, inside())).max() < 4


def test_a_gradient_runs_from_the_first_to_the_second() -> None:
    found = values(edit("gradient background from white to navy")).astype(int)
    assert found[:6].mean() > found[-6:].mean() + 120


@pytest.mark.parametrize("prompt", ["marble background", "on a wooden table", "white studio", "arch background"])
def test_surfaces_and_sets_replace_what_is_behind(prompt: str) -> None:
    found, before = values(edit(prompt)).astype(int), pixels(product()).astype(int)
    assert np.abs(found - before)[outside()].mean() > 4
    assert np.abs(found - before)[inside()].mean() < 14


def test_the_place_of_a_reference_is_taken_with_its_warmth() -> None:
    context = Image.fromarray(
        (np.full((200, 160, 3), (1.0, 0.6, 0.3)) * np.linspace(90, 220, 160)[None, :, None]).astype(np.uint8)
    )
    output = edit("put it in this place", image_context=context)
    found, before = values(output).astype(int), pixels(product()).astype(int)
    assert found[:10, -10:].mean() > found[:10, :10].mean() + 60
    balance = [each[inside()].mean(axis=0) for each in (found, before)]
    assert balance[0][0] / balance[0][2] > 1.04 * balance[1][0] / balance[1][2]


def test_a_subject_on_a_new_ground_throws_a_shadow() -> None:
    found = values(edit("white background")).astype(int)
    near = ~outside() & ~(drawn(SHAPES["shirt"], SIZE.height, SIZE.width) > 0.01)
    assert found[near].min() < found[outside()].mean() - 8


@pytest.mark.parametrize(("prompt", "sign"), [("warmer", 1), ("cooler", -1), ("much warmer light", 1), ("golden hour", 1)])
def test_warmth(prompt: str, sign: int) -> None:
    found, before = values(edit(prompt)).astype(int), pixels(product()).astype(int)
    change = (found[..., 0] - found[..., 2]) - (before[..., 0] - before[..., 2])
    assert sign * change[outside()].mean() > 8


@pytest.mark.parametrize(
    ("prompt", "sign"), [("brighter", 1), ("darker", -1), ("moody", -1), ("high key", 1), ("dramatic light", -1)]
)
def test_brightness(prompt: str, sign: int) -> None:
    image = product("wood", "navy")
    assert sign * (values(edit(prompt, image)).mean() - pixels(image).mean()) > 4


def test_black_and_white_has_no_colour() -> None:
    found = values(edit("black and white")).astype(int)
    assert (found.max(axis=2) - found.min(axis=2)).max() <= 1


def test_amounts_are_heard() -> None:
    slight, plain, strong = (values(edit(f"{word} darker")).mean() for word in ("slightly", "", "much"))
    assert slight > plain > strong


def test_contrast_and_saturation() -> None:
    image = product("gradient")
    before = pixels(image).astype(float)
    assert values(edit("more contrast", image)).std() > before.std() + 2 > values(edit("less contrast", image)).std() + 2
    spread = np.ptp(before, axis=2).mean()
    assert np.ptp(values(edit("vibrant", image)).astype(float), axis=2).mean() > spread
    assert np.ptp(values(edit("desaturated", image)).astype(float), axis=2).mean() < spread


def test_only_the_background_is_darkened() -> None:
    found, before = values(edit("darken the background")), pixels(product())
    assert light(found, outside()) < light(before, outside()) - 20
    assert np.array_equal(found[inside()], before[inside()])


def test_only_the_background_is_blurred_and_the_subject_does_not_bleed() -> None:
    image = product("street")
    found, before = values(edit("blur the background", image)).astype(float), pixels(image).astype(float)
    where = outside()
    detail = [np.abs(np.diff(each, axis=1)).mean(axis=2)[:, 1:][where[:, 2:]].mean() for each in (found, before)]
    assert detail[0] < 0.75 * detail[1]


def test_recolouring_keeps_folds_and_changes_nothing_else() -> None:
    found, before = values(edit("make the shirt navy")), pixels(product())
    assert np.abs(mean(found, inside()) / 255 - colour_of("navy").rgb).max() < 0.09
    folds = [
        cv2.GaussianBlur(each, (0, 0), 2).mean(axis=2)[inside()] for each in (found.astype(np.float32), before.astype(np.float32))
    ]
    assert np.corrcoef(*folds)[0, 1] > 0.9
    assert np.array_equal(found[outside()], before[outside()])


@pytest.mark.parametrize(("cloth", "name"), [("white", "navy"), ("navy", "yellow"), ("grey", "red"), ("red", "white")])
def test_light_cloth_gets_dark_and_dark_cloth_light(cloth: str, name: str) -> None:
    image = product("wood", cloth)
    found = values(edit(f"make it {name}", image))
    assert np.abs(mean(found, inside()) / 255 - colour_of(name).rgb).max() < 0.16


def test_a_print_of_another_hue_stays() -> None:
    rgb = np.full((80, 120, 3), (0.7, 0.15, 0.15), np.float32)
    rgb[30:50, 40:80] = (0.1, 0.35, 0.75)
    rgb[60:70, 40:80] = (0.95, 0.95, 0.95)
    cover = np.ones((80, 120), np.float32)
    found = painted(rgb, rgb, cover, colour_of("green"))
    assert np.abs(found[36:44, 46:74] - rgb[36:44, 46:74]).max() < 0.02
    assert np.abs(found[63:67, 46:74] - rgb[63:67, 46:74]).max() < 0.02
    assert np.abs(found[10, 10] - colour_of("green").rgb).max() < 0.05


def test_a_garment_on_a_person_is_the_one_that_is_named() -> None:
    shot = person()
    image, parts = picture(shot.person), shot.figure.body.parts
    before = pixels(image).astype(int)
    upper = cv2.erode((parts == 8).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    lower = cv2.erode((parts == 9).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    moved = np.abs(values(edit("make the trousers emerald", image)).astype(int) - before).mean(axis=2)
    assert (moved[lower] > 8).mean() > 0.6
    assert (moved[upper] > 8).mean() < 0.15


def test_outside_a_mask_every_pixel_is_the_source_s() -> None:
    image, box = product(), (60, 90, 150, 200)
    mask = box_mask(image, box)
    keep = np.asarray(mask) == 0
    for prompt in ("make it blue", "darker", "blur", "remove this", "navy background", "sharpen", "film look", "black and white"):
        found = values(edit(prompt, image, mask=mask))
        assert np.array_equal(found[keep], pixels(image)[keep]), prompt
        assert not np.array_equal(found, pixels(image)), prompt


def test_a_circle_is_filled_in_and_what_it_held_is_gone() -> None:
    clean = to_float(np.full((240, 200, 3), (200, 196, 190), np.uint8))
    clean += np.random.default_rng(0).normal(0, 0.008, (240, 200, 1)).astype(np.float32)
    marked = clean.copy()
    cv2.circle(marked, (100, 120), 18, (0.1, 0.2, 0.6), -1, cv2.LINE_AA)
    image = picture(marked)
    output = edit("remove the object I circled", image, annotations=circle(image, (72, 92, 128, 148)))
    found = to_float(values(output))
    assert np.abs(found - clean)[100:140, 80:120].mean() < 0.02
    assert np.array_equal(values(output)[:80], pixels(image)[:80])


def test_on_brick_the_fill_is_brick() -> None:
    wall = brick(240, 320, 2)
    image = picture(np.where(np.hypot(*np.mgrid[-120:120, -160:160])[..., None] < 24, np.float32([0.1, 0.3, 0.9]), wall))
    found = values(edit("remove it", image, mask=box_mask(image, (130, 90, 190, 150)))).astype(int)
    assert not (found[..., 2] > found[..., 0] + 60).any()
    first, other = (values(edit("remove it", image, seed=seed, mask=box_mask(image, (130, 90, 190, 150)))) for seed in (1, 2))
    assert not np.array_equal(first, other)


def test_removing_needs_a_mark() -> None:
    with pytest.raises(UnsupportedTask, match="isn't marked; draw around it"):
        edit("remove the logo")
    with pytest.raises(UnsupportedTask, match="mark only what is to go"):
        edit("remove this", mask=Image.new("L", product().size, 255))


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("add a hat", "adding things"),
        ("turn the model slightly left", "another pose"),
        ("a different model", "Model Swap"),
        ("outdoor cafe in Paris", "image_context"),
        ("xyzzy plugh", "nothing in the prompt was understood"),
        ("match the colours of the reference", "image_context"),
    ],
)
def test_what_can_t_be_done_is_refused_with_what_can(prompt: str, words: str) -> None:
    with pytest.raises(UnsupportedTask, match=words):
        edit(prompt)


def test_what_is_understood_is_done_and_the_rest_is_said() -> None:
    output = edit("navy background and add a hat, frobnicated")
    assert output.details["edits"] == "background"
    assert any("adding things" in note for note in output.notes)
    assert any("frobnicated" in note for note in output.notes)
    assert output.notes[0].startswith("Draft")


def test_one_failing_edit_of_two_is_a_note() -> None:
    output = edit("darker and remove the logo")
    assert output.details["edits"] == "darker"
    assert any("isn't marked" in note for note in output.notes)


def test_several_edits_are_done_in_order() -> None:
    assert edit("navy background, warmer light and sharpen").details["edits"] == "background, warm, sharpen"


def test_flipping_twice_is_nothing_and_turning_is_turning() -> None:
    before = pixels(product())
    assert np.array_equal(values(edit("flip it"))[:, ::-1], before)
    assert np.array_equal(values(edit("rotate 180 degrees"))[::-1, ::-1], before)
    turned = values(edit("rotate 90 degrees clockwise"))
    assert turned.shape == before.shape


def test_zooming_in_makes_the_subject_larger_and_out_smaller() -> None:
    def share(output: Output) -> float:
        rgb = values(output).astype(int)
        return float((rgb[..., 0] - rgb[..., 1] > 60).mean())

    plain = share(edit("slightly darker"))
    assert share(edit("zoom in 1.5x")) > 1.5 * plain
    assert share(edit("zoom out")) < 0.75 * plain


def test_a_tilt_is_found_and_taken_back() -> None:
    rows = np.arange(300)[:, None, None]
    level = np.broadcast_to(np.where(rows < 180, (190, 190, 185), (90, 80, 70)), (300, 400, 3)).astype(np.uint8)
    tilted = Image.fromarray(level).rotate(-4, Image.Resampling.BICUBIC).crop((30, 30, 370, 270))
    assert lines_tilt(np.asarray(tilted)) == pytest.approx(-4, abs=0.4)
    straight = values(edit("straighten it", tilted))
    assert abs(lines_tilt(straight)) < 0.5


def test_shadows_come_and_go() -> None:
    image = product("white")
    before = pixels(image).astype(int)
    assert values(edit("add a soft shadow", image)).astype(int)[~inside()].mean() < before[~inside()].mean() - 0.4
    cleared = values(edit("remove the shadow", product())).astype(int)
    around = ~inside() & (drawn(SHAPES["shirt"], SIZE.height, SIZE.width) < 0.01)
    assert cleared[around].std() < pixels(product()).astype(int)[around].std()


def test_sharpening_and_denoising() -> None:
    image = product("wood")

    def detail(rgb: Bytes) -> float:
        return float(np.abs(cv2.Laplacian(rgb.astype(np.float32).mean(axis=2), cv2.CV_32F)).mean())

    assert detail(values(edit("sharpen", image))) > 1.15 * detail(pixels(image))
    assert detail(values(edit("denoise", image))) < 0.9 * detail(pixels(image))


def test_a_marked_thing_beside_the_subject_gives_way_to_the_backdrop_not_to_cloth() -> None:
    """Such a thing stands out from the backdrop as the subject does, but it is what is to go."""
    clean = pixels(product())
    before = cv2.circle(clean.copy(), (26, 296), 14, (60, 150, 230), -1, cv2.LINE_AA)
    hole = np.zeros(clean.shape[:2], np.uint8)
    cv2.circle(hole, (26, 296), 19, 255, -1)
    assert (hole[outside()] > 0).sum() == (hole > 0).sum()
    found = values(edit("remove the marked object", Image.fromarray(before), mask=Image.fromarray(hole)))
    assert np.abs(mean(found, hole > 0) - mean(clean, hole > 0)).max() < 3


def test_a_removed_background_is_transparent() -> None:
    image = edit("remove the background").image
    assert image.mode == "RGBA"
    alpha = np.asarray(image)[..., 3]
    assert alpha[inside()].min() > 250 and alpha[outside()].max() < 5


def test_a_transparent_picture_stays_so() -> None:
    cut = Image.new("RGBA", (120, 160), (0, 0, 0, 0))
    cut.paste((30, 80, 140, 255), (20, 20, 100, 140))
    output = edit("darker", cut)
    assert np.array_equal(np.asarray(output.image)[..., 3], np.asarray(cut)[..., 3])
    assert edit("beige background", cut).image.mode == "RGB"


@pytest.mark.parametrize("prompt", ["dramatic light", "film look", "marble background", "golden hour", "add a shadow"])
def test_the_seed_shows_where_there_is_choice(prompt: str) -> None:
    first, again = (values(edit(prompt, seed=4)) for _ in range(2))
    assert np.array_equal(first, again)
    assert any(not np.array_equal(first, values(edit(prompt, seed=seed))) for seed in (5, 6, 7))


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_gives_the_size_asked_for(mode: Mode) -> None:
    output = edit("navy background", mode=mode, size=Size(300, 400))
    assert output.image.size == (300, 400)
    assert edit("darker", mode=mode, size=Size(120, 160)).image.size == (120, 160)


@pytest.mark.parametrize("field", ["mask", "annotations"])
def test_marks_of_another_size_are_refused(field: str) -> None:
    with pytest.raises(PictureUnsuitable, match=f"{field} is 50 x 50 pixels"):
        edit("darker", **{field: Image.new("RGBA", (50, 50), (255, 255, 255, 255))})


def test_an_empty_mask_is_refused() -> None:
    with pytest.raises(PictureUnsuitable, match="no white in it"):
        edit("darker", mask=Image.new("L", product().size, 0))


def test_a_background_needs_a_subject() -> None:
    with pytest.raises(SubjectNotFound):
        edit("navy background", Image.new("RGB", (160, 160), "white"))


def test_cancelling_is_honoured_between_edits() -> None:
    def watch(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if step == 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(Edit(image=product(), prompt="darker, warmer", size=SIZE, mode=Mode.FAST, seed=0), watch)


def strokes(*lines: list[tuple[int, int]]) -> Mask:
    canvas = Image.new("L", (200, 160))
    for line in lines:
        ImageDraw.Draw(canvas).line(line, fill=255, width=3)
    return np.asarray(canvas) > 0


def test_closed_and_nearly_closed_curves_are_filled_and_strokes_are_not() -> None:
    box = [(50, 40), (150, 40), (150, 120), (50, 120)]
    assert enclosed(strokes([*box, (50, 40)]))[80, 100]
    assert enclosed(strokes([*box, (50, 45)]))[80, 100]
    line = enclosed(strokes([(20, 80), (180, 80)]))
    assert line[80, 100] and not line[60, 100]


def test_a_drawing_over_the_photo_itself_is_read_from_the_difference() -> None:
    image = product()
    drawing = image.copy()
    ImageDraw.Draw(drawing).ellipse((90, 110, 150, 180), outline=(0, 255, 0), width=4)
    task = Edit(image=image, prompt="x", annotations=drawing, size=SIZE, mode=Mode.FAST, seed=0)
    region = region_of(task, SIZE)
    assert region is not None
    assert region[145, 120] == 1
    assert region[40, 40] == 0
