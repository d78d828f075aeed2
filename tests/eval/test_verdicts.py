"""Verdicts against made-up runs whose truth is known."""

import doctest
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.errors import BadRun
from eval.runs.results import Results, Setting
from eval.statistics import Interval, mean_interval, paired_p
from eval.verdicts import words
from eval.verdicts.audit import rules
from eval.verdicts.comparisons import Comparison, Comparisons, Scale, compared
from eval.verdicts.example import Design, Truth, example
from eval.verdicts.judge import ToolVerdict, verdicts
from eval.verdicts.pareto import front_of
from eval.verdicts.quality import PREFERENCES, quality_of
from eval.verdicts.resampling import mean_intervals, paired_ps
from eval.verdicts.sheet import API, SECONDS, sheet_of
from eval.verdicts.summaries import Counts, Latency, Summary

DELTA = Truth(metric="garment_delta_e", title="Garment ΔE2000", better="lower", level=6.0, shared=1.0, noise=0.15)
PSNR = Truth(metric="psnr", title="PSNR, dB", better="higher", level=30.0, shared=1.0, noise=0.15, margin=0.5)
CLEAR = {"balanced": 1.0, "quality": 2.0}
DRAWN = np.random.default_rng(3).normal(0.3, 1, (60, 3))
NAMES = [f"g{number % 15}" for number in range(60)]


def one(gains: Mapping[str, float] | None = None, **design: object) -> ToolVerdict:
    truth = replace(DELTA, gains=gains or {})
    return verdicts(example(Design(tools={"try-on": (truth,)}, **design)))[0]  # type: ignore[arg-type]


def setting(mode: str, **more: str) -> Setting:
    return replace(Setting("try-on", "draft", mode, "1k"), **more)


def test_whole_tables_get_the_intervals_of_single_columns() -> None:
    for got, column in zip(mean_intervals(DRAWN, [NAMES]), DRAWN.T, strict=True):
        alone = mean_interval(column, NAMES)
        assert got is not None
        assert (got.estimate, got.low, got.high) == pytest.approx((alone.estimate, alone.low, alone.high))


def test_whole_tables_get_the_p_values_of_single_columns() -> None:
    assert paired_ps(DRAWN, NAMES) == pytest.approx([paired_p(column, NAMES) for column in DRAWN.T], abs=0.02)
    few = [f"g{number % 8}" for number in range(60)]
    assert paired_ps(DRAWN, few) == pytest.approx([paired_p(column, few) for column in DRAWN.T])


def test_what_was_not_scored_is_left_out_of_a_mean_and_never_zero() -> None:
    holes = DRAWN.copy()
    holes[::3, 0] = np.nan
    holes[:, 1] = np.nan
    scored = np.isfinite(holes[:, 0])
    found = mean_intervals(holes, [NAMES])
    assert found[0] is not None
    assert found[0].estimate == pytest.approx(holes[scored, 0].mean())
    assert found[0].low < found[0].estimate < found[0].high
    assert found[1] is None
    assert paired_ps(holes, NAMES)[1] is None


