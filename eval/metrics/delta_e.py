"""Colour difference as people see it. Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula."""

from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from eval.metrics.metric import Metric, Sample
from pipelines.images import Bytes, Floats, Mask

WHITE = np.array((0.95047, 1.0, 1.08883))
"""D65 for the observer of 1931."""
TO_XYZ = np.array(((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227)))
"""From linear sRGB. IEC 61966-2-1 by way of ITU-R BT.709."""
PIECE = 1 << 15
"""Pixels at a time, so that what is between stays in the processor's cache."""
LARGEST = 120.0
"""No two colours of sRGB are further apart."""


def delta_e_2000(shown: Bytes, truth: Bytes) -> Floats:
    """float32 (h, w): the difference of uint8 (h, w, 3) sRGB pictures for each pixel; 1 is just noticeable, 0 is equal.

    >>> red = np.full((1, 1, 3), (255, 0, 0), np.uint8)
    >>> float(delta_e_2000(red, red)[0, 0])
    0.0
    """
    one, other = (each.reshape(-1, 3) for each in (truth, shown))
    found = np.empty(len(one), np.float32)
    for start in range(0, len(one), PIECE):
        piece = slice(start, start + PIECE)
        found[piece] = lab_difference(to_lab(one[piece]), to_lab(other[piece]))
    return found.reshape(truth.shape[:-1])


def to_lab(colours: Bytes) -> Floats:
    """CIELAB under D65, float32 (n, 3), of uint8 (n, 3) in sRGB.

    >>> to_lab(np.array([[255, 255, 255]], np.uint8)).round(1).tolist()
    [[100.0, -0.0, 0.0]]
    """
    xyz = cv2.LUT(colours[None], _light())[0] @ _TO_WHITE
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = root[:, 0], root[:, 1], root[:, 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1).astype(np.float32)


_TO_WHITE = np.ascontiguousarray((TO_XYZ / WHITE[:, None]).T)


@cache
def _light() -> NDArray[np.float64]:
    """Linear light of each of 256 values: in float64, since the hue of a grey is a difference of nearly equal numbers."""
    values = np.arange(256) / 255
    return np.where(values > 0.04045, ((values + 0.055) / 1.055) ** 2.4, values / 12.92)


def lab_difference(one: Floats, other: Floats) -> Floats:
    """CIEDE2000, (n,), of CIELAB colours (n, 3), with the three factors at 1."""
    first, second = (np.ascontiguousarray(each.T) for each in (one, other))
    chroma = _mean(_length(first[1], first[2]), _length(second[1], second[2]))
    wider = 1.5 - 0.5 * _of_seventh(chroma)
    a, b = (first[1] * wider, second[1] * wider), (first[2], second[2])
    chromas = _length(a[0], b[0]), _length(a[1], b[1])
    mean_chroma, grey = _mean(*chromas), chromas[0] * chromas[1] == 0
    angles = _angle(a[0], b[0]), _angle(a[1], b[1])
    turn = angles[1] - angles[0]
    turn = np.where(grey, 0, turn - _TURN * np.rint(turn / _TURN * _SHY))
    mean_angle = np.where(grey, angles[0] + angles[1], angles[0] + turn / 2)
    bulge = (first[0] + second[0]) / 2 - 50
    bulge *= bulge
    lightness = (second[0] - first[0]) / (1 + 0.015 * bulge / np.sqrt(20 + bulge))
    colour = (chromas[1] - chromas[0]) / (1 + 0.045 * mean_chroma)
    hue = 2 * np.sqrt(chromas[0] * chromas[1]) * np.sin(turn / 2) / (1 + 0.015 * mean_chroma * _hue_weight(mean_angle))
    crossed = _rotation(mean_angle, mean_chroma) * colour * hue
    return cast(Floats, np.sqrt(np.maximum(lightness**2 + colour**2 + hue**2 + crossed, 0)))


_TURN = np.float32(2 * np.pi)
_SHY = np.float32(1 - 1e-6)
"""Half a turn is rounded to none, as the paper has it for colours that are exactly opposite."""


def _angle(a: Floats, b: Floats) -> Floats:
    """0 to a whole turn: which of two means opposite hues have depends on it."""
    found = np.arctan2(b, a)
    return cast(Floats, found + _TURN * (found < 0))


def _mean(one: Floats, other: Floats) -> Floats:
    return cast(Floats, (one + other) / 2)


def _length(a: Floats, b: Floats) -> Floats:
    return cast(Floats, np.sqrt(a * a + b * b))


def _of_seventh(chroma: Floats) -> Floats:
    cubed = chroma * chroma * chroma
    seventh = cubed * cubed * chroma
    return cast(Floats, np.sqrt(seventh / (seventh + np.float32(25.0**7))))


def _hue_weight(angle: Floats) -> Floats:
    cosines = (0.17, 1, 30), (-0.24, 2, 0), (-0.32, 3, -6), (0.20, 4, 63)
    return cast(Floats, 1 - sum(height * np.cos(times * angle - np.float32(np.radians(at))) for height, times, at in cosines))


def _rotation(angle: Floats, chroma: Floats) -> Floats:
    """The term that turns ellipses of blue."""
    from_blue = np.degrees(angle) - 275
    from_blue += 360 * (from_blue < -180)
    spread = np.exp(-((from_blue / 25) ** 2)) * np.float32(np.radians(60))
    return -2 * _of_seventh(chroma) * np.sin(spread)


def mean_delta_e(shown: Bytes, truth: Bytes, mask: Mask) -> float:
    """Mean difference within `mask` (h, w); not a number where the mask is empty."""
    return float(delta_e_2000(shown[mask], truth[mask]).mean(dtype=np.float64)) if mask.any() else float("nan")


def median_delta_e(shown: Bytes, truth: Bytes, shown_mask: Mask, truth_mask: Mask) -> float:
    """Difference between the median colours of two regions that need not overlap; not a number where one is empty."""
    if not (shown_mask.any() and truth_mask.any()):
        return float("nan")
    one, other = median_colour(shown[shown_mask]), median_colour(truth[truth_mask])
    return float(delta_e_2000(one[None], other[None])[0])


def median_colour(colours: Bytes) -> Bytes:
    """uint8 (3,): the median of each channel of (n, 3)."""
    return np.asarray(np.round(np.median(colours, axis=0)), dtype=np.uint8)


def softened(picture: Bytes, share: float) -> Bytes:
    """Blurred by a Gaussian whose deviation is `share` of the longer side, so that a stripe a little off isn't all that counts."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.3, share * max(picture.shape[:2]))), dtype=np.uint8)


def _measure(sample: Sample) -> float:
    return float(delta_e_2000(sample.shown, sample.target).mean(dtype=np.float64))


METHOD = {"colour": "sRGB, 8 bits, to CIELAB under D65, 2 degrees", "resize": "area, to the truth's frame"}
METRIC = Metric(
    name="delta_e",
    title="ΔE2000",
    group="picture",
    better="lower",
    range=(0.0, LARGEST),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.3,
    source="Sharma, Wu and Dalal 2005, The CIEDE2000 color-difference formula",
    method={**METHOD, "summary": "mean"},
    sees=frozenset({"blur", "hue", "garment"}),
    perfect=0.0,
    symmetric=True,
    digits=2,
)
