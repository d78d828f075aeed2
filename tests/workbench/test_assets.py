"""The gallery: what is taken in, what comes out, whose it is, and when its file goes."""

import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import ExifTags, Image

from pipelines.decode import Limits
from pipelines.errors import PictureTooLarge, PictureUnreadable
from workbench.errors import NotFound
from workbench.gallery.assets import Assets, clean_name
from workbench.gallery.metadata import read_metadata
from workbench.store.database import Database
from workbench.store.files import Files
from workbench.store.models import AssetRow, JobRow, LooseRow, OrganisationRow, OutputRow
from workbench.views import AssetView

INPUTS = {"tool": "packshot", "seed": 5, "request": {"prompt": "on a 🪑 <b>"}}


@pytest.fixture
def assets(database: Database, files: Files) -> Assets:
    with database.transaction() as session:
        session.add(OrganisationRow(id="other", name="", plan="local"))
    return Assets(database, files)


def picture(width: int = 64, height: int = 48, seed: int = 0) -> Image.Image:
    """Soft colours that JPEG keeps nearly as they are."""
    coarse = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def add_output(assets: Assets, database: Database, image: Image.Image, job_id: str = "job", index: int = 0) -> AssetView:
    stored = assets.store_output(image, INPUTS)
    with database.transaction() as session:
        return assets.record_output(session, stored, owner="local", tool="packshot", job_id=job_id, index=index)


def stored_files(tmp_path: Path) -> int:
    return sum(each.is_file() for each in (tmp_path / "files").rglob("*"))


def difference(first: Image.Image, second: Image.Image) -> float:
    return float(np.abs(np.asarray(first, dtype=float) - np.asarray(second, dtype=float)).mean())


def test_an_upload_comes_back(assets: Assets) -> None:
    image = picture()
    added = assets.add_upload("local", encoded(image), "C:\\photos\\shirt.png")
    assert (added.kind, added.name, added.width, added.height, added.media_type) == ("upload", "shirt.png", 64, 48, "image/png")
    assert assets.get("local", added.id) == added
    assert added.bytes == len(assets.read("local", added.id))
    assert assets.open("local", added.id).tobytes() == image.tobytes()
    with Image.open(BytesIO(assets.read("local", added.id, thumbnail=True))) as thumbnail:
        assert thumbnail.format == "WEBP"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_what_browsers_show_is_kept_as_it_was_compressed(assets: Assets, form: str) -> None:
    data = encoded(picture(), form)
    added = assets.add_upload("local", data)
    with Image.open(BytesIO(data)) as before, Image.open(BytesIO(assets.read("local", added.id))) as after:
        assert after.format == form
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize(
    ("form", "mode", "kept_as"),
    [
        ("TIFF", "RGB", "image/png"),
        ("GIF", "L", "image/png"),
        ("JPEG", "CMYK", "image/jpeg"),
        ("HEIF", "RGB", "image/jpeg"),
        ("HEIF", "RGBA", "image/png"),
        ("AVIF", "RGB", "image/jpeg"),
    ],
)
def test_what_browsers_dont_show_is_converted(assets: Assets, form: str, mode: str, kept_as: str) -> None:
    if form == "HEIF":
        pillow_heif.register_heif_opener()
    image = picture(128, 96)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(image.size))
    added = assets.add_upload("local", encoded(image.convert(mode), form))
    assert added.media_type == kept_as
    shown = assets.open("local", added.id)
    assert shown.mode == image.mode
    assert difference(shown, image.convert("L").convert("RGB") if mode == "L" else image) < 8


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_rotated_upload_is_stored_upright_without_its_position(assets: Assets, form: str) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSAreaInformation] = b"HOMEADDRESS"
    image = picture(96, 64)
    data = encoded(image, form, exif=exif, **({"lossless": True} if form == "WEBP" else {}))
    assert b"HOMEADDRESS" in data
    added = assets.add_upload("local", data)
    kept = assets.read("local", added.id)
    assert b"HOMEADDRESS" not in kept
    assert (added.width, added.height) == (64, 96)
    with Image.open(BytesIO(kept)) as file:
        assert file.size == (64, 96)
        assert difference(file.convert("RGB"), image.transpose(Image.Transpose.ROTATE_270)) < 4


