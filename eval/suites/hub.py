"""Any data set of the Hugging Face Hub by name and pinned revision, its columns mapped to a tool's fields.

`hub:OWNER/NAME@REVISION` takes columns that are named like the fields of one tool. Others are mapped by a TOML, `hub:PATH.toml`:

    dataset = "owner/name"
    revision = "0123456789abcdef0123456789abcdef01234567"
    split = "test"
    tool = "try-on"
    columns = { model_image = "person", product_image = "cloth", target = "result", garment = "cloth_id" }
    values = { prompt = "tucked in" }
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, ValidationError

from eval.errors import BadSuite
from eval.suites.case import Card, Case
from eval.suites.pictures import READ, bytes_at, faced, picture_of, truth_of
from eval.suites.requests import check, tool_of
from workbench.tools.base import Tool
from workbench.tools.registry import TOOLS

REVISION = re.compile(r"[0-9a-f]{40}")
SPLITS = ("test", "validation", "train")
"""Of these the first that there is, where none is chosen."""
OTHERS = ("kind", "garment", "person", "text")
"""What else a column may hold."""


class Mapped(BaseModel):
    """The TOML of a data set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    revision: str
    config: str | None = None
    split: str | None = None
    tool: str | None = None
    kind: str = "any"
    columns: dict[str, str] = {}
    """Field of the request, of Truth, or one of `OTHERS`, to the column."""
    values: dict[str, Any] = {}
    licence: str | None = None
    citation: str | None = None


class Rows(Protocol):
    """The part of `datasets.Dataset` that is used."""

    @property
    def column_names(self) -> list[str]:
        """In order."""

    def __len__(self) -> int:
        """How many rows."""

    def __getitem__(self, key: int) -> Mapping[str, Any]:
        """A row; pictures as {"bytes", "path"}."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Rows and what their publisher says of them."""

    rows: Rows
    split: str
    licence: str
    citation: str


@dataclass(frozen=True, slots=True)
class Hub:
    """A case for every row."""

    mapped: Mapped
    tool: Tool
    columns: Mapping[str, str]
    loaded: Loaded = field(repr=False)

    @property
    def card(self) -> Card:
        """Its version is the revision."""
        mapped, loaded = self.mapped, self.loaded
        return Card(
            name=mapped.dataset,
            version=mapped.revision,
            title=f"{mapped.dataset}, {loaded.split}",
            licence=mapped.licence or loaded.licence or "not said; see its page",
            citation=mapped.citation or loaded.citation or "not said; see its page",
            source=f"https://huggingface.co/datasets/{mapped.dataset}/tree/{mapped.revision}",
        )

    @property
    def tools(self) -> tuple[str, ...]:
        """The one that the columns are for."""
        return (self.tool.name,)

    def ids(self, tool: str) -> Sequence[str]:
        """The tool's name and the row's number."""
        return [f"{tool}-{number:05}" for number in range(len(self.loaded.rows))] if tool == self.tool.name else []

    def case(self, case_id: str) -> Case:
        """One row. Raises BadSuite where there is none of that id or a picture can't be read."""
        ids = self.ids(self.tool.name)
        if case_id not in ids:
            raise BadSuite(f"{self.mapped.dataset} has no case {case_id!r}; there are {ids[0]} to {ids[-1]}")
        number = ids.index(case_id)
        where = f"{self.mapped.dataset}, row {number}"
        row = self.loaded.rows[number]
        told = {name: row[column] for name, column in self.columns.items() if row[column] is not None}
        pictures = {name: tuple(_pictures(told[name], f"{where}, {name}")) for name in self.tool.image_fields() if name in told}
        values = {**self.mapped.values, **{name: told[name] for name in told if name in _values(self.tool)}}
        check(self.tool.name, {name: len(given) for name, given in pictures.items()}, values, where)
        truths = {name: next(_pictures(told[name], f"{where}, {name}")) for name in READ if name in told}
        given = next((pictures[name][0] for name in self.tool.primary if name in pictures), None)
        return Case(
            id=case_id,
            tool=self.tool.name,
            kind=str(told.get("kind", self.mapped.kind)),
            pictures=pictures,
            values=values,
            truth=truth_of(faced(truths, pictures), where, given, text=told.get("text")),
            clusters={name: str(told[name]) for name in ("garment", "person") if name in told},
        )


def hub(text: str) -> Hub:
    """`OWNER/NAME@REVISION` or a TOML. Raises BadSuite where it isn't pinned, can't be had or its columns don't fit."""
    mapped = _read(Path(text)) if text.endswith(".toml") else _named(text)
    pinned(mapped.dataset, mapped.revision)
    return of(mapped, loaded(mapped, mapped.dataset))


def pinned(name: str, revision: str) -> None:
    """Raises BadSuite for a branch or a tag, which may change under a number that somebody quotes."""
    if not REVISION.fullmatch(revision):
        raise BadSuite(
            f"{name}@{revision or '?'} is not pinned: a revision is the 40 hex digits of a commit. The page "
            f"https://huggingface.co/datasets/{name}/commits/main shows them, and so does: "
            f"python -c \"from huggingface_hub import HfApi; print(HfApi().dataset_info('{name}').sha)\""
        )


