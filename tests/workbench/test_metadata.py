"""What a file says about how it was made: kept whole, read carefully, and gone when stripped."""

import json
import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from workbench.gallery.metadata import KEY, MAX_BYTES, embed, read_metadata, strip, summary

KINDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "png": ("PNG", "RGB", {}),
    "png-alpha": ("PNG", "RGBA", {}),
    "png-palette": ("PNG", "P", {}),
    "png-grey": ("PNG", "L", {}),
    "jpeg": ("JPEG", "RGB", {"quality": 90}),
    "jpeg-progressive": ("JPEG", "RGB", {"progressive": True}),
    "jpeg-cmyk": ("JPEG", "CMYK", {}),
    "jpeg-restarts": ("JPEG", "RGB", {"restart_marker_rows": 1}),
    "webp": ("WEBP", "RGB", {"quality": 80}),
    "webp-alpha": ("WEBP", "RGBA", {"quality": 80}),
    "webp-lossless": ("WEBP", "RGB", {"lossless": True}),
    "webp-lossless-alpha": ("WEBP", "RGBA", {"lossless": True}),
}


def picture(mode: str) -> Image.Image:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (47, 61, 3), dtype=np.uint8))
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image.convert(mode)


def encoded(kind: str, **options: Any) -> bytes:
    form, mode, usual = KINDS[kind]
    buffer = BytesIO()
    picture(mode).save(buffer, form, **{**usual, **options})
    return buffer.getvalue()


FILES = {kind: encoded(kind) for kind in KINDS}


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    with Image.open(BytesIO(data)) as image:
        image.load()
        return image.mode, image.size, image.tobytes()


texts = st.text(max_size=60)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("kind", KINDS)
@given(inputs=st.dictionaries(texts, values, max_size=6))
@example(inputs={"prompt": "\u202eevil\u202c \u2066x\u2069 👩🏽‍🦰👗 漢字 \ud800 \0 </fw:inputs><script>&amp;]]>"})
@example(inputs={"request": {"prompt": "👗" * 4000}})
@example(inputs={"request": {"prompt": "&" * 4000}})
@settings(max_examples=15)
def test_what_is_written_is_read_and_the_pixels_stay(kind: str, inputs: dict[str, Any]) -> None:
    written = embed(FILES[kind], inputs)
    assert read_metadata(written) == inputs
    assert pixels(written) == pixels(FILES[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_writing_again_replaces(kind: str) -> None:
    written = embed(embed(FILES[kind], {"seed": 1}), {"seed": 2})
    assert read_metadata(written) == {"seed": 2}
    assert b'{"seed":1}' not in written


@pytest.mark.parametrize("kind", KINDS)
def test_stripping_takes_the_inputs_and_leaves_the_pixels(kind: str) -> None:
    bare = strip(embed(FILES[kind], {"prompt": "a secret dress"}))
    assert read_metadata(bare) is None
    assert b"secret" not in bare
    assert pixels(bare) == pixels(FILES[kind])


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "webp-alpha"])
def test_stripping_takes_position_camera_comments_and_what_is_behind_the_end(kind: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "CAMERAMAKER"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = b"HOMEADDRESS"
    options: dict[str, Any] = {"exif": exif}
    if kind == "png":
        options["pnginfo"] = info = PngInfo()
        info.add_text("Comment", "SECRETCOMMENT", zip=False)
        info.add_itxt("XML:com.adobe.xmp", "SECRETXMP")
    if kind == "jpeg":
        options["comment"] = b"SECRETCOMMENT"
        options["xmp"] = b"SECRETXMP"
    data = encoded(kind, **options) + b"SECRETTRAILER"
    assert b"CAMERAMAKER" in data
    assert b"HOMEADDRESS" in data
    bare = strip(data)
    for secret in (b"CAMERAMAKER", b"HOMEADDRESS", b"SECRET"):
        assert secret not in bare
    assert pixels(bare) == pixels(FILES[kind])


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "jpeg-cmyk"])
def test_a_colour_profile_stays(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(kind, icc_profile=profile)
    for changed in (strip(data), embed(data, {"a": 1})):
        with Image.open(BytesIO(changed)) as image:
            assert image.info["icc_profile"] == profile


def test_other_programs_find_it_too() -> None:
    inputs = {"tool": "edit", "seed": 7, "request": {"prompt": "röd <klänning>", "num_images": 2}}
    with Image.open(BytesIO(embed(FILES["png"], inputs))) as image:
        assert json.loads(image.text[KEY]) == inputs
        assert image.text["parameters"] == "röd <klänning>\nnum_images: 2, tool: edit, seed: 7"
    for kind in ("jpeg", "webp"):
        with Image.open(BytesIO(embed(FILES[kind], inputs))) as image:
            assert b"fw:inputs" in image.info["xmp"]


def test_the_checksum_of_every_written_chunk_is_right() -> None:
    data = embed(FILES["png"], {"prompt": "é"})
    at = 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        assert zlib.crc32(data[at + 4 : at + 8 + length]) == int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        at += 12 + length


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", object()])
def test_what_is_no_json_is_refused(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        embed(FILES["png"], {"a": value})


def test_too_much_is_refused_rather_than_cut() -> None:
    with pytest.raises(ValueError, match="holds at most"):
        embed(FILES["jpeg"], {"a": "x" * MAX_BYTES})


def test_a_summary_skips_what_is_not_plain() -> None:
    assert summary({"request": {"prompt": ""}, "notes": ["x"], "nothing": None, "seed": 1}) == "seed: 1"
    assert summary({}) == ""


def hostile_png(keyword: bytes, rest: bytes) -> bytes:
    body = b"iTXt" + keyword + rest
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return FILES["png"][:33] + chunk + FILES["png"][33:]


@pytest.mark.parametrize(
    "rest",
    [
        b"\0\0\0\0\0" + b"[" * 50_000,
        b"\0\0\0\0\0" + b'{"a":' * 10_000,
        b"\0\0\0\0\0[1]",
        b'\0\0\0\0\0{"a": NaN}',
        b'\0\0\0\0\0{"a": ' + b"9" * 50_000 + b"}",
        b'\0\0\0\0\0{"a": "' + b"x" * 200_000 + b'"}',
        b'\0\0\0\0\0{"a": "\xff\xfe"}',
        b"\0\0\0\0\0__import__('os')",
        b"\0\1\0\0\0" + zlib.compress(b'{"a": "' + b"x" * 10_000_000 + b'"}'),
        b"",
    ],
)
def test_hostile_text_reads_as_nothing(rest: bytes) -> None:
    assert read_metadata(hostile_png(KEY.encode(), rest)) is None


@given(data=st.binary(max_size=300), kind=st.sampled_from(sorted(KINDS)), at=st.integers(0, 2000))
@settings(max_examples=200)
def test_damaged_files_read_as_nothing_or_as_json(data: bytes, kind: str, at: int) -> None:
    whole = embed(FILES[kind], {"seed": 1})
    damaged = whole[:at] + data + whole[at + len(data) :]
    for each in (damaged, whole[:at], data):
        found = read_metadata(each)
        assert found is None or isinstance(found, dict)
        try:
            strip(each)
        except ValueError:
            continue


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_cut_off_is_refused(kind: str) -> None:
    for length in (12, 40, len(FILES[kind]) // 2):
        with pytest.raises(ValueError, match=r"cut off|no picture|no PNG"):
            strip(FILES[kind][:length])
