"""The hub that weights come from, or a mirror that speaks its API. Everything is told explicitly: endpoint, token, no telemetry."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx2
from huggingface_hub import HfApi, constants, get_session, hf_raise_for_status
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RemoteEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from pipelines.config import EngineConfig
from pipelines.diffusion.weights.files import Counted
from pipelines.errors import DownloadFailed

PUBLIC = "https://huggingface.co"
NEWEST = "main"
SECONDS = 30.0
"""Without an answer, or without a byte of a download."""
TRIES = 5
"""In a row that bring nothing, before a download is given up."""
WAIT_SECONDS = (1.0, 2.0, 4.0, 8.0)
"""Between those tries."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Answers that may be others in a moment."""
OFFLINE = "take the weights from a folder instead: workbench models pull ID --from DIR"


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of a repository as the hub describes it."""

    name: str
    size: int
    sha256: str | None
    """Of large files."""
    git_sha1: str
    """Git's name of the content; of large files, that of a pointer to them."""

    @property
    def content(self) -> str:
        """The same for the same bytes."""
        return self.sha256 or self.git_sha1


class Hub:
    """Asks one hub. Every method raises DownloadFailed with what to do."""

    def __init__(self, config: EngineConfig) -> None:
        constants.HF_HUB_DISABLE_TELEMETRY = True  # or each header would cost a request that tells of this machine
        self._offline = config.offline
        self._token: str | bool = config.token or False  # False: not the one that other programs left on this machine
        self._endpoint = (config.endpoint or PUBLIC).rstrip("/")
        self._host = urlsplit(self._endpoint).hostname or self._endpoint
        self._api = HfApi(endpoint=self._endpoint, token=self._token)

    def commit(self, repo: str, revision: str) -> str:
        """Commit hash of a revision: a branch, a tag, or a hash."""
        with self._named(repo, revision):
            found = self._api.model_info(repo, revision=revision, timeout=SECONDS).sha
        if found is None:
            raise DownloadFailed(f"{self._host} doesn't say which commit {revision} of {repo} is; pin one by its hash")
        return found

    def files(self, repo: str, revision: str) -> tuple[Remote, ...]:
        """All files of a revision."""
        with self._named(repo, revision):
            tree = self._api.list_repo_tree(repo, recursive=True, revision=revision)
            return tuple(_remote(each) for each in tree if isinstance(each, RepoFile))

    def download(self, repo: str, revision: str, remote: Remote, path: Path, done: Counted) -> None:
        """Bring `path` to the file's size from wherever an earlier download of it ended; `done` is told of every byte.

        A hub that keeps ending early without an error leaves less than that.
        """
        with self._named(repo, revision):
            most, failures = _size(path), 0
            while _size(path) < remote.size and failures < TRIES:
                try:
                    self._continue(repo, revision, remote, path, done)
                except (httpx2.TransportError, HfHubHTTPError) as error:
                    if not _may_pass(error) or (failures == TRIES - 1 and _size(path) <= most):
                        raise
                failures = 0 if _size(path) > most else failures + 1
                most = max(most, _size(path))
                if failures:
                    time.sleep(WAIT_SECONDS[min(failures, len(WAIT_SECONDS)) - 1])

    def _continue(self, repo: str, revision: str, remote: Remote, path: Path, done: Counted) -> None:
        start = _size(path)
        url = f"{self._endpoint}/{repo}/resolve/{revision}/{quote(remote.name)}"
        headers = {"Accept-Encoding": "identity"}  # or a range would be one of packed bytes
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if start:
            headers["Range"] = f"bytes={start}-"
        with get_session().stream("GET", url, headers=headers, timeout=SECONDS) as response:
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                done(-start)
                path.unlink()
                return
            hf_raise_for_status(response)
            whole = response.status_code != HTTPStatus.PARTIAL_CONTENT
            if whole:
                done(-start)
            _write(path, response.iter_bytes(), remote.size - (0 if whole else start), done, anew=whole)

    @contextmanager
    def _named(self, repo: str, revision: str) -> Iterator[None]:
        """Errors of the library, named."""
        if self._offline:
            raise DownloadFailed(f"the hub is not asked for {repo} because WORKBENCH_OFFLINE is set; unset it, or {OFFLINE}")
        try:
            yield
        except (
            HfHubHTTPError,
            httpx2.HTTPError,
            httpx2.InvalidURL,
            OfflineModeIsEnabled,
            ValueError,
            TypeError,
            KeyError,
        ) as error:
            raise DownloadFailed(self._why(error, repo, revision)) from error

    def _why(self, error: Exception, repo: str, revision: str) -> str:
        page = f"{self._endpoint}/{repo}"
        match error:
            case RevisionNotFoundError():
                return f"{repo} has no revision {revision} on {self._host}; pin another: workbench models pin ID --revision HASH"
            case RemoteEntryNotFoundError():
                return f"{repo} lacks a file at revision {revision} that {self._host} lists; try again later"
            case HfHubHTTPError() if isinstance(error, GatedRepoError) or error.response.status_code in (401, 403):
                return self._closed(repo, page)
            case RepositoryNotFoundError():
                return f"{self._host} has no repository {repo}; check the card, or {OFFLINE}"
            case HfHubHTTPError():
                return f"{self._host} answers {error.response.status_code} for {repo}; try again later, or {OFFLINE}"
            case OfflineModeIsEnabled():
                return f"the hub is not asked for {repo} because HF_HUB_OFFLINE is set; unset it, or {OFFLINE}"
            case httpx2.HTTPError():
                reached = f"{self._host} can't be reached, or broke off ({error or type(error).__name__})"
                return f"{reached}; check the connection and pull again, which goes on where it stopped, or {OFFLINE}"
        return f"{self._host} doesn't answer as a hub does ({str(error)[:200]}); check WORKBENCH_HUB_ENDPOINT, or {OFFLINE}"

    def _closed(self, repo: str, page: str) -> str:
        token = "the token in WORKBENCH_HUB_TOKEN doesn't open it" if self._token else "it was asked without a token"
        steps = f"open {page}, accept its terms with your account, make a read token there and set WORKBENCH_HUB_TOKEN to it"
        return f"{repo} is gated, private, or not there, and {token}; {steps}; then pull again"


def _remote(file: RepoFile) -> Remote:
    size, sha256 = (file.size, None) if file.lfs is None else (file.lfs.size, file.lfs.sha256)
    return Remote(file.path, size, sha256, file.blob_id)


def _write(path: Path, stream: Iterator[bytes], most: int, done: Counted, *, anew: bool) -> None:
    """Write what comes, and not a byte beyond what was promised."""
    with path.open("wb" if anew else "ab") as file:
        for piece in stream:
            file.write(piece[:most])
            done(len(piece[:most]))
            most -= len(piece)
            if most <= 0:
                return


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _may_pass(error: Exception) -> bool:
    return not isinstance(error, HfHubHTTPError) or error.response.status_code in PASSING
