"""What every request passes before anything else looks at it.

The studio has no login on loopback, so the browser is the only thing between it and the pages that its user visits. A page
elsewhere can make a browser send requests here (refused by `Origin`), or point a name of its own at 127.0.0.1 (DNS
rebinding, refused by `Host`).
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workbench.api.errors import refused
from workbench.errors import Misconfigured
from workbench.settings import Settings

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PICTURES = "/api/pictures"
PICTURES_A_REQUEST = 4
"""How many pictures of the largest size the body of any other request may carry."""
_ENVELOPE = 64 * 1024

POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",  # Gradio's page has inline scripts and compiles its event handlers
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "media-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}
"""What a page of the studio may load and where it may send anything: nowhere but here."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in POLICY.items()),
}


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only be reached from this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_unless_loopback(settings: Settings) -> None:
    """Misconfigured where others could reach the studio: there are no accounts yet, so it must stay on this machine."""
    if not is_loopback(settings.host):
        raise Misconfigured(
            f"refusing to listen on {settings.host!r}: everybody who can reach that address could use this studio and see its "
            "pictures, because it has no accounts yet; use --host 127.0.0.1, and ssh -L or a reverse proxy with a login"
        )


class Guard:
    """ASGI middleware: host names, origins, body size, and headers that close what the pages don't need."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._names = frozenset(each.strip().lower() for each in settings.allowed_hosts.split(",") if each.strip())
        self._picture = settings.max_upload_bytes + _ENVELOPE
        self._body = settings.max_upload_bytes * PICTURES_A_REQUEST + _ENVELOPE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        await _Limited(self._app, self._limit(scope), _headers(scope)).run(scope, receive, send)

    def _limit(self, scope: Scope) -> int:
        return self._picture if scope["path"] == PICTURES else self._body

    def _refusal(self, scope: Scope, headers: Headers) -> ASGIApp | None:
        host = headers.get("host", "")
        if not self._known(_name(f"//{host}")):
            return refused(400, "UnknownHost", f"This studio isn't served as {host!r}; WORKBENCH_ALLOWED_HOSTS can add a name.")
        if (scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS) and not self._same_origin(headers, host):
            return refused(403, "ForeignOrigin", "This request comes from a page of another site, which may not use this studio.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > self._limit(scope):
            return refused(413, "TooLarge", _too_large(self._limit(scope)))
        return None

    def _known(self, name: str) -> bool:
        return is_loopback(name) or name in self._names

    def _same_origin(self, headers: Headers, host: str) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        return urlsplit(origin).netloc.lower() == host.lower() or _name(origin) in self._names


def _headers(scope: Scope) -> Mapping[str, str]:
    """What an answer carries unless it says otherwise; what the API tells of a person's work is kept by no cache."""
    return HEADERS | {"Cache-Control": "no-store"} if scope["path"].startswith("/api/") else HEADERS


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _too_large(limit: int) -> str:
    return f"The request is larger than {limit / 1e6:.0f} MB; send smaller pictures."


class _Limited:
    """One request whose body is counted as it arrives, since a length may be missing or a lie."""

    def __init__(self, app: ASGIApp, limit: int, headers: Mapping[str, str]) -> None:
        self._app = app
        self._limit = limit
        self._headers = headers
        self._seen = 0

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, self._counting(receive), self._closing(send))

    def _counting(self, receive: Receive) -> Receive:
        async def counted() -> Message:
            message = await receive()
            self._seen += len(message.get("body", b""))
            if self._seen > self._limit:
                raise HTTPException(413, _too_large(self._limit))
            return message

        return counted

    def _closing(self, send: Send) -> Send:
        async def closed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        return closed
