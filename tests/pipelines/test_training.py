"""Training sessions: they resume, they end in time, they never draw held-out seeds, and their nets come back from the file."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipelines.draft.nets.blocks import UNet
from pipelines.draft.nets.weights import path_of, restored, saved
from pipelines.draft.superres import ResidualNet
from pipelines.draft.train import LESSONS, main
from pipelines.draft.training.lesson import HELD_OUT, Defaults
from pipelines.draft.training.session import Plan, Pool, Session, train
from pipelines.draft.training.superres import Superres

TINY = Superres(side=112, held_out=1)


def plan(**more: Any) -> Plan:
    return Plan(**{"defaults": Defaults(steps=3, batch=2, rate=1e-3, pool=4, renew=1), **more})


def weights(session: Session[Any]) -> list[float]:
    return [float(each.detach().double().sum()) for each in session.net.parameters()]


def trained(steps: int, session: Session[Any]) -> Session[Any]:
    pool = [pair for seed in (1, 2) for pair in TINY.draw(seed)]
    for _ in range(steps):
        session.advance(TINY.batch(pool, 2, session.generator))
    return session


def test_a_resumed_session_goes_on_exactly_as_an_unbroken_one(tmp_path: Path) -> None:
    torch.save(trained(2, Session(TINY, plan())).state(), tmp_path / "state")
    resumed = Session(TINY, plan(seed=9))
    resumed.resume(torch.load(tmp_path / "state", weights_only=True))
    assert resumed.step == 2
    assert weights(trained(1, resumed)) == weights(trained(3, Session(TINY, plan())))


def test_training_writes_a_net_that_comes_back_and_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    checkpoint, out = tmp_path / "state", tmp_path / "net.safetensors"
    train(TINY, plan(), checkpoint, out)
    assert torch.load(checkpoint, weights_only=True)["step"] == 3
    train(TINY, plan(defaults=Defaults(steps=5, batch=2, rate=1e-3, pool=4)), checkpoint, out)
    assert torch.load(checkpoint, weights_only=True)["step"] == 5
    assert restored(ResidualNet(), out)(torch.zeros(1, 3, 8, 8)).shape == (1, 3, 16, 16)


def test_a_session_ends_with_its_minutes(tmp_path: Path) -> None:
    train(TINY, plan(defaults=Defaults(steps=10**6, batch=2, rate=1e-3, pool=4), minutes=0.01), tmp_path / "s", tmp_path / "n")
    assert 0 < torch.load(tmp_path / "s", weights_only=True)["step"] < 1000


def test_a_session_may_begin_with_weights_of_a_file(tmp_path: Path) -> None:
    first = trained(2, Session(TINY, plan()))
    saved(first.net, tmp_path / "net")
    again = Session(TINY, plan(seed=5, start=tmp_path / "net"))
    assert weights(again) == pytest.approx(weights(first), rel=0.01, abs=0.01)
    assert again.step == 0
    assert all(torch.equal(mean, now) for mean, now in zip(again.mean.parameters(), again.net.parameters(), strict=True))
    assert weights(trained(1, again)) != weights(Session(TINY, plan(start=tmp_path / "net")))


@pytest.mark.slow
def test_other_processes_draw_the_scenes() -> None:
    with Pool(TINY, plan(workers=1), 0).filled() as pool:
        drawn = pool.scenes[0]
    assert np.array_equal(drawn.wanted, TINY.draw(1)[0].wanted)


def test_training_refuses_to_draw_held_out_seeds() -> None:
    with pytest.raises(ValueError, match="held out"), Pool(TINY, plan(), HELD_OUT - 1).filled():
        pass


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda each: each.name)
def test_every_shipped_net_has_a_card_that_names_its_data_time_figures_and_limits(lesson: Any) -> None:
    card = path_of(lesson.name).with_suffix(".md").read_text()
    assert f"python -m pipelines.draft.train {lesson.name}" in card
    assert all(heading in card for heading in ("## Training", "## Figures", "## Limits"))
    assert "| steps |" in card
    assert "| time |" in card


def test_all_shipped_nets_together_stay_within_12_megabytes() -> None:
    assert sum(path_of(lesson.name).stat().st_size for lesson in LESSONS) <= 12_000_000


def test_the_command_trains_the_net_that_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    checkpoint = tmp_path / "state"
    arguments = ["train", "superres", "--steps", "7", "--threads", "1", "--device", "cpu", "--checkpoint", str(checkpoint)]
    monkeypatch.setattr("pipelines.draft.train.train", lambda *given: asked.extend(given))
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr("logging.basicConfig", lambda **_: None)
    main()
    lesson, plan, *paths = asked
    assert (lesson.name, plan.defaults.steps, paths) == ("superres", 7, [checkpoint, path_of("superres")])


def test_a_net_keeps_the_size_of_what_it_is_given_and_comes_back_from_half_precision(tmp_path: Path) -> None:
    net = UNet(4, 3, widths=(8, 12, 16)).eval()
    saved(net, tmp_path / "net.safetensors")
    again, given = restored(UNet(4, 3, widths=(8, 12, 16)), tmp_path / "net.safetensors"), torch.rand(2, 4, 24, 40)
    with torch.inference_mode():
        assert net(given).shape == (2, 3, 24, 40)
        assert torch.allclose(again(given), net(given), atol=0.02)
        assert net.features(given).pooled.shape == (2, 16)


def test_folding_normalisation_into_convolutions_changes_no_answer(tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = UNet(4, 3, widths=(8, 12, 16))
    for part in net.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.uniform_(-1, 1), part.running_var.uniform_(0.5, 2), part.weight.data.uniform_(0.5, 1.5)
    net = net.half().float().eval()
    saved(net, tmp_path / "net.safetensors")
    again, given = restored(UNet(4, 3, widths=(8, 12, 16)), tmp_path / "net.safetensors"), torch.rand(2, 4, 24, 40)
    assert not [part for part in again.modules() if isinstance(part, torch.nn.BatchNorm2d)]
    with torch.inference_mode():
        assert torch.allclose(again(given), net(given), atol=1e-4)
