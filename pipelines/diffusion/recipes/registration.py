"""Where a made picture lies on its source: models shift and zoom what they were told to leave alone.

Found on structure alone, grey with its local mean and contrast taken out, so that light and colour may differ; from what
agrees, so that a part of the picture may be another. Translation and zoom, in rare cases another zoom for each axis.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask, resized
from pipelines.sizes import Size

SEARCH_SIDE = 1024
"""Long side in pixels of the finest level; no model draws much finer."""
COARSEST_SIDE = 72
FARTHEST = 0.045
"""Largest shift as a share of the long side, and largest zoom; what is farther was meant."""
LEAST_AGREEMENT = 0.25
"""Share of the structured pixels that have to agree. Unrelated pictures reach 0.02 to 0.2."""
NEGLIGIBLE = 0.12
"""Shift in pixels of the finest level, anywhere, below which resampling would cost more than it mends."""
_WINDOW = 7.0
"""Sigma in pixels within which mean and contrast are taken out."""
_FLAT = 0.012
"""Local contrast, in shares of full range, below which a pixel has no structure."""
_AGREES = 0.7
_SLACK = 0.03
"""How much agreement resampling costs at most, and noise."""
FINE = 2
"""Finest levels, on which alone it is looked for once more: from afar a new background outweighs a subject that stayed."""
_STRETCH = 0.1
"""Share of what is missing that a second zoom has to explain: a stretch, unlike a zoom, is rare."""
_ROUNDS = 12
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Motion:
    """Takes a pixel of the source to that of the made picture which shows the same: p -> centre + zoom * (p - centre) + shift."""

    shift_x: float = 0.0
    shift_y: float = 0.0
    """In shares of the width and of the height."""
    zoom_x: float = 1.0
    zoom_y: float = 1.0
    agreement: float = 0.0
    """Share of the structured pixels that agree, 0 to 1."""

    @property
    def moves(self) -> bool:
        """Whether anything is to be resampled at all."""
        return (self.shift_x, self.shift_y, self.zoom_x, self.zoom_y) != (0.0, 0.0, 1.0, 1.0)

    def farthest(self, size: Size) -> float:
        """Pixels by which the corner that moves most does."""
        across = abs(self.shift_x) + abs(self.zoom_x - 1) / 2
        down = abs(self.shift_y) + abs(self.zoom_y - 1) / 2
        return hypot(across * size.width, down * size.height)

    def matrix(self, size: Size, left: int = 0, top: int = 0) -> Values:
        """(2, 3), for OpenCV: from pixels of a window that starts at (left, top) to pixels of the picture of `size`."""
        middle_x, middle_y = (size.width - 1) / 2, (size.height - 1) / 2
        x = middle_x * (1 - self.zoom_x) + self.shift_x * size.width + self.zoom_x * left
        y = middle_y * (1 - self.zoom_y) + self.shift_y * size.height + self.zoom_y * top
        return np.array([[self.zoom_x, 0, x], [0, self.zoom_y, y]], np.float64)


def registered(source: Floats, made: Floats, free: Mask | None = None) -> Motion:
    """The motion that lays `made` on `source`, both float32 (h, w, 3) of one size; standing still where they hardly agree.

    `free`, bool (h, w), is what is known to differ. Iteratively reweighted Gauss-Newton steps over a pyramid, with the mean
    of both gradients (Benhimane and Malis 2004); the start is the peak of the phase correlation where that agrees better.
    """
    size = _fitting(source)
    pictures = (_grey(source, size), _grey(made, size))
    weight = np.ones((size.height, size.width), np.float32)
    if free is not None:
        weight = (resized(free.astype(np.float32), size) < 0.01).astype(np.float32)
    levels = list(_levels(pictures[0], pictures[1], weight))
    found = [_descended(levels, start) for start in _starts(levels[-1])]
    found.append(_descended(levels[:FINE], Motion()))
    motion = max(found, key=lambda each: each.agreement)
    still = _judged(Motion(), levels[0])
    if motion.agreement < max(LEAST_AGREEMENT, still.agreement - _SLACK) or _too_far(motion):
        return still
    return still if motion.farthest(size) < NEGLIGIBLE else motion


def warped(made: Floats, motion: Motion, left: int = 0, top: int = 0, size: Size | None = None) -> Floats:
    """`made`, float32 (h, w, 3), as it lies on the source: the window of `size` at (left, top), clipped to [0, 1].

    What lies beyond its edges is mirrored.
    """
    whole = Size(made.shape[1], made.shape[0])
    window = size or whole
    if not motion.moves:
        return made[top : top + window.height, left : left + window.width]
    moved = cv2.warpAffine(
        made,
        motion.matrix(whole, left, top),
        (window.width, window.height),
        flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return cast(Floats, np.clip(moved, 0, 1))


def reached(motion: Motion, size: Size, margin: float = 1.0) -> Mask:
    """bool (h, w): where the made picture shows something of the source's; `margin` is in pixels from its edge."""
    if not motion.moves:
        return np.ones((size.height, size.width), bool)
    matrix = motion.matrix(size)
    x = matrix[0, 0] * np.arange(size.width) + matrix[0, 2]
    y = matrix[1, 1] * np.arange(size.height) + matrix[1, 2]
    down, across = (y >= margin) & (y <= size.height - 1 - margin), (x >= margin) & (x <= size.width - 1 - margin)
    return cast(Mask, down[:, None] & across[None])


