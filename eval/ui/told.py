"""What the benchmark's page is told, as plain values."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from eval.benchmark.bench import BUSY, Bench, Status, tally_of
from eval.benchmark.live import Live, Look, Seen
from eval.benchmark.pictures import REPORTS, Pictures
from eval.errors import EvalError
from eval.runs.results import Setting, setting_of
from eval.runs.row import Row
from eval.verdicts.sheet import seconds_of
from eval.verdicts.summaries import Summary
from eval.verdicts.words import mode_title, plain
from workbench.tools.base import Toolbox

Answer = dict[str, Any]
A_STRETCH = 40
"""Cells that are told at once."""
FEW = 8
"""Reasons of what failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which cells of a run."""

    tool: str
    setting: str = ""
    """Title of the only one; empty is all."""
    status: str = ""
    metric: str = ""
    order: str = "run"
    """`run`, `newest`, `worst`, `best` or `slowest`."""
    first: int = 0

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """What a page asks; anything odd is passed over."""
        texts = {name: str(asked[name]) for name in ("setting", "status", "metric", "order") if isinstance(asked.get(name), str)}
        first = asked.get("first")
        return cls(tool=str(asked.get("tool", "")), first=max(0, first) if isinstance(first, int) else 0, **texts)


def run_line(bench: Bench, live: Live, name: str) -> Answer:
    """A run in a list: what it is, where it stands, how much is done."""
    status = bench.status(name)
    line: Answer = {"run": name, "state": status.state, "message": status.kept.message if status.kept else ""}
    try:
        seen = live.look(bench.folder(name), settled=status.state not in BUSY)
    except (EvalError, OSError) as error:
        return line | {"state": "unreadable", "message": str(error), "made": "", "grid": None, "tally": None, "suite": name}
    manifest = seen.results.manifest
    tally = tally_of(seen.results, _total(status), status.tally)
    return line | {
        "busy": status.state in BUSY,
        "made": manifest.made,
        "suite": manifest.suite.title,
        "version": manifest.suite.version,
        "grid": asdict(manifest.grid) | {"titles": [title(bench, each) for each in manifest.grid.tools]},
        "tally": asdict(tally) | {"ended": tally.ended, "left": tally.left if status.state == "running" else None},
    }


def _total(status: Status) -> int:
    if status.tally is not None and status.tally.total:
        return status.tally.total
    return status.kept.total if status.kept else 0


def title(bench: Bench, tool: str) -> str:
    """As the studio calls it."""
    return bench.studio.toolbox[tool].title if tool in bench.studio.toolbox else tool


def tool_result(seen: Seen | None) -> Answer | None:
    """Plot and table of a tool's settings."""
    if seen is None:
        return None
    verdict = seen.verdict
    quality = verdict.quality.primary if verdict.quality else None
    fronts = {each.tariff: set(each.settings) for each in verdict.fronts}
    digits = quality.digits if quality else 2
    lines = [
        _setting(each, quality.name if quality else "", digits)
        | {"front": [name for name in ("app", "api") if each.setting in fronts.get(name, ())]}
        for each in verdict.summaries
    ]
    return {
        "plot": seen.plot,
        "caption": seen.caption,
        "metric": quality.name if quality else "",
        "quality": quality.title if quality else "",
        "better": quality.better if quality else "",
        "cases": verdict.cases,
        "seeds": verdict.seeds,
        "settings": lines,
    }


def _setting(summary: Summary, metric: str, digits: int) -> Answer:
    score = summary.scores.get(metric)
    return {
        "title": _titled(summary.setting),
        "setting": summary.setting.title,
        "score": None if score is None else {name: plain(getattr(score, name), digits) for name in ("estimate", "low", "high")},
        "order": None if score is None else score.estimate,
        "p50": summary.latency.p50,
        "p95": summary.latency.p95,
        "cold": summary.latency.cold,
        "app": summary.credits_app,
        "api": summary.credits_api,
        "counts": asdict(summary.counts) | {"unscored": 0},
    }


