"""A data set of the Hub is a suite by name and pinned revision; one saved to disk with the same classes stands for it."""

import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from eval.errors import BadSuite
from eval.suites import hub as module
from eval.suites.hub import Hub, Loaded, Mapped, hub, loaded, of
from eval.suites.registry import SOURCES, suite_of

REVISION = "0123456789abcdef0123456789abcdef01234567"
NAME = "somebody/clothes"


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rows with pictures as Parquet, as the Hub keeps them."""
    from datasets import Dataset, Features, List, Value
    from datasets import Image as Pictures

    root = tmp_path_factory.mktemp("stored")
    photos = [Image.new("RGB", (32, 48), (number, 0, 0)) for number in (10, 20)]
    cloths = [Image.new("RGB", (40, 40), (0, number, 0)) for number in (30, 40)]
    rows = {
        "person": photos, "cloth": cloths, "result": cloths, "words": ["tucked in", None], "sort": ["top", "dress"], "sku": [7, 7],
        "looks": [[each] for each in cloths],
    }  # fmt: skip
    features = Features({
        "person": Pictures(), "cloth": Pictures(), "result": Pictures(), "words": Value("string"), "sort": Value("string"),
        "sku": Value("int64"), "looks": List(Pictures()),
    })  # fmt: skip
    Dataset.from_dict(rows, features).to_parquet(str(root / "test-00000-of-00001.parquet"))
    return root


COLUMNS = {
    "model_image": "person",
    "product_image": "cloth",
    "product": "result",
    "prompt": "words",
    "kind": "sort",
    "garment": "sku",
}


def mapped(**changes: Any) -> Mapped:
    return Mapped.model_validate({"dataset": NAME, "revision": REVISION, "tool": "try-on", "columns": COLUMNS, **changes})


@pytest.fixture(scope="module")
def found(stored: Path, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))
        return loaded(mapped(), str(stored))


def test_rows_become_cases(found: Loaded) -> None:
    suite = of(mapped(), found)
    assert suite.tools == ("try-on",)
    assert suite.ids("try-on") == ["try-on-00000", "try-on-00001"]
    assert suite.ids("edit") == []
    case = suite.case("try-on-00000")
    assert (case.kind, dict(case.clusters), dict(case.values)) == ("top", {"garment": "7"}, {"prompt": "tucked in"})
    assert case.pictures["model_image"][0].getpixel((0, 0)) == (10, 0, 0)
    assert case.truth.product is not None
    assert case.truth.product[0, 0].tolist() == [0, 30, 0]
    assert dict(suite.case("try-on-00001").values) == {}, "an empty cell says nothing"


def test_the_version_is_the_revision(found: Loaded) -> None:
    card = of(mapped(licence="MIT", citation="Somebody 2026"), found).card
    assert (card.name, card.version, card.licence, card.citation) == (NAME, REVISION, "MIT", "Somebody 2026")
    assert REVISION in card.source
    assert card.title == f"{NAME}, test"
    assert "see its page" in of(mapped(), found).card.licence


def test_a_list_of_pictures_fills_a_field_that_takes_several(found: Loaded) -> None:
    suite = of(mapped(tool="product-to-model", columns={"product_images": "looks"}, values={"aspect_ratio": "2:3"}), found)
    case = suite.case("product-to-model-00001")
    assert (len(case.pictures["product_images"]), case.values["aspect_ratio"]) == (1, "2:3")


class Plain:
    """Rows without a data set."""

    def __init__(self, *names: str, **row: Any) -> None:
        self.column_names, self.row = list(names), row

    def __len__(self) -> int:
        return 1

    def __getitem__(self, key: int) -> dict[str, Any]:
        return self.row


def rows(*names: str, **row: Any) -> Loaded:
    return Loaded(Plain(*names, **row), "test", "", "")


def test_columns_named_like_a_tools_fields_need_no_map() -> None:
    suite = of(Mapped(dataset=NAME, revision=REVISION), rows("model_image", "product_image", "target", "caption"))
    assert suite.tools == ("try-on",)
    assert suite.columns == {name: name for name in ("model_image", "product_image", "target")}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("image",), "fit background-remove, upscale, image-to-video"),
        (("photo",), "are named like no tool's fields; write a TOML"),
    ],
)
def test_columns_that_fit_several_tools_or_none_ask_for_a_map(names: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadSuite, match=message):
        of(Mapped(dataset=NAME, revision=REVISION), rows(*names))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tool": "sewing"}, "there is no tool 'sewing'"),
        ({"columns": {"model_image": "gone"}}, "has no column 'gone' for model_image; it has person, cloth"),
        ({"columns": {"photo": "person"}}, "columns.photo is no field; there are model_image"),
        ({"columns": {"model_image": "person"}}, "try-on needs product_image; say in `columns`"),
    ],
)
def test_a_map_that_does_not_fit_is_told(found: Loaded, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(BadSuite, match=message):
        of(mapped(**changes), found)


def test_a_column_without_pictures_and_a_missing_row_are_told(found: Loaded) -> None:
    suite = of(mapped(columns={**COLUMNS, "model_image": "sort"}), found)
    with pytest.raises(BadSuite, match="row 0, model_image: holds no picture but str"):
        suite.case("try-on-00000")
    with pytest.raises(BadSuite, match="there are try-on-00000 to try-on-00001"):
        suite.case("try-on-00002")


def test_a_damaged_picture_names_row_and_column() -> None:
    cell = {"bytes": b"nothing", "path": None}
    suite = of(Mapped(dataset=NAME, revision=REVISION, tool="upscale"), rows("image", image=cell))
    with pytest.raises(BadSuite, match=r"clothes, row 0, image: "):
        suite.case("upscale-00000")


def test_a_split_can_be_chosen_of_those_that_there_are(stored: Path, found: Loaded) -> None:
    assert found.split == "test"
    with pytest.raises(BadSuite, match="has no split 'gold'; it has test"):
        loaded(mapped(split="gold"), str(stored))


@pytest.mark.parametrize("revision", ["", "main", "v1.0", REVISION[:-1], REVISION.upper(), f"{REVISION}0"])
def test_only_a_commit_is_a_revision_and_the_refusal_says_how_to_find_it(revision: str) -> None:
    with pytest.raises(BadSuite, match=r"is not pinned: .*40 hex digits.*commits/main") as told:
        suite_of(f"hub:{NAME}@{revision}" if revision else f"hub:{NAME}")
    assert f"dataset_info('{NAME}').sha" in str(told.value)


def test_what_cannot_be_had_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise ConnectionError("Couldn't reach the Hub")

    monkeypatch.setattr("datasets.load_dataset", offline)
    with pytest.raises(BadSuite, match=r"can't be had: Couldn't reach the Hub. It needs the network once"):
        suite_of(f"hub:{NAME}@{REVISION}")


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BadSuite, match=r"need the extra `eval`"):
        suite_of(f"hub:{NAME}@{REVISION}")


def test_a_toml_maps_columns(tmp_path: Path, found: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "loaded", lambda *_: found)
    lines = [
        f'dataset = "{NAME}"',
        f'revision = "{REVISION}"',
        'tool = "upscale"',
        'columns = { image = "person", target = "result" }',
    ]
    (tmp_path / "clothes.toml").write_text("\n".join(lines))
    suite = hub(str(tmp_path / "clothes.toml"))
    assert isinstance(suite, Hub)
    assert suite.case("upscale-00001").pictures["image"][0].getpixel((0, 0)) == (20, 0, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [("dataset = 3", "dataset: Input should be a valid string"), ("x = [", "is no valid TOML"), ("\xff", "valid TOML")],
)
def test_a_toml_that_is_none_is_told(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "clothes.toml").write_text(text)
    with pytest.raises(BadSuite, match=message):
        suite_of(f"hub:{tmp_path / 'clothes.toml'}")


@pytest.mark.parametrize("text", ["", "renderd", "viton:/data", "Rendered"])
def test_an_unknown_suite_is_told_with_what_there_is(text: str) -> None:
    with pytest.raises(BadSuite, match=r"there are rendered, rendered-4, folder:PATH.toml, viton-hd:PATH") as told:
        suite_of(text)
    assert all(source.form in str(told.value) for source in SOURCES)


@pytest.mark.parametrize("text", ["rendered:big", "folder", "viton-hd:"])
def test_a_suite_that_is_named_wrongly_is_told_how(text: str) -> None:
    with pytest.raises(BadSuite, match="is not how to name it; write"):
        suite_of(text)


def test_names_of_sources_are_unique() -> None:
    assert len({source.name for source in SOURCES}) == len(SOURCES)
