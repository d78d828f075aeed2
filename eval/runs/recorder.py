"""From answers to rows: stored, scored, written down, in this order, so that a row never promises what isn't there."""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from traceback import format_exc
from typing import Any

import numpy as np

from eval.controls import PERFECT, Planted, planted
from eval.metrics.metric import Sample, Scored, score
from eval.runs.journal import Entry, Journal
from eval.runs.plan import AUTO
from eval.runs.results import ENGINE
from eval.runs.row import Cell, Row
from eval.runs.setup import Answer, Cases, Setup
from eval.runs.shown import keep
from eval.suites.case import Case
from pipelines.engine import Output
from workbench.gallery.assets import encode_output
from workbench.gallery.metadata import embed

PICTURES, LOG = "pictures", "failures.log"
KEPT_SCORES = 100
"""Outputs whose scores are remembered: those of a block of cases."""


class Recorder:
    """Keeps what one process makes in a run's folder."""

    def __init__(self, setup: Setup, cases: Cases, folder: Path, journal: Journal, kept: Mapping[str, Row]) -> None:
        self._setup, self._cases, self._folder, self._journal = setup, cases, folder, journal
        self._kept = dict(kept)
        self._scores: dict[str, Scored] = {}
        (folder / PICTURES).mkdir(parents=True, exist_ok=True)

    def has(self, identity: str) -> bool:
        """Whether there is a row of that id."""
        return identity in self._kept

    def record(self, answer: Answer, at: int) -> Row:
        """Keep an answer at its place in the grid."""
        output, cell = answer.output, answer.cell
        if answer.trace:
            self._log(f"{cell.id} {cell}", answer.trace)
        row = self._row(answer)
        if output is not None:
            row = self._with_output(row, answer, output)
        self._append(Entry(at, row, dict(output.details) if output else {}))
        return row

    def control(self, tool: str, case_id: str, cells: tuple[Cell, ...], at: int) -> None:
        """Rows of the planted degradations of a case, those that are not there yet; the perfect answer's is the last."""
        if self.has(control_id(tool, case_id, PERFECT)):
            return
        try:
            rows = [self._control_row(case_id, each) for each in self._planted(tool, case_id, cells)]
        except Exception as error:  # noqa: BLE001 - one broken case is counted, and the run goes on
            self._log(f"controls of {case_id}", format_exc())
            kind, clusters = self._about(case_id)
            blank = self._blank(tool, case_id, PERFECT, kind, clusters)
            rows = [replace(blank, status="failed", error=f"{type(error).__name__}: {error}")]
        for row in reversed(rows):
            if not self.has(row.cell):
                self._append(Entry(at, row))

    def _planted(self, tool: str, case_id: str, cells: tuple[Cell, ...]) -> tuple[Planted, ...]:
        return planted(self._cases(case_id), self._setup.toolbox[tool], lambda: self._first_output(cells))

    def _control_row(self, case_id: str, control: Planted) -> Row:
        case = self._cases(case_id)
        scored = self._scored(case, control.output)
        return replace(
            self._blank(case.tool, case.id, control.way, case.kind, case.clusters),
            width=control.output.image.width,
            height=control.output.image.height,
            scores=scored.values,
            unscored=scored.unscored,
        )

    def _blank(self, tool: str, case_id: str, way: str, kind: str, clusters: Mapping[str, str]) -> Row:
        return Row(
            cell=control_id(tool, case_id, way),
            way=way,
            suite=self._setup.suite.card.name,
            suite_version=self._setup.suite.card.version,
            tool=tool,
            case=case_id,
            kind=kind,
            engine="",
            mode="",
            resolution="",
            seed=0,
            status="done",
            clusters=clusters,
        )

    def _first_output(self, cells: tuple[Cell, ...]) -> Output | None:
        """The stored output of the first cell that has one."""
        rows = (self._kept.get(each.id) for each in cells)
        return next((output_of(self._folder, row) for row in rows if row is not None and row.done and row.picture), None)

    def _append(self, entry: Entry) -> None:
        self._journal.append(entry)
        self._kept[entry.row.cell] = entry.row

    def _row(self, answer: Answer) -> Row:
        cell = answer.cell
        kind, clusters = self._about(cell.case)
        return Row(
            cell=cell.id,
            way=ENGINE,
            suite=self._setup.suite.card.name,
            suite_version=self._setup.suite.card.version,
            tool=cell.tool,
            case=cell.case,
            kind=kind,
            engine=cell.engine,
            engine_version=self._setup.engines[cell.engine].version,
            mode=cell.mode,
            resolution=cell.resolution if cell.resolution == AUTO else answer.resolution or cell.resolution,
            seed=cell.seed,
            status=answer.status,
            error=answer.error,
            cold=answer.cold,
            queue_seconds=answer.queue_seconds,
            run_seconds=answer.run_seconds,
            encode_seconds=answer.encode_seconds,
            host_mb=answer.host_mb,
            credits_app=answer.credits_app,
            credits_api=answer.credits_api,
            auto_mode=answer.auto_mode,
            auto_resolution=answer.auto_resolution,
            clusters=clusters,
        )

    def _about(self, case_id: str) -> tuple[str, Mapping[str, str]]:
        """Kind and clusters; of a case that can't be read nothing is known."""
        try:
            case = self._cases(case_id)
        except Exception:  # noqa: BLE001 - the row tells of it already
            return "", {}
        return case.kind, case.clusters

    def _with_output(self, row: Row, answer: Answer, output: Output) -> Row:
        began = perf_counter()
        data = encoded(output, answer.inputs) if answer.file is None else answer.file
        seconds = perf_counter() - began if answer.file is None else answer.encode_seconds
        name = f"{PICTURES}/{row.cell}.{'png' if output.video is None else 'mp4'}"
        _write(self._folder / name, data)
        case = self._cases(row.case)
        keep(case, self._folder)
        scored = self._scored(case, output)
        gpu, load = (_figure(output.details, each) for each in ("peak_memory_gb", "load_seconds"))
        return replace(
            row,
            width=output.image.width,
            height=output.image.height,
            encode_seconds=seconds,
            load_seconds=load,
            gpu_mb=None if gpu is None else gpu * 1000,
            picture=name,
            scores=scored.values,
            unscored=scored.unscored,
            notes=output.notes,
        )

    def _scored(self, case: Case, output: Output) -> Scored:
        """Scores of an output; one that is the same again, as of a tool that takes no chances, is not looked at again."""
        if not self._setup.metrics:
            return Scored({}, {})
        key = f"{case.id} {_digest(output)}"
        if key not in self._scores:
            self._scores[key] = self._measured(case, output)
            if len(self._scores) > KEPT_SCORES:
                del self._scores[next(iter(self._scores))]
        return self._scores[key]

    def _measured(self, case: Case, output: Output) -> Scored:
        """Each metric by itself: one that breaks is counted as unscored, and the log tells how."""
        sample = Sample(output, case.truth, case.tool)
        values: dict[str, float] = {}
        unscored: dict[str, str] = {}
        for metric in self._setup.metrics:
            try:
                one = score((metric,), sample)
            except Exception as error:  # noqa: BLE001 - a metric of anybody's may break
                unscored[metric.name] = f"broken: {type(error).__name__}: {error}"
                self._log(f"{metric.name} of {case.id}", format_exc())
            else:
                values.update(one.values)
                unscored.update(one.unscored)
        return Scored(values, unscored)

    def _log(self, what: str, trace: str) -> None:
        with (self._folder / LOG).open("a") as file:
            file.write(f"{what}\n{trace}\n")


