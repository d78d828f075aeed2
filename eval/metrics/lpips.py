"""Perceptual distance by AlexNet. Zhang et al. 2018, The unreasonable effectiveness of deep features as a perceptual metric."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from eval.errors import Unscored
from eval.metrics.metric import Metric, Sample
from eval.metrics.weights import Net, tensors
from pipelines.images import Bytes

if TYPE_CHECKING:
    import torch

SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""Of pictures in [-1, 1]; those of the lpips package."""
STRIDES, PADS = {0: 4}, {0: 2, 3: 2, 6: 1, 8: 1, 10: 1}
"""Of AlexNet's convolutions, by their number in torchvision's `features`."""
POOLED = (3, 6)
"""Convolutions after a max pooling of 3 by 3 at stride 2."""
LEAST_SIDE = 63
"""Pixels of a side from which every layer has something to see."""
NET = Net(
    "lpips",
    ("alexnet.safetensors", "linear.safetensors"),
    "AlexNet of torchvision (IMAGENET1K_V1) and the lpips package (v0.1, alex), their .pth saved again as safetensors under the same keys",
    "BSD-3-Clause and BSD-2-Clause",
)


def lpips(shown: Bytes, truth: Bytes, net: Mapping[str, "torch.Tensor"]) -> float:
    """Distance of uint8 (h, w, 3) pictures, 0 for equal ones; `net` holds `features.N.weight`, `.bias` and `linN.model.1.weight`.

    >>> import torch
    >>> net = {f"features.{n}.bias": torch.ones(2) for n in PADS} | {"features.0.weight": torch.ones(2, 3, 11, 11)}
    >>> net |= {f"features.{n}.weight": torch.ones(2, 2, 3, 3) for n in PADS if n}
    >>> net |= {f"lin{n}.model.1.weight": torch.ones(1, 2, 1, 1) for n in range(5)}
    >>> lpips(*[np.zeros((64, 64, 3), np.uint8)] * 2, net)
    0.0
    """
    import torch
    from torch.nn.functional import conv2d

    with torch.inference_mode():
        pair = torch.cat([_prepared(shown), _prepared(truth)]).to(net["features.0.weight"].device)
        distance = torch.zeros((), device=pair.device)
        for number, layer in enumerate(_layers(pair, net)):
            one, other = layer / (layer.square().sum(1, keepdim=True).sqrt() + 1e-10)
            distance += conv2d((one - other)[None].square(), net[f"lin{number}.model.1.weight"]).mean()
    return float(distance)


def _prepared(picture: Bytes) -> "torch.Tensor":
    import torch

    values = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 127.5 - 1
    shift, scale = (torch.tensor(each).view(1, 3, 1, 1) for each in (SHIFT, SCALE))
    return (values - shift) / scale


def _layers(pictures: "torch.Tensor", net: Mapping[str, "torch.Tensor"]) -> list["torch.Tensor"]:
    """What the five convolutions give, rectified."""
    from torch.nn.functional import conv2d, max_pool2d, relu

    found, values = [], pictures
    for number, pad in PADS.items():
        if number in POOLED:
            values = max_pool2d(values, 3, 2)
        weight, bias = net[f"features.{number}.weight"], net[f"features.{number}.bias"]
        values = relu(conv2d(values, weight, bias, STRIDES.get(number, 1), pad))
        found.append(values)
    return found


def _measure(sample: Sample) -> float:
    target = sample.target
    if min(target.shape[:2]) < LEAST_SIDE:
        raise Unscored(f"AlexNet takes {LEAST_SIDE} pixels on each side; the frame is {sample.size}")
    return lpips(sample.shown, target, tensors(NET))


METRIC = Metric(
    name="lpips",
    title="LPIPS",
    group="picture",
    better="lower",
    range=(0.0, float("inf")),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.01,
    source="Zhang et al. 2018, The unreasonable effectiveness of deep features as a perceptual metric",
    method={
        "net": "AlexNet, version 0.1, linear layers, mean over the picture",
        "resize": "area, to the truth's frame; none after it",
        "mean": ", ".join(map(str, SHIFT)),
        "std": ", ".join(map(str, SCALE)),
        "colour": "sRGB in [-1, 1]",
    },
    libraries=("numpy", "torch"),
    sees=frozenset({"blur", "garment", "copy"}),
    missing=NET.missing,
    weights=NET.digest,
    perfect=0.0,
    symmetric=True,
)
