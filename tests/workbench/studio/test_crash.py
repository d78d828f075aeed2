"""A studio that is killed at any moment loses no job, makes no output twice and charges each exactly once."""

import os
import random
import subprocess
import sys
import time

import pytest

from tests.workbench.studio.crashing import FAILING_SEED, MOST_JOBS, OUTPUTS
from tests.workbench.studio.fakes import PRICE
from workbench.credits import ledger
from workbench.settings import Settings
from workbench.store.database import Database
from workbench.studio import Studio

KILLS = {"sqlite": int(os.environ.get("WORKBENCH_TEST_KILLS", "12"))}
KILLS["postgresql"] = KILLS["sqlite"] // 3


def child(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.workbench.studio.crashing", str(settings.home), *arguments]
    environment = os.environ | {"WORKBENCH_DATABASE_URL": settings.database}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def kill_at_random(process: subprocess.Popen[str], chance: random.Random) -> list[str]:
    """The jobs that it had submitted when it was killed: while it opened, or submitted and ran jobs."""
    assert process.stdout is not None
    if chance.random() < 0.2:
        time.sleep(chance.uniform(0.5, 1.5))
    else:
        assert process.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.7))
    assert process.poll() is None
    process.kill()
    said, _ = process.communicate()
    return [line for line in said.split() if line != "ready"]


@pytest.mark.slow
def test_killing_the_process_loses_no_job_and_no_credit(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    kills = KILLS["sqlite" if settings.database.startswith("sqlite") else "postgresql"]
    chance = random.Random(20)  # noqa: S311 - nothing is kept secret by it
    submitted = [job for _ in range(kills) for job in kill_at_random(child(settings), chance)]
    output, _ = child(settings, "finish").communicate(timeout=120)
    assert output == "ready\ndone\n"
    lost, wrong = verdict(settings, submitted)
    with capsys.disabled():
        sys.stdout.write(f"\nkills {kills} jobs {len(submitted)} lost {len(lost)} wrong credits {len(wrong)}\n")
    assert submitted
    assert not lost
    assert not wrong


def verdict(settings: Settings, submitted: list[str]) -> tuple[list[str], list[str]]:
    """Jobs that did not end as they had to, and what is wrong with the credits."""
    database = Database(settings.database)
    with database.reading() as session:
        wrong = list(ledger.audit(session))
    database.close()
    with Studio.open(settings, worker=False) as studio:
        jobs, assets, balance = studio.jobs(limit=MOST_JOBS), studio.assets(limit=OUTPUTS * MOST_JOBS), studio.balance()
    lost = [f"{job} is gone" for job in set(submitted) - {job.id for job in jobs}]
    delivered = 0
    for job in jobs:
        failing = {index for index in range(OUTPUTS) if job.seed + index == FAILING_SEED}
        found = [each.index for each in job.outputs if each.asset]
        delivered += len(found)
        if job.status != "completed" or found != [index for index in range(OUTPUTS) if index not in failing]:
            lost.append(f"{job.id} is {job.status} with outputs {found}")
        if job.credits != PRICE * len(found):
            wrong.append(f"{job.id} shows {job.credits} credits for {found}")
    if len(assets) != delivered:
        lost.append(f"there are {len(assets)} pictures for {delivered} outputs")
    if balance.spent != PRICE * delivered or balance.held:
        wrong.append(f"{balance} for {delivered} outputs")
    return lost, wrong
