"""Weights on this machine. What has a receipt was whole when the receipt was written; nothing else is ever loaded.

repositories/ORG--NAME/REVISION/   files as the repository has them, plain files
repositories/ORG--NAME/partial/    beginnings of downloads, by what they will hash to
receipts/ORG--NAME.json            what was verified; files that were written to later are verified again before they are loaded
pins.json accepted.json            revisions to keep to, licences that were accepted
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import chain
from os import utime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.config import EngineConfig
from pipelines.diffusion.cards import ALLOWED_FILES, Adapter, Card, Licence
from pipelines.diffusion.weights.files import (
    Counted,
    Watch,
    link_or_copy,
    listed,
    need_room,
    read_json,
    regular_size,
    removed,
    sha256,
    unwatched,
    wanted,
    write_json,
    writing,
)
from pipelines.diffusion.weights.inspect import check_files, parts
from pipelines.errors import BadCard, DamagedWeights, LicenceNotAccepted, MissingWeights

if TYPE_CHECKING:
    from filelock import FileLock

RECEIPTS, PINS, ACCEPTED = "receipts", "pins.json", "accepted.json"
LOCAL = "local"
"""Revision of a repository that was taken from a folder that doesn't say which it is."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of weights."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that files of a repository are whole on this machine; written after they were verified."""

    repo: str
    revision: str
    """Commit hash, or `local`."""
    files: Mapping[str, Stored]
    """By path in the repository, with forward slashes."""
    patterns: tuple[str, ...]
    """All of the repository's files that match one of these are among `files`."""

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(each.size for each in self.files.values())

    def covers(self, patterns: Sequence[str]) -> bool:
        """Whether nothing that `patterns` ask for is left out. `*.json` asks for all that `*/*.json` does."""
        return all(each in self.files or any(_includes(wide, each) for wide in self.patterns) for each in patterns)


class State(StrEnum):
    """How much of a card is on this machine, as people read it."""

    INSTALLED = "installed"
    LICENCE = "licence to accept"
    PARTLY = "partly"
    ABSENT = "not installed"


@dataclass(frozen=True, slots=True)
class Removed:
    """What removing cards came to."""

    bytes: int
    """That the disk got back."""
    kept: Mapping[str, tuple[str, ...]]
    """Repositories that stay, wholly or in part, to the ids of the cards that use them."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a card asks of one repository."""

    repo: str
    pinned: str | None
    patterns: tuple[str, ...]


def needs(card: Card) -> tuple[Need, ...]:
    """Repositories of a card: its own first, then its adapters'."""
    return (Need(card.repo, card.revision, card.files), *map(_adapter_need, card.adapters))


def _adapter_need(adapter: Adapter) -> Need:
    return Need(adapter.repo, adapter.revision, (adapter.file,))


