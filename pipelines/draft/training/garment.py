"""What the garment net learns: cut-outs of drawn and rendered garments, turned, damaged and photographed badly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.draft.nets.garment import MARKS, ROOM, SHRUNK, SIDE, Answers, GarmentNet, mirrored_marks, peaks, prepared
from pipelines.draft.training.garment_cuts import bottom, hanging
from pipelines.draft.training.garment_paint import Sample, painted
from pipelines.draft.training.garment_renders import rendered
from pipelines.draft.training.garment_things import thing
from pipelines.draft.training.garment_worn import worn
from pipelines.draft.training.lesson import HELD_OUT, Batch, Defaults
from pipelines.images import Bytes, Floats

SPREAD = 1.3
"""Deviation of a landmark's target, in pixels of the heatmap."""
MIX = ("top", "outerwear", "dress", "bottom", "worn", "shoes", "bag", "hat", "other")
SHARES = (0.27, 0.13, 0.17, 0.17, 0.14, 0.035, 0.035, 0.025, 0.025)
RENDERED_EVERY = 4
"""Of so many seeds one gives rendered garments, the others drawn ones."""


@dataclass(frozen=True, slots=True)
class Garments:
    """Cut-outs of drawn garments, two dozen to a seed, and of rendered ones."""

    each: int = 24
    held_out: int = 4
    name: str = "garment"

    def defaults(self, device: str) -> Defaults:
        usual = Defaults(steps=12_000, batch=16, rate=3e-3, pool=1200, renew=12)
        return usual if device == "cpu" else replace(usual, steps=150_000, batch=64, pool=8000, renew=1)

    def build(self) -> nn.Module:
        return GarmentNet()

    def draw(self, seed: int) -> Sequence[Sample]:
        rng = np.random.default_rng(seed)
        return rendered(rng) if seed % RENDERED_EVERY == 0 else [drawn(rng) for _ in range(self.each)]

    def batch(self, pool: Sequence[Sample], count: int, generator: Generator) -> Batch:
        return stacked([varied(pool[int(generator.integers(len(pool)))], generator) for _ in range(count)])

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        answers: Answers = net(batch["given"])
        present = batch["present"]
        hot = _targets(batch["marks"], answers.heat)
        likelihood = functional.log_softmax(answers.heat.float().flatten(2), dim=2)
        located = (-(hot * likelihood).sum(2) * present).sum() / present.sum().clamp(min=1)
        named = functional.cross_entropy(answers.category.float(), batch["category"], label_smoothing=0.02)
        sleeves = functional.cross_entropy(answers.sleeves.float(), batch["sleeves"])
        shot = functional.cross_entropy(answers.shot.float(), batch["shot"])
        is_open = functional.binary_cross_entropy_with_logits(answers.is_open.float()[:, 0], batch["is_open"])
        there = functional.binary_cross_entropy_with_logits(answers.present.float(), present)
        return located + named + 0.5 * (sleeves + there) + 0.2 * (shot + is_open)

    def figures(self, net: nn.Module) -> dict[str, float]:
        """Mean landmark error in percent of the garment's diagonal and share of right answers, on held-out seeds."""
        generator = np.random.default_rng(HELD_OUT)
        lessons = {"drawn": (1, 2, 3, 5), "rendered": (0, 4, 8, 12)}
        found: dict[str, float] = {}
        for kind, offsets in lessons.items():
            seeds = [HELD_OUT + offset for offset in offsets[: self.held_out]]
            samples = [varied(each, generator, 0.5) for seed in seeds for each in self.draw(seed)]
            found |= {f"{kind}_{name}": value for name, value in scored(net, stacked(samples)).items()}
        return found


def drawn(rng: Generator) -> Sample:
    """One cut-out of anything that a product picture shows."""
    kind = MIX[int(rng.choice(len(MIX), p=SHARES))]
    if kind in ("top", "outerwear", "dress"):
        return painted(hanging(rng, kind), rng)
    if kind == "bottom":
        return painted(bottom(rng), rng)
    return painted(worn(rng), rng, isolated=bool(rng.random() < 0.65)) if kind == "worn" else painted(thing(rng, kind), rng)