def of(mapped: Mapped, found: Loaded) -> Hub:
    """The suite of rows. Raises BadSuite where columns are missing or the tool can't be told from them."""
    names = found.rows.column_names
    tool = tool_of(mapped.tool, mapped.dataset) if mapped.tool else _guessed(mapped, names)
    known = (*tool.image_fields(), *_values(tool), *READ, *OTHERS)
    columns = mapped.columns or {name: name for name in names if name in known}
    for name, column in columns.items():
        if name not in known:
            raise BadSuite(f"{mapped.dataset}: columns.{name} is no field; there are {', '.join(dict.fromkeys(known))}")
        if column not in names:
            raise BadSuite(f"{mapped.dataset} has no column {column!r} for {name}; it has {', '.join(names)}")
    missing = sorted(tool.required() - set(columns) - set(mapped.values))
    if missing:
        raise BadSuite(f"{mapped.dataset}: {tool.name} needs {', '.join(missing)}; say in `columns` which column holds it")
    return Hub(mapped, tool, columns, found)


def loaded(mapped: Mapped, path: str) -> Loaded:
    """Rows of `path`, a name on the Hub or a folder of Parquet files, pictures undecoded. Raises BadSuite where it can't be had."""
    try:
        from datasets import DatasetDict, load_dataset
        from datasets.exceptions import DatasetsError
    except ImportError as error:
        raise BadSuite("suites of the Hub need the extra `eval`: pip install 'fashion-workbench[eval]'") from error
    try:
        found = load_dataset(path, mapped.config, revision=mapped.revision)
    except (DatasetsError, OSError, ValueError) as error:
        raise BadSuite(
            f"{mapped.dataset}@{mapped.revision} can't be had: {error}. It needs the network once, then it is kept; check name, "
            "revision and config, and `hf auth login` where it asks for consent"
        ) from error
    if not isinstance(found, DatasetDict) or not found:
        raise BadSuite(f"{mapped.dataset} has no rows that can be counted; name a config that has")
    split = mapped.split or next((each for each in SPLITS if each in found), next(iter(found)))
    if split not in found:
        raise BadSuite(f"{mapped.dataset} has no split {split!r}; it has {', '.join(found)}")
    rows = found[split]
    return Loaded(_undecoded(rows), split, str(rows.info.license or ""), str(rows.info.citation or ""))


def _undecoded(rows: Any) -> Rows:
    """Pictures as the bytes that they are stored as, so that they are read under this project's limits."""
    from datasets import Image as Pictures
    from datasets import List

    for name, feature in rows.features.items():
        if isinstance(feature, Pictures):
            rows = rows.cast_column(name, Pictures(decode=False))
        elif isinstance(feature, List) and isinstance(feature.feature, Pictures):
            rows = rows.cast_column(name, List(Pictures(decode=False)))
    found: Rows = rows
    return found


def _pictures(value: Any, where: str) -> Iterator[Image]:
    """Of a picture's column, or of a list of pictures."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, Mapping) or not (each.get("bytes") or each.get("path")):
            raise BadSuite(f"{where}: holds no picture but {type(each).__name__}; map a column of pictures")
        yield picture_of(each.get("bytes") or bytes_at(Path(each["path"])), where)


def _values(tool: Tool) -> tuple[str, ...]:
    """Fields of the request that are no pictures."""
    return tuple(name for name in tool.properties() if name not in tool.image_fields())


def _guessed(mapped: Mapped, names: Sequence[str]) -> Tool:
    """The tool that most columns are required by, of those whose required fields all are columns."""
    needed = {tool.name: tool.required() - set(mapped.values) for tool in TOOLS}
    fitting = [tool for tool in TOOLS if needed[tool.name] <= set(names) and tool.required() & set(tool.image_fields())]
    most = max((len(needed[tool.name]) for tool in fitting), default=0)
    best = [tool for tool in fitting if len(needed[tool.name]) == most]
    if len(best) == 1:
        return best[0]
    said = f"fit {', '.join(tool.name for tool in best)}" if best else "are named like no tool's fields"
    raise BadSuite(
        f"{mapped.dataset}: its columns ({', '.join(names)}) {said}; write a TOML with dataset, revision, tool and columns, and "
        "give hub:PATH.toml"
    )


def _named(text: str) -> Mapped:
    name, _, revision = text.partition("@")
    return Mapped(dataset=name, revision=revision)


def _read(file: Path) -> Mapped:
    try:
        return Mapped.model_validate(tomllib.loads(bytes_at(file).decode()))
    except UnicodeDecodeError as error:
        raise BadSuite(f"{file} is no text in UTF-8, which TOML has to be") from error
    except tomllib.TOMLDecodeError as error:
        raise BadSuite(f"{file} is no valid TOML: {error}") from error
    except ValidationError as error:
        told = [f"{file}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False)]
        raise BadSuite("\n".join(told)) from error
