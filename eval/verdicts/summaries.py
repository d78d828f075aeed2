"""What each setting did: its quality, its times, its memory, its price, and what it could not do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.runs.results import Setting, setting_of
from eval.runs.row import Row
from eval.statistics import Interval
from eval.verdicts.resampling import mean_intervals
from eval.verdicts.sheet import Sheet, seconds_of


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of running and encoding; None was not measured."""

    warm: int
    p50: float | None
    p95: float | None
    cold: float | None
    """Median of the first run of each process, which reads weights and warms caches."""
    load: float | None
    """Median of reading weights, part of the cold run."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of a setting by what came of them."""

    asked: int
    done: int
    refused: int
    failed: int
    unsupported: int
    unscored: Mapping[str, int]
    """Metric to outputs that it has no value for, though the case knows what it needs."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One setting."""

    setting: Setting
    counts: Counts
    scores: Mapping[str, Interval]
    """Metric to mean with its interval."""
    latency: Latency
    host_mb: float | None
    """Largest peak."""
    gpu_mb: float | None
    credits_app: float | None
    """Mean of an output."""
    credits_api: float | None

    def price(self, tariff: str) -> float:
        """Mean credits of an output in `app` or `api`; infinite where it isn't known."""
        found = self.credits_app if tariff == "app" else self.credits_api
        return float("inf") if found is None else found


def summaries(sheet: Sheet, rows: Sequence[Row], metrics: Sequence[str]) -> tuple[Summary, ...]:
    """Of every setting of a tool, in the sheet's order."""
    by_setting: dict[Setting, list[Row]] = {setting: [] for setting in sheet.settings}
    for row in rows:
        by_setting[setting_of(row)].append(row)
    intervals = _intervals(sheet, metrics)
    return tuple(_summary(setting, by_setting[setting], intervals[at]) for at, setting in enumerate(sheet.settings))


def _intervals(sheet: Sheet, metrics: Sequence[str]) -> list[dict[str, Interval]]:
    if not metrics:
        return [{} for _ in sheet.settings]
    columns = np.hstack([sheet.column(name) for name in metrics])
    found = mean_intervals(columns, sheet.clusterings)
    wide = len(sheet.settings)
    return [
        {name: each for number, name in enumerate(metrics) if (each := found[number * wide + at]) is not None}
        for at in range(wide)
    ]


def _summary(setting: Setting, rows: Sequence[Row], scores: Mapping[str, Interval]) -> Summary:
    done = [row for row in rows if row.done]
    return Summary(
        setting=setting,
        counts=counts_of(rows),
        scores=scores,
        latency=latency_of(done),
        host_mb=_over(max, (row.host_mb for row in done)),
        gpu_mb=_over(max, (row.gpu_mb for row in done)),
        credits_app=_over(np.mean, (row.credits_app for row in done)),
        credits_api=_over(np.mean, (row.credits_api for row in done)),
    )


def counts_of(rows: Sequence[Row]) -> Counts:
    """Rows by status, and outputs without a value by metric."""
    unscored: dict[str, int] = {}
    for row in rows:
        for name in row.unscored:
            unscored[name] = unscored.get(name, 0) + 1
    by_status = {status: sum(row.status == status for row in rows) for status in ("done", "refused", "failed", "unsupported")}
    return Counts(asked=len(rows), **by_status, unscored=unscored)


def latency_of(done: Sequence[Row]) -> Latency:
    """Of rows that are done; cold and warm runs are never mixed."""
    warm = [seconds_of(row) for row in done if not row.cold]
    cold = [row for row in done if row.cold]
    return Latency(
        warm=sum(each is not None for each in warm),
        p50=_over(np.median, warm),
        p95=_over(lambda each: np.quantile(each, 0.95), warm),
        cold=_over(np.median, (seconds_of(row) for row in cold)),
        load=_over(np.median, (row.load_seconds for row in cold)),
    )


def _over(summary: Callable[[list[float]], float], values: Iterable[float | None]) -> float | None:
    known = [float(each) for each in values if each is not None]
    return float(summary(known)) if known else None
