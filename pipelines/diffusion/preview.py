"""Pictures of a run that is still going on, for about a hundredth of its time and without any further weights.

With flow matching two neighbouring latents give away where the model thinks the run will end: the velocity is
v = (x' - x) / (sigma' - sigma), and the end is x' - sigma' v (Liu et al. 2022, Rectified Flow). That estimate is averaged down
to a few thousand cells, which the pipeline's own autoencoder decodes in a fraction of the time of the whole picture.
"""

import logging
import math
from collections.abc import Callable
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import torch
from PIL import Image
from torch import Tensor

from pipelines.diffusion.latents import decodable, decoded
from pipelines.sizes import Size

SHARE = 0.01
"""Of the time of the run so far, what all its previews may take."""
SIDES = (256, 128, 64)
"""Longest side of a preview in pixels; the first that the share allows."""
UNTRIED = 0.005
"""Seconds that the smallest preview is taken to need before one was made."""

Clock = Callable[[], float]
LOG = logging.getLogger(__name__)
_seconds: WeakKeyDictionary[Any, dict[int, float]] = WeakKeyDictionary()
"""Autoencoder to what its latest preview of each side took; inf where it failed. Only ever read as an estimate."""


def estimate(before: Tensor, after: Tensor, sigma_before: float, sigma_after: float) -> Tensor:
    """Where a flow that went from `before` to `after` ends, in float32; `after` itself where no time passed."""
    if sigma_before == sigma_after:
        return after.float()
    velocity = (after.float() - before.float()) / (sigma_after - sigma_before)
    return after.float() - sigma_after * velocity


def picture(vae: Any, latents: Tensor, size: Size, side: int) -> Image.Image:
    """Final latents of a picture of `size`, decoded at about `side` pixels on the longer side: RGB."""
    cells = decodable(vae, latents, size)
    factor = math.ceil(max(size.width, size.height) / side)
    height, width = (max(1, each // factor) for each in cells.shape[-2:])
    return Image.fromarray(decoded(vae, torch.nn.functional.adaptive_avg_pool2d(cells, (height, width))).numpy())


class Previews:
    """Previews of one run, as large as its time allows; a failure is logged and ends them, never the run."""

    def __init__(self, pipe: Any, size: Size, clock: Clock = perf_counter) -> None:
        self._pipe = pipe
        self._size = size
        self._clock = clock
        self._started = clock()
        self._spent = 0.0
        self._before: Tensor | None = None

    def begin(self, latents: Tensor | None) -> None:
        """Hear of the latents before the first step."""
        self._before = latents

    @torch.no_grad()
    def after(self, latents: Tensor) -> Image.Image | None:
        """A preview from the latents after a step; None where there is no time for one, or no way."""
        before, self._before = self._before, latents
        side = self._side()
        if side is None or before is None or before.shape != latents.shape or not _at_hand(self._pipe, latents):
            return None
        started = self._clock()
        try:
            made = picture(self._pipe.vae, self._end(before, latents), self._size, side)
            taken = self._clock() - started
        except Exception:  # whatever it is, the run goes on without previews
            LOG.exception("no previews of %s", type(self._pipe).__name__)
            made, taken = None, math.inf
        self._spent += taken
        _seconds.setdefault(self._pipe.vae, {})[side] = taken
        return made

    def _end(self, before: Tensor, after: Tensor) -> Tensor:
        scheduler = self._pipe.scheduler
        index = scheduler.step_index
        return estimate(before, after, float(scheduler.sigmas[index - 1]), float(scheduler.sigmas[index]))

    def _side(self) -> int | None:
        left = SHARE * (self._clock() - self._started) - self._spent
        known = _seconds.get(getattr(self._pipe, "vae", None), {})
        return next((side for side in SIDES if _expected(known, side) <= left), None)


def _expected(known: dict[int, float], side: int) -> float:
    """Seconds that a preview of `side` may take, by its area from the next smaller one that was made."""
    if side in known:
        return known[side]
    smaller = max((each for each in known if each < side), default=None)
    if smaller is not None:
        return known[smaller] * (side / smaller) ** 2
    return UNTRIED if side == SIDES[-1] else math.inf


def _at_hand(pipe: Any, latents: Tensor) -> bool:
    """Whether the whole autoencoder lies where the latents are; fetching an offloaded one would cost more than it gives."""
    vae = getattr(pipe, "vae", None)
    if vae is None or hasattr(vae, "_hf_hook"):
        return False
    return all(each.device == latents.device for each in vae.parameters())
