"""The table of all metrics in `docs/metrics.md`. `python -m eval.metrics.catalogue` writes it anew."""

import math
from pathlib import Path

from eval.metrics.metric import Declaration, Metric
from eval.metrics.registry import METRICS, SET_METRICS

DOCS = Path("docs/metrics.md")
BEGIN, END = "<!-- metrics: written by python -m eval.metrics.catalogue -->", "<!-- metrics: end -->"


def table() -> str:
    """Markdown: a row for each metric, in the order of the reports' columns."""
    head = "| metric | | best | range | margin | needs | for | source |\n|---|---|---|---|---:|---|---|---|"
    return "\n".join([head, *(_row(each) for each in (*METRICS.all, *SET_METRICS))])


def _row(metric: Declaration) -> str:
    arrow = "↑" if metric.better == "higher" else "↓"
    low, high = (_number(each) for each in metric.range)
    needs, tools = "features of all pictures", "every tool"
    if isinstance(metric, Metric):
        needs, tools = ", ".join(sorted(metric.needs)) or "–", ", ".join(sorted(metric.tools)) or tools
    cells = (f"`{metric.name}`", metric.title, arrow, f"{low} to {high}", f"{metric.margin:g}", needs, tools, metric.source)
    return f"| {' | '.join(cells)} |"


def _number(value: float) -> str:
    return f"{'−' if value < 0 else ''}{'∞' if math.isinf(value) else f'{abs(value):g}'}"


def written(page: str) -> str:
    """The page with the table between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    DOCS.write_text(written(DOCS.read_text()))
