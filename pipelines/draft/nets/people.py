"""The net that reads people: what each pixel of a cut-out person belongs to, and where the joints are.

It looks at a window of `SIDES` around the person, with the matte as a fourth channel and two of coordinates, and answers at half
that resolution. The order of labels and joints is that of `pipelines.vision.people.body`, which this module doesn't import.
"""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.draft.nets.blocks import UNet
from pipelines.draft.nets.weights import path_of, restored
from pipelines.images import Bytes, Floats

HEIGHT, WIDTH = 192, 160
"""Pixels of the window."""
PARTS, JOINTS = 15, 20
STRIDE = 2
"""Pixels of the window to one answer about parts."""
COARSE = 4
"""The same for joints, whose places are means over several answers."""
MARGIN = 0.04
"""Share of the window that is left free around the person."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Logits: parts (n, 15, 96, 80) at half the window's resolution, joints (n, 20, 48, 40), and whether those are seen (n, 20)."""

    parts: Tensor
    joints: Tensor
    seen: Tensor


class PeopleNet(nn.Module):
    """(n, 6, 192, 160): sRGB and alpha in [0, 1], then x and y in [-1, 1]."""

    def __init__(self, widths: tuple[int, ...] = (32, 48, 80, 128, 160)) -> None:
        super().__init__()
        wanted = -(-(PARTS + JOINTS) // STRIDE**2)
        self.body = UNet(6, wanted, widths)
        self.seen = nn.Linear(widths[-1], JOINTS)

    def forward(self, values: Tensor) -> Answer:
        found = self.body.halved(values)
        dense = found.dense
        joints = functional.avg_pool2d(dense[:, PARTS : PARTS + JOINTS], COARSE // STRIDE)
        return Answer(dense[:, :PARTS], joints, self.seen(found.pooled))


def coordinates(height: int, width: int) -> Floats:
    """float32 (2, h, w): x and y in [-1, 1]."""
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    return np.stack([x, y])


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a picture that the net looks at: `scale` pixels of the window to one of the picture, from `left`, `top`."""

    scale: float
    left: float
    top: float

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(2, 3): from the picture to the window, pixel centres at whole numbers as OpenCV has them."""
        shift = 0.5 * self.scale - 0.5
        return np.array([[self.scale, 0, shift - self.left * self.scale], [0, self.scale, shift - self.top * self.scale]])


@dataclass(frozen=True, slots=True)
class Reading:
    """What the net says of one person in a window."""

    window: Window
    rgb: Floats
    """float32 (192, 160, 3): the window as the net saw it."""
    alpha: Floats
    """float32 (192, 160)."""
    parts: Floats
    """float32 (96, 80, 15): probabilities."""
    joints: Floats
    """float32 (20, 2): x and y in pixels of the picture."""
    seen: Floats
    """float32 (20,): how sure it is that each joint is in the picture and where, 0 to 1."""


def window_around(alpha: Floats) -> Window | None:
    """The window that holds a cut-out of (h, w) pixels; it ends where the picture does, where the person goes on beyond it."""
    inside = alpha > 0.5
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if not rows.size:
        return None
    tall, wide = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    scale = float(min(HEIGHT / tall, WIDTH / wide) * (1 - 2 * MARGIN))
    left = (columns[0] + columns[-1] + 1) / 2 - WIDTH / scale / 2
    top = (rows[0] + rows[-1] + 1) / 2 - HEIGHT / scale / 2
    if rows[-1] >= alpha.shape[0] - 2:
        top = alpha.shape[0] - HEIGHT / scale
    return Window(scale, float(left), float(top))


def read(rgb: Bytes, alpha: Floats, net: PeopleNet | None = None) -> Reading | None:
    """The net's reading of the person in uint8 (h, w, 3) cut out by float32 (h, w); None where nothing is cut out."""
    window = window_around(alpha)
    if window is None:
        return None
    planes = seen_through(window, rgb, alpha)
    with torch.inference_mode():
        answer = (net or shipped())(torch.from_numpy(planes)[None].contiguous(memory_format=torch.channels_last))
        parts = answer.parts[0].float().softmax(0).permute(1, 2, 0).contiguous().numpy()
        peaks, sharpness = peaks_of(answer.joints.float())
        seen = (answer.seen[0].float().sigmoid() * sharpness[0].clamp(max=1)).numpy()
    places = (peaks[0].numpy() * COARSE) / np.float32(window.scale) + np.array((window.left, window.top), np.float32)
    return Reading(window, np.ascontiguousarray(np.moveaxis(planes[:3], 0, 2)), planes[3], parts, places.astype(np.float32), seen)


def seen_through(window: Window, rgb: Bytes, alpha: Floats) -> Floats:
    """float32 (6, 192, 160): the net's input. Beyond the picture's edge its last pixels go on and nothing is cut out."""
    matrix, size = window.matrix, (WIDTH, HEIGHT)
    shrink = min(1.0, 1.5 * window.scale)
    if shrink < 1:
        small = (max(1, round(rgb.shape[1] * shrink)), max(1, round(rgb.shape[0] * shrink)))
        back = np.array([rgb.shape[1] / small[0], rgb.shape[0] / small[1]])
        rgb = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA).astype(np.uint8)
        alpha = cv2.resize(alpha, small, interpolation=cv2.INTER_AREA).astype(np.float32)
        matrix = matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ (0.5 * back - 0.5)
        matrix[:, :2] *= back
    colour = cv2.warpAffine(rgb, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(alpha, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    planes = [np.moveaxis(colour.astype(np.float32) / 255, 2, 0), cover[None], coordinates(HEIGHT, WIDTH)]
    return np.concatenate(planes).astype(np.float32)


def peaks_of(joints: Tensor) -> tuple[Tensor, Tensor]:
    """Places (n, j, 2) of heatmaps of logits, x and y in their pixels, and how much of each lies near its peak, (n, j)."""
    count, number, height, width = joints.shape
    mass = joints.flatten(2).softmax(-1).view(joints.shape)
    near = functional.avg_pool2d(mass, 5, 1, 2, count_include_pad=True)
    best = near.flatten(2).argmax(-1)
    rows, columns = torch.div(best, width, rounding_mode="floor"), best % width
    y, x = torch.arange(height, dtype=mass.dtype), torch.arange(width, dtype=mass.dtype)
    close_y = ((y[None, None] - rows[..., None]).abs() <= 3).to(mass.dtype)
    close_x = ((x[None, None] - columns[..., None]).abs() <= 3).to(mass.dtype)
    local = mass * close_y[..., :, None] * close_x[..., None, :]
    total = local.sum((2, 3)).clamp(min=1e-9)
    places = torch.stack([(local.sum(2) * (x + 0.5)).sum(-1), (local.sum(3) * (y + 0.5)).sum(-1)], -1) / total[..., None]
    return places.view(count, number, 2), total


@cache
def shipped() -> PeopleNet:
    """The net with the weights of this package, read once."""
    return restored(PeopleNet(), path_of("people"))
