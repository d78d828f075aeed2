"""One sitting: a drawn person in clothes, before a backdrop or in a set, in the light that was asked for."""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from PIL import Image

from pipelines.draft import scenery
from pipelines.draft.casting import Wishes
from pipelines.draft.looks import Setting, Shoot
from pipelines.images import Floats, picture, srgb
from pipelines.sizes import Mode, Size
from pipelines.vision.rendering.backdrop import Backdrop, floor_shadow, grained
from pipelines.vision.rendering.figure import Figure
from pipelines.vision.rendering.head import Portrayed
from pipelines.vision.rendering.light import Light
from pipelines.vision.rendering.palette import Colour
from pipelines.vision.rendering.portrait import BEAUTY, enlarged, head_on
from pipelines.vision.rendering.render import Rendered, render_body
from pipelines.vision.rendering.wear import GarmentSpec


@dataclass(frozen=True, slots=True)
class _Effort:
    """Where a mode spends its time."""

    body_pixels: int
    """Area at which body, clothes and their light are computed."""
    canvas_pixels: int
    """Area at which the picture is put together, at most."""
    head_pixels: int
    """Area of the picture at the head's own resolution."""
    detail: float
    """Strands of hair, brows and beard, 0 to 1."""


_EFFORTS = {
    Mode.FAST: _Effort(200_000, 480_000, 480_000, 0.4),
    Mode.BALANCED: _Effort(900_000, 2_300_000, 4_400_000, 0.8),
    Mode.QUALITY: _Effort(1_500_000, 4_300_000, 9_500_000, 1.0),
}
PAPERS: tuple[Colour, ...] = (
    (0.870, 0.845, 0.810), (0.780, 0.800, 0.765), (0.800, 0.825, 0.850), (0.855, 0.785, 0.735), (0.835, 0.830, 0.835), (0.880, 0.835, 0.790),
)  # fmt: skip
"""Quiet papers that suit any skin; the seed picks one."""


@dataclass(frozen=True, slots=True)
class Sitting:
    """Everything that is decided before anything is drawn."""

    figure: Figure
    outfit: tuple[GarmentSpec, ...]
    who: Portrayed
    light: Light
    paper: Colour
    setting: Setting | None


def light_of(wishes: Wishes, shoot: Shoot, rng: np.random.Generator) -> Light:
    """The light of the words around a large soft key light from the left."""
    x, y, z = BEAUTY.key
    shift = float(rng.uniform(-0.06, 0.10))
    hard = wishes.hardness
    return Light(
        key=(shoot.key_x if shoot.key_x is not None else x + shift, y, z),
        key_power=BEAUTY.key_power + 0.10 * max(hard, 0), fill_power=BEAUTY.fill_power - 0.06 * hard,
        ambient=BEAUTY.ambient - 0.10 * hard, rim_power=BEAUTY.rim_power + 0.05 * max(hard, 0), warmth=wishes.warmth,
        softness=float(np.clip(BEAUTY.softness - 0.32 * hard, 0.10, 0.85)),
    )  # fmt: skip


def capped(size: Size, area: int) -> Size:
    """`size`, or a smaller one of its aspect with at most so many pixels."""
    scale = min(1.0, sqrt(area / size.pixels))
    return size if scale == 1 else Size(round(size.width * scale), round(size.height * scale))


@dataclass(frozen=True, slots=True)
class Taken:
    """The picture of a sitting."""

    image: Image.Image
    """Exactly as large as asked for."""
    figure: Rendered
    """The person on the canvas that was painted."""


def bodied(sitting: Sitting, size: Size, mode: Mode, seed: int) -> Rendered:
    """The body without its head, at the canvas's size."""
    effort = _EFFORTS[mode]
    canvas = capped(size, effort.canvas_pixels)
    rng = np.random.default_rng([seed, 21])
    body = render_body(sitting.figure, capped(size, effort.body_pixels), rng, sitting.outfit, sitting.light, 1)
    return enlarged(body, canvas)


def headed(sitting: Sitting, body: Rendered, mode: Mode) -> Rendered:
    """The person whole."""
    effort = _EFFORTS[mode]
    oversample = int(np.clip(round(sqrt(effort.head_pixels / body.alpha.size)), 1, 3))
    return head_on(body, sitting.figure, sitting.who, sitting.light, oversample, effort.detail)


def taken(sitting: Sitting, figure: Rendered, size: Size, seed: int) -> Taken:
    """The person where the picture is taken."""
    height, width = figure.alpha.shape
    canvas = Size(width, height)
    ground = _ground(sitting, figure, canvas)
    ground = ground * floor_shadow(figure.alpha, figure.view.floor_y, figure.view.scale)[..., None]
    scene = grained(srgb(np.clip(ground, 0, 1)), np.random.default_rng([seed, 22]), 0.004)
    scene += (figure.rgb - scene) * figure.alpha[..., None]
    image = picture(scene)
    if canvas != size:
        image = image.resize((size.width, size.height), Image.Resampling.LANCZOS)
    return Taken(image, figure)


def _ground(sitting: Sitting, figure: Rendered, canvas: Size) -> Floats:
    if sitting.setting is None:
        ground = scenery.studio(Backdrop(sitting.paper), canvas, figure.view)
    else:
        near = {"full_body": 0.0025, "three_quarter": 0.006, "upper_body": 0.010, "portrait": 0.018}[sitting.figure.framing]
        ground = scenery.set_(sitting.setting, canvas, near)
    return (ground * sitting.light.tint ** np.float32(0.6)).astype(np.float32)
