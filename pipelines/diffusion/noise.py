"""First noise that is the same on every device and in every precision."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Generator, Tensor
from torch.overrides import TorchFunctionMode

from pipelines.diffusion.patch import replaced


class DrawnInFloat32(TorchFunctionMode):
    """While active in a thread, `torch.randn` with `generator` draws in float32 and rounds to the dtype it was asked for.

    Of itself, torch 2.13 does so only where the number of values is a multiple of 16, and promises nothing: without this
    a seed could mean something else in each precision.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self._generator = generator

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = dict(kwargs or {})
        if func is not torch.randn or given.get("generator") is not self._generator:
            return func(*args, **given)
        wanted = given.pop("dtype", None) or torch.get_default_dtype()
        return func(*args, **given, dtype=torch.float32).to(wanted)


@contextmanager
def first_noise(pipe: Any, generator: Generator, prepared: Callable[[Tensor | None], None]) -> Iterator[None]:
    """Let `pipe` draw its first noise in float32, and hear of it: `prepared` gets the latents before the first step.

    The noise is drawn where the pipeline draws it, in `prepare_latents`, rather than handed in as `latents=`. Each class
    expects those in a shape of its own; and where a mask and a strength below 1 mix noise into a picture, the classes
    take `latents=` for the mixture, and then draw another noise for the part outside the mask or none at all.
    """

    def preparing(original: Callable[..., Any]) -> Callable[..., Any]:
        def prepare_latents(*args: Any, **kwargs: Any) -> Any:
            with DrawnInFloat32(generator):
                made = original(*args, **kwargs)
            latents = made[0] if isinstance(made, tuple) else made
            prepared(latents if isinstance(latents, Tensor) else None)
            return made

        return prepare_latents

    with replaced(pipe, "prepare_latents", preparing):
        yield
