"""Metric kernels on a pair of a megapixel, one core, beside scikit-image and torchmetrics for the same value."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from statistics import median
from typing import Any

import cv2
import numpy as np

from bench.table import Row
from eval.metrics.delta_e import delta_e_2000
from eval.metrics.ms_ssim import ms_ssim
from eval.metrics.psnr import psnr
from eval.metrics.ssim import ssim
from pipelines.images import Bytes

SIDE, LOOKS = 1024, 5
LIMIT = 0.3
"""Seconds that PSNR, SSIM and ΔE2000 may take together."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A kernel and the other function that gives the same value."""

    name: str
    own: Callable[[], object]
    library: str
    other: Callable[[], object]
    for_every_picture: bool = True


def rows() -> Iterator[Row]:
    """Seconds of each kernel and of its rival, then of the three that every picture gets."""
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    truth = np.asarray(cv2.GaussianBlur(rng.integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8), (0, 0), 2), np.uint8)
    shown = np.clip(truth + rng.normal(0, 10, truth.shape), 0, 255).astype(np.uint8)
    together = 0.0
    for each in _rivals(shown, truth):
        ours, theirs = _seconds(each.own), _seconds(each.other)
        together += ours if each.for_every_picture else 0
        yield Row(each.name, ours, "s", f"<= {each.library} {theirs:.3g} s", ours <= theirs)
    yield Row("PSNR, SSIM and ΔE2000 together", together, "s", f"< {LIMIT} s", together < LIMIT)


def _rivals(shown: Bytes, truth: Bytes) -> Iterator[Rival]:
    import torch

    metrics, color, image = (
        import_module(name) for name in ("skimage.metrics", "skimage.color", "torchmetrics.functional.image")
    )
    one, other = (torch.from_numpy(each).permute(2, 0, 1)[None].float() for each in (shown, truth))
    window: dict[str, Any] = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    yield Rival("PSNR", lambda: psnr(shown, truth), "scikit-image", lambda: metrics.peak_signal_noise_ratio(truth, shown))
    yield Rival(
        "SSIM",
        lambda: ssim(shown, truth),
        "scikit-image",
        lambda: metrics.structural_similarity(truth, shown, channel_axis=2, data_range=255, **window),
    )
    yield Rival(
        "ΔE2000",
        lambda: delta_e_2000(shown, truth),
        "scikit-image",
        lambda: color.deltaE_ciede2000(color.rgb2lab(truth), color.rgb2lab(shown)),
    )
    yield Rival(
        "MS-SSIM",
        lambda: ms_ssim(shown, truth),
        "torchmetrics",
        lambda: image.multiscale_structural_similarity_index_measure(one, other, data_range=255.0),
        for_every_picture=False,
    )


def _seconds(measure: Callable[[], object]) -> float:
    """Median processor time, after a first look that nobody counts."""
    looks = []
    for _ in range(LOOKS + 1):
        started = time.process_time()
        measure()
        looks.append(time.process_time() - started)
    return median(looks[1:])
