"""Taking a card's weights from a folder that was brought here by other means than a download."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.diffusion.cards import Card
from pipelines.diffusion.weights.files import Watch, unwatched, wanted
from pipelines.diffusion.weights.inspect import PIPELINE
from pipelines.diffusion.weights.store import Need, Receipt, Weights, needs
from pipelines.errors import LicenceNotAccepted, MissingWeights

LAYOUTS = "the repository's own files, ORG/NAME, ORG--NAME, a hub cache (models--ORG--NAME), or another machine's models folder"
HASH = 40
"""Characters of a commit hash."""


@dataclass(frozen=True, slots=True)
class Source:
    """A folder that holds a repository."""

    folder: Path
    revision: str | None
    """Commit hash, where the folder's name says it."""


def adopt(card: Card, weights: Weights, directory: Path, watch: Watch = unwatched) -> tuple[Receipt, ...]:
    """Take what the card lacks from `directory`, in any of the `LAYOUTS`.

    Raises LicenceNotAccepted, MissingWeights where it is not there, DamagedWeights and DiskFull.
    """
    if not weights.accepted(card):
        raise LicenceNotAccepted(weights.missing(card))
    lacking = [each for each in needs(card) if weights.lacks(each)]
    sources = [find(directory, each, weights.revision(each.repo, each.pinned)) for each in lacking]
    return tuple(_adopted(need, source, weights, watch) for need, source in zip(lacking, sources, strict=True))


def _adopted(need: Need, source: Source, weights: Weights, watch: Watch) -> Receipt:
    receipt = weights.adopt(need.repo, source.folder, need.patterns, source.revision, watch)
    if need.pinned is None and source.revision is not None:
        weights.pin(need.repo, source.revision)
    return receipt


def find(directory: Path, need: Need, revision: str | None) -> Source:
    """Where `directory` holds a repository, at `revision` if that is given and the folder says which it has.

    Raises MissingWeights with what was looked for.
    """
    flat = need.repo.replace("/", "--")
    for cache in (directory / f"models--{flat}", directory / "hub" / f"models--{flat}"):
        if (cache / "snapshots").is_dir():
            return _of_cache(cache, need, revision)
    for folder in (directory / "repositories" / flat, directory / need.repo, directory / flat):
        if folder.is_dir():
            revisions = _revisions(folder)
            return _picked(folder, revisions, need, revision) if revisions else Source(folder, None)
    if _is_repository(directory, need):
        return Source(directory, directory.name if _is_hash(directory.name) else None)
    raise MissingWeights(f"{directory} holds nothing of {need.repo}; it may be laid out as {LAYOUTS}")


def _of_cache(cache: Path, need: Need, revision: str | None) -> Source:
    snapshots = cache / "snapshots"
    newest = cache / "refs" / "main"
    return _picked(snapshots, _revisions(snapshots), need, revision or (newest.read_text().strip() if newest.is_file() else None))


def _picked(folder: Path, revisions: tuple[str, ...], need: Need, revision: str | None) -> Source:
    """The revision that is asked for; without one, the only one that there is."""
    asked = revision or (revisions[0] if len(revisions) == 1 else None)
    if asked not in revisions:
        there = ", ".join(revisions) or "no revision"
        raise MissingWeights(
            f"{folder} holds {there} of {need.repo}, where {asked or 'one'} is asked for; "
            "choose one: workbench models pin ID --revision HASH"
        )
    return Source(folder / asked, asked)


def _revisions(folder: Path) -> tuple[str, ...]:
    return tuple(sorted(each.name for each in folder.iterdir() if each.is_dir() and _is_hash(each.name)))


def _is_hash(name: str) -> bool:
    return len(name) == HASH and set(name) <= set("0123456789abcdef")


def _is_repository(directory: Path, need: Need) -> bool:
    """Whether a folder is a repository itself: it has a pipeline's index, or the very file that is asked for."""
    named = (each for each in (PIPELINE, *need.patterns) if wanted(each, need.patterns))
    return any((directory / each).is_file() for each in named)
