"""The ledger against a model of it that is a few numbers, over random sequences of everything that can happen."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from workbench.credits import ledger
from workbench.credits.plans import PLANS, Plan
from workbench.errors import OutOfCredits
from workbench.store.database import Database
from workbench.store.models import JobRow, OrganisationRow, OutputRow

BUCKETS = ("daily", "monthly", "topup")


@dataclass
class Job:
    unit: int
    images: int
    paid_from: list[int]
    """Grant of each credit that is still held, in spending order."""
    delivered: set[int] = field(default_factory=set)
    ended: bool = False


@pytest.fixture
def emptied(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    monkeypatch.setitem(PLANS, "metered", Plan("metered", unlimited=False))
    yield database


def test_the_ledger_agrees_with_its_model(emptied: Database) -> None:
    owners = iter(f"owner{number}" for number in range(10_000))

    class Wallet(RuleBasedStateMachine):
        """Each credit is one item of a list, with the number of its grant."""

        def __init__(self) -> None:
            super().__init__()
            self.owner = next(owners)
            self.grants: list[tuple[int, int]] = []
            self.wallet: list[int] = []
            self.jobs: list[Job] = []
            self.spent = 0
            with emptied.transaction() as session:
                session.add(OrganisationRow(id=self.owner, name="", plan="metered"))

        @rule(bucket=st.sampled_from(BUCKETS), amount=st.integers(1, 6))
        def grant(self, bucket: str, amount: int) -> None:
            with emptied.transaction() as session:
                ledger.grant(session, self.owner, bucket, amount, "given")
            self.grants.append((BUCKETS.index(bucket), len(self.grants)))
            self.wallet += [len(self.grants) - 1] * amount
            self.wallet.sort(key=lambda number: self.grants[number])

        @rule(unit=st.integers(0, 3), images=st.integers(1, 4))
        def submit(self, unit: int, images: int) -> None:
            price, job_id = unit * images, f"{self.owner}-{len(self.jobs)}"
            try:
                with emptied.transaction() as session:
                    session.add(_row(job_id, self.owner, unit, images))
                    ledger.hold(session, self.owner, job_id, price, "packshot")
            except OutOfCredits:
                assert price > len(self.wallet)
                return
            assert price <= len(self.wallet)
            taken, self.wallet = self.wallet[:price], self.wallet[price:]
            self.jobs.append(Job(unit, images, taken))

        @precondition(lambda self: self.jobs)
        @rule(data=st.data(), index=st.integers(0, 3))
        def deliver(self, data: st.DataObject, index: int) -> None:
            number = data.draw(st.integers(0, len(self.jobs) - 1))
            job, job_id = self.jobs[number], f"{self.owner}-{number}"
            again = index in job.delivered
            if index >= job.images or (job.ended and not again):
                return
            with emptied.transaction() as session:
                ledger.capture(session, job_id, index, job.unit)
                if not again:
                    session.add(OutputRow(job_id=job_id, index=index))
            if not again:
                job.delivered.add(index)
                self.spent += job.unit
                del job.paid_from[: job.unit]

        @precondition(lambda self: self.jobs)
        @rule(data=st.data())
        def end(self, data: st.DataObject) -> None:
            number = data.draw(st.integers(0, len(self.jobs) - 1))
            job, job_id = self.jobs[number], f"{self.owner}-{number}"
            with emptied.transaction() as session:
                ledger.release(session, job_id)
                session.get_one(JobRow, job_id).status = "completed"
            self.wallet = sorted(self.wallet + job.paid_from, key=lambda grant: self.grants[grant])
            job.paid_from, job.ended = [], True

        @invariant()
        def they_agree(self) -> None:
            with emptied.reading() as session:
                found = ledger.balance(session, self.owner)
                portions = ledger._spendable(session, self.owner)
                assert ledger.audit(session) == ()
            assert found.available == len(self.wallet)
            assert found.held == sum(len(job.paid_from) for job in self.jobs)
            assert found.spent == self.spent
            counts = [self.wallet.count(number) for number in dict.fromkeys(self.wallet)]
            assert [each.amount for each in portions] == counts

    run_state_machine_as_test(Wallet, settings=settings(max_examples=12, stateful_step_count=25, deadline=None))


def _row(job_id: str, owner: str, unit: int, images: int) -> JobRow:
    return JobRow(
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
        status="running",
    )
