"""Tiny checkpoints of the real classes, installed as the weights of the shipped cards; no network but this machine's own."""

import socket
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

import tests.torchvision_here  # noqa: F401 - before anything imports diffusers
from pipelines.config import EngineConfig
from pipelines.diffusion import engine
from pipelines.diffusion.weights.store import Weights

torch.set_num_threads(1)  # two beside another busy process make tiny models a hundred times slower


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to any other machine fail the test."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1"):
            raise AssertionError(f"a test tried to connect to {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one repository for each name in `tiny.BUILDERS`."""
    from tests.pipelines.diffusion import tiny

    folder = tmp_path_factory.mktemp("checkpoints")
    for name in tiny.BUILDERS:
        tiny.write(name, folder / name)
    return folder


@pytest.fixture(autouse=True)
def small_references(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qwen-Image-Edit brings every reference to one megapixel, which is all the time that a tiny model takes."""
    if "diffusers" not in sys.modules:
        return  # seconds of import, for nothing: whatever uses a pipeline has built a checkpoint before
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as module

    monkeypatch.setattr(module, "VAE_IMAGE_SIZE", 64 * 64)
    monkeypatch.setattr(module, "CONDITION_IMAGE_SIZE", 64 * 64)


@pytest.fixture(scope="session")
def shelf(checkpoints: Path, tmp_path_factory: pytest.TempPathFactory) -> EngineConfig:
    """A folder of models in which every permissive card is installed, with tiny weights; a CPU with room for all."""
    from tests.pipelines.diffusion.shelf import install, small_catalogue

    config = EngineConfig(models=tmp_path_factory.mktemp("models"), device="cpu", memory_gb=1000, offline=True)
    scratch, weights = tmp_path_factory.mktemp("scratch"), Weights(config)
    for card in small_catalogue():
        install(weights, card, checkpoints, scratch)
    return config


@pytest.fixture
def small_canvas(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine reads the shipped catalogue with tiny canvases."""
    from tests.pipelines.diffusion.shelf import small_catalogue

    monkeypatch.setattr(engine, "catalogue", lambda _: small_catalogue())
