"""What is switched on around one run and off again: placement, tiling, attention, compilation, step cache."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from pipelines.diffusion.cards import Card
from pipelines.diffusion.lending.device import Device
from pipelines.diffusion.lending.presets import Setting
from pipelines.diffusion.lending.quiet import quiet
from pipelines.errors import BadCard

TILE_PIXELS = 512
CACHE_FROM_STEPS = 20
"""A few steps differ too much from one another for any of them to be guessed."""
FIRST_BLOCK_THRESHOLD = 0.08
"""Relative change of the first block's residual below which the other blocks' last result is used again."""
TAYLOR_INTERVAL, TAYLOR_START = 4, 0.2
"""Every fourth step is calculated and the others extrapolated, after the first fifth of them, which lays out the picture."""
PINNED_BYTES = 2
"""Bytes that a pinned byte takes at most: CUDA's allocator in torch rounds each tensor up to a power of two."""


@contextmanager
def running(pipe: Any, card: Card, setting: Setting, device: Device) -> Iterator[None]:
    """The pipeline ready to run; afterwards as before, also after an error."""
    configure(pipe, setting)
    cache = step_cache(card)
    try:
        if setting.offload == "model":
            pipe.enable_model_cpu_offload(device=device.name)
        if cache is not None:
            pipe.transformer.enable_cache(cache)
        yield
    finally:
        if cache is not None and pipe.transformer.is_cache_enabled:
            pipe.transformer.disable_cache()
        if setting.offload == "model":
            pipe.maybe_free_model_hooks()
            pipe.remove_all_hooks()


def configure(pipe: Any, setting: Setting) -> None:
    """Set what stays on a shared part until another setting asks for something else."""
    vae, transformer = pipe.vae, pipe.transformer
    if setting.tiling:
        _tile(vae)
    elif getattr(vae, "use_tiling", False):
        vae.disable_tiling()
    if getattr(transformer, "_lent_attention", "native") != setting.attention:
        with quiet():
            transformer.set_attention_backend(setting.attention)
        transformer._lent_attention = setting.attention
    if setting.compile and not getattr(transformer, "_lent_compiled", False):
        transformer.compile_repeated_blocks(fullgraph=True)
        transformer._lent_compiled = True


def _tile(vae: Any) -> None:
    """Tiles of 512 x 512 pixels; some classes start from tiles of a megapixel, which spare nothing. Others have smaller ones."""
    vae.enable_tiling()
    if hasattr(vae, "tile_latent_min_size"):
        scale = 2 ** (len(vae.config.block_out_channels) - 1)
        vae.tile_sample_min_size, vae.tile_latent_min_size = TILE_PIXELS, TILE_PIXELS // scale


def step_cache(card: Card) -> Any:
    """Configuration of the card's step cache; None where it has none or takes too few steps. Raises BadCard."""
    if card.step_cache is None or card.steps < CACHE_FROM_STEPS:
        return None
    import diffusers

    if card.step_cache == "first-block":
        return diffusers.FirstBlockCacheConfig(threshold=FIRST_BLOCK_THRESHOLD)
    if card.step_cache == "taylorseer":
        return diffusers.TaylorSeerCacheConfig(
            cache_interval=TAYLOR_INTERVAL, disable_cache_before_step=round(TAYLOR_START * card.steps)
        )
    raise BadCard(f"card {card.id}: step_cache {card.step_cache} needs figures measured on the model, which cards don't hold")


def group(part: Any, device: Device, *, by_block: bool, folder: Path | None, pinned: bool, scaled: bool) -> None:
    """Hold a part in groups that come to the device when they are used, from main memory or from files in `folder`.

    With `pinned` they lie in pages that stay in main memory, from where they come while others are used; it takes up to
    `PINNED_BYTES` times their size. Else each is pinned only for its way, which `scaled` weights can't be (diffusers issue
    14433): they come by themselves.
    """
    from diffusers.hooks import apply_group_offloading

    arguments: Mapping[str, Any] = {
        "onload_device": torch.device(device.name),
        "offload_device": torch.device("cpu"),
        "offload_type": "block_level" if by_block else "leaf_level",
        "num_blocks_per_group": 1 if by_block else None,
        "use_stream": device.kind == "cuda" and (pinned or not scaled),
        "low_cpu_mem_usage": not pinned,
        "offload_to_disk_path": None if folder is None else str(folder),
    }
    if hasattr(part, "enable_group_offload"):
        part.enable_group_offload(**arguments)
    else:
        apply_group_offloading(module=part, **arguments)


def fresh_scheduler(stored: Any, card: Card) -> Any:
    """A scheduler for one loan: the repository's, with the card's settings. Raises BadCard for one it doesn't know."""
    cls, config = type(stored), stored.config
    known = cls._get_init_keys(cls)
    if unknown := [each for each in card.scheduler if each not in known]:
        raise BadCard(f"card {card.id}: {cls.__name__} has no setting {', '.join(unknown)}")
    try:
        return cls(**{name: each for name, each in {**config, **card.scheduler}.items() if name in known})
    except (ArithmeticError, AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        raise BadCard(f"card {card.id}: scheduler: {cls.__name__} refuses these settings: {error}") from error
