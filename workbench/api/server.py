"""The ASGI application: guard, REST, pictures, and whatever pages it is given."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from workbench.api.errors import add_error_handlers
from workbench.api.files import create_files, create_further_files
from workbench.api.guard import Guard, refuse_unless_loopback
from workbench.api.studio import create_api
from workbench.further import FurtherPage
from workbench.studio import Studio

Pages = Callable[[FastAPI, Studio], FastAPI]

__all__ = ["Pages", "build", "refuse_unless_loopback"]


def build(studio: Studio, pages: Pages | None = None, further: Sequence[FurtherPage] = ()) -> FastAPI:
    """REST under `/api`, pictures under `/files`, those of further pages under `/pages`, and what `pages` mounts around them.

    The studio is closed when the server stops: a server that is told to terminate returns to nobody who could do it.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        for each in further:
            await run_in_threadpool(each.close)
        await run_in_threadpool(studio.close)

    app = FastAPI(lifespan=lifespan, title="Fashion Workbench", docs_url=None, openapi_url="/api/openapi.json", redoc_url=None)
    app.add_middleware(Guard, settings=studio.settings)
    add_error_handlers(app)
    app.include_router(create_api(studio))
    app.include_router(create_files(studio))
    app.include_router(create_further_files(further))
    return app if pages is None else pages(app, studio)
