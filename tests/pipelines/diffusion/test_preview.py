"""Previews show where a run is going, cost a fixed share of its time, and can't harm it."""

import logging
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pipelines.diffusion import preview
from pipelines.diffusion.generate import generate
from pipelines.diffusion.latents import decodable, decoded
from pipelines.diffusion.preview import SHARE, SIDES, UNTRIED, Previews, estimate, picture
from pipelines.engine import unwatched
from pipelines.sizes import Size
from tests.pipelines.diffusion.calls import CLASSES, call, fresh, lend, step_latents

every_class = pytest.mark.parametrize("name", CLASSES)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def previews_of(name: str, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[Image.Image]:
    """Previews of a run in which there is always time for the largest."""
    monkeypatch.setattr(preview, "SHARE", 1e9)
    monkeypatch.setattr(preview, "_seconds", {lend(name).pipe.vae: dict.fromkeys(SIDES, 0.0)})
    shown: list[Image.Image] = []

    def progress(step: int, of: int, note: str = "", preview: Image.Image | None = None) -> None:
        shown.extend([preview] if preview is not None else [])

    generate(lend(name), call(name, **changes), progress)
    return shown


@every_class
def test_decoding_the_last_latents_gives_the_picture(name: str) -> None:
    """So every layout and normalisation is undone as the pipeline itself undoes it."""
    lent = lend(name)
    made = generate(lent, call(name), unwatched).image
    with torch.no_grad():
        values = decoded(lent.pipe.vae, decodable(lent.pipe.vae, step_latents(name)[-1], call(name).size))
    assert values.dtype == torch.uint8
    assert np.abs(values.numpy().astype(int) - np.asarray(made, int)).max() <= 1


def test_latents_with_a_frame_are_read_like_those_without() -> None:
    vae = lend("qwen-image").pipe.vae
    flat = torch.randn(1, 4, 6, 4, generator=torch.Generator().manual_seed(1))
    assert torch.equal(decodable(vae, flat.unsqueeze(2), Size(32, 48)), decodable(vae, flat, Size(32, 48)))


def test_latents_in_an_unknown_layout_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(4, 4\) lie in no known way"):
        decodable(lend("z-image").pipe.vae, torch.zeros(4, 4), Size(32, 32))


def test_a_straight_flow_is_foreseen_exactly_from_any_two_of_its_points() -> None:
    generator = torch.Generator().manual_seed(2)
    end, noise = torch.randn(2, 1, 16, 8, 8, generator=generator)
    before, after = ((1 - sigma) * end + sigma * noise for sigma in (0.9, 0.6))
    assert torch.allclose(estimate(before, after, 0.9, 0.6), end, atol=1e-5)
    assert torch.equal(estimate(before, after, 0.6, 0.6), after)


def test_an_estimate_from_half_precision_is_taken_in_float32() -> None:
    assert estimate(torch.ones(4, dtype=torch.bfloat16), torch.zeros(4, dtype=torch.bfloat16), 1.0, 0.5).dtype == torch.float32


@every_class
def test_previews_come_closer_to_the_picture_with_every_step(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = previews_of(name, monkeypatch)
    final = np.asarray(generate(lend(name), call(name), unwatched).image, float)
    distances = [np.abs(np.asarray(each, float) - final).mean() for each in shown]
    assert len(distances) == 3
    assert distances == sorted(distances, reverse=True)
    assert distances[-1] < 0.5


def test_a_preview_of_a_large_picture_is_small_and_has_its_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {each.size for each in previews_of("klein", monkeypatch, size=Size(512, 256), images=())} == {(256, 128)}


def quarters(image: Image.Image) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Median colours of the four quarters."""
    values, half = np.asarray(image, float), image.width // 2
    return np.array([np.median(values[y : y + half, x : x + half], (0, 1)) for y in (0, half) for x in (0, half)])


@pytest.mark.parametrize(("name", "channels"), [("z-image", 16), ("qwen-image", 4)])
def test_a_small_preview_shows_what_the_large_picture_shows(name: str, channels: int) -> None:
    """Four areas of latents come out in about the colours that the whole decode gives them, even untrained."""
    vae = lend(name).pipe.vae
    areas = torch.randn(1, channels, 2, 2, generator=torch.Generator().manual_seed(1))
    latents = areas.repeat_interleave(16, 2).repeat_interleave(16, 3)
    with torch.no_grad():
        large, small = (picture(vae, latents, Size(256, 256), side) for side in (256, 64))
    assert small.size == (64, 64)
    assert np.corrcoef(quarters(large).ravel(), quarters(small).ravel())[0, 1] > 0.9


def offered(pipe: Any, clock: Clock, seconds: float, cost: float, monkeypatch: pytest.MonkeyPatch) -> int | None:
    """Longest side of the preview after a run of `seconds`, where making one takes `cost`."""

    def making(vae: Any, latents: torch.Tensor, size: Size, side: int) -> Image.Image:
        clock.now += cost
        return Image.new("RGB", (side, side))

    monkeypatch.setattr(preview, "picture", making)
    previews = Previews(pipe, Size(1024, 1024), clock)
    previews.begin(torch.zeros(1))
    clock.now += seconds
    pipe.scheduler.set_timesteps(2, mu=1.0)
    pipe.scheduler._step_index = 1
    made = previews.after(torch.ones(1))
    return made.width if made is not None else None


def test_the_first_preview_is_the_smallest_and_later_ones_are_as_large_as_time_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, clock, cost = fresh("klein"), Clock(), 0.1
    assert offered(pipe, clock, 0.9 * UNTRIED / SHARE, cost, monkeypatch) is None
    assert offered(pipe, clock, 1.1 * UNTRIED / SHARE, cost, monkeypatch) == 64
    assert offered(pipe, clock, 0.9 * cost / SHARE, cost, monkeypatch) is None
    assert offered(pipe, clock, 1.1 * cost / SHARE, cost, monkeypatch) == 64
    assert offered(pipe, clock, 4.4 * cost / SHARE, cost, monkeypatch) == 128  # expected to take four times as long
    assert offered(pipe, clock, 4.4 * cost / SHARE, cost, monkeypatch) == 256  # 128 took no longer than 64
    assert offered(pipe, clock, 1.1 * cost / SHARE, cost, monkeypatch) == 256


def test_previews_of_a_run_never_take_more_than_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, clock, spent = fresh("klein"), Clock(), []
    pipe.scheduler.set_timesteps(2, mu=1.0)
    pipe.scheduler._step_index = 1

    def making(vae: Any, latents: torch.Tensor, size: Size, side: int) -> Image.Image:
        spent.append(0.004 * (side / 64))
        clock.now += spent[-1]
        return Image.new("RGB", (8, 8))

    monkeypatch.setattr(preview, "picture", making)
    previews = Previews(pipe, Size(1024, 1024), clock)
    previews.begin(torch.zeros(1))
    for _ in range(40):
        clock.now += 0.25
        previews.after(torch.ones(1))
        assert sum(spent) <= SHARE * clock.now
    assert len(spent) > 3


def failing(name: str, monkeypatch: pytest.MonkeyPatch) -> list[Image.Image]:
    def broken(*_: Any) -> None:
        raise RuntimeError("the autoencoder is not well")

    monkeypatch.setattr(preview, "picture", broken)
    return previews_of(name, monkeypatch)


def test_a_preview_that_fails_is_logged_once_and_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, preview.LOG.name):
        assert failing("klein", monkeypatch) == []
    assert [each.message for each in caplog.records] == ["no previews of Flux2KleinPipeline"]


def test_there_is_no_preview_through_an_autoencoder_that_is_offloaded_or_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, clock = fresh("klein"), Clock()
    assert offered(pipe, clock, 10.0, 0.0, monkeypatch) == 64
    pipe.vae._hf_hook = object()
    assert offered(pipe, clock, 10.0, 0.0, monkeypatch) is None
    del pipe.vae._hf_hook
    pipe.vae.to("meta")
    assert offered(pipe, clock, 10.0, 0.0, monkeypatch) is None
