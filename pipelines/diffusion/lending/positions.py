"""Where a picture's tokens lie, told to text encoders that read pictures beside words."""

import inspect
from collections.abc import Mapping
from typing import Any

PICTURE = 1
"""Kind of a token that stands for a piece of a picture; words are 0 (transformers, `mm_token_type_ids`)."""


def place_pictures(encoder: Any) -> None:
    """Have a text encoder count a picture's tokens by rows and columns where its caller doesn't say which ones they are.

    Since transformers 5 that takes an argument which diffusers' Qwen-Image-Edit leaves out (diffusers issue 14194). Without it
    the encoder takes a picture for a line of words: no error, but other embeddings than those that the model was trained on.
    """
    takes = inspect.signature(encoder.forward).parameters
    if "mm_token_type_ids" in takes and hasattr(encoder.config, "image_token_id"):
        encoder.register_forward_pre_hook(_tell, with_kwargs=True)


def _tell(encoder: Any, args: tuple[Any, ...], given: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The encoder's arguments with the kinds of its tokens; None where they are there, or there is no picture."""
    tokens = given.get("input_ids")
    if tokens is None or given.get("image_grid_thw") is None or given.get("mm_token_type_ids") is not None:
        return None
    kinds = (tokens == encoder.config.image_token_id).int() * PICTURE
    return args, {**given, "mm_token_type_ids": kinds}
