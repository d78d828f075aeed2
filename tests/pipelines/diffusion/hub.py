"""A hub on 127.0.0.1: the part of the hub's API that a download needs, with every way in which one goes wrong.

Large files are answered as the real hub does it: the repository knows them by their sha256 and redirects to where they lie.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit

LARGE = (".safetensors", ".bin")


def commit(number: int) -> str:
    """A commit hash."""
    return hashlib.sha1(str(number).encode(), usedforsecurity=False).hexdigest()


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    range: str | None
    token: str | None


@dataclass
class Hub:
    """Repositories, and what shall go wrong; tests change both while it runs."""

    url: str = ""
    repositories: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    """ORG/NAME to commit to path to bytes; the last commit is `main`."""
    asked: list[Asked] = field(default_factory=list)
    cut: dict[str, int] = field(default_factory=dict)
    """Path to the bytes after which its connection breaks, each time."""
    wrong: dict[str, bytes] = field(default_factory=dict)
    """Path to what is served in place of its bytes."""
    tokens: frozenset[str] = frozenset()
    """That open the repositories; empty: everybody."""
    refusal: int = 401
    """Status where the token doesn't open."""
    failing: dict[str, list[int]] = field(default_factory=dict)
    """Path to statuses that are answered first, one each time."""
    pages: dict[str, bytes] = field(default_factory=dict)
    """Path to what no hub would answer there."""
    ranges: bool = True
    """Whether the middle of a file can be asked for."""
    storage: str | None = None
    """Where large files lie; None: here."""

    def put(self, repo: str, files: Mapping[str, bytes], number: int = 1) -> str:
        """A commit of a repository; returns its hash."""
        self.repositories.setdefault(repo, {})[commit(number)] = dict(files)
        return commit(number)

    def downloads(self) -> list[Asked]:
        """Requests of files, redirects followed."""
        return [each for each in self.asked if each.method == "GET" and "/api/" not in each.path and "/resolve/" not in each.path]

    def stored(self, name: str) -> bytes | None:
        """Bytes of a large file by its hash."""
        every = (data for commits in self.repositories.values() for files in commits.values() for data in files.values())
        return next((data for data in every if hashlib.sha256(data).hexdigest() == name), None)


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub that answers while the block runs."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is given
        pass

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        path = unquote(address.path)
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ") or None
        self.hub.asked.append(Asked(self.command, path, self.headers["Range"], token))
        if statuses := self.hub.failing.get(path.rpartition("/")[2]):
            return self._answer(statuses.pop(0), b"in a moment")
        if path in self.hub.pages:
            return self._answer(200, self.hub.pages[path])
        if match := re.fullmatch(r"/large/([0-9a-f]{64})/(.+)", path):
            return self._large(match[1], match[2])
        if self.hub.tokens and token not in self.hub.tokens:
            return self._answer(
                self.hub.refusal, b"", {"X-Error-Code": "GatedRepo", "X-Error-Message": "Accept the terms first."}
            )
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/([^/]+)", path):
            return self._info(match[1], match[2])
        if match := re.fullmatch(r"/api/models/([^/]+/[^/]+)/tree/([^/]+)", path):
            return self._tree(match[1], match[2], parse_qs(address.query))
        if match := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            return self._resolve(match[1], match[2], match[3])
        return self._answer(404, b"no such page")

    def _files(self, repo: str, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """Commit and files; answers itself where there are none."""
        commits = self.hub.repositories.get(repo)
        if commits is None:
            self._answer(404, b"", {"X-Error-Code": "RepoNotFound"})
            return None
        name = list(commits)[-1] if revision == "main" else revision
        if name not in commits:
            self._answer(404, b"", {"X-Error-Code": "RevisionNotFound"})
            return None
        return name, commits[name]

    def _info(self, repo: str, revision: str) -> None:
        if found := self._files(repo, revision):
            self._json({"id": repo, "sha": found[0], "private": False, "siblings": [{"rfilename": each} for each in found[1]]})

    def _tree(self, repo: str, revision: str, query: Mapping[str, list[str]]) -> None:
        """Two entries a page, so that whoever reads only the first page misses files."""
        if found := self._files(repo, revision):
            entries = [_entry(path, data) for path, data in found[1].items()]
            entries.append({"type": "directory", "path": "transformer", "oid": commit(0), "size": 0})
            start = int(query.get("cursor", ["0"])[0])
            more = f'<{self.hub.url}{urlsplit(self.path).path}?recursive=True&cursor={start + 2}>; rel="next"'
            self._json(entries[start : start + 2], {"Link": more} if start + 2 < len(entries) else {})

    def _resolve(self, repo: str, revision: str, path: str) -> None:
        found = self._files(repo, revision)
        if found is None:
            return
        name, files = found
        if path not in files:
            self._answer(404, b"", {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": name})
        elif path.endswith(LARGE):
            digest = hashlib.sha256(files[path]).hexdigest()
            where = f"{self.hub.storage or self.hub.url}/large/{digest}/{path}"
            linked = {"X-Linked-ETag": f'"{digest}"', "X-Linked-Size": str(len(files[path]))}
            self._answer(302, b"", {"Location": where, "X-Repo-Commit": name} | linked)
        else:
            self._file(path, files[path], {"ETag": f'"{git_sha1(files[path])}"', "X-Repo-Commit": name})

    def _large(self, digest: str, path: str) -> None:
        data = self.hub.stored(digest)
        if data is None:
            self._answer(404, b"no such object")
        else:
            self._file(path, data, {"ETag": f'"{digest}"'})

    def _file(self, path: str, data: bytes, headers: dict[str, str]) -> None:
        data, status = self.hub.wrong.get(path, data), 200
        if self.hub.ranges and (match := re.fullmatch(r"bytes=(\d+)-", self.headers["Range"] or "")):
            start = int(match[1])
            if start >= len(data):
                return self._answer(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            headers = headers | {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
            data, status = data[start:], 206
        return self._answer(status, data, headers, cut=self.hub.cut.get(path))

    def _json(self, value: object, headers: Mapping[str, str] = {}) -> None:
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"} | dict(headers))

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str] = {}, cut: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:cut])
        if cut is not None and cut < len(body):
            self.wfile.flush()
            self.close_connection = True


def _entry(path: str, data: bytes) -> dict[str, object]:
    if not path.endswith(LARGE):
        return {"type": "file", "path": path, "oid": git_sha1(data), "size": len(data)}
    digest = hashlib.sha256(data).hexdigest()
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(data)}\n".encode()
    lfs = {"oid": digest, "size": len(data), "pointerSize": len(pointer)}
    return {"type": "file", "path": path, "oid": git_sha1(pointer), "size": len(data), "lfs": lfs}
