"""What makes a cut piece of cloth a garment: hems, waistbands, ribbing, plackets, buttons. Lengths are in body heights."""

from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pipelines.images import Floats, Mask

BUTTON = 0.0040
HEM = 0.0115
WAISTBAND = 0.0200
RIB = 0.0200
GROOVE = 0.0009


@dataclass(frozen=True, slots=True)
class Panel:
    """Pixels of one piece of cloth, and where on it they are."""

    mask: Mask
    """bool (h, w)."""
    u: Floats
    """(n,): to the right of the piece's middle, for the n pixels of the mask."""
    v: Floats
    """(n,): height above the floor."""
    from_start: Floats
    """(n,): distance from where the piece begins."""
    from_end: Floats
    """(n,): distance from its hem."""


@dataclass(frozen=True, slots=True)
class Sewn:
    """What sewing does to the n pixels of a panel."""

    height: NDArray[np.floating]
    """(n,): raised or sunk."""
    buttons: NDArray[np.floating]
    """(n,): coverage by buttons."""


def line(distance: NDArray[np.floating]) -> Floats:
    """The profile of a seam, 1 in its middle."""
    return cast(Floats, np.exp(-0.5 * (distance / GROOVE) ** 2))


def hemmed(panel: Panel) -> Floats:
    """A turned hem with a line of stitches."""
    return cast(Floats, -0.0020 * line(panel.from_end - HEM) + 0.0006 * (panel.from_end < HEM))


def ribbed(panel: Panel) -> Floats:
    """A knitted cuff."""
    inside = np.clip((RIB - panel.from_end) / 0.001, 0, 1)
    return cast(Floats, inside * 0.0010 * np.cos(panel.u * 2 * np.pi / 0.0058) - 0.0022 * line(panel.from_end - RIB))


def waistband(panel: Panel) -> Floats:
    """A band around the waist with the seam under it."""
    return cast(Floats, -0.0024 * line(panel.from_start - WAISTBAND) + 0.0008 * (panel.from_start < WAISTBAND))


def placket(panel: Panel, wide: float) -> Sewn:
    """The buttoned front of a shirt or a jacket."""
    edge = -0.0030 * line(panel.u + wide) - 0.0010 * line(panel.u - wide * 0.8) + 0.0009 * (np.abs(panel.u) < wide)
    down = (0.795 - panel.v) / 0.052
    nearest = np.hypot(panel.u, (down - np.round(down)) * 0.052)
    on_cloth = (down > 0.3) & (panel.from_end > 0.025)
    buttons = np.clip((BUTTON - nearest) / 0.0008 + 0.5, 0, 1) * on_cloth
    return Sewn(edge + 0.0022 * np.sqrt(np.clip(1 - (nearest / BUTTON) ** 2, 0, 1)) * on_cloth, buttons)


def fly(panel: Panel) -> Floats:
    """The front of trousers, and the slanted pockets beside it."""
    front = line(panel.u - 0.0015) * (panel.v > 0.515) + 0.7 * line(panel.u - 0.016 + 0.4 * np.clip(0.535 - panel.v, 0, 1)) * (
        panel.v > 0.53
    )
    slant = np.abs(panel.u) - (0.060 + 0.55 * (0.60 - panel.v))
    pockets = line(slant) * (panel.v > 0.552) * (panel.v < 0.602)
    return cast(Floats, -0.0019 * front - 0.0022 * pockets)
