"""The open studio: what every surface calls, and nothing that only one of them needs."""

import logging
from collections.abc import Mapping
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryFile
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from pipelines.decode import Limits, decode
from pipelines.engine import Engines, Support
from pipelines.errors import PipelineError
from pipelines.images import size_of
from pipelines.registry import engines as engines_of
from pipelines.sizes import Mode, Size
from workbench.credits import ledger
from workbench.errors import InvalidInput, Misconfigured, NotFound, Problem
from workbench.gallery.assets import Assets
from workbench.gallery.fetch import FetchLimits
from workbench.jobs import records
from workbench.jobs.notice import Notices
from workbench.jobs.prepare import AUTO, Picture, Prepared, Sources, decide_early, prepare, tariff_named
from workbench.jobs.progress import Desk
from workbench.jobs.queue import JobQueue
from workbench.jobs.recovery import Lease
from workbench.jobs.run import Runner, decisions_json, settle
from workbench.jobs.show import job_views, new_view
from workbench.jobs.worker import Worker
from workbench.settings import Settings
from workbench.store.database import Database, migrate
from workbench.store.files import Files
from workbench.store.models import JobRow, OrganisationRow
from workbench.tools.base import Toolbox
from workbench.tools.quote import quote
from workbench.tools.registry import TOOLS
from workbench.views import AssetView, BalanceView, EntryView, JobView, LandmarksView, QuoteView

LOG = logging.getLogger(__name__)
LOCAL = "local"
"""The one organisation of an own installation."""


