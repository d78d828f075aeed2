"""Prompts that were read before: the text encoder runs once for each prompt, its references and its weights."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from threading import Lock
from typing import Any

import numpy as np
import torch
from PIL import Image

from pipelines.diffusion.patch import replaced

LIMIT = 256 * 2**20
"""Bytes of embeddings that are kept; 30 to 60 prompts of the models in the catalogue."""


class Unkeyable(TypeError):
    """An argument whose contents can't be told from another's."""


class Embeddings:
    """What `encode_prompt` returned, by all that went in; least recently used first out. Kept on the CPU; thread-safe."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Any] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        self.hits = 0

    @property
    def bytes(self) -> int:
        """Bytes of all tensors that are kept."""
        return self._bytes

    def serving(self, pipe: Any, weights: str) -> AbstractContextManager[None]:
        """While it lasts, `pipe.encode_prompt` is answered from what is kept.

        `weights` names the text encoder's weights, their precision and device: what went into the answer beside the
        arguments. Calls with an argument that can't be compared go through to the pipeline.
        """

        def remembering(original: Callable[..., Any]) -> Callable[..., Any]:
            def encode_prompt(*args: Any, **kwargs: Any) -> Any:
                try:
                    key = digest([type(pipe).__name__, weights, list(args), kwargs])
                except Unkeyable:
                    return original(*args, **kwargs)
                found = self._find(key)
                if found is None:
                    made = original(*args, **kwargs)
                    self._keep(key, made)
                    return made
                return _restored(found)

            return encode_prompt

        return replaced(pipe, "encode_prompt", remembering)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _find(self, key: str) -> Any:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            self.hits += 1
            return self._kept[key]

    def _keep(self, key: str, made: Any) -> None:
        stored = _stored(made)
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = stored
            self._bytes += _bytes(stored)
            while self._bytes > self._limit:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= _bytes(oldest)


def digest(value: Any) -> str:
    """A key for anything that prompts are made of: text, numbers, tensors, arrays, pictures, and lists or maps of them.

    Raises Unkeyable for anything else.
    """
    into = hashlib.sha1(usedforsecurity=False)  # the fastest where the processor has it, and nobody forges prompts
    for piece in _pieces(value):
        into.update(piece)
    return into.hexdigest()


def _pieces(value: Any) -> Iterator[bytes | memoryview]:
    if value is None or isinstance(value, (str, int, float, torch.device, torch.dtype)):
        yield f"{type(value).__name__}:{value!r};".encode()
    elif isinstance(value, (list, tuple)):
        yield f"list:{len(value)};".encode()
        for each in value:
            yield from _pieces(each)
    elif isinstance(value, Mapping):
        yield b"map:"
        yield from _pieces([part for name in sorted(value) for part in (name, value[name])])
    elif isinstance(value, Image.Image):
        yield f"picture:{value.mode};".encode()
        yield from _pieces(np.asarray(value))
    elif isinstance(value, torch.Tensor):
        yield f"tensor:{value.dtype}:{tuple(value.shape)};".encode()
        yield from _pieces(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
        yield f"array:{value.dtype.str}:{value.shape};".encode()
        yield np.ascontiguousarray(value).data
    else:
        raise Unkeyable(f"{type(value).__name__} can't be compared")


class _Kept:
    """A tensor on the CPU that belongs on `device`."""

    __slots__ = ("device", "tensor")

    def __init__(self, tensor: torch.Tensor) -> None:
        self.device = tensor.device
        self.tensor = tensor.detach().to("cpu", copy=True)


def _stored(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return _Kept(value)
    return type(value)(_stored(each) for each in value) if isinstance(value, (list, tuple)) else value


def _restored(value: Any) -> Any:
    """A copy of its own for each run, where it was: no pipeline can change what is kept."""
    if isinstance(value, _Kept):
        return value.tensor.to(value.device, copy=True)
    return type(value)(_restored(each) for each in value) if isinstance(value, (list, tuple)) else value


def _bytes(value: Any) -> int:
    if isinstance(value, _Kept):
        return value.tensor.nbytes
    return sum(_bytes(each) for each in value) if isinstance(value, (list, tuple)) else 0
