"""The net that tells subjects from backgrounds: the scenes that it learns from, what it answers, and that hints move it."""

import pickle

import numpy as np
import pytest
import torch

from pipelines.draft.nets.matte import CUES, MULTIPLE, SIDE, WEIGHTS, guessed, matte_net, shipped_net
from pipelines.draft.training.cutouts import SHAPES, cutout
from pipelines.draft.training.lesson import HELD_OUT
from pipelines.draft.training.matte import Matte, Shown
from pipelines.draft.training.subjects import puppet, thing
from pipelines.sizes import Size
from pipelines.vision.mattes.coarse import opinion
from pipelines.vision.mattes.cues import SAID, SEEN, said_cues, seen_cues
from pipelines.vision.mattes.hints import Hints, unsaid
from tests.pipelines.matting_scenes import intersection_over_union, scene


@pytest.fixture(scope="module")
def shown() -> list[Shown]:
    lesson, seeds = Matte(), (3, 4, 5)
    return [each for seed in seeds for each in lesson.draw(HELD_OUT + seed)]


def test_the_same_seed_gives_the_same_scene_and_another_one_another() -> None:
    first, again, other = cutout(HELD_OUT + 2), cutout(HELD_OUT + 2), cutout(HELD_OUT + 3)
    assert np.array_equal(first.rgb, again.rgb)
    assert np.array_equal(first.alpha, again.alpha)
    assert first.rgb.shape != other.rgb.shape or not np.array_equal(first.rgb, other.rgb)


def test_scenes_hold_a_subject_and_a_background(shown: list[Shown]) -> None:
    for each in shown:
        height, width = each.scene.alpha.shape
        assert (height, width) in SHAPES
        assert each.scene.rgb.shape == (height, width, 3)
        assert each.scene.alpha.min() == 0
        assert each.scene.alpha.max() <= 1
        assert each.scene.alpha.max() > 0.95
        assert each.seen.shape == (height, width, SEEN)
        assert np.isfinite(each.seen).all()


@pytest.mark.parametrize("draw", [puppet, thing])
def test_drawn_subjects_vary_and_fill_their_box(draw: object) -> None:
    layers = [draw(np.random.default_rng(seed)) for seed in range(6)]  # type: ignore[operator]
    for layer in layers:
        assert layer.colour.shape == (*layer.alpha.shape, 3)
        assert 0 <= layer.colour.min() <= layer.colour.max() <= 1
        assert layer.alpha[0].max() > 0 and layer.alpha[:, 0].max() > 0
    assert len({layer.alpha.shape for layer in layers}) > 1


def test_a_batch_has_one_size_and_hints_that_never_contradict_what_is_wanted(shown: list[Shown]) -> None:
    for seed in range(6):
        batch = Matte().batch(shown, 4, np.random.default_rng(seed))
        given, wanted = batch["given"], batch["wanted"]
        assert given.shape[1] == CUES == SEEN + SAID
        assert wanted.shape[1] == 2
        assert given.shape[2:] == wanted.shape[2:] == batch["weight"].shape[2:]
        assert given.shape[2] % MULTIPLE == given.shape[3] % MULTIPLE == 0
        assert all(float(each) > 0.1 for each in wanted[:, 0][given[:, SEEN] == 1])
        assert all(float(each) < 0.9 for each in wanted[:, 0][given[:, SEEN + 1] == 1])


def test_lessons_can_be_sent_to_other_processes() -> None:
    assert pickle.loads(pickle.dumps(Matte())) == Matte()  # noqa: S301 - written here


def test_a_few_steps_on_one_batch_learn_something(shown: list[Shown]) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = matte_net()
    lesson, optimizer = Matte(), torch.optim.Adam(net.parameters(), 3e-3)
    batch = lesson.batch(shown, 2, np.random.default_rng(1))
    losses = []
    for _ in range(8):
        loss = lesson.loss(net, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]


def test_the_shipped_net_is_small() -> None:
    assert WEIGHTS.stat().st_size < 3_000_000


def test_the_shipped_net_finds_held_out_subjects_with_the_scores_of_its_card() -> None:
    figures = Matte(held_out=12).figures(shipped_net())
    assert figures["median"] > 0.84
    assert figures["told_mean"] >= figures["mean"] - 0.02


def test_it_answers_a_probability_for_each_pixel() -> None:
    rgb = scene("blob", "red", "grey", height=SIDE, width=192).rgb
    guess = guessed(shipped_net(), np.dstack([seen_cues(rgb), said_cues(unsaid(Size(192, SIDE)))]))
    assert guess.alpha.shape == guess.fuzzy.shape == (SIDE, 192)
    assert 0 <= guess.alpha.min() <= guess.alpha.max() <= 1


@pytest.mark.parametrize("size", [Size(448, 300), Size(37, 448), Size(64, 64)])
def test_an_opinion_has_the_picture_s_size_whatever_it_is(size: Size) -> None:
    rgb = scene("blob", "red", "grey", height=size.height, width=size.width).rgb
    net = opinion(rgb, unsaid(size))
    assert net.alpha.shape == net.told.shape == (size.height, size.width)
    assert not net.told.any()


@pytest.mark.parametrize("backdrop", ["white", "gradient", "wood"])
def test_it_knows_a_figure_and_the_gap_at_its_elbow(backdrop: str) -> None:
    real = scene("person", "navy", backdrop, seed=2, height=448, width=336)
    net = opinion(real.rgb, unsaid(Size(336, 448)))
    assert intersection_over_union(net.alpha, real.alpha) > 0.9
    rows, columns = np.arange(448), np.arange(336)
    elbow = np.logical_and.outer((rows > 190) & (rows < 265), (columns > 225) & (columns < 262))
    assert net.alpha[(real.alpha == 0) & elbow].mean() < 0.2


def test_it_finds_a_figure_in_a_street() -> None:
    real = scene("person", "navy", "street", seed=2, height=448, width=336)
    assert intersection_over_union(opinion(real.rgb, unsaid(Size(336, 448))).alpha, real.alpha) > 0.8


def test_strokes_move_its_mind_where_they_are_drawn() -> None:
    real = scene("blob", "red", "street", seed=3, height=320, width=256)
    drop = np.zeros(real.alpha.shape, np.bool_)
    drop[120:200, 100:160] = True
    quiet, told = (opinion(real.rgb, each) for each in (unsaid(Size(256, 320)), Hints(drop & False, drop)))
    assert told.alpha[drop].mean() < quiet.alpha[drop].mean() - 0.05
    assert told.told[drop].mean() < -0.02
