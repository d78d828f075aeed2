"""What a mode spends on a Try-On, and what making one leaves behind."""

from dataclasses import dataclass

from pipelines.images import Bytes
from pipelines.sizes import Mode


@dataclass(frozen=True, slots=True)
class Effort:
    """Where a mode spends its time."""

    person_side: float
    """Long side in pixels at which the person is cut out and read, at most."""
    product_share: float
    """Long side at which the product is cut out, at most, over the side of a square as large as the output."""
    oversample: float
    """How much larger than the output the garment is warped, to be averaged down."""
    shading_width: float
    """Shoulder width in pixels at which the folds of the old garment are read."""
    refined: bool
    """Whether gaps between pieces are closed, and the body's outline is followed by a second fit."""


_EFFORTS = {
    Mode.FAST: Effort(person_side=600, product_share=0.6, oversample=1.0, shading_width=120.0, refined=False),
    Mode.BALANCED: Effort(person_side=1600, product_share=1.25, oversample=1.0, shading_width=200.0, refined=True),
    Mode.QUALITY: Effort(person_side=2400, product_share=2.0, oversample=1.5, shading_width=340.0, refined=True),
}


def effort_of(mode: Mode) -> Effort:
    """What `mode` spends."""
    return _EFFORTS[mode]


@dataclass(frozen=True, slots=True)
class Result:
    """The part of the output that changed."""

    part: tuple[slice, slice]
    """Rows and columns of the output."""
    pixels: Bytes
    """uint8 (h, w, 3) of that part; where nothing changed equal to the photograph."""
    jacobian_min: float
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a picture, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def part(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)
