"""Weights on disk: what is taken in, what counts as installed, and what is said where it isn't."""

from pathlib import Path

import pytest

from pipelines.config import EngineConfig
from pipelines.diffusion.weights.store import Weights
from tests.pipelines.diffusion.repositories import card, repository

HASH = "0123456789abcdef" * 2 + "01234567"
OTHER = "f" * 40


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    return Weights(EngineConfig(models=tmp_path / "models"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return repository(tmp_path / "source")


def test_an_adopted_folder_is_installed_and_handed_out_whole(weights: Weights, source: Path) -> None:
    assert not weights.installed(card())
    receipt = weights.adopt("org/model", source, revision=HASH)
    assert weights.installed(card())
    assert weights.missing(card()) == ""
    folder = weights.folder(card())
    for name, each in receipt.files.items():
        assert (folder / name).read_bytes() == (source / name).read_bytes()
        assert each.size == (source / name).stat().st_size
    assert receipt.bytes == sum(each.size for each in receipt.files.values()) > 0
    assert weights.receipt("org/model") == receipt