def _titled(setting: Setting) -> str:
    tier = (
        setting.resolution.upper()
        if setting.resolution[:1].isdigit() and setting.resolution.endswith("k")
        else setting.resolution
    )
    return f"{mode_title(setting.mode)} {tier}, {setting.engine}"


def failures(seen: Look) -> list[Answer]:
    """What did not work and how often, the most frequent first."""
    found = Counter((row.status, row.error) for row in seen.rows.values() if not row.done)
    return [{"status": status, "text": text, "cells": count} for (status, text), count in found.most_common(FEW)]


def files(folder: Path) -> list[Answer]:
    """Reports that there are, with a mark that changes whenever one is written."""
    there = [(name, folder / name) for name in REPORTS]
    return [{"name": name, "mark": str(path.stat().st_mtime_ns)} for name, path in there if path.exists()]


def cells(seen: Look, wanted: Wanted) -> Answer:
    """A stretch of the cells that are wanted, and how many there are."""
    found = [row for row in seen.rows.values() if row.tool == wanted.tool and _is_wanted(row, wanted)]
    told = next((each for each in seen.metrics(wanted.tool) if each.name == wanted.metric), None)
    digits, sign = (told.digits, told.sign) if told else (2, 1)
    ordered = _ordered(found, wanted, sign)
    part = ordered[wanted.first : wanted.first + A_STRETCH]
    return {"count": len(found), "rows": [_row(each, wanted.metric, digits) for each in part]}


def _is_wanted(row: Row, wanted: Wanted) -> bool:
    if wanted.setting and setting_of(row).title != wanted.setting:
        return False
    return not wanted.status or (row.done if wanted.status == "done" else not row.done)


def _ordered(rows: list[Row], wanted: Wanted, sign: int) -> list[Row]:
    if wanted.order == "newest":
        return rows[::-1]
    if wanted.order == "slowest":
        return sorted(rows, key=lambda row: -(seconds_of(row) or 0.0))
    if wanted.order in ("worst", "best"):
        way = sign if wanted.order == "worst" else -sign
        return sorted(rows, key=lambda row: way * row.scores[wanted.metric] if wanted.metric in row.scores else float("inf"))
    return rows


def _row(row: Row, metric: str, digits: int) -> Answer:
    return {
        "cell": row.cell,
        "case": row.case,
        "kind": row.kind,
        "setting": _titled(setting_of(row)),
        "seed": row.seed,
        "status": row.status,
        "error": row.error,
        "score": plain(row.scores[metric], digits) if metric in row.scores else None,
        "seconds": seconds_of(row),
        "picture": bool(row.picture),
    }


def cell(seen: Look, row: Row, pictures: Pictures, toolbox: Toolbox) -> Answer:
    """Everything of one cell; where its suite can't be opened, why."""
    titles = toolbox[row.tool].properties() if row.tool in toolbox else {}
    about: Answer = {"prompt": "", "inputs": [], "target": False, "trouble": ""}
    try:
        shown = pictures.shown(seen.results.manifest, row.case)
    except (EvalError, OSError) as error:
        about["trouble"] = f"The case's own pictures can't be shown: {error}"
    else:
        about |= {
            "prompt": shown.prompt,
            "inputs": [str(titles.get(each.field, {}).get("title", each.field)) for each in shown.inputs],
            "target": shown.target is not None,
        }
    known = {each.name: each for each in seen.results.manifest.metrics}
    scores = [
        {"title": known[name].title, "value": plain(value, known[name].digits), "better": known[name].better}
        for name, value in row.scores.items()
        if name in known
    ]
    return about | {
        "case": row.case,
        "setting": _titled(setting_of(row)),
        "seed": row.seed,
        "status": row.status,
        "error": row.error,
        "video": row.picture.endswith(".mp4"),
        "picture": bool(row.picture),
        "width": row.width,
        "height": row.height,
        "seconds": seconds_of(row),
        "app": row.credits_app,
        "api": row.credits_api,
        "scores": scores,
        "notes": list(row.notes),
    }
