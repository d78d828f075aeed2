"""Hair as a solid shell around a head, and the strands in it.

The shell is given by its outer and inner radius about the axis of the head and by where it begins and ends, all of them over
the angle around the axis (0 is in front, positive to the right of the picture) and the height.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, cast

import cv2
import numpy as np

from pipelines.images import Floats
from pipelines.vision.rendering.likeness import Face, Hairdo, Style
from pipelines.vision.rendering.palette import mixed
from pipelines.vision.rendering.skull import AXIS_Z, BOTTOM, ROWS, TOP, Skull, Table, columns_of

Flow = Literal["fall", "back", "up", "curl"]

HIGHEST, LOWEST = 0.95, -2.15
COLUMNS, LINES = 360, 620
"""Cells of the maps around the axis and along it."""
LEAST = 0.010
"""Thickness of hair where it begins, so that skin never shows through it."""
BELOW_EARS = -0.05
"""Height from which hair hangs free of the head."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A style in figures; tables are (place, value) pairs, lengths in heads, angles in radians."""

    opening: Table
    """Half angle of the face's opening at heights, from the top down."""
    end: Table
    """Height at which the hair ends, at angles from the front."""
    top: float = 0.06
    """Thickness on the crown, at the side and at the back."""
    side: float = 0.045
    back: float = 0.06
    swell: Table = ((0.0, 0.0),)
    """What is added to the radius of hanging hair at heights."""
    edge: float = 0.09
    """Way over which the hair rises from its line."""
    flow: Flow = "fall"
    lift: float = 0.0
    """More thickness above the forehead."""
    wave: float = 0.0
    bumps: float = 0.0
    ragged: float = 0.03
    """How unevenly it ends."""
    locks: float = 1.0
    knot: tuple[float, float, float, float] | None = None
    """Middle and radius of a bun."""
    tail: bool = False
    ball: tuple[float, float] | None = None
    """Height of the middle and radius of hair that stands out like a ball."""
    cover: float = 1.0
    """Under 1 the skin shows through."""


_LINE: Table = (
    (0.365, 0.0),
    (0.345, 0.34),
    (0.31, 0.60),
    (0.26, 0.74),
    (0.18, 0.80),
    (0.10, 0.92),
    (0.02, 1.06),
    (-0.06, 1.16),
    (-0.2, 1.2),
)
_MALE: Table = (
    (0.355, 0.0),
    (0.345, 0.30),
    (0.325, 0.58),
    (0.29, 0.72),
    (0.22, 0.76),
    (0.14, 0.84),
    (0.06, 1.02),
    (0.0, 1.10),
    (-0.2, 1.16),
)
_CURTAIN: Table = (
    (0.42, 0.0),
    (0.37, 0.20),
    (0.31, 0.42),
    (0.24, 0.60),
    (0.14, 0.76),
    (0.04, 0.84),
    (-0.08, 0.88),
    (-0.25, 0.86),
    (-0.45, 0.78),
    (-2.0, 0.62),
)
_SHORT: Table = ((0.0, -0.10), (1.0, -0.10), (1.22, -0.07), (1.40, 0.06), (1.62, 0.09), (1.90, 0.02), (2.2, -0.22), (3.2, -0.28))
_UP: Table = ((0.0, -0.06), (1.1, -0.06), (1.35, 0.02), (1.7, 0.06), (2.1, -0.12), (2.5, -0.24), (3.2, -0.28))


def _hanging(end: float) -> Table:
    return ((0.0, end), (3.2, end))


