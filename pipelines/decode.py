"""Bytes from strangers to pictures: an explicit list of formats, limits checked before pixels, sRGB out.

The content decides what a file is, never its name. Everything that can be known from the header (format, size, frames) is
checked before a pixel is decoded, so that a kilobyte which claims gigabytes costs nothing.
"""

import struct
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.ImageFile import ImageFile

from pipelines.errors import PictureTooLarge, PictureUnreadable
from pipelines.sizes import MAX_RATIO, Size

READABLE = "JPEG, PNG, WebP, HEIC, AVIF, TIFF or GIF"
MAX_SCANS = 100
"""Scans of a progressive JPEG; encoders write about ten, and each costs a pass over the whole picture."""

_ALONE = threading.Lock()
"""One picture is decoded at a time: its buffers bound the memory, and Python's warning filters belong to the process."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted. Sides and ratio are the same for a picture that lies on its side."""

    max_bytes: int = 20_000_000
    max_pixels: int = 50_000_000
    max_side: int = 16_384
    max_ratio: float = MAX_RATIO
    min_side: int = 16


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture as the rest of the program wants it."""

    image: Image.Image
    """RGB, or RGBA where something is transparent; sRGB, 8 bits a channel, upright, without metadata."""
    format: str
    """The format's common name, such as JPEG or HEIC."""
    notes: tuple[str, ...] = ()
    """What was changed on the way, one sentence each."""


def decode(data: bytes, limits: Limits = Limits()) -> Decoded:
    """The picture in `data`.

    Raises `PictureUnreadable` for what is no picture, is damaged, animated or of another format, and `PictureTooLarge`
    for more bytes, pixels or length than `limits` allow. Both say what the file is and what to do.
    """
    if not data:
        raise PictureUnreadable("the file is empty (0 bytes); choose it again or export it again")
    if len(data) > limits.max_bytes:
        raise PictureTooLarge(
            f"the file has {len(data) / 1e6:.1f} MB; at most {limits.max_bytes / 1e6:g} MB are read: save it smaller or as JPEG"
        )
    kind = _recognise(data)
    with _ALONE, _quietly(kind):
        if kind == "WebP":
            _check_size(_webp_size(data), limits)
        with _OPENERS[kind](BytesIO(data)) as file:
            _check_header(file, kind, data, limits)
            return _upright_srgb(file, kind)


