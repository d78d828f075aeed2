"""Files of a run as the page may show them: its reports, its outputs, and inputs and targets of its cases."""

import re
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from PIL import Image

from eval.arena.shelf import Run
from eval.arena.showing import MEDIA_TYPES, Given, shown
from eval.benchmark.bench import Opener
from eval.benchmark.live import Look
from eval.errors import BadSuite
from eval.runs import table
from eval.runs.manifest import Manifest
from eval.suites.case import Case
from workbench.errors import NotFound
from workbench.views import FileView

REPORTS = {
    "report.html": "text/html; charset=utf-8",
    "report.md": "text/markdown; charset=utf-8",
    "summary.csv": "text/csv; charset=utf-8",
    table.FILE: "application/vnd.apache.parquet",
}
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox allow-scripts"
"""A report is a page of its own origin: it sorts its tables and reaches nothing of the studio."""
PICTURE = re.compile(r"([0-9a-f]{16})\.(output|target|input-(\d{1,2}))")
KEPT_CASES = 6


@dataclass(frozen=True, slots=True)
class Shown:
    """What is known of a case beside its output."""

    prompt: str
    inputs: tuple[Given, ...]
    target: FileView | None


class Pictures:
    """The last few cases stay in memory, since drawing one takes a moment."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._kept: OrderedDict[tuple[str, str, str], Shown] = OrderedDict()
        self._lock = Lock()

    def report(self, folder: Path, name: str) -> FileView:
        """A report or table of a run; NotFound where it wasn't written."""
        try:
            return FileView((folder / name).read_bytes(), REPORTS[name], POLICY if name.endswith(".html") else "")
        except (OSError, KeyError) as error:
            raise NotFound(f"the run {folder.name} has no {name}; it is written once the run has finished") from error

    def picture(self, look: Look, name: str) -> FileView:
        """`CELL.output`, `CELL.target`, `CELL.input-0`; NotFound. Raises BadSuite where the suite can't be opened."""
        found = PICTURE.fullmatch(name)
        row = look.rows.get(found[1]) if found else None
        if found is None or row is None:
            raise NotFound(f"the run {look.folder.name} has no file {name!r}")
        if found[2] == "output":
            return _output(look, row.cell)
        case = self.shown(look.results.manifest, row.case)
        if found[2] == "target" and case.target is not None:
            return case.target
        if found[3] and int(found[3]) < len(case.inputs):
            return case.inputs[int(found[3])].file
        raise NotFound(f"the case {row.case} has no {found[2]}")

    def shown(self, manifest: Manifest, case_id: str) -> Shown:
        """A case's pictures. Raises BadSuite where the suite can't be opened here, or is of another version."""
        key = (manifest.grid.suite, manifest.suite.version, case_id)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = _shown(_case(self._opener, manifest, case_id))
                if len(self._kept) > KEPT_CASES:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]


def _output(look: Look, cell: str) -> FileView:
    row = look.rows[cell]
    if not row.picture:
        raise NotFound(f"the cell {cell} has no output: {row.status}")
    path = Run(look.folder, look.results).picture(row)
    try:
        return FileView(path.read_bytes(), MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"))
    except OSError as error:
        raise NotFound(f"the output {row.picture} is missing in {look.folder}") from error


def _case(opener: Opener, manifest: Manifest, case_id: str) -> Case:
    suite = opener(manifest.grid.suite)
    if suite.card.version != manifest.suite.version:
        raise BadSuite(f"the run is of version {manifest.suite.version} of {manifest.suite.name}; here is {suite.card.version}")
    return suite.case(case_id)


def _shown(case: Case) -> Shown:
    inputs = tuple(Given(field, shown(image)) for field, images in case.pictures.items() for image in images)
    target = None if case.truth.target is None else shown(Image.fromarray(case.truth.target))
    return Shown(str(case.values.get("prompt") or ""), inputs, target)
