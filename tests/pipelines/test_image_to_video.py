"""Image to Video as the studio calls it: the clip, what is said of it, progress and cancellation."""

from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipelines.draft import image_to_video
from pipelines.draft.engine import DraftEngine
from pipelines.engine import Output, unwatched
from pipelines.errors import Cancelled, PersonNotFound, UnsupportedTask
from pipelines.frames import frames
from pipelines.sizes import Mode, Size
from pipelines.tasks import ImageToVideo

SAMPLES = Path(__file__).parents[2] / "workbench" / "ui" / "samples"
SIZE = Size(160, 240)


@cache
def sample(name: str) -> Image.Image:
    with Image.open(SAMPLES / f"{name}.webp") as file:
        return file.convert("RGB")


def task(name: str = "garment-floral-dress", **changes: Any) -> ImageToVideo:
    size = SIZE if name.startswith("person") else Size(160, 200)
    return replace(ImageToVideo(image=sample(name), size=size, mode=Mode.BALANCED, seed=4), **changes)


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for a face takes seconds; what is not about persons goes without."""

    def missing(*_: object) -> None:
        raise PersonNotFound("nobody")

    monkeypatch.setattr(image_to_video, "read_person", missing)


@pytest.fixture(scope="module")
def person() -> Output:
    return image_to_video.run(task("person-plain-tee", prompt="gentle breeze"), unwatched)


@pytest.fixture(scope="module")
def clip(person: Output) -> list[np.ndarray]:
    assert person.video is not None
    return [np.asarray(each).astype(np.float64) for each in frames(person.video)]


def fidelity(shown: np.ndarray, image: Image.Image) -> float:
    """PSNR in dB against a picture brought to the frame's size."""
    fitted = np.asarray(image.resize((shown.shape[1], shown.shape[0]), Image.Resampling.BOX)).astype(float)
    return float(10 * np.log10(255**2 / ((shown - fitted) ** 2).mean()))


def flicker(clip: list[np.ndarray]) -> float:
    """Mean of |2 b - a - c| over three frames in a row, in levels of 255: motion that goes on has little of it, a flash has much."""
    return float(np.mean([np.abs(2 * b - a - c).mean() for a, b, c in zip(clip, clip[1:], clip[2:], strict=False)]))


def test_a_clip_has_its_exact_length_and_size(clip: list[np.ndarray], person: Output) -> None:
    assert len(clip) == 120
    assert {each.shape for each in clip} == {(240, 160, 3)}
    assert person.image.size == (160, 240) and person.image.mode == "RGB"
    assert person.details["subject"] == "person"


def test_the_first_frame_and_the_poster_are_the_picture(clip: list[np.ndarray], person: Output) -> None:
    picture = sample("person-plain-tee")
    assert fidelity(clip[0], picture) > 34
    assert fidelity(np.asarray(person.image).astype(float), picture) > 36
    assert np.abs(clip[0] - np.asarray(person.image)).mean() < 2


def test_it_moves_steadily_and_does_not_flicker(clip: list[np.ndarray]) -> None:
    steps = [np.abs(b - a).mean() for a, b in pairwise(clip)]
    assert np.mean(steps) > 0.1
    assert max(steps) < 4 * np.mean(steps)
    assert flicker(clip) < 0.6
    assert flicker([each + number % 2 for number, each in enumerate(clip)]) > 1.5


def test_a_locked_camera_keeps_the_background_as_it_is_in_the_file() -> None:
    made = image_to_video.run(task("person-plain-tee", prompt="static camera, breeze"), unwatched)
    assert made.video is not None
    shown = [np.asarray(each).astype(float) for each in frames(made.video)]
    corner = np.s_[4:60, 4:40]
    assert max(np.abs(each[corner] - shown[0][corner]).mean() for each in shown) < 0.6
    assert flicker([each[corner] for each in shown]) < 0.2


def test_a_product_gets_its_light_and_the_whole_length_is_ten_seconds(nobody: None) -> None:
    made = image_to_video.run(task(duration=10, size=Size(80, 100)), unwatched)
    assert made.video is not None
    shown = frames(made.video)
    assert len(shown) == 240
    assert made.details["subject"] == "product"
    assert made.notes[0].startswith("A draft")


def test_an_end_image_is_the_last_frame(nobody: None) -> None:
    end = sample("person-striped-tee")
    made = image_to_video.run(task("person-plain-tee", end_image=end), unwatched)
    assert made.video is not None
    shown = [np.asarray(each).astype(float) for each in (frames(made.video)[index] for index in (0, -1))]
    assert fidelity(shown[0], sample("person-plain-tee")) > 34
    assert fidelity(shown[1], end) > 32
    assert made.details["transition"] == "dissolve"
    assert any("differ too much" in each for each in made.notes)


def test_an_end_image_that_is_alike_is_reached_by_a_morph_and_another_format_is_reframed(nobody: None) -> None:
    picture = sample("garment-floral-dress")
    moved = Image.fromarray(np.roll(np.asarray(picture), 30, axis=1))
    made = image_to_video.run(task(end_image=moved), unwatched)
    assert made.details["transition"] == "morph"
    square = moved.crop((0, 0, 832, 832))
    notes = image_to_video.run(task(end_image=square, size=Size(80, 100)), unwatched).notes
    assert any("reframed" in each for each in notes)


def test_the_same_seed_makes_the_same_file_and_another_one_another(nobody: None) -> None:
    files = [image_to_video.run(task(seed=seed, size=Size(80, 100)), unwatched).video for seed in (1, 1, 2)]
    assert files[0] == files[1] != files[2]


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("she walks towards the camera", "Nobody acts"),
        ("purple elephants", "purple elephants"),
        ("zoom out", "starts close"),
    ],
)
def test_what_was_not_done_is_said(nobody: None, prompt: str, words: str) -> None:
    made = image_to_video.run(task(prompt=prompt, size=Size(64, 80)), unwatched)
    assert any(words in each for each in made.notes)


def test_a_picture_in_which_nothing_stands_out_and_a_transparent_one_become_clips(nobody: None) -> None:
    flat = Image.new("RGB", (64, 80), (120, 130, 140))
    assert image_to_video.run(task(image=flat, size=Size(64, 80)), unwatched).details["subject"] == "none"
    cut = Image.new("RGBA", (64, 80), (0, 0, 0, 0))
    cut.paste((180, 40, 60, 255), (20, 20, 44, 60))
    made = image_to_video.run(task(image=cut, size=Size(64, 80)), unwatched)
    assert made.image.getpixel((2, 2)) == (255, 255, 255)
    assert any("transparent" in each for each in made.notes)


def test_progress_goes_up_with_previews_and_hears_a_cancellation_between_frames(nobody: None) -> None:
    seen: list[tuple[int, int, str, Any]] = []

    def watch(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        seen.append((step, of, note, preview))
        if note.startswith("drawing frame 40"):
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        image_to_video.run(task(size=Size(64, 80)), watch)
    steps = [each[0] for each in seen]
    assert steps == sorted(steps) and {each[1] for each in seen} == {seen[0][1]}
    assert sum(each[3] is not None for each in seen) == 5
    assert seen[-1][2] == "drawing frame 40 of 120"


def test_odd_sides_are_refused_and_the_engine_knows_the_tool() -> None:
    with pytest.raises(UnsupportedTask, match="even sides"):
        image_to_video.run(task(size=Size(81, 100)), unwatched)
    assert DraftEngine().support("image-to-video", Mode.BALANCED).ok
