"""Who has which credits: an append-only, double-entry ledger in whole numbers.

Credits come from a grant, and at any time each is in one account: `source` (never given out, so negative), the owner's
`wallet`, `held` by a job, or `spent`. A transfer moves credits of a grant between accounts; its entries sum to zero. Balances are
sums of entries. Every function works in the caller's transaction, so that credits move with the rows that they pay for, and
every transfer has a name that says its cause, so that a repeat changes nothing.

Safe under concurrency: what reads a balance in order to change it first takes the organisation's row lock on PostgreSQL, and is
the only writer on SQLite.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from typing import Literal

from sqlalchemy import ColumnElement, Row, and_, case, func, insert, or_, select
from sqlalchemy.orm import Session

from workbench.credits.plans import PLANS
from workbench.errors import NotFound, OutOfCredits
from workbench.store.models import EntryRow, GrantRow, JobRow, OrganisationRow, OutputRow, now
from workbench.views import BalanceView, EntryView

Account = Literal["source", "wallet", "held", "spent"]
Place = Account | Literal["home"]
"""`home` is the wallet, or the source for what was minted."""
Bucket = Literal["daily", "monthly", "topup"]
MINTED = "local"
"""The bucket of what an unlimited plan mints; never in a wallet."""

_Entry = Row[int, str, int, str, str | None, datetime]
ENDED = ("completed", "failed", "cancelled")
_BUCKET_ORDER = case({"daily": 0, "monthly": 1, "topup": 2}, value=GrantRow.bucket, else_=3)
_SPENDING_ORDER = (_BUCKET_ORDER, GrantRow.expires_at.is_(None), GrantRow.expires_at, GrantRow.created_at, GrantRow.id)
"""Daily, monthly, topup; in each the earliest expiry first, those without one last."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Credits of one grant."""

    grant_id: str
    bucket: str
    amount: int

    @property
    def home(self) -> Account:
        """Where they are while no job holds them."""
        return "source" if self.bucket == MINTED else "wallet"


@dataclass(frozen=True, slots=True)
class Transfer:
    """What the entries of one transfer have in common."""

    name: str
    owner: str
    cause: str
    job_id: str | None


def grant(session: Session, owner: str, bucket: Bucket, amount: int, cause: str, expires_at: datetime | None = None) -> str:
    """Give credits to an owner's wallet; returns the grant's id. NotFound without such an organisation."""
    _check(amount, least=1)
    _lock(session, owner)
    row = GrantRow(id=uuid.uuid4().hex, owner=owner, bucket=bucket, expires_at=expires_at)
    session.add(row)
    session.flush()
    _move(session, Transfer(f"grant:{row.id}", owner, cause, None), [Portion(row.id, bucket, amount)], "source", "wallet")
    return row.id


def hold(session: Session, owner: str, job_id: str, amount: int, cause: str) -> None:
    """Set credits aside for a job: daily, then monthly, then topup ones, earliest expiry first, expired ones never.

    An unlimited plan mints what is held. A job that has held before is left as it is. OutOfCredits where the wallet has too
    few; NotFound without such an organisation.
    """
    _check(amount, least=0)
    plan = PLANS[_lock(session, owner)]
    transfer = Transfer(f"hold:{job_id}", owner, cause, job_id)
    if amount == 0 or _done(session, transfer):
        return
    portions = [_minted(session, owner, amount)] if plan.unlimited else _take(_spendable(session, owner), amount)
    found = _total(portions)
    if found < amount:
        raise OutOfCredits(f"this costs {amount} credits and {found} are left; ask for fewer or smaller pictures, or add credits")
    _move(session, transfer, portions, "home", "held")


def capture(session: Session, job_id: str, index: int, amount: int) -> None:
    """Spend some of what a job holds, for its output `index`; a repeat for the same output changes nothing.

    ValueError where the job holds less: outputs are captured before the rest is released.
    """
    _check(amount, least=0)
    origin = _origin(session, job_id)
    transfer = Transfer(f"capture:{job_id}:{index}", origin.owner, origin.cause, job_id) if origin else None
    if amount == 0 or (transfer and _done(session, transfer)):
        return
    portions = _take(_held(session, job_id), amount)
    if transfer is None or _total(portions) < amount:
        raise ValueError(f"job {job_id} holds {_total(portions)} credits; {amount} can't be captured")
    _move(session, transfer, portions, "held", "spent")


