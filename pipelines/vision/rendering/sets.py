"""Rendered places to stand in front of: simple studio sets made of light on plaster. Linear light, float32 (h, w, 3)."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, linear
from pipelines.sizes import Size
from pipelines.vision.rendering.backdrop import Colour
from pipelines.vision.rendering.surfaces import surface

HORIZON = 0.80
"""Row, as a share of the height, where the wall meets the floor."""

PANEL_WIDE, PANEL_HIGH = 0.62, 0.40
"""Of a panel of formwork, in heights of the picture."""
BRICK_WIDE, BRICK_HIGH = 0.074, 0.0245


@dataclass(frozen=True, slots=True)
class _Grid:
    """x and y of every pixel: x from -0.5 to 0.5 of the height around the middle, y from 0 to 1 down."""

    x: Floats
    y: Floats


def _grid(size: Size) -> _Grid:
    x = (np.arange(size.width, dtype=np.float32) + 0.5 - size.width / 2) / size.height
    y = (np.arange(size.height, dtype=np.float32) + 0.5) / size.height
    return _Grid(np.broadcast_to(x[None, :], (size.height, size.width)), np.broadcast_to(y[:, None], (size.height, size.width)))


def daylight(size: Size) -> Floats:
    """A plaster wall and a wooden floor, with the light of a mullioned window across both."""
    at = _grid(size)
    panes = _window(at.x - 0.04 + (at.y - 0.4) * 0.30, at.y - (at.x * 0.22))
    base = _room(at, (0.86, 0.82, 0.76), (0.66, 0.55, 0.44), size)
    light = 0.62 + 0.20 * _soft(at.x + 0.1, at.y - 0.3, 0.5) + 0.52 * _blurred(panes, size, 0.006)
    tint = np.array([1.06, 1.0, 0.90], np.float32)
    return cast(Floats, (base * light[..., None] * (1 + (tint - 1) * _blurred(panes, size, 0.006)[..., None])).astype(np.float32))


def arch(size: Size) -> Floats:
    """A set in clay and sand: an arch cut into the wall, with a step before it."""
    at = _grid(size)
    inside = _arch(at.x, at.y, 0.235, 0.40)
    shadow = _blurred(np.roll(inside, (int(0.020 * size.height), int(0.030 * size.height)), axis=(0, 1)), size, 0.012)
    wall = _room(at, (0.83, 0.66, 0.55), (0.80, 0.66, 0.56), size)
    niche = linear(np.array((0.90, 0.79, 0.69), np.float32)) * (1 - 0.42 * np.clip(inside - shadow, 0, 1))[..., None]
    niche = niche * (1 - 0.25 * np.clip((at.y - 0.45) * 1.2, 0, 1))[..., None]
    scene = wall + (niche - wall) * (inside * (at.y < HORIZON))[..., None]
    light = 0.80 + 0.28 * _soft(at.x + 0.22, at.y - 0.25, 0.55)
    return cast(Floats, (scene * light[..., None]).astype(np.float32))


def terrace(size: Size) -> Floats:
    """Dusk over low hills, seen from a tiled terrace."""
    at = _grid(size)
    height = np.clip(at.y / 0.62, 0, 1)[..., None]
    top, low = linear(np.array((0.50, 0.60, 0.76), np.float32)), linear(np.array((0.97, 0.80, 0.66), np.float32))
    scene = top + (low - top) * height**1.6
    for level, (rise, colour) in enumerate(
        ((0.055, (0.66, 0.60, 0.66)), (0.045, (0.50, 0.47, 0.54)), (0.035, (0.34, 0.35, 0.40)))
    ):
        ridge = (
            0.565 + 0.045 * level + rise * (np.sin(at.x * (5 + 3 * level) + 1.7 * level) * 0.5 + np.sin(at.x * 13 + level) * 0.18)
        )
        mask = _blurred((at.y > ridge).astype(np.float32), size, 0.0025)
        scene = scene + (linear(np.array(colour, np.float32)) - scene) * mask[..., None]
    parapet = _blurred((at.y > 0.735).astype(np.float32), size, 0.0008)
    stone = linear(np.array((0.80, 0.74, 0.69), np.float32)) * (0.78 + 0.22 * _soft(at.x + 0.1, at.y - 0.78, 0.5))[..., None]
    scene = scene + (stone - scene) * parapet[..., None]
    edge = np.exp(-0.5 * ((at.y - 0.757) / 0.004) ** 2) * 0.35 + 0.25 * np.exp(-0.5 * ((at.y - 0.838) / 0.006) ** 2)
    return cast(Floats, (scene * (1 - edge)[..., None] * _tiles(at)[..., None]).astype(np.float32))


def concrete(size: Size) -> Floats:
    """A wall of cast concrete with the joints and tie holes of its formwork, on a floor of the same."""
    at = _grid(size)
    rng = np.random.default_rng(31)
    wall = linear(surface("concrete", size, rng, (0.72, 0.715, 0.70)))
    floor = linear(surface("concrete", size, rng, (0.62, 0.61, 0.595)))
    across, up = (at.x + 0.31) / PANEL_WIDE, (HORIZON - at.y) / PANEL_HIGH
    to_joint = np.minimum(np.abs(across - np.round(across)) * PANEL_WIDE, np.abs(up - np.round(up)) * PANEL_HIGH)
    tie_x, tie_y = (np.abs((side * 2) % 1 - 0.5) * length / 2 for side, length in ((across, PANEL_WIDE), (up, PANEL_HIGH)))
    ties = np.clip((0.0062 - np.hypot(tie_x, tie_y)) / 0.0016, 0, 1)
    joints = 0.22 * np.exp(-((to_joint / 0.0016) ** 2)) + 0.38 * ties
    return _lit(at, wall * (1 - joints)[..., None], floor, size)


def plaster(size: Size) -> Floats:
    """A trowelled plaster wall over a floor of pale stone."""
    at = _grid(size)
    rng = np.random.default_rng(32)
    wall = linear(surface("plaster", size, rng, (0.86, 0.835, 0.80)))
    return _lit(at, wall, linear(surface("concrete", size, rng, (0.74, 0.70, 0.655))), size)


def brick(size: Size) -> Floats:
    """A wall of old bricks in running bond over a concrete floor."""
    at = _grid(size)
    rng = np.random.default_rng(33)
    row = np.floor((HORIZON - at.y) / BRICK_HIGH)
    along = at.x / BRICK_WIDE + 0.5 * (row % 2)
    tone = _of_each(row, np.floor(along), 0.11)
    edge = np.minimum(
        np.abs(along - np.round(along)) * BRICK_WIDE, np.abs(((HORIZON - at.y) / BRICK_HIGH + 0.5) % 1 - 0.5) * BRICK_HIGH
    )
    mortar = np.clip((0.0021 - edge) / 0.0010, 0, 1)[..., None]
    clay = (
        linear(np.array((0.585, 0.385, 0.315), np.float32))
        * (1 + tone + 0.09 * _mottled(size, 0.004) + 0.06 * _mottled(size, 0.05))[..., None]
    )
    joint = linear(np.array((0.70, 0.665, 0.62), np.float32)) * (1 + 0.06 * _mottled(size, 0.002))[..., None]
    wall = clay + (joint - clay) * mortar
    return _lit(at, wall, linear(surface("concrete", size, rng, (0.60, 0.58, 0.555))), size)


def _of_each(row: Floats, column: Floats, spread: float) -> Floats:
    """float32 (h, w): a tone for every brick, the same in all of it and on every run."""
    mixed = np.sin(row * 12.9898 + column * 78.233) * 43758.5453
    return np.asarray((mixed - np.floor(mixed) - 0.5) * 2 * spread, np.float32)


def _lit(at: _Grid, wall: Floats, floor: Floats, size: Size) -> Floats:
    """A wall that meets a floor, lit softly from the upper left."""
    turn = _blurred((at.y > HORIZON).astype(np.float32), size, 0.0012)[..., None]
    crease = 1 - 0.28 * np.exp(-np.abs(at.y - HORIZON) / 0.020)
    light = (0.80 + 0.26 * _soft(at.x + 0.20, at.y - 0.28, 0.60)) * crease
    return cast(Floats, ((wall + (floor - wall) * turn) * light[..., None]).astype(np.float32))


def _room(at: _Grid, wall: Colour, floor: Colour, size: Size) -> Floats:
    turn = _blurred((at.y > HORIZON).astype(np.float32), size, 0.0012)[..., None]
    plaster = linear(np.array(wall, np.float32)) * (1 + 0.030 * _mottled(size, 0.05) + 0.018 * _mottled(size, 0.008))[..., None]
    ground = (
        linear(np.array(floor, np.float32))
        * (1 - 0.20 * np.clip((at.y - HORIZON) * 2.4, 0, 1) + 0.02 * _mottled(size, 0.02))[..., None]
    )
    crease = 1 - 0.30 * np.exp(-np.abs(at.y - HORIZON) / 0.018)
    return cast(Floats, ((plaster + (ground - plaster) * turn) * crease[..., None]).astype(np.float32))


def _window(x: Floats, y: Floats) -> Floats:
    """Coverage by the light of a window of two by three panes."""
    u, v = (x + 0.21) / 0.42, (y - 0.10) / 0.58
    bars = (np.abs(u - 0.5) > 0.025) & (np.abs((v * 3) % 1 - 0.5) < 0.465)
    return cast(Floats, ((u > 0) & (u < 1) & (v > 0) & (v < 1) & bars).astype(np.float32))


def _arch(x: Floats, y: Floats, wide: float, top: float) -> Floats:
    """Coverage by a round-headed opening that stands on the floor."""
    round_ = np.hypot(x, y - top) < wide
    upright = (np.abs(x) < wide) & (y >= top) & (y < HORIZON)
    return cast(Floats, (round_ | upright).astype(np.float32))


def _tiles(at: _Grid) -> Floats:
    """Joints of floor tiles in perspective, as a factor."""
    depth = np.maximum(at.y - 0.838, 1e-4) * 6
    along, across = (0.9 / depth) % 1, (at.x / depth * 1.5 + 0.5) % 1
    joint = (np.minimum(along, 1 - along) < 0.02 + 0.02 / (depth * 4 + 1)) | (np.minimum(across, 1 - across) < 0.012)
    return np.where((at.y > 0.848) & joint, np.float32(0.90), np.float32(1)).astype(np.float32)


def _soft(x: NDArray[np.floating], y: NDArray[np.floating], reach: float) -> Floats:
    return cast(Floats, np.exp(-((x / reach) ** 2) - (y / reach) ** 2).astype(np.float32))


def _blurred(mask: Floats, size: Size, sigma: float) -> Floats:
    return cast(Floats, cv2.GaussianBlur(mask, (0, 0), max(0.6, sigma * size.height)))


def _mottled(size: Size, sigma: float) -> Floats:
    """Smooth noise of unit variance; the same every time."""
    rng = np.random.default_rng(int(sigma * 1e4))
    step = max(1, int(sigma * size.height / 4))
    noise = rng.standard_normal((size.height // step + 2, size.width // step + 2), dtype=np.float32)
    soft = cast(Floats, cv2.GaussianBlur(noise, (0, 0), sigma * size.height / step))
    return cast(
        Floats,
        cv2.resize(soft / np.float32(max(float(soft.std()), 1e-6)), (size.width, size.height), interpolation=cv2.INTER_CUBIC),
    )
