"""The database's two kinds of session."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from workbench.errors import Misconfigured, StorageFailed
from workbench.store.database import Database, database_url
from workbench.store.models import JobRow, OrganisationRow, OutputRow, WorkerRow


def job_row(job_id: str, **values: object) -> JobRow:
    usual = {
        "owner": "local",
        "tool": "packshot",
        "request": {},
        "decisions": {},
        "engine": "draft",
        "seed": 1,
        "tariff": "app",
        "unit_credits": 2,
        "num_images": 1,
        "status": "waiting",
    }
    return JobRow(id=job_id, **{**usual, **values})


def count_workers(database: Database) -> int:
    with database.reading() as session:
        return session.scalars(select(func.count()).select_from(WorkerRow)).one()


def test_a_transaction_commits_at_its_end(database: Database) -> None:
    with database.transaction() as session:
        session.add(WorkerRow(id="a"))
    assert count_workers(database) == 1


def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError, match="stop"), database.transaction() as session:
        session.add(WorkerRow(id="a"))
        session.flush()
        raise RuntimeError("stop")
    assert count_workers(database) == 0


def test_a_reading_session_refuses_to_write(database: Database) -> None:
    with pytest.raises((DBAPIError, StorageFailed), match=r"read-?only"), database.reading() as session:
        session.add(WorkerRow(id="a"))
        session.flush()
    assert count_workers(database) == 0
    with database.transaction() as session:
        session.add(WorkerRow(id="the next transaction writes again"))
    assert count_workers(database) == 1


def test_a_reading_session_sees_one_moment_and_waits_for_no_writer(database: Database) -> None:
    with database.reading() as session:
        before = session.scalars(select(func.count()).select_from(WorkerRow)).one()
        with database.transaction() as writer:
            writer.add(WorkerRow(id="a"))
        assert session.scalars(select(func.count()).select_from(WorkerRow)).one() == before
    assert count_workers(database) == before + 1


def test_concurrent_read_then_write_loses_no_update(database: Database) -> None:
    with database.transaction() as session:
        session.add(job_row("job"))

    def step() -> None:
        for _ in range(10):
            with database.transaction() as session:
                row = session.scalars(select(JobRow).where(JobRow.id == "job").with_for_update()).one()
                row.step += 1

    threads = [threading.Thread(target=step) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    with database.reading() as session:
        assert session.get_one(JobRow, "job").step == 60


def test_a_second_database_object_waits_for_the_writer_instead_of_failing(database: Database, database_url: str) -> None:
    other = Database(database_url)

    def write_late() -> None:
        with other.transaction() as session:
            session.add(WorkerRow(id="late"))

    with database.transaction() as session:
        session.add(WorkerRow(id="first"))
        session.flush()
        thread = threading.Thread(target=write_late)
        thread.start()
        time.sleep(0.2)
    thread.join()
    other.close()
    assert count_workers(database) == 2


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(DBAPIError), database.transaction() as session:
        session.add(job_row("job", owner="nobody"))


def test_no_error_is_null_in_the_database_too(database: Database) -> None:
    with database.transaction() as session:
        session.add(job_row("job", error=None))
        session.flush()
        session.add(OutputRow(job_id="job", index=0, error=None))
    with database.reading() as session:
        assert session.scalars(select(JobRow.id).where(JobRow.error.is_(None))).all() == ["job"]
        assert session.scalars(select(OutputRow.job_id).where(OutputRow.error.is_(None))).all() == ["job"]


def test_times_come_back_as_the_same_moment_in_utc(database: Database) -> None:
    moment = datetime(2026, 3, 1, 12, 30, 1, 250, tzinfo=timezone(timedelta(hours=5)))
    with database.transaction() as session:
        session.add(WorkerRow(id="a", seen_at=moment))
    with database.reading() as session:
        found = session.get_one(WorkerRow, "a").seen_at
        assert session.scalar(select(WorkerRow.id).where(WorkerRow.seen_at == moment)) == "a"
    assert found == moment
    assert found.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="no time zone"), database.transaction() as session:
        session.add(WorkerRow(id="a", seen_at=datetime(2026, 3, 1)))  # noqa: DTZ001 - that is the point


def test_unicode_survives(database: Database) -> None:
    name = "Müller \u202eabc\u202c 👗 漢字"
    with database.transaction() as session:
        session.add(OrganisationRow(id="other", name=name, plan="local"))
        session.flush()
        session.add(job_row("job", owner="other", request={"prompt": name, "odd": "a\0b\ud800"}))
    with database.reading() as session:
        assert session.get_one(OrganisationRow, "other").name == name
        assert session.get_one(JobRow, "job").request == {"prompt": name, "odd": "a\0b\ud800"}


def test_sqlite_survives_a_crash_and_lets_readers_in(tmp_path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with database.reading() as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()


@pytest.mark.parametrize("url", ["postgres://a@b/c", "postgresql://a@b/c", "postgresql+psycopg://a@b/c"])
def test_postgresql_goes_through_psycopg_3(url: str) -> None:
    assert database_url(url).render_as_string() == "postgresql+psycopg://a@b/c"


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://a@b/c", "sqlite://", "sqlite:///:memory:", "postgresql+asyncpg://a@b/c"]
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(Misconfigured, match="sqlite:///PATH"):
        database_url(url)


def test_a_refusal_keeps_the_password_to_itself() -> None:
    with pytest.raises(Misconfigured) as refusal:
        Database("mysql://me:secret@host/name")
    assert "secret" not in str(refusal.value)
