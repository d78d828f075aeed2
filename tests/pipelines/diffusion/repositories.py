"""Small repositories of weights, in the layout of a pipeline of diffusers, and cards for them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from pipelines.diffusion.cards import Adapter, Card


def tensors(seed: int = 0, side: int = 16) -> bytes:
    """A safetensors file of two tensors."""
    random = np.random.default_rng(seed)
    return save({"weight": random.normal(size=(side, side)).astype(np.float32), "bias": np.zeros(side, np.float16)})


def files(seed: int = 0, side: int = 16) -> dict[str, bytes]:
    """Files of a repository by path: a transformer in two files with their index, an autoencoder, a tokenizer."""
    parts = {"transformer": ["diffusers", "Flux2Transformer2DModel"], "vae": ["diffusers", "AutoencoderKL"]}
    index = {
        "_class_name": "Flux2KleinPipeline",
        **parts,
        "tokenizer": ["transformers", "Qwen2Tokenizer"],
        "filter": [None, None],
    }
    shards = {"weight": "model-00001-of-00002.safetensors", "bias": "model-00002-of-00002.safetensors"}
    return {
        "model_index.json": json.dumps(index).encode(),
        "transformer/config.json": b"{}",
        "transformer/model.safetensors.index.json": json.dumps({"weight_map": shards}).encode(),
        "transformer/model-00001-of-00002.safetensors": tensors(seed, side),
        "transformer/model-00002-of-00002.safetensors": tensors(seed + 1, side),
        "vae/config.json": b"{}",
        "vae/model.safetensors": tensors(seed + 2, side),
        "tokenizer/merges.txt": b"a b\n",
    }


def repository(folder: Path, seed: int = 0, side: int = 16) -> Path:
    """Those files in a folder."""
    for name, data in files(seed, side).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def card(card_id: str = "model", repo: str = "org/model", **fields: Any) -> Card:
    """A card of a small repository, with what a card must have."""
    licence = {"name": "Apache-2.0", "link": "https://licence.example", "commercial": True}
    given: dict[str, Any] = {
        "id": card_id,
        "title": card_id.title(),
        "repo": repo,
        "licence": licence,
        "pipeline": "Flux2KleinPipeline",
        "steps": 4,
        "parameters": {"transformer": 3.0, "text_encoder": 1.0, "vae": 0.5},
        "tools": {"edit": ["fast"]},
    }
    return Card.model_validate(given | fields)


def lora(file: str = "fast.safetensors", repo: str = "org/lora", **fields: Any) -> Adapter:
    """An adapter of one file."""
    licence = {"name": "MIT", "link": "https://licence.example/mit", "commercial": True}
    return Adapter.model_validate({"repo": repo, "file": file, "licence": licence, "gigabytes": 0.25} | fields)


RESTRICTED = {"name": "Research-1.0", "link": "https://licence.example/research", "commercial": False, "note": "Ask for more."}
