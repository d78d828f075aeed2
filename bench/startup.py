"""The command line's help, and the first job of a fresh installation against the second."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.table import Row

FIRST_AND_SECOND = """
import time
from pathlib import Path
from workbench.settings import read_settings
from workbench.studio import Studio
data = Path({picture!r}).read_bytes()
with Studio.open(read_settings()) as studio:
    for _ in range(2):
        started = time.perf_counter()
        asset = studio.add_picture(data, "sample.webp")
        job = studio.wait(studio.submit("background-remove", {{"image": asset.id}}).id)
        assert job.status == "completed", job
        print(time.perf_counter() - started)
"""


def rows() -> Iterator[Row]:
    """Seconds of `workbench --help`, and what the first job costs more than the second."""
    seconds = median(_help_seconds() for _ in range(7))
    yield Row("workbench --help", seconds, "s", "< 0.5 s", seconds < 0.5)
    slower = median(_first_minus_second() for _ in range(3))
    yield Row("first job against the second", slower, "s more", "<= 2 s", slower <= 2)


def _help_seconds() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "app.py", "--help"], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _first_minus_second() -> float:
    picture = str(sorted(Path("workbench/ui/samples").glob("*.webp"))[0])
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [sys.executable, "-c", FIRST_AND_SECOND.format(picture=picture)],
            env=os.environ | {"WORKBENCH_HOME": home},
            capture_output=True,
            text=True,
            check=True,
        )
    first, second = map(float, done.stdout.split())
    return first - second
