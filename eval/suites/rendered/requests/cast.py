"""Who and what the requests show: six people and eight garments that meet in turn, and the frames that they are drawn in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from eval.suites.case import Case
from eval.suites.rendered.case import FIRST_SEED
from pipelines.images import Bytes, Mask
from pipelines.sizes import Size, Tier, ratio_of, size_for
from pipelines.vision.rendering.scenes import Script, script_of

FIRST = FIRST_SEED + 1_000_000
"""Seeds of people start here, those of garments 1,000 later: no training and no table draws them."""
PEOPLE, GARMENTS = 6, 8
COUNT = 24
"""Cases of each tool: every garment three times with another person, every person with another garment four times."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """A person and a garment by number."""

    person: int
    garment: int

    @property
    def person_seed(self) -> int:
        """Of everything about the person."""
        return FIRST + self.person

    @property
    def garment_seed(self) -> int:
        """Of everything about the garment."""
        return FIRST + 1000 + self.garment

    @property
    def clusters(self) -> Mapping[str, str]:
        """Names that other cases share."""
        return {"garment": f"garment-{self.garment}", "person": f"person-{self.person}"}

    def script(self) -> Script:
        """The person's scene with the garment as what is to be worn; its product picture is the same for every person."""
        theirs, other = script_of(self.person_seed), script_of(self.garment_seed)
        return replace(theirs, other=other.other, other_seed=other.other_seed)


def pairing(number: int) -> Pairing:
    """Of a case from 0 to `COUNT` - 1; no two are alike.

    >>> [pairing(number) for number in (0, 8)]
    [Pairing(person=0, garment=0), Pairing(person=2, garment=0)]
    """
    garment, turn = number % GARMENTS, number // GARMENTS
    return Pairing((garment + 2 * turn) % PEOPLE, garment)


def frame(ratio: str, shrink: int = 1) -> Size:
    """The size of a tool's 1K output, both sides divided by `shrink`: 1, 2, 4 or 8.

    >>> frame("2:3"), frame("2:3", 4)
    (Size(width=832, height=1248), Size(width=208, height=312))
    """
    whole = size_for(Tier.K1, ratio_of(ratio))
    return Size(whole.width // shrink, whole.height // shrink)


def alike(before: Bytes, target: Bytes) -> Mask:
    """(h, w): where the right answer is what was given to the last bit: no soft edge and no other shadow."""
    return np.asarray((before == target).all(axis=2))


@dataclass(frozen=True, slots=True)
class Requests:
    """All cases of one tool."""

    tool: str
    draw: Callable[[str, int, int], Case]
    """(id, number from 0 to `count` - 1, shrink) to the case; equal arguments give equal pixels."""
    count: int = COUNT

    def ids(self) -> tuple[str, ...]:
        """In order: `try-on-0000`."""
        return tuple(f"{self.tool}-{number:04}" for number in range(self.count))

    def case(self, number: int, shrink: int = 1) -> Case:
        """The case of a number; `shrink` divides the sides of its frame, for a quick look."""
        return self.draw(self.ids()[number], number, shrink)
