"""One measured figure, and how a list of them is printed."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its bar; `ok` says whether the bar is met."""

    name: str
    value: float
    unit: str
    bar: str
    ok: bool


def table(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| measured | value | bar | |", "|---|---:|---|---|"]
    lines += [f"| {row.name} | {row.value:,.3g} {row.unit} | {row.bar} | {'ok' if row.ok else 'MISSED'} |" for row in rows]
    return "\n".join(lines)
