"""Whether it is the same person, by a network for faces that people bring."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from eval.metrics.cosine import cosine
from eval.metrics.face_likeness import Portrait, reference_of
from eval.metrics.metric import Metric, Sample
from eval.metrics.person import need_face
from eval.metrics.weights import Net, device
from pipelines.images import Bytes, Floats

AROUND = 1.5
"""Sides of the face's box that are seen, its middle in theirs."""
SIDE = 224
NET = Net(
    "face",
    ("config.json", "model.safetensors"),
    "a face recognition network of your choice that AutoModel of transformers loads",
    "its own; many forbid commercial use",
)


def face_crop(portrait: Portrait) -> Bytes:
    """uint8 (SIDE, SIDE, 3): the face with some of the head, upright.

    >>> from pipelines.vision.faces import Face
    >>> face_crop(Portrait(np.zeros((90, 90, 3), np.uint8), Face(40, 40, 30, 0, 40, 1))).shape
    (224, 224, 3)
    """
    face = portrait.face
    matrix = cv2.getRotationMatrix2D((face.x, face.y), face.tilt, SIDE / (AROUND * face.side))
    matrix[:, 2] += np.array((SIDE / 2 - face.x, SIDE / 2 - face.y))
    seen = cv2.warpAffine(portrait.rgb, matrix, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, dtype=np.uint8)


def face_features(portrait: Portrait) -> Floats:
    """float32 (d,): the network's pooled output. Raises Unscored where the weights are absent."""
    import torch

    model = _model(NET.need(), NET.digest(), device())
    values = torch.from_numpy(face_crop(portrait)).permute(2, 0, 1)[None].float().to(model.device) / 127.5 - 1
    with torch.inference_mode():
        found = model(pixel_values=values)
    return np.asarray(found.pooler_output.flatten().float().cpu().numpy(), dtype=np.float32)


@lru_cache(maxsize=1)
def _model(folder: Path, digest: str, on: str) -> Any:
    from transformers import AutoModel

    model = AutoModel.from_pretrained(folder, local_files_only=True, use_safetensors=True, trust_remote_code=False)
    return model.to(on).eval()


def _measure(sample: Sample) -> float:
    reference = reference_of(sample)
    return cosine(face_features(Portrait(sample.shown, need_face(sample))), face_features(reference))


METRIC = Metric(
    name="face_identity",
    title="identity of the face",
    group="outside",
    better="higher",
    range=(-1.0, 1.0),
    needs=frozenset({"face"}),
    measure=_measure,
    margin=0.02,
    source="Cosine of face embeddings; Deng et al. 2019, ArcFace",
    method={
        "net": "AutoModel of transformers, pooled output",
        "resize": f"face turned upright, {AROUND} of its box to {SIDE} x {SIDE}",
        "mean": "0.5, 0.5, 0.5",
        "std": "0.5, 0.5, 0.5",
        "reader": "pipelines.vision.faces",
    },
    libraries=("numpy", "opencv-python-headless", "scikit-image", "torch", "transformers"),
    missing=NET.missing,
    weights=NET.digest,
)