class Weights:
    """The weights below `config.models`. Safe to use from several threads and processes; asks no network."""

    def __init__(self, config: EngineConfig) -> None:
        self._root = config.models

    @property
    def root(self) -> Path:
        """Folder that everything lies below."""
        return self._root

    def receipt(self, repo: str) -> Receipt | None:
        """What was verified of a repository; None where nothing was."""
        path = self._receipt_path(repo)
        try:
            status = path.stat()
        except OSError:
            return None
        return _receipt(path, status.st_mtime_ns, status.st_ino)

    def installed(self, card: Card) -> bool:
        """Whether everything that the card needs is whole on this machine and its licence accepted. Takes milliseconds."""
        return self.accepted(card) and not any(map(self.lacks, needs(card)))

    def missing(self, card: Card) -> str:
        """What keeps the card from being used, in a sentence that says what to do; empty if nothing does."""
        lacking = [lack for each in needs(card) if (lack := self.lacks(each))]
        pull = f"`workbench models pull {card.id}`"
        if not lacking:
            return "" if self.accepted(card) else f"{card.title} needs its licence accepted ({_terms(card)}): {pull}."
        licence = "" if self.accepted(card) else f" after its licence is accepted ({_terms(card)})"
        named = licence or f" ({', '.join(dict.fromkeys(each.name for each in licences(card).values()))})"
        return f"{card.title} {lacking[0]}: {pull} fetches up to {self.download_gb(card):.1f} GB{named}."

    def download_gb(self, card: Card) -> float:
        """About how much is still to be fetched for a card, in GB (1e9 bytes), by the card's figures."""
        own, *others = (bool(self.lacks(each)) for each in needs(card))
        adapters = sum(each.gigabytes for each, lacks in zip(card.adapters, others, strict=True) if lacks)
        return own * card.weights_gigabytes + adapters

    def folder(self, card: Card) -> Path:
        """Folder of the card's own repository, for `from_pretrained`. Raises MissingWeights, LicenceNotAccepted, DamagedWeights."""
        if not self.accepted(card):
            raise LicenceNotAccepted(self.missing(card))
        return self._checked(needs(card)[0], card.title, f"workbench models pull {card.id}")

    def adapter(self, adapter: Adapter) -> Path:
        """File of an adapter. Raises MissingWeights and DamagedWeights."""
        name = f"{adapter.file} of {adapter.repo}"
        return self._checked(_adapter_need(adapter), name, "workbench models pull with the card that uses it") / adapter.file

    def adopt(
        self,
        repo: str,
        source: Path,
        files: Sequence[str] = ALLOWED_FILES,
        revision: str | None = None,
        watch: Watch = unwatched,
    ) -> Receipt:
        """Take the files of a local folder in as those of a repository, and prove them whole.

        Links them where both are on one disk, copies them otherwise. Raises MissingWeights where none is wanted,
        DamagedWeights where one is not what its name says, and DiskFull.
        """
        root = source.parents[2] if source.parent.name == "snapshots" else source  # the hub's own cache links to its blobs
        names = listed(source, files, root)
        if not names:
            raise MissingWeights(f"{source} holds nothing of {repo}: no file like {', '.join(files)}")
        check_repository(source, names, files)
        total = sum((source / name).stat().st_size for name in names)
        with self.lock(repo), writing(self._root):
            folder = self.snapshot(repo, revision or LOCAL)
            folder.mkdir(parents=True, exist_ok=True)
            need_room(folder, total if source.stat().st_dev != folder.stat().st_dev else 0)
            before = self.receipt(repo)
            if before is not None and before.revision == (revision or LOCAL):
                self.withdraw(repo)  # its files change in place
            done = Counted(f"checking {repo}", total, watch)
            stored = {name: _taken(source / name, folder / name, done) for name in names}
            return self.record(Receipt(repo, revision or LOCAL, stored, tuple(files)), before)

    def accept(self, card: Card) -> None:
        """Note that the licences of a card and its adapters were accepted on this machine."""
        with self.lock("accepted"):
            path = self._root / ACCEPTED
            write_json(path, read_json(path) | {repo: _licence_text(licence) for repo, licence in licences(card).items()})

    def accepted(self, card: Card) -> bool:
        """Whether the card's licences, as the card names them now, were accepted; those that need no accepting are."""
        if not card.opt_in:
            return True
        known = read_json(self._root / ACCEPTED)
        return all(known.get(repo) == _licence_text(licence) for repo, licence in licences(card).items())

    def revision(self, repo: str, pinned: str | None) -> str | None:
        """Commit hash that a repository is kept to: this machine's pin before the card's. None: unpinned."""
        pin = read_json(self._root / PINS).get(repo)
        return pin if isinstance(pin, str) else pinned

    def pin(self, repo: str, revision: str) -> None:
        """Keep a repository to a commit hash on this machine."""
        with self.lock("pins"), writing(self._root):
            path = self._root / PINS
            write_json(path, read_json(path) | {repo: revision})

    def state(self, card: Card) -> State:
        """How much of a card is here."""
        lacks = [self.lacks(each) for each in needs(card)]
        if any(lacks):
            here = any(self._folder(each.repo).exists() for each in needs(card))
            return State.PARTLY if here else State.ABSENT
        return State.INSTALLED if self.accepted(card) else State.LICENCE

    def snapshot(self, repo: str, revision: str) -> Path:
        """Where the files of a revision lie."""
        return self._folder(repo) / revision

    def partial(self, repo: str) -> Path:
        """Where the beginnings of downloads lie."""
        return self._folder(repo) / "partial"

    @contextmanager
    def lock(self, name: str, watch: Watch = unwatched) -> Iterator[None]:
        """Alone with a repository, among all threads and processes."""
        from filelock import FileLock  # brings asyncio along, which asking what is here doesn't need

        path = self._root / "locks" / f"{_flat(name)}.lock"
        with writing(self._root):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            while not _acquired(lock):
                watch(f"waiting for another process to be done with {name}", 0, 0)
        try:
            yield
        finally:
            lock.release()

    def withdraw(self, repo: str) -> Receipt | None:
        """Take the receipt back before files change, so that a half-changed repository has none; returns what it was."""
        receipt = self.receipt(repo)
        self._receipt_path(repo).unlink(missing_ok=True)
        return receipt

    def record(self, receipt: Receipt, before: Receipt | None = None) -> Receipt:
        """Write the receipt of verified files and remove what it replaces; `before` is kept as far as it is the same revision."""
        whole = _merged(before, receipt)
        write_json(self._receipt_path(whole.repo), _as_json(whole))
        self._sweep(whole)
        return whole

    def same_content(self, stored: Stored) -> Path | None:
        """A verified file of any repository with that content."""
        for path in sorted((self._root / RECEIPTS).glob("*.json")):
            receipt = self.receipt(path.stem.replace("--", "/"))
            for name, each in receipt.files.items() if receipt else ():
                found = self.snapshot(receipt.repo, receipt.revision) / name if receipt and each == stored else None
                if found is not None and regular_size(found) == stored.size:
                    return found
        return None

    def verify(self, *cards: Card, watch: Watch = unwatched) -> tuple[Receipt, ...]:
        """Hash every file of cards again and compare it with its receipt; repositories that cards share are read once.

        Damaged files are removed with the receipt, so that the next pull fetches them. Raises MissingWeights, and
        DamagedWeights with all files that differ.
        """
        owners = {need.repo: card for card in reversed(cards) for need in needs(card)}
        receipts = {repo: self._proved(repo, card) for repo, card in owners.items()}
        checked = {repo: self._wrong(each, watch) for repo, each in receipts.items()}
        wrong = {owners[repo].id: names for repo, names in checked.items() if names}
        if wrong:
            files = ", ".join(chain.from_iterable(wrong.values()))
            again = f"they were removed; run: workbench models pull {' '.join(wrong)}"
            raise DamagedWeights(f"these files are not what was fetched: {files}; {again}")
        return tuple(receipts.values())

    def remove(self, cards: Sequence[Card], others: Iterable[Card]) -> Removed:
        """Remove the weights of `cards` that none of `others` needs to stay installed."""
        staying = [each for each in others if self.installed(each)]
        total, kept = 0, {}
        for repo in dict.fromkeys(need.repo for card in cards for need in needs(card)):
            users = {card.id: need.patterns for card in staying for need in needs(card) if need.repo == repo}
            with self.lock(repo), writing(self._root):
                total += self._trim(repo, tuple(chain.from_iterable(users.values())))
            if users:
                kept[repo] = tuple(users)
        return Removed(total, kept)

    def _trim(self, repo: str, patterns: Sequence[str]) -> int:
        receipt = self.withdraw(repo)
        if receipt is None or not patterns:
            return removed(self._folder(repo))
        staying = {name: each for name, each in receipt.files.items() if wanted(name, patterns)}
        write_json(self._receipt_path(repo), _as_json(replace(receipt, files=staying, patterns=tuple(dict.fromkeys(patterns)))))
        return self._sweep(replace(receipt, files=staying))

    def _sweep(self, receipt: Receipt) -> int:
        """Remove everything of a repository that the receipt doesn't name; returns the bytes freed."""
        folder = self._folder(receipt.repo)
        keep = {self.snapshot(receipt.repo, receipt.revision) / name for name in receipt.files}
        return removed(folder, keep)

    def _proved(self, repo: str, card: Card) -> Receipt:
        receipt = self.receipt(repo)
        if receipt is None:
            raise MissingWeights(self.missing(card))
        return receipt

    def _wrong(self, receipt: Receipt, watch: Watch) -> list[str]:
        """Names of files that are not what the receipt says; they are removed with it."""
        folder = self.snapshot(receipt.repo, receipt.revision)
        done = Counted(f"checking {receipt.repo}", receipt.bytes, watch)
        with self.lock(receipt.repo), writing(self._root):
            wrong = [name for name, each in receipt.files.items() if not _same(folder / name, each, done)]
            if wrong:
                self.withdraw(receipt.repo)
                for name in wrong:
                    (folder / name).unlink(missing_ok=True)
        return [f"{receipt.repo}/{name}" for name in wrong]

    def lacks(self, need: Need) -> str:
        """What a repository lacks, as the end of a sentence; empty if nothing."""
        receipt = self.receipt(need.repo)
        if receipt is None:
            return "is only partly on this machine" if self._folder(need.repo).exists() else "is not on this machine"
        asked = self.revision(need.repo, need.pinned)
        if asked is not None and receipt.revision not in (asked, LOCAL):
            return f"is on this machine as revision {receipt.revision[:12]}, where {asked[:12]} is asked for"
        if not receipt.covers(need.patterns):
            return "is only partly on this machine"
        return "is damaged on this machine" if self._changed(receipt, need) else ""

    def _changed(self, receipt: Receipt, need: Need) -> tuple[str, ...]:
        """Files that are gone or have another size."""
        folder = self.snapshot(receipt.repo, receipt.revision)
        files = ((name, each) for name, each in receipt.files.items() if wanted(name, need.patterns))
        return tuple(name for name, each in files if regular_size(folder / name) != each.size)

    def _checked(self, need: Need, title: str, pull: str) -> Path:
        receipt, lacks = self.receipt(need.repo), self.lacks(need)
        changed = self._changed(receipt, need) if receipt else ()
        if receipt is not None and changed:
            names = ", ".join(f"{self.snapshot(need.repo, receipt.revision) / name}" for name in changed)
            raise DamagedWeights(f"{title} is damaged on this machine: {names} gone or of another size; run: {pull}")
        if receipt is None or lacks:
            raise MissingWeights(f"{title} {lacks}; run: {pull}")
        folder = self.snapshot(need.repo, receipt.revision)
        check_files(folder, (name for name in receipt.files if wanted(name, need.patterns)))
        self._check_touched(receipt, need, title)
        return folder

    def _check_touched(self, receipt: Receipt, need: Need, title: str) -> None:
        """Hash what was written to after the receipt; DamagedWeights where it is no longer what was verified."""
        path, folder = self._receipt_path(need.repo), self.snapshot(need.repo, receipt.revision)
        since = path.stat().st_mtime_ns
        files = ((name, each) for name, each in receipt.files.items() if wanted(name, need.patterns))
        touched = {name: each for name, each in files if (folder / name).stat().st_mtime_ns >= since}
        if not touched:
            return
        done = Counted(f"checking {need.repo}", sum(each.size for each in touched.values()), unwatched)
        wrong = [name for name, each in touched.items() if not _same(folder / name, each, done)]
        if wrong:
            again = f"run: workbench models verify, then pull, with the model that uses {need.repo}"
            raise DamagedWeights(f"{title} was changed after it was checked: {', '.join(wrong)} of {need.repo}; {again}")
        utime(path)  # so that they are not hashed again for every loan

    def _folder(self, repo: str) -> Path:
        return self._root / "repositories" / _flat(repo)

    def _receipt_path(self, repo: str) -> Path:
        return self._root / RECEIPTS / f"{_flat(repo)}.json"


