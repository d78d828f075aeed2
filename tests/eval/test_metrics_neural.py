"""Metrics that see with networks: tiny checkpoints of the real classes, loaded from a folder, against independent sums."""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional
from torchmetrics.functional.image.dists import L2pooling
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, Dinov2Config, Dinov2Model, ViTConfig, ViTModel

from eval.errors import Unscored
from eval.metrics import clip, dino, dists, face_identity, lpips
from eval.metrics.cosine import cosine
from eval.metrics.face_likeness import Portrait
from eval.metrics.metric import Metric, Sample, score
from eval.metrics.views import CLIP_VIEW
from eval.metrics.weights import tensors
from eval.suites.case import Truth
from pipelines.engine import Output
from pipelines.images import Bytes, picture
from pipelines.vision.faces import Face

WIDTHS = (4, 6, 5, 7, 3)
NEURAL = (lpips.METRIC, dists.METRIC, clip.METRIC, dino.METRIC)


def soft(seed: int, height: int = 96, width: int = 80) -> Bytes:
    drawn = np.random.default_rng(seed).normal(128, 300, (height, width, 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(drawn, (0, 0), 3), 0, 255).astype(np.uint8)


def alexnet() -> dict[str, torch.Tensor]:
    """AlexNet's features with few channels, under torchvision's keys, and linear layers under those of lpips."""
    sides = (11, 5, 3, 3, 3)
    inputs = (3, *WIDTHS[:-1])
    net: dict[str, torch.Tensor] = {}
    for number, into, out, side in zip(lpips.PADS, inputs, WIDTHS, sides, strict=True):
        net[f"features.{number}.weight"] = torch.randn(out, into, side, side) / side
        net[f"features.{number}.bias"] = torch.randn(out)
    return net


def linear() -> dict[str, torch.Tensor]:
    return {f"lin{number}.model.1.weight": torch.rand(1, width, 1, 1) for number, width in enumerate(WIDTHS)}


def vgg16() -> dict[str, torch.Tensor]:
    net, into = {}, 3
    for stage, out in zip(dists.STAGES, WIDTHS, strict=True):
        for number in stage:
            net[f"features.{number}.weight"], net[f"features.{number}.bias"] = torch.randn(out, into, 3, 3) / 3, torch.randn(out)
            into = out
    return net


def mixing() -> dict[str, torch.Tensor]:
    count = 3 + sum(WIDTHS)
    return {"alpha": torch.rand(1, count, 1, 1), "beta": torch.rand(1, count, 1, 1)}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of models with a tiny checkpoint of each network."""
    monkeypatch.setenv("WORKBENCH_MODELS", str(tmp_path))
    monkeypatch.setenv("WORKBENCH_DEVICE", "cpu")
    tiny = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        vision = tiny | {"image_size": 224, "patch_size": 56}
        CLIPModel(CLIPConfig(vision_config=vision, text_config=tiny, projection_dim=8)).save_pretrained(tmp_path / "metrics/clip")
        Dinov2Model(Dinov2Config(**tiny, image_size=224, patch_size=56)).save_pretrained(tmp_path / "metrics/dinov2")
        ViTModel(ViTConfig(**tiny, image_size=224, patch_size=56)).save_pretrained(tmp_path / "metrics/face")
        for name, files in (("lpips", (alexnet(), linear())), ("dists", (vgg16(), mixing()))):
            folder = tmp_path / "metrics" / name
            folder.mkdir()
            net = lpips.NET if name == "lpips" else dists.NET
            for file, values in zip(net.files, files, strict=True):
                save_file(values, folder / file)
    yield tmp_path
    for cached in (clip._model, dino._model, face_identity._model):
        cached.cache_clear()


def sample(shown: Bytes, truth: Bytes) -> Sample:
    return Sample(Output(picture(shown)), Truth(target=truth))


@pytest.mark.parametrize("metric", NEURAL, ids=lambda each: each.name)
def test_a_tiny_checkpoint_is_loaded_and_holds_identity_symmetry_and_order(metric: Metric, models: Path) -> None:
    truth, other = soft(1), soft(2)
    near = np.clip(truth.astype(np.int16) + 6, 0, 255).astype(np.uint8)
    own, changed, wrong = (metric.measure(sample(each, truth)) for each in (truth, near, other))
    assert metric.missing() == ""
    assert own == pytest.approx(metric.perfect, abs=1e-5)
    assert metric.sign * own > metric.sign * changed > metric.sign * wrong
    assert metric.measure(sample(truth, other)) == pytest.approx(wrong, abs=1e-5)
    assert metric.range[0] <= wrong <= metric.range[1]


@pytest.mark.parametrize("metric", (*NEURAL, face_identity.METRIC), ids=lambda each: each.name)
def test_absent_weights_are_reported_with_where_to_put_them(
    metric: Metric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_MODELS", str(tmp_path))
    missing = metric.missing()
    assert missing.count(". ") == 0
    assert str(tmp_path / "metrics") in missing
    assert "licence" in missing
    assert metric.weights() == ""
    truth = Truth(target=soft(1), face=soft(1))
    found = score((metric,), Sample(Output(picture(soft(1))), truth))
    assert found.unscored == {metric.name: missing}
    assert not found.values


def test_other_weights_are_another_fingerprint_and_are_loaded_anew(models: Path) -> None:
    before, pair = lpips.METRIC.fingerprint(), sample(soft(1), soft(2))
    value = lpips.METRIC.measure(pair)
    kept = models / "metrics/lpips/linear.safetensors"
    save_file({name: 2 * values + 0.5 for name, values in tensors(lpips.NET).items() if name.startswith("lin")}, kept)
    assert lpips.METRIC.fingerprint() != before
    assert lpips.METRIC.measure(pair) > value
    assert "weights" in lpips.METRIC.described()


def test_lpips_is_the_sum_of_the_paper_over_layers_of_torch(models: Path) -> None:
    """The same by modules of torch, in the order of torchvision's AlexNet, and loops over pixels' vectors."""
    net = tensors(lpips.NET)
    convolutions = {number: nn.Conv2d(1, 1, 1) for number in lpips.PADS}
    for number, module in convolutions.items():
        module.weight, module.bias = (nn.Parameter(net[f"features.{number}.{name}"]) for name in ("weight", "bias"))
        module.padding, module.stride = (lpips.PADS[number],) * 2, (lpips.STRIDES.get(number, 1),) * 2
    pool = nn.MaxPool2d(kernel_size=3, stride=2)
    stages: tuple[tuple[nn.Module, ...], ...] = (
        (convolutions[0], nn.ReLU()), (pool, convolutions[3], nn.ReLU()), (pool, convolutions[6], nn.ReLU()),
        (convolutions[8], nn.ReLU()), (convolutions[10], nn.ReLU()),
    )  # fmt: skip
    pair = [2 * torch.from_numpy(each).permute(2, 0, 1)[None].float() / 255 - 1 for each in (soft(1), soft(2))]
    values = [(each - torch.tensor(lpips.SHIFT)[:, None, None]) / torch.tensor(lpips.SCALE)[:, None, None] for each in pair]
    wanted = 0.0
    with torch.no_grad():
        for number, stage in enumerate(stages):
            values = [nn.Sequential(*stage)(each) for each in values]
            one, other = (functional.normalize(each[0].flatten(1), dim=0) for each in values)
            wanted += float((net[f"lin{number}.model.1.weight"].flatten() @ (one - other) ** 2).mean())
    assert lpips.lpips(soft(1), soft(2), net) == pytest.approx(wanted, rel=1e-4)


def test_dists_is_the_mean_of_both_likenesses_of_the_paper(models: Path) -> None:
    """By the pooling layer of torchmetrics and by covariances of numpy, channel by channel."""
    net = tensors(dists.NET)
    layers = []
    with torch.no_grad():
        values = torch.stack([torch.from_numpy(each).permute(2, 0, 1).float() / 255 for each in (soft(1), soft(2))])
        layers.append(values)
        values = (values - torch.tensor(dists.MEAN)[:, None, None]) / torch.tensor(dists.STD)[:, None, None]
        for stage in dists.STAGES:
            values = values if stage == dists.STAGES[0] else L2pooling(channels=values.shape[1])(values)
            for number in stage:
                values = functional.conv2d(
                    values, net[f"features.{number}.weight"], net[f"features.{number}.bias"], padding=1
                ).relu()
            layers.append(values)
    channels = [channel for layer in layers for channel in layer.double().numpy().transpose(1, 0, 2, 3)]
    alpha, beta = (net[name].flatten().double().numpy() for name in ("alpha", "beta"))
    alike = 0.0
    for (one, other), first, second in zip(channels, alpha, beta, strict=True):
        spread = np.cov(one.ravel(), other.ravel(), bias=True)
        alike += first * (2 * one.mean() * other.mean() + 1e-6) / (one.mean() ** 2 + other.mean() ** 2 + 1e-6)
        alike += second * (2 * spread[0, 1] + 1e-6) / (spread[0, 0] + spread[1, 1] + 1e-6)
    assert dists.dists(soft(1), soft(2), net) == pytest.approx(1 - alike / (alpha.sum() + beta.sum()), abs=1e-4)


def test_large_pictures_are_shrunk_for_dists_as_its_authors_do(models: Path) -> None:
    net, large = tensors(dists.NET), soft(1, 600, 512)
    small = cv2.resize(large, (256, 300), interpolation=cv2.INTER_AREA)
    other = soft(2, 600, 512)
    small_other = cv2.resize(other, (256, 300), interpolation=cv2.INTER_AREA)
    assert dists.dists(large, other, net) == pytest.approx(
        dists.dists(np.asarray(small, np.uint8), np.asarray(small_other, np.uint8), net)
    )


@pytest.mark.parametrize("shape", [(224, 224), (300, 240), (180, 400)])
def test_the_view_of_clip_is_that_of_its_own_processor(shape: tuple[int, int]) -> None:
    rgb = soft(3, *shape)
    wanted = CLIPImageProcessor()(Image.fromarray(rgb), return_tensors="np")["pixel_values"][0]
    assert np.abs(CLIP_VIEW.of(rgb) - wanted).mean() < 0.02


def test_features_are_those_of_the_class_itself(models: Path) -> None:
    rgb = soft(1)
    values = torch.from_numpy(CLIP_VIEW.of(rgb))[None]
    model = CLIPModel.from_pretrained(models / "metrics/clip").eval()
    with torch.no_grad():
        wanted = model.visual_projection(model.vision_model(values).pooler_output)[0].numpy()
    assert clip.clip_features(rgb) == pytest.approx(wanted, abs=1e-5)
    assert dino.dino_features(rgb).shape == (16,)


def test_a_face_is_embedded_the_same_wherever_it_is_and_however_large(models: Path) -> None:
    small, face = soft(5, 120, 120), Face(60, 60, 50, 0, 40, 1)
    large = np.asarray(cv2.resize(small, (240, 240), interpolation=cv2.INTER_CUBIC), np.uint8)
    moved = np.zeros((300, 300, 3), np.uint8)
    moved[40:280, 30:270] = large
    one = face_identity.face_features(Portrait(small, face))
    other = face_identity.face_features(Portrait(moved, Face(150, 160, 100, 0, 40, 1)))
    assert cosine(one, other) > 0.99


@pytest.mark.parametrize("features", [clip.clip_features, dino.dino_features])
def test_features_without_weights_are_unscored(
    features: Callable[[Bytes], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_MODELS", str(tmp_path))
    with pytest.raises(Unscored, match=r"model\.safetensors"):
        features(soft(1))
