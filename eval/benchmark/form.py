"""From what somebody filled in to a grid; whatever is wrong is said beside its field."""

from collections.abc import Mapping, Sequence
from typing import Any

from eval.errors import EvalError
from eval.runs.manifest import Grid
from eval.runs.plan import AUTO
from eval.suites.case import Suite
from eval.suites.registry import SOURCES
from pipelines.engine import Engines
from pipelines.sizes import Mode
from workbench.errors import InvalidInput, Problem
from workbench.tools.base import Toolbox

MODES = (*(each.value for each in Mode), AUTO)
MOST_SEEDS = 20
OWN_FILES = frozenset(each.name for each in SOURCES if each.takes)
"""Sources that read files of the server, or fetch: for a studio that only its own machine can reach."""


def suite_text(asked: Mapping[str, Any], *, local: bool) -> str:
    """How a suite is named on the command line: `rendered`, `folder:path.toml`. Raises InvalidInput for `source` or `path`."""
    name, path = _text(asked, "source"), _text(asked, "path")
    source = next((each for each in SOURCES if each.name == name), None)
    if source is None:
        raise InvalidInput(Problem("source", f"there is no suite {name!r}; there are {', '.join(each.name for each in SOURCES)}"))
    if source.takes and not local:
        raise InvalidInput(Problem("source", "files of this server can be read only where the studio serves its own machine"))
    if source.takes and not path:
        raise InvalidInput(Problem("path", f"is empty; give the {source.takes} of {source.title}, as it is on the server"))
    return f"{name}:{path}" if source.takes else name


def grid_of(asked: Mapping[str, Any], text: str, suite: Suite, engines: Engines, toolbox: Toolbox) -> Grid:
    """The grid over a suite that was opened. Raises InvalidInput that names every field that is wrong."""
    problems: list[Problem] = []
    resolutions = dict.fromkeys(each for tool in toolbox for each in resolutions_known(toolbox, tool.name))
    known: Mapping[str, Sequence[str]] = {
        "tools": suite.tools,
        "engines": [each.name for each in engines],
        "modes": MODES,
        "resolutions": [*resolutions],
    }
    chosen = {name: _chosen(asked, name, there, problems) for name, there in known.items()}
    seeds = _count(asked, "seeds", MOST_SEEDS, problems)
    limit = _count(asked, "limit", None, problems) if _text(asked, "limit") else None
    if problems:
        raise InvalidInput(*problems)
    return Grid(suite=text, **chosen, seeds=tuple(range(1, (seeds or 1) + 1)), limit=limit)


def resolutions_known(toolbox: Toolbox, tool: str) -> tuple[str, ...]:
    """What a tool's resolution may be; empty where nobody can choose."""
    return tuple(toolbox[tool].properties().get("resolution", {}).get("enum", ()))


def refused(field: str, error: EvalError) -> InvalidInput:
    """An error of `eval` beside the field that it belongs to."""
    return InvalidInput(Problem(field, str(error)))


def _chosen(asked: Mapping[str, Any], name: str, known: Sequence[str], problems: list[Problem]) -> tuple[str, ...]:
    given = asked.get(name)
    found = tuple(dict.fromkeys(map(str, given))) if isinstance(given, list) else ()
    unknown = [each for each in found if each not in known]
    if not found:
        problems.append(Problem(name, "none is chosen; choose at least one"))
    elif unknown:
        problems.append(Problem(name, f"there is no {unknown[0]!r}; there are {', '.join(known)}"))
    return found


def _count(asked: Mapping[str, Any], name: str, most: int | None, problems: list[Problem]) -> int | None:
    text = _text(asked, name)
    count = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    if count < 1 or (most is not None and count > most):
        upper = f"to {most}" if most is not None else "on; leave it empty for all"
        problems.append(Problem(name, f"{text!r} can't be used; give a whole number from 1 {upper}"))
        return None
    return count


def _text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    return str(value).strip() if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""
