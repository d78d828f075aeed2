"""What the cut-out net learns: subjects before backgrounds, with and without a person's hints."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.draft.nets.matte import guessed, matte_net
from pipelines.draft.training.cutouts import Cutout, cutout
from pipelines.draft.training.lesson import HELD_OUT, Batch, Defaults
from pipelines.images import Floats, Mask
from pipelines.sizes import Size
from pipelines.vision.mattes.cues import said_cues, seen_cues
from pipelines.vision.mattes.hints import Hints, unsaid

_SCALES = (1.0, 0.875, 0.75, 0.625)
"""Sizes of batches; small ones are cheap and teach to bear other scales."""
_SCALE_ODDS = (0.15, 0.15, 0.35, 0.35)


@dataclass(frozen=True, slots=True)
class Shown:
    """A scene and its cues, which take longest to make."""

    scene: Cutout
    seen: NDArray[np.floating]
    """(h, w, SEEN), float16 in the pool."""


@dataclass(frozen=True, slots=True)
class Matte:
    """Coarse alpha and where edges are soft, from cues."""

    held_out: int = 24
    name: str = "matte"

    def defaults(self, device: str) -> Defaults:
        usual = Defaults(steps=6_000, batch=8, rate=2e-3, pool=1_200, renew=1)
        return usual if device == "cpu" else replace(usual, steps=120_000, batch=64, pool=20_000, renew=4)

    def build(self) -> nn.Module:
        return matte_net()

    def draw(self, seed: int) -> Sequence[Shown]:
        scene = cutout(seed)
        return [Shown(scene, seen_cues(scene.rgb).astype(np.float16))]

    def batch(self, pool: Sequence[Shown], count: int, generator: Generator) -> Batch:
        first = pool[int(generator.integers(len(pool)))].scene.alpha.shape
        alike = [each for each in pool if each.scene.alpha.shape == first]
        side = float(generator.choice(_SCALES, p=_SCALE_ODDS))
        shape = (_multiple(first[0] * side), _multiple(first[1] * side))
        samples = [_sample(alike[int(generator.integers(len(alike)))], shape, generator) for _ in range(count)]
        return {name: torch.from_numpy(np.stack([each[name] for each in samples])).permute(0, 3, 1, 2) for name in samples[0]}

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        """Cross entropy, more of it at edges and where hints are; one less the overlap; and the same of soft edges."""
        answer, wanted = net(batch["given"]).float(), batch["wanted"]
        alpha, fuzzy = wanted[:, :1], wanted[:, 1:]
        entropy = functional.binary_cross_entropy_with_logits(answer[:, :1], alpha, reduction="none")
        guess = torch.sigmoid(answer[:, :1])
        both = (guess * alpha).sum((1, 2, 3))
        overlap = both / (guess.square() + alpha.square() - guess * alpha).sum((1, 2, 3)).clamp_min(1.0)
        soft = functional.binary_cross_entropy_with_logits(answer[:, 1:], fuzzy)
        return (entropy * batch["weight"]).mean() + 0.5 * (1 - overlap).mean() + 0.2 * soft

    def figures(self, net: nn.Module) -> dict[str, float]:
        """Intersection over union at half coverage on held-out scenes, without hints and with."""
        shown = _held_out(self.held_out)
        plain = [_overlap(net, each, _unsaid(each.scene)) for each in shown]
        told = [_overlap(net, each, _hints(each.scene.alpha, np.random.default_rng(n))) for n, each in enumerate(shown)]
        return {
            "mean": float(np.mean(plain)), "median": float(np.median(plain)), "tenth": float(np.quantile(plain, 0.1)),
            "told_mean": float(np.mean(told)), "told_tenth": float(np.quantile(told, 0.1)),
        }  # fmt: skip


@cache
def _held_out(count: int) -> tuple[Shown, ...]:
    scenes = [cutout(HELD_OUT + number) for number in range(count)]
    return tuple(Shown(scene, seen_cues(scene.rgb)) for scene in scenes)


def _unsaid(scene: Cutout) -> Hints:
    return unsaid(Size(scene.alpha.shape[1], scene.alpha.shape[0]))


def _multiple(side: float) -> int:
    return max(64, round(side / 32) * 32)


def _overlap(net: nn.Module, shown: Shown, hints: Hints) -> float:
    found = guessed(net, np.dstack([shown.seen, said_cues(hints)])).alpha > 0.5
    real = shown.scene.alpha > 0.5
    return float(np.count_nonzero(found & real)) / max(1.0, float(np.count_nonzero(found | real)))


def _sample(shown: Shown, shape: tuple[int, int], generator: Generator) -> dict[str, Floats]:
    """Given, wanted and weight at one size, mirrored half of the time, with hints half of the time."""
    scene = shown.scene
    alpha, hints = scene.alpha, _unsaid(scene)
    if generator.random() < 0.5:
        dropped = None if scene.other is None or generator.random() < 0.4 else scene.other
        alpha = alpha if dropped is None else np.clip(alpha - dropped, 0, 1).astype(np.float32)
        hints = _hints(alpha, generator, dropped)
    given = np.dstack([shown.seen.astype(np.float32), said_cues(hints)])
    given[..., :3] = given[..., :3] * generator.normal(1, 0.1) + generator.normal(0, 0.05, 3)
    wanted = np.dstack([alpha, _fuzzy(alpha)])
    weight = 1 + 2 * _edge(alpha) + 4 * (hints.keep | hints.drop)
    size, mirror = shape[::-1], int(generator.choice([-1, 1]))
    planes = {"given": given, "wanted": wanted, "weight": weight[..., None].astype(np.float32)}
    return {name: _smaller(np.ascontiguousarray(each[:, ::mirror]), size) for name, each in planes.items()}


def _smaller(planes: Floats, size: tuple[int, int]) -> Floats:
    """Planes (h, w, n) at (width, height), four at a time, as many as OpenCV averages."""
    groups = (planes[..., first : first + 4] for first in range(0, planes.shape[2], 4))
    small = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in groups]
    return np.concatenate([each.reshape(*size[::-1], -1) for each in small], axis=2)


def _edge(alpha: Floats) -> Floats:
    return cv2.dilate(alpha, np.ones((5, 5), np.uint8)) - cv2.erode(alpha, np.ones((5, 5), np.uint8))


def _fuzzy(alpha: Floats) -> Floats:
    """1 around pixels that are part subject where more of them lie together than a clean contour has."""
    part = ((alpha > 0.08) & (alpha < 0.92)).astype(np.float32)
    return (cv2.dilate((cv2.blur(part, (7, 7)) > 0.34).astype(np.float32), np.ones((3, 3), np.uint8))).astype(np.float32)


def _hints(alpha: Floats, generator: Generator, dropped: Floats | None = None) -> Hints:
    """What a person may draw who wants `alpha`: strokes, a box or both; over `dropped` always something."""
    keep, drop = (np.zeros(alpha.shape, np.uint8) for _ in range(2))
    boxed = generator.random() < 0.45
    if dropped is not None and not boxed:
        _stroke(drop, (dropped > 0.9) & (alpha < 0.1), generator)
    for _ in range(int(generator.integers(0 if boxed else 1, 4))):
        at = generator.random() < 0.5
        _stroke(keep if at else drop, alpha > 0.95 if at else alpha < 0.05, generator)
    box = _box(alpha, generator) if boxed else None
    return Hints((keep > 0) & (alpha > 0.5), (drop > 0) & (alpha < 0.5), box)


def _box(alpha: Floats, generator: Generator) -> Mask | None:
    rows, columns = (np.flatnonzero((alpha > 0.3).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    out = generator.exponential(0.025, 4) * max(alpha.shape)
    box = np.zeros(alpha.shape, np.bool_)
    top, left = max(0, int(rows[0] - out[0])), max(0, int(columns[0] - out[1]))
    box[top : int(rows[-1] + 1 + out[2]), left : int(columns[-1] + 1 + out[3])] = True
    return box


def _stroke(canvas: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], where: Mask, generator: Generator) -> None:
    """A short wandering line from some pixel of `where`."""
    spots = np.argwhere(where)
    if not len(spots):
        return
    start = spots[int(generator.integers(len(spots)))][::-1].astype(float)
    steps = np.cumsum(generator.normal(0, generator.uniform(2, 9), (6, 2)) + generator.normal(0, 5, 2), axis=0)
    points = np.vstack([start, start + steps]).astype(np.int32)
    cv2.polylines(canvas, [points], False, 1, int(generator.integers(2, 8)))
