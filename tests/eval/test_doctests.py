"""The examples in the docstrings of the metrics and of the statistics hold."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

NO_KERNELS = ("__init__", "metric", "registry", "frames", "weights", "clip", "dino", "catalogue")
METRICS = sorted(f"metrics.{path.stem}" for path in Path("eval/metrics").glob("*.py") if path.stem not in NO_KERNELS)


@pytest.mark.parametrize("name", [*METRICS, "statistics"])
def test_examples_hold(name: str) -> None:
    found = doctest.testmod(import_module(f"eval.{name}"))
    assert found.failed == 0
    assert found.attempted > 0
