"""The form of a head, and how a ray of sight meets it.

Lengths are in heads, chin to crown; the origin is half way between them on the axis of the neck, x to the right of the
picture for a head seen from the front, y up, z to the viewer. Every horizontal section is an ellipse whose half widths follow
the tables of Loomis's construction (1956, "Drawing the head and hands"); the features are soft elevations of its front.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats
from pipelines.vision.rendering.likeness import Angle, Expression, Face

Solid = Callable[[Floats, Floats, Floats], Floats]
"""About the distance to the surface of each point, positive inside."""
Vector = NDArray[np.float32]
Table = tuple[tuple[float, float], ...]

TOP, BOTTOM = 0.62, -0.62
ROWS = 500
WIDE, HIGH = 0.5, 0.62
GRID = 320
"""Cells of the elevation map to a head."""
AXIS_Z = -0.03

_WIDTH_Y = (-0.50, -0.49, -0.46, -0.41, -0.35, -0.28, -0.20, -0.12, -0.05, 0.05, 0.15, 0.28, 0.38, 0.45, 0.50)
_WOMAN = (0, 0.062, 0.116, 0.176, 0.229, 0.270, 0.298, 0.316, 0.325, 0.334, 0.336, 0.308, 0.250, 0.168, 0)
_MAN = (0, 0.085, 0.146, 0.211, 0.259, 0.291, 0.311, 0.323, 0.329, 0.336, 0.338, 0.311, 0.254, 0.172, 0)
_FRONT = (
    (-0.50, 0.00), (-0.49, 0.09), (-0.46, 0.150), (-0.42, 0.176), (-0.36, 0.205), (-0.30, 0.262), (-0.20, 0.345), (-0.10, 0.380),
    (0.0, 0.395), (0.10, 0.420), (0.20, 0.418), (0.30, 0.383), (0.40, 0.300), (0.45, 0.221), (0.50, 0.0),
)  # fmt: skip
_BACK = (
    (-0.50, 0.00), (-0.46, 0.10), (-0.40, 0.15), (-0.30, 0.215), (-0.20, 0.315), (-0.10, 0.390), (0.05, 0.435), (0.20, 0.435),
    (0.35, 0.355), (0.45, 0.215), (0.50, 0.0),
)  # fmt: skip
_MIDDLE = (
    (-0.50, 0.205),
    (-0.42, 0.185),
    (-0.36, 0.150),
    (-0.30, 0.105),
    (-0.20, 0.025),
    (-0.10, -0.015),
    (0.10, -0.03),
    (0.50, -0.03),
)


@dataclass(frozen=True, slots=True)
class Skull:
    """A head as tables over its height and an elevation map of its front."""

    tables: Floats
    """float32 (ROWS, 2, 4): squared half width, middle in z, squared ratio of width to depth before and behind it."""
    elevation: Floats
    """float32 (GRID x 2 HIGH, GRID x 2 WIDE)."""

    def solid(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """About the distance from the surface, positive inside."""
        row = (TOP - y) * np.float32(ROWS / (TOP - BOTTOM)) - np.float32(0.5)
        own = cv2.remap(self.tables, np.zeros_like(row), row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        own = own.reshape(*row.shape, 4)
        front = z - own[..., 1]
        lifted = front - self.lifted(x, y) * np.clip(front * 8, 0, 1)
        ratio = np.where(lifted > 0, own[..., 2], own[..., 3])
        inside = own[..., 0] - x * x - ratio * lifted * lifted
        scale = 2 * np.sqrt(np.maximum(x * x + ratio * ratio * lifted * lifted, 4e-3))
        inside /= scale
        beside = np.abs(x) > np.float32(0.28)
        inside[beside] = np.maximum(inside[beside], _ears(x[beside], y[beside], z[beside]))
        return cast(Floats, inside)

    def lifted(self, x: Floats, y: Floats) -> Floats:
        """Elevation of the front at (x, y)."""
        column, row = (x + WIDE) * np.float32(GRID) - np.float32(0.5), (HIGH - y) * np.float32(GRID) - np.float32(0.5)
        return cast(Floats, cv2.remap(self.elevation, column, row, cv2.INTER_LINEAR))

    def front(self, x: float, y: float) -> float:
        """z of the front surface at (x, y)."""
        depths = np.linspace(0.8, -0.2, 400, dtype=np.float32)[:, None]
        inside = self.solid(np.full_like(depths, x), np.full_like(depths, y), depths)[:, 0] > 0
        return float(depths[int(np.argmax(inside)), 0]) if inside.any() else 0.0


def _ears(x: Floats, y: Floats, z: Floats) -> Floats:
    """About the distance inside two flat shells beside the head, (n,)."""
    away = np.abs(x) - np.float32(0.322) + np.float32(0.30) * (z + np.float32(0.05))
    up, back = y + np.float32(0.050), z + np.float32(0.055) + np.float32(0.20) * (y + np.float32(0.05))
    taper = np.clip(1 + 1.6 * up, 0.72, 1.18)
    round_ = (away / 0.030) ** 2 + (up / 0.118) ** 2 + (back / (0.066 * taper)) ** 2
    return cast(Floats, ((1 - np.sqrt(round_)) * np.float32(0.028)).astype(np.float32))


def skull_of(face: Face, expression: Expression) -> Skull:
    """The head of an identity with an expression."""
    y = (TOP - (np.arange(ROWS) + 0.5) * (TOP - BOTTOM) / ROWS).astype(np.float64)
    wide = _squared(_WIDTH_Y, _widths(face), y)
    front, back = (_squared(places, values, y) for places, values in map(columns_of, (_FRONT, _BACK)))
    middle = np.interp(y, *columns_of(_MIDDLE))
    middle = np.convolve(np.pad(middle, 20, mode="edge"), np.ones(41) / 41, mode="valid")

    def ratio(depth: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.maximum(wide, 6e-4) / np.maximum(depth, 6e-4)

    rows = np.stack([wide, middle, ratio(front), ratio(back)], axis=1).astype(np.float32)
    return Skull(np.ascontiguousarray(np.repeat(rows[:, None], 2, axis=1)), _elevation(face, expression))


def columns_of(table: Table) -> NDArray[np.float64]:
    """(2, n): places and values."""
    return np.array(table, np.float64).T


def _squared(
    stations: Sequence[float] | NDArray[np.float64], values: Sequence[float] | NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The square of a half width, smooth through the ends, negative beyond them."""
    from scipy.interpolate import PchipInterpolator
    from scipy.ndimage import gaussian_filter1d

    squares = np.asarray(values) ** 2
    inside = PchipInterpolator(np.asarray(stations), squares)(np.clip(y, stations[0], stations[-1]))
    beyond = np.maximum(y - stations[-1], 0) + np.maximum(stations[0] - y, 0)
    return cast(NDArray[np.float64], gaussian_filter1d(inside - 0.55 * beyond, 4, mode="nearest"))


