"""Plots as inline SVG: colours of Okabe and Ito (2008), and a marker or hatch of its own for each mode, so that print works too."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from eval.reports.markup import Html, tag
from eval.runs.results import Setting
from eval.statistics import Interval
from eval.verdicts.words import mode_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, FAINT, PAPER = "#010203", "#040506", "#070809"
"""Stand-ins that become the page's own colours, so that plots follow light and dark."""
LINE = 34
"""Characters of an upright label's line."""
VARIABLES = {INK: "var(--ink)", FAINT: "var(--line-strong)", PAPER: "var(--card)"}


@dataclass(frozen=True, slots=True)
class Look:
    """Of a mode: the same in every plot."""

    colour: str
    marker: str
    hatch: str


LOOKS: Mapping[str, Look] = {
    "fast": Look("#0072B2", "o", ""),
    "balanced": Look("#E69F00", "s", "///"),
    "quality": Look("#009E73", "^", "..."),
}
OTHER = Look("#CC79A7", "D", "xx")


@dataclass(frozen=True, slots=True)
class Point:
    """A setting in the plane of seconds and quality."""

    setting: Setting
    label: str
    seconds: float
    quality: Interval
    front: bool


@dataclass(frozen=True, slots=True)
class Bar:
    """A setting's seconds: the median and what 95 of 100 runs stay under."""

    label: str
    mode: str
    p50: float
    p95: float


def pareto(name: str, points: Sequence[Point], quality: str, lower: bool, told: str) -> Html:
    """Quality over seconds, better always up and to the left; the front is filled and joined, what is beaten is hollow."""
    figure, axes = _figure(4.5, 3.3, left=0.18, bottom=0.15)
    for point in points:
        _draw(axes, point)
    front = sorted((each for each in points if each.front), key=lambda each: each.seconds)
    axes.plot([each.seconds for each in front], [each.quality.estimate for each in front], color=INK, lw=0.8, ls=":", zorder=1)
    _seconds_axis(axes, [each.seconds for each in points])
    axes.set_xlabel("seconds, warm (log)", color=INK)
    axes.set_ylabel(_wrapped(f"{quality}, {'lower' if lower else 'higher'} is better"), color=INK)
    axes.margins(y=0.22)
    if lower:
        axes.invert_yaxis()
    _label(axes, points)
    return _svg(figure, name, told)


def _wrapped(label: str) -> str:
    """In lines that an axis has room for."""
    return "\n".join(wrap(label, LINE))


def _label(axes: "Axes", points: Sequence[Point]) -> None:
    """Those of the front first; a label that would lie on another is left out."""
    taken: list[tuple[float, float, float]] = []
    for point in sorted(points, key=lambda each: not each.front):
        x, y = axes.transData.transform((point.seconds, point.quality.estimate))
        wide = 7.5 * len(point.label)
        if any(abs(y - other) < 17 and x < end and start < x + wide for start, other, end in taken):
            continue
        taken.append((x, y, x + wide))
        place = (point.seconds, point.quality.estimate)
        axes.annotate(point.label, place, xytext=(10, -13), textcoords="offset points", color=INK, fontsize=9)


def _draw(axes: "Axes", point: Point) -> None:
    look = LOOKS.get(point.setting.mode, OTHER)
    reach = [
        [max(0.0, point.quality.estimate - point.quality.low)],
        [max(0.0, point.quality.high - point.quality.estimate)],
    ]
    axes.errorbar(
        [point.seconds], [point.quality.estimate], yerr=reach, fmt=look.marker, ms=9, color=look.colour, ecolor=look.colour,
        mfc=look.colour if point.front else PAPER, mec=INK if point.front else look.colour, mew=1.0 if point.front else 1.6,
        capsize=3, lw=1.4, zorder=3,
    )  # fmt: skip


def latencies(name: str, bars: Sequence[Bar], told: str) -> Html:
    """A bar for each setting with its 95th percentile as a whisker."""
    height = 0.75 + 0.27 * len(bars)
    figure, axes = _figure(4.5, height, left=0.05 + 0.019 * max(len(bar.label) for bar in bars), bottom=0.58 / height)
    for at, bar in enumerate(bars):
        look = LOOKS.get(bar.mode, OTHER)
        axes.barh(at, bar.p50, height=0.68, color=look.colour, edgecolor=INK, lw=0.6, hatch=look.hatch)
        axes.plot([bar.p50, bar.p95], [at, at], color=INK, lw=1.2)
        axes.plot([bar.p95], [at], marker="|", ms=7, color=INK)
    axes.set_yticks(range(len(bars)), [bar.label for bar in bars], color=INK)
    axes.invert_yaxis()
    axes.set_xlabel("seconds, warm", color=INK)
    axes.grid(axis="y", visible=False)
    return _svg(figure, name, told)


def _figure(width: float, height: float, *, left: float, bottom: float) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure((width, height))
    figure.patch.set_alpha(0)
    axes = figure.add_axes((left, bottom, 0.97 - left, 0.96 - bottom))
    axes.set_facecolor("none")
    axes.grid(color=FAINT, lw=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", colors=INK, labelsize=9, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(FAINT)
    return figure, axes


def _seconds_axis(axes: "Axes", seconds: Sequence[float]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    least, most = min(seconds), max(seconds)
    axes.set_xlim(least / 1.5, most * 2.6)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _svg(figure: "Figure", name: str, told: str) -> Html:
    """Without its metadata and size; ids carry the plot's name, so that several fit on one page."""
    from matplotlib import rc_context

    kept = StringIO()
    options: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": name, "hatch.linewidth": 0.6}
    with rc_context(options):
        figure.savefig(kept, format="svg", metadata={"Date": None})
    drawn = kept.getvalue()
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn[drawn.index("<svg") :], flags=re.S)
    drawn = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', drawn, count=1)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
    drawn = re.sub(r'(id="|href="#|url\(#)', lambda found: f"{found[1]}{slug}-", drawn)
    drawn = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--sans)", drawn)
    for stand_in, variable in VARIABLES.items():
        drawn = drawn.replace(stand_in, variable)
    return tag("div", Html(drawn), class_="plot", role="img", aria_label=told)


def legend(modes: Sequence[str]) -> str:
    """What markers mean, in words: `Circle fast, square balanced, triangle quality`."""
    shapes = {"o": "circle", "s": "square", "^": "triangle", "D": "diamond"}
    return ", ".join(f"{shapes[LOOKS.get(mode, OTHER).marker]} {mode_title(mode)}" for mode in modes).capitalize()
