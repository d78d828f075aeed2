"""The studio over HTTP, under `/api`: tools, quotes, jobs with their progress, pictures, credits."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from pipelines.errors import PipelineError
from workbench.api.errors import Refusal
from workbench.errors import InvalidInput, Problem
from workbench.jobs.show import shown
from workbench.studio import LOCAL, Studio
from workbench.tools.base import Tool
from workbench.tools.fields import MAX_PROMPT
from workbench.views import AssetView, BalanceView, EntryView, JobView, LandmarksView, QuoteView, as_json

KEEP_ALIVE_SECONDS = 15.0
LOOK_SECONDS = 0.5
"""How often an event stream looks at a job that another process may be running."""
TICK_SECONDS = 0.05
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many, newest first.")]


def _in_utc(moment: datetime) -> datetime:
    """The same moment in UTC, as the database has it; ValueError within a day of the calendar's ends."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("is outside the calendar's years 1 to 9999 in UTC") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Before = Annotated[Moment | None, Query(description="Only what was made before this time.")]
ToolName = Annotated[str | None, Query(alias="tool", description="Only what this tool made.")]
_JOB = TypeAdapter(JobView)
REFUSALS: dict[int | str, dict[str, Any]] = {
    402: {"model": Refusal, "description": "Out of credits"},
    404: {"model": Refusal, "description": "No such thing, or somebody else's"},
    422: {"model": Refusal, "description": "Input that can't be used, by field"},
    503: {"model": Refusal, "description": "No engine here can run it"},
}


class Order(BaseModel):
    """A request for a quote or a job."""

    model_config = ConfigDict(extra="forbid")
    request: dict[str, Any] = Field(description="The tool's fields. Pictures are asset ids, data URIs or http(s) URLs.")


class QuoteOrder(Order):
    tariff: str = Field("app", description="Price list: app or api.")


class JobOrder(Order):
    engine: str = Field("auto", description="Which engine makes it; auto takes the best that can.")


class LandmarksOrder(BaseModel):
    """A product picture to be read."""

    model_config = ConfigDict(extra="forbid")
    picture: str = Field(description="The id of an asset.")
    prompt: str = Field("", max_length=MAX_PROMPT, description="What the product is, where the picture leaves that open.")


@dataclass(frozen=True, slots=True)
class ToolView:
    """A tool as a client needs it."""

    name: str
    title: str
    summary: str
    group: str
    media: str
    fields: Mapping[str, Mapping[str, Any]]
    """JSON schema by field."""
    required: tuple[str, ...]
    images: tuple[str, ...]
    modes: tuple[str, ...]
    engines: Mapping[str, Mapping[str, Any]]
    """By engine and mode: {ok, missing}."""


@dataclass(frozen=True, slots=True)
class CreditsView:
    """A wallet and what moved in it, newest first."""

    balance: BalanceView
    history: tuple[EntryView, ...]


def create_api(studio: Studio) -> APIRouter:
    """All routes below `/api` for one studio."""
    router = APIRouter(prefix="/api", responses=REFUSALS)
    for each in (_tools(studio), _jobs(studio), _pictures(studio)):
        router.include_router(each)
    return router


def _tools(studio: Studio) -> APIRouter:
    router = APIRouter(tags=["tools"])

    @router.get("/tools")
    def tools() -> tuple[ToolView, ...]:
        """Every tool with its fields, and which engine can run it."""
        return tuple(_tool(studio, each) for each in studio.toolbox)

    @router.post("/quotes/{tool}")
    def quote(tool: str, order: QuoteOrder) -> QuoteView:
        """What a request would cost, and what is decided for it; nothing is stored or charged."""
        return studio.quote(tool, order.request, owner=LOCAL, tariff=order.tariff)

    @router.get("/credits")
    def credits_(limit: Limit = 100) -> CreditsView:
        """The wallet and its newest movements."""
        return CreditsView(studio.balance(owner=LOCAL), studio.history(owner=LOCAL, limit=limit))

    return router