_SHAPES: dict[str, tuple[float, float, float, float]] = {
    "oval": (1.0, 1.0, 1.0, 1.0), "round": (1.035, 1.05, 1.07, 1.10), "square": (1.005, 1.05, 1.09, 1.16),
    "heart": (1.03, 0.97, 0.91, 0.84), "long": (0.955, 0.97, 0.98, 0.98),
}  # fmt: skip
"""Factors on the width at the forehead, the cheekbones, the jaw and the chin."""


def _widths(face: Face) -> tuple[float, ...]:
    share = {"woman": 0.0, "man": 1.0, "neutral": 0.5}[face.sex]
    top, cheek, jaw, chin = _SHAPES[face.shape]
    young = float(np.clip((17 - face.age) / 9, 0, 1))
    by = np.interp(
        _WIDTH_Y, (-0.5, -0.42, -0.30, -0.12, 0.2),
        (chin * face.jaw, chin * face.jaw, jaw * face.jaw, cheek * (1 + 0.012 * (face.cheekbones - 1)), top),
    )  # fmt: skip
    full = 0.05 if face.beard == "full" else 0.015 if face.beard == "short" else 0.0
    plump = (
        1
        + full * np.interp(_WIDTH_Y, (-0.5, -0.2, -0.05), (1.6, 1.0, 0.0))
        + young * np.interp(_WIDTH_Y, (-0.5, -0.25, 0.0), (0.0, 0.05, 0.03))
    )
    return tuple(
        float((a + (b - a) * share) * factor * face.width * fat)
        for a, b, factor, fat in zip(_WOMAN, _MAN, by, plump, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Bump:
    x: float
    y: float
    wide: float
    high: float
    amount: float


def _elevation(face: Face, expression: Expression) -> Floats:
    x = (((np.arange(int(GRID * 2 * WIDE)) + 0.5) / GRID - WIDE)[None, :]).astype(np.float32)
    y = ((HIGH - (np.arange(int(GRID * 2 * HIGH)) + 0.5) / GRID)[:, None]).astype(np.float32)
    made = _nose(face, x, y)
    for bump in _bumps(face, expression):
        shape = np.exp(-0.5 * (((np.abs(x) - bump.x) / bump.wide) ** 2 + ((y - bump.y) / bump.high) ** 2))
        made += (bump.amount * shape).astype(np.float32)
    return made


def _nose(face: Face, x: Floats, y: Floats) -> Floats:
    """A ridge from between the eyes to the tip, round below, with two wings."""
    man = {"woman": 0.0, "man": 1.0, "neutral": 0.5}[face.sex]
    base = nose_base(face)
    tip = base + 0.038
    high = (0.104 + 0.016 * man) * (0.5 + 0.5 * face.nose_length)
    bridge = 0.016 + (0.012 + 0.012 * man) * face.nose_bridge
    heights = (base - 0.035, base - 0.012, base + 0.010, tip, tip + 0.045, 0.02, 0.075, 0.13)
    profile = np.interp(y[:, 0], heights, (0.0, 0.012, high * 0.70, high, high * 0.86, bridge, 0.006, 0.0))
    along = cv2.GaussianBlur(profile.astype(np.float32)[:, None], (1, 0x1B), 4.2)
    spread = np.interp(y[:, 0], (base, tip, tip + 0.05, 0.03, 0.1), (0.050, 0.047, 0.033, 0.023, 0.040))[:, None]
    ridge = along * np.exp(-0.5 * (np.abs(x) / (spread * (0.5 + 0.5 * face.nose_width))) ** 2)
    side = 0.058 * face.nose_width
    wings = 0.022 * np.exp(-0.5 * (((np.abs(x) - side) / 0.021) ** 2 + ((y - base - 0.022) / 0.021) ** 2))
    return cast(Floats, (ridge + wings).astype(np.float32))


def nose_base(face: Face) -> float:
    """Height of the nose's base."""
    return -0.215 - 0.05 * (face.nose_length - 1)


MOUTH_Y = -0.318
EYE_X, EYE_Y = 0.150, -0.004


def eye_x(face: Face) -> float:
    """How far the middle of an eye is from the middle of the face."""
    return EYE_X * face.eye_spacing * face.width


def _bumps(face: Face, expression: Expression) -> tuple[_Bump, ...]:
    man = {"woman": 0.0, "man": 1.0, "neutral": 0.5}[face.sex]
    eye, smile, full = eye_x(face), max(0.0, expression.smile), face.lips
    return (
        _Bump(eye - 0.010, 0.020, 0.062, 0.034, -0.030 - 0.008 * man),
        _Bump(eye, EYE_Y - 0.002, 0.042, 0.026, 0.020),
        _Bump(eye, 0.085, 0.080, 0.022, 0.006 + 0.012 * man),
        _Bump(0.205, -0.125 + 0.012 * smile, 0.060, 0.042, 0.012 * face.cheekbones + 0.014 * smile),
        _Bump(0.170, -0.250, 0.050, 0.060, -0.010 * face.cheekbones),
        _Bump(0.030, MOUTH_Y + 0.026, 0.044, 0.013, 0.020 * full),
        _Bump(0.0, MOUTH_Y - 0.026, 0.060, 0.016, 0.026 * full),
        _Bump(0.0, MOUTH_Y, 0.085, 0.0055, -0.010),
        _Bump(0.0, MOUTH_Y, 0.115, 0.055, 0.018),
        _Bump(0.0, -0.378, 0.070, 0.015, -0.012),
        _Bump(0.0, -0.440, 0.060, 0.036, 0.018 + 0.012 * man),
        _Bump(0.0, -0.262, 0.010, 0.018, -0.006),
        _Bump(0.0, -0.450, 0.110, 0.050, {"full": 0.050, "short": 0.016}.get(face.beard, 0.0)),
    )


def turned(angle: Angle) -> NDArray[np.float32]:
    """(3, 3): from the head's own directions to those of the picture."""
    yaw, pitch, roll = np.deg2rad([angle.yaw, angle.pitch, -angle.roll])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return cast(NDArray[np.float32], (about_z @ about_x @ about_y).astype(np.float32))


@dataclass(frozen=True, slots=True)
class Seen:
    """What each ray of sight meets first; (h, w)."""

    hit: NDArray[np.bool_]
    depth: Floats
    """Towards the viewer, in heads; -9 where nothing is met."""
    x: Floats
    """Where that is on the head itself, as `y` and `z`."""
    y: Floats
    z: Floats


NEAR, FAR, STEPS = 0.78, -0.90, 48
_COARSE = 6
"""Rows and columns from one ray that is followed to the next."""
_BEND = np.float32(0.016)
"""How far a surface may be from where its neighbours say; more is followed anew."""
_FOLD = 1024
BISECTIONS = 4
"""Halvings of a step before the surface is taken for plane."""


def looked_at(solid: Solid, rotation: Vector, columns: Floats, rows: Floats) -> Seen:
    """Meet a solid with the parallel rays through columns (w,) and rows (h,), in heads from the origin, y up.

    Every sixth ray is followed in small steps; those between start from what their neighbours met.
    """
    few = np.meshgrid(columns[::_COARSE], rows[::_COARSE])
    thin = _followed(solid, rotation, few[0].ravel(), few[1].ravel()).reshape(few[0].shape)
    shape = (len(rows), len(columns))
    guess = _between(thin, shape)
    x, y = (np.ascontiguousarray(each, np.float32) for each in np.meshgrid(columns, rows))
    depth = np.full(shape, -9, np.float32)
    near = guess > -5
    depth[near] = _refined(solid, rotation, x[near], y[near], guess[near])
    around = cv2.dilate((thin > -5).astype(np.uint8), np.ones((3, 3), np.uint8))
    reach = np.kron(around, np.ones((_COARSE, _COARSE), np.uint8))[: shape[0], : shape[1]] > 0
    unsure = np.isnan(depth) | (reach & ~near)
    depth[unsure] = _followed(solid, rotation, x[unsure], y[unsure])
    own = [each.reshape(shape) for each in _own(rotation, x, y, depth)]
    return Seen(depth > -5, depth, own[0], own[1], own[2])


def _between(thin: Floats, shape: tuple[int, int]) -> Floats:
    """Depths of all rays from those of a few; -9 where their neighbours are far apart."""
    low, high = (change(thin, np.ones((3, 3), np.uint8)) for change in (cv2.erode, cv2.dilate))
    row = np.broadcast_to((np.arange(shape[0], dtype=np.float32) / _COARSE)[:, None], shape)
    column = np.broadcast_to((np.arange(shape[1], dtype=np.float32) / _COARSE)[None, :], shape)
    row, column = np.ascontiguousarray(row), np.ascontiguousarray(column)
    smooth = cv2.remap(thin, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    apart = cv2.remap(high - low, column, row, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
    return np.where((apart < 0.12) & (smooth > -5), smooth, np.float32(-9)).astype(np.float32)


def _refined(solid: Solid, rotation: Vector, x: Floats, y: Floats, guess: Floats) -> Floats:
    """Depths of (n,) rays by the rule of false position around a guess; NaN where the surface isn't there."""
    low, high = guess - _BEND, guess + _BEND
    under, over = _at_all(solid, rotation, x, y, low), _at_all(solid, rotation, x, y, high)
    fits = (under > 0) & (over < 0)
    depth = low
    for _ in range(2):
        depth = low + (high - low) * np.clip(under / np.maximum(under - over, np.float32(1e-9)), 0, 1)
        value = _at_all(solid, rotation, x, y, depth)
        inside = value > 0
        low, under = np.where(inside, depth, low), np.where(inside, value, under)
        high, over = np.where(inside, high, depth), np.where(inside, over, value)
    depth = low + (high - low) * np.clip(under / np.maximum(under - over, np.float32(1e-9)), 0, 1)
    return np.where(fits, depth, np.float32(np.nan)).astype(np.float32)


def _own(rotation: Vector, x: Floats, y: Floats, depth: Floats) -> list[Floats]:
    """The head's own coordinates of points of the picture."""
    back = rotation.T
    return [np.ascontiguousarray(row[0] * x + row[1] * y + row[2] * depth, np.float32) for row in back]


def _followed(solid: Solid, rotation: Vector, x: Floats, y: Floats) -> Floats:
    """Depth of the first surface on each of (n,) rays, -9 where there is none."""
    found = np.full(x.shape, -9, np.float32)
    step = np.float32((NEAR - FAR) / STEPS)
    rest = np.arange(x.size)
    for index in range(STEPS + 1):
        depth = np.float32(NEAR) - step * index
        inside = _at_all(solid, rotation, x[rest], y[rest], np.full(rest.shape, depth, np.float32)) > 0
        found[rest[inside]] = depth
        rest = rest[~inside]
        if not rest.size:
            break
    hit = found > -5
    found[hit] = _narrowed(solid, rotation, x[hit], y[hit], found[hit], found[hit] + step)
    return found


def _narrowed(solid: Solid, rotation: Vector, x: Floats, y: Floats, low: Floats, high: Floats) -> Floats:
    """Bisect on (n,) rays between a depth inside and one outside."""
    for _ in range(BISECTIONS):
        middle = cast(Floats, (low + high) / 2)
        inside = _at_all(solid, rotation, x, y, middle) > 0
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    under, over = (_at_all(solid, rotation, x, y, depth) for depth in (low, high))
    share = np.clip(under / np.maximum(under - over, 1e-9), 0, 1)
    return cast(Floats, (low + (high - low) * share).astype(np.float32))


def _at_all(solid: Solid, rotation: Vector, x: Floats, y: Floats, depth: Floats) -> Floats:
    """The same for (n,) points, folded into a picture because OpenCV's maps end at 32767 rows."""
    rows = -(-x.size // _FOLD)
    folded = [np.pad(each, (0, rows * _FOLD - x.size)).reshape(rows, _FOLD) for each in _own(rotation, x, y, depth)]
    return solid(*folded).ravel()[: x.size] if x.size else np.zeros(0, np.float32)
