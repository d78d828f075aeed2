"""Reframe: what is kept, what is never cut, and exact sizes."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from skimage import data

from pipelines.draft.reframe import Placement, placed, run
from pipelines.engine import Output, unwatched
from pipelines.images import Floats, picture, pixels, resized, to_float
from pipelines.sizes import ASPECT_RATIOS, Mode, Size, Tier, ratio_of, size_for
from pipelines.tasks import Reframe
from pipelines.vision.content import Box, Content, Side, content_of
from pipelines.vision.upsample import enlarge

CLOTH = np.array([0.72, 0.16, 0.22], np.float32)


def scene(width: int, height: int, box: Box, seed: int = 0) -> Image.Image:
    """A red cloth in `box` before a grey studio backdrop with grain."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    rgb: Floats = np.repeat((0.78 + 0.05 * x / width - 0.06 * y / height)[..., None], 3, axis=2)
    middle = ((box.left + box.right) / 2, (box.top + box.bottom) / 2)
    folds = 0.06 * np.sin((x - middle[0]) / 9)[..., None]
    rgb[box.top : box.bottom, box.left : box.right] = (CLOTH + folds)[box.top : box.bottom, box.left : box.right]
    return picture((rgb + np.random.default_rng(seed).normal(0, 0.006, rgb.shape)).astype(np.float32))


def reframe(image: Image.Image, size: Size, mode: Mode = Mode.FAST) -> Output:
    return run(Reframe(image=image, size=size, mode=mode, seed=3), unwatched)


def cloth_in(image: Image.Image) -> Box:
    """Where the red is in a picture."""
    rgb = pixels(image).astype(int)
    red = (rgb[..., 0] - rgb[..., 1] > 60).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(red)
    return Box(left, top, left + width, top + height)


def content(box: Box, *cut: Side, width: int = 2000, height: int = 2000) -> Content:
    mask = np.zeros((height, width), bool)
    mask[box.top : box.bottom, box.left : box.right] = True
    return Content(box, frozenset(cut), mask)


BOXES = (Box(80, 60, 220, 340), Box(20, 140, 280, 300), Box(120, 160, 180, 240))


@pytest.mark.parametrize(("ratio", "box"), [(ratio, BOXES[number % 3]) for number, ratio in enumerate(ASPECT_RATIOS)])
def test_the_size_is_exact_and_the_subject_whole(ratio: str, box: Box) -> None:
    value = float(ratio_of(ratio))
    size = Size(round(360 * value**0.5), round(360 / value**0.5))
    output = reframe(scene(300, 400, box), size)
    assert output.image.size == (size.width, size.height)
    found, wanted = cloth_in(output.image), box.size.ratio
    assert abs(found.size.ratio / wanted - 1) < 0.06, "cut, or squeezed"


@settings(max_examples=200, deadline=None)
@given(
    source=st.tuples(st.integers(64, 2000), st.integers(64, 2000)).filter(lambda each: max(each) <= 6 * min(each)),
    corners=st.tuples(*[st.floats(0, 1)] * 4),
    tier=st.sampled_from(list(Tier)),
    ratio=st.sampled_from(ASPECT_RATIOS),
    cut=st.sets(st.sampled_from(["left", "top", "right", "bottom"])),
)
def test_a_placement_always_holds_the_content_and_fills_the_canvas(
    source: tuple[int, int], corners: tuple[float, ...], tier: Tier, ratio: str, cut: set[Side]
) -> None:
    width, height = source
    (left, right), (top, bottom) = sorted(corners[:2]), sorted(corners[2:])
    box = Box(int(left * (width - 1)), int(top * (height - 1)), int(right * (width - 1)) + 1, int(bottom * (height - 1)) + 1)
    target = size_for(tier, ratio_of(ratio))
    found = placed(Size(width, height), target, Content(box, frozenset(cut), np.zeros((1, 1), bool)))
    assert found.window.holds(box)
    assert Box(0, 0, width, height).holds(found.window)
    assert Box(0, 0, target.width, target.height).holds(found.place)
    stretch = (found.place.size.width / found.window.size.width) / (found.place.size.height / found.window.size.height)
    slack = 1 / min(found.window.size.width, found.window.size.height, found.place.size.width, found.place.size.height)
    assert abs(stretch - 1) < 0.005 + 2 * slack


def test_a_subject_that_fits_is_cropped_to() -> None:
    output = reframe(scene(300, 400, Box(90, 120, 210, 280)), Size(320, 320))
    assert output.notes[0].startswith("Cropped from 300 x 400 to 300 x 300")


def test_a_subject_that_does_not_fit_gets_more_background() -> None:
    output = reframe(scene(300, 400, Box(90, 20, 210, 390)), Size(480, 270))
    assert output.notes[0].startswith("Expanded at the left and right")


