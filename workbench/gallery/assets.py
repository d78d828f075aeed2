"""Pictures that people brought, pictures and videos that jobs made: rows in the database, files in the picture store."""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, Literal, cast
from zlib import Z_RLE

from PIL import ExifTags, Image
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from pipelines.decode import Decoded, Limits, decode
from workbench.errors import NotFound
from workbench.gallery.metadata import embed, strip
from workbench.store.database import Database
from workbench.store.files import Files, key_of
from workbench.store.models import AssetRow, LooseRow
from workbench.views import AssetView

MAX_NAME = 200
LIMITS = Limits()
_OWN_FILES = 2**31
"""Limit in bytes for what the studio wrote itself; a lossless 4K picture may be larger than an upload."""
VIDEO = "video/mp4"
_KEPT_FORMATS = ("JPEG", "PNG", "WebP")
_LOSSY_FORMATS = ("JPEG", "WebP", "HEIC", "AVIF")


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture or a video as a file that every browser shows."""

    data: bytes
    media_type: str
    image: Image.Image
    """The picture; of a video its first frame."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture whose file is in the store and whose row is not written yet."""

    content: str
    encoded: Encoded
    inputs: Mapping[str, Any]


class Assets:
    """The gallery of every owner. Other people's assets are not found. Safe to use from several threads and processes."""

    def __init__(self, database: Database, files: Files, limits: Limits = LIMITS) -> None:
        self._database = database
        self._files = files
        self._limits = limits

    def add_upload(self, owner: str, data: bytes, name: str = "") -> AssetView:
        """Take in a picture file. What browsers show is kept as it is, without metadata; the rest is converted.

        Raises `PictureUnreadable` and `PictureTooLarge`; then nothing is stored.
        """
        decoded = decode(data, self._limits)
        inputs = {"format": decoded.format, "notes": list(decoded.notes)}
        stored = self._store(encode_upload(data, decoded), inputs)
        with self._database.transaction() as session:
            return self._record(session, stored, owner=owner, kind="upload", name=clean_name(name))

    def store_output(self, image: Image.Image, inputs: Mapping[str, Any], video: bytes | None = None) -> Stored:
        """Store an output as a file with its complete inputs in it: the picture, or the mp4 whose first frame it is.

        Slow, harmless to repeat, never in a transaction.
        """
        encoded = encode_output(image, inputs) if video is None else Encoded(embed(video, inputs), VIDEO, image)
        return self._store(encoded, inputs)

    def record_output(self, session: Session, stored: Stored, *, owner: str, tool: str, job_id: str, index: int) -> AssetView:
        """Write an output's row in the caller's transaction, before its credits; the row that is there already, if one is."""
        _lock_content(session, stored.content)
        row = session.scalar(select(AssetRow).where(AssetRow.job_id == job_id, AssetRow.output_index == index))
        if row is not None:
            return view(row)
        name = f"{tool}-{job_id[:8]}-{index + 1}"
        return self._record(session, stored, owner=owner, kind="output", name=name, tool=tool, job_id=job_id, output_index=index)

    def discard(self, stored: Stored) -> None:
        """Delete the file of an output that is not going to be recorded, unless an asset has the same."""
        self._purge(stored.content)

    def get(self, owner: str, asset_id: str) -> AssetView:
        """One asset; NotFound where the owner has none of that id."""
        with self._database.reading() as session:
            return view(_find(session, owner, asset_id))

    def list(
        self, owner: str, *, limit: int = 50, before: datetime | None = None, tool: str | None = None
    ) -> tuple[AssetView, ...]:
        """An owner's assets, newest first, made before a time, by one tool."""
        query = select(AssetRow).where(AssetRow.owner == owner).order_by(AssetRow.created_at.desc(), AssetRow.id).limit(limit)
        if before is not None:
            query = query.where(AssetRow.created_at < before)
        if tool is not None:
            query = query.where(AssetRow.tool == tool)
        with self._database.reading() as session:
            return tuple(view(row) for row in session.scalars(query))

    def read(self, owner: str, asset_id: str, *, thumbnail: bool = False) -> bytes:
        """The file, or its thumbnail as WebP; NotFound where the owner has no such asset."""
        with self._database.reading() as session:
            content = _find(session, owner, asset_id).content
        return self._files.thumbnail(content) if thumbnail else self._files.get(content)

    def open(self, owner: str, asset_id: str) -> Image.Image:
        """The picture itself, RGB or RGBA in sRGB; NotFound where the owner has no such asset, PictureUnreadable for a video."""
        return decode(self.read(owner, asset_id), replace(self._limits, max_bytes=_OWN_FILES, min_side=1)).image

    def delete(self, owner: str, asset_id: str) -> None:
        """Remove an asset, and its file and thumbnail with the last asset that has the same content."""
        with self._database.transaction() as session:
            content = _find(session, owner, asset_id).content
            _lock_content(session, content)
            session.execute(delete(AssetRow).where(AssetRow.id == asset_id))
            session.merge(LooseRow(content=content))
        self._purge(content)

    def purge(self) -> None:
        """Delete the files that a crash left without an asset; to be called when the studio opens.

        Harmless beside processes that are about to record one: they store it again.
        """
        with self._database.reading() as session:
            contents = session.scalars(select(LooseRow.content)).all()
        for content in contents:
            self._purge(content)

    def _purge(self, content: str) -> None:
        """Delete a content's file unless an asset has it. Nobody can record the same content meanwhile: see `_record`."""
        with self._database.transaction() as session:
            _lock_content(session, content)
            session.execute(delete(LooseRow).where(LooseRow.content == content))
            if session.scalar(select(AssetRow.id).where(AssetRow.content == content).limit(1)) is None:
                self._files.delete(content)

    def _store(self, encoded: Encoded, inputs: Mapping[str, Any]) -> Stored:
        content = key_of(encoded.data)
        with self._database.transaction() as session:
            _lock_content(session, content)
            session.merge(LooseRow(content=content))
        self._files.put(encoded.data, encoded.image)
        return Stored(content, encoded, inputs)

    def _record(self, session: Session, stored: Stored, *, owner: str, kind: str, name: str, **made_by: Any) -> AssetView:
        _lock_content(session, stored.content)
        if not self._files.exists(stored.content):
            self._files.put(stored.encoded.data, stored.encoded.image)
        session.execute(delete(LooseRow).where(LooseRow.content == stored.content))
        row = AssetRow(
            id=secrets.token_hex(16),
            owner=owner,
            kind=kind,
            name=name,
            media_type=stored.encoded.media_type,
            width=stored.encoded.image.width,
            height=stored.encoded.image.height,
            bytes=len(stored.encoded.data),
            content=stored.content,
            inputs=dict(stored.inputs),
            **made_by,
        )
        session.add(row)
        session.flush()
        return view(row)