def agreeing(source: Floats, made: Floats) -> Mask:
    """bool (h, w): structure that is the same in both, float32 (h, w, 3), laid on one another. Flat parts are in neither way sure."""
    first, second = (cast(Floats, cv2.cvtColor(each, cv2.COLOR_RGB2GRAY)) for each in (source, made))
    same: Mask = correlation(_structure(first), _structure(second)) > _AGREES
    return same & (_contrast(first) > _FLAT)


@dataclass(frozen=True, slots=True)
class _Level:
    """Both pictures' structure at one size; arrays are float32 (h, w)."""

    fixed: Floats
    moving: Floats
    weight: Floats
    """1 where the source has structure and may be the same."""

    @property
    def size(self) -> Size:
        return Size(self.fixed.shape[1], self.fixed.shape[0])


def _fitting(rgb: Floats) -> Size:
    height, width = rgb.shape[:2]
    scale = min(1.0, SEARCH_SIDE / max(height, width))
    return Size(max(1, round(width * scale)), max(1, round(height * scale)))


def _grey(rgb: Floats, size: Size) -> Floats:
    return cast(Floats, cv2.cvtColor(resized(rgb, size), cv2.COLOR_RGB2GRAY))


def _levels(fixed: Floats, moving: Floats, weight: Floats) -> Iterator[_Level]:
    """Finest first."""
    while True:
        contrast = _contrast(fixed)
        seen = weight * (contrast > _FLAT)
        yield _Level(_structure(fixed), _structure(moving), seen.astype(np.float32))
        if max(fixed.shape) < 2 * COARSEST_SIDE:
            return
        half = Size(max(1, fixed.shape[1] // 2), max(1, fixed.shape[0] // 2))
        fixed, moving = resized(fixed, half), resized(moving, half)
        weight = (resized(weight, half) > 0.99).astype(np.float32)


def _contrast(grey: Floats) -> Floats:
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.2)
    rest = smooth - cv2.GaussianBlur(smooth, (0, 0), _WINDOW)
    return cast(Floats, np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), _WINDOW)))


def _structure(grey: Floats) -> Floats:
    """Zero mean and about unit deviation in every neighbourhood; near zero where there is nothing but grain."""
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.2)
    rest = smooth - cv2.GaussianBlur(smooth, (0, 0), _WINDOW)
    spread = np.sqrt(cv2.GaussianBlur(rest * rest, (0, 0), _WINDOW))
    return cast(Floats, rest / (spread + _FLAT))


def _starts(level: _Level) -> Iterator[Motion]:
    yield Motion()
    height, width = level.fixed.shape
    window = cv2.createHanningWindow((width, height), cv2.CV_32F) if min(height, width) > 8 else None
    if window is None:
        return
    (x, y), _ = cv2.phaseCorrelate(level.fixed * level.weight, level.moving, window)
    if abs(x) < FARTHEST * width and abs(y) < FARTHEST * height:
        yield Motion(x / width, y / height)


def _descended(levels: list[_Level], start: Motion) -> Motion:
    """With one zoom, from coarse to fine; at last with two where they explain clearly more."""
    motion = start
    for level in reversed(levels):
        motion = _settled(level, motion, zooms=1)
    stretched = _settled(levels[0], motion, zooms=2)
    gain = 1 - _cost(levels[0], stretched) / max(_cost(levels[0], motion), 1e-9)
    return _judged(stretched if gain > _STRETCH else motion, levels[0])


