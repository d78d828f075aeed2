"""Intervals, tests and effect sizes against scipy's, and against what they promise on data whose truth is known."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from eval.statistics import FEWEST, Interval, cases_needed, holm, mean_interval, paired_effect, paired_p, verdict, win_rate

VALUES = st.lists(st.floats(-50, 50).map(lambda value: round(value, 3)), min_size=2, max_size=9)


def test_an_interval_covers_the_true_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    hits = [not mean_interval(rng.normal(2, 1, 40), resamples=400, seed=run).excludes(2) for run in range(200)]
    assert 0.9 < np.mean(hits) <= 0.99


def test_an_interval_is_that_of_scipys_bootstrap() -> None:
    data = np.random.default_rng(1).gamma(2, 1, 60)
    own = mean_interval(data, resamples=8000)
    oracle = stats.bootstrap((data,), np.mean, n_resamples=8000, method="percentile", rng=2).confidence_interval
    assert own.low == pytest.approx(oracle.low, abs=0.03)
    assert own.high == pytest.approx(oracle.high, abs=0.03)


def test_values_that_share_a_garment_or_a_person_give_wider_intervals() -> None:
    rng = np.random.default_rng(2)
    pairs = list(product(range(8), range(6)))
    garments, people = rng.normal(0, 1, 8), rng.normal(0, 1, 6)
    data = [garments[garment] + people[person] + rng.normal(0, 0.1) for garment, person in pairs]
    names = [str(garment) for garment, _ in pairs], [str(person) for _, person in pairs]
    wide = [interval.high - interval.low for interval in (
        mean_interval(data), mean_interval(data, names[0]), mean_interval(data, *names))]  # fmt: skip
    assert wide[0] < wide[1] < wide[2]


def test_clustered_intervals_cover_where_plain_ones_do_not() -> None:
    rng = np.random.default_rng(3)
    plain, clustered = [], []
    for run in range(150):
        shared = rng.normal(0, 1, 15)
        data = np.repeat(shared, 6) + rng.normal(0, 0.2, 90)
        names = [str(number) for number in np.repeat(np.arange(15), 6)]
        plain.append(not mean_interval(data, resamples=300, seed=run).excludes(0))
        clustered.append(not mean_interval(data, names, resamples=300, seed=run).excludes(0))
    assert np.mean(plain) < 0.75
    assert np.mean(clustered) > 0.85


@given(VALUES)
def test_an_exact_p_is_that_of_scipys_permutation_test(values: list[float]) -> None:
    oracle = stats.permutation_test((np.array(values),), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert paired_p(values) == pytest.approx(oracle, abs=1e-9)


def test_a_random_p_is_near_the_exact_one() -> None:
    values = np.random.default_rng(4).normal(0.3, 1, 16)
    oracle = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    assert paired_p(values, resamples=20_000) == pytest.approx(oracle, abs=0.015)


def test_without_a_difference_p_is_even_and_with_one_it_is_small() -> None:
    rng = np.random.default_rng(5)
    calm = [paired_p(rng.normal(0, 1, 20), resamples=400, seed=run) for run in range(150)]
    assert 0.01 < np.mean(np.array(calm) < 0.05) < 0.11
    assert paired_p(rng.normal(1, 1, 30)) < 0.01


def test_copies_of_one_garment_prove_nothing() -> None:
    values, names = np.full(40, 1.0), ["tee"] * 20 + ["dress"] * 20
    assert paired_p(values) < 0.001
    assert paired_p(values, names) == 0.5


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_corrected_p_values_keep_their_order_and_never_shrink(values: list[float]) -> None:
    corrected = holm(values)
    assert (corrected >= np.array(values) - 1e-12).all() and (corrected <= 1).all()
    order = np.argsort(values, kind="stable")
    assert (np.diff(corrected[order]) >= -1e-12).all()
    assert corrected.min() == pytest.approx(min(1.0, len(values) * min(values)))


@given(st.integers(1, 400).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_win_rates_have_wilsons_interval(won: tuple[int, int]) -> None:
    found = win_rate(*won)
    oracle = stats.binomtest(won[0], won[1]).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((oracle.low, oracle.high), abs=1e-9)
    assert found.low <= found.estimate <= found.high


def test_ties_are_half_wins() -> None:
    assert win_rate(2.5, 5).estimate == 0.5


@pytest.mark.parametrize(("wins", "of"), [(1, 0), (-1, 4), (5, 4)])
def test_impossible_rates_are_refused(wins: float, of: int) -> None:
    with pytest.raises(ValueError, match="no rate"):
        win_rate(wins, of)


def test_effects_are_in_standard_deviations() -> None:
    values = np.random.default_rng(6).normal(0.5, 1, 4000)
    assert paired_effect(values) == pytest.approx(0.5, abs=0.06)
    assert paired_effect([0, 0, 0]) == 0
    assert paired_effect([-2, -2]) == -np.inf


@pytest.mark.parametrize(
    ("gain", "p", "said"),
    [(Interval(0.2, 0.1, 0.3), 0.01, "better"), (Interval(-0.2, -0.3, -0.1), 0.01, "worse"), (Interval(0.01, -0.02, 0.04), 0.6, "no worse"),
     (Interval(0.1, -0.3, 0.5), 0.6, "no detectable difference"), (Interval(0.2, 0.1, 0.3), 0.2, "no worse")],
)  # fmt: skip
def test_verdicts(gain: Interval, p: float, said: str) -> None:
    assert verdict(gain, p, margin=0.05, groups=FEWEST) == said


@pytest.mark.parametrize("groups", range(FEWEST))
def test_a_handful_of_cases_says_nothing_however_clear_it_looks(groups: int) -> None:
    clear, equal = Interval(0.2, 0.1, 0.3), Interval(0.0, 0.0, 0.0)
    assert {verdict(each, 0.0, 0.05, groups) for each in (clear, equal)} == {"no detectable difference"}


def test_fewer_groups_than_asked_for_could_not_be_told_from_chance() -> None:
    assert paired_p([1.0] * (FEWEST - 1)) > 0.05 >= paired_p([1.0] * FEWEST)


def test_the_advised_number_of_cases_reaches_its_power() -> None:
    rng = np.random.default_rng(7)
    count = cases_needed(rng.normal(0, 1, 500), 0.5)
    assert 22 < count < 42
    found = [paired_p(rng.normal(0.5, 1, count), resamples=500, seed=run) < 0.05 for run in range(120)]
    assert np.mean(found) > 0.68


@pytest.mark.parametrize("effect", [0, 0.0])
def test_no_number_of_cases_shows_nothing(effect: float) -> None:
    with pytest.raises(ValueError, match="not 0"):
        cases_needed([1.0, 2.0], effect)


def test_what_was_not_scored_must_be_left_out() -> None:
    for broken in ([], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="finite"):
            mean_interval(broken)
    with pytest.raises(ValueError, match="one for each"):
        mean_interval([1.0, 2.0], ["tee"])
