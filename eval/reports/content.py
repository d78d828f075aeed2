"""The tables of a report, from its verdicts."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from eval.reports.glyph import glyph
from eval.reports.markup import Html, tag
from eval.reports.sentences import ANSWERS, advice, cheapest_text, place, reason, setting_title
from eval.reports.tables import Column, Line, Table, Value
from eval.runs.manifest import Manifest, Told
from eval.runs.results import ENGINE, Results
from eval.statistics import Interval
from eval.verdicts.audit import rules
from eval.verdicts.comparisons import Comparison
from eval.verdicts.judge import ToolVerdict
from eval.verdicts.summaries import Summary
from eval.verdicts.words import Unit, duration, mode_title, plain, signed, spread, tool_title

REASONS = 30
"""Most frequent reasons of what failed or has no value."""


def summary_table(verdicts: Sequence[ToolVerdict]) -> Table:
    """One line a tool, or one for each engine and resolution of it."""
    columns = [
        Column("Tool"),
        Column("Is Quality worth it?", told="Quality against the cheaper modes, on the same cases and seeds"),
        Column("Gain, in margins", told="1 is the smallest difference that anyone would mind; to the right Quality is better"),
        Column("Why"),
        Column("Cheapest as good", told="The cheapest mode that is known to be no worse than the best"),
    ]
    return Table("Is Quality worth its price?", columns, [line for verdict in verdicts for line in _summary(verdict)], cards=True)


def _summary(verdict: ToolVerdict) -> list[Line]:
    title = tool_title(verdict.tool)
    link = tag("a", title, href=f"#{verdict.tool}")
    if not verdict.worths:
        why = "Quality was not run." if verdict.quality else "Nothing was scored."
        best = verdict.cheapest[0].setting if verdict.cheapest else None
        return [[Value(link, title), _answer("unknown"), "", why, mode_title(best.mode) if best else ""]]
    lines: list[Line] = []
    for worth in verdict.worths:
        name = " ".join(each for each in (title, place(verdict, worth)) if each)
        line: Line = [
            Value(tag("a", name, href=f"#{verdict.tool}"), name),
            _answer(worth.answer),
            _margins(worth.gain),
            reason(verdict, worth),
            cheapest_text(verdict, worth.engine, worth.resolution),
        ]
        lines.append(line)
    return lines


def _answer(answer: str) -> Value:
    order = list(ANSWERS).index(answer)  # type: ignore[arg-type]
    return Value(tag("span", ANSWERS[answer], class_=f"answer {answer}"), order)  # type: ignore[index]


def _margins(found: Comparison | None) -> Value:
    if found is None or not found.scale.margin:
        return Value("")
    return Value(glyph(found.gain, found.scale.margin), found.gain.estimate / found.scale.margin)


def settings_table(verdict: ToolVerdict) -> Table:
    """What each setting scored, took and cost."""
    fronts = {front.tariff: set(front.settings) for front in verdict.fronts}
    columns = [
        Column("Setting"),
        *(_score_column(told) for told in verdict.metrics[:1]),
        Column("On the front", told="Not beaten in quality, seconds and credits together"),
        Column("Warm p50", True, "Seconds of running and encoding, median"),
        Column("Warm p95", True),
        Column("Cold", True, "The first run of a process, median"),
        Column("Credits app", True),
        Column("Credits API", True),
        Column("Memory", True, "Largest peak of the process; with a GPU, of the GPU too"),
        Column("Done", True),
    ]
    lines: list[Line] = [
        [
            Value(setting_title(verdict, each.setting)),
            *(_score(each, told) for told in verdict.metrics[:1]),
            ", ".join(
                name
                for name, title in (("app", "app"), ("api", "API"))
                if each.setting in fronts.get(name, ())
                for name in (title,)
            ),
            _seconds(each.latency.p50),
            _seconds(each.latency.p95),
            _seconds(each.latency.cold),
            _number(each.credits_app),
            _number(each.credits_api),
            _memory(each),
            Value(f"{each.counts.done} of {each.counts.asked}", each.counts.done),
        ]
        for each in verdict.summaries
    ]
    return Table("Settings", columns, lines)


def _score_column(told: Told) -> Column:
    return Column(f"{told.title} {'↓' if told.better == 'lower' else '↑'}", True, f"{told.better} is better; {told.source}")


def _score(summary: Summary, told: Told) -> Value:
    found = summary.scores.get(told.name)
    if found is None:
        return Value("")
    text = tag("span", plain(found.estimate, told.digits)) + " " + tag("small", f"{spread(found, told.digits)}")

    return Value(Html(text), found.estimate)


def metrics_table(verdict: ToolVerdict) -> Table:
    """Every metric that was scored, setting by setting."""
    columns = [Column("Setting"), *(_score_column(told) for told in verdict.metrics)]
    lines: list[Line] = [
        [Value(setting_title(verdict, each.setting)), *(_score(each, told) for told in verdict.metrics)]
        for each in verdict.summaries
    ]
    return Table("All metrics, means with 95 % intervals", columns, lines)


def comparisons_table(verdict: ToolVerdict) -> Table:
    """All pairs of settings by the metric that stands for quality, each seen from its dearer side."""
    digits = verdict.quality.primary.digits if verdict.quality else 2
    unit = Unit.of(verdict.quality.primary).counted if verdict.quality else ""
    columns = [
        Column("Setting"),
        Column("against"),
        Column(f"Gain, {unit}", True, "Positive: the setting on the left is better"),
        Column("95 % interval", True),
        Column("p (Holm)", True, "Permutation test on the same cases and seeds, corrected for all comparisons of the tool"),
        Column("Effect", True, "Mean over standard deviation of the differences"),
        Column("Wins", True, "Share of cases that it wins, a tie counting as half, with Wilson's interval"),
        Column("Verdict"),
        Column("Cases", True),
    ]
    return Table(
        "Compared on the same cases and seeds",
        columns,
        [_compared(verdict, each.turned(), digits) for each in verdict.primary.all],
    )


def _compared(verdict: ToolVerdict, found: Comparison, digits: int) -> Line:
    wins = found.wins
    return [
        Value(setting_title(verdict, found.one)),
        setting_title(verdict, found.other),
        Value(signed(found.gain.estimate, digits), found.gain.estimate),
        spread(found.gain, digits),
        Value(f"{found.p:.3f}" if found.p >= 0.001 else "< 0.001", found.p),
        Value(signed(found.effect, 2), found.effect),
        Value(f"{wins.estimate:.0%} ({wins.low:.0%} to {wins.high:.0%})", wins.estimate),
        f"{found.verdict}.{advice(found)}" if found.more else found.verdict,
        Value(str(found.cases), found.cases),
    ]


def audit_table(verdicts: Sequence[ToolVerdict]) -> Table:
    """The suggested rules of Auto."""
    columns = [Column("Tool"), Column("Auto chose"), Column("Suggested"), Column("Why"), Column("Cases", True)]
    lines: list[Line] = []
    for rule in rules([finding for verdict in verdicts for finding in verdict.findings]):
        chosen = f"{mode_title(rule.choice.mode)} {rule.choice.resolution}".strip()
        changed = rule.suggested != rule.choice.mode
        suggested = Value(tag("strong", mode_title(rule.suggested)) if changed else mode_title(rule.suggested), rule.suggested)
        lines.append([tool_title(rule.tool), chosen, suggested, rule.why, Value(str(rule.cases), rule.cases)])
    return Table("Suggested rules for Auto", columns, lines)


def controls_table(results: Results, verdicts: Sequence[ToolVerdict]) -> Table:
    """What does nothing, and what was spoilt on purpose, beside the engines; the best engine's mean should win."""
    columns = [Column("Tool"), Column("Metric"), Column("Control"), Column("Control's mean", True), Column("Engines' mean", True),
               Column("Loses, as it should"), Column("Outputs", True)]  # fmt: skip
    grouped: dict[tuple[str, str], list[dict[str, float]]] = {}
    for row in results.rows:
        if row.way != ENGINE:
            grouped.setdefault((row.tool, row.way), []).append(dict(row.scores))
    lines: list[Line] = []
    for verdict in verdicts:
        for (tool, way), scores in grouped.items():
            if tool == verdict.tool and verdict.quality is not None:
                lines += _control(verdict, verdict.quality.primary, way, scores)
    return Table("Controls and planted degradations", columns, lines)


