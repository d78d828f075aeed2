"""What a command says, and how: for people, or one JSON object on stdout."""

import json
import os
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any

from workbench.views import as_json

DONE, FAILED, USAGE = 0, 1, 2
MOST = 1_000_000_000


@contextmanager
def terminal() -> Iterator[None]:
    """Streams that say any text in any encoding, and that may be closed by whoever reads them, such as `head`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain of it when it ends
        sys.exit(FAILED)


def whole(text: str) -> int:
    """A whole number from 1 to a billion, as argparse wants it."""
    if text.isdecimal() and 1 <= (number := int(text[:12])) <= MOST:
        return number
    raise ArgumentTypeError(f"{text!r} is no whole number from 1 to {MOST}")


def say_json(value: Any) -> None:
    """One JSON object on stdout, in ASCII: every terminal and every program can read it."""
    json.dump(as_json(value), sys.stdout)
    sys.stdout.write("\n")


def say(text: str) -> None:
    """A line on stdout for a person."""
    sys.stdout.write(f"{text}\n")


def note(text: str) -> None:
    """A line on stderr: progress and warnings, never part of the answer, and no reason to stop if nobody listens."""
    with suppress(BrokenPipeError):
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def columns(rows: Iterable[Sequence[object]]) -> str:
    """Rows as left-aligned columns, two spaces apart."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)] if texts else []
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts)
