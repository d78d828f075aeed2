"""A method of one object replaced for the time of one call."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def replaced(owner: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Iterator[None]:
    """`owner.name` is `wrap(owner.name)` on this object alone, and its class's again afterwards; no-op where there is none.

    Works for every pipeline class without knowing it: they call `self.encode_prompt` and `self.prepare_latents` by name.
    """
    original = getattr(owner, name, None)
    if original is None:
        yield
        return
    setattr(owner, name, wrap(original))
    try:
        yield
    finally:
        delattr(owner, name)
