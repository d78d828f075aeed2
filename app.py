"""Entry of everything: `python app.py` and `workbench serve` open the studio; the console script `workbench` enters here too."""

import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import FastAPI

    from workbench.studio import Studio


def build(studio: "Studio") -> "FastAPI":
    """The ASGI application of an open studio: REST, pictures, and the pages of the studio and of `eval`."""
    from functools import partial

    from eval.ui.registry import PAGES
    from workbench.api import server
    from workbench.ui import pages

    further = [page(studio) for page in PAGES]
    return server.build(studio, partial(pages.mount, further=further), further)


def serve(host: str | None = None, port: int | None = None) -> int:
    """Open the studio and serve it until interrupted; refuses any address but loopback."""
    import uvicorn

    from workbench.api.server import refuse_unless_loopback
    from workbench.settings import read_settings
    from workbench.studio import Studio

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = read_settings(**given)
    refuse_unless_loopback(settings)
    with listen(settings.host, settings.port) as listener, Studio.open(settings) as studio:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        address = f"http://{host}:{listener.getsockname()[1]}"
        sys.stderr.write(f"Fashion Workbench is opening on {address} (data in {settings.home})\n")
        config = uvicorn.Config(build(studio), log_level="warning", timeout_graceful_shutdown=3, server_header=False)
        server = uvicorn.Server(config)
        with suppress(KeyboardInterrupt):  # uvicorn passes on the one that it has stopped for
            server.run(sockets=[listener])
    return 0 if server.started else 1


def listen(host: str, port: int) -> socket.socket:
    """The socket to serve on, taken before anything else is opened; Misconfigured where it can't be had."""
    from workbench.errors import Misconfigured

    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise Misconfigured(
            f"can't listen on port {port} of {host}: {why}; close what uses it, or name another --port"
        ) from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio sets it on sockets of its own only
    return listener


def work() -> int:
    """Take jobs from the queue until interrupted, without serving a page."""
    import signal
    import threading

    from workbench.settings import read_settings
    from workbench.studio import Studio

    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    with Studio.open(read_settings()):
        sys.stderr.write("Taking jobs; stop with Ctrl-C\n")
        stopped.wait()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; its exit code."""
    from workbench import cli

    return cli.main(sys.argv[1:] if argv is None else argv, serve=serve, work=work)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["serve"]))