def control_id(tool: str, case: str, way: str) -> str:
    """The id of a control's row."""
    return Cell(tool, case, f"control {way}", "", "", 0).id


def encoded(output: Output, inputs: Mapping[str, Any]) -> bytes:
    """The file of an output, with its inputs in it, as the studio makes it."""
    kept = {**inputs, "notes": list(output.notes), "details": dict(output.details)}
    return encode_output(output.image, kept).data if output.video is None else embed(output.video, kept)


def output_of(folder: Path, row: Row) -> Output:
    """A stored output."""
    data = (folder / row.picture).read_bytes()
    return output_from(data, row.notes)


def output_from(data: bytes, notes: tuple[str, ...] = (), details: Mapping[str, Any] | None = None) -> Output:
    """The output that a file holds: a picture, or a video with its first frame."""
    from io import BytesIO

    from PIL import Image

    from pipelines.frames import first_frame
    from workbench.gallery.mp4 import is_mp4

    if is_mp4(data):
        return Output(first_frame(data), notes, details or {}, data)
    image = Image.open(BytesIO(data))
    return Output(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"), notes, details or {})


def _digest(output: Output) -> str:
    """Changes with everything that a metric may look at."""
    image = output.image
    found = sha256(f"{image.mode} {image.size} {output.notes} {dict(output.details)}".encode())
    found.update(np.asarray(image).tobytes())
    found.update(output.video or b"")
    return found.hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    partial = path.with_name(f".{path.name}")
    partial.write_bytes(data)
    partial.replace(path)


def _figure(details: Mapping[str, Any], name: str) -> float | None:
    value = details.get(name)
    return float(value) if isinstance(value, int | float) else None
