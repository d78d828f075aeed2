"""Likeness of structure and texture by VGG16. Ding et al. 2020, Image quality assessment: unifying structure and texture similarity."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import cv2
import numpy as np

from eval.metrics.metric import Metric, Sample
from eval.metrics.views import DINO_VIEW
from eval.metrics.weights import Net, tensors
from pipelines.images import Bytes

if TYPE_CHECKING:
    import torch

MEAN, STD = DINO_VIEW.mean, DINO_VIEW.std
"""Of ImageNet."""
STAGES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))
"""Convolutions of VGG16 by their number in torchvision's `features`; between stages comes a pooling."""
SIDE = 256
"""Larger pictures are shrunk until their shorter side has so many pixels, as the authors do."""
TINY = 1e-6
NET = Net(
    "dists",
    ("vgg16.safetensors", "dists.safetensors"),
    "VGG16 of torchvision (IMAGENET1K_V1) and alpha and beta of DISTS_pytorch, their .pth saved again as safetensors under the same keys",
    "BSD-3-Clause and MIT",
)


def dists(shown: Bytes, truth: Bytes, net: Mapping[str, "torch.Tensor"]) -> float:
    """0 for equal pictures, seldom above 1, of uint8 (h, w, 3); `net` holds `features.N.weight`, `.bias`, `alpha`, `beta`.

    >>> import torch
    >>> net = {f"features.{n}.bias": torch.ones(3) for stage in STAGES for n in stage}
    >>> net |= {f"features.{n}.weight": torch.ones(3, 3, 3, 3) / 27 for stage in STAGES for n in stage}
    >>> net |= {"alpha": torch.ones(1, 18, 1, 1), "beta": torch.ones(1, 18, 1, 1)}
    >>> round(dists(*[np.zeros((64, 64, 3), np.uint8)] * 2, net), 5)
    0.0
    """
    import torch

    with torch.inference_mode():
        pair = torch.cat([_prepared(shown), _prepared(truth)]).to(net["alpha"].device)
        layers = _layers(pair, net)
        widths = [layer.shape[1] for layer in layers]
        total = net["alpha"].sum() + net["beta"].sum()
        weights = zip(
            layers, torch.split(net["alpha"].flatten(), widths), torch.split(net["beta"].flatten(), widths), strict=True
        )
        alike = torch.stack([_alike(layer, alpha, beta) for layer, alpha, beta in weights]).sum() / total
    return max(0.0, float(1 - alike))


def _alike(layer: "torch.Tensor", alpha: "torch.Tensor", beta: "torch.Tensor") -> "torch.Tensor":
    """Weighted likeness of a layer's means (texture) and of what varies together around them (structure)."""
    mean = layer.mean((2, 3))
    around = layer - mean[:, :, None, None]
    spread, shared = around.square().mean((2, 3)), around.prod(0).mean((1, 2))
    texture = (2 * mean.prod(0) + TINY) / (mean.square().sum(0) + TINY)
    structure = (2 * shared + TINY) / (spread.sum(0) + TINY)
    return (alpha * texture + beta * structure).sum()


def _prepared(picture: Bytes) -> "torch.Tensor":
    """(1, 3, h, w) in [0, 1]."""
    import torch

    height, width = picture.shape[:2]
    scale = SIDE / min(height, width)
    if scale < 1:
        picture = np.asarray(
            cv2.resize(picture, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA), np.uint8
        )
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def _layers(pictures: "torch.Tensor", net: Mapping[str, "torch.Tensor"]) -> list["torch.Tensor"]:
    """The pictures themselves and what the five stages give."""
    import torch
    from torch.nn.functional import conv2d, relu

    mean, std = (torch.tensor(each, device=pictures.device).view(1, 3, 1, 1) for each in (MEAN, STD))
    found, values = [pictures], (pictures - mean) / std
    for stage in STAGES:
        if stage != STAGES[0]:
            values = _pooled(values)
        for number in stage:
            values = relu(conv2d(values, net[f"features.{number}.weight"], net[f"features.{number}.bias"], padding=1))
        found.append(values)
    return found


def _pooled(values: "torch.Tensor") -> "torch.Tensor":
    """Root of the mean square under a Hanning window of 3 by 3, at stride 2: without the aliasing of max pooling."""
    import torch
    from torch.nn.functional import conv2d

    bell = torch.tensor((0.25, 0.5, 0.25), device=values.device)
    window = torch.outer(bell, bell).expand(values.shape[1], 1, 3, 3)
    return (conv2d(values.square(), window, stride=2, padding=1, groups=values.shape[1]) + 1e-12).sqrt()


def _measure(sample: Sample) -> float:
    return dists(sample.shown, sample.target, tensors(NET))


METRIC = Metric(
    name="dists",
    title="DISTS",
    group="picture",
    better="lower",
    range=(0.0, 2.0),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.01,
    source="Ding et al. 2020, Image quality assessment: unifying structure and texture similarity",
    method={
        "net": "VGG16 with L2 pooling",
        "resize": f"area, to the truth's frame, then to a shorter side of at most {SIDE}",
        "mean": ", ".join(map(str, MEAN)),
        "std": ", ".join(map(str, STD)),
        "colour": "sRGB in [0, 1]",
    },
    libraries=("numpy", "opencv-python-headless", "torch"),
    sees=frozenset({"blur", "garment", "copy"}),
    missing=NET.missing,
    weights=NET.digest,
    perfect=0.0,
    symmetric=True,
)
