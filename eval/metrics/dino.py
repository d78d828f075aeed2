"""Likeness of what two pictures show, by DINOv2, which tells instances apart that CLIP takes for the same. Oquab et al. 2023."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.cosine import cosine
from eval.metrics.metric import Metric, Sample
from eval.metrics.views import DINO_VIEW
from eval.metrics.weights import Net, device
from pipelines.images import Bytes, Floats

NET = Net("dinov2", ("config.json", "model.safetensors"), "facebook/dinov2-base", "Apache-2.0")
METHOD = {"net": "Dinov2Model of transformers, class token after the last norm", **DINO_VIEW.told()}
LIBRARIES = ("numpy", "pillow", "torch", "transformers")


def dino_features(rgb: Bytes) -> Floats:
    """float32 (d,): the class token of uint8 (h, w, 3). Raises Unscored where the weights are absent."""
    import torch

    model = _model(NET.need(), NET.digest(), device())
    with torch.inference_mode():
        found = model(pixel_values=torch.from_numpy(DINO_VIEW.of(rgb))[None].to(model.device))
    return np.asarray(found.pooler_output[0].float().cpu().numpy(), dtype=np.float32)


@lru_cache(maxsize=1)
def _model(folder: Path, digest: str, on: str) -> Any:
    from transformers import Dinov2Model

    return Dinov2Model.from_pretrained(folder, local_files_only=True, use_safetensors=True).to(on).eval()


def _measure(sample: Sample) -> float:
    return cosine(dino_features(sample.shown), dino_features(sample.target))


METRIC = Metric(
    name="dino_similarity",
    title="DINO similarity",
    group="picture",
    better="higher",
    range=(-1.0, 1.0),
    needs=frozenset({"target"}),
    measure=_measure,
    margin=0.02,
    source="Oquab et al. 2023, DINOv2: Learning robust visual features without supervision",
    method=METHOD,
    libraries=LIBRARIES,
    sees=frozenset({"blur", "garment", "copy"}),
    missing=NET.missing,
    weights=NET.digest,
    perfect=1.0,
    symmetric=True,
)
