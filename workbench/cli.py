"""`workbench COMMAND`: the studio from a terminal. Exit 0 done, 1 failed, 2 usage; logs and progress on stderr."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Protocol, cast

from pipelines.errors import PipelineError
from workbench.commands.fields import add_fields
from workbench.commands.output import FAILED, USAGE, note, say_json, terminal
from workbench.errors import InvalidInput, UnsafeAddress, WorkbenchError
from workbench.tools.registry import TOOLS

COMMANDS = {
    "tools": "List the tools and which engine can run them.",
    "quote": "Say what a run would cost.",
    "run": "Run a tool on files.",
    "gallery": "List, show, import and export pictures.",
    "models": "List, fetch, verify, remove and pin the weights of open models.",
    "credits": "Balance, history and grants.",
    "settings": "Show the settings in force.",
}
"""Name of a module in `workbench.commands` to its help; serve and worker come from the entry."""
BY_TOOL = ("quote", "run")
Serve = Callable[[str | None, int | None], int]
Work = Callable[[], int]


class _Command(Protocol):
    def add(self, parser: ArgumentParser) -> None: ...
    def run(self, arguments: Namespace, unknown: list[str]) -> int: ...


def main(argv: Sequence[str], *, serve: Serve, work: Work) -> int:
    """Run one command line; `serve` opens the page and `work` takes jobs, both composed by the entry."""
    with terminal():
        return _run(argv, serve, work)


def _run(argv: Sequence[str], serve: Serve, work: Work) -> int:
    parser = _parser()
    arguments, unknown = parser.parse_known_args(argv)
    if unknown and arguments.command not in BY_TOOL:
        parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        if arguments.command == "serve":
            return serve(arguments.host, arguments.port)
        if arguments.command == "worker":
            return work()
        return _command(arguments.command).run(arguments, unknown)
    except (WorkbenchError, PipelineError) as error:
        return _refuse(error, as_json=getattr(arguments, "json", False))
    except KeyboardInterrupt:
        if getattr(arguments, "json", False):
            say_json({"error": {"name": "Interrupted", "message": "interrupted"}, "fields": ()})
        else:
            note("interrupted")
        return FAILED


def _command(name: str) -> _Command:
    return cast(_Command, import_module(f"workbench.commands.{name}"))


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="workbench", description="A studio and research workbench for fashion imagery.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="Open the studio page.")
    serve.add_argument("--host", help="Address to listen on; 127.0.0.1 by default.")
    serve.add_argument("--port", type=int, help="Port to listen on; 7860 by default.")
    commands.add_parser("worker", help="Take jobs without serving a page.")
    for name, text in COMMANDS.items():
        parent = commands.add_parser(name, help=text)
        if name in BY_TOOL:
            tools = parent.add_subparsers(dest="tool", required=True, metavar="TOOL")
            for tool in TOOLS:
                each = tools.add_parser(tool.name, help=tool.summary, allow_abbrev=False)
                add_fields(each, tool)
                _command(name).add(each)
        else:
            _command(name).add(parent)
    return parser


def _refuse(error: WorkbenchError | PipelineError, *, as_json: bool) -> int:
    if as_json:
        fields = error.problems if isinstance(error, WorkbenchError) else ()
        say_json({"error": {"name": error.name, "message": str(error)}, "fields": fields})
    else:
        note(f"{error.name}: {error}")
    return USAGE if isinstance(error, (InvalidInput, UnsafeAddress)) else FAILED
