"""What the votes say: strengths of settings for each tool, and how far each metric agrees with people."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.arena.agreement import Agreement, Judged, tau_b
from eval.arena.shelf import Entrant, Shelf
from eval.arena.strengths import Comparison, Fit, fit
from eval.arena.vote import Vote
from eval.runs.row import Row
from eval.statistics import Interval, win_rate


@dataclass(frozen=True, slots=True)
class Standing:
    """One entrant's votes; both-bad ones are counted apart and decide nothing."""

    name: str
    won: int
    tied: int
    lost: int
    both_bad: int


@dataclass(frozen=True, slots=True)
class ToolReport:
    """Of one tool."""

    tool: str
    votes: int
    voters: int
    cases: int
    both_bad: int
    revised: int
    """Votes that were taken back once and cast again, after the names may have been seen."""
    left: Interval | None
    """Share of preferences for the left picture, ties left out; an interval without 0.5 says that the side told."""
    fit: Fit
    standings: tuple[Standing, ...]
    """In the order of the strengths, where there are any."""
    agreements: tuple[Agreement, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Of all tools with votes, and the votes that count for none because their runs are not here."""

    tools: tuple[ToolReport, ...]
    foreign: Mapping[str, int]
    """Votes by ids of runs that aren't on the shelf."""


def report(votes: Sequence[Vote], shelf: Shelf, *, resamples: int = 1000, seed: int = 0) -> Report:
    """Everything that is known from the votes on runs that are here; deterministic for a seed."""
    foreign: Counter[str] = Counter()
    tools: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        away = vote.runs - shelf.runs.keys()
        foreign.update(away)
        if not away:
            tools[vote.tool].append(vote)
    scores = _Scores(shelf)
    return Report(
        tuple(_of_tool(tool, each, scores, resamples, seed) for tool, each in tools.items()), dict(sorted(foreign.items()))
    )


def _of_tool(tool: str, votes: Sequence[Vote], scores: "_Scores", resamples: int, seed: int) -> ToolReport:
    names = names_of(entrant for vote in votes for entrant in vote.entrants)
    decided = [vote for vote in votes if vote.choice != "both bad"]
    found = fit([_comparison(vote, names) for vote in decided], resamples=resamples, seed=seed)
    order = {each.name: place for place, each in enumerate(found.strengths)}
    standings = sorted(_standings(votes, names), key=lambda each: (order.get(each.name, len(order)), each.name))
    sides = Counter(vote.choice for vote in votes)
    preferred = sides["left"] + sides["right"]
    return ToolReport(
        tool=tool,
        votes=len(votes),
        voters=len({vote.voter for vote in votes}),
        cases=len({vote.case_key for vote in votes}),
        both_bad=sides["both bad"],
        revised=sum(vote.revised for vote in votes),
        left=win_rate(sides["left"], preferred) if preferred else None,
        fit=found,
        standings=tuple(standings),
        agreements=tuple(_agreements(decided, scores, resamples, seed)),
    )


def names_of(entrants: Iterable[Entrant]) -> dict[Entrant, str]:
    """What entrants of one tool are called: by their setting, and by their run where several runs have the setting."""
    known = sorted(set(entrants))
    shared = Counter(each.setting for each in known)
    return {each: f"{each.setting} ({each.run})" if shared[each.setting] > 1 else each.setting for each in known}


def _comparison(vote: Vote, names: Mapping[Entrant, str]) -> Comparison:
    left, right = vote.entrants
    return Comparison(names[left], names[right], vote.outcome, vote.voter, vote.case_key)


def _standings(votes: Iterable[Vote], names: Mapping[Entrant, str]) -> Iterator[Standing]:
    found: dict[str, Counter[str]] = {name: Counter() for name in names.values()}
    for vote in votes:
        left, right = (found[names[each]] for each in vote.entrants)
        left[_of_side(vote.choice, vote.outcome)] += 1
        right[_of_side(vote.choice, -vote.outcome)] += 1
    return (Standing(name, each["won"], each["tied"], each["lost"], each["both bad"]) for name, each in found.items())


def _of_side(choice: str, outcome: int) -> str:
    return "both bad" if choice == "both bad" else {1: "won", -1: "lost", 0: "tied"}[outcome]


def _agreements(votes: Sequence[Vote], scores: "_Scores", resamples: int, seed: int) -> Iterator[Agreement]:
    for name, title in scores.metrics().items():
        judged = [each for vote in votes if (each := scores.judged(vote, name)) is not None]
        if judged:
            yield Agreement(name, title, tau_b(judged, resamples=resamples, seed=seed), len(judged))


class _Scores:
    """Values of the outputs that were voted on, by run and cell."""

    def __init__(self, shelf: Shelf) -> None:
        self._rows = {(run.id, row.cell): row for run in shelf.runs.values() for row in run.results.made()}
        self._told = {run.id: {each.name: each for each in run.results.manifest.metrics} for run in shelf.runs.values()}

    def metrics(self) -> dict[str, str]:
        """Name to title, in the order of the runs."""
        return {each.name: each.title for told in self._told.values() for each in told.values()}

    def judged(self, vote: Vote, metric: str) -> Judged | None:
        """The vote beside the metric's gain of left over right; None where a side has no value or they can't be compared."""
        left, right = self._value(vote.left.run, vote.left.cell, metric), self._value(vote.right.run, vote.right.cell, metric)
        told, other = (self._told[run].get(metric) for run in (vote.left.run, vote.right.run))
        if left is None or right is None or told is None or other is None or told.fingerprint != other.fingerprint:
            return None
        return Judged(vote.outcome, told.sign * (left - right), vote.voter, vote.case_key)

    def _value(self, run: str, cell: str, metric: str) -> float | None:
        row: Row | None = self._rows.get((run, cell))
        return None if row is None else row.scores.get(metric)
