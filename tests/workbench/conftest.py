"""Databases of both kinds for each test, its own and empty, and a picture store beside it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from workbench.store.database import Database, migrate
from workbench.store.files import Files
from workbench.store.models import Base, OrganisationRow

SERVER = f"postgresql://{os.environ.get('PGUSER', 'postgres')}@127.0.0.1:5432"
REQUIRED = os.environ.get("WORKBENCH_TEST_POSTGRES") == "required"


@pytest.fixture(scope="session")
def postgres() -> Iterator[psycopg.Connection]:
    """A connection to the server that makes and drops the tests' databases."""
    try:
        connection = psycopg.connect(f"{SERVER}/test", autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        if REQUIRED:
            raise
        pytest.skip(f"no PostgreSQL with a database `test` answers on 127.0.0.1:5432 ({str(error).splitlines()[0]})")
    with closing(connection):
        yield connection


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("database") / "migrated.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: psycopg.Connection) -> Iterator[str]:
    """URL of a PostgreSQL database with all tables, one for all tests of this process: making one takes up to a second."""
    for name in _postgres_database(postgres):
        migrate(f"{SERVER}/{name}")
        yield f"{SERVER}/{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database without tables."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.sqlite'}"
    else:
        for name in _postgres_database(request.getfixturevalue("postgres")):
            yield f"{SERVER}/{name}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of a database with all tables and no rows."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "workbench.sqlite")
        yield f"sqlite:///{tmp_path / 'workbench.sqlite'}"
    else:
        url = request.getfixturevalue("migrated_postgres")
        _empty(url)
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the organisation `local` in it."""
    opened = Database(database_url)
    with opened.transaction() as session:
        session.add(OrganisationRow(id="local", name="Local", plan="local"))
    yield opened
    opened.close()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A picture store in a folder."""
    return Files(str(tmp_path / "files"))


def _postgres_database(server: psycopg.Connection) -> Iterator[str]:
    name = f"workbench_test_{uuid4().hex[:12]}"
    server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield name
    finally:
        server.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def _empty(url: str) -> None:
    """Take every row and the job queue's schema out of a database, and end whoever is still connected to it."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("DROP SCHEMA IF EXISTS dbos CASCADE")
        connection.execute("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(SQL("DELETE FROM {}").format(Identifier(table.name)))
        connection.execute("ALTER TABLE ledger_entries ENABLE TRIGGER USER")
