"""The report as Markdown, and every setting's numbers as CSV."""

import csv
from io import StringIO

from eval.reports.content import (
    audit_table,
    comparisons_table,
    controls_table,
    fingerprints_table,
    reasons_table,
    sets_table,
    settings_table,
    summary_table,
)
from eval.reports.notes import notes_of
from eval.reports.page import Report
from eval.reports.sentences import headline, repeat
from eval.reports.tables import Table
from eval.runs.manifest import Manifest
from eval.verdicts.judge import ToolVerdict
from eval.verdicts.summaries import Summary
from eval.verdicts.words import tool_title

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula."""


def markdown(report: Report) -> str:
    """The same as the page, without its pictures."""
    results, manifest = report.results, report.results.manifest
    notes = notes_of(results, report.flags)
    parts = [
        f"# {one_line(manifest.suite.title)}: is Quality worth its price?",
        headline(report.verdicts),
        *(f"- {one_line(text)}" for text in notes.notices),
        "\n".join(f"- {each.name}: {one_line(each.value)}" for each in notes.facts),
        summary_table(report.verdicts).markdown(),
        *(part for verdict in report.verdicts for part in _tool(verdict)),
        *_section("What Auto should choose", audit_table(report.verdicts)),
        *_section("Controls", controls_table(results, report.verdicts)),
        *_section("Sets of outputs", sets_table(results)),
        *_section("What is not counted", reasons_table(results)),
        *_section("Metrics", fingerprints_table(manifest)),
        "## How to repeat it",
        f"```\n{repeat(manifest)}\n```",
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _tool(verdict: ToolVerdict) -> list[str]:
    findings = [finding.text for finding in verdict.findings]
    tables = [settings_table(verdict), comparisons_table(verdict)]
    return [f"## {one_line(tool_title(verdict.tool))}", *findings, *(table.markdown() for table in tables if table.lines)]


def _section(title: str, table: Table) -> list[str]:
    return [f"## {title}", table.markdown()] if table.lines else []


def one_line(text: str) -> str:
    """Without what Markdown would take for markup of its own.

    >>> one_line("a <b>\\n# c")
    'a &lt;b> # c'
    """
    return " ".join(text.split()).replace("<", "&lt;")


def summary_csv(manifest: Manifest, verdicts: tuple[ToolVerdict, ...]) -> str:
    """A line for each setting: counts, seconds, megabytes, credits, and every metric with its interval."""
    kept = StringIO()
    lines = [_line(manifest, verdict, summary) for verdict in verdicts for summary in verdict.summaries]
    writer = csv.DictWriter(kept, fieldnames=_heads(manifest), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return kept.getvalue()


BASE = ("tool", "engine", "mode", "resolution", "quality_metric", "asked", "done", "refused", "failed", "unsupported",
        "seconds_p50", "seconds_p95", "seconds_cold", "seconds_load", "host_mb", "gpu_mb", "credits_app", "credits_api",
        "front_app", "front_api")  # fmt: skip


def _heads(manifest: Manifest) -> list[str]:
    names = [told.name for told in manifest.metrics]
    return [*BASE, *(f"{name}{part}" for name in names for part in ("", "_low", "_high", "_unscored"))]


def _line(manifest: Manifest, verdict: ToolVerdict, summary: Summary) -> dict[str, object]:
    setting, counts, latency = summary.setting, summary.counts, summary.latency
    fronts = {front.tariff: setting in front.settings for front in verdict.fronts}
    values = (
        setting.tool, setting.engine, setting.mode, setting.resolution, verdict.quality.primary.name if verdict.quality else "",
        counts.asked, counts.done, counts.refused, counts.failed, counts.unsupported,
        latency.p50, latency.p95, latency.cold, latency.load, summary.host_mb, summary.gpu_mb, summary.credits_app, summary.credits_api,
        int(fronts["app"]), int(fronts["api"]),
    )  # fmt: skip
    line: dict[str, object] = dict(zip(BASE, map(_safe, values), strict=True))
    for told in manifest.metrics:
        found = summary.scores.get(told.name)
        line |= {f"{told.name}_unscored": counts.unscored.get(told.name, 0)}
        if found is not None:
            line |= {told.name: found.estimate, f"{told.name}_low": found.low, f"{told.name}_high": found.high}
    return line


def _safe(value: object) -> object:
    """A spreadsheet must not take a name for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value
