"""Which outputs can be put side by side, and which of them next."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import sha256
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image

from eval.arena.shelf import Entrant, Run, Shelf, entrant_of
from eval.runs.row import Row

VIDEO = ".mp4"


@dataclass(frozen=True, slots=True)
class Side:
    """One output of a match."""

    entrant: Entrant
    run: Run
    row: Row

    @property
    def video(self) -> bool:
        """Whether it is one."""
        return self.row.picture.endswith(VIDEO)

    @property
    def picture(self) -> Path:
        """Its file."""
        return self.run.picture(self.row)


@dataclass(frozen=True)
class Match:
    """Two outputs of the same case and seed by two entrants, in an order that says nothing."""

    one: Side
    other: Side

    @property
    def row(self) -> Row:
        """For what both sides share: tool, suite, case, kind, seed."""
        return self.one.row

    @cached_property
    def key(self) -> str:
        """16 hex digits; the same whichever side comes first."""
        sides = sorted(f"{each.entrant.run}|{each.row.cell}" for each in (self.one, self.other))
        return sha256("|".join(sides).encode()).hexdigest()[:16]

    @property
    def entrants(self) -> tuple[Entrant, Entrant]:
        """Both, by name."""
        one, other = sorted((self.one.entrant, self.other.entrant))
        return one, other


@dataclass(slots=True)
class Tally:
    """How often something was voted on so far."""

    tools: Counter[str] = field(default_factory=Counter)
    entrants: Counter[tuple[Entrant, Entrant]] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    matches: Counter[str] = field(default_factory=Counter)


def matches_of(shelf: Shelf) -> tuple[Match, ...]:
    """Every pair of outputs of the same tool, suite, version, case and seed that the runs on the shelf have."""
    asked: dict[tuple[str, str, str, str, int], list[Side]] = defaultdict(list)
    for run in shelf.runs.values():
        for row in run.results.made():
            if row.done and row.picture:
                asked[row.tool, row.suite, row.suite_version, row.case, row.seed].append(Side(entrant_of(run.id, row), run, row))
    return tuple(
        Match(one, other)
        for sides in asked.values()
        for one, other in combinations(sides, 2)
        if one.entrant != other.entrant and one.video == other.video
    )


def in_turn(matches: Iterable[Match], tally: Tally, seed: str) -> Iterator[Match]:
    """Matches in the order in which they should be voted on.

    The tool, then the pair of settings, the case and the match with the fewest votes come first; equals by a chance that `seed`
    decides.
    """
    found = list(matches)
    chance = generator(seed).random(len(found))

    def turn(at: int) -> tuple[float, ...]:
        match = found[at]
        return (
            tally.tools[match.row.tool],
            tally.entrants[match.entrants],
            tally.cases[case_key(match.row)],
            tally.matches[match.key],
            float(chance[at]),
        )

    return (found[at] for at in sorted(range(len(found)), key=turn))


def generator(*told: str) -> np.random.Generator:
    """Chance that depends on nothing but texts."""
    return np.random.default_rng(int.from_bytes(sha256("|".join(told).encode()).digest()[:8]))


def case_key(row: Row) -> str:
    """A case's name among all tools and suites."""
    return f"{row.suite}/{row.tool}/{row.case}"


def identical(match: Match) -> bool:
    """Whether nobody could tell the two apart: the same pixels, or for videos the same file."""
    return _digest_at(match.one.picture) == _digest_at(match.other.picture)


def missing(match: Match) -> bool:
    """Whether a picture is no longer there."""
    return not (match.one.picture.is_file() and match.other.picture.is_file())


def _digest_at(path: Path) -> str:
    return _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=65536)
def _digest(path: Path, _changed: int) -> str:
    if path.suffix == VIDEO:
        return sha256(path.read_bytes()).hexdigest()
    with Image.open(path) as image:
        shown = image.convert("RGBA")
    return sha256(f"{shown.size}".encode() + shown.tobytes()).hexdigest()


def tools_of(matches: Iterable[Match]) -> Mapping[str, int]:
    """Tools in the order of the runs, with how many matches each has."""
    return Counter(match.row.tool for match in matches)
