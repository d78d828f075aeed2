"""Tables that sort, in HTML and in Markdown, from one description."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.reports.markup import Html, tag


@dataclass(frozen=True, slots=True)
class Column:
    """Of a table; numbers stand right."""

    title: str
    number: bool = False
    told: str = ""
    """What it is, for who points at its head."""


@dataclass(frozen=True, slots=True)
class Value:
    """A cell: what is read, and what it sorts by where that is something else."""

    text: str
    order: float | str | None = None
    class_: str = ""


Line = Sequence[Value | str]


@dataclass(frozen=True, slots=True)
class Table:
    """Lines under columns."""

    caption: str
    columns: Sequence[Column]
    lines: Sequence[Line]
    cards: bool = False
    """Whether each line becomes a card on a phone."""

    def html(self) -> Html:
        """Within a frame that scrolls sideways; heads are buttons that sort."""
        head = tag("tr", *(_head(column) for column in self.columns))
        body = [tag("tr", *(_cell(*pair) for pair in zip(self.columns, line, strict=True))) for line in self.lines]
        table = tag(
            "table",
            tag("caption", self.caption),
            tag("thead", head),
            tag("tbody", *body),
            class_="cards" if self.cards else None,
        )
        return tag("div", table, class_="frame", tabindex="0", role="region", aria_label=self.caption)

    def markdown(self) -> str:
        """A pipe table."""
        heads = [_plain(column.title) for column in self.columns]
        rule = ["---:" if column.number else "---" for column in self.columns]
        lines = [[_plain(_value(each).text) for each in line] for line in self.lines]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rule, *lines)) + "\n"


def _value(given: Value | str) -> Value:
    return given if isinstance(given, Value) else Value(given)


def _head(column: Column) -> Html:
    button = tag("button", column.title, type="button", title=column.told or None)
    return tag("th", button, scope="col", aria_sort="none", class_="number" if column.number else None)


def _cell(column: Column, given: Value | str) -> Html:
    value = _value(given)
    classes = " ".join(each for each in ("number" if column.number else "", value.class_) if each)
    content = value.text or "–"
    return tag("td", content, class_=classes or None, data_sort=value.order, data_label=column.title)


def _plain(text: str) -> str:
    """Without markup and what would break a pipe table."""
    import re
    from html import unescape

    bare = unescape(re.sub(r"<[^>]*>", "", text)) if isinstance(text, Html) else text
    cleaned = " ".join(bare.split()).replace("\\", "\\\\").replace("|", "\\|")
    return cleaned.replace("<", "&lt;") or "–"
