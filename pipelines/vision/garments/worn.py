"""The edge of a garment on a person: what has the colour of skin or wall is not cloth, and the hem is an edge that is seen."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Mask
from pipelines.vision.people.body import Body, Part
from pipelines.vision.people.trunk import cheapest_path
from pipelines.vision.people.view import disk, gauss, largest_piece

BINS = 24
"""Of a colour histogram, for each of L, a and b."""
BAND = 0.07
"""Of the garment's width: how far in from its edge a stranger's colour counts."""
ABOVE, BELOW = 0.09, 0.03
"""Of the garment's width: where the hem is looked for around the lower edge of its mask."""
STEEPEST = 0.12
"""Slope of a hem, at most."""
SAGS = (0.0, 0.02, 0.04)
"""By how much a hem hangs lower in the middle than at its ends, of the garment's width."""
UNEVEN = 0.05
"""Of the garment's width: a mask whose lower edge spans more rows than this doesn't say where the hem is."""
HEM_COLUMNS = 240
SURE = 2.5
"""How many times likelier a colour is among what isn't the garment before its pixel goes."""
_OTHERS = (Part.FACE, Part.NECK, Part.HAIR, Part.LEFT_ARM, Part.RIGHT_ARM, Part.LEFT_HAND, Part.RIGHT_HAND, Part.TORSO)


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a hem is expected in each of some columns."""

    rows: NDArray[np.float64]
    above: float
    """How far above it the hem may be, in widths of the garment; `below` in the same way."""
    below: float


def clipped(rgb: Bytes, worn: Mask, body: Body) -> Mask:
    """`worn`, a garment's mask in uint8 (h, w, 3), without strangers along its edge and without what lies below its hem."""
    if worn.sum() < 400:
        return worn
    kept = _own_colours(rgb, worn, body)
    return above_hem(rgb, kept, body.parts == Part.LOWER)


def _own_colours(rgb: Bytes, worn: Mask, body: Body) -> Mask:
    """Near the edge, pixels whose colour is the garment's own rather than skin's, hair's or the background's: a likelihood
    ratio of two smoothed histograms.
    """
    width = float(np.ptp(np.flatnonzero(worn.any(axis=0))))
    depth = cv2.distanceTransform(worn.astype(np.uint8), cv2.DIST_L2, 3)
    core, band = depth > 0.5 * BAND * width, worn & (depth < BAND * width)
    around = cv2.dilate(worn.astype(np.uint8), disk(max(3, round(0.5 * BAND * width)))) > 0
    away = cv2.distanceTransform((~worn).astype(np.uint8), cv2.DIST_L2, 3) > 0.008 * width
    skin = np.isin(body.parts, [int(part) for part in _OTHERS])
    others = around & away & (skin | (body.alpha < 0.02))
    if core.sum() < 200 or others.sum() < 200:
        return worn
    bins = _bins(rgb)
    own, strange = (_histogram(bins[where]) for where in (core, others))
    ratio = (strange + 1e-5) / (own + 1e-5)
    odd = gauss((band & (ratio[bins] > SURE)).astype(np.float32), 0.003 * width) > 0.5
    left = largest_piece(worn & ~odd)
    return cv2.morphologyEx(left.astype(np.uint8), cv2.MORPH_OPEN, disk(max(1, round(0.006 * width)))) > 0


def _bins(rgb: Bytes) -> NDArray[np.intp]:
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.8), cv2.COLOR_RGB2LAB).astype(np.intp) * BINS // 256
    return np.asarray((lab[..., 0] * BINS + lab[..., 1]) * BINS + lab[..., 2])


def _histogram(bins: NDArray[np.intp]) -> NDArray[np.float64]:
    from scipy.ndimage import gaussian_filter

    counts = np.bincount(bins, minlength=BINS**3).reshape(BINS, BINS, BINS)
    smooth = gaussian_filter(counts.astype(np.float64), 0.7, mode="nearest")
    return np.asarray(smooth.ravel() / max(1, bins.size))


