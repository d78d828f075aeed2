"""The comment of an mp4 file: written, read and removed box by box, so that no frame changes.

It is the item that players and other programs call the comment: moov/udta/meta/ilst/(c)cmt/data, as iTunes has it and FFmpeg
reads it. The index stands before the data in files for the web, so offsets into the data are moved by what the index grows.
ISO/IEC 14496-12, sections 4.2, 8.7.5 and 8.10; QuickTime File Format, metadata.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_KEPT = frozenset((b"ftyp", b"moov", b"mdat"))
_INSIDE = {b"trak": b"moov", b"mdia": b"trak", b"minf": b"mdia", b"stbl": b"minf"}
"""Boxes that hold nothing but boxes, on the way to the offsets of the data, and what each is in."""
_OFFSETS = {b"stco": "I", b"co64": "Q"}
_COMMENT = b"\xa9cmt"
_TEXT = 1
"""Well-known type of UTF-8 in a data box."""


@dataclass(frozen=True, slots=True)
class Box:
    """One part of a file."""

    kind: bytes
    body: bytes
    raw: bytes
    """The whole part as it is in the file, with its header."""


def is_mp4(data: bytes) -> bool:
    """Whether the bytes begin as an mp4 does."""
    return data[4:8] == b"ftyp"


def with_comment(data: bytes, text: bytes) -> bytes:
    """The file with `text`, UTF-8, as its only metadata; ValueError for a malformed or fragmented one."""
    item = _box(b"data", struct.pack(">II", _TEXT, 0) + text)
    items = _box(b"ilst", _box(_COMMENT, item.raw).raw)
    handler = _box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    meta = _box(b"meta", bytes(4) + handler.raw + items.raw)
    return _rebuilt(data, _box(b"udta", meta.raw).raw)


def stripped(data: bytes) -> bytes:
    """The file without anything but its frames; ValueError for a malformed or fragmented one."""
    return _rebuilt(data, b"")


def comment_of(data: bytes) -> bytes | None:
    """What `with_comment` wrote, None where there is none; ValueError for a malformed file."""
    found = _only(_boxes(data), b"moov")
    for kind in (b"udta", b"meta", b"ilst", _COMMENT, b"data"):
        if found is None:
            return None
        inside = found.body[4:] if found.kind == b"meta" else found.body
        found = _only(_boxes(inside), kind)
    return None if found is None else found.body[8:]


def _rebuilt(data: bytes, added: bytes) -> bytes:
    """Type, index with `added` in place of its metadata, and data; offsets follow where the data goes."""
    boxes = list(_boxes(data))
    parts = [each for each in boxes if each.kind in _KEPT]
    if sorted(each.kind for each in parts) != sorted(_KEPT) or parts[0].kind != b"ftyp":
        raise ValueError("this mp4 has no index and data that could be kept; it may be cut off or fragmented")
    moved = _place(_with_index(parts, 0, added)) - _place(boxes)
    return b"".join(each.raw for each in _with_index(parts, moved, added))


def _with_index(parts: Iterable[Box], moved: int, added: bytes) -> list[Box]:
    return [_box(b"moov", _moved(each.body, b"moov", moved) + added) if each.kind == b"moov" else each for each in parts]


def _moved(body: bytes, parent: bytes, moved: int) -> bytes:
    """The boxes in `parent` without metadata, and with offsets into the file that are larger by `moved`."""
    return b"".join(_one(each, parent, moved).raw for each in _boxes(body) if each.kind not in (b"udta", b"meta"))


def _one(box: Box, parent: bytes, moved: int) -> Box:
    if _INSIDE.get(box.kind) == parent:
        return _box(box.kind, _moved(box.body, box.kind, moved))
    if box.kind not in _OFFSETS or parent != b"stbl":
        return box
    try:
        (count,) = struct.unpack(">I", box.body[4:8])
        form = f">{min(count, len(box.body))}{_OFFSETS[box.kind]}"
        values = struct.unpack(form, box.body[8:])
        return _box(box.kind, box.body[:8] + struct.pack(form, *(each + moved for each in values)))
    except struct.error as error:
        raise ValueError("the index of this mp4 is damaged") from error


def _place(parts: Iterable[Box]) -> int:
    """Where the data box begins in a file of those parts."""
    place = 0
    for each in parts:
        if each.kind == b"mdat":
            break
        place += len(each.raw)
    return place


def _box(kind: bytes, body: bytes) -> Box:
    return Box(kind, body, struct.pack(">I", len(body) + 8) + kind + body)


def _only(boxes: Iterable[Box], kind: bytes) -> Box | None:
    return next((each for each in boxes if each.kind == kind), None)


def _boxes(data: bytes) -> Iterator[Box]:
    """Every box of a file or of a box's body; ValueError where one is cut off."""
    at = 0
    while at < len(data):
        size, kind, head = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        elif size == 0:
            size = len(data) - at
        if size < head or at + size > len(data) or len(kind) < 4:
            raise ValueError("this mp4 is cut off")
        yield Box(kind, data[at + head : at + size], data[at : at + size])
        at += size
