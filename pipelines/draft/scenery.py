"""What is behind the mannequin: a studio, a place from a picture, or what a picture suggests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from PIL.Image import Image

from pipelines.draft.looks import Setting
from pipelines.errors import PipelineError
from pipelines.images import Bytes, Floats, blurred, linear, pixels, resized, to_float
from pipelines.sizes import Mode, Size
from pipelines.vision.mattes.matting import matte
from pipelines.vision.people.person import read_person
from pipelines.vision.rendering import sets
from pipelines.vision.rendering.backdrop import Backdrop, Colour, sweep
from pipelines.vision.rendering.figure import Framing
from pipelines.vision.rendering.relief import View

SUGGESTION_SIDE = 640
"""Longest side, in pixels, at which a picture that only suggests something is looked at."""

SETS: Mapping[Setting, Callable[[Size], Floats]] = {
    "daylight": sets.daylight, "arch": sets.arch, "terrace": sets.terrace,
    "concrete": sets.concrete, "plaster": sets.plaster, "brick": sets.brick,
}  # fmt: skip
"""Rendered places by name."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """What an image prompt suggests; None where it can't be told."""

    framing: Framing | None
    backdrop: Colour
    warmth: float


def suggested(image: Image) -> Suggested:
    """Framing, background colour and warmth of light of a picture with a person."""
    rgb = _small(image)
    margin = max(2, rgb.shape[1] // 12)
    upper = rgb[: rgb.shape[0] * 2 // 3]
    border = np.concatenate([upper[:, :margin].reshape(-1, 3), upper[:, -margin:].reshape(-1, 3)])
    red, green, blue = (float(value) for value in np.median(border, axis=0) / 255)
    return Suggested(_framing_in(rgb), (red, green, blue), warmth_of(to_float(rgb)))


def _framing_in(rgb: Bytes) -> Framing | None:
    try:
        joints = read_person(rgb, matte(rgb, Mode.FAST), Mode.FAST).joints
    except PipelineError:
        return None
    if any(name.endswith("ankle") for name in joints):
        return "full_body"
    return "three_quarter" if any(name.endswith("knee") for name in joints) else "upper_body"


def _small(image: Image) -> Bytes:
    shrunk = image.copy()
    shrunk.thumbnail((SUGGESTION_SIDE, SUGGESTION_SIDE))
    return pixels(shrunk)


def warmth_of(rgb: Floats) -> float:
    """-1 for a cool light to 1 for a warm one, by the balance of red and blue in a picture's bright parts."""
    light = rgb.reshape(-1, 3)
    bright = light[light.mean(axis=1) >= np.percentile(light.mean(axis=1), 60)].mean(axis=0)
    return float(np.clip((bright[0] - bright[2]) / max(float(bright.mean()), 1e-3) * 2.2, -1, 1))


def studio(backdrop: Backdrop, size: Size, view: View) -> Floats:
    """A paper sweep behind a figure seen in `view`; linear (h, w, 3)."""
    return sweep(backdrop, size, view.floor_y - 0.085 * view.scale)


def set_(name: Setting, size: Size, depth: float) -> Floats:
    """A rendered place, out of focus by `depth` (share of the height); linear (h, w, 3)."""
    return blurred(SETS[name](size), depth * size.height)


def place(image: Image, size: Size, depth: float) -> Floats:
    """A picture cropped to cover `size`, out of focus by `depth` (share of the height); linear (h, w, 3)."""
    scale = max(size.width / image.width, size.height / image.height)
    wide, high = max(size.width, round(image.width * scale)), max(size.height, round(image.height * scale))
    large = resized(to_float(pixels(image)), Size(wide, high))
    left, top = (wide - size.width) // 2, round((high - size.height) * 0.6)
    crop = linear(np.clip(large[top : top + size.height, left : left + size.width], 0, 1))
    sigma = depth * size.height
    step = max(1, int(sigma / 2))
    small = cv2.resize(crop, (max(1, size.width // step), max(1, size.height // step)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(0.3, sigma / step))
    return cast(Floats, cv2.resize(soft, (size.width, size.height), interpolation=cv2.INTER_LINEAR))