def test_a_file_with_odd_bytes_between_its_parts_is_written_anew(assets: Assets) -> None:
    data = encoded(picture(), "JPEG", quality=95)
    odd = data[:20] + b"<script>" + data[20:]
    added = assets.add_upload("local", odd)
    assert b"<script>" not in assets.read("local", added.id)
    assert difference(assets.open("local", added.id), picture()) < 4


def test_an_upload_says_what_was_changed(assets: Assets) -> None:
    added = assets.add_upload("local", encoded(picture().convert("CMYK"), "JPEG"))
    assert added.inputs["format"] == "JPEG"
    assert "CMYK" in added.inputs["notes"][0]


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<html>", encoded(picture())[:200], b"\0" * 1000])
def test_what_is_no_picture_is_not_stored(assets: Assets, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(PictureUnreadable):
        assets.add_upload("local", data)
    assert assets.list("local") == ()
    assert stored_files(tmp_path) == 0


def test_what_is_too_large_is_not_stored(database: Database, files: Files, tmp_path: Path) -> None:
    assets = Assets(database, files, Limits(max_pixels=1000))
    with pytest.raises(PictureTooLarge):
        assets.add_upload("local", encoded(picture()))
    assert stored_files(tmp_path) == 0


def test_an_output_has_its_inputs_in_its_row_and_in_its_file(assets: Assets, database: Database) -> None:
    image = picture()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    added = add_output(assets, database, image)
    assert (added.kind, added.tool, added.job_id, added.output_index) == ("output", "packshot", "job", 0)
    assert added.inputs == INPUTS
    assert read_metadata(assets.read("local", added.id)) == INPUTS
    assert assets.open("local", added.id).tobytes() == image.tobytes()


def test_an_output_is_recorded_once(assets: Assets, database: Database, tmp_path: Path) -> None:
    first = add_output(assets, database, picture())
    count = stored_files(tmp_path)
    assert add_output(assets, database, picture()) == first
    assert assets.list("local") == (first,)
    assert stored_files(tmp_path) == count


def test_other_peoples_assets_are_not_found(assets: Assets) -> None:
    added = assets.add_upload("local", encoded(picture()))
    for owner, asset_id in (("other", added.id), ("local", "nothing"), ("local", ""), ("local", "../" + added.id)):
        for call in (assets.get, assets.read, assets.open, assets.delete):
            with pytest.raises(NotFound):
                call(owner, asset_id)
    assert assets.list("other") == ()
    assert assets.get("local", added.id) == added


def test_ids_are_random_and_fit_into_urls_and_command_lines(assets: Assets) -> None:
    ids = [assets.add_upload("local", encoded(picture())).id for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(len(each) == 32 and each.isalnum() for each in ids)


def test_the_list_is_newest_first_and_goes_on_where_it_ended(assets: Assets, database: Database) -> None:
    made = [assets.add_upload("local", encoded(picture(seed=number)), f"{number}") for number in range(4)]
    made.append(add_output(assets, database, picture(seed=9)))
    listed = assets.list("local")
    assert [each.id for each in listed] == [each.id for each in reversed(made)]
    assert assets.list("local", limit=2) == listed[:2]
    assert assets.list("local", before=listed[1].created_at) == listed[2:]
    assert assets.list("local", tool="packshot") == listed[:1]


def test_the_file_goes_with_the_last_asset_that_has_it(assets: Assets, tmp_path: Path) -> None:
    data = encoded(picture())
    first, second = assets.add_upload("local", data), assets.add_upload("other", data)
    assert stored_files(tmp_path) == 2
    assets.delete("local", first.id)
    assert assets.read("other", second.id)
    with pytest.raises(NotFound):
        assets.delete("local", first.id)
    assets.delete("other", second.id)
    assert stored_files(tmp_path) == 0


def test_deleting_an_output_leaves_its_job_with_no_picture(assets: Assets, database: Database) -> None:
    added = add_output(assets, database, picture())
    with database.transaction() as session:
        session.add(
            JobRow(
                id="job",
                owner="local",
                tool="packshot",
                request={},
                decisions={},
                engine="draft",
                seed=0,
                tariff="app",
                unit_credits=1,
                num_images=1,
                status="completed",
            )
        )
        session.flush()
        session.add(OutputRow(job_id="job", index=0, asset_id=added.id))
    assets.delete("local", added.id)
    with database.reading() as session:
        assert session.get_one(OutputRow, ("job", 0)).asset_id is None


def test_a_deletion_that_a_crash_cut_off_is_finished_at_the_next_start(
    assets: Assets, database: Database, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = assets.add_upload("local", encoded(picture(seed=1)))
    added = assets.add_upload("local", encoded(picture(seed=2)))

    def crash(_key: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files, "delete", crash)
        assets.delete("local", added.id)
    assert [each.id for each in assets.list("local")] == [kept.id]
    assert stored_files(tmp_path) == 4
    Assets(database, files).purge()
    assert stored_files(tmp_path) == 2
    with database.reading() as session:
        assert session.query(LooseRow).count() == 0


def test_a_file_whose_row_was_never_written_is_gone_at_the_next_start(
    assets: Assets, database: Database, files: Files, tmp_path: Path
) -> None:
    kept = add_output(assets, database, picture(seed=1))
    assets.store_output(picture(seed=2), INPUTS)
    assert stored_files(tmp_path) == 4
    Assets(database, files).purge()
    assert stored_files(tmp_path) == 2
    assert assets.read("local", kept.id)


def test_a_file_that_was_purged_before_its_row_was_written_is_stored_again(assets: Assets, database: Database) -> None:
    stored = assets.store_output(picture(), INPUTS)
    assets.purge()
    with database.transaction() as session:
        added = assets.record_output(session, stored, owner="local", tool="packshot", job_id="job", index=0)
    assets.purge()
    assert assets.open("local", added.id).tobytes() == picture().tobytes()
    assert assets.read("local", added.id, thumbnail=True)


def test_a_content_that_is_added_while_it_is_deleted_is_never_lost(assets: Assets, database: Database, tmp_path: Path) -> None:
    data = encoded(picture())
    errors: list[Exception] = []

    def come_and_go(owner: str) -> None:
        try:
            for _ in range(15):
                added = assets.add_upload(owner, data)
                assets.read(owner, added.id)
                assets.delete(owner, added.id)
        except Exception as error:  # noqa: BLE001 - shown below
            errors.append(error)

    threads = [threading.Thread(target=come_and_go, args=(owner,)) for owner in ("local", "other", "local", "other")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    assert stored_files(tmp_path) == 0
    with database.reading() as session:
        assert session.query(AssetRow).count() == 0


def test_two_that_store_one_output_at_once_get_one_asset(assets: Assets, database: Database) -> None:
    stored = assets.store_output(picture(), INPUTS)
    found: list[str] = []

    def record() -> None:
        with database.transaction() as session:
            found.append(assets.record_output(session, stored, owner="local", tool="packshot", job_id="job", index=0).id)

    threads = [threading.Thread(target=record) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 5
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("shirt.jpg", "shirt.jpg"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\shirt.png", "shirt.png"),
        ("gnp.\u202egpj.exe", "gnp.gpj.exe"),
        ("a\0b\nc\t d", "abc d"),
        ("Ärmel 👗", "Ärmel 👗"),
        ("x" * 400, "x" * 200),
        ("..", ""),
        ("", ""),
        ("  ", ""),
    ],
)
def test_names_are_cleaned(given: str, shown: str) -> None:
    assert clean_name(given) == shown
