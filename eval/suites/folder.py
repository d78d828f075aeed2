"""Anyone's pictures as a suite: a folder with one TOML, with or without right answers.

    [suite]
    name = "spring"

    [[each]]
    tool = "background-remove"
    pictures = { image = "photos/*.jpg" }
    alpha = "mattes/{stem}.png"

`[[case]]` is one request, `[[each]]` one for every file that its pattern finds. Paths lie inside the folder of the TOML.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from eval.errors import BadSuite
from eval.suites.case import Card, Case
from eval.suites.pictures import READ, bytes_at, content_hash, faced, picture_at, truth_of
from eval.suites.requests import check, tool_of
from pipelines.vision.people.body import JOINTS, Point
from workbench.tools.registry import TOOLS

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PATTERN = re.compile(r"[*?\[]")
PATHS = tuple(READ)
TEXTS = ("kind", "garment", "person", "text")
"""Fields of an `[[each]]` besides its paths in which {stem}, {name} and {folder} are replaced."""


class About(BaseModel):
    """The table `[suite]`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: str | None = None
    title: str = "Pictures of one's own"
    licence: str = "not said"
    citation: str = "not said"
    source: str | None = None


class Entry(BaseModel):
    """A table `[[case]]` or `[[each]]`; the fields from `target` on are those of Truth, pictures as paths."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tool: str
    id: str | None = None
    kind: str = "any"
    pictures: dict[str, str | list[str]] = {}
    values: dict[str, Any] = {}
    garment: str | None = None
    person: str | None = None
    target: str | None = None
    before: str | None = None
    alpha: str | None = None
    region: str | None = None
    away: str | None = None
    rest: str | None = None
    end: str | None = None
    product: str | None = None
    product_alpha: str | None = None
    face: str | None = None
    joints: dict[str, tuple[float, float]] = {}
    text: str | None = None
    words: dict[str, str] = {}


class Told(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    suite: About
    case: list[Entry] = []
    each: list[Entry] = []


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry and where in the file it is said, for messages."""

    entry: Entry
    where: str


@dataclass(frozen=True)
class Folder:
    """Read when it is opened, but for the pixels."""

    file: Path
    about: About
    data: bytes = field(repr=False)
    cases: Mapping[str, Placed] = field(repr=False)

    @cached_property
    def card(self) -> Card:
        """Without a version of its own it has one that changes with every byte of its files."""
        about = self.about
        return Card(
            name=about.name,
            version=about.version or content_hash(self.data, self._files()),
            title=about.title,
            licence=about.licence,
            citation=about.citation,
            source=about.source or str(self.file),
        )

    @property
    def tools(self) -> tuple[str, ...]:
        """In their usual order."""
        return tuple(tool.name for tool in TOOLS if any(each.entry.tool == tool.name for each in self.cases.values()))

    def ids(self, tool: str) -> Sequence[str]:
        """In the order of the file; an `[[each]]` in the order of its file names."""
        return [name for name, each in self.cases.items() if each.entry.tool == tool]

    def case(self, case_id: str) -> Case:
        """One case. Raises BadSuite where there is none of that id or its files can't be read."""
        if case_id not in self.cases:
            raise BadSuite(f"{self.file} has no case {case_id!r}; `python -m eval list` shows its cases")
        entry, where = self.cases[case_id].entry, self.cases[case_id].where
        root = self.file.parent
        pictures = {name: tuple(picture_at(root / each) for each in _many(given)) for name, given in entry.pictures.items()}
        given = next((pictures[name][0] for name in TOOLS[entry.tool].primary if pictures.get(name)), None)
        shown = {name: picture_at(root / path) for name, path in _truths(entry).items()}
        joints = {name: Point(*at) for name, at in entry.joints.items()}
        return Case(
            id=case_id,
            tool=entry.tool,
            kind=entry.kind,
            pictures=pictures,
            values=entry.values,
            truth=truth_of(faced(shown, pictures), where, given, joints, entry.text, entry.words),
            clusters={name: said for name in ("garment", "person") if (said := getattr(entry, name))},
        )

    def _files(self) -> dict[str, Path]:
        return {path: self.file.parent / path for each in self.cases.values() for path in _paths(each.entry)}


def folder(path: str) -> Folder:
    """The suite of a TOML file. Raises BadSuite that names file, line and field of what is wrong."""
    file = Path(path)
    data = bytes_at(file)
    told = _told(file, data)
    found = [*_cases(file, data, told)]
    if not found:
        raise BadSuite(f"{file} has no case; add a [[case]] or an [[each]]")
    return Folder(file, told.suite, data, _numbered(found))


def _told(file: Path, data: bytes) -> Told:
    try:
        return Told.model_validate(tomllib.loads(data.decode()))
    except UnicodeDecodeError as error:
        raise BadSuite(f"{file} is no text in UTF-8, which TOML has to be") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSuite(f"{file} is no valid TOML: {error}") from error
    except ValidationError as error:
        raise BadSuite("\n".join(_problem(file, data, each) for each in error.errors(include_url=False))) from error


def _problem(file: Path, data: bytes, error: ErrorDetails) -> str:
    at = error["loc"]
    numbered = len(at) > 1 and at[0] in ("case", "each")
    place = _where(file, data, str(at[0]), int(at[1])) if numbered else f"{file} [{at[0]}]" if len(at) > 1 else str(file)
    inside = at[2 if numbered else 1 :] if len(at) > 1 else at
    return f"{place}: {'.'.join(map(str, inside)) or 'the table'} {_said(error, About if at[0] == 'suite' else Entry)}"


