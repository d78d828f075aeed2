"""What is decided when a request leaves it open, and why: resolution, generation mode, aspect ratio, size."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pipelines.sizes import MAX_RATIO, Mode, Size, Tier, nearest_tier, ratio_of, size_for
from workbench.errors import InvalidInput, Problem
from workbench.tools.base import Decisions, Facts, Reason, Request, Tool

Value = TypeVar("Value")

VIDEO_SHORT_SIDE = {"480p": 480, "720p": 720, "1080p": 1080}
SAME_RATIO = 0.02
"""Relative difference under which two aspect ratios count as the same, as in the hosted API's Reframe."""


@dataclass(frozen=True, slots=True)
class Decided(Generic[Value]):
    """A value and, where it was not asked for, the reason for it."""

    value: Value
    reason: Reason | None = None


def tier_of(tool: Tool, asked: str, facts: Facts) -> Decided[Tier]:
    """The asked tier, or the one nearest to the primary picture's pixel count, or 1K without a picture."""
    if asked != "auto":
        return Decided(Tier(asked))
    primary = facts.first(*tool.primary)
    if primary is None:
        missing = "there is no input picture" if not tool.primary else "there is no picture yet"
        return Decided(Tier.K1, Reason("resolution", f"1K, because {missing}."))
    tier = nearest_tier(primary.pixels)
    megapixels = f"{primary.pixels / 1e6:.1f} megapixels"
    return Decided(tier, Reason("resolution", f"{tier.upper()}, the tier nearest to the picture's {megapixels}."))


def mode_of(tool: Tool, asked: str, tier: Tier, facts: Facts) -> Decided[Mode]:
    """The asked mode; else Balanced at 2K and above, for Try-On and for several pictures, else Fast; never Quality."""
    if asked != "auto":
        return Decided(Mode(asked))
    if Mode.FAST not in tool.modes:
        return Decided(Mode.BALANCED, Reason("generation_mode", f"Balanced, because {tool.title} gains from it."))
    if facts.count > 1:
        return Decided(Mode.BALANCED, Reason("generation_mode", f"Balanced, because there are {facts.count} input pictures."))
    if tier != Tier.K1:
        return Decided(Mode.BALANCED, Reason("generation_mode", f"Balanced, because the output is {tier.upper()}."))
    return Decided(Mode.FAST, Reason("generation_mode", "Fast, because one picture at 1K needs no more."))


def ratio_for(tool: Tool, asked: str | None, facts: Facts) -> Decided[float]:
    """The asked aspect ratio, else that of the first picture that hands one down, else the tool's own."""
    if asked is not None:
        return Decided(float(ratio_of(asked)))
    for name in tool.ratio_from:
        source = facts.first(name)
        if source is not None:
            _check_ratio(name, source)
            text = f"{source} pixels, as in the {name.removesuffix('s').replace('_', ' ')}"
            return Decided(source.ratio, Reason("aspect_ratio", f"The ratio of {text}."))
    return Decided(float(ratio_of(tool.default_ratio)), Reason("aspect_ratio", f"{tool.default_ratio}, this tool's own."))


def _check_ratio(field: str, size: Size) -> None:
    if not 1 / MAX_RATIO <= size.ratio <= MAX_RATIO:
        raise InvalidInput(
            Problem(field, f"is {size} pixels; pictures up to {MAX_RATIO:.0f}:1 can be worked on, so crop it first")
        )


def decide_image(tool: Tool, request: Request, facts: Facts) -> Decisions:
    """The rules of a tool that makes pictures of a chosen tier and ratio."""
    tier = tier_of(tool, getattr(request, "resolution", "auto"), facts)
    mode = mode_of(tool, getattr(request, "generation_mode", "auto"), tier.value, facts)
    asked = getattr(request, "aspect_ratio", None)
    ratio = ratio_for(tool, asked, facts)
    size = size_for(tier.value, ratio.value)
    reasons = [tier.reason, mode.reason, ratio.reason if "aspect_ratio" in type(request).model_fields else None]
    return _decisions(request, tier.value.value, mode.value, size, reasons)