def _jobs(studio: Studio) -> APIRouter:
    router = APIRouter(tags=["jobs"])

    @router.post("/jobs/{tool}", status_code=202)
    def submit(tool: str, order: JobOrder) -> JobView:
        """Start a job; nothing is stored or charged where it is refused."""
        return studio.submit(tool, order.request, owner=LOCAL, engine=order.engine)

    @router.get("/jobs")
    def jobs(limit: Limit = 50, before: Before = None, tool: ToolName = None) -> tuple[JobView, ...]:
        """Jobs, newest first."""
        return studio.jobs(owner=LOCAL, limit=limit, before=before, tool=tool)

    @router.get("/jobs/{job_id}")
    def job(job_id: str) -> JobView:
        """One job as it is now."""
        return studio.job(job_id, owner=LOCAL)

    @router.get("/jobs/{job_id}/events", response_class=StreamingResponse)
    async def events(job_id: str) -> StreamingResponse:
        """Server-sent events named `job`, each with the whole job as JSON; the stream ends when the job has ended."""
        first = await run_in_threadpool(studio.job, job_id, owner=LOCAL)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(_events(studio, first), media_type="text/event-stream", headers=headers)

    @router.post("/jobs/{job_id}/cancel")
    def cancel(job_id: str) -> JobView:
        """End a waiting job now, a running one at its next step."""
        return studio.cancel(job_id, owner=LOCAL)

    return router


def _pictures(studio: Studio) -> APIRouter:
    router = APIRouter(tags=["pictures"])
    body = {"multipart/form-data": {"schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}}}
    body["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}

    @router.post("/pictures", status_code=201, openapi_extra={"requestBody": {"required": True, "content": body}})
    async def upload(request: Request, name: str = "") -> AssetView:
        """Take in a picture: a form with one `file`, or the file as the body with its `name` in the query."""
        found = await _upload(request, name)
        return await run_in_threadpool(_add, studio, found)

    @router.post("/landmarks")
    def landmarks(order: LandmarksOrder) -> LandmarksView:
        """Where the landmarks of a garment seem to be, for a request's `landmarks`; nothing is stored or charged."""
        return studio.landmarks(order.picture, order.prompt, owner=LOCAL)

    @router.get("/assets")
    def assets(limit: Limit = 50, before: Before = None, tool: ToolName = None) -> tuple[AssetView, ...]:
        """Uploads and outputs, newest first."""
        return studio.assets(owner=LOCAL, limit=limit, before=before, tool=tool)

    @router.delete("/assets/{asset_id}", status_code=204)
    def delete(asset_id: str) -> Response:
        """Remove a picture or a video for good."""
        studio.delete(asset_id, owner=LOCAL)
        return Response(status_code=204)

    return router


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came."""

    data: bytes
    name: str


async def _upload(request: Request, name: str) -> Upload:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return Upload(await request.body(), name)
    async with request.form(max_files=1, max_fields=8) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidInput(Problem("file", "is required; send the picture as the form's file"))
        return Upload(await file.read(), name or file.filename or "")


def _add(studio: Studio, found: Upload) -> AssetView:
    try:
        return studio.add_picture(found.data, found.name, owner=LOCAL)
    except PipelineError as error:
        raise InvalidInput(Problem("file", str(error))) from error


async def _events(studio: Studio, job: JobView) -> AsyncIterator[bytes]:
    """The job at once and whenever it shows anything new, until it has ended; a comment now and then for proxies."""
    yield _event(job)
    said = monotonic()
    while not job.ended:
        await _news(studio)
        seen, job = job, await run_in_threadpool(studio.job, job.id, owner=LOCAL)
        if shown(job) != shown(seen):
            said = monotonic()
            yield _event(job)
        elif monotonic() - said > KEEP_ALIVE_SECONDS:
            said = monotonic()
            yield b": still here\n\n"


async def _news(studio: Studio) -> None:
    """Until a job of this process has news, or it is time to look for those of others; takes no thread and no query."""
    seen, end = studio.news, monotonic() + LOOK_SECONDS
    while studio.news == seen and monotonic() < end:
        await asyncio.sleep(TICK_SECONDS)


def _event(job: JobView) -> bytes:
    return b"event: job\ndata: " + _JOB.dump_json(job) + b"\n\n"


def _tool(studio: Studio, tool: Tool) -> ToolView:
    return ToolView(
        name=tool.name,
        title=tool.title,
        summary=tool.summary,
        group=tool.group,
        media=tool.media,
        fields=tool.properties(),
        required=tuple(sorted(tool.required())),
        images=tool.image_fields(),
        modes=tuple(each.value for each in tool.modes),
        engines=as_json(studio.support(tool.name)),
    )
