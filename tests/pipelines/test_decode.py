"""Every kind of file that people and attackers send, built here, through `decode`."""

import struct
import zlib
from io import BytesIO

import numpy as np
import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, PngImagePlugin

from pipelines.decode import Limits, decode
from pipelines.errors import PictureTooLarge, PictureUnreadable

CORNERS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (230, 220, 40))
"""Top left, top right, bottom left, bottom right."""


def quarters(width: int = 96, height: int = 64) -> Image.Image:
    """Four colours, one a quarter: any turn or flip shows."""
    grid = np.array(CORNERS, np.uint8).reshape(2, 2, 3)
    return Image.fromarray(grid).resize((width, height), Image.Resampling.NEAREST)


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    rows = np.asarray(image.convert("RGB"))
    height, width = rows.shape[:2]
    ys, xs = (height // 4, height * 3 // 4), (width // 4, width * 3 // 4)
    return [tuple(int(each) for each in rows[y, x]) for y in ys for x in xs]


def encoded(image: Image.Image, format: str, **options: object) -> bytes:  # noqa: A002 - Pillow's word
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def close(found: list[tuple[int, ...]], wanted: tuple[tuple[int, ...], ...] = CORNERS, within: int = 8) -> bool:
    return int(np.abs(np.array(found) - np.array(wanted)).max()) <= within


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("PNG", {}),
        ("WebP", {"quality": 95}),
        ("AVIF", {"quality": 90}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_reads_each_format_by_its_content(name: str, options: dict[str, object]) -> None:
    decoded = decode(encoded(quarters(), name, **options))
    assert (decoded.format, decoded.image.mode, decoded.image.size, decoded.notes) == (name, "RGB", (96, 64), ())
    assert close(corners(decoded.image))


def test_reads_heic() -> None:
    file = BytesIO()
    pillow_heif.from_pillow(quarters()).save(file, quality=95)
    decoded = decode(file.getvalue())
    assert (decoded.format, decoded.image.size) == ("HEIC", (96, 64))
    assert close(corners(decoded.image), within=12)


def test_takes_the_first_picture_of_a_phones_multi_picture_jpeg() -> None:
    file = BytesIO()
    quarters().save(file, "MPO", save_all=True, append_images=[Image.new("RGB", (96, 64))], quality=95)
    assert close(corners(decode(file.getvalue()).image))


def test_reads_a_gif_of_one_frame() -> None:
    assert close(corners(decode(encoded(quarters(), "GIF")).image), within=2)


@settings(max_examples=24, deadline=None)
@given(
    turn=st.integers(1, 8),
    name=st.sampled_from(["JPEG", "PNG", "WebP", "TIFF", "AVIF"]),
    width=st.integers(20, 60).map(lambda half: half * 2),
    height=st.integers(20, 60).map(lambda half: half * 2),
)
def test_exif_orientation_is_applied(turn: int, name: str, width: int, height: int) -> None:
    """The inverse of each of the eight turns is stored; decoding must show the upright picture again."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # the Transpose methods that store a picture for this tag
    stored = quarters(width, height)
    if turn in undo:
        stored = stored.transpose(Image.Transpose(undo[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    decoded = decode(encoded(stored, name, exif=exif, quality=95))
    assert decoded.image.size == (width, height)
    assert close(corners(decoded.image), within=24)


def test_nothing_of_the_metadata_stays() -> None:
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    decoded = decode(encoded(quarters(), "JPEG", exif=exif, comment=b"secret"))
    assert decoded.image.info == {}
    assert not decoded.image.getexif()


def test_embedded_profile_is_converted_to_srgb() -> None:
    """A profile whose red and green primaries are exchanged: taken as sRGB, the colours would be wrong."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    swap = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}
    for at in range(132, 132 + 12 * struct.unpack(">I", profile[128:132])[0], 12):
        profile[at : at + 4] = swap.get(bytes(profile[at : at + 4]), bytes(profile[at : at + 4]))
    decoded = decode(encoded(Image.new("RGB", (32, 32), (200, 0, 0)), "PNG", icc_profile=bytes(profile)))
    red, green, _ = corners(decoded.image)[0]
    assert green > 180
    assert red < 40
    assert "profile" in decoded.notes[0]


def test_an_srgb_profile_changes_no_pixel() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    noise = Image.fromarray(np.random.default_rng(3).integers(0, 256, (40, 40, 3), np.uint8))
    decoded = decode(encoded(noise, "PNG", icc_profile=profile))
    assert np.array_equal(np.asarray(decoded.image), np.asarray(noise))
    assert decoded.notes == ()


def test_a_broken_profile_is_ignored_with_a_note() -> None:
    decoded = decode(encoded(quarters(), "PNG", icc_profile=b"no profile at all"))
    assert close(corners(decoded.image), within=0)
    assert "profile" in decoded.notes[0]


@pytest.mark.parametrize("name", ["JPEG", "TIFF"])
def test_cmyk_is_not_inverted(name: str) -> None:
    decoded = decode(encoded(quarters().convert("CMYK"), name))
    assert close(corners(decoded.image))
    assert "CMYK" in decoded.notes[0]


@pytest.mark.parametrize("mode", ["L", "1"])
def test_grey_becomes_rgb(mode: str) -> None:
    grey = Image.linear_gradient("L").convert(mode)
    decoded = decode(encoded(grey, "PNG"))
    assert decoded.image.mode == "RGB"
    assert np.array_equal(np.asarray(decoded.image)[..., 1], np.asarray(grey.convert("L")))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparency_is_kept(mode: str) -> None:
    source = quarters().convert(mode)
    source.putalpha(Image.linear_gradient("L").resize(source.size))
    decoded = decode(encoded(source, "PNG"))
    assert decoded.image.mode == "RGBA"
    assert np.array_equal(np.asarray(decoded.image)[..., 3], np.asarray(source.getchannel("A")))


def test_opaque_alpha_is_dropped() -> None:
    assert decode(encoded(quarters().convert("RGBA"), "PNG")).image.mode == "RGB"


def test_palette_with_a_transparent_colour() -> None:
    source = quarters().quantize(8)
    decoded = decode(encoded(source, "PNG", transparency=source.getpixel((0, 0))))
    assert decoded.image.mode == "RGBA"
    assert [decoded.image.getpixel(at)[3] for at in ((2, 2), (90, 60))] == [0, 255]
    assert close(corners(decoded.image)[1:], CORNERS[1:], within=2)


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_not_clipped(name: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (64, 1))
    decoded = decode(encoded(Image.fromarray(ramp), name))
    assert np.array_equal(np.asarray(decoded.image)[0, :, 0], np.arange(256))
    assert "16 bits" in decoded.notes[0]


def test_16_bit_colour_keeps_its_channels_in_order() -> None:
    ramp = np.linspace(0, 65535, 64).astype(">u2")
    pixels = np.stack([ramp, ramp[::-1], np.full(64, 0x4040, ">u2")], axis=-1)
    rows = b"".join(b"\0" + pixels.astype(">u2").tobytes() for _ in range(32))
    found = np.asarray(decode(png(64, 32, 16, 2, rows)).image)[5].astype(float)
    assert np.abs(found - pixels.astype(float) / 257).max() <= 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>404</body></html>", "web page"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"just some words", "text"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"PK\x03\x04" + bytes(60), "ZIP"),
        (b"\xff\xfe\xff\xff\xc3\x50\xc3\x50" + bytes(900), "no picture"),  # GD, 50,000 a side
        (bytes(1000), "no picture"),
        (struct.pack(">I", 24) + b"ftypisom" + bytes(20), "video"),
        (struct.pack(">I", 24) + b"ftypavis" + bytes(20), "animated"),
    ],
)
def test_what_is_no_picture_is_named(data: bytes, says: str) -> None:
    with pytest.raises(PictureUnreadable, match=says):
        decode(data)


