"""What `python -m eval arena` does, as plain functions: each answers the text to be shown."""

from pathlib import Path

from eval.arena.arena import Arena
from eval.arena.report import Report, ToolReport
from eval.errors import BadVote
from eval.statistics import Interval

NOTHING = "No votes yet: open the studio, choose Arena, and vote."


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
        strength, preferred = (_span(known.log), _span(known.preferred, 100)) if known else ("–", "–")
        lines.append(f"| {each.name} | {strength} | {preferred} | {each.won} | {each.tied} | {each.lost} | {each.both_bad} |")
    if told.agreements:
        lines += ["", "| metric | Kendall tau-b with people | votes |", "|---|---|---|"]
        lines += [f"| {each.title} | {_span(each.tau) if each.tau else '–'} | {each.votes} |" for each in told.agreements]
    return "\n".join(lines)


def remarks(told: ToolReport) -> list[str]:
    """What has to be known of a tool's figures, one sentence each."""
    found = []
    if not told.fit.connected:
        groups = " and ".join(f"({', '.join(names)})" for names in told.fit.groups)
        found.append(f"Not connected: no vote compares {groups}, so there are no strengths yet.")
    if not told.fit.bounded:
        found.append(
            "Some settings won every vote against others: their distance is a lower bound, held finite by a small penalty."
        )
    if told.voters == 1:
        found.append("One person voted: the intervals say nothing of how people differ.")
    if told.left is not None and told.left.excludes(0.5):
        found.append(f"The left picture was preferred in {_span(told.left, 100)} % of votes: the side itself seems to matter.")
    return found


def _span(value: Interval, scale: float = 1) -> str:
    digits = 0 if scale == 100 else 2
    return " to ".join(f"{scale * each:.{digits}f}" for each in (value.low, value.high)).join(
        (f"{scale * value.estimate:.{digits}f} (", ")")
    )
