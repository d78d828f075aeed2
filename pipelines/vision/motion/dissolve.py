"""From one picture to another that has nothing to do with it: a soft edge of light passes, and behind it is the other one."""

from dataclasses import dataclass

import numpy as np

from pipelines.images import Bytes, Floats
from pipelines.vision.motion.light import across, band, lit
from pipelines.vision.motion.morph import crossfaded
from pipelines.vision.motion.scene import Scene

_SECONDS = 2.2
"""From the first light at one corner to the last at the other; half as long at any place."""
_SOFT = 0.06
"""Of the frame's diagonal: how wide both pictures are seen at once."""
_GLOW = 0.95
_GLOW_WIDTH = 0.14


@dataclass(frozen=True, slots=True)
class Dissolve:
    """`count` frames: the first scene forwards, then the last one backwards, so that both are whole pictures at the ends."""

    first: Scene
    last: Scene
    angle: float
    """Radians from the x axis in which the light travels."""
    shares: Floats
    """float32 (n,) from 0, all of it the first, to 1."""

    def frame(self, number: int) -> Bytes:
        """uint8 (h, w, 4)."""
        share, count = float(self.shares[number]), len(self.shares)
        if share <= 0:
            return self.first.frame(number)
        if share >= 1:
            return self.last.frame(count - 1 - number)
        grid = self.first.stage.grid
        middle = -2 * _SOFT + share * (1 + 4 * _SOFT)
        come = np.clip((middle - across(grid.size, self.angle, grid.shape)) / (2 * _SOFT) + 0.5, 0, 1)
        weights = (come * come * (3 - 2 * come)).astype(np.float32)
        mixed = crossfaded(self.first.frame(number), self.last.frame(count - 1 - number), weights, grid)
        moment = (middle + 3 * _GLOW_WIDTH) / (1 + 6 * _GLOW_WIDTH)
        shine = _GLOW * float(np.sin(np.pi * share)) * band(grid.size, self.angle, moment, _GLOW_WIDTH, grid.shape)
        return lit(mixed, shine.astype(np.float32), (1.0, 0.97, 0.9))


def passing(count: int, rate: int) -> Floats:
    """float32 (count,): how far the light has come at each frame; it passes in the middle of a clip, in two seconds."""
    length = _SECONDS * rate / count
    share = np.clip((np.linspace(0, 1, count) - 0.5) / length + 0.5, 0, 1)
    return (share * share * (3 - 2 * share)).astype(np.float32)
