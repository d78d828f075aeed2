"""Run the draft engine over the rendered suites and write the table of `docs/draft-engine.md`.

`python -m eval.rendered --write` runs everything; `--tools try-on --limit 4` looks at a part and writes nothing. Exit 1 where
balanced misses a bar or a control isn't beaten.
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean, median

from eval.suites.rendered.case import FIRST_SEED, Measure, Scores, ToolSuite
from eval.suites.rendered.registry import SUITES
from pipelines.sizes import Mode

DOCS = Path("docs/draft-engine.md")
BEGIN, END = "<!-- rendered: written by make draft-table -->", "<!-- rendered: end -->"
SUMMARIES: Mapping[str, Callable[[list[float]], float]] = {"mean": fmean, "median": median, "least": min, "largest": max}


@dataclass(frozen=True, slots=True)
class Result:
    """What one way of answering (a mode, or a control) scored on one case."""

    way: str
    kind: str
    scores: Scores
    refused: str = ""
    """The message of an engine that would not do it; such a case has no scores and is counted."""


@dataclass(frozen=True, slots=True)
class Column:
    """A measure over all results of one way."""

    measure: Measure
    values: Mapping[str, float]
    """Way to summary; a way without a score is absent."""

    @property
    def ok(self) -> bool:
        """Whether balanced reaches the bar and every control that has to lose loses."""
        own = self.values.get(Mode.BALANCED.value)
        if own is None:
            return self.measure.bar is None
        return self.measure.meets(own) and not self.unbeaten()

    def unbeaten(self) -> list[str]:
        """Controls that are at least as good as balanced."""
        own = self.values.get(Mode.BALANCED.value)
        if own is None or not self.measure.judges:
            return []
        sign = 1 if self.measure.better == "higher" else -1
        modes = {mode.value for mode in Mode}
        return [way for way, value in self.values.items() if way not in modes and sign * (value - own) >= 0]


def results_of(suite: ToolSuite, number: int) -> list[Result]:
    """Every mode and every control on one case."""
    from pipelines.draft.engine import DraftEngine
    from pipelines.engine import unwatched
    from pipelines.errors import PipelineError

    case = suite.case(number)
    found = []
    for mode in suite.modes:
        try:
            found.append(Result(mode.value, case.kind, case.score(DraftEngine().run(case.task(mode), unwatched))))
        except PipelineError as error:
            found.append(Result(mode.value, case.kind, {}, str(error)))
    return found + [Result(name, case.kind, case.score(made())) for name, made in case.controls.items()]


def columns(suite: ToolSuite, results: Sequence[Result]) -> list[Column]:
    """One column for each measure of the suite."""
    return [Column(measure, _summaries(measure, results)) for measure in suite.measures]


def _summaries(measure: Measure, results: Sequence[Result]) -> dict[str, float]:
    by_way: dict[str, list[float]] = defaultdict(list)
    for each in results:
        if measure.key in each.scores and measure.kind in (None, each.kind):
            by_way[each.way].append(each.scores[measure.key])
    return {way: float(SUMMARIES[measure.summary](values)) for way, values in by_way.items()}


def table(suite: ToolSuite, results: Sequence[Result]) -> str:
    """The suite's Markdown: a row for each way, a column for each measure, and its bars."""
    found = columns(suite, results)
    ways = list(dict.fromkeys(each.way for each in results))
    head = (
        "| | "
        + " | ".join(f"{each.measure.title} {'↑' if each.measure.better == 'higher' else '↓'}" for each in found)
        + " | refused |"
    )
    lines = [f"### {suite.tool}", "", head, "|---" + "|---:" * (len(found) + 1) + "|"]
    for way in ways:
        refused = sum(1 for each in results if each.way == way and each.refused)
        cells = [_cell(each, way) for each in found]
        lines.append(f"| {way} | {' | '.join(cells)} | {refused} of {suite.count} |")
    if any(each.measure.bar is not None for each in found):
        bars = ["" if each.measure.bar is None else f"{each.measure.bar:g}{'' if each.ok else ' missed'}" for each in found]
        lines.append(f"| *bar* | {' | '.join(bars)} | |")
    return "\n".join(lines)


def _cell(column: Column, way: str) -> str:
    value = column.values.get(way)
    return "–" if value is None else f"{value:.{column.measure.digits}f}"


def run(suites: Sequence[ToolSuite], limit: int | None, processes: int) -> Iterator[tuple[ToolSuite, list[Result]]]:
    """Each suite with its results, in order."""
    with ProcessPoolExecutor(processes, get_context("spawn"), initializer=_single_threaded) as pool:
        waiting = [
            (suite, [pool.submit(_results, suite.tool, number) for number in range(min(limit or suite.count, suite.count))])
            for suite in suites
        ]
        for suite, futures in waiting:
            yield suite, [result for future in futures for result in future.result()]


def _results(tool: str, number: int) -> list[Result]:
    return results_of(next(suite for suite in SUITES if suite.tool == tool), number)


def _single_threaded() -> None:
    import torch

    torch.set_num_threads(1)


def written(tables: Sequence[str], page: str) -> str:
    """The page with the tables between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n" + "\n\n".join(tables) + f"\n\n{END}{after}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, run, print, and with `--write` put the tables into the docs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", nargs="*", choices=[suite.tool for suite in SUITES], help="default: all")
    parser.add_argument("--limit", type=int, help="cases of each tool; default: all")
    parser.add_argument("--processes", type=int, default=max(1, (os.cpu_count() or 2)))
    parser.add_argument("--write", action="store_true", help=f"put the tables into {DOCS}")
    options = parser.parse_args(arguments)
    chosen = [suite for suite in SUITES if not options.tools or suite.tool in options.tools]
    total = sum(min(options.limit or suite.count, suite.count) for suite in chosen)
    tables, missed = [_headline(total)], []
    for suite, results in run(chosen, options.limit, options.processes):
        tables.append(table(suite, results))
        missed += _missed(suite, results)
        print(tables[-1], end="\n\n", flush=True)
    if options.write:
        DOCS.write_text(written(tables, DOCS.read_text()))
    print("\n".join(missed), file=sys.stderr)
    return 1 if missed else 0


def _headline(total: int) -> str:
    return (
        f"{total} scenes, seeds from {FIRST_SEED:,} on. Means unless the column says otherwise; ↑ higher is better, ↓ lower is. "
        "Rows that are no mode are controls; they have to lose."
    )


def _missed(suite: ToolSuite, results: Sequence[Result]) -> list[str]:
    return [
        f"{suite.tool}: {each.measure.title} misses its bar"
        + (f", not beaten: {', '.join(each.unbeaten())}" if each.unbeaten() else "")
        for each in columns(suite, results)
        if not each.ok
    ]


if __name__ == "__main__":
    sys.exit(main())
