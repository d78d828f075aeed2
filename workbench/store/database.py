"""The studio's database: SQLite in WAL mode, or PostgreSQL through psycopg 3, with the same behaviour on both."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from workbench.errors import Misconfigured, StorageFailed

HEAD = "0001"
"""The newest revision in `migrations/versions`, said here so that a start need not read them."""

BUSY_SECONDS = 30
"""How long a writer waits for its turn."""

REMEDY = "see that its disk has room and that it may be written, then try again"

_MIGRATION_LOCK = 0x66617368
"""Number of PostgreSQL's advisory lock around a migration."""


class Database:
    """An engine with two kinds of session. Safe to use from several threads; one per process and URL."""

    def __init__(self, url: str) -> None:
        """Connects to nothing yet. Misconfigured for a URL that is neither SQLite's nor PostgreSQL's."""
        self.url = database_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.sqlite else _postgresql(self.url)
        self._reader = self.engine.execution_options(
            **({"read_only": True} if self.sqlite else {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"})
        )
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that writes; commits at the end, rolls back on an error. Keep it short and never nest it.

        SQLite has one writer at a time. On PostgreSQL (read committed) lock what you read and then change: `with_for_update`.
        """
        with _explained(), self._writing(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one snapshot and can't write; never waits for a writer."""
        with _explained(), Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """On SQLite, a queue for this process's writers: its own waiting polls, and is fifty times slower under load."""
        if not self.sqlite:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise TimeoutError(f"another transaction has not ended in {BUSY_SECONDS} s; transactions can't be nested")
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Closes all connections that are not in use."""
        self.engine.dispose()


@contextmanager
def _explained() -> Iterator[None]:
    """StorageFailed for what is wrong with the database itself, not with what it was asked."""
    try:
        yield
    except DatabaseError as error:
        if type(error) not in (DatabaseError, OperationalError):
            raise
        raise StorageFailed(f"the database can't be used: {error.orig}; {REMEDY}") from error


def database_url(url: str) -> URL:
    """SQLAlchemy's URL of a database that the studio can use, PostgreSQL always through psycopg 3."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misconfigured("the database URL can't be read; write sqlite:///PATH or postgresql://USER@HOST/NAME") from error
    match parsed.drivername:
        case "sqlite" | "sqlite+pysqlite" if parsed.database not in (None, "", ":memory:"):
            return parsed
        case "postgres" | "postgresql" | "postgresql+psycopg":
            return parsed.set(drivername="postgresql+psycopg")
    raise Misconfigured(
        f"{parsed.render_as_string()} is no database of the studio; write sqlite:///PATH or postgresql://USER@HOST/NAME"
    )


def migrate(url: str) -> None:
    """Bring the tables to the newest revision; one query where they are. Processes that start together take turns.

    Misconfigured where the database can't be opened, or is of a newer version than this program.
    """
    database = Database(url)
    try:
        if database.sqlite:
            Path(str(database.url.database)).parent.mkdir(parents=True, exist_ok=True)
        if _revision(database) != HEAD:
            _upgrade(database)
    except DatabaseError as error:
        raise unusable(database.url, error) from error
    finally:
        database.close()


def unusable(url: URL, error: DatabaseError) -> Misconfigured:
    """A database that can't be opened, with what to do."""
    what = f"the database {url.render_as_string()} can't be opened: {error.orig}"
    if url.get_backend_name() == "sqlite":
        what += "; if the file is damaged, put a copy back in its place, or move it away to start anew"
    return Misconfigured(what)


def _revision(database: Database) -> str | None:
    """The revision that the tables are at; None for an empty database."""
    with database.engine.connect() as connection:
        try:
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError) as error:
            if "alembic_version" in str(error.orig):
                return None
            raise


def _upgrade(database: Database) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "workbench.store:migrations")
    with database.engine.begin() as connection:
        if not database.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise Misconfigured(f"{database.url.render_as_string()} was made by a newer version; update this program") from error


def _postgresql(url: URL) -> Engine:
    return create_engine(url, pool_size=8, max_overflow=24, pool_pre_ping=True)


def _sqlite(url: URL) -> Engine:
    engine = create_engine(url, pool_size=8, max_overflow=56)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Leaves BEGIN to `_begin_sqlite`. In WAL mode, NORMAL survives any crash of the process, and costs no fsync a commit."""
    connection.isolation_level = None
    for pragma in (f"busy_timeout = {BUSY_SECONDS * 1000}", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the write lock at once: a reader that became a writer later could only fail with "database is locked"."""
    reads = bool(connection.get_execution_options().get("read_only"))
    connection.exec_driver_sql(f"PRAGMA query_only = {reads:d}")
    connection.exec_driver_sql("BEGIN DEFERRED" if reads else "BEGIN IMMEDIATE")
