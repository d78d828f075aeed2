"""The picture store: content-addressed files of pictures and videos, their thumbnails, and previews of running jobs, anywhere that fsspec reaches."""

import hashlib
import os
import re
import secrets
from io import BytesIO
from pathlib import Path
from typing import Any

from fsspec.core import url_to_fs
from fsspec.implementations.local import LocalFileSystem
from PIL import Image

from pipelines.frames import first_frame
from workbench.errors import Misconfigured, NotFound, StorageFailed

THUMBNAIL_SIDE = 384
"""Longest side of a thumbnail in pixels."""
PREVIEW_SIDE = 768
"""Longest side of a preview in pixels."""

_KEY = re.compile(r"[0-9a-f]{64}")
_JOB = re.compile(r"[0-9A-Za-z_-]{1,64}")


class Files:
    """Pictures by the SHA-256 of their bytes. Safe to use from several threads and processes: a file is whole or absent."""

    def __init__(self, url: str) -> None:
        """A folder, or any fsspec URL such as s3://bucket/path. Misconfigured where no driver for it is installed."""
        try:
            fs, root = url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise Misconfigured(f"the picture store {url} can't be opened: {error}") from error
        self._fs: Any = fs
        self._root = str(root).rstrip("/")

    def put(self, data: bytes, image: Image.Image | None = None) -> str:
        """Store a file and return its key; storing it again changes nothing. `image`, its pixels, saves a later decoding."""
        key = key_of(data)
        if not self._holds(self._content(key), len(data)):
            self._write(self._content(key), data, lasting=True)
        if image is not None and not self._fs.exists(self._thumbnail(key)):
            self._write(self._thumbnail(key), webp(image, THUMBNAIL_SIDE))
        return key

    def get(self, key: str) -> bytes:
        """The file's bytes; NotFound where there is none."""
        data = self._read(self._content(key))
        if data is None:
            raise NotFound("the picture is gone from the picture store")
        return data

    def thumbnail(self, key: str) -> bytes:
        """A WebP of at most 384 pixels a side, of a video's first frame, transparent where the picture is; made now if it wasn't."""
        if found := self._read(self._thumbnail(key)):
            return found
        made = _small(self.get(key))
        self._write(self._thumbnail(key), made)
        return made

    def exists(self, key: str) -> bool:
        """Whether there is a file of that key."""
        return bool(self._fs.exists(self._content(key)))

    def delete(self, key: str) -> None:
        """Remove the file and its thumbnail; nothing happens where they are gone already."""
        self._remove(self._content(key))
        self._remove(self._thumbnail(key))

    def put_preview(self, job_id: str, image: Image.Image) -> None:
        """Keep what a job has so far, in place of its earlier preview."""
        self._write(self._preview(job_id), webp(image, PREVIEW_SIDE))

    def preview(self, job_id: str) -> bytes | None:
        """A WebP of what the job had last, if anything."""
        return self._read(self._preview(job_id)) if _JOB.fullmatch(job_id) else None

    def delete_preview(self, job_id: str) -> None:
        """Remove a job's preview; nothing happens where there is none."""
        self._remove(self._preview(job_id))

    def _content(self, key: str) -> str:
        return self._path("contents", key[:2], _checked(_KEY, key))

    def _thumbnail(self, key: str) -> str:
        return self._path("thumbnails", key[:2], f"{_checked(_KEY, key)}.webp")

    def _preview(self, job_id: str) -> str:
        return self._path("previews", f"{_checked(_JOB, job_id)}.webp")

    def _path(self, *parts: str) -> str:
        return "/".join((self._root, *parts))

    def _holds(self, path: str, size: int) -> bool:
        try:
            return bool(self._fs.size(path) == size)
        except FileNotFoundError:
            return False

    def _read(self, path: str) -> bytes | None:
        try:
            return bytes(self._fs.cat_file(path))
        except FileNotFoundError:
            return None

    def _write(self, path: str, data: bytes, *, lasting: bool = False) -> None:
        """All or nothing: object stores put whole objects, a local file is renamed into place. StorageFailed otherwise.

        `lasting`: also after a power failure; the others can be made again.
        """
        try:
            if isinstance(self._fs, LocalFileSystem):
                _write_local(Path(path), data, lasting)
            else:
                self._fs.pipe_file(path, data)
        except OSError as error:
            what = error.strerror or str(error)
            raise StorageFailed(f"the picture can't be stored: {what}; see that the disk has room and try again") from error

    def _remove(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except FileNotFoundError:
            return


def key_of(data: bytes) -> str:
    """The key that a file has in the picture store: the SHA-256 of its bytes in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def webp(image: Image.Image, side: int) -> bytes:
    """The picture as WebP, upright, at most `side` pixels on its longest side; transparency is kept."""
    small = image if image.mode in ("RGB", "RGBA") else image.convert("RGBA" if image.has_transparency_data else "RGB")
    small = small.copy()
    small.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    small.info = {}
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=82, method=2)
    return buffer.getvalue()


def _small(data: bytes) -> bytes:
    """The thumbnail of a stored file."""
    if data[4:8] == b"ftyp":
        return webp(first_frame(data), THUMBNAIL_SIDE)
    with Image.open(BytesIO(data), formats=["PNG", "JPEG", "WEBP"]) as image:
        return webp(image, THUMBNAIL_SIDE)


def _checked(pattern: re.Pattern[str], key: str) -> str:
    if not pattern.fullmatch(key):
        raise NotFound("there is no such picture")
    return key


def _write_local(path: Path, data: bytes, lasting: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as file:
            file.write(data)
            if lasting:
                file.flush()
                os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