def decide_reframe(tool: Tool, request: Any, facts: Facts) -> Decisions:
    """As other pictures; a picture that already has the ratio is refused."""
    source = facts.first("image")
    wanted = float(ratio_of(request.aspect_ratio))
    if source is not None and abs(source.ratio / wanted - 1) <= SAME_RATIO:
        raise InvalidInput(
            Problem("aspect_ratio", f"the picture is {request.aspect_ratio} already ({source}); choose another, or use Upscale")
        )
    if source is not None:
        _check_ratio("image", source)
    return decide_image(tool, request, facts)


def decide_same_size(tool: Tool, request: Any, facts: Facts) -> Decisions:
    """The picture's own size, brought down to the tool's highest tier where it is larger, which the reasons say."""
    source = facts.first("image")
    size, reasons = _capped(tool, source, 1)
    tier = nearest_tier(size.pixels) if size is not None else Tier.K1
    mode = mode_of(tool, request.generation_mode, tier, facts)
    return _decisions(request, tier.value, mode.value, size, [*reasons, mode.reason])


def decide_upscale(tool: Tool, request: Any, facts: Facts) -> Decisions:
    """The picture's size times the factor, brought down to 4K where it would be larger, which the reasons say."""
    source = facts.first("image")
    factor = {"2x": 2, "4x": 4, "enhance": 1}[request.factor]
    size, reasons = _capped(tool, source, factor)
    if source is not None and size is not None and factor > 1 and size.pixels <= source.pixels:
        raise InvalidInput(Problem("factor", f"the picture is {source} already and 4K is the limit; use enhance instead"))
    tier = nearest_tier(size.pixels) if size is not None else Tier.K1
    mode = mode_of(tool, request.generation_mode, tier, facts)
    return _decisions(request, tier.value, mode.value, size, [*reasons, mode.reason])


def _capped(tool: Tool, source: Size | None, factor: int) -> tuple[Size | None, list[Reason | None]]:
    if source is None:
        return None, [Reason("resolution", "Follows from the picture; there is none yet.")]
    _check_ratio("image", source)
    wanted = Size(source.width * factor, source.height * factor)
    limit = tool.max_tier.pixels
    if wanted.pixels <= limit:
        return wanted, []
    scale = (limit / wanted.pixels) ** 0.5
    size = Size(int(wanted.width * scale), int(wanted.height * scale))
    text = f"{tool.title} works up to {tool.max_tier.upper()}: the output is {size} instead of {wanted}."
    return size, [Reason("resolution", text)]


def decide_video(tool: Tool, request: Any, facts: Facts) -> Decisions:
    """Short side by the resolution, the picture's ratio, even sides; an end image needs 1080p."""
    if request.end_image is not None and request.resolution != "1080p":
        raise InvalidInput(Problem("resolution", "an end image needs 1080p; choose 1080p or leave the end image out"))
    source = facts.first("image")
    size = None
    if source is not None:
        _check_ratio("image", source)
        size = _video_size(VIDEO_SHORT_SIDE[request.resolution], source.ratio)
    return _decisions(request, request.resolution, Mode.BALANCED, size, [])


def _video_size(short: int, ratio: float) -> Size:
    long = round(short * max(ratio, 1 / ratio) / 2) * 2
    return Size(long, short) if ratio >= 1 else Size(short, long)


def _decisions(request: Request, resolution: str, mode: Mode, size: Size | None, reasons: list[Reason | None]) -> Decisions:
    return Decisions(
        resolution=resolution,
        mode=mode,
        size=size,
        num_images=getattr(request, "num_images", 1),
        face_reference=getattr(request, "face_reference", None) is not None,
        duration=getattr(request, "duration", 0),
        reasons=tuple(each for each in reasons if each is not None),
    )
