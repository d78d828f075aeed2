"""Rounded shapes as height fields: strips along curves, joined with fillets, seen straight from the front.

A strip is a generalised cylinder whose axis lies roughly in the picture plane: a curve, half widths to both sides of it and a
depth towards the viewer, all of them functions of the way along it. Lengths are in body heights, x to the right of the picture,
y up from the floor, z towards the viewer; a `View` says where that lands in pixels. Outlines come out as signed distances, so
that coverage is exact at their edges.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats
from pipelines.sizes import Size
from pipelines.vision.people.body import Point

Profile = NDArray[np.float64]

SAMPLES = 81
"""Axis points of a strip: enough for a limb of a thousand pixels to show no corner."""
STRIDE = 2
"""Axis points to one straight piece of the polyline from which distances are measured; divides SAMPLES - 1."""
STEEPNESS = 2.5
"""Slope of the surface beyond its outline: where it ends, it falls away and neighbours hide it."""

HEM_SAG = 0.0055
"""How much lower a hem is seen in its middle than at its sides, from a camera above it, in body heights."""


@dataclass(frozen=True, slots=True)
class View:
    """Orthographic camera: pixels for one body height, and where the point between the feet on the floor is seen."""

    scale: float
    centre_x: float
    floor_y: float

    def point(self, x: float, y: float) -> Point:
        """Where (x, y) of the body is in the picture."""
        return Point(self.centre_x + x * self.scale, self.floor_y - y * self.scale)

    def zoomed(self, factor: float) -> "View":
        """The same view of a picture that is `factor` times as large."""
        return View(self.scale * factor, self.centre_x * factor, self.floor_y * factor)


@dataclass(frozen=True, slots=True)
class Strip:
    """One rounded part; every profile has as many entries as the axis."""

    label: int
    axis: Profile
    """float64 (n, 3)."""
    left: Profile
    """Half width on the side that is at smaller x where the axis runs down the picture."""
    right: Profile
    depth: Profile
    """Half depth; the surface reaches `depth` in front of the axis."""
    blend: Profile
    """Radius of the fillet with which it joins what lies under it; 0 is a crisp edge."""
    squareness: float = 2.0
    """Exponent of the superelliptic cross-section: 2 is round, 3 is boxy."""
    open_start: bool = False
    """Cut straight across where the axis begins, as cloth is at a waistband; else closed by a round cap."""
    open_end: bool = False
    """The same where the axis ends, as at a hem."""


@dataclass(frozen=True, slots=True)
class Relief:
    """A height field of (h, w) pixels."""

    height: Floats
    """Towards the viewer, in pixels; far below zero where nothing is."""
    outline: Floats
    """Signed distance to the silhouette in pixels, positive inside."""
    label: Bytes
    """Of the strip that is in front."""
    along: Floats
    """How far along the strip in front, 0 to 1."""
    across: Floats
    """Position across the strip in front, -1 at its left outline to 1 at its right one."""

    @property
    def coverage(self) -> Floats:
        """float32 (h, w) in [0, 1]: how much of each pixel is inside the silhouette."""
        return cast(Floats, np.clip(self.outline + 0.5, 0, 1).astype(np.float32))


@dataclass(frozen=True, slots=True)
class Bump:
    """A soft elevation, or with a negative amplitude a hollow, on parts of a relief."""

    x: float
    y: float
    wide: float
    """Standard deviation across its long axis."""
    high: float
    amplitude: float
    labels: tuple[int, ...]
    degrees: float = 0.0
    """Turn of its upright axis, clockwise."""
    drop: float = 1.0
    """Standard deviation below the centre as a share of the one above: under 1 it hangs."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place whose surface is to be smoothed."""

    x: float
    y: float
    radius: float
    blur: float


