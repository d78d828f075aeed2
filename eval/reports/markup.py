"""HTML from Python: everything is escaped unless it is markup already."""

from html import escape


class Html(str):
    """Text that is markup."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float | bool | None) -> Html:
    """An element; attributes lose a trailing underscore, other underscores become dashes, None and False leave one out.

    >>> tag("td", "a < b", class_="number", data_sort=1)
    '<td class="number" data-sort="1">a &lt; b</td>'
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None and value is not False)
    return Html(f"<{name}{told}>{''.join(safe(each) for each in children)}</{name}>")


def void(name: str, /, **attributes: str | float | bool | None) -> Html:
    """An element without an end: `img`, `input`.

    >>> void("img", alt='"')
    '<img alt="&quot;">'
    """
    return Html(tag(name, **attributes).removesuffix(f"</{name}>"))


def join(*parts: str) -> Html:
    """One after another, each escaped unless it is markup."""
    return Html("".join(safe(each) for each in parts))


def safe(text: str) -> str:
    """Markup as it is, text escaped.

    >>> safe("<b>"), safe(Html("<b>"))
    ('&lt;b&gt;', '<b>')
    """
    return text if isinstance(text, Html) else escape(text)


def _attribute(key: str, value: str | float | bool) -> str:
    name = key.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
