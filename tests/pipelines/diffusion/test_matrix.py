"""Every tool in every mode on every card that serves it, from the task to the output: real catalogue, lending and recipes."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from pipelines.config import EngineConfig
from pipelines.diffusion import engine
from pipelines.diffusion.cards import Card, Catalogue
from pipelines.diffusion.engine import RECIPES, DiffusionEngine
from pipelines.engine import unwatched
from pipelines.images import size_of
from pipelines.sizes import Mode
from tests.pipelines.diffusion.shelf import small_catalogue
from tests.pipelines.diffusion.tasks import SIZE, full_task, task_of
from workbench.tools.registry import TOOLS

NAMES = tuple(each.replace("_", "-") for each in RECIPES.values())
CARDS = {each.id: each for each in small_catalogue()}
CASES = [
    (tool, mode, card.id)
    for tool in NAMES
    for mode in TOOLS[tool].modes
    for card in CARDS.values()
    if card.serves(tool, mode) and (tool not in ("create-model", "create-face") or not card.least_references)
]
"""Tools of words only can't be asked of an editor."""


def of(card: Card) -> Catalogue:
    """That card alone, with the one that its weights belong to, which serves nothing."""
    base = [CARDS[card.base].model_copy(update={"tools": {}})] if card.base else []
    return Catalogue((card, *base))


@pytest.fixture(scope="module")
def seconds() -> Iterator[dict[tuple[str, Mode, str], float]]:
    """What each case took, printed at the end as a table; `pytest -s` shows it."""
    taken: dict[tuple[str, Mode, str], float] = {}
    yield taken
    for (tool, mode, card), each in taken.items():
        print(f"| {tool} | {mode.value} | {card} | {each:.2f} |")  # noqa: T201 - the table is asked for


@pytest.fixture(scope="module")
def lent(shelf: EngineConfig) -> DiffusionEngine:
    """One engine for all cases, so that loaded weights are shared as in a studio."""
    return DiffusionEngine(shelf)


@pytest.mark.parametrize(("tool", "mode", "card"), CASES)
def test_a_tool_makes_its_picture(
    lent: DiffusionEngine,
    seconds: dict[tuple[str, Mode, str], float],
    monkeypatch: pytest.MonkeyPatch,
    tool: str,
    mode: Mode,
    card: str,
) -> None:
    monkeypatch.setattr(engine, "catalogue", lambda _: of(CARDS[card]))
    assert lent.support(tool, mode).ok
    start = time.perf_counter()
    output = lent.run(task_of(tool, mode), unwatched)
    seconds[tool, mode, card] = time.perf_counter() - start
    assert size_of(output.image) == SIZE
    assert np.asarray(output.image.convert("RGB")).std() > 1
    assert output.details["card"] == card
    assert 0 < int(output.details["steps"]) <= CARDS[card].steps


@pytest.mark.parametrize("card", ["flux2-klein-4b", "qwen-image-edit-2511-lightning-4"])
@pytest.mark.parametrize("tool", [each for each in NAMES if each != "create-face"])
def test_a_tool_takes_everything_that_its_request_can_hold(
    lent: DiffusionEngine, monkeypatch: pytest.MonkeyPatch, tool: str, card: str
) -> None:
    everywhere = CARDS[card].model_copy(update={"tools": {tool: tuple(Mode)}})
    monkeypatch.setattr(engine, "catalogue", lambda _: Catalogue((everywhere, *CARDS.values())))
    task = full_task(tool, Mode.BALANCED)
    output = lent.run(task, unwatched)
    assert size_of(output.image) == task.size
    assert output.details["card"] == card


def test_every_tool_and_mode_has_a_card_that_can_be_used_commercially() -> None:
    served = {(tool, mode) for tool, mode, _ in CASES}
    assert served == {(tool, mode) for tool in NAMES for mode in TOOLS[tool].modes}
