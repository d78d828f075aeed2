"""A folder with one TOML is a suite, and every mistake in it is told with file, line and field."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from eval.errors import BadSuite
from eval.suites.folder import Folder, folder
from eval.suites.registry import SOURCES
from pipelines.images import pixels

SIZE = (32, 48)


def saved(path: Path, colour: tuple[int, ...] | int = (200, 30, 40), size: tuple[int, int] = SIZE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = "L" if isinstance(colour, int) else "RGB" if len(colour) == 3 else "RGBA"
    Image.new(mode, size, colour).save(path)


def opened(root: Path, text: str, about: str = '[suite]\nname = "spring"\n') -> Folder:
    root.mkdir(parents=True, exist_ok=True)
    (root / "suite.toml").write_text(about + text)
    return folder(str(root / "suite.toml"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("anna.png", "ben.png"):
        saved(tmp_path / "people" / name)
    saved(tmp_path / "shirt.png", (10, 200, 40), (40, 40))
    saved(tmp_path / "target.png", (10, 200, 40))
    saved(tmp_path / "mask.png", 255)
    return tmp_path


DOCS = Path("docs/eval.md").read_text()
CASE = """
[[case]]
tool = "try-on"
pictures = { model_image = "people/anna.png", product_image = "shirt.png" }
"""


def test_five_lines_are_a_suite(root: Path) -> None:
    suite = opened(root, '[[each]]\ntool = "background-remove"\npictures = { image = "people/*.png" }\n')
    assert suite.tools == ("background-remove",)
    assert suite.ids("background-remove") == ["background-remove-0000", "background-remove-0001"]
    assert suite.ids("edit") == []
    case = suite.case("background-remove-0001")
    assert (case.kind, case.truth.known(), dict(case.clusters)) == ("any", frozenset(), {})
    assert case.pictures["image"][0].size == SIZE


def test_the_examples_in_the_docs_open(root: Path) -> None:
    first, second, *_ = (block.partition("```")[0] for block in DOCS.split("```toml\n")[1:])
    for name in ("photos/a.jpg", "mattes/a.png", "anna.jpg", "shirt.jpg", "anna-in-shirt.jpg", "anna-top.png", "anna-rest.png"):
        saved(root / name)
    saved(root / "shirt-straight.png")
    assert opened(root, first, "").tools == ("background-remove",)
    assert len(first.split("\n")) == 6, "five lines and the end of the last"
    whole = opened(root, second)
    assert whole.tools == ("try-on", "background-remove")
    assert whole.case("background-remove-0000").kind == "photos"
    assert whole.case("try-on-0000").truth.known() == {"target", "region", "away", "before", "product"}


def test_the_docs_name_every_source() -> None:
    assert all(f"| `{source.form}` |" in DOCS for source in SOURCES)


def test_a_case_carries_request_truth_and_clusters(root: Path) -> None:
    suite = opened(root, CASE + """
kind = "shirt"
values = { prompt = "tucked in" }
target = "target.png"
region = "mask.png"
away = "mask.png"
product = "shirt.png"
joints = { left_wrist = [3.5, 20] }
text = "SALE"
words = { background = "navy" }
garment = "shirt-1"
person = "anna"
""")  # fmt: skip
    case = suite.case("try-on-0000")
    truth = case.truth
    assert (case.kind, case.values["prompt"], dict(case.clusters)) == (
        "shirt",
        "tucked in",
        {"garment": "shirt-1", "person": "anna"},
    )
    assert truth.target is not None
    assert truth.target[0, 0].tolist() == [10, 200, 40]
    assert truth.region is not None
    assert truth.region.all()
    assert truth.joints is not None
    assert truth.joints["left_wrist"].x == 3.5
    assert (truth.text, truth.words) == ("SALE", {"background": "navy"})
    assert truth.before is not None, "what may not change is known from the first picture"
    assert np.array_equal(truth.before, pixels(case.pictures["model_image"][0]))


def test_a_transparent_target_is_a_matte_too(root: Path) -> None:
    saved(root / "cut.png", (10, 20, 30, 51))
    suite = opened(root, '[[case]]\ntool = "background-remove"\npictures = { image = "people/anna.png" }\ntarget = "cut.png"\n')
    truth = suite.case("background-remove-0000").truth
    assert truth.alpha is not None
    assert truth.alpha[0, 0] == pytest.approx(0.2)


def test_templates_follow_the_file_that_the_pattern_found(root: Path) -> None:
    for name in ("anna", "ben"):
        saved(root / "right" / "people" / f"{name}.png", (0, 0, 0) if name == "anna" else (255, 255, 255))
    suite = opened(root, """
