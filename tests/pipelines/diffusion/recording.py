"""Models that record what recipes ask of them and answer with pictures that follow from the question."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from PIL import Image

from pipelines.diffusion.call import Call
from pipelines.diffusion.cards import Card, Licence, Parameters
from pipelines.diffusion.recipes.native import fitted
from pipelines.images import Floats, picture, pixels, size_of, to_float
from pipelines.sizes import Size

Answer = Callable[[Call], Image.Image]


def card(**changes: Any) -> Card:
    """A card with just what recipes read, by default as FLUX.2 klein without a class for masks."""
    facts: dict[str, Any] = {
        "id": "recording",
        "title": "Recording model",
        "repo": "nobody/recording",
        "pipeline": "Flux2KleinPipeline",
        "licence": Licence(name="Apache-2.0", link="https://example.org", commercial=True),
        "steps": 4,
        "references": 4,
        "parameters": Parameters(transformer=1, text_encoder=1, vae=0.1),
        "tools": {},
    }
    return Card(**(facts | changes))


KLEIN = card(title="FLUX.2 klein 4B")
KLEIN_MASKED = card(title="FLUX.2 klein 4B", inpaint="Flux2KleinInpaintPipeline")
QWEN = card(title="Qwen-Image-Edit", pipeline="QwenImageEditPlusPipeline", references=3, prompt_tokens=1024, multiple=32)
TEXT = card(title="Z-Image Turbo", pipeline="ZImagePipeline", references=0)


def first_brightened(call: Call) -> Image.Image:
    """The base, else the first reference, at the call's size and a little brighter; grey where there is neither."""
    seen = call.base or (call.images[0] if call.images else Image.new("RGB", (64, 64), (120, 120, 120)))
    return picture(np.clip(to_float(pixels(fitted(seen, call.size))) * np.float32(0.92) + np.float32(0.08), 0, 1))


def repainted(left: float, top: float, right: float, bottom: float, *, shift: tuple[float, float] = (0, 0)) -> Answer:
    """An answer that is the base or first reference, moved by `shift` pixels, with striped cloth in a box given in shares."""

    def answer(call: Call) -> Image.Image:
        seen = to_float(pixels(fitted(call.base or call.images[0], call.size)))
        height, width = seen.shape[:2]
        move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
        moved = cv2.warpAffine(seen, move, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        rows, columns = slice(int(top * height), int(bottom * height)), slice(int(left * width), int(right * width))
        moved[rows, columns] = _stripes(height, width)[rows, columns]
        return picture(np.clip(moved, 0, 1).astype(np.float32))

    return answer


def _stripes(height: int, width: int) -> Floats:
    bands = (np.arange(height) // 12 % 2)[:, None, None]
    return np.broadcast_to(np.where(bands, (0.1, 0.5, 0.3), (0.9, 0.3, 0.7)), (height, width, 3)).astype(np.float32)


class RecordingModel:
    """A `Model` that keeps every call and answers it by `answer`."""

    def __init__(self, of: Card = KLEIN, answer: Answer = first_brightened) -> None:
        self.card = of
        self.calls: list[Call] = []
        self._answer = answer

    def make(self, call: Call) -> Image.Image:
        """See `Model.make`; what a pipeline would refuse fails here as well."""
        assert call.size.width % self.card.multiple == 0
        assert call.size.height % self.card.multiple == 0
        assert call.size.pixels <= self.card.max_pixels
        assert len(call.images) + (call.base is not None) <= max(1, self.card.references)
        assert (call.base is None) == (call.mask is None)
        for each in (*call.images, *filter(None, [call.base])):
            assert each.mode == "RGB"
            assert min(each.size) >= 45
            assert max(each.width / each.height, each.height / each.width) <= 8.1
        for each in filter(None, [call.base, call.mask]):
            assert size_of(each) == call.size
        self.calls.append(call)
        made = self._answer(call)
        assert (made.mode, size_of(made)) == ("RGB", call.size)
        return made

    @property
    def call(self) -> Call:
        """The only call."""
        assert len(self.calls) == 1
        return self.calls[0]


def plain(size: Size, colour: tuple[int, int, int] = (200, 60, 60)) -> Image.Image:
    """A picture of one colour."""
    return Image.new("RGB", (size.width, size.height), colour)
