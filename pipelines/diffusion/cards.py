"""Model cards: everything that is known about a model before any of it is loaded.

The catalogue that ships is `catalogue.toml` beside this file; users add cards of their own in a file of the same form.
A card takes what it leaves out from another one: with `base = "ID"` it is that card's weights asked in another way, with
`like = "ID"` it has weights of its own that are asked in the same way. What is a table or a list in a card is taken or
replaced as a whole. Revisions are commit hashes; a card without one is unpinned: its first download looks the hash up and
keeps to it. TOML has no null: "none" stands for it, in `scheduler` and wherever a field may be None.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import BadCard, DeviceUnavailable
from pipelines.sizes import Mode
from pipelines.tasks import Task

SHIPPED = Path(__file__).with_name("catalogue.toml")
Precision = Literal["bf16", "fp8", "nf4"]
BYTES_A_PARAMETER: Mapping[Precision, float] = {"bf16": 2.0, "fp8": 1.02, "nf4": 0.6}
"""With scales and the layers that stay in bf16. Computed, and checked against the published sizes in the tests."""
ALLOWED_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
"""Never pickles (`.bin`, `.pt`, `.ckpt`, `.pkl`) and never code."""
PIPELINE_FILES = ("model_index.json", *(f"*/{each}" for each in ALLOWED_FILES))
"""A pipeline's files lie in folders by part. Beside them many repositories have the transformer a second time, as one file
for other programs, which would double the download."""
TOOLS = frozenset(re.sub(r"(?<!^)(?=[A-Z])", "-", each.__name__).lower() for each in get_args(Task))
"""Names of all tools: `try-on` for the task TryOn."""
GIVEN = frozenset(
    {
        "prompt",
        "image",
        "image_reference",
        "mask_image",
        "strength",
        "height",
        "width",
        "num_inference_steps",
        "num_images_per_prompt",
        "generator",
        "latents",
        "callback",
        "callback_steps",
        "callback_on_step_end",
        "callback_on_step_end_tensor_inputs",
        "max_sequence_length",
        "prompt_embeds",
        "prompt_embeds_mask",
        "negative_prompt_embeds",
        "negative_prompt_embeds_mask",
        "output_type",
        "return_dict",
    }
)
"""Arguments of a pipeline's call that no card sets."""


def _nothing(value: object) -> object:
    return None if value == "none" else value


Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,60}$")]
Repo = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*$")]
Revision = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
Pattern = Annotated[str, Field(pattern=r"^[\w.*/-]+$")]
ClassName = Annotated[str, Field(pattern=r"^[A-Z][A-Za-z0-9]*$")]
Scalar = str | int | float | bool
Nullable = BeforeValidator(_nothing)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Licence(_Frozen):
    """What one may do with the weights."""

    name: str = Field(min_length=1)
    link: str = Field(pattern=r"^https://[^\s/]+")
    commercial: bool
    """Whether the outputs and weights may be used commercially without asking."""
    note: str = ""


class Adapter(_Frozen):
    """A LoRA on top of the card's weights."""

    repo: Repo
    file: str = Field(pattern=r"^\w[\w .-]*(/\w[\w .-]*)*\.safetensors$")
    """Its exact path in the repository."""
    revision: Revision | None = None
    weight: float = 1.0
    licence: Licence
    gigabytes: float = Field(gt=0)


class Parameters(_Frozen):
    """Parameters by part, in billions."""

    transformer: float = Field(gt=0)
    text_encoder: float = Field(ge=0)
    vae: float = Field(gt=0)

    @property
    def total(self) -> float:
        return self.transformer + self.text_encoder + self.vae


