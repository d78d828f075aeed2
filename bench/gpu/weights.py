"""Random weights, drawn where they are used, with which a full-size model behaves like a trained one in what is measured.

Time and memory don't depend on the values. The distance of two pictures does, so they are drawn such that

- activations keep their scale from layer to layer: weights have the variance 1 / inputs, norms are 1, biases 0;
- the velocity changes slowly over a trajectory, as that of a trained model: the columns that read high frequencies of the
  timestep are damped (`SLOW`). Otherwise every step would meet another network, and no step could stand for its neighbour;
- the decoder does the same, which gives the picture a photograph's contrast, a deviation of 0.2 to 0.3 of the range: a
  distance is then comparable to a published PSNR.
"""

import math
import re
from dataclasses import dataclass

import torch
from torch import nn

from bench.gpu.architectures import Part

SLOW = 100.0
"""Timesteps, of 1000, within which the velocity hardly changes."""
LONGEST = 1e4
"""Longest period of the sinusoidal embedding of timesteps."""
TIME_LAYER = re.compile(r"(^|\.)(timestep_embedder\.linear_1|t_embedder\.mlp\.0)$")


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how parameters are kept."""

    device: torch.device
    dtype: torch.dtype


def drawn(part: Part, place: Place, seed: int = 0) -> nn.Module:
    """The part with random weights: the same for the same seed and device. The meta model is never copied to the CPU."""
    model = part.empty()
    generator = torch.Generator(place.device).manual_seed(seed)
    done: dict[int, nn.Parameter] = {}
    for path, module in model.named_modules():
        for name, parameter in module.named_parameters(recurse=False):
            if id(parameter) not in done:  # tied weights stay tied
                values = torch.empty(parameter.shape, device=place.device, dtype=place.dtype)
                _fill(values, path, module, name, generator)
                done[id(parameter)] = nn.Parameter(values, requires_grad=False)
            module.register_parameter(name, done[id(parameter)])
        for name, buffer in list(module.named_buffers(recurse=False)):
            module._buffers[name] = buffer.to(place.device)
    return model


def _fill(values: torch.Tensor, path: str, module: nn.Module, name: str, generator: torch.Generator) -> None:
    if name == "bias":
        values.zero_()
    elif isinstance(module, nn.Linear | nn.Conv2d | nn.Conv3d):
        values.normal_(0, 1 / math.sqrt(values[0].numel()), generator=generator)
        if TIME_LAYER.search(path):
            values *= _damping(values.shape[1]).to(values)
    elif isinstance(module, nn.Embedding) or name.endswith("_token"):
        values.normal_(generator=generator)
    else:
        values.fill_(1.0)


def _damping(columns: int) -> torch.Tensor:
    """Factor of each column of the layer that reads sines and cosines of the timestep; mean square 1."""
    half = columns // 2
    frequencies = torch.exp(-math.log(LONGEST) * torch.arange(half) / half).repeat(2)
    damping = 1 / (1 + frequencies * SLOW)
    return damping / damping.square().mean().sqrt()
