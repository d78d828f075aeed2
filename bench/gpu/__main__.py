"""`python -m bench.gpu`: measure full-size models with random weights, print tables; exit 1 where the bar is missed."""

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

import diffusers
import torch

from bench.gpu.cases import CASES
from bench.gpu.measure import ENOUGH, Measured
from bench.gpu.report import Machine, Results, publish, tables, verdicts
from bench.gpu.session import session
from bench.gpu.stage import Stage
from bench.gpu.tiny import small_references, tiny_cases
from bench.gpu.weights import Place

NEEDS = (
    "bench-gpu measures full-size models and needs an NVIDIA GPU that torch can use: 80 GB of memory for all of them, "
    "24 GB for klein and Z-Image (--only klein, --only Z-Image). Without one, --tiny proves the benchmark itself on the CPU."
)


def main(argv: Sequence[str] | None = None) -> int:
    """0: measured, and the bar met; 1: missed, or nothing to measure on; 2: no such case."""
    asked = _arguments(argv)
    diffusers.logging.set_verbosity_error()
    if not asked.tiny and not torch.cuda.is_available():
        print(NEEDS, file=sys.stderr)
        return 1
    cases = [each for each in (tiny_cases() if asked.tiny else CASES) if asked.only.lower() in each.name.lower()]
    if not cases:
        print(f"no case has {asked.only!r} in its name:\n" + "\n".join(each.name for each in CASES), file=sys.stderr)
        return 2
    if asked.tiny:
        torch.set_num_threads(1)  # two beside another busy process make tiny models a hundred times slower
    place = Place(torch.device("cpu" if asked.tiny else "cuda"), torch.bfloat16)
    results = Results(_folder(asked.out) / ("tiny.json" if asked.tiny else "gpu.json"), _machine(place))
    with small_references() if asked.tiny else nullcontext():
        measured = session(Stage(place), results, cases, enough=0.0 if asked.tiny else ENOUGH)
    fragment = f"Measured on: {results.machine}.\n\n{tables(measured)}"
    print(fragment)
    if asked.page:
        publish(asked.page, fragment)
    return 0 if asked.tiny else _judged(measured)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.gpu", description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="tiny models on the CPU, to prove the benchmark itself")
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name has this, such as quality or 1024")
    parser.add_argument("--out", type=Path, default=Path("out/bench-gpu"), help="folder of results; a second run goes on there")
    parser.add_argument("--page", type=Path, help="page between whose markers the tables go")
    return parser.parse_args(argv)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def _machine(place: Place) -> Machine:
    title = torch.cuda.get_device_name(place.device) if place.device.type == "cuda" else "CPU, tiny models"
    return Machine(title, torch.__version__, version("diffusers"))


def _judged(measured: Sequence[Measured]) -> int:
    found = verdicts(measured)
    for each in found:
        print(f"{'ok' if each.met else 'MISSED'}: {each.text}")
    return 0 if all(each.met for each in found) else 1


if __name__ == "__main__":
    sys.exit(main())