class Studio:
    """One open studio: settings, database, files, engines and tools; safe to use from several threads.

    Everything that belongs to an owner answers NotFound to others.
    """

    def __init__(self, settings: Settings, engines: Engines, toolbox: Toolbox) -> None:
        self.settings = settings
        self.engines = engines
        self.toolbox = toolbox
        self._limits = Limits(max_bytes=settings.max_upload_bytes, max_pixels=settings.max_upload_pixels)
        self._database = Database(settings.database)
        self._files = Files(settings.files)
        self._assets = Assets(self._database, self._files, self._limits)
        self._queue = JobQueue(settings.queue_database, settings.engine_slots)
        self._notices = Notices()
        self._worker: Worker | None = None

    @classmethod
    def open(
        cls, settings: Settings, *, engines: Engines | None = None, toolbox: Toolbox = TOOLS, worker: bool = True
    ) -> "Studio":
        """Bring the tables up to date and open, with all engines if none are given; with `worker`, this process also runs jobs.

        Raises Misconfigured where the settings lead to no usable database or picture store.
        """
        _make_home(settings.home)
        migrate(settings.database)
        studio = cls(settings, engines or engines_of(settings.engine_config()), toolbox)
        try:
            studio._ensure(LOCAL)
            studio._assets.purge()
            if worker:
                studio._work()
        except BaseException:
            studio.close()
            raise
        return studio

    def _ensure(self, owner: str) -> None:
        with self._database.reading() as session:
            if session.get(OrganisationRow, owner) is not None:
                return
        try:
            with self._database.transaction() as session:
                session.add(OrganisationRow(id=owner, name="This studio", plan="local"))
        except IntegrityError:
            return  # another process was first

    def _work(self) -> None:
        lease = Lease(self._database, self.settings.home)
        desk = Desk(self._database, self._files, lease.worker, Event(), self._notices)
        seconds = float(self.settings.job_seconds)
        runner = Runner(desk, self._assets, self.engines, self.toolbox, seconds)
        worker = Worker(self._queue, lease, runner)
        try:
            worker.start()
        except BaseException:
            lease.end()
            raise
        self._worker = worker

    def close(self) -> None:
        """Leave; jobs that are running go back to the queue with what they have delivered. A repeat does nothing."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.close()
        self._queue.close()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def quote(self, tool: str, values: Mapping[str, Any], *, owner: str = LOCAL, tariff: str = "app") -> QuoteView:
        """What a request would cost and what would be decided; pictures and a prompt may still be missing, URLs aren't fetched.

        Raises InvalidInput.
        """
        found = self.toolbox[tool]
        name = tariff_named(tariff)
        return quote(found, decide_early(found, values, self._sources(owner)), name)

    def submit(
        self, tool: str, values: Mapping[str, Any], *, owner: str = LOCAL, engine: str = AUTO, tariff: str = "app"
    ) -> JobView:
        """Start a job. Raises InvalidInput, EngineUnavailable, OutOfCredits or UnsafeAddress; then nothing is stored or charged."""
        prepared = prepare(
            self.toolbox[tool], values, self._sources(owner), self.engines, engine=engine, tariff=tariff_named(tariff)
        )
        added = self._add(owner, prepared)
        try:
            job = self._record(owner, prepared, added)
        except BaseException:
            for asset_id in added.values():
                self._assets.delete(owner, asset_id)
            raise
        try:
            self._queue.put(job.id)
        except Exception:  # the job is recorded and paid for, so it must not look refused
            LOG.exception("job %s could not be queued yet; a worker does it within seconds", job.id)
        return job

    def _sources(self, owner: str) -> Sources:
        def asset(asset_id: str) -> Picture:
            found = self._assets.get(owner, asset_id)
            if found.is_video:
                raise InvalidInput(Problem("", "is a video; choose a picture, such as the one that the video was made from"))
            return Picture(Size(found.width, found.height), found.id)

        def decoded(data: bytes, name: str) -> Picture:
            return Picture(size_of(decode(data, self._limits).image), None, data, name)

        limits = FetchLimits(max_bytes=self._limits.max_bytes, seconds=self.settings.fetch_seconds)
        return Sources(asset, decoded, limits)

    def _add(self, owner: str, prepared: Prepared) -> dict[str, str]:
        """The new pictures of a request that will run, stored; ids by reference."""
        added: dict[str, str] = {}
        for ref, each in prepared.pictures.items():
            if each.asset_id is None:
                added[ref] = self._assets.add_upload(owner, each.data, each.name).id
        return added

    def _record(self, owner: str, prepared: Prepared, added: Mapping[str, str]) -> JobView:
        """Job and hold, both or neither."""
        row = JobRow(
            id=str(uuid4()),
            owner=owner,
            tool=prepared.tool.name,
            request=prepared.stored(added),
            decisions=decisions_json(prepared),
            engine=prepared.engine,
            seed=prepared.seed,
            tariff=prepared.tariff.value,
            unit_credits=prepared.unit_credits,
            num_images=prepared.chosen.num_images,
            status="waiting",
        )
        with self._database.transaction() as session:
            session.add(row)
            session.flush()
            ledger.hold(session, owner, row.id, prepared.credits, prepared.tool.title)
        return new_view(row)

    def job(self, job_id: str, *, owner: str = LOCAL) -> JobView:
        """One job as it is now; NotFound."""
        with self._database.reading() as session:
            return job_views(session, [_job(session, job_id, owner)])[0]

    def jobs(
        self, *, owner: str = LOCAL, limit: int = 50, before: datetime | None = None, tool: str | None = None
    ) -> tuple[JobView, ...]:
        """Newest first."""
        with self._database.reading() as session:
            return job_views(session, records.newest(session, owner, limit, before, tool))

    def wait(self, job_id: str, *, owner: str = LOCAL, timeout: float | None = None) -> JobView:
        """The job once it has ended, or as it is after `timeout` seconds; NotFound."""
        deadline = None if timeout is None else monotonic() + timeout
        while True:
            seen = self._notices.ends
            job = self.job(job_id, owner=owner)
            if job.ended or not self._notices.wait(seen, deadline):
                return job

    @property
    def news(self) -> int:
        """Grows whenever a job that this process runs has something new to show; costs no query."""
        return self._notices.news

    def cancel(self, job_id: str, *, owner: str = LOCAL) -> JobView:
        """A waiting job ends at once, a running one at its next step with what it has delivered; an ended one stays as it is."""
        with self._database.transaction() as session:
            _job(session, job_id, owner)
            row = records.locked(session, job_id)
            if row is not None:
                row.cancel_requested = True
                if row.status == "waiting":
                    settle(session, row)
        job = self.job(job_id, owner=owner)
        if job.ended:
            self._files.delete_preview(job_id)
        self._notices.tell(ended=job.ended)
        return job

    def preview(self, job_id: str, *, owner: str = LOCAL) -> bytes | None:
        """A WebP of what a running job has so far, if anything; NotFound."""
        with self._database.reading() as session:
            shown = _job(session, job_id, owner).preview
        return None if shown is None else self._files.preview(job_id)

    def add_picture(self, data: bytes, name: str = "", *, owner: str = LOCAL) -> AssetView:
        """Take in a picture file. Raises PictureUnreadable or PictureTooLarge; then nothing is stored."""
        return self._assets.add_upload(owner, data, name)

    def landmarks(self, asset_id: str, prompt: str = "", *, owner: str = LOCAL) -> LandmarksView:
        """Where a stored product picture's landmarks seem to be, to be looked over before a Try-On; costs nothing.

        Raises NotFound, and InvalidInput where the picture shows no garment.
        """
        from pipelines.draft.landmarks import find_landmarks

        if self.asset(asset_id, owner=owner).is_video:
            raise InvalidInput(Problem("picture", "is a video; choose a picture of the product"))
        try:
            found = find_landmarks(self._assets.open(owner, asset_id), prompt)
        except PipelineError as error:
            raise InvalidInput(Problem("picture", str(error))) from error
        if not found.points:
            raise InvalidInput(Problem("picture", f"seems to show {found.category!r}, which has no points to move"))
        return LandmarksView(found.category, found.confidence, found.points)

    def assets(
        self, *, owner: str = LOCAL, limit: int = 50, before: datetime | None = None, tool: str | None = None
    ) -> tuple[AssetView, ...]:
        """Uploads and outputs, newest first."""
        return self._assets.list(owner, limit=limit, before=before, tool=tool)

    def asset(self, asset_id: str, *, owner: str = LOCAL) -> AssetView:
        """One picture; NotFound."""
        return self._assets.get(owner, asset_id)

    def read(self, asset_id: str, *, owner: str = LOCAL, thumbnail: bool = False) -> bytes:
        """A picture's file, or its thumbnail as WebP; NotFound."""
        return self._assets.read(owner, asset_id, thumbnail=thumbnail)

    def delete(self, asset_id: str, *, owner: str = LOCAL) -> None:
        """Remove a picture for good; NotFound."""
        self._assets.delete(owner, asset_id)

    def balance(self, *, owner: str = LOCAL) -> BalanceView:
        """An owner's credits."""
        with self._database.reading() as session:
            return ledger.balance(session, owner)

    def history(self, *, owner: str = LOCAL, limit: int = 100) -> tuple[EntryView, ...]:
        """Movements of an owner's credits, newest first."""
        with self._database.reading() as session:
            return ledger.history(session, owner, limit)

    def grant(
        self,
        credits: int,  # noqa: A002 - the field's word
        *,
        owner: str = LOCAL,
        bucket: ledger.Bucket = "topup",
        cause: str = "granted by hand",
    ) -> BalanceView:
        """Give an owner credits."""
        with self._database.transaction() as session:
            ledger.grant(session, owner, bucket, credits, cause)
        return self.balance(owner=owner)

    def support(self, tool: str) -> Mapping[str, Mapping[str, Support]]:
        """By engine and mode: whether it can run the tool, and what is missing where it can't."""
        found = self.toolbox[tool]
        return {each.name: {mode.value: each.support(tool, mode) for mode in found.modes} for each in self.engines}

    def better(self, job: JobView) -> str:
        """What it takes to have a job made by an engine that is preferred to its own; empty where nothing would help."""
        preferred = takewhile(lambda each: each.name != job.engine, self.engines)
        mode = Mode(job.generation_mode) if job.generation_mode else Mode.FAST
        lacking = (each.support(job.tool, mode) for each in preferred)
        return next((each.missing for each in lacking if each.obtainable), "")


def _make_home(home: Path) -> None:
    """The data directory, new or as it is; Misconfigured where it can't be written to."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=home):
            return
    except OSError as error:
        raise Misconfigured(
            f"the data directory {home} can't be used: {error.strerror}; WORKBENCH_HOME can name another"
        ) from error


def _job(session: Session, job_id: str, owner: str) -> JobRow:
    row = session.get(JobRow, job_id)
    if row is None or row.owner != owner:
        raise NotFound(f"there is no job {job_id}")
    return row
