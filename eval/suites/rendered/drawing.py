"""Pictures that several suites draw: people, garments and what is behind them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar, cast

import cv2
import numpy as np
from PIL import Image

from pipelines.draft.procedural import procedural_picture
from pipelines.images import Bytes, Floats, composite, linear, picture, srgb, to_bytes
from pipelines.sizes import Size
from pipelines.vision.rendering.backdrop import Backdrop, floor_shadow, sweep
from pipelines.vision.rendering.scenes import Scene, render_scene
from pipelines.vision.rendering.surfaces import MATERIALS, Material, surface

SIZE = Size(320, 480)
"""Of most cases: small, so that hundreds of them run in minutes."""
Choice = TypeVar("Choice")


class Ground(Protocol):
    """What is behind somebody, sRGB (h, w, 3); `scale` is the picture's height over that of most cases, and scales softness."""

    def __call__(self, size: Size, rng: np.random.Generator, scale: float = 1.0) -> Floats:
        """Equal states of `rng` give equal pixels."""


def across(pixels: float, size: Size) -> float:
    """What is `pixels` long in most cases, in a picture of `size`."""
    return pixels * size.height / SIZE.height


def around(pixels: int, size: Size) -> Bytes:
    """A square to grow or shrink masks by, `pixels` wide in most cases; odd."""
    side = 2 * round((across(pixels, size) - 1) / 2) + 1
    return np.ones((side, side), np.uint8)


@lru_cache(maxsize=4)
def scene_of(seed: int, size: Size = SIZE) -> Scene:
    """A person in two garments, and the second one's product picture."""
    return render_scene(seed, size, oversample=1)


def chosen(seed: int, choices: tuple[Choice, ...]) -> Choice:
    """One of several, each equally often over consecutive seeds."""
    return choices[seed % len(choices)]


def white(size: Size, rng: np.random.Generator, scale: float = 1.0) -> Floats:
    """Seamless white, sRGB (h, w, 3)."""
    return np.full((size.height, size.width, 3), 1.0, np.float32)


def gradient(size: Size, rng: np.random.Generator, scale: float = 1.0) -> Floats:
    """A studio sweep in a colour drawn by chance."""
    red, green, blue = (float(each) for each in np.clip(rng.uniform(0.35, 0.9) + rng.normal(0, 0.06, 3), 0.1, 0.97))
    return srgb(np.clip(sweep(Backdrop((red, green, blue), 0.16), size, size.height * 0.86), 0, 1))


def textured(size: Size, rng: np.random.Generator, scale: float = 1.0) -> Floats:
    """One of the surfaces that products are laid on."""
    names = cast(tuple[Material, ...], tuple(name for name in MATERIALS if name != "plain"))
    return surface(names[int(rng.integers(len(names)))], size, rng)


def busy(size: Size, rng: np.random.Generator, scale: float = 1.0) -> Floats:
    """Edges, folds, letters and grain, out of focus as a place behind a person is."""
    drawn = procedural_picture(rng, max(size.width, size.height))[: size.height, : size.width]
    return cast(Floats, cv2.GaussianBlur(drawn, (0, 0), scale * float(rng.uniform(1.5, 4.0))))


BACKGROUNDS: Mapping[str, Ground] = {
    "white": white, "gradient": gradient, "textured": textured, "busy": busy,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Standing:
    """A cut-out in front of a background: the picture and its exact matte."""

    rgb: Bytes
    alpha: Floats


def standing(colour: Floats, alpha: Floats, behind: Floats, rng: np.random.Generator, shadow: bool) -> Standing:
    """`colour` over `behind`, both sRGB (h, w, 3), at times with the shadow that it casts, with a camera's grain."""
    if shadow:
        rows = np.flatnonzero((alpha > 0.5).any(axis=1))
        light = floor_shadow(alpha, float(rows[-1]), float(rows[-1] - rows[0]))
        behind = srgb(linear(behind) * light[..., None])
    mixed = composite(colour, alpha, behind) + rng.normal(0, 0.006, (*alpha.shape, 1)).astype(np.float32)
    return Standing(to_bytes(mixed), alpha)


def on_white(colour: Floats, alpha: Floats) -> Bytes:
    """uint8 (h, w, 3): a cut-out on white."""
    return to_bytes(composite(colour, alpha, np.ones_like(colour)))


def shown(image: Image.Image) -> Bytes:
    """uint8 (h, w, 3) of an output, on white where it is transparent."""
    if image.mode != "RGBA":
        return np.asarray(image.convert("RGB"))
    canvas = Image.new("RGBA", image.size, (255, 255, 255, 255))
    canvas.alpha_composite(image)
    return np.asarray(canvas.convert("RGB"))


def fitted(values: Bytes, size: Size) -> Image.Image:
    """A picture stretched to a size."""
    return picture(values).resize((size.width, size.height), Image.Resampling.LANCZOS)
