"""Files of repositories: which are taken, what they hash to, and how they are written whole or not at all."""

import errno
import hashlib
import json
import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import uuid4

from pipelines.diffusion.cards import ALLOWED_FILES
from pipelines.diffusion.weights.inspect import INDEX
from pipelines.errors import DamagedWeights, DiskFull, DownloadFailed

CHUNK = 4 * 1024**2
"""Bytes read at a time."""
SPARE = 1_000_000_000
"""Bytes that stay free on a disk that weights are written to."""
ELSEWHERE = "set WORKBENCH_MODELS to a folder on another disk"
Watch = Callable[[str, int, int], None]
"""Told (what is done, bytes done, bytes in all), often; may raise to stop."""


def unwatched(doing: str, done: int, total: int) -> None:
    """Nobody looks."""


def wanted(path: str, patterns: Sequence[str]) -> bool:
    """Whether a file of a repository is taken: it matches one of `patterns` and is of a kind that is safe to load."""
    folded = path.lower()
    if not inside(path) or (folded.endswith(".index.json") and not folded.endswith(INDEX)):
        return False
    return _matches(folded, ALLOWED_FILES) and _matches(folded, patterns)


def _matches(folded: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(folded, each.lower()) for each in patterns)


def inside(path: str) -> bool:
    """Whether a relative path of a repository can't lead out of its folder, on any system, nor into a hidden one."""
    parts = PurePosixPath(path).parts
    return bool(parts) and "\\" not in path and ":" not in path and not any(each.startswith((".", "/")) for each in parts)


def listed(folder: Path, patterns: Sequence[str], root: Path) -> tuple[str, ...]:
    """Files of `folder` that are wanted, relative to it. A link that leaves `root` is an error: DamagedWeights."""
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not wanted(name, patterns) or path.is_dir():
            continue
        if not path.resolve().is_relative_to(root.resolve()):
            raise DamagedWeights(f"{path} is a link to {path.resolve()}, outside of {root}; put the file itself there")
        if not path.is_file():
            raise DamagedWeights(f"{path} is no file; put the file itself there")
        found.append(name)
    return tuple(found)


def regular_size(path: Path) -> int | None:
    """Bytes of a file; None where there is none, or something else than a plain file."""
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def sha256(path: Path, read: Callable[[int], None] | None = None) -> str:
    """Hash of a file, in hex; `read` is told the bytes of each piece."""
    digest = hashlib.sha256()
    for piece in pieces(path):
        digest.update(piece)
        if read is not None:
            read(len(piece))
    return digest.hexdigest()


def git_sha1(path: Path) -> str:
    """Name that git gives to a file's content, in hex: what the hub knows small files by."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    for piece in pieces(path):
        digest.update(piece)
    return digest.hexdigest()


def pieces(path: Path) -> Iterator[bytes]:
    """A file's bytes, `CHUNK` at a time."""
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            yield piece


def need_room(folder: Path, needed: int) -> None:
    """DiskFull where `folder` has no room for `needed` bytes and a little to spare."""
    at = next(each for each in (folder, *folder.parents) if each.exists())
    free = shutil.disk_usage(at).free
    if needed and free < needed + SPARE:
        raise DiskFull(
            f"{needed / 1e9:.1f} GB have to be written to {folder}, where {free / 1e9:.1f} GB are free and "
            f"{SPARE / 1e9:.0f} GB stay so; make room, or {ELSEWHERE}"
        )


def link_or_copy(source: Path, target: Path) -> None:
    """Put a file at `target` without a moment in which half of it is there; on one disk it takes no room."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid4().hex}.part")
    try:
        try:
            os.link(source.resolve(), beside)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(source, beside)
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)  # also after a success: a link is not moved onto another link to the same file


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; empty where there is no such file, or it holds none."""
    with suppress(OSError, ValueError):
        read = json.loads(path.read_bytes())
        return read if isinstance(read, dict) else {}
    return {}


def write_json(path: Path, value: Any) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{uuid4().hex}.part")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(value, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def removed(folder: Path, keep: Collection[Path] = ()) -> int:
    """Remove all files below `folder` but those to `keep`, and folders that then hold nothing.

    Returns the bytes that the disk gets back: none for a file that another link still holds.
    """
    total = 0
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            with suppress(OSError):  # not empty
                path.rmdir()
        elif path not in keep:
            status = path.lstat()
            total += status.st_size if status.st_nlink == 1 else 0
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
    return total


class Counted:
    """Adds up the bytes of several files for one who watches."""

    def __init__(self, doing: str, total: int, watch: Watch, done: int = 0) -> None:
        self._doing, self._total, self._watch, self._done = doing, total, watch, done

    def __call__(self, read: int) -> None:
        self._done += read
        self._watch(self._doing, self._done, self._total)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Errors of the disk below `folder`, named: DiskFull, or DownloadFailed where nothing can be written."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"the disk of {folder} is full; make room and try again, what is there is kept") from error
        raise DownloadFailed(
            f"weights can't be kept: {error.filename or folder}: {error.strerror or error}; {ELSEWHERE}"
        ) from error