def encode_upload(data: bytes, decoded: Decoded) -> Encoded:
    """The file itself without metadata where it is upright sRGB in a format of the web; else JPEG for what was lossy, or PNG."""
    if decoded.format in _KEPT_FORMATS and not decoded.notes and _upright(data):
        try:
            return Encoded(strip(data), Image.MIME[decoded.format.upper()], decoded.image)
        except ValueError:
            pass
    if decoded.format in _LOSSY_FORMATS and decoded.image.mode == "RGB":
        return Encoded(_saved(decoded.image, "JPEG", quality=95, subsampling=0), "image/jpeg", decoded.image)
    return Encoded(_png(decoded.image), "image/png", decoded.image)


def encode_output(image: Image.Image, inputs: Mapping[str, Any]) -> Encoded:
    """PNG, with the inputs in it."""
    return Encoded(embed(_png(image), inputs), "image/png", image)


def clean_name(name: str) -> str:
    """A file name to show: without folders, control and text-direction characters, and no longer than 200 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(each for each in unicodedata.normalize("NFC", last) if unicodedata.category(each)[0] != "C")
    return re.sub(r"\s+", " ", shown).strip(" .")[:MAX_NAME]


def view(row: AssetRow) -> AssetView:
    """What surfaces get to see of a row."""
    return AssetView(
        id=row.id,
        kind=cast(Literal["upload", "output"], row.kind),
        name=row.name,
        tool=row.tool,
        job_id=row.job_id,
        output_index=row.output_index,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        bytes=row.bytes,
        inputs=row.inputs,
        created_at=row.created_at,
    )


def _find(session: Session, owner: str, asset_id: str) -> AssetRow:
    row = session.scalar(select(AssetRow).where(AssetRow.id == asset_id, AssetRow.owner == owner))
    if row is None:
        raise NotFound("there is no such picture")
    return row


def _lock_content(session: Session, content: str) -> None:
    """Until the end of the transaction, nobody else stores or deletes this content. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        number = int(content[:16], 16) - 2**63
        session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})
    else:
        session.connection()


def _upright(data: bytes) -> bool:
    with Image.open(BytesIO(data), formats=["JPEG", "PNG", "WEBP"]) as file:
        return bool(file.getexif().get(ExifTags.Base.Orientation, 1) == 1)


def _png(image: Image.Image) -> bytes:
    """Level 1 with run lengths only: files as small as the default level's, in a third of its time."""
    return _saved(image, "PNG", compress_level=1, compress_type=Z_RLE)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()
