"""Backgrounds continued beyond the edges of a picture; what is inside stays as it is.

A side is continued in one of three ways. Where the background along it can be told from a few smooth profiles (studio, sky,
wall and floor), they run on along their own lines with a damped slope, and grain of the same spectrum is laid over them. Where it
is textured, patches of it are laid on (`synthesis`). Where those don't fit, the profiles carry its mirror image a little way on,
which dissolves: nothing real is known out there.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Literal, cast

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import fft

from pipelines.images import Floats, Mask
from pipelines.sizes import Size
from pipelines.vision.continued import patched
from pipelines.vision.synthesis import Effort
from pipelines.vision.upsample import bleed

Manner = Literal["none", "smooth", "patched", "soft"]
TEXTURED = 0.022
"""Deviation from the smooth profiles, coarser than grain, above which a side counts as textured."""
_KEPT_EDGE = 0.025
"""Steps along a side larger than this run on as lines; smaller ones fade."""
_SMOOTHNESS = (0.01, 0.03, 0.09, 0.2)
"""Shares of a side's length over which its profile is averaged further and further away from it."""
_SPREAD = 0.3
"""Growth of that average with the distance, as heat spreads."""
_LINE_SLOPE = 0.6
_SOFTNESS = (0.003, 0.008, 0.02, 0.05)
"""Blur of dissolving texture, step by step, as shares of the side's length."""
_FADING = 0.11
"""Distance, as a share of the side's length, by which dissolving texture is down to a third."""


