"""A studio for browser tests of the benchmark: small drawn cases, an engine of a known speed, and one metric."""

import sys
from functools import partial
from pathlib import Path

import uvicorn

from eval.metrics.registry import METRICS
from eval.suites.case import Suite
from eval.suites.registry import suite_of
from eval.ui import benchmark
from pipelines.engine import Engines
from tests.eval.drawn import Drawn, Quick
from workbench.api import server
from workbench.settings import Settings
from workbench.studio import Studio
from workbench.ui import pages


def opened(text: str) -> Suite:
    """Drawn cases in place of the rendered ones, which take longer; other suites as they are."""
    return Drawn(prompts=("", "refuse", "")) if text == "rendered" else suite_of(text)


def main(home: str, port: str, seconds: str) -> None:
    """Serve until killed."""
    engine = Quick()
    engine.seconds = float(seconds)
    settings = Settings(home=Path(home), port=int(port))
    with Studio.open(settings, engines=Engines(engine)) as studio:
        further = [benchmark.page(studio, opened, METRICS.all[:2])]
        app = server.build(studio, partial(pages.mount, further=further), further)
        uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
