"""The command line as a person and as a program meets it; real processes where exit codes and streams matter."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from workbench.commands.fields import values_of
from workbench.errors import InvalidInput
from workbench.tools.registry import TOOLS

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    image = Image.new("RGB", (320, 400), "white")
    ImageDraw.Draw(image).ellipse((80, 90, 240, 320), fill=(160, 30, 40))
    image.save(tmp_path / "shirt.png")
    return tmp_path / "shirt.png"


def workbench(home: Path, *arguments: str | Path) -> Done:
    done = subprocess.run(
        [sys.executable, "app.py", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"WORKBENCH_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def test_tools_lists_all_twelve_and_the_draft_engine_has_every_one(home: Path) -> None:
    listed = workbench(home, "tools", "--json").json["tools"]
    assert [each["name"] for each in listed] == [tool.name for tool in TOOLS]
    assert all(mode["ok"] for each in listed for mode in each["engines"]["draft"].values())


def test_a_quote_is_one_json_object_with_its_reasons(home: Path, picture: Path) -> None:
    done = workbench(home, "quote", "packshot", "--product-image", picture, "--num-images", "3", "--resolution", "4K", "--json")
    assert done.code == 0
    assert (done.json["credits"], done.json["resolution"], done.json["generation_mode"]) == (6, "4k", "balanced")
    assert {each["field"] for each in done.json["reasons"]} == {"generation_mode", "aspect_ratio"}
    api = workbench(home, "quote", "packshot", "--product-image", picture, "--num-images", "3", "--tariff", "api", "--json")
    assert api.json["credits"] == 3


def test_run_makes_the_picture_and_says_what_it_cost(home: Path, picture: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = workbench(home, "run", "background-remove", "--image", picture, "--out", out, "--json")
    assert done.code == 0, done.err
    answer = done.json
    assert (answer["status"], answer["tool"], answer["engine"], answer["credits"]) == (
        "completed",
        "background-remove",
        "draft",
        1,
    )
    (path,) = answer["outputs"]
    with Image.open(path) as result:
        assert (result.mode, result.size) == ("RGBA", (320, 400))
        assert result.getpixel((5, 5))[3] == 0  # type: ignore[index]
        assert result.getpixel((160, 200))[3] == 255  # type: ignore[index]
    balance = workbench(home, "credits", "balance", "--json").json
    assert (balance["spent"], balance["held"]) == (1, 0)
    listed = workbench(home, "gallery", "list", "--tool", "background-remove", "--json").json["assets"]
    assert [each["job_id"] for each in listed] == [answer["id"]]


def refusals() -> Iterator[Any]:
    yield pytest.param(["--image", "{picture}", "--factor", "2x"], "factor", id="a field of another tool")
    yield pytest.param(["--image", "{picture}", "--color", "red"], "color", id="no colour")
    yield pytest.param(["--image", "{picture}", "--box", "0.9,0,0.1,1"], "box", id="a box from right to left")
    yield pytest.param(["--image", "{picture}", "--box", "left"], "box", id="no box")
    yield pytest.param(["--image", "{missing}"], "image", id="no such file")
    yield pytest.param(["--image", "{text}"], "image", id="not a picture")
    yield pytest.param(["--image", "{empty}"], "image", id="zero bytes")
    yield pytest.param(["--image", "http://127.0.0.1:9/x.png"], "image", id="a private address")
    yield pytest.param(["--image", "{folder}"], "image", id="a folder")
    yield pytest.param([], "image", id="nothing given")


@pytest.mark.parametrize(("flags", "field"), list(refusals()))
def test_wrong_input_exits_2_names_the_field_and_leaves_nothing(
    home: Path, picture: Path, tmp_path: Path, flags: list[str], field: str
) -> None:
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "empty.jpg").write_bytes(b"")
    places = {
        "picture": picture,
        "missing": tmp_path / "no.png",
        "text": tmp_path / "text.png",
        "empty": tmp_path / "empty.jpg",
        "folder": tmp_path,
    }
    filled = [each.format(**places) for each in flags]
    done = workbench(home, "run", "background-remove", *filled, "--out", tmp_path / "out", "--json")
    assert done.code == 2
    assert field in [each["field"] for each in done.json["fields"]] or field in done.json["error"]["message"]
    assert not (tmp_path / "out").exists()
    files = home / "files"
    assert not files.exists() or not [each for each in files.rglob("*") if each.is_file()]


def test_a_tool_without_an_engine_says_what_is_missing_and_costs_nothing(home: Path, tmp_path: Path) -> None:
    done = workbench(
        home, "run", "create-face", "--prompt", "a woman", "--engine", "diffusion", "--out", tmp_path / "out", "--json"
    )
    assert done.code == 1
    assert done.json["error"]["name"] == "EngineUnavailable"
    assert "engine" in done.json["error"]["message"]
    balance = workbench(home, "credits", "balance", "--json").json
    assert (balance["spent"], balance["held"]) == (0, 0)


def test_serving_beyond_loopback_is_refused(home: Path) -> None:
    done = workbench(home, "serve", "--host", "0.0.0.0")  # noqa: S104 - the refusal is what is tested
    assert done.code == 1
    assert "Misconfigured" in done.err
    assert "127.0.0.1" in done.err


@pytest.mark.parametrize("arguments", [["nonsense"], ["run"], ["run", "nonsense", "--out", "x"], ["tools", "--nonsense"]])
def test_unknown_commands_and_flags_exit_2(home: Path, arguments: list[str]) -> None:
    assert workbench(home, *arguments).code == 2


def test_wrong_settings_are_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_PORT", "many")
    done = workbench(home, "settings")
    assert done.code == 1
    assert "WORKBENCH_PORT" in done.err


def test_secrets_are_masked(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", "postgresql://me:geheim@host/db")
    done = workbench(home, "settings", "--json")
    assert "geheim" not in done.out
    assert done.json["database_url"]


def test_flags_become_values_and_files_become_data(picture: Path) -> None:
    tool = TOOLS["product-to-model"]
    values = values_of(
        tool, {"product_images": [str(picture), "asset1"], "num_images": "3", "prompt": "full body", "out": "x"}, []
    )
    assert values["num_images"] == 3
    assert values["product_images"][1] == "asset1"
    data = values["product_images"][0]
    assert data.startswith("data:image/any;base64,")
    with Image.open(BytesIO(base64.b64decode(data.split(",")[1]))) as image:
        assert image.size == (320, 400)
    assert set(values) == {"product_images", "num_images", "prompt"}


def test_a_number_that_is_none_is_left_for_the_request_to_refuse() -> None:
    tool = TOOLS["create-face"]
    with pytest.raises(InvalidInput, match="num_images"):
        tool.parse(values_of(tool, {"prompt": "x", "num_images": "nan"}, []))


def test_a_stray_word_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"stray\.png"):
        values_of(TOOLS["edit"], {}, ["stray.png"])


@pytest.mark.parametrize("text", ["0.1,0.05,0.9,0.95", "0.1, 0.05, 0.9, 0.95", "0.1 0.05 0.9 0.95"])
def test_a_box_is_written_as_four_numbers(text: str) -> None:
    assert values_of(TOOLS["background-remove"], {"box": text}, []) == {"box": [0.1, 0.05, 0.9, 0.95]}
