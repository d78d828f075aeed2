"""Which of Gradio's routes the studio page needs; all others are closed.

Gradio serves every app the same routes: uploads that it writes to disk, files of its cache to whoever asks, a proxy, an API
page, monitoring, reloading, an editor. A list of what is open stays right when a new version adds one.
"""

from starlette.routing import Match, Mount
from starlette.types import Scope

OPEN = frozenset(
    {
        "/",
        "/config",
        "/favicon.ico",
        "/robots.txt",
        "/theme.css",
        "/gradio_api/app_id",
        "/gradio_api/component_server",
        "/gradio_api/run/predict",
    }
)
"""Routes of the page itself; a trailing slash makes no difference."""
OPEN_FOLDERS = ("/assets/", "/static/", "/svelte/")
"""Gradio's own scripts and styles, the same for everybody."""


class Doors(Mount):
    """Gradio's application, mounted for the paths that are open; to the router, the others don't exist."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """No match for what is closed, so that the routes before it say 405 and the rest is 404."""
        return super().matches(scope) if is_open(scope["path"]) else (Match.NONE, {})


def is_open(path: str) -> bool:
    """Whether the page needs Gradio's route of that path."""
    return path.startswith(OPEN_FOLDERS) or (path.rstrip("/") or "/") in OPEN
