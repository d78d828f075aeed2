"""The arena of one studio: what is dealt to whom, what is shown of it, and what comes of the votes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path
from re import fullmatch
from secrets import token_hex
from threading import Lock
from typing import BinaryIO, Self

from sqlalchemy.exc import IntegrityError

from eval.arena.exchange import Imported, lines_of, take_in
from eval.arena.matches import Match, Side, generator, identical, in_turn, matches_of, missing, tools_of
from eval.arena.report import Report, names_of, report
from eval.arena.shelf import Read, Shelf, fill_shelf, run_folders, stamp
from eval.arena.showing import Background, Cases, background, bare
from eval.arena.vote import CHOICES, MAX_SECONDS, VOTER, Choice, Shown, Vote, now_utc
from eval.arena.votes import Deal, Votes
from eval.errors import BadVote
from workbench.views import FileView

SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class Pair:
    """What a person is told before the vote: nothing of the settings."""

    token: str
    tool: str
    video: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """The next pair, if there is one, and where the person stands."""

    pair: Pair | None
    voted: int
    to_go: int
    """Pairs that this person has not voted on; those with identical pictures are only found and left out as they come."""
    tools: Mapping[str, int] = field(default_factory=dict)
    """Tools that have pairs, and how many each has."""
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Folders of runs that can't be read, and why."""


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a person is told after the vote."""

    choice: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class _Dealt:
    """A deal with the match that it stands for."""

    deal: Deal
    match: Match

    @property
    def sides(self) -> tuple[Side, Side]:
        """Left and right."""
        one, other = self.match.one, self.match.other
        return (one, other) if (one.run.id, one.row.cell) == (self.deal.left_run, self.deal.left_cell) else (other, one)


class _Ready:
    """A shelf with its matches."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self.matches = {each.key: each for each in matches_of(shelf)}
        self.tools = tools_of(self.matches.values())
        self.background = lru_cache(maxsize=32)(self._background)

    def _background(self, cases: Cases, run: str, case_id: str) -> Background:
        return background(cases, self.shelf.runs[run].results.manifest, case_id)


