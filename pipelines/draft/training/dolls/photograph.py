"""From a doll to a picture of it: light, folds, a place to stand in, and what a camera does to it."""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.random import Generator

from pipelines.draft.training.dolls.anatomy import SKIN
from pipelines.draft.training.dolls.canvas import FAR
from pipelines.draft.training.dolls.head import HAIR
from pipelines.draft.training.dolls.palette import albedo, clouds
from pipelines.draft.training.dolls.scene import Scene
from pipelines.images import Bytes, Floats, Mask, to_bytes


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of (h, w) pixels."""

    rgb: Bytes
    alpha: Bytes
    """0 to 255: coverage of the person and of what is carried."""


def photographed(scene: Scene, generator: Generator) -> Shot:
    """One look of a scene, drawn by chance: colours, light, background, focus, noise."""
    inside = scene.depth > FAR / 2
    alpha = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), float(generator.uniform(0.45, 0.8)))
    colour = albedo(scene, generator)
    if generator.random() > 0.06:
        colour = colour * _light(scene, generator, inside)
    filled = _run_over(colour, inside)
    back = _background(generator, inside.shape[0], inside.shape[1], filled[inside] if inside.any() else filled.reshape(-1, 3))
    if generator.random() < 0.3:
        shadow = cv2.GaussianBlur(alpha, (0, 0), float(generator.uniform(3, 14)))
        shift = np.array([[1, 0, generator.normal(0, 6)], [0, 1, generator.uniform(-2, 8)]])
        back = back * (1 - generator.uniform(0.1, 0.5) * cv2.warpAffine(shadow, shift, inside.shape[::-1]))[..., None]
    scene_rgb = back + (filled - back) * alpha[..., None]
    return Shot(to_bytes(_camera(scene_rgb.astype(np.float32), generator)), to_bytes(alpha.astype(np.float32)))


def _light(scene: Scene, generator: Generator, inside: Mask) -> Floats:
    """float32 (h, w, 3) to multiply sRGB colours with: key light, sky, hollows, and folds in cloth."""
    ground = np.where(inside, scene.depth, scene.depth[inside].min() if inside.any() else 0).astype(np.float32)
    smooth = cv2.GaussianBlur(ground, (0, 0), 0.8 + 0.004 * scene.unit)
    smooth = smooth + _folds(scene, generator) * np.float32(scene.unit)
    east, south = (cv2.Sobel(smooth, cv2.CV_32F, *way, ksize=3, scale=0.125) for way in ((1, 0), (0, 1)))
    length = np.sqrt(east * east + south * south + 1)
    way = np.array([generator.normal(0, 0.7), generator.uniform(-0.2, 1.0), generator.uniform(0.35, 1.2)])
    way = way / np.linalg.norm(way)
    facing = (-east * np.float32(way[0]) + south * np.float32(way[1]) + np.float32(way[2])) / length
    wrap = generator.uniform(0, 0.6)
    key = np.clip((facing + wrap) / (1 + wrap), 0, 1)
    hollow = np.clip((cv2.GaussianBlur(ground, (0, 0), 0.02 * scene.unit) - ground) / (0.02 * scene.unit), 0, 1.5)
    ambient = generator.uniform(0.3, 0.85)
    light = ambient + (1 - ambient) * 1.25 * key - generator.uniform(0.05, 0.3) * hollow
    light = light / max(0.3, float(np.percentile(light[inside], 85)) if inside.any() else 1.0)
    tint = 1 + generator.normal(0, 0.04, 3)
    gloss = generator.uniform(0, 0.2) * np.clip(facing, 0, 1) ** 12 * np.isin(scene.material, (SKIN, HAIR))
    return cast(Floats, (np.clip(light, 0.08, 1.3)[..., None] ** 0.8 * tint + gloss[..., None]).astype(np.float32))


def _folds(scene: Scene, generator: Generator) -> Floats:
    """float32 (h, w) in body heights: creases of cloth, strands of hair, hardly anything on skin."""
    height, width = scene.part.shape
    cloth = clouds(generator, height, width, float(generator.uniform(7, 22)), 2, float(generator.uniform(0.5, 3)))
    sharp = -np.abs(clouds(generator, height, width, float(generator.uniform(4, 12)), 2, float(generator.uniform(0.4, 3))))
    strands = clouds(generator, height, width, 60, 1, 6)
    depths = np.zeros(16, np.float32)
    depths[4:] = generator.exponential(0.0016, 12)
    depths[HAIR] = 0
    on_cloth = depths[scene.material] * (cloth + generator.uniform(0, 2) * sharp)
    return cast(
        Floats, (on_cloth + np.float32(generator.uniform(0, 0.0015)) * strands * (scene.material == HAIR)).astype(np.float32)
    )


def _run_over(colour: Floats, inside: Mask) -> Floats:
    """The person's colours, run on outside the outline so that soft edges don't turn black."""
    weight = inside.astype(np.float32)
    spread = cv2.GaussianBlur(weight, (0, 0), 1.5)[..., None]
    around = cv2.GaussianBlur(colour * weight[..., None], (0, 0), 1.5) / np.maximum(spread, 1e-3)
    return np.where(inside[..., None], colour, around).astype(np.float32)


def _background(generator: Generator, height: int, width: int, own: Floats) -> Floats:
    """A studio wall, a gradient, a blurred or busy place; at times in the person's own colours."""
    kind = generator.choice(4, p=(0.36, 0.16, 0.24, 0.24))
    base = np.clip(generator.uniform(0.1, 1.0) + generator.normal(0, 0.08, 3), 0, 1)
    if generator.random() < 0.4:
        base = np.clip(generator.uniform(0.82, 1.0) + generator.normal(0, 0.015, 3), 0, 1)
    if generator.random() < 0.1:
        base = own[int(generator.integers(len(own)))]
    y, x = np.mgrid[:height, :width].astype(np.float32) / np.float32(max(height, width))
    slope = generator.normal(0, 0.15 if kind else 0.04, 2)
    ground = base + (x * slope[0] + y * slope[1])[..., None]
    if kind >= 1:
        noise = clouds(generator, height, width, float(generator.uniform(2, 14)), int(generator.integers(1, 6)))
        ground = ground + noise[..., None] * generator.normal(0, 0.09, 3)
    if kind >= 2:
        ground = _furnished(ground.astype(np.float32), generator, own)
    if kind == 2:
        ground = cv2.GaussianBlur(ground.astype(np.float32), (0, 0), float(generator.uniform(1, 6)))
    return np.asarray(np.clip(ground, 0, 1), np.float32)


