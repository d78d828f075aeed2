"""What the enlarging net learns: pictures drawn by chance, made small in the ways that pictures are made small."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.random import Generator
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional

from pipelines.draft.degradation import chance_half, half_area, half_bicubic, half_gaussian, jpeg
from pipelines.draft.procedural import procedural_picture
from pipelines.draft.superres import ResidualNet, doubled
from pipelines.draft.training.lesson import HELD_OUT, Batch, Defaults
from pipelines.images import Floats, to_bytes, to_float

TRIALS: dict[str, Callable[[Floats], Floats]] = {
    "bicubic": half_bicubic,
    "area": half_area,
    "gaussian": half_gaussian,
    "jpeg85": lambda sharp: jpeg(half_bicubic(sharp), 85),
}
"""Ways of making a picture half as large that figures are given for."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The net's input, float32 (h, w, 3), and what it should answer, (2h, 2w, 3)."""

    given: Floats
    wanted: Floats


@dataclass(frozen=True, slots=True)
class Superres:
    """A picture under four degradations at a time; crops of it turned and mirrored."""

    side: int = 384
    crop: int = 48
    held_out: int = 6
    name: str = "superres"

    def defaults(self, device: str) -> Defaults:
        usual = Defaults(steps=14_000, batch=16, rate=2e-3, pool=32, renew=12, clip=0.2)
        return usual if device == "cpu" else replace(usual, steps=200_000, batch=64, pool=512, renew=4)

    def build(self) -> nn.Module:
        return ResidualNet()

    def draw(self, seed: int) -> Sequence[Pair]:
        generator = np.random.default_rng(seed)
        sharp = procedural_picture(generator, self.side)
        return [Pair(chance_half(sharp, generator), sharp) for _ in range(4)]

    def batch(self, pool: Sequence[Pair], count: int, generator: Generator) -> Batch:
        crops = [self._crop(pool[int(generator.integers(len(pool)))], generator) for _ in range(count)]
        return {"given": _stacked([each.given for each in crops]), "wanted": _stacked([each.wanted for each in crops])}

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        return functional.l1_loss(net(batch["given"]).float(), batch["wanted"])

    def figures(self, net: nn.Module) -> dict[str, float]:
        """Mean gain in dB over Lanczos for each of `TRIALS`."""
        pictures = [procedural_picture(np.random.default_rng(HELD_OUT + number), self.side) for number in range(self.held_out)]
        return {name: gain(net, half, pictures) for name, half in TRIALS.items()}

    def _crop(self, pair: Pair, generator: Generator) -> Pair:
        crop, scale = self.crop, 2
        y, x = (int(each) * 2 for each in generator.integers(0, (pair.given.shape[0] - crop) // 2 + 1, 2))
        turns, mirror = int(generator.integers(4)), int(generator.choice([-1, 1]))
        given = pair.given[y : y + crop, x : x + crop]
        wanted = pair.wanted[y * scale : (y + crop) * scale, x * scale : (x + crop) * scale]
        return Pair(np.rot90(given, turns)[:, ::mirror], np.rot90(wanted, turns)[:, ::mirror])


def _stacked(pictures: list[Floats]) -> Tensor:
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)


def psnr(found: Floats, wanted: Floats) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [0, 1], rounded to 8 bits."""
    return float(-10 * np.log10(np.mean((to_float(to_bytes(found)) - to_float(to_bytes(wanted))) ** 2) + 1e-12))


def lanczos(picture: Floats) -> Floats:
    """The baseline: twice the size by Pillow's Lanczos."""
    height, width = picture.shape[:2]
    size = (width * 2, height * 2)
    return to_float(np.asarray(Image.fromarray(to_bytes(picture)).resize(size, Image.Resampling.LANCZOS)))


def gain(net: nn.Module, half: Callable[[Floats], Floats], pictures: Sequence[Floats]) -> float:
    """Mean gain in dB of the net over the baseline on pictures made small by `half`."""
    if not isinstance(net, ResidualNet):
        raise TypeError(f"{type(net).__name__} doesn't enlarge pictures")
    pairs = [(half(sharp), sharp) for sharp in pictures]
    return float(np.mean([psnr(doubled(net, small), sharp) - psnr(lanczos(small), sharp) for small, sharp in pairs]))
