"""Planted degradations of a perfect answer, and which metrics fail to notice them.

A metric whose `sees` names a degradation has to rank it below the perfect answer; one that doesn't is flagged, because what it
says of engines is then worth nothing. "Copy" is what a lazy engine would answer.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import cast

import cv2
import numpy as np

from eval.runs.manifest import Told
from eval.runs.results import ENGINE, Results
from eval.runs.row import Row
from eval.suites.case import Case
from pipelines.engine import Output
from pipelines.images import Bytes, Floats, Mask, alpha_of, blurred, picture, pixels, resized, to_bytes, to_float
from pipelines.sizes import Size
from workbench.tools.base import Tool

PERFECT, COPY = "perfect", "copy"
WAYS = (PERFECT, "blur", "blur more", "hue", "hue more", "garment", "erode", COPY)
BLUR = {"blur": 0.004, "blur more": 0.012}
"""Sigma as a share of the frame's longer side."""
HUE = {"hue": 12.0, "hue more": 30.0}
"""How far colours move in the plane of a* and b* of CIELAB."""
ERODE = 0.006
"""Width of what a matte loses, as a share of the frame's longer side."""
STRIPES = 16
"""Stripes of the wrong garment across the frame."""
CHROMA = 45.0
"""How colourful the wrong garment is, in CIELAB."""
ENOUGH = 0.8
"""Share of cases in which a metric has to rank a degradation below the perfect answer."""


@dataclass(frozen=True, slots=True)
class Planted:
    """A perfect answer, or one that was spoilt on purpose."""

    way: str
    output: Output


@dataclass(frozen=True, slots=True)
class Flag:
    """A metric that doesn't see what it has to see, with the pair that it ranks wrongly."""

    tool: str
    metric: str
    better: str
    """The way that has to be ranked above `worse`."""
    worse: str
    cases: int
    share: float
    """Of cases ranked rightly; a tie is wrong."""
    median: float
    """Of better minus worse, growing with quality; at most 0 where most cases are ranked wrongly."""

    @property
    def text(self) -> str:
        """What is wrong, in one sentence."""
        right = round(self.share * self.cases)
        return f"ranks “{self.worse}” below “{self.better}” in {right} of {self.cases} cases only, so don't rely on it here."


def planted(case: Case, tool: Tool, first: Callable[[], Output | None]) -> tuple[Planted, ...]:
    """Every control of a case that makes sense for it, the perfect answer first.

    The perfect answer is the truth's target, with the truth's alpha where the tool cuts out; where nobody knows it, `first()`,
    the first output of an engine, stands for it. Nothing comes where there is neither.
    """
    perfect = perfect_of(case) or first()
    if perfect is None:
        return ()
    spoilt = {way: _video(way, perfect) if perfect.video else _still(way, perfect, case, tool) for way in WAYS[1:]}
    return (Planted(PERFECT, perfect), *(Planted(way, output) for way, output in spoilt.items() if output is not None))


def perfect_of(case: Case) -> Output | None:
    """The right answer as an output; None where the truth doesn't tell it."""
    truth = case.truth
    if truth.alpha is not None and _cuts_out(case):
        colours = truth.before if truth.target is None else from_white(truth.target, truth.alpha)
        return None if colours is None else Output(picture(colours, truth.alpha))
    return None if truth.target is None or case.tool == "image-to-video" else Output(picture(truth.target))


def flags(results: Results, enough: float = ENOUGH) -> tuple[Flag, ...]:
    """Metrics that rank a planted degradation wrongly, by tool, in the order of the metrics."""
    controls: dict[str, dict[str, dict[str, Row]]] = {}
    for row in results.rows:
        if row.way != ENGINE:
            controls.setdefault(row.tool, {}).setdefault(row.case, {})[row.way] = row
    found = []
    for tool, cases in controls.items():
        for metric in results.manifest.metrics:
            found += [flag for pair in _pairs(metric) if (flag := _judged(tool, metric, pair, list(cases.values()), enough))]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Pair:
    better: str
    worse: str


def _pairs(metric: Told) -> Iterator[_Pair]:
    """Each degradation that it sees below the perfect answer, and more of it below less."""
    for way in WAYS:
        if way in metric.sees:
            yield _Pair(PERFECT, way)
            more = f"{way} more"
            if more in WAYS:
                yield _Pair(PERFECT, more)
                yield _Pair(way, more)


def _judged(tool: str, metric: Told, pair: _Pair, cases: Sequence[dict[str, Row]], enough: float) -> Flag | None:
    gains = [
        metric.sign * (case[pair.better].scores[metric.name] - case[pair.worse].scores[metric.name])
        for case in cases
        if all(way in case and metric.name in case[way].scores for way in (pair.better, pair.worse))
    ]
    if not gains:
        return None
    share = sum(gain > 0 for gain in gains) / len(gains)
    flag = Flag(tool, metric.name, pair.better, pair.worse, len(gains), share, median(gains))
    return None if share >= enough and flag.median > 0 else flag


def _cuts_out(case: Case) -> bool:
    return case.tool == "background-remove" and not case.values.get("color")


