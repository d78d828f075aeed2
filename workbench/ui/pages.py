"""The studio page as part of the application."""

from typing import Any

import gradio as gr
from fastapi import FastAPI
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from workbench.studio import Studio
from workbench.ui.doors import Doors
from workbench.ui.examples import SAMPLES
from workbench.ui.page import page
from workbench.ui.scripted import ASSETS, ROUTE, address
from workbench.ui.theme import theme


def mount(app: FastAPI, studio: Studio) -> FastAPI:
    """Serve the studio page at `/` and its assets; mount it last, after every route of the API.

    Gradio gets no pictures: uploads go to the API, so its own upload is closed and it may read no file of the studio. Every
    event runs without its queue, whose routes are closed as well: see `doors`.
    """
    app.mount(f"{ROUTE}/samples", StaticFiles(directory=SAMPLES), name="samples")
    app.mount(address(), StaticFiles(directory=ASSETS), name="studio")
    closed: dict[str, Any] = {"allowed_paths": [], "blocked_paths": [str(studio.settings.home)], "max_file_size": 1}
    gr.mount_gradio_app(
        app,
        page(studio),
        path="/",
        theme=theme(),
        head=_head(),
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


def _head() -> str:
    """The style sheet, and the modules early enough that they are here when Gradio starts them."""
    modules = "".join(f'<link rel="modulepreload" href="{address()}/{each.name}">' for each in sorted(ASSETS.glob("*.js")))
    return f'<link rel="stylesheet" href="{address()}/style.css">{modules}'
