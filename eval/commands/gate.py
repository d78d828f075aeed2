"""`python -m eval gate DIR`: a run held against thresholds and a base, as JSON for a machine that decides."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from workbench.commands.output import say_json


def add(parser: ArgumentParser) -> None:
    """The run, and what it is held against."""
    parser.add_argument("run", type=Path, metavar="DIR", help="Folder of the run.")
    parser.add_argument(
        "--thresholds", type=Path, metavar="TOML", help="[[thresholds]] with metric, limit and what each is about."
    )
    parser.add_argument("--base", type=Path, metavar="DIR", help="Folder of a run that it may not be worse than.")
    parser.add_argument("--metrics", nargs="+", default=(), metavar="METRIC", help="Compare these with the base only.")


def run(arguments: Namespace) -> int:
    """One JSON object; exit 1 where a threshold is missed, or something got worse or was lost."""
    from eval.reports.gate import gate, read_thresholds
    from eval.runs.results import load

    thresholds = read_thresholds(arguments.thresholds) if arguments.thresholds else ()
    base = load(arguments.base) if arguments.base else None
    found = gate(load(arguments.run), thresholds, base, arguments.metrics)
    say_json(found.as_json())
    return found.exit_code
