"""What the command line says where folders, terminals, databases and ports are not as it needs them: words, and no traceback."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from PIL import Image, ImageDraw

import app
from workbench import cli
from workbench.commands.fields import values_of
from workbench.commands.output import whole
from workbench.errors import InvalidInput
from workbench.studio import Studio
from workbench.tools.registry import TOOLS

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    image = Image.new("RGB", (160, 200), "white")
    ImageDraw.Draw(image).ellipse((40, 50, 120, 160), fill=(160, 30, 40))
    image.save(tmp_path / "Ärmel.png")
    return tmp_path / "Ärmel.png"


def never(*_: Any) -> int:
    raise AssertionError


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """Exit code, and everything on both streams."""
    code = cli.main(list(map(str, arguments)), serve=app.serve, work=never)
    found = capsys.readouterr()
    return code, found.out + found.err


def test_a_folder_that_cannot_be_written_to_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], picture: Path, tmp_path: Path, home: Path
) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/nowhere")):
        code, text = said(capsys, "run", "background-remove", "--image", picture, "--out", out)
        assert (code, "out: " in text, "name another folder" in text) == (2, True, True)
    assert not home.exists()


def test_a_picture_that_cannot_be_saved_says_how_to_get_it(
    capsys: pytest.CaptureFixture[str], picture: Path, tmp_path: Path
) -> None:
    assert said(capsys, "gallery", "import", picture, "--json")[0] == 0
    cli.main(["gallery", "list", "--json"], serve=never, work=never)
    (asset,) = json.loads(capsys.readouterr().out)["assets"]
    (tmp_path / "out" / f"upload-{asset['id']}.png").mkdir(parents=True)
    code, text = said(capsys, "gallery", "export", asset["id"], "--out", tmp_path / "out")
    assert (code, f"gallery export {asset['id']} --out DIR" in text) == (2, True)


def test_an_import_names_the_file_that_is_no_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("not a picture")
    code, text = said(capsys, "gallery", "import", tmp_path / "notes.png", "--json")
    (problem,) = json.loads(text)["fields"]
    assert (code, problem["field"]) == (2, "files")
    assert "notes.png: this is text" in problem["message"]


@pytest.mark.parametrize("text", ["0", "-5", "x", "1.5", "", "9" * 30, "1000000001", "\u00b2"])
def test_numbers_beyond_reason_are_usage_errors(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["credits", "grant"], ["credits", "history", "--limit"], ["gallery", "list", "--limit"]):
        with pytest.raises(SystemExit, match="2"):
            cli.main([*command, text], serve=never, work=never)
        assert "Traceback" not in capsys.readouterr().err


def test_whole_numbers_are_taken() -> None:
    assert [whole(each) for each in ("1", "007", "1000000000")] == [1, 7, 1_000_000_000]


@pytest.mark.parametrize("name", ["~nobody-here/a.png", "x" * 5000, "a\0b.png"])
def test_file_names_that_cannot_be_are_refused_by_field(capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str) -> None:
    code, text = said(capsys, "run", "background-remove", "--image", name, "--out", tmp_path / "out", "--json")
    assert (code, [each["field"] for each in json.loads(text)["fields"]]) == (2, ["image"])


@pytest.mark.parametrize("file", ["workbench.sqlite", "queue.sqlite"])
def test_a_damaged_database_is_named_with_what_to_do(capsys: pytest.CaptureFixture[str], home: Path, file: str) -> None:
    home.mkdir()
    (home / file).write_bytes(bytes(range(256)) * 40)
    code, text = said(capsys, "credits", "balance")
    assert (code, file in text, "put a copy back" in text) == (1, True, True)


def test_a_data_directory_that_cannot_be_one_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", Path("/proc/nowhere")):
        monkeypatch.setenv("WORKBENCH_HOME", str(place))
        code, text = said(capsys, "credits", "balance")
        assert (code, str(place) in text, "WORKBENCH_HOME" in text) == (1, True, True)


def test_a_port_in_use_is_refused_before_the_studio_opens(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        code, text = said(capsys, "serve", "--port", other.getsockname()[1])
    assert (code, "--port" in text, home.exists()) == (1, True, False)


def process(*arguments: object, **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "app.py", *map(str, arguments)]
    environment = os.environ | environment
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_reader_that_leaves_early_is_no_error() -> None:
    running = process("tools", "--json")
    assert running.stdout is not None and running.stderr is not None
    running.stdout.read(1)
    running.stdout.close()
    assert running.stderr.read() == ""
    running.stderr.close()
    running.wait(60)


def test_a_terminal_that_knows_only_ascii_is_told_everything(picture: Path) -> None:
    out, err = process("gallery", "import", picture, "--json", PYTHONIOENCODING="ascii").communicate(timeout=60)
    assert (json.loads(out)["assets"][0]["name"], err) == ("Ärmel.png", "")
    out, err = process("gallery", "list", PYTHONIOENCODING="ascii").communicate(timeout=60)
    assert (r"\xc4rmel.png" in out, err) == (True, "")


def test_an_interrupted_run_is_cancelled_and_costs_nothing(home: Path, tmp_path: Path) -> None:
    image = Image.effect_noise((1200, 1600), 60).convert("RGB")
    image.save(tmp_path / "large.png")
    running = process(
        "run", "upscale", "--image", tmp_path / "large.png", "--factor", "enhance", "--out", tmp_path / "out", "--json"
    )
    for _ in range(600):
        sleep(0.05)
        if (home / "queue.sqlite").exists() and running_jobs(home):
            break
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, json.loads(out)["status"], "Traceback" in err) == (1, "cancelled", False)
    assert not list(tmp_path.glob("out/*"))


def running_jobs(home: Path) -> bool:
    import sqlite3

    with sqlite3.connect(home / "workbench.sqlite") as database:
        try:
            found = bool(database.execute("SELECT 1 FROM jobs WHERE status = 'running'").fetchone())
        except sqlite3.OperationalError:
            found = False
    database.close()
    return found


def test_an_interrupt_elsewhere_is_said_in_a_word(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> Studio:
        raise KeyboardInterrupt

    monkeypatch.setattr(Studio, "open", interrupted)
    assert said(capsys, "credits", "balance") == (1, "interrupted\n")
    code, text = said(capsys, "credits", "balance", "--json")
    assert (code, json.loads(text)["error"]["name"]) == (1, "Interrupted")


def test_points_are_given_as_json() -> None:
    given = values_of(TOOLS["try-on"], {"landmarks": '{"crotch": [0.5, 0.9]}'}, [])
    assert given == {"landmarks": {"crotch": [0.5, 0.9]}}
    with pytest.raises(InvalidInput, match="no JSON"):
        values_of(TOOLS["try-on"], {"landmarks": "{crotch"}, [])