class Arena:
    """Pairs out, votes in; safe to use from several threads, beside other processes."""

    def __init__(self, home: Path, read: Read, cases: Cases, *, seed: int = 0) -> None:
        """`seed` decides which side is left, and the order of pairs that are equally due."""
        self._home, self._read, self._cases, self._seed = home, read, cases, str(seed)
        self._lock = Lock()
        self._stamp = ""
        self._ready = _Ready(Shelf())

    @cached_property
    def votes(self) -> Votes:
        """The file of votes, opened when it is first needed."""
        return Votes(self._home)

    def close(self) -> None:
        """Close the file of votes, if it was opened."""
        if "votes" in self.__dict__:
            self.votes.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def shelf(self) -> Shelf:
        """The runs as they are now."""
        return self._now().shelf

    def offer(self, voter: str, tool: str = "") -> Offer:
        """The pair that this person has open, else a new one, of one tool or of any. Raises BadVote for an id that is none."""
        _check(voter)
        ready = self._now()
        wanted = {key: each for key, each in ready.matches.items() if tool in ("", each.row.tool)}
        with self.votes.dealing() as table:
            opened = [each for each in table.open(voter, ready.tools) if each.match in wanted]
            seen, tally = table.seen(voter), table.tally()
        rest = [each for key, each in wanted.items() if key not in seen]
        turns = in_turn(rest, tally, f"{self._seed}|{voter}|{len(seen)}")
        dealt = opened[0] if opened else self._deal(voter, (each for each in turns if not missing(each) and not identical(each)))
        pair = None if dealt is None else _pair(_Dealt(dealt, wanted[dealt.match]))
        to_go = len(rest) + len(opened) if pair else 0
        return Offer(pair, self.votes.count(voter), to_go, ready.tools, ready.shelf.unreadable)

    def vote(self, voter: str, token: str, choice: str, seconds: float) -> Revealed:
        """Keep a vote and tell who was who; a repeat keeps the first. Raises BadVote."""
        _check(voter)
        if choice not in CHOICES:
            raise BadVote(f"{choice!r} is no vote; it is one of {', '.join(CHOICES)}")
        dealt = self._dealt(token)
        passed = (now_utc() - dealt.deal.at).total_seconds()
        took = max(0.0, min(float(seconds), passed, MAX_SECONDS))
        return _reveal(self.votes.cast(_vote(dealt, voter, choice, took)))

    def undo(self, voter: str) -> bool:
        """Take back the person's last vote; whether there was one. Its pair is what `offer` answers next."""
        _check(voter)
        return self.votes.undo(voter) is not None

    def tool(self, token: str) -> str:
        """The tool of a dealt pair. Raises BadVote for an unknown token."""
        return self._dealt(token).deal.tool

    def background(self, token: str) -> Background:
        """Prompt and input pictures of a dealt pair. Raises BadVote for an unknown token."""
        match = self._dealt(token).match
        return self._ready.background(self._cases, match.one.run.id, match.row.case)

    def file(self, token: str, name: str) -> FileView:
        """`left`, `right` or `input-0` of a dealt pair: names that tell nothing. Raises BadVote where there is none."""
        dealt = self._dealt(token)
        if name in SIDES:
            return bare(dealt.sides[SIDES.index(name)].picture)
        inputs = self.background(token).inputs
        number = fullmatch(r"input-(\d{1,2})", name)
        if number is None or int(number[1]) >= len(inputs):
            raise BadVote(f"a pair has no picture {name!r}")
        return inputs[int(number[1])].file

    def report(self, *, resamples: int = 1000) -> Report:
        """What all votes on the runs here say."""
        return report(self.votes.all(), self.shelf(), resamples=resamples)

    def exported(self) -> str:
        """Every vote as a line of JSON."""
        return "".join(lines_of(self.votes.all()))

    def imported(self, file: BinaryIO) -> Imported:
        """Take in a file of votes. Raises BadVote; then nothing was kept."""
        return take_in(self.votes, file, self.shelf().runs)

    def _now(self) -> _Ready:
        folders = run_folders(self._home, self.votes.runs())
        now = stamp(folders)
        with self._lock:
            if now != self._stamp:
                self._ready, self._stamp = _Ready(fill_shelf(folders, self._read)), now
            return self._ready

    def _deal(self, voter: str, turns: Iterator[Match]) -> Deal | None:
        """The first match that nobody dealt to this person meanwhile, from another window of theirs."""
        for match in islice(turns, 5):
            deal = self._new_deal(voter, match)
            try:
                with self.votes.dealing() as table:
                    table.add(deal)
            except IntegrityError:
                continue
            return deal
        return None

    def _new_deal(self, voter: str, match: Match) -> Deal:
        turned = generator(self._seed, voter, match.key).random() < 0.5
        left, right = (match.other, match.one) if turned else (match.one, match.other)
        return Deal(
            token=token_hex(16),
            voter=voter,
            match=match.key,
            tool=match.row.tool,
            left_run=left.run.id,
            left_cell=left.row.cell,
            right_run=right.run.id,
            right_cell=right.row.cell,
            at=now_utc(),
        )

    def _dealt(self, token: str) -> _Dealt:
        deal = self.votes.deal(token)
        if deal is None:
            raise BadVote(f"no pair was dealt as {token[:40]!r}; load the page again to get one")
        match = self._now().matches.get(deal.match)
        if match is None:
            raise BadVote("the run of this pair is no longer here; load the page again to get another pair")
        return _Dealt(deal, match)


def _check(voter: str) -> None:
    if not isinstance(voter, str) or not fullmatch(VOTER, voter):
        raise BadVote("a voter's id has 8 to 64 letters, digits, dashes or underscores; load the page again to get one")


def _pair(dealt: _Dealt) -> Pair:
    return Pair(dealt.deal.token, dealt.deal.tool, dealt.match.one.video)


def _vote(dealt: _Dealt, voter: str, choice: Choice, seconds: float) -> Vote:
    row = dealt.match.row
    left, right = (Shown(run=each.run.id, setting=each.entrant.setting, cell=each.row.cell) for each in dealt.sides)
    return Vote(
        token=dealt.deal.token,
        voter=voter,
        choice=choice,
        at=now_utc(),
        seconds=round(seconds, 2),
        match=dealt.match.key,
        suite=row.suite,
        suite_version=row.suite_version,
        tool=row.tool,
        case=row.case,
        kind=row.kind,
        seed=row.seed,
        left=left,
        right=right,
    )


def _reveal(vote: Vote) -> Revealed:
    names = names_of(vote.entrants)
    left, right = vote.entrants
    return Revealed(vote.choice, names[left], names[right])