def _includes(wide: str, narrow: str) -> bool:
    """Whether a pattern takes all that another takes: `*` takes in whatever is written in its place, also another `*`."""
    return wide == narrow or (not set(wide) & set("?[") and fnmatchcase(narrow.lower(), wide.lower()))


def _acquired(lock: "FileLock") -> bool:
    from filelock import Timeout

    try:
        lock.acquire(timeout=1)
    except Timeout:
        return False
    return True


def licences(card: Card) -> Mapping[str, Licence]:
    """Licences of a card's repositories."""
    return {card.repo: card.licence} | {each.repo: each.licence for each in card.adapters}


def check_repository(folder: Path, names: Sequence[str], patterns: Sequence[str]) -> None:
    """All that can be said of files before they count as a repository; raises DamagedWeights."""
    check_files(folder, names)
    for part in parts(folder):
        if wanted(f"{part}/config.json", patterns) and not any(each.startswith(f"{part}/") for each in names):
            raise DamagedWeights(f"{folder} lacks its part {part}; the repository is not whole")


def _taken(source: Path, target: Path, done: Counted) -> Stored:
    link_or_copy(source, target)
    digest = sha256(target, done)
    return Stored(target.stat().st_size, digest)


def _same(path: Path, stored: Stored, done: Counted) -> bool:
    return regular_size(path) == stored.size and sha256(path, done) == stored.sha256


