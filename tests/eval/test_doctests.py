"""The examples in the docstrings of the metrics hold."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

NAMES = sorted(path.stem for path in Path("eval/metrics").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", NAMES)
def test_examples_of_metrics_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"eval.metrics.{name}"))
    assert found.failed == 0
    assert found.attempted > 0