def test_drawing_in_parts_changes_an_interval_by_chance_only(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mean_intervals(DRAWN, [NAMES, NAMES[::-1]])
    monkeypatch.setattr("eval.verdicts.resampling.CHUNK", 60 * 130)
    for got, alone in zip(mean_intervals(DRAWN, [NAMES, NAMES[::-1]]), whole, strict=True):
        assert got is not None
        assert alone is not None
        assert (got.low, got.high) == pytest.approx((alone.low, alone.high), abs=0.06)


def test_a_tool_is_judged_by_the_first_of_its_metrics_that_the_run_scored() -> None:
    results = example(Design(tools={"try-on": (PSNR, DELTA), "upscale": (replace(PSNR, metric="ssim"), PSNR)}))
    judged = {name: quality_of(results, name) for name in ("try-on", "upscale")}
    assert {name: found.primary.name for name, found in judged.items() if found} == {
        "try-on": "garment_delta_e",
        "upscale": "psnr",
    }
    assert [told.name for told in judged["upscale"].guards] == ["ssim"]  # type: ignore[union-attr]


def test_a_metric_that_scored_little_gives_way_to_one_that_scored_more() -> None:
    results = example(Design(tools={"try-on": (DELTA, PSNR)}, unscored=0.8))
    assert quality_of(results, "try-on").primary.name == "psnr"  # type: ignore[union-attr]


def test_any_scored_metric_can_be_asked_for_and_others_are_refused_by_name() -> None:
    results = example(Design(tools={"try-on": (DELTA, PSNR)}))
    assert verdicts(results, "psnr")[0].quality.primary.name == "psnr"  # type: ignore[union-attr]
    with pytest.raises(BadRun, match="no metric 'lpips'; it has garment_delta_e, psnr"):
        verdicts(results, "lpips")


def test_every_tool_of_the_studio_has_metrics_of_its_own() -> None:
    from workbench.tools.registry import TOOLS

    assert set(PREFERENCES) == {tool.name for tool in TOOLS}


def test_a_planted_difference_is_found_with_its_size_and_direction() -> None:
    found = one(CLEAR).primary.between(setting("quality"), setting("fast"))
    assert found is not None
    assert found.verdict == "better"
    assert not found.gain.excludes(2.0)
    assert found.wins.estimate == 1
    assert found.effect > 3
    assert found.pairs == 72
    assert found.cases == 24


def test_a_comparison_seen_from_the_other_side_is_its_mirror() -> None:
    verdict = one(CLEAR)
    ahead, behind = (verdict.primary.between(*pair) for pair in ((setting("quality"), setting("fast")),
                                                                 (setting("fast"), setting("quality"))))  # fmt: skip
    assert ahead is not None
    assert behind is not None
    assert behind.verdict == "worse"
    assert behind.gain == Interval(-ahead.gain.estimate, -ahead.gain.high, -ahead.gain.low)
    assert behind.turned() == ahead


def test_without_a_difference_few_runs_find_one() -> None:
    scale = Scale.of(DELTA.told)
    wrong = 0
    for seed in range(20):
        design = Design(tools={"try-on": (replace(DELTA, own=0.3),)}, seed=seed, cases=16, garments=16, people=4, seeds=1)
        found = compared(sheet_of(example(design), "try-on"), [[scale]])
        wrong += any(each.verdict in ("better", "worse") for each in found[scale.name].all)
    assert wrong <= 3


def test_settings_are_compared_only_where_both_have_a_value() -> None:
    verdict = one(CLEAR, failed=0.3)
    found = verdict.primary.between(setting("quality"), setting("fast"))
    assert found is not None
    assert 20 < found.pairs < 60
    assert not found.gain.excludes(2.0)
    assert all(each.counts.failed > 0 for each in verdict.summaries)


def test_failures_and_unscored_outputs_are_counted() -> None:
    verdict = one(failed=0.2, unscored=0.1)
    for each in verdict.summaries:
        assert each.counts.asked == 72
        assert each.counts.done + each.counts.failed == 72
        assert each.counts.unscored["garment_delta_e"] > 0


def test_warm_and_cold_runs_are_kept_apart() -> None:
    fast = one().table[setting("fast")]
    assert fast.latency.warm == 71
    assert fast.latency.p50 == pytest.approx(1.3, abs=0.05)
    assert fast.latency.p95 is not None
    assert fast.latency.p95 < 1.5
    assert fast.latency.cold == pytest.approx(5.3, abs=0.1)
    assert fast.latency.load == 4.0


def test_an_undecided_comparison_says_how_many_cases_would_settle_it() -> None:
    verdict = verdicts(example(Design(tools={"try-on": (replace(DELTA, noise=3.0, gains={"quality": 0.5}),)}, seeds=1)))[0]
    found = verdict.primary.between(setting("quality"), setting("balanced"))
    assert found is not None
    assert found.verdict == "no detectable difference"
    assert found.more is not None
    assert found.more > 24
    settled = one(CLEAR).primary.between(setting("quality"), setting("fast"))
    assert settled is not None
    assert settled.more is None


@pytest.mark.parametrize(
    ("gains", "answer", "than"),
    [
        ({"balanced": 0.5, "quality": 2.0}, "yes", "balanced"),
        ({"balanced": 1.0, "quality": 1.0}, "no", "balanced"),
        ({"quality": 0.0}, "no", "fast"),
        ({"balanced": 1.0, "quality": 1.12}, "hardly", "balanced"),
        ({"balanced": 1.0, "quality": 0.2}, "no", "balanced"),
    ],
)
def test_quality_is_worth_its_price_where_it_is_better_by_more_than_anyone_would_mind(
    gains: Mapping[str, float], answer: str, than: str
) -> None:
    worth = one(gains).worths[0]
    assert (worth.answer, worth.than and worth.than.mode) == (answer, than)


def test_credits_for_a_unit_of_quality_are_price_over_gain() -> None:
    worth = one({"balanced": 0.5, "quality": 2.0}).worths[0]
    assert worth.credits_api == 1
    assert worth.per_unit() == pytest.approx(1 / 1.5, rel=0.1)
    assert one().worths[0].per_unit() is None


def test_the_cheapest_setting_that_is_as_good_as_the_best_is_found() -> None:
    assert one({"balanced": 1.0, "quality": 1.0}).cheapest[0].setting.mode == "balanced"
    assert one({"balanced": 0.5, "quality": 2.0}).cheapest[0].setting.mode == "quality"
    assert one().cheapest[0].setting.mode == "fast"


def test_a_guard_that_is_clearly_worse_forbids_to_call_a_setting_as_good() -> None:
    guard = replace(PSNR, gains={"balanced": 3.0, "quality": 3.0})
    verdict = verdicts(example(Design(tools={"try-on": (DELTA, guard)})))[0]
    assert verdict.cheapest[0].setting.mode == "balanced"


def test_a_guard_that_speaks_clearly_otherwise_makes_the_answer_mixed() -> None:
    for gains, guarded in (({}, {"quality": 3.0}), (CLEAR, {"quality": -3.0})):
        truths = (replace(DELTA, gains=gains), replace(PSNR, gains=guarded))
        worth = verdicts(example(Design(tools={"try-on": truths})))[0].worths[0]
        assert worth.answer == "mixed"
        assert worth.guard is not None
        assert worth.guard.one.mode == "quality"
        assert np.sign(worth.guard.gain.estimate) == np.sign(guarded["quality"])


def test_a_setting_is_dominated_only_by_what_is_surely_better() -> None:
    app, api = one().fronts
    assert [each.mode for each in api.settings] == ["fast"]
    assert {each.loser.mode: each.by.mode for each in api.dominated} == {"balanced": "fast", "quality": "fast"}
    assert api.dominated[0].better_in == ("seconds", "credits")
    assert app.dominated[0].better_in == ("seconds",)
    assert [each.mode for each in one(CLEAR).fronts[1].settings] == ["fast", "balanced", "quality"]


def test_an_undecided_quality_dominates_nothing() -> None:
    verdict = verdicts(example(Design(tools={"try-on": (replace(DELTA, noise=4.0, gains=CLEAR),)}, seeds=1, cases=8)))[0]
    assert len(verdict.fronts[1].settings) == 3


NUMBERS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4), st.integers(1, 3)), min_size=1, max_size=5)