def above_hem(rgb: Bytes, worn: Mask, lower: Mask) -> Mask:
    """What lies above the edge that runs across near the mask's lower end, where it meets the lower clothes."""
    under = np.zeros_like(worn)
    under[1:] = worn[:-1]
    border = under & lower & ~worn
    columns = np.flatnonzero(border.any(axis=0))
    whole = np.flatnonzero(worn.any(axis=0))
    width = float(np.ptp(whole)) if whole.size else 0.0
    if columns.size < 0.3 * width:
        return worn
    last = worn.shape[0] - 1 - worn[::-1].argmax(axis=0)
    line = np.median(last[columns]) if np.ptp(last[columns]) < 0.02 * width else np.nan
    ends = np.where(np.isnan(line), last, line)[columns].astype(np.float64)
    usual = _Line(ends, ABOVE, BELOW) if np.ptp(ends) < UNEVEN * width else _meeting_line(rgb, worn, lower, columns, ends)
    sampled = np.linspace(0, columns.size - 1, min(HEM_COLUMNS, columns.size)).astype(int)
    path = _edge_along(rgb, columns[sampled], replace(usual, rows=usual.rows[sampled]), width)
    limit = np.full(worn.shape[1], np.inf)
    limit[columns[0] : columns[-1] + 1] = np.interp(np.arange(columns[0], columns[-1] + 1), columns[sampled], path)
    rows = np.arange(worn.shape[0])[:, None]
    cut = worn & (rows < limit[None])
    # What hangs lower beside the trunk is a sleeve and stays; what is narrow there was the waistband's end.
    stout = cv2.morphologyEx(cut.astype(np.uint8), cv2.MORPH_OPEN, disk(max(1, round(0.025 * width)))) > 0
    return np.asarray(cut & (stout | (rows < np.min(path) - 0.01 * width)))


def _meeting_line(rgb: Bytes, worn: Mask, lower: Mask, columns: NDArray[np.intp], ends: NDArray[np.float64]) -> _Line:
    """The line across, near a mask's lower `ends`, where the colour changes most from that of `worn` to that of `lower`, over
    all columns together: a single one says little where both are black or both are white. Level lines are likelier.
    """
    width = float(np.ptp(np.flatnonzero(worn.any(axis=0))))
    step = max(1, round(0.012 * width))
    top = max(0, int(ends.min() - (ABOVE + 0.1) * width))
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb[top:], (0, 0), 0.5 * step), cv2.COLOR_RGB2LAB).astype(np.float32)
    below = lower[top:] & (np.arange(len(lab))[:, None] > np.median(ends) - top + 0.04 * width)
    if below.sum() < 100 or not worn[top:].any():
        return _Line(ends, ABOVE, BELOW)
    towards = np.median(lab[below], axis=0) - np.median(lab[worn[top:]], axis=0)
    apart = max(1.0, float(np.linalg.norm(towards)))
    across = (columns - columns.mean()) / max(1.0, float(np.ptp(columns)))
    around = np.arange(int(np.percentile(ends, 10) - ABOVE * width), int(np.percentile(ends, 60) + BELOW * width)) - top
    best, found = 0.25 * apart, _Line(ends, ABOVE, BELOW)
    for slope in np.linspace(-STEEPEST, STEEPEST, 13):
        for sag in SAGS:
            line = slope * width * across + sag * width * (1 - 4 * across**2)
            rows = np.clip((around[:, None] + line).astype(int), step, len(lab) - 1 - step)
            change = (lab[rows + step, columns] - lab[rows - step, columns]) @ (towards / apart)
            strength = np.clip(change, -apart, apart).mean(axis=1) * (1 - abs(slope))
            if strength.max() > best:
                best, row = float(strength.max()), float(around[int(strength.argmax())]) + top
                found = _Line(row + line, BELOW, BELOW)
    return found


def _edge_along(rgb: Bytes, columns: NDArray[np.intp], usual: _Line, width: float) -> NDArray[np.float64]:
    """Row of the strongest edge across in each column, as one smooth path around the `usual` line."""
    reach = np.arange(-int(usual.above * width), int(usual.below * width) + 1)
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), max(0.8, 0.003 * width)), cv2.COLOR_RGB2LAB).astype(np.float32)
    rows = np.clip(usual.rows[:, None].astype(int) + reach, 0, rgb.shape[0] - 1)
    step = max(1, round(0.006 * width))
    above, below = (lab[np.clip(rows + by, 0, rgb.shape[0] - 1), columns[:, None]] for by in (-step, step))
    change = np.linalg.norm(above - below, axis=2)
    strength = change / max(4.0, float(np.percentile(change.max(axis=1), 60)))
    cost = 0.35 * np.abs(reach[None]) / (usual.above * width) - np.clip(strength, 0, 1)
    path = cheapest_path(cost.astype(np.float32), 0.12)
    found = rows[np.arange(len(columns)), path].astype(np.float32)
    return np.asarray(cv2.GaussianBlur(found[:, None], (1, 9), 2.0, borderType=cv2.BORDER_REPLICATE).ravel(), dtype=np.float64)
