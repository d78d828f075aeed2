"""Price lists, as data, and how a tool's price is read from one.

Both lists follow the hosted product's published prices (its pages "App Subscription Plans" and "API On-Demand &
Commitment Tiers", read in November 2026): credits per output, images by mode and tier, videos by duration and resolution.
Tools that the API doesn't sell (Face Swap, Upscale, Create Face) cost there what they cost in the app; Packshot is priced
like the other image tools in both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class TariffName(StrEnum):
    APP = "app"
    API = "api"


@dataclass(frozen=True, slots=True)
class Tariff:
    """Credits per output."""

    name: TariffName
    images: Mapping[str, Mapping[str, int]]
    """Mode, then tier."""
    face_reference: int
    """Added to an image that follows a face reference."""
    videos: Mapping[int, Mapping[str, int]]
    """Seconds, then resolution."""


VIDEOS = {5: {"480p": 1, "720p": 3, "1080p": 6}, 10: {"480p": 2, "720p": 6, "1080p": 12}}

TARIFFS: Mapping[TariffName, Tariff] = {
    TariffName.APP: Tariff(
        name=TariffName.APP,
        images={
            "fast": {"1k": 1, "2k": 1, "4k": 1},
            "balanced": {"1k": 1, "2k": 1, "4k": 2},
            "quality": {"1k": 1, "2k": 2, "4k": 3},
        },
        face_reference=2,
        videos=VIDEOS,
    ),
    TariffName.API: Tariff(
        name=TariffName.API,
        images={
            "fast": {"1k": 1, "2k": 2, "4k": 3},
            "balanced": {"1k": 2, "2k": 3, "4k": 4},
            "quality": {"1k": 3, "2k": 4, "4k": 5},
        },
        face_reference=3,
        videos=VIDEOS,
    ),
}


class Price(Protocol):
    """How a tool reads its price from a tariff."""

    def credits(self, tariff: Tariff, *, resolution: str, mode: str, face_reference: bool, duration: int) -> int:
        """Credits for one output."""


@dataclass(frozen=True, slots=True)
class ImagePrice:
    """By mode and tier, more with a face reference."""

    def credits(self, tariff: Tariff, *, resolution: str, mode: str, face_reference: bool, duration: int) -> int:
        return tariff.images[mode][resolution] + (tariff.face_reference if face_reference else 0)


@dataclass(frozen=True, slots=True)
class FixedPrice:
    """The same in every tariff, mode and tier."""

    each: int

    def credits(self, tariff: Tariff, *, resolution: str, mode: str, face_reference: bool, duration: int) -> int:
        return self.each


@dataclass(frozen=True, slots=True)
class VideoPrice:
    """By duration and resolution."""

    def credits(self, tariff: Tariff, *, resolution: str, mode: str, face_reference: bool, duration: int) -> int:
        return tariff.videos[duration][resolution]
