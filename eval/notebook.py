"""Measuring where you are: a run in one call, and what it says as tables and plots inline.

    from eval.notebook import measure
    found = measure("packshot", limit=6)
    found                       # in a notebook: is Quality worth its price?
    found.settings("packshot")  # what each setting scored, took and cost
    found.pareto("packshot")

It is the same run as `python -m eval run` makes, into a folder that all other commands read.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp

from eval.commands.display import line
from eval.controls import Flag, flags
from eval.errors import BadRun
from eval.metrics.metric import Metric
from eval.metrics.registry import METRICS
from eval.reports.compare import RunComparison, compared_runs
from eval.reports.content import comparisons_table, controls_table, metrics_table, reasons_table, settings_table, summary_table
from eval.reports.page import front_plot
from eval.reports.sentences import headline
from eval.reports.tables import Table
from eval.reports.write import write_reports
from eval.runs.manifest import Grid
from eval.runs.results import Results, load
from eval.runs.run import run
from eval.runs.setup import Setup
from eval.runs.tally import Tally
from eval.verdicts.judge import ToolVerdict, verdicts
from pipelines.sizes import Mode
from workbench.notebook import Watched
from workbench.settings import read_settings

QUICK = "rendered-4"
"""Scenes at a quarter of their sides: seconds instead of minutes."""
MODES = tuple(each.value for each in Mode)
COLOURS = (
    "--ink:var(--jp-content-font-color1,#222);--line-strong:var(--jp-border-color1,#bbb);"
    "--card:var(--jp-layout-color0,#fff);--sans:system-ui,sans-serif"
)
"""What a plot takes from the page that it stands on; JupyterLab's light and dark, else light."""


@dataclass(frozen=True)
class Plot:
    """A drawing that shows itself."""

    svg: str

    def _repr_html_(self) -> str:
        return f'<div style="{COLOURS};max-width:36em">{self.svg}</div>'


@dataclass(frozen=True)
class Measured:
    """A run, and what it says; tools may be left out where there is one only."""

    results: Results
    folder: Path | None = None
    """None where it was never written."""

    @cached_property
    def verdicts(self) -> tuple[ToolVerdict, ...]:
        """Of every tool in the order of the run."""
        return verdicts(self.results)

    def verdict(self, tool: str = "") -> ToolVerdict:
        """Of one tool; BadRun names those that there are."""
        found = [each for each in self.verdicts if tool in ("", each.tool)]
        if len(found) != 1:
            there = ", ".join(each.tool for each in self.verdicts) or "none"
            raise BadRun(f"{f'the run has no tool {tool!r}' if tool else 'say which tool'}; there are {there}")
        return found[0]

    def settings(self, tool: str = "") -> Table:
        """What each setting scored, took and cost."""
        return settings_table(self.verdict(tool))

    def metrics(self, tool: str = "") -> Table:
        """Every metric that was scored, setting by setting."""
        return metrics_table(self.verdict(tool))

    def comparisons(self, tool: str = "") -> Table:
        """Settings against each other on the same cases and seeds."""
        return comparisons_table(self.verdict(tool))

    def pareto(self, tool: str = "") -> Plot:
        """Quality over seconds; what is worth choosing is filled and joined."""
        return Plot(front_plot(self.verdict(tool)) or "Nothing was scored and timed.")

    def controls(self) -> Table:
        """What right, lazy and spoilt answers score."""
        return controls_table(self.results, self.verdicts)

    def flags(self) -> tuple[Flag, ...]:
        """Metrics that rank a planted degradation wrongly."""
        return flags(self.results)

    def missing(self) -> Table:
        """What was refused, failed or has no value, by reason."""
        return reasons_table(self.results)

    def report(self, folder: str | Path | None = None) -> Path:
        """Write page, text and table beside the run, or into another folder; the page's path."""
        target = folder or self.folder or mkdtemp()
        return write_reports(self.results, Path(target), flags=self.flags()).page

    def _repr_html_(self) -> str:
        return f"<p>{headline(self.verdicts)}</p>{summary_table(self.verdicts)._repr_html_()}"


def measure(
    *tools: str,
    suite: str = QUICK,
    engines: Sequence[str] = ("draft",),
    modes: Sequence[str] = MODES,
    resolutions: Sequence[str] = ("1k",),
    seeds: int = 2,
    limit: int | None = None,
    metrics: Sequence[Metric] = METRICS.all,
    out: str | Path | None = None,
) -> Measured:
    """Run the grid of all these, controls included; without tools all that the suite has cases for.

    `limit` is cases of each tool. Without `out` it goes into a new temporary folder; with the same one it goes on where it
    stopped, and raises BadRun where that holds another run.
    """
    from eval.commands.run import open_setup

    opened = open_setup(suite, read_settings())
    grid = Grid(
        suite=suite,
        tools=tools or opened.suite.tools,
        engines=tuple(engines),
        modes=tuple(modes),
        resolutions=tuple(resolutions),
        seeds=tuple(range(1, seeds + 1)),
        limit=limit,
    )
    return _measured(Setup(opened.suite, opened.engines, metrics=tuple(metrics)), grid, out)


def repeat(folder: str | Path, *, metrics: Sequence[Metric] = METRICS.all, out: str | Path | None = None) -> Measured:
    """The run of a folder once more, after its manifest; BadRun where suite, engines or metrics are not what they were."""
    from eval.commands.run import again

    asked = again(Path(folder), read_settings(), tuple(metrics))
    return _measured(asked.setup, asked.grid, out)


def opened(folder: str | Path) -> Measured:
    """A run that was made before, finished or not; BadRun where the folder is none."""
    return Measured(load(Path(folder)), Path(folder))


def compared(base: Measured, new: Measured, metrics: Sequence[str] = ()) -> RunComparison:
    """What changed from one run to another; raises Incomparable where they were measured differently."""
    return compared_runs(base.results, new.results, metrics)


def _measured(setup: Setup, grid: Grid, out: str | Path | None) -> Measured:
    folder = Path(out or mkdtemp(prefix="eval-"))
    with Watched("Run") as watched:

        def told(tally: Tally) -> None:
            watched.tell(tally.ended / max(1, tally.total), line(tally))

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="IProgress not found")  # `datasets` shows no bar here
            return Measured(run(setup, grid, folder, told=told), folder)