def release(session: Session, job_id: str) -> None:
    """Give back all that a job still holds, to the grants that it came from; a repeat changes nothing."""
    origin = _origin(session, job_id)
    if origin and (portions := _held(session, job_id)):
        _move(session, Transfer(f"release:{job_id}", origin.owner, origin.cause, job_id), portions, "held", "home")


def balance(session: Session, owner: str, at: datetime | None = None) -> BalanceView:
    """An owner's credits; what has expired `at` that time (now) is not available. NotFound without such an organisation."""
    name = session.scalar(select(OrganisationRow.plan).where(OrganisationRow.id == owner))
    if name is None:
        raise NotFound(f"there is no organisation {owner}")
    parts = (
        select(EntryRow.account, EntryRow.grant_id, func.sum(EntryRow.amount).label("amount"))
        .where(EntryRow.owner == owner, EntryRow.account.in_(("wallet", "held", "spent")))
        .group_by(EntryRow.account, EntryRow.grant_id)
        .subquery()
    )
    alive = or_(GrantRow.expires_at.is_(None), GrantRow.expires_at > (at or now()))
    wanted = (and_(parts.c.account == "wallet", alive), parts.c.account == "held", parts.c.account == "spent")
    sums = select(*(_sum_where(each, parts.c.amount) for each in wanted)).join(GrantRow, GrantRow.id == parts.c.grant_id)
    available, held, spent = map(int, session.execute(sums).one())
    return BalanceView(plan=name, unlimited=PLANS[name].unlimited, available=available, held=held, spent=spent)


def history(session: Session, owner: str, limit: int = 100, before: int | None = None) -> tuple[EntryView, ...]:
    """An owner's transfers, newest first; `before` is the id of the last one seen."""
    query = (
        select(EntryRow.id, EntryRow.transfer, EntryRow.amount, EntryRow.cause, EntryRow.job_id, EntryRow.created_at)
        .where(EntryRow.owner == owner, EntryRow.amount > 0)
        .order_by(EntryRow.id.desc())
    )
    if before is not None:
        query = query.where(EntryRow.id < before)
    with session.execute(query, execution_options={"yield_per": 2 * limit}) as rows:
        transfers = groupby(rows, key=lambda row: row.transfer)
        return tuple(_entry_view(list(parts)) for _, parts in islice(transfers, limit))


def audit(session: Session) -> tuple[str, ...]:
    """What is wrong with the books, one sentence each; empty when all is right."""
    return (*_unbalanced(session), *_negative(session), *_wrong_jobs(session))


def _entry_view(parts: Sequence[_Entry]) -> EntryView:
    """One movement from the positive entries of its transfer, newest first; they follow each other, as wallets are locked."""
    first = parts[-1]
    return EntryView(
        id=first.id,
        kind=first.transfer.partition(":")[0],
        amount=sum(each.amount for each in parts),
        cause=first.cause,
        job_id=first.job_id,
        created_at=first.created_at,
    )


def _check(amount: int, *, least: int) -> None:
    if type(amount) is not int or amount < least:
        raise ValueError(f"{amount!r} is no number of credits; whole numbers from {least} on are")


def _lock(session: Session, owner: str) -> str:
    """Queue for the owner's wallet until the end of the transaction; returns the plan's name."""
    query = select(OrganisationRow.plan).where(OrganisationRow.id == owner).with_for_update(key_share=True)
    plan = session.scalar(query)
    if plan is None:
        raise NotFound(f"there is no organisation {owner}")
    return plan


def _origin(session: Session, job_id: str) -> Transfer | None:
    """The transfer that set the job's credits aside, with its owner's wallet locked."""
    query = select(EntryRow.transfer, EntryRow.owner, EntryRow.cause).where(EntryRow.transfer == f"hold:{job_id}").limit(1)
    row = session.execute(query).one_or_none()
    if row is None:
        return None
    _lock(session, row.owner)
    return Transfer(row.transfer, row.owner, row.cause, job_id)


def _done(session: Session, transfer: Transfer) -> bool:
    return session.scalar(select(EntryRow.id).where(EntryRow.transfer == transfer.name).limit(1)) is not None


def _spendable(session: Session, owner: str) -> list[Portion]:
    alive = or_(GrantRow.expires_at.is_(None), GrantRow.expires_at > now())
    return _portions(session, EntryRow.owner == owner, EntryRow.account == "wallet", alive)


def _held(session: Session, job_id: str) -> list[Portion]:
    return _portions(session, EntryRow.job_id == job_id, EntryRow.account == "held")