def _said(error: ErrorDetails, table: type[BaseModel]) -> str:
    known = ", ".join(table.model_fields) if len(error["loc"]) > 1 else "suite, case, each"
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            return f"is not known here; there are {known}"
        case _:
            return f"is wrong: {error['msg'][0].lower()}{error['msg'][1:]}; got {error['input']!r}"


def _where(file: Path, data: bytes, table: str, number: int) -> str:
    """`file:line`, of the head of a table of that name."""
    heads = _heads(data, table)
    line = f":{heads[number]}" if number < len(heads) else ""
    return f"{file}{line} [[{table}]]"


@lru_cache(maxsize=4)
def _heads(data: bytes, table: str) -> list[int]:
    """Lines, from 1, on which such tables begin."""
    head = re.compile(rf"\s*\[\[\s*{table}\s*\]\]")
    return [at for at, line in enumerate(data.decode().splitlines(), 1) if head.match(line)]


def _cases(file: Path, data: bytes, told: Told) -> Iterator[Placed]:
    for number, entry in enumerate(told.case):
        yield _checked(file.parent, Placed(entry, _where(file, data, "case", number)))
    for number, entry in enumerate(told.each):
        where = _where(file, data, "each", number)
        for each in _spread(file.parent, entry, where):
            yield _checked(file.parent, Placed(each, where))


def _spread(root: Path, entry: Entry, where: str) -> Iterator[Entry]:
    """An entry for every file of the pattern, its templates filled in."""
    patterns = {name: given for name, given in entry.pictures.items() if isinstance(given, str) and PATTERN.search(given)}
    if len(patterns) != 1:
        raise BadSuite(f"{where}: pictures has to hold exactly one pattern such as photos/*.jpg; it has {len(patterns)}")
    if entry.id is not None:
        raise BadSuite(f"{where}: id can't be said for several cases; leave it out")
    (leading, pattern), *_ = patterns.items()
    _inside(root, pattern, f"{where}: pictures.{leading}")
    files = sorted(each.relative_to(root) for each in root.glob(pattern) if each.is_file())
    if not files:
        raise BadSuite(f"{where}: pictures.{leading} finds nothing for {pattern!r} in {root}")
    for each in files:
        yield _filled(entry, leading, each)


def _filled(entry: Entry, leading: str, path: Path) -> Entry:
    def fill(text: str) -> str:
        known = {"{stem}": path.stem, "{name}": path.name, "{folder}": path.parent.as_posix()}
        return re.sub(r"\{(stem|name|folder)\}", lambda found: known[found[0]], text)

    pictures = {
        name: path.as_posix() if name == leading else [fill(each) for each in given] if isinstance(given, list) else fill(given)
        for name, given in entry.pictures.items()
    }
    said = {name: fill(value) for name in (*PATHS, *TEXTS) if (value := getattr(entry, name)) is not None}
    return entry.model_copy(update={**said, "pictures": pictures})


def _checked(root: Path, placed: Placed) -> Placed:
    """The same, where tool, request, files and joints are right."""
    entry, where = placed.entry, placed.where
    tool_of(entry.tool, where)
    check(entry.tool, {name: len(_many(given)) for name, given in entry.pictures.items()}, entry.values, where)
    for name, given in {**entry.pictures, **_truths(entry)}.items():
        for path in _many(given):
            place = f"{where}: {name}"
            if not _inside(root, path, place).is_file():
                raise BadSuite(f"{place}: there is no file {path} in {root}")
    unknown = sorted(set(entry.joints) - set(JOINTS))
    if unknown:
        raise BadSuite(f"{where}: joints: {unknown[0]!r} is none of {', '.join(JOINTS)}")
    if entry.id is not None and not SAFE.fullmatch(entry.id):
        raise BadSuite(f"{where}: id {entry.id!r} is no safe file name; take letters, digits, dots, dashes and underscores")
    return placed


def _inside(root: Path, path: str, place: str) -> Path:
    """The path, or BadSuite where it leaves the folder."""
    if not (root / path).resolve().is_relative_to(root.resolve()) or ".." in Path(path).parts:
        raise BadSuite(f"{place}: {path} lies outside of {root}; copy it inside")
    return root / path


def _numbered(found: Sequence[Placed]) -> dict[str, Placed]:
    """By id: their own, or the tool and a number."""
    counts: Counter[str] = Counter()
    cases: dict[str, Placed] = {}
    for each in found:
        name = each.entry.id or f"{each.entry.tool}-{counts[each.entry.tool]:04}"
        counts[each.entry.tool] += 1
        if name in cases:
            raise BadSuite(f"{each.where}: two cases have the id {name!r}; the other is at {cases[name].where}")
        cases[name] = each
    return cases


def _many(given: str | list[str]) -> list[str]:
    return given if isinstance(given, list) else [given]


def _truths(entry: Entry) -> dict[str, str]:
    return {name: path for name in PATHS if (path := getattr(entry, name)) is not None}


def _paths(entry: Entry) -> list[str]:
    return [*_truths(entry).values(), *(path for given in entry.pictures.values() for path in _many(given))]
