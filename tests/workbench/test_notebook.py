"""The tools as functions of a notebook: every form of picture, what is shown, and what goes wrong."""

import asyncio
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench import inline, notebook
from workbench.errors import InvalidInput
from workbench.tools.registry import TOOLS


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Opened as a notebook opens it: in a thread that runs an event loop."""

    async def opened() -> None:
        notebook.use(tmp_path_factory.mktemp("home"))

    asyncio.run(opened())
    yield
    notebook.close()


@pytest.fixture(scope="module")
def cut(studio: None) -> notebook.Made:
    """A small picture without its background."""
    return notebook.background_remove(image=notebook.sample("small-jacket"), generation_mode="fast")


@pytest.mark.parametrize("tool", list(TOOLS), ids=lambda tool: tool.slug)
def test_every_tool_is_a_function_with_its_fields_and_help(tool) -> None:
    function = getattr(notebook, tool.slug)
    assert set(inspect.signature(function).parameters) == {*tool.request.model_fields, "engine"}
    assert all(name in function.__doc__ for name in tool.request.model_fields)
    assert tool.slug in dir(notebook)


def test_a_result_has_its_picture_price_and_how_it_was_made(cut: notebook.Made) -> None:
    assert cut.image.mode == "RGBA"
    assert (cut.engine, cut.mode, cut.credits) == ("draft", "fast", 1)
    html = cut._repr_html_()
    assert f"seed {cut.seed}" in html
    assert "1 credit," in html
    assert "data:image/webp;base64," in html


def test_the_seed_of_a_result_makes_it_again(studio: None) -> None:
    first = notebook.create_face(prompt="a woman with red hair", generation_mode="fast")
    again = notebook.create_face(prompt="a woman with red hair", generation_mode="fast", seed=first.seed)
    assert np.array_equal(np.asarray(again.image), np.asarray(first.image))


@pytest.mark.parametrize("form", ["text", "array", "pillow", "result"])
def test_pictures_may_come_in_any_form(cut: notebook.Made, form: str) -> None:
    path = notebook.sample("small-jacket")
    given = {
        "text": str(path),
        "array": np.asarray(Image.open(path).convert("RGB")),
        "pillow": Image.open(path).convert("RGB"),
        "result": cut,
    }
    made = notebook.reframe(image=given[form], aspect_ratio="9:16", resolution="1k", generation_mode="fast", seed=1)
    assert abs(made.image.width / made.image.height - 9 / 16) < 0.01


def test_several_pictures_may_be_given_as_one_or_as_a_list(studio: None) -> None:
    one, two = notebook.sample("garment-graphic-tee"), notebook.sample("garment-dotted-skirt")
    assert notebook.price("product-to-model", product_images=one).quote.generation_mode == "fast"
    assert notebook.price("product-to-model", product_images=[one, two]).quote.generation_mode == "balanced"


def test_files_are_saved_as_the_gallery_keeps_them(cut: notebook.Made, tmp_path: Path) -> None:
    (path,) = cut.save(tmp_path / "new")
    assert path.read_bytes() == cut.files[0]
    assert path.suffix == ".png"


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), 7, "/nowhere/at-all.jpg"])
def test_what_is_no_picture_is_refused_by_its_field(studio: None, wrong: object) -> None:
    with pytest.raises(InvalidInput, match="image:"):
        notebook.background_remove(image=wrong)


def test_a_refusal_of_the_engine_says_why(studio: None) -> None:
    plain = Image.new("RGB", (64, 64), "white")
    with pytest.raises(notebook.JobFailed, match=r"\w+ \w+"):
        notebook.face_swap(image=plain, face_reference=plain)


def test_an_unknown_name_is_no_tool_and_an_unknown_sample_lists_what_there_is() -> None:
    with pytest.raises(AttributeError, match="no attribute 'make_coffee'"):
        _ = notebook.make_coffee
    with pytest.raises(InvalidInput, match="garment-jeans"):
        notebook.sample("trousers")


def test_price_lists_show_both_tariffs_of_every_mode(studio: None) -> None:
    listed = notebook.prices("packshot")
    assert listed.head == ("mode", "1k", "2k", "4k")
    assert listed.rows[-1] == ("quality", "1 / 3", "2 / 4", "3 / 5")
    assert notebook.prices("upscale").head == ("mode", "any size")
    assert notebook.prices("image-to-video").rows[0][1:] == ("1 / 1", "3 / 3", "6 / 6")


def test_a_quote_tells_why_it_was_decided_so(studio: None) -> None:
    quote = notebook.price("create-face", prompt="a woman")
    assert quote.credits == 1
    assert "1K, because" in quote._repr_html_()


def test_names_and_captions_are_escaped(cut: notebook.Made) -> None:
    html = notebook.side_by_side(**{"<script>": cut, "plain_white": Image.new("RGB", (8, 8))})._repr_html_()
    assert "<script>" not in html
    assert "plain white" in html


@pytest.mark.parametrize("size", [(4000, 500), (300, 4000), (1, 1)])
def test_pictures_in_cells_stay_small_and_keep_their_shape(size: tuple[int, int]) -> None:
    html = inline.image(Image.new("RGB", size, "red"), 'a "quoted" word')
    assert 'alt="a &quot;quoted&quot; word"' in html
    shown = re.search(r"height:(\d+)px", html)
    assert shown is not None
    assert int(shown[1]) == min(size[1], inline.HEIGHT)


def test_bars_stay_within_their_ends() -> None:
    assert [re.search(r'value="(\d+)"', inline.progress_bar(share, "x"))[1] for share in (-1, 0.5, 7)] == ["0", "50", "100"]
