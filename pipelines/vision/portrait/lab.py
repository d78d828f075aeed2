"""Colours in CIE L*a*b*, one at a time and by the picture."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipelines.images import Floats, Mask


@dataclass(frozen=True, slots=True)
class Lab:
    """A colour in CIE L*a*b* (D65)."""

    light: float
    a: float
    b: float

    @property
    def chroma(self) -> float:
        return float(np.hypot(self.a, self.b))

    def muted(self, most: float) -> "Lab":
        """Of the same hue and at most that chroma."""
        share = min(1.0, most / max(self.chroma, 1e-6))
        return Lab(self.light, share * self.a, share * self.b)

    def distance(self, other: "Lab") -> float:
        """CIE 1976."""
        return float(np.linalg.norm(np.subtract((self.light, self.a, self.b), (other.light, other.a, other.b))))

    def towards(self, other: "Lab", share: float) -> "Lab":
        mixed = np.add(np.multiply((self.light, self.a, self.b), 1 - share), np.multiply((other.light, other.a, other.b), share))
        return Lab(*(float(value) for value in mixed))


def lab_of(rgb: Floats) -> Floats:
    """float32 (h, w, 3) sRGB in [0, 1] to L*a*b*."""
    return cv2.cvtColor(np.ascontiguousarray(rgb, dtype=np.float32), cv2.COLOR_RGB2LAB).astype(np.float32, copy=False)


def rgb_of(lab: Floats) -> Floats:
    """And back, clipped."""
    return np.clip(cv2.cvtColor(np.ascontiguousarray(lab, dtype=np.float32), cv2.COLOR_LAB2RGB), 0, 1).astype(
        np.float32, copy=False
    )


def tone_of(lab: Floats, where: Mask) -> Lab | None:
    """The main colour of a region, from its lit half; None where there is too little of it."""
    if np.count_nonzero(where) < 40:
        return None
    sample = lab[where]
    lit = sample[sample[:, 0] >= np.median(sample[:, 0])]
    return Lab(*(float(value) for value in np.median(lit, axis=0)))