@pytest.mark.parametrize("name", ["GIF", "PNG", "WebP"])
def test_animations_are_refused_with_what_to_do(name: str) -> None:
    frames = [quarters(), Image.new("RGB", (96, 64), "white")]
    with pytest.raises(PictureUnreadable, match="animated; save one frame"):
        decode(encoded(frames[0], name, save_all=True, append_images=frames[1:], duration=100))


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WebP", "AVIF", "TIFF", "GIF"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_cut_off_files_are_called_damaged(name: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 256, (80, 80, 3), np.uint8))
    data = encoded(noise, name)
    with pytest.raises(PictureUnreadable, match=r"damaged|pixels"):
        decode(data[: max(int(len(data) * share), 30)])


def test_more_bytes_than_allowed() -> None:
    with pytest.raises(PictureTooLarge, match=r"0\.0 MB"):
        decode(encoded(quarters(), "PNG"), Limits(max_bytes=50))


def test_a_picture_of_50_000_a_side_is_refused_by_its_header() -> None:
    with pytest.raises(PictureTooLarge, match=r"50000 x 50000.*50 megapixels"):
        decode(png(50_000, 50_000, 8, 2, b"\0" * 1000))


@pytest.mark.parametrize("side", [9_000, 13_000])
def test_pillows_own_bomb_warning_never_shows(side: int) -> None:
    """81 megapixels would make Pillow warn, 169 raise; here both are just too large."""
    with pytest.raises(PictureTooLarge, match=f"{side} x {side}"):
        decode(png(side, side, 1, 0, b"\0" * 1000))


