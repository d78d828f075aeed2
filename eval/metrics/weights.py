"""Networks that some metrics see with: folders of safetensors that people bring. Never fetched, never unpickled."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from eval.errors import Unscored
from workbench.settings import read_settings

if TYPE_CHECKING:
    import torch

FOLDER = "metrics"
"""Below the folder of models."""


@dataclass(frozen=True, slots=True)
class Net:
    """Files of one network and where they are to be had."""

    name: str
    """Of its folder."""
    files: tuple[str, ...]
    origin: str
    """Whose weights they are, and in what form."""
    licence: str

    @property
    def folder(self) -> Path:
        """Where its files belong on this machine."""
        config = read_settings().engine_config()
        return config.models / FOLDER / self.name

    def missing(self) -> str:
        """What to bring, and where; empty where everything is there."""
        folder = self.folder
        absent = [each for each in self.files if not (folder / each).is_file()]
        if not absent:
            return ""
        return f"put {' and '.join(absent)} of {self.origin} into {folder} (licence: {self.licence})"

    def digest(self) -> str:
        """12 hex digits of what is in the files; empty where one is absent."""
        if self.missing():
            return ""
        return _digest(tuple(_Kept.of(self.folder / each) for each in self.files))

    def need(self) -> Path:
        """The folder. Raises Unscored where a file is absent."""
        missing = self.missing()
        if missing:
            raise Unscored(missing)
        return self.folder


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file as it is now: another time or size means other bytes."""

    path: Path
    size: int
    time: int

    @classmethod
    def of(cls, path: Path) -> "_Kept":
        status = path.stat()
        return cls(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=32)
def _digest(files: tuple[_Kept, ...]) -> str:
    from pipelines.diffusion.weights.files import pieces

    whole = sha256()
    for each in files:
        whole.update(f"{each.path.name}:{each.size}\n".encode())
        for piece in pieces(each.path):
            whole.update(piece)
    return whole.hexdigest()[:12]


def tensors(net: Net) -> Mapping[str, "torch.Tensor"]:
    """Every tensor of a net's files by its name, on the device of the settings. Raises Unscored where a file is absent."""
    return _tensors(net, net.need(), net.digest(), device())


@lru_cache(maxsize=4)
def _tensors(net: Net, folder: Path, digest: str, on: str) -> Mapping[str, "torch.Tensor"]:
    from safetensors.torch import load_file

    return {name: values.float() for each in net.files for name, values in load_file(folder / each, device=on).items()}


def device() -> str:
    """As torch calls it: what the settings ask for."""
    return _device(read_settings().device)


@lru_cache(maxsize=4)
def _device(wanted: str) -> str:
    from pipelines.diffusion.lending.device import probe

    return probe(read_settings(device=wanted).engine_config()).name
