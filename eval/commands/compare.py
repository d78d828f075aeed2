"""`python -m eval compare A B`: what changed from one run to another."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from workbench.commands.output import DONE, FAILED, say


def add(parser: ArgumentParser) -> None:
    """Two runs' folders."""
    parser.add_argument("before", type=Path, metavar="A", help="Folder of the run that is the measure.")
    parser.add_argument("after", type=Path, metavar="B", help="Folder of the run to be judged.")


def run(arguments: Namespace) -> int:
    """Say what got better and worse; failed where something got worse."""
    from eval.reports.compare import compare
    from eval.runs.results import load

    found = compare(load(arguments.before), load(arguments.after))
    say(found.text)
    return DONE if found.ok else FAILED
