"""Pictures by address, from real servers on this machine that the resolver gives public addresses; the guard is the real one."""

import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import InvalidInput, UnsafeAddress
from workbench.gallery.fetch import FetchLimits, Network, data_uri, fetch, is_public

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 50
PUBLIC = "93.184.216.34"
OTHER_PUBLIC = "2606:2800:220:1:248:1893:25c8:1946"
QUICK = FetchLimits(max_bytes=100_000, seconds=5)


@dataclass
class World:
    """A made-up internet: names, what they resolve to, and one real server behind every address."""

    port: int
    names: dict[str, list[Sequence[str]]] = field(default_factory=lambda: {"shop.example": [(PUBLIC,)]})
    """The answers to the first, second, ... question for a name; the last one stays."""
    resolved: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)
    trust: Callable[[], ssl.SSLContext] = ssl.create_default_context

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.resolved.append(host)
        try:
            return (str(ipaddress.ip_address(host)),)
        except ValueError:
            pass
        answers = self.names.get(host)
        if answers is None:
            raise socket.gaierror("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        self.connected.append((address, port))
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout=seconds)

    @property
    def network(self) -> Network:
        return Network(self.resolve, self.connect, self.trust)


class Handler(BaseHTTPRequestHandler):
    """Answers by path; remembers the requests."""

    protocol_version = "HTTP/1.1"
    redirects: dict[str, str]

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        name = self.path.strip("/").partition("?")[0]
        getattr(self, f"answer_{name}", self.answer_picture)()

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Type": "image/png", "Content-Length": str(len(body)), **headers}.items():
            if value:
                self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_picture(self) -> None:
        self.send(PICTURE)

    def answer_redirect(self) -> None:
        self.send(b"", 302, Location=self.path.partition("?")[2])

    def answer_loop(self) -> None:
        self.send(b"", 301, Location="/loop")

    def answer_nowhere(self) -> None:
        self.send(b"", 302)

    def answer_page(self) -> None:
        self.send(b"<html>", Content_Type="text/html; charset=utf-8")

    def answer_untyped(self) -> None:
        self.send(PICTURE, Content_Type="")

    def answer_bucket(self) -> None:
        self.send(PICTURE, Content_Type="binary/octet-stream")

    def answer_missing(self) -> None:
        self.send(b"", 404)

    def answer_empty(self) -> None:
        self.send(b"")

    def answer_packed(self) -> None:
        self.send(PICTURE, Content_Encoding="gzip")

    def answer_announced(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "999999999999")
        self.end_headers()

    def answer_endless(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.trickle(b"8000\r\n" + b"x" * 0x8000 + b"\r\n", pause=0)

    def answer_slow(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.trickle(b"x", pause=0.05)

    def answer_slowhead(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        self.trickle(b"x", pause=0.05)

    def answer_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5000")
        self.end_headers()
        self.wfile.write(b"x" * 100)
        self.close_connection = True

    def answer_garbage(self) -> None:
        self.wfile.write(b"220 ftp ready\r\n" * 5)
        self.close_connection = True

    def trickle(self, part: bytes, pause: float) -> None:
        try:
            for _ in range(2000):
                self.wfile.write(part)
                time.sleep(pause)
        except OSError:
            self.close_connection = True

    def log_message(self, *_args: object) -> None:
        """Quiet."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests: list[tuple[str, dict[str, str]]] = []

    def handle_error(self, *_args: object) -> None:
        """Quiet: clients that hang up are what is tested."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def world(server: Server) -> World:
    return World(server.server_address[1])


def test_a_picture_is_fetched_from_the_address_that_was_checked(world: World, server: Server) -> None:
    assert fetch("http://shop.example/a%20b.png?size=2&x=ä", QUICK, world.network) == PICTURE
    assert world.resolved == ["shop.example"]
    assert world.connected == [(PUBLIC, 80)]
    path, headers = server.requests[0]
    assert path == "/a%20b.png?size=2&x=%C3%A4"
    assert headers["Host"] == "shop.example"
    assert "Cookie" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("url", "host", "address", "port"),
    [
        ("http://SHOP.example./x", "shop.example", PUBLIC, 80),
        ("http://shop.example:8080/x", "shop.example:8080", PUBLIC, 8080),
        (f"http://{PUBLIC}/x", PUBLIC, PUBLIC, 80),
        (f"http://[{OTHER_PUBLIC}]/x", f"[{OTHER_PUBLIC}]", OTHER_PUBLIC, 80),
        ("http://kläder.example", "xn--klder-hra.example", PUBLIC, 80),
    ],
)
def test_hosts_are_named_to_the_server_as_they_should_be(
    world: World, server: Server, url: str, host: str, address: str, port: int
) -> None:
    world.names["xn--klder-hra.example"] = [(PUBLIC,)]
    assert fetch(url, QUICK, world.network) == PICTURE
    assert server.requests[0][1]["Host"] == host
    assert world.connected == [(address, port)]


@pytest.mark.parametrize("path", ["untyped", "bucket", "redirect?/picture", "redirect?http://shop.example:8080/picture"])
def test_what_servers_do_in_good_faith_works(world: World, path: str) -> None:
    assert fetch(f"http://shop.example/{path}", QUICK, world.network) == PICTURE


@pytest.mark.parametrize(
    "url",
    [
        "ftp://shop.example/a.png",
        "file:///etc/passwd",
        "gopher://shop.example/",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "//shop.example/a.png",
        "shop.example/a.png",
        "",
        "http://",
        "http:///a.png",
        "http://user@shop.example/a.png",
        "http://user:word@shop.example/a.png",
        "http://shop.example@127.0.0.1/",
        "http://@shop.example/",
        "http://shop.example:22/",
        "http://shop.example:6379/",
        "http://shop.example:0/",
        "http://shop.example:99999/",
        "http://shop.example:http/",
        "http://shop.example\\@127.0.0.1/",
        "http://shop.example /a.png",
        "http://shop.example/a\r\nHost: x",
        "http://shop.example/a\tb",
        "http://%31%32%37.0.0.1/",
        "http://2130706433/",
        "http://134744072/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.0.1.:80/x/1e9.",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://[v1.fe80]/",
        "http://[2606:2800::1%25eth0]/",
        "http://-shop.example/",
        "http://shop..example/",
        "http://shop_.ex ample/",
        f"http://{'a' * 64}.example/",
        f"http://shop.example/{'a' * 9000}",
    ],
)
def test_what_is_no_plain_public_url_is_refused_before_anything_is_sent(world: World, url: str) -> None:
    with pytest.raises(UnsafeAddress):
        fetch(url, QUICK, world.network)
    assert world.connected == []


PRIVATE = [
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_refused(world: World, address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    literal = f"[{address}]" if ":" in address else address
    world.names["inside.example"] = [(address,)]
    for host in (literal, "inside.example"):
        with pytest.raises(UnsafeAddress, match="not a public address"):
            fetch(f"http://{host}/", QUICK, world.network)
    assert world.connected == []


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", PUBLIC, OTHER_PUBLIC, "2a00:1450::1", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_no_wrapping_makes_an_address_public(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    assert not is_public(ipaddress.IPv6Address((0xFFFF << 32) | number))
    assert not is_public(ipaddress.IPv6Address((0x2002 << 112) | (number << 80)))
    assert is_public(ipaddress.IPv6Address((0x64FF9B << 96) | number)) == is_public(address)


def test_one_private_address_among_public_ones_refuses_the_host(world: World) -> None:
    world.names["mixed.example"] = [(PUBLIC, "10.0.0.1")]
    with pytest.raises(UnsafeAddress):
        fetch("http://mixed.example/", QUICK, world.network)
    assert world.connected == []


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/picture",
        "http://inside.example/picture",
        "http://[::ffff:7f00:1]/picture",
        "http://2130706433/",
        "//169.254.169.254/latest",
        "ftp://shop.example/picture",
        "file:///etc/passwd",
        "http://user:word@shop.example/picture",
        "http://shop.example:6379/",
    ],
)
def test_a_redirect_to_where_it_must_not_go_is_refused(world: World, server: Server, location: str) -> None:
    world.names["inside.example"] = [("192.168.0.1",)]
    with pytest.raises(UnsafeAddress):
        fetch(f"http://shop.example/redirect?{location}", QUICK, world.network)
    assert len(server.requests) == len(world.connected) == 1


def test_a_name_that_changes_its_address_is_asked_once_a_hop(world: World) -> None:
    world.names["rebind.example"] = [(PUBLIC,), ("127.0.0.1",)]
    assert fetch("http://rebind.example/picture", QUICK, world.network) == PICTURE
    assert world.resolved == ["rebind.example"]
    assert world.connected == [(PUBLIC, 80)]


def test_a_name_that_changes_its_address_between_hops_is_checked_again(world: World) -> None:
    world.names["rebind.example"] = [(PUBLIC,), ("127.0.0.1",)]
    with pytest.raises(UnsafeAddress):
        fetch("http://rebind.example/redirect?/picture", QUICK, world.network)
    assert world.connected == [(PUBLIC, 80)]


def test_the_next_address_is_tried_where_the_first_is_dead(world: World) -> None:
    world.names["shop.example"] = [(OTHER_PUBLIC, PUBLIC)]
    tried: list[str] = []

    def connect(address: str, port: int, seconds: float) -> httpcore.NetworkStream:
        tried.append(address)
        if address == OTHER_PUBLIC:
            raise httpcore.ConnectError("unreachable")
        return world.connect(address, port, seconds)

    assert fetch("http://shop.example/", QUICK, Network(world.resolve, connect)) == PICTURE
    assert tried == [OTHER_PUBLIC, PUBLIC]


def test_proxies_of_the_environment_are_not_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch("http://shop.example/", QUICK, world.network) == PICTURE


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("page", "is text/html, not a picture"),
        ("missing", "answered 404"),
        ("nowhere", "answered 302"),
        ("empty", "is empty"),
        ("packed", "came compressed"),
        ("announced", r"is larger than 0\.1 MB"),
        ("endless", r"is larger than 0\.1 MB"),
        ("short", "can't be fetched"),
        ("garbage", "can't be fetched"),
        ("loop", "redirects more than 5 times"),
    ],
)
def test_what_is_no_picture_file_is_refused_with_the_reason(world: World, path: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as refusal:
        fetch(f"http://shop.example/{path}?token=secret", QUICK, world.network)
    assert "shop.example" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_a_name_that_nobody_knows_is_said(world: World) -> None:
    with pytest.raises(InvalidInput, match=r"nobody\.example is not known"):
        fetch("http://nobody.example/", QUICK, world.network)


@pytest.mark.parametrize("path", ["slow", "slowhead", "redirect?/slow"])
def test_bytes_that_trickle_end_at_the_time_limit(world: World, path: str) -> None:
    start = time.monotonic()
    with pytest.raises(InvalidInput, match=r"took longer than 0\.4 s"):
        fetch(f"http://shop.example/{path}", FetchLimits(seconds=0.4), world.network)
    assert 0.3 < time.monotonic() - start < 2


def test_a_resolver_that_hangs_ends_at_the_time_limit(world: World) -> None:
    release = threading.Event()

    def hang(_host: str, _port: int) -> Sequence[str]:
        release.wait(10)
        return (PUBLIC,)

    with pytest.raises(InvalidInput, match="took longer"):
        fetch("http://shop.example/", FetchLimits(seconds=0.2), Network(hang, world.connect))
    release.set()
    assert world.connected == []


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of shop.example with its key."""
    path = tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example", "-keyout", path, "-out", f"{path}.crt"]
    try:
        subprocess.run([*command, *names], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no openssl on this machine to make a certificate with")
    path.write_bytes(path.read_bytes() + Path(f"{path}.crt").read_bytes())
    return path


def test_a_certificate_has_to_be_of_the_name_and_not_of_the_address(server: Server, world: World, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    asked: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    world.names["other.example"] = [(PUBLIC,)]
    world.trust = lambda: ssl.create_default_context(cafile=f"{certificate}.crt")
    assert fetch("https://shop.example/", QUICK, world.network) == PICTURE
    assert asked == ["shop.example"]
    assert world.connected == [(PUBLIC, 443)]
    with pytest.raises(InvalidInput, match="can't be fetched"):
        fetch("https://other.example/", QUICK, world.network)
    world.trust = ssl.create_default_context
    with pytest.raises(InvalidInput, match="can't be fetched"):
        fetch("https://shop.example/", QUICK, world.network)


def test_the_systems_resolver_is_the_usual_one() -> None:
    with pytest.raises(UnsafeAddress, match="localhost is not a public address"):
        fetch("http://localhost./", QUICK)


@pytest.mark.parametrize(
    "head", ["data:image/png;base64,", "data:image/svg+xml;charset=utf-8;base64,", "DATA:IMAGE/JPEG;BASE64,"]
)
def test_a_data_uri_is_read(head: str) -> None:
    assert data_uri(head + b64encode(PICTURE).decode()) == PICTURE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "data:",
        "data:image/png,abc",
        "data:text/html;base64,AAAA",
        "data:;base64,AAAA",
        "data:image/png;base64,A",
        "data:image/png;base64,A===",
        "data:image/png;base64,****",
        "data:image/png;base64,AA AA",
        "data:image/png;base64,é",
        "http://shop.example/",
        "data:image/png" + ";a=b" * 30_000,
    ],
)
def test_what_is_no_data_uri_of_a_picture_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        data_uri(text)


def test_a_data_uri_that_is_too_large_is_refused() -> None:
    limits = FetchLimits(max_bytes=300)
    assert data_uri("data:image/png;base64," + b64encode(b"x" * 300).decode(), limits) == b"x" * 300
    with pytest.raises(InvalidInput, match="larger than"):
        data_uri("data:image/png;base64," + b64encode(b"x" * 303).decode(), limits)