CUTS: dict[Style, Cut] = {
    "buzz": Cut(_MALE, _SHORT, 0.014, 0.010, 0.012, edge=0.05, flow="up", ragged=0.0, locks=0.1, cover=0.84),
    "crop": Cut(_MALE, _SHORT, 0.080, 0.030, 0.045, edge=0.13, flow="up", lift=0.03, bumps=0.016, ragged=0.02),
    "side part": Cut(_MALE, _SHORT, 0.080, 0.032, 0.045, edge=0.13, flow="fall", lift=0.05, ragged=0.02),
    "quiff": Cut(_MALE, _SHORT, 0.095, 0.024, 0.040, edge=0.17, flow="back", lift=0.055, ragged=0.02),
    "slicked": Cut(_MALE, _SHORT, 0.055, 0.030, 0.050, edge=0.10, flow="back", ragged=0.01),
    "pixie": Cut(_LINE, ((0.0, -0.12), (0.95, -0.14), (1.25, -0.16), (1.5, -0.02), (1.9, -0.06), (2.3, -0.26), (3.2, -0.32)),
                 0.085, 0.055, 0.075, edge=0.08, flow="fall", lift=0.03, ragged=0.05),
    "bob": Cut(_CURTAIN, _hanging(-0.47), 0.065, 0.070, 0.080, ((-0.5, 0.035), (-0.36, 0.065), (-0.1, 0.035), (0.1, 0.0)), edge=0.05),
    "lob": Cut(_CURTAIN, _hanging(-0.80), 0.065, 0.070, 0.080,
               ((-0.85, 0.030), (-0.62, 0.070), (-0.3, 0.050), (0.0, 0.02), (0.15, 0.0)), edge=0.05, wave=0.25, ragged=0.06),
    "long": Cut(_CURTAIN, _hanging(-1.45), 0.060, 0.065, 0.080,
                ((-1.5, 0.02), (-1.0, 0.070), (-0.5, 0.060), (0.0, 0.02), (0.15, 0.0)), edge=0.05, ragged=0.10),
    "wavy": Cut(_CURTAIN, _hanging(-1.10), 0.080, 0.085, 0.095,
                ((-1.2, 0.05), (-0.85, 0.125), (-0.45, 0.10), (0.0, 0.03), (0.15, 0.0)), edge=0.05, wave=1.0, bumps=0.012, ragged=0.10),
    "curly": Cut(_CURTAIN, _hanging(-0.72), 0.120, 0.125, 0.140,
                 ((-0.8, 0.06), (-0.50, 0.125), (-0.15, 0.09), (0.15, 0.02)), edge=0.06, flow="curl", wave=1.3, bumps=0.050, ragged=0.08),
    "coily": Cut(_LINE, _hanging(-0.46), 0.150, 0.140, 0.150,
                 ((-0.5, 0.06), (-0.25, 0.13), (0.0, 0.08), (0.2, 0.02)), edge=0.09, flow="curl", wave=0.6, bumps=0.050, ragged=0.06),
    "afro": Cut(_LINE, ((0.0, -0.12), (1.0, -0.14), (1.25, -0.24), (3.2, -0.36)), 0.10, 0.10, 0.10, edge=0.20, flow="curl", bumps=0.045,
                ragged=0.02, ball=(0.16, 0.60)),
    "bun": Cut(_LINE, _UP, 0.040, 0.026, 0.045, edge=0.10, flow="back", ragged=0.0, locks=0.7, knot=(0.0, 0.545, -0.17, 0.155)),
    "low bun": Cut(_LINE, _UP, 0.045, 0.032, 0.050, edge=0.10, flow="back", ragged=0.0, locks=0.7, knot=(0.0, -0.07, -0.54, 0.150)),
    "ponytail": Cut(_LINE, _UP, 0.045, 0.030, 0.045, edge=0.10, flow="back", ragged=0.0, locks=0.8, tail=True),
}  # fmt: skip
_FRINGE: Table = ((0.125, 0.0), (0.12, 0.50), (0.115, 0.66), (0.09, 0.76), (0.0, 0.86))


