"""Model cards: everything that is known about a model before any of it is loaded.

The catalogue that ships is `catalogue.toml` beside this file; users add cards of their own in a file of the same form.
Revisions are commit hashes. A card without one is unpinned: its first download looks the hash up and keeps to it.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.errors import BadCard
from pipelines.sizes import Mode

SHIPPED = Path(__file__).with_name("catalogue.toml")
Precision = Literal["bf16", "fp8", "nf4"]
BYTES_A_PARAMETER: Mapping[Precision, float] = {"bf16": 2.0, "fp8": 1.02, "nf4": 0.6}
"""With scales and the layers that stay in bf16. Computed, and checked against the published sizes in the tests."""
ALLOWED_FILES = ("*.json", "*.safetensors", "*.txt", "*.model", "*.jinja")
"""Never pickles (`.bin`, `.pt`, `.ckpt`, `.pkl`) and never code."""

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,60}$")]
Repo = Annotated[str, Field(pattern=r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")]
Revision = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
Scalar = str | int | float | bool


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Licence(_Frozen):
    """What one may do with the weights."""

    name: str
    link: str = Field(pattern=r"^https://")
    commercial: bool
    """Whether the outputs and weights may be used commercially without asking."""
    note: str = ""


class Adapter(_Frozen):
    """A LoRA on top of the card's weights."""

    repo: Repo
    file: str = Field(pattern=r"\.safetensors$")
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
    title: str
    repo: Repo
    revision: Revision | None = None
    base: Id | None = None
    """Card whose weights this one uses with other adapters, scheduler or steps; both are one loaded pipeline."""
    licence: Licence
    opt_in: bool = False
    """Whether the licence has to be accepted once before the weights are fetched."""
    files: tuple[str, ...] = ALLOWED_FILES
    """Patterns of the files that are downloaded."""
    pipeline: str
    """Class in diffusers."""
    inpaint: str | None = None
    """Class in diffusers that redraws a masked part with the same weights."""
    adapters: tuple[Adapter, ...] = ()
    scheduler: Mapping[str, Scalar | None] = Field(default_factory=dict)
    """Settings of the scheduler that differ from the repository's."""
    steps: int = Field(ge=1, le=200)
    guidance: float = Field(1.0, ge=0)
    guidance_argument: Literal["guidance_scale", "true_cfg_scale"] = "guidance_scale"
    negative_prompt: str | None = None
    arguments: Mapping[str, Scalar] = Field(default_factory=dict)
    """More arguments of the call, as they are."""
    dtype: Literal["bfloat16", "float16", "float32"] = "bfloat16"
    references: int = Field(0, ge=0, le=10)
    """Most reference pictures; further ones go into a collage. 0: text only."""
    reference_pixels: int = Field(1024**2, gt=0)
    """Most pixels of one reference; larger ones are reduced."""
    native_pixels: int = Field(1024**2, gt=0)
    """Pixels at which the model is at its best."""
    max_pixels: int = Field(1024**2, gt=0)
    multiple: int = Field(16, ge=8, le=64)
    """Both sides of an output are multiples of this."""
    prompt_tokens: int = Field(512, ge=16)
    """Most tokens that the model reads."""
    parameters: Parameters
    cpu: bool = False
    """Whether a CPU makes a picture in minutes rather than hours."""
    step_cache: Literal["first-block", "taylorseer", "magcache"] | None = None
    """What spares work between steps at little loss; for cards of many steps."""
    tools: Mapping[str, tuple[Mode, ...]]
    """Names of tools to the modes in which the card serves them."""
    notes: str = ""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.max_pixels < self.native_pixels:
            raise ValueError("max_pixels is smaller than native_pixels")
        if unsafe := [each for each in self.files if not each.endswith(tuple(each[1:] for each in ALLOWED_FILES))]:
            raise ValueError(f"files: {', '.join(unsafe)} could fetch other files than {', '.join(ALLOWED_FILES)}")
        return self

    @property
    def weights_id(self) -> str:
        """The same for all cards that are one loaded pipeline."""
        return self.base or self.id

    def serves(self, tool: str, mode: Mode) -> bool:
        """Whether the card is meant for `tool` in `mode`."""
        return mode in self.tools.get(tool, ())

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
    """The user's cards, then the shipped ones; a user's card replaces the shipped one of its id. Raises BadCard."""
    mine = read_cards(own) if own is not None and own.exists() else ()
    return Catalogue((*mine, *_shipped()))


@cache
def _shipped() -> tuple[Card, ...]:
    return read_cards(SHIPPED)


def read_cards(path: Path) -> tuple[Card, ...]:
    """The cards of a TOML file, tables `[[card]]`. A card with `base` takes from that card of the file what it leaves out."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8")).get("card", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadCard(f"{path} can't be read: {error}") from error
    complete: dict[str, dict[str, Any]] = {}
    cards = []
    for table in tables:
        whole = complete.get(table.get("base", ""), {}) | table
        cards.append(_card(path, whole))
        complete[str(table.get("id"))] = whole
    return tuple(cards)


def _card(path: Path, table: Mapping[str, Any]) -> Card:
    try:
        return Card.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise BadCard(f"{path}: card {table.get('id', '?')}: {where or 'the card'}: {first['msg']}") from error
