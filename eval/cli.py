"""`python -m eval COMMAND`: measure, report, compare. Exit 0 done, 1 failed, 2 usage; logs and progress on stderr."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from eval.errors import EvalError
from pipelines.errors import PipelineError
from workbench.commands.output import FAILED, note, say_json, terminal
from workbench.errors import WorkbenchError

COMMANDS = {
    "list": "List suites, tools and metrics, with what is missing for them.",
    "run": "Run tools over a suite and measure what comes of it.",
    "report": "Write the reports of a run anew.",
    "compare": "Compare two runs and say what got worse.",
    "gate": "Hold a run against thresholds and a base, for continuous integration.",
    "arena": "Export, import and count the votes of the arena.",
}
"""Name of a module in `eval.commands` to its help."""


class _Command(Protocol):
    def add(self, parser: ArgumentParser) -> None: ...
    def run(self, arguments: Namespace) -> int: ...


def main(argv: Sequence[str]) -> int:
    """Run one command line; its exit code."""
    with terminal():
        arguments = _parser().parse_args(argv)
        as_json = getattr(arguments, "json", False)
        try:
            return _command(arguments.command).run(arguments)
        except (EvalError, WorkbenchError, PipelineError) as error:
            return _refuse(type(error).__name__, str(error), as_json=as_json)
        except KeyboardInterrupt:
            return _refuse("Interrupted", "interrupted", as_json=as_json)


def _command(name: str) -> _Command:
    return cast(_Command, import_module(f"eval.commands.{name}"))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m eval", description="Which mode is worth its price, with proof.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in COMMANDS.items():
        _command(name).add(commands.add_parser(name, help=text, allow_abbrev=False))
    return parser


def _refuse(name: str, message: str, *, as_json: bool) -> int:
    if as_json:
        say_json({"error": {"name": name, "message": message}})
    else:
        note(f"{name}: {message}")
    return FAILED
