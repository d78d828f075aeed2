"""A studio for browser tests: every tool but one runs on an engine whose speed the test knows."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import sleep

import numpy as np
import uvicorn
from PIL import Image

from pipelines.engine import Engines, Output, Progress, Support
from pipelines.images import Bytes
from pipelines.sizes import Mode, Size
from pipelines.tasks import ImageToVideo, Task
from pipelines.vision.motion.encode import encode
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
        image = Image.new("RGB", (task.size.width, task.size.height), (90, 120, 160))
        film = encode(_fading(task.size), task.size) if isinstance(task, ImageToVideo) else None
        return Output(image, ("Painted, not drawn.",), {}, film)


def _fading(size: Size) -> Iterator[Bytes]:
    """Two seconds that grow brighter."""
    for number in range(48):
        yield np.full((size.height, size.width, 4), (90 + 2 * number, 120, 160, 255), np.uint8)


def main(home: str, port: str) -> None:
    """Serve until killed."""
    settings = Settings(home=Path(home), port=int(port))
    with Studio.open(settings, engines=Engines(TintEngine())) as studio:
        uvicorn.run(server.build(studio, pages.mount), host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