def _merged(before: Receipt | None, new: Receipt) -> Receipt:
    if before is None or before.revision != new.revision:
        return new
    kept = {name: each for name, each in before.files.items() if not wanted(name, new.patterns)}
    return replace(new, files=kept | dict(new.files), patterns=tuple(dict.fromkeys((*before.patterns, *new.patterns))))


@lru_cache(maxsize=256)
def _receipt(path: Path, mtime_ns: int, inode: int) -> Receipt | None:
    read = read_json(path)
    try:
        files = {name: Stored(int(each["size"]), str(each["sha256"])) for name, each in read["files"].items()}
        return Receipt(str(read["repo"]), str(read["revision"]), files, tuple(map(str, read["patterns"])))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None  # unreadable: no proof


def _as_json(receipt: Receipt) -> dict[str, Any]:
    files = {name: {"size": each.size, "sha256": each.sha256} for name, each in receipt.files.items()}
    return {"repo": receipt.repo, "revision": receipt.revision, "files": files, "patterns": list(receipt.patterns)}


def _flat(repo: str) -> str:
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", repo, re.ASCII) or ".." in repo:
        raise BadCard(f"{repo!r} is no repository; write it as ORG/NAME")
    return repo.replace("/", "--")


def _licence_text(licence: Licence) -> str:
    return f"{licence.name}, {licence.link}"


def _terms(card: Card) -> str:
    texts = (f"{each.name}{'' if each.commercial else ', no commercial use'}, {each.link}" for each in licences(card).values())
    return "; ".join(dict.fromkeys(texts))
