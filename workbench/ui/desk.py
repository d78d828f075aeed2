"""Result viewer and history: one component that follows the studio's jobs and outlives the server's restarts.

It asks the server while a job is under way and when the page is looked at again; nothing is kept in Gradio's session.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import gradio as gr

from workbench.errors import NotFound, WorkbenchError
from workbench.studio import Studio
from workbench.tools.base import Tool
from workbench.ui.history import history, recent_pictures
from workbench.ui.result import destinations, result
from workbench.ui.scripted import scripted
from workbench.views import as_json

Answer = dict[str, Any]


def desk(studio: Studio) -> gr.HTML:
    """Its value is the id of the job shown, or nothing. Emits `fill_event` of a tool with {job, values} to set its inputs."""
    return scripted(
        "desk",
        value="",
        emits=[fill_event(each) for each in studio.toolbox],
        elem_id="desk",
        destinations=destinations(studio),
        server=[_look(studio), _preview(studio), _cancel(studio), _again(studio), _recent(studio)],
    )


def fill_event(tool: Tool) -> str:
    """The event that asks for a tool's inputs to be set."""
    return f"fill_{tool.slug}"


def _look(studio: Studio) -> Callable[[str], Answer]:
    def look(shown: str = "") -> Answer:
        """The history, the wallet and, of the job asked for or else the newest, all that the viewer shows."""
        entries = history(studio)
        wanted = shown or (entries[0]["id"] if entries else "")
        answer = {"history": entries, "balance": as_json(studio.balance()), "job": None, "unknown": False}
        try:
            answer["job"] = result(studio, studio.job(wanted)) if wanted else None
        except NotFound:
            answer["unknown"] = True
        return answer

    return look


def _preview(studio: Studio) -> Callable[[str], str]:
    def preview(job: str) -> str:
        """What a running job has so far as a data URI; empty where there is nothing, which is no error: it may just have ended."""
        try:
            data = studio.preview(job)
        except NotFound:
            data = None
        return f"data:image/webp;base64,{b64encode(data).decode()}" if data else ""

    return preview


def _cancel(studio: Studio) -> Callable[[str], Answer]:
    def cancel(job: str) -> Answer:
        """Cancel a waiting or running job."""
        return _refused_or(lambda: {"job": studio.cancel(job).id})

    return cancel


def _again(studio: Studio) -> Callable[[dict[str, str]], Answer]:
    def again(asked: dict[str, str]) -> Answer:
        """Run a job's request once more, with its seed or with a new one."""

        def run() -> Answer:
            job = studio.job(asked["job"])
            values = {name: value for name, value in job.request.items() if value is not None and name != "seed"}
            if asked.get("seed") == "same" and "seed" in studio.toolbox[job.tool].properties():
                values["seed"] = job.seed
            return {"job": studio.submit(job.tool, values).id}

        return _refused_or(run)

    return again


def _recent(studio: Studio) -> Callable[[], Answer]:
    def recent(_: Any = None) -> Answer:
        """Pictures to pick from."""
        return {"pictures": recent_pictures(studio)}

    return recent


def _refused_or(act: Callable[[], Answer]) -> Answer:
    try:
        return act()
    except WorkbenchError as refusal:
        return {"error": str(refusal)}
