"""Migrations and tables say the same, and a start is cheap and safe."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event, inspect, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from workbench.errors import Misconfigured
from workbench.store.database import HEAD, Database, migrate
from workbench.store.models import Base, EntryRow, GrantRow, OrganisationRow

PROGRAM = "import sys; from workbench.store.database import migrate; migrate(sys.argv[1])"


def tables(url: str) -> set[str]:
    database = Database(url)
    try:
        return set(inspect(database.engine).get_table_names())
    finally:
        database.close()


def test_migrations_make_the_tables_that_the_models_describe(blank_url: str) -> None:
    migrate(blank_url)
    database = Database(blank_url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []
    database.close()


def test_the_newest_revision_is_the_one_that_a_start_looks_for() -> None:
    config = Config()
    config.set_main_option("script_location", "workbench.store:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_start_with_current_tables_costs_one_query(blank_url: str) -> None:
    migrate(blank_url)
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        migrate(blank_url)
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    assert len([each for each in asked if each.startswith("SELECT version_num")]) == 1
    assert not [each for each in asked if "CREATE" in each or "pg_advisory" in each]


def test_processes_that_start_together_migrate_once(blank_url: str) -> None:
    processes = [
        subprocess.Popen([sys.executable, "-W", "error", "-c", PROGRAM, blank_url], stderr=subprocess.PIPE) for _ in range(3)
    ]
    complaints = [each.communicate(timeout=60)[1] for each in processes]
    assert [each.returncode for each in processes] == [0] * 3, b"\n".join(complaints).decode()
    assert set(Base.metadata.tables) <= tables(blank_url)


def test_a_migration_that_fails_leaves_nothing_behind(blank_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(blank_url)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE workers (id INTEGER)"))
    database.close()
    with pytest.raises((DBAPIError, Misconfigured)):
        migrate(blank_url)
    assert tables(blank_url) == {"workers"}


def test_a_database_of_a_newer_version_is_refused(blank_url: str) -> None:
    migrate(blank_url)
    database = Database(blank_url)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(Misconfigured, match="newer version"):
        migrate(blank_url)


def test_the_folder_of_a_sqlite_file_is_made(tmp_path) -> None:
    migrate(f"sqlite:///{tmp_path / 'a' / 'b' / 'c.sqlite'}")
    assert (tmp_path / "a" / "b" / "c.sqlite").exists()


def test_a_database_that_cant_be_opened_is_said_without_its_password() -> None:
    with pytest.raises(Misconfigured, match="can't be opened") as refusal:
        migrate("postgresql://nobody:secret@127.0.0.1:1/none?connect_timeout=2")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("statement", ["UPDATE ledger_entries SET amount = 7", "DELETE FROM ledger_entries"])
def test_the_database_itself_keeps_the_ledger_append_only(database: Database, statement: str) -> None:
    with database.transaction() as session:
        session.add(OrganisationRow(id="o", name="", plan="local"))
        session.flush()
        session.add(GrantRow(id="g", owner="o", bucket="topup"))
        session.flush()
        session.add(EntryRow(transfer="t", account="wallet", grant_id="g", amount=1, owner="o", cause=""))
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as session:
        session.execute(text(statement))
