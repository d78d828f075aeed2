"""Many hands in one wallet: threads and processes that spend, settle and repeat at the same time."""

import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import count

import pytest

from workbench.credits import ledger
from workbench.credits.plans import PLANS, Plan
from workbench.errors import OutOfCredits
from workbench.store.database import Database
from workbench.store.models import JobRow, OrganisationRow, OutputRow

SPENDER = """
import sys
from time import sleep
from workbench.credits import ledger
from workbench.credits.plans import PLANS, Plan
from workbench.errors import OutOfCredits
from workbench.store.database import Database
from workbench.store.models import JobRow

PLANS["metered"] = Plan("metered", unlimited=False)
url, name = sys.argv[1:]
database = Database(url)
for number in range(40):
    if number == 1:
        print("ready", flush=True)
        sys.stdin.readline()
    job_id = f"{name}-{number}"
    try:
        with database.transaction() as session:
            session.add(JobRow(id=job_id, owner="shop", tool="edit", request={}, decisions={}, engine="draft", seed=0,
                               tariff="app", unit_credits=3, num_images=1, status="running"))
            ledger.hold(session, "shop", job_id, 3, "edit")
        print(job_id, flush=True)
        sleep(0.002)
    except OutOfCredits:
        pass
"""


@pytest.fixture
def shop(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with an owner who has 100 credits in ten grants."""
    monkeypatch.setitem(PLANS, "metered", Plan("metered", unlimited=False))
    with database.transaction() as session:
        session.add(OrganisationRow(id="shop", name="", plan="metered"))
        session.flush()
        for bucket in ("daily", "topup") * 5:
            ledger.grant(session, "shop", bucket, 10, "given")
    return database


def submit(database: Database, job_id: str, unit: int, images: int = 1) -> bool:
    """Whether the job was paid for."""
    try:
        with database.transaction() as session:
            session.add(
                JobRow(
                    id=job_id,
                    owner="shop",
                    tool="edit",
                    request={},
                    decisions={},
                    engine="draft",
                    seed=0,
                    tariff="app",
                    unit_credits=unit,
                    num_images=images,
                    status="running",
                )
            )
            ledger.hold(session, "shop", job_id, unit * images, "edit")
    except OutOfCredits:
        return False
    return True


def at_once(hands: int, work: Callable[[int], None]) -> None:
    """`work` in that many threads that start together; the first error is raised."""
    barrier, errors = threading.Barrier(hands), list[Exception]()

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except Exception as error:  # noqa: BLE001 - raised again by the caller
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(hands)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if errors:
        raise errors[0]


def check(database: Database, *, available: int, held: int, spent: int) -> None:
    with database.reading() as session:
        found = ledger.balance(session, "shop")
        assert ledger.audit(session) == ()
    assert (found.available, found.held, found.spent) == (available, held, spent)


def test_threads_cant_spend_a_credit_twice(shop: Database) -> None:
    paid = list[str]()

    def spend(number: int) -> None:
        for each in range(12):
            if submit(shop, f"{number}-{each}", 3):
                paid.append(f"{number}-{each}")

    at_once(8, spend)
    assert len(paid) == 33
    check(shop, available=1, held=99, spent=0)


def test_the_last_credit_goes_to_one(shop: Database) -> None:
    assert submit(shop, "most", 99)
    winners = count()
    at_once(8, lambda number: next(winners) if submit(shop, f"last-{number}", 1) else None)
    assert next(winners) == 1
    check(shop, available=0, held=100, spent=0)


def test_an_output_that_is_captured_by_many_is_paid_once(shop: Database) -> None:
    assert submit(shop, "job", unit=5, images=4)

    def settle(number: int) -> None:
        for index in range(4):
            with shop.transaction() as session:
                ledger.capture(session, "job", index, 5)

    at_once(6, settle)
    with shop.transaction() as session:
        session.add_all(OutputRow(job_id="job", index=index) for index in range(4))
    check(shop, available=80, held=0, spent=20)


def test_a_release_beside_captures_gives_back_exactly_the_rest(shop: Database) -> None:
    for number in range(6):
        assert submit(shop, f"job{number}", unit=2, images=4)
    late = list[str]()

    def settle(number: int) -> None:
        for job in (f"job{each}" for each in range(6)):
            try:
                with shop.transaction() as session:
                    if number == 3:
                        ledger.release(session, job)
                        session.get_one(JobRow, job).status = "completed"
                    else:
                        ledger.capture(session, job, number, 2)
                        session.add(OutputRow(job_id=job, index=number))
            except ValueError:
                late.append(job)

    at_once(4, settle)
    spent = 2 * (18 - len(late))
    check(shop, available=100 - spent, held=0, spent=spent)


def test_spending_and_giving_at_once_loses_nothing(shop: Database) -> None:
    paid = count()

    def work(number: int) -> None:
        for each in range(10):
            if number % 2:
                with shop.transaction() as session:
                    ledger.grant(session, "shop", "topup", 4, "given")
            elif submit(shop, f"{number}-{each}", 4):
                next(paid)

    at_once(6, work)
    held = 4 * next(paid)
    check(shop, available=100 + 120 - held, held=held, spent=0)


@pytest.mark.slow
def test_processes_cant_spend_a_credit_twice(shop: Database, database_url: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SPENDER, database_url, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("a", "b", "c")
    ]
    for each in processes:
        assert each.stdout is not None
        assert each.stdout.readline().endswith("-0\n")
        assert each.stdout.readline() == "ready\n"
    for each in processes:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    paid = "".join(each.communicate(timeout=60)[0] for each in processes).split()
    assert [each.returncode for each in processes] == [0, 0, 0]
    assert len(paid) == 33 - len(processes), "each had its first job before they raced for the rest"
    check(shop, available=1, held=99, spent=0)
