"""Strengths and agreement on votes whose truth is known, and against independent implementations."""

from collections.abc import Mapping, Sequence
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from eval.arena.agreement import Judged, tau_b
from eval.arena.strengths import RIDGE, Comparison, fit, groups_of

TRUE = {"quality": 0.9, "balanced": 0.3, "fast": -0.4, "copy": -0.8}
TIE = 0.7
OUTCOMES = (1, -1, 0)


def simulated(
    count: int, rng: np.random.Generator, true: Mapping[str, float] = TRUE, voters: int = 12, cases: int = 40
) -> list[Comparison]:
    """Votes as Davidson's model has them."""
    pairs = list(combinations(true, 2))
    found = []
    for _ in range(count):
        one, other = pairs[rng.integers(len(pairs))]
        weights = np.array([np.exp(true[one]), np.exp(true[other]), TIE * np.exp((true[one] + true[other]) / 2)])
        outcome = OUTCOMES[rng.choice(3, p=weights / weights.sum())]
        found.append(Comparison(one, other, outcome, f"v{rng.integers(voters)}", f"c{rng.integers(cases)}"))
    return found


def direct(votes: Sequence[Comparison]) -> tuple[dict[str, float], float]:
    """The same maximum by a general optimiser over Davidson's formula as he wrote it."""
    names = sorted({name for each in votes for name in (each.first, each.second)})

    def loss(at: np.ndarray) -> float:
        strength, tie = dict(zip(names, np.exp(at[:-1]), strict=True)), np.exp(at[-1])
        total = RIDGE / 2 * float((at**2).sum())
        for each in votes:
            one, other = strength[each.first], strength[each.second]
            both = tie * np.sqrt(one * other)
            total -= np.log({1: one, -1: other, 0: both}[each.outcome] / (one + other + both))
        return float(total)

    found = optimize.minimize(loss, np.zeros(len(names) + 1), method="BFGS", options={"gtol": 1e-7}).x
    return dict(zip(names, found[:-1] - found[:-1].mean(), strict=True)), float(np.exp(found[-1]))


def test_known_strengths_are_recovered() -> None:
    found = fit(simulated(12_000, np.random.default_rng(0)), resamples=20)
    assert [each.name for each in found.strengths] == list(TRUE)
    for each in found.strengths:
        assert each.log.estimate == pytest.approx(TRUE[each.name], abs=0.07)
    assert found.tie == pytest.approx(TIE, abs=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_the_maximum_is_that_of_a_general_optimiser(seed: int) -> None:
    votes = simulated(80, np.random.default_rng(seed))
    found, (oracle, tie) = fit(votes, resamples=10), direct(votes)
    for each in found.strengths:
        assert each.log.estimate == pytest.approx(oracle[each.name], abs=1e-4)
    assert found.tie == pytest.approx(tie, abs=1e-4)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    true = {"a": 0.5, "b": -0.5}
    hits = []
    for run in range(80):
        found = fit(simulated(150, rng, true, voters=30, cases=30), resamples=120, seed=run)
        hits += [not each.log.excludes(true[each.name]) for each in found.strengths[:1]]
    assert np.mean(hits) > 0.92


def test_a_voter_who_votes_often_counts_as_one_person() -> None:
    """Fifty people of one mind tell more than one person fifty times beside a few others."""
    many = [Comparison("a", "b", 1 if vote % 4 else -1, f"v{vote}", f"c{vote}") for vote in range(60)]
    few = [Comparison("a", "b", each.outcome, f"v{number % 4}", each.case) for number, each in enumerate(many)]
    wide, narrow = fit(few).strengths[0].log, fit(many).strengths[0].log
    assert wide.estimate == pytest.approx(narrow.estimate)
    assert wide.high - wide.low > narrow.high - narrow.low


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.sampled_from(OUTCOMES)), min_size=1, max_size=25))
def test_turning_every_pair_around_changes_nothing(given_votes: list[tuple[str, str, int]]) -> None:
    votes = [Comparison(*each) for each in given_votes if each[0] != each[1]]
    turned = [Comparison(each.second, each.first, -each.outcome) for each in votes]
    one, other = fit(votes, resamples=2), fit(turned, resamples=2)
    assert one.groups == other.groups
    for mine, theirs in zip(
        sorted(one.strengths, key=lambda each: each.name), sorted(other.strengths, key=lambda each: each.name), strict=True
    ):
        assert mine.log.estimate == pytest.approx(theirs.log.estimate, abs=1e-6)
    assert sum(each.log.estimate for each in one.strengths) == pytest.approx(0, abs=1e-9)


