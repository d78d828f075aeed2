"""Pictures and videos by their own routes: `/files/{asset}`, its thumbnail, previews of running jobs; only to their owner.

A file never changes under its id, so browsers keep it for good; it is never shared between users, so proxies don't. Parts of
it are answered as RFC 9110 has it, section 14, since browsers seek in a video by them and iPhones play none without.
"""

import re
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Header, Response

from workbench.errors import NotFound
from workbench.further import FurtherPage
from workbench.studio import LOCAL, Studio
from workbench.views import AssetView

EXTENSIONS = {"image/png": ".png", "image/jpeg": ".jpg", "image/webp": ".webp", "video/mp4": ".mp4"}
FOR_GOOD = "private, max-age=31536000, immutable"
BY_KEY = "private, max-age=3600"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Known = Annotated[str | None, Header(alias="If-None-Match")]
Wanted = Annotated[str | None, Header(alias="Range")]
Unchanged = Annotated[str | None, Header(alias="If-Range")]
_VIDEO_POLICY = "default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
"""For a video that is opened by itself: the browser's own player is a page around it."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def create_files(studio: Studio) -> APIRouter:
    """The routes of one studio's pictures and videos."""
    router = APIRouter(prefix="/files", tags=["pictures"])

    @router.get("/previews/{job_id}", response_class=Response)
    def preview(job_id: str, if_none_match: Known = None) -> Response:
        """What a running job has so far, as WebP; 404 where there is nothing to see."""
        data = studio.preview(job_id, owner=LOCAL)
        if data is None:
            raise NotFound("this job has no preview")
        return _answer(lambda: data, "image/webp", f'"{sha256(data).hexdigest()[:32]}"', if_none_match, "private, no-cache")

    @router.get("/{asset_id}/thumbnail", response_class=Response)
    def thumbnail(asset_id: str, if_none_match: Known = None) -> Response:
        """A small WebP of a picture, or of a video's first frame."""
        asset = studio.asset(asset_id, owner=LOCAL)
        tag = f'"{asset.id}-thumbnail"'
        return _answer(lambda: studio.read(asset.id, owner=LOCAL, thumbnail=True), "image/webp", tag, if_none_match, FOR_GOOD)

    @router.get("/{asset_id}", response_class=Response)
    def file(
        asset_id: str,
        download: bool = False,
        if_none_match: Known = None,
        wanted: Wanted = None,
        if_range: Unchanged = None,
    ) -> Response:
        """A picture's or video's file, or the part of it that Range names; with `download`, to be saved rather than shown."""
        asset = studio.asset(asset_id, owner=LOCAL)
        tag = f'"{asset.id}"'
        answer = _answer(lambda: studio.read(asset.id, owner=LOCAL), asset.media_type, tag, if_none_match, FOR_GOOD)
        answer.headers["Content-Disposition"] = disposition(asset, download=download)
        answer.headers["Accept-Ranges"] = "bytes"
        if asset.is_video:
            answer.headers["Content-Security-Policy"] = _VIDEO_POLICY
        return _part(answer, wanted) if wanted is not None and if_range in (None, tag) else answer

    return router


def create_further_files(pages: Iterable[FurtherPage]) -> APIRouter:
    """What pages of other packages show: `/pages/NAME/files/KEY/FILE`, each by the page's own leave."""
    router = APIRouter(prefix="/pages", tags=["pages"], include_in_schema=False)
    by_name = {each.name: each for each in pages}

    @router.get("/{page}/files/{key}/{name}", response_class=Response)
    def file(page: str, key: str, name: str, wanted: Wanted = None) -> Response:
        """A file of a page, or the part of it that Range names."""
        if page not in by_name:
            raise NotFound(f"there is no page {page}")
        found = by_name[page].file(key, name)
        policy = {"Content-Security-Policy": found.policy} if found.policy else {}
        headers = {**HEADERS, **policy, "Cache-Control": BY_KEY, "Accept-Ranges": "bytes"}
        answer = Response(found.data, media_type=found.media_type, headers=headers)
        return answer if wanted is None else _part(answer, wanted)

    return router


def _answer(read: Callable[[], bytes], media_type: str, tag: str, known: str | None, caching: str) -> Response:
    headers = {**HEADERS, "ETag": tag, "Cache-Control": caching}
    if known is not None and tag in (each.strip().removeprefix("W/") for each in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(read(), media_type=media_type, headers=headers)


def _part(answer: Response, wanted: str) -> Response:
    """The bytes of a whole answer that one range names; the whole where there are several ranges, or another unit."""
    found = _RANGE.fullmatch(wanted.strip())
    if found is None or answer.status_code != 200 or not (found[1] or found[2]):
        return answer
    body, size = bytes(answer.body), len(answer.body)
    first = int(found[1]) if found[1] else max(0, size - int(found[2]))
    last = min(size - 1, int(found[2])) if found[1] and found[2] else size - 1
    if found[1] and found[2] and int(found[2]) < first:
        return answer
    headers = {name: value for name, value in answer.headers.items() if name != "content-length"}
    if first >= size:
        headers["content-range"] = f"bytes */{size}"
        return Response(status_code=416, headers=headers)
    headers["content-range"] = f"bytes {first}-{last}/{size}"
    return Response(body[first : last + 1], status_code=206, headers=headers)


def disposition(asset: AssetView, *, download: bool) -> str:
    """Content-Disposition with the asset's name and the extension of what it is now. RFC 6266, RFC 8187."""
    stem = asset.name.rsplit(".", 1)[0] if asset.kind == "upload" else asset.name
    name = (stem or asset.id) + EXTENSIONS.get(asset.media_type, "")
    plain = "".join(each if each.isascii() and each.isprintable() and each not in '"\\%' else "_" for each in name)
    return f"{'attachment' if download else 'inline'}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
