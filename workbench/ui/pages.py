"""The studio page as part of the application."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from workbench.further import FurtherPage
from workbench.studio import Studio
from workbench.ui.doors import Doors
from workbench.ui.examples import SAMPLES
from workbench.ui.page import page
from workbench.ui.scripted import ASSETS, ROUTE, address
from workbench.ui.theme import theme


def mount(app: FastAPI, studio: Studio, further: Sequence[FurtherPage] = ()) -> FastAPI:
    """Serve the studio page at `/` with further pages in it, and their assets; mount it last, after every route of the API.

    Gradio gets no pictures: uploads go to the API, so its own upload is closed and it may read no file of the studio. Every
    event runs without its queue, whose routes are closed as well: see `doors`.
    """
    app.mount(f"{ROUTE}/samples", StaticFiles(directory=SAMPLES), name="samples")
    folders = tuple(dict.fromkeys([*(each.assets for each in further), ASSETS]))
    for folder in folders:  # the studio's last: the others lie inside it
        app.mount(address(folder), StaticFiles(directory=folder), name=folder.parent.name)
    closed: dict[str, Any] = {"allowed_paths": [], "blocked_paths": [str(studio.settings.home)], "max_file_size": 1}
    gr.mount_gradio_app(
        app,
        page(studio, further),
        path="/",
        theme=theme(),
        head=_head(folders),
        favicon_path=str(ASSETS / "favicon.svg"),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        enable_monitoring=False,
        **closed,
    )
    gradio = app.router.routes.pop()
    assert isinstance(gradio, Mount)  # noqa: S101 - what mount_gradio_app appends
    app.router.routes.append(Doors(gradio.path, gradio.app))
    return app


def _head(folders: Sequence[Path]) -> str:
    """Style sheets, the studio's first, and the modules early enough that they are here when Gradio starts them."""
    links = ("stylesheet", "*.css"), ("modulepreload", "*.js")
    return "".join(
        f'<link rel="{rel}" href="{address(folder)}/{each.name}">'
        for rel, pattern in links
        for folder in reversed(folders)
        for each in sorted(folder.glob(pattern))
    )
