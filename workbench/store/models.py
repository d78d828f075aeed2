"""The studio's tables. Times are UTC; credits are integers; a balance is never stored, it is a sum of entries."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out, on every database; SQLite keeps no zone, so UTC is what is stored."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "%(table_name)s_by_%(column_0_N_name)s",
            "uq": "%(constraint_name)s",
            "ck": "%(constraint_name)s",
            "fk": "%(table_name)s_%(column_0_N_name)s",
            "pk": "%(table_name)s_key",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON(none_as_null=True)}  # noqa: RUF012


class OrganisationRow(Base):
    """Who owns assets, jobs and a wallet. An own installation has one, `local`."""

    __tablename__ = "organisations"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    plan: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(default=now)


class AssetRow(Base):
    """A stored picture or video: an upload, or an output with its complete inputs."""

    __tablename__ = "assets"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(16))
    """`upload` or `output`."""
    name: Mapped[str] = mapped_column(String(255), default="")
    tool: Mapped[str | None] = mapped_column(String(40))
    job_id: Mapped[str | None] = mapped_column(String(36))
    output_index: Mapped[int | None] = mapped_column(Integer)
    media_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    bytes: Mapped[int] = mapped_column(BigInteger)
    content: Mapped[str] = mapped_column(String(64), index=True)
    """SHA-256 of the file, its key in the picture store."""
    inputs: Mapped[dict[str, Any]]
    """Tool, request, decisions, engine, seed, notes, seconds: everything that it takes to make it again."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (
        UniqueConstraint("job_id", "output_index", name="one_asset_per_output"),
        Index("assets_by_owner", "owner", "created_at"),
    )


class LooseRow(Base):
    """A content in the picture store that has no asset yet, or none any more.

    Written before a file is stored and with the last asset's deletion, so that no crash leaves a file that nobody knows of.
    """

    __tablename__ = "loose_contents"
    content: Mapped[str] = mapped_column(String(64), primary_key=True)


class JobRow(Base):
    """One run of a tool: what was asked, what was decided, how far it is."""

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    tool: Mapped[str] = mapped_column(String(40))
    request: Mapped[dict[str, Any]]
    """The validated request; image fields hold asset ids of this owner."""
    decisions: Mapped[dict[str, Any]]
    """resolution, mode, width, height, num_images, reasons."""
    engine: Mapped[str] = mapped_column(String(32))
    seed: Mapped[int] = mapped_column(BigInteger)
    tariff: Mapped[str] = mapped_column(String(8))
    unit_credits: Mapped[int] = mapped_column(Integer)
    num_images: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(16))
    """waiting, running, completed, failed or cancelled."""
    error: Mapped[dict[str, Any] | None]
    """{name, message} of a failed job."""
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    step: Mapped[int] = mapped_column(Integer, default=0)
    of: Mapped[int] = mapped_column(Integer, default=0)
    note: Mapped[str] = mapped_column(String(200), default="")
    preview: Mapped[str | None] = mapped_column(String(64))
    """Key in the picture store of the newest preview."""
    worker: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    __table_args__ = (Index("jobs_by_owner", "owner", "created_at"), Index("jobs_by_status", "status"))


class OutputRow(Base):
    """What became of one output of a job: an asset, or an error. Written once; a deleted asset leaves neither."""

    __tablename__ = "outputs"
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), primary_key=True)
    index: Mapped[int] = mapped_column("output_index", Integer, primary_key=True)
    asset_id: Mapped[str | None] = mapped_column(ForeignKey("assets.id", ondelete="SET NULL"), index=True)
    error: Mapped[dict[str, Any] | None]
    seconds: Mapped[float] = mapped_column(default=0.0)
    created_at: Mapped[datetime] = mapped_column(default=now)


class GrantRow(Base):
    """Credits given to an owner at one time for one reason, with the order in which they are spent."""

    __tablename__ = "grants"
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    owner: Mapped[str] = mapped_column(ForeignKey("organisations.id"), index=True)
    bucket: Mapped[str] = mapped_column(String(16))
    """daily, monthly or topup; spent in this order, earliest expiry first. `local` is what an unlimited plan mints."""
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)


class EntryRow(Base):
    """One side of a transfer of credits; the entries of a transfer sum to zero, for each grant. Append-only.

    Credits of a grant are in one of four accounts: `source` (not given out yet, so negative), `wallet`, `held` by a job,
    or `spent`.
    """

    __tablename__ = "ledger_entries"
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)
    transfer: Mapped[str] = mapped_column(String(120))
    """Names its cause, so that a repeat is refused: `grant:ID`, `hold:JOB`, `capture:JOB:0`, `release:JOB`."""
    account: Mapped[str] = mapped_column(String(8))
    grant_id: Mapped[str] = mapped_column(ForeignKey("grants.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    owner: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    cause: Mapped[str] = mapped_column(Text)
    job_id: Mapped[str | None] = mapped_column(String(36), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    __table_args__ = (
        UniqueConstraint("transfer", "account", "grant_id", name="one_entry_per_transfer_account_and_grant"),
        CheckConstraint("amount <> 0", name="no_empty_entries"),
        Index("ledger_entries_by_account", "owner", "account", "grant_id", "amount"),
        Index("ledger_entries_by_owner", "owner", "id"),
        {"sqlite_autoincrement": True},
    )


class WorkerRow(Base):
    """A process that takes jobs, and when it last said that it lives."""

    __tablename__ = "workers"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