class Card(_Frozen):
    """A model as one asks it: weights, how it is called, what it can take, and what it is good for."""

    id: Id
    title: str = Field(min_length=1)
    repo: Repo
    revision: Revision | None = None
    base: Id | None = None
    """Card whose weights this one uses with other adapters, scheduler or steps; both are one loaded pipeline."""
    licence: Licence
    opt_in: bool = False
    """Whether the licence has to be accepted once before the weights are fetched; never False where it is not permissive."""
    files: tuple[Pattern, ...] = Field(PIPELINE_FILES, min_length=1)
    """Patterns of the files that are downloaded; `*` stands for any characters, slashes too."""
    pipeline: ClassName
    """Class in diffusers."""
    inpaint: Annotated[ClassName | None, Nullable] = None
    """Class in diffusers that redraws a masked part with the same weights."""
    adapters: tuple[Adapter, ...] = ()
    scheduler: Mapping[str, Annotated[Scalar | None, Nullable]] = Field(default_factory=dict)
    """Settings of the scheduler that differ from the repository's."""
    steps: int = Field(ge=1, le=200)
    guidance: float = Field(1.0, ge=0)
    guidance_argument: Literal["guidance_scale", "true_cfg_scale"] = "guidance_scale"
    """What the pipeline calls it, where it takes any."""
    negative_prompt: Annotated[str | None, Nullable] = None
    arguments: Mapping[str, Scalar] = Field(default_factory=dict)
    """More arguments of the call, as they are."""
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    references: int = Field(0, ge=0, le=10)
    """Most reference pictures; further ones go into a collage. 0: text only."""
    least_references: int = Field(0, ge=0, le=1)
    """1: it edits, and can't draw from words alone."""
    reference_pixels: int = Field(1024**2, gt=0)
    """Most pixels of one reference; larger ones are reduced."""
    native_pixels: int = Field(1024**2, gt=0)
    """Pixels at which the model is at its best."""
    max_pixels: int = Field(1024**2, gt=0)
    multiple: int = Field(16, ge=8, le=64)
    """Both sides of an output are multiples of this."""
    prompt_tokens: int = Field(512, ge=16, le=32_768)
    """Most tokens that the model reads."""
    parameters: Parameters
    download_gigabytes: float | None = Field(None, gt=0)
    """Size of the repository's files in GB (1e9 bytes) where they are not bf16 throughout; see `weights_gigabytes`."""
    cpu: bool = False
    """Whether a CPU makes a picture in minutes rather than hours."""
    step_cache: Annotated[Literal["first-block", "taylorseer", "magcache"] | None, Nullable] = None
    """What spares work between steps at little loss; for cards of many steps."""
    tools: Mapping[str, tuple[Mode, ...]]
    """Names of tools to the modes in which the card serves them."""
    notes: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.max_pixels < self.native_pixels:
            raise ValueError("max_pixels is smaller than native_pixels")
        if self.references < self.least_references:
            raise ValueError("references is smaller than least_references")
        if given := sorted(GIVEN & self.arguments.keys()):
            raise ValueError(f"arguments: {', '.join(given)} can't be set by a card")
        for each in self.tools.keys() - TOOLS:
            raise ValueError(f"tools: {each!r} is no tool{_meant(each, TOOLS)}")
        return self

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if unsafe := [each for each in self.files if not each.endswith(tuple(each[1:] for each in ALLOWED_FILES))]:
            raise ValueError(f"files: {', '.join(unsafe)} could fetch other files than {', '.join(ALLOWED_FILES)}")
        if not self.permissive and not self.opt_in:
            raise ValueError("opt_in: a licence that restricts commercial use has to be accepted; write opt_in = true")
        return self

    @property
    def permissive(self) -> bool:
        """Whether weights and adapters may all be used commercially without asking."""
        return self.licence.commercial and all(each.licence.commercial for each in self.adapters)

    @property
    def weights_id(self) -> str:
        """The same for all cards that are one loaded pipeline."""
        return self.base or self.id

    @property
    def weights_gigabytes(self) -> float:
        """Size of the repository's files without adapters, in GB (1e9 bytes)."""
        return self.download_gigabytes or self.parameters.total * BYTES_A_PARAMETER["bf16"]

    def serves(self, tool: str, mode: Mode) -> bool:
        """Whether the card is meant for `tool` in `mode`."""
        return mode in self.tools.get(tool, ())

    def takes(self, references: int) -> bool:
        """Whether it can be asked with that many reference pictures, none of them in a collage."""
        return self.least_references <= references <= self.references

    def gigabytes(self, precision: Precision) -> float:
        """Memory of all weights, adapters included, in GB (1e9 bytes)."""
        return self.parameters.total * BYTES_A_PARAMETER[precision] + sum(each.gigabytes for each in self.adapters)


class Catalogue:
    """Cards by id, in order of preference: the user's own first."""

    def __init__(self, cards: Iterable[Card]) -> None:
        self._cards: dict[str, Card] = {}
        for each in cards:
            self._cards.setdefault(each.id, each)
        for each in self._cards.values():
            if each.base is not None and each.base not in self._cards:
                raise BadCard(f"card {each.id}: base names {each.base}, which is no card")

    def __iter__(self) -> Iterator[Card]:
        return iter(self._cards.values())

    def __contains__(self, card_id: str) -> bool:
        return card_id in self._cards

    def __getitem__(self, card_id: str) -> Card:
        """The card of that id; BadCard lists those that exist."""
        if card_id not in self._cards:
            raise BadCard(f"there is no model {card_id!r}; there are {', '.join(self._cards)}")
        return self._cards[card_id]

    def serving(self, tool: str, mode: Mode) -> tuple[Card, ...]:
        """Cards for `tool` in `mode`, best first."""
        return tuple(each for each in self if each.serves(tool, mode))


def catalogue(own: Path | None = None) -> Catalogue:
    """The user's cards, then the shipped ones; a user's card replaces the shipped one of its id, also as a base of others.

    Kept until the file changes. Raises BadCard, which names file, card and field.
    """
    if own is None:
        return _catalogue()
    try:
        status = own.stat()
    except OSError:
        return _catalogue()
    return _catalogue(own, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=8)
def _catalogue(own: Path | None = None, *version: int) -> Catalogue:
    mine = (_File.read(own),) if own is not None else ()
    return Catalogue(_cards(*mine, _shipped()))


def read_cards(path: Path) -> tuple[Card, ...]:
    """The cards of a TOML file, tables `[[card]]`, each complete without any other file. Raises BadCard."""
    return _cards(_File.read(path))


