"""What a run was: enough to make it again, and to know with what its numbers may be compared."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, Self

from pydantic import TypeAdapter, ValidationError

from eval.errors import BadRun
from eval.metrics.metric import Declaration
from eval.suites.case import Card

FILE = "manifest.json"
FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What is asked for: every combination of these that the tools have."""

    suite: str
    """As it was named on the command line: `rendered`, `folder:path.toml`."""
    tools: tuple[str, ...]
    engines: tuple[str, ...]
    modes: tuple[str, ...]
    resolutions: tuple[str, ...]
    seeds: tuple[int, ...]
    limit: int | None = None
    """Cases of each tool; None is all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A metric as a run knew it; what a report needs, so that it needs no code of the metric."""

    name: str
    title: str
    group: str
    better: Literal["higher", "lower"]
    range: tuple[float | None, float | None]
    """Least and largest value; None where there is no bound."""
    margin: float
    digits: int
    source: str
    fingerprint: str
    described: Mapping[str, str]
    sees: tuple[str, ...]

    @classmethod
    def of(cls, metric: Declaration) -> Self:
        """What is worth keeping of a metric."""
        return cls(
            name=metric.name,
            title=metric.title,
            group=metric.group,
            better=metric.better,
            range=metric.bounds,
            margin=metric.margin,
            digits=metric.digits,
            source=metric.source,
            fingerprint=metric.fingerprint(),
            described=metric.described(),
            sees=tuple(sorted(metric.sees)),
        )

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is."""
        return 1 if self.better == "higher" else -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Of one run."""

    id: str
    made: str
    """When it was begun, ISO 8601 with zone."""
    suite: Card
    grid: Grid
    metrics: tuple[Told, ...]
    set_metrics: tuple[Told, ...] = ()
    """Those of all outputs of a setting together."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Python and distributions."""
    engines: Mapping[str, str] = field(default_factory=dict)
    """Engine to its version."""
    models: Mapping[str, str] = field(default_factory=dict)
    """Model to its revision, as outputs told."""
    device: Mapping[str, str] = field(default_factory=dict)
    """Processor, cores, memory, GPUs."""
    git: Mapping[str, str] = field(default_factory=dict)
    """Commit and whether anything was changed after it; empty outside of a checkout."""
    format: int = FORMAT

    def metric(self, name: str) -> Told:
        """The metric of that name; BadRun names those that there are."""
        for each in self.metrics:
            if each.name == name:
                return each
        raise BadRun(f"the run has no metric {name!r}; it has {', '.join(each.name for each in self.metrics)}")

    def write(self, folder: Path) -> None:
        """Into a run's folder."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Of a run's folder; BadRun where it is none."""
        try:
            found = TypeAdapter(cls).validate_json((folder / FILE).read_bytes())
        except FileNotFoundError as error:
            raise BadRun(f"{folder} is no run: it has no {FILE}; give the folder that `python -m eval run --out` made") from error
        except ValidationError as error:
            raise BadRun(f"{folder / FILE} can't be read: {error}") from error
        if found.format != FORMAT:
            raise BadRun(f"{folder} is a run of format {found.format}; this version reads format {FORMAT}")
        return found