def _portions(session: Session, *where: ColumnElement[bool]) -> list[Portion]:
    """What is left of each grant in the entries that are meant, in the order in which it is spent."""
    left = func.sum(EntryRow.amount)
    rows = session.execute(
        select(GrantRow.id, GrantRow.bucket, left)
        .join(EntryRow, EntryRow.grant_id == GrantRow.id)
        .where(*where)
        .group_by(GrantRow.id)
        .having(left > 0)
        .order_by(*_SPENDING_ORDER)
    )
    return [Portion(grant_id, bucket, int(amount)) for grant_id, bucket, amount in rows]


def _take(portions: Iterable[Portion], amount: int) -> list[Portion]:
    """The first of `portions` that make up `amount`, the last one cut; fewer where there are not enough."""
    taken: list[Portion] = []
    for portion in portions:
        if part := min(portion.amount, amount - _total(taken)):
            taken.append(Portion(portion.grant_id, portion.bucket, part))
    return taken


def _total(portions: Iterable[Portion]) -> int:
    return sum(each.amount for each in portions)


def _minted(session: Session, owner: str, amount: int) -> Portion:
    """Credits of the owner's one grant without a limit."""
    number = f"{MINTED}:{owner}"
    if session.get(GrantRow, number) is None:
        session.add(GrantRow(id=number, owner=owner, bucket=MINTED))
        session.flush()
    return Portion(number, MINTED, amount)


def _move(session: Session, transfer: Transfer, portions: Sequence[Portion], source: Place, target: Place) -> None:
    entries = [
        {
            "transfer": transfer.name,
            "account": portion.home if account == "home" else account,
            "grant_id": portion.grant_id,
            "amount": amount,
            "owner": transfer.owner,
            "cause": transfer.cause,
            "job_id": transfer.job_id,
        }
        for portion in portions
        for account, amount in ((source, -portion.amount), (target, portion.amount))
    ]
    session.execute(insert(EntryRow), entries)


def _sum_where(condition: ColumnElement[bool], amount: ColumnElement[int]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, amount))), 0)


def _unbalanced(session: Session) -> Iterator[str]:
    total = func.sum(EntryRow.amount)
    query = select(EntryRow.transfer, EntryRow.grant_id, total).group_by(EntryRow.transfer, EntryRow.grant_id).having(total != 0)
    for transfer, grant_id, amount in session.execute(query):
        yield f"transfer {transfer} of grant {grant_id} sums to {amount}, not to 0"


def _negative(session: Session) -> Iterator[str]:
    total = func.sum(EntryRow.amount)
    wallets = select(EntryRow.grant_id, total).where(EntryRow.account == "wallet").group_by(EntryRow.grant_id).having(total < 0)
    for grant_id, amount in session.execute(wallets):
        yield f"the wallet has {amount} credits of grant {grant_id}"
    holds = select(EntryRow.job_id, EntryRow.grant_id, total).where(EntryRow.account == "held")
    for job_id, grant_id, amount in session.execute(holds.group_by(EntryRow.job_id, EntryRow.grant_id).having(total < 0)):
        yield f"job {job_id} holds {amount} credits of grant {grant_id}"


def _wrong_jobs(session: Session) -> Iterator[str]:
    """Jobs whose credits don't follow from their rows."""
    amount = EntryRow.amount.expression
    sums = select(
        EntryRow.job_id,
        _sum_where(EntryRow.account == "held", amount).label("held"),
        _sum_where(EntryRow.account == "spent", amount).label("spent"),
    )
    booked = sums.where(EntryRow.job_id.is_not(None)).group_by(EntryRow.job_id).subquery()
    good = select(OutputRow.job_id, func.count().label("count")).where(OutputRow.error.is_(None)).group_by(OutputRow.job_id)
    delivered = good.subquery()
    query = (
        select(JobRow, func.coalesce(booked.c.held, 0), func.coalesce(booked.c.spent, 0), func.coalesce(delivered.c.count, 0))
        .outerjoin(booked, booked.c.job_id == JobRow.id)
        .outerjoin(delivered, delivered.c.job_id == JobRow.id)
    )
    for job, held, spent, count in session.execute(query):
        if spent != count * job.unit_credits:
            yield f"job {job.id} was charged {spent} credits for {count} outputs at {job.unit_credits}"
        expected = 0 if job.status in ENDED else job.num_images * job.unit_credits - spent
        if held != expected:
            yield f"job {job.id} is {job.status} and holds {held} credits, not {expected}"
    strays = select(booked.c.job_id).where(booked.c.job_id.not_in(select(JobRow.id)))
    for (job_id,) in session.execute(strays):
        yield f"job {job_id} has credits and no row"
