"""The draft engine: tasks to the modules that do them, loaded at their first use."""

from importlib import import_module
from typing import cast

from pipelines.engine import Output, Progress, Support
from pipelines.errors import UnsupportedTask
from pipelines.sizes import Mode
from pipelines.tasks import Task

MODULES: dict[str, str] = {
    "ProductToModel": "product_to_model",
    "TryOn": "try_on",
    "Packshot": "packshot",
    "Edit": "edit",
    "Reframe": "reframe",
    "BackgroundRemove": "background_remove",
    "Upscale": "upscale",
    "CreateModel": "create_model",
    "CreateFace": "create_face",
    "FaceSwap": "face_swap",
    "ModelSwap": "model_swap",
    "ImageToVideo": "image_to_video",
}
"""Task class to the module beside this file whose `run(task, progress)` makes it."""


class DraftEngine:
    """Classical vision and small networks of the project's own: CPU, offline, nothing to download."""

    name = "draft"
    title = "Draft engine"
    version = "2"

    def support(self, tool: str, mode: Mode) -> Support:
        if tool.replace("-", "_") in MODULES.values():
            return Support(True)
        return Support(False, "Needs an engine that generates pictures; the draft engine can't make this one yet.")

    def run(self, task: Task, progress: Progress) -> Output:
        name = type(task).__name__
        if name not in MODULES:
            raise UnsupportedTask(f"the draft engine can't run {name} yet")
        module = import_module(f"pipelines.draft.{MODULES[name]}")
        return cast(Output, module.run(task, progress))
