"""One row of results: an output, or the lack of one, with everything that it takes to make it again and to judge it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from hashlib import sha256
from typing import Any, Literal, Self

Status = Literal["done", "refused", "failed", "unsupported"]
"""`refused`: the engine or the rules said no, free of charge; `failed`: something broke; `unsupported`: no engine for it here."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One point of the grid."""

    tool: str
    case: str
    engine: str
    mode: str
    resolution: str
    seed: int

    @property
    def id(self) -> str:
        """16 hex digits, the same in every run of the same suite; file names use it."""
        text = "|".join((self.tool, self.case, self.engine, self.mode, self.resolution, str(self.seed)))
        return sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of a cell, or of a control beside it. Seconds are wall time, memory is in MB; None was not measured."""

    cell: str
    """The cell's id; a control has the id of its own."""
    way: str
    """`engine` for what an engine made, else the name of a control or planted degradation."""
    suite: str
    suite_version: str
    tool: str
    case: str
    kind: str
    engine: str
    engine_version: str = ""
    mode: str
    resolution: str
    seed: int
    status: Status
    error: str = ""
    width: int | None = None
    height: int | None = None
    cold: bool = False
    """Whether this process ran the setting (engine, tool, mode, resolution) for the first time."""
    queue_seconds: float | None = None
    load_seconds: float | None = None
    """Reading weights, as the engine tells it; part of `run_seconds`."""
    run_seconds: float | None = None
    encode_seconds: float | None = None
    host_mb: float | None = None
    """Peak of the process's memory during the run."""
    gpu_mb: float | None = None
    credits_app: int | None = None
    credits_api: int | None = None
    auto_mode: str = ""
    """What the studio's Auto would have chosen for the same request."""
    auto_resolution: str = ""
    picture: str = ""
    """The stored output, relative to the run's folder."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    scores: Mapping[str, float] = field(default_factory=dict)
    unscored: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        """Whether there is an output."""
        return self.status == "done"

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"notes": list(self.notes)}

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Self:
        """What `as_json` kept; unknown names are passed over, so that newer files can be read."""
        known = {each.name for each in fields(cls)}
        given = {name: value for name, value in kept.items() if name in known}
        return cls(**given | {"notes": tuple(kept.get("notes", ()))})
