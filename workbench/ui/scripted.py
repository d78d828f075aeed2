"""Components of our own: a `gr.HTML` whose behaviour is a JavaScript module in `assets/`."""

from collections.abc import Callable, Sequence
from functools import cache
from hashlib import blake2s
from pathlib import Path
from typing import Any

import gradio as gr

ASSETS = Path(__file__).parent / "assets"
STYLE = "style.css"
ROUTE = "/studio"


@cache
def address(folder: Path = ASSETS) -> str:
    """Where `pages.mount` serves a folder; changes whenever a file in there does, so that browsers may keep what they have.

    Folders of further pages are served inside that of the studio, whose modules they import.
    """
    digest = blake2s(digest_size=6)
    for path in sorted(folder.iterdir()):
        digest.update(path.read_bytes())
    return f"{ROUTE if folder == ASSETS else address(ASSETS)}/{digest.hexdigest()}"


def scripted(
    module: str,
    *,
    value: Any = None,
    emits: Sequence[str] = (),
    server: Sequence[Callable[..., Any]] = (),
    label: str | None = None,
    classes: Sequence[str] = (),
    folder: Path = ASSETS,
    **props: Any,
) -> gr.HTML:
    """A component run by `{module}.js` of a folder, whose `start` gets element, props, trigger, server and watch.

    `emits` names the events that the module triggers; `server` are functions that it may call; `props` are constants for it.
    Values and props are JSON; the module turns them into DOM nodes, never into markup.
    """
    start = f"import('{address(folder)}/{module}.js').then((module) => module.start({{element, props, trigger, server, watch}}))"
    return gr.HTML(
        value=value,
        label=label,
        html_template="",
        js_on_load=f"const events = {[*emits, 'change']};\n{start}",
        apply_default_css=False,
        server_functions=list(server),
        elem_classes=["wb-part", f"wb-{module}", *classes],
        **props,
    )
