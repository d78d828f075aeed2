"""What a run costs beside its engines, and what a report of many rows takes."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from bench.table import Row as Figure
from eval.metrics.registry import METRICS
from eval.runs.asked import decide
from eval.runs.describe import manifest_of
from eval.runs.manifest import Grid
from eval.runs.memory import Peak
from eval.runs.plan import plan
from eval.runs.results import ENGINE, Results
from eval.runs.row import Cell, Row
from eval.runs.run import run
from eval.runs.setup import Setup
from eval.suites.case import Card, Case, Truth
from pipelines.engine import Engines, Output, Progress, Support, unwatched
from pipelines.images import Bytes
from pipelines.sizes import Mode
from pipelines.tasks import Task

ENGINE_SECONDS = 0.5
"""About what Fast takes of the draft engine; most settings take longer."""
CASES, SEEDS = 12, (1, 2, 3)
OVERHEAD = 0.03
SIDE = 1024
REPORT_ROWS, REPORT_SECONDS, REPORT_MB = 10_000, 10.0, 1000.0


def rows() -> Iterator[Figure]:
    """The overhead of the runner and the report."""
    yield from _overhead()
    yield from _report()


class Waiting:
    """An engine that takes its time without a processor, so that nothing but the runner makes a difference."""

    name, title, version = "waiting", "Waiting", "1"

    def __init__(self) -> None:
        self._image = Image.fromarray(_smooth(1))

    def support(self, tool: str, mode: Mode) -> Support:
        return Support(True)

    def run(self, task: Task, progress: Progress) -> Output:
        progress(0, 1)
        time.sleep(ENGINE_SECONDS)
        return Output(self._image)


@dataclass(frozen=True, slots=True)
class Plain:
    """As many cases of one tool."""

    tools: tuple[str, ...] = ("upscale",)
    card: Card = Card(name="plain", version="1", title="Plain", licence="", citation="", source="")  # noqa: RUF009 - frozen

    def ids(self, tool: str) -> Sequence[str]:
        return [f"{tool}-{number:04d}" for number in range(CASES)]

    def case(self, case_id: str) -> Case:
        image = Image.new("RGB", (SIDE // 2, SIDE // 2), (180, 40, 60))
        return Case(id=case_id, tool="upscale", kind="", pictures={"image": (image,)}, truth=Truth())


def _overhead() -> Iterator[Figure]:
    """Wall time of a run without controls, its scoring none and its encoding taken off, over that of calling the engine."""
    setup = Setup(Plain(), Engines(Waiting()), metrics=())
    grid = Grid(
        suite="plain", tools=("upscale",), engines=("waiting",), modes=("fast",), resolutions=("1k",), seeds=SEEDS, limit=None
    )
    with tempfile.TemporaryDirectory() as folder:
        run(setup, replace(grid, limit=1), Path(folder, "warm"), controls=False)  # imports, once a process
        began = time.perf_counter()
        results = run(setup, grid, Path(folder, "run"), controls=False)
        taken = time.perf_counter() - began - sum(row.encode_seconds or 0 for row in results.rows)
    began = time.perf_counter()
    for cell in plan(setup.suite, grid, setup.toolbox):
        _call(setup, cell)
    loop = time.perf_counter() - began
    over = taken / loop - 1
    yield Figure(f"runner over a loop, engine of {ENGINE_SECONDS:g} s", 100 * over, "%", "<= 3 %", over <= OVERHEAD)
    yield Figure("runner, a cell", 1e3 * (taken - loop) / len(results.rows), "ms", "told", True)


def _call(setup: Setup, cell: Cell) -> None:
    case = setup.suite.case(cell.case)
    task = decide(setup.toolbox[cell.tool], case, cell).task(case, cell.seed)
    setup.engines[cell.engine].run(task, unwatched)


def _report() -> Iterator[Figure]:
    """The reports of a run of many rows, in seconds and memory."""
    from eval.reports.write import write_reports

    with tempfile.TemporaryDirectory() as folder:
        results = _synthetic(Path(folder))
        with Peak() as peak:
            began = time.perf_counter()
            write_reports(results, Path(folder))
            seconds = time.perf_counter() - began
    yield _at_most(f"report of {REPORT_ROWS:,} rows", seconds, REPORT_SECONDS)
    yield Figure("report, peak memory of the process", peak.mb, "MB", f"<= {REPORT_MB:g} MB", peak.mb <= REPORT_MB)


def _synthetic(folder: Path) -> Results:
    """Rows of four tools in three modes whose quality differs a little; all show one picture."""
    (folder / "pictures").mkdir()
    Image.new("RGB", (256, 256), (90, 120, 160)).save(folder / "pictures" / "one.png")
    tools, modes = ("try-on", "packshot", "reframe", "model-swap"), tuple(each.value for each in Mode)
    cases = REPORT_ROWS // (len(tools) * len(modes) * len(SEEDS))
    grid = Grid(suite="plain", tools=tools, engines=("waiting",), modes=modes, resolutions=("1k",), seeds=SEEDS, limit=None)
    cells = [
        Cell(tool, f"{tool}-{case:04d}", "waiting", mode, "1k", seed)
        for tool in tools
        for mode in modes
        for case in range(cases)
        for seed in SEEDS
    ]
    manifest = manifest_of(Setup(Plain(), Engines(Waiting())), grid)
    rng = np.random.default_rng(1)
    return Results(manifest, tuple(_row(each, modes.index(each.mode), rng) for each in cells))


def _row(cell: Cell, effort: int, rng: np.random.Generator) -> Row:
    share = float(np.clip(0.5 + 0.1 * effort + rng.normal(0, 0.1), 0, 1))
    scores = {each.name: _between(each.range, share if each.better == "higher" else 1 - share) for each in METRICS.all}
    return Row(
        cell=cell.id,
        way=ENGINE,
        suite="plain",
        suite_version="1",
        tool=cell.tool,
        case=cell.case,
        kind=f"kind {int(cell.case[-4:]) % 5}",
        engine=cell.engine,
        engine_version="1",
        mode=cell.mode,
        resolution=cell.resolution,
        seed=cell.seed,
        status="done",
        width=256,
        height=256,
        cold=False,
        run_seconds=float(1 + effort + rng.random()),
        encode_seconds=0.3,
        host_mb=800.0,
        credits_app=1 + effort // 2,
        credits_api=1 + effort,
        auto_mode="fast",
        auto_resolution="1k",
        picture="pictures/one.png",
        clusters={"garment": f"garment {int(cell.case[-4:]) // 2}"},
        scores=scores,
    )


def _between(bounds: tuple[float, float], share: float) -> float:
    low, high = (max(-1e3, min(1e3, each)) for each in bounds)
    return low + (high - low) * share


def _smooth(seed: int) -> Bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (SIDE // 64, SIDE // 64, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def _at_most(name: str, value: float, bar: float) -> Figure:
    return Figure(name, value, "s", f"<= {bar:g} s", value <= bar)