def _furnished(ground: Floats, generator: Generator, own: Floats) -> Floats:
    """Boards, poles, windows and blobs."""
    height, width = ground.shape[:2]
    for _ in range(int(generator.integers(3, 16))):
        tone = generator.uniform(0, 1, 3) if generator.random() < 0.8 else own[int(generator.integers(len(own)))]
        colour = tuple(float(each) for each in tone)
        x, y = (int(generator.uniform(-0.2, 1.1) * each) for each in (width, height))
        kind = generator.random()
        if kind < 0.5:
            w, h = (int(generator.exponential(0.25) * each) + 2 for each in (width, height))
            cv2.rectangle(ground, (x, y), (x + w, y + h), colour, -1)
        elif kind < 0.75:
            end = (int(generator.uniform(-0.2, 1.2) * width), int(generator.uniform(-0.2, 1.2) * height))
            cv2.line(ground, (x, y), end, colour, int(generator.integers(1, 14)), cv2.LINE_AA)
        else:
            axes = tuple(int(each) for each in generator.exponential(0.12, 2) * height + 2)
            cv2.ellipse(ground, (x, y), axes, float(generator.uniform(0, 180)), 0, 360, colour, -1, cv2.LINE_AA)
    return ground


def _camera(rgb: Floats, generator: Generator) -> Floats:
    """Exposure, contrast, white balance and saturation; focus; noise."""
    exposed = np.clip(rgb, 0, 1) ** np.float32(np.exp(generator.normal(0, 0.18)))
    grey = exposed.mean(axis=2, keepdims=True)
    toned = grey + (exposed - grey) * np.float32(np.clip(generator.normal(1, 0.2), 0, 1.6))
    toned = (toned * (generator.normal(1, 0.06) + generator.normal(0, 0.03, 3))).astype(np.float32)
    if generator.random() < 0.5:
        toned = cv2.GaussianBlur(toned, (0, 0), float(0.2 + generator.exponential(0.45)))
    noise = generator.standard_normal(rgb.shape, dtype=np.float32) * np.float32(generator.exponential(0.012))
    return np.asarray(np.clip(toned + noise, 0, 1), np.float32)
