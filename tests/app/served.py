"""A studio in a process of its own, for tests that look at its pages in a real browser."""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

import pytest

CHROMIUM = Path("/usr/bin/chromium")
ROOT = Path(__file__).parents[2]
REQUIRED = os.environ.get("WORKBENCH_TEST_BROWSER") == "required"
PATIENCE = 60
"""Seconds that a server may take to answer."""
NEEDS_CHROMIUM = pytest.mark.skipif(
    not CHROMIUM.exists() and not REQUIRED, reason="no /usr/bin/chromium; install Debian's chromium"
)
IN_BROWSER = [pytest.mark.browser, NEEDS_CHROMIUM]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Server:
    """A process of `script`, in this folder, that can be killed and started again on the same data and port."""

    script: str
    home: Path
    port: int = field(default_factory=_free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> None:
        """Returns once the server answers; the script gets its data's folder, its port and then the arguments."""
        command = [sys.executable, str(Path(__file__).with_name(self.script)), str(self.home), str(self.port), *arguments]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        until = monotonic() + PATIENCE
        while True:
            try:
                with urlopen(f"{self.url}/api/credits", timeout=5):
                    return
            except (URLError, ConnectionError, TimeoutError):
                assert self.process.poll() is None, "the server ended"
                assert monotonic() < until, "the server does not answer"
                sleep(0.1)

    def kill(self) -> None:
        """At once, as a loss of power would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None
