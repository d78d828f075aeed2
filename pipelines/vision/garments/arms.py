"""Bare upper arms where a sleeve was: the arm that is seen below the sleeve, carried on to the shoulder.

Edges go on as they run below the old hem; skin is mirrored at the hem across the same section of the limb, so that tone and
roundness run on without a step.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask
from pipelines.vision.garments.drape import Frame
from pipelines.vision.garments.pattern import Side

BIN = 0.02
"""Length of the sections in which an arm is measured, in shoulder widths."""
MIRRORED = 0.24
"""How much of the arm below the old hem is mirrored, at most."""
KEPT = 0.07
"""Above the old hem in shoulder widths: how far the arm's own texture goes on."""
RIM = 0.10
"""Of the arm's breadth on each side: what isn't sampled, since the background mixes in there."""
SLOPE = 0.03
CAP = 0.04
"""From the beginning of the middle line to the centre of the round end, in shoulder widths."""
DELTOID = 0.08
"""Distance of the outer edge from the arm's middle line at the shoulder."""
MOST_SWELL = 0.07
"""How much broader the arm may become towards the shoulder, where what was worn there was broader."""
CLOTH = 0.012
"""How far what was worn stands off the shoulder."""
Profile = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BareArm:
    """An upper arm, on the whole picture."""

    colour: Floats
    """float32 (h, w, 3), where `cover` is above 0."""
    cover: Floats
    """float32 (h, w) in [0, 1]."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A straight middle line from the shoulder down, and the edges of the limb beside it; lengths in pixels."""

    origin: NDArray[np.float64]
    along: NDArray[np.float64]
    out: NDArray[np.float64]
    start: float
    """From here down the arm is bare."""
    reach: float
    """Length of the bare part that is mirrored."""
    inner: Profile
    """Offset of the inner edge at `start`, and its slope."""
    outer: Profile
    shoulder: float
    """Distance of the outer edge at the shoulder."""

    def inner_edge(self, at: Floats) -> Floats:
        return np.asarray(self.inner[0] + self.inner[1] * (at - self.start), dtype=np.float32)

    def outer_edge(self, at: Floats) -> Floats:
        """Swells to the shoulder's breadth above the bare part."""
        share = np.clip((self.start - at) / max(1.0, self.start), 0, 1)
        plain = self.outer[0] + self.outer[1] * (at - self.start)
        return np.asarray(plain + np.maximum(0, self.shoulder - plain) * share**0.9, dtype=np.float32)


def bare_arm(photo: Floats, frame: Frame, side: Side, bare: Mask, figure: Mask) -> BareArm | None:
    """The upper arm of one side in `photo`, float32 (h, w, 3), above what is `bare` of it; `figure` is the person as dressed.

    None where less than the forearm is bare, so that there is nothing to go on from.
    """
    section = _section(frame, side, bare, figure)
    if section is None:
        return None
    unit = frame.width
    corners = np.array([section.origin + section.along * s + section.out * t
                        for s in (-0.1 * unit, section.start + 0.08 * unit) for t in (-0.4 * unit, 0.4 * unit)])  # fmt: skip
    height, width = bare.shape
    left, top = (max(0, int(corners[:, k].min())) for k in (0, 1))
    right, bottom = min(width, int(corners[:, 0].max()) + 1), min(height, int(corners[:, 1].max()) + 1)
    if right - left < 2 or bottom - top < 2:
        return None
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32) + np.float32(0.5)
    dx, dy = x - section.origin[0], y - section.origin[1]
    s = (dx * section.along[0] + dy * section.along[1]).astype(np.float32)
    t = (dx * section.out[0] + dy * section.out[1]).astype(np.float32)
    colour, cover = np.zeros_like(photo), np.zeros(bare.shape, np.float32)
    cover[top:bottom, left:right] = _cover(section, s, t, unit)
    colour[top:bottom, left:right] = _mirrored(photo, section, s, t, unit)
    return BareArm(colour, cover)


def _cover(section: _Section, s: Floats, t: Floats, unit: float) -> Floats:
    soft = max(1.0, 0.006 * unit)
    inside = np.minimum(t - section.inner_edge(s), section.outer_edge(s) - t)
    centre = np.full_like(s, CAP * unit)
    low, high = section.inner_edge(centre), section.outer_edge(centre)
    cap = (high - low) / 2 - np.hypot(t - (low + high) / 2, np.minimum(s - centre, 0))
    inside = np.where(s < centre, np.minimum(inside, cap), inside)
    below = section.start + 0.06 * unit - s
    return np.asarray(np.clip(inside / soft + 0.5, 0, 1) * np.clip(below / soft, 0, 1), dtype=np.float32)


