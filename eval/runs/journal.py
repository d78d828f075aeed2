"""Rows as they come, one JSON line each, so that a run that is killed loses at most the cell that it was at.

Every process writes a file of its own. A row is on the disk before the next cell begins; a last line that was torn by the end
of a process is dropped.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from eval.errors import BadRun
from eval.runs.row import Row

PATTERN = "journal-*.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with its place in the grid and what the output told of itself."""

    at: int
    row: Row
    details: Mapping[str, Any] = field(default_factory=dict)


class Journal:
    """The file that one process appends to; BadRun where another process has it open."""

    def __init__(self, folder: Path, name: str) -> None:
        self._path = folder / f"journal-{name}.jsonl"
        self._lock = FileLock(folder / f"journal-{name}.lock")

    def __enter__(self) -> Self:
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise BadRun(f"another process is running into {self._path.parent}; wait for it, or give another --out") from error
        _mend(self._path)
        self._file = self._path.open("ab")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()
        self._lock.release()

    def append(self, entry: Entry) -> None:
        """Write a row; it is on the disk when this returns."""
        line = json.dumps({"at": entry.at, "row": entry.row.as_json(), "details": dict(entry.details)}, default=str)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())


def entries(folder: Path) -> tuple[Entry, ...]:
    """Of all journals of a run's folder, in the order of the grid; the first of those with the same id."""
    found: dict[str, Entry] = {}
    for path in sorted(folder.glob(PATTERN)):
        for each in _read(path):
            found.setdefault(each.row.cell, each)
    return tuple(sorted(found.values(), key=lambda each: each.at))


def rows_of(given: Iterable[Entry]) -> tuple[Row, ...]:
    """The rows alone."""
    return tuple(each.row for each in given)


def _read(path: Path) -> Iterator[Entry]:
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines[:-1], 1):
        try:
            kept = json.loads(line)
            yield Entry(kept["at"], Row.of(kept["row"]), kept["details"])
        except (ValueError, KeyError, TypeError) as error:
            raise BadRun(
                f"{path}, line {number}, is no row of results: {error}; remove the line to run its cell again"
            ) from error


def _mend(path: Path) -> None:
    """Cut off what follows the last line break."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        data = file.read()
        file.truncate(data.rfind(b"\n") + 1)
