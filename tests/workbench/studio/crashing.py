"""A process that submits jobs and runs them until it is killed; `python -m tests.workbench.studio.crashing HOME [finish]`.

It says `ready` when the studio is open and the id of every job that it has submitted, and always has work. Told to `finish`, it
submits nothing, and after the end of its input says `done` once all jobs have ended.
"""

import os
import sys
import time
from pathlib import Path

from pydantic import SecretStr

from tests.workbench.studio.fakes import TOOLBOX, FakeEngine, Refused, engines
from workbench.settings import Settings
from workbench.studio import Studio

OUTPUTS = 3
FAILING_SEED = 1001
"""The second output of the jobs with seed 1000 fails."""
BACKLOG = 4
"""Unfinished jobs that it keeps."""
MOST_JOBS = 10_000


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main(home: Path, finish: bool) -> None:
    engine = FakeEngine(steps=4, pause=0.008, failures={FAILING_SEED: Refused("as told")})
    url = os.environ.get("WORKBENCH_DATABASE_URL")
    settings = Settings(home=home, engine_slots=2, database_url=SecretStr(url) if url else None)
    with Studio.open(settings, engines=engines(engine), toolbox=TOOLBOX) as studio:
        say("ready")
        if finish:
            sys.stdin.read()
        while unfinished(studio) if finish else True:
            if not finish and unfinished(studio) < BACKLOG:
                submit(studio)
            else:
                time.sleep(0.01)
        say("done")


def unfinished(studio: Studio) -> int:
    return sum(not job.ended for job in studio.jobs(limit=MOST_JOBS))


def submit(studio: Studio) -> None:
    number = len(studio.jobs(limit=MOST_JOBS))
    seed = 1000 if number % 5 == 0 else number
    say(studio.submit("sketch", {"prompt": f"job {number}", "num_images": OUTPUTS, "seed": seed}).id)


if __name__ == "__main__":
    main(Path(sys.argv[1]), finish="finish" in sys.argv[2:])
