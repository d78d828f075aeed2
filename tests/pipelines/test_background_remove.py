"""Background Remove as a tool: sizes, colours, transparency, words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipelines.draft import background_remove
from pipelines.engine import Output, unwatched
from pipelines.errors import Cancelled, SubjectNotFound
from pipelines.sizes import Mode, Size
from pipelines.tasks import BackgroundRemove
from tests.pipelines.matting_scenes import Scene, intersection_over_union, scene


def _run(image: Image.Image, size: Size | None = None, color: str | None = None, mode: Mode = Mode.FAST) -> Output:
    wanted = size or Size(*image.size)
    return background_remove.run(BackgroundRemove(image=image, color=color, size=wanted, mode=mode, seed=0), unwatched)


@pytest.fixture(scope="module")
def blob() -> Scene:
    return scene("blob", "red", "grey", seed=1, height=301, width=227)


def test_output_is_transparent_and_of_the_picture_s_own_odd_size(blob: Scene) -> None:
    image = _run(Image.fromarray(blob.rgb)).image
    assert (image.mode, image.size) == ("RGBA", (227, 301))
    assert intersection_over_union(np.asarray(image)[..., 3] / np.float32(255), blob.alpha) > 0.97


@pytest.mark.parametrize("color", ["#1e90ff", "#ffffff", "#000000"])
def test_colour_is_exact_where_nothing_is(blob: Scene, color: str) -> None:
    image = _run(Image.fromarray(blob.rgb), color=color).image
    assert image.mode == "RGB"
    expected = tuple(int(color[k : k + 2], 16) for k in (1, 3, 5))
    pixels = np.asarray(image)
    assert (pixels[:20] == expected).all() and (pixels[-20:] == expected).all()


def test_subject_s_inner_pixels_are_untouched(blob: Scene) -> None:
    cut = np.asarray(_run(Image.fromarray(blob.rgb)).image)
    inside = cut[..., 3] == 255
    assert inside.any()
    assert np.array_equal(cut[inside][:, :3], blob.rgb[inside])


def test_transparency_that_comes_with_the_picture_is_kept(blob: Scene) -> None:
    alpha = np.zeros((301, 227), np.uint8)
    alpha[50:200, 60:120] = 130
    output = _run(Image.fromarray(np.dstack([blob.rgb, alpha])))
    assert np.array_equal(np.asarray(output.image)[..., 3], alpha)
    assert any("transparency" in note for note in output.notes)


def test_a_downscale_is_stated(blob: Scene) -> None:
    output = _run(Image.fromarray(blob.rgb), Size(114, 151))
    assert output.image.size == (114, 151)
    assert any("227 x 301" in note and "114 x 151" in note for note in output.notes)


def test_an_enlarged_cut_out_has_no_fringe(blob: Scene) -> None:
    image = np.asarray(_run(Image.fromarray(blob.rgb), Size(454, 602)).image)
    edge = (image[..., 3] > 60) & (image[..., 3] < 200)
    assert image.shape == (602, 454, 4)
    assert image[edge][:, 0].mean() > 120 and image[edge][:, 1].mean() < 80


def test_details_carry_confidence_and_share(blob: Scene) -> None:
    details = _run(Image.fromarray(blob.rgb)).details
    assert float(details["confidence"]) > 0.5
    assert abs(float(details["subject_share"]) - float(blob.alpha.mean())) < 0.02


def test_low_confidence_is_said() -> None:
    busy = scene("shirt", "red", "street", seed=0, height=320, width=240)
    output = _run(Image.fromarray(busy.rgb))
    assert float(output.details["confidence"]) < 0.7
    if float(output.details["confidence"]) < 0.5:
        assert any("hardly stands out" in note for note in output.notes)


def test_a_plain_colour_has_no_subject() -> None:
    with pytest.raises(SubjectNotFound):
        _run(Image.new("RGB", (200, 200), "#d0d0d0"))


def test_progress_rises_to_the_end(blob: Scene) -> None:
    seen: list[tuple[int, int]] = []

    def watch(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        seen.append((step, of))

    task = BackgroundRemove(image=Image.fromarray(blob.rgb), size=Size(227, 301), mode=Mode.BALANCED, seed=0)
    background_remove.run(task, watch)
    assert [step for step, _ in seen] == sorted(step for step, _ in seen)
    assert seen[-1] == (4, 4) and len(seen) >= 4


@pytest.mark.parametrize("stop_at", [0, 1, 2, 3])
def test_cancelling_ends_it_at_any_step(blob: Scene, stop_at: int) -> None:
    def watch(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if step >= stop_at:
            raise Cancelled

    task = BackgroundRemove(image=Image.fromarray(blob.rgb), size=Size(227, 301), mode=Mode.FAST, seed=0)
    with pytest.raises(Cancelled):
        background_remove.run(task, watch)


@settings(max_examples=8, deadline=None)
@given(st.integers(40, 260), st.integers(40, 260))
def test_every_size_is_exact(width: int, height: int) -> None:
    picture = Image.new("RGB", (120, 140), "#f0f0f0")
    picture.paste((20, 80, 40), (35, 40, 85, 100))
    assert _run(picture, Size(width, height)).image.size == (width, height)
