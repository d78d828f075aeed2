"""An answer for continuous integration: whether a run keeps its promises, as JSON and as an exit code.

Exit codes are 0 where all is well, 1 where a threshold is missed or something got worse, and 2 where the question is wrong.
"""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError

from eval.errors import BadRun
from eval.reports.compare import RunComparison, as_json, compared_runs
from eval.runs.results import Results, Setting
from eval.verdicts.judge import ToolVerdict, verdicts
from eval.verdicts.summaries import Summary

OK, MISSED, USAGE = 0, 1, 2
MEASURES: Mapping[str, Callable[[Summary], float | None]] = {
    "seconds_p50": lambda summary: summary.latency.p50,
    "seconds_p95": lambda summary: summary.latency.p95,
    "host_mb": lambda summary: summary.host_mb,
    "gpu_mb": lambda summary: summary.gpu_mb,
    "failed_share": lambda summary: 1 - summary.counts.done / summary.counts.asked,
    "unscored_share": lambda summary: max(summary.counts.unscored.values(), default=0) / max(1, summary.counts.done),
}
"""What can be held beside metrics; less is better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The worst mean that passes, in every setting that is meant; what is left empty means all."""

    metric: str
    limit: float
    tool: str = ""
    engine: str = ""
    mode: str = ""
    resolution: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """`try-on:balanced/garment_delta_e=6.5`; tool and mode may be left out. Raises BadRun for anything else."""
        place, _, rest = text.rpartition("/")
        metric, equals, limit = rest.partition("=")
        tool, _, mode = place.partition(":")
        try:
            number = float(limit)
        except ValueError:
            number = float("nan")
        if not (metric and equals and isfinite(number)):
            raise BadRun(f"{text!r} is no threshold; write one such as try-on:balanced/garment_delta_e=6.5 or upscale/psnr=28")
        return cls(metric=metric, limit=number, tool=tool, mode=mode)

    def means(self, setting: Setting) -> bool:
        """Whether it is about this setting."""
        wanted = (
            (self.tool, setting.tool),
            (self.engine, setting.engine),
            (self.mode, setting.mode),
            (self.resolution, setting.resolution),
        )
        return all(asked in ("", own) for asked, own in wanted)

    @property
    def title(self) -> str:
        """As it is written: `try-on:balanced/psnr`."""
        place = ":".join(each for each in (self.tool, self.engine, self.mode, self.resolution) if each)
        return f"{place}/{self.metric}" if place else self.metric


@dataclass(frozen=True, slots=True)
class Held:
    """A threshold against one setting; no value is a miss, since nothing was shown."""

    threshold: Threshold
    setting: Setting | None
    value: float | None
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The answer."""

    held: tuple[Held, ...]
    comparison: RunComparison | None
    regressions_fail: bool = True

    @property
    def ok(self) -> bool:
        """Whether every threshold holds, nothing got worse, and nothing was lost."""
        worse = (
            self.comparison is not None and self.regressions_fail and bool(self.comparison.regressions or self.comparison.lost)
        )
        return all(each.ok for each in self.held) and not worse

    @property
    def exit_code(self) -> int:
        """Of a command."""
        return OK if self.ok else MISSED

    def as_json(self) -> dict[str, Any]:
        """Plain values, for machines."""
        return {
            "ok": self.ok,
            "thresholds": [
                {**asdict(each.threshold), "setting": each.setting.title if each.setting else None, "value": each.value, "ok": each.ok, "text": each.text}
                for each in self.held
            ],
            "comparison": as_json(self.comparison) if self.comparison else None,
        }  # fmt: skip


def read_thresholds(path: Path) -> tuple[Threshold, ...]:
    """Of a TOML file with `[[thresholds]]`, each with metric, limit and what it is about; BadRun says what is wrong with it."""
    try:
        kept = tomllib.loads(path.read_text(encoding="utf-8"))
        return TypeAdapter(tuple[Threshold, ...]).validate_python(_known(path, kept.get("thresholds", [])))
    except FileNotFoundError as error:
        raise BadRun(f"there is no file {path}; give a TOML file with [[thresholds]]") from error
    except (tomllib.TOMLDecodeError, ValidationError, UnicodeDecodeError) as error:
        raise BadRun(f"{path} can't be read: {error}") from error


def _known(path: Path, given: Any) -> Any:
    """A misspelt key would hold nothing, so it is refused."""
    names = set(Threshold.__dataclass_fields__)
    unknown = [key for each in given if isinstance(each, dict) for key in each if key not in names]
    if unknown:
        raise BadRun(f"{path} has {unknown[0]!r} in a threshold; there are {', '.join(sorted(names))}")
    return given


def gate(new: Results, thresholds: Sequence[Threshold] = (), base: Results | None = None, metrics: Sequence[str] = ()) -> Gate:
    """A run against thresholds and, where one is given, against a base run.

    Raises BadRun where there is nothing to hold it against, and Incomparable where the base was measured differently.
    """
    if not thresholds and base is None:
        raise BadRun("there is nothing to hold the run against; give thresholds or a base run")
    for threshold in thresholds:
        if threshold.metric not in MEASURES:
            new.manifest.metric(threshold.metric)
    found = verdicts(new) if thresholds else ()
    held = [each for threshold in thresholds for each in _held(new, found, threshold)]
    return Gate(tuple(held), compared_runs(base, new, metrics) if base is not None else None)


def _held(results: Results, found: Sequence[ToolVerdict], threshold: Threshold) -> list[Held]:
    meant = [summary for verdict in found for summary in verdict.summaries if threshold.means(summary.setting)]
    if threshold.metric not in MEASURES and not threshold.tool:
        meant = [summary for summary in meant if threshold.metric in summary.scores]
    if not meant:
        return [Held(threshold, None, None, False, f"{threshold.title}: the run has nothing that it is about")]
    return [_against(results, threshold, summary) for summary in meant]


def _against(results: Results, threshold: Threshold, summary: Summary) -> Held:
    name, setting = threshold.metric, summary.setting
    if name in MEASURES:
        value, sign = MEASURES[name](summary), -1
    else:
        scored = summary.scores.get(name)
        value, sign = scored.estimate if scored else None, results.manifest.metric(name).sign
    if value is None:
        return Held(threshold, setting, None, False, f"{setting.tool} {setting.title}: {name} has no value")
    ok = sign * value >= sign * threshold.limit
    word = "holds" if ok else "is missed"
    edge = "at least" if sign > 0 else "at most"
    return Held(
        threshold, setting, value, ok, f"{setting.tool} {setting.title}: {name} {value:.4g}, {edge} {threshold.limit:g} {word}"
    )
