"""Votes as JSON Lines: one vote a line, UTF-8, so that files can be put together with `cat` and read by anything."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from eval.arena.vote import Vote
from eval.arena.votes import Added, Votes
from eval.errors import BadVote

MAX_LINE = 8192
"""Bytes of the longest line; a vote takes about 600."""
MAX_VOTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file of votes."""

    added: Added
    foreign: dict[str, int]
    """Votes of the file by ids of runs that aren't here; they are kept, and count once those runs are."""

    def told(self) -> str:
        """In words."""
        added = self.added
        words = [f"{added.new} new {_votes(added.new)}, {added.known} already here"]
        if added.different:
            words.append(f"{added.different} told something else than the {_votes(added.different)} here and were passed over")
        words += [
            f"{count} {_votes(count)} of run {run}, which is not here: kept apart until its folder is added"
            for run, count in self.foreign.items()
        ]
        return "; ".join(words)


def lines_of(votes: Iterable[Vote]) -> Iterator[str]:
    """One line a vote, each with its end."""
    return (json.dumps(each.as_json(), ensure_ascii=False, sort_keys=True) + "\n" for each in votes)


def read_votes(file: BinaryIO) -> tuple[Vote, ...]:
    """Every vote of a file of lines. Raises BadVote that names the line; then nothing of the file counts."""
    found: dict[str, Vote] = {}
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadVote(f"line {number} is longer than {MAX_LINE} bytes; give the file that `python -m eval arena export` made")
        if not line.strip():
            continue
        try:
            vote = Vote.of_line(line)
        except BadVote as error:
            raise BadVote(f"line {number} is no vote: {error}; nothing was imported") from error
        if found.setdefault(vote.token, vote) != vote:
            raise BadVote(f"line {number} has the token of an earlier line and tells another vote; nothing was imported")
        if len(found) > MAX_VOTES:
            raise BadVote(f"the file has more than {MAX_VOTES} votes; split it")
    return tuple(found.values())


def take_in(votes: Votes, file: BinaryIO, here: Collection[str]) -> Imported:
    """Keep the votes of a file; `here` are the ids of the runs on the shelf. Raises BadVote, then nothing was kept."""
    given = read_votes(file)
    foreign: dict[str, int] = {}
    for vote in given:
        for run in sorted(vote.runs - set(here)):
            foreign[run] = foreign.get(run, 0) + 1
    return Imported(votes.add(given), foreign)


def _votes(count: int) -> str:
    return "vote" if count == 1 else "votes"
