"""What a job costs beside its picture: submit to done, and jobs a second, with an engine that does nothing."""

import resource
import tempfile
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image

from bench.table import Row
from pipelines.engine import Engines, Output, Progress, Support
from pipelines.sizes import Mode
from pipelines.tasks import Task
from workbench.settings import Settings
from workbench.studio import Studio

TOOL = "background-remove"
SIDE = 64
JOBS = 40
BATCH = 200


class Nothing:
    """An engine that hands out one empty picture."""

    name = "nothing"
    title = "Nothing"
    version = "1"

    def support(self, tool: str, mode: Mode) -> Support:
        return Support(True)

    def run(self, task: Task, progress: Progress) -> Output:
        progress(0, 1)
        return Output(Image.new("RGB", (task.size.width, task.size.height)))


def rows() -> Iterator[Row]:
    """Overhead of one job at a time, throughput of many at once, and what an idle studio takes."""
    with tempfile.TemporaryDirectory() as home:
        opened = time.perf_counter()
        with Studio.open(Settings(home=Path(home)), engines=Engines(Nothing())) as studio:
            yield _at_most("open a new studio", time.perf_counter() - opened, "s", 1.0)
            picture = studio.add_picture(_png()).id
            _one(studio, picture)
            yield _at_most(
                f"submit to done, median of {JOBS}", 1e3 * median(_one(studio, picture) for _ in range(JOBS)), "ms", 60
            )
            cpu = _cpu()
            rate = BATCH / _many(studio, picture)
            yield Row(f"throughput of {BATCH} jobs", rate, "jobs/s", ">= 40", rate >= 40)
            yield Row("processor time of one of them", 1e3 * (_cpu() - cpu) / BATCH, "ms", "", True)
            cpu = _cpu()
            time.sleep(3)
            yield _at_most("idle, share of one core", 100 * (_cpu() - cpu) / 3, "%", 5)


def _one(studio: Studio, picture: str) -> float:
    start = time.perf_counter()
    job = studio.wait(studio.submit(TOOL, {"image": picture}).id, timeout=30)
    if job.status != "completed":
        raise RuntimeError(f"the job is {job.status}: {job.error}")
    return time.perf_counter() - start


def _many(studio: Studio, picture: str) -> float:
    start = time.perf_counter()
    jobs = [studio.submit(TOOL, {"image": picture}) for _ in range(BATCH)]
    for job in jobs:
        studio.wait(job.id, timeout=60)
    return time.perf_counter() - start


def _at_most(name: str, value: float, unit: str, bar: float) -> Row:
    return Row(name, value, unit, f"<= {bar:g}", value <= bar)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (SIDE, SIDE), (180, 40, 60)).save(buffer, "PNG")
    return buffer.getvalue()
