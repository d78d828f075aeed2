"""`python -m eval report DIR`: the reports of a run, written anew from its rows."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from workbench.commands.output import DONE, say


def add(parser: ArgumentParser) -> None:
    """The run's folder."""
    parser.add_argument("run", type=Path, metavar="DIR", help="Folder of a run, finished or not.")


def run(arguments: Namespace) -> int:
    """Write them beside the table."""
    from eval.controls import flags
    from eval.reports.write import write_reports
    from eval.runs.results import load

    results = load(arguments.run)
    write_reports(results, arguments.run, flags=flags(results))
    say(str(arguments.run / "report.html"))
    return DONE
