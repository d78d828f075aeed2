"""`python -m eval` from a terminal."""

import doctest
import io
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from shutil import copytree
from types import ModuleType

import pytest

from eval import cli
from eval.commands import display
from eval.commands import list as listing
from eval.commands import run as command
from eval.commands.display import Display
from eval.runs import table
from eval.runs.launched import Launched, launched
from eval.runs.results import load
from eval.runs.run import Shard
from eval.runs.tally import Tally
from tests.eval.drawn import Drawn, Quick, setup
from workbench.settings import Settings


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command runs on the drawn suite, with the quick engine."""
    monkeypatch.setattr(command, "open_setup", lambda *_: setup())
    monkeypatch.setattr("eval.runs.launched.launched", lambda settings: Launched(Shard(), settings))


def arguments(folder: Path, *more: str) -> list[str]:
    given = ["run", "--suite", "drawn", "--engines", "quick", "--modes", "balanced", "--seeds", "2", "--limit", "1"]
    return [*given, "--out", str(folder), "--no-report", *more]


@pytest.mark.usefixtures("drawn")
def test_a_run_says_what_came_of_it_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments(tmp_path, "--json")) == 0
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (found["cells"], found["done"], found["failed"], found["unscored"]) == (4, 4, 0, 0)
    assert found["settings"] == ["quick balanced 1k"]
    assert found["flags"] == []
    assert "4/4 cells" in said.err
    assert load(tmp_path).manifest.grid.seeds == (1, 2)


@pytest.mark.usefixtures("drawn")
def test_a_run_says_what_came_of_it_to_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments(tmp_path, "--no-controls")) == 0
    assert capsys.readouterr().out == f"4 of 4 cells done, 0 values missing, in {tmp_path}\n"


@pytest.mark.usefixtures("drawn")
def test_a_manifest_repeats_its_run(tmp_path: Path) -> None:
    cli.main(arguments(tmp_path / "one"))
    assert (
        cli.main(["run", "--again", str(tmp_path / "one" / "manifest.json"), "--out", str(tmp_path / "two"), "--no-report"]) == 0
    )
    first, second = load(tmp_path / "one"), load(tmp_path / "two")
    assert [(row.cell, row.status, row.scores) for row in first.rows] == [
        (row.cell, row.status, row.scores) for row in second.rows
    ]
    pictures = [(tmp_path / name / row.picture).read_bytes() for row in first.made() for name in ("one", "two")]
    assert pictures[::2] == pictures[1::2]


def test_a_run_of_another_suite_version_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: None, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(arguments(tmp_path / "one"))
    monkeypatch.setattr(command, "open_setup", lambda *_: setup(suite=Drawn("2")))
    assert cli.main(["run", "--again", str(tmp_path / "one"), "--out", str(tmp_path / "two")]) == 1
    assert "can't be repeated exactly: suite version: 1 there, 2 now" in capsys.readouterr().err


@pytest.mark.usefixtures("drawn")
def test_another_grid_in_the_same_folder_fails_with_what_differs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cli.main(arguments(tmp_path))
    capsys.readouterr()
    assert cli.main([*arguments(tmp_path), "--seeds", "3", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["name"] == "BadRun"
    assert "seeds: 1, 2 there, 1, 2, 3 now" in error["message"]


def test_nothing_done_is_a_failure(tmp_path: Path, drawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Quick):
        def run(self, *_: object) -> None:  # type: ignore[override]
            raise RuntimeError("no")

    monkeypatch.setattr(command, "open_setup", lambda *_: setup(Broken()))
    assert cli.main(arguments(tmp_path)) == 1


@pytest.mark.parametrize(
    "wrong",
    [["run", "--suite", "drawn"], ["paint"], [], ["run", "--suite", "drawn", "--out", "x", "--seeds", "0"]],
)
def test_usage_is_exit_2(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(wrong)
    assert stopped.value.code == 2


def test_a_run_needs_a_suite_and_one_way_to_share_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "--out", str(tmp_path)]) == 2
    assert cli.main(["run", "--suite", "drawn", "--out", str(tmp_path), "--queue", "--processes", "2"]) == 2
    assert "either --queue or --processes" in capsys.readouterr().err


@pytest.mark.usefixtures("drawn")
def test_the_queue_is_the_studio_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "read_settings", partial(Settings, home=tmp_path / "home"))
    assert cli.main(arguments(tmp_path / "run", "--queue", "--no-controls")) == 0
    assert all(row.queue_seconds is not None for row in load(tmp_path / "run").rows)


def test_list_tells_what_there_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(listing, "suites", lambda: [listing.suite_json("drawn", Drawn())])
    assert cli.main(["list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["suites"][0]["cases"] == {"try-on": 3, "upscale": 3}
    assert {"psnr"} <= {each["name"] for each in found["metrics"]}
    assert all(each["fingerprint"] and each["source"] for each in found["metrics"])
    assert {"try-on", "image-to-video"} <= {each["name"] for each in found["tools"]}
    assert cli.main(["list"]) == 0
    assert "drawn" in capsys.readouterr().out


@pytest.mark.usefixtures("drawn")
def test_a_report_is_written_with_the_run_and_again(tmp_path: Path) -> None:
    assert cli.main([each for each in arguments(tmp_path) if each != "--no-report"]) == 0
    (tmp_path / "report.html").unlink()
    assert cli.main(["report", str(tmp_path)]) == 0
    assert (tmp_path / "report.html").stat().st_size


class State:
    """What `accelerate` tells of the second of two processes."""

    num_processes, process_index, device = 2, 1, "cuda:1"

    def __init__(self, **_: object) -> None: ...

    def wait_for_everyone(self) -> None: ...


def test_a_launched_process_has_its_share_and_its_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("accelerate.PartialState", State)
    here = launched(Settings(home=tmp_path))
    assert (here.shard.rank, here.shard.world, here.settings.device) == (1, 2, "cuda:1")
    assert launched(Settings(home=tmp_path, device="cpu")).settings.device == "cpu"


def test_a_process_by_itself_has_everything(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert launched(settings) == Launched(Shard(), settings)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_is_drawn_again() -> None:
    stream = Terminal()
    with Display(stream=stream) as display:
        display(Tally(total=2))
        display(Tally(total=2, done=2, here=2, seconds=1.0))
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().count("\r") == 2
    assert "2/2 cells" in stream.getvalue()


def test_elsewhere_lines_come_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with Display(stream=io.StringIO()) as display:
        for done in range(11):
            display(Tally(total=10, done=done, here=done, seconds=1.0))
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_importing_the_command_line_costs_nothing() -> None:
    code = "import sys, eval.cli; print(*sorted({'torch', 'gradio', 'datasets', 'cv2', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_names_every_command() -> None:
    done = subprocess.run([sys.executable, "-m", "eval", "--help"], capture_output=True, text=True, check=True)
    assert all(name in done.stdout for name in cli.COMMANDS)


@pytest.fixture
def two_runs(tmp_path: Path, drawn: None) -> tuple[str, str]:
    """A run and a copy of it: seconds of engines that take none differ by chance."""
    cli.main(arguments(tmp_path / "one"))
    copytree(tmp_path / "one", tmp_path / "two")
    return str(tmp_path / "one"), str(tmp_path / "two")


def test_equal_runs_compare_as_no_worse(two_runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", *two_runs]) == 0
    assert "4 cells in both runs: no regression, 0 outputs lost" in capsys.readouterr().out
    assert cli.main(["compare", *two_runs, "--json"]) == 0
    json.loads(capsys.readouterr().out)


def test_a_gate_ends_by_its_thresholds(two_runs: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limits = tmp_path / "limits.toml"
    for limit, code in ((0, 0), (99.5, 1)):
        limits.write_text(f'[[thresholds]]\nmetric = "psnr"\ntool = "upscale"\nlimit = {limit}\n')
        assert cli.main(["gate", two_runs[0], "--thresholds", str(limits), "--base", two_runs[1]]) == code
        assert json.loads(capsys.readouterr().out)["ok"] is (code == 0)


def test_a_gate_without_anything_to_hold_against_says_so(two_runs: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["gate", two_runs[0]]) == 1
    assert "give thresholds or a base run" in capsys.readouterr().err


@pytest.mark.parametrize("module", [display, table])
def test_examples_hold(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.failed == 0 < found.attempted
