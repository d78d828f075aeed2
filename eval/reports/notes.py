"""What a reader has to know of a run before its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from eval.runs.results import Results
from eval.verdicts.words import tool_title


class Flag(Protocol):
    """A metric that ranked a planted degradation or a control wrongly; `eval.controls` makes them."""

    @property
    def metric(self) -> str: ...
    @property
    def tool(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the head."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Notes:
    """Facts of the head, and what is wrong."""

    facts: tuple[Fact, ...]
    notices: tuple[str, ...]


def notes_of(results: Results, flags: Sequence[Flag]) -> Notes:
    """Of a run with its flagged metrics."""
    manifest, made = results.manifest, list(results.made())
    lost = [row for row in made if row.status in ("failed", "refused", "unsupported")]
    unscored = sum(bool(row.unscored) for row in made)
    facts = (
        Fact("Outputs", f"{sum(row.done for row in made):,} of {len(made):,}"),
        Fact("Cases", f"{len({(row.tool, row.case) for row in made}):,}"),
        Fact("Seeds", f"{len(manifest.grid.seeds)}"),
        Fact("Failed or refused", f"{len(lost):,}"),
        Fact("Without some value", f"{unscored:,}"),
        Fact("Begun", manifest.made[:16].replace("T", ", ")),
        Fact("Device", next(iter(manifest.device.values()), "not told")),
    )
    return Notes(facts, (*(_flagged(each) for each in flags), *_failures(results)))


def _flagged(flag: Flag) -> str:
    return f"{tool_title(flag.tool)}, {flag.metric}: {flag.text}"


def _failures(results: Results) -> list[str]:
    """Tools whose verdicts rest on much less than was asked."""
    asked: dict[str, list[bool]] = {}
    for row in results.made():
        asked.setdefault(row.tool, []).append(row.done)
    return [
        f"{tool_title(tool)}: {len(done) - sum(done)} of {len(done)} outputs are missing; its verdicts rest on the others."
        for tool, done in asked.items()
        if sum(done) < 0.9 * len(done)
    ]
