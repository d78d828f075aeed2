"""Try-on data sets are read in the layouts that they are released in; tiny folders stand for them."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eval.errors import BadSuite
from eval.suites.case import Suite
from eval.suites.registry import suite_of
from pipelines.images import Mask, pixels
from workbench.tools.registry import TOOLS

SIZE = (60, 80)
OLD = np.s_[30:50, 20:40]
"""Rows and columns of the garment that is worn."""


def photo(path: Path, colour: tuple[int, int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", SIZE, colour).save(path, quality=95)


def labelled(path: Path, label: int, palette: bool = True) -> None:
    """A label map with `label` where the garment is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.zeros(SIZE[::-1], np.uint8)
    values[OLD] = label
    image = Image.fromarray(values)
    if palette:
        image.putpalette([each for at in range(256) for each in (at, 255 - at, 7)])
    image.save(path)


def worn() -> Mask:
    mask = np.zeros(SIZE[::-1], np.bool_)
    mask[OLD] = True
    return mask


@pytest.fixture
def viton_hd(tmp_path: Path) -> Path:
    test = tmp_path / "test"
    for number, name in enumerate(("00006_00", "00008_00")):
        photo(test / "image" / f"{name}.jpg", (90 + number, 100, 110))
        photo(test / "cloth" / f"{name}.jpg", (200, 20 + number, 30))
        photo(test / "cloth-mask" / f"{name}.jpg", (255, 255, 255))
        labelled(test / "image-parse-v3" / f"{name}.png", 5)
        hidden = np.zeros(SIZE[::-1], np.uint8)
        hidden[25:55, 15:45] = 255
        (test / "agnostic-mask").mkdir(exist_ok=True)
        Image.fromarray(hidden).save(test / "agnostic-mask" / f"{name}_mask.png")
        points = [0.0] * 75
        points[9:12], points[12:15] = [11.0, 22.0, 0.9], [0.0, 0.0, 0.0]
        (test / "openpose_json").mkdir(exist_ok=True)
        told = {"people": [{"pose_keypoints_2d": points}]}
        (test / "openpose_json" / f"{name}_keypoints.json").write_text(json.dumps(told))
    (tmp_path / "test_pairs.txt").write_text("00006_00.jpg 00008_00.jpg\n00008_00.jpg 00006_00.jpg\n")
    return tmp_path


@pytest.fixture
def dress_code(tmp_path: Path) -> Path:
    for category, label in (("upper_body", 4), ("dresses", 7)):
        root = tmp_path / category
        for name in ("013563", "013564"):
            photo(root / "images" / f"{name}_0.jpg", (90, 100, 110))
            photo(root / "images" / f"{name}_1.jpg", (200, 20, 30))
            labelled(root / "label_maps" / f"{name}_4.png", label, palette=False)
            (root / "keypoints").mkdir(exist_ok=True)
            points = [[0, 0, 0, 0]] * 3 + [[192, 256, 0.9, 3]] + [[0, 0, 0, 0]] * 14
            (root / "keypoints" / f"{name}_2.json").write_text(json.dumps({"keypoints": points}))
        (root / "test_pairs_unpaired.txt").write_text("013563_0.jpg\t013564_1.jpg\n")
        (root / "test_pairs_paired.txt").write_text("013563_0.jpg\t013563_1.jpg\n013564_0.jpg\t013564_1.jpg\n")
    return tmp_path


@pytest.fixture
def street(tmp_path: Path) -> Path:
    root = tmp_path / "street_tryon"
    for name in ("000001", "000002"):
        photo(root / "validation" / "image" / f"{name}.jpg", (90, 100, 110))
        labelled(root / "validation" / "segm" / f"{name}.png", 4)
    photo(tmp_path / "zalando" / "test" / "cloth" / "00006_00.jpg", (200, 20, 30))
    (root / "annotations").mkdir()
    (root / "annotations" / "street2street_test_pairs_top.csv").write_text(",from,to\n0,000002.jpg,000001.jpg\n")
    (root / "annotations" / "shop2street_test_pairs.csv").write_text(",from,to\n0,00006_00.jpg,000002.jpg\n")
    (root / "annotations" / "notes.csv").write_text("nothing\n")
    return tmp_path