def _still(way: str, perfect: Output, case: Case, tool: Tool) -> Output | None:
    if way == COPY:
        return _copy(perfect, case, tool)
    own, alpha = pixels(perfect.image.convert("RGB")), alpha_of(perfect.image)
    size = Size(*perfect.image.size)
    region = _region(case, size)
    if alpha is not None:
        if way in BLUR:
            return _with(perfect, own, blurred(alpha, _sigma(way, size)))
        if way == "erode":
            return _with(perfect, own, eroded(alpha, max(1, round(ERODE * max(size.width, size.height)))))
    spoilt = _spoiler(way, size, region)
    return None if spoilt is None else _with(perfect, spoilt(own), alpha)


def _video(way: str, perfect: Output) -> Output | None:
    """Blurred or recoloured frames, and for the copy the first one, frozen; the other ways make no sense in a video."""
    from eval.metrics.frames import frames_of
    from pipelines.vision.motion.encode import encode

    frames, size = frames_of(perfect.video or b""), Size(*perfect.image.size)
    if way == COPY:
        shown = [frames[0]] * len(frames)
    elif way in ("blur", "hue"):
        shown = [spoilt(each) for each in frames] if (spoilt := _spoiler(way, size, None)) else []
    else:
        return None
    video = encode((_opaque(each) for each in shown), size)
    return replace(perfect, image=picture(shown[0]), video=video)


def _spoiler(way: str, size: Size, region: Mask | None) -> Callable[[Bytes], Bytes] | None:
    if way in BLUR:
        return partial(smeared, sigma=_sigma(way, size))
    if way in HUE:
        return partial(recoloured, distance=HUE[way], region=region)
    if way == "garment" and region is not None:
        return partial(striped, region=region)
    return None


def _copy(perfect: Output, case: Case, tool: Tool) -> Output | None:
    """The picture that was given, stretched into the frame, opaque; None where none was given."""
    fields = [name for name in (*tool.primary, *tool.image_fields()) if case.pictures.get(name)]
    if not fields:
        return None
    given = resized(pixels(case.pictures[fields[0]][0]), Size(*perfect.image.size))
    return Output(picture(given))


def _region(case: Case, size: Size) -> Mask | None:
    region = case.truth.region
    if region is None or not region.any():
        return None
    return np.asarray(resized(region.astype(np.float32), size) > 0.5)


def smeared(rgb: Bytes, sigma: float) -> Bytes:
    """uint8 (h, w, 3) after a Gaussian of `sigma` pixels."""
    return to_bytes(blurred(to_float(rgb), sigma))


def recoloured(rgb: Bytes, distance: float, region: Mask | None = None) -> Bytes:
    """uint8 (h, w, 3) with all colours moved by `distance` in a* and b*, greys too, within `region` or everywhere."""
    lab = _lab(rgb)
    lab[..., 1:] += np.float32(distance) * _AWAY
    return _within(rgb, _rgb(lab), region)


def striped(rgb: Bytes, region: Mask) -> Bytes:
    """uint8 (h, w, 3) with another garment in `region`: its light and shade, stripes of colours far from its own."""
    lab = _lab(rgb)
    own = lab[region][:, 1:].mean(axis=0)
    norm = float(np.hypot(*own))
    away = -own / norm if norm > 1 else _AWAY
    turned = np.array((-away[1], away[0]), np.float32)
    wide = max(2, max(rgb.shape[:2]) // STRIPES)
    stripe = (np.add.outer(np.arange(rgb.shape[0]), np.arange(rgb.shape[1])) // wide % 2)[..., None]
    lab[..., 1:] = CHROMA * np.where(stripe == 0, away, turned)
    return _within(rgb, _rgb(lab), region)


def from_white(rgb: Bytes, alpha: Floats) -> Bytes:
    """uint8 (h, w, 3) that gives `rgb` again when it is laid on white by `alpha`; as it is where it lies on no white."""
    outside = rgb[alpha == 0]
    if not outside.size or outside.min() < 255:
        return rgb
    share = np.maximum(alpha, np.float32(1 / 255))[..., None]
    return to_bytes(np.clip(1 - (1 - to_float(rgb)) / share, 0, 1).astype(np.float32))


def eroded(alpha: Floats, width: int) -> Floats:
    """float32 (h, w) whose edge lies `width` pixels further in."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * width + 1, 2 * width + 1))
    return cast(Floats, cv2.erode(alpha, kernel, borderType=cv2.BORDER_REPLICATE))


_AWAY = np.array((0.6, 0.8), np.float32)
"""The direction in a* and b* in which hues are shifted: towards orange."""


def _sigma(way: str, size: Size) -> float:
    return BLUR[way] * max(size.width, size.height)


def _lab(rgb: Bytes) -> Floats:
    return cast(Floats, cv2.cvtColor(to_float(rgb), cv2.COLOR_RGB2Lab))


def _rgb(lab: Floats) -> Bytes:
    return to_bytes(np.clip(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB), 0, 1).astype(np.float32))


def _within(rgb: Bytes, changed: Bytes, region: Mask | None) -> Bytes:
    return changed if region is None else np.where(region[..., None], changed, rgb)


def _with(perfect: Output, rgb: Bytes, alpha: Floats | None) -> Output:
    return replace(perfect, image=picture(rgb, alpha))


def _opaque(rgb: Bytes) -> Bytes:
    return np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