@dataclass(frozen=True, slots=True)
class Margins:
    """How many pixels are added at each side."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


@dataclass(frozen=True, slots=True)
class Extended:
    """A picture with its margins, and how each side was continued."""

    rgb: Floats
    """float32 (h, w, 3) in [0, 1]; the source, unchanged, lies at (top, left) of the margins."""
    manners: dict[str, Manner]


def extend(rgb: Floats, subject: Mask, margins: Margins, generator: Generator, effort: Effort | None = None) -> Extended:
    """`rgb`, float32 (h, w, 3) in [0, 1], with more background around it.

    `subject`, bool (h, w), is never continued: the background is carried on behind it. Left and right are made first, then
    top and bottom over the whole width. Texture is continued with `effort`; without one it dissolves.
    """
    manners: dict[str, Manner] = {}
    out, hidden = rgb, _thick(subject)
    for turns, names in ((0, ("left", "right")), (1, ("bottom", "top"))):
        before, after = (getattr(margins, name) for name in names)
        if not before and not after:
            continue
        seen, mask = np.rot90(out, -turns), np.rot90(hidden, -turns)
        lines = turns == 0
        chance, other = generator.spawn(2)
        with ThreadPoolExecutor(2) as pool:
            opposite = pool.submit(_grown, seen[:, ::-1], mask[:, ::-1], before, lines, chance, effort)
            last = _grown(seen, mask, after, lines, other, effort)
            first = opposite.result()
        manners |= {names[0]: first.manner, names[1]: last.manner}
        out = np.rot90(np.hstack([first.strip[:, ::-1], seen, last.strip]), turns)
        hidden = np.rot90(np.pad(mask, ((0, 0), (before, after))), turns)
    return Extended(np.ascontiguousarray(out), manners)


@dataclass(frozen=True, slots=True)
class _Strip:
    strip: Floats
    manner: Manner


def _thick(subject: Mask) -> Mask:
    """With the soft edge and the contact shadow that belong to it."""
    reach = max(3, round(0.008 * max(subject.shape)))
    return cv2.dilate(subject.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)) > 0


def _grown(rgb: Floats, hidden: Mask, count: int, lines: bool, generator: Generator, effort: Effort | None) -> _Strip:
    """`count` columns more on the right."""
    height = rgb.shape[0]
    if count == 0:
        return _Strip(np.empty((height, 0, 3), np.float32), "none")
    edge = _Edge.read(np.ascontiguousarray(rgb), hidden, lines)
    if edge.texture > TEXTURED:
        strip = None if effort is None else patched(rgb, hidden, count, lines, effort, generator)
        return _Strip(_dissolved(rgb, hidden, count), "soft") if strip is None else _Strip(strip, "patched")
    grain = _grain(edge.grain, edge.known, Size(count, height), generator)
    return _Strip(np.clip(edge.run_on(count) + grain, 0, 1).astype(np.float32), "smooth")


@dataclass(frozen=True, slots=True)
class _Edge:
    """The right edge of a picture as rows that run on; arrays have one entry a row unless said."""

    profiles: Floats
    """float32 (h, 5, 3): colour at the edge, in five degrees of smoothness."""
    rise: Floats
    """float32 (h, 3): change of colour a pixel, at the edge."""
    slope: Floats
    """float32 (h,): rows down a column by which the lines there run."""
    rest: Floats
    """float32 (h, 3): what the profiles miss right at the edge."""
    grain: Floats
    """float32 (h, w, 3): what is finer than the profiles in the strip along the edge."""
    known: Mask
    """bool (h, w): where `grain` is that of background."""
    texture: float
    """Deviation of the strip from its profiles, grain left out."""

    @classmethod
    def read(cls, rgb: Floats, hidden: Mask, lines: bool, depth: float = 0.06) -> "_Edge":
        """From the strip along the right edge, of `depth` of the longer side; `lines` lets steps in colour run on instead of fading."""
        height, width = rgb.shape[:2]
        wide = min(width, max(8, round(depth * max(height, width))))
        strip = bleed(np.ascontiguousarray(rgb[:, -wide:]), (~hidden[:, -wide:]).astype(np.float32))
        known = np.ascontiguousarray(~hidden[:, -wide:])
        slope = _line_slopes(strip, known) if lines else np.zeros(height, np.float32)
        level = _straightened(strip, slope)
        fit = _fitted(level, _straightened(known.astype(np.float32), slope))
        profiles = _profiles(fit.colour, lines)
        back = np.arange(1 - wide, 1, dtype=np.float32)[None, :, None]
        missed = level - (profiles[:, 0, None] + fit.rise[:, None] * back)
        texture = _deviation(cv2.GaussianBlur(missed, (0, 0), max(1.0, 0.0035 * height)).astype(np.float32), known)
        seen = known[:, -4:].mean(axis=1) > 0.9
        missing = missed[:, -4:].mean(axis=1) * seen[:, None]
        rest = cv2.GaussianBlur(missing[:, None], (1, 0), 0, sigmaY=1.5)
        return cls(
            profiles, fit.rise, slope, rest.reshape(height, 3), strip - cv2.GaussianBlur(strip, (0, 0), 2.5), known, texture
        )

    def run_on(self, count: int) -> Floats:
        """float32 (h, count, 3): the profiles along their lines, fading into smoother ones, with a damped slope."""
        height, degrees = self.profiles.shape[:2]
        far = np.arange(1, count + 1, dtype=np.float32)[None]
        rows = np.arange(height, dtype=np.float32)[:, None] - self.slope[:, None] * far
        reached = 1 + np.log(np.maximum(_SPREAD * far / (height * _SMOOTHNESS[0]), 1e-6)) / np.log(
            _SMOOTHNESS[1] / _SMOOTHNESS[0]
        )
        degree = np.where(reached < 1, _SPREAD * far / (height * _SMOOTHNESS[0]), np.minimum(reached, degrees - 1))
        columns = np.ascontiguousarray(np.broadcast_to(degree, rows.shape), np.float32)
        colour = cv2.remap(self.profiles, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        reach, near = np.float32(0.3 * height), np.float32(max(2.0, 0.012 * height))
        climbed = np.clip(self.rise[:, None] * (reach * (1 - np.exp(-far / reach)))[..., None], -0.08, 0.08)
        return cast(Floats, (colour + climbed + self.rest[:, None] * np.exp(-far / near)[..., None]).astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Fit:
    colour: Floats
    rise: Floats


def _line_slopes(strip: Floats, known: Mask) -> Floats:
    """Least-squares direction of the lines that cross the strip: rows a column, 0 where nothing crosses it."""
    grey = cv2.GaussianBlur(cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(grey, cv2.CV_32F, 0, 1, scale=1 / 8)
    inside = cv2.erode(known.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    sums = np.stack([(across * down * inside).mean(axis=1), (down * down * inside).mean(axis=1)], axis=1)[:, None]
    sums = cv2.GaussianBlur(sums.astype(np.float32), (1, 0), 0, sigmaY=max(1.0, 0.012 * len(sums)))[:, 0]
    return np.clip(-sums[:, 0] / (sums[:, 1] + 2e-6), -_LINE_SLOPE, _LINE_SLOPE).astype(np.float32)


def _straightened(strip: Floats, slope: Floats) -> Floats:
    """The strip sheared so that lines of `slope` lie along its rows and meet the edge where they did."""
    height, width = strip.shape[:2]
    columns = np.broadcast_to(np.arange(width, dtype=np.float32)[None], (height, width))
    rows = np.arange(height, dtype=np.float32)[:, None] + slope[:, None] * (columns - (width - 1))
    return cv2.remap(
        strip, np.ascontiguousarray(columns), rows.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)


def _fitted(level: Floats, known: Floats) -> _Fit:
    """A straight line through each row's known pixels; rows without enough of them are bridged from their neighbours."""
    height, width = known.shape
    back = np.arange(1 - width, 1, dtype=np.float32)
    weight = known * np.exp(back / (0.5 * width))
    total = weight.sum(axis=1) + 1e-6
    middle = (weight * back).sum(axis=1) / total
    mean = (weight[..., None] * level).sum(axis=1) / total[:, None]
    away = (back[None] - middle[:, None]) * weight
    rise = (away[..., None] * level).sum(axis=1) / ((away * (back[None] - middle[:, None])).sum(axis=1) + 1e-3)[:, None]
    trusted = known.mean(axis=1) > 0.5
    rise = cv2.GaussianBlur(_bridged(rise, trusted)[:, None], (1, 0), 0, sigmaY=max(1.0, 0.12 * height))[:, 0]
    return _Fit(_bridged(mean - rise * middle[:, None], trusted), rise.astype(np.float32))


