"""Weights of the shipped nets: half precision in the file, float32 when they run."""

from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils import fuse_conv_bn_eval

FOLDER = Path(__file__).parent
Net = TypeVar("Net", bound=nn.Module)


def path_of(name: str) -> Path:
    """Where the weights of a net are shipped; its card is beside them with the suffix `.md`."""
    return FOLDER / f"{name}.safetensors"


def saved(net: nn.Module, path: Path) -> None:
    """Write a net's weights in half precision; counters and other whole numbers stay as they are."""
    state = {name: values.half() if values.is_floating_point() else values for name, values in net.state_dict().items()}
    save_file({name: values.contiguous() for name, values in state.items()}, path)


def restored(net: Net, path: Path) -> Net:
    """The net with the weights of the file in float32, for inference only, laid out for convolutions on a CPU."""
    begun(net, path)
    net = _fused(net.eval()).requires_grad_(False)
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def begun(net: nn.Module, path: Path) -> None:
    """Put the weights of the file into a net, in float32."""
    state = load_file(path)
    net.load_state_dict({name: values.float() if values.is_floating_point() else values for name, values in state.items()})


def _fused(net: Net) -> Net:
    """The same function with each normalisation folded into the convolution before it, which saves a third of the time."""
    for part in [each for each in net.modules() if isinstance(each, nn.Sequential)]:
        for number, (first, second) in enumerate(pairwise(list(part))):
            if isinstance(first, nn.Conv2d) and isinstance(second, nn.BatchNorm2d):
                part[number], part[number + 1] = fuse_conv_bn_eval(first, second), nn.Identity()
    return net
