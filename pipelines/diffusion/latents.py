"""What a pipeline holds between two steps, as what its autoencoder decodes.

One function serves every class, because what differs can be read off the tensors and the autoencoder: latents lie as a map
(n, c, h, w), as a map with one frame (n, c, 1, h, w), or as tokens (n, h * w, c) of single cells or of 2 x 2 cells, the
channel slowest (FLUX.1, FLUX.2, Qwen-Image, Krea 2); and they are normalised by batch statistics (FLUX.2), by a mean and
deviation of each channel (Qwen-Image, Wan), or by one scale and shift (FLUX.1, Z-Image).
"""

import math
from typing import Any, cast

import torch
from torch import Tensor

from pipelines.sizes import Size


def decodable(vae: Any, latents: Tensor, size: Size) -> Tensor:
    """Latents of a picture of `size` as float32 (1, c, h, w) for `decoded`. ValueError where they lie in no known way."""
    cells = _map(latents.float(), size)
    config = vae.config
    if hasattr(vae, "bn"):  # FLUX.2 normalises 2 x 2 patches, before they are unfolded
        deviation = torch.sqrt(vae.bn.running_var + config.batch_norm_eps)
        return _unfolded(cells * _channelwise(deviation, cells) + _channelwise(vae.bn.running_mean, cells))
    channels = config.z_dim if _of_frames(vae) else config.latent_channels
    cells = _unfolded(cells) if cells.shape[1] == 4 * channels else cells
    if _of_frames(vae):
        return cells * _channelwise(config.latents_std, cells) + _channelwise(config.latents_mean, cells)
    return cells / float(config.scaling_factor) + float(config.shift_factor or 0.0)


def decoded(vae: Any, latents: Tensor) -> Tensor:
    """(1, c, h, w) from `decodable`, at any scale, as a picture: uint8 (H, W, 3) on the CPU."""
    given = latents.to(vae.dtype)
    values = vae.decode(given.unsqueeze(2) if _of_frames(vae) else given, return_dict=False)[0]
    colour = cast(Tensor, values).reshape(*values.shape[:2], *values.shape[-2:])[0, :3]
    return (colour.float() / 2 + 0.5).clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).cpu()


def _of_frames(vae: Any) -> bool:
    """Whether the autoencoder comes from a model of videos (Wan's, Qwen-Image's) and takes (n, c, frames, h, w)."""
    return "z_dim" in vae.config


def _channelwise(values: Any, like: Tensor) -> Tensor:
    return torch.as_tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)


def _map(latents: Tensor, size: Size) -> Tensor:
    """Latents in any layout as (1, c, h, w)."""
    if latents.ndim == 3:
        rows = round(math.sqrt(latents.shape[1] / size.ratio))
        return latents[:1].transpose(1, 2).reshape(1, latents.shape[2], rows, -1)
    if latents.ndim == 5 and 1 in latents.shape[1:3]:
        latents = latents.flatten(1, 2)
    if latents.ndim != 4:
        raise ValueError(f"latents of shape {tuple(latents.shape)} lie in no known way")
    return latents[:1]


def _unfolded(patches: Tensor) -> Tensor:
    """(n, 4c, h, w) as (n, c, 2h, 2w)."""
    return torch.nn.functional.pixel_shuffle(patches, 2)
