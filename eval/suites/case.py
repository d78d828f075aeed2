"""What a suite is made of: cases that a tool is asked, and what is known of the right answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from PIL.Image import Image

from pipelines.images import Bytes, Floats, Mask
from pipelines.sizes import Size
from pipelines.vision.people.body import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is known of the right answer; None is unknown, and metrics that need it leave the case unscored.

    `target`, `before`, `alpha`, `region`, `away`, `rest` and `joints` share one frame: outputs are resized to it to be compared.
    """

    target: Bytes | None = None
    """uint8 (h, w, 3): the right answer."""
    before: Bytes | None = None
    """uint8 (h, w, 3): what was given, as it lies in the frame."""
    alpha: Floats | None = None
    """float32 (h, w) in [0, 1]: the right matte."""
    region: Mask | None = None
    """(h, w): what is asked for: the garment to be worn, the skin to be changed, what has to be made."""
    away: Mask | None = None
    """(h, w): what may not change from `before`."""
    rest: Mask | None = None
    """(h, w): what has to stay at rest in a video."""
    joints: Mapping[str, Point] | None = None
    """Where the person's joints are, in pixels of the frame."""
    product: Bytes | None = None
    """uint8 (h', w', 3): the product by itself, straight, in a frame of its own."""
    product_alpha: Floats | None = None
    """float32 (h', w'): its matte."""
    face: Bytes | None = None
    """uint8 (h'', w'', 3): whose face it should be, in a frame of its own."""
    end: Bytes | None = None
    """uint8 (h, w, 3): the last frame of a video."""
    text: str | None = None
    """What is written on the product."""
    words: Mapping[str, str] | None = None
    """What the prompt asks for, from the vocabulary that can be checked: {"skin": "tan", "hair": "red", "background": "navy"}."""

    def known(self) -> frozenset[str]:
        """Names of what is not None; of words each by itself, too: `words.skin`."""
        words = (f"words.{each}" for each in self.words or ())
        return frozenset(each.name for each in fields(self) if getattr(self, each.name) is not None).union(words)

    @property
    def frame(self) -> Size | None:
        """Size of the common frame; None where nothing of it is known."""
        for name in ("target", "before", "alpha", "region", "away", "rest", "end"):
            found = getattr(self, name)
            if found is not None:
                return Size(found.shape[1], found.shape[0])
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request to one tool, without resolution, mode and seed, which a run's grid adds."""

    id: str
    """Unique within its suite and a safe file name: `try-on-0007`."""
    tool: str
    kind: str
    """What sort of case it is, for tables: a category, a background."""
    pictures: Mapping[str, tuple[Image, ...]]
    """The request's image fields."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The request's other fields."""
    truth: Truth
    clusters: Mapping[str, str] = field(default_factory=dict)
    """What it shares with other cases: `garment` and `person` to names. Cases without a name share nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What somebody who quotes a number has to know of a suite."""

    name: str
    version: str
    """Changes with every change of a picture, a request or a truth; a fixed suite is a new version, never an edit."""
    title: str
    licence: str
    citation: str
    source: str
    """Where the pictures come from: a page, a path, a data set with its pinned revision."""


class Suite(Protocol):
    """Cases by id, made or read when they are asked for; equal ids give equal pixels."""

    @property
    def card(self) -> Card:
        """What it is and where it comes from."""

    @property
    def tools(self) -> tuple[str, ...]:
        """Tools that it has cases for, in their usual order."""

    def ids(self, tool: str) -> Sequence[str]:
        """Ids of a tool's cases, in order; costs no reading of pictures."""

    def case(self, case_id: str) -> Case:
        """One case. Raises BadSuite where its files can't be read."""
