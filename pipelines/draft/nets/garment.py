"""Category and landmarks of a garment that has been cut out of its picture, read by a small net."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import cast

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.draft.nets.blocks import UNet
from pipelines.images import Bytes, Floats

CATEGORIES = ("top", "outerwear", "dress", "bottom", "shoes", "bag", "hat", "other")
SLEEVES = ("none", "short", "long")
SHOTS = ("flat", "ghost", "worn")
"""Lying flat; on a ghost mannequin or a hanger; on a person."""
MARKS = (
    "collar_left", "collar_right", "collar_bottom", "collar_back", "shoulder_left", "shoulder_right", "armpit_left", "armpit_right",
    "cuff_left_outer", "cuff_left_inner", "cuff_right_outer", "cuff_right_inner", "waist_left", "waist_right",
    "hem_left", "hem_right", "crotch", "leg_left_inner", "leg_right_inner",
)  # fmt: skip
"""Channels of the heatmaps. Left and right are sides of the picture."""
SIDE = 96
"""Side of the square picture that the net sees."""
SHRUNK = 2
"""Pixels of that picture, in each direction, to one of a heatmap."""
ROOM = 1.14
"""Side of the square over the longer side of the garment in it."""
REACH = 3
"""How far around its peak, in pixels of the heatmap, a landmark is averaged."""
_GROUPS = (len(MARKS), len(CATEGORIES), len(SLEEVES), len(SHOTS), 1)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the net says of n pictures; everything but `heat` is logits."""

    heat: Tensor
    """(n, marks, h, w) logits of where each landmark is."""
    present: Tensor
    category: Tensor
    sleeves: Tensor
    shot: Tensor
    is_open: Tensor
    """(n, 1)"""


class GarmentNet(nn.Module):
    """(n, 4, SIDE, SIDE): colour over grey in [-1, 1] and alpha in [-1, 1], to `Answers`."""

    def __init__(self) -> None:
        super().__init__()
        self.body = UNet(4, ceil(len(MARKS) / SHRUNK**2), widths=(16, 32, 64, 96, 160))
        self.head = nn.Sequential(nn.Linear(160, 96), nn.ReLU(inplace=True), nn.Linear(96, sum(_GROUPS)))

    def forward(self, values: Tensor) -> Answers:
        features = self.body.features(values)
        heat = functional.pixel_unshuffle(features.dense, SHRUNK)[:, : len(MARKS)]
        return Answers(heat, *self.head(features.pooled).split(_GROUPS, 1))


@dataclass(frozen=True, slots=True)
class Mark:
    """A landmark in pixels of the picture; pixel centres are at .5."""

    x: float
    y: float
    present: float
    """0 to 1: how sure it is that the garment has it."""
    sure: float
    """0 to 1: share of the heatmap near its peak."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What the net makes of one garment; probabilities by name."""

    marks: Mapping[str, Mark]
    category: Mapping[str, float]
    sleeves: Mapping[str, float]
    shot: Mapping[str, float]
    is_open: float


def prepared(rgb: Floats, alpha: Floats) -> Floats:
    """float32 (4, h, w) for the net, of float32 (h, w, 3) and (h, w) in [0, 1]."""
    colour = (rgb * 2 - 1) * alpha[..., None]
    return np.ascontiguousarray(np.concatenate([colour, alpha[..., None] * 2 - 1], axis=2).transpose(2, 0, 1), dtype=np.float32)


