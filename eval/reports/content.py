"""The tables of a report, from its verdicts."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from eval.reports.glyph import glyph
from eval.reports.markup import Html, tag
from eval.reports.sentences import ANSWERS, advice, cheapest_text, listed, place, reason, setting_title
from eval.reports.tables import Column, Line, Table, Value
from eval.runs.manifest import Manifest, Told
from eval.runs.results import ENGINE, Results
from eval.runs.row import Row
from eval.verdicts.audit import rules
from eval.verdicts.comparisons import Comparison, near
from eval.verdicts.judge import ToolVerdict
from eval.verdicts.summaries import Summary
from eval.verdicts.words import Unit, duration, mode_title, plain, signed, spread, tool_title

PERFECT, COPY = "perfect", "copy"
"""Ways that are no spoilt answers: the right one, and what was given."""
FEW = 3
"""Tools that are named where several share a reason."""
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
    """Pairs of settings that differ in one thing, by the metric that stands for quality, each seen from its dearer side."""
    digits = verdict.quality.primary.digits if verdict.quality else 2
    lines = [_compared(verdict, each.turned(), digits) for each in verdict.primary.all if near(each.one, each.other)]
    unit = Unit.of(verdict.quality.primary).counted if verdict.quality else ""
    columns = [
        Column("Setting"),
        Column("against"),
        Column(f"Gain, {unit}", True, "Positive: the setting on the left is better"),
        Column("95 % interval", True),
        Column("p (Holm)", True, "Permutation test on the same cases and seeds, corrected for all comparisons of this table"),
        Column("Effect", True, "Mean over standard deviation of the differences"),
        Column("Wins", True, "Share of cases that it wins, a tie counting as half, with Wilson's interval"),
        Column("Verdict"),
        Column("Cases", True),
    ]
    return Table(
        "Compared on the same cases and seeds",
        columns,
        lines,
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
    """Means of the right answer, of what does nothing and of what was spoilt on purpose, beside the engines' mean."""
    grouped: dict[str, dict[str, list[Row]]] = {}
    for row in results.rows:
        if row.way != ENGINE:
            grouped.setdefault(row.tool, {}).setdefault(row.way, []).append(row)
    ways = sorted({way for found in grouped.values() for way in found}, key=lambda way: (way != PERFECT, way != COPY, way))
    columns = [Column("Tool"), Column("Metric"), Column("Engines", True), *(Column(way, True) for way in ways)]
    lines = [
        _controls(verdict, verdict.quality.primary, grouped[verdict.tool], ways)
        for verdict in verdicts
        if verdict.tool in grouped and verdict.quality is not None
    ]
    return Table("Controls and planted degradations, means", columns, lines)


def _controls(verdict: ToolVerdict, told: Told, found: Mapping[str, Sequence[Row]], ways: Sequence[str]) -> Line:
    own = _mean(each.scores[told.name].estimate for each in verdict.summaries if told.name in each.scores)
    means = {way: _mean(row.scores[told.name] for row in found.get(way, ()) if told.name in row.scores) for way in ways}
    cells = [_control(told, way, means[way], means.get(PERFECT), own) for way in ways]
    return [tool_title(verdict.tool), told.title, _control(told, PERFECT, own, None, None), *cells]


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return fmean(known) if known else None


def _control(told: Told, way: str, mean: float | None, perfect: float | None, own: float | None) -> Value:
    """Doing nothing must lose against the engines, a spoilt answer against the right one where the metric claims to see it."""
    if mean is None:
        return Value("")
    text = plain(mean, told.digits)
    if way == PERFECT:
        return Value(text, mean)
    spoilt = way != COPY and perfect is not None
    bar = perfect if spoilt else own
    fails = bar is not None and told.sign * mean >= told.sign * bar and (not spoilt or way in told.sees)
    return Value(tag("strong", f"{text} {'unseen' if spoilt else 'wins'}"), mean, "bad") if fails else Value(text, mean)


def reasons_table(results: Results) -> Table:
    """What was refused, failed, is unsupported or has no value, by reason, most frequent first."""
    counted: Counter[tuple[str, str]] = Counter()
    tools: dict[tuple[str, str], dict[str, None]] = {}
    for row in results.made():
        lost = [] if row.done else [(row.status, row.error or "no reason given")]
        for why_lost in [*lost, *((f"no value by {name}", why) for name, why in row.unscored.items())]:
            counted[why_lost] += 1
            tools.setdefault(why_lost, {})[tool_title(row.tool)] = None
    columns = [Column("Tools"), Column("What"), Column("Reason"), Column("Outputs", True)]
    lines: list[Line] = [
        [_few(list(tools[reason])), *reason, Value(str(count), count)] for reason, count in counted.most_common(REASONS)
    ]
    return Table("Failed, refused and unscored", columns, lines)


def _few(names: Sequence[str]) -> str:
    return listed(names) if len(names) <= FEW else f"{len(names)} tools"


def sets_table(results: Results) -> Table:
    """What is measured of all outputs of a setting together; settings without a value share a line by the reason."""
    titles = {told.name: told for told in results.manifest.set_metrics}
    columns = [Column("Metric"), Column("Tools"), Column("Setting"), Column("Value", True), Column("Reason")]
    lines: list[Line] = []
    lacking: dict[tuple[str, str], dict[str, None]] = {}
    for each in results.sets:
        told = titles[each.metric]
        if each.value is None:
            lacking.setdefault((told.title, each.unscored), {})[tool_title(each.tool)] = None
        else:
            setting = f"{each.engine} {mode_title(each.mode)} {each.resolution}"
            lines.append([told.title, tool_title(each.tool), setting, Value(plain(each.value, told.digits), each.value), ""])
    lines += [[title, _few(list(tools)), "–", Value("missing"), why] for (title, why), tools in lacking.items()]
    return Table("Sets of outputs", columns, lines)


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
        for told in (*manifest.metrics, *manifest.set_metrics)
    ]
    return Table("Metrics", columns, lines)


def _seconds(value: float | None) -> Value:
    return Value(duration(value), value)


def _number(value: float | None) -> Value:
    return Value("" if value is None else f"{value:g}" if value == round(value) else f"{value:.1f}", value)


def _memory(summary: Summary) -> Value:
    parts = [f"{summary.host_mb:,.0f} MB" if summary.host_mb else "", f"GPU {summary.gpu_mb:,.0f} MB" if summary.gpu_mb else ""]
    return Value(", ".join(each for each in parts if each), summary.host_mb)
