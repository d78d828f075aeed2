"""A studio for browser tests: every tool but one runs on an engine whose speed the test knows."""

import sys
from collections.abc import Mapping
from pathlib import Path
from time import sleep

import uvicorn
from PIL import Image

from pipelines.engine import Engines, Output, Progress, Support
from pipelines.sizes import Mode
from pipelines.tasks import Task
from workbench.api import server
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.ui import pages

STEPS: Mapping[Mode, int] = {Mode.FAST: 2, Mode.BALANCED: 2, Mode.QUALITY: 30}
STEP_SECONDS = 0.1
LACKING = "face-swap"


class TintEngine:
    """Paints the output in one colour, in as many steps as the mode says."""

    name = "tint"
    title = "Tint"
    version = "1"

    def support(self, tool: str, mode: Mode) -> Support:
        return Support(tool != LACKING, f"the tint engine has no {tool}" if tool == LACKING else "")

    def run(self, task: Task, progress: Progress) -> Output:
        steps = STEPS[task.mode]
        for step in range(steps):
            progress(step, steps, f"Painting <i>layer</i> {step + 1}", Image.new("RGB", (64, 64), (180, 4 * step, 120)))
            sleep(STEP_SECONDS)
        return Output(Image.new("RGB", (task.size.width, task.size.height), (90, 120, 160)), ("Painted, not drawn.",))


def main(home: str, port: str) -> None:
    """Serve until killed."""
    settings = Settings(home=Path(home), port=int(port))
    with Studio.open(settings, engines=Engines(TintEngine())) as studio:
        uvicorn.run(server.build(studio, pages.mount), host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
