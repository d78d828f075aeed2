"""Likeness of what two pictures show, by the picture half of CLIP. Radford et al. 2021."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.cosine import cosine
from eval.metrics.metric import Metric, Sample
from eval.metrics.views import CLIP_VIEW
from eval.metrics.weights import Net, device
from pipelines.images import Bytes, Floats

NET = Net("clip", ("config.json", "model.safetensors"), "openai/clip-vit-base-patch32", "MIT")
METHOD = {"net": "CLIPModel of transformers, projected picture embedding", **CLIP_VIEW.told()}
LIBRARIES = ("numpy", "pillow", "torch", "transformers")


def clip_features(rgb: Bytes) -> Floats:
    """float32 (d,): the projected embedding of uint8 (h, w, 3). Raises Unscored where the weights are absent."""
    import torch

    model = _model(NET.need(), NET.digest(), device())
    with torch.inference_mode():
        found = model.get_image_features(pixel_values=torch.from_numpy(CLIP_VIEW.of(rgb))[None].to(model.device))
    return np.asarray(found.pooler_output[0].float().cpu().numpy(), dtype=np.float32)


@lru_cache(maxsize=1)
def _model(folder: Path, digest: str, on: str) -> Any:
    from transformers import CLIPModel

    return CLIPModel.from_pretrained(folder, local_files_only=True, use_safetensors=True).to(on).eval()


def _measure(sample: Sample) -> float:
    return cosine(clip_features(sample.shown), clip_features(sample.target))


METRIC = Metric(
    name="clip_similarity",
    title="CLIP similarity",
    group="picture",
    better="higher",
    range=(-1.0, 1.0),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.01,
    source="Radford et al. 2021, Learning transferable visual models from natural language supervision",
    method=METHOD,
    libraries=LIBRARIES,
    sees=frozenset({"blur", "garment", "copy"}),
    missing=NET.missing,
    weights=NET.digest,
    perfect=1.0,
    symmetric=True,
)
