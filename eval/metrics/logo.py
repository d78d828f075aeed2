"""Whether what is printed on the product can be seen on the garment, found by its pixels, without reading it."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from eval.errors import Unscored
from eval.metrics.delta_e import delta_e_2000, median_colour
from eval.metrics.garment_delta_e import region_of
from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Floats, Mask, resized
from pipelines.sizes import Size

STANDS_OUT = 15.0
"""ΔE2000 from the cloth's main colour."""
LEAST, LARGEST = 0.003, 0.35
"""Shares of the product that a print covers."""
WIDEST = 0.8
"""Share of the product's width up to which it is a print and no stripe."""
OPEN = 3
"""Pieces that may reach the product's outline: the inside of a neck, a placket; more are a pattern."""
CRUMB = 0.0005
"""Share of the product below which a piece is none."""
TOGETHER = 0.7
"""Share of all that stands out that lies in one print; less is a pattern."""
SCALES = tuple(float(each) for each in np.geomspace(0.6, 1.5, 13))
"""Of the print's size against what the garment's width makes expect."""
SIDE = 320
"""Longer side of the searched region, in pixels."""


@dataclass(frozen=True, slots=True)
class Print:
    """What stands out by itself from a product's cloth."""

    rgb: Bytes
    """uint8 (h, w, 3): its box with a little cloth around it."""
    width: float
    """Of that box in shares of the product's width."""


def find_print(product: Bytes, alpha: Floats) -> Print | None:
    """The print of a product, uint8 (h, w, 3) with its matte; None where nothing stands out, or a pattern all over does.

    >>> shirt = np.full((100, 100, 3), 200, np.uint8)
    >>> shirt[40:60, 30:70:2] = 20
    >>> round(find_print(shirt, np.ones((100, 100), np.float32)).width, 1)
    0.5
    """
    inside = alpha > 0.9
    if not inside.any():
        return None
    pieces = _pieces(product, inside)
    if not pieces.loose.any() or pieces.open > OPEN:
        return None
    joined = cv2.morphologyEx(pieces.loose.astype(np.uint8), cv2.MORPH_CLOSE, _square(0.04 * max(product.shape[:2])))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
    best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    left, top, width, height, area = (int(each) for each in stats[best])
    columns = np.flatnonzero(inside.any(axis=0))
    whole = float(columns[-1] - columns[0] + 1)
    together = pieces.loose[labels == best].sum() >= TOGETHER * pieces.loose.sum()
    if not LEAST < area / inside.sum() < LARGEST or width > WIDEST * whole or not together:
        return None
    edge = max(2, round(0.1 * max(width, height)))
    box = np.s_[max(0, top - edge) : top + height + edge, max(0, left - edge) : left + width + edge]
    return Print(np.ascontiguousarray(product[box]), product[box].shape[1] / whole)


@dataclass(frozen=True, slots=True)
class _Pieces:
    """What differs from the cloth's main colour."""

    loose: Mask
    """(h, w): all around it there is cloth."""
    open: int
    """How many others reach the outline."""


def _pieces(product: Bytes, inside: Mask) -> _Pieces:
    side = max(product.shape[:2])
    inner = cv2.erode(inside.astype(np.uint8), _square(0.02 * side), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    main = np.broadcast_to(median_colour(product[inside]), product.shape)
    out = (delta_e_2000(product, main) > STANDS_OUT) & inner
    _, labels, stats, _ = cv2.connectedComponentsWithStats(out.astype(np.uint8))
    deep = cv2.erode(inside.astype(np.uint8), _square(0.05 * side), borderType=cv2.BORDER_CONSTANT, borderValue=0) > 0
    reaching = np.unique(labels[out & ~deep])
    large = stats[reaching, cv2.CC_STAT_AREA] > CRUMB * inside.sum()
    return _Pieces(out & ~np.isin(labels, reaching), int(large.sum()))


def _square(side: float) -> Bytes:
    return np.ones((2 * round(side / 2) + 1,) * 2, np.uint8)


def print_seen(shown: Bytes, region: Mask, wanted: Print) -> float:
    """-1 to 1: best normalised correlation of the print with any place of uint8 (h, w, 3) in `region`, over scales."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    part = np.where(region[..., None], shown, median_colour(shown[region]))[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = SIDE / max(part.shape[:2])
    area = resized(np.ascontiguousarray(part), Size(*(max(8, round(side * scale)) for side in part.shape[1::-1])))
    return max((_match(area, wanted, each) for each in SCALES), default=-1.0)


def _match(area: Bytes, wanted: Print, scale: float) -> float:
    """-1 where the print is larger than the area, or so small that anything looks like it."""
    width = round(wanted.width * area.shape[1] * scale)
    height = round(width * wanted.rgb.shape[0] / wanted.rgb.shape[1])
    if min(width, height) < 6 or width > area.shape[1] or height > area.shape[0]:
        return -1.0
    template = cast(Bytes, cv2.resize(wanted.rgb, (width, height), interpolation=cv2.INTER_AREA))
    found = cv2.matchTemplate(area, template, cv2.TM_CCOEFF_NORMED)
    return float(np.clip(found, -1, 1).max())


def print_of(sample: Sample) -> Print:
    """The product's print. Raises Unscored where it has none."""
    product, alpha = sample.truth.product, sample.truth.product_alpha
    found = None if product is None or alpha is None else find_print(product, alpha)
    if found is None:
        raise Unscored("the product has no print that stands out by itself")
    return found


def _measure(sample: Sample) -> float:
    return print_seen(sample.shown, region_of(sample), print_of(sample))


METRIC = Metric(
    name="logo_similarity",
    title="print found again",
    group="garment",
    better="higher",
    range=(-1.0, 1.0),
    needs=frozenset({"product", "product_alpha", "region"}),
    measure=_measure,
    margin=0.03,
    source="Normalised cross-correlation, Lewis 1995, Fast normalized cross-correlation; over shifts and scales",
    method={
        "scales": f"{len(SCALES)} from {SCALES[0]:g} to {SCALES[-1]:g}",
        "resize": f"area, region to {SIDE} pixels",
        "colour": "sRGB, 8 bits, all channels",
    },
    libraries=("numpy", "opencv-python-headless"),
    sees=frozenset({"garment"}),
)
