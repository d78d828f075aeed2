"""Keeping repositories to a commit."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.diffusion.cards import Card
from pipelines.diffusion.weights.hub import NEWEST, Hub
from pipelines.diffusion.weights.store import Need, Weights, needs

COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Pin:
    """A repository and the commit that it is kept to from now on."""

    repo: str
    revision: str
    before: str | None
    """What it was kept to; None: nothing."""


def unpinned(cards: Iterable[Card], weights: Weights) -> tuple[Need, ...]:
    """Repositories of cards that nothing keeps to a commit, each once."""
    loose = {need.repo: need for card in cards for need in needs(card) if weights.revision(need.repo, need.pinned) is None}
    return tuple(loose.values())


def pin(repositories: Iterable[Need], weights: Weights, hub: Hub, revision: str | None = None) -> tuple[Pin, ...]:
    """Keep repositories to `revision`, or each to the newest commit that it has. Only a full hash is taken unasked.

    Raises DownloadFailed where a commit can't be looked up.
    """
    return tuple(_pinned(each, weights, hub, revision or NEWEST) for each in repositories)


def _pinned(need: Need, weights: Weights, hub: Hub, revision: str) -> Pin:
    before = weights.revision(need.repo, need.pinned)
    commit = revision if COMMIT.fullmatch(revision) else hub.commit(need.repo, revision)
    weights.pin(need.repo, commit)
    return Pin(need.repo, commit, before)
