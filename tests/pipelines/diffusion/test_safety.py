"""A configured checker sees every picture; one that can't be loaded, or fails, lets none pass."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from pipelines.config import EngineConfig
from pipelines.diffusion.safety import checker, passed
from pipelines.errors import BadChecker, PictureWithheld

PICTURE = Image.new("RGB", (8, 8))


def check(image: Image.Image, prompt: str) -> str:
    """Refuses a prompt that speaks of secrets."""
    return "shows a secret" if image.mode == "RGB" and "secret" in prompt else ""


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = ModuleType("plugin_of_a_test")
    vars(module).update(check=check, figure=3)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def config(safety: str | None) -> EngineConfig:
    return EngineConfig(models=Path("models"), safety=safety)


def test_there_is_no_checker_unless_one_is_named() -> None:
    assert checker(config(None)) is None
    assert passed(PICTURE, "a secret", None) is PICTURE


def test_the_named_checker_lets_pass_or_says_why_not(plugin: ModuleType) -> None:
    found = checker(config("plugin_of_a_test:check"))
    assert passed(PICTURE, "a coat", found) is PICTURE
    with pytest.raises(PictureWithheld, match="withheld the picture: shows a secret"):
        passed(PICTURE, "a secret", found)


@pytest.mark.parametrize(
    "name", ["no_such_module:check", "plugin_of_a_test:nothing", "plugin_of_a_test", ":check", "", "plugin_of_a_test:figure"]
)
def test_a_checker_that_can_not_be_used_is_an_error_that_names_the_setting(plugin: ModuleType, name: str) -> None:
    with pytest.raises(BadChecker, match=f"WORKBENCH_SAFETY_CHECKER is {name!r}"):
        checker(config(name))


@pytest.mark.parametrize("source", ["def check(", "raise SystemExit(3)", "1 / 0"])
def test_a_checker_whose_module_breaks_is_an_error_that_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (tmp_path / "broken_checker_of_a_test.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(BadChecker, match="WORKBENCH_SAFETY_CHECKER is 'broken_checker_of_a_test:check'"):
        checker(config("broken_checker_of_a_test:check"))


def test_a_checker_that_breaks_withholds_the_picture() -> None:
    def broken(image: Image.Image, prompt: str) -> str:
        raise RuntimeError("out of order")

    with pytest.raises(PictureWithheld, match=r"checker failed, .*out of order"):
        passed(PICTURE, "a coat", broken)
