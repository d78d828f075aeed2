"""`workbench models` against a hub on this machine: what it prints, what it asks, and how it exits."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

import app
from pipelines.diffusion.cards import catalogue
from pipelines.diffusion.weights import hub as hub_module
from tests.pipelines.diffusion.hub import Hub, commit, serving
from tests.pipelines.diffusion.repositories import files, repository, tensors
from workbench import cli
from workbench.commands.models import default
from workbench.commands.output import DONE, FAILED, USAGE

CARDS = """
[[card]]
id = "open"
title = "Open model"
repo = "org/open"
licence = { name = "Apache-2.0", link = "https://licence.example", commercial = true }
pipeline = "Flux2KleinPipeline"
steps = 4
references = 1
parameters = { transformer = 3.0, text_encoder = 1.0, vae = 0.5 }
tools = { edit = ["fast", "quality"], packshot = ["fast"] }

[[card]]
id = "open-fast"
base = "open"
title = "Open model, fast"
tools = { edit = ["balanced"] }
adapters = [{ repo = "org/lora", file = "fast.safetensors", gigabytes = 0.3, licence = { name = "MIT", link = "https://mit.example", commercial = true } }]

[[card]]
id = "closed"
title = "Closed model"
repo = "org/closed"
opt_in = true
licence = { name = "Research-1.0", link = "https://research.example", commercial = false, note = "Ask the authors." }
pipeline = "Flux2KleinPipeline"
steps = 4
references = 1
parameters = { transformer = 3.0, text_encoder = 1.0, vae = 0.5 }
tools = { edit = ["quality"] }
"""
OURS = ("open", "open-fast", "closed")


class Terminal(StringIO):
    """A person who types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setattr(hub_module, "WAIT_SECONDS", (0.0,))
    with serving() as served:
        served.put("org/open", files())
        served.put("org/closed", files(seed=5))
        served.put("org/lora", {"fast.safetensors": tensors(8), "other.safetensors": tensors(9)})
        yield served