def _bridged(values: Floats, trusted: Mask) -> Floats:
    """(h, n) with the rows that are not `trusted` interpolated between those that are."""
    rows = np.arange(len(values))
    if trusted.all() or not trusted.any():
        return values.astype(np.float32)
    return np.stack([np.interp(rows, rows[trusted], column[trusted]) for column in values.T], axis=1).astype(np.float32)


def _profiles(colour: Floats, lines: bool) -> Floats:
    """(h, 5, 3): `colour`, (h, 3), in five degrees of smoothness; with `lines`, steps stay sharp in all of them."""
    height = len(colour)
    near = _guided(colour, 2, _KEPT_EDGE / 2)
    steps = _steps(near) if lines else np.zeros_like(near)
    ramp = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    waves = near - steps
    straight = waves.mean(axis=0) + ramp * (waves * ramp).mean(axis=0) / (ramp**2).mean()
    rest = (waves - straight)[:, None]
    smooth = [
        cv2.GaussianBlur(rest, (1, 0), 0, sigmaY=max(0.5, each * height), borderType=cv2.BORDER_REFLECT)[:, 0]
        for each in _SMOOTHNESS
    ]
    return np.stack([near, *(steps + straight + each for each in smooth)], axis=1).astype(np.float32)


def _steps(profile: Floats) -> Floats:
    """(h, 3): the part of a profile that changes abruptly, as at the line between floor and wall."""
    height = len(profile)
    reach = max(2, round(0.004 * height))
    padded = np.pad(profile, ((reach, reach), (0, 0)), mode="edge")
    jump = np.abs(padded[2 * reach :] - padded[: -2 * reach]).max(axis=1)
    sharp = np.clip(jump / _KEPT_EDGE - 1, 0, 1).astype(np.float32)
    return np.cumsum(np.diff(profile, axis=0, prepend=profile[:1]) * sharp[:, None], axis=0).astype(np.float32)


def _guided(values: Floats, reach: int, step: float) -> Floats:
    """Guided filter of a profile by itself, (h, 3): smooth, except at steps larger than `step`. He et al. 2010."""

    def mean(of: NDArray[np.floating]) -> Floats:
        return cv2.blur(of.astype(np.float32)[:, None], (1, 2 * reach + 1), borderType=cv2.BORDER_REFLECT)[:, 0].astype(
            np.float32
        )

    centre = mean(values)
    variance = np.maximum(mean(values * values) - centre * centre, np.float32(0))
    kept = variance / (variance + np.float32(step**2 / 4))
    return (mean(kept) * values + mean(((1 - kept) * centre).astype(np.float32))).astype(np.float32)


