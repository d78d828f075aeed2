"""From what a person filled in to a job that can be run, or a refusal that names the field; stores and charges nothing.

Image fields may hold the id of an asset of the owner, a data URI, or an http(s) URL. Paths are never read here: a file of
the server is nobody's upload.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from pipelines.engine import Engine, Engines
from pipelines.errors import PipelineError
from pipelines.sizes import Size
from workbench.credits.tariffs import TariffName
from workbench.errors import EngineUnavailable, InvalidInput, NotFound, Problem, UnsafeAddress, WorkbenchError
from workbench.gallery.fetch import FetchLimits, data_uri, fetch
from workbench.tools.base import Decisions, Facts, Request, Tool
from workbench.tools.quote import unit_credits

AUTO = "auto"
SEEDS = 2**32


@dataclass(frozen=True, slots=True)
class Picture:
    """A reference of a request, looked up."""

    size: Size
    asset_id: str | None
    """Of a picture that is stored already; else `data` is to be stored."""
    data: bytes = b""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the pictures of references come from."""

    asset: Callable[[str], Picture]
    """By id; NotFound where the owner has none of that id."""
    decode: Callable[[bytes, str], Picture]
    """By bytes and name; PipelineError where they are no picture within the limits."""
    limits: FetchLimits


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request with everything decided and nothing stored."""

    tool: Tool
    request: Request
    pictures: Mapping[str, Picture]
    """By reference."""
    chosen: Decisions
    size: Size
    engine: str
    seed: int
    unit_credits: int
    tariff: TariffName

    @property
    def credits(self) -> int:
        return self.unit_credits * self.chosen.num_images

    def stored(self, ids: Mapping[str, str]) -> dict[str, Any]:
        """The request as JSON with an asset's id in place of each reference; `ids` has those of new pictures."""
        values = self.request.model_dump(mode="json")
        known = {ref: each.asset_id or ids[ref] for ref, each in self.pictures.items()}
        for name in self.tool.images(self.request):
            value = values[name]
            values[name] = [known[each] for each in value] if isinstance(value, list) else known[value]
        return values


def prepare(
    tool: Tool, values: Mapping[str, Any], sources: Sources, engines: Engines, *, engine: str, tariff: TariffName
) -> Prepared:
    """Everything that can be said no to is said here: InvalidInput, UnsafeAddress or EngineUnavailable."""
    request = tool.parse(values)
    pictures = _pictures(tool, request, sources)
    chosen = tool.decide(tool, request, _facts(tool, request, pictures))
    if chosen.size is None:
        raise InvalidInput(Problem(next(iter(tool.primary), ""), "is required"))
    return Prepared(
        tool=tool,
        request=request,
        pictures=pictures,
        chosen=chosen,
        size=chosen.size,
        engine=choose(engines, engine, tool, chosen).name,
        seed=_seed(request),
        unit_credits=unit_credits(tool, chosen, tariff),
        tariff=tariff,
    )


def decide_early(tool: Tool, values: Mapping[str, Any], sources: Sources) -> Decisions:
    """The decisions of a form that is still being filled in: missing pictures and prompts are passed over, URLs not fetched."""
    request = tool.parse(
        _placeholders(tool, values) | {name: value for name, value in values.items() if value not in ("", [], None)}
    )
    known = _pictures(tool, request, sources, passed_over=lambda ref: ref == _MISSING or _is_url(ref))
    return tool.decide(tool, request, _facts(tool, request, known))


def choose(engines: Engines, name: str, tool: Tool, chosen: Decisions) -> Engine:
    """The named engine, or the first that can; EngineUnavailable says what each would need."""
    if name != AUTO and name not in engines:
        known = ", ".join((AUTO, *(each.name for each in engines)))
        raise InvalidInput(Problem("engine", f"there is no engine {name!r}; there are {known}"))
    missing = []
    for each in engines if name == AUTO else (engines[name],):
        support = each.support(tool.name, chosen.mode)
        if support.ok:
            return each
        missing.append(f"{each.title}: {support.missing.rstrip('.')}.")
    raise EngineUnavailable(f"{tool.title} can't run here in {chosen.mode.value}. {' '.join(missing)}")


def tariff_named(name: str) -> TariffName:
    """The tariff of that name; InvalidInput lists those that exist."""
    try:
        return TariffName(name)
    except ValueError as error:
        raise InvalidInput(Problem("tariff", f"there is no tariff {name!r}; there are {', '.join(TariffName)}")) from error


def _seed(request: Request) -> int:
    asked = getattr(request, "seed", None)
    return secrets.randbelow(SEEDS) if asked is None else int(asked)


_MISSING = "missing"


def _placeholders(tool: Tool, values: Mapping[str, Any]) -> dict[str, Any]:
    """Something in each required picture and prompt that has nothing yet."""
    properties = tool.properties()
    empty = [name for name in tool.required() if values.get(name) in (None, "", [])]
    pictures = {name: [_MISSING] if properties[name].get("type") == "array" else _MISSING for name in tool.image_fields()}
    return {name: pictures.get(name, _MISSING) for name in empty if name in pictures or name == "prompt"}


def _pictures(
    tool: Tool, request: Request, sources: Sources, passed_over: Callable[[str], bool] = lambda _: False
) -> dict[str, Picture]:
    """Every reference looked up once; InvalidInput names each field whose picture can't be used, UnsafeAddress the first."""
    found: dict[str, Picture] = {}
    problems: list[Problem] = []
    for name, references in tool.images(request).items():
        for number, ref in enumerate(references, 1):
            if ref in found or passed_over(ref):
                continue
            try:
                found[ref] = _picture(ref, sources)
            except UnsafeAddress as error:
                raise UnsafeAddress(f"{_which(number, references)}{error}", name) from error
            except (PipelineError, WorkbenchError) as error:
                problems += [Problem(name, f"{_which(number, references)}{text}") for text in _messages(error)]
    if problems:
        raise InvalidInput(*problems)
    return found


def _messages(error: PipelineError | WorkbenchError) -> Iterator[str]:
    """What to tell of one picture, without the names of fields that it had elsewhere."""
    if isinstance(error, InvalidInput):
        yield from (each.message for each in error.problems)
    elif isinstance(error, NotFound):
        yield f"{error}, or no longer; upload it again or choose another"
    else:
        yield str(error)


def _which(number: int, references: Sequence[str]) -> str:
    return f"picture {number}: " if len(references) > 1 else ""


def _picture(ref: str, sources: Sources) -> Picture:
    if ref[:5].lower() == "data:":
        return sources.decode(data_uri(ref, sources.limits), "")
    if _is_url(ref):
        return sources.decode(fetch(ref, sources.limits), PurePosixPath(urlsplit(ref).path).name)
    return sources.asset(ref)


def _is_url(ref: str) -> bool:
    return "://" in ref[:40]


def _facts(tool: Tool, request: Request, pictures: Mapping[str, Picture]) -> Facts:
    sizes = {
        name: tuple(pictures[ref].size for ref in references if ref in pictures)
        for name, references in tool.images(request).items()
    }
    return Facts({name: each for name, each in sizes.items() if each})
