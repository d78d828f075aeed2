"""Light that passes over a picture. It lifts the middle tones, so that black stays black and white stays white."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from pipelines.images import Bytes, Floats
from pipelines.sizes import Size
from pipelines.vision.motion.brief import Brief
from pipelines.vision.motion.camera import FPS, eased

_GLOW = {"asked": 0.62, "unasked": 0.26}
_WIDTH = 0.2
"""Of the frame's diagonal: how soft the edge of passing light is."""
_FLICKER = 0.16
_WARM = (1.12, 0.92, 0.55)
"""Strength in red, green and blue of the light of an evening."""
_DIVISOR = 12
"""How much coarser than the frame a field of light is."""
_TONES = np.rint(4 * np.arange(256) / 255 * (1 - np.arange(256) / 255) * 255).astype(np.uint8)
"""How much each tone takes of the light: nothing at both ends."""


@dataclass(frozen=True, slots=True)
class Light:
    """Light over the n frames of a clip."""

    strength: Floats
    """float32 (n,): of all of the picture."""
    sweep: Floats
    """float32 (n,): where the middle of the passing light is, from 0, not yet in the picture, to 1, no longer."""
    glow: float
    angle: float
    """Radians from the x axis in which it travels."""
    colour: tuple[float, float, float]

    def on(self, rgba: Bytes, frame: int) -> Bytes:
        """uint8 (h, w, 4) lit as in that frame; the picture itself where there is no light."""
        height, width = rgba.shape[:2]
        gain = self._gain(Size(width, height), frame)
        if not np.any(np.abs(gain) > 1e-3):
            return rgba
        return lit(rgba, gain, self.colour)

    def _gain(self, size: Size, frame: int) -> Floats:
        rows, columns = -(-size.height // _DIVISOR), -(-size.width // _DIVISOR)
        gain = np.full((rows, columns), self.strength[frame], np.float32)
        if self.glow:
            gain += self.glow * band(size, self.angle, float(self.sweep[frame]), _WIDTH, (rows, columns))
        return gain


def light_of(brief: Brief, product: bool, count: int, rng: np.random.Generator) -> Light | None:
    """The light that a brief asks for, or a faint sweep over a product, which has nothing else that moves. None: no light."""
    angle = float(rng.uniform(0.15, 0.5)) + (0 if rng.random() < 0.5 else np.pi)
    none, colour = np.zeros(count, np.float32), _WARM if brief.warm else (1.0, 1.0, 1.0)
    if brief.light == "flicker":
        return Light(_flickering(count, brief.loop, rng), none, 0.0, angle, colour)
    if brief.light == "none" and (not product or "static" in brief.moves):
        return None
    glow = _GLOW["asked" if brief.light != "none" else "unasked"]
    way = np.arange(count, dtype=np.float32) / np.float32(count) if brief.loop else eased(count)
    return Light(none, way, glow, angle, colour)


def band(size: Size, angle: float, moment: float, width: float, shape: tuple[int, int]) -> Floats:
    """float32 of `shape`, 0 to 1: a soft band across a picture of `size`, out of it at moments 0 and 1."""
    along = across(size, angle, shape)
    middle = -3.0 * width + moment * (1 + 6.0 * width)
    return cast(Floats, np.exp(-(((along - middle) / width) ** 2)).astype(np.float32))


def across(size: Size, angle: float, shape: tuple[int, int]) -> Floats:
    """float32 of `shape`: 0 to 1 from one corner of a picture of `size` to the opposite one, in the direction of `angle`."""
    y, x = np.mgrid[0 : 1 : shape[0] * 1j, 0 : 1 : shape[1] * 1j].astype(np.float32)
    along = x * size.width * np.cos(angle) + y * size.height * np.sin(angle)
    return np.asarray((along - along.min()) / max(1e-6, float(np.ptp(along))), np.float32)


def lit(rgba: Bytes, gain: Floats, colour: tuple[float, float, float]) -> Bytes:
    """uint8 (h, w, 4) with x + gain * colour * x * (1 - x); `gain` is coarse and of either sign, alpha stays."""
    height, width = rgba.shape[:2]
    tones = cv2.LUT(rgba, _TONES)
    size = (width, height)
    weights = np.array((*colour, 0), np.float32) / 4
    out = rgba
    for sign, add in ((1, cv2.add), (-1, cv2.subtract)):
        part = np.clip(sign * gain, 0, None)
        if float(part.max()) < 1e-3:
            continue
        strength = np.clip(part[..., None] * weights * 255 * 2, 0, 255).astype(np.uint8)
        full = cv2.resize(strength, size, interpolation=cv2.INTER_LINEAR)
        out = cast(Bytes, add(out, cv2.multiply(tones, full, scale=1 / 510)))
    return out


def _flickering(count: int, loop: bool, rng: np.random.Generator) -> Floats:
    """Slow, irregular, dark and bright in turn; nothing at the first frame."""
    turn = 2 * np.pi * np.arange(count) / count
    length = count / FPS
    total = np.zeros(count)
    for hertz, strength in ((0.9, 1.0), (2.1, 0.6), (3.4, 0.35)):
        cycles = max(1, round(hertz * length * float(rng.uniform(0.85, 1.15))))
        phase = rng.uniform(0, 2 * np.pi)
        total += strength * (np.sin(cycles * turn + phase) - np.sin(phase))
    begun = np.ones(count) if loop else np.clip(np.arange(count) / FPS, 0, 1)
    return (_FLICKER * total * begun).astype(np.float32)
