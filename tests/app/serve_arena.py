"""A studio for browser tests of the arena: two small runs of flat pictures, and engines that are never asked."""

import sys
from functools import partial
from pathlib import Path

import uvicorn

from eval.ui import arena
from pipelines.engine import Engines
from tests.app.serve_page import TintEngine
from tests.eval.arena_runs import case_of, make_run, read_run
from workbench.api import server
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.ui import pages


def main(home: str, port: str, *runs: str) -> None:
    """Serve until killed; each of `runs` is a tool."""
    for tool in runs:
        if not (Path(home) / "runs" / tool).exists():
            make_run(
                Path(home) / "runs" / tool, f"run-{tool}", tools=(tool,), cases=4, modes=("fast", "quality"), size=(300, 400)
            )
    settings = Settings(home=Path(home), port=int(port))
    with Studio.open(settings, engines=Engines(TintEngine()), worker=False) as studio:
        further = [arena.page(studio, read_run, case_of)]
        app = server.build(studio, partial(pages.mount, further=further), further)
        uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
