"""Verdicts as sentences: first the answer, then what it rests on."""

from collections.abc import Mapping, Sequence

from eval.runs.manifest import Manifest
from eval.statistics import FEWEST
from eval.verdicts.comparisons import Comparison
from eval.verdicts.judge import ToolVerdict
from eval.verdicts.words import Unit, costs, credited, difference, mode_title, place_title, plain, tool_title
from eval.verdicts.worth import Answer, Worth

ANSWERS: Mapping[Answer, str] = {
    "yes": "Yes",
    "no": "No",
    "hardly": "Hardly",
    "mixed": "Mixed",
    "unsettled": "Not settled",
    "unknown": "Not known",
}
VERDICTS = {"no detectable difference": "no detectable difference", "better": "better", "worse": "worse", "no worse": "no worse"}


def reason(verdict: ToolVerdict, worth: Worth) -> str:
    """Why Quality is worth its price or isn't, with what it costs more."""
    if verdict.quality is None or worth.gain is None or worth.than is None:
        return "No cheaper mode was scored on the same cases."
    told, other = verdict.quality.primary, mode_title(worth.than.mode)
    gain = difference(told, worth.gain.gain)
    price = costs(worth.credits_app, worth.credits_api, worth.seconds)
    match worth.answer:
        case "yes":
            return f"It gains {gain} over {other}, for {price}{_rate(verdict, worth)}."
        case "hardly":
            return f"It gains {gain} over {other}, less than the {plain(told.margin, told.digits)} that anyone would mind, for {price}."
        case "mixed" if worth.guard is not None:
            other_told = next(each for each in verdict.metrics if each.name == worth.guard.scale.name)
            return f"Against {other}: {gain}, but by {Unit.of(other_told).name} {difference(other_told, worth.guard.gain)}, for {price}."
        case "no" if worth.gain.verdict == "worse":
            return f"It is worse than {other}: {gain}, and takes {price}."
        case "no":
            return f"{other} is as good: Quality gains {gain}, for {price}."
        case "unsettled" if worth.gain.verdict == "better":
            bar = f"whether that is more than the {plain(told.margin, told.digits)} that anyone would mind is open"
            return f"It gains {gain} over {other}, but {bar}, for {price}.{advice(worth.gain)}"
        case _:
            return f"Against {other}: {gain}, for {price}.{advice(worth.gain)}"


def _rate(verdict: ToolVerdict, worth: Worth) -> str:
    rate = worth.per_unit("api")
    if verdict.quality is None or not rate:
        return ""
    return f"; {credited(round(rate, 1))} over the API for each {Unit.of(verdict.quality.primary).counted}"


def advice(found: Comparison) -> str:
    """How much more would settle it, with a space before."""
    if found.more is None:
        return ""
    if found.groups < FEWEST:
        return f" Too few to tell: at least {found.more:,} more {'case is' if found.more == 1 else 'cases are'} needed."
    return f" {found.more:,} more {'case' if found.more == 1 else 'cases'} would settle it."


def place(verdict: ToolVerdict, worth: Worth) -> str:
    """Engine and resolution where the tool was run with several."""
    engines = {each.setting.engine for each in verdict.summaries}
    resolutions = {each.setting.resolution for each in verdict.summaries}
    parts = [worth.engine if len(engines) > 1 else "", worth.resolution if len(resolutions) > 1 else ""]
    return " ".join(each for each in parts if each)


def cheapest_text(verdict: ToolVerdict, engine: str, resolution: str) -> str:
    """The cheapest setting that is as good as the best of an engine and resolution."""
    for each in verdict.cheapest:
        if (each.setting.engine, each.setting.resolution) == (engine, resolution):
            return mode_title(each.setting.mode)
    return ""


def setting_title(verdict: ToolVerdict, setting: object) -> str:
    """A setting without what the tool was run with only one of."""
    from eval.runs.results import Setting

    if not isinstance(setting, Setting):
        return str(setting)
    engines = {each.setting.engine for each in verdict.summaries}
    resolutions = {each.setting.resolution for each in verdict.summaries}
    return place_title(setting, engines=len(engines) > 1, resolutions=len(resolutions) > 1)


def headline(verdicts: Sequence[ToolVerdict]) -> str:
    """The run in one sentence, tool by tool."""
    tools: dict[str, list[str]] = {}
    for verdict in verdicts:
        found = list(dict.fromkeys(worth.answer for worth in verdict.worths))
        if found:
            tools.setdefault(found[0] if len(found) == 1 else "several", []).append(tool_title(verdict.tool))
    if not tools:
        return "Quality was not run beside a cheaper mode, so its worth is not known."
    parts = [f"{words} {listed(tools[answer])}" for answer, words in HEADLINES.items() if answer in tools]
    return f"Quality is {'; '.join(parts)}."


HEADLINES = {
    "yes": "worth its price for",
    "hardly": "hardly worth it for",
    "no": "not worth it for",
    "several": "worth it only in places for",
    "mixed": "better by one measure only for",
    "unsettled": "not settled for",
    "unknown": "not measured for",
}


def listed(names: Sequence[str]) -> str:
    """With an `and`.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def repeat(manifest: Manifest) -> str:
    """The command that makes the same run again."""
    grid = manifest.grid
    parts = [
        f"python -m eval run --suite {quoted(grid.suite)}",
        f"--tools {' '.join(map(quoted, grid.tools))}",
        f"--engines {' '.join(map(quoted, grid.engines))}",
        f"--modes {' '.join(map(quoted, grid.modes))}",
        f"--resolutions {' '.join(map(quoted, grid.resolutions))}",
        f"--seeds {len(grid.seeds)}",
        *([f"--limit {grid.limit}"] if grid.limit is not None else []),
        "--out DIR",
    ]
    return " ".join(parts)


def quoted(word: str) -> str:
    """For a shell."""
    from shlex import quote

    return quote(word)
