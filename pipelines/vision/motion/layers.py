"""A picture taken apart into what is behind and what stands before it, each with its depth, for a camera to move past."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats, Mask, blurred, to_bytes, to_float
from pipelines.vision.inpaint import grain_of, membrane, with_grain
from pipelines.vision.mattes.matting import Matte
from pipelines.vision.motion.camera import Path
from pipelines.vision.motion.grid import Grid, Motion, Sheet
from pipelines.vision.motion.hems import hanging, lifted
from pipelines.vision.people.body import Body, Part

FAR = 0.45
"""How much what is far behind moves when the camera comes closer, where the subject moves by 1."""
_RELIEF = 0.1
"""How much nearer than its outline the middle of a subject is."""
_FLOOR = 0.38
"""Share of a standing figure's height, from the feet up, over which the ground behind it recedes."""
_LEAST_SWING = 0.3
"""Pixels below which nobody sees that a garment swings."""
_AIR = 12.0
"""The camera comes closer to a point no lower than that many times the air above the subject, so that some of it is left."""
_RIM = 0.003
"""Of the longer side: what of the background goes along with the subject, so that no remains of it are left behind."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What stands out in a picture of (h, w) pixels."""

    matte: Matte
    body: Body | None
    """None where it is no person, or none that could be read."""
    sure: bool
    """Whether the outline is good enough to be cut along; else depth fades across it."""

    @property
    def alpha(self) -> Floats:
        return self.matte.alpha


@dataclass(frozen=True, slots=True)
class Layer:
    """Pixels and how near they are."""

    sheet: Sheet
    depth: Floats
    """float32, a number for each node of the grid: 1 at the subject, less behind it."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A picture as layers, the rearmost first."""

    grid: Grid
    layers: tuple[Layer, ...]
    focus: tuple[float, float]
    """x and y of what the camera comes closer to, in pixels."""


def staged(rgb: Bytes, subject: Subject | None, grid: Grid, hung: Floats | None, rng: np.random.Generator) -> Stage:
    """The layers of uint8 (h, w, 3): one for a picture whose subject is missing or unsure, else background and subject, and
    before them a skirt or dress; `hung` is how many pixels it swings at each node of the grid.

    Composed without any motion they are the picture itself, within what a rounding and a clipped colour make.
    """
    if subject is None:
        return Stage(grid, (Layer(_opaque(rgb), np.ones(grid.shape, np.float32)),), _middle(grid))
    focus = _focus(subject, grid)
    floor = _floor(subject, grid)
    if not subject.sure:
        mask = blurred(grid.sampled(subject.alpha), 0.05 * max(grid.shape))
        depth = FAR + (1 - FAR) * np.maximum(np.clip(1.6 * mask, 0, 1), floor)
        return Stage(grid, (Layer(_opaque(rgb), blurred(depth.astype(np.float32), 2)),), focus)
    split = _split(rgb, subject.matte, rng)
    near = _beside(subject, grid) if subject.body is None else np.zeros(grid.shape, np.float32)
    behind = (FAR + (1 - FAR) * np.maximum(floor, near)).astype(np.float32)
    relief = _relief(subject, grid)
    garment = hanging(subject.body) if subject.body is not None else None
    if garment is None or hung is None or hung.max() < _LEAST_SWING:
        return Stage(grid, (Layer(_opaque(split.behind), behind), Layer(Sheet.of(split.subject), relief)), focus)
    free = grid.full(np.repeat(hung[..., None], 2, axis=2))[..., 0] > _LEAST_SWING
    apart = lifted(split.subject, garment, free)
    figure = tuple(Layer(Sheet.of(each), relief) for each in (apart.under, apart.over))
    return Stage(grid, (Layer(_opaque(split.behind), behind), *figure), focus)


