"""The report as one self-contained page: the answers first, then what they rest on."""

from dataclasses import dataclass
from importlib.resources import files

from eval.reports.content import (
    audit_table,
    comparisons_table,
    controls_table,
    fingerprints_table,
    metrics_table,
    reasons_table,
    sets_table,
    settings_table,
    summary_table,
)
from eval.reports.markup import Html, join, tag, void
from eval.reports.notes import Flag, Notes, notes_of
from eval.reports.pictures import Shown
from eval.reports.plots import Bar, Point, latencies, legend, pareto
from eval.reports.sentences import ANSWERS, headline, place, reason, repeat, setting_title
from eval.reports.tables import Table
from eval.runs.manifest import Told
from eval.runs.results import Results
from eval.statistics import Interval
from eval.verdicts.judge import ToolVerdict
from eval.verdicts.summaries import Summary
from eval.verdicts.words import Unit, credited, mode_title, plain, tool_title

CONTROLS = (
    "“perfect” is the right answer, “copy” is what doing nothing gets, the others are right answers that were spoilt on purpose. Marked "
    "are a copy that does as well as the engines, and a spoilt answer that passes a metric which claims to see it."
)
MANY = 3
"""Answers of a tool from which on its section leaves them to the summary."""
FRONT = (
    "Up and to the left is better. Filled and joined is the front, hollow is beaten; lines are 95 % intervals of the difference to the "
    "best on the same cases."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a page is made from."""

    results: Results
    verdicts: tuple[ToolVerdict, ...]
    cases: tuple[Shown, ...]
    flags: tuple[Flag, ...]


def page(report: Report) -> str:
    """The whole document."""
    manifest = report.results.manifest
    title = f"{manifest.suite.title}: is Quality worth its price?"
    assets = files("eval.reports")
    head = tag(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("style", Html((assets / "report.css").read_text())),
    )
    body = tag(
        "body",
        _header(report),
        tag("main", _summary(report), *(_tool(report, verdict) for verdict in report.verdicts), _rest(report)),
        tag("footer", f"Made from run {manifest.id} by Fashion Workbench. The page needs no network."),
        tag("script", Html((assets / "report.js").read_text())),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _header(report: Report) -> Html:
    manifest, notes = report.results.manifest, notes_of(report.results, report.flags)
    facts = tag("dl", *(tag("div", tag("dt", each.name), tag("dd", each.value)) for each in notes.facts), class_="facts")
    links = [tag("a", tool_title(verdict.tool), href=f"#{verdict.tool}") for verdict in report.verdicts]
    more = [tag("a", name, href=f"#{at}") for at, name in (("auto", "Auto rules"), ("controls", "Controls"), ("run", "This run"))]
    return tag(
        "header",
        tag("p", f"{manifest.suite.title}, version {manifest.suite.version}", class_="kicker"),
        tag("h1", "Is Quality worth its price?"),
        tag("p", headline(report.verdicts), class_="lead"),
        _notices(notes),
        facts,
        tag("nav", *links, *more, aria_label="Sections"),
    )


def _notices(notes: Notes) -> Html:
    return tag("ul", *(tag("li", text) for text in notes.notices), class_="notices") if notes.notices else Html("")


def _summary(report: Report) -> Html:
    margins = (
        "The dot is what Quality gains over the cheaper mode, the line its 95 % interval, both in margins: the band in the middle is a "
        "difference that nobody would mind. To the right Quality is better."
    )
    return tag(
        "section",
        tag("h2", "Summary"),
        summary_table(report.verdicts).html(),
        tag("p", margins, class_="quiet"),
        id="summary",
    )


def _tool(report: Report, verdict: ToolVerdict) -> Html:
    title = tool_title(verdict.tool)
    cases = "one case" if verdict.cases == 1 else f"{verdict.cases} cases"
    judged = f"Judged by {verdict.quality.primary.title} on {cases}" if verdict.quality else cases
    seeds = "one seed" if verdict.seeds == 1 else f"{verdict.seeds} seeds"
    details = [comparisons_table(verdict), *([metrics_table(verdict)] if len(verdict.metrics) > 1 else [])]
    return tag(
        "section",
        tag("h2", title),
        tag("p", f"{judged}, {seeds}.", class_="quiet"),
        *_answers(verdict),
        *_findings(verdict),
        _plots(verdict),
        settings_table(verdict).html(),
        *(_folded(table) for table in details if table.lines),
        _cases(report, verdict),
        class_="tool",
        id=verdict.tool,
    )


def _findings(verdict: ToolVerdict) -> list[Html]:
    """About Auto, with the engine's name where there are several."""
    several = len({each.engine for each in verdict.findings}) > 1
    return [tag("p", f"{each.engine}: " if several else "", each.text) for each in verdict.findings]


def _answers(verdict: ToolVerdict) -> list[Html]:
    """As in the summary; where they are many, it has them alone."""
    if len(verdict.worths) > MANY:
        return []
    found = []
    for worth in verdict.worths:
        where = place(verdict, worth)
        badge = tag("span", ANSWERS[worth.answer], class_=f"answer {worth.answer}")
        found.append(tag("p", badge, f"{where}: " if where else "", reason(verdict, worth), class_="verdict"))
    return found


def _folded(table: Table) -> Html:
    return tag("details", tag("summary", table.caption), table.html())


def front_plot(verdict: ToolVerdict) -> Html:
    """Quality over seconds of a tool's settings; empty where either is not known."""
    points = _points(verdict)
    if not points or verdict.quality is None:
        return Html("")
    told, title = verdict.quality.primary, tool_title(verdict.tool)
    words = f"{title}: " + "; ".join(
        f"{each.label} {plain(each.quality.estimate, told.digits)} in {each.seconds:.1f} s" for each in points
    )
    return pareto(f"pareto {verdict.tool}", points, Unit.of(told).name, told.better == "lower", words)


def front_caption(verdict: ToolVerdict) -> str:
    """What the front's markers and lines mean."""
    return f"{legend(list(dict.fromkeys(each.setting.mode for each in verdict.summaries)))}. {FRONT}"


def _plots(verdict: ToolVerdict) -> Html:
    svg, bars = front_plot(verdict), _bars(verdict)
    drawn = [tag("figure", svg, tag("figcaption", front_caption(verdict)))] if svg else []
    if bars:
        words = "; ".join(f"{each.label} {each.p50:.1f} s, 95 % under {each.p95:.1f} s" for each in bars)
        svg = latencies(f"seconds {verdict.tool}", bars, words)
        drawn.append(
            tag(
                "figure",
                svg,
                tag(
                    "figcaption",
                    "Seconds of running and encoding, once weights are loaded: the median, whisker to the 95th percentile.",
                ),
            )
        )
    return tag("div", *drawn, class_="plots") if drawn else Html("")


def _points(verdict: ToolVerdict) -> list[Point]:
    if verdict.quality is None:
        return []
    front = {setting for each in verdict.fronts if each.tariff == "api" for setting in each.settings}
    return [
        Point(
            each.setting,
            f"{setting_title(verdict, each.setting)}, {credited(each.credits_api or 0)}",
            each.latency.p50,
            _paired(verdict, verdict.quality.primary, each),
            each.setting in front,
        )
        for each in verdict.summaries
        if each.latency.p50 and verdict.quality.primary.name in each.scores
    ]


def _paired(verdict: ToolVerdict, told: Told, summary: Summary) -> Interval:
    """The mean with the interval of its difference to the best, which is what settings are judged by; the best has none."""
    mean = summary.scores[told.name].estimate
    best = next((each.best for each in verdict.cheapest), summary.setting)
    found = verdict.primary.between(summary.setting, best) if best != summary.setting else None
    if found is None:
        return Interval(mean, mean, mean)
    ends = sorted(mean + told.sign * (end - found.gain.estimate) for end in (found.gain.low, found.gain.high))
    return Interval(mean, ends[0], ends[1])


def _bars(verdict: ToolVerdict) -> list[Bar]:
    return [
        Bar(setting_title(verdict, each.setting), each.setting.mode, each.latency.p50, each.latency.p95)
        for each in verdict.summaries
        if each.latency.p50 is not None and each.latency.p95 is not None
    ]


def _cases(report: Report, verdict: ToolVerdict) -> Html:
    own = [each for each in report.cases if each.row.tool == verdict.tool]
    if not own:
        return Html("")
    return join(tag("h3", f"Worst and best by {own[0].told.title}"), tag("div", *(_case(each) for each in own), class_="cases"))


def _case(shown: Shown) -> Html:
    row, told = shown.row, shown.told
    labels = [each.label for each in shown.pictures]
    under = "target" if "target" in labels else "input"
    slides = under in labels
    button = tag("button", "Slider", type="button", hidden=True, aria_pressed="false") if slides else ""
    layers = []
    for each in shown.pictures:
        alt = f"{each.label} of {row.case}"
        image = void("img", src=each.uri, width=each.width, height=each.height, alt=alt)
        role = {under: "under", "output": "over"}.get(each.label, "")
        layers.append(tag("div", image, tag("span", each.label), class_=f"layer {role}".strip()))
    range_ = void("input", type="range", min=0, max=100, value=50, hidden=True, aria_label=f"{under} or output of {row.case}")
    score = f"{told.title} {plain(row.scores[told.name], told.digits)}"
    return tag(
        "figure",
        tag("header", tag("strong", shown.rank.capitalize()), tag("span", score), tag("small", f"{row.case}, {mode_title(row.mode)} {row.resolution}, seed {row.seed}"), button),
        tag("div", *layers, class_="layers"),
        range_ if slides else "",
        class_="case",
    )  # fmt: skip


def _rest(report: Report) -> Html:
    results, manifest = report.results, report.results.manifest
    audit, controls, reasons = audit_table(report.verdicts), controls_table(results, report.verdicts), reasons_table(results)
    none = tag("p", "Nothing failed, nothing was refused, and every output has a value.", class_="quiet")
    return join(
        _section("auto", "What Auto should choose", audit, "The run has no choices of Auto."),
        _section("sets", "Sets of outputs", sets_table(results), "No tool of this run has right answers to hold a set against."),
        _section("controls", "Controls", controls, "The run has no controls; its metrics were not put to the test.", CONTROLS),
        tag("section", tag("h2", "What is not counted"), reasons.html() if reasons.lines else none, id="missing"),
        tag("section", tag("h2", "Metrics"), fingerprints_table(manifest).html(), id="metrics"),
        _run(report),
    )


def _section(at: str, title: str, table: Table, empty: str, told: str = "") -> Html:
    shown = (
        [tag("p", told), table.html()]
        if told and table.lines
        else [table.html() if table.lines else tag("p", empty, class_="quiet")]
    )
    return tag("section", tag("h2", title), *shown, id=at)


def _run(report: Report) -> Html:
    manifest = report.results.manifest
    card = manifest.suite
    told = [
        ("Suite", f"{card.name} {card.version}"),
        ("Source", card.source),
        ("Licence", card.licence),
        ("Citation", card.citation),
    ]
    told += [
        (name, value)
        for part in (manifest.engines, manifest.device, manifest.git, manifest.versions)
        for name, value in part.items()
    ]
    facts = tag("dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in told if value), class_="facts")
    return tag(
        "section",
        tag("h2", "This run, and how to repeat it"),
        tag("pre", tag("code", repeat(manifest)), class_="command"),
        tag("p", "Equal suite, seeds and versions give equal pixels; only numbers with the same fingerprints may be compared."),
        facts,
        id="run",
    )