@given(NUMBERS)
def test_with_certain_numbers_the_front_is_that_of_the_textbook(points: list[tuple[int, int, int]]) -> None:
    settings = [setting(f"mode {number}") for number in range(len(points))]
    table = {each: _summary(each, *point) for each, point in zip(settings, points, strict=True)}
    quality = _certain("q", 1, settings, [point[0] for point in points])
    seconds = _certain(SECONDS, -1, settings, [point[1] for point in points])
    front = {settings.index(each) for each in front_of(table, quality, seconds, "api").settings}
    losses = [(-gained, waited, paid) for gained, waited, paid in points]
    beaten = {
        at
        for at, own in enumerate(losses)
        for other in losses
        if other != own and all(a <= b for a, b in zip(other, own, strict=True))
    }
    assert front == set(range(len(points))) - beaten


def _summary(each: Setting, quality: int, seconds: int, price: int) -> Summary:
    latency = Latency(1, seconds, seconds, None, None)
    exact = Interval(quality, quality, quality)
    return Summary(each, Counts(1, 1, 0, 0, 0, {}), {"q": exact}, latency, None, None, price, price)


def _certain(name: str, sign: int, settings: list[Setting], values: list[int]) -> Comparisons:
    exact = [sign * value for value in values]
    return Comparisons(
        tuple(
            Comparison(
                scale=Scale(name, sign, 0.01), one=settings[a], other=settings[b], pairs=9, cases=9, groups=9, p=0.0, effect=0.0, more=None,
                gain=Interval(*[exact[a] - exact[b]] * 3), wins=Interval(0.5, 0.5, 0.5),
            )
            for a in range(len(exact)) for b in range(a)
        )
    )  # fmt: skip


def test_auto_is_told_where_something_cheaper_would_have_been_as_good() -> None:
    finding = one({"quality": 1.0}).findings[0]
    assert (finding.kind, finding.mode, finding.choice.mode) == ("cheaper", "fast", "balanced")
    assert finding.text.startswith("Auto chose Balanced (1k); Fast would have been as good (")
    assert "the same credits in the app, one credit less over the API, 1.8 s less" in finding.text


def test_auto_is_told_where_something_dearer_is_better() -> None:
    finding = one(CLEAR).findings[0]
    assert (finding.kind, finding.mode) == ("better", "balanced")
    assert "Quality would have been better (difference +" in finding.text
    assert "one credit more over the API" in finding.text


def test_auto_is_told_to_take_what_is_better_for_the_same_credits() -> None:
    results = example(Design(tools={"try-on": (replace(DELTA, gains=CLEAR),)}))
    rows = tuple(replace(row, auto_mode="fast", credits_app=1, credits_api=1) for row in results.rows)
    verdict = verdicts(replace(results, rows=rows))[0]
    finding = verdict.findings[0]
    assert (finding.kind, finding.mode) == ("free", "quality")
    assert "Quality would have been better" in finding.text
    assert "the same credits" in finding.text
    assert [(rule.choice.mode, rule.suggested) for rule in rules(verdict.findings)] == [("fast", "quality")]


