"""`python -m eval compare A B`: what changed from one run to another."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from workbench.commands.output import DONE, FAILED, say, say_json


def add(parser: ArgumentParser) -> None:
    """Two runs' folders."""
    parser.add_argument("base", type=Path, metavar="A", help="Folder of the run that is the measure.")
    parser.add_argument("new", type=Path, metavar="B", help="Folder of the run to be judged.")
    parser.add_argument("--metrics", nargs="+", default=(), metavar="METRIC", help="Compare these only.")
    parser.add_argument("--json", action="store_true", help="One JSON object on stdout and nothing else.")


def run(arguments: Namespace) -> int:
    """Say what got better and worse; failed where something got worse or was lost."""
    from eval.reports.compare import as_json, compared_runs
    from eval.runs.results import load

    found = compared_runs(load(arguments.base), load(arguments.new), arguments.metrics)
    if arguments.json:
        say_json(as_json(found))
    else:
        say(found.markdown())
    return FAILED if found.regressions or found.lost else DONE
