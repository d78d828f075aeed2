"""The tables of docs/models.md, made from the model cards: `python -m pipelines.diffusion.guide` writes them, `--check` compares.

A table stands between `<!-- NAME -->` and `<!-- /NAME -->`; the text around it is written by hand and stays as it is.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

from pipelines.diffusion.cards import TOOLS, Card, Catalogue, Licence, catalogue
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.presets import PRESETS, fits, ladder
from pipelines.sizes import Mode
from pipelines.tasks import Task

PAGE = Path(__file__).parents[2] / "docs" / "models.md"
NOTHING = "–"


def settings(cards: Catalogue) -> str:
    """Which setting a device of each size gets, for each card."""
    rows = ([each.title, *(_setting(each, device) for device in PRESETS)] for each in cards)
    return _table(["Model", *(each.title for each in PRESETS)], rows)


def tools(cards: Catalogue) -> str:
    """Which cards serve a tool in a mode, best first; those whose licence has to be accepted in italics."""
    names = [each for each in _tool_names() if any(each in card.tools for card in cards)]
    rows = ([name, *(_titles(cards.serving(name, mode)) for mode in Mode)] for name in names)
    return _table(["Tool", *(each.value.title() for each in Mode)], rows)


def facts(cards: Catalogue) -> str:
    """How each card is asked, and what is known of it."""
    head = ["Model", "Id", "Steps", "Guidance", "References", "Best at", "Multiple of", "Notes"]
    rows = (
        [
            each.title,
            f"`{each.id}`",
            str(each.steps),
            f"{each.guidance:g}",
            f"up to {each.references}" if each.references else "none",
            f"{each.native_pixels / 1e6:.1f} MP",
            str(each.multiple),
            each.notes,
        ]
        for each in cards
    )
    return _table(head, rows)


def licences(cards: Catalogue) -> str:
    """The licence of all weights, adapters with the cards that add them."""
    head = ["Weights", "Licence", "Commercial use", "To be accepted first", "Note"]
    rows: dict[str, list[str]] = {}
    for card in cards:
        rows.setdefault(card.repo, _licence(card.repo, card.licence, card.opt_in))
        for each in card.adapters:
            rows.setdefault(each.repo, _licence(each.repo, each.licence, card.opt_in))
    return _table(head, rows.values())


def downloads(cards: Catalogue) -> str:
    """What is fetched once, for which cards, and whether its revision is pinned."""
    rows: dict[str, list[str]] = {}
    for card in cards:
        own = [card.repo, _gigabytes(card.weights_gigabytes), _pinned(card.revision)]
        files = {f"{each.repo}, `{each.file}`": each for each in card.adapters}
        rows.setdefault(card.repo, own).append(f"`{card.id}`")
        for name, each in files.items():
            rows.setdefault(name, [name, _gigabytes(each.gigabytes), _pinned(each.revision)]).append(f"`{card.id}`")
    return _table(["Weights", "Size", "Revision", "For"], ([*row[:3], ", ".join(row[3:])] for row in rows.values()))


BLOCKS: Mapping[str, Callable[[Catalogue], str]] = {
    "settings": settings,
    "tools": tools,
    "facts": facts,
    "licences": licences,
    "downloads": downloads,
}
"""Name of a block in the page to what makes it."""


def rendered(page: str, cards: Catalogue) -> str:
    """The page with every block made anew; ValueError where one is missing or not closed."""
    for name, make in BLOCKS.items():
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, opened, rest = page.partition(begin)
        _, closed, after = rest.partition(end)
        if not (opened and closed):
            raise ValueError(f"the page lacks the block {begin} ... {end}")
        page = f"{before}{begin}\n{make(cards)}\n{end}{after}"
    return page


def main(arguments: Sequence[str], page: Path = PAGE) -> int:
    """Write the page, or with `--check` say whether that would change it; the exit status."""
    old = page.read_text(encoding="utf-8")
    new = rendered(old, catalogue())
    if "--check" not in arguments:
        page.write_text(new, encoding="utf-8")
    elif new != old:
        sys.stderr.write(f"{page} is stale; run: make docs\n")
        return 1
    return 0


def _tool_names() -> Iterator[str]:
    """All tools in their order."""
    for task in get_args(Task):
        yield next(each for each in TOOLS if each.replace("-", "") == task.__name__.lower())


def _setting(card: Card, device: Device) -> str:
    return NOTHING if fits(card, device) else ladder(card, device)[0].name


def _titles(cards: Iterable[Card]) -> str:
    return "; ".join(f"*{each.title}*" if each.opt_in else each.title for each in cards) or NOTHING


def _licence(repo: str, licence: Licence, opt_in: bool) -> list[str]:
    link = f"[{licence.name}]({licence.link})"
    return [repo, link, "yes" if licence.commercial else "**no**", "yes" if opt_in else "no", licence.note]


def _gigabytes(value: float) -> str:
    return f"{value:.2g} GB" if value < 1 else f"{value:.1f} GB"


def _pinned(revision: str | None) -> str:
    return f"`{revision[:12]}`" if revision else "not pinned"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
