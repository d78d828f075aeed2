"""`python -m eval run`: a grid of tools, engines, modes, resolutions and seeds over a suite, into a folder."""

import signal
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from eval.commands.display import Display
from eval.errors import BadRun
from pipelines.errors import Cancelled
from pipelines.sizes import Mode
from workbench.commands.output import DONE, FAILED, USAGE, note, say, say_json, whole
from workbench.settings import Settings, read_settings

if TYPE_CHECKING:
    from eval.metrics.metric import Metric
    from eval.runs.launched import Launched
    from eval.runs.manifest import Grid
    from eval.runs.results import Results
    from eval.runs.setup import Setup


def add(parser: ArgumentParser) -> None:
    """The grid, how it is carried out, and where it goes."""
    parser.add_argument("--suite", help="What to run on: rendered, folder:path.toml and others; see `list`.")
    parser.add_argument("--tools", nargs="+", metavar="T", help="Default: all that the suite has cases for.")
    parser.add_argument("--engines", nargs="+", metavar="E", default=["draft"], help="Default: draft.")
    parser.add_argument("--modes", nargs="+", metavar="M", default=[each.value for each in Mode], help="Default: all; or auto.")
    parser.add_argument("--resolutions", nargs="+", metavar="R", default=["1k"], help="Default: 1k; or auto.")
    parser.add_argument("--seeds", type=whole, default=3, metavar="N", help="How many seeds, from 1 on. Default: 3.")
    parser.add_argument("--limit", type=whole, metavar="N", help="Cases of each tool. Default: all.")
    parser.add_argument("--again", type=Path, metavar="MANIFEST", help="Repeat a run: its folder or manifest.json is the grid.")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="Folder of the run; the same one goes on.")
    parser.add_argument("--processes", type=whole, metavar="N", help="Processes of one thread each. Default: this one alone.")
    parser.add_argument("--queue", action="store_true", help="Through the studio's job queue, which other machines may share.")
    parser.add_argument("--no-controls", action="store_true", help="Leave out the planted degradations.")
    parser.add_argument("--no-report", action="store_true", help="Write table and manifest only.")
    parser.add_argument("--json", action="store_true", help="The summary as one JSON object on stdout and nothing else.")


def run(arguments: Namespace) -> int:
    """Run what is left of the grid; Ctrl-C stops it, and the same command goes on."""
    wrong = _wrong(arguments)
    if wrong:
        note(wrong)
        return USAGE
    from eval.runs.launched import launched

    here = launched(read_settings())
    with _stopping() as stop:
        try:
            results = _run(arguments, here, stop)
        except Cancelled:
            raise BadRun(f"the run was stopped; the same command goes on with what is left, in {arguments.out}") from None
        finally:
            here.end()
    if here.shard.rank > 0:
        return DONE
    if not arguments.no_report:
        from eval.controls import flags
        from eval.reports.write import write_reports

        write_reports(results, arguments.out, flags=flags(results))
    return _report(results, arguments.out, as_json=arguments.json)


def _wrong(arguments: Namespace) -> str:
    if arguments.again is None and not arguments.suite:
        return "give --suite, or --again with the manifest of a run to be repeated"
    if arguments.queue and arguments.processes:
        return "give either --queue or --processes: jobs of the queue are shared by `workbench worker` processes"
    return ""


def _run(arguments: Namespace, here: "Launched", stop: Event) -> "Results":
    from eval.runs.pool import Pool
    from eval.runs.run import run as carry_out

    asked = again(arguments.again, here.settings) if arguments.again else _asked(arguments, here.settings)
    opener = partial(open_setup, asked.grid.suite, here.settings)
    pool = Pool(arguments.processes, opener) if (arguments.processes or 1) > 1 else None
    with Display(quiet=here.shard.rank > 0) as display:
        going = partial(
            carry_out,
            asked.setup,
            asked.grid,
            arguments.out,
            shard=here.shard,
            controls=not arguments.no_controls,
            told=display,
            stopped=stop.is_set,
        )
        if not arguments.queue:
            return going(processes=pool)
        from eval.runs.queued import Queued
        from workbench.studio import Studio

        with Studio.open(here.settings, engines=asked.setup.engines) as studio:
            return going(executing=partial(Queued, studio))


def open_setup(suite: str, settings: Settings) -> "Setup":
    """What a run of a suite, named as on the command line, works with under these settings."""
    from eval.runs.setup import Setup
    from eval.suites.registry import suite_of
    from pipelines.registry import engines

    return Setup(suite_of(suite), engines(settings.engine_config()))


@dataclass(frozen=True, slots=True)
class Asked:
    """What to run, and what with."""

    setup: "Setup"
    grid: "Grid"


def _asked(arguments: Namespace, settings: Settings) -> Asked:
    from eval.runs.manifest import Grid

    setup = open_setup(arguments.suite, settings)
    grid = Grid(
        suite=arguments.suite,
        tools=tuple(dict.fromkeys(arguments.tools or setup.suite.tools)),
        engines=tuple(dict.fromkeys(arguments.engines)),
        modes=tuple(dict.fromkeys(arguments.modes)),
        resolutions=tuple(dict.fromkeys(arguments.resolutions)),
        seeds=tuple(range(1, arguments.seeds + 1)),
        limit=arguments.limit,
    )
    return Asked(setup, grid)


def again(path: Path, settings: Settings, metrics: "tuple[Metric, ...] | None" = None) -> Asked:
    """The run of a manifest once more; BadRun where suite, engines or metrics are not what they were, and a note of versions.

    `metrics` are those that it was scored by, where these aren't all.
    """
    from eval.runs import describe
    from eval.runs.manifest import Manifest

    kept = Manifest.read(path if path.is_dir() else path.parent)
    opened = open_setup(kept.grid.suite, settings)
    setup = opened if metrics is None else replace(opened, metrics=metrics)
    now = describe.manifest_of(setup, kept.grid)
    describe.refuse_other(kept, now, f"the run of {path} can't be repeated exactly")
    for each in describe.drifted(kept, now):
        note(f"not as in the first run: {each}")
    return Asked(setup, kept.grid)


@contextmanager
def _stopping() -> Iterator[Event]:
    """Ctrl-C sets the event; a second one interrupts at once."""
    stop = Event()

    def handle(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        note("stopping after the present step; Ctrl-C again to stop at once")

    try:
        before = signal.signal(signal.SIGINT, handle)
    except ValueError:  # only the main thread may
        yield stop
        return
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _report(results: "Results", folder: Path, *, as_json: bool) -> int:
    """Say what came of it; failed where no cell has an output."""
    from eval.controls import flags

    rows = list(results.made())
    counts = Counter(row.status for row in rows)
    found = {
        "out": str(folder),
        "suite": results.manifest.suite.name,
        "suite_version": results.manifest.suite.version,
        "cells": len(rows),
        **{name: counts[name] for name in ("done", "refused", "failed", "unsupported")},
        "scored": sum(bool(row.scores) for row in rows),
        "unscored": sum(len(row.unscored) for row in rows),
        "controls": len(results.rows) - len(rows),
        "settings": list(dict.fromkeys(each.title for each in results.settings())),
        "flags": [asdict(each) for each in flags(results)],
    }
    if as_json:
        say_json(found)
    else:
        say(f"{found['done']} of {found['cells']} cells done, {found['unscored']} values missing, in {folder}")
        for name in ("refused", "failed", "unsupported"):
            if found[name]:
                note(f"{found[name]} {name}")
    return DONE if counts["done"] else FAILED