def test_at_scale_1_every_source_pixel_is_kept() -> None:
    image = scene(300, 400, Box(90, 20, 210, 385))
    output = reframe(image, Size(400, 400))
    place = [output.details[f"kept_{side}"] for side in ("left", "top", "right", "bottom")]
    assert output.details["scale"] == 1
    assert np.array_equal(pixels(output.image.crop(place)), pixels(image))


def test_a_size_slightly_above_the_source_keeps_its_pixels_too() -> None:
    image = scene(300, 400, Box(90, 20, 210, 385))
    assert reframe(image, Size(560, 416)).details["scale"] == 1


@pytest.mark.parametrize("size", [Size(300, 200), Size(900, 600)])
def test_at_other_scales_the_kept_part_equals_the_resized_source(size: Size) -> None:
    image = scene(300, 400, Box(90, 20, 210, 390))
    output = reframe(image, size)
    kept = output.image.crop([output.details[f"kept_{side}"] for side in ("left", "top", "right", "bottom")])
    wanted = (
        enlarge(to_float(pixels(image)), Size(*kept.size))
        if size.height > 400
        else resized(to_float(pixels(image)), Size(*kept.size))
    )
    assert np.abs(to_float(pixels(kept)) - wanted).max() < 1 / 255


@pytest.mark.parametrize(
    ("cut", "at"),
    [({"bottom"}, "bottom"), ({"top"}, "top"), ({"top", "bottom"}, "middle"), (set(), "middle")],
)
def test_a_subject_cut_by_a_side_stays_at_that_side(cut: set[Side], at: str) -> None:
    found = placed(Size(300, 300), Size(300, 600), content(Box(10, 0, 290, 300), *cut)).place
    assert {"bottom": found.bottom == 600, "top": found.top == 0, "middle": found.top == 150}[at]


def test_sides_anchor_like_top_and_bottom() -> None:
    assert placed(Size(300, 300), Size(600, 300), content(Box(0, 5, 200, 295), "left")).place.left == 0
    assert placed(Size(300, 300), Size(600, 300), content(Box(100, 5, 300, 295), "right")).place.right == 600


def test_a_subject_cut_at_both_ends_is_cropped_tightly_rather_than_left_floating() -> None:
    found = placed(Size(300, 400), Size(450, 800), content(Box(40, 0, 262, 400), "top", "bottom"))
    assert found == Placement(Box(38, 0, 263, 400), Box(0, 0, 450, 800))


def test_an_off_centre_subject_comes_to_the_middle() -> None:
    found = placed(Size(300, 300), Size(600, 300), content(Box(20, 5, 120, 295)))
    assert found.place.left == 230


def test_the_person_cropped_at_the_thighs_does_not_float() -> None:
    image = scene(400, 400, Box(60, 60, 340, 400))
    output = reframe(image, Size(280, 500))
    assert cloth_in(output.image).bottom == 500


def test_transparent_pictures_get_transparent_margins() -> None:
    image = scene(200, 300, Box(60, 20, 140, 285)).convert("RGBA")
    alpha = Image.new("L", image.size)
    alpha.paste(255, (60, 20, 140, 285))
    image.putalpha(alpha)
    output = reframe(image, Size(400, 300))
    opacity = np.asarray(output.image)[..., 3]
    assert output.image.mode == "RGBA"
    assert opacity[:, :100].max() == 0
    assert opacity[150, 200] == 255


def test_nothing_to_do_is_no_note() -> None:
    image = scene(320, 320, Box(90, 90, 230, 230))
    output = reframe(image, Size(320, 320))
    assert output.notes == ()
    assert np.array_equal(pixels(output.image), pixels(image))


def test_the_same_seed_gives_the_same_picture() -> None:
    image = scene(200, 260, Box(60, 10, 140, 255))
    assert np.array_equal(pixels(reframe(image, Size(400, 260)).image), pixels(reframe(image, Size(400, 260)).image))


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_enlarges(mode: Mode) -> None:
    assert reframe(scene(120, 160, Box(40, 10, 80, 155)), Size(300, 240), mode).image.size == (300, 240)


def test_content_is_the_subjects_box() -> None:
    box = Box(90, 70, 210, 300)
    found = content_of(scene(300, 400, box))
    assert (
        max(
            abs(a - b)
            for a, b in zip((found.box.left, found.box.top, found.box.right, found.box.bottom), (90, 70, 210, 300), strict=True)
        )
        <= 4
    )
    assert found.cut == frozenset()


def test_a_subject_at_the_lower_edge_is_seen_as_cut() -> None:
    assert content_of(scene(300, 400, Box(90, 100, 210, 400))).cut == {"bottom"}


def test_a_person_in_a_busy_picture_is_kept_from_head_to_the_lower_edge() -> None:
    found = content_of(Image.fromarray(data.astronaut()))
    assert found.box.holds(Box(170, 60, 280, 512))
    assert found.cut == {"bottom"}


def test_an_empty_picture_has_no_content() -> None:
    found = content_of(scene(200, 200, Box(0, 0, 0, 0)))
    assert not found.found
    assert found.box == Box(50, 50, 150, 150)
