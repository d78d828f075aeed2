"""How a picture or a video was made, written into its own file, and read back; and files without anything but their pixels.

PNG holds it as text chunks: JSON under `fashion-workbench`, and a line to read under `parameters`, where other programs look.
JPEG and WebP hold the same JSON in an XMP packet (ISO 16684-1), mp4 as its comment. Files are edited chunk by chunk, so that no pixel, palette,
transparency or colour profile can change. PNG: W3C PNG 3rd edition; JPEG: ITU-T T.81 annex B; WebP: RFC 9649.
"""

import json
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.gallery.mp4 import comment_of, is_mp4, stripped, with_comment

KEY = "fashion-workbench"
MAX_BYTES = 60_000
"""Longest JSON written or read; one JPEG segment has to hold it."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"pHYs")
)
_WEBP_KEPT = frozenset((b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"VP8L", b"ANIM", b"ANMF"))
_WEBP_XMP, _WEBP_EXIF, _WEBP_ALPHA = 0x04, 0x08, 0x10
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_JPEG_EOI, _JPEG_SOS = 0xD9, 0xDA
_JPEG_KEPT: Mapping[int, bytes] = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
"""Of the application segments, those that a decoder needs: density, colour profile, and which colours the components are."""
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_XMP = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:fw="urn:fashion-workbench:1"><fw:inputs>%s</fw:inputs></rdf:Description>'
    b'</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)
_XMP_INPUTS = re.compile(rb"<fw:inputs>([^<]{2,%d})</fw:inputs>" % MAX_BYTES)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One part of a file: PNG and WebP chunks by their four letters, JPEG segments by their marker."""

    kind: bytes
    body: bytes
    raw: bytes
    """The whole part as it is in the file, with its length and checksum."""


def embed(data: bytes, inputs: Mapping[str, Any]) -> bytes:
    """A PNG, JPEG, WebP or mp4 file with `inputs` in it, in place of all earlier metadata; the pixels are the same.

    ValueError for another format, a malformed file, or more than 60 kB of JSON.
    """
    text = _dump(inputs)
    if data.startswith(_PNG):
        added = _png_text(KEY, text) + _png_text("parameters", summary(inputs).encode("utf-8", "replace"))
        return _PNG + b"".join(
            each.raw + (added if each.kind == b"IHDR" else b"") for each in _png_chunks(data) if each.kind in _PNG_KEPT
        )
    if is_mp4(data):
        return with_comment(data, text)
    if _is_webp(data):
        return _webp_file(_with_xmp(_webp_kept(data), _XMP % text))
    segments = [each.raw for each in _jpeg_kept(data)]
    first = 1 if segments[0][1] == 0xE0 else 0
    segments.insert(first, _jpeg_segment(0xE1, _JPEG_XMP + _XMP % text))
    return b"\xff\xd8" + b"".join(segments)


def read_metadata(data: bytes) -> dict[str, Any] | None:
    """What `embed` wrote, or None where there is nothing, or nothing that can be trusted to be it. Never raises."""
    try:
        text = _find(data)
        found = json.loads(text, parse_constant=_refuse) if text and len(text) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def strip(data: bytes) -> bytes:
    """A PNG, JPEG, WebP or mp4 file without anything but its pixels and colours: no position, camera, text, thumbnail or trailer.

    An orientation is dropped with the rest. ValueError for another format or a malformed file.
    """
    if data.startswith(_PNG):
        return _PNG + b"".join(each.raw for each in _png_chunks(data) if each.kind in _PNG_KEPT)
    if is_mp4(data):
        return stripped(data)
    if _is_webp(data):
        return _webp_file(_webp_kept(data))
    return b"\xff\xd8" + b"".join(each.raw for each in _jpeg_kept(data))


def summary(inputs: Mapping[str, Any]) -> str:
    """The prompt, then every plain value as `name: value`, for people who look into the file."""
    request = inputs.get("request")
    values = {**request, **inputs} if isinstance(request, Mapping) else dict(inputs)
    prompt = values.pop("prompt", "")
    plain = ", ".join(f"{key}: {value}" for key, value in values.items() if isinstance(value, (str, int, float)) and value != "")
    return "\n".join(each for each in (str(prompt), plain) if each).replace("\0", "")