def test_of_two_better_modes_for_the_same_credits_the_faster_one_is_enough_where_it_is_as_good() -> None:
    results = example(Design(tools={"try-on": (replace(DELTA, gains={"balanced": 2.0, "quality": 2.02}),)}))
    rows = tuple(replace(row, auto_mode="fast", credits_app=1, credits_api=1) for row in results.rows)
    finding = verdicts(replace(results, rows=rows))[0].findings[0]
    assert (finding.kind, finding.mode) == ("free", "balanced")


def test_a_better_mode_that_costs_nothing_more_goes_before_a_still_better_one_that_does() -> None:
    results = example(Design(tools={"try-on": (replace(DELTA, gains=CLEAR),)}))
    prices = {"fast": 1, "balanced": 1, "quality": 3}
    rows = tuple(replace(row, auto_mode="fast", credits_app=1, credits_api=prices.get(row.mode, 1)) for row in results.rows)
    finding = verdicts(replace(results, rows=rows))[0].findings[0]
    assert (finding.kind, finding.mode) == ("free", "balanced")


def test_auto_is_left_alone_where_nothing_is_known_to_be_better() -> None:
    assert one({"balanced": 1.0, "quality": 1.0}).findings[0].kind == "right"


def test_auto_is_judged_only_by_the_cases_that_it_chose_for() -> None:
    results = example(Design(tools={"try-on": (replace(DELTA, gains=CLEAR),)}))
    rows = tuple(replace(row, auto_mode="fast" if row.case < "try-on-0012" else "quality") for row in results.rows)
    found = {each.choice.mode: each for each in verdicts(replace(results, rows=rows))[0].findings}
    assert found["fast"].cases == found["quality"].cases == 12
    assert (found["fast"].kind, found["quality"].kind) == ("better", "right")


def test_a_choice_that_was_not_run_is_said_to_be_unmeasured() -> None:
    finding = one(CLEAR, modes=("fast", "quality")).findings[0]
    assert finding.kind == "unmeasured"
    assert "which this run has no scores of" in finding.text


def test_the_suggested_rules_change_only_what_every_engine_agrees_on() -> None:
    both = one(engines=("draft", "diffusion"))
    assert [(rule.choice.mode, rule.suggested) for rule in rules(both.findings)] == [("balanced", "fast")]
    split = (both.findings[0], replace(both.findings[1], kind="right", mode="balanced"))
    assert [rule.suggested for rule in rules(split)] == ["balanced"]


def test_a_tool_without_scores_still_has_times_and_counts() -> None:
    results = example(Design(tools={"try-on": (DELTA,)}, unscored=1.0))
    verdict = verdicts(results)[0]
    assert verdict.quality is None
    assert verdict.summaries[0].latency.p50 is not None
    assert verdict.worths[0].answer == "unknown"
    assert verdict.findings == ()


def test_a_run_without_rows_has_no_verdicts() -> None:
    results = example(Design(tools={"try-on": (DELTA,)}))
    assert verdicts(Results(results.manifest, ())) == ()


def test_settings_across_resolutions_and_engines_are_told_apart() -> None:
    verdict = one(CLEAR, resolutions=("1k", "2k"), engines=("draft", "diffusion"), cases=8)
    assert len(verdict.summaries) == 12
    assert {(worth.engine, worth.resolution) for worth in verdict.worths} == {
        (engine, tier) for engine in ("draft", "diffusion") for tier in ("1k", "2k")
    }


def test_a_sheet_pairs_by_case_and_seed() -> None:
    results = example(Design(tools={"try-on": (DELTA,)}, cases=4, seeds=2))
    sheet = sheet_of(Results(results.manifest, results.rows[::-1]), "try-on")
    assert sheet.column(API).shape == (8, 3)
    assert len(set(sheet.lines)) == 8
    assert compared(sheet, [[Scale("nothing", 1, 0.1)]])["nothing"].all == ()


@pytest.mark.parametrize(
    ("title", "name", "counted"),
    [
        ("PSNR, dB", "PSNR", "dB"),
        ("ΔE2000 of the garment, median", "ΔE2000 of the garment, median", "ΔE2000 of the garment"),
        ("Garment ΔE2000", "Garment ΔE2000", "garment ΔE2000"),
        ("SAD", "SAD", "SAD"),
    ],
)
def test_a_title_is_a_name_with_a_unit_or_counts_itself(title: str, name: str, counted: str) -> None:
    unit = words.Unit.of(replace(DELTA, title=title).told)
    assert (unit.name, unit.counted) == (name, counted)


def test_the_examples_of_the_words_hold() -> None:
    found = doctest.testmod(words)
    assert found.failed == 0
    assert found.attempted == 5
