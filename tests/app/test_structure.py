"""What must stay true of the code as a whole."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("workbench", "pipelines", "eval")
WRITTEN = [each for package in PACKAGES for each in sorted((ROOT / package).rglob("*.py")) if each.parent.name != "versions"]
SOURCES = [ROOT / "app.py", *WRITTEN]
"""All but the generated migrations."""
MAX_FUNCTION, MAX_FILE = 80, 600


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def trees() -> Iterator[tuple[str, ast.Module]]:
    for path in SOURCES:
        yield name(path), ast.parse(path.read_text())


def test_files_and_functions_stay_short() -> None:
    long = [name(path) for path in SOURCES if len(path.read_text().splitlines()) > MAX_FILE]
    for where, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    long.append(f"{where}:{node.lineno} {node.name} ({length})")
    assert not long


def test_the_builtin_eval_is_never_hidden() -> None:
    hiding = [
        where
        for where, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import) and any(each.name.split(".")[0] == "eval" for each in node.names)
    ]
    assert not hiding


def test_only_the_settings_read_the_environment() -> None:
    readers = [
        where
        for where, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")
    ]
    assert not readers


def test_every_module_says_what_it_is() -> None:
    silent = [where for where, tree in trees() if not ast.get_docstring(tree)]
    assert not silent


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("workbench.cli", {"torch", "gradio", "sqlalchemy", "cv2", "dbos", "scipy"}),
        ("workbench.studio", {"torch", "gradio"}),
        ("pipelines.registry", {"torch", "cv2", "scipy"}),
        ("app", {"torch", "gradio", "sqlalchemy", "cv2", "dbos", "PIL", "eval"}),
        ("eval.arena.commands", {"torch", "gradio", "datasets"}),
    ],
)
def test_importing_costs_nothing_that_is_not_needed(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({unwanted!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == []


def test_pages_of_eval_have_names_of_their_own() -> None:
    code = """
from types import SimpleNamespace
from pathlib import Path
from eval.ui.registry import PAGES
from workbench.tools.registry import TOOLS
studio = SimpleNamespace(settings=SimpleNamespace(home=Path("nowhere")), toolbox=TOOLS)
names = [page(studio).name for page in PAGES] + [tool.name for tool in TOOLS]
print(len(names) == len(set(names)), Path("nowhere").exists())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["True", "False"]


def test_documents_name_only_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for document in ("README.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"make ([a-z-]+)", (ROOT / document).read_text()))
        assert named <= targets, document
