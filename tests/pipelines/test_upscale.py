"""Upscale in its factors and modes."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipelines.draft.degradation import half_bicubic, noisy
from pipelines.draft.training.superres import psnr
from pipelines.draft.upscale import noise_deviation, run
from pipelines.engine import unwatched
from pipelines.errors import Cancelled
from pipelines.images import Floats, picture, to_float
from pipelines.sizes import Mode, Size
from pipelines.tasks import Upscale


def upscale(image: Image.Image, size: Size, factor: str = "2x", mode: Mode = Mode.BALANCED) -> Image.Image:
    return run(Upscale(image=image, factor=factor, size=size, mode=mode, seed=0), unwatched).image


@pytest.fixture(scope="module")
def astronaut() -> Floats:
    return to_float(data.astronaut()[40:232, 120:312])


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(("factor", "times"), [("2x", 2), ("4x", 4), ("enhance", 1)])
def test_size_is_exact_in_every_mode(mode: Mode, factor: str, times: int) -> None:
    image = picture(np.random.default_rng(0).random((21, 34, 3), np.float32))
    assert upscale(image, Size(34 * times, 21 * times), factor, mode).size == (34 * times, 21 * times)


def test_each_mode_is_better_than_the_cheaper_one(astronaut: Floats) -> None:
    small = picture(half_bicubic(astronaut))
    found = [psnr(to_float(np.asarray(upscale(small, Size(192, 192), mode=mode))), astronaut) for mode in Mode]
    plain = psnr(to_float(np.asarray(small.resize((192, 192), Image.Resampling.LANCZOS))), astronaut)
    assert plain + 0.3 < found[0]
    assert found[0] + 0.4 < found[1] <= found[2] + 0.02


def test_a_capped_size_is_told() -> None:
    image = picture(np.zeros((40, 40, 3), np.float32))
    output = run(Upscale(image=image, factor="4x", size=Size(100, 100), mode=Mode.FAST, seed=0), unwatched)
    assert output.image.size == (100, 100)
    assert "2.50 times" in output.notes[0]


@pytest.mark.parametrize("mode", [Mode.FAST, Mode.BALANCED])
def test_transparency_is_kept_without_a_fringe(mode: Mode) -> None:
    """A red disc whose transparent surroundings are stored black: no dark rim may appear."""
    y, x = np.mgrid[0:48, 0:48]
    alpha = np.clip(15 - np.hypot(y - 24, x - 24), 0, 1).astype(np.float32)
    colour = np.where(alpha[..., None] > 0, np.float32([0.85, 0.12, 0.1]), 0).astype(np.float32)
    grown = np.asarray(upscale(picture(colour, alpha), Size(96, 96), mode=mode)).astype(float) / 255
    seen = grown[..., 3] > 0.02
    assert np.abs(grown[seen][:, :3] - [0.85, 0.12, 0.1]).max() < 0.04
    assert abs(grown[..., 3].mean() - alpha.mean()) < 0.005
    assert grown[0, 0, 3] == 0
    assert grown[48, 48, 3] == 1


def test_opaque_pictures_come_back_opaque() -> None:
    assert upscale(Image.new("RGB", (20, 20), "teal"), Size(40, 40)).mode == "RGB"


@pytest.mark.parametrize("mode", list(Mode))
def test_enhance_takes_noise_away(astronaut: Floats, mode: Mode) -> None:
    grainy = noisy(astronaut, np.random.default_rng(1), 0.04)
    found = to_float(np.asarray(upscale(picture(grainy), Size(192, 192), "enhance", mode)))
    assert noise_deviation(np.ascontiguousarray(found[..., 1])) < 0.7 * noise_deviation(np.ascontiguousarray(grainy[..., 1]))
    assert psnr(found, astronaut) > psnr(grainy, astronaut) + 0.3


def test_noise_is_measured_in_spite_of_edges() -> None:
    steps = np.kron(np.random.default_rng(0).random((12, 12)), np.ones((16, 16))).astype(np.float32)
    noise = np.random.default_rng(1).normal(0, 0.03, steps.shape).astype(np.float32)
    assert abs(noise_deviation(steps + noise) - 0.03) < 0.006
    assert noise_deviation(steps) < 0.002


def test_cancelling_stops_between_tiles() -> None:
    def cancel(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        if step:
            raise Cancelled

    image = picture(np.zeros((32, 800, 3), np.float32))
    with pytest.raises(Cancelled):
        run(Upscale(image=image, size=Size(1600, 64), mode=Mode.BALANCED, seed=0), cancel)


def test_fast_needs_no_torch() -> None:
    script = (
        "import sys; from PIL import Image; from pipelines.draft.upscale import run; from pipelines.engine import unwatched;"
        "from pipelines.sizes import Mode, Size; from pipelines.tasks import Upscale;"
        "run(Upscale(image=Image.new('RGB', (20, 20)), size=Size(40, 40), mode=Mode.FAST, seed=0), unwatched);"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