def varied(sample: Sample, rng: Generator, strength: float = 1.0) -> Sample:
    """The sample as the net is shown it, (SIDE, SIDE): turned, seen at a slant, mirrored, in other light, cut out worse."""
    if rng.random() < 0.5:
        sample = _mirrored(sample)
    alpha = _damaged(sample.alpha, rng) if rng.random() < 0.5 * strength else sample.alpha
    frame = _view(alpha, rng, strength)
    size = (SIDE, SIDE)
    rgb = cv2.warpPerspective(sample.rgb, frame, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpPerspective(alpha, frame, size, flags=cv2.INTER_LINEAR)
    marks = cv2.perspectiveTransform(sample.marks[None].astype(np.float64), frame)[0].astype(np.float32)
    inside = ((marks > -3) & (marks < SIDE + 2)).all(axis=1)
    return replace(
        sample, rgb=_photographed(cast(Bytes, rgb), rng), alpha=cast(Bytes, cover), marks=marks, present=sample.present & inside
    )


def _view(alpha: Bytes, rng: Generator, strength: float) -> NDArray[np.float64]:
    """(3, 3): turned, slanted, and framed as at inference, a little inexactly."""
    middle = (alpha.shape[0] - 1) / 2
    angle, shear = (
        np.radians(rng.normal(0, 5) if rng.random() < 0.8 else rng.uniform(-15, 15)) * strength,
        rng.normal(0, 0.03) * strength,
    )
    turn = np.array([[np.cos(angle), -np.sin(angle) + shear, 0], [np.sin(angle), np.cos(angle) * np.exp(rng.normal(0, 0.08) * strength), 0],
                     [*(rng.normal(0, 0.0005, 2) * strength), 1]])  # fmt: skip
    turn = turn @ np.array([[1, 0, -middle], [0, 1, -middle], [0, 0, 1]])
    rows, columns = np.nonzero(alpha[::3, ::3] > 80)
    if len(rows) < 4:
        rows, columns = np.array([10, 40]), np.array([10, 40])
    corners = cv2.perspectiveTransform(np.column_stack([columns, rows])[None].astype(np.float64) * 3, turn)[0]
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = SIDE / (float((high - low).max()) + 3) / ROOM * np.exp(rng.normal(0, 0.03))
    shift = (SIDE - 1) / 2 - scale * (low + high) / 2 + rng.normal(0, 1.5, 2)
    return np.asarray(np.array([[scale, 0, shift[0]], [0, scale, shift[1]], [0, 0, 1]]) @ turn)


def _mirrored(sample: Sample) -> Sample:
    order = mirrored_marks()
    marks = sample.marks[order] * np.array([-1, 1], np.float32) + np.array([sample.rgb.shape[1] - 1, 0], np.float32)
    rgb, alpha = np.ascontiguousarray(sample.rgb[:, ::-1]), np.ascontiguousarray(sample.alpha[:, ::-1])
    return replace(sample, rgb=rgb, alpha=alpha, marks=marks.astype(np.float32), present=sample.present[order])


def _damaged(alpha: Bytes, rng: Generator) -> Bytes:
    """A worse cut-out: bitten, leaking, grown, shrunk, ragged or cut off by a border."""
    side = alpha.shape[0]
    damaged = alpha.copy()
    kind = int(rng.integers(6))
    for _ in range(int(rng.integers(1, 4))):
        spot, radius = rng.integers(0, side, 2), rng.integers(2, side // 12, 2)
        if kind < 2:
            on = np.argwhere(alpha[::4, ::4] > 128) * 4
            spot = on[int(rng.integers(len(on)))][::-1] if len(on) else spot
            axes = [int(each) for each in radius]
            cv2.ellipse(
                damaged, [int(each) for each in spot], axes, float(rng.uniform(0, 180)), 0, 360, 0 if kind == 0 else 255, -1
            )
    if kind == 2:
        width = int(rng.integers(1, 4))
        change = cv2.dilate if rng.random() < 0.5 else cv2.erode
        damaged = change(alpha, np.ones((width, width), np.uint8)).astype(np.uint8)
    if kind == 3:
        edge = cv2.resize(rng.normal(0, rng.uniform(10, 60), (side // 5, side // 5)).astype(np.float32), (side, side))
        soft = cv2.GaussianBlur(alpha, (0, 0), 1.5).astype(np.float32)
        damaged = (np.clip((soft + edge - 128) * 3 + 128, 0, 255) * (soft > 8)).astype(np.uint8)
    if kind == 4:
        rows = np.flatnonzero(alpha.any(axis=1))
        if len(rows) > 20:
            damaged[rows[-1] - int(rng.integers(1, 6)) :] = 0
    if kind == 5:
        damaged = cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(0.5, 2))).astype(np.uint8)
    return damaged


def _photographed(rgb: Bytes, rng: Generator) -> Bytes:
    """Exposure, tint, blur, noise and JPEG, each at times."""
    values = rgb.astype(np.float32)
    gain = np.float32(np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.06, 3)))
    values = values * gain + np.float32(rng.normal(0, 6))
    if rng.random() < 0.3:
        values = cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.3, 1.2))).astype(np.float32)
    if rng.random() < 0.4:
        values = values + rng.standard_normal(values.shape, dtype=np.float32) * np.float32(rng.exponential(5))
    changed = np.clip(values, 0, 255).astype(np.uint8)
    if rng.random() < 0.25:
        _, coded = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])
        changed = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return changed


