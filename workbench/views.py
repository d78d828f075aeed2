"""What surfaces get to see of the studio: frozen values, JSON-ready through `as_json`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Literal

JobStatus = Literal["waiting", "running", "completed", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A named error with its message, as a job reports it."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class AssetView:
    """A stored picture or video. It is at `/files/{id}`, its thumbnail, or that of its first frame, at `/files/{id}/thumbnail`."""

    id: str
    kind: Literal["upload", "output"]
    name: str
    tool: str | None
    job_id: str | None
    output_index: int | None
    media_type: str
    """`image/png`, `image/jpeg`, `image/webp` or `video/mp4`."""
    width: int
    height: int
    bytes: int
    inputs: Mapping[str, Any]
    created_at: datetime

    @property
    def is_video(self) -> bool:
        """Whether it can't be used where a picture is asked for."""
        return self.media_type.startswith("video/")


@dataclass(frozen=True, slots=True)
class LandmarksView:
    """What a product picture shows."""

    category: str
    confidence: float
    """0 to 1; below 0.5 the points are a guess."""
    points: Mapping[str, tuple[float, float]]
    """Name to x, y as shares of the picture's width and height."""


@dataclass(frozen=True, slots=True)
class OutputView:
    """What became of one output: an asset or an error."""

    index: int
    asset: AssetView | None
    error: Failure | None
    seconds: float


@dataclass(frozen=True, slots=True)
class JobView:
    """One run of a tool."""

    id: str
    tool: str
    status: JobStatus
    engine: str
    request: Mapping[str, Any]
    """Image fields hold asset ids."""
    resolution: str
    generation_mode: str
    width: int
    height: int
    num_images: int
    seed: int
    reasons: tuple[Mapping[str, str], ...]
    """{field, text} of each automatic decision."""
    unit_credits: int
    credits: int
    """Captured so far: delivered outputs times `unit_credits`; final once the job has ended."""
    step: int
    of: int
    note: str
    preview: bool
    """Whether `/files/previews/{id}` has a picture."""
    outputs: tuple[OutputView, ...]
    error: Failure | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float
    """From start to end, or to now while it runs; 0 while it waits."""

    @property
    def ended(self) -> bool:
        return self.status in ("completed", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class QuoteView:
    """What a request would cost and what was decided for it."""

    tool: str
    resolution: str
    generation_mode: str
    width: int | None
    height: int | None
    num_images: int
    credits: int
    tariff: str
    reasons: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class BalanceView:
    """A wallet: what can be spent, what running jobs hold, what was spent. `unlimited` plans are metered only."""

    plan: str
    unlimited: bool
    available: int
    held: int
    spent: int


@dataclass(frozen=True, slots=True)
class EntryView:
    """One movement of credits in a wallet's history."""

    id: int
    kind: Literal["grant", "hold", "capture", "release"]
    amount: int
    """Credits moved, positive: into the wallet, from it to a job, from the job to spent, from the job back."""
    cause: str
    job_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FileView:
    """A picture or video as a page shows it, or a document of a page."""

    data: bytes
    media_type: str
    policy: str = ""
    """Content-Security-Policy of a document that is opened by itself; without one nothing in the file can run."""


def as_json(value: Any) -> Any:
    """Dataclasses, datetimes and enums as plain JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: as_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