@pytest.fixture(autouse=True)
def home(tmp_path: Path, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [each for each in os.environ if each.startswith("WORKBENCH_")]:
        monkeypatch.delenv(name)
    (tmp_path / "cards.toml").write_text(CARDS)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WORKBENCH_MODEL_CARDS", str(tmp_path / "cards.toml"))
    monkeypatch.setenv("WORKBENCH_HUB_ENDPOINT", hub.url)
    return tmp_path / "home"


Said = Callable[..., tuple[int, str, str]]
Told = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """Exit code, stdout and stderr of a command."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["models", *map(str, arguments)], serve=app.serve, work=lambda: 0)
        found = capsys.readouterr()
        return code, found.out, found.err

    return run


@pytest.fixture
def told(said: Said) -> Told:
    """Exit code and the one JSON object of a command."""

    def run(*arguments: object) -> tuple[int, dict[str, Any]]:
        code, out, _ = said(*arguments, "--json")
        return code, dict(json.loads(out))

    return run


@pytest.fixture
def state(told: Told) -> Callable[[str], str]:
    def read(card_id: str) -> str:
        return str(next(each["state"] for each in told("list")[1]["models"] if each["id"] == card_id))

    return read


def test_the_list_says_licence_size_state_pin_and_use_of_every_model(said: Said, told: Told, home: Path) -> None:
    code, out, _ = said("list")
    rows = {line.split("  ")[0]: line for line in out.splitlines()}
    assert code == DONE
    assert [each for each in rows if each in OURS] == list(OURS)
    for cell in ("Apache-2.0", "9.0", "not installed", "unpinned", "fast: edit, packshot; quality: edit"):
        assert f"  {cell}" in rows["open"]
    assert "Apache-2.0 + MIT" in rows["open-fast"]
    assert "Research-1.0, non-commercial, to accept" in rows["closed"]
    models = {each["id"]: each for each in told("list")[1]["models"]}
    assert set(models) == {each.id for each in catalogue()} | set(OURS)
    assert models["open-fast"]["gigabytes"] == 9.3
    assert "workbench models pull closed" in models["closed"]["missing"]
    assert not home.exists()


def test_a_pull_installs_pins_and_reports_how_far_it_is(said: Said, state: Callable[[str], str], hub: Hub) -> None:
    code, out, err = said("pull", "open", "open-fast")
    assert code == DONE
    assert [line.split("  ")[0] for line in out.splitlines()] == ["MODEL", *OURS[:2]]
    assert out.count(commit(1)[:12]) == 2
    assert err.splitlines()[0].startswith("fetching org/open: ")
    assert err.splitlines()[-1].startswith("fetching org/lora: 100% of 0.00 GB")
    assert len(err.splitlines()) <= 22
    assert [state(each) for each in OURS] == ["installed", "installed", "not installed"]
    hub.asked.clear()
    assert said("pull", "open", "open-fast")[0] == DONE
    assert hub.asked == []


def test_on_a_terminal_progress_is_one_line(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert said("pull", "open")[0] == DONE
    assert screen.getvalue().endswith("GB, 100%\n")
    assert screen.getvalue().count("\n") == 1
    assert screen.getvalue().count("\r") > 1


def test_a_licence_is_shown_and_asked_for_on_a_terminal(said: Said, monkeypatch: pytest.MonkeyPatch, hub: Hub) -> None:
    for answer, code in (("n\n", FAILED), ("\n", FAILED), ("", FAILED), ("y\n", DONE)):
        monkeypatch.setattr(sys, "stdin", Terminal(answer))
        found, _, err = said("pull", "closed")
        assert found == code
        shown = "org/closed: Research-1.0, no commercial use without asking, https://research.example (Ask the authors.)"
        assert err.startswith(f"{shown}\nDo you accept the licence of Closed model? [y/N] ")
        assert bool(hub.asked) == (code == DONE)
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    assert said("pull", "closed")[0] == DONE


def test_without_a_terminal_a_flag_accepts_the_licence(said: Said, told: Told, state: Callable[[str], str], hub: Hub) -> None:
    code, answer = told("pull", "closed")
    assert (code, answer["error"]["name"]) == (FAILED, "LicenceNotAccepted")
    assert "https://research.example" in answer["error"]["message"]
    assert "--accept-licence" in answer["error"]["message"]
    assert hub.asked == []
    assert said("pull", "closed", "--accept-licence")[0] == DONE
    assert state("closed") == "installed"


def test_a_gated_repository_exits_with_what_to_do(told: Told, hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.tokens = frozenset({"secret"})
    code, answer = told("pull", "open")
    assert (code, answer["error"]["name"]) == (FAILED, "DownloadFailed")
    assert "WORKBENCH_HUB_TOKEN" in answer["error"]["message"]
    monkeypatch.setenv("WORKBENCH_HUB_TOKEN", "secret")
    assert told("pull", "open")[0] == DONE


def test_a_pull_that_broke_off_shows_as_partly_there(said: Said, state: Callable[[str], str], hub: Hub) -> None:
    hub.cut["vae/model.safetensors"] = 0
    code, out, err = said("pull", "open")
    assert (code, out) == (FAILED, "")
    assert "DownloadFailed: 127.0.0.1 can't be reached, or broke off" in err
    assert state("open") == "partly"
    hub.cut.clear()
    assert said("pull", "open")[0] == DONE


def test_weights_are_taken_from_a_folder_offline(
    said: Said, state: Callable[[str], str], hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    code, _, err = said("pull", "open")
    assert (code, "--from DIR" in err) == (FAILED, True)
    repository(tmp_path / "usb/org/open")
    assert said("pull", "open", "--from", tmp_path / "usb")[0] == DONE
    assert state("open") == "installed"
    assert hub.asked == []


def test_verify_names_what_was_damaged_and_the_next_pull_heals_it(
    said: Said, told: Told, home: Path, state: Callable[[str], str]
) -> None:
    assert said("verify")[1] == "nothing is installed\n"
    said("pull", "open", "open-fast")
    code, answer = told("verify")
    assert code == DONE
    assert [(each["repo"], each["revision"]) for each in answer["verified"]] == [("org/open", commit(1)), ("org/lora", commit(1))]
    path = home / "models/repositories/org--open" / commit(1) / "vae/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    code, answer = told("verify")
    assert (code, answer["error"]["name"]) == (FAILED, "DamagedWeights")
    assert "org/open/vae/model.safetensors" in answer["error"]["message"]
    assert state("open") == "partly"
    assert said("pull", "open")[0] == DONE
    assert told("verify", "open")[0] == DONE
    assert told("verify", "closed")[1]["error"]["name"] == "MissingWeights"


def test_remove_says_what_stays_and_what_it_freed(said: Said, told: Told, state: Callable[[str], str]) -> None:
    said("pull", "open", "open-fast")
    code, out, _ = said("remove", "open-fast")
    assert (code, out.splitlines()) == (DONE, ["org/open stays: open uses it", "0.00 GB freed"])
    assert state("open") == "installed"
    assert state("open-fast") == "partly"
    code, answer = told("remove", "open", "open-fast")
    assert (code, answer["kept"], answer["freed_bytes"]) == (DONE, {}, sum(map(len, files().values())))
    assert state("open") == "not installed"


def test_pins_are_looked_up_taken_as_they_are_or_made_for_all_that_have_none(
    said: Said, told: Told, hub: Hub, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    assert told("pin", "open-fast")[1]["pins"] == [
        {"repo": "org/open", "revision": commit(1), "before": None},
        {"repo": "org/lora", "revision": commit(1), "before": None},
    ]
    hub.put("org/open", files(seed=4), number=2)
    said("pull", "open")
    assert told("pin", "open")[1]["pins"] == [{"repo": "org/open", "revision": commit(2), "before": commit(1)}]
    assert f"as revision {commit(1)[:12]}, where {commit(2)[:12]} is asked for" in _model(told, "open")["missing"]
    monkeypatch.setenv("WORKBENCH_OFFLINE", "1")
    assert told("pin", "open", "--revision", commit(1))[1]["pins"][0]["revision"] == commit(1)
    assert _model(told, "open")["state"] == "installed"
    assert told("pin", "open", "--revision", "main")[1]["error"]["name"] == "DownloadFailed"
    monkeypatch.delenv("WORKBENCH_OFFLINE")
    shipped = {need: commit(7) for card in catalogue() for need in (card.repo, *(each.repo for each in card.adapters))}
    for repo in shipped:
        hub.put(repo, {"config.json": b"{}"}, number=7)
    pinned = {each["repo"]: each["revision"] for each in told("pin", "--all")[1]["pins"]}
    assert pinned == {"org/closed": commit(1)} | {repo: hash_ for repo, hash_ in shipped.items() if repo in pinned}
    assert all(each["revision"] for each in told("list")[1]["models"])
    assert said("pin", "--all")[1] == "every model is pinned\n"


def _model(told: Told, card_id: str) -> dict[str, Any]:
    return dict(next(each for each in told("list")[1]["models"] if each["id"] == card_id))


@pytest.mark.parametrize(
    "arguments",
    [
        ("pull", "nothing"),
        ("pull",),
        ("remove", "open", "nothing"),
        ("verify", "nothing"),
        ("pin",),
        ("pin", "open", "closed", "--revision", "main"),
        ("pin", "open", "--all", "--revision", "main"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_and_asks_nobody(told: Told, hub: Hub, arguments: tuple[str, ...]) -> None:
    code, answer = told(*arguments)
    assert (code, answer["error"]["name"]) == (USAGE, "InvalidInput")
    assert hub.asked == []


def test_a_card_that_cannot_be_used_is_named(told: Told, tmp_path: Path) -> None:
    (tmp_path / "cards.toml").write_text("[[card]]\nid = 'x'\n")
    code, answer = told("list")
    assert (code, answer["error"]["name"]) == (FAILED, "BadCard")
    assert "cards.toml" in answer["error"]["message"]


def test_the_default_set_serves_all_that_permissive_models_serve() -> None:
    cards = catalogue()
    chosen = default(cards)
    assert all(each.permissive for each in chosen)
    assert len({each.id for each in chosen}) == len(chosen)
    served = {(tool, mode) for card in cards if card.permissive for tool, modes in card.tools.items() for mode in modes}
    assert served == {(tool, mode) for card in chosen for tool, modes in card.tools.items() for mode in modes} & served
    assert len(chosen) < len([each for each in cards if each.permissive])