def only(suite: Suite) -> list[str]:
    assert suite.tools == ("try-on",)
    assert suite.ids("edit") == []
    return list(suite.ids("try-on"))


def test_viton_hd_asks_for_another_ones_top(viton_hd: Path) -> None:
    suite = suite_of(f"viton-hd:{viton_hd}")
    assert only(suite) == ["try-on-00000", "try-on-00001"]
    case = suite.case("try-on-00000")
    truth = case.truth
    assert (case.kind, dict(case.clusters)) == ("top", {"person": "00006_00", "garment": "00008_00"})
    assert truth.target is None
    assert truth.region is not None
    assert np.array_equal(truth.region, worn())
    assert truth.away is not None
    assert not truth.away[25:55, 15:45].any()
    assert truth.away[:20].all()
    assert truth.product_alpha is not None
    assert truth.product_alpha.min() > 0.99
    assert truth.joints is not None
    assert {name: (at.x, at.y) for name, at in truth.joints.items()} == {"right_elbow": (11.0, 22.0)}


def test_viton_hd_paired_hides_the_top_and_knows_the_photograph(viton_hd: Path) -> None:
    case = suite_of(f"viton-hd-paired:{viton_hd}").case("try-on-00001")
    given, target = pixels(case.pictures["model_image"][0]), case.truth.target
    assert dict(case.clusters) == {"person": "00008_00", "garment": "00008_00"}
    assert target is not None
    assert (given[25:55, 15:45] == 128).all()
    assert np.array_equal(given[:20], target[:20])
    assert case.truth.before is not None
    assert np.array_equal(case.truth.before, given)


@pytest.mark.parametrize("below", ["", "test"])
def test_viton_hd_is_found_by_either_folder_of_the_release(viton_hd: Path, below: str) -> None:
    assert suite_of(f"viton-hd:{viton_hd / below}").card.source.endswith(f"read from {viton_hd.resolve()}")


@pytest.mark.parametrize("missing", ["agnostic-mask", "image-parse-v3", "cloth-mask", "openpose_json"])
def test_viton_hd_does_without_what_was_not_unpacked(viton_hd: Path, missing: str) -> None:
    (viton_hd / "test" / missing).rename(viton_hd / "elsewhere")
    truth = suite_of(f"viton-hd:{viton_hd}").case("try-on-00000").truth
    field = {"agnostic-mask": "text", "image-parse-v3": "region", "cloth-mask": "product_alpha", "openpose_json": "joints"}[
        missing
    ]
    assert getattr(truth, field) is None
    assert truth.away is not None, "the parse map tells it as well"


def test_viton_hd_paired_needs_to_know_what_to_hide(viton_hd: Path) -> None:
    for each in ("agnostic-mask", "image-parse-v3"):
        (viton_hd / "test" / each).rename(viton_hd / each)
    with pytest.raises(BadSuite, match="tell what to hide"):
        suite_of(f"viton-hd-paired:{viton_hd}").case("try-on-00000")


def test_dress_code_has_a_kind_for_each_category(dress_code: Path) -> None:
    suite = suite_of(f"dress-code:{dress_code}")
    cases = [suite.case(each) for each in only(suite)]
    assert [each.kind for each in cases] == ["upper_body", "dresses"]
    for case in cases:
        assert case.truth.region is not None
        assert np.array_equal(case.truth.region, worn())
        assert case.truth.joints is not None
        at = case.truth.joints["right_elbow"]
        assert (at.x, at.y) == pytest.approx((SIZE[0] / 2, SIZE[1] / 2)), "key points are told in a frame of 384 x 512"


def test_dress_code_paired_hides_the_garment(dress_code: Path) -> None:
    suite = suite_of(f"dress-code-paired:{dress_code}")
    assert len(only(suite)) == 4
    case = suite.case("try-on-00000")
    assert (pixels(case.pictures["model_image"][0])[OLD] == 128).all()
    assert case.truth.target is not None
    (dress_code / "upper_body" / "label_maps").rename(dress_code / "gone")
    with pytest.raises(BadSuite, match="label_maps"):
        suite.case("try-on-00000")


