"""Pictures by address: http(s) URLs of public servers, and data URIs.

A URL comes from a stranger and is fetched by this machine, so it must not reach what only this machine can reach. Every hop's
host is resolved once, all its addresses have to be public, and the connection goes to the address that was checked, with the
name kept for the Host header and the certificate. Proxies of the environment are not used. RFC 6890 and IANA's registries of
special-purpose addresses; OWASP, Server-Side Request Forgery Prevention.
"""

import binascii
import ipaddress
import re
import socket
import ssl
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import httpcore

from workbench.errors import InvalidInput, Problem, UnsafeAddress

PORTS = frozenset((80, 443, 8080, 8443))
"""Where web servers are; other ports belong to services that a picture is never on."""
MAX_URL = 8192

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_]([a-z0-9_-]{0,62}))*")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)")
_DATA_URI = re.compile(r"data:(?P<type>[\w.+/-]*)(;[\w=.+-]+)*?;base64,", re.ASCII | re.IGNORECASE)

_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SPECIAL = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
"""What is not one public host's, said here because Python's versions differ; of IPv6, beside all but global unicast."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """What a fetch may take."""

    max_bytes: int = 20_000_000
    seconds: float = 20.0
    """For everything together: names, connections, redirects and the body."""
    redirects: int = 5


def _resolve(host: str, port: int) -> tuple[str, ...]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def _connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
    return httpcore.SyncBackend().connect_tcp(address, port, timeout=seconds)


@dataclass(frozen=True, slots=True)
class Network:
    """What a fetch needs of the world."""

    resolve: Callable[[str, int], Sequence[str]] = _resolve
    """(host, port) to addresses; OSError where there are none."""
    connect: Callable[[str, int, float], httpcore.NetworkStream] = _connect
    """(address, port, seconds) to an open connection."""
    trust: Callable[[], ssl.SSLContext] = httpcore.default_ssl_context
    """Whose certificates are believed."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A point in time that all steps together must not pass."""

    seconds: float
    start: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Seconds that are left; TimeoutError where none are."""
        left = self.start + self.seconds - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class Answer:
    """What one hop answered: the body, or where it is."""

    body: bytes = b""
    location: str | None = None


LIMITS = FetchLimits()
NETWORK = Network()


def fetch(url: str, limits: FetchLimits = LIMITS, network: Network = NETWORK) -> bytes:
    """The picture file at a URL, not decoded yet.

    UnsafeAddress for anything but http(s) to a public address, at any hop; InvalidInput for what is no picture, is too large or
    too slow, or can't be had.
    """
    deadline = Deadline(limits.seconds)
    guard = _Guard(network, deadline)
    try:
        for _ in range(limits.redirects + 1):
            target = _target(url)
            answer = _get(target, guard, limits)
            if answer.location is None:
                return answer.body
            url = urljoin(url, answer.location)
    except (TimeoutError, httpcore.TimeoutException) as error:
        raise _refusal(url, f"took longer than {limits.seconds:g} s") from error
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        raise _refusal(url, f"can't be fetched ({error})" if str(error) else "can't be fetched") from error
    raise _refusal(url, f"redirects more than {limits.redirects} times")


def data_uri(text: str, limits: FetchLimits = LIMITS) -> bytes:
    """The bytes of a `data:image/...;base64,` URI. InvalidInput for any other, and for more than `limits` allow."""
    head = _DATA_URI.match(text)
    if head is None or not head["type"].lower().startswith("image/"):
        raise InvalidInput(Problem("", "is no data URI of a picture; write data:image/png;base64, and the file in Base64"))
    if (len(text) - head.end()) * 3 // 4 > limits.max_bytes + 2:
        raise InvalidInput(Problem("", f"is larger than {limits.max_bytes / 1e6:g} MB"))
    try:
        return b64decode(text[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput(Problem("", "is no valid Base64 after data:...;base64,")) from error


def is_public(address: Address) -> bool:
    """Whether an address belongs to one host of the public internet: no private, shared, local, multicast or reserved one.

    Addresses that wrap another one (mapped, 6to4, Teredo) are not; NAT64's are what the wrapped one is.
    """
    if address.version == 6 and address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    return not any(address in each for each in _SPECIAL)


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write ends at the deadline, however slowly bytes trickle."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)


class _Guard(httpcore.NetworkBackend):
    """The only way out: connects to addresses that were checked, never to names."""

    def __init__(self, network: Network, deadline: Deadline) -> None:
        self.network = network
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:
        failure: Exception = OSError(f"{host} has no address")
        for address in self._addresses(host, port):
            try:
                return _Stream(self.network.connect(address, port, self._deadline.left()), self._deadline)
            except (httpcore.ConnectError, OSError) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        """All addresses of a host, each of them public; UnsafeAddress where one is not."""
        found = self._look_up(host, port)
        for each in found:
            if "%" in each or not is_public(ipaddress.ip_address(each)):
                raise UnsafeAddress(f"{host} is not a public address; upload the picture instead")
        return found

    def _look_up(self, host: str, port: int) -> Sequence[str]:
        """In a thread of its own, as the system's resolver knows no time limit."""
        found: list[Sequence[str]] = []
        failure: list[OSError] = []

        def ask() -> None:
            try:
                found.append(self.network.resolve(host, port))
            except (OSError, UnicodeError) as error:
                failure.append(OSError(f"{host} is not known: {error}"))

        thread = threading.Thread(target=ask, name="resolve", daemon=True)
        thread.start()
        thread.join(self._deadline.left())
        self._deadline.left()
        if failure:
            raise failure[0]
        return found[0]


