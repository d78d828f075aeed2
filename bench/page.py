"""The studio page against a bare 12-tab Gradio page, both started in this run: process to first answer, click to ready."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.table import Row

CHROMIUM = Path("/usr/bin/chromium")
MOST = 1.6
STARTS, VISITS = 5, 7
BARE = """
import gradio as gr
with gr.Blocks() as page:
    with gr.Tabs():
        for number in range(12):
            with gr.Tab(f"Tool {{number}}"):
                text, button, picture = gr.Textbox(), gr.Button("Run"), gr.Image()
                button.click(lambda value: None, text, picture)
page.launch(server_name="127.0.0.1", server_port={port}, quiet=True, prevent_thread_lock=False)
"""
STUDIO = "import app; app.serve(port={port})"
UNWANTED = """
import sys
from app import build
from workbench.settings import read_settings
from workbench.studio import Studio
with Studio.open(read_settings()) as studio:
    build(studio)
    print("torch" in sys.modules)
"""


@dataclass(frozen=True, slots=True)
class Page:
    """A page to be timed."""

    code: str
    ready: str
    """Selector of the control that a visitor needs first."""


def rows() -> Iterator[Row]:
    """Ratios of the studio to the bare page, their seconds, and whether torch is imported before a job."""
    bare, studio = Page(BARE, "button:has-text('Run'):visible"), Page(STUDIO, "button.wb-go:visible")
    starts = [(_start_seconds(bare), _start_seconds(studio)) for _ in range(STARTS)]
    yield from _compared("process start to first answer", median(each[1] for each in starts), median(each[0] for each in starts))
    if CHROMIUM.exists():
        with _serving(bare) as first, _serving(studio) as second:
            seconds = _visits({first: bare.ready, second: studio.ready})
        yield from _compared("visit to ready, in Chromium", median(seconds[second]), median(seconds[first]))
    torch = _imports_torch()
    yield Row("torch imported before the first job", float(torch), "", "0", not torch)


def _compared(name: str, studio: float, bare: float) -> Iterator[Row]:
    yield Row(f"{name}: bare page", bare, "s", "", True)
    yield Row(f"{name}: studio", studio, "s", "", True)
    yield Row(f"{name}: ratio", studio / bare, "x", f"<= {MOST}", studio / bare <= MOST)


def _start_seconds(page: Page) -> float:
    started = time.perf_counter()
    with _serving(page):
        return time.perf_counter() - started


@contextmanager
def _serving(page: Page) -> Iterator[str]:
    """The page's address, from its first answer until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"WORKBENCH_HOME": home, "GRADIO_ANALYTICS_ENABLED": "False"}
        command = [sys.executable, "-c", page.code.format(port=port)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _await(f"http://127.0.0.1:{port}/", process)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()
            process.wait()


def _await(url: str, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            with urlopen(url, timeout=10):  # noqa: S310 - our own process
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
    raise RuntimeError(f"the server ended with {process.returncode}")


def _visits(pages: dict[str, str]) -> dict[str, list[float]]:
    """Seconds of each visit by address, alternating, each with an empty cache."""
    from playwright.sync_api import sync_playwright

    seconds: dict[str, list[float]] = {url: [] for url in pages}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        for _ in range(VISITS):
            for url, ready in pages.items():
                seconds[url].append(_visit(browser, url, ready))
        browser.close()
    return seconds


def _visit(browser: Any, url: str, ready: str) -> float:
    context = browser.new_context()
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(ready).first.wait_for()
    taken = time.perf_counter() - started
    context.close()
    return taken


def _imports_torch() -> bool:
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-c", UNWANTED]
        done = subprocess.run(command, env=os.environ | {"WORKBENCH_HOME": home}, capture_output=True, text=True, check=True)
    return "True" in done.stdout