@dataclass(frozen=True, slots=True)
class _Window:
    """Rows and columns of a picture."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def index(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def empty(self) -> bool:
        return self.bottom <= self.top or self.right <= self.left


@dataclass(frozen=True, slots=True)
class _Trace:
    """One strip within its window."""

    height: Floats
    outline: Floats
    along: Floats
    across: Floats
    blend: Floats


def curve(stations: Sequence[float], values: Sequence[float], at: Profile) -> Profile:
    """A monotone cubic through (station, value) pairs (Fritsch and Carlson 1980), sampled and faired.

    Fairing takes out the jumps of curvature at the stations, which would show as bands in the shading.
    """
    from scipy.interpolate import PchipInterpolator
    from scipy.ndimage import gaussian_filter1d

    sampled = PchipInterpolator(np.asarray(stations), np.asarray(values), extrapolate=True)(at)
    return cast(Profile, gaussian_filter1d(sampled, len(at) / 40, mode="nearest") if len(at) > 40 else sampled)


def rounded(at: Profile, start: float = 0.0, end: float = 0.0) -> Profile:
    """A factor on a half width that closes the first `start` and the last `end` of a strip like an ellipse."""

    def closing(distance: Profile, reach: float) -> Profile:
        if reach == 0:
            return np.ones_like(distance)
        return np.sqrt(np.clip(1 - np.clip(1 - distance / reach, 0, 1) ** 2, 0, 1))

    return closing(at, start) * closing(1 - at, end)


def smooth_path(points: Sequence[Sequence[float]] | Profile, samples: int = SAMPLES) -> Profile:
    """A centripetal spline through the points, (samples, k), evenly spaced in arc length."""
    from scipy.interpolate import CubicSpline, PchipInterpolator

    knots = np.asarray(points, dtype=np.float64)
    steps = np.sqrt(np.linalg.norm(np.diff(knots, axis=0), axis=1))
    time = np.concatenate([[0.0], np.cumsum(np.maximum(steps, 1e-9))])
    spline = CubicSpline(time, knots) if len(knots) > 2 else PchipInterpolator(time, knots)
    dense = spline(np.linspace(0, time[-1], samples * 8))
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    wanted = np.linspace(0, length[-1], samples)
    return np.stack([np.interp(wanted, length, column) for column in dense.T], axis=1)


def carve(strips: Sequence[Strip], view: View, size: Size) -> Relief:
    """Join the strips, later ones over earlier ones, into one height field of `size`."""
    shape = (size.height, size.width)
    height = np.full(shape, -1e4, np.float32)
    outline = np.full(shape, -1e4, np.float32)
    label = np.zeros(shape, np.uint8)
    along = np.zeros(shape, np.float32)
    across = np.zeros(shape, np.float32)
    for strip in strips:
        window = _window(strip, view, size)
        if window.empty:
            continue
        trace = _trace(strip, view, window)
        at = window.index
        front = (trace.height > height[at]) & (trace.outline > -1)
        label[at] = np.where(front, np.uint8(strip.label), label[at])
        along[at] = np.where(front, trace.along, along[at])
        across[at] = np.where(front, trace.across, across[at])
        height[at] = _smooth_max(height[at], trace.height, trace.blend)
        outline[at] = _smooth_max(outline[at], trace.outline, trace.blend * 0.7)
    return Relief(height, outline, label, along, across)


def modelled(relief: Relief, bumps: Sequence[Bump], view: View) -> Relief:
    """The relief with soft elevations added to its surface; its outline stays."""
    height = relief.height.copy()
    for bump in bumps:
        centre, reach = view.point(bump.x, bump.y), 3.2 * max(bump.wide, bump.high) * view.scale
        top, left = max(0, int(centre.y - reach)), max(0, int(centre.x - reach))
        at = slice(top, max(top, int(centre.y + reach))), slice(left, max(left, int(centre.x + reach)))
        if height[at].size:
            height[at] += _elevation(bump, relief.label[at], centre, Point(left, top), view.scale)
    return replace(relief, height=height)


def melted(relief: Relief, spots: Sequence[Spot], view: View) -> Relief:
    """The relief with its joins smoothed at some places, as a sculptor's thumb does; its outline stays."""
    height = relief.height.copy()
    for spot in spots:
        centre, reach = view.point(spot.x, spot.y), 2.6 * spot.radius * view.scale
        top, left = max(0, int(centre.y - reach)), max(0, int(centre.x - reach))
        at = slice(top, max(top, int(centre.y + reach))), slice(left, max(left, int(centre.x + reach)))
        if not height[at].size:
            continue
        y, x = np.ogrid[at[0].start : at[0].start + height[at].shape[0], at[1].start : at[1].start + height[at].shape[1]]
        share = np.exp(-0.5 * ((x + 0.5 - centre.x) ** 2 + (y + 0.5 - centre.y) ** 2) / (spot.radius * view.scale) ** 2)
        inside = (relief.outline[at] > 0).astype(np.float32)
        sigma = spot.blur * view.scale
        weight = cv2.GaussianBlur(inside, (0, 0), sigma)
        smooth = cv2.GaussianBlur(height[at] * inside, (0, 0), sigma) / np.maximum(weight, 1e-3)
        share = share * inside * np.clip(weight * 2 - 1, 0, 1)
        height[at] += (share * (smooth - height[at])).astype(np.float32)
    return replace(relief, height=height)


def _elevation(bump: Bump, label: Bytes, centre: Point, corner: Point, scale: float) -> Floats:
    rows, columns = label.shape
    dx = (np.arange(columns, dtype=np.float32) + np.float32(corner.x + 0.5 - centre.x))[None, :]
    dy = (np.arange(rows, dtype=np.float32) + np.float32(corner.y + 0.5 - centre.y))[:, None]
    turn = np.deg2rad(bump.degrees)
    across, down = dx * np.cos(turn) + dy * np.sin(turn), dy * np.cos(turn) - dx * np.sin(turn)
    high = np.where(down > 0, bump.high * bump.drop, bump.high) * scale
    shape = np.exp(-0.5 * ((across / (bump.wide * scale)) ** 2 + (down / high) ** 2))
    return cast(Floats, (bump.amplitude * scale * shape * np.isin(label, bump.labels)).astype(np.float32))