def read(net: GarmentNet, rgb: Bytes, alpha: Floats) -> Reading:
    """Read the garment of float32 alpha (h, w) in uint8 (h, w, 3); the mean over the picture and its mirror image.

    Raises `ValueError` where the alpha is empty.
    """
    frame = framed(alpha)
    size = (SIDE, SIDE)
    window = cv2.warpAffine(alpha, frame, size, flags=cv2.INTER_AREA)
    step = max(1.0, 1 / float(frame[0, 0]))
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.4 * step) if step > 1.5 else rgb
    cover = cv2.GaussianBlur(alpha, (0, 0), 0.4 * step) if step > 1.5 else alpha
    colour = cv2.warpAffine(soft, frame, size, flags=cv2.INTER_LINEAR).astype(np.float32) / np.float32(255)
    window = cv2.warpAffine(cover, frame, size, flags=cv2.INTER_LINEAR)
    given = torch.from_numpy(prepared(colour, cast(Floats, window)))[None]
    with torch.inference_mode():
        both = net(torch.cat([given, given.flip(3)]).contiguous(memory_format=torch.channels_last))
    return _decoded(_unmirrored(both), frame)


def framed(alpha: Floats) -> NDArray[np.float64]:
    """(2, 3): the affine map from the picture to the net's square, so that what is covered fills it up to `ROOM`."""
    rows, columns = (np.flatnonzero((alpha > 0.3).any(axis=axis)) for axis in (1, 0))
    if not rows.size:
        raise ValueError("nothing is covered by the alpha; there is no garment to read")
    side = max(float(np.ptp(rows)), float(np.ptp(columns)), 8.0) * ROOM
    scale = SIDE / side
    middle = ((columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2)
    centre = (SIDE - 1) / 2
    return np.array([[scale, 0, centre - scale * middle[0]], [0, scale, centre - scale * middle[1]]])


def mirrored_marks() -> list[int]:
    """For each channel the one that it becomes in the mirror image."""
    swap = {"left": "right", "right": "left"}
    return [MARKS.index("_".join(swap.get(word, word) for word in name.split("_"))) for name in MARKS]


def _unmirrored(both: Answers) -> Answers:
    order = mirrored_marks()
    heat = (both.heat[0] + both.heat[1, order].flip(2)) / 2
    rest = [(each[0] + each[1]) / 2 for each in (both.category, both.sleeves, both.shot, both.is_open)]
    return Answers(heat, (both.present[0] + both.present[1, order]) / 2, *rest)


def peaks(heat: Tensor) -> NDArray[np.float32]:
    """(k, 3) of logits (k, h, w): x and y in pixels of the heatmap and the share around the peak."""
    count, height, width = heat.shape
    share = functional.softmax(heat.float().reshape(count, -1), dim=1).reshape(count, height, width).numpy()
    found = np.empty((count, 3), np.float32)
    for number, each in enumerate(share):
        y, x = np.unravel_index(int(each.argmax()), each.shape)
        rows = slice(max(0, int(y) - REACH), int(y) + REACH + 1)
        columns = slice(max(0, int(x) - REACH), int(x) + REACH + 1)
        part = each[rows, columns]
        total = max(float(part.sum()), 1e-9)
        down, across = np.arange(rows.start, rows.start + part.shape[0]), np.arange(columns.start, columns.start + part.shape[1])
        found[number] = ((part.sum(0) * across).sum() / total, (part.sum(1) * down).sum() / total, total)
    return found


def _decoded(answers: Answers, frame: NDArray[np.float64]) -> Reading:
    present = torch.sigmoid(answers.present.float()).tolist()
    scale, offset = frame[0, 0], frame[:, 2]
    marks = {}
    for name, (x, y, sure), there in zip(MARKS, peaks(answers.heat), present, strict=True):
        across, down = ((float(at) + 0.5) * SHRUNK - 0.5 for at in (x, y))
        marks[name] = Mark(float((across - offset[0]) / scale) + 0.5, float((down - offset[1]) / scale) + 0.5, there, float(sure))
    return Reading(
        marks,
        _named(CATEGORIES, answers.category),
        _named(SLEEVES, answers.sleeves),
        _named(SHOTS, answers.shot),
        float(torch.sigmoid(answers.is_open.float())),
    )


def _named(names: tuple[str, ...], logits: Tensor) -> dict[str, float]:
    return dict(zip(names, functional.softmax(logits.float(), dim=0).tolist(), strict=True))