def _mirrored(photo: Floats, section: _Section, s: Floats, t: Floats, unit: float) -> Floats:
    """The picture at the places below the hem that mirror those above it, and farther up the arm's mean cross-section, so that
    no wrinkle or mole comes twice.
    """
    beyond = np.abs(section.start - s) % (2 * section.reach)
    at = (section.start + np.where(beyond > section.reach, 2 * section.reach - beyond, beyond)).astype(np.float32)
    low, high = section.inner_edge(s), section.outer_edge(s)
    share = np.clip((t - low) / np.maximum(high - low, 1), RIM, 1 - RIM).astype(np.float32)
    shares, places = np.meshgrid(np.linspace(0, 1, 33), section.start + np.linspace(0.1, 1, 24) * section.reach)
    profile = _sampled(photo, section, places.astype(np.float32), shares.astype(np.float32)).mean(axis=0, keepdims=True)
    smooth = cv2.remap(cv2.GaussianBlur(profile, (5, 1), 1.2), share * 32, np.zeros_like(share), cv2.INTER_LINEAR)
    near = np.exp(-np.maximum(section.start - s, 0) / (KEPT * unit))[..., None]
    found = _sampled(photo, section, at, share)
    return np.asarray(smooth + (found - smooth) * near, dtype=np.float32)


def _sampled(photo: Floats, section: _Section, s: Floats, share: Floats) -> Floats:
    """The picture at places `s` along the arm and a `share` of the way from its inner to its outer edge."""
    low, high = section.inner_edge(s), section.outer_edge(s)
    off = low + np.clip(share, RIM, 1 - RIM) * (high - low)
    x, y = (section.origin[k] + section.along[k] * s + section.out[k] * off - 0.5 for k in (0, 1))
    found = cv2.remap(photo, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, dtype=np.float32)


def _section(frame: Frame, side: Side, bare: Mask, figure: Mask) -> _Section | None:
    sign, unit = -1 if side == "left" else 1, frame.width
    shoulder, elbow = frame.shoulders[side], frame.elbows[side]
    origin = np.array([shoulder.x - sign * 0.115 * unit, shoulder.y + 0.06 * unit])
    line = np.array([elbow.x, elbow.y]) - origin
    length = float(np.linalg.norm(line))
    if length < 0.2 * unit:
        return None
    along = line / length
    out = np.array([along[1], -along[0]]) * (1 if along[1] * sign > 0 else -1)
    rows, columns = np.nonzero(bare)
    near = np.column_stack([columns, rows]) + 0.5 - origin
    s, t = near @ along, near @ out
    on_arm = (s > 0) & (s < 1.15 * length) & (np.abs(t) < 0.26 * unit)
    edges = _edges(s[on_arm], t[on_arm], BIN * unit, 0.09 * unit)
    if len(edges) < 4:
        return None
    first = edges[: max(4, int(0.25 / BIN))]
    start = float(first[0, 0]) + BIN * unit
    fits = [np.polyfit(first[:, 0] - start, first[:, k], 1)[::-1] for k in (1, 2)]
    inner, outer = (np.array([fit[0], np.clip(fit[1], -SLOPE, SLOPE)]) for fit in fits)
    reach = min(MIRRORED * unit, float(edges[-1, 0]) - start)
    if reach < 0.05 * unit or outer[0] - inner[0] < 0.08 * unit:
        return None
    worn = _reach_out(figure, origin + 0.10 * unit * along, out, 0.34 * unit) - CLOTH * unit
    broad = float(np.clip(worn, outer[0], max(DELTOID * unit, float(outer[0]) + MOST_SWELL * unit)))
    return _Section(origin, along, out, start, reach, inner, outer, broad)


def _reach_out(figure: Mask, start: NDArray[np.float64], out: NDArray[np.float64], most: float) -> float:
    """How far from `start` in direction `out` the figure goes on."""
    steps = np.arange(0.0, most)
    line = start + steps[:, None] * out
    x, y = (np.clip(line[:, k], 0, figure.shape[1 - k] - 1).astype(int) for k in (0, 1))
    outside = np.flatnonzero(~figure[y, x])
    return float(steps[outside[0]]) if outside.size else float(most)


def _edges(s: Profile, t: Profile, step: float, least: float) -> NDArray[np.float64]:
    """(n, 3): position, inner and outer edge of the longest unbroken stretch of sections at least `least` broad."""
    found: list[list[float]] = []
    best: list[list[float]] = []
    index = (s / step).astype(int)
    for section in range(int(index.max(initial=-1)) + 2):
        own = t[index == section]
        low, high = (np.percentile(own, 0.5), np.percentile(own, 99.5)) if own.size > 8 else (0.0, 0.0)
        if high - low >= least:
            found.append([(section + 0.5) * step, float(low), float(high)])
        else:
            best, found = max(best, found, key=len), []
    return np.array(best)