def _smooth_max(one: Floats, other: Floats, radius: Floats) -> Floats:
    """Maximum with a quadratic fillet of `radius`. Quilez, "smooth minimum"."""
    reach = np.maximum(radius, 1e-3)
    near = np.maximum(reach - np.abs(one - other), 0)
    return cast(Floats, np.maximum(one, other) + near * near / (4 * reach))


def _window(strip: Strip, view: View, size: Size) -> _Window:
    reach = float(max(strip.left.max(), strip.right.max())) + float(strip.blend.max()) + 4 / view.scale
    low, high = strip.axis.min(axis=0), strip.axis.max(axis=0)
    first, last = view.point(low[0] - reach, high[1] + reach), view.point(high[0] + reach, low[1] - reach)
    return _Window(
        max(0, int(first.y)), min(size.height, int(last.y) + 1), max(0, int(first.x)), min(size.width, int(last.x) + 1)
    )


def _trace(strip: Strip, view: View, window: _Window) -> _Trace:
    along, offset = _nearest(strip, view, window)
    stations = np.arange(len(strip.axis), dtype=np.float32)

    def at(profile: Profile) -> Floats:
        values = np.interp(along, stations, profile * view.scale)
        return cast(Floats, values.astype(np.float32))

    width = np.maximum(np.where(offset < 0, at(strip.left), at(strip.right)), 1e-3)
    across = offset / width
    outline = width - np.abs(offset)
    if strip.open_start or strip.open_end:
        sag = HEM_SAG * view.scale * np.minimum(across * across, 1.5)
        outline = np.minimum(outline, _within_ends(strip, view, window) - sag)
    outside = np.maximum(-outline, 0)
    bulge = np.maximum(1 - np.abs(across) ** strip.squareness, 0) ** (1 / strip.squareness)
    height = at(strip.axis[:, 2]) + at(strip.depth) * bulge - STEEPNESS * outside
    return _Trace(
        height.astype(np.float32),
        outline.astype(np.float32),
        (along / (len(strip.axis) - 1)).astype(np.float32),
        np.clip(across, -1, 1).astype(np.float32),
        at(strip.blend),
    )


def _within_ends(strip: Strip, view: View, window: _Window) -> Floats:
    """Signed distance in pixels to the straight cuts across the open ends of the axis, positive between them."""
    x = np.arange(window.left, window.right, dtype=np.float32)[None, :] + np.float32(0.5)
    y = np.arange(window.top, window.bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    nearest: Floats = np.full((y.size, x.size), np.inf, np.float32)
    ends = ((strip.open_start, strip.axis[0], strip.axis[3]), (strip.open_end, strip.axis[-1], strip.axis[-4]))
    for end, inner in ((end, inner) for is_open, end, inner in ends if is_open):
        at, towards = view.point(end[0], end[1]), view.point(inner[0], inner[1])
        length = max(float(np.hypot(towards.x - at.x, towards.y - at.y)), 1e-6)
        distance = ((x - at.x) * (towards.x - at.x) + (y - at.y) * (towards.y - at.y)) / length
        nearest = np.minimum(nearest, distance).astype(np.float32)
    return nearest


def _nearest(strip: Strip, view: View, window: _Window) -> tuple[Floats, Floats]:
    """For each pixel of the window, the nearest axis position (in samples) and the signed distance from it in pixels."""
    x = np.arange(window.left, window.right, dtype=np.float32)[None, :] + np.float32(0.5)
    y = np.arange(window.top, window.bottom, dtype=np.float32)[:, None] + np.float32(0.5)
    corners = [view.point(float(px), float(py)) for px, py in strip.axis[::STRIDE, :2]]
    shape = (window.bottom - window.top, window.right - window.left)
    best = np.full(shape, np.inf, np.float32)
    along, side = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for index, (start, end) in enumerate(pairwise(corners)):
        dx, dy = np.float32(end.x - start.x), np.float32(end.y - start.y)
        rx, ry = x - np.float32(start.x), y - np.float32(start.y)
        share = np.clip((rx * dx + ry * dy) / max(dx * dx + dy * dy, np.float32(1e-9)), 0, 1)
        distance = (rx - share * dx) ** 2 + (ry - share * dy) ** 2
        closer = distance < best
        np.copyto(best, distance, where=closer)
        np.copyto(along, (share + np.float32(index)) * np.float32(STRIDE), where=closer)
        np.copyto(side, rx * dy - ry * dx, where=closer)
    return along, np.where(side < 0, -1, 1).astype(np.float32) * np.sqrt(best)
