"""Tables that sort, in HTML and in Markdown, from one description."""

from collections.abc import Sequence
from dataclasses import dataclass

from eval.reports.markup import Html, tag

SPACED = "padding:3px 8px;vertical-align:top;max-width:40em;font-variant-numeric:tabular-nums;text-align:"
"""Of a cell in a notebook."""


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

    def _repr_html_(self) -> str:
        """As a notebook shows it, without the page's styles and script: text alone, and no column that has none."""
        lines = [[_bare(_value(each).text) for each in line] for line in self.lines]
        shown = [at for at in range(len(self.columns)) if any(line[at] for line in lines)]
        sides = [SPACED + ("right;white-space:nowrap" if column.number else "left") for column in self.columns]
        head = tag("tr", *(tag("th", self.columns[at].title, scope="col", style=sides[at]) for at in shown))
        body = [tag("tr", *(tag("td", line[at] or "–", style=sides[at]) for at in shown)) for line in lines]
        caption = tag("caption", self.caption, style="text-align:left;font-weight:bold;padding:3px 8px")
        return tag("table", caption, tag("thead", head), tag("tbody", *body), style="font-size:12px")


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
    cleaned = _bare(text).replace("\\", "\\\\").replace("|", "\\|")
    return cleaned.replace("<", "&lt;") or "–"


def _bare(text: str) -> str:
    """One line without markup; what is small stands in brackets."""
    import re
    from html import unescape

    told = text.replace("<small>", "(").replace("</small>", ")")
    words = unescape(re.sub(r"<[^>]*>", "", told)) if isinstance(text, Html) else text
    return " ".join(words.split())
