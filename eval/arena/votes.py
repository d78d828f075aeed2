"""Votes and dealt pairs in a SQLite file of their own, `arena.sqlite` in the studio's data directory.

Safe under several processes: whoever writes takes the file's lock first, a pair's token is the key of its vote, and a pair is dealt
to a person once. Commits reach the disk before they are answered.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self, cast

from sqlalchemy import MetaData, String, UniqueConstraint, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from eval.arena.matches import Tally
from eval.arena.shelf import Entrant
from eval.arena.vote import Choice, Shown, Vote
from eval.errors import BadVote
from workbench.store.database import Database
from workbench.store.models import UtcDateTime

FILE = "arena.sqlite"


class _Base(DeclarativeBase):
    metadata = MetaData()
    type_annotation_map = {datetime: UtcDateTime}  # noqa: RUF012


class _DealRow(_Base):
    """A pair as it was shown to one person."""

    __tablename__ = "deals"
    __table_args__ = (UniqueConstraint("voter", "match", name="one_deal_a_match_and_voter"),)
    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    voter: Mapped[str] = mapped_column(index=True)
    match: Mapped[str]
    tool: Mapped[str]
    left_run: Mapped[str]
    left_cell: Mapped[str]
    right_run: Mapped[str]
    right_cell: Mapped[str]
    at: Mapped[datetime]
    revised: Mapped[bool] = mapped_column(default=False)


class _VoteRow(_Base):
    """A vote, each field of it a column; `own` for those cast in this studio."""

    __tablename__ = "votes"
    token: Mapped[str] = mapped_column(String(32), primary_key=True)
    voter: Mapped[str] = mapped_column(index=True)
    choice: Mapped[str]
    at: Mapped[datetime]
    seconds: Mapped[float]
    match: Mapped[str]
    suite: Mapped[str]
    suite_version: Mapped[str]
    tool: Mapped[str]
    case: Mapped[str]
    kind: Mapped[str]
    seed: Mapped[int]
    left_run: Mapped[str]
    left_setting: Mapped[str]
    left_cell: Mapped[str]
    right_run: Mapped[str]
    right_setting: Mapped[str]
    right_cell: Mapped[str]
    revised: Mapped[bool]
    own: Mapped[bool]


class _RunRow(_Base):
    """A run's folder that lies outside of the data directory."""

    __tablename__ = "runs"
    folder: Mapped[str] = mapped_column(primary_key=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A pair on its way to one person."""

    token: str
    voter: str
    match: str
    tool: str
    left_run: str
    left_cell: str
    right_run: str
    right_cell: str
    at: datetime
    revised: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """What came of votes from elsewhere: how many are new, were here already, or differ from the one here, which stays."""

    new: int
    known: int
    different: int


class Votes:
    """The file of one studio; safe to use from several threads and processes."""

    def __init__(self, home: Path) -> None:
        """Makes the file where there is none. Raises StorageFailed where it can't be used."""
        home.mkdir(parents=True, exist_ok=True)
        self._database = Database(f"sqlite:///{home / FILE}")
        event.listen(self._database.engine, "connect", _durable)
        with self._database.transaction() as session:
            _Base.metadata.create_all(session.connection())

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def dealing(self) -> Iterator["Table"]:
        """The table of one dealer: nobody else deals or votes meanwhile."""
        with self._database.transaction() as session:
            yield Table(session)

    def deal(self, token: str) -> Deal | None:
        """The pair of a token."""
        with self._database.reading() as session:
            row = session.get(_DealRow, token)
            return None if row is None else _deal(row)

    def voted(self, token: str) -> Vote | None:
        """The vote of a token."""
        with self._database.reading() as session:
            row = session.get(_VoteRow, token)
            return None if row is None else _vote(row)

    def cast(self, vote: Vote) -> Vote:
        """Keep a vote on a dealt pair; a repeat changes nothing and answers what was kept first. Raises BadVote."""
        with self._database.transaction() as session:
            kept = session.get(_VoteRow, vote.token)
            dealt = session.get(_DealRow, vote.token)
            if dealt is None:
                raise BadVote(f"no pair was dealt as {vote.token!r}; load the page again to get one")
            if dealt.voter != vote.voter:
                raise BadVote("this pair was dealt to somebody else; load the page again to get one of your own")
            if kept is not None:
                return _vote(kept)
            session.add(_row(replace(vote, revised=dealt.revised), own=True))
            return replace(vote, revised=dealt.revised)

    def undo(self, voter: str) -> Vote | None:
        """Take back a person's last vote, whose pair is then the next to be shown to them; None where there is none."""
        with self._database.transaction() as session:
            last = select(_VoteRow).where(_VoteRow.voter == voter, _VoteRow.own).order_by(_VoteRow.at.desc()).limit(1)
            row = session.scalar(last)
            if row is None:
                return None
            dealt = session.get(_DealRow, row.token)
            if dealt is not None:
                dealt.revised = True
            session.delete(row)
            return _vote(row)

    def count(self, voter: str) -> int:
        """Votes that a person cast here."""
        with self._database.reading() as session:
            return session.scalar(select(func.count()).where(_VoteRow.voter == voter, _VoteRow.own)) or 0

    def all(self) -> tuple[Vote, ...]:
        """Every vote, oldest first."""
        with self._database.reading() as session:
            return tuple(_vote(row) for row in session.scalars(select(_VoteRow).order_by(_VoteRow.at, _VoteRow.token)))

    def add(self, votes: Sequence[Vote]) -> Added:
        """Keep votes from elsewhere, all or none; those whose token is known are passed over."""
        new = known = different = 0
        with self._database.transaction() as session:
            for vote in votes:
                kept = session.get(_VoteRow, vote.token)
                if kept is None:
                    session.add(_row(vote, own=False))
                    new += 1
                elif _vote(kept) == vote:
                    known += 1
                else:
                    different += 1
        return Added(new, known, different)

    def runs(self) -> tuple[str, ...]:
        """Folders of runs that were added by their path."""
        with self._database.reading() as session:
            return tuple(session.scalars(select(_RunRow.folder).order_by(_RunRow.folder)))

    def add_run(self, folder: Path) -> None:
        """Show a run that lies outside of the data directory, too; a repeat does nothing."""
        with self._database.transaction() as session:
            session.merge(_RunRow(folder=str(folder.resolve())))


class Table:
    """What a dealer reads and writes within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, voter: str, tools: Iterable[str]) -> Sequence[Deal]:
        """Pairs dealt to a person and not voted on, those taken back first, then the newest."""
        found = (
            select(_DealRow)
            .where(_DealRow.voter == voter, _DealRow.tool.in_(tuple(tools)))
            .where(~select(_VoteRow.token).where(_VoteRow.token == _DealRow.token).exists())
            .order_by(_DealRow.revised.desc(), _DealRow.at.desc())
        )
        return [_deal(row) for row in self._session.scalars(found)]

    def seen(self, voter: str) -> frozenset[str]:
        """Keys of the matches that a person was dealt or has voted on, here or elsewhere."""
        dealt = self._session.scalars(select(_DealRow.match).where(_DealRow.voter == voter))
        voted = self._session.scalars(select(_VoteRow.match).where(_VoteRow.voter == voter))
        return frozenset(dealt) | frozenset(voted)

    def tally(self) -> Tally:
        """How often tools, pairs of entrants, cases and matches were voted on."""
        row, tally = _VoteRow, Tally()
        sides = (row.left_setting, row.left_run, row.right_setting, row.right_run)
        told = (row.tool, row.suite, row.case, row.match, *sides)
        for tool, suite, case, match, *sides_of, count in self._session.execute(select(*told, func.count()).group_by(*told)):
            one, other = sorted((Entrant(tool, *sides_of[:2]), Entrant(tool, *sides_of[2:])))
            tally.tools[tool] += count
            tally.entrants[one, other] += count
            tally.cases[f"{suite}/{tool}/{case}"] += count
            tally.matches[match] += count
        return tally

    def add(self, deal: Deal) -> None:
        """Deal a pair."""
        self._session.add(_DealRow(**{name: getattr(deal, name) for name in Deal.__dataclass_fields__}))


def _durable(connection: Any, _record: object) -> None:
    """A vote is a person's work: on the disk before it is answered, even when the power fails."""
    connection.execute("PRAGMA synchronous = FULL")


def _deal(row: _DealRow) -> Deal:
    return Deal(**{name: getattr(row, name) for name in Deal.__dataclass_fields__})


def _vote(row: _VoteRow) -> Vote:
    return Vote(
        token=row.token,
        voter=row.voter,
        choice=cast(Choice, row.choice),
        at=row.at,
        seconds=row.seconds,
        match=row.match,
        suite=row.suite,
        suite_version=row.suite_version,
        tool=row.tool,
        case=row.case,
        kind=row.kind,
        seed=row.seed,
        left=Shown(run=row.left_run, setting=row.left_setting, cell=row.left_cell),
        right=Shown(run=row.right_run, setting=row.right_setting, cell=row.right_cell),
        revised=row.revised,
    )


def _row(vote: Vote, *, own: bool) -> _VoteRow:
    left, right = vote.left, vote.right
    plain = {name: getattr(vote, name) for name in Vote.__dataclass_fields__ if name not in ("left", "right")}
    return _VoteRow(
        **plain,
        left_run=left.run,
        left_setting=left.setting,
        left_cell=left.cell,
        right_run=right.run,
        right_setting=right.setting,
        right_cell=right.cell,
        own=own,
    )