def camera_motion(layer: Layer, stage: Stage, path: Path) -> Motion:
    """How a layer is displaced on the camera's way past it."""
    places, depth = stage.grid.places(), layer.depth
    width, height = stage.grid.size.width, stage.grid.size.height
    x, y = stage.focus
    zero = np.zeros_like(depth)
    fields = np.stack([
        (np.array((x, y), np.float32) - places) * depth[..., None],
        np.stack([depth * min(x, width - x), zero], axis=-1),
        np.stack([zero, depth * min(y, height - y)], axis=-1),
        np.stack([(1 - depth) * width, zero], axis=-1),
    ]).astype(np.float32)  # fmt: skip
    ways = np.stack([path.closer, path.closer * path.right, path.closer * path.down, path.around], axis=1)
    return Motion(fields, ways.astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Split:
    behind: Bytes
    subject: Bytes
    """uint8 (h, w, 4), colour times alpha."""


def _split(rgb: Bytes, matte: Matte, rng: np.random.Generator) -> _Split:
    """Background without the subject, and a subject whose colours make the picture again when laid over it."""
    image, alpha = to_float(rgb), matte.alpha
    reach = max(2, round(_RIM * max(alpha.shape)))
    wide = cv2.dilate(alpha, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    cover = np.maximum(alpha, np.clip(1.6 * blurred(cast(Floats, wide), 0.5 * reach) - 0.6, 0, 1)).astype(np.float32)
    cover[cover < 0.02] = 0
    covered = cv2.dilate((cover > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    behind = membrane(image, (~covered).astype(np.float32))
    beside: Mask = (cv2.dilate(covered.astype(np.uint8), np.ones((41, 41), np.uint8)) > 0) & ~covered
    grained = with_grain(behind, grain_of(image, beside), rng)
    behind = np.where(cover[..., None] > 0, grained, image).astype(np.float32)
    paint = np.clip(image - (1 - cover[..., None]) * behind, 0, cover[..., None])
    return _Split(to_bytes(behind), to_bytes(np.dstack([paint, cover]).astype(np.float32)))


def _opaque(rgb: Bytes) -> Sheet:
    return Sheet.of(np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)]))


def _middle(grid: Grid) -> tuple[float, float]:
    return (grid.size.width - 1) / 2, (grid.size.height - 1) / 2


def _focus(subject: Subject, grid: Grid) -> tuple[float, float]:
    """A little towards the face, or the middle of the subject, from the middle of the picture."""
    x, y = _middle(grid)
    rows, columns = np.nonzero(subject.alpha > 0.5)
    if not rows.size:
        return x, y
    aim = (float(columns.mean()), float(rows.mean()))
    if subject.body is not None and "chin" in subject.body.joints:
        chin = subject.body.joints["chin"]
        aim = (chin.x, chin.y)
    width, height = grid.size.width, grid.size.height
    air = float(rows.min())
    low = min(0.4 * y + 0.6 * aim[1], _AIR * air if air > 0.005 * height else height)
    return (
        float(np.clip(0.4 * x + 0.6 * aim[0], 0.3 * width, 0.7 * width)),
        float(np.clip(low, 0.1 * height, 0.7 * height)),
    )


def _floor(subject: Subject, grid: Grid) -> Floats:
    """0 to 1 for each node: how near the ground is. All 0 where the subject's lower end is not in the picture."""
    height = grid.size.height
    rows = np.flatnonzero((subject.alpha > 0.5).any(axis=1))
    if not rows.size or rows[-1] > 0.985 * height or subject.body is None:
        return np.zeros(grid.shape, np.float32)
    tall = float(rows[-1] - rows[0])
    share = np.clip((grid.places()[..., 1] - rows[-1]) / (_FLOOR * tall) + 1, 0, 1)
    return np.asarray(share * share * (3 - 2 * share), np.float32)


def _beside(subject: Subject, grid: Grid) -> Floats:
    """0 to 1 for each node: whether it lies beside a product, whose shadow on what it lies on must stay where it is."""
    apart = cv2.distanceTransform((grid.sampled(subject.alpha) < 0.3).astype(np.uint8), cv2.DIST_L2, 5)
    return np.asarray(np.exp(-((apart / (0.12 * min(grid.shape))) ** 2)), np.float32)


def _relief(subject: Subject, grid: Grid) -> Floats:
    """Depth of the subject's nodes: 1 at its outline, nearer in its middle, and all of a head at one depth."""
    inside = (grid.sampled(subject.alpha) > 0.5).astype(np.uint8)
    deep = cv2.distanceTransform(cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_REPLICATE), cv2.DIST_L2, 5)[1:-1, 1:-1]
    round_ = np.sqrt(deep / max(1.0, float(deep.max())))
    soft = blurred(round_.astype(np.float32), 0.03 * max(grid.shape))
    if subject.body is not None:
        head = blurred(grid.sampled(np.isin(subject.body.parts, (Part.FACE, Part.HAIR)).astype(np.float32)), 3)
        total = float(head.sum())
        level = float((soft * head).sum()) / total if total > 0 else 0.0
        soft = soft + (level - soft) * np.clip(2 * head, 0, 1)
    return (1 + _RELIEF * soft).astype(np.float32)
