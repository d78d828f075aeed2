"""A compact encoder and decoder with skip connections, for dense answers about small pictures on a CPU.

Ronneberger et al. 2015, U-Net; the first layer folds pixels into channels (Shi et al. 2016), which makes it four times cheaper.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

STEM = 2
"""Side of the square of pixels that is folded into one position."""


class Block(nn.Module):
    """Two 3 x 3 convolutions, each normalised over the batch and rectified; keeps the resolution."""

    def __init__(self, given: int, wanted: int, dilation: int = 1) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_convolved(given, wanted, 1), *_convolved(wanted, wanted, dilation))

    def forward(self, values: Tensor) -> Tensor:
        answer: Tensor = self.layers(values)
        return answer


def _convolved(given: int, wanted: int, dilation: int) -> list[nn.Module]:
    convolution = nn.Conv2d(given, wanted, 3, padding=dilation, dilation=dilation, bias=False)
    return [convolution, nn.BatchNorm2d(wanted), nn.ReLU(inplace=True)]


class UNet(nn.Module):
    """(n, given, h, w) to (n, wanted, h, w); h and w are multiples of `UNet.multiple`.

    `widths` are the channels of each level, each at half the resolution of the one before. `pooled` holds, after a call, the
    mean over the coarsest level, (n, widths[-1]), for answers about the whole picture.
    """

    def __init__(self, given: int, wanted: int, widths: Sequence[int] = (24, 40, 64, 96, 128)) -> None:
        super().__init__()
        self.multiple = STEM << (len(widths) - 1)
        self.stem = nn.Sequential(*_convolved(given * STEM * STEM, widths[0], 1))
        self.down = nn.ModuleList([Block(widths[0], widths[0])])
        for before, width in pairwise(widths):
            self.down.append(Block(before, width, dilation=2 if width == widths[-1] else 1))
        self.up = nn.ModuleList([Block(below + width, width) for below, width in zip(widths[:0:-1], widths[-2::-1], strict=True)])
        self.tail = nn.Conv2d(widths[0], wanted * STEM * STEM, 1)

    def features(self, values: Tensor) -> "Features":
        """The answer and what the coarsest level says of the whole picture."""
        found = self.halved(values)
        return Features(functional.pixel_shuffle(found.dense, STEM), found.pooled)

    def halved(self, values: Tensor) -> "Features":
        """The same with `dense` (n, wanted * 4, h / 2, w / 2), for answers that need not be finer."""
        level = self.stem(functional.pixel_unshuffle(values, STEM))
        skips: list[Tensor] = []
        for number, block in enumerate(self.down):
            level = block(level if number == 0 else functional.max_pool2d(level, 2))
            skips.append(level)
        pooled = skips.pop().mean((2, 3))
        for block in self.up:
            skip = skips.pop()
            level = block(torch.cat([functional.interpolate(level, scale_factor=2.0, mode="nearest"), skip], 1))
        return Features(self.tail(level), pooled)

    def forward(self, values: Tensor) -> Tensor:
        return self.features(values).dense


class Features:
    """What a `UNet` answers: `dense` (n, wanted, h, w) for each pixel, `pooled` (n, c) for the whole picture."""

    __slots__ = ("dense", "pooled")

    def __init__(self, dense: Tensor, pooled: Tensor) -> None:
        self.dense, self.pooled = dense, pooled