@dataclass(frozen=True, slots=True)
class Shell:
    """The hair of one head."""

    maps: Floats
    """float32 (LINES, COLUMNS, 3): squared outer radius, squared inner radius, distance inside the hair's own edges."""
    cut: Cut
    hairdo: Hairdo

    def solid(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """About the distance from the surface of the hair, positive inside."""
        deep = z - np.float32(AXIS_Z)
        own = _looked_up(self.maps, np.arctan2(x, deep), y)
        square = x * x + deep * deep
        outer = (own[..., 0] - square) / (2 * np.sqrt(np.maximum(square, 0.02)))
        inner = (square - own[..., 1]) / (2 * np.sqrt(np.maximum(square, 0.02)))
        inside = np.minimum(np.minimum(outer, inner), own[..., 2])
        if self.cut.knot is not None:
            inside = np.maximum(inside, _knotted(self.cut.knot, x, y, z))
        return cast(Floats, np.maximum(inside, _tail(x, y, z)) if self.cut.tail else inside)


def _looked_up(maps: Floats, angle: Floats, y: Floats) -> Floats:
    column = (angle / np.float32(2 * np.pi) + 0.5) * np.float32(COLUMNS - 1)
    row = (HIGHEST - y) * np.float32(LINES / (HIGHEST - LOWEST)) - np.float32(0.5)
    return cast(Floats, cv2.remap(maps, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _knotted(knot: tuple[float, float, float, float], x: Floats, y: Floats, z: Floats) -> Floats:
    round_ = np.sqrt((x - knot[0]) ** 2 + ((y - knot[1]) / 0.88) ** 2 + (z - knot[2]) ** 2)
    return cast(Floats, (np.float32(knot[3]) - round_).astype(np.float32))


_TAIL = ((0.02, 0.36, -0.44, 0.065), (0.06, 0.40, -0.58, 0.115), (0.13, 0.22, -0.70, 0.135), (0.19, -0.08, -0.72, 0.140),
         (0.24, -0.42, -0.68, 0.125), (0.27, -0.72, -0.62, 0.095), (0.29, -0.98, -0.58, 0.040))  # fmt: skip


def _tail(x: Floats, y: Floats, z: Floats) -> Floats:
    """A ponytail as a chain of round cones."""
    best: Floats = np.full_like(x, -9)
    for (ax, ay, az, ar), (bx, by, bz, br) in pairwise(_TAIL):
        dx, dy, dz = bx - ax, by - ay, bz - az
        along = np.clip(((x - ax) * dx + (y - ay) * dy + (z - az) * dz) / (dx * dx + dy * dy + dz * dz), 0, 1)
        far = np.sqrt((x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2 + (z - az - along * dz) ** 2)
        best = np.maximum(best, ar + (br - ar) * along - far).astype(np.float32)
    return best


def cut_of(hairdo: Hairdo) -> Cut:
    """The cut of a hairdo that is not bald, in its texture."""
    cut = CUTS[hairdo.style]
    if hairdo.texture in ("own", "straight"):
        return cut if hairdo.texture == "own" else replace(cut, wave=0.0, bumps=min(cut.bumps, 0.01))
    if hairdo.texture == "wavy":
        return replace(cut, wave=max(cut.wave, 1.0), bumps=max(cut.bumps, 0.014))
    fuller = 1.25 if hairdo.texture == "curly" else 1.4
    return replace(
        cut, flow="curl", wave=max(cut.wave, 1.0), bumps=max(cut.bumps, 0.8 * cut.side), top=cut.top * fuller,
        side=cut.side * fuller, back=cut.back * fuller,
    )  # fmt: skip


def shell_of(face: Face, skull: Skull) -> Shell | None:
    """The hair of an identity; None for a bald head."""
    if face.hairdo.style == "bald":
        return None
    cut = cut_of(face.hairdo)
    angle = np.linspace(-np.pi, np.pi, COLUMNS, dtype=np.float32)[None, :]
    y = (HIGHEST - (np.arange(LINES) + 0.5) * (HIGHEST - LOWEST) / LINES).astype(np.float32)[:, None]
    noise = _rough(np.random.default_rng(31))
    inside = _inside(cut, face.hairdo, angle, y, noise)
    rise = np.clip(inside / cut.edge, 0, 1)
    rise = rise * rise * (3 - 2 * rise)
    front = np.exp(-0.5 * (angle / 0.9) ** 2) * np.exp(-0.5 * ((y - 0.46) / 0.13) ** 2)
    backward = 0.5 - 0.5 * np.cos(angle)
    crown = np.clip((y - 0.05) / 0.40, 0, 1)
    thick = (cut.side + (cut.back - cut.side) * backward) * (1 - crown) + cut.top * crown + cut.lift * front
    least = LEAST + 0.026 * face.hairdo.fringe * (np.cos(angle) > 0.4)
    thick = least * (inside > 0) * (cut.cover == 1) + thick * rise + cut.bumps * noise * rise
    high = 0.5 / (0.5 + cut.top + 0.4 * cut.lift)
    leaning = 0.75 * np.exp(-0.5 * (angle / 0.9) ** 2) * (1 - np.clip((y - 0.32) / 0.24, 0, 1) ** 2)
    slope = (high + (1 - high) * leaning).astype(np.float32)
    low = BELOW_EARS if min(each for _, each in cut.end) < -0.4 else -0.31
    bare, raised = _radius(skull, angle, _held(y, 1.0, low)), _radius(skull, angle, _held(y, slope, low))
    base = np.where(y > 0.46, raised, bare + (raised - bare) * rise)
    swelling = np.interp(y[:, 0], *columns_of(cut.swell)).astype(np.float32)[:, None]
    swell = cv2.GaussianBlur(swelling, (1, 0x7F), 18, borderType=cv2.BORDER_REPLICATE)
    waves = cut.wave * 0.020 * np.sin(9.0 * y + 2.5 * np.sin(3 * angle)) * np.clip((0.1 - y) * 3, 0, 1)
    outer = base * (1 + thick / 0.34) + (swell + waves) * rise
    if cut.ball is not None:
        ball = np.sqrt(np.maximum(cut.ball[1] ** 2 - (y - cut.ball[0]) ** 2, 0)) * (1 + cut.bumps * noise)
        outer = np.where(y > 0.5, ball, np.maximum(outer, base + (ball - base) * rise))
    free = np.clip((BELOW_EARS - y) / 0.25, 0, 1)
    inner = base * 0.3 + np.maximum(base * 0.7 - 0.055, 0) * free
    maps = np.dstack([np.sign(outer) * outer**2, inner**2, inside]).astype(np.float32)
    return Shell(np.ascontiguousarray(maps), cut, face.hairdo)


def _held(y: Floats, high: Floats | float, low: float) -> Floats:
    """Heights on the head under those of the hair: squeezed into it above, and never further down than `low`."""
    over = y * high
    return cast(Floats, (low + 0.04 * np.log1p(np.exp(np.clip((over - low) / 0.04, -30, 30)))).astype(np.float32))


def _radius(skull: Skull, angle: Floats, y: Floats) -> Floats:
    """Distance of the head's surface from its axis; negative above the crown."""
    row = (TOP - y) * (ROWS / (TOP - BOTTOM)) - 0.5
    stations = np.arange(ROWS)
    wide, front, back = (np.interp(row, stations, skull.tables[:, 0, k]) for k in (0, 2, 3))
    ratio = np.where(np.cos(angle) > 0, front, back)
    square = wide / (np.sin(angle) ** 2 + ratio * np.cos(angle) ** 2)
    return cast(Floats, (np.sign(square) * np.sqrt(np.abs(square))).astype(np.float32))


def _inside(cut: Cut, hairdo: Hairdo, angle: Floats, y: Floats, noise: Floats) -> Floats:
    """Signed distance from where the hair begins and ends."""
    places, halves = columns_of(cut.opening)
    shift = 0.30 * hairdo.parting * np.clip((y - 0.05) / 0.32, 0, 1) if cut.flow == "fall" else 0.0
    half = np.interp(-y[:, 0], -places, halves)[:, None]
    beside = np.where(y > places[0], 9.0, (np.abs(angle - shift) - half) * 0.36)
    widest = int(np.argmax(halves)) + 1
    above = y - np.interp(np.abs(angle - shift), halves[:widest], places[:widest], right=-9.0)
    begins = np.where(np.minimum(beside, above) > 0, beside * above / np.hypot(beside, above), np.minimum(beside, above))
    if hairdo.fringe:
        heights, wide = columns_of(_FRINGE)
        lower = np.interp(-y[:, 0], -heights, wide)[:, None]
        uneven = 0.010 * np.sin(angle * 41) + 0.008 * np.sin(angle * 67 + 1) + 0.030 * np.abs(angle)
        begins = np.maximum(begins, np.minimum(np.maximum((np.abs(angle) - lower) * 0.36, y - heights[0] + uneven), 0.2))
        begins = np.where(y < 0.06, np.maximum((np.abs(angle) - half) * 0.36, y - places[0]), begins)
    at, ends = columns_of(cut.end)
    strands = np.sin(angle * 37) * 0.5 + np.sin(angle * 83 + 1.3) * 0.3 + np.sin(angle * 19 + 0.4) * 0.5
    end = np.interp(np.abs(angle[0]), at, ends)[None, :] + cut.ragged * strands + 0.6 * cut.bumps * noise
    return cast(Floats, np.minimum(begins, y - end).astype(np.float32))


def _rough(rng: np.random.Generator) -> Floats:
    """Round lumps all over the maps, -1 to 1, without a seam behind."""
    noise = rng.standard_normal((LINES, COLUMNS), dtype=np.float32)
    wide = np.concatenate([noise, noise, noise], axis=1)
    soft = cv2.GaussianBlur(wide, (0, 0), sigmaX=4.2, sigmaY=7.0)[:, COLUMNS : 2 * COLUMNS]
    return cast(Floats, np.clip(soft / np.float32(1.6 * soft.std()), -1, 1))


@dataclass(frozen=True, slots=True)
class Strands:
    """The surface of hair where it is seen; (n,) pixels."""

    colour: Floats
    """float32 (n, 3), sRGB."""
    relief: Floats
    """Height in heads."""


def stranded(shell: Shell, x: Floats, y: Floats, z: Floats, detail: float) -> Strands:
    """Locks and strands along the fall of the hair, at (n,) points of the head."""
    across, along = _flow(shell.cut, shell.hairdo, x, y, z)
    curl = shell.cut.flow == "curl"
    locks = _streaks(across * (24 if curl else 15), along * 20 if curl else along * 1.2, 3)
    fine = _streaks(across * (60 if curl else 110), along * (30 if curl else 2.0), 4)
    gone = _streaks(across * 190, along * (30 if curl else 2.5), 5)
    parted = np.abs(x - 0.16 * shell.hairdo.parting) if shell.cut.flow == "fall" else np.ones_like(x)
    locks, fine = (each * np.clip(0.15 + parted / 0.16, 0, 1) for each in (locks, fine))
    tone = 1 + (0.10 * locks * shell.cut.locks + 0.085 * fine * detail)
    base = np.asarray(shell.hairdo.colour, np.float32)
    silver = np.asarray(mixed(shell.hairdo.colour, (0.76, 0.755, 0.75), 0.92), np.float32)
    share = np.clip(0.16 * gone + (shell.hairdo.grey - 0.5) * 1.5 + 0.5, 0, 1) * min(1.0, 4 * shell.hairdo.grey)
    colour = base + (silver - base) * share[:, None]
    band = np.exp(-0.5 * ((y - 0.34 + 0.05 * locks) / 0.075) ** 2) + 0.55 * np.exp(-0.5 * ((y + 0.34 + 0.06 * locks) / 0.10) ** 2)
    gleam = np.clip(0.6 * fine + 0.5 * locks, 0, 1.4) * 0.55 if curl else band * np.clip(0.55 + 0.45 * fine, 0, 1.2)
    light = np.asarray(mixed(shell.hairdo.colour, (1.0, 0.92, 0.82), 0.42), np.float32)
    colour = colour * tone[:, None]
    colour = colour + (light - colour) * (0.34 * gleam)[:, None]
    relief = (0.006 * locks * shell.cut.locks + 0.0025 * fine * detail) * (1.0 if not curl else 1.6)
    colour = colour * (1 - 0.13 * np.exp(-0.5 * (parted / 0.007) ** 2) * (y > 0.3))[:, None]
    return Strands(np.clip(colour, 0, 1).astype(np.float32), relief.astype(np.float32))


def _flow(cut: Cut, hairdo: Hairdo, x: Floats, y: Floats, z: Floats) -> tuple[Floats, Floats]:
    """Place across the strands and along them."""
    deep = z - np.float32(AXIS_Z)
    angle = np.arctan2(x, deep)
    if cut.flow in ("back", "up"):
        around = np.arctan2(x, y + 0.35) * 1.2
        if cut.flow == "up":
            around = around + 0.25 * np.sin(7 * deep)
        return around.astype(np.float32), deep
    part = 0.16 * hairdo.parting
    over = np.arctan2(deep, np.maximum(y, -0.2) + 0.05) + np.sign(x - part) * 3.0
    down = np.pi / 2 - np.abs(angle) + np.sign(x - part) * 3.0
    share = np.clip((0.42 - y) / 0.42, 0, 1)
    share = share * share * (3 - 2 * share)
    across = over + (down - over) * share
    across = across + cut.wave * 0.10 * np.sin(9.0 * y + 4 * np.abs(angle)) * np.clip((0.2 - y) * 2, 0, 1)
    if cut.flow == "curl":
        across = across + 0.10 * np.sin(24 * y + 5 * angle)
    return across.astype(np.float32), y


def _streaks(across: Floats, along: Floats, seed: int) -> Floats:
    """Noise of unit variance that changes across much faster than along; (n,)."""
    noise = np.random.default_rng(seed).standard_normal((64, 512), dtype=np.float32)
    tile = cv2.GaussianBlur(np.tile(noise, (3, 3)), (0, 0), 0.9)[64:128, 512:1024]
    tile = tile / np.float32(tile.std())
    rows = -(-len(across) // 1024)
    u, v = (np.pad(each.astype(np.float32), (0, rows * 1024 - len(each))).reshape(rows, 1024) for each in (across, along))
    return cast(Floats, cv2.remap(tile, u % 512, v % 64, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP).ravel()[: len(across)])
