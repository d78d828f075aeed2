"""The page about models: its tables are those of the cards, and its examples are cards that the engine uses."""

import re
from pathlib import Path

import pytest

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import Card, Catalogue, catalogue, check_class
from pipelines.diffusion.engine import DiffusionEngine
from pipelines.diffusion.guide import BLOCKS, NOTHING, PAGE, downloads, licences, main, rendered, settings, tools
from pipelines.diffusion.lending.presets import PRESETS, preset
from pipelines.sizes import Mode
from workbench.settings import Settings

TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, flags=re.DOTALL)
CARDS = catalogue()


def cells(table: str) -> dict[str, list[str]]:
    """Rows by their first cell."""
    rows = [[each.strip() for each in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


def example(number: int, folder: Path) -> tuple[Path, Catalogue]:
    path = folder / "models.toml"
    path.write_text(EXAMPLES[number], encoding="utf-8")
    return path, catalogue(path)


def test_the_page_is_not_stale() -> None:
    assert rendered(TEXT, CARDS) == TEXT, "run: make docs"


def test_a_stale_page_is_told_and_mended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "models.md"
    page.write_text(TEXT.replace("Z-Image-Turbo", "Z-Image"), encoding="utf-8")
    assert main(["--check"], page) == 1
    assert "stale; run: make docs" in capsys.readouterr().err
    assert main([], page) == 0
    assert main(["--check"], page) == 0


def test_what_is_written_by_hand_stays() -> None:
    page = "above\n" + "".join(f"<!-- {name} -->STALE<!-- /{name} -->\nbetween\n" for name in BLOCKS)
    made = rendered(page, CARDS)
    assert made.startswith("above\n")
    assert made.count("\nbetween\n") == len(BLOCKS)
    assert "STALE" not in made


@pytest.mark.parametrize("page", ["", TEXT.replace("<!-- /facts -->", "")], ids=["empty", "not closed"])
def test_a_page_without_a_block_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="the page lacks the block"):
        rendered(page, CARDS)


def test_every_card_gets_a_setting_for_every_device() -> None:
    rows = cells(settings(CARDS))
    assert list(rows) == [each.title for each in CARDS]
    assert {len(row) for row in rows.values()} == {len(PRESETS)}
    assert rows["FLUX.2 klein 4B"][0].startswith("fp8")
    assert rows["FLUX.2 klein 4B"][-1] != NOTHING
    assert rows["Qwen-Image-Edit-2511"][-1] == NOTHING  # hours on a CPU
    assert rows["Qwen-Image-Edit-2511"][-2] == "bf16"


def test_the_table_of_tools_is_the_order_in_which_models_are_tried() -> None:
    rows = cells(tools(CARDS))
    for name, row in rows.items():
        for mode, cell in zip(Mode, row, strict=True):
            titles = [f"*{each.title}*" if each.opt_in else each.title for each in CARDS.serving(name, mode)]
            assert cell == ("; ".join(titles) or NOTHING)
    assert rows["try-on"][0] == NOTHING
    assert len(rows) == 9


def test_every_licence_is_listed_once_with_what_it_allows() -> None:
    rows = cells(licences(CARDS))
    assert set(rows) == {each.repo for card in CARDS for each in (card, *card.adapters)}
    for card in CARDS:
        assert rows[card.repo][:3] == [
            f"[{card.licence.name}]({card.licence.link})",
            "yes" if card.licence.commercial else "**no**",
            "yes" if card.opt_in else "no",
        ]


def test_shared_weights_are_downloaded_once() -> None:
    rows = cells(downloads(CARDS))
    size, revision, users = rows["Qwen/Qwen-Image-Edit-2511"]
    assert (size, revision) == ("57.7 GB", "not pinned")
    assert users.count("`") == 2 * 3
    assert rows["Tongyi-MAI/Z-Image-Turbo"][0] == "32.8 GB"


def test_a_pinned_revision_is_shown() -> None:
    card = next(iter(CARDS))
    pinned = Card.model_validate({**card.model_dump(), "revision": "0123456789abcdef" * 2 + "01234567"})
    assert cells(downloads(Catalogue([pinned])))[card.repo][1] == "`0123456789ab`"


def test_a_model_is_added_in_five_lines(tmp_path: Path) -> None:
    assert len(EXAMPLES[0].strip().splitlines()) == 1 + 5
    _, cards = example(0, tmp_path)
    own = cards["lookbook"]
    check_class(own)
    assert cards.serving("packshot", Mode.QUALITY)[0] is own
    assert own.weights_id == "lookbook"
    assert own.takes(3)


def test_the_engine_asks_for_the_added_model_first(tmp_path: Path) -> None:
    path, _ = example(0, tmp_path)
    engine = DiffusionEngine(EngineConfig(models=tmp_path / "models", cards=path))
    engine.__dict__["_device"] = preset(80)
    missing = engine.support("packshot", Mode.QUALITY)
    assert not missing.ok
    assert "workbench models pull lookbook" in missing.missing
    assert "pull lookbook" not in engine.support("packshot", Mode.FAST).missing


def test_an_own_adapter_is_the_same_loaded_model(tmp_path: Path) -> None:
    _, cards = example(1, tmp_path)
    own, base = cards["house-style"], cards["qwen-image-edit-2511"]
    assert (own.weights_id, own.steps, own.tools) == (base.id, 20, base.tools)
    assert own.gigabytes("bf16") - base.gigabytes("bf16") == pytest.approx(0.3)


def test_a_shipped_model_is_changed_where_the_card_says(tmp_path: Path) -> None:
    _, cards = example(2, tmp_path)
    shipped = CARDS["flux2-klein-4b"]
    assert cards["flux2-klein-4b"].model_dump() == {**shipped.model_dump(), "steps": 6}
    assert len(EXAMPLES) == 3


def test_cards_that_the_page_names_exist() -> None:
    by_hand = re.sub(r"```toml.*?```", "", TEXT, flags=re.DOTALL)
    named = re.findall(r"`((?:flux2|qwen-image|z-image|krea|firered)[a-z0-9.-]*)`", by_hand)
    assert set(named) == {each.id for each in CARDS}


def test_settings_that_the_page_names_exist() -> None:
    named = {each.lower() for each in re.findall(r"WORKBENCH_([A-Z_]+)", TEXT)}
    assert named <= Settings.model_fields.keys()
    assert len(named) > 5
