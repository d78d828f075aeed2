"""What `python -m eval arena` does: `add` and `run` for the command line, above plain functions that answer the text to be shown."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from eval.arena.arena import Arena
from eval.arena.remarks import remarks, span
from eval.arena.report import Report, ToolReport
from eval.errors import BadVote

NOTHING = "No votes yet: open the studio, choose Arena, and vote."


def add(parser: ArgumentParser) -> None:
    """Declare the command line's words."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, argument, text in (
        ("add", "folder", "Show a run's folder in the arena."),
        ("export", "file", "Write all votes as JSON Lines."),
        ("import", "file", "Take in votes that `export` wrote."),
    ):
        actions.add_parser(name, help=text).add_argument(argument, type=Path)
    actions.add_parser("table", help="Strengths of settings, and how far metrics agree with people.")


def run(arguments: Namespace) -> int:
    """Carry out a line; its exit code. Raises EvalError and WorkbenchError for what can't be done."""
    from eval.arena.sources import read_case, read_run
    from workbench.commands.output import say
    from workbench.settings import read_settings

    with Arena(read_settings().home, read_run, read_case) as arena:
        say(_ACTIONS[arguments.action](arena, arguments))
    return 0


def add_run(arena: Arena, folder: Path) -> str:
    """Show a run that lies outside of the data directory. Raises BadRun where it is none."""
    from eval.runs.manifest import Manifest

    manifest = Manifest.read(folder)
    arena.votes.add_run(folder)
    return f"run {manifest.id} is shown in the arena"


def export_votes(arena: Arena, out: Path) -> str:
    """Write every vote as a line of JSON. Raises BadVote where the file can't be written."""
    text = arena.exported()
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadVote(f"{out} can't be written: {error.strerror}; name another file") from error
    return f"{text.count(chr(10))} votes in {out}"


def import_votes(arena: Arena, file: Path) -> str:
    """Take in a file of votes. Raises BadVote that names the line; then nothing was kept."""
    try:
        with file.open("rb") as opened:
            return arena.imported(opened).told()
    except OSError as error:
        raise BadVote(f"{file} can't be read: {error.strerror}; give the file that `python -m eval arena export` made") from error


def table(arena: Arena) -> str:
    """Strengths and agreement for each tool as Markdown."""
    return as_markdown(arena.report())


def as_markdown(found: Report) -> str:
    """A report in tables."""
    parts = [_of_tool(each) for each in found.tools] or [NOTHING]
    parts += [f"{count} votes on run {run}, which is not here, are kept apart." for run, count in found.foreign.items()]
    return "\n\n".join(parts) + "\n"


def _of_tool(told: ToolReport) -> str:
    strengths = {each.name: each for each in told.fit.strengths}
    lines = [
        f"## {told.tool}",
        "",
        f"{told.votes} votes by {told.voters} people on {told.cases} cases; {told.both_bad} both bad, {told.revised} revised.",
        *remarks(told),
        "",
        "| setting | strength | preferred to an average one | won | tied | lost | both bad |",
        "|---|---|---|---|---|---|---|",
    ]
    for each in told.standings:
        known = strengths.get(each.name)
        strength, preferred = (span(known.log), span(known.preferred, 100)) if known else ("–", "–")
        lines.append(f"| {each.name} | {strength} | {preferred} | {each.won} | {each.tied} | {each.lost} | {each.both_bad} |")
    if told.agreements:
        lines += ["", "| metric | Kendall tau-b with people | votes |", "|---|---|---|"]
        lines += [f"| {each.title} | {span(each.tau) if each.tau else '–'} | {each.votes} |" for each in told.agreements]
    return "\n".join(lines)


_ACTIONS: dict[str, Callable[[Arena, Namespace], str]] = {
    "add": lambda arena, given: add_run(arena, given.folder),
    "export": lambda arena, given: export_votes(arena, given.file),
    "import": lambda arena, given: import_votes(arena, given.file),
    "table": lambda arena, _given: table(arena),
}
