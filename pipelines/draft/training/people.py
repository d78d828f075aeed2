"""What the people net learns: labels and joints of dolls and of rendered figures, seen as through a camera and a poor matte."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from pipelines.draft.degradation import jpeg
from pipelines.draft.nets.people import COARSE, HEIGHT, STRIDE, WIDTH, PeopleNet, coordinates, peaks_of
from pipelines.draft.training.dolls.palette import clouds
from pipelines.draft.training.dolls.photograph import photographed
from pipelines.draft.training.dolls.rendered import rendered_scene
from pipelines.draft.training.dolls.scene import Scene, drawn_scene
from pipelines.draft.training.lesson import HELD_OUT, Batch, Defaults
from pipelines.images import Bytes, Floats, to_float
from pipelines.vision.people.body import JOINTS, Part

LOOKS = 3
"""Pictures that are made of one scene."""
RENDERED = 8
"""One scene in so many is the project's own mannequin or figure."""
SIGMA = 0.9
"""Of a joint's target, in answers."""
SWAPS = {
    Part.LEFT_ARM: Part.RIGHT_ARM, Part.LEFT_HAND: Part.RIGHT_HAND, Part.LEFT_LEG: Part.RIGHT_LEG,
}  # fmt: skip
MIRRORED_PARTS = np.arange(len(Part), dtype=np.uint8)
for _one, _other in SWAPS.items():
    MIRRORED_PARTS[_one], MIRRORED_PARTS[_other] = _other, _one
MIRRORED_JOINTS = [JOINTS.index(name.replace("left", "x").replace("right", "left").replace("x", "right")) for name in JOINTS]
WEIGHTS = {Part.BACKGROUND: 0.6, Part.LEFT_HAND: 2.5, Part.RIGHT_HAND: 2.5, Part.NECK: 2.0, Part.SHOES: 1.5, Part.TORSO: 1.5}
"""Of parts in the loss; 1 for all others."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture with its answers."""

    rgb: Bytes
    alpha: Bytes
    parts: Bytes
    joints: Floats
    """float32 (20, 2) in pixels; not a number where a joint is outside the picture."""


@dataclass(frozen=True, slots=True)
class People:
    """A scene under three looks at a time; windows on them shifted, turned and mirrored, with mattes as good and bad as they come."""

    held_out: int = 24
    name: str = "people"

    def defaults(self, device: str) -> Defaults:
        usual = Defaults(steps=6_000, batch=12, rate=2e-3, pool=900, renew=1)
        return usual if device == "cpu" else replace(usual, steps=60_000, batch=64, pool=4000)

    def build(self) -> nn.Module:
        return PeopleNet()

    def draw(self, seed: int) -> Sequence[Sample]:
        generator = np.random.default_rng([seed, 11])
        scene = rendered_scene(generator, HEIGHT, WIDTH) if seed % RENDERED == 0 else drawn_scene(generator, HEIGHT, WIDTH)
        return [sample_of(scene, generator) for _ in range(LOOKS)]

    def batch(self, pool: Sequence[Sample], count: int, generator: Generator) -> Batch:
        chosen = [varied(pool[int(generator.integers(len(pool)))], generator) for _ in range(count)]
        joints = np.stack([each.joints for each in chosen])
        return {
            "given": torch.from_numpy(np.stack([given(each) for each in chosen])).contiguous(memory_format=torch.channels_last),
            "parts": torch.from_numpy(np.stack([each.parts[1::STRIDE, 1::STRIDE] for each in chosen]).astype(np.int64)),
            "joints": torch.from_numpy(joints),
        }

    def loss(self, net: nn.Module, batch: Batch) -> Tensor:
        answer = net(batch["given"])
        weights = torch.ones(len(Part), device=batch["parts"].device)
        for part, weight in WEIGHTS.items():
            weights[part] = weight
        of_parts = functional.cross_entropy(answer.parts.float(), batch["parts"], weights)
        seen = batch["joints"].isfinite().all(-1)
        target = heatmaps(batch["joints"] / COARSE, *answer.joints.shape[2:])
        surprise = -(target * answer.joints.float().flatten(2).log_softmax(-1).view(target.shape)).sum((2, 3))
        of_joints = (surprise * seen).sum() / seen.sum().clamp(min=1)
        of_presence = functional.binary_cross_entropy_with_logits(answer.seen.float(), seen.float())
        total: Tensor = of_parts + 0.15 * of_joints + 0.3 * of_presence
        return total

    def figures(self, net: nn.Module) -> dict[str, float]:
        """On held-out scenes: mean IoU of parts, of the upper garment, shares of joints within 3 % of the height, shoulder error."""
        samples = [self.draw(HELD_OUT + number)[0] for number in range(self.held_out)]
        batch = {"given": torch.from_numpy(np.stack([given(each) for each in samples]))}
        with torch.inference_mode():
            answer = net(batch["given"])
        found = answer.parts.argmax(1).numpy()
        wanted = np.stack([each.parts[1::STRIDE, 1::STRIDE] for each in samples])
        places = peaks_of(answer.joints.float())[0].numpy() * COARSE
        off = np.linalg.norm(places - np.stack([each.joints for each in samples]), axis=2) / HEIGHT
        shoulders = [JOINTS.index(f"{side}_shoulder") for side in ("left", "right")]
        return {
            "iou": float(np.mean([iou(found, wanted, part) for part in Part])),
            "upper": iou(found, wanted, Part.UPPER),
            "within": float(np.nanmean(np.where(np.isnan(off), np.nan, off < 0.03))),
            "shoulder": float(np.nanmean(off[:, shoulders])),
        }


