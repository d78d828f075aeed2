"""A disk that is full or a file that is gone: said by name, nothing kept, nothing charged, and well again afterwards."""

import errno
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.workbench.studio.conftest import Open
from workbench.api.server import build
from workbench.errors import StorageFailed
from workbench.settings import Settings
from workbench.store.database import Database


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_database_that_cannot_grow_is_said_by_name(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'small.sqlite'}")
    with pytest.raises(StorageFailed, match="database or disk is full"), database.transaction() as session:
        session.connection().exec_driver_sql("PRAGMA max_page_count = 2")
        session.connection().exec_driver_sql("CREATE TABLE large (x)")
        session.connection().exec_driver_sql("INSERT INTO large VALUES (zeroblob(100000))")
    database.close()


def test_an_upload_to_a_full_disk_is_507_with_what_to_do(open_studio: Open, png: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = open_studio(worker=False)
    client = TestClient(build(studio), base_url="http://localhost")
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        answer = client.post("/api/pictures", content=png)
    assert (answer.status_code, answer.json()["error"]) == (507, "StorageFailed")
    assert "see that the disk has room" in answer.json()["message"]
    assert studio.assets() == ()
    assert client.post("/api/pictures", content=png).status_code == 201


def test_a_job_whose_output_has_no_room_fails_by_name_and_costs_nothing(
    open_studio: Open, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = open_studio()
    monkeypatch.setattr("os.fsync", full)
    job = studio.wait(studio.submit("sketch", {"prompt": "a hat"}).id, timeout=20)
    assert (job.status, job.error and job.error.name, job.credits) == ("failed", "StorageFailed", 0)
    balance = studio.balance()
    assert (balance.held, balance.spent) == (0, 0)
    assert [each for each in Path(settings.files).rglob("contents/*/*") if each.is_file()] == []
