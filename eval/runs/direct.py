"""Answers from engines of this process."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from time import perf_counter
from traceback import format_exc
from typing import Any

from PIL.Image import Image

from eval.runs.asked import Decided, decide
from eval.runs.memory import Peak
from eval.runs.row import Cell
from eval.runs.setup import Answer, Cases, Setup
from eval.suites.case import Case
from pipelines.engine import Output
from pipelines.errors import Cancelled, PipelineError
from workbench.errors import WorkbenchError
from workbench.views import as_json

Stopped = Callable[[], bool]


def never() -> bool:
    """The `Stopped` of a run that nobody cancels."""
    return False


class Direct:
    """Runs cells one after the other; what an engine loads stays loaded as the engine sees fit."""

    def __init__(self, setup: Setup, cases: Cases, stopped: Stopped = never) -> None:
        self._setup, self._cases, self._stopped = setup, cases, stopped
        self._seen: set[tuple[str, str, str, str]] = set()

    def answers(self, cells: Sequence[Cell]) -> Iterator[Answer]:
        """See `Executor`."""
        for each in cells:
            if self._stopped():
                raise Cancelled
            yield self._answer(each)

    def _answer(self, cell: Cell) -> Answer:
        try:
            case = self._cases(cell.case)
            decided = decide(self._setup.toolbox[cell.tool], case, cell)
        except (PipelineError, WorkbenchError) as error:
            return Answer(cell=cell, status="refused", error=f"{error.name}: {error}")
        except Exception as error:  # noqa: BLE001 - one broken case is counted, and the run goes on
            return broken(Answer(cell=cell, status="failed"), error)
        blank = blank_of(cell, decided)
        engine = self._setup.engines[cell.engine]
        support = engine.support(cell.tool, decided.chosen.mode)
        if not support.ok:
            return replace(blank, status="unsupported", error=support.missing)
        blank = replace(blank, cold=self._first(cell), inputs=_inputs(case, cell, decided, engine.version))
        try:
            return self._run(case, decided, blank)
        except (PipelineError, WorkbenchError) as error:
            return replace(blank, status="refused", error=f"{error.name}: {error}")
        except Cancelled:
            raise
        except Exception as error:  # noqa: BLE001 - an engine may fail in any way
            return broken(blank, error)

    def _run(self, case: Case, decided: Decided, blank: Answer) -> Answer:
        cell = blank.cell
        task = decided.task(case, cell.seed)
        engine = self._setup.engines[cell.engine]
        with Peak() as peak:
            began = perf_counter()
            output: Output = engine.run(task, self._watch)
            seconds = perf_counter() - began
        return replace(blank, status="done", output=output, run_seconds=seconds, host_mb=peak.mb)

    def _watch(self, step: int, of: int, note: str = "", preview: Image | None = None) -> None:
        if self._stopped():
            raise Cancelled

    def _first(self, cell: Cell) -> bool:
        setting = (cell.tool, cell.engine, cell.mode, cell.resolution)
        first = setting not in self._seen
        self._seen.add(setting)
        return first


def blank_of(cell: Cell, decided: Decided) -> Answer:
    """An answer with what is known before anything runs."""
    return Answer(
        cell=cell,
        status="failed",
        resolution=decided.chosen.resolution,
        credits_app=decided.credits_app,
        credits_api=decided.credits_api,
        auto_mode=decided.auto_mode,
        auto_resolution=decided.auto_resolution,
    )


def _inputs(case: Case, cell: Cell, decided: Decided, version: str) -> dict[str, Any]:
    return {
        "tool": cell.tool,
        "request": decided.request.model_dump(mode="json"),
        "resolution": decided.chosen.resolution,
        "mode": decided.chosen.mode.value,
        "reasons": as_json(decided.chosen.reasons),
        "engine": cell.engine,
        "engine_version": version,
        "seed": cell.seed,
        "case": case.id,
    }


def broken(blank: Answer, error: Exception) -> Answer:
    """An answer that tells of an exception that nobody expected; to be called where it is handled."""
    return replace(blank, status="failed", error=f"{type(error).__name__}: {error}", trace=format_exc())