def check_class(card: Card) -> None:
    """Raise BadCard where diffusers lacks a pipeline class that `card` names, and DeviceUnavailable where it is missing itself."""
    try:
        import diffusers
    except ImportError as error:
        raise DeviceUnavailable("diffusers is not installed; run: pip install 'fashion-workbench[models]'") from error
    known = [each for each in dir(diffusers) if each.endswith("Pipeline") and not each.endswith("ModularPipeline")]
    for field, name in (("pipeline", card.pipeline), ("inpaint", card.inpaint)):
        if name is not None and name not in known:
            lacks = f"which is no pipeline of diffusers {diffusers.__version__}{_meant(name, known)}"
            raise BadCard(f"card {card.id}: {field} names class {name}, {lacks}")


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.75)
    return f"; did you mean {close[0]}?" if close else ""


Table = Mapping[str, Any]
"""A card as it is written."""
SHARED = ("repo", "revision", "licence", "files", "pipeline", "dtype", "parameters", "download_gigabytes")
"""Fields that a card has in common with its base, because they say what the weights are."""
FRESH = ("title", "revision", "licence", "opt_in", "download_gigabytes", "notes")
"""Fields that a card with a repository of its own never takes from another: they hold for those weights only."""


@dataclass(frozen=True, slots=True, eq=False)
class _Written:
    """One card of a file, not yet completed."""

    path: Path
    id: str
    table: Table

    def bad(self, field: str, why: str) -> BadCard:
        return BadCard(f"{self.path}: card {self.id}: {field}: {why}")

    def source(self) -> tuple[str, str] | None:
        """Which field names a card to take from, and that card's id."""
        named = [each for each in ("base", "like") if each in self.table]
        if len(named) == 2:
            raise self.bad("like", "a card has either base or like, not both")
        if named and not isinstance(self.table[named[0]], str):
            raise self.bad(named[0], "has to be the id of a card, in quotation marks")
        return (named[0], self.table[named[0]]) if named else None


@dataclass(frozen=True, slots=True)
class _File:
    """The cards of one file by id, in its order."""

    cards: Mapping[str, _Written]

    @classmethod
    def read(cls, path: Path) -> Self:
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise BadCard(f"{path} can't be read: {error}") from error
        listed = tables.pop("card", [])
        if tables or not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
            wrong = ", ".join(tables) or "card"
            raise BadCard(f"{path}: {wrong}: cards are written as tables [[card]], and nothing stands outside of them")
        cards: dict[str, _Written] = {}
        for number, table in enumerate(listed, start=1):
            written = _Written(path, str(table.get("id", f"number {number}")), table)
            if written.id in cards:
                raise written.bad("id", "two cards of this file have it")
            cards[written.id] = written
        return cls(cards)


@cache
def _shipped() -> _File:
    return _File.read(SHIPPED)


def _cards(*files: _File) -> tuple[Card, ...]:
    return tuple(_card(each, files) for file in files for each in file.cards.values())


def _card(written: _Written, files: tuple[_File, ...]) -> Card:
    try:
        return Card.model_validate(_whole(written, files))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where, why = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        raise (written.bad(where, why) if where else BadCard(f"{written.path}: card {written.id}: {why}")) from error


def _whole(written: _Written, files: tuple[_File, ...]) -> Table:
    """The card with all that it takes from others."""
    chain = [written]
    while (source := chain[-1].source()) is not None:
        parent = _named(chain[-1], source, files)
        if parent in chain:
            circle = " -> ".join(each.id for each in (*chain, parent))
            raise written.bad(source[0], f"cards take from each other in a circle: {circle}")
        chain.append(parent)
    whole: Table = chain.pop().table
    for each in reversed(chain):
        whole = _same_weights(each, whole) if "base" in each.table else _own_weights(each, whole)
    return whole


def _named(written: _Written, source: tuple[str, str], files: tuple[_File, ...]) -> _Written:
    """The card that `written` takes from. One that replaces a shipped card may take from the one that it replaces."""
    field, wanted = source
    for file in files:
        found = file.cards.get(wanted)
        if found is not None and found is not written:
            return found
    known = {each for file in files for each in file.cards} - {written.id}
    raise written.bad(field, f"there is no other card {wanted!r}{_meant(wanted, known)}")


def _same_weights(written: _Written, base: Table) -> Table:
    whole = {**base, **written.table, "base": base.get("base", base.get("id"))}
    for field in SHARED:
        if whole.get(field) != base.get(field):
            raise written.bad(field, "differs from that of its base; leave it out, or write like instead of base")
    if base.get("opt_in") and not whole.get("opt_in"):
        raise written.bad("opt_in", "the licence of its base has to be accepted; leave it out")
    return whole


def _own_weights(written: _Written, other: Table) -> Table:
    own = {key: value for key, value in written.table.items() if key != "like"}
    repo = own.get("repo", other.get("repo"))
    left = ("base",) if repo == other.get("repo") else ("base", *FRESH)
    taken = {key: value for key, value in other.items() if key not in left}
    return {"title": str(repo).rpartition("/")[2], **taken, **own}