def _target(url: str) -> SplitResult:
    """A URL that may be fetched, its host in lower-case ASCII; UnsafeAddress otherwise."""
    if len(url) > MAX_URL or any(each.isspace() or each == "\\" or ord(each) < 32 or ord(each) == 127 for each in url):
        raise UnsafeAddress("the URL is too long, or has spaces, backslashes or control characters in it")
    try:
        parts = urlsplit(url)
        port = {"http": 80, "https": 443}.get(parts.scheme, 0) if parts.port is None else parts.port
        host = (parts.hostname or "").removesuffix(".")
        host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except ValueError as error:
        raise UnsafeAddress("the URL can't be read; write it like https://example.com/picture.jpg") from error
    if parts.scheme not in ("http", "https"):
        raise UnsafeAddress(f"{parts.scheme or 'nothing'}: is no way to a picture; http: and https: are")
    if "@" in parts.netloc:
        raise UnsafeAddress("a URL with a user name or password is not fetched; leave them out, or upload the picture")
    if port not in PORTS:
        raise UnsafeAddress(f"port {port} is not fetched from; {', '.join(map(str, sorted(PORTS)))} are")
    _check_host(host, bracketed="[" in parts.netloc)
    return parts._replace(netloc=f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _check_host(host: str, *, bracketed: bool) -> None:
    """A name, or an address in its usual form: 0x7f.1 and 2130706433 are both 127.0.0.1 to some resolvers."""
    if "%" in host:
        raise UnsafeAddress(f"{host[:80]} names an interface of this machine or is escaped; write the plain name")
    if bracketed or _NUMBER.fullmatch(host.rpartition(".")[2]):
        try:
            ipaddress.IPv6Address(host) if bracketed else ipaddress.IPv4Address(host)
        except ValueError as error:
            raise UnsafeAddress(f"{host[:80]} is no address in its usual form") from error
    elif not _HOST.fullmatch(host):
        raise UnsafeAddress(f"{host[:80]!r} is no host name")


def _get(target: SplitResult, guard: _Guard, limits: FetchLimits) -> Answer:
    path = quote(target.path or "/", safe="/%:@!$&'()*+,;=~-._") + (
        f"?{quote(target.query, safe='/%:@!$&()*+,;=~-._?[]')}" if target.query else ""
    )
    port = target.port or 0
    url = httpcore.URL(
        scheme=target.scheme.encode(), host=(target.hostname or "").encode(), port=port, target=path.encode("ascii")
    )
    default = port == {"http": 80, "https": 443}[target.scheme]
    headers: dict[bytes | str, bytes | str] = {
        "Host": target.netloc.removesuffix(f":{port}") if default else target.netloc,
        "User-Agent": "fashion-workbench",
        "Accept": "image/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    trust = guard.network.trust() if target.scheme == "https" else None
    with (
        httpcore.ConnectionPool(ssl_context=trust, network_backend=guard) as pool,
        pool.stream("GET", url, headers=headers) as response,
    ):
        return _answer(target.geturl(), response, limits)


def _answer(url: str, response: httpcore.Response, limits: FetchLimits) -> Answer:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, value in response.headers}
    if response.status in _REDIRECTS and "location" in headers:
        return Answer(location=headers["location"])
    if response.status != 200:
        raise _refusal(url, f"answered {response.status}, not with a picture")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and not kind.startswith("image/") and kind not in ("application/octet-stream", "binary/octet-stream"):
        raise _refusal(url, f"is {kind[:60]}, not a picture")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise _refusal(url, "came compressed although it was asked for as it is")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length[:20]) > limits.max_bytes:
        raise _refusal(url, f"is larger than {limits.max_bytes / 1e6:g} MB")
    return Answer(body=_body(url, response, limits))


def _body(url: str, response: httpcore.Response, limits: FetchLimits) -> bytes:
    body = bytearray()
    for part in response.iter_stream():
        body += part
        if len(body) > limits.max_bytes:
            raise _refusal(url, f"is larger than {limits.max_bytes / 1e6:g} MB")
    if not body:
        raise _refusal(url, "is empty")
    return bytes(body)


def _refusal(url: str, what: str) -> InvalidInput:
    """An error that names the server but not the path, which may hold a secret."""
    parts = urlsplit(url)
    return InvalidInput(Problem("", f"the picture at {parts.hostname} {what}; check the URL, or upload the picture"))
