"""Bringing a card's weights onto this machine: looked up, room made sure of, fetched, verified, and only then counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.diffusion.cards import Card
from pipelines.diffusion.weights.files import (
    Counted,
    Watch,
    git_sha1,
    link_or_copy,
    need_room,
    regular_size,
    sha256,
    unwatched,
    wanted,
    writing,
)
from pipelines.diffusion.weights.hub import NEWEST, Hub, Remote
from pipelines.diffusion.weights.inspect import SAFETENSORS, check_safetensors
from pipelines.diffusion.weights.store import Need, Receipt, Stored, Weights, check_repository, needs
from pipelines.errors import DamagedWeights, DownloadFailed, LicenceNotAccepted


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be fetched of one repository."""

    need: Need
    revision: str
    """Commit hash."""
    files: tuple[Remote, ...]


def pull(cards: Sequence[Card], weights: Weights, hub: Hub, watch: Watch = unwatched) -> tuple[Receipt, ...]:
    """Fetch what the cards lack and write the receipts; what is already here is not asked for.

    Raises LicenceNotAccepted, DownloadFailed, DiskFull and DamagedWeights. Whatever had arrived stays, and the next pull
    goes on from there.
    """
    if closed := [each for each in cards if not weights.accepted(each)]:
        raise LicenceNotAccepted(weights.missing(closed[0]))
    lacking = dict.fromkeys(need for card in cards for need in needs(card) if weights.lacks(need))
    orders = tuple(order(each, weights, hub) for each in lacking)
    need_room(weights.root, to_fetch(orders, weights))
    return tuple(_filled(each, weights, hub, watch) for each in orders)


def order(need: Need, weights: Weights, hub: Hub) -> Order:
    """The files of a repository that a card needs, at its revision: the pinned one, else the newest."""
    revision = hub.commit(need.repo, weights.revision(need.repo, need.pinned) or NEWEST)
    files = tuple(each for each in hub.files(need.repo, revision) if wanted(each.name, need.patterns))
    if not files:
        raise DownloadFailed(f"{need.repo} holds nothing like {', '.join(need.patterns)} at revision {revision}; check the card")
    return Order(need, revision, files)


def to_fetch(orders: Sequence[Order], weights: Weights) -> int:
    """Bytes that still have to be written for orders; the same content counts once."""
    missing = {file.content: file.size - _here(file, each, weights) for each in orders for file in each.files}
    return sum(missing.values())


def _here(remote: Remote, order: Order, weights: Weights) -> int:
    """Bytes of a file that are on this machine already, as far as their number says."""
    if regular_size(_target(remote, order, weights)) == remote.size or _same(remote, weights) is not None:
        return remote.size
    return min(remote.size, regular_size(_partial(remote, order, weights)) or 0)


def _target(remote: Remote, order: Order, weights: Weights) -> Path:
    return weights.snapshot(order.need.repo, order.revision) / remote.name


def _partial(remote: Remote, order: Order, weights: Weights) -> Path:
    return weights.partial(order.need.repo) / f"{remote.content}.part"


def _same(remote: Remote, weights: Weights) -> Path | None:
    """A verified file with the same content, of this or another repository: models share their encoders."""
    return weights.same_content(Stored(remote.size, remote.sha256)) if remote.sha256 else None


def _filled(order: Order, weights: Weights, hub: Hub, watch: Watch) -> Receipt:
    repo = order.need.repo
    with weights.lock(repo, watch), writing(weights.root):
        receipt = weights.receipt(repo)
        if receipt is not None and not weights.lacks(order.need):
            return receipt  # somebody else was faster
        done = Counted(f"fetching {repo}", sum(each.size for each in order.files), watch)
        stored = {each.name: _brought(each, order, weights, hub, done) for each in order.files}
        check_repository(weights.snapshot(repo, order.revision), tuple(stored), order.need.patterns)
        if order.need.pinned is None:
            weights.pin(repo, order.revision)
        return weights.record(Receipt(repo, order.revision, stored, order.need.patterns), receipt)


def _brought(remote: Remote, order: Order, weights: Weights, hub: Hub, done: Counted) -> Stored:
    """One file, verified, in its place; taken from this machine where that has it."""
    target = _target(remote, order, weights)
    if (stored := _kept(remote, target, weights)) is not None:
        done(remote.size)
        return stored
    partial = _partial(remote, order, weights)
    partial.parent.mkdir(parents=True, exist_ok=True)
    if (regular_size(partial) or 0) > remote.size:
        partial.unlink()
    partial.touch()
    done(partial.stat().st_size)
    hub.download(order.need.repo, order.revision, remote, partial, done)
    stored = _proof(partial, remote)
    if stored is None:
        partial.unlink()
        raise DamagedWeights(
            f"{remote.name} of {order.need.repo} arrived damaged: it is not the {remote.content} that the hub lists; "
            "it was thrown away, so pull again"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    partial.replace(target)
    if target.name.lower().endswith(SAFETENSORS):
        _refuse_fake(target)
    return stored


def _kept(remote: Remote, target: Path, weights: Weights) -> Stored | None:
    """The proof of a file that lies in its place, or that another repository has."""
    if regular_size(target) is None and (same := _same(remote, weights)) is not None:
        link_or_copy(same, target)
    if regular_size(target) is None:
        return None
    stored = _proof(target, remote)
    if stored is None:
        target.unlink()
    return stored


def _proof(path: Path, remote: Remote) -> Stored | None:
    """What a file is, if it is what the hub says."""
    if path.stat().st_size != remote.size:
        return None
    digest = sha256(path)
    return Stored(remote.size, digest) if remote.content in (digest, git_sha1(path)) else None


def _refuse_fake(path: Path) -> None:
    try:
        check_safetensors(path)
    except DamagedWeights:
        path.unlink()
        raise
