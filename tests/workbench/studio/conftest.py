"""Studios on databases of both kinds, with fake engines, that run jobs in the test's own process."""

import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from dbos import DBOS
from PIL import Image
from psycopg.sql import SQL, Identifier
from pydantic import SecretStr

from tests.workbench.conftest import SERVER
from tests.workbench.studio.fakes import TOOLBOX, FakeEngine, engines
from workbench.settings import Settings
from workbench.store.database import migrate
from workbench.store.models import Base
from workbench.studio import Studio

Open = Callable[..., Studio]


@pytest.fixture(scope="session")
def queued_postgres(postgres: psycopg.Connection) -> Iterator[str]:
    """URL of a PostgreSQL database with all tables, the queue's as well, whose making takes seconds."""
    name = f"workbench_test_{uuid4().hex[:12]}"
    postgres.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    migrate(f"{SERVER}/{name}")
    DBOS.migrate(f"{SERVER}/{name}")
    yield f"{SERVER}/{name}"
    postgres.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, migrated_sqlite: Path, tmp_path: Path) -> str:
    """URL of a database with all tables and no rows, the queue's included."""
    if request.param == "sqlite":
        return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'workbench.sqlite')}"
    url = str(request.getfixturevalue("queued_postgres"))
    with psycopg.connect(url) as connection:
        connection.execute("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
        tables = SQL(", ").join(Identifier(each.name) for each in Base.metadata.sorted_tables)
        connection.execute(SQL("TRUNCATE {} CASCADE").format(tables))
        connection.execute("ALTER TABLE ledger_entries ENABLE TRIGGER USER")
    DBOS.reset_system_database(system_database_url=url, truncate=True)
    return url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Of a studio in a folder of its own."""
    return Settings(home=tmp_path / "home", database_url=SecretStr(database_url), engine_slots=2)


@pytest.fixture
def engine() -> FakeEngine:
    """To be told what to do before jobs are submitted."""
    return FakeEngine()


@pytest.fixture
def open_studio(settings: Settings, engine: FakeEngine) -> Iterator[Open]:
    """Opens studios with the fake engine and tool; all are closed at the end."""
    opened: list[Studio] = []

    def open_one(given: FakeEngine = engine, **changes: Any) -> Studio:
        worker = changes.pop("worker", True)
        studio = Studio.open(settings.model_copy(update=changes), engines=engines(given), toolbox=TOOLBOX, worker=worker)
        opened.append(studio)
        return studio

    yield open_one
    if engine.gate is not None:
        engine.gate.set()
    for each in opened:
        each.close()


@pytest.fixture
def studio(open_studio: Open) -> Studio:
    """One that runs jobs here."""
    return open_studio()


@pytest.fixture
def png() -> bytes:
    """A small picture."""
    buffer = BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 60)).save(buffer, "PNG")
    return buffer.getvalue()