@pytest.mark.parametrize("below", ["", "street_tryon"])
def test_street_try_on_takes_every_list_that_is_there(street: Path, below: str) -> None:
    suite = suite_of(f"street-tryon:{street / below}")
    shop, top = (suite.case(each) for each in only(suite))
    assert (shop.kind, top.kind) == ("shop2street", "street2street top")
    assert dict(top.clusters) == {"person": "000001", "garment": "000002"}
    assert shop.truth.product is not None
    assert top.truth.product is None, "what somebody wears is no picture of the product by itself"
    assert top.truth.region is not None
    assert np.array_equal(top.truth.region, worn())
    assert "street2street top" in suite.card.title


SOURCES = ("viton-hd", "viton-hd-paired", "dress-code", "dress-code-paired", "street-tryon")


@pytest.mark.parametrize("name", SOURCES)
def test_the_card_says_licence_citation_and_source(name: str, request: pytest.FixtureRequest) -> None:
    root = request.getfixturevalue({"v": "viton_hd", "d": "dress_code", "s": "street"}[name[0]])
    card = suite_of(f"{name}:{root}").card
    assert card.name == name
    assert "research" in card.licence
    assert "20" in card.citation or "arXiv" in card.citation
    assert "github.com" in card.source
    assert str(root) in card.source


@pytest.mark.parametrize("name", SOURCES)
def test_another_folder_is_told_with_the_layout_that_is_expected(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadSuite, match="has not the layout of"):
        suite_of(f"{name}:{tmp_path}")


@pytest.mark.parametrize("name", SOURCES)
def test_try_on_takes_its_requests(name: str, request: pytest.FixtureRequest) -> None:
    root = request.getfixturevalue({"v": "viton_hd", "d": "dress_code", "s": "street"}[name[0]])
    suite = suite_of(f"{name}:{root}")
    case = suite.case(suite.ids("try-on")[0])
    TOOLS["try-on"].parse({**case.values, **dict.fromkeys(case.pictures, "picture")})
    with pytest.raises(BadSuite, match="there are try-on-00000 to"):
        suite.case("try-on-99999")


def test_the_version_changes_with_the_list_and_with_a_file(viton_hd: Path) -> None:
    first = suite_of(f"viton-hd:{viton_hd}").card.version
    assert suite_of(f"viton-hd:{viton_hd}").card.version == first
    (viton_hd / "test" / "cloth" / "00006_00.jpg").write_bytes(b"other")
    second = suite_of(f"viton-hd:{viton_hd}").card.version
    (viton_hd / "test_pairs.txt").write_text("00006_00.jpg 00006_00.jpg\n")
    assert len({first, second, suite_of(f"viton-hd:{viton_hd}").card.version}) == 3


def test_a_line_that_is_no_pair_and_a_missing_picture_are_told(viton_hd: Path) -> None:
    (viton_hd / "test_pairs.txt").write_text("00006_00.jpg 00008_00.jpg\n\n00008_00.jpg\n")
    with pytest.raises(BadSuite, match=r"test_pairs.txt:3: two file names belong here"):
        suite_of(f"viton-hd:{viton_hd}")
    (viton_hd / "test_pairs.txt").write_text("00006_00.jpg 99999_00.jpg\n")
    with pytest.raises(BadSuite, match=r"99999_00.jpg can't be read"):
        suite_of(f"viton-hd:{viton_hd}").case("try-on-00000")


def test_a_coloured_picture_is_no_label_map(viton_hd: Path) -> None:
    path = viton_hd / "test" / "image-parse-v3" / "00006_00.png"
    Image.new("RGB", SIZE).save(path)
    with pytest.raises(BadSuite, match="is no label map"):
        suite_of(f"viton-hd:{viton_hd}").case("try-on-00000")
    path.write_bytes(b"no png")
    with pytest.raises(BadSuite, match="is no PNG"):
        suite_of(f"viton-hd:{viton_hd}").case("try-on-00000")
