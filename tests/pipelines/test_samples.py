"""The shipped samples are what the renderer makes, small enough to ship, and all there."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import workbench
from pipelines.images import picture, pixels
from pipelines.sizes import Mode
from pipelines.vision.garments.garment import read_garment
from pipelines.vision.mattes.matting import matte_of
from pipelines.vision.rendering.samples import SAMPLES, Sample, saved

FOLDER = Path(workbench.__file__).parent / "ui" / "samples"
BY_NAME = {sample.name: sample for sample in SAMPLES}


def test_every_sample_is_shipped_and_nothing_else() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {sample.file for sample in SAMPLES}
    assert len(BY_NAME) == len(SAMPLES)


def test_all_of_them_are_small() -> None:
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 2_500_000
    for path in FOLDER.iterdir():
        with Image.open(path) as image:
            assert max(image.width / 832, image.height / 1248) <= 1


def test_there_is_something_of_every_group() -> None:
    groups = [sample.group for sample in SAMPLES]
    assert groups.count("people") >= 6 and groups.count("garments") >= 6
    assert groups.count("backgrounds") >= 3 and groups.count("small") >= 2


@pytest.mark.parametrize("name", ["small-striped-tee", "small-jacket"])
def test_the_shipped_file_is_what_the_renderer_makes(name: str, tmp_path: Path) -> None:
    sample: Sample = BY_NAME[name]
    saved(picture(sample.render()), tmp_path / sample.file)
    with Image.open(tmp_path / sample.file) as made, Image.open(FOLDER / sample.file) as shipped:
        assert made.size == shipped.size
        difference = np.abs(np.asarray(made, np.float32) - np.asarray(shipped, np.float32))
    assert difference.mean() < 0.5, "render them again: python -m pipelines.vision.rendering.samples workbench/ui/samples"


def test_people_stand_free_of_the_border() -> None:
    for sample in SAMPLES:
        if sample.group == "people":
            with Image.open(FOLDER / sample.file) as image:
                top = np.asarray(image.convert("L"), np.float32)[:10]
            assert np.abs(np.diff(top, axis=1)).max() < 25


@pytest.mark.parametrize("mode", [Mode.FAST, Mode.BALANCED])
@pytest.mark.parametrize(
    ("name", "category"),
    [("dotted-skirt", "bottom"), ("floral-dress", "dress"), ("graphic-tee", "top"), ("jeans", "bottom"), ("knit-sweater", "top"),
     ("oxford-shirt", "top")],
)  # fmt: skip
def test_garments_are_read_as_what_they_are_without_a_word(name: str, category: str, mode: Mode) -> None:
    with Image.open(FOLDER / f"garment-{name}.webp") as image:
        shown = image.convert("RGB")
    found = read_garment(pixels(shown), matte_of(shown, mode), mode=mode)
    assert found.category == category
    assert found.confidence > 0.5