def _deviation(missed: Floats, known: Mask) -> float:
    """Root mean square over known pixels, (h, w, 3), without the largest 2 %."""
    squares = np.sort((missed**2).mean(axis=2)[known])
    return float(np.sqrt(squares[: max(1, int(0.98 * len(squares)))].mean())) if len(squares) else 1.0


def _grain(residual: Floats, known: Mask, size: Size, generator: Generator) -> Floats:
    """Noise of the spectrum of `residual`, (h, w, 3), where `known`. Galerne et al. 2011, random phase textures."""
    limit = 4 * float(np.median(np.abs(residual[known]))) / 0.6745 + 1e-6 if known.any() else 0.0
    used = residual[:, : size.width] * (known & (np.abs(residual).max(axis=2) < limit))[:, : size.width, None]
    count = int(np.count_nonzero(used.any(axis=2)))
    if count < 64 or float(np.sqrt((used**2).sum() / count / 3)) < 0.001:
        return np.zeros((size.height, size.width, 3), np.float32)
    shape = (fft.next_fast_len(size.height, real=True), fft.next_fast_len(size.width, real=True))
    white = fft.rfft2(generator.standard_normal(shape, np.float32))
    planes = [fft.irfft2(white * fft.rfft2(used[..., channel], shape), shape) for channel in range(3)]
    return cast(Floats, (np.stack(planes, axis=2)[: size.height, : size.width] / np.sqrt(count)).astype(np.float32))


def _dissolved(rgb: Floats, hidden: Mask, count: int) -> Floats:
    """float32 (h, count, 3): texture that dissolves into the mean colours along the edge."""
    edge = replace(
        _Edge.read(np.ascontiguousarray(rgb), hidden, lines=False, depth=0.18), rise=np.zeros((len(rgb), 3), np.float32)
    )
    fading = _fading(rgb, hidden, edge.profiles[:, 0] + edge.rest, count)
    return cast(Floats, np.clip(edge.run_on(count) + fading, 0, 1).astype(np.float32))


def _fading(rgb: Floats, hidden: Mask, profile: Floats, count: int) -> Floats:
    """float32 (h, count, 3): the mirror image of the background beside the edge less its `profile`, ever more blurred and fainter."""
    height, width = hidden.shape
    free = np.where(hidden.any(axis=1), hidden[:, ::-1].argmax(axis=1), width)
    reach = int(np.clip(np.quantile(free, 0.3), max(2, width // 16), max(3, width // 6)))
    filled = bleed(np.ascontiguousarray(rgb[:, -reach:]), (~hidden[:, -reach:]).astype(np.float32))
    wave = np.arange(count) % (2 * reach)
    mirrored = np.ascontiguousarray(filled[:, reach - 1 - np.where(wave < reach, wave, 2 * reach - 1 - wave)]) - profile[:, None]
    levels = [mirrored] + [_blurred(mirrored, share * height) for share in _SOFTNESS]
    degree = np.minimum(len(levels) - 1.001, np.arange(count) / (0.03 * height))
    lower = degree.astype(int)
    out = np.empty_like(mirrored)
    for column, (level, part) in enumerate(zip(lower, degree - lower, strict=True)):
        out[:, column] = levels[level][:, column] * (1 - part) + levels[level + 1][:, column] * part
    fainter = np.exp(-((np.arange(count, dtype=np.float32) / (_FADING * height)) ** 2))
    return cast(Floats, (out * fainter[:, None]).astype(np.float32))


def _blurred(picture: Floats, sigma: float) -> Floats:
    """Gaussian blur, wide ones at a smaller size."""
    height, width = picture.shape[:2]
    factor = max(1, int(sigma / 3))
    small = cv2.resize(picture, (max(1, width // factor), max(1, height // factor)), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small, (0, 0), max(0.5, sigma / factor), borderType=cv2.BORDER_REFLECT)
    return cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
