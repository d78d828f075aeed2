"""The enlarging net on photographs that it never saw (scikit-image ships them), and the machinery around it."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage import data

from pipelines.draft import superres
from pipelines.draft.degradation import jpeg, noisy
from pipelines.draft.procedural import fractal_noise, procedural_picture
from pipelines.draft.superres import ResidualNet, cleaned, doubled, enlarge, shipped_net
from pipelines.draft.training.superres import TRIALS, lanczos, psnr
from pipelines.images import Floats, to_float
from pipelines.sizes import Size
from pipelines.vision import upsample


def photographs() -> dict[str, Floats]:
    return {
        "astronaut": to_float(data.astronaut()[40:296, 120:376]),
        "coffee": to_float(data.coffee()[80:336, 160:416]),
        "rocket": to_float(data.rocket()[60:316, 250:506]),
    }


def random_net(seed: int) -> ResidualNet:
    """A net whose every weight matters, the last layer's too."""
    generator = torch.Generator().manual_seed(seed)
    net = ResidualNet(channels=8, depth=3).eval().requires_grad_(False)
    for values in net.parameters():
        values.copy_(torch.randn(values.shape, generator=generator) * 0.15)
    return net


@pytest.mark.parametrize(("trial", "least"), [("bicubic", 1.2), ("area", 1.0), ("gaussian", 0.8), ("jpeg85", 0.5)])
def test_gains_over_lanczos_on_photographs(trial: str, least: float) -> None:
    gains = []
    for sharp in photographs().values():
        small = TRIALS[trial](sharp)
        gains.append(psnr(doubled(shipped_net(), small), sharp) - psnr(lanczos(small), sharp))
    assert min(gains) > -0.1
    assert float(np.mean(gains)) > least


def test_eight_views_are_at_least_as_good_as_one() -> None:
    sharp = photographs()["coffee"]
    small = TRIALS["bicubic"](sharp)
    assert psnr(doubled(shipped_net(), small, views=8), sharp) > psnr(doubled(shipped_net(), small), sharp) - 0.02


@pytest.mark.parametrize("through", [doubled, cleaned])
@pytest.mark.parametrize("views", [1, 8])
def test_tiles_leave_no_seam(through: Callable[..., Floats], views: int) -> None:
    picture = np.random.default_rng(2).random((75, 91, 3), np.float32)
    net = random_net(4)
    whole, cut = (through(net, picture, views=views, tile=tile) for tile in (200, 32))
    assert np.abs(whole - cut).max() < 1e-4


def test_the_reach_covers_the_shipped_net() -> None:
    picture = np.random.default_rng(2).random((80, 80, 3), np.float32)
    assert np.abs(doubled(shipped_net(), picture) - doubled(shipped_net(), picture, tile=40)).max() < 1 / 2550


def test_eight_views_do_not_depend_on_the_orientation() -> None:
    picture, net = np.random.default_rng(7).random((40, 56, 3), np.float32), random_net(1)
    turned = np.ascontiguousarray(np.rot90(picture)[:, ::-1])
    again = np.rot90(doubled(net, turned, views=8)[:, ::-1], -1)
    assert np.abs(doubled(net, picture, views=8) - again).max() < 1e-4


def test_an_untrained_net_is_bicubic_interpolation() -> None:
    flat = np.full((30, 34, 3), 0.4, np.float32)
    assert np.allclose(doubled(ResidualNet().eval(), flat), 0.4, atol=1e-5)


@pytest.mark.parametrize("size", [Size(64, 48), Size(80, 60), Size(128, 96), Size(150, 111), Size(256, 192), Size(40, 30)])
def test_enlarges_to_exactly_the_size(size: Size) -> None:
    picture = np.random.default_rng(3).random((48, 64, 3), np.float32)
    grown = enlarge(picture, size)
    assert grown.shape == (size.height, size.width, 3)
    assert grown.min() >= 0
    assert grown.max() <= 1


def test_reports_each_tile_of_both_doublings() -> None:
    seen: list[tuple[int, int]] = []
    enlarge(np.zeros((50, 200, 3), np.float32), Size(800, 200), watch=lambda done, of: seen.append((done, of)))
    assert seen == [(0, 3), (1, 3), (1, 3), (2, 3), (3, 3)]


def test_a_watch_that_raises_stops_the_work() -> None:
    class StopError(Exception):
        pass

    def stop(done: int, of: int) -> None:
        raise StopError

    with pytest.raises(StopError):
        doubled(random_net(0), np.zeros((32, 32, 3), np.float32), watch=stop)


def test_cleaning_removes_noise_and_leaves_clean_pictures_alone() -> None:
    sharp = photographs()["astronaut"]
    grainy = noisy(sharp, np.random.default_rng(0), 0.03)
    assert psnr(cleaned(shipped_net(), grainy), sharp) > psnr(grainy, sharp) + 0.8
    assert psnr(cleaned(shipped_net(), sharp), sharp) > 36


def test_the_shipped_file_is_small_and_has_a_card() -> None:
    assert superres.WEIGHTS.stat().st_size <= 500_000
    assert "## Training" in superres.WEIGHTS.with_suffix(".md").read_text()


def test_drawn_pictures_follow_their_generator_and_vary() -> None:
    first, again, other = (procedural_picture(np.random.default_rng(seed), 96) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 0.05
    assert first.shape == (96, 96, 3)
    assert 0 <= first.min() < first.max() <= 1


def test_fractal_noise_is_rougher_for_smaller_slopes() -> None:
    steps = [np.abs(np.diff(fractal_noise(np.random.default_rng(0), 64, 64, slope), axis=1)).mean() for slope in (0.3, 1.0, 2.0)]
    assert steps == sorted(steps, reverse=True)


def test_jpeg_loses_more_at_lower_quality() -> None:
    sharp = photographs()["coffee"]
    assert psnr(jpeg(sharp, 40), sharp) < psnr(jpeg(sharp, 90), sharp) < 60


@pytest.mark.parametrize(("factor", "tiles"), [(1.2, 0), (1.3, 1), (2.4, 1), (2.6, 2), (4.2, 2)])
def test_doubles_until_little_is_left(factor: float, tiles: int) -> None:
    seen: list[int] = []
    enlarge(np.zeros((40, 40, 3), np.float32), Size(*(2 * [round(40 * factor)])), watch=lambda _, of: seen.append(of))
    assert max(seen, default=0) == tiles


def test_the_net_goes_no_further_than_it_may() -> None:
    picture, size = photographs()["coffee"][:60, :60], Size(240, 240)
    assert np.array_equal(enlarge(picture, size, most=1), upsample.enlarge(doubled(shipped_net(), picture), size))
    assert not np.array_equal(enlarge(picture, size), enlarge(picture, size, most=1))
