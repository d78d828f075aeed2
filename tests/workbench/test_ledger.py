"""Credits: what is given, held, spent and given back, one transfer at a time."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from workbench.credits import ledger
from workbench.credits.plans import PLANS, Plan
from workbench.errors import NotFound, OutOfCredits
from workbench.store.database import Database
from workbench.store.models import EntryRow, GrantRow, JobRow, OrganisationRow, OutputRow, now

DAY = timedelta(days=1)


@pytest.fixture
def metered(database: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    """An owner whose wallet can run dry."""
    monkeypatch.setitem(PLANS, "metered", Plan("metered", unlimited=False))
    with database.transaction() as session:
        session.add(OrganisationRow(id="shop", name="Shop", plan="metered"))
    return "shop"


@pytest.fixture
def session(database: Database, metered: str) -> Iterator[Session]:
    with database.transaction() as opened:
        yield opened


def add_job(session: Session, job_id: str, unit: int = 1, images: int = 1, owner: str = "shop", status: str = "running") -> None:
    session.add(
        JobRow(
            id=job_id,
            owner=owner,
            tool="packshot",
            request={},
            decisions={},
            engine="draft",
            seed=0,
            tariff="app",
            unit_credits=unit,
            num_images=images,
            status=status,
        )
    )
    session.flush()


def deliver(session: Session, job_id: str, index: int, amount: int) -> None:
    ledger.capture(session, job_id, index, amount)
    session.add(OutputRow(job_id=job_id, index=index))
    session.flush()


def figures(session: Session, owner: str = "shop") -> tuple[int, int, int]:
    found = ledger.balance(session, owner)
    return found.available, found.held, found.spent


def left(session: Session, *grants: str) -> list[int]:
    portions = {each.grant_id: each.amount for each in ledger._spendable(session, "shop")}
    return [portions.get(each, 0) for each in grants]


def test_a_grant_can_be_spent(session: Session) -> None:
    ledger.grant(session, "shop", "topup", 10, "bought")
    assert figures(session) == (10, 0, 0)


def test_a_job_pays_for_what_it_delivers_and_gets_the_rest_back(session: Session) -> None:
    ledger.grant(session, "shop", "topup", 10, "bought")
    add_job(session, "job", unit=2, images=3)
    ledger.hold(session, "shop", "job", 6, "packshot")
    assert figures(session) == (4, 6, 0)
    deliver(session, "job", 0, 2)
    deliver(session, "job", 2, 2)
    assert figures(session) == (4, 2, 4)
    ledger.release(session, "job")
    session.get_one(JobRow, "job").status = "completed"
    session.flush()
    assert figures(session) == (6, 0, 4)
    assert ledger.audit(session) == ()


def test_a_failed_job_costs_nothing(session: Session) -> None:
    ledger.grant(session, "shop", "daily", 5, "today")
    add_job(session, "job", unit=5, status="failed")
    ledger.hold(session, "shop", "job", 5, "packshot")
    ledger.release(session, "job")
    assert figures(session) == (5, 0, 0)
    assert ledger.audit(session) == ()


def test_repeats_change_nothing(session: Session) -> None:
    ledger.grant(session, "shop", "topup", 10, "bought")
    add_job(session, "job", unit=3, images=2)
    for _ in range(3):
        ledger.hold(session, "shop", "job", 6, "packshot")
    for _ in range(3):
        ledger.capture(session, "job", 1, 3)
    assert figures(session) == (4, 3, 3)
    for _ in range(3):
        ledger.release(session, "job")
    ledger.hold(session, "shop", "job", 6, "packshot")
    ledger.capture(session, "job", 1, 3)
    assert figures(session) == (7, 0, 3)


def test_a_wallet_that_is_too_small_is_left_alone(session: Session) -> None:
    ledger.grant(session, "shop", "topup", 3, "bought")
    with pytest.raises(OutOfCredits, match=r"costs 4 credits and 3 are left"):
        ledger.hold(session, "shop", "job", 4, "packshot")
    assert figures(session) == (3, 0, 0)


def test_daily_is_spent_before_monthly_before_topup_and_the_earliest_expiry_first(session: Session) -> None:
    topup = ledger.grant(session, "shop", "topup", 5, "bought", now() + DAY)
    forever = ledger.grant(session, "shop", "monthly", 5, "plan")
    later = ledger.grant(session, "shop", "monthly", 5, "plan", now() + 9 * DAY)
    sooner = ledger.grant(session, "shop", "monthly", 5, "plan", now() + 3 * DAY)
    daily = ledger.grant(session, "shop", "daily", 5, "today", now() + 20 * DAY)
    order = (daily, sooner, later, forever, topup)
    seen = []
    for number in range(6):
        seen.append(left(session, *order))
        if number < 5:
            add_job(session, f"job{number}")
            ledger.hold(session, "shop", f"job{number}", 4, "packshot")
    assert seen == [[5, 5, 5, 5, 5], [1, 5, 5, 5, 5], [0, 2, 5, 5, 5], [0, 0, 3, 5, 5], [0, 0, 0, 4, 5], [0, 0, 0, 0, 5]]


def test_what_has_expired_is_neither_available_nor_spent(session: Session) -> None:
    ledger.grant(session, "shop", "daily", 9, "yesterday", now() - DAY)
    ledger.grant(session, "shop", "topup", 2, "bought", now() + DAY)
    assert figures(session) == (2, 0, 0)
    assert ledger.balance(session, "shop", now() - 2 * DAY).available == 11
    assert ledger.balance(session, "shop", now() + 2 * DAY).available == 0
    with pytest.raises(OutOfCredits):
        ledger.hold(session, "shop", "job", 3, "packshot")


def test_credits_go_back_to_the_grants_that_they_came_from(session: Session) -> None:
    daily = ledger.grant(session, "shop", "daily", 3, "today")
    topup = ledger.grant(session, "shop", "topup", 3, "bought")
    add_job(session, "job", unit=1, images=5)
    ledger.hold(session, "shop", "job", 5, "packshot")
    assert left(session, daily, topup) == [0, 1]
    ledger.capture(session, "job", 0, 1)
    ledger.release(session, "job")
    assert left(session, daily, topup) == [2, 3]


def test_an_unlimited_plan_mints_what_is_held_and_unmints_what_is_released(database: Database) -> None:
    with database.transaction() as session:
        add_job(session, "job", unit=3, images=4, owner="local")
        ledger.hold(session, "local", "job", 12, "edit")
        assert figures(session, "local") == (0, 12, 0)
        deliver(session, "job", 0, 3)
        ledger.release(session, "job")
        session.get_one(JobRow, "job").status = "completed"
        session.flush()
        assert figures(session, "local") == (0, 0, 3)
        assert ledger.balance(session, "local").unlimited
        assert ledger.audit(session) == ()


def test_an_unlimited_plan_keeps_what_was_granted_for_later(database: Database) -> None:
    with database.transaction() as session:
        ledger.grant(session, "local", "topup", 7, "by hand")
        add_job(session, "job", owner="local")
        ledger.hold(session, "local", "job", 1, "edit")
        assert figures(session, "local") == (7, 1, 0)


def test_more_than_is_held_cant_be_captured(session: Session) -> None:
    ledger.grant(session, "shop", "topup", 10, "bought")
    add_job(session, "job", unit=2)
    ledger.hold(session, "shop", "job", 2, "packshot")
    with pytest.raises(ValueError, match="holds 2 credits; 3 can't"):
        ledger.capture(session, "job", 0, 3)
    with pytest.raises(ValueError, match="holds 0 credits"):
        ledger.capture(session, "another job", 0, 1)
    assert figures(session) == (8, 2, 0)


def test_a_free_job_writes_nothing(session: Session) -> None:
    add_job(session, "job", unit=0)
    ledger.hold(session, "shop", "job", 0, "packshot")
    deliver(session, "job", 0, 0)
    ledger.release(session, "job")
    assert ledger.history(session, "shop") == ()
    assert ledger.audit(session) == ()


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, "3", float("nan"), None])
def test_a_grant_is_a_positive_whole_number(session: Session, amount: object) -> None:
    with pytest.raises(ValueError, match="no number of credits"):
        ledger.grant(session, "shop", "topup", amount, "")  # type: ignore[arg-type]


@pytest.mark.parametrize("amount", [-1, 2.5, float("inf"), True])
def test_a_hold_and_a_capture_are_whole_numbers(session: Session, amount: object) -> None:
    with pytest.raises(ValueError, match="no number of credits"):
        ledger.hold(session, "shop", "job", amount, "")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no number of credits"):
        ledger.capture(session, "job", 0, amount)  # type: ignore[arg-type]


def test_sums_beyond_32_bits_are_exact(session: Session) -> None:
    for _ in range(3):
        ledger.grant(session, "shop", "topup", 2**61 - 1, "much")
    assert figures(session)[0] == 3 * (2**61 - 1)


def test_owners_dont_pay_for_each_other(database: Database, session: Session) -> None:
    session.add(OrganisationRow(id="other", name="", plan="metered"))
    session.flush()
    ledger.grant(session, "other", "topup", 10, "bought")
    with pytest.raises(OutOfCredits):
        ledger.hold(session, "shop", "job", 1, "packshot")
    assert figures(session) == (0, 0, 0)
    assert ledger.history(session, "shop") == ()


def test_unknown_owners_are_not_found(session: Session) -> None:
    for call in (
        lambda: ledger.balance(session, "nobody"),
        lambda: ledger.grant(session, "nobody", "topup", 1, ""),
        lambda: ledger.hold(session, "nobody", "job", 1, ""),
    ):
        with pytest.raises(NotFound):
            call()


def test_the_history_tells_each_movement_once_newest_first(session: Session) -> None:
    ledger.grant(session, "shop", "daily", 1, "today")
    ledger.grant(session, "shop", "topup", 9, "bought")
    add_job(session, "job", unit=2, images=2)
    ledger.hold(session, "shop", "job", 4, "packshot")
    ledger.capture(session, "job", 0, 2)
    ledger.release(session, "job")
    told = ledger.history(session, "shop")
    assert [(each.kind, each.amount, each.cause) for each in told] == [
        ("release", 2, "packshot"),
        ("capture", 2, "packshot"),
        ("hold", 4, "packshot"),
        ("grant", 9, "bought"),
        ("grant", 1, "today"),
    ]
    assert [each.job_id for each in told] == ["job"] * 3 + [None] * 2
    assert ledger.history(session, "shop", limit=2) == told[:2]
    assert ledger.history(session, "shop", before=told[1].id) == told[2:]


def test_a_rolled_back_transaction_moves_nothing(database: Database, metered: str) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        ledger.grant(session, "shop", "topup", 5, "bought")
        raise RuntimeError
    with database.reading() as session:
        assert figures(session) == (0, 0, 0)
        assert ledger.history(session, "shop") == ()


def entry(account: str, amount: int, transfer: str = "t", job_id: str | None = None) -> dict[str, object]:
    return {
        "transfer": transfer,
        "account": account,
        "grant_id": "g",
        "amount": amount,
        "owner": "shop",
        "cause": "",
        "job_id": job_id,
    }


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        ([entry("wallet", 5)], "sums to 5, not to 0"),
        ([entry("wallet", -5), entry("held", 5, job_id="job")], "the wallet has -5 credits"),
        ([entry("held", -5, job_id="job"), entry("wallet", 5)], "job job holds -5 credits"),
        ([entry("source", -4), entry("held", 4, job_id="ended")], "job ended is completed and holds 4 credits, not 0"),
        ([entry("source", -2), entry("spent", 2, job_id="ended")], "job ended was charged 2 credits for 0 outputs at 1"),
        ([entry("source", -2), entry("held", 2, job_id="gone")], "job gone has credits and no row"),
    ],
)
def test_the_audit_finds_what_is_wrong(session: Session, entries: list[dict[str, object]], complaint: str) -> None:
    session.add(GrantRow(id="g", owner="shop", bucket="topup"))
    add_job(session, "ended", status="completed")
    assert ledger.audit(session) == ()
    session.execute(insert(EntryRow), entries)
    assert any(complaint in each for each in ledger.audit(session))


def test_the_audit_finds_a_running_job_that_was_not_paid_for(session: Session) -> None:
    add_job(session, "job", unit=2, images=2)
    assert ledger.audit(session) == ("job job is running and holds 0 credits, not 4",)
