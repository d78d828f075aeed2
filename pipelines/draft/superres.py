"""A small convolutional net that enlarges a picture twice, and cleans it on the way.

It predicts a residual over bicubic interpolation and sees a picture tile by tile, so that memory doesn't grow with it; tiles
overlap by the net's reach, so that there are no seams. Shi et al. 2016, sub-pixel convolution; nets/superres.md tells of the
training.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import floor, log2
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from pipelines.draft.nets.weights import path_of, restored
from pipelines.images import Floats
from pipelines.sizes import Size
from pipelines.vision import upsample

WEIGHTS = path_of("superres")
CHANNELS = 48
DEPTH = 6
TILE = 384
REACH = 12
"""No output pixel depends on pixels of the input further away than this: 8 by the net, 2 by each interpolation."""
LEAST_FACTOR = 1.25
Views = Literal[1, 8]
Watch = Callable[[int, int], None]
"""Called with (tiles done, tiles in all) before each tile and at the end; may raise to stop."""


def unwatched(done: int, of: int) -> None:
    """The `Watch` of nobody."""


class ResidualNet(nn.Module):
    """Pictures (n, 3, h, w) in [0, 1] to (n, 3, 2h, 2w), not clipped."""

    def __init__(self, channels: int = CHANNELS, depth: int = DEPTH) -> None:
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(depth))
        self.tail = nn.Conv2d(channels, 12, 3, padding=1)
        nn.init.zeros_(self.tail.weight)
        nn.init.zeros_(self.tail.bias)  # type: ignore[arg-type]

    def forward(self, picture: Tensor) -> Tensor:
        first = functional.relu(self.head(picture))
        features = first
        for convolution in self.body:
            features = functional.relu(convolution(features))
        base = functional.interpolate(picture, scale_factor=2, mode="bicubic", align_corners=False)
        return base + functional.pixel_shuffle(self.tail(features + first), 2)


@cache
def shipped_net() -> ResidualNet:
    """The trained net, in float32, for inference only."""
    return restored(ResidualNet(), WEIGHTS)


def enlarge(rgb: Floats, size: Size, *, views: Views = 1, most: int = 9, watch: Watch = unwatched) -> Floats:
    """`rgb`, float32 (h, w, 3) in [0, 1], at exactly `size`: doubled by the net, at `most` so often, until little is left, then
    resampled.

    `views` hold for the first doubling, which finds most of the detail, while later ones cost most of the time.
    Of less than `LEAST_FACTOR` the net makes nothing that the back-projection of `pipelines.vision.upsample` doesn't.
    """
    height, width = rgb.shape[:2]
    plans = [_Plan(height << number, width << number, TILE) for number in range(min(most, _doublings(rgb, size)))]
    counts = [len(list(plan)) for plan in plans]
    for number in range(len(plans)):
        seen = views if number == 0 else 1
        rgb = doubled(shipped_net(), rgb, views=seen, watch=_later(watch, sum(counts[:number]), sum(counts)))
    return upsample.enlarge(rgb, size)


def doubled(net: ResidualNet, rgb: Floats, *, views: Views = 1, watch: Watch = unwatched, tile: int = TILE) -> Floats:
    """`rgb`, float32 (h, w, 3) in [0, 1], as (2h, 2w, 3), clipped to [0, 1].

    With 8 `views` it is the mean over four turns and their mirror images (Timofte et al. 2016, self-ensemble). Any `tile`
    gives the same picture to within float rounding.
    """
    return _through(net, rgb, 2, views, watch, tile)


def cleaned(net: ResidualNet, rgb: Floats, *, views: Views = 1, watch: Watch = unwatched, tile: int = TILE) -> Floats:
    """`rgb` at its own size: doubled by the net, which removes noise and blur, and reduced again by antialiased bicubic."""
    return _through(net, rgb, 1, views, watch, tile)


def _later(watch: Watch, before: int, of: int) -> Watch:
    """`watch` for a part of the work, after `before` tiles of `of`."""
    return lambda done, _: watch(before + done, of)


def _doublings(rgb: Floats, size: Size) -> int:
    """How often `rgb` is doubled on its way to `size`."""
    factor = max(size.height / rgb.shape[0], size.width / rgb.shape[1])
    return max(0, floor(log2(factor / LEAST_FACTOR) + 1e-9) + 1)


@dataclass(frozen=True, slots=True)
class _Corner:
    """Where a tile starts, in pixels of the input."""

    top: int
    left: int


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a picture of (height, width) is cut."""

    height: int
    width: int
    tile: int

    def __iter__(self) -> Iterator[_Corner]:
        for top in range(0, self.height, self.tile):
            for left in range(0, self.width, self.tile):
                yield _Corner(top, left)


def _through(net: ResidualNet, rgb: Floats, scale: int, views: Views, watch: Watch, tile: int) -> Floats:
    """All tiles through the net, put together at `scale` 2 or 1."""
    out = np.empty((rgb.shape[0] * scale, rgb.shape[1] * scale, 3), np.float32)
    padded = np.pad(rgb, ((REACH, REACH), (REACH, REACH), (0, 0)), mode="reflect")
    corners, edge = list(_Plan(rgb.shape[0], rgb.shape[1], tile)), REACH * scale
    for done, corner in enumerate(corners):
        watch(done, len(corners))
        seen = padded[corner.top : corner.top + tile + 2 * REACH, corner.left : corner.left + tile + 2 * REACH]
        target = out[corner.top * scale : (corner.top + tile) * scale, corner.left * scale : (corner.left + tile) * scale]
        np.clip(_mean_view(net, seen, scale, views)[edge:-edge, edge:-edge], 0, 1, out=target)
    watch(len(corners), len(corners))
    return out


def _mean_view(net: ResidualNet, values: Floats, scale: int, views: Views) -> Floats:
    """One tile, (h, w, 3), through the net, averaged over `views` of it, at `scale`."""
    picture = torch.from_numpy(np.ascontiguousarray(values)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        mean = _view(net, picture, 0)
        for number in range(1, views):
            mean += _view(net, picture, number)
        mean /= views
        if scale == 1:
            mean = functional.interpolate(mean, size=values.shape[:2], mode="bicubic", align_corners=False, antialias=True)
        return mean[0].permute(1, 2, 0).numpy()


def _view(net: ResidualNet, picture: Tensor, number: int) -> Tensor:
    """The net's answer for one of eight orientations, turned back."""
    turns, mirrored = number % 4, number >= 4
    turned = torch.rot90(picture.flip(3) if mirrored else picture, turns, (2, 3))
    answer: Tensor = torch.rot90(net(turned.contiguous(memory_format=torch.channels_last)), -turns, (2, 3))
    return answer.flip(3) if mirrored else answer