def test_a_webp_canvas_is_checked_before_it_is_allocated() -> None:
    body = bytes(4) + (16_382).to_bytes(3, "little") * 2
    data = b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + body
    with pytest.raises(PictureTooLarge, match="16383 x 16383"):
        decode(data)


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_compressed_text_that_explodes_is_refused_or_dropped(kind: bytes) -> None:
    bomb = zlib.compress(bytes(40_000_000), 9)
    body = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0", b"iCCP": b"a\0\0"}[kind] + bomb
    rows = b"".join(b"\0" + bytes(96) for _ in range(32))
    data = png(32, 32, 8, 2, rows, chunk(kind, body))
    try:
        assert decode(data).image.size == (32, 32)
    except PictureUnreadable as error:
        assert "damaged" in str(error)


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = encoded(quarters(), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    with pytest.raises(PictureUnreadable, match="scans"):
        decode(data[:at] + data[at:-2] * 120 + data[-2:])


@pytest.mark.parametrize("size", [(15, 40), (40, 1)])
def test_too_small_says_the_least_side(size: tuple[int, int]) -> None:
    with pytest.raises(PictureUnreadable, match="at least 16"):
        decode(encoded(Image.new("RGB", size), "PNG"))


def test_too_long_a_picture_is_refused_lying_or_standing() -> None:
    for size in ((700, 100), (100, 700)):
        with pytest.raises(PictureTooLarge, match="6:1"):
            decode(encoded(Image.new("RGB", size), "PNG"))
    assert decode(encoded(Image.new("RGB", (600, 100)), "PNG")).image.size == (600, 100)


def test_floating_point_tiff_is_refused_by_name() -> None:
    with pytest.raises(PictureUnreadable, match="floating-point"):
        decode(encoded(Image.new("F", (32, 32)), "TIFF"))


def test_pages_of_a_tiff_are_told() -> None:
    data = encoded(quarters(), "TIFF", save_all=True, append_images=[Image.new("RGB", (32, 32))])
    decoded = decode(data)
    assert close(corners(decoded.image))
    assert "2 pages" in decoded.notes[0]


@settings(max_examples=60, deadline=None)
@given(data=st.data(), name=st.sampled_from(["JPEG", "PNG", "WebP", "TIFF", "GIF", "AVIF"]))
def test_flipped_bytes_give_a_picture_or_a_named_error(data: st.DataObject, name: str) -> None:
    whole = bytearray(encoded(quarters(), name))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        decoded = decode(bytes(whole), Limits(max_pixels=1_000_000))
    except (PictureUnreadable, PictureTooLarge) as error:
        assert len(str(error)) > 20
    else:
        assert decoded.image.mode in ("RGB", "RGBA")


def test_large_text_in_a_png_is_no_obstacle() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("workflow", "x" * 2_000_000)
    assert decode(encoded(quarters(), "PNG", pnginfo=info)).image.size == (96, 64)
