"""What a run will take, before it starts: cells, time as far as earlier runs tell, and credits in both tariffs."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from eval.benchmark.progress import Progress
from eval.runs.plan import AUTO, OWN
from eval.runs.results import Setting, setting_of
from eval.runs.row import Cell, Row
from pipelines.engine import Engines
from pipelines.sizes import Mode
from workbench.credits.tariffs import TARIFFS, TariffName
from workbench.tools.base import Tool, Toolbox

USUAL: Mapping[str, float] = {
    "product-to-model": 3.9, "try-on": 2.7, "packshot": 1.5, "model-swap": 1.7, "create-model": 1.0, "create-face": 2.6, "edit": 1.4,
    "reframe": 1.1, "background-remove": 1.0, "face-swap": 1.0, "upscale": 2.4, "image-to-video": 3.9,
}  # fmt: skip
"""Seconds of the draft engine in Balanced at 1K, medians of `docs/draft-engine.md`."""
OF_MODE: Mapping[str, float] = {"fast": 0.5, "quality": 1.6}
OF_RESOLUTION: Mapping[str, float] = {"2k": 1.8, "4k": 4.0}
"""How many times as long it takes, where nobody has measured it here."""
BESIDE = 2.0
"""Seconds of a cell for drawing its case and for scoring, where no earlier run tells."""


@dataclass(frozen=True, slots=True)
class Credits:
    """Of one output, in both tariffs."""

    app: int
    api: int


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier runs tell."""

    seconds: Mapping[Setting, float] = field(default_factory=dict)
    """Median of making an output."""
    credits: Mapping[str, Credits] = field(default_factory=dict)
    """By suite, version and cell."""
    beside: float = BESIDE


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Of one grid."""

    cells: int
    seconds: float | None
    """None where nothing is known of one of the engines."""
    basis: str
    """What the seconds rest on."""
    credits: Credits
    lacking: Mapping[str, int]
    """Why cells can't be run here, to how many they are; they cost neither time nor credits."""


def known_of(rows: Iterable[Row], progress: Iterable[Progress]) -> Known:
    """Of the rows of engines that are done, and of how long their runs took."""
    seconds: dict[Setting, list[float]] = {}
    prices: dict[str, Credits] = {}
    for row in rows:
        if row.run_seconds is not None and row.done:
            seconds.setdefault(setting_of(row), []).append(row.run_seconds + (row.encode_seconds or 0.0))
        if row.credits_app is not None and row.credits_api is not None:
            prices[key_of(row.suite, row.suite_version, row.cell)] = Credits(row.credits_app, row.credits_api)
    made = [each for values in seconds.values() for each in values]
    paces = [each.seconds / each.here for each in progress if each.here]
    beside = max(0.1, median(paces) - median(made)) if paces and made else BESIDE
    return Known({setting: median(found) for setting, found in seconds.items()}, prices, beside)


def key_of(suite: str, version: str, cell: str) -> str:
    """Where a cell's credits are kept: equal cells of one suite cost the same."""
    return f"{suite} {version} {cell}"


def forecast(cells: Sequence[Cell], suite: str, version: str, engines: Engines, toolbox: Toolbox, known: Known) -> Forecast:
    """Of cells of a suite in a version."""
    lacking = Counter(text for each in cells if (text := _lacking(each, engines)))
    able = [each for each in cells if not _lacking(each, engines)]
    found = [_credits(each, toolbox[each.tool], known.credits.get(key_of(suite, version, each.id))) for each in able]
    times = [_seconds(each, known) for each in able]
    total = None if None in times else sum(each for each in times if each is not None)
    return Forecast(
        cells=len(cells),
        seconds=None if total is None else total + known.beside * len(able),
        basis=_basis(able, known, total),
        credits=Credits(sum(each.app for each in found), sum(each.api for each in found)),
        lacking=dict(lacking),
    )


def _lacking(cell: Cell, engines: Engines) -> str:
    if cell.mode == AUTO:
        return ""
    support = engines[cell.engine].support(cell.tool, Mode(cell.mode))
    return "" if support.ok else support.missing or f"{cell.engine} can't run {cell.tool} in {cell.mode}"


def _credits(cell: Cell, tool: Tool, exactly: Credits | None) -> Credits:
    """What the cell cost before, else the price without a face reference, at the tool's own duration."""
    if exactly is not None:
        return exactly
    resolution, mode = _resolution(cell, tool), Mode.BALANCED if cell.mode == AUTO else Mode(cell.mode)
    duration = int(tool.properties().get("duration", {}).get("default", 0) or 0)
    app, api = (
        tool.price.credits(TARIFFS[each], resolution=resolution, mode=mode, face_reference=False, duration=duration)
        for each in (TariffName.APP, TariffName.API)
    )
    return Credits(app, api)


def _resolution(cell: Cell, tool: Tool) -> str:
    schema = tool.properties().get("resolution", {})
    given = (cell.resolution, str(schema.get("default")), *schema.get("enum", ()))
    return next((each for each in given if each in schema.get("enum", ()) and each != AUTO), "1k")


def _seconds(cell: Cell, known: Known) -> float | None:
    measured = _measured(cell, known)
    if measured is not None:
        return measured
    if cell.engine == "draft" and cell.tool in USUAL:
        return USUAL[cell.tool] * OF_MODE.get(cell.mode, 1.0) * OF_RESOLUTION.get(cell.resolution, 1.0)
    same = [value for each, value in known.seconds.items() if (each.tool, each.engine) == (cell.tool, cell.engine)]
    return median(same) if same else None


def _measured(cell: Cell, known: Known) -> float | None:
    """Of the setting; where the tool's resolution follows from the picture, of any."""
    setting = Setting(cell.tool, cell.engine, cell.mode, cell.resolution)
    if setting in known.seconds or cell.resolution not in (AUTO, OWN):
        return known.seconds.get(setting)
    near = [
        found
        for each, found in known.seconds.items()
        if (each.tool, each.engine, each.mode) == (cell.tool, cell.engine, cell.mode)
    ]
    return median(near) if near else None


def _basis(able: Sequence[Cell], known: Known, total: float | None) -> str:
    if total is None:
        names = dict.fromkeys(each.engine for each in able if _seconds(each, known) is None)
        return f"nobody has timed {', '.join(names)} here yet; the page tells once the first cells are done"
    here = sum(_measured(each, known) is not None for each in able)
    if here == len(able):
        return "an estimate from earlier runs here"
    usual = "the draft engine's usual times"
    return f"an estimate, partly from earlier runs, partly from {usual}" if here else f"a rough estimate from {usual}"
