"""What a person says of a picture is carried out to the pixel, and spreads over what was meant."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pipelines.errors import SubjectNotFound
from pipelines.images import Bytes
from pipelines.sizes import Mode, Size
from pipelines.vision.mattes.hints import Hints, hints_of, unsaid
from pipelines.vision.mattes.matting import matte, matte_of
from tests.pipelines.matting_scenes import scene

SIZE = Size(240, 320)


def drawing(colour: str, *strokes: tuple[tuple[int, int], ...], size: Size = SIZE, width: int = 8) -> Image.Image:
    canvas = Image.new("RGBA", (size.width, size.height), (0, 0, 0, 0))
    for stroke in strokes:
        ImageDraw.Draw(canvas).line(stroke, fill=colour, width=width)
    return canvas


def two_items() -> Bytes:
    rgb = np.full((SIZE.height, SIZE.width, 3), 232, np.uint8)
    rgb[60:260, 30:120] = (150, 40, 45)
    rgb[110:240, 160:220] = (40, 70, 140)
    return rgb


def alpha_with(box: tuple[float, float, float, float] | None = None, scribble: Image.Image | None = None) -> np.ndarray:
    return matte(two_items(), Mode.FAST, hints=hints_of(SIZE, box, scribble)).alpha


@pytest.mark.parametrize(
    ("colour", "dropped"), [("#ff0000", True), ("#e02030", True), ("#00ff00", False), ("#0000ff", False), ("#ffffff", False)]
)
def test_red_drops_and_every_other_colour_keeps(colour: str, dropped: bool) -> None:
    hints = hints_of(SIZE, None, drawing(colour, ((20, 20), (200, 20))))
    assert hints.drop[20, 100] == dropped
    assert hints.keep[20, 100] != dropped
    assert not (hints.keep & hints.drop).any()
    assert not hints.keep[200:].any()


def test_a_drawing_of_another_size_is_stretched_over_the_picture() -> None:
    hints = hints_of(SIZE, None, drawing("#00ff00", ((50, 0), (50, 99)), size=Size(100, 100)))
    assert hints.keep[160, 120]
    assert not hints.keep[160, 60]


def test_on_an_opaque_drawing_only_vivid_red_and_green_count() -> None:
    photo = Image.fromarray(np.full((SIZE.height, SIZE.width, 3), (170, 150, 140), np.uint8))
    ImageDraw.Draw(photo).line(((20, 20), (200, 20)), fill="#00e000", width=8)
    ImageDraw.Draw(photo).line(((20, 90), (200, 90)), fill="#f01010", width=8)
    hints = hints_of(SIZE, None, photo)
    assert hints.keep[20, 100] and hints.drop[90, 100]
    assert np.count_nonzero(hints.keep) < 3000 and np.count_nonzero(hints.drop) < 3000


def test_nothing_said_is_no_hint() -> None:
    assert not unsaid(SIZE).said
    assert not hints_of(SIZE, None, Image.new("RGBA", (9, 9), (0, 0, 0, 0))).said
    assert hints_of(SIZE, (0.1, 0.1, 0.9, 0.9), None).said


def test_nothing_is_left_outside_a_box() -> None:
    alpha = alpha_with(box=(0.05, 0.1, 0.55, 0.9))
    assert alpha[:, 132:].max() == 0
    assert alpha[70:250, 40:110].min() > 0.95


def test_a_red_stroke_drops_the_item_it_is_drawn_on() -> None:
    alpha = alpha_with(scribble=drawing("#ff0000", ((180, 150), (200, 200))))
    assert alpha[120:230, 165:215].max() < 0.05
    assert alpha[70:250, 40:110].min() > 0.95


def test_a_green_stroke_keeps_what_would_go() -> None:
    rgb = np.full((SIZE.height, SIZE.width, 3), 232, np.uint8)
    rgb[60:260, 30:120] = (150, 40, 45)
    rgb[120:200, 160:220] = (226, 226, 225)
    scribble = drawing("#00c040", ((170, 160), (210, 160)), width=20)
    kept = matte(rgb, Mode.FAST, hints=hints_of(SIZE, None, scribble)).alpha
    assert kept[154:166, 175:205].min() == 1
    assert kept[70:250, 40:110].min() > 0.95


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["white", "street"]))
def test_strokes_are_obeyed_to_the_pixel_wherever_they_are(seed: int, backdrop: str) -> None:
    rng = np.random.default_rng(seed)
    rgb = scene("blob", "red", backdrop, seed=1, height=160, width=120).rgb
    keep, drop = (np.zeros((160, 120), np.bool_) for _ in range(2))
    for mask in (keep, drop):
        y, x = int(rng.integers(5, 140)), int(rng.integers(5, 100))
        mask[y : y + 12, x : x + 12] = True
    keep &= ~drop
    alpha = matte(rgb, Mode.FAST, hints=Hints(keep, drop)).alpha
    assert alpha[keep].min(initial=1) == 1
    assert alpha[drop].max() == 0


def test_hints_find_a_subject_where_nothing_stands_out() -> None:
    flat = np.full((SIZE.height, SIZE.width, 3), 200, np.uint8)
    with pytest.raises(SubjectNotFound):
        matte(flat, Mode.FAST)
    hints = Hints(np.zeros(flat.shape[:2], np.bool_), np.zeros(flat.shape[:2], np.bool_))
    hints.keep[100:220, 80:160] = True
    assert matte(flat, Mode.FAST, hints=hints).alpha[110:210, 90:150].min() == 1


def test_a_picture_s_own_transparency_obeys_too() -> None:
    image = Image.fromarray(np.dstack([two_items(), np.full((SIZE.height, SIZE.width), 180, np.uint8)]))
    alpha = matte_of(image, Mode.FAST, hints=hints_of(SIZE, (0, 0, 0.5, 1), None)).alpha
    assert alpha[:, 120:].max() == 0
    assert np.allclose(alpha[:, :119], 180 / 255)