def _dump(inputs: Mapping[str, Any]) -> bytes:
    """JSON in ASCII without the characters that mean something in XML."""
    text = json.dumps(inputs, allow_nan=False, separators=(",", ":"))
    for each in "&<>":
        text = text.replace(each, f"\\u{ord(each):04x}")
    if len(text) > MAX_BYTES:
        raise ValueError(f"the inputs take {len(text)} bytes; a picture file holds at most {MAX_BYTES}")
    return text.encode("ascii")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _find(data: bytes) -> bytes | None:
    if data.startswith(_PNG):
        head = KEY.encode() + b"\0\0\0\0\0"
        return next(
            (each.body[len(head) :] for each in _png_chunks(data) if each.kind == b"iTXt" and each.body.startswith(head)), None
        )
    if is_mp4(data):
        return comment_of(data)
    kind, chunks = (b"XMP ", _webp_chunks(data)) if _is_webp(data) else (b"\xe1", _jpeg_segments(data))
    found = (_XMP_INPUTS.search(each.body) for each in chunks if each.kind == kind)
    return next((match[1] for match in found if match), None)


def _png_chunks(data: bytes) -> Iterator[Chunk]:
    """Up to and with IEND."""
    at = len(_PNG)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        kind = data[at + 4 : at + 8]
        if end > len(data):
            break
        yield Chunk(kind, data[at + 8 : end - 4], data[at:end])
        if kind == b"IEND":
            return
        at = end
    raise ValueError("this PNG is cut off")


def _png_text(keyword: str, text: bytes) -> bytes:
    """An uncompressed iTXt chunk without language."""
    body = b"iTXt" + keyword.encode("ascii") + b"\0\0\0\0\0" + text
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _jpeg_segments(data: bytes) -> Iterator[Chunk]:
    """Up to and with EOI; a scan's coded data belongs to its SOS segment."""
    if data[:2] != b"\xff\xd8":
        raise ValueError("this is no PNG, JPEG or WebP")
    at = 2
    while match := _JPEG_MARKER.match(data, at):
        marker, start = data[match.end() - 1], match.end()
        if marker == _JPEG_EOI:
            yield Chunk(b"\xd9", b"", b"\xff\xd9")
            return
        end = start + int.from_bytes(data[start : start + 2], "big")
        body = data[start + 2 : end]
        if marker == _JPEG_SOS:
            following = _JPEG_MARKER.search(data, end)
            end = following.start() if following else len(data) + 1
        if end > len(data) or end < start + 2:
            break
        yield Chunk(bytes((marker,)), body, b"\xff" + data[start - 1 : end])
        at = end
    raise ValueError("this JPEG is cut off")


def _jpeg_kept(data: bytes) -> Iterator[Chunk]:
    for each in _jpeg_segments(data):
        marker = each.kind[0]
        application = 0xE0 <= marker <= 0xEF
        if marker != 0xFE and (not application or each.body.startswith(_JPEG_KEPT.get(marker, b"-"))):
            yield each


def _jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def _webp_chunks(data: bytes) -> Iterator[Chunk]:
    at, end = 12, 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise ValueError("this WebP is cut off")
    while at + 8 <= end:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        following = at + 8 + length + length % 2
        if at + 8 + length > end:
            raise ValueError("this WebP is cut off")
        yield _webp_chunk(data[at : at + 4], data[at + 8 : at + 8 + length])
        at = following


def _webp_chunk(kind: bytes, body: bytes) -> Chunk:
    return Chunk(kind, body, kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2))


def _webp_kept(data: bytes) -> list[Chunk]:
    kept = [each for each in _webp_chunks(data) if each.kind in _WEBP_KEPT]
    if not kept or kept[0].kind not in (b"VP8X", b"VP8 ", b"VP8L"):
        raise ValueError("this WebP has no picture")
    return [_flagged(each, cleared=_WEBP_XMP | _WEBP_EXIF) if each.kind == b"VP8X" else each for each in kept]


def _with_xmp(chunks: list[Chunk], packet: bytes) -> list[Chunk]:
    head = [] if chunks[0].kind == b"VP8X" else [_extended(chunks[0])]
    first, *others = [*head, *chunks]
    return [_flagged(first, added=_WEBP_XMP), *others, _webp_chunk(b"XMP ", packet)]


def _flagged(header: Chunk, *, added: int = 0, cleared: int = 0) -> Chunk:
    """A VP8X chunk with other flags."""
    return _webp_chunk(b"VP8X", bytes((header.body[0] & ~cleared | added,)) + header.body[1:])


def _extended(picture: Chunk) -> Chunk:
    """The VP8X chunk for a picture that came without one."""
    if picture.kind == b"VP8L":
        (bits,) = struct.unpack("<I", picture.body[1:5])
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    else:
        width, height = (value - 1 & 0x3FFF for value in struct.unpack("<HH", picture.body[6:10]))
        alpha = 0
    flags = _WEBP_ALPHA if alpha else 0
    return _webp_chunk(b"VP8X", struct.pack("<I", flags) + width.to_bytes(3, "little") + height.to_bytes(3, "little"))


def _webp_file(chunks: Iterable[Chunk]) -> bytes:
    body = b"WEBP" + b"".join(each.raw for each in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