def _settled(level: _Level, motion: Motion, zooms: Literal[1, 2]) -> Motion:
    for _ in range(_ROUNDS):
        step = _step(level, motion, zooms)
        if step is None or _too_far(step):
            break
        moved = _between(step, motion).farthest(level.size)
        motion = step
        if moved < 0.004:
            break
    return motion


def _cost(level: _Level, motion: Motion) -> float:
    """Mean of what is missing, each pixel's limited."""
    used = _covered(level, motion) > 0
    return float(np.minimum(np.abs(level.fixed - _moved(level, motion))[used], 1).mean()) if used.any() else 0.0


def _moved(level: _Level, motion: Motion) -> Floats:
    return cast(
        Floats,
        cv2.warpAffine(
            level.moving,
            motion.matrix(level.size),
            (level.size.width, level.size.height),
            flags=cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
        ),
    )


def _covered(level: _Level, motion: Motion) -> Floats:
    """The level's weight where the made picture reaches."""
    return (level.weight * reached(motion, level.size)).astype(np.float32)


def _step(level: _Level, motion: Motion, zooms: Literal[1, 2]) -> Motion | None:
    """One weighted Gauss-Newton step; None where nothing has structure."""
    weight = _covered(level, motion)
    used = weight > 0
    if np.count_nonzero(used) < 64:
        return None
    moved = _moved(level, motion)
    height, width = level.fixed.shape
    mean = cv2.addWeighted(level.fixed, 0.5, moved, 0.5, 0)
    across = cv2.Sobel(mean, cv2.CV_32F, 1, 0, scale=1 / 8)[used].astype(np.float64) * width
    down = cv2.Sobel(mean, cv2.CV_32F, 0, 1, scale=1 / 8)[used].astype(np.float64) * height
    rows, columns = np.nonzero(used)
    x, y = (columns - (width - 1) / 2) / width, (rows - (height - 1) / 2) / height
    missing = (level.fixed - moved)[used].astype(np.float64)
    zoomed = [across * x, down * y] if zooms == 2 else [across * x + down * y]
    slopes = np.stack([across, down, *zoomed], axis=1)
    trust = _trust(missing)[:, None]
    normal = slopes.T @ (slopes * trust)
    change = np.linalg.solve(normal + 1e-6 * np.trace(normal) * np.eye(len(normal)), slopes.T @ (missing * trust[:, 0]))
    return Motion(
        motion.shift_x + float(change[0]),
        motion.shift_y + float(change[1]),
        motion.zoom_x + float(change[2]),
        motion.zoom_y + float(change[-1]),
    )


def _trust(missing: Values) -> Values:
    """Geman-McClure weights; half of what is missing may be another thing."""
    spread = max(1.4826 * float(np.median(np.abs(missing))), 0.02)
    trusted: Values = 1 / (1 + (missing / (1.5 * spread)) ** 2) ** 2
    return trusted


def _between(after: Motion, before: Motion) -> Motion:
    return Motion(
        after.shift_x - before.shift_x,
        after.shift_y - before.shift_y,
        1 + after.zoom_x - before.zoom_x,
        1 + after.zoom_y - before.zoom_y,
    )


def _too_far(motion: Motion) -> bool:
    return max(abs(motion.shift_x), abs(motion.shift_y), abs(motion.zoom_x - 1), abs(motion.zoom_y - 1)) > FARTHEST


def _judged(motion: Motion, level: _Level) -> Motion:
    """With its agreement: the share of structured pixels around which both correlate."""
    used = _covered(level, motion) > 0
    share = float((correlation(level.fixed, _moved(level, motion))[used] > _AGREES).mean()) if used.any() else 0.0
    return Motion(motion.shift_x, motion.shift_y, motion.zoom_x, motion.zoom_y, share)


def correlation(first: Floats, second: Floats, sigma: float = 4.0) -> Floats:
    """Of two structures, float32 (h, w), around each pixel: -1 to 1."""
    both = cv2.GaussianBlur(first * second, (0, 0), sigma)
    spread = cv2.GaussianBlur(first * first, (0, 0), sigma) * cv2.GaussianBlur(second * second, (0, 0), sigma)
    return cast(Floats, both / np.sqrt(spread + np.float32(1e-6)))
