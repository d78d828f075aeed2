"""The net that tells a subject from what is behind it, in a picture of about 256 pixels.

It sees cues (pipelines/vision/mattes/cues.py) and answers coarsely; exact edges are for matting. matte.md tells of the training.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import nn

from pipelines.draft.nets.blocks import UNet
from pipelines.draft.nets.weights import path_of, restored
from pipelines.images import Floats

WEIGHTS = path_of("matte")
CUES = 12
"""Channels that the net is shown."""
SIDE = 256
"""Long side of the pictures that it was trained on."""
MULTIPLE = 32
"""Both sides must be multiples of it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """The net's answer for a picture of (h, w) pixels."""

    alpha: Floats
    """float32 (h, w) in [0, 1]: share of the pixel that is the subject, or how likely it is."""
    fuzzy: Floats
    """float32 (h, w) in [0, 1]: how likely hair, fringe or another soft edge is close."""


def matte_net() -> UNet:
    """The net, freshly initialised: cues (n, CUES, h, w) to logits (n, 2, h, w) of alpha and of fuzzy edges."""
    return UNet(CUES, 2, widths=(24, 40, 64, 96, 128))


@cache
def shipped_net() -> UNet:
    """The trained net, in float32, for inference only."""
    return restored(matte_net(), WEIGHTS)


def guessed(net: nn.Module, cues: Floats) -> Guess:
    """The answer to cues, float32 (h, w, CUES) of sides that are multiples of `MULTIPLE`."""
    given = torch.from_numpy(np.ascontiguousarray(cues)).permute(2, 0, 1)[None].contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        answer = torch.sigmoid(net(given)[0].float()).numpy()
    return Guess(answer[0], answer[1])
