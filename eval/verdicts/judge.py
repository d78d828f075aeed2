"""Everything that a run says of each of its tools."""

from collections.abc import Mapping
from dataclasses import dataclass

from eval.runs.manifest import Told
from eval.runs.results import Results, Setting
from eval.runs.row import Row
from eval.verdicts.audit import Finding, audited
from eval.verdicts.comparisons import Comparisons, Scale, compared, seconds_scale
from eval.verdicts.pareto import Front, front_of
from eval.verdicts.quality import Quality, check_metric, quality_of
from eval.verdicts.sheet import SECONDS, Sheet, sheet_of
from eval.verdicts.summaries import Summary, summaries
from eval.verdicts.worth import Cheapest, Worth, cheapest, worths

TARIFFS = ("app", "api")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolVerdict:
    """Of one tool; what needs a quality is empty where nothing was scored."""

    tool: str
    quality: Quality | None
    metrics: tuple[Told, ...]
    """All that were scored, the primary one first."""
    cases: int
    seeds: int
    summaries: tuple[Summary, ...]
    comparisons: Mapping[str, Comparisons]
    """By metric, `SECONDS` included."""
    fronts: tuple[Front, ...]
    """In the app's and in the API's credits."""
    worths: tuple[Worth, ...]
    cheapest: tuple[Cheapest, ...]
    findings: tuple[Finding, ...]

    @property
    def table(self) -> dict[Setting, Summary]:
        """Summaries by setting."""
        return {each.setting: each for each in self.summaries}

    @property
    def primary(self) -> Comparisons:
        """By the metric that stands for quality."""
        return self.comparisons[self.quality.primary.name] if self.quality else Comparisons(())


def verdicts(results: Results, metric: str | None = None) -> tuple[ToolVerdict, ...]:
    """Of every tool in the order of the run; `metric` stands for quality instead of each tool's own where it was scored.

    Raises BadRun where no output of the run has a value of that metric.
    """
    if metric is not None:
        check_metric(results, metric)
    rows: dict[str, list[Row]] = {}
    for row in results.made():
        rows.setdefault(row.tool, []).append(row)
    return tuple(_verdict(results, tool, found, metric) for tool, found in rows.items())


def _verdict(results: Results, tool: str, rows: list[Row], metric: str | None) -> ToolVerdict:
    sheet = sheet_of(results, tool)
    quality = (quality_of(results, tool, metric) if metric else None) or quality_of(results, tool)
    metrics = _scored(results, rows, quality)
    made = summaries(sheet, rows, [told.name for told in metrics])
    comparisons = _compared(sheet, quality, metrics)
    table = {each.setting: each for each in made}
    judged = {setting: each for setting, each in table.items() if quality and quality.primary.name in each.scores}
    seconds = comparisons[SECONDS]
    primary = comparisons[quality.primary.name] if quality else Comparisons(())
    guards = [comparisons[told.name] for told in quality.guards] if quality else []
    return ToolVerdict(
        tool=tool,
        quality=quality,
        metrics=metrics,
        cases=len({line.case for line in sheet.lines}),
        seeds=len({line.seed for line in sheet.lines}),
        summaries=made,
        comparisons=comparisons,
        fronts=tuple(front_of(judged, primary, seconds, tariff) for tariff in TARIFFS),
        worths=worths(table, primary, guards),
        cheapest=cheapest(table, quality.primary.name, quality.primary.sign, primary, guards) if quality else (),
        findings=audited(sheet, rows, quality) if quality else (),
    )


def _scored(results: Results, rows: list[Row], quality: Quality | None) -> tuple[Told, ...]:
    """Primary, guards, then the others in the order of the run."""
    first = quality.all if quality else ()
    there = {name for row in rows for name in row.scores}
    return first + tuple(told for told in results.manifest.metrics if told.name in there and told not in first)


def _compared(sheet: Sheet, quality: Quality | None, metrics: tuple[Told, ...]) -> dict[str, Comparisons]:
    """The primary metric's tests are one family, all the others' another; seconds are judged by their intervals."""
    own = [Scale.of(quality.primary)] if quality else []
    others = [Scale.of(told) for told in metrics if not own or told.name != own[0].name]
    return compared(sheet, [own, others, [seconds_scale(sheet)]])
