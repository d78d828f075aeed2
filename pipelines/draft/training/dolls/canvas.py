"""A depth buffer on which tubes are painted: what is nearest to the viewer stays, with its label and its place on the tube."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.images import Bytes, Floats, Mask

Array = NDArray[np.float64]
Keep = Callable[[Floats, Floats], Mask]
"""Of (along 0 to 1, across -1 to 1): where a tube is; elsewhere it is cut away, as at a neckline."""
FAR = -1e6


@dataclass(frozen=True, slots=True)
class Tube:
    """A generalised cylinder in pixels of the picture; z runs towards the viewer."""

    axis: Array
    """float64 (n, 3)."""
    wide: Array
    """float64 (n,): half width in the picture."""
    deep: Array
    """Half depth."""
    part: int
    material: int
    linked: bool = True
    """Made of round links, as limbs are; else of flat slices with open ends, as a trunk is."""
    open_end: bool = False
    """A limb that is cut straight across where its axis ends."""
    keep: Keep | None = None


class Canvas:
    """(h, w) pixels: depth, label, material and where on its tube each pixel is."""

    def __init__(self, height: int, width: int) -> None:
        self.depth = np.full((height, width), FAR, np.float32)
        self.part = np.zeros((height, width), np.uint8)
        self.material = np.zeros((height, width), np.uint8)
        self.along = np.zeros((height, width), np.float32)
        self.across = np.zeros((height, width), np.float32)

    def paint(self, tubes: Sequence[Tube]) -> None:
        """Each tube, link by link, wherever it is nearer than what is there."""
        for tube in tubes:
            for link in range(len(tube.axis) - 1):
                self._link(tube, link)

    def _link(self, tube: Tube, link: int) -> None:
        start, end = tube.axis[link], tube.axis[link + 1]
        reach = float(max(tube.wide[link], tube.wide[link + 1])) + 1.5
        left, top = (max(0, int(each - reach)) for each in np.minimum(start, end)[:2])
        right, bottom = (int(each + reach) + 2 for each in np.maximum(start, end)[:2])
        at = (slice(top, min(bottom, self.depth.shape[0])), slice(left, min(right, self.depth.shape[1])))
        if at[0].stop <= top or at[1].stop <= left:
            return
        y = np.arange(top, at[0].stop, dtype=np.float32)[:, None] + np.float32(0.5 - start[1])
        x = np.arange(left, at[1].stop, dtype=np.float32)[None, :] + np.float32(0.5 - start[0])
        dx, dy = (float(each) for each in (end - start)[:2])
        length = max(float(np.hypot(dx, dy)), 1e-3)
        way = (x * np.float32(dx / length) + y * np.float32(dy / length)) / np.float32(length)
        share = np.clip(way, 0, 1)
        if tube.linked:
            away = np.hypot(x - share * np.float32(dx), y - share * np.float32(dy))
        else:
            away = np.abs(x * np.float32(dy / length) - y * np.float32(dx / length))
        wide = np.maximum(tube.wide[link] + share * np.float32(tube.wide[link + 1] - tube.wide[link]), 1e-3)
        inside = away < wide
        side = np.where(x * np.float32(dy) - y * np.float32(dx) < 0, np.float32(1), np.float32(-1))
        across = np.clip(away / wide, 0, 1) * side
        along = ((share + np.float32(link)) / np.float32(len(tube.axis) - 1)).astype(np.float32)
        if not tube.linked:
            slack = (self._bend(tube, link) * reach + 0.7) / length
            inside &= (way > -slack) & (way < 1 + slack)
        elif tube.open_end and link == len(tube.axis) - 2:
            inside &= way < 1
        if tube.keep is not None:
            inside &= tube.keep(along, across)
        deep = tube.deep[link] + share * np.float32(tube.deep[link + 1] - tube.deep[link])
        height = start[2] + share * np.float32(end[2] - start[2]) + deep * np.sqrt(np.maximum(1 - across * across, 0))
        front = inside & (height > self.depth[at])
        for values, new in ((self.depth, height), (self.along, along), (self.across, across)):
            np.copyto(values[at], new.astype(np.float32), where=front)
        self.part[at][front] = tube.part
        self.material[at][front] = tube.material

    @staticmethod
    def _bend(tube: Tube, link: int) -> float:
        """How far slices must overlap for one pixel of width, at the sharper of a link's two bends."""
        steps = np.diff(tube.axis[max(0, link - 1) : link + 3, :2], axis=0)
        angles = np.unwrap(np.arctan2(steps[:, 1], steps[:, 0]))
        return float(np.tan(min(0.6, float(np.abs(np.diff(angles)).max(initial=0.0)) / 2)))

    @property
    def inside(self) -> Mask:
        return self.depth > FAR / 2

    def warped(self, flow_x: Floats, flow_y: Floats) -> "Canvas":
        """Every pixel takes what lies at (flow_x, flow_y): organic outlines for round shapes."""
        made = Canvas(*self.depth.shape)
        for name in ("depth", "part", "material", "along", "across"):
            setattr(
                made, name, cv2.remap(getattr(self, name), flow_x, flow_y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
            )
        return made


def masked(labels: Bytes, wanted: Sequence[int]) -> Mask:
    """Where labels are one of those wanted."""
    return np.isin(labels, np.asarray(wanted, np.uint8))