def iou(found: NDArray[np.int64], wanted: Bytes, part: int) -> float:
    """Intersection over union of one part over all pictures."""
    either = ((found == part) | (wanted == part)).sum()
    return float(((found == part) & (wanted == part)).sum() / max(int(either), 1))


def sample_of(scene: Scene, generator: Generator) -> Sample:
    """One look of a scene."""
    shot = photographed(scene, generator)
    joints = np.full((len(JOINTS), 2), np.nan, np.float32)
    for index, name in enumerate(JOINTS):
        if name in scene.joints:
            joints[index] = scene.joints[name].x, scene.joints[name].y
    return Sample(shot.rgb, shot.alpha, scene.part, joints)


def given(sample: Sample) -> Floats:
    """float32 (6, h, w): the net's input."""
    height, width = sample.parts.shape
    planes = [np.moveaxis(to_float(sample.rgb), 2, 0), to_float(sample.alpha)[None], coordinates(height, width)]
    return np.concatenate(planes).astype(np.float32)


def heatmaps(places: Tensor, height: int, width: int) -> Tensor:
    """(n, j, h, w): a Gaussian around each place (n, j, 2) whose sum is 1; all zero where the place is not a number."""

    def along(at: Tensor, size: int) -> Tensor:
        steps = torch.arange(size, device=at.device) + 0.5
        falloff = torch.exp(-0.5 * ((steps - at[..., None]) / SIGMA) ** 2)
        return falloff / falloff.sum(-1, keepdim=True).clamp(min=1e-6)

    safe = torch.nan_to_num(places, nan=-1e4)
    return along(safe[..., 1], height)[..., :, None] * along(safe[..., 0], width)[..., None, :]


def varied(sample: Sample, generator: Generator) -> Sample:
    """Another window on the picture, mirrored or not, another matte and another camera."""
    height, width = sample.parts.shape
    turn = generator.normal(0, 3) if generator.random() < 0.85 else generator.uniform(-16, 16)
    zoom = float(np.clip(generator.normal(0.97, 0.06), 0.72, 1.12))
    matrix = np.array(cv2.getRotationMatrix2D((width / 2, height / 2), float(turn), zoom), np.float64)
    free = np.array((width, height)) * (0.02 + 0.5 * abs(1 - zoom))
    matrix[:, 2] += generator.uniform(-1, 1, 2) * free
    if generator.random() < 0.5:
        matrix = np.array([[-1, 0, width - 1], [0, 1, 0]]) @ np.vstack([matrix, (0, 0, 1)])
        sample = replace(sample, parts=MIRRORED_PARTS[sample.parts], joints=sample.joints[MIRRORED_JOINTS])
    size = (width, height)
    places = (sample.joints - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    outside = ((places < 0) | (places >= size)).any(axis=1)
    places[outside] = np.nan
    rgb = cv2.warpAffine(sample.rgb, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpAffine(sample.alpha, matrix, size, flags=cv2.INTER_LINEAR)
    parts = cv2.warpAffine(sample.parts, matrix, size, flags=cv2.INTER_NEAREST)
    return Sample(photo_worn(rgb.astype(np.uint8), generator), poor(alpha.astype(np.uint8), generator), parts.astype(np.uint8),
                  places.astype(np.float32))  # fmt: skip


def photo_worn(rgb: Bytes, generator: Generator) -> Bytes:
    """As it comes out of a camera and the web: another tint, a smaller copy, grey, JPEG."""
    kind = generator.random()
    if kind < 0.15:
        small = cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        rgb = cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(np.uint8)
    if generator.random() < 0.04:
        rgb = np.repeat(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)
    gain = generator.normal(1, 0.05, 3) * generator.normal(1, 0.05)
    values = np.clip(rgb * gain, 0, 255)
    if generator.random() < 0.3:
        return (jpeg((values / 255).astype(np.float32), int(generator.integers(35, 95))) * 255 + 0.5).astype(np.uint8)
    return values.astype(np.uint8)


def poor(alpha: Bytes, generator: Generator) -> Bytes:
    """A matte as a matting tool gives it: eroded, swollen, with holes or with pieces of the background, or none at all."""
    kind = generator.random()
    if kind < 0.5:
        return alpha
    if kind < 0.55:
        return np.full_like(alpha, 255)
    if kind < 0.72:
        side = int(generator.integers(2, 6))
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        turn = cv2.erode if generator.random() < 0.4 else cv2.dilate
        alpha = turn(alpha, kernel).astype(np.uint8)
    spots = clouds(generator, alpha.shape[0], alpha.shape[1], float(generator.uniform(2, 8)), 2)
    near = cv2.dilate(alpha, np.ones((25, 25), np.uint8)) > 127
    if kind < 0.86:
        return np.where((spots > generator.uniform(1.1, 2.2)), 0, alpha).astype(np.uint8)
    return np.where((spots > generator.uniform(0.8, 2.0)) & near, 255, alpha).astype(np.uint8)