@contextmanager
def _quietly(kind: str) -> Iterator[None]:
    """Whatever a decoder warns of is dropped, and whatever it raises becomes `PictureUnreadable`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (PictureUnreadable, PictureTooLarge):
        raise
    except Exception as error:
        raise PictureUnreadable(f"this {kind} file is damaged or cut off; export it again or send the original") from error


def _heif(file: BytesIO) -> ImageFile:
    from pillow_heif.as_plugin import HeifImageFile

    opened: ImageFile = HeifImageFile(file)  # type: ignore[no-untyped-call]
    return opened


# The plugins' classes rather than Image.open: no sniffing of other formats, and no warning about sizes, which are checked here.
_OPENERS: dict[str, Callable[[BytesIO], ImageFile]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "HEIC": _heif,
    "AVIF": AvifImagePlugin.AvifImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
    "GIF": GifImagePlugin.GifImageFile,
}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)

_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"8BPS", "a Photoshop document"),
    (b"BM", "a BMP picture"),
    (b"\xff\x0a", "a JPEG XL picture"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL picture"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 picture"),
    (b"II+\0", "a BigTIFF picture"),
    (b"MM\0+", "a BigTIFF picture"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"RIFF", "a sound or a video"),
    (b"%!PS", "a PostScript document"),
)


def _recognise(data: bytes) -> str:
    """A key of `_OPENERS`, from the first bytes."""
    head = data[:4096]
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _recognise_boxes(head)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    found = next((name for magic, name in _FOREIGN if head.startswith(magic)), None) or _text(head)
    what = f"this is {found}, not a picture that can be read" if found else "this is no picture of a known format"
    raise PictureUnreadable(f"{what}; save it as {READABLE}")


def _recognise_boxes(head: bytes) -> str:
    """HEIC, AVIF and video share one container; the brands tell them apart (ISO/IEC 14496-12, 4.3)."""
    length = min(max(int.from_bytes(head[:4], "big"), 16), 256)
    brands = {head[at : at + 4] for at in (8, *range(16, length, 4))}
    if head[8:12] in (b"avis", b"msf1", b"hevc", b"hevx"):
        raise PictureUnreadable("this file is animated (a picture sequence); save one frame of it as a picture")
    if b"avif" in brands:
        return "AVIF"
    if brands & {b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2"}:
        return "HEIC"
    raise PictureUnreadable(f"this is a video, not a picture; save one frame of it as {READABLE}")


def _text(head: bytes) -> str | None:
    """Which kind of text `head` starts, if it is text at all."""
    try:
        words = head[:1024].decode("utf-8", errors="strict" if len(head) < 1024 else "ignore").lstrip("\ufeff").strip().lower()
    except UnicodeDecodeError:
        return None
    if any(ord(each) < 32 and each not in "\t\r\n\f" for each in words):
        return None
    if "<svg" in words:
        return "an SVG drawing"
    return "a web page (HTML)" if "<html" in words or "<!doctype" in words else "text"


def _webp_size(data: bytes) -> Size:
    """The canvas by the file's header, before the decoder allocates it. RFC 9649, sections 2.5 to 2.7."""
    chunk, body = data[12:16], data[20:30]
    if chunk == b"VP8X":
        return Size(int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1)
    if chunk == b"VP8L":
        (bits,) = struct.unpack("<I", body[1:5])
        return Size((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    width, height = struct.unpack("<HH", body[6:10])
    return Size(width & 0x3FFF, height & 0x3FFF)


def _check_size(size: Size, limits: Limits) -> None:
    short, long = sorted((size.width, size.height))
    if short < limits.min_side:
        raise PictureUnreadable(f"the picture is {size} pixels; both sides need at least {limits.min_side}: use a larger one")
    if size.pixels > limits.max_pixels or long > limits.max_side:
        raise PictureTooLarge(
            f"the picture is {size} pixels; at most {limits.max_pixels / 1e6:g} megapixels and {limits.max_side} a side "
            "are read: make it smaller"
        )
    if long > short * limits.max_ratio:
        raise PictureTooLarge(f"the picture is {size} pixels, longer than {limits.max_ratio:g}:1: crop it")


def _check_header(file: ImageFile, kind: str, data: bytes, limits: Limits) -> None:
    """Everything that can be refused before pixels are decoded."""
    _check_size(Size(file.width, file.height), limits)
    if kind in ("GIF", "PNG", "WebP", "AVIF") and getattr(file, "is_animated", False):
        raise PictureUnreadable(f"this {kind} file is animated; save one frame of it as a picture")
    if file.mode in ("F", "I", "LAB"):
        raise PictureUnreadable(f"this {kind} holds {_ODD_MODES[file.mode]}; save it with 8 or 16 bits a channel in RGB")
    if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:
        raise PictureUnreadable(f"this JPEG has more than {MAX_SCANS} scans; export it again as a baseline JPEG")
    if isinstance(file, TiffImagePlugin.TiffImageFile):
        tile = [int(file.tag_v2.get(tag, 0)) for tag in (TiffImagePlugin.TILEWIDTH, TiffImagePlugin.TILELENGTH)]
        if tile[0] * tile[1] > limits.max_pixels:
            raise PictureTooLarge(f"this TIFF has tiles of {tile[0]} x {tile[1]} pixels: save it without tiles")


_ODD_MODES = {"F": "floating-point values", "I": "32-bit values", "LAB": "Lab colours"}


def _upright_srgb(file: ImageFile, kind: str) -> Decoded:
    notes: list[str] = []
    pages = int(getattr(file, "n_frames", 1)) if kind == "TIFF" else 1
    if pages > 1:
        notes.append(f"The file has {pages} pages; the first one is used.")
    profile = file.info.get("icc_profile")
    inverted = (
        isinstance(file, TiffImagePlugin.TiffImageFile) and file.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0
    )
    image: Image.Image = ImageOps.exif_transpose(file)
    if image.mode.startswith("I;16"):
        image = _to_8_bits(image, inverted)
        notes.append("16 bits a channel were reduced to 8.")
    alpha = _alpha(image)
    colour = _in_srgb(image, profile, notes)
    if alpha is not None:
        colour.putalpha(alpha)
    colour.info = {}
    return Decoded(colour, kind, tuple(notes))


def _to_8_bits(image: Image.Image, inverted: bool) -> Image.Image:
    """Grey of 16 bits scaled to 8, rounded; `inverted` where 0 is white."""
    values = np.asarray(image).astype(np.uint16)
    scaled = ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return Image.fromarray(255 - scaled if inverted else scaled)


def _alpha(image: Image.Image) -> Image.Image | None:
    """The picture's transparency (L), or None where all of it is opaque."""
    if not image.has_transparency_data:
        return None
    alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else image.convert("RGBA").getchannel("A")
    return None if alpha.getextrema() == (255, 255) else alpha


def _in_srgb(image: Image.Image, profile: bytes | None, notes: list[str]) -> Image.Image:
    """RGB in sRGB; adds to `notes` what was converted."""
    if image.mode == "P":
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode not in ("L", "CMYK", "RGB"):
        image = image.convert("L" if image.mode in ("1", "LA") else "RGB")
    if profile:
        try:
            return _through_profile(image, profile, notes)
        except (ImageCms.PyCMSError, OSError, ValueError):
            notes.append("Its colour profile can't be read; the colours are taken as sRGB.")
    if image.mode == "CMYK":
        notes.append("CMYK without a usable profile was converted to RGB; colours are approximate.")
    return image.convert("RGB")


def _through_profile(image: Image.Image, profile: bytes, notes: list[str]) -> Image.Image:
    """Colours by the embedded ICC profile; a profile that says sRGB leaves every pixel as it is."""
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    transform = ImageCms.buildTransform(source, ImageCms.createProfile("sRGB"), image.mode, "RGB")
    if image.mode == "RGB" and _changes_nothing(transform):
        return image
    name = ImageCms.getProfileDescription(source).strip() or "embedded"
    notes.append(f"Colours were converted from the profile {name} to sRGB.")
    converted = ImageCms.applyTransform(image, transform)
    if converted is None:
        raise ImageCms.PyCMSError("no picture came out of the transform")
    return converted


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether the transform moves no colour of a 9 x 9 x 9 grid by more than one step of 255."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    moved = np.asarray(ImageCms.applyTransform(Image.fromarray(grid), transform)).astype(int)
    return int(np.abs(moved - grid).max()) <= 1