def test_only_ties_make_equals() -> None:
    found = fit([Comparison("a", "b", 0)] * 20, resamples=10)
    assert [each.log.estimate for each in found.strengths] == pytest.approx([0, 0], abs=1e-9)
    assert found.tie > 10
    assert found.bounded


def test_one_that_always_wins_stays_finite_and_is_said_to_be_open() -> None:
    found = fit([Comparison("a", "b", 1), Comparison("b", "c", 1), Comparison("a", "c", 1)] * 8, resamples=20)
    assert not found.bounded
    assert [each.name for each in found.strengths] == ["a", "b", "c"]
    assert all(np.isfinite(each.log.estimate) for each in found.strengths)
    assert {(each.log.low, each.log.high) for each in found.strengths} == {(-np.inf, np.inf)}


def test_entrants_that_no_vote_connects_are_told_apart_and_get_no_strengths() -> None:
    found = fit([Comparison("a", "b", 1), Comparison("c", "d", -1), Comparison("d", "e", 0)])
    assert found.strengths == ()
    assert not found.connected
    assert found.groups == (("c", "d", "e"), ("a", "b"))


def test_no_votes_are_no_error() -> None:
    assert fit([]).strengths == ()
    assert fit([]).connected
    assert groups_of([]) == ()


def test_strengths_are_the_same_for_the_same_seed() -> None:
    votes = simulated(60, np.random.default_rng(8))
    assert fit(votes, resamples=50, seed=1) == fit(votes, resamples=50, seed=1)
    assert fit(votes, resamples=50, seed=1) != fit(votes, resamples=50, seed=2)


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=12))
def test_over_all_pairs_the_agreement_is_scipys_tau_b(items: list[tuple[int, int]]) -> None:
    """Where every pair of outputs was voted on, the votes are a ranking, and Kendall's tau-b is defined on it."""
    judged = [Judged(int(np.sign(a[0] - b[0])), float(a[1] - b[1])) for a, b in combinations(items, 2)]
    oracle = stats.kendalltau([each[0] for each in items], [each[1] for each in items]).statistic
    found = tau_b(judged, resamples=50)
    if found is None:
        assert np.isnan(oracle)
    else:
        assert found.estimate == pytest.approx(oracle, abs=1e-9)


def test_agreement_is_between_the_ends_and_its_interval_holds_it() -> None:
    rng = np.random.default_rng(4)
    judged = [
        Judged(1 if rng.random() < 0.8 else -1, 1.0, f"v{voter}", f"c{case}") for voter, case in product(range(6), range(15))
    ]
    found = tau_b(judged)
    assert found is not None
    assert found.low < found.estimate < found.high
    assert found.estimate == pytest.approx(0.6, abs=0.2)
    opposed = tau_b([Judged(each.people, -each.gain, each.voter, each.case) for each in judged])
    assert opposed is not None
    assert opposed.estimate == pytest.approx(-found.estimate)


def test_a_few_votes_of_one_mind_are_no_certainty() -> None:
    few, many = (tau_b([Judged(1, 0.5, "v", f"c{number}") for number in range(count)]) for count in (2, 60))
    assert few is not None and many is not None
    assert (few.estimate, few.high) == (1.0, 1.0)
    assert few.low < 0 < 0.8 < many.low < 1
    opposed = tau_b([Judged(-1, 0.5, "v", f"c{number}") for number in range(60)])
    assert opposed is not None
    assert (opposed.low, opposed.high) == (-1.0, pytest.approx(-many.low))


@pytest.mark.parametrize("judged", [[], [Judged(0, 1.0)] * 3, [Judged(1, 0.0)] * 3])
def test_without_any_preference_there_is_no_agreement_to_tell(judged: list[Judged]) -> None:
    assert tau_b(judged) is None
