"""Write a run's report beside it: a page, a text, a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.reports.notes import Flag
from eval.reports.page import Report, page
from eval.reports.pictures import Shown, chosen, shown
from eval.reports.text import markdown, summary_csv
from eval.runs.results import Results
from eval.runs.row import Row
from eval.verdicts.judge import ToolVerdict, verdicts


@dataclass(frozen=True, slots=True)
class Written:
    """Where the report lies."""

    page: Path
    text: Path
    table: Path


def write_reports(results: Results, folder: Path, *, metric: str | None = None, flags: Sequence[Flag] = ()) -> Written:
    """`report.html`, `report.md` and `summary.csv` into a run's folder, below which its pictures lie.

    `metric` stands for quality instead of each tool's own; `flags` are the metrics that failed the run's controls. Raises BadRun
    where no output has a value of that metric.
    """
    found = verdicts(results, metric)
    report = Report(results=results, verdicts=found, cases=tuple(_cases(results, found, folder)), flags=tuple(flags))
    written = Written(folder / "report.html", folder / "report.md", folder / "summary.csv")
    folder.mkdir(parents=True, exist_ok=True)
    written.page.write_text(page(report), encoding="utf-8")
    written.text.write_text(markdown(report), encoding="utf-8")
    written.table.write_text(summary_csv(results.manifest, found), encoding="utf-8")
    return written


def _cases(results: Results, found: Sequence[ToolVerdict], folder: Path) -> list[Shown]:
    rows: dict[str, list[Row]] = {}
    for row in results.made():
        rows.setdefault(row.tool, []).append(row)
    wanted = [
        (rank, row, verdict.quality.primary)
        for verdict in found
        if verdict.quality is not None
        for rank, row in chosen(rows[verdict.tool], verdict.quality.primary)
    ]
    return shown(folder, wanted)