[[each]]
tool = "try-on"
pictures = { model_image = "people/*.png", product_image = "shirt.png" }
values = { prompt = "{stem} stays as it is" }
target = "right/{folder}/{name}"
person = "{stem}"
""")  # fmt: skip
    cases = [suite.case(each) for each in suite.ids("try-on")]
    assert [dict(each.clusters) for each in cases] == [{"person": "anna"}, {"person": "ben"}]
    assert [int(each.truth.target[0, 0, 0]) for each in cases if each.truth.target is not None] == [0, 255]
    assert cases[0].values["prompt"] == "{stem} stays as it is"


def test_the_right_face_is_the_reference_where_none_is_said(root: Path) -> None:
    saved(root / "face.png", (1, 2, 3), (20, 20))
    text = '[[case]]\ntool = "face-swap"\npictures = { image = "target.png", face_reference = "face.png" }\n'
    for added, expected in (("", [1, 2, 3]), ('face = "shirt.png"\n', [10, 200, 40])):
        face = opened(root, text + added).case("face-swap-0000").truth.face
        assert face is not None
        assert face[0, 0].tolist() == expected


def test_thousands_of_cases_are_read_in_a_moment(root: Path) -> None:
    suite = opened(root, '[[case]]\ntool = "upscale"\npictures = { image = "target.png" }\n' * 3000)
    assert len(suite.ids("upscale")) == 3000
    assert suite.cases["upscale-2999"].where.endswith(f":{3 + 3 * 2999} [[case]]")


def test_several_pictures_fill_one_field(root: Path) -> None:
    suite = opened(root, '[[case]]\ntool = "product-to-model"\npictures = { product_images = ["shirt.png", "target.png"] }\n')
    assert len(suite.case("product-to-model-0000").pictures["product_images"]) == 2


def test_tools_come_in_their_usual_order_and_ids_can_be_chosen(root: Path) -> None:
    suite = opened(
        root, '[[case]]\nid = "first"\ntool = "edit"\npictures = { image = "target.png" }\nvalues = { prompt = "bluer" }\n' + CASE
    )
    assert suite.tools == ("try-on", "edit")
    assert suite.ids("edit") == ["first"]


def test_the_version_is_what_is_said_or_changes_with_every_byte(root: Path) -> None:
    first = opened(root, CASE).card.version
    assert opened(root, CASE).card.version == first
    saved(root / "shirt.png", (11, 200, 40), (40, 40))
    assert opened(root, CASE).card.version != first
    said = opened(root, CASE, '[suite]\nname = "spring"\nversion = "3"\nlicence = "CC0"\n').card
    assert (said.version, said.licence, said.name) == ("3", "CC0", "spring")


EDIT = '[[case]]\ntool = "edit"\npictures = { image = "target.png" }\n'
MISTAKES = {
    'tool = "sewing"': "suite.toml:3 [[case]]: there is no tool 'sewing'; there are product-to-model, try-on",
    CASE.replace("[[case]]", "").replace("shirt.png", "gone.png"): "suite.toml:3 [[case]]: product_image: there is no file gone.png",
    CASE.replace("[[case]]", "").replace("shirt.png", "../shirt.png"): "product_image: ../shirt.png lies outside of",
    CASE.replace("[[case]]", "").replace("shirt.png", "/etc/hostname"): "product_image: /etc/hostname lies outside of",
    CASE.replace("[[case]]", "") + 'targte = "target.png"': "suite.toml:3 [[case]]: targte is not known here; there are tool, id, kind",
    CASE.replace("[[case]]", "") + "kind = 3": "suite.toml:3 [[case]]: kind is wrong",
    CASE.replace("[[case]]", "") + "joints = { nose = [1, 2] }": "joints: 'nose' is none of head_top",
    CASE.replace("[[case]]", "") + 'id = "../x"': "id '../x' is no safe file name",
    CASE.replace("[[case]]", "") + "values = { seed = 3 }": "values.seed is filled in by a run",
    CASE.replace("[[case]]", "") + "values = { strength = 3 }": "strength: is no field of try-on",
    'tool = "edit"\npictures = { image = "target.png" }': "suite.toml:3 [[case]]: prompt: is required",
    'tool = "upscale"\npictures = { photo = "target.png" }': "pictures.photo is no picture of upscale; it takes image",
    'tool = "upscale"\npictures = { image = ["target.png", "shirt.png"] }': "pictures.image takes one picture",
    'pictures = { image = "target.png" }': "suite.toml:3 [[case]]: tool is required",
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), MISTAKES.items(), ids=lambda each: each[-40:])
def test_a_mistake_is_told_with_file_line_and_field(root: Path, text: str, message: str) -> None:
    with pytest.raises(BadSuite) as told:
        opened(root, f"[[case]]\n{text}\n")
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no case; add a [[case]] or an [[each]]"),
        ('[[each]]\ntool = "upscale"\npictures = { image = "*.webp" }', "suite.toml:3 [[each]]: pictures.image finds nothing for '*.webp'"),
        ('[[each]]\ntool = "upscale"\npictures = { image = "target.png" }', "exactly one pattern such as photos/*.jpg; it has 0"),
        ('[[each]]\ntool = "upscale"\nid = "a"\npictures = { image = "*.png" }', "id can't be said for several cases"),
        ('[[each]]\ntool = "upscale"\npictures = { image = "../*.png" }', "lies outside of"),
        ('[[each]]\ntool = "upscale"\npictures = { image = "/*.png" }', "lies outside of"),
        ('[[each]]\ntool = "upscale"\npictures = { image = "*.png" }\ntarget = "big/{stem}.png"', "target: there is no file big/mask.png"),
        ('[[case]]\nid = "a"\ntool = "upscale"\npictures = { image = "target.png" }\n' * 2, "suite.toml:7 [[case]]: two cases have the id 'a'"),
        ("[[case]\n", "is no valid TOML"),
        ("[[cases]]\n", "cases is not known here; there are suite, case, each"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_suite_says_why(root: Path, text: str, message: str) -> None:
    with pytest.raises(BadSuite) as told:
        opened(root, text)
    assert message in str(told.value)


@pytest.mark.parametrize(
    ("about", "message"), [("", "suite is required"), ("[suite]\n", "[suite]: name is required"), ("\xff", "")]
)
def test_a_suite_has_a_name(root: Path, about: str, message: str) -> None:
    with pytest.raises(BadSuite) as told:
        opened(root, CASE, about)
    assert message in str(told.value)


def test_what_is_no_text_or_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSuite, match="no text in UTF-8"):
        folder(str(tmp_path / "suite.toml"))
    with pytest.raises(BadSuite, match="can't be read"):
        folder(str(tmp_path / "gone.toml"))


def test_a_link_out_of_the_folder_is_refused(root: Path) -> None:
    (root / "inner").mkdir()
    (root / "inner" / "link.png").symlink_to(root / "shirt.png")
    with pytest.raises(BadSuite, match="lies outside"):
        opened(root / "inner", '[[case]]\ntool = "upscale"\npictures = { image = "link.png" }\n')


def test_pictures_are_decoded_under_limits_when_the_case_is_asked_for(root: Path) -> None:
    (root / "shirt.png").write_bytes(b"not a picture")
    suite = opened(root, CASE)
    with pytest.raises(BadSuite, match=r"shirt.png: "):
        suite.case("try-on-0000")
    with pytest.raises(BadSuite, match="has no case 'try-on-0001'"):
        suite.case("try-on-0001")


def test_truth_of_two_sizes_is_told_with_the_sizes(root: Path) -> None:
    suite = opened(root, CASE + 'target = "target.png"\nregion = "shirt.png"\n')
    with pytest.raises(BadSuite, match="of one size: target 32 x 48, region 40 x 40"):
        suite.case("try-on-0000")


@given(before=st.lists(st.sampled_from(["", "# [[case]]", 'note = "[[case]]"']), max_size=6))
def test_the_line_is_that_of_the_table_whatever_stands_above(tmp_path_factory: pytest.TempPathFactory, before: list[str]) -> None:
    lines = [each for each in before if not each.startswith("note")]
    with pytest.raises(BadSuite) as told:
        opened(tmp_path_factory.mktemp("suite"), "".join(f"{each}\n" for each in lines) + '[[case]]\ntool = "sewing"\n')
    assert f"suite.toml:{3 + len(lines)} [[case]]" in str(told.value)
