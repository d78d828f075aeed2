"""What a recipe asks of a model, and the model as a recipe sees it."""

from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image

from pipelines.diffusion.cards import Card
from pipelines.sizes import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One picture to make."""

    prompt: str
    """As the model reads it: complete, in English, references by their number from 1."""
    images: tuple[Image, ...] = ()
    """References, RGB, in the order in which the prompt counts them."""
    base: Image | None = None
    """RGB picture of `size` whose masked part is redrawn; with it, `images` are further references."""
    mask: Image | None = None
    """L picture of `size`, white where `base` is redrawn."""
    strength: float = 1.0
    """How far the masked part may leave `base`, in (0, 1]."""
    size: Size
    """Of the picture to make; both sides multiples of the card's `multiple`."""
    seed: int


class Model(Protocol):
    """One card, ready to be asked."""

    @property
    def card(self) -> Card:
        """What it is."""

    def make(self, call: Call) -> Image:
        """An RGB picture of the call's size. Raises PipelineError, and Cancelled once the job has been cancelled."""
