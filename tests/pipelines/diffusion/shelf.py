"""The shipped catalogue as if it were installed: every permissive card with tiny weights behind it, on tiny canvases."""

from pathlib import Path

from pipelines.diffusion.cards import Card, Catalogue, catalogue
from pipelines.diffusion.weights.store import Weights
from tests.pipelines.diffusion import tiny

CHECKPOINTS = {
    "Flux2KleinPipeline": "klein",
    "ZImagePipeline": "z-image",
    "QwenImageEditPlusPipeline": "qwen-edit",
    "QwenImagePipeline": "qwen-image",
}
"""Pipeline class to the checkpoint in `tiny.BUILDERS` that stands in for it."""
CANVAS = {"native_pixels": 160 * 160, "max_pixels": 160 * 160, "reference_pixels": 128 * 128}


def shrunk(card: Card) -> Card:
    """The card on a small canvas and allowed on a CPU; everything else as it ships."""
    return card.model_copy(update={**CANVAS, "cpu": True})


def small_catalogue() -> Catalogue:
    """All shipped cards that a checkpoint stands in for."""
    return Catalogue(shrunk(each) for each in catalogue() if each.permissive and each.pipeline in CHECKPOINTS)


def install(weights: Weights, card: Card, checkpoints: Path, scratch: Path) -> None:
    """Adopt the card's checkpoint and its adapters as its repositories."""
    weights.adopt(card.repo, checkpoints / CHECKPOINTS[card.pipeline], card.files)
    for adapter in card.adapters:
        folder = scratch / adapter.repo
        folder.mkdir(parents=True, exist_ok=True)
        (folder / adapter.file).parent.mkdir(parents=True, exist_ok=True)
        tiny.write_lora(tiny.BUILDERS[CHECKPOINTS[card.pipeline]]().transformer, folder / adapter.file)
        weights.adopt(adapter.repo, folder, (adapter.file,))