def _control(verdict: ToolVerdict, told: Told, way: str, scores: Sequence[dict[str, float]]) -> list[Line]:
    values = [each[told.name] for each in scores if told.name in each]
    own = [each.scores[told.name].estimate for each in verdict.summaries if told.name in each.scores]
    if not (values and own):
        return []
    loses = told.sign * fmean(values) < told.sign * fmean(own)
    answer = Value("yes" if loses else tag("strong", "no"), int(loses), "" if loses else "bad")
    means = [Value(plain(fmean(each), told.digits), fmean(each)) for each in (values, own)]
    return [[tool_title(verdict.tool), told.title, way, *means, answer, Value(str(len(values)), len(values))]]


def reasons_table(results: Results) -> Table:
    """What was refused, failed, is unsupported or has no value, by reason, most frequent first."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in results.made():
        if not row.done:
            counted[(row.tool, row.status, row.error or "no reason given")] += 1
        counted.update((row.tool, f"no {name}", why) for name, why in row.unscored.items())
    columns = [Column("Tool"), Column("What"), Column("Reason"), Column("Outputs", True)]
    lines: list[Line] = [
        [tool_title(tool), what, why, Value(str(count), count)] for (tool, what, why), count in counted.most_common(REASONS)
    ]
    return Table("Failed, refused and unscored", columns, lines)


def fingerprints_table(manifest: Manifest) -> Table:
    """What each number is; only numbers with the same fingerprint may be compared."""
    columns = [
        Column("Metric"),
        Column("Better"),
        Column("Margin", True),
        Column("Fingerprint"),
        Column("Measured by"),
        Column("Source"),
    ]
    lines: list[Line] = [
        [
            told.title,
            told.better,
            Value(plain(told.margin, told.digits), told.margin),
            Value(tag("code", told.fingerprint), told.fingerprint),
            ", ".join(f"{name} {value}" for name, value in told.described.items()),
            told.source,
        ]
        for told in manifest.metrics
    ]
    return Table("Metrics", columns, lines)


def interval_text(interval: Interval, digits: int) -> str:
    """Estimate and ends."""
    return f"{plain(interval.estimate, digits)} ({spread(interval, digits)})"


def _seconds(value: float | None) -> Value:
    return Value(duration(value), value)


def _number(value: float | None) -> Value:
    return Value("" if value is None else f"{value:g}" if value == round(value) else f"{value:.1f}", value)


def _memory(summary: Summary) -> Value:
    parts = [f"{summary.host_mb:,.0f} MB" if summary.host_mb else "", f"GPU {summary.gpu_mb:,.0f} MB" if summary.gpu_mb else ""]
    return Value(", ".join(each for each in parts if each), summary.host_mb)