def stacked(samples: Sequence[Sample]) -> Batch:
    """Samples of (SIDE, SIDE) as tensors by name."""
    unit = np.float32(1 / 255)
    given = np.stack([prepared(each.rgb * unit, cast(Floats, each.alpha * unit)) for each in samples])
    labels = {name: torch.tensor([int(getattr(each, name)) for each in samples]) for name in ("category", "sleeves", "shot")}
    return {
        "given": torch.from_numpy(given).contiguous(memory_format=torch.channels_last),
        "marks": torch.from_numpy(np.stack([each.marks for each in samples])),
        "present": torch.from_numpy(np.stack([each.present for each in samples]).astype(np.float32)),
        "is_open": torch.tensor([float(each.is_open) for each in samples]),
        **labels,
    }


def _targets(marks: Tensor, heat: Tensor) -> Tensor:
    """(n, marks, h * w): a Gaussian around each landmark, of sum 1."""
    height, width = heat.shape[2:]
    places = (marks + 0.5) / SHRUNK - 0.5
    across = torch.arange(width, device=marks.device)[None, None] - places[..., :1]
    down = torch.arange(height, device=marks.device)[None, None] - places[..., 1:]
    rows, columns = (torch.exp(-0.5 * (each / SPREAD) ** 2) for each in (down, across))
    flat = (rows[..., :, None] * columns[..., None, :]).flatten(2)
    return flat / flat.sum(2, keepdim=True).clamp(min=1e-6)


def scored(net: nn.Module, batch: Batch) -> dict[str, float]:
    """How well the net reads a batch: `error` in percent of the diagonal of what is covered, and shares of right answers."""
    device = next(net.parameters()).device
    with torch.inference_mode():
        answers: Answers = net(batch["given"].to(device))
    found = np.stack([peaks(each.cpu())[:, :2] for each in answers.heat])
    places = (found + 0.5) * SHRUNK - 0.5
    there = batch["present"].numpy() > 0.5
    covered = batch["given"][:, 3].numpy() > 0
    spans = np.array(
        [[np.ptp(np.flatnonzero(each.any(axis=axis))) if each.any() else SIDE for axis in (0, 1)] for each in covered]
    )
    errors = np.linalg.norm(places - batch["marks"].numpy(), axis=2) / np.hypot(*spans.T)[:, None] * 100
    right = {
        name: (getattr(answers, name).argmax(1).cpu() == batch[name]).float().mean() for name in ("category", "sleeves", "shot")
    }
    claimed = answers.present.cpu().numpy() > 0
    worst = {name: float(errors[:, index][there[:, index]].mean()) for index, name in enumerate(MARKS) if there[:, index].any()}
    return {"error": float(errors[there].mean()), "worst": max(worst.values()), "marks": float((claimed == there).mean()),
            **{name: float(value) for name, value in right.items()}}  # fmt: skip
